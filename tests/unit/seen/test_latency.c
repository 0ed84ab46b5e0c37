/* Where the time of a command goes: every leg has exactly the time that the story gave it. */
#include "tests/unit/seen/latency_world.h"

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
	/* The disk had the frame already: a nanosecond says that it waited all the same. */
	check_leg(HD_LEG_QUEUED, 2, REST + 1);
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

static void
take_and_give(void *context, const struct hd_cell *cell)
{
	uint32_t before = world->got_count;
	take_cell(context, cell);
	if (world->got_count > before)
		hd_post_give(world->other, cell->block);
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
	check_leg(HD_LEG_QUEUED, 1, 1); /* in no time; but it waited */
	check_leg(HD_LEG_DURABLE, 1, 2 * (OUTPUT + NAP) - 1);
	check_leg(HD_LEG_REPLY, 0, 0);
	check_histogram(&world->stats->command[HD_CMD_AWARD], 0, 0);
	/* Its asker goes on from the pass that found it durable. */
	assert_int_equal(receive(HD_CELL_REPLIES)->a, world->shard->boot);
	hd_post_give(world->other, world->got.block);
	end();
}

/* Each side has its part of a pass: neither waits for the other's dear ones. */
static void
dear_commands_of_another_shard_leave_the_own_their_part(void **state)
{
	(void)state;
	begin(HD_DURABLE_OFF);
	struct hd_command command = ask(HD_CMD_AWARD, HERE, 0)->command;
	for (uint32_t i = 0; i < 2; i++) {
		struct hd_block *block = block_of(5ull << 32, &command, NULL);
		block->sent = world->rig.disk.now;
		send_here(HD_CELL_COMMANDS, block, 0);
	}
	world->dear = HD_PASS_NS + 1;
	pass();
	assert_int_equal(world->replies, 1);
	check_leg(HD_LEG_APPLY, 2, 2 * (HD_PASS_NS + 1) + DECIDE); /* one of each side */
	pass();
	assert_int_equal(world->stats->leg[HD_LEG_APPLY].count, 3);
	world->got_count = 0;
	enum hd_cell_type replies = HD_CELL_REPLIES;
	world->dear = 0;
	pass();
	hd_post_receive(world->other, take_and_give, &replies);
	assert_int_equal(world->got_count, 2);
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
		cmocka_unit_test(dear_commands_of_another_shard_leave_the_own_their_part),
		cmocka_unit_test(an_answer_behind_a_flush_ends_with_it),
		cmocka_unit_test(the_legs_add_up_to_the_whole),
	};
	return cmocka_run_group_tests(tests, make_story, end_story);
}
