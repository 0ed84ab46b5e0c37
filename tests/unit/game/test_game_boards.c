/* Boards as the game keeps them: built in slices while everything else goes on, against a slow,
 * plain model that has them at once (HD_SEED picks another run); and the count by which a reader
 * knows that the first rows stand as they did. */
#include "tests/lib/lib.h"
#include "tests/lib/snap.h"
#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAMES  400u
#define BOARDS 4u
#define YEARS  (INT64_C(100) * 365 * 86400)

static const char *const hunts[] = {"bay", "sea"};
static const char *const brackets[] = {"", "rookie", "crew"};

/* How a board may be ruled. */
enum rule { GONE, ALL, ROOKIES, CREW, WINDOW, RULES };

struct standing {
	bool stands;
	int64_t score, sub, time;
};

struct player {
	char name[8];
	uint32_t bracket; /* in `brackets` */
	struct standing all, window[BOARDS];
};

struct row {
	const struct player *player;
	struct standing at;
};

struct table {
	uint32_t count;
	struct row rows[NAMES];
};

struct model {
	struct player players[NAMES];
	enum rule rules[BOARDS];
	bool is_frozen;
	struct table frozen[BOARDS];
};

static uint32_t
draw(uint64_t *seed, uint32_t sides)
{
	return (uint32_t)(hd_test_random(seed) % sides);
}

/* The model. */

static int
compare(const void *left, const void *right)
{
	const struct row *x = left, *y = right;
	if (x->at.score != y->at.score)
		return x->at.score > y->at.score ? -1 : 1;
	if (x->at.sub != y->at.sub)
		return x->at.sub > y->at.sub ? -1 : 1;
	if (x->at.time != y->at.time)
		return x->at.time < y->at.time ? -1 : 1;
	return strcmp(x->player->name, y->player->name);
}

static void
model_table(const struct model *model, uint32_t board, struct table *table)
{
	enum rule rule = model->rules[board];
	table->count = 0;
	for (uint32_t i = 0; i < NAMES; i++) {
		const struct player *player = &model->players[i];
		const struct standing *at = rule == WINDOW ? &player->window[board] : &player->all;
		bool belongs = rule == ALL || rule == WINDOW ||
			       (rule == ROOKIES && player->bracket == 1) ||
			       (rule == CREW && player->bracket == 2);
		if (belongs && at->stands)
			table->rows[table->count++] = (struct row){player, *at};
	}
	qsort(table->rows, table->count, sizeof(struct row), compare);
}

static void
model_freeze(struct model *model, uint32_t board)
{
	if (model->is_frozen && model->rules[board] != GONE)
		model_table(model, board, &model->frozen[board]);
}

static void
model_rule(struct model *model, uint32_t board, enum rule rule)
{
	if (model->rules[board] == rule)
		return;
	model->rules[board] = rule;
	for (uint32_t i = 0; i < NAMES; i++)
		model->players[i].window[board] = (struct standing){0};
	model_freeze(model, board);
}

/* 0 where no board is of it: nobody may join it then. */
static uint32_t
model_bracket(const struct model *model, uint32_t bracket)
{
	for (uint32_t board = 0; board < BOARDS; board++)
		if (bracket > 0 && model->rules[board] == ALL + bracket)
			return bracket;
	return 0;
}

static void
move(struct standing *at, int64_t points, int64_t sub, int64_t time)
{
	*at = (struct standing){true, at->score + points, at->sub + sub, time};
}

static void
model_change(struct model *model, struct player *player, int64_t points, int64_t sub, int64_t time)
{
	move(&player->all, points, sub, time);
	for (uint32_t board = 0; board < BOARDS; board++)
		if (model->rules[board] == WINDOW)
			move(&player->window[board], points, sub, time);
}

/* The game, beside the model. */

struct play {
	struct hd_world world;
	struct model models[2]; /* of the hunts */
	uint64_t seed;
	uint32_t slice;
};

static void
put_document(struct play *play, uint32_t hunt)
{
	static const char *const ids[] = {"b0", "b1", "b2", "b3"};
	struct hd_world_hunt document = {.id = hunts[hunt], .board_first = 0};
	struct model *model = &play->models[hunt];
	for (uint32_t i = 0; i < BOARDS; i++) {
		enum rule rule = i == 0 ? ALL : (enum rule)draw(&play->seed, RULES);
		if (draw(&play->seed, 2))
			rule = model->rules[i] == GONE && i == 0 ? ALL : model->rules[i];
		document.boards[i] = (struct hd_world_board){.id = ids[i], .gone = rule == GONE};
		if (rule == ROOKIES || rule == CREW)
			document.boards[i].bracket = brackets[rule - ALL];
		if (rule == WINDOW)
			document.boards[i].window = YEARS;
		model_rule(model, i, rule);
	}
	hd_world_document(&play->world, &document);
}

