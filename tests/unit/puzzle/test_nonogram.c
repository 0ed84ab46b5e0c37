/* Nonograms: read, refused, solved, counted, made, told, written in other forms. */
#include "core/puzzle/kinds.h"
#include "core/puzzle/nonogram/clues.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KIND  (&hd_puzzle_nonogram)
#define TRIES 100000u

struct answer {
	enum hd_puzzle_verdict verdict;
	struct hd_puzzle_rating rating;
	char solution[HD_PUZZLE_SOLUTION_MAX + 1], hint[512];
};

static void
text_of(struct hd_bytes bytes, char *text)
{
	if (bytes.size > 0)
		memcpy(text, bytes.at, bytes.size);
	text[bytes.size] = '\0';
}

static struct answer
solved(const char *text, enum hd_puzzle_mode mode, int64_t fuel)
{
	static struct answer answer;
	struct hd_puzzle_params params;
	struct hd_puzzle_solved result;
	const char *fault = KIND->check(hd_bytes_str(text), &params);
	if (fault != NULL)
		fail_msg("%s: %s", text, fault);
	void *memory = aligned_alloc(64, hd_puzzle_solve_size(KIND, &params));
	struct hd_puzzle_job *job = hd_puzzle_solve(memory, KIND, hd_bytes_str(text), mode);
	while (hd_puzzle_step(job, fuel) == HD_PUZZLE_PENDING)
		;
	hd_puzzle_solved(job, &result);
	answer = (struct answer){.verdict = result.verdict, .rating = result.rating};
	text_of(result.solution, answer.solution);
	text_of(result.hint, answer.hint);
	free(memory);
	return answer;
}

static struct answer
counted(const char *text)
{
	return solved(text, HD_PUZZLE_COUNT, INT64_MAX);
}

static const char *
fault_of(const char *text)
{
	struct hd_puzzle_params params;
	return KIND->check(hd_bytes_str(text), &params);
}

/* What is made from a seed of that number: text, tab, solution. */
static void
made(const char *size, uint8_t tier, uint8_t number, int64_t fuel, char *line)
{
	struct hd_puzzle_spec spec = {.kind = KIND, .tier = tier};
	uint8_t seed[HD_PUZZLE_SEED] = {number, 77};
	struct hd_puzzle_made result;
	assert_null(KIND->params_read(hd_bytes_str(size), &spec.params));
	assert_null(KIND->params_deny(&spec.params, tier));
	void *memory = aligned_alloc(64, hd_puzzle_make_size(&spec));
	struct hd_puzzle_job *job =
		hd_puzzle_make(memory, &spec, seed, 0, TRIES, (struct hd_bytes){0});
	enum hd_puzzle_state state;
	while ((state = hd_puzzle_step(job, fuel)) == HD_PUZZLE_PENDING)
		;
	assert_int_equal(state, HD_PUZZLE_READY);
	hd_puzzle_made(job, &result);
	assert_true(KIND->verify(result.text, result.solution));
	text_of(result.text, line);
	line[result.text.size] = '\t';
	text_of(result.solution, line + result.text.size + 1);
	free(memory);
}

static void
a_known_picture_is_found(void **state)
{
	struct answer answer = counted("5x5:2/2/2.2/1.3/1/4/3/1/2/3");
	(void)state;
	assert_int_equal(answer.verdict, HD_PUZZLE_UNIQUE);
	assert_int_equal(answer.rating.tier, 0);
	assert_string_equal(answer.solution, "11110/11100/00010/00110/00111");
}

/* Bella Image's example in the source of SGT's pattern: no line says anything at first. */
static void
what_lines_alone_cannot_solve_takes_a_probe(void **state)
{
	struct answer answer = counted("4x4:2/1/2/1/1.1/2/1/1");
	(void)state;
	assert_int_equal(answer.verdict, HD_PUZZLE_UNIQUE);
	assert_int_equal(answer.rating.tier, 1);
	assert_int_equal(answer.rating.nodes, 0);
	assert_true(KIND->verify(HD_BYTES("4x4:2/1/2/1/1.1/2/1/1"), hd_bytes_str(answer.solution)));
}

