/* test_gather.c - BOARD commands over 1 to 64 shards in one thread, against one sorted array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/gather_world.h"

/* Runs a command as the runtime would: questions out, parts back in any order, while the world may
 * go on between any two answers. */
static struct hd_gather *
gather_run(struct world *world, const struct hd_command *command, uint32_t owner,
	   struct hd_reply *reply)
{
	static uint8_t question[HD_QUESTION_MAX], part[HD_PART_MAX];
	static uint64_t pin;
	bool met[HD_SHARDS_MAX] = {0};
	struct hd_gather *gather =
		hd_gather_create(&world->gather_memory, command, world->shards, owner, ++pin);
	world->rounds = 0;
	do {
		uint32_t first = (uint32_t)(hd_test_random(&world->random) % world->shards);
		for (uint32_t i = 0; i < world->shards; i++) {
			uint32_t shard = (first + i) % world->shards;
			struct hd_writer q = hd_writer_of(question, sizeof(question));
			if (!hd_gather_question(gather, shard, &q))
				continue;
			for (uint32_t w = 0; w < world->writes; w++)
				world_write(world);
			if (!met[shard])
				world_see(world, shard, command->view);
			met[shard] = true;
			struct hd_writer p = hd_writer_of(part, sizeof(part));
			hd_part_answer(world->core[shard], world->pins[shard], 5,
				       hd_bytes_of(question, (size_t)(q.at - question)), &p);
			memset(question, 0xee, sizeof(question));
			hd_gather_answer(gather, shard, hd_bytes_of(part, (size_t)(p.at - part)));
			memset(part, 0xee, 4096);
		}
		world->rounds++;
		assert_true(world->rounds < 200);
	} while (hd_gather_advance(gather, reply));
	return gather;
}

static struct hd_command
command_of(enum hd_verb verb)
{
	return (struct hd_command){.verb = (uint8_t)verb, .hunt = HD_BYTES("bay"), .count = 10};
}

/* Says what differs, then fails. */
static void
assert_value(const struct hd_reply *reply, const uint8_t *want, size_t size,
	     const struct hd_command *command)
{
	assert_int_equal(reply->kind, HD_REPLY_VALUE);
	if (reply->detail.size == size && memcmp(reply->detail.at, want, size) == 0)
		return;
	fail_msg("verb %u mode %u view %u offset %llu count %u: %u bytes, wanted %zu",
		 command->verb, command->mode, command->view, (unsigned long long)command->offset,
		 command->count, reply->detail.size, size);
}

static void
assert_reply(const struct world *world, const struct hd_command *command,
	     const struct hd_reply *reply)
{
	static uint8_t want[HD_PART_MAX];
	struct hd_writer out = hd_writer_of(want, sizeof(want));
	struct world_rows all = world_all(world);
	uint32_t n;
	if (command->verb == HD_CMD_COUNT) {
		assert_int_equal(reply->kind, HD_REPLY_INTEGER);
		assert_int_equal(reply->points, model_count(&all, command));
	} else if (command->verb == HD_CMD_TOP) {
		model_rows(&all, command->offset, command->count, command->mode, &out);
		assert_value(reply, want, (size_t)(out.at - want), command);
	} else if (!model_find(&all, command->entrant, &n)) {
		assert_int_equal(reply->kind, HD_REPLY_NIL);
	} else if (command->verb == HD_CMD_AROUND) {
		model_around(&all, n, command, &out);
		assert_value(reply, want, (size_t)(out.at - want), command);
	} else {
		hd_value_array(&out, 3);
		hd_value_int(&out, model_rank(&all, n, command->mode));
		hd_value_int(&out, all.rows[n].score);
		hd_value_int(&out, all.count);
		assert_value(reply, want, (size_t)(out.at - want), command);
	}
	assert_false(out.full);
	free(all.rows);
}

