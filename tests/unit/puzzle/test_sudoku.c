/* Sudoku: what it reads and refuses, whom it believes, what it says of puzzles of others. */
#include "tests/unit/puzzle/sudoku_world.h"

/* 17 clues each, then two that are known to be hard. */
static const char *const known[] = {
	"000000010400000000020000000000050407008000300001090000300400200050100000000806000",
	"000000010400000000020000000000050604008000300001090000300400200050100000000807000",
	"000000012000035000000600070700000300000400800100000000000120000080000040050000600",
	"100007090030020008009600500005300900010080002600004000300000010040000007007000300",
	"000000039000001005003050800008090006070002000100400000009080050020000600400700000",
};

static void
check_sgt(struct hd_bytes text, uint8_t tier)
{
	uint8_t again[1024];
	struct hd_writer out = hd_writer_of(again, sizeof(again));
	struct hd_puzzle_solved solved = solve(text, HD_PUZZLE_GRADE, 1000000);
	assert_int_equal(solved.verdict, HD_PUZZLE_UNIQUE);
	assert_int_equal(solved.rating.tier, tier);
	assert_true(kind->verify(text, solved.solution));
	assert_null(kind->form_read(HD_PUZZLE_FORM_SGT, text, &out));
	assert_memory_equal(again, text.at, text.size);
	assert_int_equal(out.at - again, text.size);
}

static void
the_tiers_are_those_of_sgt(void **state)
{
	(void)state;
	assert_int_equal(each_sgt(check_sgt), 3 * 6 * 20);
}

static void
known_puzzles_have_one_solution(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct text text;
		struct hd_puzzle_solved solved =
			solve(from_81(known[i], &text), HD_PUZZLE_GRADE, 1000000);
		assert_int_equal(solved.verdict, HD_PUZZLE_UNIQUE);
		assert_true(kind->verify(text.at, solved.solution));
		if (i >= 3)
			assert_int_equal(solved.rating.tier, HD_SUDOKU_UNREASONABLE);
	}
}

static void
without_a_clue_a_minimal_puzzle_has_many(void **state)
{
	(void)state;
	for (uint32_t cell = 0; cell < 81; cell++) {
		char fewer[82];
		struct text text;
		struct hd_puzzle_solved solved;
		memcpy(fewer, known[0], sizeof(fewer));
		if (fewer[cell] == '0')
			continue;
		fewer[cell] = '.';
		solved = solve(from_81(fewer, &text), HD_PUZZLE_GRADE, 1000000);
		assert_int_equal(solved.verdict, HD_PUZZLE_MANY);
		assert_int_equal(solved.rating.tier, kind->tiers_count);
		assert_true(kind->verify(text.at, solved.solution));
	}
}

static void
nearly_empty_boards_have_many(void **state)
{
	static const char *const texts[] = {"3x3:zzzc", "3x3x:zzzc", "3x3:1zzzb", "3x3x:1zzzb",
					    "3x3:1zm1zn"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct hd_bytes text = hd_bytes_str(texts[i]);
		struct hd_puzzle_solved solved = solve(text, HD_PUZZLE_COUNT, 1000000);
		assert_int_equal(solved.verdict, HD_PUZZLE_MANY);
		assert_true(kind->verify(text, solved.solution));
	}
}

static void
contradictions_have_none(void **state)
{
	static const char *const texts[] = {
		"3x3:1_1zzza",              /* twice in a row */
		"3x3:1z1zza",               /* in a column */
		"3x3:1i1zzr",               /* in a box */
		"3x3x:1zm1zn",              /* on the falling diagonal */
		"3x3x:h1ze1zn",             /* on the rising one */
		"3x3:1_2_3_4_5_6_7_8i9zzk", /* the ninth cell sees all nine digits */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct hd_puzzle_solved solved =
			solve(hd_bytes_str(texts[i]), HD_PUZZLE_HINT, 1000000);
		assert_int_equal(solved.verdict, HD_PUZZLE_NONE);
		assert_int_equal(solved.solution.size, 0);
		assert_int_equal(solved.hint.size, 0);
	}
}

/* Few clues, none at odds with another that it sees, and millions of nodes to say so. */
static void
a_far_contradiction_is_found(void **state)
{
	static const char clues[] = ".....5.8....6.1.43..........1.5........1.6...3.......553....."
				    "61........4.........";
	struct text text;
	(void)state;
	assert_int_equal(solve(from_81(clues, &text), HD_PUZZLE_COUNT, 1000000).verdict,
			 HD_PUZZLE_NONE);
}

