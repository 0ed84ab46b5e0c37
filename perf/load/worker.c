#include "perf/load/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "huntd/assert.h"

#define IN_ROOM       (128u * 1024u) /* a reply must fit */
#define OUT_ROOM      (64u * 1024u)
#define EVENTS        64
#define NAP_NS        50000000u   /* the longest sleep: how soon a stop is seen */
#define DRAIN_NS      2000000000u /* for the last replies */
#define DRAIN_STOP_NS 400000000u  /* the same after Ctrl-C */

struct hd_load_lane {
	int socket;              /* -1: lost */
	bool choked;             /* the kernel takes no more; EPOLLOUT will tell */
	uint32_t sent, answered; /* their difference is outstanding */
	uint64_t number;         /* of the next command, among all of the plan */
	double offset_ns;        /* of the next command from the start */
	uint64_t freed;          /* when it was last full and was so no more */
	uint32_t out_at, out_end, in_end;
	struct hd_load_flight *flights;
	uint8_t *in, *out;
};

static uint32_t
flights_mask(const struct hd_load_plan *plan)
{
	uint32_t size = 1;
	while (size < plan->pipeline)
		size *= 2;
	return size - 1;
}

/* Opening. */

static void *
take(size_t size)
{
	void *memory = calloc(1, size);
	HD_ASSERT(memory);
	return memory;
}

/* ns between two commands of all connections together. */
static double
step_ns(const struct hd_load_plan *plan)
{
	return 1e9 / plan->rate;
}

static double
gap_ns(struct hd_load_worker *worker)
{
	double mean = step_ns(worker->plan) * worker->plan->connections;
	return worker->plan->poisson ? -log(1 - hd_load_share(&worker->random)) * mean : mean;
}

uint64_t
hd_load_due_ns(const struct hd_load_plan *plan, uint64_t number)
{
	return (uint64_t)((double)number * step_ns(plan));
}

/* Where the plan has a last command: how many the lane still has to send. */
static uint64_t
lane_todo(const struct hd_load_plan *plan, const struct hd_load_lane *lane)
{
	if (!plan->each || lane->number >= plan->commands)
		return 0;
	return (plan->commands - lane->number - 1) / plan->connections + 1;
}

static bool
lane_open(struct hd_load_worker *worker, struct hd_load_lane *lane, uint32_t number,
	  const struct hd_load_target *target, char *fault)
{
	const struct hd_load_plan *plan = worker->plan;
	*lane = (struct hd_load_lane){.socket = hd_load_dial(target, fault), .number = number};
	if (lane->socket < 0)
		return false;
	fcntl(lane->socket, F_SETFL, O_NONBLOCK);
	lane->flights = take((flights_mask(plan) + 1) * sizeof *lane->flights);
	lane->in = take(IN_ROOM);
	lane->out = take(OUT_ROOM);
	if (plan->rate > 0)
		lane->offset_ns = plan->poisson ? gap_ns(worker) : number * step_ns(plan);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = lane};
	HD_ASSERT(epoll_ctl(worker->epoll, EPOLL_CTL_ADD, lane->socket, &event) == 0);
	worker->todo += lane_todo(plan, lane);
	worker->alive++;
	return true;
}

bool
hd_load_worker_open(struct hd_load_worker *worker, uint32_t number,
		    const struct hd_load_target *target, char *fault)
{
	const struct hd_load_plan *plan = worker->plan;
	uint32_t count = (plan->connections - number + plan->threads - 1) / plan->threads;
	worker->random = ~plan->seed + number;
	worker->lanes = take(count * sizeof *worker->lanes);
	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	HD_ASSERT(worker->epoll >= 0);
	for (uint32_t i = 0; i < count; i++) {
		worker->lanes_count = i + 1;
		if (!lane_open(worker, &worker->lanes[i], number + i * plan->threads, target,
			       fault))
			return false;
	}
	return true;
}

void
hd_load_worker_close(struct hd_load_worker *worker)
{
	for (uint32_t i = 0; i < worker->lanes_count; i++) {
		struct hd_load_lane *lane = &worker->lanes[i];
		if (lane->socket >= 0)
			close(lane->socket);
		free(lane->flights);
		free(lane->in);
		free(lane->out);
	}
	free(worker->lanes);
	if (worker->lanes)
		close(worker->epoll);
	hd_load_author_close(&worker->author);
}

/* Sending. */

static void
lane_lose(struct hd_load_worker *worker, struct hd_load_lane *lane)
{
	close(lane->socket);
	lane->socket = -1;
	worker->alive--;
	worker->outstanding -= lane->sent - lane->answered;
	worker->todo -= lane_todo(worker->plan, lane);
	worker->tally.lost++;
}

