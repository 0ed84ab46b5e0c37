/* The list of phrases: every one can be found again, and none is taken for another. */
#include "huntd/puzzle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define EACH_MAX 400u /* ways to strike two letters out of a phrase, one, or none */

static struct hd_phrases
builtin(void)
{
	struct hd_phrases phrases;
	assert_true(hd_phrases_builtin(HD_PHRASES_VERSION, &phrases));
	return phrases;
}

static void
there_are_enough_and_only_of_versions_that_are_known(void **state)
{
	struct hd_phrases phrases = builtin();
	(void)state;
	assert_true(phrases.count >= 65536);
	assert_int_equal(phrases.version, HD_PHRASES_VERSION);
	assert_false(hd_phrases_builtin(0, &phrases));
	assert_false(hd_phrases_builtin(HD_PHRASES_VERSION + 1, &phrases));
}

static void
each_is_letters_and_is_found_at_its_own_place(void **state)
{
	struct hd_phrases phrases = builtin();
	(void)state;
	for (uint32_t i = 0; i < phrases.count; i++) {
		uint8_t phrase[HD_PHRASE_MAX];
		uint32_t size = hd_phrases_at(&phrases, i, phrase), index = UINT32_MAX;
		assert_in_range(size, HD_PHRASE_MIN, HD_PHRASE_MAX);
		for (uint32_t k = 0; k < size; k++)
			assert_in_range(phrase[k], 'A', 'Z');
		/* A phrase that read like another would be found at the other's place. */
		assert_true(hd_phrases_find(&phrases, hd_bytes_of(phrase, size), &index));
		assert_int_equal(index, i);
	}
}

static void
the_first_ones_are_what_they_were(void **state)
{
	struct hd_phrases phrases = builtin();
	uint8_t phrase[HD_PHRASE_MAX];
	(void)state;
	assert_int_equal(hd_phrases_at(&phrases, 0, phrase), 12);
	assert_memory_equal(phrase, "AGELESSACORN", 12);
	assert_int_equal(hd_phrases_at(&phrases, 65535, phrase), 12);
	assert_memory_equal(phrase, "ZIGZAGZODIAC", 12);
}

static void
what_is_not_in_the_list_is_not_found(void **state)
{
	static const char *const others[] = {"",
					     "A",
					     "ACORN",
					     "AGELESSACORM",
					     "agelessacorn",
					     "AGELESS ACORN",
					     "ACORNAGELESS",
					     "AGELESS",
					     "AGELESSACORNACORNACORNACORN"};
	struct hd_phrases phrases = builtin();
	uint32_t index;
	(void)state;
	for (uint32_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(hd_phrases_find(&phrases, hd_bytes_str(others[i]), &index));
}

static void
a_documents_own_list_is_read_as_it_stands(void **state)
{
	struct hd_bytes own[] = {HD_BYTES("ANCHOR"), HD_BYTES("ANCHORAGE"), HD_BYTES("BUOY"),
				 HD_BYTES("WHALE2")};
	struct hd_phrases phrases = {.count = 4, .own = own};
	uint8_t phrase[HD_PHRASE_MAX];
	uint32_t index;
	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(hd_phrases_at(&phrases, i, phrase), own[i].size);
		assert_memory_equal(phrase, own[i].at, own[i].size);
		assert_true(hd_phrases_find(&phrases, own[i], &index));
		assert_int_equal(index, i);
	}
	assert_false(hd_phrases_find(&phrases, HD_BYTES("AGELESSACORN"), &index));
	assert_false(hd_phrases_find(&phrases, HD_BYTES("ANCHORAG"), &index));
	assert_false(hd_phrases_find(&phrases, HD_BYTES("BUOYS"), &index));
}

/* Two texts are within distance 2 only where striking at most two letters out of each leaves the
 * same: strike them out of all phrases in every way, and sort what is left by its hash. */
struct rest {
	uint64_t hash;
	uint32_t index;
};

static int
rest_order(const void *a, const void *b)
{
	const struct rest *x = a, *y = b;
	return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash)
				  : (x->index > y->index) - (x->index < y->index);
}

static uint64_t
hash_without(const uint8_t *phrase, uint32_t size, uint32_t a, uint32_t b)
{
	uint64_t hash = 14695981039346656037u;
	for (uint32_t i = 0; i < size; i++)
		if (i != a && i != b)
			hash = (hash ^ phrase[i]) * 1099511628211u;
	return hash ^ hash >> 29;
}

