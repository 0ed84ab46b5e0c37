/* index.h - a hash table from a 64-bit hash to 32-bit handles, that grows one bucket at a time.
 *
 * Linear hashing (Litwin 1980) over buckets of one cache line: 12 tags of 8 bits, 12 handles, the
 * number of the first overflow unit. There is never a rehash, never a pause and never twice the
 * memory. The table stores no keys: the caller compares what a handle stands for.
 *
 * Linear hashing alone fills unevenly: while a round of splits runs, a bucket whose turn has not
 * come holds twice what a split one does. So overflow goes to units of half a line (5 entries), and
 * a bucket is split not by count but whenever the table's bytes fall under 6.9 an entry. Those stay
 * constant (memory is asked for in steps of 32 and 64 KiB: 7.3 at most from 200,000 entries
 * on, 6.95 at a million, where nothing is removed), and what swings is the share of entries that
 * stand in a second line: 10 to 21 in a hundred. It grows only; what is removed leaves room for
 * what comes.
 *
 * Lookup in three passes over a batch hides all misses: hd_index_prefetch for each, then the first
 * hd_index_next for each (prefetch what the handle names), then compare. */
#ifndef HUNTD_CORE_BASE_INDEX_H
#define HUNTD_CORE_BASE_INDEX_H

#include "huntd/memory.h"

struct hd_index; /* own struct in index.c */

struct hd_index *hd_index_create(struct hd_memory *memory);
void hd_index_destroy(struct hd_index *index);

/* handle: not 0, and not in the table. `rehash` gives the hash of a handle that is in the table
 * (the new one too): a split asks it for about ten. */
typedef uint64_t (*hd_index_rehash)(const void *context, uint32_t handle);
void hd_index_insert(struct hd_index *index, uint64_t hash, uint32_t handle, hd_index_rehash rehash,
		     const void *context);

/* Makes an empty table wide enough for `count` entries, but for what chance needs beyond: they then
 * go in with few splits, and so without reading what stands there. */
void hd_index_reserve(struct hd_index *index, uint64_t count);

/* The pair must be in the table. */
void hd_index_remove(struct hd_index *index, uint64_t hash, uint32_t handle);

/* The most memory that one insert can ask for: what decide reserves. */
uint64_t hd_index_step(const struct hd_index *index);

void hd_index_prefetch(const struct hd_index *index, uint64_t hash);

/* Iterates the handles that may have this hash. Start with cursor {0}; 0: no more. The table must
 * not change meanwhile. */
struct hd_index_cursor {
	const uint32_t *handles; /* of the bucket or unit at hand */
	uint32_t mask;           /* candidates left in it */
	uint32_t next;           /* the unit after it */
};
uint32_t hd_index_next(const struct hd_index *index, uint64_t hash, struct hd_index_cursor *cursor);

uint64_t hd_index_count(const struct hd_index *index);

/* Bytes held. */
uint64_t hd_index_footprint(const struct hd_index *index);

#endif
