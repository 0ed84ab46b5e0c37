/* Cryptograms: made, proved, graded, verified, read back; and what is none refused. */
#include "core/puzzle/cryptogram/lexicon/lexicon.h"
#include "core/puzzle/cryptogram/search.h"
#include "core/puzzle/kinds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TRIES    2000u
#define FUEL     1000000
#define TEXT_MAX 2048u

static const struct hd_puzzle_kind *const kind = &hd_puzzle_cryptogram;

/* What a job gave, kept longer than the job. */
struct instance {
	char text[TEXT_MAX], solution[TEXT_MAX], hint[TEXT_MAX];
	uint32_t try;
	enum hd_puzzle_verdict verdict;
	struct hd_puzzle_rating rating;
};

static void
keep(char *to, struct hd_bytes from)
{
	assert_true(from.size < TEXT_MAX);
	if (from.size > 0)
		memcpy(to, from.at, from.size);
	to[from.size] = '\0';
}

static void *
memory_of(size_t size)
{
	void *memory = aligned_alloc(64, size);
	assert_non_null(memory);
	memset(memory, 0xa5, size);
	return memory;
}

/* false: all tries missed. */
static bool
make(uint16_t letters, uint8_t tier, uint32_t seed, const char *answer, int64_t fuel,
     struct instance *made)
{
	struct hd_puzzle_spec spec = {.kind = kind, .params = {.width = letters}, .tier = tier};
	uint8_t bytes[HD_PUZZLE_SEED] = {0};
	struct hd_puzzle_made out;
	enum hd_puzzle_state state = HD_PUZZLE_PENDING;
	void *memory = memory_of(hd_puzzle_make_size(&spec));
	memcpy(bytes, &seed, sizeof(seed));
	struct hd_puzzle_job *job =
		hd_puzzle_make(memory, &spec, bytes, 0, TRIES, hd_bytes_str(answer));
	while (state == HD_PUZZLE_PENDING)
		state = hd_puzzle_step(job, fuel);
	if (state == HD_PUZZLE_READY) {
		hd_puzzle_made(job, &out);
		keep(made->text, out.text);
		keep(made->solution, out.solution);
		made->rating = out.rating;
		made->try = out.try;
	}
	free(memory);
	return state == HD_PUZZLE_READY;
}

static void
solve(const char *text, enum hd_puzzle_mode mode, int64_t fuel, struct instance *solved)
{
	struct hd_puzzle_params params;
	struct hd_puzzle_solved out;
	assert_null(kind->check(hd_bytes_str(text), &params));
	void *memory = memory_of(hd_puzzle_solve_size(kind, &params));
	struct hd_puzzle_job *job = hd_puzzle_solve(memory, kind, hd_bytes_str(text), mode);
	while (hd_puzzle_step(job, fuel) == HD_PUZZLE_PENDING)
		;
	hd_puzzle_solved(job, &out);
	solved->verdict = out.verdict;
	solved->rating = out.rating;
	keep(solved->solution, out.solution);
	keep(solved->hint, out.hint);
	free(memory);
}

static enum hd_puzzle_verdict
count(const char *text)
{
	struct instance solved;
	solve(text, HD_PUZZLE_COUNT, FUEL, &solved);
	return solved.verdict;
}

static bool
verify(const char *text, const char *solution)
{
	return kind->verify(hd_bytes_str(text), hd_bytes_str(solution));
}

static const char *
wrong_with(const char *text)
{
	struct hd_puzzle_params params;
	return kind->check(hd_bytes_str(text), &params);
}

