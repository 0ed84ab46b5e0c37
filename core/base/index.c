#include "core/base/index.h"

#include "core/base/pool.h"
#include "huntd/assert.h"

#include <assert.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BUCKET_ENTRIES   12u
#define UNIT_ENTRIES     5u
#define SEGMENT_SHIFT    9u
#define SEGMENT          (1u << SEGMENT_SHIFT) /* buckets asked for at a time: 32 KiB */
#define SEGMENTS_FIRST   8u
#define TENTHS_PER_ENTRY 69u /* bytes an entry, times ten, under which a bucket is split */

/* Tag 0 is an empty place. Places fill from the left and have no holes. Only the first unit of a
 * chain may have empty places, and there is none while its bucket has. */
struct bucket {
	uint8_t tags[BUCKET_ENTRIES];
	uint32_t overflow; /* unit, 0 none */
	uint32_t handles[BUCKET_ENTRIES];
};

struct unit {
	uint8_t tags[8]; /* the last three stay 0 */
	uint32_t next;   /* unit, 0 none */
	uint32_t handles[UNIT_ENTRIES];
};

static_assert(sizeof(struct bucket) == 64 && sizeof(struct unit) == 32, "a line and half a line");

struct hd_index {
	struct hd_memory *memory;
	struct bucket **segments;
	uint32_t segments_count, segments_room;
	uint32_t base;    /* buckets at the start of this round of splits, a power of two */
	uint32_t buckets; /* base .. 2 * base - 1 */
	uint64_t count;
	struct hd_pool units;
};

static inline uint8_t
tag_of(uint64_t hash)
{
	uint8_t tag = (uint8_t)(hash >> 56);
	return tag ? tag : 1;
}

static inline struct bucket *
bucket_at(const struct hd_index *index, uint32_t number)
{
	return &index->segments[number >> SEGMENT_SHIFT][number & (SEGMENT - 1)];
}

static inline struct unit *
unit_at(const struct hd_index *index, uint32_t number)
{
	return hd_pool_at(&index->units, number);
}

static inline uint32_t
number_of(const struct hd_index *index, uint64_t hash)
{
	uint32_t number = (uint32_t)hash & (2 * index->base - 1);
	return number < index->buckets ? number : number & (index->base - 1);
}

/* Bit i: places[i] has this tag. */
#ifdef __SSE2__
static inline uint32_t
bucket_match(const struct bucket *bucket, uint8_t tag)
{
	__m128i tags = _mm_load_si128((const __m128i *)(const void *)bucket);
	__m128i same = _mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag));
	return (uint32_t)_mm_movemask_epi8(same) & ((1u << BUCKET_ENTRIES) - 1);
}
#else
static inline uint32_t
bucket_match(const struct bucket *bucket, uint8_t tag)
{
	uint32_t mask = 0;
	for (uint32_t i = 0; i < BUCKET_ENTRIES; i++)
		mask |= (uint32_t)(bucket->tags[i] == tag) << i;
	return mask;
}
#endif

static inline uint32_t
unit_match(const struct unit *unit, uint8_t tag)
{
	uint32_t mask = 0;
	for (uint32_t i = 0; i < UNIT_ENTRIES; i++)
		mask |= (uint32_t)(unit->tags[i] == tag) << i;
	return mask;
}

static void
segment_add(struct hd_index *index)
{
	struct hd_memory *memory = index->memory;
	if (index->segments_count == index->segments_room) {
		uint32_t room = index->segments_room ? index->segments_room * 2 : SEGMENTS_FIRST;
		struct bucket **segments =
			hd_memory_take(memory, room * sizeof(*segments), sizeof(*segments));
		if (index->segments != NULL) {
			memcpy(segments, index->segments,
			       index->segments_count * sizeof(*segments));
			hd_memory_give(memory, index->segments,
				       index->segments_room * sizeof(*segments));
		}
		index->segments = segments;
		index->segments_room = room;
	}
	index->segments[index->segments_count++] =
		hd_memory_take(memory, SEGMENT * sizeof(struct bucket), 64);
}

