/* The sweep: every object of the state once, as it was at one moment, while the core goes on.
 *
 * Kinds are walked one after the other, each in an order that a cursor can keep while things
 * change. What changes or goes before its cursor has come is written at once into a queue, which
 * the next step takes first; with an entrant, its hunt, so that a hunt always comes before it. */
#include "core/game/snapshot/object.h"
#include "huntd/snapshot.h"

#define CHUNK_SIZE (64u * HD_KIB)
#define AHEAD      8u /* entrants whose plays are fetched before they are written */

/* Objects that were written first, each with its size before it. */
struct chunk {
	struct chunk *next;
	uint32_t size; /* of `bytes` */
	uint32_t used, taken;
	uint8_t bytes[];
};

struct cursor {
	uint32_t kind; /* in `walks` */
	uint32_t at;   /* how many of it have been passed; of an id or want its handle */
	const struct hd_version *version; /* the next of hunt `at`; NULL: its newest */
	int64_t id_stamp;                 /* of the last id written */
};

struct hd_sweep {
	const struct hd_core *core;
	int64_t stamp; /* the moment: what is younger is not in it */
	uint32_t hunts, entrants, grants, deals, told;
	struct cursor cursor;
	unsigned __int128 sum;
	uint64_t count;
	struct chunk *first, *last;
	uint64_t waiting;          /* bytes in the queue */
	uint64_t *entrants_passed; /* a bit for each that was written first; NULL: none can be */
	uint64_t hunts_passed[HD_HUNTS_MAX / 64];
};

static bool
bit_is(const uint64_t *bits, uint32_t n)
{
	return (bits[n / 64] >> (n % 64) & 1) != 0;
}

static void
bit_set(uint64_t *bits, uint32_t n)
{
	HD_ASSERT(!bit_is(bits, n));
	bits[n / 64] |= UINT64_C(1) << (n % 64);
}

/* Walks: each writes the next object of its kind and passes it; false: there is no more. */

static bool
walk_core(struct hd_sweep *sweep, struct hd_writer *out)
{
	if (sweep->cursor.at++ > 0)
		return false;
	hd_object_core(sweep->core, out);
	return true;
}

static bool
walk_done(struct hd_sweep *sweep, struct hd_writer *out)
{
	if (sweep->cursor.at == hd_object_done_count(sweep->core))
		return false;
	hd_object_done(sweep->core, sweep->cursor.at++, out);
	return true;
}

static bool
walk_hunts(struct hd_sweep *sweep, struct hd_writer *out)
{
	uint32_t *at = &sweep->cursor.at;
	while (*at < sweep->hunts && bit_is(sweep->hunts_passed, *at))
		++*at;
	HD_ASSERT(*at <= sweep->hunts);
	if (*at == sweep->hunts)
		return false;
	hd_object_hunt(sweep->core->hunts[(*at)++], out);
	return true;
}

/* They never change; those of a hunt stand newest first. */
static bool
walk_versions(struct hd_sweep *sweep, struct hd_writer *out)
{
	struct cursor *cursor = &sweep->cursor;
	if (cursor->at == sweep->hunts)
		return false;
	const struct hd_hunt *hunt = sweep->core->hunts[cursor->at];
	const struct hd_version *version = cursor->version;
	if (version == NULL)
		version = hunt->version;
	while (version->stamp > sweep->stamp)
		version = version->older;
	HD_ASSERT(version != NULL);
	hd_object_version(hunt, version, out);
	cursor->version = version->older;
	cursor->at += version->older == NULL;
	return true;
}

static void
fetch_play(const struct hd_sweep *sweep, uint32_t n)
{
	HD_ASSERT(n < sweep->core->entrants.used);
	const struct hd_entrant *entrant = hd_entrant_at(sweep->core, n + 1);
	if (entrant->play != 0)
		__builtin_prefetch(hd_play_at(&sweep->core->plays, entrant->play));
}

