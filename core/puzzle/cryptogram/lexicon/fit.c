#include "core/puzzle/cryptogram/lexicon/fit.h"

#include "huntd/assert.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define BLOCK 32u
#define FEW   8u /* words that are looked at one by one */

static uint32_t
bit_of(uint8_t letter)
{
	return 1u << (letter - 'a');
}

/* What the letters of the words that fit are, word by word. */
static void
letters_of_few(const struct hd_fit_list *list, uint32_t distinct, struct hd_fit *fit)
{
	uint32_t blocks = (list->count + BLOCK - 1) / BLOCK;
	HD_ASSERT(distinct <= HD_LEXICON_DISTINCT_MAX);
	memset(fit->letters, 0, sizeof(fit->letters));
	for (uint32_t b = 0; b < blocks; b++)
		for (uint32_t left = fit->words[b]; left != 0; left &= left - 1) {
			const uint8_t *at =
				list->columns + b * BLOCK + (uint32_t)__builtin_ctz(left);
			for (uint32_t k = 0; k < distinct; k++)
				fit->letters[k] |= bit_of(at[k * list->count]);
		}
}

void
hd_fit_plain(const struct hd_fit_list *list, uint32_t distinct, const uint32_t *domains,
	     struct hd_fit *fit)
{
	HD_ASSERT(list->count <= HD_LEXICON_GROUP_MAX && distinct <= HD_LEXICON_DISTINCT_MAX);
	fit->count = 0;
	memset(fit->words, 0, (list->count + BLOCK - 1) / BLOCK * sizeof(*fit->words));
	for (uint32_t i = 0; i < list->count; i++) {
		uint32_t k = 0;
		while (k < distinct &&
		       (domains[k] & bit_of(list->columns[k * list->count + i])) != 0)
			k++;
		fit->words[i / BLOCK] |= (uint32_t)(k == distinct) << i % BLOCK;
		fit->count += k == distinct;
	}
	letters_of_few(list, distinct, fit);
}

void
hd_fit_keep(const struct hd_fit_list *list, uint32_t distinct, const struct hd_fit *fit,
	    uint8_t *columns)
{
	uint32_t blocks = (list->count + BLOCK - 1) / BLOCK;
	HD_ASSERT(fit->count <= list->count && distinct > 0);
	for (uint32_t k = 0; k < distinct; k++)
		for (uint32_t b = 0; b < blocks; b++)
			for (uint32_t left = fit->words[b]; left != 0; left &= left - 1)
				*columns++ = list->columns[k * list->count + b * BLOCK +
							   (uint32_t)__builtin_ctz(left)];
}

#if defined(__AVX2__)

/* A shuffle looks up 16 entries, and gives 0 for an index of 128 or more. So two tables serve 26
 * letters: a-p are moved to 0x70..0x7f for the one, q-z to 0..9 for the other, and whatever is not
 * a table's own moves beyond 127. */
static __m256i
index_low(__m256i letters)
{
	return _mm256_add_epi8(letters, _mm256_set1_epi8(0x70 - 'a'));
}

static __m256i
index_high(__m256i letters)
{
	return _mm256_sub_epi8(letters, _mm256_set1_epi8('a' + 16));
}

/* 16 entries: all ones where the bit of `bits` is set. */
static __m256i
table_of(uint32_t bits)
{
	const __m256i half = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0,
					      0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
	const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201u);
	__m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi16((short)bits), half);
	return _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit), bit);
}

static __m256i
load(const uint8_t *at)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

