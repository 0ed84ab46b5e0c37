/* Where the time of a command goes. The clock moves only where a story lets it, so every leg has
 * exactly the time that was given to it. */
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
	bool deciding;
	int64_t since;
};

static struct rig_story story;
static struct world *world;

static int64_t
counted_now(struct hd_io *io)
{
	(void)io;
	world->reads++;
	return world->rig.disk.now;
}

static void
edge_input(void *edge, int64_t now)
{
	(void)edge;
	world->deciding = true;
	for (uint32_t i = 0; i < world->asked; i++) {
		struct ask *ask = &world->asks[i];
		world->rig.disk.now += PARSES;
		hd_shard_give(world->shard, &ask->command, ask->token,
			      ask->waited ? now - ask->waited : 0);
	}
	hd_shard_decide(world->shard);
	world->deciding = false;
	if (world->asked > 0)
		world->rig.disk.now += REST;
	world->asked = 0;
}

static void
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

static void
edge_output(void *edge, int64_t now)
{
	(void)edge;
	(void)now;
	world->rig.disk.now += OUTPUT;
}

static int64_t
edge_deadline(void *edge)
{
	(void)edge;
	return 0;
}

static void
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

static void
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

static void
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
static void
name_entrant(char name[16], uint32_t shard, uint32_t n)
{
	for (uint32_t i = 0, seen = 0;; i++) {
		snprintf(name, 16, "e%u", i);
		seen += hd_slot_shard(hd_slot(hd_bytes_str(name)), 2) == shard;
		if (seen > n)
			return;
	}
}

static struct ask *
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

static void
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

static uint64_t
legs_sum(void)
{
	uint64_t sum = 0;
	for (uint32_t leg = 0; leg < HD_LEG_COUNT; leg++)
		sum += world->stats->leg[leg].sum;
	return sum;
}

/* Writes. */

static void
a_write_takes_every_leg_but_the_ring(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	for (uint32_t i = 0; i < 3; i++)
		ask(HD_CMD_AWARD, HERE, WAITED);
	pass(); /* the frame is written, */
	assert_int_equal(world->replies, 3);
	check_histogram(&world->stats->command[HD_CMD_AWARD], 0, 0);
	pass(); /* then flushed, */
	check_histogram(&world->stats->command[HD_CMD_AWARD], 0, 0);
	pass(); /* then it is there */
	uint64_t durable = OUTPUT + NAP + OUTPUT + NAP;
	check_leg(HD_LEG_RECV, 3, 3 * WAITED);
	check_leg(HD_LEG_PARSE, 3, 3 * 3 * PARSES);
	check_leg(HD_LEG_ROUTE, 0, 0);
	check_leg(HD_LEG_APPLY, 3, 3 * 3 * DECIDE);
	check_leg(HD_LEG_QUEUED, 3, 3 * REST);
	check_leg(HD_LEG_DURABLE, 3, 3 * durable);
	check_leg(HD_LEG_REPLY, 3, 3 * OUTPUT);
	check_histogram(&world->stats->command[HD_CMD_AWARD], 3, legs_sum());
	check_histogram(&world->stats->size[HD_SIZE_BATCH], 1, 3);
	check_histogram(&world->stats->size[HD_SIZE_FRAME], 1, HD_BLOCK);
	check_histogram(&world->stats->size[HD_SIZE_PASS], 3,
			3 * OUTPUT + 3 * (PARSES + DECIDE) + REST);
	assert_int_equal(world->stats->size[HD_SIZE_FLUSH].count, 1);
	assert_int_equal(HD_METRIC(world->stats->metrics.untimed_total), 0);
	end();
}

static void
a_question_waits_for_nothing(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	ask(HD_CMD_PROGRESS, HERE, WAITED);
	pass();
	check_leg(HD_LEG_QUEUED, 0, 0);
	check_leg(HD_LEG_DURABLE, 0, 0);
	check_leg(HD_LEG_REPLY, 1, REST + OUTPUT);
	check_histogram(&world->stats->command[HD_CMD_PROGRESS], 1,
			WAITED + PARSES + DECIDE + REST + OUTPUT);
	assert_int_equal(legs_sum(), world->stats->command[HD_CMD_PROGRESS].sum);
	end();
}