static void
ask(struct world *world, const struct hd_command *command, uint32_t owner)
{
	static uint8_t scratch[HD_PART_MAX];
	struct hd_reply reply = {0};
	uint64_t idle = world->pins_memory.used;
	struct hd_gather *gather = gather_run(world, command, owner, &reply);
	assert_reply(world, command, &reply);
	hd_gather_destroy(gather);
	assert_int_equal(world->gather_memory.used, 0);
	assert_int_equal(world->pins_memory.used, idle); /* every pin was let go */
	if (world->shards > 1)
		return;
	world_see(world, 0, command->view);
	hd_gather_local(world->core[0], command, scratch, &reply);
	assert_reply(world, command, &reply);
}

/* A random command about somebody who mostly exists. */
static struct hd_command
command_draw(struct world *world, uint32_t *owner, char name[HD_ID_MAX])
{
	static const enum hd_verb verbs[] = {HD_CMD_TOP, HD_CMD_RANK, HD_CMD_AROUND, HD_CMD_COUNT};
	uint64_t r = hd_test_random(&world->random);
	struct hd_command command = command_of(verbs[r % 4]);
	command.mode = (uint8_t)(r / 4 % 3);
	command.view = (uint8_t)(r / 16 % 3);
	command.count = r / 64 % 4 == 0 ? 1000 : 1 + (uint32_t)(r / 256 % 40);
	command.given = (uint16_t)(r >> 32) & (HD_GIVEN_MIN | HD_GIVEN_MAX | HD_GIVEN_BOARD);
	command.board = HD_BYTES("main");
	command.points = world_draw(world).score;
	command.sub = world_draw(world).score;
	*owner = (uint32_t)(hd_test_random(&world->random) % world->shards);
	const struct hd_core *core = world->core[*owner];
	uint32_t all = 0;
	for (uint32_t s = 0; s < world->shards; s++)
		all += world->core[s]->count;
	command.offset = r % 3 ? hd_test_random(&world->random) % (all + 10) : r / 1024 % 20;
	memcpy(name, "nobody", 7);
	if (core->count && r / 4096 % 20)
		memcpy(name, core->entrants[hd_test_random(&world->random) % core->count].id,
		       HD_ID_MAX);
	command.entrant = hd_bytes_str(name);
	return command;
}

static void
play(struct world *world, uint32_t questions)
{
	for (uint32_t i = 0; i < questions; i++) {
		char name[HD_ID_MAX];
		uint32_t owner;
		struct hd_command command = command_draw(world, &owner, name);
		ask(world, &command, owner);
		if (i % 50 == 49)
			world_freeze(world, hd_test_random(&world->random) % 2);
	}
	world_destroy(world);
}

static const uint32_t shard_counts[] = {1, 2, 3, 8, 64};
#define EACH_SHARDS(s) (uint32_t s = 0; s < sizeof(shard_counts) / sizeof(shard_counts[0]); s++)

static void
small_boards_answer_as_the_model(void **state)
{
	(void)state;
	for
		EACH_SHARDS(s)
	for (uint32_t entrants = 0; entrants < 12; entrants++)
		play(world_create(100 + entrants, shard_counts[s], entrants, 3, entrants % 2,
				  false),
		     60);
}

static void
giant_ties_answer_as_the_model(void **state)
{
	(void)state;
	for
		EACH_SHARDS(s)
	play(world_create(7 + s, shard_counts[s], 3000, 2, s % 2, false), 200);
}

static void
wide_boards_answer_as_the_model(void **state)
{
	(void)state;
	for
		EACH_SHARDS(s)
	play(world_create(70 + s, shard_counts[s], 4000, 1000000, s % 2, s > 2), 200);
}

static void
answers_hold_each_shard_at_its_first_question(void **state)
{
	(void)state;
	for
		EACH_SHARDS(s)
		{
			struct world *world = world_create(900 + s, shard_counts[s], 4000,
							   s % 2 ? 100000 : 5, true, false);
			world->writes = shard_counts[s] > 8 ? 1 : 3;
			for (uint32_t i = 0; i < 100; i++) {
				char name[HD_ID_MAX];
				uint32_t owner;
				struct hd_command command = command_draw(world, &owner, name);
				struct hd_reply reply = {0};
				struct hd_gather *gather =
					gather_run(world, &command, owner, &reply);
				assert_reply(world, &command, &reply);
				hd_gather_destroy(gather);
			}
			world_destroy(world);
		}
}