static void
none_and_many_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(counted("2x2:1/1/1/1").verdict, HD_PUZZLE_MANY);
	assert_int_equal(counted("3x3:3//1/2/1/1").verdict, HD_PUZZLE_NONE);
	assert_int_equal(counted("5x5:/1/1/1/1/4////").verdict, HD_PUZZLE_UNIQUE);
	assert_int_equal(counted("5x5:/1/1/1/1/2/2///").verdict, HD_PUZZLE_MANY);
	assert_int_equal(counted("1x1:/").verdict, HD_PUZZLE_UNIQUE);
	assert_int_equal(counted("1x1:1/1").verdict, HD_PUZZLE_UNIQUE);
}

static void
of_many_the_first_is_a_solution(void **state)
{
	const char *text = "5x5:/1/1/1/1/2/2///";
	(void)state;
	assert_true(KIND->verify(hd_bytes_str(text), hd_bytes_str(counted(text).solution)));
}

/* What the runs of a row of four say: one of eight. */
static uint32_t
row_kind(uint32_t cells)
{
	static const uint8_t kinds[16] = {0, 1, 1, 2, 1, 5, 2, 3, 1, 5, 5, 6, 2, 7, 3, 4};
	return kinds[cells];
}

static uint32_t
picture_kind(uint32_t picture)
{
	uint32_t key = 0;
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t row = picture >> 4 * i & 15, column = 0;
		for (uint32_t j = 0; j < 4; j++)
			column |= (picture >> (4 * j + i) & 1) << j;
		key = key << 6 | row_kind(row) << 3 | row_kind(column);
	}
	return key;
}

static void
picture_text(uint32_t picture, char *text)
{
	struct hd_nonogram_clues clues;
	struct hd_writer out = hd_writer_of(text, 64);
	uint64_t rows[4];
	for (uint32_t i = 0; i < 4; i++)
		rows[i] = picture >> 4 * i & 15;
	hd_nonogram_clues_of(rows, 4, 4, &clues);
	hd_nonogram_clues_write(&clues, &out);
	*out.at = '\0';
}

/* All 65,536 pictures of four by four: unique is what no other picture has the same runs as. */
static void
every_small_picture_is_counted_right(void **state)
{
	uint8_t *alike = calloc(1u << 24, 1);
	uint32_t unique = 0;
	(void)state;
	for (uint32_t picture = 0; picture < 65536; picture++)
		if (alike[picture_kind(picture)] < 2)
			alike[picture_kind(picture)]++;
	for (uint32_t picture = 0; picture < 65536; picture += 3) {
		char text[64];
		picture_text(picture, text);
		bool alone = alike[picture_kind(picture)] == 1;
		assert_int_equal(counted(text).verdict, alone ? HD_PUZZLE_UNIQUE : HD_PUZZLE_MANY);
		unique += alone;
	}
	assert_in_range(unique, 15000, 21845);
	free(alike);
}

static void
what_is_no_nonogram_is_refused(void **state)
{
	static const char *const bad[][2] = {
		{"", "WxH"},
		{"5", "WxH"},
		{"5x:", "WxH"},
		{"0x5://///", "WxH"},
		{"63x1:1", "WxH"},
		{"05x5:1", "WxH"},
		{"1x1", "WxH"},
		{"1x1:", "too few"},
		{"1x1:1", "too few"},
		{"1x1:1/", "same number"},
		{"1x1:1/1/", "too many"},
		{"1x1:1/1 ", "no run"},
		{"1x1:1/1,A", "not supported"},
		{"1x1:0/0", "starts with 0"},
		{"1x1:01/1", "starts with 0"},
		{"1x1:1./1", "number"},
		{"1x1:.1/1", "number"},
		{"1x1:x/1", "number"},
		{"1x1:63/1", "number"},
		{"1x1:99999999999999999999/1", "number"},
		{"1x1:2/1", "a column's runs"},
		{"1x1:1/2", "a row's runs"},
		{"2x2:1.1/1/1/1", "a column's runs"},
		{"3x3:1.1/1/1/2/1/2", "same number"},
	};
	(void)state;
	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *fault = fault_of(bad[i][0]);
		if (fault == NULL || strstr(fault, bad[i][1]) == NULL)
			fail_msg("%s: %s, not %s", bad[i][0], fault ? fault : "taken", bad[i][1]);
	}
	assert_null(fault_of("1x1:/"));
}

static void
a_line_of_too_many_runs_is_refused(void **state)
{
	char text[200] = "1x62:1";
	(void)state;
	for (uint32_t i = 0; i < 31; i++)
		memcpy(text + 6 + 2 * i, ".1", 3);
	assert_non_null(strstr(fault_of(text), "more runs than fit"));
}

