/* conn_world.h - the fake shard and the fake io of test_conn: one world, in one thread.
 *
 * The fake shard answers HUNT.AWARD with an integer, its points: at once (at the next log position)
 * where the entrant's id starts with `l`, and when the test says so where it starts with `r`, as if
 * another shard had it, or with `lw`, as if it had two steps. BOARD.COUNT is a gather over shards,
 * HUNT.OPEN an order; both answer when the test says so. What was given is kept in `world.given`,
 * in order. */
#ifndef HUNTD_TESTS_CONN_WORLD_H
#define HUNTD_TESTS_CONN_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "huntd/stats.h"
#include "huntd/view.h"
#include "net/conn/edge.h"
#include "tests/lib/lib.h"

#define BUFFERS      8
#define BUFFER_BYTES 96
#define GIVEN_MAX    8192
#define TIMED_MAX    16384

struct given {
	uint8_t verb;
	int64_t points, arrived;
	uint64_t token;
	bool answered;
};

struct peer {
	bool shut, closed, receiving;
	uint64_t recv_tag, send_tag;
	const uint8_t *send_from; /* in flight; NULL: none */
	uint32_t send_size;
	bool slow;  /* takes nothing */
	bool fails; /* what is in flight does */
	uint8_t got[4 * HD_MIB];
	uint32_t got_size;
};

static struct world {
	struct hd_io io;
	struct hd_memory memory;
	struct hd_shard_stats stats[2]; /* of this shard and of another */
	struct hd_tuning tuning;
	struct hd_slow slow[2][4]; /* by shard, newest first */
	uint32_t slow_count[2];
	struct hd_edge *edge;
	struct peer peers[4];
	uint8_t buffers[BUFFERS][BUFFER_BYTES];
	bool out[BUFFERS]; /* with the edge */
	/* The shard. */
	struct hd_command *batch[HD_BATCH_MAX];
	uint64_t batch_tokens[HD_BATCH_MAX];
	int64_t batch_arrived[HD_BATCH_MAX];
	uint32_t batch_count;
	struct given given[GIVEN_MAX];
	uint32_t given_count;
	struct hd_answered timed[TIMED_MAX]; /* hd_shard_answered */
	uint32_t timed_count;
	uint64_t tail, durable;
	uint32_t credits;
	bool busy, loading;
	int64_t now;
	uint32_t sends, saves;
	uint32_t fail_send;   /* the n-th send fails; 0: none */
	struct hd_core *core; /* whose hunts the boards are of; NULL: there are none */
} world;

/* The shard's side of shard.h. */

enum hd_admit
hd_shard_admit(struct hd_shard *shard, const struct hd_command *command, enum hd_error *error)
{
	(void)shard;
	(void)command;
	*error = HD_ERR_BUSY;
	if (world.busy)
		return HD_ADMIT_BUSY;
	if (world.credits == 0)
		return HD_ADMIT_WAIT;
	world.credits--;
	return HD_ADMIT_YES;
}

void
hd_shard_decide(struct hd_shard *shard)
{
	(void)shard;
	uint32_t count = world.batch_count;
	world.batch_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct hd_command *c = world.batch[i];
		struct given *g = &world.given[world.given_count++];
		assert_true(world.given_count < GIVEN_MAX);
		*g = (struct given){.verb = c->verb,
				    .points = c->points,
				    .arrived = world.batch_arrived[i],
				    .token = world.batch_tokens[i]};
		bool local = c->verb == HD_CMD_AWARD && c->entrant.at[0] == 'l';
		assert_true(c->verb != HD_CMD_AWARD || local || c->entrant.at[0] == 'r');
		bool waits = local && c->entrant.size > 1 && c->entrant.at[1] == 'w';
		if (waits)
			hd_edge_table.later(world.edge, g->token, c, g->arrived);
		if (!local || waits)
			continue;
		g->answered = true;
		world.credits++;
		struct hd_reply reply = {.kind = HD_REPLY_INTEGER, .points = c->points};
		hd_edge_table.reply(world.edge, g->token, &reply, ++world.tail);
	}
}

void
hd_shard_give(struct hd_shard *shard, struct hd_command *command, uint64_t token, int64_t arrived,
	      bool local)
{
	assert_int_equal(local, hd_shard_is_local(shard, command));
	assert_true(arrived > 0);
	assert_true(world.batch_count < HD_BATCH_MAX);
	world.batch[world.batch_count] = command;
	world.batch_arrived[world.batch_count] = arrived;
	world.batch_tokens[world.batch_count++] = token;
	if (world.batch_count == HD_BATCH_MAX)
		hd_shard_decide(shard);
}

bool
hd_shard_is_local(const struct hd_shard *shard, const struct hd_command *command)
{
	(void)shard;
	return command->verb == HD_CMD_AWARD && command->entrant.at[0] == 'l';
}

