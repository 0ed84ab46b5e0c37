/* The desk on an io that the test plays: what is asked of it, what it answers, and that every wait
 * has its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>

#include "net/http/desk.h"
#include "tests/lib/lib.h"

#define SECOND   INT64_C(1000000000)
#define SOCKETS  256
#define LISTENER 3

struct socket {
	bool open, shut, finished;
	uint64_t recv, send; /* tags of what is in flight; 0: nothing */
	bool cancelled;
	const uint8_t *bytes; /* of the send */
	uint32_t size;
	char got[1u << 20]; /* all that was sent, as a text */
	uint32_t got_size;
};

/* Socket numbers start behind the listener's. */
static struct world {
	struct hd_io io;
	struct hd_memory memory;
	struct hd_stats_page *page;
	void *desk;
	int64_t now;
	uint64_t accept;
	uint32_t next, given, lent;
	bool listens;
	struct socket sockets[SOCKETS];
} * w;

static struct socket *
at(int number)
{
	assert_in_range(number, LISTENER + 1, SOCKETS - 1);
	return &w->sockets[number];
}

static int64_t
now(struct hd_io *io)
{
	(void)io;
	return w->now;
}

static void
accept_(struct hd_io *io, int listener, uint64_t tag)
{
	(void)io;
	assert_int_equal(listener, LISTENER);
	assert_true(w->accept == 0);
	w->accept = tag;
}

static void
recv_(struct hd_io *io, int number, uint64_t tag)
{
	(void)io;
	assert_true(at(number)->open && at(number)->recv == 0);
	at(number)->recv = tag;
	at(number)->cancelled = false;
}

static void
give(struct hd_io *io, uint8_t *buffer)
{
	(void)io;
	free(buffer);
	w->given++;
}

static void
send_(struct hd_io *io, int number, const void *from, uint32_t size, uint64_t tag)
{
	(void)io;
	assert_true(at(number)->open && at(number)->send == 0 && size > 0);
	assert_false(at(number)->finished);
	at(number)->send = tag;
	at(number)->bytes = from;
	at(number)->size = size;
}

static void
cancel(struct hd_io *io, uint64_t tag)
{
	(void)io;
	if (tag == w->accept) {
		w->accept = 0;
		hd_desk_complete(w->desk, &(struct hd_completion){tag, -ECANCELED, 0, NULL});
		return;
	}
	for (int i = 0; i < SOCKETS; i++)
		if (w->sockets[i].recv == tag)
			w->sockets[i].cancelled = true;
}

static void
close_(struct hd_io *io, int number)
{
	(void)io;
	if (number == LISTENER) {
		w->listens = false;
		return;
	}
	assert_true(at(number)->open && at(number)->recv == 0 && at(number)->send == 0);
	at(number)->open = false;
}

static void
shutdown_(struct hd_io *io, int number)
{
	(void)io;
	assert_true(at(number)->open);
	at(number)->shut = true;
}

static void
finish(struct hd_io *io, int number)
{
	(void)io;
	assert_true(at(number)->open && !at(number)->finished && at(number)->send == 0);
	at(number)->finished = true;
}

static const struct hd_io_ops ops = {
	.now = now,
	.accept = accept_,
	.recv = recv_,
	.give = give,
	.send = send_,
	.cancel = cancel,
	.close = close_,
	.shutdown = shutdown_,
	.finish = finish,
};

/* What the other side, and the kernel, do. */

static void
complete(uint64_t tag, int32_t result, uint32_t flags, uint8_t *buffer)
{
	hd_desk_complete(w->desk, &(struct hd_completion){tag, result, flags, buffer});
}

static void
pass(void)
{
	hd_desk_pass(w->desk, w->now);
}

/* Ends what a shut socket still has in flight. */
static void
settle(void)
{
	for (int i = LISTENER + 1; i < SOCKETS; i++) {
		struct socket *s = &w->sockets[i];
		if (s->open && s->shut && s->send) {
			uint64_t tag = s->send;
			s->send = 0;
			complete(tag, -EPIPE, 0, NULL);
		}
		if (s->open && (s->shut || s->cancelled) && s->recv) {
			uint64_t tag = s->recv;
			s->recv = 0;
			complete(tag, s->shut ? 0 : -ECANCELED, 0, NULL);
		}
	}
	pass();
}

