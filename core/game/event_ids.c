/* Event ids: what was answered to a command that bore one, until it is old and one of too many.
 *
 * Answers stand in a list by stamp. Each event with an id adds one at the end and takes at most
 * FORGET_MAX from the front, so that a lowered setting is reached in small steps. */
#include "core/base/hash.h"
#include "core/game/state.h"

#define FORGET_MAX  4u
#define AHEAD       16u
#define INLINE_SIZE sizeof(((struct hd_answered *)0)->detail_inline)
#define SECOND_NS   INT64_C(1000000000)

void
hd_event_ids_init(struct hd_event_ids *ids, struct hd_memory *memory)
{
	HD_ASSERT(ids != NULL && memory != NULL);
	*ids = (struct hd_event_ids){.kept_max = HD_IDS_KEPT, .age_ns = HD_IDS_AGE_S * SECOND_NS};
	hd_pool_init(&ids->pool, memory, sizeof(struct hd_answered));
	ids->index = hd_index_create(memory);
}

static struct hd_answered *
answered_at(const struct hd_event_ids *ids, uint32_t handle)
{
	return hd_pool_at(&ids->pool, handle);
}

void
hd_event_ids_fini(struct hd_event_ids *ids)
{
	HD_ASSERT(ids->index != NULL);
	for (uint32_t handle = ids->oldest; handle != 0;) {
		struct hd_answered *answered = answered_at(ids, handle);
		handle = answered->newer;
		if (answered->detail != NULL)
			hd_memory_give(ids->pool.memory, answered->detail, answered->detail_size);
	}
	hd_index_destroy(ids->index);
	hd_pool_fini(&ids->pool);
}

static uint64_t
key_hash(const uint8_t key[16])
{
	uint64_t hash;
	memcpy(&hash, key, sizeof(hash));
	return hash;
}

static uint64_t
rehash(const void *context, uint32_t handle)
{
	return key_hash(answered_at(context, handle)->key);
}

static void
make_key(const struct hd_core *core, struct hd_bytes entrant, struct hd_bytes id, uint8_t key[16])
{
	uint8_t text[HD_ID_MAX + HD_EVENT_ID_MAX + 16];
	struct hd_writer out = hd_writer_of(text, sizeof(text));
	hd_write_bytes(&out, entrant);
	hd_write_bytes(&out, id);
	HD_ASSERT(!out.full);
	hd_hash_128(core->secret, hd_bytes_of(text, (size_t)(out.at - text)), key);
}

static uint32_t
find(const struct hd_event_ids *ids, const uint8_t key[16])
{
	struct hd_index_cursor cursor = {0};
	uint32_t handle;
	while ((handle = hd_index_next(ids->index, key_hash(key), &cursor)) != 0)
		if (memcmp(answered_at(ids, handle)->key, key, 16) == 0)
			break;
	return handle;
}

const struct hd_answered *
hd_event_ids_find(const struct hd_core *core, struct hd_bytes key, struct hd_bytes id)
{
	uint8_t hash[16];
	make_key(core, key, id, hash);
	uint32_t handle = find(&core->ids, hash);
	return handle ? answered_at(&core->ids, handle) : NULL;
}

struct hd_bytes
hd_answered_detail(const struct hd_answered *answered)
{
	const uint8_t *at = answered->detail ? answered->detail : answered->detail_inline;
	return (struct hd_bytes){at, answered->detail_size};
}

static void
forget_oldest(struct hd_core *core)
{
	struct hd_event_ids *ids = &core->ids;
	uint32_t handle = ids->oldest;
	struct hd_answered *answered = answered_at(ids, handle);
	HD_ASSERT(handle != 0 && handle != ids->newest);
	hd_sweep_answered(core, handle);
	ids->oldest = answered->newer;
	hd_index_remove(ids->index, key_hash(answered->key), handle);
	if (answered->detail != NULL)
		hd_memory_give(ids->pool.memory, answered->detail, answered->detail_size);
	hd_pool_give(&ids->pool, handle);
}

