/* What an answer comes to under each profile: what a player may type for the same thing. */
#include "huntd/core.h"
#include "tests/lib/lib.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <utf8proc.h>

static const enum hd_profile profiles[] = {HD_PROFILE_LETTERS_DIGITS, HD_PROFILE_LETTERS,
					   HD_PROFILE_ASCII, HD_PROFILE_EXACT, HD_PROFILE_FOLD};

static void
expect(enum hd_profile profile, const char *answer, const char *normal)
{
	uint8_t out[HD_NORMAL_MAX];
	uint32_t size = hd_normalise(profile, hd_bytes_str(answer), out);
	if (size != strlen(normal) || memcmp(out, normal, size) != 0)
		fail_msg("`%s` came to `%.*s`, not `%s`", answer, (int)size, out, normal);
}

static void
letters_and_digits_are_the_same_however_they_are_typed(void **state)
{
	(void)state;
	const enum hd_profile p = HD_PROFILE_LETTERS_DIGITS;
	expect(p, "Pieces of Eight!", "PIECESOFEIGHT");
	expect(p, "GOLD", "GOLD");
	expect(p, "x7-kraken", "X7KRAKEN");
	expect(p,
	       "\xc5\x81\xc3\xb3"
	       "d\xc5\xba 7",
	       "\xc5\x81"
	       "ODZ7"); /* Łódź 7 */
	expect(p,
	       "\xc5\x82\xc3\xb3"
	       "d\xc5\xba"
	       "7",
	       "\xc5\x81"
	       "ODZ7");                                   /* łódź7 */
	expect(p, "e\xcc\x81t\xc3\xa9", "ETE");           /* é in one and in two characters */
	expect(p, "\xef\xbc\xa7\xef\xbc\xaf 42", "GO42"); /* full-width GO */
	expect(p, "x\xc2\xb2", "X2");                     /* superscript two */
	expect(p, "\xe2\x85\xa7", "VIII");                /* Roman numeral eight */
	expect(p, "\xef\xac\x81sh", "FISH");              /* fi ligature */
	expect(p,
	       "stra\xc3\x9f"
	       "e",
	       "STRASSE");
	expect(p,
	       "STRA\xe1\xba\x9e"
	       "E",
	       "STRASSE");
	expect(p, "\xcf\x83\xce\xbf\xcf\x86\xcf\x8c\xcf\x82",
	       "\xce\xa3\xce\x9f\xce\xa6\xce\x9f\xce\xa3");
	expect(p, "\xd0\xb9\xd0\xbe\xd0\xb4", "\xd0\x98\xd0\x9e\xd0\x94"); /* й loses its mark */
	expect(p, "\xe4\xba\x8c\xe3\x80\x87", "\xe4\xba\x8c\xe3\x80\x87"); /* 二〇 */
	expect(p, "\xd9\xa3", "\xd9\xa3");      /* an Arabic digit is a digit */
	expect(p, "\xf0\x9f\x98\x80 ok", "OK"); /* an emoji is not a letter */
}

static void
letters_drop_digits_and_ascii_drops_other_scripts(void **state)
{
	(void)state;
	expect(HD_PROFILE_LETTERS, "Route 66", "ROUTE");
	expect(HD_PROFILE_LETTERS, "\xc3\xa9 66 \xe3\x80\x87", "E");
	expect(HD_PROFILE_LETTERS, "66", "");
	expect(HD_PROFILE_ASCII, "Caf\xc3\xa9 no. 5", "CAFENO5");
	expect(HD_PROFILE_ASCII,
	       "\xc5\x81\xc3\xb3"
	       "d\xc5\xba",
	       "ODZ");
	expect(HD_PROFILE_ASCII, "\xd0\xb9\xd0\xbe\xd0\xb4", "");
}

static void
exact_and_fold_change_no_more_than_they_say(void **state)
{
	(void)state;
	expect(HD_PROFILE_EXACT, "Gold \xff!", "Gold \xff!");
	expect(HD_PROFILE_FOLD, "Gold Coast!", "gold coast!");
	expect(HD_PROFILE_FOLD, "GRO\xc3\x9f \xc3\x89", "gross \xc3\xa9");
	expect(HD_PROFILE_FOLD, "E\xcc\x81", "e\xcc\x81");
	expect(HD_PROFILE_FOLD, "\xef\xac\x81", "fi"); /* full folding, not NFKD */
	expect(HD_PROFILE_FOLD, "\xc2\xb2", "\xc2\xb2");
}