static int
connect_(void)
{
	int number = (int)w->next++;
	w->sockets[number] = (struct socket){.open = true};
	pass();
	complete(w->accept, number, HD_IO_MORE, NULL);
	pass();
	settle();
	return number;
}

static void
say(int number, const char *text)
{
	struct socket *s = at(number);
	uint32_t size = (uint32_t)strlen(text);
	uint8_t *buffer = malloc(size);
	assert_true(s->recv != 0);
	memcpy(buffer, text, size);
	w->lent++;
	complete(s->recv, (int32_t)size, HD_IO_MORE, buffer);
	pass();
}

/* Takes at most `most` bytes of the send that is in flight. */
static void
take(int number, uint32_t most)
{
	struct socket *s = at(number);
	assert_true(s->send != 0);
	uint32_t size = s->size < most ? s->size : most;
	assert_true(s->got_size + size < sizeof s->got);
	memcpy(s->got + s->got_size, s->bytes, size);
	s->got_size += size;
	uint64_t tag = s->send;
	s->send = 0;
	complete(tag, (int32_t)size, 0, NULL);
	pass();
}

static void
take_all(int number)
{
	while (at(number)->open && at(number)->send)
		take(number, UINT32_MAX);
	settle();
}

/* The status of the `n`-th answer so far. */
static int
status(int number, uint32_t n)
{
	int code = 0;
	const char *from = at(number)->got;
	for (uint32_t i = 0; i <= n; i++) {
		from = strstr(from, "HTTP/1.1 ");
		if (from == NULL)
			fail_msg("there are only %u answers: %s", i, at(number)->got);
		code = atoi(from + 9);
		from++;
	}
	return code;
}

static uint32_t
answers(int number)
{
	uint32_t count = 0;
	for (const char *from = at(number)->got; (from = strstr(from, "HTTP/1.1 ")) != NULL; from++)
		count++;
	return count;
}

/* The clock moves on as control's loop would: to each deadline. */
static void
sleep_(int64_t ns)
{
	int64_t until = w->now + ns;
	for (int64_t due; (due = hd_desk_deadline(w->desk)) <= until; settle()) {
		w->now = due > w->now ? due : w->now + 1;
		pass();
	}
	w->now = until;
	pass();
	settle();
}

static int
begin(void **state)
{
	(void)state;
	w = calloc(1, sizeof *w);
	w->io.ops = &ops;
	w->memory = hd_test_memory();
	w->page = aligned_alloc(4096, HD_STATS_BYTES(HD_SHARDS_MAX));
	memset(w->page, 0, HD_STATS_BYTES(HD_SHARDS_MAX));
	w->page->shards = HD_SHARDS_MAX;
	w->page->state = HD_SERVER_SERVING;
	w->now = 1000 * SECOND;
	w->next = LISTENER + 1;
	w->listens = true;
	w->desk = hd_desk_create(LISTENER, &w->io, &w->memory, w->page);
	pass();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	int tries = 0;
	for (; !hd_desk_drain(w->desk) && tries++ < 100; settle())
		w->now += SECOND / 10;
	assert_true(tries < 100);
	hd_desk_destroy(w->desk);
	assert_false(w->listens);
	assert_true(w->memory.used == 0);
	assert_int_equal(w->given, w->lent);
	for (int i = LISTENER + 1; i < SOCKETS; i++)
		assert_false(w->sockets[i].open);
	free(w->page);
	free(w);
	return 0;
}

/* Stories. */

#define HEALTH "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"

static void
pieces_and_pipelines_are_answered_in_order(void **state)
{
	(void)state;
	int c = connect_();
	for (const char *byte = HEALTH; *byte; byte++)
		say(c, (char[]){*byte, 0});
	take_all(c);
	assert_int_equal(status(c, 0), 200);
	say(c, HEALTH "GET /nope HTTP/1.1\r\nHost: h\r\n\r\nHEAD /healthz HTTP/1.1\r\nHost: h\r\n");
	take_all(c);
	assert_int_equal(answers(c), 3);
	assert_int_equal(status(c, 2), 404);
	say(c, "\r\n");
	take_all(c);
	assert_int_equal(status(c, 3), 200);
	assert_string_equal(at(c)->got + at(c)->got_size - 4, "\r\n\r\n"); /* HEAD: no body */
	assert_true(at(c)->open && !at(c)->shut);
}

