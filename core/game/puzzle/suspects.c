/* E: suspicions that wait for H, found by their stamps, and a list in the order of opening. An
 * entrant may have many. */
#include "core/base/hash.h"
#include "core/game/state.h"

void
hd_suspects_init(struct hd_core *core)
{
	HD_ASSERT(core->suspects.index == NULL);
	hd_pool_init(&core->suspects.pool, core->memory, sizeof(struct hd_open_suspect));
	core->suspects.index = hd_index_create(core->memory);
}

void
hd_suspects_fini(struct hd_core *core)
{
	HD_ASSERT(core->suspects.index != NULL);
	hd_index_destroy(core->suspects.index);
	hd_pool_fini(&core->suspects.pool);
}

static struct hd_open_suspect *
open_at(const struct hd_core *core, uint32_t handle)
{
	HD_ASSERT(handle > 0 && handle <= core->suspects.pool.used);
	return hd_pool_at(&core->suspects.pool, handle);
}

static uint64_t
hash_of(const struct hd_core *core, int64_t stamp)
{
	return hd_hash_table(core->secret + 16, 0, hd_bytes_of(&stamp, sizeof(stamp)));
}

static uint64_t
rehash(const void *context, uint32_t handle)
{
	return hash_of(context, open_at(context, handle)->stamp);
}

uint32_t
hd_suspect_find(const struct hd_core *core, int64_t stamp)
{
	struct hd_index_cursor cursor = {0};
	uint32_t handle;
	uint64_t hash = hash_of(core, stamp);
	while ((handle = hd_index_next(core->suspects.index, hash, &cursor)) != 0)
		if (open_at(core, handle)->stamp == stamp)
			break;
	return handle;
}

static void
enlist(struct hd_core *core, uint32_t handle)
{
	struct hd_suspects *suspects = &core->suspects;
	struct hd_open_suspect *suspect = open_at(core, handle);
	HD_ASSERT((suspects->oldest == 0) == (suspects->newest == 0));
	suspect->older = suspects->newest;
	if (suspect->older == 0)
		suspects->oldest = handle;
	else
		open_at(core, suspect->older)->newer = handle;
	suspects->newest = handle;
}

static void
unlist(struct hd_core *core, uint32_t handle)
{
	struct hd_suspects *suspects = &core->suspects;
	const struct hd_open_suspect *suspect = open_at(core, handle);
	uint32_t *before = &suspects->oldest, *after = &suspects->newest;
	if (suspect->older != 0)
		before = &open_at(core, suspect->older)->newer;
	if (suspect->newer != 0)
		after = &open_at(core, suspect->newer)->older;
	HD_ASSERT(*before == handle && *after == handle);
	*before = suspect->newer;
	*after = suspect->older;
}

void
hd_suspect_open(struct hd_core *core, const struct hd_event *event)
{
	HD_ASSERT(event->type == HD_EVENT_SUSPECTED && event->entrant.size <= HD_ID_MAX);
	HD_ASSERT(hd_suspect_find(core, event->stamp) == 0);
	uint32_t handle = hd_pool_take(&core->suspects.pool);
	struct hd_open_suspect *suspect = open_at(core, handle);
	suspect->stamp = event->stamp;
	suspect->time = event->time;
	suspect->d = event->order;
	suspect->challenge = event->number;
	suspect->hunt = event->hunt;
	suspect->has = event->has;
	suspect->entrant_size = (uint8_t)event->entrant.size;
	memcpy(suspect->entrant, event->entrant.at, event->entrant.size);
	enlist(core, handle);
	hd_index_insert(core->suspects.index, hash_of(core, event->stamp), handle, rehash, core);
}

void
hd_suspect_end(struct hd_core *core, int64_t stamp)
{
	uint32_t handle = hd_suspect_find(core, stamp);
	HD_ASSERT(handle != 0);
	hd_sweep_suspect(core, handle);
	hd_index_remove(core->suspects.index, hash_of(core, stamp), handle);
	unlist(core, handle);
	open_at(core, handle)->stamp = 0;
	hd_pool_give(&core->suspects.pool, handle);
}

void
hd_suspect_event(const struct hd_core *core, uint32_t handle, struct hd_event *event)
{
	const struct hd_open_suspect *suspect = open_at(core, handle);
	HD_ASSERT(suspect->stamp != 0);
	*event = (struct hd_event){
		.type = HD_EVENT_SUSPECTED,
		.has = suspect->has,
		.hunt = suspect->hunt,
		.number = suspect->challenge,
		.stamp = suspect->stamp,
		.time = suspect->time,
		.order = suspect->d,
		.entrant = hd_bytes_of(suspect->entrant, suspect->entrant_size),
	};
}

uint32_t
hd_core_suspects(const struct hd_core *core)
{
	return core->suspects.pool.live;
}

uint32_t
hd_core_suspect_next(const struct hd_core *core, uint32_t handle)
{
	HD_ASSERT(handle == 0 || open_at(core, handle)->stamp != 0);
	return handle == 0 ? core->suspects.oldest : open_at(core, handle)->newer;
}

uint32_t
hd_suspect_above(const struct hd_core *core, uint32_t handle)
{
	HD_ASSERT(handle <= core->suspects.pool.used);
	for (uint32_t next = handle + 1; next <= core->suspects.pool.used; next++)
		if (open_at(core, next)->stamp != 0)
			return next;
	return 0;
}

void
hd_core_suspect(const struct hd_core *core, uint32_t handle, struct hd_want *want)
{
	struct hd_event event;
	hd_suspect_event(core, handle, &event);
	bool has_at = (event.has & HD_EVENT_HAS_AT) != 0;
	HD_ASSERT(event.stamp > 0);
	*want = (struct hd_want){
		.what = HD_WANT_SUSPECT,
		.d = event.order,
		.stamp = event.stamp,
		.hunt = event.hunt,
		.challenge = event.number,
		.has_at = has_at,
		.at = has_at ? event.time : 0,
		.entrant = event.entrant,
	};
}
