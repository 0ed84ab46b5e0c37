/* latency_world.h - one shard whose clock moves only where a story lets it, so that every leg has
 * exactly the time that was given to it; and the other shard's end of the rings. */
#ifndef HUNTD_TESTS_LATENCY_WORLD_H
#define HUNTD_TESTS_LATENCY_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "huntd/ids.h"
#include "huntd/wire.h"
#include "shard/probe/probe.h"
#include "tests/lib/lib.h"
#include "tests/lib/shard_rig.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

/* ns that things take. */
#define WAITED 1000 /* bytes, before their pass */
#define PARSES 100  /* a command */
#define DECIDE 7    /* a command */
#define REST   30   /* the edge's input, behind its last batch */
#define OUTPUT 50
#define NAP    1000000 /* between two passes */

#define HERE  1u /* the shard */
#define THERE 0u /* another one */
#define MOST  256u

struct ask {
	struct hd_command command;
	char name[16];
	uint64_t token;
	int64_t waited;
};

struct world {
	struct rig rig;
	struct hd_shard *shard;
	struct hd_shard_stats *stats;
	struct hd_tuning tuning;
	struct hd_status status[2];
	struct hd_slowlog *slowlogs[2];
	struct hd_io_ops ops;
	struct hd_memory memory;
	/* The other shard's end of the rings. */
	struct fake_io other_io;
	struct hd_blocks blocks;
	struct hd_post *other;
	struct hd_cell got;
	uint32_t got_count;
	/* The edge. */
	struct ask asks[MOST];
	uint32_t asked, replies, clients, reads;
	int64_t dear; /* ns that pass at each look at the clock: what lies before it takes long */
	bool deciding;
	int64_t since;
};

static struct rig_story story;
static struct world *world;

static inline int64_t
counted_now(struct hd_io *io)
{
	(void)io;
	world->reads++;
	return world->rig.disk.now += world->dear;
}

static inline void
edge_input(void *edge, int64_t now)
{
	(void)edge;
	world->deciding = true;
	uint32_t given = 0;
	for (; given < world->asked; given++) {
		struct ask *ask = &world->asks[given];
		enum hd_error error;
		if (hd_shard_admit(world->shard, &ask->command, &error) != HD_ADMIT_YES)
			break;
		ask->command.entrant = hd_bytes_str(ask->name); /* it may have moved */
		world->rig.disk.now += PARSES;
		hd_shard_give(world->shard, &ask->command, ask->token,
			      ask->waited ? now - ask->waited : 0,
			      hd_shard_is_local(world->shard, &ask->command));
	}
	hd_shard_decide(world->shard);
	world->deciding = false;
	if (given > 0)
		world->rig.disk.now += REST;
	world->asked -= given;
	memmove(world->asks, world->asks + given, world->asked * sizeof *world->asks);
}

static inline void
edge_reply(void *edge, uint64_t token, const struct hd_reply *reply, uint64_t lsn)
{
	(void)edge;
	(void)reply;
	(void)lsn;
	world->replies++;
	if (world->deciding) {
		world->rig.disk.now += DECIDE;
		return;
	}
	struct hd_answered answered = {.since = world->since,
				       .client = (uint32_t)(token >> 32),
				       .verb = HD_CMD_AWARD,
				       .key = "late"};
	hd_shard_answered(world->shard, &answered);
}

static inline void
edge_output(void *edge, int64_t now)
{
	(void)edge;
	(void)now;
	world->rig.disk.now += OUTPUT;
}

static inline int64_t
edge_deadline(void *edge)
{
	(void)edge;
	return 0;
}

static inline void
edge_client(void *edge, uint32_t client, char address[HD_CLIENT_ADDRESS], char name[HD_CLIENT_NAME])
{
	(void)edge;
	world->clients++;
	snprintf(address, HD_CLIENT_ADDRESS, "127.0.0.1:%u", client);
	snprintf(name, HD_CLIENT_NAME, "ann");
}

static const struct hd_edge_ops edge_ops = {.input = edge_input,
					    .reply = edge_reply,
					    .output = edge_output,
					    .deadline = edge_deadline,
					    .client = edge_client};

