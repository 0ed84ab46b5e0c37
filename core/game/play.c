#include "core/game/play.h"

#include "huntd/assert.h"

#include <string.h>

/* A handle is a class in the high bits and the pool's handle in the low ones. */
#define CLASS_SHIFT 27u
#define CLASS_LARGE HD_PLAY_CLASSES
#define LARGE_STEP  (64u * HD_KIB)

static_assert(CLASS_LARGE < 1u << (32 - CLASS_SHIFT), "a class fits the handle");

static uint32_t
class_size(uint32_t class)
{
	return (class & 1 ? 96u : 64u) << (class / 2);
}

static uint32_t
class_of(uint32_t size)
{
	uint32_t class = 0;
	while (class < CLASS_LARGE && class_size(class) < size)
		class ++;
	return class;
}

void
hd_plays_init(struct hd_plays *plays, struct hd_memory *memory)
{
	HD_ASSERT(plays != NULL && memory != NULL);
	plays->memory = memory;
	for (uint32_t class = 0; class < HD_PLAY_CLASSES; class ++)
		hd_pool_init(&plays->classes[class], memory, class_size(class));
	hd_pool_init(&plays->large, memory, sizeof(struct hd_play_large));
}

static struct hd_play_large *
large_at(const struct hd_plays *plays, uint32_t handle)
{
	return hd_pool_at(&plays->large, handle);
}

void
hd_plays_fini(struct hd_plays *plays)
{
	for (uint32_t handle = 1; handle <= plays->large.used; handle++) {
		struct hd_play_large *large = large_at(plays, handle);
		if (large->live)
			hd_memory_give(plays->memory, large->play, large->play->room);
	}
	for (uint32_t class = 0; class < HD_PLAY_CLASSES; class ++)
		hd_pool_fini(&plays->classes[class]);
	hd_pool_fini(&plays->large);
}

struct hd_play *
hd_play_at(const struct hd_plays *plays, uint32_t play)
{
	uint32_t class = play >> CLASS_SHIFT;
	uint32_t handle = play & ((1u << CLASS_SHIFT) - 1);
	HD_ASSERT(handle != 0 && class <= CLASS_LARGE);
	if (HD_UNLIKELY(class == CLASS_LARGE))
		return large_at(plays, handle)->play;
	return hd_pool_at(&plays->classes[class], handle);
}

/* A block of at least `size` bytes, its room set. */
static uint32_t
block_take(struct hd_plays *plays, uint32_t size)
{
	uint32_t class = class_of(size);
	struct hd_pool *pool = class == CLASS_LARGE ? &plays->large : &plays->classes[class];
	uint32_t handle = hd_pool_take(pool);
	HD_ASSERT(handle < 1u << CLASS_SHIFT);
	uint32_t room = class_size(class);
	if (class == CLASS_LARGE) {
		room = (size + LARGE_STEP - 1) / LARGE_STEP * LARGE_STEP;
		HD_ASSERT(room <= HD_PLAY_STEP_MEMORY);
		struct hd_play_large *large = large_at(plays, handle);
		large->live = true;
		large->play = hd_memory_take(plays->memory, room, 64);
	}
	uint32_t play = class << CLASS_SHIFT | handle;
	hd_play_at(plays, play)->room = room;
	return play;
}

static void
block_give(struct hd_plays *plays, uint32_t play)
{
	uint32_t class = play >> CLASS_SHIFT;
	uint32_t handle = play & ((1u << CLASS_SHIFT) - 1);
	HD_ASSERT(handle != 0);
	if (class == CLASS_LARGE) {
		struct hd_play_large *large = large_at(plays, handle);
		hd_memory_give(plays->memory, large->play, large->play->room);
		large->live = false;
		hd_pool_give(&plays->large, handle);
	} else {
		hd_pool_give(&plays->classes[class], handle);
	}
}

uint32_t
hd_play_create(struct hd_plays *plays)
{
	uint32_t play = block_take(plays, sizeof(struct hd_play));
	hd_play_at(plays, play)->used = sizeof(struct hd_play);
	return play;
}

/* Opens `words` of zeros at byte `offset` of the block, in a larger block where it must be. */
static struct hd_play *
splice(struct hd_plays *plays, uint32_t *play, uint32_t offset, uint32_t words)
{
	struct hd_play *old = hd_play_at(plays, *play);
	uint32_t added = words * (uint32_t)sizeof(uint64_t);
	HD_ASSERT(offset >= sizeof(struct hd_play) && offset <= old->used);
	struct hd_play *new = old;
	uint32_t was = *play;
	if (old->used + added > old->room) {
		*play = block_take(plays, old->used + added);
		new = hd_play_at(plays, *play);
		uint32_t room = new->room;
		memcpy(new, old, offset);
		new->room = room;
	}
	uint32_t tail = old->used - offset;
	memmove((uint8_t *)new + offset + added, (uint8_t *)old + offset, tail);
	memset((uint8_t *)new + offset, 0, added);
	new->used = offset + added + tail;
	if (*play != was)
		block_give(plays, was);
	return new;
}

static uint32_t
item_size(const struct hd_item *item)
{
	return (uint32_t)sizeof(struct hd_item) + item->words * (uint32_t)sizeof(uint64_t);
}

/* The first item that stands at or behind (kind, number); the block's end where none does. */
static struct hd_item *
item_seek(struct hd_play *play, enum hd_item_kind kind, uint16_t number)
{
	uint8_t *at = play->items, *end = (uint8_t *)play + play->used;
	while (at < end) {
		struct hd_item *item = (struct hd_item *)at;
		if (item->kind > kind || (item->kind == kind && item->number >= number))
			break;
		at += item_size(item);
	}
	HD_ASSERT(at <= end);
	return (struct hd_item *)at;
}