static bool
walk_entrants(struct hd_sweep *sweep, struct hd_writer *out)
{
	const uint64_t *passed = sweep->entrants_passed;
	uint32_t at = sweep->cursor.at;
	while (passed != NULL && at < sweep->entrants && bit_is(passed, at))
		at += at % 64 == 0 && passed[at / 64] == UINT64_MAX ? 64 : 1;
	if (at >= sweep->entrants)
		return false;
	if (at + AHEAD < sweep->entrants)
		fetch_play(sweep, at + AHEAD);
	hd_object_entrant(sweep->core, hd_entrant_at(sweep->core, at + 1), out);
	sweep->cursor.at = at + 1;
	return true;
}

/* From the oldest on: new ones come behind, and only those in front are forgotten. */
static bool
walk_ids(struct hd_sweep *sweep, struct hd_writer *out)
{
	const struct hd_event_ids *ids = &sweep->core->ids;
	struct cursor *cursor = &sweep->cursor;
	uint32_t handle = cursor->at ? cursor->at : ids->oldest;
	if (handle == 0)
		return false;
	const struct hd_answered *answered = hd_pool_at(&ids->pool, handle);
	if (answered->stamp > sweep->stamp || answered->stamp <= cursor->id_stamp)
		return false;
	hd_object_answered(answered, out);
	cursor->at = answered->newer;
	cursor->id_stamp = answered->stamp;
	return true;
}

/* By handle; one that was opened since is younger. */
static bool
walk_wants(struct hd_sweep *sweep, struct hd_writer *out)
{
	uint32_t *at = &sweep->cursor.at;
	while ((*at = hd_core_want_next(sweep->core, *at)) != 0) {
		struct hd_want want;
		hd_core_want(sweep->core, *at, &want);
		if (want.stamp > sweep->stamp)
			continue;
		hd_object_want(sweep->core, *at, out);
		return true;
	}
	return false;
}

/* They are for ever. */
static bool
walk_grants(struct hd_sweep *sweep, struct hd_writer *out)
{
	uint32_t *at = &sweep->cursor.at;
	HD_ASSERT(*at <= sweep->grants);
	if (*at == sweep->grants)
		return false;
	hd_object_grant(sweep->core, hd_pool_at(&sweep->core->grants.pool, ++*at), out);
	return true;
}

/* By handle, as wants. */
static bool
walk_suspects(struct hd_sweep *sweep, struct hd_writer *out)
{
	uint32_t *at = &sweep->cursor.at;
	while ((*at = hd_suspect_above(sweep->core, *at)) != 0) {
		struct hd_want want;
		hd_core_suspect(sweep->core, *at, &want);
		if (want.stamp > sweep->stamp)
			continue;
		hd_object_suspect(sweep->core, *at, out);
		return true;
	}
	return false;
}

/* Deals and whom was told of are for ever too. */
static bool
walk_deals(struct hd_sweep *sweep, struct hd_writer *out)
{
	uint32_t *at = &sweep->cursor.at;
	HD_ASSERT(*at <= sweep->deals);
	if (*at == sweep->deals)
		return false;
	hd_object_deal(sweep->core, HD_OBJECT_DEAL, hd_pool_at(&sweep->core->deals.deals, ++*at),
		       out);
	return true;
}

static bool
walk_told(struct hd_sweep *sweep, struct hd_writer *out)
{
	uint32_t *at = &sweep->cursor.at;
	HD_ASSERT(*at <= sweep->told);
	if (*at == sweep->told)
		return false;
	hd_object_deal(sweep->core, HD_OBJECT_TOLD, hd_pool_at(&sweep->core->deals.told, ++*at),
		       out);
	return true;
}

enum walk {
	WALK_CORE,
	WALK_DONE,
	WALK_HUNTS,
	WALK_VERSIONS,
	WALK_ENTRANTS,
	WALK_IDS,
	WALK_WANTS,
	WALK_GRANTS,
	WALK_SUSPECTS,
	WALK_DEALS,
	WALK_TOLD,
	WALKS
};

static bool (*const walks[WALKS])(struct hd_sweep *, struct hd_writer *) = {
	[WALK_CORE] = walk_core,         [WALK_DONE] = walk_done,
	[WALK_HUNTS] = walk_hunts,       [WALK_VERSIONS] = walk_versions,
	[WALK_ENTRANTS] = walk_entrants, [WALK_IDS] = walk_ids,
	[WALK_WANTS] = walk_wants,       [WALK_GRANTS] = walk_grants,
	[WALK_SUSPECTS] = walk_suspects, [WALK_DEALS] = walk_deals,
	[WALK_TOLD] = walk_told,
};

