/* Slitherlink: the kind's rules, its texts, its tiers. */
#include "core/puzzle/kinds.h"
#include "tests/lib/lib.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KIND  (&hd_puzzle_slitherlink)
#define EVERY INT64_MAX /* fuel that never runs out */

/* One job at a time; what it gives is good until the next. */
struct bench {
	uint8_t *work;
	char text[HD_PUZZLE_TEXT_MAX], solution[HD_PUZZLE_SOLUTION_MAX];
};

static struct bench *
bench_new(void)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	assert_non_null(bench);
	bench->work = aligned_alloc(64, HD_PUZZLE_WORK_MAX + 4096);
	assert_non_null(bench->work);
	return bench;
}

static void
bench_end(struct bench *bench)
{
	free(bench->work);
	free(bench);
}

static struct hd_puzzle_solved
solve(struct bench *bench, const char *text, enum hd_puzzle_mode mode, int64_t fuel)
{
	struct hd_puzzle_params params;
	struct hd_puzzle_solved solved;
	const char *wrong = KIND->check(hd_bytes_str(text), &params);
	if (wrong != NULL)
		fail_msg("%s: %s", text, wrong);
	struct hd_puzzle_job *job = hd_puzzle_solve(bench->work, KIND, hd_bytes_str(text), mode);
	while (hd_puzzle_step(job, fuel) == HD_PUZZLE_PENDING)
		;
	hd_puzzle_solved(job, &solved);
	return solved;
}

static void
copy(char *to, struct hd_bytes from)
{
	memcpy(to, from.at, from.size);
	to[from.size] = 0;
}

/* Makes puzzle number `seed` of these params into bench->text and ->solution. */
static struct hd_puzzle_made
make(struct bench *bench, const char *params, uint8_t tier, uint32_t seed, int64_t fuel)
{
	struct hd_puzzle_spec spec = {.kind = KIND, .tier = tier};
	uint8_t bytes[HD_PUZZLE_SEED] = {0};
	struct hd_puzzle_made made;
	assert_null(KIND->params_read(hd_bytes_str(params), &spec.params));
	memcpy(bytes, &seed, sizeof(seed));
	struct hd_puzzle_job *job =
		hd_puzzle_make(bench->work, &spec, bytes, 0, 1000, (struct hd_bytes){0});
	enum hd_puzzle_state state;
	do
		state = hd_puzzle_step(job, fuel);
	while (state == HD_PUZZLE_PENDING);
	assert_int_equal(state, HD_PUZZLE_READY);
	hd_puzzle_made(job, &made);
	copy(bench->text, made.text);
	copy(bench->solution, made.solution);
	return made;
}

static void
params_have_bounds(void **state)
{
	static const char *const bad[] = {"",         "10x10",    "10x10t1", "4x10t0", "10x31t0",
					  "10x10t0 ", "10x10t0d", "x10t0",   "10xt0",  "99999x5t0"};
	static const char *const good[] = {"5x5t0", "30x30t0", "10x10t0", "16x7t0"};
	struct hd_puzzle_params params;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(KIND->params_read(hd_bytes_str(bad[i]), &params));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[16];
		struct hd_writer out = hd_writer_of(text, sizeof(text));
		struct hd_puzzle_sizes sizes;
		assert_null(KIND->params_read(hd_bytes_str(good[i]), &params));
		KIND->params_write(&params, &out);
		assert_memory_equal(text, good[i], strlen(good[i]));
		assert_int_equal((uint8_t *)text + strlen(good[i]) - out.at, 0);
		KIND->sizes(&params, &sizes);
		assert_in_range(sizes.make, 1, HD_PUZZLE_WORK_MAX);
		assert_in_range(sizes.solve, 1, HD_PUZZLE_WORK_MAX);
	}
}

static void
malformed_texts_are_refused(void **state)
{
	static const char *const bad[] = {
		"5x5t0",      "5x5t0:",
		"5x5t0:x",    "5x5t0:yy",
		"5x5t0:z",    "5x5t0:w5a",
		"5x5t0:W",    "5x5t0:w-1",
		"5x5t0:x1 ",  "5x5t0dn:y",
		"4x4t0:p",    "31x5t0:zzzz",
		"5x5t0::x",   "5x5t0:0000000000000000000000000000",
		"5x5t0:x1\n", "05x5t1:y",
	};
	struct hd_puzzle_params params;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(KIND->check(hd_bytes_str(bad[i]), &params));
	assert_null(KIND->check(hd_bytes_str("5x5t0:y"), &params));
	assert_null(KIND->check(hd_bytes_str("5x5t0:01234abcde2d"), &params));
}