static void
lane_choke(struct hd_load_worker *worker, struct hd_load_lane *lane, bool choked)
{
	struct epoll_event event = {.events = EPOLLIN | (choked ? EPOLLOUT : 0u), .data.ptr = lane};
	if (lane->choked == choked)
		return;
	lane->choked = choked;
	HD_ASSERT(epoll_ctl(worker->epoll, EPOLL_CTL_MOD, lane->socket, &event) == 0);
}

static void
lane_flush(struct hd_load_worker *worker, struct hd_load_lane *lane)
{
	while (lane->out_at < lane->out_end) {
		ssize_t done = send(lane->socket, lane->out + lane->out_at,
				    lane->out_end - lane->out_at, MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN) {
			lane_choke(worker, lane, true);
			return;
		}
		if (done < 0) {
			lane_lose(worker, lane);
			return;
		}
		lane->out_at += (uint32_t)done;
	}
	lane->out_at = lane->out_end = 0;
	lane_choke(worker, lane, false);
}

static bool
lane_full(const struct hd_load_worker *worker, const struct hd_load_lane *lane)
{
	return lane->sent - lane->answered >= worker->plan->pipeline || lane->choked ||
	       lane->out_end + HD_LOAD_REQUEST_MAX > OUT_ROOM;
}

/* When the lane's next command is due; in closed loop, always now. Behind the last one: never. */
static uint64_t
lane_due(const struct hd_load_worker *worker, const struct hd_load_lane *lane, uint64_t now)
{
	if (worker->plan->each && lane->number >= worker->plan->commands)
		return UINT64_MAX;
	return worker->plan->rate > 0 ? worker->start + (uint64_t)lane->offset_ns : now;
}

static void
lane_note_late(struct hd_load_worker *worker, const struct hd_load_lane *lane, uint64_t due,
	       uint64_t now)
{
	uint64_t since = due > lane->freed ? due : lane->freed;
	hd_histogram_add(&worker->tally.late_ns, now > since ? now - since : 0);
}

/* Sends what is due and fits. Returns when the lane wants to be looked at again without a reply. */
static uint64_t
lane_fill(struct hd_load_worker *worker, struct hd_load_lane *lane, uint64_t now)
{
	uint32_t before = lane->sent, mask = flights_mask(worker->plan);
	if (lane->socket < 0)
		return UINT64_MAX;
	uint64_t due = lane_due(worker, lane, now);
	while (due <= now && due < worker->end && !lane_full(worker, lane)) {
		struct hd_load_flight *flight = &lane->flights[lane->sent++ & mask];
		uint8_t *end = hd_load_author_write(&worker->author, lane->number,
						    lane->out + lane->out_end, flight);
		lane->out_end = (uint32_t)(end - lane->out);
		flight->at = due;
		flight->sent = now;
		if (worker->plan->rate > 0) {
			lane_note_late(worker, lane, due, now);
			lane->offset_ns += gap_ns(worker);
		}
		lane->number += worker->plan->connections;
		due = lane_due(worker, lane, now);
	}
	if (worker->plan->each)
		worker->todo -= lane->sent - before;
	worker->outstanding += lane->sent - before;
	worker->tally.sent += lane->sent - before;
	if (lane->out_end && !lane->choked)
		lane_flush(worker, lane);
	return lane->socket < 0 || lane_full(worker, lane) || due >= worker->end ? UINT64_MAX : due;
}

/* Receiving. */

/* Counts all whole replies of [in, in + in_end). False: this is not RESP, or nobody asked for it.
 */
static bool
lane_count(struct hd_load_worker *worker, struct hd_load_lane *lane, uint64_t now)
{
	const uint8_t *at = lane->in, *end = lane->in + lane->in_end;
	uint32_t mask = flights_mask(worker->plan), before = lane->answered;
	bool good = true;
	while (at < end) {
		struct hd_load_reply reply;
		size_t used = hd_load_reply_read(at, end, &reply);
		if (used == HD_LOAD_REPLY_UNFINISHED)
			break;
		good = used != HD_LOAD_REPLY_INVALID && lane->answered != lane->sent;
		if (!good)
			break;
		const struct hd_load_flight *flight = &lane->flights[lane->answered++ & mask];
		hd_load_tally_reply(&worker->tally, flight, &reply, now);
		at += used;
	}
	worker->outstanding -= lane->answered - before;
	lane->in_end = (uint32_t)(end - at);
	memmove(lane->in, at, lane->in_end);
	return good && lane->in_end < IN_ROOM;
}