static void
who_asks_to_close_is_closed(void **state)
{
	(void)state;
	int c = connect_();
	say(c, "GET / HTTP/1.0\r\n\r\n");
	take_all(c);
	assert_int_equal(status(c, 0), 200);
	assert_non_null(strstr(at(c)->got, "Connection: close\r\n"));
	assert_false(at(c)->open);
	int e = connect_();
	say(e, "HEAD / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n");
	take_all(e);
	assert_int_equal(status(e, 0), 417);
	assert_string_equal(at(e)->got + at(e)->got_size - 4, "\r\n\r\n"); /* HEAD: no body */
	int d = connect_();
	say(d, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	take_all(d);
	assert_non_null(strstr(at(d)->got, "Connection: keep-alive\r\n"));
	assert_true(at(d)->open && !at(d)->shut);
}

static void
behind_a_refusal_nothing_is_a_request(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"POST /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 38\r\n\r\n" HEALTH,
		"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n" HEALTH,
		"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HEALTH,
		"GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n" HEALTH,
		"GET / HTTP/1.1\nHost: h\n\n" HEALTH,
	};
	static const int codes[] = {405, 413, 413, 417, 400};
	for (uint32_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int c = connect_();
		say(c, bad[i]);
		take_all(c);
		assert_int_equal(status(c, 0), codes[i]);
		/* It sees the end at once, and nothing that it says yet becomes an RST. */
		assert_true(at(c)->finished && at(c)->open && !at(c)->shut);
		say(c, HEALTH); /* read and dropped */
		sleep_(SECOND * 2);
		assert_int_equal(answers(c), 1);
		assert_false(at(c)->open);
	}
}

static void
slow_heads_end(void **state)
{
	(void)state;
	int mute = connect_(), slow = connect_();
	for (uint32_t i = 0; i < 9; i++) {
		say(slow, (char[]){"GET / HTT"[i], 0});
		sleep_(SECOND);
	}
	assert_true(at(mute)->open && at(slow)->open);
	w->now += SECOND;
	pass();
	take_all(slow);
	assert_int_equal(status(slow, 0), 408);
	sleep_(2 * SECOND);
	assert_false(at(slow)->open);
	assert_false(at(mute)->open);
	assert_int_equal(answers(mute), 0);
}

static void
idle_connections_end(void **state)
{
	(void)state;
	int c = connect_();
	say(c, HEALTH);
	take_all(c);
	sleep_(74 * SECOND);
	assert_true(at(c)->open);
	say(c, HEALTH);
	take_all(c);
	assert_int_equal(answers(c), 2);
	sleep_(74 * SECOND);
	assert_true(at(c)->open);
	sleep_(SECOND);
	assert_false(at(c)->open);
	/* The next head has its ten seconds from its first byte. */
	int d = connect_();
	say(d, HEALTH);
	take_all(d);
	sleep_(50 * SECOND);
	say(d, "GET");
	sleep_(9 * SECOND);
	assert_true(at(d)->send == 0 && at(d)->open);
	w->now += SECOND;
	pass();
	take_all(d);
	assert_int_equal(status(d, 1), 408);
}