/* A loop around one cell, around all cells, and clues that contradict one another. */
static void
small_puzzles_have_none_one_or_many(void **state)
{
	struct bench *bench = bench_new();
	(void)state;
	assert_int_equal(solve(bench, "5x5t0:y", HD_PUZZLE_COUNT, EVERY).verdict, HD_PUZZLE_MANY);
	assert_int_equal(solve(bench, "5x5t0:l4l", HD_PUZZLE_COUNT, EVERY).verdict,
			 HD_PUZZLE_UNIQUE);
	assert_int_equal(solve(bench, "5x5t0:a4w", HD_PUZZLE_COUNT, EVERY).verdict,
			 HD_PUZZLE_UNIQUE);
	assert_int_equal(solve(bench, "5x5t0:44w", HD_PUZZLE_COUNT, EVERY).verdict, HD_PUZZLE_NONE);
	assert_int_equal(solve(bench, "5x5t0:4a4v", HD_PUZZLE_COUNT, EVERY).verdict,
			 HD_PUZZLE_NONE);
	assert_int_equal(
		solve(bench, "5x5t0:0000000000000000000000000", HD_PUZZLE_COUNT, EVERY).verdict,
		HD_PUZZLE_NONE);
	assert_int_equal(
		solve(bench, "5x5t0:2111210001100011000121112", HD_PUZZLE_COUNT, EVERY).verdict,
		HD_PUZZLE_UNIQUE);
	bench_end(bench);
}

/* The clues leave two loops apart from each other, or one around one of them: no solution. */
static void
two_loops_are_no_solution(void **state)
{
	static const char text[] = "5x5t0:4a4v";
	char two[400] = "S", one[400] = "S";
	(void)state;
	for (uint32_t edge = 0; edge < 60; edge++) {
		bool first = edge < 4, second = edge >= 7 && edge <= 9;
		/* The third face's edges are 6 (its left), 7, 8, 9. */
		second |= edge == 5;
		snprintf(two + strlen(two), 8, "%u%c", edge, first || second ? 'y' : 'n');
		snprintf(one + strlen(one), 8, "%u%c", edge, first ? 'y' : 'n');
	}
	assert_true(KIND->verify(hd_bytes_str("5x5t0:4x"), hd_bytes_str(one)));
	assert_false(KIND->verify(hd_bytes_str(text), hd_bytes_str(one)));
	assert_false(KIND->verify(hd_bytes_str(text), hd_bytes_str(two)));
	assert_false(KIND->verify(hd_bytes_str("5x5t0:y"), hd_bytes_str(two)));
}

/* Whoever changes one edge of a solution has no solution; nor one in other words. */
static void
the_verifier_refuses_what_was_changed(void **state)
{
	struct bench *bench = bench_new();
	(void)state;
	for (uint32_t seed = 0; seed < 20; seed++) {
		make(bench, "7x6t0", (uint8_t)(seed % 4), seed, EVERY);
		struct hd_bytes text = hd_bytes_str(bench->text);
		size_t size = strlen(bench->solution);
		assert_true(KIND->verify(text, hd_bytes_str(bench->solution)));
		for (size_t i = 0; i < size; i++) {
			char kept = bench->solution[i];
			bench->solution[i] = kept == 'y' ? 'n' : kept == 'n' ? 'y' : 'x';
			assert_false(KIND->verify(text, hd_bytes_str(bench->solution)));
			bench->solution[i] = kept;
			assert_false(KIND->verify(text, hd_bytes_of(bench->solution, i)));
		}
		bench->solution[size] = ' ';
		assert_false(KIND->verify(text, hd_bytes_of(bench->solution, size + 1)));
	}
	assert_false(KIND->verify(hd_bytes_str("5x5t0:y"), hd_bytes_str("S00y")));
	bench_end(bench);
}

/* Reads "tier text [move]" lines; every one through `each`. */
static void
for_sgt(struct bench *bench, void (*each)(struct bench *, const char *, const char *, const char *))
{
	FILE *file = fopen(HD_TEST_FILES "/puzzle/sgt/slitherlink.txt", "r");
	char *line = NULL;
	size_t room = 0;
	uint32_t count = 0;
	assert_non_null(file);
	while (getline(&line, &room, file) > 0) {
		char tier[16], text[1024], move[4096] = "";
		if (line[0] == '#')
			continue;
		assert_true(sscanf(line, "%15s %1023s %4095s", tier, text, move) >= 2);
		each(bench, tier, text, move);
		count++;
	}
	assert_int_equal(count, 185);
	free(line);
	fclose(file);
}

