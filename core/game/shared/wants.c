/* Open WANTs: at most one of an entrant, found by its id. */
#include "core/base/hash.h"
#include "core/game/state.h"

void
hd_wants_init(struct hd_core *core)
{
	HD_ASSERT(core->wants.index == NULL);
	hd_pool_init(&core->wants.pool, core->memory, sizeof(struct hd_open_want));
	core->wants.index = hd_index_create(core->memory);
}

void
hd_wants_fini(struct hd_core *core)
{
	HD_ASSERT(core->wants.index != NULL);
	hd_index_destroy(core->wants.index);
	hd_pool_fini(&core->wants.pool);
}

static struct hd_open_want *
open_at(const struct hd_core *core, uint32_t handle)
{
	HD_ASSERT(handle > 0 && handle <= core->wants.pool.used);
	return hd_pool_at(&core->wants.pool, handle);
}

static uint64_t
hash_of(const struct hd_core *core, struct hd_bytes entrant)
{
	return hd_hash_table(core->secret + 16, 0, entrant);
}

static uint64_t
rehash(const void *context, uint32_t handle)
{
	const struct hd_open_want *want = open_at(context, handle);
	return hash_of(context, hd_bytes_of(want->entrant, want->entrant_size));
}

uint32_t
hd_core_want_of(const struct hd_core *core, struct hd_bytes entrant)
{
	struct hd_index_cursor cursor = {0};
	uint32_t handle;
	if (core->wants.pool.live == 0)
		return 0;
	uint64_t hash = hash_of(core, entrant);
	while ((handle = hd_index_next(core->wants.index, hash, &cursor)) != 0) {
		const struct hd_open_want *want = open_at(core, handle);
		if (hd_bytes_equal(hd_bytes_of(want->entrant, want->entrant_size), entrant))
			break;
	}
	return handle;
}

static uint8_t
keep(uint8_t *to, struct hd_bytes bytes, uint32_t max)
{
	HD_ASSERT(bytes.size <= max && max <= UINT8_MAX);
	if (bytes.size > 0)
		memcpy(to, bytes.at, bytes.size);
	return (uint8_t)bytes.size;
}

void
hd_want_open(struct hd_core *core, const struct hd_event *event)
{
	HD_ASSERT(hd_core_want_of(core, event->entrant) == 0);
	bool deal = event->type == HD_EVENT_WANT_DEAL;
	HD_ASSERT((deal || event->type == HD_EVENT_WANT) && event->text.size <= HD_ANSWER_MAX);
	uint32_t handle = hd_pool_take(&core->wants.pool);
	struct hd_open_want *want = open_at(core, handle);
	want->stamp = event->stamp;
	want->time = event->time;
	want->challenge = event->number;
	want->hunt = event->hunt;
	want->what = deal ? HD_WANT_DEAL : HD_WANT_SOLVE;
	want->has = event->has;
	memcpy(want->args_hash, event->args_hash, sizeof(want->args_hash));
	want->entrant_size = keep(want->entrant, event->entrant, HD_ID_MAX);
	want->by_size = keep(want->by, event->by, HD_ID_MAX);
	want->id_size = keep(want->id, event->id, HD_EVENT_ID_MAX);
	want->text_size = (uint16_t)event->text.size;
	if (event->text.size > 0)
		memcpy(want->text, event->text.at, event->text.size);
	hd_index_insert(core->wants.index, hash_of(core, event->entrant), handle, rehash, core);
}

void
hd_want_end(struct hd_core *core, struct hd_bytes entrant, int64_t stamp)
{
	uint32_t handle = hd_core_want_of(core, entrant);
	HD_ASSERT(handle != 0 && open_at(core, handle)->stamp == stamp);
	hd_sweep_want(core, handle);
	hd_index_remove(core->wants.index, hash_of(core, entrant), handle);
	open_at(core, handle)->stamp = 0;
	hd_pool_give(&core->wants.pool, handle);
}

void
hd_want_event(const struct hd_core *core, uint32_t handle, struct hd_event *event)
{
	const struct hd_open_want *want = open_at(core, handle);
	HD_ASSERT(want->stamp != 0);
	*event = (struct hd_event){
		.type = want->what == HD_WANT_DEAL ? HD_EVENT_WANT_DEAL : HD_EVENT_WANT,
		.has = want->has,
		.hunt = want->hunt,
		.number = want->challenge,
		.stamp = want->stamp,
		.time = want->time,
		.entrant = hd_bytes_of(want->entrant, want->entrant_size),
		.by = hd_bytes_of(want->by, want->by_size),
		.id = hd_bytes_of(want->id, want->id_size),
		.text = hd_bytes_of(want->text, want->text_size),
	};
	memcpy(event->args_hash, want->args_hash, sizeof(event->args_hash));
}

void
hd_core_want(const struct hd_core *core, uint32_t handle, struct hd_want *want)
{
	const struct hd_open_want *open = open_at(core, handle);
	HD_ASSERT(open->stamp != 0);
	bool has_at = (open->has & HD_EVENT_HAS_AT) != 0;
	*want = (struct hd_want){
		.what = open->what,
		.stamp = open->stamp,
		.hunt = open->hunt,
		.challenge = open->challenge,
		.has_at = has_at,
		.at = has_at ? open->time : 0,
		.entrant = hd_bytes_of(open->entrant, open->entrant_size),
	};
}

uint32_t
hd_core_wants(const struct hd_core *core)
{
	return core->wants.pool.live;
}

uint32_t
hd_core_want_next(const struct hd_core *core, uint32_t handle)
{
	HD_ASSERT(handle <= core->wants.pool.used);
	for (uint32_t next = handle + 1; next <= core->wants.pool.used; next++)
		if (open_at(core, next)->stamp != 0)
			return next;
	return 0;
}
