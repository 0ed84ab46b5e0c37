/* Sudoku: what is made is what was asked, whatever the fuel. */
#include "tests/unit/puzzle/sudoku_world.h"

/* A second opinion: the plainest search that ends, over a table of who sees whom. */
struct plain {
	uint8_t digits[81];
	uint8_t seen_count[81], seen[81][81]; /* who sees whom */
	uint32_t found;
};

/* The digits that nothing a cell sees has, as bits. */
static uint32_t
plain_free(const struct plain *p, uint32_t cell)
{
	uint32_t taken = 1;
	for (uint32_t i = 0; i < p->seen_count[cell]; i++)
		taken |= 1u << p->digits[p->seen[cell][i]];
	return ~taken & 0x3fe;
}

static void
plain_search(struct plain *p)
{
	uint32_t best = 81;
	int fewest = 10;
	for (uint32_t cell = 0; cell < 81; cell++) {
		int count = __builtin_popcount(plain_free(p, cell));
		if (p->digits[cell] == 0 && count < fewest) {
			fewest = count;
			best = cell;
		}
	}
	if (best == 81) {
		p->found++;
		return;
	}
	for (uint32_t left = plain_free(p, best); left && p->found < 2; left &= left - 1) {
		p->digits[best] = (uint8_t)__builtin_ctz(left);
		plain_search(p);
	}
	p->digits[best] = 0;
}

static uint32_t
plain_count(struct hd_bytes text)
{
	struct hd_sudoku_text sudoku;
	struct plain p = {0};
	assert_null(hd_sudoku_text_read(text, &sudoku));
	hd_sudoku_digits(&sudoku.given, p.digits);
	for (uint32_t a = 0; a < 81; a++)
		for (uint32_t b = 0; b < 81; b++) {
			bool jigsaw = sudoku.variant == HD_SUDOKU_JIGSAW;
			bool region = jigsaw ? sudoku.region_of[a] == sudoku.region_of[b]
					     : a / 27 == b / 27 && a % 9 / 3 == b % 9 / 3;
			bool x = sudoku.variant == HD_SUDOKU_X &&
				 ((a % 10 == 0 && b % 10 == 0) ||
				  (a / 9 + a % 9 == 8 && b / 9 + b % 9 == 8));
			if (a != b && (a / 9 == b / 9 || a % 9 == b % 9 || region || x))
				p.seen[a][p.seen_count[a]++] = (uint8_t)b;
		}
	plain_search(&p);
	return p.found;
}

/* Every variant and tier: what comes out is unique, of the tier, solved by its solution, and says
 * so again when it is solved as a stranger's. */
static void
what_is_made_is_what_was_asked(void **state)
{
	static const char *const params[] = {"3x3", "3x3x", "9j"};
	(void)state;
	for (uint8_t v = 0; v < 3; v++)
		for (uint8_t tier = 0; tier < HD_SUDOKU_TIERS; tier++) {
			struct hd_puzzle_spec spec = spec_of(params[v], tier);
			struct hd_puzzle_made made = make(&spec, (uint8_t)(7 * tier + v), 1000000);
			struct hd_puzzle_rating rating = made.rating;
			struct hd_puzzle_solved solved;
			uint8_t text[512], solution[81];
			assert_true(made.text.size <= sizeof(text));
			memcpy(text, made.text.at, made.text.size);
			memcpy(solution, made.solution.at, sizeof(solution));
			made.text.at = text;
			assert_int_equal(rating.tier, tier);
			assert_true(kind->verify(made.text, hd_bytes_of(solution, 81)));
			assert_int_equal(plain_count(made.text), 1);
			solved = solve(made.text, HD_PUZZLE_GRADE, 1000000);
			assert_int_equal(solved.verdict, HD_PUZZLE_UNIQUE);
			assert_memory_equal(&solved.rating, &rating, sizeof(rating));
			assert_memory_equal(solved.solution.at, solution, 81);
		}
}

static void
fuel_decides_nothing(void **state)
{
	static const char *const params[] = {"3x3", "3x3x", "9j"};
	(void)state;
	for (uint8_t v = 0; v < 3; v++)
		for (uint8_t tier = v % 2; tier < HD_SUDOKU_TIERS; tier = (uint8_t)(tier + 2)) {
			struct hd_puzzle_spec spec = spec_of(params[v], tier);
			struct hd_puzzle_made made = make(&spec, tier, INT64_MAX);
			struct hd_puzzle_rating rating = made.rating;
			uint32_t size = made.text.size, try = made.try;
			uint8_t text[512];
			memcpy(text, made.text.at, size);
			for (int64_t fuel = 1; fuel <= 7; fuel += 6) {
				made = make(&spec, tier, fuel);
				assert_int_equal(made.text.size, size);
				assert_memory_equal(made.text.at, text, size);
				assert_memory_equal(&made.rating, &rating, sizeof(rating));
				assert_int_equal(made.try, try);
			}
			for (int64_t fuel = 1; fuel <= 7; fuel += 6) {
				struct hd_puzzle_solved solved =
					solve(hd_bytes_of(text, size), HD_PUZZLE_GRADE, fuel);
				assert_memory_equal(&solved.rating, &rating, sizeof(rating));
			}
		}
}

/* Makes one, and the try that hit makes it again alone. */
static void
a_try_needs_no_other(void **state)
{
	struct hd_puzzle_spec spec = spec_of("3x3", HD_SUDOKU_ADVANCED);
	uint8_t seed[HD_PUZZLE_SEED] = {3}, text[512];
	struct hd_puzzle_made made = make(&spec, 3, 1000000);
	uint32_t size = made.text.size;
	struct hd_puzzle_job *job;
	(void)state;
	memcpy(text, made.text.at, size);
	job = hd_puzzle_make(work, &spec, seed, made.try, 1, (struct hd_bytes){0});
	while (hd_puzzle_step(job, 10) == HD_PUZZLE_PENDING)
		;
	hd_puzzle_made(job, &made);
	assert_int_equal(made.text.size, size);
	assert_memory_equal(made.text.at, text, size);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_made_is_what_was_asked),
		cmocka_unit_test(fuel_decides_nothing),
		cmocka_unit_test(a_try_needs_no_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