static void
put_phase(struct play *play, uint32_t hunt)
{
	struct model *model = &play->models[hunt];
	bool freezes = draw(&play->seed, 2) == 0;
	bool begins = freezes && !model->is_frozen;
	model->is_frozen = freezes;
	for (uint32_t board = 0; begins && board < BOARDS; board++)
		model_freeze(model, board);
	hd_world_phase(&play->world, hunts[hunt], freezes ? HD_PHASE_FROZEN : HD_PHASE_OPEN);
}

static void
put_command(struct play *play, uint32_t hunt)
{
	uint64_t *seed = &play->seed;
	struct model *model = &play->models[hunt];
	struct player *player = &model->players[draw(seed, NAMES)];
	int64_t now = play->world.now;
	if (!player->all.stands) {
		player->bracket = model_bracket(model, draw(seed, 3));
		model_change(model, player, 0, 0, now);
		hd_world_say(&play->world, "JOIN %s %s%s%s", player->name, hunts[hunt],
			     player->bracket ? " BRACKET " : "", brackets[player->bracket]);
		return;
	}
	int points = (int)draw(seed, 9) - 3, sub = draw(seed, 4) ? 0 : (int)draw(seed, 3) - 1;
	if (points != 0 || sub != 0)
		model_change(model, player, points, sub, now);
	hd_world_say(&play->world, "AWARD %s %s %d SUB %d", player->name, hunts[hunt], points, sub);
}

static void
slice(struct play *play)
{
	uint16_t hunt;
	bool building = hd_core_building(play->world.core);
	if (hd_core_build(play->world.core, play->slice, &hunt))
		assert_true(building && hunt < 2);
}

static void
same_rows(const struct table *table, const struct hd_board *board, const struct hd_board_root *root)
{
	struct hd_board_walk walk;
	assert_int_equal(hd_board_count(board, root), table->count);
	hd_board_seek(&walk, board, root, 0);
	for (uint32_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];
		assert_true(hd_board_next(&walk));
		assert_true(hd_bytes_equal(walk.row.id, hd_bytes_str(row->player->name)));
		assert_int_equal(walk.row.score, row->at.score);
		assert_int_equal(walk.row.sub, row->at.sub);
		assert_int_equal(walk.row.time, row->at.time);
	}
}

/* Every board that is ready; returns how many are not. */
static uint32_t
same_boards(const struct play *play, const struct hd_core *core)
{
	static struct table table;
	uint32_t unready = 0;
	for (uint16_t hunt = 0; hunt < 2; hunt++) {
		const struct model *model = &play->models[hunt];
		for (uint16_t number = 0; number < BOARDS; number++) {
			struct hd_board *board = hd_core_board(core, hunt, number);
			const struct hd_board_root *root = hd_core_board_frozen(core, hunt, number);
			assert_int_equal(board == NULL, model->rules[number] == GONE);
			if (board == NULL)
				continue;
			hd_board_audit(board);
			assert_int_equal(root != NULL, model->is_frozen);
			if (!hd_core_board_ready(core, hunt, number)) {
				assert_null(root);
				unready++;
				continue;
			}
			model_table(model, number, &table);
			same_rows(&table, board, NULL);
			if (root != NULL)
				same_rows(&model->frozen[number], board, root);
		}
	}
	assert_int_equal(unready > 0, hd_core_building(core));
	return unready;
}

/* A snapshot that is begun now, whatever is being built, has every board in the end. */
static void
same_from_snapshot(struct play *play)
{
	struct hd_snap snap = {0};
	struct hd_memory memory = hd_test_memory();
	hd_core_sweep_begin(play->world.core);
	while (hd_snap_step(&snap, play->world.core, 64))
		slice(play);
	struct hd_core *core = hd_snap_load(&snap, &memory);
	assert_non_null(core);
	assert_int_equal(same_boards(play, core), 0);
	hd_core_destroy(core);
	assert_int_equal(memory.used, 0);
	free(snap.bytes);
}

static void
play_begin(struct play *play, uint64_t seed, uint32_t slice_size)
{
	*play = (struct play){.seed = seed, .slice = slice_size};
	hd_world_init(&play->world);
	play->world.slices = true;
	for (uint32_t hunt = 0; hunt < 2; hunt++) {
		for (uint32_t i = 0; i < NAMES; i++)
			snprintf(play->models[hunt].players[i].name, 8, "e%u", i);
		put_document(play, hunt);
	}
}

