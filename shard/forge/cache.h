/* cache.h - instances that were dealt, as they are sent: what was not asked for longest goes first.
 *
 * No state: whatever is not here is made again, the same to the byte. */
#ifndef HUNTD_SHARD_FORGE_CACHE_H
#define HUNTD_SHARD_FORGE_CACHE_H

#include "huntd/bytes.h"
#include "huntd/memory.h"

struct hd_cache_key {
	uint64_t d;
	uint32_t challenge;
	uint16_t hunt;
};

struct hd_cached;

struct hd_cache {
	struct hd_memory *memory;
	struct hd_cached **buckets; /* taken with the first entry */
	uint32_t buckets_count;     /* a power of two */
	struct hd_cached *newest, *oldest;
	uint64_t entries, bytes; /* bytes: of the entries */
};

/* most: bytes that it will ever be told to hold; sizes its table. */
void hd_cache_init(struct hd_cache *cache, struct hd_memory *memory, uint64_t most);
void hd_cache_fini(struct hd_cache *cache);

/* False: it is not there. `value` lives until the next put or trim. */
bool hd_cache_find(struct hd_cache *cache, const struct hd_cache_key *key, struct hd_bytes *value);
/* A copy; what was there of that key goes. */
void hd_cache_put(struct hd_cache *cache, const struct hd_cache_key *key, struct hd_bytes value);
/* Drops the oldest until no more than `most` bytes are held. Returns how many went. */
uint32_t hd_cache_trim(struct hd_cache *cache, uint64_t most);

#endif
