/* Facts by the hash of what they are about. 128 bits: no two things ever share them. */
#include "core/audit/state.h"
#include "core/base/hash.h"
#include "huntd/limits.h"

void
hd_facts_init(struct hd_facts *facts, struct hd_memory *memory, uint32_t size)
{
	HD_ASSERT(facts->index == NULL && size >= sizeof(struct hd_fact_key));
	hd_pool_init(&facts->pool, memory, size);
	facts->index = hd_index_create(memory);
}

void
hd_facts_fini(struct hd_facts *facts)
{
	HD_ASSERT(facts->index != NULL);
	hd_index_destroy(facts->index);
	hd_pool_fini(&facts->pool);
}

struct hd_fact_key
hd_fact_key(uint64_t a, uint64_t b, struct hd_bytes name, struct hd_bytes second)
{
	/* The logs are an operator's own: nobody picks collisions. */
	static const uint8_t no_secret[16];
	uint8_t bytes[2 * HD_ID_MAX + 2 * HD_EVENT_ID_MAX + 32];
	struct hd_writer out = hd_writer_of(bytes, sizeof(bytes));
	hd_write_varint(&out, a);
	hd_write_varint(&out, b);
	hd_write_bytes(&out, name);
	hd_write_bytes(&out, second);
	HD_ASSERT(!out.full);
	struct hd_fact_key key;
	hd_hash_128(no_secret, hd_bytes_of(bytes, (size_t)(out.at - bytes)), key.hash);
	return key;
}

static uint64_t
hash_of(const struct hd_fact_key *key)
{
	uint64_t hash;
	memcpy(&hash, key->hash, sizeof(hash));
	return hash;
}

static uint64_t
rehash(const void *context, uint32_t handle)
{
	return hash_of(hd_facts_at(context, handle));
}

uint32_t
hd_facts_find(const struct hd_facts *facts, const struct hd_fact_key *key)
{
	struct hd_index_cursor cursor = {0};
	uint32_t handle;
	while ((handle = hd_index_next(facts->index, hash_of(key), &cursor)) != 0)
		if (memcmp(hd_facts_at(facts, handle), key, sizeof(*key)) == 0)
			break;
	return handle;
}

void *
hd_facts_get(const struct hd_facts *facts, const struct hd_fact_key *key)
{
	uint32_t handle = hd_facts_find(facts, key);
	return handle ? hd_facts_at(facts, handle) : NULL;
}

void *
hd_facts_make(struct hd_facts *facts, const struct hd_fact_key *key)
{
	void *there = hd_facts_get(facts, key);
	if (there != NULL)
		return there;
	uint32_t handle = hd_pool_take(&facts->pool);
	memcpy(hd_facts_at(facts, handle), key, sizeof(*key));
	hd_index_insert(facts->index, hash_of(key), handle, rehash, facts);
	return hd_facts_at(facts, handle);
}

void
hd_facts_forget(struct hd_facts *facts, uint32_t handle)
{
	HD_ASSERT(handle != 0);
	hd_index_remove(facts->index, hash_of(hd_facts_at(facts, handle)), handle);
	hd_pool_give(&facts->pool, handle);
}