/* A board of a new version: wherever its building stands, all that is ready is right. */
static void
random_play(uint64_t seed, uint32_t slice_size)
{
	static struct play play;
	uint32_t unready = 0;
	play_begin(&play, seed, slice_size);
	for (uint32_t i = 0; i < 6000; i++) {
		uint32_t hunt = draw(&play.seed, 2), kind = draw(&play.seed, 100);
		if (kind < 2)
			put_document(&play, hunt);
		else if (kind == 2)
			put_phase(&play, hunt);
		else
			put_command(&play, hunt);
		if (kind % 4 != 0)
			slice(&play);
		if (i % 10 == 0)
			unready += same_boards(&play, play.world.core);
		if (i % 1500 == 700) {
			put_document(&play, hunt);
			same_from_snapshot(&play);
		}
	}
	assert_true(unready > 0);
	hd_core_build_all(play.world.core);
	assert_int_equal(same_boards(&play, play.world.core), 0);
	hd_world_replay(&play.world);
	hd_world_fini(&play.world);
}

static void
a_board_is_built_while_all_goes_on(void **state)
{
	(void)state;
	const char *given = getenv("HD_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : 20261121;
	static const uint32_t slices[] = {1, 7, 10000};
	for (uint32_t i = 0; i < 6; i++) {
		print_message("HD_SEED=%llu, slices of %u\n", (unsigned long long)seed + i,
			      slices[i % 3]);
		random_play(seed + i, slices[i % 3]);
	}
}

/* Smaller stories: main, and beside it what the version says. */

#define ENTRANTS 500

static void
put_extra(struct hd_world *world, bool gone, const char *bracket)
{
	struct hd_world_hunt document = {
		.id = "bay",
		.auto_join = true,
		.boards = {{.id = "main"}, {.id = "extra", .gone = gone, .bracket = bracket}}};
	hd_world_document(world, &document);
}

static int
crowd(void **state)
{
	static struct hd_world world;
	hd_world_init(&world);
	put_extra(&world, true, NULL);
	for (uint32_t i = 0; i < ENTRANTS; i++)
		hd_world_say(&world, "AWARD e%u bay %u", i, i);
	world.slices = true;
	*state = &world;
	return 0;
}

static int
crowd_end(void **state)
{
	hd_world_fini(*state);
	return 0;
}

static void
slices_are_bounded(void **state)
{
	struct hd_world *w = *state;
	uint16_t hunt = 77;
	put_extra(w, false, NULL);
	const struct hd_board *board = hd_core_board(w->core, 0, 1);
	uint64_t changes = hd_core_board_top_changes(w->core, 0, 1);
	for (uint32_t i = 0; i < ENTRANTS; i += 100) {
		assert_false(hd_core_board_ready(w->core, 0, 1));
		assert_int_equal(hd_board_count(board, NULL), i);
		assert_int_equal(hd_core_build(w->core, 100, &hunt), i + 100 == ENTRANTS);
	}
	assert_int_equal(hunt, 0);
	assert_true(hd_core_board_ready(w->core, 0, 1));
	assert_true(hd_core_board_top_changes(w->core, 0, 1) > changes);
	assert_false(hd_core_building(w->core));
	assert_false(hd_core_build(w->core, 1, &hunt));
}

/* Whoever does not belong there costs little, but not nothing. */
static void
who_is_passed_over_counts_too(void **state)
{
	struct hd_world *w = *state;
	uint16_t hunt;
	uint32_t slices = 1;
	put_extra(w, false, "crew");
	while (!hd_core_build(w->core, 1, &hunt))
		slices++;
	assert_in_range(slices, 2, ENTRANTS / 8);
	assert_int_equal(hd_board_count(hd_core_board(w->core, 0, 1), NULL), 0);
}

static void
a_freeze_finishes_it(void **state)
{
	struct hd_world *w = *state;
	uint16_t hunt;
	put_extra(w, false, NULL);
	assert_false(hd_core_build(w->core, 7, &hunt));
	hd_world_phase(w, "bay", HD_PHASE_FROZEN);
	assert_true(hd_core_board_ready(w->core, 0, 1));
	hd_world_say(w, "AWARD e1 bay 5000");
	const struct hd_board_root *root = hd_core_board_frozen(w->core, 0, 1);
	assert_int_equal(hd_board_count(hd_core_board(w->core, 0, 1), root), ENTRANTS);
	put_extra(w, false, "crew"); /* while it is frozen */
	assert_true(hd_core_board_ready(w->core, 0, 1));
	assert_non_null(hd_core_board_frozen(w->core, 0, 1));
}

/* Nothing is to be built where nobody is, or for a window. */
static void
an_empty_board_is_ready(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &(struct hd_world_hunt){.id = "sea"});
	assert_true(hd_core_board_ready(w->core, 1, 0));
	hd_world_document(
		w, &(struct hd_world_hunt){
			   .id = "bay", .boards = {{.id = "main"}, {.id = "extra", .window = 60}}});
	assert_true(hd_core_board_ready(w->core, 0, 1));
	assert_false(hd_core_building(w->core));
}

