/* normalise.c - the answer profiles.
 *
 * letters, letters-digits and ascii take NFKD first, so that what is left of a letter without its
 * marks is the letter; then they keep classes of characters (L*; L* and N*; ASCII letters and
 * digits), then raise case. Raising is the simple upper-case of the full case folding, one
 * character at a time: sharp s gives SS, final sigma gives SIGMA, and a form raised again stays as
 * it is. A letter that NFKD does not take apart, like L with stroke, stays a letter of its own.
 * `fold` is the full case folding alone. utf8proc's decompose works in the caller's buffer and
 * takes no memory. */
#include "huntd/assert.h"
#include "huntd/core.h"

#include <utf8proc.h>

/* NFKD makes at most 18 characters of one, which has 3 bytes (U+FDFA). */
#define POINTS_MAX (HD_ANSWER_MAX / 3 * 18 + 18)
#define RAISED_MAX 4 /* characters that one letter folds to */

struct points {
	utf8proc_int32_t at[POINTS_MAX];
	uint32_t count;
};

/* Letters (and digits) of ASCII in upper case; false where a byte is not ASCII. */
static bool
raise_ascii(struct hd_bytes answer, bool digits, uint8_t *out, uint32_t *size)
{
	HD_ASSERT(answer.size <= HD_ANSWER_MAX);
	uint32_t kept = 0, seen = 0;
	for (uint32_t i = 0; i < answer.size; i++) {
		uint32_t c = answer.at[i];
		uint32_t letter = (c | 0x20) - 'a' < 26;
		uint32_t digit = c - '0' < 10;
		seen |= c;
		out[kept] = (uint8_t)(c & ~(letter << 5));
		kept += letter | (digit & digits);
	}
	*size = kept;
	return seen < 0x80;
}

static bool
fold_ascii(struct hd_bytes answer, uint8_t *out)
{
	HD_ASSERT(answer.size <= HD_ANSWER_MAX);
	uint32_t seen = 0;
	for (uint32_t i = 0; i < answer.size; i++) {
		uint32_t c = answer.at[i];
		seen |= c;
		out[i] = (uint8_t)(c | (uint32_t)(c - 'A' < 26) << 5);
	}
	return seen < 0x80;
}

/* False: not UTF-8. */
static bool
decompose(struct hd_bytes answer, unsigned options, struct points *points)
{
	utf8proc_ssize_t count = utf8proc_decompose(answer.at, answer.size, points->at, POINTS_MAX,
						    (utf8proc_option_t)options);
	HD_ASSERT(count <= POINTS_MAX);
	points->count = count > 0 ? (uint32_t)count : 0;
	return count > 0;
}

static bool
keeps(enum hd_profile profile, utf8proc_int32_t c)
{
	if (profile == HD_PROFILE_ASCII)
		return ((uint32_t)c | 0x20) - 'a' < 26 || (uint32_t)c - '0' < 10;
	utf8proc_category_t category = utf8proc_category(c);
	bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
	bool number = category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
	return letter || (number && profile == HD_PROFILE_LETTERS_DIGITS);
}

/* Appends; false where the normal form would be too long. */
static bool
append(utf8proc_int32_t c, uint8_t *out, uint32_t *size)
{
	HD_ASSERT(*size <= HD_NORMAL_MAX);
	uint8_t bytes[4];
	uint32_t length = (uint32_t)utf8proc_encode_char(c, bytes);
	HD_ASSERT(length > 0 && length <= sizeof(bytes));
	if (length > HD_NORMAL_MAX - *size)
		return false;
	memcpy(out + *size, bytes, length);
	*size += length;
	return true;
}

static bool
append_raised(utf8proc_int32_t c, uint8_t *out, uint32_t *size)
{
	utf8proc_int32_t folded[RAISED_MAX];
	utf8proc_ssize_t count =
		utf8proc_decompose_char(c, folded, RAISED_MAX, UTF8PROC_CASEFOLD, NULL);
	HD_ASSERT(count > 0 && count <= RAISED_MAX);
	for (utf8proc_ssize_t i = 0; i < count; i++)
		if (!append(utf8proc_toupper(folded[i]), out, size))
			return false;
	return true;
}

static uint32_t
raise_unicode(enum hd_profile profile, struct hd_bytes answer, uint8_t *out)
{
	struct points points;
	uint32_t size = 0;
	if (!decompose(answer, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &points))
		return 0;
	for (uint32_t i = 0; i < points.count; i++)
		if (keeps(profile, points.at[i]) && !append_raised(points.at[i], out, &size))
			return 0;
	return size;
}

static uint32_t
fold_unicode(struct hd_bytes answer, uint8_t *out)
{
	struct points points;
	uint32_t size = 0;
	if (!decompose(answer, UTF8PROC_CASEFOLD, &points))
		return 0;
	for (uint32_t i = 0; i < points.count; i++)
		if (!append(points.at[i], out, &size))
			return 0;
	return size;
}

uint32_t
hd_normalise(enum hd_profile profile, struct hd_bytes answer, uint8_t *out)
{
	HD_ASSERT(profile <= HD_PROFILE_FOLD);
	HD_ASSERT(out != NULL && (answer.at != NULL || answer.size == 0));
	if (answer.size == 0 || answer.size > HD_ANSWER_MAX)
		return 0;
	uint32_t size;
	switch (profile) {
	case HD_PROFILE_EXACT:
		memcpy(out, answer.at, answer.size);
		return answer.size;
	case HD_PROFILE_FOLD:
		return fold_ascii(answer, out) ? answer.size : fold_unicode(answer, out);
	case HD_PROFILE_LETTERS:
	case HD_PROFILE_LETTERS_DIGITS:
	case HD_PROFILE_ASCII:
		if (raise_ascii(answer, profile != HD_PROFILE_LETTERS, out, &size))
			return size;
		return raise_unicode(profile, answer, out);
	}
	HD_UNREACHABLE();
}
