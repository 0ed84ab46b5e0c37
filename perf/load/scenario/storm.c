/* All connections closed at once and opened again, several times: a proxy that died, a tunnel
 * behind which every telephone comes back. Each says HELLO and gives a first command; both are
 * timed from when the wave was due, and a connection is served when it has the reply to both. One
 * that is refused, or closed before, tries again.
 *
 * Closing is abrupt (a reset), so that waves of thousands leave no addresses in TIME_WAIT. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "perf/load/crew.h"
#include "perf/load/report.h"

#define ROOM         (8u * 1024u) /* a reply to HELLO, and one to a first command */
#define EVENTS       64
#define OPEN_AT_ONCE 16
#define NAP_NS       20000000u    /* how soon a stop is seen, and a connection tried again */
#define SILENT_NS    10000000000u /* who is not served after that is given up in this wave */

static const char hello[] = "*2\r\n$5\r\nHELLO\r\n$1\r\n2\r\n";

enum state { CLOSED, CONNECTING, ASKED, SERVED };

struct guest {
	int socket; /* -1: none */
	enum state state;
	uint32_t in_end;
	bool greeted;
	struct hd_load_flight flight;
	uint8_t *in; /* own */
};

struct wave {
	uint64_t all_ns; /* until everybody was served; 0: not everybody was */
	uint32_t served, retries;
	struct hd_histogram served_ns;
};

struct storm {
	struct hd_load_author author;
	struct guest *guests; /* own; plan->connections */
	struct wave *waves;   /* own; plan->waves */
	struct wave *wave;    /* now */
	uint64_t due, number;
	uint32_t waves_count, cursor; /* cursor: the next guest to be opened where it is closed */
	int epoll;
};

static bool
open_storm(struct hd_load_aside *aside, char *fault)
{
	const struct hd_load_crew *crew = aside->crew;
	struct storm *storm = aside->own = calloc(1, sizeof *storm);
	(void)fault;
	HD_ASSERT(storm);
	aside->tally = calloc(1, sizeof *aside->tally);
	storm->guests = calloc(crew->plan->connections, sizeof *storm->guests);
	storm->waves = calloc(crew->plan->waves, sizeof *storm->waves);
	storm->epoll = epoll_create1(EPOLL_CLOEXEC);
	HD_ASSERT(aside->tally && storm->guests && storm->waves && storm->epoll >= 0);
	for (uint32_t i = 0; i < crew->plan->connections; i++) {
		storm->guests[i] = (struct guest){.socket = -1, .in = malloc(ROOM)};
		HD_ASSERT(storm->guests[i].in);
	}
	hd_load_author_open(&storm->author, crew->plan, crew->scenes, crew->scenes_count, 0,
			    crew->run);
	return true;
}