struct hd_index *
hd_index_create(struct hd_memory *memory)
{
	HD_ASSERT(memory != NULL);
	struct hd_index *index = hd_memory_take(memory, sizeof(*index), _Alignof(struct hd_index));
	*index = (struct hd_index){.memory = memory, .base = 1, .buckets = 1};
	hd_pool_init(&index->units, memory, sizeof(struct unit));
	segment_add(index);
	return index;
}

void
hd_index_destroy(struct hd_index *index)
{
	if (index == NULL)
		return;
	struct hd_memory *memory = index->memory;
	HD_ASSERT(index->segments_count > 0);
	for (uint32_t i = 0; i < index->segments_count; i++)
		hd_memory_give(memory, index->segments[i], SEGMENT * sizeof(struct bucket));
	hd_memory_give(memory, index->segments, index->segments_room * sizeof(struct bucket *));
	hd_pool_fini(&index->units);
	hd_memory_give(memory, index, sizeof(*index));
}

static void
place(struct hd_index *index, struct bucket *bucket, uint8_t tag, uint32_t handle)
{
	uint32_t empty = bucket_match(bucket, 0);
	if (empty != 0) {
		uint32_t i = (uint32_t)__builtin_ctz(empty);
		bucket->tags[i] = tag;
		bucket->handles[i] = handle;
		return;
	}
	empty = bucket->overflow ? unit_match(unit_at(index, bucket->overflow), 0) : 0;
	if (empty == 0) {
		uint32_t number = hd_pool_take(&index->units);
		unit_at(index, number)->next = bucket->overflow;
		bucket->overflow = number;
		empty = 1;
	}
	struct unit *unit = unit_at(index, bucket->overflow);
	uint32_t i = (uint32_t)__builtin_ctz(empty);
	unit->tags[i] = tag;
	unit->handles[i] = handle;
}

/* Splits the next bucket of the round between itself and a new last one. */
static void
split(struct hd_index *index, hd_index_rehash rehash, const void *context)
{
	HD_ASSERT(index->buckets < UINT32_MAX / 2);
	if (index->buckets >> SEGMENT_SHIFT == index->segments_count)
		segment_add(index);
	struct bucket *low = bucket_at(index, index->buckets - index->base);
	struct bucket *high = bucket_at(index, index->buckets);
	struct bucket old = *low;
	uint32_t bit = index->base;
	memset(low, 0, sizeof(*low));
	if (++index->buckets == 2 * index->base)
		index->base *= 2;

	for (uint32_t i = 0; i < BUCKET_ENTRIES && old.tags[i] != 0; i++) {
		uint64_t hash = rehash(context, old.handles[i]);
		place(index, hash & bit ? high : low, old.tags[i], old.handles[i]);
	}
	for (uint32_t number = old.overflow; number != 0;) {
		struct unit unit = *unit_at(index, number);
		hd_pool_give(&index->units, number);
		for (uint32_t i = 0; i < UNIT_ENTRIES && unit.tags[i] != 0; i++) {
			uint64_t hash = rehash(context, unit.handles[i]);
			place(index, hash & bit ? high : low, unit.tags[i], unit.handles[i]);
		}
		number = unit.next;
	}
}

void
hd_index_insert(struct hd_index *index, uint64_t hash, uint32_t handle, hd_index_rehash rehash,
		const void *context)
{
	HD_ASSERT(handle != 0);
	HD_ASSERT(rehash != NULL);
	place(index, bucket_at(index, number_of(index, hash)), tag_of(hash), handle);
	index->count++;
	uint64_t bytes = (uint64_t)index->buckets * sizeof(struct bucket) +
			 (uint64_t)index->units.used * sizeof(struct unit);
	if (bytes * 10 < index->count * TENTHS_PER_ENTRY)
		split(index, rehash, context);
}

/* Four fifths of the bytes are buckets where nothing is reserved; the rest is units. */
void
hd_index_reserve(struct hd_index *index, uint64_t count)
{
	HD_ASSERT(index->count == 0);
	uint64_t bytes = count * TENTHS_PER_ENTRY / 10 * 4 / 5;
	while ((uint64_t)index->buckets * sizeof(struct bucket) < bytes)
		split(index, NULL, NULL);
	HD_ASSERT(index->units.live == 0);
}

