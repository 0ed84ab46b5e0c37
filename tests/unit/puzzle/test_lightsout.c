/* Lights Out: what the solver says against every press set tried, SGT's own puzzles, and texts that
 * are none. */
#include "tests/unit/puzzle/kinds_world.h"

#include "core/puzzle/kinds.h"
#include "core/puzzle/lightsout/lights.h"

#define KIND (&hd_puzzle_lightsout)

/* An instance of crosses with these cells lit: `#` in rows, of any blanks. */
static struct hd_bytes
crosses(uint32_t width, uint32_t height, const struct hd_lights_set *lit, uint8_t *text)
{
	uint32_t cells = width * height;
	int head = snprintf((char *)text, 16, "%ux%u:", width, height);
	hd_lights_crosses(width, height, text + head);
	struct hd_writer out = hd_writer_of(text, HD_PUZZLE_TEXT_MAX);
	out.at += (uint32_t)head + HD_LIGHTS_DIGITS(cells * cells);
	hd_write_u8(&out, ',');
	hd_lights_write_set(&out, lit, cells);
	return hd_bytes_of(text, (size_t)(out.at - text));
}

static uint32_t
turned(uint32_t width, uint32_t cells, uint32_t presses)
{
	uint32_t lit = 0;
	for (uint32_t c = 0; c < cells; c++) {
		if (!(presses >> c & 1))
			continue;
		lit ^= 1u << c;
		lit ^= c % width > 0 ? 1u << (c - 1) : 0;
		lit ^= c % width + 1 < width ? 1u << (c + 1) : 0;
		lit ^= c >= width ? 1u << (c - width) : 0;
		lit ^= c + width < cells ? 1u << (c + width) : 0;
	}
	return lit;
}

/* Every press set of a small grid tried, and every start asked. */
static void
agrees_with_all_sets(uint32_t width, uint32_t height)
{
	uint32_t cells = width * height, all = 1u << cells;
	uint8_t *fewest = malloc(all), *ways = calloc(all, 1), text[HD_PUZZLE_TEXT_MAX];
	struct found *found = malloc(sizeof(*found));
	memset(fewest, 0xff, all);
	for (uint32_t presses = 0; presses < all; presses++) {
		uint32_t start = turned(width, cells, presses);
		uint8_t weight = (uint8_t)__builtin_popcount(presses);
		if (weight < fewest[start]) {
			fewest[start] = weight;
			ways[start] = 0;
		}
		ways[start] = (uint8_t)(ways[start] + (weight == fewest[start] && ways[start] < 9));
	}
	for (uint32_t start = 0; start<all; start += cells> 12 ? 37 : 1) {
		struct hd_lights_set lit = {{start}};
		struct hd_bytes in = crosses(width, height, &lit, text);
		solve(KIND, in, HD_PUZZLE_COUNT, found);
		assert_int_equal(found->verdict, ways[start] == 0   ? HD_PUZZLE_NONE
						 : ways[start] == 1 ? HD_PUZZLE_UNIQUE
								    : HD_PUZZLE_MANY);
		assert_int_equal(found->solution_size, ways[start] ? 1 + cells : 0);
		if (ways[start] == 0)
			continue;
		assert_int_equal(found->rating.steps, fewest[start]);
		assert_true(KIND->verify(in, hd_bytes_of(found->solution, 1 + cells)));
	}
	free(found);
	free(fewest);
	free(ways);
}

static void
fewest_presses_are_the_fewest(void **state)
{
	(void)state;
	agrees_with_all_sets(3, 3);
	agrees_with_all_sets(3, 4);
	agrees_with_all_sets(5, 3);
	agrees_with_all_sets(4, 4);
}

/* Anderson and Feil, "Turning Lights Out with Linear Algebra", 1998; OEIS A159257. */
static void
nullity_is_as_published(void **state)
{
	static const uint8_t square[15] = {[4] = 4, [5] = 2, [9] = 8, [11] = 6, [14] = 4};
	struct hd_lights_set dark = {0};
	struct hd_lights_space space;
	(void)state;
	for (uint32_t side = 3; side <= 14; side++) {
		hd_lights_chase(side, side, &dark, &space);
		assert_int_equal(space.nullity, square[side]);
	}
	hd_lights_chase(3, 5, &dark, &space);
	assert_int_equal(space.nullity, 3);
	hd_lights_chase(16, 12, &dark, &space);
	assert_true(space.any && space.nullity <= 12);
}

static void
best_of(const struct hd_lights_space *space, struct hd_lights_walk *walk)
{
	int64_t fuel = ALL_FUEL;
	hd_lights_walk_begin(walk, space);
	assert_true(hd_lights_walk_step(walk, &fuel));
}