static void
what_is_made_is_unique_as_hard_as_asked_and_has_the_answer(void **state)
{
	static const uint16_t sizes[] = {60, 90, 120, 260, 400};
	struct hd_phrases phrases;
	(void)state;
	assert_true(hd_phrases_builtin(HD_PHRASES_VERSION, &phrases));
	for (uint32_t i = 0; i < 15 * 12; i++) {
		uint16_t letters = sizes[i % 5];
		uint8_t tier = (uint8_t)(i / 5 % 3), answer[HD_PHRASE_MAX];
		char phrase[HD_PHRASE_MAX + 1] = {0};
		struct instance made, solved;
		uint32_t size = hd_phrases_at(&phrases, i * 361, (uint8_t *)phrase);
		assert_true(make(letters, tier, i, phrase, FUEL, &made));
		assert_int_equal(strtoul(made.text, NULL, 10), letters);
		solve(made.text, HD_PUZZLE_GRADE, FUEL, &solved);
		assert_int_equal(solved.verdict, HD_PUZZLE_UNIQUE);
		assert_int_equal(solved.rating.tier, tier);
		assert_int_equal(made.rating.tier, tier);
		assert_string_equal(solved.solution, made.solution);
		assert_int_equal(count(made.text), HD_PUZZLE_UNIQUE);
		assert_true(verify(made.text, made.solution));
		assert_int_equal(kind->answer_of(hd_bytes_str(made.text),
						 hd_bytes_str(solved.solution), answer),
				 size);
		assert_memory_equal(answer, phrase, size);
	}
}

/* Each has vulgar words where one reads over its spaces. Single letters are always a way. */
static void
phrases_are_never_split_into_vulgar_words(void **state)
{
	static const char *const phrases[] = {"GLASSTITLES",    "ASSAULTEDHQ",      "TITANSHITS",
					      "SEXTANTCUMULUS", "COCKATOOPISSARRO", "KRAPENISSEXK"};
	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		struct instance made;
		uint32_t at = 0, words = 0;
		const char *phrase = phrases[i % (sizeof(phrases) / sizeof(*phrases))];
		uint8_t answer[HD_PHRASE_MAX];
		struct hd_bytes word;
		assert_true(make(120, (uint8_t)(i % 3), 300 + i, phrase, FUEL, &made));
		for (; hd_cryptogram_word(hd_bytes_str(made.solution), &at, &word); words++)
			if (hd_lexicon_unspoken(word))
				fail_msg("%s is split into %.*s", phrase, (int)word.size, word.at);
		assert_true(words > 10);
		assert_int_equal(kind->answer_of(hd_bytes_str(made.text),
						 hd_bytes_str(made.solution), answer),
				 strlen(phrase));
	}
}

/* Of a text of somebody else: C is what follows TIT. */
static void
hints_name_no_vulgar_words(void **state)
{
	struct instance solved;
	(void)state;
	assert_true(hd_lexicon_unspoken(HD_BYTES("TITS")));
	assert_false(hd_lexicon_unspoken(HD_BYTES("TITLES")));
	solve("4:AT,BI:ABAC", HD_PUZZLE_HINT, FUEL, &solved);
	assert_string_equal(solved.solution, "TITS");
	assert_string_equal(solved.hint, "ABAC fits 1 word, so C is S.");
}

static void
no_letter_stands_for_itself_and_few_are_given(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 40; i++) {
		struct instance made;
		assert_true(make(120, (uint8_t)(i % 3), 900 + i, "SILVERKEY", FUEL, &made));
		const char *givens = strchr(made.text, ':') + 1, *cipher = strchr(givens, ':');
		assert_true(cipher - givens <= 12 * 3);
		for (uint32_t k = 0; made.solution[k] != '\0'; k++)
			assert_true(made.solution[k] == ' ' || made.solution[k] != cipher[1 + k]);
	}
}

