/* A board against a sorted array: random changes, ties, late subscores, pinned roots, limits.
 * test_board_tiny runs the same with nodes of four, so that every shape of tree comes up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "huntd/board.h"
#include "huntd/limits.h"
#include "tests/lib/lib.h"

#ifdef HD_BOARD_TINY
#define PEOPLE      160u
#define STEPS       6000u
#define CHECK_EVERY 1u
#else
#define PEOPLE      3000u
#define STEPS       20000u
#define CHECK_EVERY 97u
#endif
#define ROOTS 4u

struct person {
	char id[16];
	int64_t score, sub, time;
	bool stands;
};

struct row {
	uint32_t handle;
	int64_t score, sub, time;
};

struct photo { /* rows of the model at one moment */
	struct hd_board_root *root;
	struct row rows[PEOPLE + 1];
	uint32_t count;
};

struct world {
	struct hd_memory memory;
	struct hd_board *board;
	struct person people[PEOPLE + 1]; /* by handle */
	struct photo now, old[ROOTS];
	uint64_t random;
	int64_t clock;
	int64_t scores, subs; /* how many different ones are drawn */
	bool old_times;       /* also times that are not the newest */
};

static void
source_key(const void *context, uint32_t handle, struct hd_board_key *key)
{
	const struct person *person = &((const struct world *)context)->people[handle];
	*key = (struct hd_board_key){person->score, person->sub, person->time,
				     hd_bytes_str(person->id)};
}

static uint64_t
draw(struct world *world, uint64_t below)
{
	return hd_test_random(&world->random) % below;
}

static struct world *
world_create(uint64_t seed)
{
	struct world *world = calloc(1, sizeof *world);
	world->memory = hd_test_memory();
	world->random = seed;
	world->scores = 1000;
	world->subs = 1;
	world->board =
		hd_board_create(&world->memory, (struct hd_board_source){source_key, world, NULL});
	for (uint32_t i = 1; i <= PEOPLE;
	     i++) /* ids in another order than handles, of many lengths */
		snprintf(world->people[i].id, sizeof world->people[i].id, "%.*s%u", (int)(i % 5),
			 "aaaa", i * 2654435761u % 10007u + i * 7u % 3u * 20000u);
	return world;
}

static void
world_destroy(struct world *world)
{
	for (uint32_t i = 0; i < ROOTS; i++)
		if (world->old[i].root)
			hd_board_release(world->board, world->old[i].root);
	hd_board_audit(world->board);
	hd_board_destroy(world->board);
	assert_int_equal(world->memory.used, 0);
	free(world);
}

static int
rows_compare(const struct row *a, const struct row *b, const struct world *world)
{
	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	if (a->sub != b->sub)
		return a->sub > b->sub ? -1 : 1;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return hd_bytes_compare(hd_bytes_str(world->people[a->handle].id),
				hd_bytes_str(world->people[b->handle].id));
}

static int
rows_order(const void *a, const void *b, void *world)
{
	return rows_compare(a, b, world);
}

/* The model: who stands, sorted. */
static void
model(struct world *world)
{
	struct photo *now = &world->now;
	now->count = 0;
	for (uint32_t i = 1; i <= PEOPLE; i++) {
		const struct person *p = &world->people[i];
		if (p->stands)
			now->rows[now->count++] = (struct row){i, p->score, p->sub, p->time};
	}
	qsort_r(now->rows, now->count, sizeof *now->rows, rows_order, world);
}

static struct hd_board_key
row_key(const struct world *world, const struct row *row)
{
	return (struct hd_board_key){row->score, row->sub, row->time,
				     hd_bytes_str(world->people[row->handle].id)};
}

static void
check_rows(const struct world *world, const struct photo *photo, struct hd_board_walk *walk,
	   uint32_t i)
{
	for (; hd_board_next(walk); i++) {
		assert_true(i < photo->count);
		assert_int_equal(walk->handle, photo->rows[i].handle);
		assert_true(walk->row.score == photo->rows[i].score);
		assert_true(walk->row.sub == photo->rows[i].sub);
		assert_true(walk->row.time == photo->rows[i].time);
		assert_true(
			hd_bytes_equal(walk->row.id, hd_bytes_str(world->people[walk->handle].id)));
	}
	assert_int_equal(i, photo->count);
	assert_false(hd_board_next(walk));
}

/* Rows of the photo that a test by (score, sub), or by the full key, puts before `key`. */
static uint32_t
model_before(const struct world *world, const struct photo *photo, const struct row *row,
	     bool group)
{
	uint32_t before = 0;
	for (uint32_t i = 0; i < photo->count; i++) {
		const struct row *r = &photo->rows[i];
		if (group)
			before += r->score > row->score ||
				  (r->score == row->score && r->sub > row->sub);
		else
			before += rows_compare(r, row, world) < 0;
	}
	return before;
}

static uint32_t
model_between(const struct photo *photo, int64_t min, int64_t max)
{
	uint32_t between = 0;
	for (uint32_t i = 0; i < photo->count; i++)
		between += photo->rows[i].score >= min && photo->rows[i].score <= max;
	return between;
}

