/* Entrants: where they are found, how they enrol, and the one place where a score moves. */
#include "core/base/hash.h"
#include "core/game/state.h"

uint64_t
hd_entrant_hash(const struct hd_core *core, uint16_t hunt, struct hd_bytes id)
{
	return hd_hash_table(core->secret + 16, hunt, id);
}

static uint64_t
rehash(const void *context, uint32_t handle)
{
	const struct hd_core *core = context;
	const struct hd_entrant *entrant = hd_entrant_at(core, handle);
	return hd_entrant_hash(core, entrant->hunt, hd_entrant_id(core, entrant));
}

static inline uint32_t
find(const struct hd_core *core, uint64_t hash, uint16_t hunt, struct hd_bytes id)
{
	struct hd_index_cursor cursor = {0};
	uint32_t handle;
	while ((handle = hd_index_next(core->by_id, hash, &cursor)) != 0)
		if (hd_entrant_is(core, hd_entrant_at(core, handle), hunt, id))
			break;
	return handle;
}

uint32_t
hd_entrant_find(const struct hd_core *core, uint16_t hunt, struct hd_bytes id, uint32_t hint)
{
	HD_ASSERT(hint <= core->entrants.used);
	if (hint != 0 && hd_entrant_is(core, hd_entrant_at(core, hint), hunt, id))
		return hint;
	return find(core, hd_entrant_hash(core, hunt, id), hunt, id);
}

struct hd_play *
hd_entrant_play_make(struct hd_core *core, struct hd_entrant *entrant)
{
	if (entrant->play == 0)
		entrant->play = hd_play_create(&core->plays);
	return hd_play_at(&core->plays, entrant->play);
}

/* Keys. */

bool
hd_entrant_key(const struct hd_live_board *board, const struct hd_entrant *entrant,
	       struct hd_board_key *key)
{
	const struct hd_core *core = board->core;
	key->id = hd_entrant_id(core, entrant);
	if (board->window_ns == 0) {
		key->score = entrant->score;
		key->sub = hd_entrant_sub(core, entrant);
		key->time = entrant->time;
		return hd_entrant_belongs(entrant, board);
	}
	struct hd_play *play = hd_entrant_play(core, entrant);
	struct hd_item *item = play ? hd_item_find(play, HD_ITEM_WINDOW, board->number) : NULL;
	if (item == NULL || hd_item_key(item)->serial != board->serial)
		return false;
	key->score = hd_item_key(item)->score;
	key->sub = hd_item_key(item)->sub;
	key->time = hd_item_key(item)->time;
	return true;
}

void
hd_entrant_source(const void *context, uint32_t handle, struct hd_board_key *key)
{
	const struct hd_live_board *board = context;
	bool stands = hd_entrant_key(board, hd_entrant_at(board->core, handle), key);
	HD_ASSERT(stands);
}

void
hd_entrant_prefetch(const void *context, uint32_t handle)
{
	const struct hd_live_board *board = context;
	HD_ASSERT(handle != 0);
	hd_entrant_fetch(board->core, handle);
}

/* Keeps what a frozen board says of the entrant, before its first change there. */
static void
frozen_keep(struct hd_core *core, struct hd_live_board *board, struct hd_entrant *entrant,
	    const struct hd_board_key *key)
{
	HD_ASSERT(board->frozen != NULL);
	hd_entrant_play_make(core, entrant);
	struct hd_item *item = hd_item_make(&core->plays, &entrant->play, HD_ITEM_FROZEN,
					    board->number, HD_KEY_WORDS);
	struct hd_item_key *kept = hd_item_key(item);
	if (kept->serial == board->frozen_serial)
		return;
	*kept = (struct hd_item_key){.serial = board->frozen_serial};
	item->flag = key != NULL;
	if (key != NULL) {
		kept->score = key->score;
		kept->sub = key->sub;
		kept->time = key->time;
	}
}

/* Whether an event counts in the board's current window: by its time, or, where that ran a few ns
 * ahead of the clock that begins windows (as stamps do), still in the one that is current. */
static bool
in_window(const struct hd_live_board *board, const struct hd_event *event)
{
	if (board->window_ns == 0)
		return true;
	int64_t window = hd_window_of(event->time, board->window_ns);
	return window == board->window || (window > board->window && event->time <= event->stamp);
}