/* Of the kinds before `end`. */
static bool
walk(struct hd_sweep *sweep, uint32_t end, struct hd_writer *out)
{
	struct cursor *cursor = &sweep->cursor;
	HD_ASSERT(end <= WALKS);
	for (; cursor->kind < end; cursor->kind++, cursor->at = 0)
		if (walks[cursor->kind](sweep, out))
			return true;
	return false;
}

static bool
is_passed(const struct hd_sweep *sweep, enum walk kind, uint32_t n)
{
	HD_ASSERT(kind != WALK_IDS && kind < WALKS);
	const struct cursor *cursor = &sweep->cursor;
	return cursor->kind > kind || (cursor->kind == kind && n < cursor->at);
}

/* One object's bytes. */

static void
sum_add(struct hd_sweep *sweep, struct hd_bytes object)
{
	HD_ASSERT(object.size > 0);
	sweep->sum += hd_object_hash(object);
	sweep->count++;
}

/* Begins an object: room for its size, which most often is one byte. */
static uint8_t *
object_begin(struct hd_writer *out)
{
	uint8_t *begin = out->at;
	hd_write_u8(out, 0);
	return begin;
}

/* Puts the size before it, and returns the object alone; nothing where `out` was too small. */
static struct hd_bytes
object_end(struct hd_writer *out, uint8_t *begin)
{
	static_assert(HD_OBJECT_MAX < 1u << 21, "a size is three bytes at most");
	uint32_t size = (uint32_t)(out->at - begin) - 1;
	uint32_t more = (uint32_t)(size >= 1u << 7) + (uint32_t)(size >= 1u << 14);
	if (out->full || out->end - out->at < more) {
		out->full = true;
		return (struct hd_bytes){0};
	}
	if (more > 0)
		memmove(begin + 1 + more, begin + 1, size);
	out->at += more;
	struct hd_writer head = hd_writer_of(begin, 1 + more);
	hd_write_varint(&head, size);
	HD_ASSERT(!head.full && head.at == head.end);
	return hd_bytes_of(head.end, size);
}

/* The queue of what is written first. */

static struct hd_writer
queue_begin(struct hd_sweep *sweep, uint32_t most)
{
	struct chunk *last = sweep->last;
	HD_ASSERT(most <= HD_OBJECT_MAX);
	if (last == NULL || last->size - last->used < most) {
		uint32_t room = (uint32_t)(CHUNK_SIZE - sizeof(*last));
		room = most > room ? most : room;
		struct chunk *chunk =
			hd_memory_take(sweep->core->memory, sizeof(*chunk) + room, 64);
		chunk->size = room;
		if (last != NULL)
			last->next = chunk;
		else
			sweep->first = chunk;
		sweep->last = last = chunk;
	}
	return hd_writer_of(last->bytes + last->used, last->size - last->used);
}

static void
queue_end(struct hd_sweep *sweep, const struct hd_writer *out)
{
	struct chunk *last = sweep->last;
	HD_ASSERT(!out->full && out->at > last->bytes + last->used);
	uint32_t used = (uint32_t)(out->at - last->bytes);
	sweep->waiting += used - last->used;
	last->used = used;
}

static void
queue_drop(struct hd_sweep *sweep)
{
	struct chunk *chunk = sweep->first;
	HD_ASSERT(chunk != NULL);
	sweep->first = chunk->next;
	if (sweep->first == NULL)
		sweep->last = NULL;
	hd_memory_give(sweep->core->memory, chunk, sizeof(*chunk) + chunk->size);
}

/* The queue's next object into `out`; nothing but `full` where it has no room. */
static void
queue_take(struct hd_sweep *sweep, struct hd_writer *out)
{
	struct chunk *chunk = sweep->first;
	struct hd_reader in = {chunk->bytes + chunk->taken, chunk->bytes + chunk->used, false};
	struct hd_bytes object = hd_read_bytes(&in, HD_OBJECT_MAX);
	HD_ASSERT(!in.bad && object.size > 0);
	uint32_t whole = (uint32_t)(in.at - (chunk->bytes + chunk->taken));
	hd_write_fixed(out, chunk->bytes + chunk->taken, whole);
	if (out->full)
		return;
	sum_add(sweep, object);
	sweep->waiting -= whole;
	chunk->taken += whole;
	if (chunk->taken == chunk->used)
		queue_drop(sweep);
}

