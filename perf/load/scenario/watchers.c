/* Subscribers of a board while its scores change. From a change to the message that shows it: an
 * entrant of our own, the marker, is given score after score, each one more than the last, at fixed
 * times; a watcher has seen change n with the first message in which the marker's score is n or
 * more. (Only the first hundred rows are told, so the marker's score is greater than any: the time
 * of day in ms. Afterwards it is put back to 0.)
 *
 * Coalescing: the server makes one message a tick, however many scores changed. Lagging: a watcher
 * who does not read is left out, and gets a snapshot marked "resync" once it has taken all. Slow
 * watchers (`slow`) are there to be left out: they follow the board through many patterns at once,
 * read 4 KiB twice a second, and the rest after the end. They are not timed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "perf/load/crew.h"
#include "perf/load/scenario/line.h"

#define ROOM_FIRST     8192u
#define ROOM_MOST      (256u * 1024u) /* a snapshot must fit */
#define EVENTS         64
#define NAP_NS         20000000u   /* the longest sleep */
#define LAST_NS        3000000000u /* for the last messages */
#define SLOW_NS        500000000u
#define SLOW_BYTES     4096u
#define SLOW_TIMES     16u
#define SUBSCRIBE_ROOM 4096u /* SLOW_TIMES channels */
#define HEAD_BYTES     64u   /* in which a message's version and "resync" stand */

struct watcher {
	int socket;        /* -1: the server closed it */
	bool slow, hungry; /* hungry: after the end, no longer slow */
	uint64_t seen;     /* the newest change */
	uint64_t messages, resyncs;
	uint64_t emptied; /* clock: nothing was left to read */
	uint32_t in_end, room;
	uint8_t *in; /* own */
};

struct watchers {
	struct hd_load_line line; /* of the marker */
	struct watcher *all;      /* own; plan->watchers */
	uint32_t opened, lost;
	char marker[48]; /* `"load:marker:…",` as it stands in a message */
	uint64_t base;   /* the score before the first change */
	uint64_t asked, answered, refused;
	uint64_t messages, bytes, resyncs, first_version, last_version;
	uint64_t slow_due, end;
	struct hd_histogram seen_ns;
	uint64_t skipped; /* changes that a later one's message told */
	int epoll;
	int events;                      /* of the last look; EVENTS: there may be more */
	uint64_t looked_at, ready_since; /* clock: since when what is read may have been there */
};

static void
listen_to(struct watchers *watchers, struct watcher *watcher)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = watcher};
	HD_ASSERT(epoll_ctl(watchers->epoll, EPOLL_CTL_ADD, watcher->socket, &event) == 0);
}

/* SUBSCRIBE board:ID:BOARD; who is slow takes the same by SLOW_TIMES patterns, one `*` longer each.
 */
static size_t
write_subscribe(const struct hd_load_aside *aside, const struct watcher *watcher,
		uint8_t text[SUBSCRIBE_ROOM])
{
	const struct hd_load_scene *scene = aside->crew->scenes;
	char *at = (char *)text, *end = at + SUBSCRIBE_ROOM;
	uint32_t count = watcher->slow ? SLOW_TIMES : 1;
	at += snprintf(at, (size_t)(end - at), "%s", watcher->slow ? "PSUBSCRIBE" : "SUBSCRIBE");
	for (uint32_t i = 0; i < count; i++)
		at += snprintf(at, (size_t)(end - at), " board:%.*s:%s%.*s", (int)scene->id.size,
			       (const char *)scene->id.at, scene->board,
			       watcher->slow ? (int)i + 1 : 0, "****************");
	at += snprintf(at, (size_t)(end - at), "\r\n");
	HD_ASSERT(at < end);
	return (size_t)(at - (char *)text);
}