/* Moves or inserts on one board of a window. */
static void
window_change(struct hd_core *core, struct hd_live_board *board, uint32_t handle,
	      const struct hd_event *event, int64_t points, int64_t sub)
{
	struct hd_entrant *entrant = hd_entrant_at(core, handle);
	struct hd_board_key old, key;
	bool stood = hd_entrant_key(board, entrant, &old);
	if (board->frozen != NULL)
		frozen_keep(core, board, entrant, stood ? &old : NULL);
	hd_entrant_play_make(core, entrant);
	struct hd_item *item = hd_item_make(&core->plays, &entrant->play, HD_ITEM_WINDOW,
					    board->number, HD_KEY_WORDS);
	key = (struct hd_board_key){points, sub, event->time, hd_entrant_id(core, entrant)};
	if (stood) {
		key.score += old.score;
		key.sub += old.sub;
		hd_board_move(board->tree, handle, &old, &key);
	} else {
		hd_board_insert(board->tree, handle, &key);
	}
	*hd_item_key(item) = (struct hd_item_key){board->serial, key.score, key.sub, key.time};
	hd_live_board_changed(board, stood ? &old : NULL, &key);
}

uint32_t
hd_entrant_add(struct hd_core *core, struct hd_hunt *hunt, struct hd_bytes id,
	       struct hd_bytes bracket)
{
	HD_ASSERT(id.size > 0 && id.size <= HD_ID_MAX);
	uint32_t handle = hd_pool_take(&core->entrants);
	struct hd_entrant *entrant = hd_entrant_at(core, handle);
	entrant->hunt = hunt->number;
	entrant->bracket = hd_hunt_bracket(core, hunt, bracket);
	entrant->id_size = (uint8_t)id.size;
	uint8_t *to = entrant->id;
	if (entrant->id_size > HD_ENTRANT_ID_INLINE) {
		uint32_t aside = hd_pool_take(&core->long_ids);
		memcpy(entrant->id, &aside, sizeof(aside));
		to = hd_pool_at(&core->long_ids, aside);
	}
	memcpy(to, id.at, id.size);
	hunt->entrants++;
	return handle;
}

/* In batches, so that the misses of each overlap. */
bool
hd_entrants_index(struct hd_core *core)
{
	uint64_t hashes[HD_BATCH_MAX];
	uint32_t used = core->entrants.used;
	HD_ASSERT(hd_index_count(core->by_id) == 0);
	hd_index_reserve(core->by_id, used);
	for (uint32_t first = 1; first <= used; first += HD_BATCH_MAX) {
		uint32_t count = used - first + 1;
		count = count < HD_BATCH_MAX ? count : HD_BATCH_MAX;
		for (uint32_t i = 0; i < count; i++) {
			hashes[i] = rehash(core, first + i);
			hd_index_prefetch(core->by_id, hashes[i]);
		}
		for (uint32_t i = 0; i < count; i++) {
			const struct hd_entrant *entrant = hd_entrant_at(core, first + i);
			if (find(core, hashes[i], entrant->hunt, hd_entrant_id(core, entrant)) != 0)
				return false;
			hd_index_insert(core->by_id, hashes[i], first + i, rehash, core);
		}
	}
	return true;
}

uint32_t
hd_entrant_enrol(struct hd_core *core, struct hd_hunt *hunt, const struct hd_event *event)
{
	uint32_t handle = hd_entrant_add(core, hunt, event->entrant, event->extra);
	struct hd_entrant *entrant = hd_entrant_at(core, handle);
	HD_ASSERT(entrant->score == 0 && entrant->play == 0);
	hd_index_insert(core->by_id, rehash(core, handle), handle, rehash, core);
	entrant->time = event->time;
	for (uint32_t i = 0; i < hunt->boards_count; i++) {
		struct hd_live_board *board = &hunt->boards[i];
		if (board->tree == NULL || !hd_entrant_belongs(entrant, board))
			continue;
		if (board->window_ns != 0) {
			if (in_window(board, event))
				window_change(core, board, handle, event, 0, 0);
			continue;
		}
		if (board->frozen != NULL)
			frozen_keep(core, board, entrant, NULL);
		struct hd_board_key key = {0, 0, event->time, hd_entrant_id(core, entrant)};
		hd_board_insert(board->tree, handle, &key);
		hd_live_board_changed(board, NULL, &key);
	}
	return handle;
}