static void
the_same_seed_gives_the_same_bytes_for_any_fuel(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 12; i++) {
		uint8_t tier = (uint8_t)(i % 3);
		uint16_t letters = i < 6 ? 60 : 120;
		struct instance whole = {.try = 0}, drops = {.try = 0}, sips = {.try = 0};
		assert_true(make(letters, tier, 70 + i, "AMBERCOMPASS", INT64_MAX, &whole));
		assert_true(make(letters, tier, 70 + i, "AMBERCOMPASS", 1, &drops));
		assert_true(make(letters, tier, 70 + i, "AMBERCOMPASS", 7, &sips));
		assert_memory_equal(&whole.rating, &drops.rating, sizeof(whole.rating));
		assert_string_equal(whole.text, drops.text);
		assert_string_equal(whole.text, sips.text);
		assert_string_equal(whole.solution, drops.solution);
		assert_int_equal(whole.try, drops.try);
		assert_int_equal(whole.try, sips.try);
		solve(whole.text, HD_PUZZLE_HINT, INT64_MAX, &whole);
		solve(drops.text, HD_PUZZLE_HINT, 1, &drops);
		assert_string_equal(whole.hint, drops.hint);
		assert_int_equal(whole.verdict, drops.verdict);
		assert_memory_equal(&whole.rating, &drops.rating, sizeof(whole.rating));
	}
}

static void
version_1_makes_what_it_always_made(void **state)
{
	struct instance made;
	(void)state;
	assert_true(make(60, 1, 1, "AMBERCOMPASS", FUEL, &made));
	assert_string_equal(made.text,
			    "60:AE,DU,GN,RD,UI,WF:TZ IPA PDI IPA HQI WAR IPYAA CSR AOOM NPQI IPA "
			    "EUO NCG NQM IPA QBTAY HCBEQMM");
}

/* A document may bring phrases of any letters: the lexicon's words spell them somehow. */
static void
any_letters_can_be_the_answer(void **state)
{
	static const char *const answers[] = {"KRAKENLAIR",    "ANCHOR",
					      "THEBLACKPEARL", "QQQQ",
					      "THETHETHE",     "XYZZYXYZZYXYZZYXYZZYXYZZ",
					      "BANANA",        "ELECTROENCEPHALOGRAPHS"};
	(void)state;
	for (uint32_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		for (uint8_t tier = 0; tier < 3; tier++) {
			uint8_t answer[HD_PHRASE_MAX];
			struct instance made;
			size_t size = strlen(answers[i]);
			assert_true(make(120, tier, i, answers[i], FUEL, &made));
			assert_int_equal(count(made.text), HD_PUZZLE_UNIQUE);
			assert_true(verify(made.text, made.solution));
			assert_int_equal(kind->answer_of(hd_bytes_str(made.text),
							 hd_bytes_str(made.solution), answer),
					 size);
			assert_memory_equal(answer, answers[i], size);
		}
}

static void
texts_of_none_one_and_many_are_told_apart(void **state)
{
	struct instance solved;
	(void)state;
	solve("4:AN,BO:ABBA", HD_PUZZLE_COUNT, FUEL, &solved);
	assert_int_equal(solved.verdict, HD_PUZZLE_UNIQUE);
	assert_string_equal(solved.solution, "NOON");
	solve("4::ABBA", HD_PUZZLE_COUNT, FUEL, &solved);
	assert_int_equal(solved.verdict, HD_PUZZLE_MANY);
	assert_true(verify("4::ABBA", solved.solution));
	/* Once more: two of one solution are not two. */
	assert_int_equal(count("8:AN,BO:ABBA ABBA"), HD_PUZZLE_UNIQUE);
	assert_int_equal(count("1::A"), HD_PUZZLE_MANY);
	/* No word has four letters that are the same, nor 23 of any. */
	assert_int_equal(count("4::AAAA"), HD_PUZZLE_NONE);
	assert_int_equal(count("26::ABCDEFGHIJKLMNOPQRSTUVWXYZ"), HD_PUZZLE_NONE);
	assert_int_equal(count("23::ABCABCABCABCABCABCABCAB"), HD_PUZZLE_NONE);
	/* Words that are none, spelt out and among words. */
	assert_int_equal(count("4:AN,BO,CQ:ABCA"), HD_PUZZLE_NONE);
	assert_int_equal(count("12:AN,BO,CQ:ABBA ABBA ABCA"), HD_PUZZLE_NONE);
	/* Two letters for one. */
	assert_int_equal(count("4:AN,BN:ABBA"), HD_PUZZLE_NONE);
	assert_int_equal(count("4:AN,ZO:ABBA"), HD_PUZZLE_NONE);
}

static void
malformed_texts_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		":",
		"4",
		"4:",
		"4::",
		"4:ABBA",
		"x::ABBA",
		"04::ABBA",
		"3::ABBA",
		"5::ABBA",
		"4::abba",
		"4::AB BA ",
		"4:: ABBA",
		"4::AB  BA",
		"4::AB.BA",
		"4:A:ABBA",
		"4:AN,:ABBA",
		"4:,AN:ABBA",
		"4:AN,BO,:ABBA",
		"4:ANBO:ABBA",
		"4:BO,AN:ABBA",
		"4:AN,AO:ABBA",
		"4:aN:ABBA",
		"4:AN;BO:ABBA",
		"4:AN,BO:ABBA\n",
		"401::A",
		"99999999999::A",
		"-4::ABBA",
		"0::",
		"4::ABBA\tABBA",
		"4:AN,BO,ABBA",
	};
	(void)state;
	for (uint32_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (wrong_with(texts[i]) == NULL)
			fail_msg("'%s' was taken for well formed", texts[i]);
	assert_null(wrong_with("4::ABBA"));
	assert_null(wrong_with("4:AN,BO:ABBA"));
}

