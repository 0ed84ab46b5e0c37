/* One line of a nonogram, against all ways to place its runs. */
#include "core/puzzle/nonogram/count/line.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The same by trying all ways. False: there is none. */
static bool
line_by_hand(struct hd_nonogram_line *line)
{
	uint64_t all = hd_nonogram_cells(line->cells), black = all, white = all;
	for (uint64_t way = 0; way <= all; way++) {
		uint64_t left = way;
		uint32_t run = 0;
		bool fits = (way & line->black) == line->black && (way & line->white) == 0;
		for (; fits && left != 0; run++) {
			left >>= __builtin_ctzll(left);
			uint32_t length = (uint32_t)__builtin_ctzll(~left);
			fits = run < line->count && line->runs[run] == length;
			left >>= length;
		}
		if (fits && run == line->count) {
			black &= way;
			white &= ~way;
		}
	}
	line->black = black;
	line->white = white;
	return (black & white) == 0;
}

static uint32_t
random_below(uint64_t *seed, uint32_t bound)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*seed >> 33) % bound);
}

/* Lines from pictures with some of it known, and now and then with what cannot be. */
static void
a_line_says_all_that_every_way_agrees_on(void **state)
{
	uint64_t seed = 5;
	uint32_t none = 0;
	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		uint8_t runs[HD_NONOGRAM_RUNS];
		struct hd_nonogram_line line = {.runs = runs, .cells = 1 + random_below(&seed, 11)};
		uint64_t all = hd_nonogram_cells(line.cells);
		uint64_t picture = random_below(&seed, 1u << 11) & all;
		uint64_t known =
			random_below(&seed, 1u << 11) & random_below(&seed, 1u << 11) & all;
		uint64_t lie = random_below(&seed, 4) == 0 ? 1u << random_below(&seed, 11) : 0;
		for (uint64_t left = picture; left != 0; line.count++) {
			left >>= __builtin_ctzll(left);
			runs[line.count] = (uint8_t)__builtin_ctzll(~left);
			left >>= runs[line.count];
		}
		line.black = (picture ^ lie) & known;
		line.white = ~(picture ^ lie) & known;
		struct hd_nonogram_line hand = line;
		bool can_be = line_by_hand(&hand);
		assert_int_equal(hd_nonogram_line_solve(&line), can_be);
		none += !can_be;
		if (can_be) {
			assert_int_equal(line.black, hand.black);
			assert_int_equal(line.white, hand.white);
		}
	}
	assert_in_range(none, 100, 10000);
}

static void
lines_of_62_cells_are_as_good(void **state)
{
	uint8_t runs[] = {62}, dots[31], halves[] = {30, 31};
	struct hd_nonogram_line line = {.runs = runs, .count = 1, .cells = 62};
	(void)state;
	assert_true(hd_nonogram_line_solve(&line));
	assert_int_equal(line.black, hd_nonogram_cells(62));
	assert_int_equal(line.white, 0);
	memset(dots, 1, sizeof(dots));
	line = (struct hd_nonogram_line){.runs = dots, .count = 31, .cells = 62};
	assert_true(hd_nonogram_line_solve(&line));
	assert_int_equal(line.black | line.white, 0);
	line.black = 2;
	assert_true(hd_nonogram_line_solve(&line));
	assert_int_equal(line.black, 0x2aaaaaaaaaaaaaaa);
	assert_int_equal(line.white, 0x1555555555555555);
	line = (struct hd_nonogram_line){.runs = halves, .count = 2, .cells = 62};
	assert_true(hd_nonogram_line_solve(&line));
	assert_int_equal(line.black, hd_nonogram_cells(30) | hd_nonogram_cells(31) << 31);
	assert_int_equal(line.white, (uint64_t)1 << 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_says_all_that_every_way_agrees_on),
		cmocka_unit_test(lines_of_62_cells_are_as_good),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