static void
deep_offsets_take_few_rounds(void **state)
{
	(void)state;
	for (uint32_t sided = 0; sided < 2; sided++) {
		struct world *world = world_create(42, 8, 200000, INT64_MAX, false, sided);
		for (uint32_t i = 0; i < 8; i++) {
			struct hd_command command = command_of(HD_CMD_TOP);
			command.offset = 1000 + hd_test_random(&world->random) % 199000;
			command.mode = HD_MODE_ORDINAL;
			ask(world, &command, 0);
			assert_in_range(world->rounds, 2, 6);
		}
		struct hd_command command = command_of(HD_CMD_TOP);
		command.offset = UINT64_MAX;
		ask(world, &command, 0);
		world_destroy(world);
	}
}

static void
one_round_is_enough_for_a_page(void **state)
{
	(void)state;
	struct world *world = world_create(4, 3, 2000, 50, false, false);
	struct hd_command command = command_of(HD_CMD_TOP);
	command.offset = 990;
	ask(world, &command, 0);
	assert_int_equal(world->rounds, 1);
	command = command_of(HD_CMD_RANK);
	command.entrant = world->core[2]->entrants[5].key.id;
	ask(world, &command, 2);
	assert_int_equal(world->rounds, 2);
	command.mode = HD_MODE_DENSE;
	ask(world, &command, 2);
	assert_int_equal(world->rounds, 2); /* 100 scores: each run is done at once */
	world_destroy(world);
}

static void
errors_come_in_order(void **state)
{
	(void)state;
	static const char *const boards[] = {"old", "unborn", "none", ""};
	static uint8_t scratch[HD_PART_MAX];
	struct world *world = world_create(5, 3, 10, 50, false, false);
	for (uint32_t i = 0; i < 16; i++) {
		static const enum hd_verb verbs[] = {HD_CMD_TOP, HD_CMD_RANK, HD_CMD_AROUND,
						     HD_CMD_COUNT};
		struct hd_command command = command_of(verbs[i % 4]);
		struct hd_reply reply = {0};
		command.mode = HD_MODE_DENSE;
		command.given = HD_GIVEN_BOARD;
		command.offset = i > 8 ? 5000 : 0;
		command.board = hd_bytes_str(boards[i / 4]);
		hd_gather_destroy(gather_run(world, &command, 1, &reply));
		assert_int_equal(reply.kind, HD_REPLY_ERROR);
		assert_int_equal(reply.error, HD_ERR_NOBOARD);
		command.hunt = HD_BYTES(
			"a-hunt-whose-name-is-longer-than-any-id-may-be-and-so-names-none");
		hd_gather_destroy(gather_run(world, &command, 1, &reply));
		assert_int_equal(reply.error, HD_ERR_NOHUNT);
		hd_gather_local(world->core[0], &command, scratch, &reply);
		assert_int_equal(reply.error, HD_ERR_NOHUNT);
	}
	world_destroy(world);
}

static void
info_adds_up(void **state)
{
	(void)state;
	static uint8_t want[HD_KIB], scratch[HD_PART_MAX];
	struct world *world = world_create(5, 3, 10, 50, false, false);
	struct hd_writer out = hd_writer_of(want, sizeof(want));
	hd_value_map(&out, 10);
	hd_value_text(&out, "id"), hd_value_text(&out, "bay");
	hd_value_text(&out, "title"), hd_value_text(&out, "Doubloon Bay");
	hd_value_text(&out, "version"), hd_value_int(&out, 3);
	hd_value_text(&out, "phase"), hd_value_text(&out, "open");
	hd_value_text(&out, "opens"), hd_value_nil(&out);
	hd_value_text(&out, "freezes"), hd_value_int(&out, -2);
	hd_value_text(&out, "closes"), hd_value_nil(&out);
	hd_value_text(&out, "boards"), hd_value_array(&out, 2);
	hd_value_text(&out, "main"), hd_value_text(&out, "unborn");
	hd_value_text(&out, "challenges"), hd_value_int(&out, 0);
	hd_value_text(&out, "entrants"), hd_value_int(&out, 10);
	struct hd_command command = command_of(HD_CMD_HUNT_INFO);
	struct hd_reply reply = {0};
	struct hd_gather *gather = gather_run(world, &command, 0, &reply);
	assert_value(&reply, want, (size_t)(out.at - want), &command);
	hd_gather_destroy(gather);
	world->core[0]->count = 10;
	hd_gather_local(world->core[0], &command, scratch, &reply);
	assert_value(&reply, want, (size_t)(out.at - want), &command);
	command.hunt = HD_BYTES("sea");
	hd_gather_destroy(gather_run(world, &command, 0, &reply));
	assert_int_equal(reply.error, HD_ERR_NOHUNT);
	world_destroy(world);
}