static bool
watcher_open(struct hd_load_aside *aside, uint32_t number, char *fault)
{
	struct watchers *watchers = aside->own;
	struct watcher *watcher = &watchers->all[number];
	*watcher = (struct watcher){.socket = hd_load_dial(aside->crew->target, fault)};
	if (watcher->socket < 0)
		return false;
	watchers->opened++;
	watcher->slow = number < aside->crew->plan->slow;
	watcher->room = ROOM_FIRST;
	watcher->in = malloc(ROOM_FIRST);
	HD_ASSERT(watcher->in);
	uint8_t text[SUBSCRIBE_ROOM];
	size_t size = write_subscribe(aside, watcher, text);
	if (send(watcher->socket, text, size, MSG_NOSIGNAL) != (ssize_t)size) {
		snprintf(fault, HD_LOAD_FAULT_MAX, "the server closed a watcher's connection");
		return false;
	}
	fcntl(watcher->socket, F_SETFL, O_NONBLOCK);
	if (!watcher->slow)
		listen_to(watchers, watcher);
	return true;
}

static bool
open_watchers(struct hd_load_aside *aside, char *fault)
{
	const struct hd_load_plan *plan = aside->crew->plan;
	struct watchers *watchers = aside->own = calloc(1, sizeof *watchers);
	struct timespec now;
	HD_ASSERT(watchers);
	clock_gettime(CLOCK_REALTIME, &now);
	watchers->base = (uint64_t)now.tv_sec * 1000;
	snprintf(watchers->marker, sizeof watchers->marker, "\"load:marker:%08x\",",
		 aside->crew->run);
	watchers->epoll = epoll_create1(EPOLL_CLOEXEC);
	watchers->all = calloc(plan->watchers, sizeof *watchers->all);
	HD_ASSERT(watchers->epoll >= 0 && watchers->all);
	for (uint32_t i = 0; i < plan->watchers; i++) {
		if (!watcher_open(aside, i, fault))
			return false;
	}
	return hd_load_line_open(&watchers->line, aside->crew->target, fault);
}

/* The marker. */

static uint64_t
due_of(const struct hd_load_aside *aside, uint64_t change)
{
	return aside->crew->start + (uint64_t)((double)change * 1e9 / aside->crew->plan->changes);
}

static void
give_score(struct hd_load_aside *aside, uint64_t score)
{
	struct watchers *watchers = aside->own;
	char points[24];
	snprintf(points, sizeof points, "%llu", (unsigned long long)score);
	struct hd_bytes marker = hd_bytes_of(watchers->marker + 1, strlen(watchers->marker) - 3);
	struct hd_bytes words[] = {HD_BYTES("HUNT.AWARD"), marker,         aside->crew->scenes->id,
				   hd_bytes_str(points),   HD_BYTES("OP"), HD_BYTES("SET")};
	HD_ASSERT(hd_load_line_write(&watchers->line, words, 6));
	hd_load_line_flush(&watchers->line);
}

/* Gives the scores that are due, and takes the replies that are there. */
static void
change(struct hd_load_aside *aside, uint64_t now)
{
	struct watchers *watchers = aside->own;
	struct hd_load_reply reply;
	while (due_of(aside, watchers->asked) <= now && now < watchers->end &&
	       watchers->asked - watchers->answered < 1000) {
		hd_histogram_add(&aside->late_ns, now - due_of(aside, watchers->asked));
		give_score(aside, watchers->base + ++watchers->asked);
	}
	while (hd_load_line_read(&watchers->line, &reply, 0) == HD_LOAD_GOT_REPLY) {
		watchers->answered++;
		watchers->refused += reply.mark == '-';
	}
}

/* Messages. */

static uint64_t
number_at(const uint8_t *at, const uint8_t *end)
{
	uint64_t number = 0;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	return number;
}

static void
see_version(struct watchers *watchers, struct hd_bytes text)
{
	static const char head[] = "{\"v\":";
	if (text.size < sizeof head || memcmp(text.at, head, sizeof head - 1) != 0)
		return; /* shorter than the pattern's name, so it is not the longest bulk: no rows
			 */
	uint64_t version = number_at(text.at + sizeof head - 1, text.at + text.size);
	if (!watchers->first_version || version < watchers->first_version)
		watchers->first_version = version;
	if (version > watchers->last_version)
		watchers->last_version = version;
}

