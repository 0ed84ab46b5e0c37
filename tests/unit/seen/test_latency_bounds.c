/* What timing the commands may cost and keep: reads of the clock, batches, slow ones, slots. */
#include "shard/probe/probe.h"
#include "tests/unit/seen/latency_world.h"

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

/* Dear commands: a pass decides by number, and by time. */
static void
a_batch_that_takes_long_leaves_the_rest_to_the_next_pass(void **state)
{
	(void)state;
	begin(HD_DURABLE_OFF);
	for (uint32_t i = 0; i < 3 * HD_BATCH_MAX; i++)
		ask(HD_CMD_AWARD, HERE, 0);
	world->dear = HD_PASS_NS / 2 + 1; /* a batch is between two looks at the clock */
	pass();
	assert_int_equal(world->replies, HD_BATCH_MAX);
	assert_true(world->shard->again);
	pass();
	assert_int_equal(world->replies, 2 * HD_BATCH_MAX);
	world->dear = 0;
	for (uint32_t i = 0; i < 100; i++)
		ask(HD_CMD_AWARD, HERE, 0);
	pass();
	assert_int_equal(world->replies, 3 * HD_BATCH_MAX + 100);
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

static void
it_is_shown_every_command_of_a_batch(void **state)
{
	(void)state;
#ifdef HUNT_PROBES
	begin(HD_DURABLE_BATCH);
	huntd_batch_semaphore = 1;
	for (uint32_t i = 0; i < 20; i++)
		ask(HD_CMD_AWARD, HERE, WAITED);
	world->asks[3].command.hunt = hd_bytes_str("nowhere");
	pass();
	huntd_batch_semaphore = 0;
	const struct hd_journey *journey = world->shard->latency.first;
	assert_true(journey != NULL && journey->whole);
	assert_int_equal(journey->batch.count, 20);
	for (uint32_t i = 0; i < 20; i++) {
		const struct hd_trace_record *record = &journey->batch.record[i];
		const struct hd_command *command = &world->asks[i].command;
		assert_string_equal(record->key, world->asks[i].name);
		assert_int_equal(record->slot, command->slot);
		assert_int_equal(record->verb, HD_CMD_AWARD);
		assert_int_equal(record->client, 70 + i);
		assert_int_equal(record->recv_ns, WAITED);
		assert_int_equal(record->answer, i == 3 ? HD_TRACE_ERROR : HD_TRACE_OK);
	}
	end();
#else
	skip();
#endif
}

static uint32_t
pick_in(uint32_t every, uint32_t batches)
{
	uint32_t picked = 0;
	atomic_store(&world->tuning.trace_sample, every);
	for (uint32_t i = 0; i < batches; i++) {
		for (uint32_t k = 0; k < HD_BATCH_MAX; k++)
			ask(HD_CMD_PROGRESS, HERE, 0);
		pass();
		picked += (uint32_t)__builtin_popcountll(world->shard->latency.free->picked);
	}
	return picked;
}

static void
one_command_in_so_many_is_picked(void **state)
{
	(void)state;
#ifdef HUNT_PROBES
	begin(HD_DURABLE_BATCH);
	huntd_event_semaphore = 1;
	assert_in_range(pick_in(64, 300), 299, 302);
	assert_in_range(pick_in(7, 70), 70 * 64 / 7 - 10, 70 * 64 / 7 + 2);
	assert_in_range(pick_in(1000, 1000), 62, 66);
	(void)pick_in(1, 40); /* what is left of the last window */
	assert_int_equal(pick_in(1, 10), 10 * HD_BATCH_MAX);
	huntd_event_semaphore = 0;
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

/* A batch of four awards; bit i of `later`: the i-th waits in the outbox. */
static void
decide_four(uint64_t later)
{
	struct hd_shard *shard = world->shard;
	struct hd_work given[4];
	pass();
	for (uint32_t i = 0; i < 4; i++) {
		struct ask *asked = ask(HD_CMD_AWARD, HERE, 0);
		given[i] = (struct hd_work){&asked->command, asked->token, shard->boot};
	}
	world->asked = 0;
	struct hd_decided decided = {.given = given, .count = 4, .asker = HERE, .later = later};
	decided.begun = hd_latency_begin(shard, given, 4);
	world->rig.disk.now += 5000;
	hd_latency_end(shard, &decided);
	hd_latency_output(shard);
}

static void
a_slow_one_is_never_one_that_waits_in_the_outbox(void **state)
{
	(void)state;
	static const struct {
		uint64_t later;
		uint32_t kept, first[2]; /* of those kept, newest first */
	} cases[] = {{0, 1, {0}},  {1, 1, {1}},  {3, 1, {2}},    {8, 1, {0}},
		     {12, 1, {0}}, {14, 1, {0}}, {4, 2, {3, 0}}, {15, 0, {0}}};
	begin(HD_DURABLE_OFF);
	atomic_store(&world->tuning.slow_ns, 0);
	uint64_t ended = 0;
	for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hd_slow slow[8];
		char client[HD_CLIENT_ADDRESS];
		decide_four(cases[i].later);
		ended += 4 - (uint32_t)__builtin_popcountll(cases[i].later);
		assert_int_equal(world->stats->command[HD_CMD_AWARD].count, ended);
		assert_int_equal(HD_METRIC(world->stats->metrics.slow_total), ended);
		assert_int_equal(world->stats->leg[HD_LEG_RECV].count, 4 * (i + 1));
		assert_int_equal(hd_slowlog_read(world->slowlogs[HERE], 8, slow, 8), cases[i].kept);
		for (uint32_t k = 0; k < cases[i].kept; k++) {
			uint32_t first = cases[i].first[k];
			snprintf(client, sizeof client, "127.0.0.1:%u", 70 + first);
			assert_string_equal(slow[k].client, client);
			assert_string_equal(slow[k].key, world->asks[first].name);
		}
		hd_slowlog_reset(world->slowlogs[HERE]);
	}
	end();
}

/* PING, INFO: they go none of the legs, and are slow all the same. */
static void
a_command_of_the_connection_itself_may_be_slow(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	atomic_store(&world->tuning.slow_ns, 4000);
	pass();
	struct hd_answered answered = {.client = 5, .verb = HD_CMD_PING};
	for (uint32_t i = 0; i < 2; i++) {
		answered.since = world->rig.disk.now + NAP - (i ? 9000 : 1000);
		hd_shard_answered(world->shard, &answered);
		pass();
		check_histogram(&world->stats->command[HD_CMD_PING], i + 1,
				(i ? 10000 : 1000) + (i + 1) * OUTPUT);
		assert_int_equal(HD_METRIC(world->stats->metrics.slow_total), i);
	}
	struct hd_slow slow[4];
	assert_int_equal(hd_slowlog_read(world->slowlogs[HERE], 4, slow, 4), 1);
	assert_int_equal(slow[0].verb, HD_CMD_PING);
	assert_int_equal(slow[0].total_ns, 9000 + OUTPUT);
	assert_string_equal(slow[0].client, "127.0.0.1:5");
	for (uint32_t leg = 0; leg < HD_LEG_COUNT; leg++) {
		assert_int_equal(slow[0].leg_ns[leg], 0);
		check_leg(leg, 0, 0);
	}
	end();
}

/* Memory. */

static void
what_timing_takes_is_told(void **state)
{
	(void)state;
	begin(HD_DURABLE_BATCH);
	pass();
	uint64_t before = HD_METRIC(world->stats->metrics.memory_seen_bytes);
	assert_int_equal(before, sizeof(struct hd_shard_stats) + hd_slowlog_bytes() +
					 world->shard->timed.used);
	world->rig.disk.held = RIG_FOLDER;
	for (uint32_t i = 0; i < 10; i++) {
		ask(HD_CMD_AWARD, HERE, 0);
		pass();
	}
	world->rig.disk.held = NULL;
	assert_in_range(HD_METRIC(world->stats->metrics.memory_seen_bytes),
			before + 9 * sizeof(struct hd_journey),
			before + 10 * sizeof(struct hd_journey));
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_waits_over_the_bound_is_counted_and_held_up_by_nothing),
		cmocka_unit_test(a_batch_that_takes_long_leaves_the_rest_to_the_next_pass),
		cmocka_unit_test(more_kinds_of_late_answers_than_fit_are_counted),
		cmocka_unit_test(the_clock_is_read_by_the_pass_and_the_batch),
		cmocka_unit_test(nothing_is_timed_and_no_clock_read_where_nobody_wants_it),
		cmocka_unit_test(a_tracer_has_everything_timed),
		cmocka_unit_test(it_is_shown_every_command_of_a_batch),
		cmocka_unit_test(one_command_in_so_many_is_picked),
		cmocka_unit_test(each_slot_pays_in_turn),
		cmocka_unit_test(slow_commands_are_all_counted_and_a_few_kept),
		cmocka_unit_test(a_slow_one_is_never_one_that_waits_in_the_outbox),
		cmocka_unit_test(a_command_of_the_connection_itself_may_be_slow),
		cmocka_unit_test(what_timing_takes_is_told),
	};
	return cmocka_run_group_tests(tests, make_story, end_story);
}
