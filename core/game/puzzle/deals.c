/* H: which number of a challenge each entrant was allotted, and who was told of for sending
 * another's answer. */
#include "core/base/hash.h"
#include "core/game/state.h"

void
hd_deals_init(struct hd_core *core)
{
	struct hd_deals *deals = &core->deals;
	HD_ASSERT(deals->by_entrant == NULL);
	hd_pool_init(&deals->deals, core->memory, sizeof(struct hd_deal_row));
	hd_pool_init(&deals->told, core->memory, sizeof(struct hd_deal_row));
	deals->by_entrant = hd_index_create(core->memory);
	deals->by_d = hd_index_create(core->memory);
	deals->by_told = hd_index_create(core->memory);
}

void
hd_deals_fini(struct hd_core *core)
{
	struct hd_deals *deals = &core->deals;
	HD_ASSERT(deals->by_entrant != NULL);
	hd_index_destroy(deals->by_told);
	hd_index_destroy(deals->by_d);
	hd_index_destroy(deals->by_entrant);
	hd_pool_fini(&deals->told);
	hd_pool_fini(&deals->deals);
}

struct hd_bytes
hd_deal_entrant(const struct hd_core *core, const struct hd_deal_row *row)
{
	HD_ASSERT(row->entrant.size > 0);
	return hd_id_kept(core, &row->entrant);
}

/* Hashes: of what the rows of each index are found by. */

static uint32_t
seed_of(uint16_t hunt, uint32_t challenge)
{
	static_assert(HD_CHALLENGES_MAX <= UINT16_MAX, "hunt and challenge fit one seed");
	return (uint32_t)hunt << 16 | challenge;
}

static uint64_t
hash_entrant(const struct hd_core *core, uint16_t hunt, uint32_t challenge, struct hd_bytes entrant)
{
	return hd_hash_table(core->secret + 16, seed_of(hunt, challenge), entrant);
}

static uint64_t
hash_d(const struct hd_core *core, uint16_t hunt, uint32_t challenge, uint64_t d)
{
	return hd_hash_table(core->secret + 16, seed_of(hunt, challenge),
			     hd_bytes_of(&d, sizeof(d)));
}

static uint64_t
hash_told(const struct hd_core *core, uint16_t hunt, uint32_t challenge, uint64_t d,
	  struct hd_bytes entrant)
{
	uint8_t key[sizeof(d) + HD_ID_MAX];
	HD_ASSERT(entrant.size <= HD_ID_MAX);
	memcpy(key, &d, sizeof(d));
	memcpy(key + sizeof(d), entrant.at, entrant.size);
	return hd_hash_table(core->secret + 16, seed_of(hunt, challenge),
			     hd_bytes_of(key, sizeof(d) + entrant.size));
}

static uint64_t
rehash_entrant(const void *context, uint32_t handle)
{
	const struct hd_core *core = context;
	const struct hd_deal_row *row = hd_pool_at(&core->deals.deals, handle);
	return hash_entrant(core, row->hunt, row->challenge, hd_deal_entrant(core, row));
}

static uint64_t
rehash_d(const void *context, uint32_t handle)
{
	const struct hd_core *core = context;
	const struct hd_deal_row *row = hd_pool_at(&core->deals.deals, handle);
	return hash_d(core, row->hunt, row->challenge, row->d);
}

static uint64_t
rehash_told(const void *context, uint32_t handle)
{
	const struct hd_core *core = context;
	const struct hd_deal_row *row = hd_pool_at(&core->deals.told, handle);
	return hash_told(core, row->hunt, row->challenge, row->d, hd_deal_entrant(core, row));
}

/* Finding. */

