/* Which pools there are, and what they lack. */
#include "huntd/ids.h"
#include "shard/inside.h"

struct hd_forge_pool *
hd_forge_pool_find(const struct hd_forge *forge, const struct hd_puzzle_spec *spec,
		   const struct hd_deal *deal)
{
	for (uint32_t i = 0; i < forge->pools_count; i++) {
		struct hd_forge_pool *pool = forge->pools[i];
		bool own = !pool->around ||
			   (pool->hunt == deal->hunt && pool->challenge == deal->challenge);
		if (own && hd_forge_is_same_sort(&pool->spec, spec))
			return pool;
	}
	return NULL;
}

uint64_t
hd_forge_pools_bytes(const struct hd_forge *forge)
{
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < forge->pools_count; i++)
		bytes += forge->pools[i]->bytes;
	return bytes;
}

static void
drop(struct hd_forge *forge, uint32_t at)
{
	struct hd_forge_pool *pool = forge->pools[at];
	HD_ASSERT(at < forge->pools_count);
	for (uint32_t i = 0; i < HD_FORGE_ORDERS; i++)
		if (forge->rows[i].pool == pool)
			forge->rows[i].pool = NULL;
	hd_forge_pool_fini(pool, &forge->kept);
	hd_memory_give(&forge->kept, pool, sizeof *pool);
	forge->pools[at] = forge->pools[--forge->pools_count];
}

void
hd_forge_drop_pools(struct hd_shard *shard)
{
	while (shard->forge.pools_count > 0)
		drop(&shard->forge, 0);
}

/* The look through the documents. */

void
hd_forge_look(struct hd_shard *shard)
{
	struct hd_forge *forge = &shard->forge;
	if (!forge->threads || forge->budget == 0)
		return;
	forge->looking = forge->active = true;
	forge->look_hunt = forge->look_challenge = 0;
	for (uint32_t i = 0; i < forge->pools_count; i++)
		forge->pools[i]->wanted = false;
}

static void
want(struct hd_forge *forge, const struct hd_puzzle_spec *spec, const struct hd_deal *deal)
{
	struct hd_forge_pool *pool = hd_forge_pool_find(forge, spec, deal);
	if (pool == NULL && forge->pools_count == HD_FORGE_POOLS)
		return;
	if (pool == NULL) {
		pool = hd_memory_take(&forge->kept, sizeof *pool, 8);
		hd_forge_pool_init(pool, spec);
		pool->around = spec->kind->around_answer;
		pool->hunt = deal->hunt;
		pool->challenge = deal->challenge;
		forge->pools[forge->pools_count++] = pool;
	}
	pool->wanted = true;
}

/* Challenges of a hunt from look_challenge on. Returns how many it looked at. */
static uint32_t
look_at_hunt(struct hd_shard *shard, uint32_t most)
{
	struct hd_forge *forge = &shard->forge;
	uint16_t hunt = (uint16_t)forge->look_hunt;
	const struct hd_definition *definition = hd_core_definition(shard->core, hunt);
	bool open = definition != NULL && hd_core_phase(shard->core, hunt) != HD_PHASE_CLOSED;
	uint32_t count = open ? definition->challenges_count : 0, looked = 1;
	bool here = open && hd_slot_shard(hd_slot(definition->id), shard->count) == shard->number;
	for (; forge->look_challenge < count && looked < most; looked++) {
		const struct hd_challenge *challenge =
			&definition->challenges[forge->look_challenge++];
		if (challenge->puzzle == NULL || challenge->gone)
			continue;
		struct hd_deal deal = {.hunt = hunt, .challenge = challenge->number};
		if (here || !challenge->puzzle->spec.kind->around_answer)
			want(forge, &challenge->puzzle->spec, &deal);
	}
	if (forge->look_challenge >= count) {
		forge->look_hunt++;
		forge->look_challenge = 0;
	}
	return looked;
}

void
hd_forge_look_on(struct hd_shard *shard)
{
	struct hd_forge *forge = &shard->forge;
	uint32_t hunts = hd_core_hunts(shard->core);
	for (uint32_t looked = 0; forge->look_hunt < hunts && looked < HD_FORGE_LOOKS;)
		looked += look_at_hunt(shard, HD_FORGE_LOOKS - looked + 1);
	shard->again |= forge->look_hunt < hunts;
	if (forge->look_hunt < hunts)
		return;
	forge->looking = false;
	for (uint32_t i = forge->pools_count; i-- > 0;)
		if (!forge->pools[i]->wanted)
			drop(forge, i);
}

/* Refills: the pools in turn, so that none takes all orders. */
void
hd_forge_fill(struct hd_shard *shard)
{
	struct hd_forge *forge = &shard->forge;
	uint32_t count = forge->pools_count;
	forge->falls = HD_NEVER;
	for (uint32_t i = 0; i < count; i++) {
		struct hd_forge_pool *pool = forge->pools[forge->pools_turn++ % count];
		hd_forge_pool_look(pool, shard->boot);
		int64_t falls = hd_forge_pool_falls(pool);
		forge->falls = falls < forge->falls ? falls : forge->falls;
		uint32_t low = hd_forge_pool_low(pool, forge->floor, forge->budget / 2 / count);
		uint32_t lacks = hd_forge_pool_lacks(pool, low);
		if (pool->around) {
			uint64_t d = hd_core_allotted(shard->core, pool->hunt, pool->challenge);
			pool->next = pool->next < d ? d : pool->next;
		}
		for (; lacks > 0 && forge->refills < HD_FORGE_REFILLS; lacks--)
			hd_forge_refill(shard, pool);
	}
}