static void
unfreeze(struct world *world)
{
	world_freeze(world, false);
}

/* Runs a deep TOP; after its first round `change` happens. The answer must be as after it. */
static void
interrupt(struct world *world, struct hd_command *command, void (*change)(struct world *))
{
	static uint8_t question[HD_QUESTION_MAX], part[HD_PART_MAX];
	command->offset = 3000;
	struct hd_gather *gather = hd_gather_create(&world->gather_memory, command, 2, 0, 77);
	struct hd_reply reply = {0};
	uint32_t rounds = 0;
	do {
		if (rounds++ == 1)
			change(world);
		for (uint32_t s = 0; s < 2; s++) {
			struct hd_writer q = hd_writer_of(question, sizeof(question));
			struct hd_writer p = hd_writer_of(part, sizeof(part));
			if (!hd_gather_question(gather, s, &q))
				continue;
			hd_part_answer(world->core[s], world->pins[s], 0,
				       hd_bytes_of(question, (size_t)(q.at - question)), &p);
			hd_gather_answer(gather, s, hd_bytes_of(part, (size_t)(p.at - part)));
		}
	} while (hd_gather_advance(gather, &reply));
	for (uint32_t s = 0; s < 2; s++)
		world_see(world, s, HD_VIEW_LIVE);
	assert_reply(world, command, &reply);
	hd_gather_destroy(gather);
}

/* A freeze that ends between two rounds: what was frozen is gone, and live is what frozen means. */
static void
a_freeze_that_ends_begins_the_gather_again(void **state)
{
	(void)state;
	struct world *world = world_create(11, 2, 5000, 100000, false, false);
	world_freeze(world, true);
	for (uint32_t i = 0; i < 500; i++)
		world_write(world);
	struct hd_command command = command_of(HD_CMD_TOP);
	command.view = HD_VIEW_FROZEN;
	command.offset = 3000;
	ask(world, &command, 0); /* as frozen */
	uint64_t idle = world->pins_memory.used;
	interrupt(world, &command, unfreeze);
	assert_int_equal(world->pins_memory.used, idle);
	world_destroy(world);
}

static void
a_new_window_begins_the_gather_again(void **state)
{
	(void)state;
	struct world *world = world_create(12, 2, 5000, 100000, true, false);
	struct hd_command command = command_of(HD_CMD_TOP);
	uint64_t idle = world->pins_memory.used;
	interrupt(world, &command, world_window);
	assert_int_equal(world->pins_memory.used, idle);
	for (uint32_t s = 0; s < 2; s++)
		assert_false(hd_board_pinned(world->core[s]->old));
	world_destroy(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_come_in_order),
		cmocka_unit_test(info_adds_up),
		cmocka_unit_test(one_round_is_enough_for_a_page),
		cmocka_unit_test(small_boards_answer_as_the_model),
		cmocka_unit_test(giant_ties_answer_as_the_model),
		cmocka_unit_test(wide_boards_answer_as_the_model),
		cmocka_unit_test(answers_hold_each_shard_at_its_first_question),
		cmocka_unit_test(deep_offsets_take_few_rounds),
		cmocka_unit_test(a_freeze_that_ends_begins_the_gather_again),
		cmocka_unit_test(a_new_window_begins_the_gather_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