/* Levenshtein's distance. */
static uint32_t
distance(const uint8_t *a, uint32_t a_size, const uint8_t *b, uint32_t b_size)
{
	uint32_t row[HD_PHRASE_MAX + 1];
	for (uint32_t k = 0; k <= b_size; k++)
		row[k] = k;
	for (uint32_t i = 1; i <= a_size; i++) {
		uint32_t corner = row[0];
		row[0] = i;
		for (uint32_t k = 1; k <= b_size; k++) {
			uint32_t best = corner + (a[i - 1] != b[k - 1]);
			best = row[k] + 1 < best ? row[k] + 1 : best;
			best = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
			corner = row[k];
			row[k] = best;
		}
	}
	return row[b_size];
}

static uint32_t
close_pairs(const struct hd_phrases *phrases, const struct rest *rests, uint32_t count)
{
	uint32_t close = 0;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t k = i + 1; k < count && rests[k].hash == rests[i].hash; k++) {
			uint8_t a[HD_PHRASE_MAX], b[HD_PHRASE_MAX];
			uint32_t a_size = hd_phrases_at(phrases, rests[i].index, a);
			uint32_t b_size = hd_phrases_at(phrases, rests[k].index, b);
			close += rests[i].index != rests[k].index &&
				 distance(a, a_size, b, b_size) <= 2;
		}
	return close;
}

static void
no_two_are_two_slips_of_the_finger_apart(void **state)
{
	struct hd_phrases phrases = builtin();
	struct rest *rests = malloc((size_t)phrases.count * EACH_MAX * sizeof(*rests));
	uint32_t count = 0;
	(void)state;
	assert_non_null(rests);
	assert_int_equal(distance((const uint8_t *)"ABCD", 4, (const uint8_t *)"BCE", 3), 2);
	for (uint32_t i = 0; i < phrases.count; i++) {
		uint8_t phrase[HD_PHRASE_MAX];
		uint32_t size = hd_phrases_at(&phrases, i, phrase);
		for (uint32_t a = 0; a <= size; a++) /* at `size`: none is struck out */
			for (uint32_t b = a; b <= size; b++)
				rests[count++] = (struct rest){hash_without(phrase, size, a, b), i};
	}
	qsort(rests, count, sizeof(*rests), rest_order);
	assert_int_equal(close_pairs(&phrases, rests, count), 0);
	free(rests);
}

/* Every count up to 300, so every way that a network's bits are cut, and one that is no power. */
static void
deals_below_the_count_have_each_phrase_once_and_lead_back(void **state)
{
	static const uint8_t secret[32] = {7};
	static uint8_t seen[70001];
	(void)state;
	for (uint32_t count = 1; count <= sizeof(seen);
	     count = count < 300 ? count + 1 : 3 * count) {
		uint32_t challenge = count % 5;
		memset(seen, 0, sizeof(seen));
		for (uint32_t d = 0; d < count; d++) {
			uint32_t index = hd_puzzle_phrase_of(secret, challenge, count, d);
			assert_true(index < count);
			assert_int_equal(seen[index]++, 0);
			assert_int_equal(hd_puzzle_phrase_deal(secret, challenge, count, index), d);
			assert_int_equal(
				hd_puzzle_phrase_of(secret, challenge, count, d + 3ull * count),
				index);
		}
	}
}

/* For ever: a log says d, and the phrase is found again. Values written down when first made. */
static void
the_phrases_of_deals_are_what_they_were(void **state)
{
	static const struct {
		uint32_t count, challenge, d, index;
	} known[] = {{1u, 0u, 0u, 0u},
		     {2u, 0u, 0u, 1u},
		     {2u, 1u, 0u, 1u},
		     {3u, 0u, 1u, 1u},
		     {10u, 4u, 7u, 5u},
		     {1000u, 0u, 0u, 246u},
		     {1000u, 0u, 1u, 474u},
		     {1000u, 1u, 0u, 240u},
		     {65536u, 0u, 0u, 3750u},
		     {65536u, 9u, 65535u, 51880u},
		     {70000u, 3u, 12345u, 67016u},
		     {100003u, 3u, 1048576u, 36955u},
		     {4194305u, 77u, 4000000u, 3314099u},
		     {2147483647u, 1000u, 1073741824u, 1443522632u}};
	uint8_t secret[32];
	(void)state;
	for (uint32_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)i;
	for (uint32_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		assert_int_equal(
			hd_puzzle_phrase_of(secret, known[i].challenge, known[i].count, known[i].d),
			known[i].index);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_enough_and_only_of_versions_that_are_known),
		cmocka_unit_test(each_is_letters_and_is_found_at_its_own_place),
		cmocka_unit_test(the_first_ones_are_what_they_were),
		cmocka_unit_test(what_is_not_in_the_list_is_not_found),
		cmocka_unit_test(a_documents_own_list_is_read_as_it_stands),
		cmocka_unit_test(deals_below_the_count_have_each_phrase_once_and_lead_back),
		cmocka_unit_test(the_phrases_of_deals_are_what_they_were),
		cmocka_unit_test(no_two_are_two_slips_of_the_finger_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