/* With a wrong digit put in, a puzzle of one solution has none. */
static void
a_wrong_digit_leaves_no_solution(void **state)
{
	char solution[81];
	struct text text;
	(void)state;
	memcpy(solution, solve(from_81(known[3], &text), HD_PUZZLE_COUNT, 1000000).solution.at, 81);
	for (uint32_t cell = 0; cell < 81; cell++)
		for (char digit = '1'; digit <= '9'; digit++) {
			char wrong[82];
			memcpy(wrong, known[3], sizeof(wrong));
			if (wrong[cell] != '0' || solution[cell] == digit)
				continue;
			wrong[cell] = digit;
			assert_int_equal(solve(from_81(wrong, &text), HD_PUZZLE_COUNT, 100).verdict,
					 HD_PUZZLE_NONE);
		}
}

static void
malformed_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"3x3",
		"3x3:",
		"4x4:zzzc",
		"2x2:zzzc",
		"3x4:zzzc",
		"9jx:zzzc",
		"3x3k:zzzc",
		"3x3dz:zzzc",
		"3x3d:zzzc",
		"3x3r:zzzc",
		"3x3r99999999999:zzzc",
		"3x3:zzzb",              /* 80 cells */
		"3x3:zzzd",              /* 82 */
		"3x3:zzzzzzzzzzzzzzzzz", /* far too many */
		"3x3:0zzzb",
		"3x3:12zzza", /* twelve */
		"3x3:_zzzc",
		"3x3:1_zzzb",
		"3x3:1__2zzza",
		"3x3:zzzc_",
		"3x3:zzzc,a",
		"3x3:zzzc ",
		"3x3:zzzC",
		"3x3x,zzzc",
		"9j:zzzc",
		"9j:zzzc,",
		"9j:zzzc,a",
		"9j:zzzc,zzzzzt", /* no walls: one region of 81 */
		"9j:zzzc,zzzzzu",
		"9j:zzzc,zzzzzzzz",
		"9j:zzzc,A",
		"9j:zzzc,a2_7",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct hd_puzzle_params params;
		if (kind->check(hd_bytes_str(texts[i]), &params) == NULL)
			fail_msg("taken: %s", texts[i]);
	}
}

static void
refuse_broken(struct hd_bytes text, uint8_t tier)
{
	uint8_t broken[512];
	struct hd_puzzle_params params;
	(void)tier;
	for (uint32_t at = 0; at < text.size; at++) {
		/* Any byte changed is refused, or is a puzzle that every function can take. */
		memcpy(broken, text.at, text.size);
		broken[at] = (uint8_t)(broken[at] + 1);
		if (kind->check(hd_bytes_of(broken, text.size), &params) == NULL)
			(void)kind->verify(hd_bytes_of(broken, text.size), (struct hd_bytes){0});
		assert_non_null(kind->check(hd_bytes_of(text.at, at), &params));
	}
}

static void
no_puzzle_is_a_prefix_of_another(void **state)
{
	(void)state;
	each_sgt(refuse_broken);
}

/* 73 cells in one region and one in each of eight others is refused, and so is a region in two
 * parts: the walls of nine rows, but the ends of the first two rows are swapped. */
static void
bad_regions_are_refused(void **state)
{
	struct hd_sudoku_text sudoku = {.variant = HD_SUDOKU_JIGSAW};
	uint8_t bytes[512];
	struct hd_puzzle_params params;
	(void)state;
	for (int bad = 0; bad < 3; bad++) {
		struct hd_writer out = hd_writer_of(bytes, sizeof(bytes));
		for (uint8_t cell = 0; cell < 81; cell++)
			sudoku.region_of[cell] = cell / 9;
		if (bad == 1)
			sudoku.region_of[8] = 1;
		if (bad == 2) {
			sudoku.region_of[0] = 3;
			sudoku.region_of[27] = 0;
		}
		assert_int_equal(hd_sudoku_regions_deny(sudoku.region_of) != NULL, bad > 0);
		hd_sudoku_text_write(&sudoku, &out);
		assert_int_equal(
			kind->check(hd_bytes_of(bytes, (size_t)(out.at - bytes)), &params) != NULL,
			bad > 0);
	}
}