static void
lane_receive(struct hd_load_worker *worker, struct hd_load_lane *lane)
{
	bool full = lane_full(worker, lane);
	ssize_t got = recv(lane->socket, lane->in + lane->in_end, IN_ROOM - lane->in_end, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	uint64_t now = hd_load_clock();
	if (got > 0)
		lane->in_end += (uint32_t)got;
	if (got <= 0 || !lane_count(worker, lane, now)) {
		lane_lose(worker, lane);
		return;
	}
	worker->tally.last_reply = now;
	if (full && !lane_full(worker, lane))
		lane->freed = now;
}

/* The loop. */

static void
lane_event(struct hd_load_worker *worker, struct hd_load_lane *lane, uint32_t events)
{
	if (events & EPOLLOUT)
		lane_flush(worker, lane);
	if (lane->socket >= 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		lane_receive(worker, lane);
	if (worker->plan->rate <= 0)
		lane_fill(worker, lane, hd_load_clock());
}

/* Sleeps until something comes, at most until `until`. */
static void
wait_events(struct hd_load_worker *worker, uint64_t now, uint64_t until)
{
	struct epoll_event events[EVENTS];
	uint64_t nap = until <= now ? 0 : until - now < NAP_NS ? until - now : NAP_NS;
	struct timespec timeout = {.tv_nsec = (long)nap};
	int count = epoll_pwait2(worker->epoll, events, EVENTS, &timeout, NULL);
	for (int i = 0; i < count; i++)
		lane_event(worker, events[i].data.ptr, events[i].events);
}

/* Tells the others how far it is, now and then. */
static void
publish(struct hd_load_worker *worker)
{
	uint64_t answered = worker->tally.sent - worker->outstanding;
	uint64_t errors = hd_load_tally_errors(&worker->tally);
	atomic_fetch_add(&worker->shared->answered, answered - worker->told_answered);
	atomic_fetch_add(&worker->shared->errors, errors - worker->told_errors);
	worker->told_answered = answered;
	worker->told_errors = errors;
}

/* One pass over the lanes; returns when the next command is due. */
static uint64_t
fill_all(struct hd_load_worker *worker, uint64_t now)
{
	uint64_t next = worker->end;
	for (uint32_t i = 0; i < worker->lanes_count; i++) {
		uint64_t due = lane_fill(worker, &worker->lanes[i], now);
		next = due < next ? due : next;
	}
	return next;
}

/* Until the end, the last command, a stop or the loss of the last connection. In closed loop each
 * lane is filled again by its own replies, so only the first pass is over all. */
static void
play(struct hd_load_worker *worker)
{
	uint64_t told = 0, now = hd_load_clock();
	if (worker->plan->rate <= 0)
		fill_all(worker, now);
	for (; now < worker->end; now = hd_load_clock()) {
		uint64_t next = worker->plan->rate > 0 ? fill_all(worker, now) : worker->end;
		bool stop = atomic_load_explicit(&worker->shared->stop, memory_order_relaxed);
		bool all = worker->plan->each && worker->todo == 0;
		if (stop || all || !worker->alive)
			worker->end = now;
		if (now - told > NAP_NS) {
			publish(worker);
			told = now;
		}
		if (now < worker->end)
			wait_events(worker, hd_load_clock(), next);
	}
}

static void
drain(struct hd_load_worker *worker)
{
	uint64_t from = hd_load_clock();
	for (;;) {
		bool stop = atomic_load_explicit(&worker->shared->stop, memory_order_relaxed);
		uint64_t now = hd_load_clock(), until = from + (stop ? DRAIN_STOP_NS : DRAIN_NS);
		if (worker->outstanding == 0 || now >= until || !worker->alive)
			break;
		wait_events(worker, now, until);
	}
}

/* What was due before the end and was never sent (with random gaps: as many as they are on
 * average). In closed loop something was due only where the plan has a last command. */
static void
count_unsent(struct hd_load_worker *worker)
{
	const struct hd_load_plan *plan = worker->plan;
	double window = (double)(worker->end - worker->start);
	double mean = plan->rate > 0 ? step_ns(plan) * plan->connections : 0;
	for (uint32_t i = 0; i < worker->lanes_count; i++) {
		const struct hd_load_lane *lane = &worker->lanes[i];
		uint64_t todo = lane_todo(plan, lane), due = todo;
		if (plan->rate > 0)
			due = lane->offset_ns < window
				      ? (uint64_t)ceil((window - lane->offset_ns) / mean)
				      : 0;
		worker->tally.unsent += plan->each && todo < due ? todo : due;
	}
}

void
hd_load_sleep_until(uint64_t clock)
{
	struct timespec at = {.tv_sec = (time_t)(clock / 1000000000u),
			      .tv_nsec = (long)(clock % 1000000000u)};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

void
hd_load_thread_ends(struct hd_load_shared *shared)
{
	if (atomic_fetch_sub(&shared->running, 1) == 1)
		kill(getpid(), SIGUSR1);
}

void *
hd_load_worker_run(void *argument)
{
	struct hd_load_worker *worker = argument;
	prctl(PR_SET_TIMERSLACK, 1000ul);
	hd_load_sleep_until(worker->start);
	play(worker);
	drain(worker);
	count_unsent(worker);
	publish(worker);
	atomic_fetch_sub(&worker->shared->sending, 1);
	hd_load_thread_ends(worker->shared);
	return NULL;
}
