/* The lexicon and what looks through it: every word is there, no other is, and 32 at once find what
 * one by one do. */
#include "core/puzzle/cryptogram/lexicon/fit.h"
#include "core/puzzle/cryptogram/story/story_words.h"
#include "core/puzzle/cryptogram/text.h"
#include "core/puzzle/phrases/phrases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium/crypto_generichash.h>

#define WORDS 63875u

struct word {
	char at[HD_LEXICON_LENGTH_MAX + 1];
};

static struct word words[WORDS];
static uint32_t words_count;

static int
order(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
read_all(void **state)
{
	(void)state;
	for (uint32_t g = 0; g < hd_lexicon_groups(); g++) {
		const struct hd_lexicon_group *group = hd_lexicon_group(g);
		for (uint32_t i = 0; i < group->count && words_count < WORDS; i++)
			hd_lexicon_word(group, i, (uint8_t *)words[words_count++].at);
	}
	qsort(words, words_count, sizeof(*words), order);
	return 0;
}

static bool
is_word(const char *word)
{
	return bsearch(word, words, words_count, sizeof(*words), order) != NULL;
}

static void
it_holds_the_words_of_the_dictionary(void **state)
{
	crypto_generichash_state hash;
	uint8_t digest[16];
	char hex[2 * sizeof(digest) + 1];
	(void)state;
	assert_int_equal(words_count, WORDS);
	crypto_generichash_init(&hash, NULL, 0, sizeof(digest));
	for (uint32_t i = 0; i < WORDS; i++) {
		uint8_t line[HD_LEXICON_LENGTH_MAX + 1];
		size_t size = strlen(words[i].at);
		assert_true(i == 0 || strcmp(words[i - 1].at, words[i].at) < 0);
		for (size_t k = 0; k < size; k++)
			line[k] = (uint8_t)(words[i].at[k] - 'A' + 'a');
		line[size] = '\n';
		crypto_generichash_update(&hash, line, size + 1);
	}
	crypto_generichash_final(&hash, digest, sizeof(digest));
	for (uint32_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
	/* Version 1: for ever. */
	assert_string_equal(hex, "e9bb5bff2fc76b1fa5099a3f79b06906");
	assert_string_equal(hex, hd_lexicon_digest());
}

static void
shapes_are_in_order_and_each_is_found(void **state)
{
	(void)state;
	for (uint32_t g = 0; g < hd_lexicon_groups(); g++) {
		const struct hd_lexicon_group *group = hd_lexicon_group(g), *last = group - 1;
		assert_true(
			g == 0 || last->length < group->length ||
			(last->length == group->length && strcmp(last->shape, group->shape) < 0));
		assert_ptr_equal(hd_lexicon_find(group->shape, group->length), group);
	}
	assert_null(hd_lexicon_find("AAAA", 4));
	assert_int_equal(hd_lexicon_find("ABBA", 4)->length, 4);
}

static void
what_is_a_word_is_told_from_what_is_not(void **state)
{
	uint32_t others = 0;
	(void)state;
	for (uint32_t i = 0; i < WORDS; i++) {
		struct word word = words[i];
		size_t size = strlen(word.at);
		assert_true(hd_lexicon_has(hd_bytes_of(word.at, size)));
		/* The words around a word, one letter changed or taken away. */
		word.at[i % size] = (char)('A' + i % 26);
		assert_int_equal(hd_lexicon_has(hd_bytes_of(word.at, size)), is_word(word.at));
		others += !is_word(word.at);
		if (size > 1) {
			word = words[i];
			word.at[size - 1] = '\0';
			assert_int_equal(hd_lexicon_has(hd_bytes_of(word.at, size - 1)),
					 is_word(word.at));
		}
	}
	assert_true(others > WORDS / 2);
	assert_false(hd_lexicon_has(HD_BYTES("")));
	assert_false(hd_lexicon_has(HD_BYTES("ABCDEFGHIJKLMNOPQRSTUVWXYZ")));
}

static void
phrases_are_made_of_its_words(void **state)
{
	struct hd_phrases phrases;
	(void)state;
	assert_true(hd_phrases_builtin(1, &phrases));
	for (uint32_t i = 0; i < phrases.count; i += 257) { /* each word of both tables once */
		uint8_t phrase[HD_PHRASE_MAX];
		uint32_t size = hd_phrases_at(&phrases, i, phrase), first, second;
		uint32_t space = hd_phrases_space(hd_bytes_of(phrase, size), &first, &second);
		assert_int_equal(first * 256 + second, i);
		assert_true(hd_lexicon_has(hd_bytes_of(phrase, space)));
		assert_true(hd_lexicon_has(hd_bytes_of(phrase + space, size - space)));
	}
}

static void
check_word(const char *lower)
{
	struct word word = {{0}};
	for (uint32_t i = 0; lower[i] != '\0'; i++)
		word.at[i] = (char)(lower[i] - 'a' + 'A');
	if (!is_word(word.at))
		fail_msg("%s is not in the lexicon", lower);
}

static void
check_class(const char (*table)[HD_STORY_WORD_BYTES], size_t bytes)
{
	size_t last = 0;
	for (size_t i = 0; i < bytes / HD_STORY_WORD_BYTES; i++) {
		check_word(table[i]);
		assert_true(strlen(table[i]) >= last);
		assert_string_not_equal(table[i], "the");
		/* One of every length between the shortest and the longest. */
		assert_true(i == 0 || strlen(table[i]) <= last + 1);
		last = strlen(table[i]);
	}
}

static void
check_template(const char *template)
{
	struct hd_bytes word;
	uint32_t at = 0;
	while (hd_cryptogram_word(hd_bytes_str(template), &at, &word)) {
		char lower[48] = {0};
		memcpy(lower, word.at, word.size);
		if (word.size == 1 && strchr("APNSLVID", *lower) != NULL)
			continue;
		check_word(lower);
	}
}

static void
stories_are_told_with_its_words(void **state)
{
	(void)state;
	check_class(hd_story_adjectives, sizeof(hd_story_adjectives));
	check_class(hd_story_persons, sizeof(hd_story_persons));
	check_class(hd_story_things, sizeof(hd_story_things));
	check_class(hd_story_many_things, sizeof(hd_story_many_things));
	check_class(hd_story_places, sizeof(hd_story_places));
	check_class(hd_story_did_something, sizeof(hd_story_did_something));
	check_class(hd_story_went_somewhere, sizeof(hd_story_went_somewhere));
	check_class(hd_story_how, sizeof(hd_story_how));
	for (size_t i = 0; i < sizeof(hd_story_sentences) / sizeof(*hd_story_sentences); i++)
		check_template(hd_story_sentences[i]);
	for (size_t i = 0; i < sizeof(hd_story_endings) / sizeof(*hd_story_endings); i++) {
		check_template(hd_story_endings[i]);
		assert_string_equal(strrchr(hd_story_endings[i], ' '), " the");
	}
}

static uint32_t
random_letters(void)
{
	uint32_t how = (uint32_t)rand() % 8;
	uint32_t some = ((uint32_t)rand() << 11 | (uint32_t)rand()) & HD_FIT_ALL;
	if (how < 4)
		return HD_FIT_ALL;
	return how == 4 ? 1u << (uint32_t)rand() % 26 : some;
}

/* Many at once and one by one find the same, in whole groups and in what was kept of them. */
static void
looking_at_32_words_finds_what_looking_at_one_does(void **state)
{
	static struct hd_fit fast, plain;
	static uint8_t kept[HD_LEXICON_GROUP_MAX * HD_LEXICON_DISTINCT_MAX + HD_LEXICON_PADDING];
	uint32_t some = 0;
	(void)state;
	srand(5);
	for (uint32_t round = 0; round < 20000; round++) {
		const struct hd_lexicon_group *group;
		do
			group = hd_lexicon_group((uint32_t)rand() % hd_lexicon_groups());
		while (round % 2 == 0 && group->count < 100);
		struct hd_fit_list list = {hd_lexicon_columns(group), group->count};
		uint32_t domains[HD_LEXICON_DISTINCT_MAX];
		for (uint32_t k = 0; k < group->distinct; k++)
			domains[k] = random_letters();
		memset(&fast, 0, sizeof(fast));
		memset(&plain, 0, sizeof(plain));
		hd_fit(&list, group->distinct, domains, &fast);
		hd_fit_plain(&list, group->distinct, domains, &plain);
		assert_int_equal(fast.count, plain.count);
		assert_memory_equal(fast.letters, plain.letters, sizeof(fast.letters));
		assert_memory_equal(fast.words, plain.words, sizeof(fast.words));
		some += fast.count > 8;
		if (fast.count == 0)
			continue;
		hd_fit_keep(&list, group->distinct, &fast, kept);
		list = (struct hd_fit_list){kept, fast.count};
		hd_fit(&list, group->distinct, domains, &plain);
		assert_int_equal(plain.count, fast.count);
		assert_memory_equal(plain.letters, fast.letters, sizeof(fast.letters));
	}
	assert_true(some > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_holds_the_words_of_the_dictionary),
		cmocka_unit_test(shapes_are_in_order_and_each_is_found),
		cmocka_unit_test(what_is_a_word_is_told_from_what_is_not),
		cmocka_unit_test(phrases_are_made_of_its_words),
		cmocka_unit_test(stories_are_told_with_its_words),
		cmocka_unit_test(looking_at_32_words_finds_what_looking_at_one_does),
	};
	return cmocka_run_group_tests(tests, read_all, NULL);
}
