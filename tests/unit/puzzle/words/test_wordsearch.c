/* Word search: words counted by hand, answers of every length, lists and grids that are none. */
#include "tests/unit/puzzle/kinds_world.h"

#include "core/puzzle/kinds.h"
#include "core/puzzle/wordsearch/search.h"
#include "core/puzzle/wordsearch/words.h"

#define KIND (&hd_puzzle_wordsearch)

/* Words some ways round its edge: EAST, SOUTH, NOR from the corner, WEST and SEVEN backwards. */
#define ROSE                                                                                       \
	"8x8:"                                                                                     \
	"EASTQQQN"                                                                                 \
	"QQQQQQOQ"                                                                                 \
	"SQQQQRQQ"                                                                                 \
	"ODTTQQQU"                                                                                 \
	"UEHEQQQP"                                                                                 \
	"TQEAQQQW"                                                                                 \
	"HSTSEWQE"                                                                                 \
	"TNEVESQL:"

static void
solved_as(const char *text, enum hd_puzzle_verdict verdict, const char *solution)
{
	struct found *found = malloc(sizeof(*found));
	solve(KIND, hd_bytes_str(text), HD_PUZZLE_HINT, found);
	assert_int_equal(found->verdict, verdict);
	if (solution != NULL) {
		assert_int_equal(found->solution_size, strlen(solution));
		assert_memory_equal(found->solution, solution, strlen(solution));
	}
	free(found);
}

/* Places in the grid as a person counts them, knowing nothing of the scan. */
static uint32_t
places_of(const struct hd_search_text *search, struct hd_bytes word)
{
	uint32_t count = 0;
	for (int32_t y = 0; y < (int32_t)search->height; y++)
		for (int32_t x = 0; x < (int32_t)search->width; x++)
			for (int32_t way = 0; way < 9; way++) {
				int32_t dx = way % 3 - 1, dy = way / 3 - 1, k = 0;
				for (; way != 4 && k < (int32_t)word.size; k++) {
					int32_t cx = x + k * dx, cy = y + k * dy;
					if (cx < 0 || cy < 0 || cx >= (int32_t)search->width ||
					    cy >= (int32_t)search->height ||
					    search->letters[cy * (int32_t)search->width + cx] !=
						    word.at[k])
						break;
				}
				count += k == (int32_t)word.size;
			}
	return count;
}

static void
words_go_eight_ways(void **state)
{
	static const int right[8] = {1, 1, 0, -1, -1, -1, 0, 1};
	static const int down[8] = {0, 1, 1, 1, 0, -1, -1, -1};
	struct found *found = malloc(sizeof(*found));
	(void)state;
	for (int way = 0; way < 8; way++) {
		char text[] = "8x8:QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ"
			      ":STAR",
		     place[32];
		for (int k = 0; k < 4; k++)
			text[4 + (4 + k * down[way]) * 8 + 3 + k * right[way]] = "STAR"[k];
		solve(KIND, hd_bytes_str(text), HD_PUZZLE_COUNT, found);
		assert_int_equal(found->verdict, HD_PUZZLE_UNIQUE);
		snprintf(place, sizeof(place), "3,4,%d:QQQQ", way);
		assert_memory_equal(found->solution, place, strlen(place));
		assert_int_equal(found->solution_size, 6 + 60);
	}
	free(found);
}

static void
hints_name_the_longest_word(void **state)
{
	static const char hint[] = "SOUTH starts in row 3, going south";
	struct found *found = malloc(sizeof(*found));
	(void)state;
	solve(KIND, hd_bytes_str(ROSE "EAST,WEST,SOUTH,SEVEN,NOR"), HD_PUZZLE_HINT, found);
	assert_int_equal(found->verdict, HD_PUZZLE_UNIQUE);
	assert_memory_equal(found->solution, "0,0,0;5,6,4;0,2,2;5,7,4;7,0,3:", 30);
	assert_int_equal(found->hint_size, strlen(hint));
	assert_memory_equal(found->hint, hint, strlen(hint));
	free(found);
}