static void
sizes_are_read_and_written(void **state)
{
	struct hd_puzzle_params params;
	uint8_t bytes[16];
	struct hd_writer out = hd_writer_of(bytes, sizeof(bytes));
	(void)state;
	assert_null(KIND->params_read(HD_BYTES("62x5"), &params));
	assert_int_equal(params.width, 62);
	assert_int_equal(params.height, 5);
	KIND->params_write(&params, &out);
	assert_memory_equal(bytes, "62x5", 4);
	assert_non_null(KIND->params_read(HD_BYTES("4x5"), &params));
	assert_non_null(KIND->params_read(HD_BYTES("5x63"), &params));
	assert_non_null(KIND->params_read(HD_BYTES("5x5 "), &params));
	assert_non_null(KIND->params_read(HD_BYTES("5"), &params));
}

static void
what_cannot_be_made_in_time_is_denied(void **state)
{
	struct hd_puzzle_params small = {.width = 14, .height = 20};
	struct hd_puzzle_params large = {.width = 20, .height = 31};
	struct hd_puzzle_params tiny = {.width = 4, .height = 20};
	struct hd_puzzle_params usual = {.width = 15, .height = 15};
	(void)state;
	assert_non_null(KIND->params_deny(&small, 2));
	assert_null(KIND->params_deny(&small, 1));
	assert_non_null(KIND->params_deny(&large, 2));
	assert_non_null(KIND->params_deny(&tiny, 0));
	for (uint8_t tier = 0; tier < 3; tier++)
		assert_null(KIND->params_deny(&usual, tier));
}

static void
the_verifier_refuses_every_changed_cell(void **state)
{
	char line[HD_PUZZLE_TEXT_MAX + HD_PUZZLE_SOLUTION_MAX];
	(void)state;
	made("17x9", 0, 1, INT64_MAX, line);
	char *solution = strchr(line, '\t') + 1;
	struct hd_bytes text = hd_bytes_of(line, (size_t)(solution - line - 1));
	for (char *cell = solution; *cell != '\0'; cell++) {
		char kept = *cell;
		*cell = kept == '0' ? '1' : kept == '1' ? '0' : '1';
		assert_false(KIND->verify(text, hd_bytes_str(solution)));
		*cell = 'x';
		assert_false(KIND->verify(text, hd_bytes_str(solution)));
		*cell = kept;
	}
	assert_true(KIND->verify(text, hd_bytes_str(solution)));
	size_t size = strlen(solution);
	assert_false(KIND->verify(text, hd_bytes_of(solution, size - 1)));
	assert_false(KIND->verify(text, hd_bytes_of(solution, 0)));
}

static void
what_is_made_is_unique_and_of_its_tier(void **state)
{
	static const char *const sizes[3][4] = {
		{"5x5", "15x15", "30x20", "62x62"}, {"5x5", "7x12", "15x15", "25x25"}, {"20x20"}};
	static char line[HD_PUZZLE_TEXT_MAX + HD_PUZZLE_SOLUTION_MAX];
	(void)state;
	for (uint8_t tier = 0; tier < 3; tier++)
		for (uint8_t i = 0; i < 4 && sizes[tier][i] != NULL; i++) {
			made(sizes[tier][i], tier, i, INT64_MAX, line);
			char *solution = strchr(line, '\t');
			*solution++ = '\0';
			struct answer answer = solved(line, HD_PUZZLE_GRADE, INT64_MAX);
			assert_int_equal(answer.verdict, HD_PUZZLE_UNIQUE);
			assert_int_equal(answer.rating.tier, tier);
			assert_string_equal(answer.solution, solution);
		}
}

static void
fuel_changes_nothing(void **state)
{
	static char once[HD_PUZZLE_TEXT_MAX + HD_PUZZLE_SOLUTION_MAX], slow[sizeof(once)];
	(void)state;
	for (uint8_t tier = 0; tier < 3; tier++) {
		made("15x15", tier, 9, INT64_MAX, once);
		made("15x15", tier, 9, 1, slow);
		assert_string_equal(once, slow);
		*strchr(once, '\t') = '\0';
		struct answer a = solved(once, HD_PUZZLE_HINT, INT64_MAX);
		struct answer b = solved(once, HD_PUZZLE_HINT, 1);
		assert_string_equal(a.solution, b.solution);
		assert_string_equal(a.hint, b.hint);
		assert_int_equal(a.rating.steps, b.rating.steps);
	}
}