static void
a_question_behind_a_write_waits_with_it(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	ask(HD_CMD_AWARD, HERE, 0);
	pass();
	ask(HD_CMD_PROGRESS, HERE, 0);
	pass();
	check_histogram(&world->stats->command[HD_CMD_PROGRESS], 0, 0);
	pass();
	/* The disk had the frame already. */
	check_leg(HD_LEG_QUEUED, 2, REST);
	check_histogram(&world->stats->command[HD_CMD_PROGRESS], 1,
			PARSES + DECIDE + REST + OUTPUT + NAP + OUTPUT);
	check_leg(HD_LEG_REPLY, 2, 2 * OUTPUT);
	end();
}

/* While a flush runs the next frame gathers. */
static void
a_write_behind_a_flush_is_queued_until_its_frame_goes(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	ask(HD_CMD_AWARD, HERE, 0);
	pass();
	ask(HD_CMD_AWARD, HERE, 0);
	pass();
	check_leg(HD_LEG_QUEUED, 0, 0);
	pass();
	check_leg(HD_LEG_QUEUED, 1, REST);
	pass();
	pass();
	check_leg(HD_LEG_QUEUED, 2, REST + REST + OUTPUT + NAP);
	assert_int_equal(world->stats->command[HD_CMD_AWARD].count, 2);
	assert_int_equal(world->stats->command[HD_CMD_AWARD].sum, legs_sum());
	end();
}

static void
modes_that_answer_before_the_flush_are_timed_as_they_answer(void **state)
{
	(void)state;
	begin(HD_DURABLE_WINDOW);
	ask(HD_CMD_AWARD, HERE, 0);
	pass();
	pass(); /* written: that is enough */
	check_leg(HD_LEG_QUEUED, 1, REST);
	check_leg(HD_LEG_DURABLE, 1, OUTPUT + NAP);
	assert_int_equal(world->stats->command[HD_CMD_AWARD].sum, legs_sum());
	end();
	begin(HD_DURABLE_OFF);
	ask(HD_CMD_AWARD, HERE, 0);
	pass();
	check_leg(HD_LEG_DURABLE, 0, 0);
	check_histogram(&world->stats->command[HD_CMD_AWARD], 1, PARSES + DECIDE + REST + OUTPUT);
	end();
}

static void
commands_of_several_ages_and_kinds_are_told_apart(void **state)
{
	(void)state;
	begin(HD_DURABLE_OFF);
	static const int64_t waited[] = {WAITED, WAITED, 5000, WAITED};
	for (uint32_t i = 0; i < 4; i++)
		ask(i == 3 ? HD_CMD_PROGRESS : HD_CMD_AWARD, HERE, waited[i]);
	pass();
	uint64_t rest = 4 * (PARSES + DECIDE) + REST + OUTPUT;
	check_histogram(&world->stats->command[HD_CMD_AWARD], 3, 3 * rest + 2 * WAITED + 5000);
	check_histogram(&world->stats->command[HD_CMD_PROGRESS], 1, rest + WAITED);
	check_leg(HD_LEG_RECV, 4, 3 * WAITED + 5000);
	assert_int_equal(world->stats->command[HD_CMD_AWARD].max, rest + 5000);
	end();
}

static void
a_pass_of_several_batches_gives_each_its_own_parse(void **state)
{
	(void)state;
	begin(HD_DURABLE_OFF);
	for (uint32_t i = 0; i < HD_BATCH_MAX + 10; i++)
		ask(HD_CMD_AWARD, HERE, 0);
	pass();
	uint64_t first = HD_BATCH_MAX * (PARSES + DECIDE);
	check_leg(HD_LEG_RECV, HD_BATCH_MAX + 10, 10 * first);
	check_leg(HD_LEG_PARSE, HD_BATCH_MAX + 10,
		  HD_BATCH_MAX * HD_BATCH_MAX * PARSES + 1000 * 10);
	check_histogram(&world->stats->size[HD_SIZE_BATCH], 2, HD_BATCH_MAX + 10);
	assert_int_equal(world->stats->command[HD_CMD_AWARD].count, HD_BATCH_MAX + 10);
	assert_int_equal(world->stats->command[HD_CMD_AWARD].sum, legs_sum());
	end();
}