/* The changes that this message is the first to show to this watcher. */
static void
see_marker(struct hd_load_aside *aside, struct watcher *watcher, struct hd_bytes text, uint64_t now)
{
	struct watchers *watchers = aside->own;
	size_t size = strlen(watchers->marker);
	const uint8_t *at = memmem(text.at, text.size, watchers->marker, size);
	if (!at)
		return;
	uint64_t score = number_at(at + size, text.at + text.size);
	uint64_t newest = score > watchers->base ? score - watchers->base : 0;
	if (newest > watchers->asked || newest <= watcher->seen)
		return;
	watchers->skipped += watcher->slow ? 0 : newest - watcher->seen - 1;
	for (uint64_t i = watcher->seen; i < newest && !watcher->slow; i++)
		hd_histogram_add(&watchers->seen_ns, now - due_of(aside, i));
	watcher->seen = newest;
}

static void
see(struct hd_load_aside *aside, struct watcher *watcher, const struct hd_load_reply *reply,
    uint64_t now)
{
	struct watchers *watchers = aside->own;
	bool pattern = hd_bytes_equal(reply->text, HD_BYTES("pmessage"));
	struct hd_bytes text = pattern ? reply->bulk : reply->next[1];
	uint32_t head = text.size < HEAD_BYTES ? text.size : HEAD_BYTES;
	if (!pattern && !hd_bytes_equal(reply->text, HD_BYTES("message")))
		return;
	watcher->messages++;
	if (memmem(text.at, head, "\"resync\"", 8)) {
		watcher->resyncs++;
		watchers->resyncs++;
	}
	watchers->messages++;
	watchers->bytes += text.size;
	see_version(watchers, text);
	see_marker(aside, watcher, text, now);
}

static void
watcher_lose(struct watchers *watchers, struct watcher *watcher)
{
	close(watcher->socket);
	watcher->socket = -1;
	watchers->lost++;
}

static void
watcher_grow(struct watcher *watcher)
{
	watcher->room *= 2;
	watcher->in = realloc(watcher->in, watcher->room);
	HD_ASSERT(watcher->in);
}