static void
twice_is_many(void **state)
{
	(void)state;
	solved_as(ROSE "UPWARD", HD_PUZZLE_NONE, "");
	solved_as(ROSE "SEVEN,EVE", HD_PUZZLE_MANY, NULL); /* a palindrome, read both ways */
	solved_as(ROSE "SEVEN,EAST", HD_PUZZLE_UNIQUE, NULL);
	solved_as(ROSE "SEVEN,QQQ", HD_PUZZLE_MANY, NULL);
	solved_as(ROSE "SEVEN,ZZZ,QQQ", HD_PUZZLE_NONE, ""); /* a missing word outweighs */
}

/* All that a made puzzle promises, counted by hand. */
static void
made_is_whole(struct instance *in)
{
	static struct hd_search_text search;
	struct found *found = malloc(sizeof(*found));
	uint8_t answer[HD_PHRASE_MAX];
	assert_null(hd_search_read(text_of(in), &search));
	for (uint32_t i = 0; i < search.count; i++) {
		assert_true(search.words[i].size <= HD_SEARCH_MADE_MAX);
		assert_int_equal(places_of(&search, search.words[i]), 1);
	}
	assert_int_equal(KIND->answer_of(text_of(in), solution_of(in), answer), in->answer_size);
	assert_memory_equal(answer, in->answer, in->answer_size);
	solve(KIND, text_of(in), HD_PUZZLE_GRADE, found);
	assert_int_equal(found->verdict, HD_PUZZLE_UNIQUE);
	assert_int_equal(found->rating.tier, in->spec.tier);
	free(found);
}

static void
answers_of_any_length_are_left(void **state)
{
	static const char *const sizes[] = {"8x8", "8x30", "30x8", "13x11", "30x30"};
	struct instance *in = malloc(sizeof(*in));
	(void)state;
	for (uint32_t s = 0; s < 5; s++)
		for (uint8_t tier = 0; tier < HD_SEARCH_TIERS; tier++)
			for (uint32_t size = HD_PHRASE_MIN; size <= HD_PHRASE_MAX; size += 10) {
				assert_true(instance_begin(in, KIND, sizes[s], tier, size));
				in->answer_size = size;
				for (uint32_t k = 0; k < size; k++)
					in->answer[k] = (uint8_t)('A' + (k * 7 + size) % 26);
				assert_int_equal(instance_make(in, 0, TRIES, ALL_FUEL, 0),
						 HD_PUZZLE_READY);
				made_is_whole(in);
			}
	free(in);
}

static void
easy_words_go_three_ways(void **state)
{
	struct instance *in = malloc(sizeof(*in));
	(void)state;
	for (uint32_t j = 0; j < 20; j++) {
		assert_true(instance_begin(in, KIND, "12x12", HD_SEARCH_EASY, j));
		assert_int_equal(instance_make(in, 0, TRIES, ALL_FUEL, 0), HD_PUZZLE_READY);
		struct hd_reader solution = hd_reader_of(solution_of(in));
		uint32_t x, y, direction;
		while (hd_search_take_place(&solution, &x, &y, &direction)) {
			assert_true(direction <= 2);
			hd_read_u8(&solution); /* ; or : */
		}
	}
	free(in);
}

static void
verifier_knows_where_words_stand(void **state)
{
	static const struct {
		const char *words, *solution;
		bool good;
	} rows[] = {
		{"EAST,SOUTH", "0,0,0;0,2,2:", false}, /* the rest is missing */
		{"EAST,SOUTH", "0,0,0;0,2,1:", false},
		{"EAST,SOUTH", "0,0,0:", false},
		{"EAST,SOUTH", "7,7,0;0,2,2:", false}, /* out of the grid */
		{"EAST,SOUTH", "30,30,7;0,2,2:", false},
		{"EAST,SOUTH", "0,0,8;0,2,2:", false},
		{"EAST,SOUTH", "", false},
		{"EAST", "0,0,0:QQQNQQQQQQOQSQQQQRQQODTTQQQUUEHEQQQPTQEAQQQWHSTSEWQETNEVESQL",
		 true},
		{"EAST", "0,0,0:QQQNQQQQQQOQSQQQQRQQODTTQQQUUEHEQQQPTQEAQQQWHSTSEWQETNEVESQLX",
		 false},
		{"EAST", "0,0,0;:QQQNQQQQQQOQSQQQQRQQODTTQQQUUEHEQQQPTQEAQQQWHSTSEWQETNEVESQL",
		 false},
	};
	(void)state;
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];
		snprintf(text, sizeof(text), ROSE "%s", rows[i].words);
		assert_int_equal(KIND->verify(hd_bytes_str(text), hd_bytes_str(rows[i].solution)),
				 rows[i].good);
	}
}