static void
who_does_not_read_is_closed(void **state)
{
	(void)state;
	int c = connect_();
	say(c, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
	sleep_(29 * SECOND);
	take(c, 1000); /* progress */
	sleep_(29 * SECOND);
	assert_true(at(c)->open);
	sleep_(SECOND);
	assert_false(at(c)->open);
}

static void
what_is_sent_ahead_waits(void **state)
{
	(void)state;
	int c = connect_();
	say(c, HEALTH);
	uint32_t asked = 1;
	for (; !at(c)->cancelled; asked++)
		say(c, HEALTH);
	assert_in_range(asked, HD_HTTP_AHEAD_MAX / strlen(HEALTH),
			HD_HTTP_AHEAD_MAX / strlen(HEALTH) + 2);
	settle();
	assert_true(at(c)->recv == 0);
	while (at(c)->send)
		take(c, UINT32_MAX);
	assert_int_equal(answers(c), asked);
	assert_true(at(c)->recv != 0);
	/* What the kernel had all the same is bounded too. */
	say(c, HEALTH);
	for (uint32_t i = 0; at(c)->recv && !at(c)->shut; i++) {
		assert_true(i <= HD_HTTP_INPUT_MAX / strlen(HEALTH) + 1);
		say(c, HEALTH);
	}
	settle();
	assert_false(at(c)->open);
}

static void
too_many_are_told_so(void **state)
{
	(void)state;
	int all[HD_HTTP_CONNECTIONS_MAX];
	for (uint32_t i = 0; i < HD_HTTP_CONNECTIONS_MAX; i++)
		all[i] = connect_();
	for (uint32_t i = 0; i < 8; i++) {
		int c = connect_();
		take_all(c);
		assert_int_equal(status(c, 0), 503);
	}
	/* All slots are taken, those too for saying so. */
	assert_false(at(connect_())->open);
	sleep_(2 * SECOND);
	/* One that waits for its next request makes room; then the slowest. */
	say(all[5], HEALTH);
	take_all(all[5]);
	for (uint32_t i = 0; i < 2; i++) {
		int c = connect_();
		assert_true(at(c)->open);
		assert_false(at(all[i == 0 ? 5 : 0])->open);
		assert_true(at(all[i + 1])->open);
		say(c, HEALTH "GET");
		take_all(c);
		assert_int_equal(status(c, 0), 200);
	}
}

static void
answers_that_nobody_reads_are_bounded(void **state)
{
	(void)state;
	uint64_t most = 0;
	int c;
	memset(w->page->shard, 0xee, HD_SHARDS_MAX * sizeof *w->page->shard); /* long pages */
	do {
		c = connect_();
		say(c, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
		most = w->memory.used > most ? w->memory.used : most;
		assert_true(at(c)->size > 0);
	} while (at(c)->size == 128u * HD_KIB);
	take_all(c);
	assert_int_equal(status(c, 0), 503);
	assert_non_null(strstr(at(c)->got, "too many answers wait to be read\n"));
	assert_in_range(most, HD_HTTP_UNSENT_MAX, 2u * HD_HTTP_UNSENT_MAX);
}

static void
accepting_goes_on_behind_an_error(void **state)
{
	(void)state;
	uint64_t tag = w->accept;
	w->accept = 0;
	complete(tag, -EMFILE, 0, NULL);
	pass();
	assert_true(w->accept == 0);
	sleep_(SECOND);
	assert_true(w->accept != 0);
}

static void
the_end_waits_for_an_answer_under_way(void **state)
{
	(void)state;
	int idle = connect_(), busy = connect_(), stuck = connect_();
	say(busy, HEALTH);
	say(stuck, HEALTH);
	assert_false(hd_desk_drain(w->desk));
	settle();
	assert_false(at(idle)->open);
	assert_true(at(busy)->open && at(stuck)->open);
	take_all(busy);
	assert_int_equal(status(busy, 0), 200);
	take(stuck, 10); /* reading a little gains no time */
	assert_false(hd_desk_drain(w->desk));
	sleep_(SECOND);
	assert_true(hd_desk_drain(w->desk));
	assert_false(at(stuck)->open);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pieces_and_pipelines_are_answered_in_order),
		TEST(who_asks_to_close_is_closed),
		TEST(behind_a_refusal_nothing_is_a_request),
		TEST(slow_heads_end),
		TEST(idle_connections_end),
		TEST(who_does_not_read_is_closed),
		TEST(what_is_sent_ahead_waits),
		TEST(too_many_are_told_so),
		TEST(answers_that_nobody_reads_are_bounded),
		TEST(accepting_goes_on_behind_an_error),
		TEST(the_end_waits_for_an_answer_under_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