const struct hd_deal_row *
hd_deal_of(const struct hd_core *core, uint16_t hunt, uint32_t challenge, struct hd_bytes entrant)
{
	struct hd_index_cursor cursor = {0};
	uint64_t hash = hash_entrant(core, hunt, challenge, entrant);
	uint32_t handle;
	while ((handle = hd_index_next(core->deals.by_entrant, hash, &cursor)) != 0) {
		const struct hd_deal_row *row = hd_pool_at(&core->deals.deals, handle);
		if (row->hunt == hunt && row->challenge == challenge &&
		    hd_bytes_equal(hd_deal_entrant(core, row), entrant))
			return row;
	}
	return NULL;
}

const struct hd_deal_row *
hd_deal_at(const struct hd_core *core, uint16_t hunt, uint32_t challenge, uint64_t d)
{
	struct hd_index_cursor cursor = {0};
	uint64_t hash = hash_d(core, hunt, challenge, d);
	uint32_t handle;
	while ((handle = hd_index_next(core->deals.by_d, hash, &cursor)) != 0) {
		const struct hd_deal_row *row = hd_pool_at(&core->deals.deals, handle);
		if (row->hunt == hunt && row->challenge == challenge && row->d == d)
			return row;
	}
	return NULL;
}

bool
hd_deal_told(const struct hd_core *core, uint16_t hunt, uint32_t challenge, uint64_t d,
	     struct hd_bytes sender)
{
	struct hd_index_cursor cursor = {0};
	uint64_t hash = hash_told(core, hunt, challenge, d, sender);
	uint32_t handle;
	while ((handle = hd_index_next(core->deals.by_told, hash, &cursor)) != 0) {
		const struct hd_deal_row *row = hd_pool_at(&core->deals.told, handle);
		if (row->hunt == hunt && row->challenge == challenge && row->d == d &&
		    hd_bytes_equal(hd_deal_entrant(core, row), sender))
			return true;
	}
	return false;
}

/* Keeping. */

static uint32_t
row_make(struct hd_core *core, struct hd_pool *pool, const struct hd_event *event, uint64_t d)
{
	HD_ASSERT(event->hunt < core->hunts_count && event->number < HD_CHALLENGES_MAX);
	uint32_t handle = hd_pool_take(pool);
	struct hd_deal_row *row = hd_pool_at(pool, handle);
	row->d = d;
	row->hunt = event->hunt;
	row->challenge = (uint16_t)event->number;
	hd_id_keep(core, &row->entrant, event->entrant);
	return handle;
}

void
hd_deal_keep(struct hd_core *core, const struct hd_event *event)
{
	struct hd_share *share = hd_share_make(core, core->hunts[event->hunt], event->number);
	HD_ASSERT(event->value >= 0 && (uint64_t)event->value == share->deals);
	HD_ASSERT(hd_deal_of(core, event->hunt, event->number, event->entrant) == NULL);
	uint32_t handle = row_make(core, &core->deals.deals, event, share->deals);
	hd_index_insert(core->deals.by_entrant,
			hash_entrant(core, event->hunt, event->number, event->entrant), handle,
			rehash_entrant, core);
	hd_index_insert(core->deals.by_d, hash_d(core, event->hunt, event->number, share->deals),
			handle, rehash_d, core);
	share->deals++;
}

void
hd_told_keep(struct hd_core *core, const struct hd_event *event)
{
	HD_ASSERT(!hd_deal_told(core, event->hunt, event->number, event->order, event->entrant));
	HD_ASSERT(hd_deal_at(core, event->hunt, event->number, event->order) != NULL);
	uint32_t handle = row_make(core, &core->deals.told, event, event->order);
	hd_index_insert(core->deals.by_told,
			hash_told(core, event->hunt, event->number, event->order, event->entrant),
			handle, rehash_told, core);
}

uint64_t
hd_core_allotted(const struct hd_core *core, uint16_t hunt, uint32_t challenge)
{
	HD_ASSERT(hunt < core->hunts_count);
	const struct hd_share *share = hd_share_find(core->hunts[hunt], challenge);
	return share ? share->deals : 0;
}