static void
marks_of_difficulty_are_read_over(void **state)
{
	static const char *const texts[] = {"3x3du:", "3x3adb:", "3x3r4di:", "3x3md2de:", "3x3m8:"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct hd_puzzle_params params;
		char text[64];
		snprintf(text, sizeof(text), "%s1zzzb", texts[i]);
		assert_null(kind->check(hd_bytes_str(text), &params));
		assert_int_equal(params.variant, HD_SUDOKU_CLASSIC);
	}
}

static void
eighty_one_characters_go_both_ways(void **state)
{
	uint8_t bytes[96];
	struct hd_writer out;
	struct text text;
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		out = hd_writer_of(bytes, sizeof(bytes));
		kind->form_write(HD_PUZZLE_FORM_81, from_81(known[i], &text), &out);
		assert_int_equal(out.at - bytes, 81);
		for (uint32_t cell = 0; cell < 81; cell++)
			assert_int_equal(bytes[cell] == '.' ? '0' : bytes[cell], known[i][cell]);
	}
	out = hd_writer_of(bytes, sizeof(bytes));
	assert_non_null(kind->form_read(HD_PUZZLE_FORM_81, hd_bytes_of(known[0], 80), &out));
	assert_non_null(kind->form_read(HD_PUZZLE_FORM_81, HD_BYTES("x"), &out));
}

static void
refuse_changes(struct hd_bytes text, uint8_t tier)
{
	uint8_t cells[82];
	(void)tier;
	memcpy(cells, solve(text, HD_PUZZLE_COUNT, 1000000).solution.at, 81);
	assert_true(kind->verify(text, hd_bytes_of(cells, 81)));
	assert_false(kind->verify(text, hd_bytes_of(cells, 80)));
	for (uint32_t cell = 0; cell < 81; cell++) {
		uint8_t kept = cells[cell];
		for (uint8_t byte = '0' - 1; byte <= '9' + 1; byte++) {
			cells[cell] = byte;
			assert_int_equal(kind->verify(text, hd_bytes_of(cells, 81)), byte == kept);
		}
		cells[cell] = kept;
	}
	/* Two digits swapped everywhere keep the units, but not the printed digits. */
	for (uint32_t cell = 0; cell < 81; cell++)
		if (cells[cell] == '1' || cells[cell] == '2')
			cells[cell] ^= '1' ^ '2';
	assert_false(kind->verify(text, hd_bytes_of(cells, 81)));
}

static void
the_verifier_sees_every_change(void **state)
{
	(void)state;
	each_sgt(refuse_changes);
}

/* A hint is true of the solution: "rXcY is D" is, and what is "not in rXcY" is not there. */
static void
check_hint(struct hd_bytes text, uint8_t tier)
{
	struct hd_puzzle_solved solved = solve(text, HD_PUZZLE_HINT, 1000000);
	char hint[256];
	unsigned row, column, digit;
	const char *gone;
	(void)tier;
	assert_true(solved.hint.size > 0 && solved.hint.size < sizeof(hint));
	memcpy(hint, solved.hint.at, solved.hint.size);
	hint[solved.hint.size] = 0;
	assert_null(strchr(hint, '\n'));
	if (sscanf(hint, "r%uc%u is %u", &row, &column, &digit) == 3) {
		assert_int_equal(solved.solution.at[(row - 1) * 9 + column - 1], '0' + digit);
		return;
	}
	gone = strstr(hint, "so not in r");
	if (gone == NULL) {
		assert_non_null(strstr(hint, ", so "));
		return;
	}
	assert_int_equal(sscanf(hint, "%u", &digit), 1);
	assert_int_equal(sscanf(gone, "so not in r%uc%u", &row, &column), 2);
	assert_int_not_equal(solved.solution.at[(row - 1) * 9 + column - 1], '0' + digit);
}

static void
hints_are_true(void **state)
{
	(void)state;
	each_sgt(check_hint);
}

/* A board of every rule: what can still stand where, after the easy ones have come to their end,
 * is the same in vectors and cell by cell. */