/* Chasing knows crosses only; elimination knows nothing of them. */
static void
chasing_and_elimination_agree(void **state)
{
	static struct hd_lights_elimination elimination;
	static uint8_t text[HD_PUZZLE_TEXT_MAX];
	uint64_t random = 5;
	(void)state;
	for (uint32_t round = 0; round < 300; round++) {
		uint32_t w = 3 + (uint32_t)(hd_test_random(&random) % 9), cells;
		uint32_t h = 3 + (uint32_t)(hd_test_random(&random) % 9);
		struct hd_lights_space chased, eliminated;
		struct hd_lights_walk a, b;
		struct hd_lights_set lit = {0};
		struct hd_lights lights;
		int64_t fuel = ALL_FUEL;
		cells = w * h;
		for (uint32_t c = 0; c < cells; c++)
			if (hd_test_random(&random) & 1)
				hd_lights_turn(&lit, c);
		assert_null(hd_lights_read(crosses(w, h, &lit, text), &lights));
		hd_lights_chase(w, h, &lit, &chased);
		hd_lights_eliminate_begin(&elimination, &lights);
		assert_true(hd_lights_eliminate_step(&elimination, &fuel));
		hd_lights_eliminate_take(&elimination, &eliminated);
		assert_int_equal(chased.any, eliminated.any);
		assert_int_equal(chased.nullity, eliminated.nullity);
		if (!chased.any)
			continue;
		best_of(&chased, &a);
		best_of(&eliminated, &b);
		assert_int_equal(a.weight, b.weight);
		assert_int_equal(a.tied, b.tied);
		assert_memory_equal(&a.best, &b.best, sizeof(a.best));
	}
}

static uint32_t
ones(const char *text, uint32_t size)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < size; i++)
		count += text[i] == '1';
	return count;
}

/* Crosses and matrices of any kind (SGT's `r`), as its program printed and solved them. */
static void
sgt_puzzles_are_solved_as_sgt_does(void **state)
{
	FILE *file = fopen(HD_TEST_FILES "/puzzle/sgt/lightsout.txt", "r");
	static char line[2 * HD_PUZZLE_TEXT_MAX], id[HD_PUZZLE_TEXT_MAX], move[256];
	struct found *found = malloc(sizeof(*found));
	uint32_t unique = 0, many = 0;
	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%12287s %255s", id, move), 2);
		struct hd_bytes text = hd_bytes_str(id);
		assert_true(KIND->verify(text, hd_bytes_str(move)));
		solve(KIND, text, HD_PUZZLE_COUNT, found);
		assert_int_equal(found->solution_size, strlen(move));
		assert_int_equal(ones((char *)found->solution, found->solution_size),
				 ones(move, (uint32_t)strlen(move)));
		if (found->verdict == HD_PUZZLE_UNIQUE)
			assert_memory_equal(found->solution, move, strlen(move));
		unique += found->verdict == HD_PUZZLE_UNIQUE;
		many += found->verdict == HD_PUZZLE_MANY;
	}
	assert_true(unique >= 15 && many >= 3);
	fclose(file);
	free(found);
}

static void
says(const char *text, enum hd_puzzle_verdict verdict, const char *hint)
{
	struct found *found = malloc(sizeof(*found));
	solve(KIND, hd_bytes_str(text), HD_PUZZLE_HINT, found);
	assert_int_equal(found->verdict, verdict);
	assert_int_equal(found->hint_size, strlen(hint));
	assert_memory_equal(found->hint, hint, found->hint_size);
	free(found);
}

#define CROSSES_3 "d074191345d1644c17058"
#define ZEROS_5                                                                                    \
	"000000000000000000000000000000000000000000000000000000000000000000000000000000"           \
	"0000000000000000000000000000000000000000000000000000000000000000000000000000000"

static void
hints_name_the_next_press(void **state)
{
	(void)state;
	says("3x3:" CROSSES_3 ",000", HD_PUZZLE_UNIQUE, "no light is on: nothing is to be pressed");
	says("3x3:" CROSSES_3 ",d00", HD_PUZZLE_UNIQUE,
	     "press r1c1: it is the first of the fewest, 1 press");
	says("3x3:" CROSSES_3 ",0b8", HD_PUZZLE_UNIQUE,
	     "press r3c2: r2c2 is lit, and no press above it is left to turn it off");
}

/* Presses that do nothing: with a light on, nobody turns it off; with none, every set is as good,
 * and nobody walks 2^25 of them. */
static void
what_cannot_be_walked_is_never_unique(void **state)
{
	(void)state;
	says("5x5:" ZEROS_5 ",8000000", HD_PUZZLE_NONE, "");
	says("5x5:" ZEROS_5 ",0000000", HD_PUZZLE_BUDGET, "");
}

static void
malformed_texts_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"3x3",
		"3x3:",
		"3x3:" CROSSES_3,
		"3x3:" CROSSES_3 ",",
		"3x3:" CROSSES_3 ",00",
		"3x3:" CROSSES_3 ",0000",
		"3x3:" CROSSES_3 ",001", /* a bit after the last cell */
		"3x3:" CROSSES_3 ",0g0",
		"3x3:" CROSSES_3 ",D00",
		"3x3:" CROSSES_3 ",d00 ",
		"3x3:" CROSSES_3 "0,d00",
		"3x3:d074191345d1644c1705c,000", /* and in the matrix */
		"3x3c:" CROSSES_3 ",000",
		"03x3:" CROSSES_3 ",000",
		"2x2:ffff,f",
		"17x3:0,0",
		"16x16:0,0",
		"3x3:" CROSSES_3 ";000",
	};
	struct hd_puzzle_params params;
	(void)state;
	assert_null(KIND->check(hd_bytes_str("3x3:" CROSSES_3 ",000"), &params));
	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (KIND->check(hd_bytes_str(bad[i]), &params) == NULL)
			fail_msg("taken: %s", bad[i]);
}