/* Asks about one key that stands there, or (time moved) does not. */
static void
check_key(struct world *world, const struct photo *photo, struct row row)
{
	struct hd_board_walk walk;
	struct hd_board_key key = row_key(world, &row);
	uint32_t before = model_before(world, photo, &row, false);
	assert_int_equal(hd_board_before(world->board, photo->root, &key), before);
	assert_int_equal(hd_board_above(world->board, photo->root, &key),
			 model_before(world, photo, &row, true));
	hd_board_seek_key(&walk, world->board, photo->root, &key);
	assert_int_equal(hd_board_next(&walk), before < photo->count);
	if (before < photo->count)
		assert_int_equal(walk.handle, photo->rows[before].handle);
}

static void
check_photo(struct world *world, const struct photo *photo)
{
	struct hd_board_walk walk;
	assert_int_equal(hd_board_count(world->board, photo->root), photo->count);
	hd_board_seek(&walk, world->board, photo->root, 0);
	check_rows(world, photo, &walk, 0);
	uint32_t from = (uint32_t)draw(world, photo->count + 2u);
	hd_board_seek(&walk, world->board, photo->root, from);
	check_rows(world, photo, &walk, from < photo->count ? from : photo->count);
	int64_t a = (int64_t)draw(world, (uint64_t)world->scores) - world->scores / 2;
	int64_t b = a + (int64_t)draw(world, (uint64_t)world->scores);
	assert_int_equal(hd_board_between(world->board, photo->root, a, b),
			 model_between(photo, a, b));
	assert_int_equal(hd_board_between(world->board, photo->root, b, a),
			 a == b ? model_between(photo, a, b) : 0);
	for (uint32_t i = 0; photo->count && i < 4; i++) {
		uint32_t at = (uint32_t)draw(world, photo->count);
		struct row row = photo->rows[at];
		struct hd_board_key key = row_key(world, &row);
		assert_int_equal(hd_board_position(world->board, photo->root, row.handle, &key),
				 at);
		check_key(world, photo, row);
		row.time += (int64_t)draw(world, 9) - 4;
		check_key(world, photo, row);
		row.sub += (int64_t)draw(world, 3) - 1;
		check_key(world, photo, row);
	}
}

static void
check(struct world *world)
{
	hd_board_audit(world->board);
	model(world);
	check_photo(world, &world->now);
	for (uint32_t i = 0; i < ROOTS; i++)
		if (world->old[i].root)
			check_photo(world, &world->old[i]);
}

static struct hd_board_key
draw_key(struct world *world, const struct person *person)
{
	struct hd_board_key key = {.id = hd_bytes_str(person->id)};
	key.score = (int64_t)draw(world, (uint64_t)world->scores) - world->scores / 2;
	key.sub =
		world->subs > 1 ? (int64_t)draw(world, (uint64_t)world->subs) - world->subs / 2 : 0;
	if (draw(world, 3) > 0)
		world->clock++;
	key.time = world->clock;
	if (world->old_times && draw(world, 2))
		key.time -= (int64_t)draw(world, 40);
	return key;
}

static void
become(struct person *person, const struct hd_board_key *key)
{
	person->score = key->score;
	person->sub = key->sub;
	person->time = key->time;
}

/* One entrant comes, changes, or (one time in `leave`) goes. */
static void
step(struct world *world, uint32_t leave)
{
	uint32_t handle = 1 + (uint32_t)draw(world, PEOPLE);
	struct person *person = &world->people[handle];
	struct hd_board_key key = draw_key(world, person), old;
	source_key(world, handle, &old);
	if (!person->stands) {
		hd_board_insert(world->board, handle, &key);
		person->stands = true;
	} else if (draw(world, leave) == 0) {
		hd_board_remove(world->board, handle, &old);
		person->stands = false; /* and becomes `key`, which the board must not care about */
	} else {
		struct hd_board_key both[2] = {old, key};
		if (draw(world, 2)) /* most guesses are stale when they are used */
			hd_board_warm(world->board, both, 2);
		hd_board_move(world->board, handle, &old, &key);
	}
	become(person, &key);
}

static void
pin_or_release(struct world *world)
{
	struct photo *old = &world->old[draw(world, ROOTS)];
	if (old->root) {
		hd_board_release(world->board, old->root);
		old->root = NULL;
		return;
	}
	model(world);
	*old = world->now;
	old->root = hd_board_pin(world->board);
}

/* A life of a board: it fills, churns, empties, fills again. */
static void
live(struct world *world, uint32_t pins)
{
	for (uint32_t i = 0; i < STEPS; i++) {
		bool waning = i / (STEPS / 6) % 2 == 1;
		step(world, waning ? 2 : 30);
		if (pins && draw(world, pins) == 0)
			pin_or_release(world);
		if (i % CHECK_EVERY == 0)
			check(world);
	}
	check(world);
}

static void
many_scores_in_time_order(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct world *world = world_create(seed);
		world->scores = 100000;
		live(world, 0);
		world_destroy(world);
	}
}