static void
no_line_is_without_black(void **state)
{
	static char line[HD_PUZZLE_TEXT_MAX + HD_PUZZLE_SOLUTION_MAX];
	(void)state;
	for (uint8_t number = 0; number < 100; number++) {
		made("6x5", 0, number, INT64_MAX, line);
		*strchr(line, '\t') = '\0';
		assert_null(strstr(line, "//"));
		assert_null(strstr(line, ":/"));
		assert_int_not_equal(line[strlen(line) - 1], '/');
	}
}

/* Every clue 1: more ways than can be tried, told from one another at once. */
static void
an_empty_sea_of_ways_is_many(void **state)
{
	char text[1000] = "62x62:1";
	(void)state;
	for (uint32_t i = 0; i < 123; i++)
		memcpy(text + 7 + 2 * i, "/1", 3);
	assert_int_equal(counted(text).verdict, HD_PUZZLE_MANY);
}

static void
hints_name_the_line_and_its_runs(void **state)
{
	(void)state;
	assert_string_equal(solved("5x5:2/2/2.2/1.3/1/4/3/1/2/3", HD_PUZZLE_HINT, 1).hint,
			    "column 3: cells 1-2, 4-5 are black and 3 is white in the only way to "
			    "place 2 2");
	assert_string_equal(solved("5x5:/1/1/1/1/4////", HD_PUZZLE_HINT, 1).hint,
			    "row 2 has no run: all of it is white");
	assert_string_equal(solved("4x4:2/1/2/1/1.1/2/1/1", HD_PUZZLE_HINT, 1).hint,
			    "suppose the cell of row 1 and column 1 is white and follow the lines: "
			    "one cannot be, so it is black");
	assert_string_equal(solved("2x2:1/1/1/1", HD_PUZZLE_HINT, 1).hint, "");
}

static void
what_sgt_made_is_solved_as_sgt_does(void **state)
{
	static char line[8192];
	uint32_t count = 0;
	FILE *file = fopen(HD_TEST_FILES "/puzzle/sgt/nonogram.txt", "r");
	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		char *solution = strchr(line, '\t');
		*solution++ = '\0';
		struct answer answer = counted(line);
		assert_int_equal(answer.verdict, HD_PUZZLE_UNIQUE);
		assert_int_equal(answer.rating.tier, 0);
		assert_string_equal(answer.solution, solution);
		assert_true(KIND->verify(hd_bytes_str(line), hd_bytes_str(solution)));
		count++;
	}
	fclose(file);
	assert_int_equal(count, 26);
}

static const char *
non_to_text(const char *non, char *text)
{
	struct hd_writer out = hd_writer_of(text, HD_PUZZLE_TEXT_MAX);
	const char *fault = KIND->form_read(HD_PUZZLE_FORM_NON, hd_bytes_str(non), &out);
	*out.at = '\0';
	return fault;
}

static void
non_is_read_as_published(void **state)
{
	static char text[HD_PUZZLE_TEXT_MAX + 1];
	(void)state;
	assert_null(non_to_text("catalogue \"x.non #1\"\ntitle \"A key\"\nby somebody\r\n"
				"copyright &copy; nobody\n\nwidth 4\nheight 5\n\nrows\n4\n1,1\n"
				"1, 1\n\n1,2\n3\r\ncolumns\n5\n1,1\n1,2\n4\n"
				"goal \"11111001100110111110\"\n",
				text));
	assert_string_equal(text, "4x5:5/1.1/1.2/4/4/1.1/1.1/1.2/3");
	assert_null(non_to_text("columns 2\nrows 1\ncolumns\n1\n0\nrows\n1", text));
	assert_string_equal(text, "2x1:1//1");
}

static void
non_is_written_and_read_back(void **state)
{
	static char line[HD_PUZZLE_TEXT_MAX + HD_PUZZLE_SOLUTION_MAX];
	static char non[HD_PUZZLE_TEXT_MAX + 1], back[HD_PUZZLE_TEXT_MAX + 1];
	struct hd_writer out = hd_writer_of(non, sizeof(non));
	(void)state;
	KIND->form_write(HD_PUZZLE_FORM_NON, HD_BYTES("3x3:1.1/2/1/2/1/1.1"), &out);
	*out.at = '\0';
	assert_string_equal(non, "width 3\nheight 3\n\nrows\n2\n1\n1,1\n\ncolumns\n1,1\n2\n1\n");
	made("62x40", 0, 3, INT64_MAX, line);
	*strchr(line, '\t') = '\0';
	out = hd_writer_of(non, sizeof(non));
	KIND->form_write(HD_PUZZLE_FORM_NON, hd_bytes_str(line), &out);
	*out.at = '\0';
	assert_null(non_to_text(non, back));
	assert_string_equal(back, line);
}