/* Other shards. */

static void
take_cell(void *context, const struct hd_cell *cell)
{
	enum hd_cell_type *wanted = context;
	if (cell->type != *wanted)
		return;
	world->got = *cell;
	world->got_count++;
}

/* The one of that type that came; others are of no interest. */
static const struct hd_cell *
receive(enum hd_cell_type type)
{
	world->got_count = 0;
	hd_post_receive(world->other, take_cell, &type);
	assert_int_equal(world->got_count, 1);
	return &world->got;
}

/* A block with one entry. */
static struct hd_block *
block_of(uint64_t token, const struct hd_command *command, const struct hd_reply *reply)
{
	struct hd_block *block = hd_blocks_take(&world->blocks, 1024);
	struct hd_writer writer = hd_block_writer(block);
	hd_write_u64(&writer, token);
	hd_write_fixed(&writer, &(uint32_t){0}, 4);
	if (command != NULL)
		hd_command_encode(command, &writer);
	else
		hd_reply_encode(reply, &writer);
	hd_entry_end(block, &writer);
	return block;
}

static void
send_here(uint8_t type, struct hd_block *block, int64_t a)
{
	struct hd_cell cell = {.type = type, .block = block, .a = a};
	cell.epoch = hd_core_order(world->shard->core);
	hd_post_send(world->other, HERE, &cell);
	hd_post_publish(world->other);
}

static void
a_command_of_another_shard_is_timed_where_its_client_is(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	struct ask *asked = ask(HD_CMD_AWARD, THERE, WAITED);
	uint64_t token = asked->token;
	pass();
	world->since = world->shard->boot - WAITED;
	check_leg(HD_LEG_RECV, 1, WAITED);
	check_leg(HD_LEG_PARSE, 1, PARSES + REST);
	struct hd_block *sent = receive(HD_CELL_COMMANDS)->block;
	assert_int_equal(sent->sent, world->shard->boot + PARSES + REST);
	hd_post_give(world->other, sent);
	struct hd_reply reply = {.kind = HD_REPLY_INTEGER, .points = 1};
	send_here(HD_CELL_REPLIES, block_of(token, NULL, &reply), world->rig.disk.now);
	int64_t could_go = world->rig.disk.now;
	pass();
	assert_int_equal(world->replies, 1);
	check_histogram(&world->stats->command[HD_CMD_AWARD], 1,
			(uint64_t)(world->rig.disk.now - world->since));
	check_leg(HD_LEG_REPLY, 1, (uint64_t)(world->rig.disk.now - could_go));
	check_leg(HD_LEG_APPLY, 0, 0);
	end();
}

static void
a_command_for_another_shard_is_timed_from_the_ring_to_the_disk(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	struct hd_command command = ask(HD_CMD_AWARD, HERE, 0)->command;
	world->asked = 0;
	struct hd_block *block = block_of(5ull << 32, &command, NULL);
	block->sent = world->rig.disk.now;
	send_here(HD_CELL_COMMANDS, block, 0);
	pass();
	pass();
	pass();
	check_leg(HD_LEG_RECV, 0, 0);
	check_leg(HD_LEG_PARSE, 0, 0);
	check_leg(HD_LEG_ROUTE, 1, NAP);
	check_leg(HD_LEG_APPLY, 1, 0);
	check_leg(HD_LEG_QUEUED, 1, 0);
	check_leg(HD_LEG_DURABLE, 1, 2 * (OUTPUT + NAP));
	check_leg(HD_LEG_REPLY, 0, 0);
	check_histogram(&world->stats->command[HD_CMD_AWARD], 0, 0);
	/* Its asker goes on from the pass that found it durable. */
	assert_int_equal(receive(HD_CELL_REPLIES)->a, world->shard->boot);
	hd_post_give(world->other, world->got.block);
	end();
}