static bool
item_is(const struct hd_play *play, const struct hd_item *item, enum hd_item_kind kind)
{
	return (const uint8_t *)item < (const uint8_t *)play + play->used && item->kind == kind;
}

struct hd_item *
hd_item_find(struct hd_play *play, enum hd_item_kind kind, uint16_t number)
{
	struct hd_item *item = item_seek(play, kind, number);
	return item_is(play, item, kind) && item->number == number ? item : NULL;
}

struct hd_item *
hd_item_first(struct hd_play *play, enum hd_item_kind kind)
{
	struct hd_item *item = item_seek(play, kind, 0);
	return item_is(play, item, kind) ? item : NULL;
}

struct hd_item *
hd_item_next(struct hd_play *play, struct hd_item *item)
{
	struct hd_item *next = (struct hd_item *)((uint8_t *)item + item_size(item));
	return item_is(play, next, item->kind) ? next : NULL;
}

struct hd_item *
hd_item_make(struct hd_plays *plays, uint32_t *play, enum hd_item_kind kind, uint16_t number,
	     uint32_t words)
{
	HD_ASSERT(words <= UINT16_MAX);
	struct hd_play *block = hd_play_at(plays, *play);
	struct hd_item *item = item_seek(block, kind, number);
	if (item_is(block, item, kind) && item->number == number)
		return item;
	uint32_t offset = (uint32_t)((uint8_t *)item - (uint8_t *)block);
	block = splice(plays, play, offset, words + 1);
	item = (struct hd_item *)((uint8_t *)block + offset);
	*item = (struct hd_item){(uint8_t)kind, 0, number, (uint16_t)words, 0};
	return item;
}

struct hd_item *
hd_item_grow(struct hd_plays *plays, uint32_t *play, struct hd_item *item, uint32_t words)
{
	HD_ASSERT(words > item->words && words <= UINT16_MAX);
	struct hd_play *block = hd_play_at(plays, *play);
	uint32_t offset = (uint32_t)((uint8_t *)item - (uint8_t *)block);
	block = splice(plays, play, offset + item_size(item), words - item->words);
	item = (struct hd_item *)((uint8_t *)block + offset);
	item->words = (uint16_t)words;
	return item;
}

/* Read back. */

static bool
item_valid(const struct hd_item *item)
{
	HD_ASSERT(item != NULL);
	switch (item->kind) {
	case HD_ITEM_NAME:
		return item->number == 0 && item->count <= HD_NAME_MAX &&
		       item->words == (item->count + 7u) / 8;
	case HD_ITEM_TIMES:
		return item->number == 0 && item->count > 0 && item->count == item->words &&
		       item->words <= HD_PER_WINDOW_MAX;
	case HD_ITEM_WINDOW:
	case HD_ITEM_FROZEN:
		return item->number < HD_BOARDS_MAX && item->words == HD_KEY_WORDS;
	case HD_ITEM_CELL:
		return item->number < HD_CHALLENGES_MAX && item->count <= HD_GUESSES_KEPT &&
		       item->words == HD_CELL_WORDS + item->count;
	case HD_ITEM_DEALT:
		return item->number < HD_CHALLENGES_MAX && item->count == 0 &&
		       item->words == HD_DEALT_WORDS && item->flag <= 1;
	default:
		return false;
	}
}

static bool
times_rise(struct hd_bytes payload)
{
	int64_t time, before = INT64_MIN;
	HD_ASSERT(payload.size % sizeof(time) == 0);
	for (uint32_t at = 0; at < payload.size; at += (uint32_t)sizeof(time)) {
		memcpy(&time, payload.at + at, sizeof(time));
		if (time < before)
			return false;
		before = time;
	}
	return true;
}

/* What is not there is 0, and all that is was in range when it was logged. */
static bool
dealt_valid(const struct hd_item *item, struct hd_bytes payload)
{
	struct hd_deal_item dealt;
	HD_ASSERT(payload.size == sizeof(dealt));
	memcpy(&dealt, payload.at, sizeof(dealt));
	if (item->flag == 0)
		return dealt.j == 0 && dealt.try == 0;
	return dealt.j != 0 && dealt.try <= UINT32_MAX;
}

static bool
payload_valid(const struct hd_item *item, struct hd_bytes payload)
{
	if (item->kind == HD_ITEM_TIMES)
		return times_rise(payload);
	return item->kind != HD_ITEM_DEALT || dealt_valid(item, payload);
}

bool
hd_items_valid(struct hd_bytes items)
{
	struct hd_reader in = hd_reader_of(items);
	struct hd_item item, before = {0};
	if (items.size > HD_PLAY_STEP_MEMORY - sizeof(struct hd_play))
		return false;
	while (in.at < in.end && !in.bad) {
		struct hd_bytes head = hd_read_fixed(&in, sizeof(item));
		if (in.bad)
			return false;
		memcpy(&item, head.at, sizeof(item));
		bool behind = item.kind > before.kind ||
			      (item.kind == before.kind && item.number > before.number);
		if (!behind || !item_valid(&item))
			return false;
		struct hd_bytes payload =
			hd_read_fixed(&in, item.words * (uint32_t)sizeof(uint64_t));
		if (in.bad || !payload_valid(&item, payload))
			return false;
		before = item;
	}
	return !in.bad;
}

uint32_t
hd_play_load(struct hd_plays *plays, struct hd_bytes items)
{
	HD_ASSERT(items.size % sizeof(uint64_t) == 0);
	uint32_t size = (uint32_t)sizeof(struct hd_play) + items.size;
	uint32_t handle = block_take(plays, size);
	struct hd_play *play = hd_play_at(plays, handle);
	play->used = size;
	if (items.size > 0)
		memcpy(play->items, items.at, items.size);
	return handle;
}
