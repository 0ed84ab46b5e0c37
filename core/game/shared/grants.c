/* What H gave, and what of each challenge is counted or known to be gone. */
#include "core/base/hash.h"
#include "core/game/state.h"

#define SHARES_FIRST 8u

void
hd_grants_init(struct hd_core *core)
{
	HD_ASSERT(core->grants.index == NULL);
	hd_pool_init(&core->grants.pool, core->memory, sizeof(struct hd_given_grant));
	core->grants.index = hd_index_create(core->memory);
}

void
hd_grants_fini(struct hd_core *core)
{
	HD_ASSERT(core->grants.index != NULL);
	hd_index_destroy(core->grants.index);
	hd_pool_fini(&core->grants.pool);
}

/* Grants. */

void
hd_id_keep(struct hd_core *core, struct hd_kept_id *kept, struct hd_bytes id)
{
	HD_ASSERT(kept->size == 0 && id.size > 0 && id.size <= HD_ID_MAX);
	uint8_t *at = kept->inside;
	kept->size = (uint8_t)id.size;
	if (id.size > HD_KEPT_ID_INLINE) {
		kept->aside = hd_pool_take(&core->long_ids);
		at = hd_pool_at(&core->long_ids, kept->aside);
	}
	memcpy(at, id.at, id.size);
}

struct hd_bytes
hd_id_kept(const struct hd_core *core, const struct hd_kept_id *kept)
{
	HD_ASSERT(kept->size <= HD_KEPT_ID_INLINE || kept->aside != 0);
	const uint8_t *at = kept->inside;
	if (kept->aside != 0)
		at = hd_pool_at(&core->long_ids, kept->aside);
	return (struct hd_bytes){at, kept->size};
}

struct hd_bytes
hd_grant_entrant(const struct hd_core *core, const struct hd_given_grant *grant)
{
	HD_ASSERT(grant->entrant.size > 0);
	return hd_id_kept(core, &grant->entrant);
}

static uint64_t
hash_of(const struct hd_core *core, uint16_t hunt, uint32_t challenge, struct hd_bytes entrant)
{
	static_assert(HD_CHALLENGES_MAX <= UINT16_MAX, "hunt and challenge fit one seed");
	return hd_hash_table(core->secret + 16, (uint32_t)hunt << 16 | challenge, entrant);
}

static uint64_t
rehash(const void *context, uint32_t handle)
{
	const struct hd_core *core = context;
	const struct hd_given_grant *grant = hd_pool_at(&core->grants.pool, handle);
	return hash_of(core, grant->hunt, grant->challenge, hd_grant_entrant(core, grant));
}

const struct hd_given_grant *
hd_grant_find(const struct hd_core *core, uint16_t hunt, uint32_t challenge,
	      struct hd_bytes entrant)
{
	struct hd_index_cursor cursor = {0};
	uint64_t hash = hash_of(core, hunt, challenge, entrant);
	uint32_t handle;
	while ((handle = hd_index_next(core->grants.index, hash, &cursor)) != 0) {
		const struct hd_given_grant *grant = hd_pool_at(&core->grants.pool, handle);
		if (grant->hunt == hunt && grant->challenge == challenge &&
		    hd_bytes_equal(hd_grant_entrant(core, grant), entrant))
			return grant;
	}
	return NULL;
}

/* Shares. */

const struct hd_share *
hd_share_find(const struct hd_hunt *hunt, uint32_t challenge)
{
	HD_ASSERT(challenge < HD_CHALLENGES_MAX);
	return challenge < hunt->shares_room ? &hunt->shares[challenge] : NULL;
}

struct hd_share *
hd_share_make(struct hd_core *core, struct hd_hunt *hunt, uint32_t challenge)
{
	HD_ASSERT(challenge < HD_CHALLENGES_MAX);
	if (challenge >= hunt->shares_room) {
		uint32_t room = hunt->shares_room ? hunt->shares_room : SHARES_FIRST;
		while (room <= challenge)
			room *= 2;
		struct hd_share *more = hd_memory_take(core->memory, room * sizeof(*more), 16);
		if (hunt->shares != NULL)
			memcpy(more, hunt->shares, hunt->shares_room * sizeof(*more));
		hd_shares_fini(core, hunt);
		hunt->shares = more;
		hunt->shares_room = room;
	}
	return &hunt->shares[challenge];
}

void
hd_shares_fini(struct hd_core *core, struct hd_hunt *hunt)
{
	HD_ASSERT((hunt->shares == NULL) == (hunt->shares_room == 0));
	if (hunt->shares != NULL)
		hd_memory_give(core->memory, hunt->shares,
			       hunt->shares_room * sizeof(*hunt->shares));
}

void
hd_share_gone(struct hd_core *core, uint16_t hunt, uint32_t challenge, uint32_t version)
{
	HD_ASSERT(hunt < core->hunts_count && version > 0);
	hd_sweep_hunt(core, core->hunts[hunt]);
	struct hd_share *share = hd_share_make(core, core->hunts[hunt], challenge);
	if (share->gone < version)
		share->gone = version;
}

void
hd_grant_keep(struct hd_core *core, const struct hd_event *event)
{
	HD_ASSERT(hd_grant_find(core, event->hunt, event->number, event->entrant) == NULL);
	HD_ASSERT(event->hunt < core->hunts_count && event->value > 0);
	uint32_t handle = hd_pool_take(&core->grants.pool);
	struct hd_given_grant *grant = hd_pool_at(&core->grants.pool, handle);
	grant->ordinal = (uint64_t)event->value;
	grant->points = event->points;
	grant->time = event->time;
	grant->hunt = event->hunt;
	grant->challenge = (uint16_t)event->number;
	hd_id_keep(core, &grant->entrant, event->entrant);
	hd_index_insert(core->grants.index,
			hash_of(core, event->hunt, event->number, event->entrant), handle, rehash,
			core);
	hd_share_make(core, core->hunts[event->hunt], event->number)->grants++;
}

uint64_t
hd_core_grants(const struct hd_core *core, uint16_t hunt, uint32_t challenge)
{
	HD_ASSERT(hunt < core->hunts_count);
	const struct hd_share *share = hd_share_find(core->hunts[hunt], challenge);
	return share ? share->grants : 0;
}