/* The trees compare by the live key: they move before the record changes. */
void
hd_entrant_change(struct hd_core *core, struct hd_hunt *hunt, uint32_t handle,
		  const struct hd_event *event, int64_t points, int64_t sub)
{
	struct hd_entrant *entrant = hd_entrant_at(core, handle);
	HD_ASSERT(entrant->hunt == hunt->number);
	if (points == 0 && sub == 0)
		return;
	struct hd_board_key old = {entrant->score, hd_entrant_sub(core, entrant), entrant->time,
				   hd_entrant_id(core, entrant)};
	struct hd_board_key key = {old.score + points, old.sub + sub, event->time, old.id};
	for (uint32_t i = 0; i < hunt->boards_count; i++) {
		struct hd_live_board *board = &hunt->boards[i];
		if (board->tree == NULL || !hd_entrant_belongs(entrant, board))
			continue;
		if (board->window_ns != 0) {
			if (in_window(board, event))
				window_change(core, board, handle, event, points, sub);
			continue;
		}
		if (hd_entrant_unbuilt(handle, board))
			continue;
		if (board->frozen != NULL)
			frozen_keep(core, board, entrant, &old);
		hd_board_move(board->tree, handle, &old, &key);
		hd_live_board_changed(board, &old, &key);
	}
	entrant->score = key.score;
	entrant->time = key.time;
	if (sub != 0) {
		hd_entrant_play_make(core, entrant)->sub = key.sub;
		entrant->has_sub = key.sub != 0;
	}
}

bool
hd_entrant_fits(const struct hd_core *core, const struct hd_hunt *hunt,
		const struct hd_entrant *entrant, int64_t points, int64_t sub)
{
	int64_t sum;
	HD_ASSERT(entrant->hunt == hunt->number);
	if (__builtin_add_overflow(entrant->score, points, &sum) ||
	    __builtin_add_overflow(hd_entrant_sub(core, entrant), sub, &sum))
		return false;
	if (HD_LIKELY(hunt->window_boards == 0))
		return true;
	for (uint32_t i = 0; i < hunt->boards_count; i++) {
		const struct hd_live_board *board = &hunt->boards[i];
		struct hd_board_key key;
		if (board->tree == NULL || board->window_ns == 0 ||
		    !hd_entrant_key(board, entrant, &key))
			continue;
		if (__builtin_add_overflow(key.score, points, &sum) ||
		    __builtin_add_overflow(key.sub, sub, &sum))
			return false;
	}
	return true;
}

int64_t
hd_entrant_room(const struct hd_core *core, const struct hd_hunt *hunt,
		const struct hd_entrant *entrant, int64_t points)
{
	int64_t fits = 0, over = points;
	HD_ASSERT(points > 0 && !hd_entrant_fits(core, hunt, entrant, points, 0));
	while (over - fits > 1) {
		int64_t middle = fits + (over - fits) / 2;
		if (hd_entrant_fits(core, hunt, entrant, middle, 0))
			fits = middle;
		else
			over = middle;
	}
	return fits;
}

bool
hd_core_standing(const struct hd_core *core, uint16_t hunt, uint16_t board, bool frozen,
		 struct hd_bytes entrant, uint32_t hint, struct hd_board_key *key, uint32_t *handle)
{
	HD_ASSERT(hunt < core->hunts_count && key != NULL);
	const struct hd_hunt *in = core->hunts[hunt];
	uint32_t found = hd_entrant_find(core, hunt, entrant, hint);
	if (found == 0 || board >= in->boards_count || in->boards[board].tree == NULL)
		return false;
	if (handle != NULL)
		*handle = found;
	const struct hd_live_board *live = &in->boards[board];
	const struct hd_entrant *record = hd_entrant_at(core, found);
	struct hd_play *play = hd_entrant_play(core, record);
	struct hd_item *item = NULL;
	if (frozen && live->frozen != NULL && play != NULL)
		item = hd_item_find(play, HD_ITEM_FROZEN, board);
	if (item == NULL || hd_item_key(item)->serial != live->frozen_serial)
		return hd_entrant_key(live, record, key);
	const struct hd_item_key *kept = hd_item_key(item);
	*key = (struct hd_board_key){kept->score, kept->sub, kept->time,
				     hd_entrant_id(core, record)};
	return item->flag != 0;
}
