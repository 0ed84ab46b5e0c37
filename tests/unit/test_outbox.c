/* Suspicions on their way to the hunt's shard, however many are open at a start: so many at once,
 * each of them once, in the order of opening. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "huntd/ids.h"
#include "huntd/wire.h"
#include "tests/lib/lib.h"
#include "tests/lib/shard_rig.h"

#define OPEN   3000u
#define ATONCE 256u

/* A shard, 1, and the other end of its mail to 0, where the hunt lies. */
struct house {
	struct rig rig;
	struct rig_story story;
	struct fake_io desk;
	struct hd_memory memory;
	struct hd_blocks blocks;
	struct hd_post *post;
	struct hd_want asked[ATONCE + 1];
	uint8_t names[ATONCE + 1][HD_ID_MAX];
	uint32_t count;
	char hunt[16];
};

static void
make_story(struct house *house)
{
	struct rig_story *story = &house->story;
	for (uint32_t n = 0;
	     house->hunt[0] == 0 || hd_slot_shard(hd_slot(hd_bytes_str(house->hunt)), 2) != 0; n++)
		snprintf(house->hunt, sizeof house->hunt, "hunt-%u", n);
	struct hd_world_hunt hunt = {
		.id = house->hunt,
		.auto_join = true,
		.text = "text",
		.challenges = {{.id = "grid", .points = 10, .puzzle = "lightsout"}},
	};
	hd_world_init(&story->world);
	hd_world_document(&story->world, &hunt);
	for (size_t at = 0; at < story->world.log_size; story->at[++story->count] = at) {
		uint32_t size;
		memcpy(&size, story->world.log + at + 4, 4);
		at += 16 + size;
	}
}

static struct house *
open_house(void)
{
	struct house *house = calloc(1, sizeof *house);
	assert_non_null(house);
	fake_io_init(&house->rig.disk);
	fake_io_init(&house->desk);
	make_story(house);
	house->rig.story = &house->story;
	assert_true(rig_open(&house->rig));
	rig_append(&house->rig, house->story.count);
	struct hd_shard *shard = house->rig.shard;
	shard->started = true;
	shard->stamp = hd_core_stamp(shard->core);
	house->memory = hd_test_memory();
	hd_blocks_init(&house->blocks, &house->memory, 0);
	house->post =
		hd_post_create(shard->mesh, 0, &house->desk.io, &house->memory, &house->blocks);
	return house;
}

static void
close_house(struct house *house)
{
	hd_post_destroy(house->post);
	hd_blocks_fini(&house->blocks);
	rig_settle(&house->rig);
	rig_close(&house->rig);
	fake_io_fini(&house->desk);
	fake_io_fini(&house->rig.disk);
	rig_story_end(&house->story);
	free(house);
}

static void
suspect(struct house *house, uint32_t n)
{
	struct hd_core *core = house->rig.shard->core;
	char name[16];
	int size = snprintf(name, sizeof name, "p%u", n);
	struct hd_event event = {.type = HD_EVENT_SUSPECTED,
				 .stamp = hd_core_stamp(core) + 1,
				 .order = n,
				 .entrant = hd_bytes_of((const uint8_t *)name, (uint32_t)size)};
	hd_core_apply(core, &event);
	house->rig.shard->stamp = event.stamp;
}

static void
take_cell(void *context, const struct hd_cell *cell)
{
	struct house *house = context;
	struct hd_reader reader = hd_reader_of(hd_block_used(cell->block));
	struct hd_bytes bytes;
	uint64_t token;
	assert_int_equal(cell->type, HD_CELL_WANTS);
	while (hd_entry_next(&reader, &token, &bytes)) {
		struct hd_want *want = &house->asked[house->count];
		uint8_t *name = house->names[house->count++];
		assert_true(house->count <= ATONCE);
		assert_true(hd_want_decode(bytes, want));
		assert_int_equal(want->what, HD_WANT_SUSPECT);
		memcpy(name, want->entrant.at, want->entrant.size);
		want->entrant.at = name;
	}
	hd_post_give(house->post, cell->block);
}

/* How many questions a pass sends. */
static uint32_t
pass(struct house *house)
{
	uint32_t before = house->count;
	rig_settle(&house->rig);
	hd_outbox_pass(house->rig.shard);
	hd_post_publish(house->rig.shard->post);
	hd_post_receive(house->post, take_cell, house);
	hd_post_publish(house->post);
	return house->count - before;
}

static void
never(struct hd_shard *shard, uint32_t to, struct hd_block *block)
{
	(void)shard, (void)to, (void)block;
	fail();
}

/* The first `count` that were asked. */
static void
answer(struct house *house, uint32_t count)
{
	struct hd_shard *shard = house->rig.shard;
	assert_in_range(count, 1, house->count);
	for (uint32_t i = 0; i < count; i++) {
		struct hd_block *block = NULL;
		struct hd_grant grant = {.verdict = HD_VERDICT_VOID, .version = 1};
		struct hd_writer writer =
			hd_entry_begin(shard, &block, 0, 0, HD_GRANT_SIZE_MAX, never);
		hd_grant_encode(&house->asked[i], &grant, &writer);
		hd_entry_end(block, &writer);
		struct hd_cell cell = {.type = HD_CELL_GRANTS, .a = shard->stamp, .block = block};
		hd_outbox_take(shard, &cell);
	}
	hd_outbox_decide(shard);
	house->count -= count;
	memmove(house->asked, house->asked + count, house->count * sizeof house->asked[0]);
	memmove(house->names, house->names + count, house->count * sizeof house->names[0]);
	for (uint32_t i = 0; i < house->count; i++)
		house->asked[i].entrant.at = house->names[i];
}

static void
a_start_asks_of_them_some_at_once_and_each_once(void **state)
{
	(void)state;
	struct house *house = open_house();
	struct hd_core *core = house->rig.shard->core;
	for (uint32_t n = 0; n < OPEN; n++)
		suspect(house, n);
	hd_outbox_resume(house->rig.shard);
	assert_int_equal(pass(house), ATONCE);
	assert_int_equal(pass(house), 0);
	/* Others open meanwhile, and are asked when their turn comes. */
	for (uint32_t n = OPEN; n < OPEN + 10; n++)
		suspect(house, n);
	hd_outbox_suspected(house->rig.shard);
	uint32_t next = 0;
	for (uint32_t step = 1; next < OPEN + 10; step = step * 7 % 251) {
		uint32_t count = step < house->count ? step : house->count;
		for (uint32_t i = 0; i < count; i++)
			assert_int_equal(house->asked[i].d, next++);
		answer(house, count);
		uint32_t open = OPEN + 10 - next;
		assert_int_equal(hd_core_suspects(core), open);
		pass(house);
		pass(house);
		assert_int_equal(house->count, open < ATONCE ? open : ATONCE);
	}
	assert_int_equal(pass(house), 0);
	suspect(house, 9999);
	hd_outbox_suspected(house->rig.shard);
	assert_int_equal(pass(house), 1);
	close_house(house);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_asks_of_them_some_at_once_and_each_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