static void
as_sgt(struct bench *bench, const char *tier, const char *text, const char *move)
{
	struct hd_puzzle_solved solved = solve(bench, text, HD_PUZZLE_GRADE, EVERY);
	assert_int_equal(solved.verdict, HD_PUZZLE_UNIQUE);
	if (solved.rating.tier < KIND->tiers_count)
		assert_string_equal(KIND->tiers[solved.rating.tier], tier);
	else
		assert_string_equal("beyond", tier);
	assert_int_equal(solved.rating.nodes > 0, strcmp(tier, "beyond") == 0);
	assert_true(KIND->verify(hd_bytes_str(text), solved.solution));
	if (move[0] != 0)
		assert_true(hd_bytes_equal(solved.solution, hd_bytes_str(move)));
}

static void
puzzles_of_sgt_have_its_tiers_and_its_solutions(void **state)
{
	struct bench *bench = bench_new();
	(void)state;
	for_sgt(bench, as_sgt);
	bench_end(bench);
}

static void
an_identifier_of_sgt_is_read_with_its_difficulty(void **state)
{
	char text[64];
	struct hd_writer out = hd_writer_of(text, sizeof(text));
	(void)state;
	assert_null(KIND->form_read(HD_PUZZLE_FORM_SGT, HD_BYTES("5x6t0dh:y12c"), &out));
	hd_write_u8(&out, 0);
	assert_string_equal(text, "5x6t0:y12c");
	out = hd_writer_of(text, sizeof(text));
	assert_null(KIND->form_read(HD_PUZZLE_FORM_SGT, HD_BYTES("5:y"), &out));
	hd_write_u8(&out, 0);
	assert_string_equal(text, "5x5t0:y");
	assert_non_null(KIND->form_read(HD_PUZZLE_FORM_SGT, HD_BYTES("5x5t1:y"), &out));
	assert_non_null(KIND->form_read(HD_PUZZLE_FORM_SGT, HD_BYTES("t0:y"), &out));
}

static void
what_is_made_is_unique_and_of_its_tier(void **state)
{
	static const char *const sizes[] = {"5x5t0", "10x10t0", "7x15t0", "18x12t0"};
	struct bench *bench = bench_new();
	(void)state;
	for (uint32_t seed = 0; seed < 64; seed++) {
		uint8_t tier = (uint8_t)(seed / 4 % 4);
		struct hd_puzzle_made made = make(bench, sizes[seed % 4], tier, seed, EVERY);
		assert_int_equal(made.rating.tier, tier);
		struct hd_puzzle_solved solved = solve(bench, bench->text, HD_PUZZLE_GRADE, EVERY);
		assert_int_equal(solved.verdict, HD_PUZZLE_UNIQUE);
		assert_int_equal(solved.rating.tier, tier);
		assert_true(hd_bytes_equal(solved.solution, hd_bytes_str(bench->solution)));
		assert_true(KIND->verify(hd_bytes_str(bench->text), solved.solution));
	}
	bench_end(bench);
}

/* No clue of a made puzzle could have been left out as well: without it, its tier's rules end
 * early. */
static void
no_clue_of_a_made_puzzle_is_idle(void **state)
{
	struct bench *bench = bench_new();
	(void)state;
	for (uint8_t tier = 0; tier < 4; tier++) {
		make(bench, "7x7t0", tier, 5, EVERY);
		size_t size = strlen(bench->text);
		for (size_t i = 6; i < size; i++) {
			char kept = bench->text[i];
			if (kept < '0' || kept > '4')
				continue;
			bench->text[i] = 'a';
			struct hd_puzzle_solved solved =
				solve(bench, bench->text, HD_PUZZLE_GRADE, EVERY);
			assert_true(solved.verdict != HD_PUZZLE_NONE);
			assert_true(solved.rating.tier > tier);
			bench->text[i] = kept;
		}
	}
	bench_end(bench);
}

static void
making_is_the_same_for_any_fuel(void **state)
{
	struct bench *bench = bench_new(), *slow = bench_new();
	(void)state;
	for (uint32_t seed = 0; seed < 12; seed++) {
		const char *size = seed % 2 ? "8x7t0" : "17x6t0";
		struct hd_puzzle_made at_once = make(bench, size, (uint8_t)(seed % 4), seed, EVERY);
		struct hd_puzzle_made by_one = make(slow, size, (uint8_t)(seed % 4), seed, 1);
		assert_string_equal(bench->text, slow->text);
		assert_string_equal(bench->solution, slow->solution);
		assert_int_equal(at_once.try, by_one.try);
		assert_int_equal(at_once.rating.steps, by_one.rating.steps);
	}
	bench_end(bench);
	bench_end(slow);
}

/* Strikes out about one clue in `rarity`. */
static void
strike(char *text, uint64_t *random, uint32_t rarity)
{
	for (char *at = strchr(text, ':'); *at != 0; at++)
		if (*at >= '0' && *at <= '4' && hd_test_random(random) % rarity == 0)
			*at = 'a';
}