static void
bad_non_is_refused(void **state)
{
	static char text[HD_PUZZLE_TEXT_MAX + 1];
	static const char *const bad[] = {
		"",
		"width 2\nheight 1\nrows\n1\n",
		"rows\n1\n",
		"width 2\nwidth 2\n",
		"width 63\n",
		"width 2\nheight 1\nrows\n1\ncolumns\n1\n",
		"width 2\nheight 1\nrows\n1\ncolumns\n1\nx\n",
		"width 2\nheight 1\nrows\n1b\ncolumns\n1\n0\n",
		"width 2\nheight 1\nrows\n1,0\ncolumns\n1\n0\n",
		"width 2\nheight 1\nrows\n0,1\ncolumns\n1\n0\n",
		"width 2\nheight 1\nrows\n1\nrows\n1\ncolumns\n1\n0\n",
		"width 2\nheight 1\nrows\n1\ncolumns\n1\n1\n",
	};
	(void)state;
	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (non_to_text(bad[i], text) == NULL)
			fail_msg("taken: %s", bad[i]);
}

static void
a_cell_is_a_digit(void **state)
{
	uint8_t digits[4];
	(void)state;
	KIND->digits_of(HD_BYTES("2x2:2/1/2/1"), HD_BYTES("11/10"), digits);
	assert_memory_equal(digits, ((uint8_t[]){1, 1, 1, 0}), 4);
}

static void
it_is_drawn_with_its_runs_around(void **state)
{
	static char drawn[4096];
	struct hd_writer out = hd_writer_of(drawn, sizeof(drawn) - 1);
	(void)state;
	KIND->draw_text(HD_BYTES("3x3:1.1/2/1/2/1/1.1"), hd_bytes_of("", 0), &out);
	*out.at = '\0';
	assert_string_equal(drawn, "          1\n"
				   "          1  2  1\n"
				   "       +----------+\n"
				   "     2 |  .  .  . |  1\n"
				   "     1 |  .  .  . |  2\n"
				   "  1  1 |  .  .  . |  3\n"
				   "       +----------+\n"
				   "          1  2  3\n"
				   "Fill cells: the numbers of a row or column are the lengths "
				   "of its runs of\n"
				   "black cells, in order, with at least one white cell between "
				   "two runs.\n");
	out = hd_writer_of(drawn, sizeof(drawn) - 1);
	KIND->draw_svg(HD_BYTES("2x2:2/1/2/1"), HD_BYTES("11/10"), NULL, &out);
	assert_false(out.full);
	*out.at = '\0';
	assert_non_null(strstr(drawn, "</svg>"));
	uint32_t black = 0;
	for (char *at = drawn; (at = strstr(at, "#404040")) != NULL; at++)
		black++;
	assert_int_equal(black, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_picture_is_found),
		cmocka_unit_test(what_lines_alone_cannot_solve_takes_a_probe),
		cmocka_unit_test(none_and_many_are_told_apart),
		cmocka_unit_test(of_many_the_first_is_a_solution),
		cmocka_unit_test(every_small_picture_is_counted_right),
		cmocka_unit_test(what_is_no_nonogram_is_refused),
		cmocka_unit_test(a_line_of_too_many_runs_is_refused),
		cmocka_unit_test(sizes_are_read_and_written),
		cmocka_unit_test(what_cannot_be_made_in_time_is_denied),
		cmocka_unit_test(the_verifier_refuses_every_changed_cell),
		cmocka_unit_test(what_is_made_is_unique_and_of_its_tier),
		cmocka_unit_test(fuel_changes_nothing),
		cmocka_unit_test(no_line_is_without_black),
		cmocka_unit_test(an_empty_sea_of_ways_is_many),
		cmocka_unit_test(hints_name_the_line_and_its_runs),
		cmocka_unit_test(what_sgt_made_is_solved_as_sgt_does),
		cmocka_unit_test(non_is_read_as_published),
		cmocka_unit_test(non_is_written_and_read_back),
		cmocka_unit_test(bad_non_is_refused),
		cmocka_unit_test(a_cell_is_a_digit),
		cmocka_unit_test(it_is_drawn_with_its_runs_around),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