static void
ties_galore_with_old_and_equal_times(void **state)
{
	(void)state;
	for (uint64_t seed = 11; seed <= 13; seed++) {
		struct world *world = world_create(seed);
		world->scores = (int64_t)(seed - 10) * 2;
		world->old_times = true;
		live(world, 0);
		world_destroy(world);
	}
}

static void
one_time_for_all_leaves_ids_to_decide(void **state)
{
	(void)state;
	struct world *world = world_create(21);
	world->scores = 3;
	for (uint32_t i = 0; i < STEPS; i++) {
		world->clock = 1000; /* draw_key adds 0 or 1 */
		step(world, 10);
		if (i % CHECK_EVERY == 0)
			check(world);
	}
	check(world);
	world_destroy(world);
}

static void
subscores_come_late(void **state)
{
	(void)state;
	for (uint64_t seed = 31; seed <= 33; seed++) {
		struct world *world = world_create(seed);
		world->scores = 20;
		world->old_times = seed == 33;
		live(world, 60);
		world->subs = seed == 32 ? 1000 : 3;
		live(world, 60);
		world->subs = 1;
		live(world, 60);
		world_destroy(world);
	}
}

static void
old_roots_stay_as_they_were(void **state)
{
	(void)state;
	for (uint64_t seed = 41; seed <= 44; seed++) {
		struct world *world = world_create(seed);
		world->scores = seed % 2 ? 30 : 100000;
		world->old_times = seed > 42;
		live(world, seed == 44 ? 3 : 100);
		world_destroy(world);
	}
}

static void
the_ends_of_the_numbers(void **state)
{
	(void)state;
	static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, -1,       0,
				       1,         INT64_MAX - 1, INT64_MAX};
	struct world *world = world_create(51);
	for (uint32_t i = 1; i <= 150; i++) {
		struct person *person = &world->people[i];
		struct hd_board_key key = {.id = hd_bytes_str(person->id)};
		key.score = ends[draw(world, 7)];
		key.sub = ends[draw(world, 7)];
		key.time = ends[draw(world, 7)];
		hd_board_insert(world->board, i, &key);
		become(person, &key);
		person->stands = true;
	}
	hd_board_audit(world->board);
	model(world);
	struct hd_board_walk walk;
	hd_board_seek(&walk, world->board, NULL, 0);
	check_rows(world, &world->now, &walk, 0);
	for (uint32_t i = 0; i < 150; i++) {
		struct hd_board_key key = row_key(world, &world->now.rows[i]);
		assert_int_equal(hd_board_before(world->board, NULL, &key), i);
		assert_int_equal(hd_board_above(world->board, NULL, &key),
				 model_before(world, &world->now, &world->now.rows[i], true));
	}
	for (uint32_t i = 0; i < 7; i++)
		for (uint32_t j = i; j < 7; j++)
			assert_int_equal(hd_board_between(world->board, NULL, ends[i], ends[j]),
					 model_between(&world->now, ends[i], ends[j]));
	world_destroy(world);
}

static void
a_load_is_the_same_board(void **state)
{
	(void)state;
	uint32_t sizes[] = {0, 1, 3, 4, 5, 35, 36, 100, PEOPLE};
	for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct world *world = world_create(61 + i);
		uint32_t handles[PEOPLE];
		world->subs = i % 2 ? 3 : 1;
		if (i % 3 == 0)
			pin_or_release(world); /* an old root of the empty board */
		for (uint32_t h = 1; h <= sizes[i] && h <= PEOPLE; h++) {
			struct hd_board_key key = draw_key(world, &world->people[h]);
			become(&world->people[h], &key);
			world->people[h].stands = true;
		}
		model(world);
		for (uint32_t n = 0; n < world->now.count; n++)
			handles[n] = world->now.rows[n].handle;
		hd_board_load(world->board, handles, world->now.count);
		check(world);
		live(world, 0);
		world_destroy(world);
	}
}

static void
a_step_takes_no_more_than_it_says(void **state)
{
	(void)state;
	struct world *world = world_create(71);
	world->subs = 5;
	for (uint32_t i = 0; i < STEPS; i++) {
		uint64_t before = world->memory.used;
		step(world, 3);
		assert_true(world->memory.used - before <= HD_BOARD_STEP_MEMORY);
		before = world->memory.used;
		if (i % 50 == 0)
			pin_or_release(world);
		assert_true(world->memory.used <= before + HD_BOARD_PIN_MEMORY);
	}
	world_destroy(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_scores_in_time_order),
		cmocka_unit_test(ties_galore_with_old_and_equal_times),
		cmocka_unit_test(one_time_for_all_leaves_ids_to_decide),
		cmocka_unit_test(subscores_come_late),
		cmocka_unit_test(old_roots_stay_as_they_were),
		cmocka_unit_test(the_ends_of_the_numbers),
		cmocka_unit_test(a_load_is_the_same_board),
		cmocka_unit_test(a_step_takes_no_more_than_it_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