static void
sgt_ids_may_have_params(void **state)
{
	static const char *const ids[] = {"3x3c:" CROSSES_3 ",D00", "3x3r:" CROSSES_3 ",d00",
					  "3x3:" CROSSES_3 ",d00"};
	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		uint8_t text[64];
		struct hd_writer out = hd_writer_of(text, sizeof(text));
		assert_null(KIND->form_read(HD_PUZZLE_FORM_SGT, hd_bytes_str(ids[i]), &out));
		assert_true(hd_bytes_equal(hd_bytes_of(text, (size_t)(out.at - text)),
					   hd_bytes_str("3x3:" CROSSES_3 ",d00")));
	}
}

/* By the share of the cells where one set does it; singular sizes have fewer, and all tiers too. */
static void
tiers_are_presses(void **state)
{
	(void)state;
	assert_int_equal(hd_lights_tier(49, 0, 1), HD_LIGHTS_EASY);
	assert_int_equal(hd_lights_tier(49, 0, 19), HD_LIGHTS_EASY);
	assert_int_equal(hd_lights_tier(49, 0, 20), HD_LIGHTS_MEDIUM);
	assert_int_equal(hd_lights_tier(49, 0, 24), HD_LIGHTS_MEDIUM);
	assert_int_equal(hd_lights_tier(49, 0, 25), HD_LIGHTS_HARD);
	assert_int_equal(hd_lights_tier(25, 2, 9), HD_LIGHTS_EASY);
	assert_int_equal(hd_lights_tier(25, 2, 10), HD_LIGHTS_MEDIUM);
	assert_int_equal(hd_lights_tier(25, 2, 11), HD_LIGHTS_HARD);
	assert_int_equal(hd_lights_tier(16, 4, 4), HD_LIGHTS_MEDIUM);
	assert_int_equal(hd_lights_tier(81, 8, 27), HD_LIGHTS_MEDIUM);
	assert_int_equal(hd_lights_tier(81, 8, 28), HD_LIGHTS_HARD);
	assert_int_equal(hd_lights_tier(9, 9, 1), HD_LIGHTS_MEDIUM); /* nothing turns anything */
}

/* So few presses that letters stay unturned are not made: 18 of 49 are the fewest. */
static void
easy_ones_have_presses_enough(void **state)
{
	struct instance *in = malloc(sizeof(*in));
	(void)state;
	for (uint32_t j = 0; j < 200; j++) {
		assert_true(instance_begin(in, KIND, "7x7c", HD_LIGHTS_EASY, j));
		assert_int_equal(instance_make(in, 0, TRIES, ALL_FUEL, 0), HD_PUZZLE_READY);
		assert_in_range(in->rating.steps, 18, 19);
		assert_true(instance_begin(in, KIND, "5x5c", HD_LIGHTS_EASY, j));
		assert_int_equal(instance_make(in, 0, TRIES, ALL_FUEL, 0), HD_PUZZLE_READY);
		assert_int_equal(in->rating.steps, 9);
	}
	free(in);
}

/* The smallest, the most singular and the largest: none is without a tier. */
static void
every_size_has_every_tier(void **state)
{
	static const char *const sizes[] = {"3x3c", "3x5c",  "4x4c",   "5x7c",   "6x8c",
					    "9x9c", "7x11c", "15x11c", "14x14c", "16x12c"};
	struct instance *in = malloc(sizeof(*in));
	(void)state;
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (uint8_t tier = 0; tier < KIND->tiers_count; tier++)
			for (uint32_t j = 0; j < 10; j++) {
				assert_true(instance_begin(in, KIND, sizes[i], tier, j));
				assert_int_equal(instance_make(in, 0, 40, ALL_FUEL, 0),
						 HD_PUZZLE_READY);
			}
	free(in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fewest_presses_are_the_fewest),
		cmocka_unit_test(nullity_is_as_published),
		cmocka_unit_test(chasing_and_elimination_agree),
		cmocka_unit_test(sgt_puzzles_are_solved_as_sgt_does),
		cmocka_unit_test(hints_name_the_next_press),
		cmocka_unit_test(what_cannot_be_walked_is_never_unique),
		cmocka_unit_test(malformed_texts_are_refused),
		cmocka_unit_test(sgt_ids_may_have_params),
		cmocka_unit_test(tiers_are_presses),
		cmocka_unit_test(easy_ones_have_presses_enough),
		cmocka_unit_test(every_size_has_every_tier),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