/* What a board came to that went away while it was being built, against one that had been ready. */
static uint64_t
memory_of(struct hd_world *w, bool whole)
{
	uint16_t hunt;
	put_extra(w, false, NULL);
	uint64_t before = w->memory.used;
	assert_false(hd_core_build(w->core, 400, &hunt));
	assert_true(w->memory.used > before);
	if (whole)
		hd_core_build_all(w->core);
	before = w->memory.used;
	put_extra(w, true, NULL);
	assert_false(hd_core_building(w->core));
	while (hd_core_sweep(w->core, 1))
		;
	assert_true(w->memory.used < before);
	return w->memory.used;
}

static void
a_board_that_goes_leaves_nothing(void **state)
{
	struct hd_world *w = *state;
	memory_of(w, true); /* what grows once */
	uint64_t first = memory_of(w, true);
	uint64_t second = memory_of(w, true);
	uint64_t third = memory_of(w, false);
	assert_int_equal(third - second, second - first);
	put_extra(w, false, NULL); /* and the hunt may end in the middle: see crowd_end */
}

/* The count. */

#define TOP     5
#define PLAYERS 20

static const struct hd_world_hunt watched = {
	.id = "bay",
	.auto_join = true,
	.boards = {{.id = "main"}},
	.challenges = {{.id = "map", .points = 100, .answers = {"GOLD"}}},
};

/* The first rows as text; `last` gets the last of them. False: there are fewer. */
static bool
first_rows(const struct hd_world *world, char text[512], struct hd_board_key *last)
{
	struct hd_board_walk walk;
	uint32_t rows = 0;
	hd_board_seek(&walk, hd_core_board(world->core, 0, 0), NULL, 0);
	for (*text = 0; rows < TOP && hd_board_next(&walk); rows++) {
		char *end = text + strlen(text);
		snprintf(end, (size_t)(text + 512 - end), "%.*s=%lld ", (int)walk.row.id.size,
			 (const char *)walk.row.id.at, (long long)walk.row.score);
		*last = walk.row;
	}
	return rows == TOP;
}

static void
watched_play(struct hd_world *world, uint64_t *seed)
{
	static const char *const ops[] = {"INCR", "INCR", "DECR", "SET"};
	uint64_t number = hd_test_random(seed);
	hd_world_say(world, "AWARD p%llu bay %llu OP %s", (unsigned long long)(number % PLAYERS),
		     (unsigned long long)(number >> 8) % 50, ops[(number >> 32) % 4]);
}

static void
equal_counts_mean_equal_rows(void **state)
{
	(void)state;
	static struct hd_world world;
	char kept[512] = "", rows[512];
	uint64_t seed = 1, count = 0, same = 0;
	struct hd_board_key last;
	hd_world_init(&world);
	hd_world_document(&world, &watched);
	for (uint32_t i = 0; i < 20000; i++) {
		watched_play(&world, &seed);
		bool whole = first_rows(&world, rows, &last);
		uint64_t now = hd_core_board_top_changes(world.core, 0, 0);
		if (now == count)
			assert_string_equal(rows, kept);
		same += now == count;
		memcpy(kept, rows, sizeof kept);
		count = now;
		if (whole && hd_test_random(&seed) % 16 == 0)
			hd_core_board_watch(world.core, 0, 0, last.score, last.sub);
	}
	assert_true(same > 1000); /* and they are not counted for nothing */
	hd_world_fini(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_board_is_built_while_all_goes_on),
		cmocka_unit_test(equal_counts_mean_equal_rows),
		cmocka_unit_test_setup_teardown(slices_are_bounded, crowd, crowd_end),
		cmocka_unit_test_setup_teardown(who_is_passed_over_counts_too, crowd, crowd_end),
		cmocka_unit_test_setup_teardown(a_freeze_finishes_it, crowd, crowd_end),
		cmocka_unit_test_setup_teardown(an_empty_board_is_ready, crowd, crowd_end),
		cmocka_unit_test_setup_teardown(a_board_that_goes_leaves_nothing, crowd, crowd_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
