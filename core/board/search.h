/* search.h - finding places in nodes by counting.
 *
 * Keys of a node are sorted, so the place of a key is the number of keys before it: counted over
 * the whole array, four at a time, without a branch that depends on the data. That beats bisection
 * here, since all loads go out at once. Order: score down, subscore down, time up, id up. */
#ifndef HUNTD_CORE_BOARD_SEARCH_H
#define HUNTD_CORE_BOARD_SEARCH_H

#include "core/board/node.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

/* The places in a sorted array that hold a value, or where it would stand: [first, last). */
struct hd_span {
	uint32_t first, last;
};

#ifdef __AVX2__
static inline __m256i
hd_search_tail(uint32_t count)
{
	return _mm256_cmpgt_epi64(_mm256_set1_epi64x((int64_t)count),
				  _mm256_setr_epi64x(0, 1, 2, 3));
}

static inline uint32_t
hd_search_sum(__m256i lanes)
{
	__m128i two =
		_mm_add_epi64(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
	return (uint32_t)(_mm_cvtsi128_si64(two) + _mm_extract_epi64(two, 1));
}

/* `flip` is 0 for a descending array and -1 for an ascending one: ~x reverses the order. */
static inline struct hd_span
hd_search_span(const int64_t *at, uint32_t count, int64_t value, int64_t flip)
{
	__m256i reverse = _mm256_set1_epi64x(flip), key = _mm256_set1_epi64x(value ^ flip);
	__m256i before = _mm256_setzero_si256(), equal = before;
	uint32_t i = 0;
	for (; i + 4 <= count; i += 4) {
		__m256i x = _mm256_xor_si256(
			_mm256_loadu_si256((const __m256i *)(const void *)(at + i)), reverse);
		before = _mm256_sub_epi64(before, _mm256_cmpgt_epi64(x, key));
		equal = _mm256_sub_epi64(equal, _mm256_cmpeq_epi64(x, key));
	}
	if (i < count) {
		__m256i mask = hd_search_tail(count - i);
		__m256i x = _mm256_maskload_epi64((const long long *)(at + i), mask);
		x = _mm256_xor_si256(x, reverse);
		before = _mm256_sub_epi64(before,
					  _mm256_and_si256(mask, _mm256_cmpgt_epi64(x, key)));
		equal = _mm256_sub_epi64(equal, _mm256_and_si256(mask, _mm256_cmpeq_epi64(x, key)));
	}
	uint32_t first = hd_search_sum(before);
	return (struct hd_span){first, first + hd_search_sum(equal)};
}

/* The index of a handle among `count`; `count` where it is not there. */
static inline uint32_t
hd_search_handle(const uint32_t *at, uint32_t count, uint32_t handle)
{
	__m256i key = _mm256_set1_epi32((int)handle);
	uint32_t i = 0;
	for (; i + 8 <= count; i += 8) {
		__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(at + i));
		int hits = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(x, key)));
		if (hits)
			return i + (uint32_t)__builtin_ctz((unsigned)hits);
	}
	while (i < count && at[i] != handle)
		i++;
	return i;
}

static inline uint64_t
hd_search_total(const uint32_t *at, uint32_t count)
{
	__m256i sum = _mm256_setzero_si256();
	uint64_t total = 0;
	uint32_t i = 0;
	for (; i + 4 <= count; i += 4)
		sum = _mm256_add_epi64(sum, _mm256_cvtepu32_epi64(_mm_loadu_si128(
						    (const __m128i *)(const void *)(at + i))));
	for (; i < count; i++)
		total += at[i];
	return total + hd_search_sum(sum);
}
#else
static inline struct hd_span
hd_search_span(const int64_t *at, uint32_t count, int64_t value, int64_t flip)
{
	struct hd_span span = {0, 0};
	int64_t key = value ^ flip;
	for (uint32_t i = 0; i < count; i++) {
		span.first += (at[i] ^ flip) > key;
		span.last += (at[i] ^ flip) >= key;
	}
	return span;
}

static inline uint32_t
hd_search_handle(const uint32_t *at, uint32_t count, uint32_t handle)
{
	uint32_t i = 0;
	while (i < count && at[i] != handle)
		i++;
	return i;
}

static inline uint64_t
hd_search_total(const uint32_t *at, uint32_t count)
{
	uint64_t total = 0;
	for (uint32_t i = 0; i < count; i++)
		total += at[i];
	return total;
}
#endif

/* The places whose (score, sub) is that of `key`. `sub` NULL: all are 0. */
static inline struct hd_span
hd_search_group(const int64_t *score, const int64_t *sub, uint32_t count,
		const struct hd_board_key *key)
{
	struct hd_span same = hd_search_span(score, count, key->score, 0);
	if (sub) {
		struct hd_span inside =
			hd_search_span(sub + same.first, same.last - same.first, key->sub, 0);
		return (struct hd_span){same.first + inside.first, same.first + inside.last};
	}
	if (HD_LIKELY(key->sub == 0))
		return same;
	return key->sub > 0 ? (struct hd_span){same.first, same.first}
			    : (struct hd_span){same.last, same.last};
}