static void
guest_close(struct guest *guest)
{
	struct linger abrupt = {.l_onoff = 1};
	guest->state = CLOSED;
	if (guest->socket < 0)
		return;
	setsockopt(guest->socket, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
	close(guest->socket);
	guest->socket = -1;
}

static void
guest_retry(struct storm *storm, struct guest *guest)
{
	guest_close(guest);
	storm->wave->retries++;
}

static void
guest_open(struct hd_load_aside *aside, struct guest *guest)
{
	struct storm *storm = aside->own;
	const struct hd_load_target *target = aside->crew->target;
	int on = 1;
	guest->socket =
		socket(target->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	guest->in_end = 0;
	guest->greeted = false;
	if (guest->socket < 0) {
		storm->wave->retries++;
		return;
	}
	setsockopt(guest->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	struct epoll_event event = {.events = EPOLLOUT, .data.ptr = guest};
	HD_ASSERT(epoll_ctl(storm->epoll, EPOLL_CTL_ADD, guest->socket, &event) == 0);
	guest->state = CONNECTING;
	if (connect(guest->socket, (const struct sockaddr *)&target->address, target->size) &&
	    errno != EINPROGRESS)
		guest_retry(storm, guest);
}

/* HELLO and the first command, in one piece. */
static void
guest_ask(struct hd_load_aside *aside, struct guest *guest)
{
	struct storm *storm = aside->own;
	uint8_t text[sizeof hello + HD_LOAD_REQUEST_MAX];
	memcpy(text, hello, sizeof hello - 1);
	uint8_t *end = hd_load_author_write(&storm->author, storm->number++,
					    text + sizeof hello - 1, &guest->flight);
	guest->flight.at = storm->due;
	guest->flight.sent = hd_load_clock();
	if (send(guest->socket, text, (size_t)(end - text), MSG_NOSIGNAL) != end - text) {
		guest_retry(storm, guest);
		return;
	}
	aside->tally->sent++;
	guest->state = ASKED;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = guest};
	HD_ASSERT(epoll_ctl(storm->epoll, EPOLL_CTL_MOD, guest->socket, &event) == 0);
}

static void
guest_served(struct hd_load_aside *aside, struct guest *guest, const struct hd_load_reply *reply)
{
	struct storm *storm = aside->own;
	uint64_t now = hd_load_clock(), ns = now - storm->due;
	hd_load_tally_reply(aside->tally, &guest->flight, reply, now);
	hd_histogram_add(&storm->wave->served_ns, ns);
	aside->tally->last_reply = now;
	guest->state = SERVED;
	if (++storm->wave->served == aside->crew->plan->connections)
		storm->wave->all_ns = ns;
}

static void
guest_read(struct hd_load_aside *aside, struct guest *guest)
{
	ssize_t got = recv(guest->socket, guest->in + guest->in_end, ROOM - guest->in_end, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	guest->in_end += got > 0 ? (uint32_t)got : 0;
	struct hd_load_reply reply;
	size_t at = 0, used = got > 0 ? 1 : HD_LOAD_REPLY_INVALID;
	while (got > 0 && guest->state == ASKED) {
		used = hd_load_reply_read(guest->in + at, guest->in + guest->in_end, &reply);
		if (used == HD_LOAD_REPLY_UNFINISHED || used == HD_LOAD_REPLY_INVALID)
			break;
		at += used;
		if (guest->greeted)
			guest_served(aside, guest, &reply);
		guest->greeted = true;
	}
	guest->in_end -= (uint32_t)at;
	memmove(guest->in, guest->in + at, guest->in_end);
	if (used == HD_LOAD_REPLY_INVALID || guest->in_end == ROOM)
		guest_retry(aside->own, guest);
}

static void
guest_event(struct hd_load_aside *aside, struct guest *guest, uint32_t events)
{
	struct storm *storm = aside->own;
	if (guest->state == SERVED && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		guest_close(guest);
		guest->state = SERVED; /* it was; the next wave opens it again */
	} else if (guest->state == CONNECTING && events & (EPOLLHUP | EPOLLERR)) {
		guest_retry(storm, guest);
	} else if (guest->state == CONNECTING) {
		guest_ask(aside, guest);
	} else if (guest->state == ASKED) {
		guest_read(aside, guest);
	}
}

/* Waits for events, until that clock at most. */
static void
wait_events(struct hd_load_aside *aside, uint64_t until)
{
	struct storm *storm = aside->own;
	struct epoll_event events[EVENTS];
	uint64_t now = hd_load_clock();
	struct timespec nap = {.tv_nsec = (long)(until <= now           ? 0
						 : until - now < NAP_NS ? until - now
									: NAP_NS)};
	int count = epoll_pwait2(storm->epoll, events, EVENTS, &nap, NULL);
	for (int i = 0; i < count; i++)
		guest_event(aside, events[i].data.ptr, events[i].events);
}

/* Opens some of those that have no connection, between two looks at the others: a pass over all
 * takes as long as its thousands of handshakes. Returns when to go on. */
static uint64_t
open_some(struct hd_load_aside *aside, uint64_t now)
{
	struct storm *storm = aside->own;
	uint32_t count = aside->crew->plan->connections, opened = 0;
	for (; storm->cursor < count && opened < OPEN_AT_ONCE; storm->cursor++) {
		struct guest *guest = &storm->guests[storm->cursor];
		if (guest->state != CLOSED)
			continue;
		guest_open(aside, guest);
		opened++;
	}
	if (storm->cursor < count)
		return now;
	storm->cursor = 0;
	return now + NAP_NS;
}

static void
blow(struct hd_load_aside *aside)
{
	const struct hd_load_crew *crew = aside->crew;
	struct storm *storm = aside->own;
	uint64_t again = storm->due;
	storm->cursor = 0;
	storm->wave = &storm->waves[storm->waves_count++];
	for (uint32_t i = 0; i < crew->plan->connections; i++)
		guest_close(&storm->guests[i]);
	while (storm->wave->served < crew->plan->connections) {
		uint64_t now = hd_load_clock();
		if (atomic_load(&crew->shared.stop) || now > storm->due + SILENT_NS)
			break;
		if (now >= again)
			again = open_some(aside, now);
		wait_events(aside, again);
	}
	aside->end = hd_load_clock();
}

static void
run_storm(struct hd_load_aside *aside)
{
	const struct hd_load_crew *crew = aside->crew;
	struct storm *storm = aside->own;
	storm->due = crew->start;
	while (storm->waves_count < crew->plan->waves && !atomic_load(&crew->shared.stop)) {
		blow(aside);
		storm->due = hd_load_clock() + crew->plan->pause_ns;
		if (storm->waves_count == crew->plan->waves)
			break;
		if (storm->wave->served == 0) {
			aside->tally->lost = crew->plan->connections; /* nobody is there */
			break;
		}
		while (hd_load_clock() < storm->due && !atomic_load(&crew->shared.stop))
			wait_events(aside, storm->due);
	}
}

static void
text_storm(const struct hd_load_aside *aside, FILE *to)
{
	const struct storm *storm = aside->own;
	uint32_t connections = aside->crew->plan->connections;
	char name[32], a[32], b[32];
	for (uint32_t i = 0; i < storm->waves_count; i++) {
		snprintf(name, sizeof name, "wave %u", i + 1);
		hd_load_report_row(to, name, &storm->waves[i].served_ns);
	}
	for (uint32_t i = 0; i < storm->waves_count; i++) {
		const struct wave *wave = &storm->waves[i];
		fprintf(to, "wave %u: %s of %s served", i + 1, hd_load_grouped(wave->served, a),
			hd_load_grouped(connections, b));
		if (wave->all_ns)
			fprintf(to, ", all after %.1f ms", (double)wave->all_ns / 1e6);
		fprintf(to, "; %u tried again\n", wave->retries);
	}
}

static json_t *
json_storm(const struct hd_load_aside *aside)
{
	const struct storm *storm = aside->own;
	json_t *list = json_array();
	for (uint32_t i = 0; i < storm->waves_count; i++) {
		const struct wave *wave = &storm->waves[i];
		json_t *row = json_object();
		hd_load_report_count(row, "served", wave->served);
		hd_load_report_count(row, "tried_again", wave->retries);
		json_object_set_new(row, "all_served_after_ms",
				    wave->all_ns ? json_real((double)wave->all_ns / 1e6)
						 : json_null());
		json_object_set_new(row, "latency_us", hd_load_report_latency(&wave->served_ns));
		json_array_append_new(list, row);
	}
	return list;
}

static void
close_storm(struct hd_load_aside *aside)
{
	struct storm *storm = aside->own;
	for (uint32_t i = 0; storm && i < aside->crew->plan->connections; i++) {
		guest_close(&storm->guests[i]);
		free(storm->guests[i].in);
	}
	if (storm) {
		hd_load_author_close(&storm->author);
		close(storm->epoll);
		free(storm->guests);
		free(storm->waves);
	}
	free(aside->tally);
	free(storm);
}

const struct hd_load_aside_kind hd_load_storm = {
	"waves", open_storm, run_storm, text_storm, json_storm, close_storm,
};
