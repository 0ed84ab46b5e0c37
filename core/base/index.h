/* index.h - a hash table from a 64-bit hash to 32-bit handles, that grows one bucket at a time.
 *
 * Linear hashing (Litwin 1980) over buckets of one cache line: 12 tags of 8 bits, 12 handles, the
 * address of an overflow bucket. Every insert beyond the fill target splits one bucket, so there is
 * never a rehash, never a pause and never twice the memory: about 6.7 bytes an entry. The table
 * stores no keys: the caller compares what a handle stands for.
 *
 * Lookup in three passes over a batch hides all misses: hd_index_prefetch for each, then the first
 * hd_index_find_next for each (prefetch what the handle names), then compare. */
#ifndef HUNTD_CORE_BASE_INDEX_H
#define HUNTD_CORE_BASE_INDEX_H

#include "huntd/memory.h"

struct hd_index; /* own struct in index.c */

struct hd_index *hd_index_create(struct hd_memory *memory);
void hd_index_destroy(struct hd_index *index);

void hd_index_insert(struct hd_index *index, uint64_t hash, uint32_t handle, uint64_t (*rehash)(const void *context, uint32_t handle), const void *context);
void hd_index_remove(struct hd_index *index, uint64_t hash, uint32_t handle);

void hd_index_prefetch(const struct hd_index *index, uint64_t hash);

/* Iterates the handles that may have this hash. Start with cursor {0}; 0: no more. */
struct hd_index_cursor {
	const void *bucket;
	uint32_t mask; /* candidates left in the bucket */
	bool started;
};
uint32_t hd_index_next(const struct hd_index *index, uint64_t hash, struct hd_index_cursor *cursor);

uint64_t hd_index_count(const struct hd_index *index);

#endif
