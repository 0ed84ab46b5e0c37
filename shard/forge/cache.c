#include "shard/forge/cache.h"

#include "huntd/assert.h"

#define BUCKETS_LEAST 64u
#define ENTRY_USUAL   1024u

struct hd_cached {
	struct hd_cached *next; /* of its bucket */
	struct hd_cached *newer, *older;
	struct hd_cache_key key;
	uint32_t size;
	uint8_t bytes[];
};

void
hd_cache_init(struct hd_cache *cache, struct hd_memory *memory, uint64_t most)
{
	HD_ASSERT(memory != NULL);
	*cache = (struct hd_cache){.memory = memory, .buckets_count = BUCKETS_LEAST};
	while (cache->buckets_count < most / ENTRY_USUAL && cache->buckets_count < 1u << 24)
		cache->buckets_count *= 2;
}

static size_t
size_of(const struct hd_cached *cached)
{
	return sizeof *cached + cached->size;
}

static struct hd_cached **
bucket_of(const struct hd_cache *cache, const struct hd_cache_key *key)
{
	uint64_t hash = key->d ^ (uint64_t)key->challenge << 24 ^ (uint64_t)key->hunt << 44;
	hash *= 0x9e3779b97f4a7c15u;
	hash ^= hash >> 32;
	HD_ASSERT(cache->buckets != NULL);
	return &cache->buckets[hash & (cache->buckets_count - 1)];
}

static bool
is_of(const struct hd_cached *cached, const struct hd_cache_key *key)
{
	return cached->key.d == key->d && cached->key.challenge == key->challenge &&
	       cached->key.hunt == key->hunt;
}

/* Where the pointer to it stands: at NULL where it is not there. */
static struct hd_cached **
find(const struct hd_cache *cache, const struct hd_cache_key *key)
{
	struct hd_cached **at = bucket_of(cache, key);
	while (*at != NULL && !is_of(*at, key))
		at = &(*at)->next;
	return at;
}

static void
list_take(struct hd_cache *cache, struct hd_cached *cached)
{
	*(cached->newer != NULL ? &cached->newer->older : &cache->newest) = cached->older;
	*(cached->older != NULL ? &cached->older->newer : &cache->oldest) = cached->newer;
}

static void
list_put(struct hd_cache *cache, struct hd_cached *cached)
{
	cached->newer = NULL;
	cached->older = cache->newest;
	*(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = cached;
	cache->newest = cached;
}

static void
drop(struct hd_cache *cache, struct hd_cached **at)
{
	struct hd_cached *cached = *at;
	HD_ASSERT(cached != NULL && cache->bytes >= size_of(cached));
	*at = cached->next;
	list_take(cache, cached);
	cache->bytes -= size_of(cached);
	cache->entries--;
	hd_memory_give(cache->memory, cached, size_of(cached));
}

bool
hd_cache_find(struct hd_cache *cache, const struct hd_cache_key *key, struct hd_bytes *value)
{
	struct hd_cached *cached = cache->buckets != NULL ? *find(cache, key) : NULL;
	if (cached == NULL)
		return false;
	list_take(cache, cached);
	list_put(cache, cached);
	*value = hd_bytes_of(cached->bytes, cached->size);
	return true;
}

void
hd_cache_put(struct hd_cache *cache, const struct hd_cache_key *key, struct hd_bytes value)
{
	HD_ASSERT(value.size > 0);
	if (cache->buckets == NULL)
		cache->buckets = hd_memory_take(
			cache->memory, cache->buckets_count * sizeof(struct hd_cached *), 8);
	struct hd_cached **at = find(cache, key);
	if (*at != NULL)
		drop(cache, at);
	struct hd_cached *cached = hd_memory_take(cache->memory, sizeof *cached + value.size, 8);
	cached->key = *key;
	cached->size = value.size;
	memcpy(cached->bytes, value.at, value.size);
	at = bucket_of(cache, key);
	cached->next = *at;
	*at = cached;
	list_put(cache, cached);
	cache->entries++;
	cache->bytes += size_of(cached);
}

uint32_t
hd_cache_trim(struct hd_cache *cache, uint64_t most)
{
	uint32_t gone = 0;
	for (; cache->bytes > most; gone++) {
		HD_ASSERT(cache->oldest != NULL);
		drop(cache, find(cache, &cache->oldest->key));
	}
	return gone;
}

void
hd_cache_fini(struct hd_cache *cache)
{
	if (cache->buckets == NULL)
		return;
	hd_cache_trim(cache, 0);
	hd_memory_give(cache->memory, cache->buckets,
		       cache->buckets_count * sizeof(struct hd_cached *));
	cache->buckets = NULL;
}