/* Late answers: of the outbox, behind a flush of their own. */
static void
an_answer_behind_a_flush_ends_with_it(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	ask(HD_CMD_AWARD, HERE, 0);
	pass();
	struct hd_shard *shard = world->shard;
	world->since = shard->boot;
	shard->latency.answer_lsn = hd_log_tail(shard->log);
	for (uint32_t i = 0; i < 5; i++)
		edge_reply(NULL, 9ull << 32, NULL, 0);
	shard->latency.answer_lsn = 0;
	edge_reply(NULL, 9ull << 32, NULL, 0); /* waits for nothing */
	pass();
	assert_int_equal(world->stats->command[HD_CMD_AWARD].count, 1);
	pass();
	assert_int_equal(world->stats->command[HD_CMD_AWARD].count, 1 + 5 + 1);
	check_leg(HD_LEG_APPLY, 1, DECIDE);
	end();
}

/* Bounds. */

static void
what_waits_over_the_bound_is_counted_and_held_up_by_nothing(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	world->rig.disk.held = RIG_FOLDER;
	for (uint32_t i = 0; i < HD_JOURNEYS_MAX + 10; i++) {
		ask(HD_CMD_AWARD, HERE, 0);
		pass();
	}
	assert_int_equal(world->replies, HD_JOURNEYS_MAX + 10);
	assert_int_equal(HD_METRIC(world->stats->metrics.untimed_total), 10);
	world->rig.disk.held = NULL;
	for (uint32_t i = 0; i < 10; i++)
		pass();
	assert_int_equal(world->stats->command[HD_CMD_AWARD].count, HD_JOURNEYS_MAX);
	assert_int_equal(world->stats->command[HD_CMD_AWARD].sum, legs_sum());
	/* And then there is room again. */
	ask(HD_CMD_AWARD, HERE, 0);
	for (uint32_t i = 0; i < 3; i++)
		pass();
	assert_int_equal(world->stats->command[HD_CMD_AWARD].count, HD_JOURNEYS_MAX + 1);
	assert_int_equal(HD_METRIC(world->stats->metrics.untimed_total), 10);
	end();
}

static void
more_kinds_of_late_answers_than_fit_are_counted(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	ask(HD_CMD_AWARD, HERE, 0);
	pass();
	struct hd_shard *shard = world->shard;
	shard->latency.answer_lsn = hd_log_tail(shard->log);
	for (uint32_t i = 0; i < HD_ANSWERED_MAX + 7; i++) {
		world->since = shard->boot - i;
		edge_reply(NULL, 0, NULL, 0);
	}
	shard->latency.answer_lsn = 0;
	assert_int_equal(HD_METRIC(world->stats->metrics.untimed_total), 7);
	/* Those that wait for nothing make room by ending. */
	for (uint32_t i = 0; i < 3; i++)
		pass();
	assert_int_equal(world->stats->command[HD_CMD_AWARD].count, 1 + HD_ANSWERED_MAX);
	for (uint32_t i = 0; i < HD_ANSWERED_MAX + 7; i++) {
		world->since = shard->boot - i;
		edge_reply(NULL, 0, NULL, 0);
	}
	pass();
	assert_int_equal(world->stats->command[HD_CMD_AWARD].count, 1 + 2 * HD_ANSWERED_MAX + 7);
	assert_int_equal(HD_METRIC(world->stats->metrics.untimed_total), 7);
	end();
}

/* The clock. */

static void
the_clock_is_read_by_the_pass_and_the_batch(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	pass();
	assert_int_equal(world->reads, 3);
	world->reads = 0;
	for (uint32_t i = 0; i < 200; i++)
		ask(HD_CMD_AWARD, HERE, 0);
	pass();
	uint32_t batches = (200 + HD_BATCH_MAX - 1) / HD_BATCH_MAX;
	assert_int_equal(world->reads, 4 + 2 * batches);
	end();
}