void
hd_shard_answered(struct hd_shard *shard, const struct hd_answered *answered)
{
	(void)shard;
	assert_true(world.timed_count < TIMED_MAX && answered->since > 0);
	world.timed[world.timed_count++] = *answered;
}

struct hd_tuning *
hd_shard_tuning(struct hd_shard *shard)
{
	(void)shard;
	return &world.tuning;
}

const struct hd_shard_stats *
hd_shard_stats(const struct hd_shard *shard, uint32_t of)
{
	(void)shard;
	return &world.stats[of];
}

struct hd_slowlog *
hd_shard_slowlog(struct hd_shard *shard, uint32_t of)
{
	(void)shard;
	return (void *)world.slow[of]; /* the test has a slowlog of its own */
}

uint32_t
hd_slowlog_read(const struct hd_slowlog *slowlog, uint32_t kept, struct hd_slow *out, uint32_t room)
{
	uint32_t of = slowlog == (void *)world.slow[1], count = world.slow_count[of];
	count = count < kept ? count : kept;
	count = count < room ? count : room;
	memcpy(out, slowlog, count * sizeof *out);
	return count;
}

void
hd_slowlog_reset(struct hd_slowlog *slowlog)
{
	world.slow_count[slowlog == (void *)world.slow[1]] = 0;
}

uint64_t
hd_shard_durable(const struct hd_shard *shard)
{
	(void)shard;
	return world.durable;
}

uint64_t
hd_shard_tail(const struct hd_shard *shard)
{
	(void)shard;
	return world.tail;
}

uint32_t
hd_shard_number(const struct hd_shard *shard)
{
	(void)shard;
	return 0;
}

uint32_t
hd_shard_count(const struct hd_shard *shard)
{
	(void)shard;
	return 2;
}

bool
hd_shard_loading(const struct hd_shard *shard, uint32_t *percent)
{
	(void)shard;
	*percent = 50;
	return world.loading;
}

void
hd_shard_save(struct hd_shard *shard)
{
	(void)shard;
	world.saves++;
}

const struct hd_core *
hd_shard_core(const struct hd_shard *shard)
{
	(void)shard;
	return world.core;
}

struct hd_memory *
hd_shard_memory(struct hd_shard *shard)
{
	(void)shard;
	return &world.memory;
}

struct hd_io *
hd_shard_io(struct hd_shard *shard)
{
	(void)shard;
	return &world.io;
}

struct hd_metrics *
hd_shard_metrics(struct hd_shard *shard, uint32_t of)
{
	(void)shard;
	return &world.stats[of].metrics;
}

int64_t
hd_shard_clock(const struct hd_shard *shard)
{
	(void)shard;
	return world.now;
}

/* The io's side. */

static void
fake_recv(struct hd_io *io, int socket, uint64_t tag)
{
	(void)io;
	assert_false(world.peers[socket].receiving);
	world.peers[socket].receiving = true;
	world.peers[socket].recv_tag = tag;
}

static void
fake_give(struct hd_io *io, uint8_t *buffer)
{
	(void)io;
	size_t n = (size_t)(buffer - world.buffers[0]) / BUFFER_BYTES;
	assert_true(n < BUFFERS && world.out[n]);
	world.out[n] = false;
	memset(buffer, 0xdd, BUFFER_BYTES); /* who still reads it will see */
}

static void
fake_send(struct hd_io *io, int socket, const void *from, uint32_t size, uint64_t tag)
{
	(void)io;
	struct peer *peer = &world.peers[socket];
	assert_null(peer->send_from);
	assert_false(peer->closed);
	assert_true(size > 0);
	peer->send_from = from;
	peer->send_size = size;
	peer->send_tag = tag;
	world.sends++;
	peer->fails = world.sends == world.fail_send;
}

static void
complete(uint64_t tag, int32_t result, uint32_t flags, uint8_t *buffer)
{
	struct hd_completion c = {.tag = tag, .result = result, .flags = flags, .buffer = buffer};
	hd_edge_table.complete(world.edge, &c);
}

static void
recv_ends(struct peer *peer, int32_t result)
{
	if (!peer->receiving)
		return;
	peer->receiving = false;
	complete(peer->recv_tag, result, 0, NULL);
}

static void
fake_cancel(struct hd_io *io, uint64_t tag)
{
	(void)io;
	(void)tag; /* never in time: the request ends when the test ends it */
}

static void
fake_close(struct hd_io *io, int socket)
{
	(void)io;
	struct peer *peer = &world.peers[socket];
	assert_false(peer->closed);
	assert_false(peer->receiving);
	assert_null(peer->send_from);
	peer->closed = true;
}

static void
fake_shutdown(struct hd_io *io, int socket)
{
	(void)io;
	world.peers[socket].shut = true;
}