static void
watcher_read(struct hd_load_aside *aside, struct watcher *watcher)
{
	struct watchers *watchers = aside->own;
	uint32_t room = watcher->room - watcher->in_end;
	ssize_t got =
		recv(watcher->socket, watcher->in + watcher->in_end,
		     watcher->slow && !watcher->hungry && room > SLOW_BYTES ? SLOW_BYTES : room, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	uint64_t now = hd_load_clock();
	size_t at = 0, used = got > 0 ? 1 : HD_LOAD_REPLY_INVALID;
	watcher->in_end += got > 0 ? (uint32_t)got : 0;
	uint64_t since =
		watchers->ready_since > watcher->emptied ? watchers->ready_since : watcher->emptied;
	if (!watcher->slow)
		hd_histogram_add(&aside->late_ns, now - since);
	if (got < (ssize_t)room)
		watcher->emptied = now;
	while (got > 0 && at < watcher->in_end) {
		struct hd_load_reply reply;
		used = hd_load_reply_read(watcher->in + at, watcher->in + watcher->in_end, &reply);
		if (used == HD_LOAD_REPLY_UNFINISHED || used == HD_LOAD_REPLY_INVALID)
			break;
		see(aside, watcher, &reply, now);
		at += used;
	}
	watcher->in_end -= (uint32_t)at;
	memmove(watcher->in, watcher->in + at, watcher->in_end);
	if (used == HD_LOAD_REPLY_INVALID || watcher->in_end == ROOM_MOST)
		watcher_lose(watchers, watcher);
	else if (watcher->in_end == watcher->room)
		watcher_grow(watcher);
}

/* A sip each, now and then; after the end they take what there is, as the others do. */
static void
read_slow(struct hd_load_aside *aside, uint64_t now)
{
	struct watchers *watchers = aside->own;
	bool over = now >= watchers->end;
	if (now < watchers->slow_due && !over)
		return;
	watchers->slow_due = now + SLOW_NS;
	for (uint32_t i = 0; i < aside->crew->plan->slow && i < watchers->opened; i++) {
		struct watcher *watcher = &watchers->all[i];
		if (watcher->socket < 0 || watcher->hungry)
			continue;
		if (over)
			listen_to(watchers, watcher);
		else
			watcher_read(aside, watcher);
		watcher->hungry = over;
	}
}

/* Takes the events that are there; sleeps, until `wake` at most, only where there are none. What is
 * there without a sleep came at any time since the last look that left none behind; who slept too
 * long may have missed it since then. */
static int
take_events(struct watchers *watchers, struct epoll_event events[EVENTS], uint64_t nap,
	    uint64_t wake)
{
	struct timespec timeout = {0};
	int count = epoll_pwait2(watchers->epoll, events, EVENTS, &timeout, NULL);
	bool slept = count == 0;
	timeout.tv_nsec = (long)nap;
	if (slept)
		count = epoll_pwait2(watchers->epoll, events, EVENTS, &timeout, NULL);
	uint64_t now = hd_load_clock();
	if (slept)
		watchers->ready_since = now < wake ? now : wake;
	else if (watchers->events < EVENTS)
		watchers->ready_since = watchers->looked_at;
	watchers->looked_at = count < 0 ? watchers->ready_since : now;
	watchers->events = count;
	return count;
}

static void
wait_events(struct hd_load_aside *aside, uint64_t now, uint64_t until)
{
	struct watchers *watchers = aside->own;
	struct epoll_event events[EVENTS];
	uint64_t nap = until <= now ? 0 : until - now < NAP_NS ? until - now : NAP_NS;
	int count = take_events(watchers, events, nap, now + nap);
	for (int i = 0; i < count; i++) {
		struct watcher *watcher = events[i].data.ptr;
		if (watcher->socket >= 0)
			watcher_read(aside, watcher);
	}
}

/* Has everybody who is still there seen the last change? */
static bool
all_seen(const struct hd_load_aside *aside)
{
	const struct watchers *watchers = aside->own;
	for (uint32_t i = 0; i < watchers->opened; i++) {
		const struct watcher *watcher = &watchers->all[i];
		if (watcher->socket >= 0 && watcher->seen < watchers->asked)
			return false;
	}
	return true;
}

static void
run_watchers(struct hd_load_aside *aside)
{
	const struct hd_load_crew *crew = aside->crew;
	struct watchers *watchers = aside->own;
	watchers->end = crew->start + crew->plan->duration_ns;
	watchers->looked_at = crew->start;
	for (;;) {
		uint64_t now = hd_load_clock();
		bool stop = atomic_load(&crew->shared.stop) || watchers->line.lost;
		if (stop && now < watchers->end)
			watchers->end = now;
		bool over = now >= watchers->end && !atomic_load(&crew->shared.sending);
		if (over && (stop || all_seen(aside) || now > watchers->end + LAST_NS))
			break;
		change(aside, now);
		read_slow(aside, now);
		wait_events(aside, now, due_of(aside, watchers->asked));
	}
	struct hd_load_reply reply;
	uint64_t until = hd_load_clock() + LAST_NS / 15;
	give_score(aside, 0);
	while (watchers->answered++ <= watchers->asked)
		if (hd_load_line_read(&watchers->line, &reply, until) != HD_LOAD_GOT_REPLY)
			break;
}

/* Telling. */

static uint64_t
expected(const struct hd_load_aside *aside)
{
	const struct watchers *watchers = aside->own;
	const struct hd_load_plan *plan = aside->crew->plan;
	uint32_t slow = plan->slow < plan->watchers ? plan->slow : plan->watchers;
	return watchers->asked * (plan->watchers - slow);
}

static uint32_t
lagging(const struct hd_load_aside *aside)
{
	const struct watchers *watchers = aside->own;
	uint32_t count = 0;
	for (uint32_t i = 0; i < watchers->opened; i++)
		count += watchers->all[i].resyncs > 0;
	return count;
}

static double
seconds(const struct hd_load_aside *aside)
{
	const struct watchers *watchers = aside->own;
	return (double)(watchers->end - aside->crew->start) / 1e9;
}

static uint64_t
writes(const struct hd_load_crew *crew)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < crew->workers_count; i++) {
		const struct hd_load_verb_tally *verbs = crew->workers[i].tally.verbs;
		sum += verbs[HD_LOAD_SUBMIT].outcomes[HD_OUTCOME_CORRECT] +
		       verbs[HD_LOAD_AWARD].outcomes[HD_OUTCOME_APPLIED] +
		       verbs[HD_LOAD_JOIN].outcomes[HD_OUTCOME_JOINED];
	}
	return sum;
}