static void
nothing_is_timed_and_no_clock_read_where_nobody_wants_it(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	ask(HD_CMD_AWARD, HERE, 0);
	pass();
	world->tuning.stamps = false;
	ask(HD_CMD_AWARD, HERE, 0);
	pass();
	pass();
	pass();
	/* What was on its way was brought to its end. */
	assert_int_equal(world->stats->command[HD_CMD_AWARD].count, 1);
	assert_int_equal(world->stats->command[HD_CMD_AWARD].sum, legs_sum());
	world->reads = 0;
	for (uint32_t i = 0; i < 100; i++)
		ask(HD_CMD_AWARD, i % 2 ? HERE : THERE, 0);
	pass();
	edge_reply(NULL, 0, NULL, 0);
	pass();
	assert_int_equal(world->reads, 2); /* the pass's own time */
	assert_int_equal(world->stats->command[HD_CMD_AWARD].count, 1);
	check_leg(HD_LEG_RECV, 1, 0);
	world->tuning.stamps = true;
	for (uint32_t i = 0; i < 4; i++)
		pass();
	ask(HD_CMD_PROGRESS, HERE, 0);
	pass();
	assert_int_equal(world->stats->command[HD_CMD_PROGRESS].count, 1);
	end();
}

/* While a tracer looks, it is shown times, whatever the setting. */
static void
a_tracer_has_everything_timed(void **state)
{
	(void)state;
#ifdef HUNT_PROBES
	begin(HD_DURABLE_OFF);
	world->tuning.stamps = false;
	ask(HD_CMD_AWARD, HERE, 0);
	pass();
	check_leg(HD_LEG_APPLY, 0, 0);
	for (uint32_t i = 0; i < 2; i++) {
		unsigned short *wanted = i ? &huntd_batch_semaphore : &huntd_event_semaphore;
		*wanted = 1;
		for (uint32_t k = 0; k < 100; k++)
			ask(HD_CMD_AWARD, HERE, 0);
		pass();
		*wanted = 0;
	}
	check_leg(HD_LEG_APPLY, 200, 2 * (64 * 64 + 36 * 36) * DECIDE);
	world->reads = 0;
	pass();
	assert_int_equal(world->reads, 1);
	end();
#else
	skip();
#endif
}

/* Slots. */

static void
each_slot_pays_in_turn(void **state)
{
	(void)state;
	begin(HD_DURABLE_OFF);
	uint64_t sum = 0;
	uint16_t slots[4];
	for (uint32_t round = 0; round < 8; round++) {
		for (uint32_t i = 0; i < 4; i++)
			slots[i] = ask(HD_CMD_AWARD, HERE, 0)->command.slot;
		pass();
	}
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(HD_METRIC(world->stats->slot_ns[slots[i]]), 2 * 4 * DECIDE);
	for (uint32_t slot = 0; slot < HD_SLOTS; slot++)
		sum += HD_METRIC(world->stats->slot_ns[slot]);
	assert_int_equal(sum, 8 * 4 * DECIDE);
	end();
}

/* Slow ones. */

static void
slow_commands_are_all_counted_and_a_few_kept(void **state)
{
	(void)state;
	begin(HD_DURABLE_OFF);
	atomic_store(&world->tuning.slow_ns, 4000);
	ask(HD_CMD_AWARD, HERE, WAITED);
	pass();
	assert_int_equal(HD_METRIC(world->stats->metrics.slow_total), 0);
	ask(HD_CMD_AWARD, HERE, 9000);
	pass();
	assert_int_equal(HD_METRIC(world->stats->metrics.slow_total), 1);
	struct hd_slow slow[64];
	assert_int_equal(hd_slowlog_read(world->slowlogs[HERE], 64, slow, 64), 1);
	assert_int_equal(slow[0].total_ns, 9000 + PARSES + DECIDE + REST + OUTPUT);
	assert_int_equal(slow[0].leg_ns[HD_LEG_RECV], 9000);
	assert_int_equal(slow[0].leg_ns[HD_LEG_APPLY], DECIDE);
	assert_int_equal(slow[0].verb, HD_CMD_AWARD);
	assert_string_equal(slow[0].client, "127.0.0.1:70");
	assert_string_equal(slow[0].name, "ann");
	char name[16];
	name_entrant(name, HERE, 0);
	assert_string_equal(slow[0].key, name);
	for (uint32_t i = 0; i < 40; i++)
		ask(HD_CMD_AWARD, HERE, 9000 + i);
	world->clients = 0;
	pass();
	assert_int_equal(HD_METRIC(world->stats->metrics.slow_total), 41);
	assert_int_equal(hd_slowlog_read(world->slowlogs[HERE], 64, slow, 64),
			 1 + HD_SLOW_PER_PASS);
	assert_int_equal(world->clients, HD_SLOW_PER_PASS);
	end();
}