/* Takes the last entry of the chain's only unit with room, or of the bucket. */
static uint32_t
take_last(struct hd_index *index, struct bucket *bucket, uint8_t *tag)
{
	uint8_t *tags = bucket->tags;
	uint32_t *handles = bucket->handles;
	uint32_t last = BUCKET_ENTRIES, first = bucket->overflow;
	if (first != 0) {
		struct unit *unit = unit_at(index, first);
		tags = unit->tags;
		handles = unit->handles;
		last = UNIT_ENTRIES;
	}
	while (tags[--last] == 0)
		HD_ASSERT(last > 0);
	uint32_t handle = handles[last];
	*tag = tags[last];
	tags[last] = 0;
	handles[last] = 0;
	if (first != 0 && last == 0) {
		bucket->overflow = unit_at(index, first)->next;
		hd_pool_give(&index->units, first);
	}
	return handle;
}

/* Where `handle` stands in places that match `mask`; NULL: not there. */
static uint32_t *
find_in(uint32_t *handles, uint32_t mask, uint32_t handle)
{
	for (; mask != 0; mask &= mask - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(mask);
		if (handles[i] == handle)
			return &handles[i];
	}
	return NULL;
}

void
hd_index_remove(struct hd_index *index, uint64_t hash, uint32_t handle)
{
	HD_ASSERT(handle != 0 && index->count > 0);
	struct bucket *bucket = bucket_at(index, number_of(index, hash));
	uint8_t tag = tag_of(hash);
	uint8_t *tags = bucket->tags;
	uint32_t *handles = bucket->handles;
	uint32_t *found = find_in(handles, bucket_match(bucket, tag), handle);
	for (uint32_t number = bucket->overflow; found == NULL && number != 0;) {
		struct unit *unit = unit_at(index, number);
		tags = unit->tags;
		handles = unit->handles;
		found = find_in(handles, unit_match(unit, tag), handle);
		number = unit->next;
	}
	HD_ASSERT(found != NULL);
	index->count--;
	uint8_t last_tag;
	uint32_t last = take_last(index, bucket, &last_tag);
	if (last != handle) {
		*found = last;
		tags[found - handles] = last_tag;
	}
}

uint64_t
hd_index_step(const struct hd_index *index)
{
	/* A split frees as many units as it takes. */
	uint64_t bytes = hd_pool_step(&index->units) + SEGMENT * sizeof(struct bucket);
	if (index->segments_count == index->segments_room)
		bytes += 2ull * index->segments_room * sizeof(struct bucket *);
	return bytes;
}

void
hd_index_prefetch(const struct hd_index *index, uint64_t hash)
{
	__builtin_prefetch(bucket_at(index, number_of(index, hash)));
}

uint32_t
hd_index_next(const struct hd_index *index, uint64_t hash, struct hd_index_cursor *cursor)
{
	uint8_t tag = tag_of(hash);
	if (cursor->handles == NULL) {
		const struct bucket *bucket = bucket_at(index, number_of(index, hash));
		cursor->handles = bucket->handles;
		cursor->mask = bucket_match(bucket, tag);
		cursor->next = bucket->overflow;
	}
	while (cursor->mask == 0) {
		if (cursor->next == 0)
			return 0;
		const struct unit *unit = unit_at(index, cursor->next);
		cursor->handles = unit->handles;
		cursor->mask = unit_match(unit, tag);
		cursor->next = unit->next;
	}
	uint32_t i = (uint32_t)__builtin_ctz(cursor->mask);
	cursor->mask &= cursor->mask - 1;
	return cursor->handles[i];
}

uint64_t
hd_index_count(const struct hd_index *index)
{
	return index->count;
}

uint64_t
hd_index_footprint(const struct hd_index *index)
{
	return sizeof(*index) + index->segments_room * sizeof(struct bucket *) +
	       (uint64_t)index->segments_count * SEGMENT * sizeof(struct bucket) +
	       index->units.chunks_room * sizeof(uint8_t *) +
	       (uint64_t)index->units.chunks_count * index->units.per_chunk * sizeof(struct unit);
}