static const struct hd_io_ops fake_ops = {
	.recv = fake_recv,
	.give = fake_give,
	.send = fake_send,
	.cancel = fake_cancel,
	.close = fake_close,
	.shutdown = fake_shutdown,
};

/* The world. */

static void
fake_peer(int socket, char *text, size_t room)
{
	snprintf(text, room, "10.0.0.1:%d", socket);
}

static struct hd_baseline baseline = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const struct hd_server_info server_info = {
	.baseline = &baseline, .version = "test", .durability = "batch", .peer = fake_peer};

static int
begin(void **state)
{
	(void)state;
	memset(&world, 0, sizeof world);
	world.io.ops = &fake_ops;
	world.memory = hd_test_memory();
	world.credits = 1000000;
	world.now = 1000000000;
	world.tuning.stamps = true;
	world.tuning.slow_kept = 3;
	baseline.set = false;
	struct hd_edge_options options = {.listener = -1, .info = &server_info};
	world.edge = hd_edge_create(&options, NULL);
	return 0;
}

static void
deliver_sends(void)
{
	for (uint32_t i = 0; i < 4; i++) {
		struct peer *peer = &world.peers[i];
		if (!peer->send_from || (peer->slow && !peer->shut))
			continue;
		bool fails = peer->shut || peer->fails;
		int32_t result = fails ? -32 : (int32_t)peer->send_size;
		if (!fails) {
			memcpy(peer->got + peer->got_size, peer->send_from, peer->send_size);
			peer->got_size += peer->send_size;
		}
		peer->send_from = NULL;
		complete(peer->send_tag, result, 0, NULL);
	}
}

static void
pass(void)
{
	for (uint32_t i = 0; i < 4; i++)
		if (world.peers[i].shut)
			recv_ends(&world.peers[i], 0);
	deliver_sends();
	hd_edge_table.input(world.edge, world.now);
	for (uint32_t i = 0; i < BUFFERS; i++)
		assert_false(world.out[i]);
	hd_edge_table.output(world.edge, world.now);
	deliver_sends();
	hd_edge_table.output(world.edge, world.now);
}

static int
end(void **state)
{
	(void)state;
	hd_edge_table.drain(world.edge);
	for (uint32_t i = 0; i < world.given_count; i++) {
		struct hd_reply reply = {.kind = HD_REPLY_NIL};
		if (!world.given[i].answered)
			hd_edge_table.reply(world.edge, world.given[i].token, &reply, 0);
	}
	world.durable = world.tail;
	for (uint32_t i = 0; i < 4; i++)
		world.peers[i].slow = false;
	for (int i = 0; i < 200 && !hd_edge_table.drain(world.edge); i++) {
		world.now += 1000000000;
		pass();
	}
	assert_true(hd_edge_table.drain(world.edge));
	hd_edge_destroy(world.edge);
	assert_int_equal(world.memory.used, 0);
	return 0;
}

/* Bytes arrive, in as many receive buffers as they need; false: the edge does not read. */
static bool
arrive(int socket, const void *bytes, size_t size)
{
	struct peer *peer = &world.peers[socket];
	for (size_t done = 0; done < size;) {
		if (!peer->receiving)
			return false;
		uint32_t n = 0,
			 part = size - done < BUFFER_BYTES ? (uint32_t)(size - done) : BUFFER_BYTES;
		while (n < BUFFERS && world.out[n])
			n++;
		if (n == BUFFERS) {
			recv_ends(peer, -105); /* ENOBUFS */
			pass();
			continue;
		}
		world.out[n] = true;
		memcpy(world.buffers[n], (const uint8_t *)bytes + done, part);
		complete(peer->recv_tag, (int32_t)part, HD_IO_MORE, world.buffers[n]);
		done += part;
	}
	return true;
}

__attribute__((unused)) static void
says(int socket, const char *text)
{
	assert_true(arrive(socket, text, strlen(text)));
	pass();
}

__attribute__((unused)) static void
expect_got(int socket, const char *want)
{
	struct peer *peer = &world.peers[socket];
	if (peer->got_size != strlen(want) || memcmp(peer->got, want, peer->got_size) != 0)
		fail_msg("got '%.*s', want '%s'", (int)peer->got_size, (char *)peer->got, want);
	peer->got_size = 0;
}

__attribute__((unused)) static void
answer(uint32_t given, int64_t value)
{
	assert_true(given < world.given_count && !world.given[given].answered);
	struct hd_reply reply = {.kind = HD_REPLY_INTEGER, .points = value};
	world.given[given].answered = true;
	world.credits++;
	hd_edge_table.reply(world.edge, world.given[given].token, &reply, 0);
}

__attribute__((unused)) static void
flush_log(void)
{
	world.durable = world.tail;
	pass();
}

#endif