/* How many words fit; a byte of `fits` is not 0 where its word does, as the bit of `words`. */
static uint32_t
match(const struct hd_fit_list *list, uint32_t distinct, const uint32_t *domains, uint32_t *words,
      __m256i *fits)
{
	__m256i low[HD_LEXICON_DISTINCT_MAX], high[HD_LEXICON_DISTINCT_MAX];
	const uint8_t *column[HD_LEXICON_DISTINCT_MAX];
	uint32_t used = 0, count = 0;
	for (uint32_t k = 0; k < distinct; k++) {
		if (domains[k] == HD_FIT_ALL)
			continue;
		column[used] = list->columns + k * list->count;
		low[used] = table_of(domains[k] & 0xffff);
		high[used++] = table_of(domains[k] >> 16);
	}
	for (uint32_t at = 0; at < list->count; at += BLOCK) {
		__m256i all = _mm256_set1_epi8(-1);
		for (uint32_t k = 0; k < used; k++) {
			__m256i letters = load(column[k] + at);
			__m256i in =
				_mm256_or_si256(_mm256_shuffle_epi8(low[k], index_low(letters)),
						_mm256_shuffle_epi8(high[k], index_high(letters)));
			all = _mm256_and_si256(all, in);
		}
		uint32_t bits = (uint32_t)_mm256_movemask_epi8(all);
		if (list->count - at < BLOCK)
			bits &= (1u << (list->count - at)) - 1;
		words[at / BLOCK] = bits;
		fits[at / BLOCK] = all;
		count += (uint32_t)__builtin_popcount(bits);
	}
	return count;
}

/* The last block has bytes that are no words'. */
static void
cut_tail(const struct hd_fit_list *list, __m256i *fits)
{
	uint8_t bytes[BLOCK];
	uint32_t tail = list->count % BLOCK;
	if (tail == 0)
		return;
	_mm256_storeu_si256((__m256i *)(void *)bytes, fits[list->count / BLOCK]);
	memset(bytes + tail, 0, BLOCK - tail);
	fits[list->count / BLOCK] = load(bytes);
}

/* Any bit of the 32 bytes, in one. */
static uint32_t
fold(__m256i bytes)
{
	__m128i half =
		_mm_or_si128(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
	uint64_t rest = (uint64_t)_mm_cvtsi128_si64(half) | (uint64_t)_mm_extract_epi64(half, 1);
	rest |= rest >> 32;
	rest |= rest >> 16;
	return (uint32_t)(rest | rest >> 8) & 0xff;
}

static uint32_t
letters_of(const uint8_t *column, uint32_t count, const uint32_t *words, const __m256i *fits)
{
	const __m256i even = _mm256_set_epi64x(0, (long long)0x8040201008040201u, 0,
					       (long long)0x8040201008040201u);
	const __m256i odd = _mm256_set_epi64x((long long)0x8040201008040201u, 0,
					      (long long)0x8040201008040201u, 0);
	__m256i sum[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
			  _mm256_setzero_si256()};
	for (uint32_t at = 0; at < count; at += BLOCK) {
		if (words[at / BLOCK] == 0)
			continue;
		__m256i letters = load(column + at), fit = fits[at / BLOCK];
		__m256i low = index_low(letters), high = index_high(letters);
		const __m256i found[4] = {
			_mm256_shuffle_epi8(even, low), _mm256_shuffle_epi8(odd, low),
			_mm256_shuffle_epi8(even, high), _mm256_shuffle_epi8(odd, high)};
		for (uint32_t i = 0; i < 4; i++)
			sum[i] = _mm256_or_si256(sum[i], _mm256_and_si256(found[i], fit));
	}
	return fold(sum[0]) | fold(sum[1]) << 8 | fold(sum[2]) << 16 | fold(sum[3]) << 24;
}

void
hd_fit(const struct hd_fit_list *list, uint32_t distinct, const uint32_t *domains,
       struct hd_fit *fit)
{
	__m256i fits[HD_FIT_BLOCKS];
	HD_ASSERT(list->count <= HD_LEXICON_GROUP_MAX && distinct <= HD_LEXICON_DISTINCT_MAX);
	fit->count = match(list, distinct, domains, fit->words, fits);
	if (fit->count <= FEW) {
		letters_of_few(list, distinct, fit);
		return;
	}
	cut_tail(list, fits);
	for (uint32_t k = 0; k < distinct; k++) {
		bool known = (domains[k] & (domains[k] - 1)) == 0;
		fit->letters[k] = known ? domains[k]
					: letters_of(list->columns + k * list->count, list->count,
						     fit->words, fits);
	}
}

#else

void
hd_fit(const struct hd_fit_list *list, uint32_t distinct, const uint32_t *domains,
       struct hd_fit *fit)
{
	hd_fit_plain(list, distinct, domains, fit);
}

#endif