/* The world. */

static inline void
begin(uint8_t durability)
{
	world = aligned_alloc(_Alignof(struct world), sizeof *world);
	assert_non_null(world);
	memset(world, 0, sizeof *world);
	struct rig *rig = &world->rig;
	rig->story = &story;
	rig->durability = durability;
	fake_io_init(&rig->disk);
	rig->disk.now = 1000000000;
	assert_true(rig_open(rig));
	rig_append(rig, 100);
	rig_settle(rig);
	struct hd_shard *shard = world->shard = rig->shard;
	assert_int_equal(shard->number, HERE);
	world->stats = &rig->stats[HERE];
	world->ops = *rig->disk.io.ops;
	world->ops.now = counted_now;
	rig->disk.io.ops = &world->ops;
	world->memory = hd_test_memory();
	world->slowlogs[HERE] = hd_slowlog_create(&world->memory, HERE);
	world->tuning = (struct hd_tuning){.stamps = true, .slow_ns = -1, .trace_sample = 1};
	fake_io_init(&world->other_io);
	hd_blocks_init(&world->blocks, &world->memory, THERE);
	world->other = hd_post_create(shard->mesh, THERE, &world->other_io.io, &world->memory,
				      &world->blocks);
	shard->tuning = &world->tuning;
	shard->slowlogs = world->slowlogs;
	shard->status = world->status;
	shard->pulse = &world->stats->pulse;
	shard->ops = &edge_ops;
	shard->started = true;
	shard->stamp = hd_core_stamp(shard->core);
	/* What the rig has logged is nobody's. */
	assert_true(hd_shard_pass(shard));
	memset(world->stats, 0, sizeof *world->stats);
	world->reads = 0;
}

static inline void
end(void)
{
	hd_post_destroy(world->other);
	rig_close(&world->rig);
	hd_blocks_fini(&world->blocks);
	hd_slowlog_destroy(world->slowlogs[HERE], &world->memory);
	assert_int_equal(world->memory.used, 0);
	fake_io_fini(&world->rig.disk);
	fake_io_fini(&world->other_io);
	free(world);
}

/* An entrant of `shard`, the n-th of them. */
static inline void
name_entrant(char name[16], uint32_t shard, uint32_t n)
{
	for (uint32_t i = 0, seen = 0;; i++) {
		snprintf(name, 16, "e%u", i);
		seen += hd_slot_shard(hd_slot(hd_bytes_str(name)), 2) == shard;
		if (seen > n)
			return;
	}
}

static inline struct ask *
ask(uint8_t verb, uint32_t shard, int64_t waited)
{
	assert_true(world->asked < MOST);
	struct ask *ask = &world->asks[world->asked];
	name_entrant(ask->name, shard, world->asked % 16);
	ask->command = (struct hd_command){.verb = verb,
					   .entrant = hd_bytes_str(ask->name),
					   .hunt = hd_bytes_str("bay"),
					   .points = 1};
	ask->command.slot = hd_slot(ask->command.entrant);
	ask->token = (uint64_t)(70 + world->asked) << 32;
	ask->waited = waited;
	world->asked++;
	return ask;
}

static inline void
pass(void)
{
	world->rig.disk.now += NAP;
	assert_true(hd_shard_pass(world->shard));
}

#define check_histogram(histogram, times, total)                                                   \
	do {                                                                                       \
		assert_int_equal((histogram)->count, times);                                       \
		assert_int_equal((histogram)->sum, total);                                         \
	} while (0)
#define check_leg(name, times, total) check_histogram(&world->stats->leg[name], times, total)

static inline uint64_t
legs_sum(void)
{
	uint64_t sum = 0;
	for (uint32_t leg = 0; leg < HD_LEG_COUNT; leg++)
		sum += world->stats->leg[leg].sum;
	return sum;
}

static inline int
make_story(void **state)
{
	(void)state;
	rig_story_make(&story);
	return 0;
}

static inline int
end_story(void **state)
{
	(void)state;
	rig_story_end(&story);
	return 0;
}

#endif