static void
forget(struct hd_core *core, int64_t stamp)
{
	struct hd_event_ids *ids = &core->ids;
	for (uint32_t i = 0; i < FORGET_MAX && ids->oldest != ids->newest; i++) {
		const struct hd_answered *oldest = answered_at(ids, ids->oldest);
		bool young = stamp - oldest->stamp < ids->age_ns;
		if (ids->pool.live <= ids->kept_max || young)
			return;
		forget_oldest(core);
	}
}

static void
keep_detail(struct hd_event_ids *ids, struct hd_answered *answered, struct hd_bytes detail)
{
	HD_ASSERT(detail.size <= HD_REPLY_SMALL_MAX);
	answered->detail_size = (uint16_t)detail.size;
	if (detail.size == 0)
		return;
	uint8_t *to = answered->detail_inline;
	if (detail.size > INLINE_SIZE)
		to = answered->detail = hd_memory_take(ids->pool.memory, detail.size, 1);
	memcpy(to, detail.at, detail.size);
}

/* Behind the newest. */
static uint32_t
answered_add(struct hd_event_ids *ids, const struct hd_answered *from, struct hd_bytes detail)
{
	uint32_t handle = hd_pool_take(&ids->pool);
	struct hd_answered *answered = answered_at(ids, handle);
	HD_ASSERT(from->newer == 0 && from->detail == NULL);
	*answered = *from;
	keep_detail(ids, answered, detail);
	if (ids->newest != 0)
		answered_at(ids, ids->newest)->newer = handle;
	else
		ids->oldest = handle;
	ids->newest = handle;
	return handle;
}

void
hd_event_ids_keep(struct hd_core *core, const struct hd_event *event, int64_t score)
{
	struct hd_event_ids *ids = &core->ids;
	struct hd_answered answered = {
		.stamp = event->stamp,
		.outcome = event->outcome,
		.points = event->points,
		.score = score,
	};
	make_key(core, event->entrant, event->id, answered.key);
	HD_ASSERT(find(ids, answered.key) == 0);
	memcpy(answered.args, event->args_hash, sizeof(answered.args));
	uint32_t handle = answered_add(ids, &answered, event->detail);
	hd_index_insert(ids->index, key_hash(answered.key), handle, rehash, ids);
	forget(core, event->stamp);
}

bool
hd_event_ids_load(struct hd_event_ids *ids, const struct hd_answered *from, struct hd_bytes detail)
{
	HD_ASSERT(detail.size <= HD_REPLY_SMALL_MAX);
	if (ids->newest != 0 && answered_at(ids, ids->newest)->stamp >= from->stamp)
		return false;
	answered_add(ids, from, detail);
	return true;
}

bool
hd_event_ids_index(struct hd_event_ids *ids)
{
	HD_ASSERT(hd_index_count(ids->index) == 0);
	HD_ASSERT(ids->pool.live == ids->pool.used); /* none was forgotten yet */
	hd_index_reserve(ids->index, ids->pool.used);
	for (uint32_t handle = 1; handle <= ids->pool.used; handle++) {
		if (handle + AHEAD <= ids->pool.used)
			hd_index_prefetch(ids->index,
					  key_hash(answered_at(ids, handle + AHEAD)->key));
		const struct hd_answered *answered = answered_at(ids, handle);
		if (find(ids, answered->key) != 0)
			return false;
		hd_index_insert(ids->index, key_hash(answered->key), handle, rehash, ids);
	}
	return true;
}

int64_t
hd_core_ids_oldest(const struct hd_core *core)
{
	uint32_t oldest = core->ids.oldest;
	HD_ASSERT((oldest == 0) == (core->ids.pool.live == 0));
	return oldest ? answered_at(&core->ids, oldest)->stamp : 0;
}

uint64_t
hd_core_ids(const struct hd_core *core)
{
	HD_ASSERT(core != NULL);
	return core->ids.pool.live;
}