/* True where nobody of the same (score, sub) can stand behind `key`: no time is looked at then. */
static inline bool
hd_search_newest(const struct hd_board *board, const struct hd_board_key *key)
{
	return key->time > board->newest;
}

/* True where nobody of the same (score, sub) can stand before `key`: no entrant has an empty id. */
static inline bool
hd_search_first(const struct hd_board_key *key)
{
	return key->time == INT64_MIN && key->id.size == 0;
}

/* Separators before `key`. `handle`: whose key it is, 0 if unknown. */
static inline uint32_t
hd_search_inner(const struct hd_board *board, const struct hd_inner *inner,
		const struct hd_board_key *key, uint32_t handle)
{
	struct hd_span span = hd_search_group(inner->score, inner->sub, inner->used, key);
	if (span.first == span.last || hd_search_newest(board, key))
		return span.last;
	if (hd_search_first(key))
		return span.first;
	struct hd_span ties =
		hd_search_span(inner->time + span.first, span.last - span.first, key->time, -1);
	uint32_t low = span.first + ties.first, high = span.first + ties.last;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (inner->handle[middle] != handle &&
		    hd_bytes_compare(hd_board_key_of(board, inner->handle[middle]).id, key->id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* True where separator `at` stands before `key`. */
static inline bool
hd_search_passed(const struct hd_board *board, const struct hd_inner *inner, uint32_t at,
		 const struct hd_board_key *key, uint32_t handle)
{
	if (inner->score[at] != key->score)
		return inner->score[at] > key->score;
	int64_t sub = hd_inner_sub(inner, at);
	if (sub != key->sub)
		return sub > key->sub;
	if (inner->time[at] != key->time || inner->handle[at] == handle)
		return inner->time[at] < key->time;
	return hd_bytes_compare(hd_board_key_of(board, inner->handle[at]).id, key->id) < 0;
}

static inline struct hd_guess *
hd_search_guess(const struct hd_board *board, const struct hd_board_key *key)
{
	uint64_t mix = (uint64_t)key->score * 0x9e3779b97f4a7c15u + (uint64_t)key->time;
	return board->guesses ? &board->guesses[(mix * 0xd6e8feb86659fd93u >> 32) % HD_GUESSES]
			      : NULL;
}

/* hd_search_inner, where a guess may spare the search: `guess` for this level or NULL. */
static inline uint32_t
hd_search_inner_guess(const struct hd_board *board, const struct hd_inner *inner,
		      const struct hd_board_key *key, uint32_t handle, const struct hd_guess *guess,
		      uint32_t level)
{
	if (guess && level < HD_GUESS_LEVELS) {
		uint32_t at = guess->at[level];
		if (at < inner->used && !hd_search_passed(board, inner, at, key, handle) &&
		    (at == 0 || hd_search_passed(board, inner, at - 1, key, handle)))
			return at;
	}
	return hd_search_inner(board, inner, key, handle);
}

/* Rows of a leaf before `key`. */
static inline uint32_t
hd_search_leaf(const struct hd_board *board, const struct hd_leaf *leaf,
	       const struct hd_board_key *key)
{
	struct hd_span span = hd_search_group(
		leaf->score, leaf->form & HD_LEAF_SUBS ? leaf->extra : NULL, leaf->used, key);
	if (hd_search_newest(board, key))
		return span.last;
	if (hd_search_first(key))
		return span.first;
	while (span.first < span.last) {
		uint32_t middle = (span.first + span.last) / 2;
		struct hd_board_key row = hd_leaf_key(board, leaf, middle);
		if (row.time < key->time ||
		    (row.time == key->time && hd_bytes_compare(row.id, key->id) < 0))
			span.first = middle + 1;
		else
			span.last = middle;
	}
	return span.first;
}

static inline void
hd_leaf_prefetch(const struct hd_leaf *leaf)
{
	for (size_t line = 0; line < sizeof *leaf; line += 64)
		__builtin_prefetch((const uint8_t *)leaf + line, 0, 2);
}

/* The way to the leaf where `key` stands or would stand. */
static inline void
hd_search_path(const struct hd_board *board, const struct hd_board_key *key, uint32_t handle,
	       struct hd_path *path)
{
	struct hd_node *node = board->live.root;
	const struct hd_guess *guess = hd_search_guess(board, key);
	path->levels = board->live.levels;
	for (uint32_t level = 0; level < path->levels; level++) {
		struct hd_inner *inner = (struct hd_inner *)node;
		uint32_t at = hd_search_inner_guess(board, inner, key, handle, guess, level);
		at = at < inner->used ? at : inner->used - 1u;
		path->inner[level] = inner;
		path->at[level] = (uint16_t)at;
		node = inner->child[at];
	}
	path->leaf = (struct hd_leaf *)node;
	hd_leaf_prefetch(path->leaf);
}

#endif