static void
what_has_no_normal_form_comes_to_nothing(void **state)
{
	(void)state;
	uint8_t out[HD_NORMAL_MAX], long_answer[HD_ANSWER_MAX + 1];
	memset(long_answer, 'a', sizeof(long_answer));
	static const char *const broken[] = {
		"a\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"};
	for (size_t p = 0; p < 5; p++) {
		assert_int_equal(hd_normalise(profiles[p], HD_BYTES(""), out), 0);
		assert_int_equal(
			hd_normalise(profiles[p], hd_bytes_of(long_answer, HD_ANSWER_MAX), out),
			HD_ANSWER_MAX);
		assert_int_equal(
			hd_normalise(profiles[p], hd_bytes_of(long_answer, HD_ANSWER_MAX + 1), out),
			0);
		for (size_t i = 0; i < 6 && profiles[p] != HD_PROFILE_EXACT; i++)
			assert_int_equal(hd_normalise(profiles[p], hd_bytes_str(broken[i]), out),
					 0);
	}
	expect(HD_PROFILE_LETTERS_DIGITS, " -!? ", "");
}

/* U+FDFA is the character that NFKD lengthens most: 3 bytes become 33. */
static void
a_form_that_grows_too_long_is_refused_not_cut(void **state)
{
	(void)state;
	uint8_t answer[HD_ANSWER_MAX], out[HD_NORMAL_MAX];
	for (uint32_t i = 0; i + 3 <= HD_ANSWER_MAX; i += 3)
		memcpy(answer + i, "\xef\xb7\xba", 3);
	const enum hd_profile p = HD_PROFILE_LETTERS_DIGITS;
	uint32_t one = hd_normalise(p, hd_bytes_of(answer, 3), out);
	assert_int_equal(one, 30); /* without its three spaces */
	uint32_t most = HD_NORMAL_MAX / one;
	assert_int_equal(hd_normalise(p, hd_bytes_of(answer, most * 3), out), most * one);
	assert_int_equal(hd_normalise(p, hd_bytes_of(answer, (most + 1) * 3), out), 0);
	assert_int_equal(hd_normalise(p, hd_bytes_of(answer, 255), out), 0);
}

static void
every_character_has_one_form_that_stays(void **state)
{
	(void)state;
	uint8_t once[HD_NORMAL_MAX], twice[HD_NORMAL_MAX], bytes[4];
	for (utf8proc_int32_t c = 1; c < 0x110000; c++) {
		if (!utf8proc_codepoint_valid(c))
			continue;
		struct hd_bytes answer = hd_bytes_of(bytes, (size_t)utf8proc_encode_char(c, bytes));
		for (size_t p = 0; p < 5; p++) {
			uint32_t size = hd_normalise(profiles[p], answer, once);
			if (size == 0)
				continue;
			uint32_t again = hd_normalise(profiles[p], hd_bytes_of(once, size), twice);
			if (again != size || memcmp(once, twice, size) != 0)
				fail_msg("U+%04X changes again in profile %zu", (unsigned)c, p);
		}
	}
}

static void
any_bytes_are_taken(void **state)
{
	(void)state;
	uint64_t seed = 20260101;
	for (int round = 0; round < 200000; round++) {
		uint8_t answer[HD_ANSWER_MAX], out[HD_NORMAL_MAX];
		uint32_t size = (uint32_t)(hd_test_random(&seed) % (HD_ANSWER_MAX + 1));
		size = round % 2 ? size : size % 9;
		for (uint32_t i = 0; i < size; i++)
			answer[i] = (uint8_t)(hd_test_random(&seed) & (round % 4 ? 0xff : 0x7f));
		uint32_t got = hd_normalise(profiles[round % 5], hd_bytes_of(answer, size), out);
		assert_true(got <= HD_NORMAL_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_and_digits_are_the_same_however_they_are_typed),
		cmocka_unit_test(letters_drop_digits_and_ascii_drops_other_scripts),
		cmocka_unit_test(exact_and_fold_change_no_more_than_they_say),
		cmocka_unit_test(what_has_no_normal_form_comes_to_nothing),
		cmocka_unit_test(a_form_that_grows_too_long_is_refused_not_cut),
		cmocka_unit_test(every_character_has_one_form_that_stays),
		cmocka_unit_test(any_bytes_are_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