static void
check_engines(struct hd_bytes text, uint8_t tier)
{
	struct hd_sudoku_text sudoku;
	struct hd_sudoku_shape shape;
	struct hd_sudoku_lanes lanes;
	(void)tier;
	assert_null(hd_sudoku_text_read(text, &sudoku));
	if (sudoku.variant != HD_SUDOKU_CLASSIC)
		return;
	hd_sudoku_shape(&shape, HD_SUDOKU_CLASSIC, NULL);
	for (int rule = HD_SUDOKU_TRIVIAL; rule <= HD_SUDOKU_INTERMEDIATE; rule++) {
		enum hd_sudoku_tier up_to = (enum hd_sudoku_tier)rule;
		struct hd_sudoku_position plain;
		struct hd_sudoku_board fast;
		bool filled;
		hd_sudoku_open(&shape, &sudoku.given, &plain);
		hd_lanes_open(&lanes, &sudoku.given);
		hd_lanes_to(&lanes, &fast);
		assert_memory_equal(&plain.board, &fast, sizeof(fast));
		assert_true(hd_sudoku_settle(&shape, &plain, up_to));
		filled = hd_lanes_fill(&lanes, up_to, HD_SUDOKU_ALL);
		assert_int_equal(filled, hd_sudoku_filled(&plain.board));
		if (filled)
			continue;
		hd_lanes_to(&lanes, &fast);
		assert_memory_equal(&plain.board, &fast, sizeof(fast));
		if (up_to < HD_SUDOKU_INTERMEDIATE)
			continue;
		hd_lanes_open(&lanes, &sudoku.given);
		assert_true(hd_lanes_settle(&lanes, &filled));
		hd_lanes_to(&lanes, &fast);
		assert_memory_equal(&plain.board, &fast, sizeof(fast));
	}
}

static void
both_engines_agree(void **state)
{
	(void)state;
	each_sgt(check_engines);
}

static void
pictures_show_what_is_printed(void **state)
{
	static const char *const texts[] = {
		"3x3:1_3_9i3_2a1_6f1b3_4_8_1_9_5q3_6_4_8_5_5b8f9_2a6_4i5_2_9",
		"3x3x:a7a2_1b5c3b5a4a5c4c9b5f2g8f2b1c3c2a9a5b4c4b2_9a7a",
		("9j:a2_7b9a3a7_5a9f8a5_4e4g3c8c7g2e5_4a8f5a6_3a6a1b8_4a,"
		 "abbba___aaaca__bc_bad_acafdadgb___ab_c_a_a_aa_daab_aba____cd"),
	};
	static uint8_t picture[256 * 1024];
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct hd_bytes text = hd_bytes_str(texts[i]), empty = {0};
		struct hd_writer out = hd_writer_of(picture, sizeof(picture));
		uint32_t digits = 0, dots = 0;
		kind->draw_text(text, empty, &out);
		assert_false(out.full);
		assert_memory_equal(picture, "     1   2   3   4 ", 19);
		uint8_t *from = memchr(picture, '+', 1000);
		uint8_t *to = memrchr(from, '+', (size_t)(out.at - from));
		for (uint8_t *at = from; at < to; at++) {
			if (*at == '\n') {
				at += 3; /* and the row's number */
				continue;
			}
			digits += *at >= '1' && *at <= '9';
			dots += *at == '.';
		}
		assert_int_equal(digits + dots, 81);
		assert_true(digits > 17 && digits < 40);
		out = hd_writer_of(picture, sizeof(picture));
		kind->draw_svg(text, solve(text, HD_PUZZLE_COUNT, 1000).solution, NULL, &out);
		assert_false(out.full);
		*out.at = 0;
		assert_memory_equal(picture, "<svg", 4);
		assert_non_null(strstr((char *)picture, "</svg>"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tiers_are_those_of_sgt),
		cmocka_unit_test(known_puzzles_have_one_solution),
		cmocka_unit_test(without_a_clue_a_minimal_puzzle_has_many),
		cmocka_unit_test(nearly_empty_boards_have_many),
		cmocka_unit_test(contradictions_have_none),
		cmocka_unit_test(a_far_contradiction_is_found),
		cmocka_unit_test(a_wrong_digit_leaves_no_solution),
		cmocka_unit_test(malformed_text_is_refused),
		cmocka_unit_test(no_puzzle_is_a_prefix_of_another),
		cmocka_unit_test(bad_regions_are_refused),
		cmocka_unit_test(marks_of_difficulty_are_read_over),
		cmocka_unit_test(eighty_one_characters_go_both_ways),
		cmocka_unit_test(the_verifier_sees_every_change),
		cmocka_unit_test(hints_are_true),
		cmocka_unit_test(both_engines_agree),
		cmocka_unit_test(pictures_show_what_is_printed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