/* Anything, long: nothing is lost and nothing counted twice. */
static void
the_legs_add_up_to_the_whole(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 30; seed++) {
		uint64_t dice = seed;
		uint64_t given = 0, writes = 0;
		begin((uint8_t)(seed % 3));
		for (uint32_t i = 0; i < 200; i++) {
			for (uint64_t n = hd_test_random(&dice) % 90; n > 0; n--, given++) {
				bool writing = hd_test_random(&dice) % 3 == 0;
				writes += writing;
				ask(writing ? HD_CMD_AWARD : HD_CMD_PROGRESS, HERE,
				    (int64_t)(hd_test_random(&dice) % 3 * WAITED));
			}
			world->rig.disk.held = hd_test_random(&dice) % 2 ? RIG_FOLDER : NULL;
			pass();
		}
		world->rig.disk.held = NULL;
		for (uint32_t i = 0; i < 10; i++)
			pass();
		uint64_t questions = world->stats->command[HD_CMD_PROGRESS].count;
		assert_int_equal(world->stats->command[HD_CMD_AWARD].count, writes);
		assert_int_equal(questions, given - writes);
		assert_int_equal(world->stats->command[HD_CMD_AWARD].sum +
					 world->stats->command[HD_CMD_PROGRESS].sum,
				 legs_sum());
		for (uint32_t leg = 0; leg < HD_LEG_COUNT; leg++) {
			bool some = leg == HD_LEG_QUEUED || leg == HD_LEG_DURABLE;
			uint64_t count = leg == HD_LEG_ROUTE ? 0 : given;
			if (some)
				assert_true(world->stats->leg[leg].count <= given);
			else
				assert_int_equal(world->stats->leg[leg].count, count);
		}
		end();
	}
}

static int
make_story(void **state)
{
	(void)state;
	rig_story_make(&story);
	return 0;
}

static int
end_story(void **state)
{
	(void)state;
	rig_story_end(&story);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_takes_every_leg_but_the_ring),
		cmocka_unit_test(a_question_waits_for_nothing),
		cmocka_unit_test(a_question_behind_a_write_waits_with_it),
		cmocka_unit_test(a_write_behind_a_flush_is_queued_until_its_frame_goes),
		cmocka_unit_test(modes_that_answer_before_the_flush_are_timed_as_they_answer),
		cmocka_unit_test(commands_of_several_ages_and_kinds_are_told_apart),
		cmocka_unit_test(a_pass_of_several_batches_gives_each_its_own_parse),
		cmocka_unit_test(a_command_of_another_shard_is_timed_where_its_client_is),
		cmocka_unit_test(a_command_for_another_shard_is_timed_from_the_ring_to_the_disk),
		cmocka_unit_test(an_answer_behind_a_flush_ends_with_it),
		cmocka_unit_test(what_waits_over_the_bound_is_counted_and_held_up_by_nothing),
		cmocka_unit_test(more_kinds_of_late_answers_than_fit_are_counted),
		cmocka_unit_test(the_clock_is_read_by_the_pass_and_the_batch),
		cmocka_unit_test(nothing_is_timed_and_no_clock_read_where_nobody_wants_it),
		cmocka_unit_test(a_tracer_has_everything_timed),
		cmocka_unit_test(each_slot_pays_in_turn),
		cmocka_unit_test(slow_commands_are_all_counted_and_a_few_kept),
		cmocka_unit_test(the_legs_add_up_to_the_whole),
	};
	return cmocka_run_group_tests(tests, make_story, end_story);
}