void
hd_sweep_keep_hunt(struct hd_core *core, const struct hd_hunt *hunt)
{
	struct hd_sweep *sweep = core->sweep;
	uint32_t n = hunt->number;
	if (n >= sweep->hunts || is_passed(sweep, WALK_HUNTS, n) || bit_is(sweep->hunts_passed, n))
		return;
	bit_set(sweep->hunts_passed, n);
	struct hd_writer out =
		queue_begin(sweep, HD_OBJECT_SMALL_MAX + hunt->shares_room * HD_OBJECT_GONE_MAX);
	uint8_t *begin = object_begin(&out);
	hd_object_hunt(hunt, &out);
	object_end(&out, begin);
	queue_end(sweep, &out);
}

void
hd_sweep_keep_entrant(struct hd_core *core, uint32_t handle)
{
	struct hd_sweep *sweep = core->sweep;
	HD_ASSERT(handle > 0);
	uint32_t n = handle - 1;
	if (n >= sweep->entrants || is_passed(sweep, WALK_ENTRANTS, n) ||
	    bit_is(sweep->entrants_passed, n))
		return;
	const struct hd_entrant *entrant = hd_entrant_at(core, handle);
	hd_sweep_keep_hunt(core, core->hunts[entrant->hunt]);
	bit_set(sweep->entrants_passed, n);
	const struct hd_play *play = hd_entrant_play(core, entrant);
	struct hd_writer out = queue_begin(sweep, HD_OBJECT_SMALL_MAX + (play ? play->used : 0));
	uint8_t *begin = object_begin(&out);
	hd_object_entrant(core, entrant, &out);
	object_end(&out, begin);
	queue_end(sweep, &out);
}

void
hd_sweep_keep_answered(struct hd_core *core, uint32_t handle)
{
	struct hd_sweep *sweep = core->sweep;
	struct cursor *cursor = &sweep->cursor;
	HD_ASSERT(handle == core->ids.oldest);
	const struct hd_answered *answered = hd_pool_at(&core->ids.pool, handle);
	if (answered->stamp > sweep->stamp || answered->stamp <= cursor->id_stamp)
		return;
	cursor->id_stamp = answered->stamp;
	if (cursor->kind == WALK_IDS && cursor->at == handle)
		cursor->at = answered->newer;
	struct hd_writer out = queue_begin(sweep, HD_OBJECT_SMALL_MAX);
	uint8_t *begin = object_begin(&out);
	hd_object_answered(answered, &out);
	object_end(&out, begin);
	queue_end(sweep, &out);
}

void
hd_sweep_keep_want(struct hd_core *core, uint32_t handle)
{
	struct hd_sweep *sweep = core->sweep;
	struct hd_want want;
	hd_core_want(core, handle, &want);
	if (want.stamp > sweep->stamp || is_passed(sweep, WALK_WANTS, handle - 1))
		return;
	hd_sweep_keep_hunt(core, core->hunts[want.hunt]);
	struct hd_writer out = queue_begin(sweep, HD_OBJECT_SMALL_MAX);
	uint8_t *begin = object_begin(&out);
	hd_object_want(core, handle, &out);
	object_end(&out, begin);
	queue_end(sweep, &out);
}

void
hd_sweep_keep_suspect(struct hd_core *core, uint32_t handle)
{
	struct hd_sweep *sweep = core->sweep;
	struct hd_want want;
	hd_core_suspect(core, handle, &want);
	if (want.stamp > sweep->stamp || is_passed(sweep, WALK_SUSPECTS, handle - 1))
		return;
	hd_sweep_keep_hunt(core, core->hunts[want.hunt]);
	struct hd_writer out = queue_begin(sweep, HD_OBJECT_SMALL_MAX);
	uint8_t *begin = object_begin(&out);
	hd_object_suspect(core, handle, &out);
	object_end(&out, begin);
	queue_end(sweep, &out);
}

/* The sweep as a whole. */