/* Puzzles that need the search, with one solution, with many, and too many to tell. */
static void
solving_is_the_same_for_any_fuel(void **state)
{
	struct bench *bench = bench_new(), *slow = bench_new();
	uint64_t random = 1;
	uint32_t verdicts[4] = {0};
	(void)state;
	for (uint32_t seed = 0; seed < 40; seed++) {
		make(bench, seed % 2 ? "8x7t0" : "16x5t0", (uint8_t)(seed % 4), seed, EVERY);
		strike(bench->text, &random, 4 + seed / 2);
		struct hd_puzzle_solved a = solve(bench, bench->text, HD_PUZZLE_GRADE, EVERY);
		struct hd_puzzle_solved b = solve(slow, bench->text, HD_PUZZLE_GRADE, 1 + seed % 3);
		assert_int_equal(a.verdict, b.verdict);
		assert_int_equal(a.rating.tier, b.rating.tier);
		assert_int_equal(a.rating.nodes, b.rating.nodes);
		assert_int_equal(a.rating.steps, b.rating.steps);
		assert_true(hd_bytes_equal(a.solution, b.solution));
		verdicts[a.verdict]++;
	}
	assert_true(verdicts[HD_PUZZLE_UNIQUE] > 0 && verdicts[HD_PUZZLE_MANY] > 0);
	bench_end(bench);
	bench_end(slow);
}

static void
cells_inside_the_loop_are_ones(void **state)
{
	struct bench *bench = bench_new();
	uint8_t digits[25];
	static const uint8_t middle[25] = {[12] = 1};
	(void)state;
	struct hd_puzzle_solved solved = solve(bench, "5x5t0:l4l", HD_PUZZLE_COUNT, EVERY);
	KIND->digits_of(HD_BYTES("5x5t0:l4l"), solved.solution, digits);
	assert_memory_equal(digits, middle, sizeof(digits));
	bench_end(bench);
}

static void
a_hint_names_an_edge_and_says_why(void **state)
{
	struct bench *bench = bench_new();
	char hint[256];
	(void)state;
	copy(hint, solve(bench, "5x5t0:2111210001100011000121112", HD_PUZZLE_HINT, EVERY).hint);
	assert_string_equal(hint, "the edge above r2c2 is not a line: the 0 at r2c2 has no lines "
				  "around it");
	for (uint32_t seed = 0; seed < 16; seed++) {
		make(bench, "10x10t0", (uint8_t)(seed % 4), seed, EVERY);
		struct hd_puzzle_solved solved = solve(bench, bench->text, HD_PUZZLE_HINT, EVERY);
		assert_true(solved.hint.size > 20);
		assert_null(memchr(solved.hint.at, '\n', solved.hint.size));
	}
	bench_end(bench);
}

static void
a_drawing_shows_clues_and_the_loop(void **state)
{
	struct bench *bench = bench_new();
	char drawn[4096];
	struct hd_writer out = hd_writer_of(drawn, sizeof(drawn));
	(void)state;
	struct hd_puzzle_solved solved = solve(bench, "5x5t0:l4l", HD_PUZZLE_COUNT, EVERY);
	KIND->draw_text(HD_BYTES("5x5t0:l4l"), solved.solution, &out);
	hd_write_u8(&out, 0);
	assert_memory_equal(drawn, "     1   2   3   4   5\n", 23);
	assert_non_null(strstr(drawn, "   +   +   +---+   +   +\n"
				      " 3         | 4 |\n"
				      "   +   +   +---+   +   +\n"));
	bench_end(bench);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(params_have_bounds),
		cmocka_unit_test(malformed_texts_are_refused),
		cmocka_unit_test(small_puzzles_have_none_one_or_many),
		cmocka_unit_test(two_loops_are_no_solution),
		cmocka_unit_test(the_verifier_refuses_what_was_changed),
		cmocka_unit_test(puzzles_of_sgt_have_its_tiers_and_its_solutions),
		cmocka_unit_test(an_identifier_of_sgt_is_read_with_its_difficulty),
		cmocka_unit_test(what_is_made_is_unique_and_of_its_tier),
		cmocka_unit_test(no_clue_of_a_made_puzzle_is_idle),
		cmocka_unit_test(making_is_the_same_for_any_fuel),
		cmocka_unit_test(solving_is_the_same_for_any_fuel),
		cmocka_unit_test(cells_inside_the_loop_are_ones),
		cmocka_unit_test(a_hint_names_an_edge_and_says_why),
		cmocka_unit_test(a_drawing_shows_clues_and_the_loop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
