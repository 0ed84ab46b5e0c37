/* play.h - what only some entrants have, in one block of its own.
 *
 * An entrant of which nothing is known but score and time has no play block. All else stands in one
 * block that grows: a head, then items, in the order of (kind, number), so that equal plays are
 * equal bytes. Blocks come in classes of 64, 96, 128, 192 ... 64 KiB, each a pool; what is larger
 * is taken from memory as it is. A block that outgrows its class moves: a handle and every pointer
 * into a block are good only until the next call that may grow it (those that take
 * `uint32_t *play`). */
#ifndef HUNTD_CORE_GAME_PLAY_H
#define HUNTD_CORE_GAME_PLAY_H

#include "core/base/pool.h"
#include "huntd/bytes.h"
#include "huntd/limits.h"

enum hd_item_kind {
	HD_ITEM_NAME = 1,   /* payload: the name; count: its bytes */
	HD_ITEM_TIMES = 2,  /* payload: i64 times of wrong guesses, rising; count of them */
	HD_ITEM_WINDOW = 3, /* number: board; payload: struct hd_item_key */
	HD_ITEM_FROZEN = 4, /* number: board; flag: stood there; payload: struct hd_item_key */
	HD_ITEM_CELL = 5,   /* number: challenge; payload: struct hd_cell; count: guesses */
	HD_ITEM_DEALT =
		6, /* number: challenge; flag: it has a base; payload: struct hd_deal_item */
};

struct hd_item {
	uint8_t kind; /* enum hd_item_kind */
	uint8_t flag;
	uint16_t number;
	uint16_t words; /* of 8 bytes, behind this head */
	uint16_t count;
	uint64_t payload[];
};

/* A key that belongs to one tree (`serial` of its struct hd_live_board). */
struct hd_item_key {
	uint64_t serial;
	int64_t score, sub, time;
};

/* What an entrant did with a challenge. Guesses: keyed hashes, oldest first. */
struct hd_cell {
	uint32_t wrong;
	uint16_t hints;
	uint16_t solved;
	int64_t points;
	uint64_t guesses[];
};

/* Of a puzzle. */
struct hd_deal_item {
	uint64_t d;
	uint64_t j, try; /* of the base; 0 without one */
};

#define HD_CELL_WORDS  (sizeof(struct hd_cell) / sizeof(uint64_t))
#define HD_KEY_WORDS   (sizeof(struct hd_item_key) / sizeof(uint64_t))
#define HD_DEALT_WORDS (sizeof(struct hd_deal_item) / sizeof(uint64_t))

struct hd_play {
	uint32_t used; /* bytes, this head too */
	uint32_t room;
	int64_t sub;
	int64_t stamp; /* of the entrant's last event */
	uint8_t items[];
};

/* A block over 64 KiB. */
struct hd_play_large {
	uint32_t link; /* the pool's, while it is free */
	bool live;
	struct hd_play *play;
};

#define HD_PLAY_CLASSES 21u

struct hd_plays {
	struct hd_memory *memory;
	struct hd_pool classes[HD_PLAY_CLASSES];
	struct hd_pool large; /* of struct hd_play_large */
};

/* The most memory that the growth of one block can take. */
#define HD_PLAY_STEP_MEMORY (512u * HD_KIB)

void hd_plays_init(struct hd_plays *plays, struct hd_memory *memory);
void hd_plays_fini(struct hd_plays *plays);

uint32_t hd_play_create(struct hd_plays *plays);

/* A block with these items, which are valid: whole ones, in order, each as its kind is. */
bool hd_items_valid(struct hd_bytes items);
uint32_t hd_play_load(struct hd_plays *plays, struct hd_bytes items);
struct hd_play *hd_play_at(const struct hd_plays *plays, uint32_t play);

/* NULL where the block has no such item. */
struct hd_item *hd_item_find(struct hd_play *play, enum hd_item_kind kind, uint16_t number);

/* The first item of that kind and the one behind; NULL: no more of the kind. */
struct hd_item *hd_item_first(struct hd_play *play, enum hd_item_kind kind);
struct hd_item *hd_item_next(struct hd_play *play, struct hd_item *item);

/* Finds the item, or makes it with `words` of zeros. */
struct hd_item *hd_item_make(struct hd_plays *plays, uint32_t *play, enum hd_item_kind kind,
			     uint16_t number, uint32_t words);

/* Lengthens the item to `words`, with zeros. */
struct hd_item *hd_item_grow(struct hd_plays *plays, uint32_t *play, struct hd_item *item,
			     uint32_t words);

static inline struct hd_cell *
hd_item_cell(struct hd_item *item)
{
	return (struct hd_cell *)item->payload;
}

static inline struct hd_item_key *
hd_item_key(struct hd_item *item)
{
	return (struct hd_item_key *)item->payload;
}

static inline struct hd_deal_item *
hd_item_dealt(struct hd_item *item)
{
	return (struct hd_deal_item *)item->payload;
}

#endif