static struct hd_sweep
sweep_of(const struct hd_core *core)
{
	HD_ASSERT(core->hunts_count <= HD_HUNTS_MAX);
	return (struct hd_sweep){
		.core = core,
		.stamp = core->stamp,
		.hunts = core->hunts_count,
		.entrants = core->entrants.used,
		.grants = core->grants.pool.used,
		.deals = core->deals.deals.used,
		.told = core->deals.told.used,
		.cursor = {.id_stamp = INT64_MIN},
	};
}

/* What every event changes is written now: the core's own fields, and the few bits beside them. */
void
hd_core_sweep_begin(struct hd_core *core)
{
	HD_ASSERT(core->sweep == NULL && core->load == NULL);
	struct hd_sweep *sweep = hd_memory_take(core->memory, sizeof(*sweep), 64);
	*sweep = sweep_of(core);
	sweep->entrants_passed =
		hd_memory_take(core->memory, (sweep->entrants / 64 + 1) * sizeof(uint64_t), 64);
	for (;;) {
		struct hd_writer out = queue_begin(sweep, HD_OBJECT_SMALL_MAX);
		uint8_t *begin = object_begin(&out);
		if (!walk(sweep, WALK_HUNTS, &out))
			break;
		object_end(&out, begin);
		queue_end(sweep, &out);
	}
	core->sweep = sweep;
}

/* The next object into `out`, which may come out full. False: that was all. */
static bool
take(struct hd_sweep *sweep, struct hd_writer *out)
{
	if (sweep->waiting > 0) {
		queue_take(sweep, out);
		return true;
	}
	uint8_t *begin = object_begin(out);
	if (!walk(sweep, WALKS, out))
		return false;
	struct hd_bytes object = object_end(out, begin);
	if (!out->full)
		sum_add(sweep, object);
	return true;
}

bool
hd_core_sweep_step(struct hd_core *core, uint32_t objects, struct hd_writer *out, uint8_t *digest,
		   uint64_t *count)
{
	struct hd_sweep *sweep = core->sweep;
	HD_ASSERT(sweep != NULL && out->end - out->at > HD_OBJECT_MAX);
	for (uint32_t i = 0; i < objects; i++) {
		struct hd_writer before = *out;
		struct cursor cursor = sweep->cursor;
		if (!take(sweep, out)) {
			*out = before;
			memcpy(digest, &sweep->sum, sizeof(sweep->sum));
			*count = sweep->count;
			hd_core_sweep_abandon(core);
			return false;
		}
		if (out->full) {
			HD_ASSERT(i > 0);
			*out = before;
			sweep->cursor = cursor;
			break;
		}
	}
	return true;
}

void
hd_core_sweep_abandon(struct hd_core *core)
{
	struct hd_sweep *sweep = core->sweep;
	if (sweep == NULL)
		return;
	while (sweep->first != NULL)
		queue_drop(sweep);
	HD_ASSERT(sweep->last == NULL);
	hd_memory_give(core->memory, sweep->entrants_passed,
		       (sweep->entrants / 64 + 1) * sizeof(uint64_t));
	hd_memory_give(core->memory, sweep, sizeof(*sweep));
	core->sweep = NULL;
}

bool
hd_core_sweeping(const struct hd_core *core)
{
	return core->sweep != NULL;
}

uint64_t
hd_core_sweep_bytes(const struct hd_core *core)
{
	return core->sweep ? core->sweep->waiting : 0;
}

/* The digest is the sum of a sweep that nothing happens in between. */
void
hd_core_digest(const struct hd_core *core, uint8_t digest[16])
{
	HD_ASSERT(core != NULL && digest != NULL);
	struct hd_sweep sweep = sweep_of(core);
	uint8_t *room = hd_memory_take(core->memory, HD_OBJECT_MAX, 64);
	for (;;) {
		struct hd_writer out = hd_writer_of(room, HD_OBJECT_MAX);
		if (!walk(&sweep, WALKS, &out))
			break;
		HD_ASSERT(!out.full);
		sum_add(&sweep, hd_bytes_of(room, (size_t)(out.at - room)));
	}
	hd_memory_give(core->memory, room, HD_OBJECT_MAX);
	memcpy(digest, &sweep.sum, sizeof(sweep.sum));
}