static void
params_are_read_as_they_are_written(void **state)
{
	static const char *const wrong[] = {"", "59", "401", "0120", "120x", "x", "1e2", "-60"};
	struct hd_puzzle_params params;
	uint8_t bytes[8];
	struct hd_writer out = hd_writer_of(bytes, sizeof(bytes));
	(void)state;
	assert_null(kind->params_read(HD_BYTES("120"), &params));
	assert_int_equal(params.width, 120);
	kind->params_write(&params, &out);
	assert_memory_equal(bytes, "120", 3);
	assert_null(kind->params_read(hd_bytes_str(kind->defaults), &params));
	for (uint32_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_non_null(kind->params_read(hd_bytes_str(wrong[i]), &params));
}

static void
the_verifier_refuses_whatever_is_changed(void **state)
{
	struct instance made;
	(void)state;
	assert_true(make(120, 0, 3, "VELVETLANTERN", FUEL, &made));
	size_t size = strlen(made.solution);
	for (size_t i = 0; i < size; i++) {
		static const char others[] = "AEQZz .";
		char kept = made.solution[i];
		for (uint32_t k = 0; k < sizeof(others); k++) {
			if (others[k] == kept)
				continue;
			made.solution[i] = others[k];
			assert_false(verify(made.text, made.solution));
		}
		made.solution[i] = kept;
	}
	assert_true(verify(made.text, made.solution));
	assert_false(kind->verify(hd_bytes_str(made.text), hd_bytes_of(made.solution, size - 1)));
	assert_false(kind->verify(hd_bytes_str(made.text), hd_bytes_of(made.solution, size + 1)));
	assert_false(verify(made.text, ""));
	/* Other words of the same shape, other letters for the givens, two letters for one. */
	assert_true(verify("4::ABBA", "DEED"));
	assert_true(verify("4:AD:ABBA", "DEED"));
	assert_false(verify("4:AN:ABBA", "DEED"));
	assert_false(verify("4:ZD:ABBA", "DEED"));
	assert_false(verify("4::ABBA", "DEER"));
	assert_false(verify("4::ABBA", "DDDD"));
	assert_false(verify("4::ABBA", "XEEX"));
	assert_false(verify("4::ABCA", "NOON"));
}

/* Of one text there is no other: with any letter given wrong there is none, though it may take
 * trials to say so. */
static void
a_wrong_given_leaves_none(void **state)
{
	static char written[TEXT_MAX];
	uint32_t tried = 0;
	(void)state;
	for (uint32_t seed = 0; seed < 12; seed++) {
		struct hd_cryptogram_text text;
		struct instance made, solved;
		assert_true(make(60, 2, seed, "WOODENKEYHOLE", FUEL, &made));
		assert_null(hd_cryptogram_read(hd_bytes_str(made.text), &text));
		for (uint32_t i = 0; i < text.cipher.size; i++) {
			struct hd_cryptogram_text wrong = text;
			struct hd_writer out = hd_writer_of(written, sizeof(written) - 1);
			if (text.cipher.at[i] == ' ' || text.given[text.cipher.at[i] - 'A'] != 0)
				continue;
			uint8_t *given = &wrong.given[text.cipher.at[i] - 'A'];
			*given = (uint8_t)('A' + (made.solution[i] - 'A' + 1 + (int)seed) % 26);
			hd_cryptogram_write(&wrong, &out);
			hd_write_u8(&out, 0);
			solve(written, HD_PUZZLE_GRADE, FUEL, &solved);
			assert_int_equal(solved.verdict, HD_PUZZLE_NONE);
			assert_int_equal(strlen(solved.solution), 0);
			tried += solved.rating.nodes > 0;
		}
	}
	assert_true(tried > 0);
}

/* What is given up is not unique, though it may be. */
static void
a_search_that_is_given_up_says_so(void **state)
{
	static struct hd_search search;
	struct hd_cryptogram_text text;
	struct instance made;
	int64_t fuel = INT64_MAX;
	uint32_t seed = 0;
	(void)state;
	do
		assert_true(make(60, 2, seed++, "WOODENKEYHOLE", FUEL, &made));
	while (made.rating.nodes < 10);
	assert_null(hd_cryptogram_read(hd_bytes_str(made.text), &text));
	hd_search_begin(&search, &text, HD_SEARCH_FIT, HD_SEARCH_ALL, made.rating.nodes);
	hd_search_step(&search, &fuel);
	assert_true(search.done);
	assert_int_equal(search.verdict, HD_PUZZLE_UNIQUE);
	hd_search_begin(&search, &text, HD_SEARCH_FIT, HD_SEARCH_ALL, made.rating.nodes - 1);
	hd_search_step(&search, &fuel);
	assert_true(search.done);
	assert_int_equal(search.verdict, HD_PUZZLE_BUDGET);
	hd_search_begin(&search, &text, HD_SEARCH_FIT, HD_SEARCH_FEW, made.rating.nodes);
	hd_search_step(&search, &fuel);
	assert_int_equal(search.verdict, HD_PUZZLE_BUDGET);
	assert_int_not_equal(hd_search_unknown(&search), 0);
}

static void
hints_name_the_next_step(void **state)
{
	struct instance solved;
	(void)state;
	solve("4:AN,BO:ABBA", HD_PUZZLE_HINT, FUEL, &solved);
	assert_string_equal(solved.hint, "Every letter is known.");
	solve("8:BO:ABBA ABBA", HD_PUZZLE_HINT, FUEL, &solved);
	assert_string_equal(solved.hint, "More than one text fits.");
	solve("4::AAAA", HD_PUZZLE_HINT, FUEL, &solved);
	assert_string_equal(solved.hint, "No words of the lexicon fit.");
	solve("8:AA,BF,CT,DE:ABCDE ABC", HD_PUZZLE_HINT, FUEL, &solved);
	assert_string_equal(solved.hint, "ABCDE fits only AFTER, so E is R.");
}

/* Whatever a hint says of a letter or a word is so. */
static void
hints_are_true(void **state)
{
	static const char *const starts[] = {"", "With what the other words allow, ",
					     "Nothing follows by itself; "};
	uint32_t seen[3] = {0};
	struct hd_phrases phrases;
	(void)state;
	assert_true(hd_phrases_builtin(HD_PHRASES_VERSION, &phrases));
	for (uint32_t i = 0; i < 300; i++) {
		struct instance made, solved;
		char phrase[HD_PHRASE_MAX + 1] = {0};
		hd_phrases_at(&phrases, i * 211, (uint8_t *)phrase);
		assert_true(make(60, (uint8_t)(i % 3), i, phrase, FUEL, &made));
		solve(made.text, HD_PUZZLE_HINT, FUEL, &solved);
		const char *end = strstr(solved.hint, " is ");
		const char *cipher = strrchr(made.text, ':') + 1;
		uint32_t start = 0;
		while (start < 2 &&
		       strncmp(solved.hint, starts[2 - start], strlen(starts[2 - start])) != 0)
			start++;
		start = 2 - start;
		seen[start]++;
		assert_true(start == 0 || i % 3 > 0);
		assert_int_equal(end == NULL, start == 2);
		if (end != NULL)
			assert_int_equal(made.solution[strchr(cipher, end[-1]) - cipher], end[4]);
		else
			assert_non_null(strstr(solved.hint, ": try "));
	}
	assert_true(seen[0] >= 100 && seen[1] > 0 && seen[2] > 0);
}

/* Every letter stands somewhere in both drawings, and so do the givens. */
static void
drawings_show_the_text_and_what_is_known(void **state)
{
	static uint8_t bytes[256 * 1024];
	struct instance made;
	struct hd_writer out = hd_writer_of(bytes, sizeof(bytes));
	struct hd_bytes none = {0};
	(void)state;
	assert_true(make(400, 0, 8, "MOSSYTOWER", FUEL, &made));
	kind->draw_text(HD_BYTES("7:AN:ABBA ABC"), none, &out);
	hd_write_u8(&out, 0);
	assert_string_equal(bytes, "N _ _ N   N _ _\n"
				   "A B B A   A B C\n\n"
				   "A  3 N\nB  3 _\nC  1 _\n"
				   "Each letter stands for another one, the same throughout. "
				   "The answer is what\n"
				   "follows the last THE, without spaces.\n");
	out = hd_writer_of(bytes, sizeof(bytes));
	kind->draw_text(hd_bytes_str(made.text), hd_bytes_str(made.solution), &out);
	assert_false(out.full);
	assert_null(memchr(bytes, '_', (size_t)(out.at - bytes)));
	out = hd_writer_of(bytes, sizeof(bytes));
	kind->draw_svg(hd_bytes_str(made.text), none, NULL, &out);
	hd_write_u8(&out, 0);
	assert_false(out.full);
	assert_memory_equal(bytes, "<svg", 4);
	assert_non_null(strstr((char *)bytes, "</svg>"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_made_is_unique_as_hard_as_asked_and_has_the_answer),
		cmocka_unit_test(phrases_are_never_split_into_vulgar_words),
		cmocka_unit_test(hints_name_no_vulgar_words),
		cmocka_unit_test(no_letter_stands_for_itself_and_few_are_given),
		cmocka_unit_test(the_same_seed_gives_the_same_bytes_for_any_fuel),
		cmocka_unit_test(version_1_makes_what_it_always_made),
		cmocka_unit_test(any_letters_can_be_the_answer),
		cmocka_unit_test(texts_of_none_one_and_many_are_told_apart),
		cmocka_unit_test(malformed_texts_are_refused),
		cmocka_unit_test(params_are_read_as_they_are_written),
		cmocka_unit_test(the_verifier_refuses_whatever_is_changed),
		cmocka_unit_test(a_wrong_given_leaves_none),
		cmocka_unit_test(a_search_that_is_given_up_says_so),
		cmocka_unit_test(hints_name_the_next_step),
		cmocka_unit_test(hints_are_true),
		cmocka_unit_test(drawings_show_the_text_and_what_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