static void
text_watchers(const struct hd_load_aside *aside, FILE *to)
{
	const struct watchers *watchers = aside->own;
	const struct hd_load_plan *plan = aside->crew->plan;
	uint64_t versions = watchers->last_version - watchers->first_version;
	char a[32], b[32], c[32];
	hd_load_report_row(to, "shown", &watchers->seen_ns);
	fprintf(to,
		"shown: from when a change was due to the message that shows it; %s of %s seen\n",
		hd_load_grouped(watchers->seen_ns.count, a), hd_load_grouped(expected(aside), b));
	fprintf(to, "%u watchers (%u slow): %s messages, %s/s, %.1f MB/s\n", plan->watchers,
		plan->slow, hd_load_grouped(watchers->messages, a),
		hd_load_grouped((uint64_t)((double)watchers->messages / seconds(aside)), b),
		(double)watchers->bytes / 1e6 / seconds(aside));
	fprintf(to, "%s changes became %s versions; %u watchers lagged (%s resyncs), %u closed\n",
		hd_load_grouped(writes(aside->crew) + watchers->asked - watchers->refused, a),
		hd_load_grouped(versions, b), lagging(aside), hd_load_grouped(watchers->resyncs, c),
		watchers->lost);
	hd_load_report_late(to, "who reads for the watchers", "more cores, or fewer watchers",
			    &aside->late_ns);
}

static json_t *
json_watchers(const struct hd_load_aside *aside)
{
	const struct watchers *watchers = aside->own;
	json_t *object = json_object();
	hd_load_report_count(object, "watchers", aside->crew->plan->watchers);
	hd_load_report_count(object, "slow", aside->crew->plan->slow);
	hd_load_report_count(object, "marked_changes", watchers->asked);
	hd_load_report_count(object, "marked_refused", watchers->refused);
	hd_load_report_count(object, "to_be_shown", expected(aside));
	hd_load_report_count(object, "shown", watchers->seen_ns.count);
	hd_load_report_count(object, "shown_by_a_later_one", watchers->skipped);
	json_object_set_new(object, "latency_us", hd_load_report_latency(&watchers->seen_ns));
	json_object_set_new(object, "late_us", hd_load_report_late_object(&aside->late_ns));
	hd_load_report_count(object, "messages", watchers->messages);
	json_object_set_new(object, "messages_per_s",
			    json_real((double)watchers->messages / seconds(aside)));
	hd_load_report_count(object, "bytes", watchers->bytes);
	hd_load_report_count(object, "changes",
			     writes(aside->crew) + watchers->asked - watchers->refused);
	hd_load_report_count(object, "versions", watchers->last_version - watchers->first_version);
	hd_load_report_count(object, "lagging", lagging(aside));
	hd_load_report_count(object, "resyncs", watchers->resyncs);
	hd_load_report_count(object, "closed", watchers->lost);
	return object;
}

static void
close_watchers(struct hd_load_aside *aside)
{
	struct watchers *watchers = aside->own;
	for (uint32_t i = 0; watchers && i < watchers->opened; i++) {
		if (watchers->all[i].socket >= 0)
			close(watchers->all[i].socket);
		free(watchers->all[i].in);
	}
	if (watchers) {
		hd_load_line_close(&watchers->line);
		close(watchers->epoll);
		free(watchers->all);
	}
	free(watchers);
}

const struct hd_load_aside_kind hd_load_watchers = {
	"watchers", open_watchers, run_watchers, text_watchers, json_watchers, close_watchers,
};