static void
malformed_texts_are_refused(void **state)
{
	static const char *const bad[] = {
		"8x8",
		"8x8:",
		"8x8:ABC:ABC",
		"7x8:EASTQQQNQQQQQQOQSQQQQRQQODTTQQQUUEHEQQQPTQEAQQQWHSTSEWQE:EAST",
		"08x8:EASTQQQNQQQQQQOQSQQQQRQQODTTQQQUUEHEQQQPTQEAQQQWHSTSEWQETNEVESQL:EAST",
		"31x31:A:ABC",
		ROSE,
		ROSE "EA",
		ROSE "EAST,",
		ROSE "EAST,,WEST",
		ROSE "EAST,WEST,EAST", /* twice in the list */
		ROSE "EAST WEST",
		ROSE "east",
		ROSE "EASTEASTE", /* longer than the grid */
		ROSE "EAST\n",
		"8x8:eASTQQQNQQQQQQOQSQQQQRQQODTTQQQUUEHEQQQPTQEAQQQWHSTSEWQETNEVESQL:EAST",
	};
	struct hd_puzzle_params params;
	(void)state;
	assert_null(KIND->check(hd_bytes_str(ROSE "EAST"), &params));
	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (KIND->check(hd_bytes_str(bad[i]), &params) == NULL)
			fail_msg("taken: %s", bad[i]);
}

/* As many words as may be, all beginning like every place of the grid: steps stay short. */
static void
words_that_begin_alike_cost_fuel(void **state)
{
	static char text[HD_PUZZLE_TEXT_MAX];
	struct found *found = malloc(sizeof(*found));
	int size = snprintf(text, sizeof(text), "30x30:");
	(void)state;
	memset(text + size, 'A', 900);
	size += 900;
	for (uint32_t i = 0; i < HD_SEARCH_WORDS_MAX; i++)
		size += snprintf(text + size, sizeof(text) - (size_t)size, "%cAAAAAAA%c%c",
				 i ? ',' : ':', 'B' + (int)i / 25, 'B' + (int)i % 25);
	struct hd_bytes all = hd_bytes_of(text, (size_t)size);
	assert_false(solve_within(KIND, all, HD_PUZZLE_COUNT, 1, 800, 0, found));
	solve(KIND, all, HD_PUZZLE_COUNT, found);
	assert_int_equal(found->verdict, HD_PUZZLE_NONE);
	free(found);
}

static void
table_is(const char *words, uint32_t size)
{
	uint32_t count = (uint32_t)strlen(words) / (size + 1);
	assert_int_equal(count * (size + 1), strlen(words));
	for (uint32_t i = 0; i < count; i++) {
		const char *word = words + i * (size + 1);
		bool palindrome = true;
		for (uint32_t k = 0; k < size; k++) {
			assert_in_range(word[k], 'A', 'Z');
			palindrome = palindrome && word[k] == word[size - 1 - k];
		}
		assert_false(palindrome);
		assert_int_equal(word[size], ' ');
		assert_true(i + 1 == count || memcmp(word, word + size + 1, size) < 0);
	}
}

static void
words_are_sorted_and_no_palindromes(void **state)
{
	(void)state;
	table_is(hd_search_words_3, 3);
	table_is(hd_search_words_4, 4);
	table_is(hd_search_words_5, 5);
	table_is(hd_search_words_6, 6);
	table_is(hd_search_words_7, 7);
	table_is(hd_search_words_8, 8);
	table_is(hd_search_words_9, 9);
	table_is(hd_search_words_10, 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_go_eight_ways),
		cmocka_unit_test(hints_name_the_longest_word),
		cmocka_unit_test(twice_is_many),
		cmocka_unit_test(answers_of_any_length_are_left),
		cmocka_unit_test(easy_words_go_three_ways),
		cmocka_unit_test(verifier_knows_where_words_stand),
		cmocka_unit_test(malformed_texts_are_refused),
		cmocka_unit_test(words_that_begin_alike_cost_fuel),
		cmocka_unit_test(words_are_sorted_and_no_palindromes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
