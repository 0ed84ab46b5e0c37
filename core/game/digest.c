/* The digest: the sum of the hashes of all objects. */
#include "core/base/hash.h"
#include "core/game/object.h"

/* One object being written, and the sum so far. */
struct digest {
	unsigned __int128 sum;
	struct hd_writer out;
	uint8_t *room; /* HD_OBJECT_MAX */
};

static struct hd_writer *
begin(struct digest *digest)
{
	HD_ASSERT(digest->room != NULL);
	digest->out = hd_writer_of(digest->room, HD_OBJECT_MAX);
	return &digest->out;
}

static void
end(struct digest *digest)
{
	HD_ASSERT(!digest->out.full && digest->out.at > digest->room);
	uint8_t hash[16];
	unsigned __int128 number;
	hd_hash_digest(hd_bytes_of(digest->room, (size_t)(digest->out.at - digest->room)), hash);
	memcpy(&number, hash, sizeof(number));
	digest->sum += number;
}

static void
add_core(struct digest *digest, const struct hd_core *core)
{
	hd_object_core(core, begin(digest));
	end(digest);
	uint32_t chunks = hd_object_done_count(core);
	for (uint32_t i = 0; i < chunks; i++) {
		hd_object_done(core, i, begin(digest));
		end(digest);
	}
}

static void
add_hunt(struct digest *digest, const struct hd_hunt *hunt)
{
	HD_ASSERT(hunt->version != NULL);
	hd_object_hunt(hunt, begin(digest));
	end(digest);
	for (const struct hd_version *version = hunt->version; version; version = version->older) {
		hd_object_version(hunt, version, begin(digest));
		end(digest);
	}
	for (uint32_t i = 0; i < hunt->shares_room; i++) {
		if (hunt->shares[i].gone == 0)
			continue;
		hd_object_gone(hunt, i, begin(digest));
		end(digest);
	}
}

/* What is shared between the shards of entrants and hunts. */
static void
add_shared(struct digest *digest, const struct hd_core *core)
{
	HD_ASSERT(core->grants.pool.live == core->grants.pool.used);
	for (uint32_t handle = hd_core_want_next(core, 0); handle != 0;
	     handle = hd_core_want_next(core, handle)) {
		hd_object_want(core, handle, begin(digest));
		end(digest);
	}
	for (uint32_t handle = 1; handle <= core->grants.pool.used; handle++) {
		hd_object_grant(core, hd_pool_at(&core->grants.pool, handle), begin(digest));
		end(digest);
	}
}

void
hd_core_digest(const struct hd_core *core, uint8_t digest[16])
{
	HD_ASSERT(core != NULL && digest != NULL);
	struct digest sum = {.room = hd_memory_take(core->memory, HD_OBJECT_MAX, 64)};
	add_core(&sum, core);
	for (uint32_t i = 0; i < core->hunts_count; i++)
		add_hunt(&sum, core->hunts[i]);
	for (uint32_t handle = 1; handle <= core->entrants.used; handle++) {
		hd_object_entrant(core, hd_entrant_at(core, handle), begin(&sum));
		end(&sum);
	}
	for (uint32_t handle = core->ids.oldest; handle != 0;) {
		const struct hd_answered *answered = hd_pool_at(&core->ids.pool, handle);
		hd_object_answered(answered, begin(&sum));
		end(&sum);
		handle = answered->newer;
	}
	add_shared(&sum, core);
	hd_memory_give(core->memory, sum.room, HD_OBJECT_MAX);
	memcpy(digest, &sum.sum, sizeof(sum.sum));
}
