/* message.h - what threads say to one another: cells of one cache line, and blocks of bytes.
 *
 * A cell is copied into a ring; what does not fit its few numbers stands in a block that the cell
 * points to. A block belongs to the thread that made it: the receiver reads it and gives it back
 * (hd_post_give), and a pass's returns to one maker go home as one chain in one FREE cell.
 *
 * Blocks come from `struct hd_blocks`: size classes of powers of two, each with a free list, over a
 * hd_memory that has no budget. What was made once is used again, so that the event path does not
 * allocate. hd_blocks_memory is the same as a hd_memory, for objects that come and go (gathers, the
 * edge's). One thread owns a `struct hd_blocks`. */
#ifndef HUNTD_SHARD_MESSAGE_H
#define HUNTD_SHARD_MESSAGE_H

#include "huntd/bytes.h"
#include "huntd/limits.h"
#include "huntd/memory.h"

enum hd_cell_type {
	/* Any thread to any. */
	HD_CELL_FREE = 1, /* block: a chain that goes home */
	/* Shard to shard. */
	HD_CELL_COMMANDS,  /* block of {token, command} */
	HD_CELL_REPLIES,   /* block of {token, reply}; a: since when they could go, BOOTTIME ns */
	HD_CELL_QUESTIONS, /* block of {run, question} of gathers */
	HD_CELL_ANSWERS,   /* block of {run, part} */
	HD_CELL_PAGE_ASK,  /* token: run; a: first LSN, b: events wanted, c: hunt number */
	HD_CELL_PAGE,    /* token: run; a: next LSN, b: events, c: enum hd_error; block of events */
	HD_CELL_ORDER,   /* a: n, b: time; block: order body */
	HD_CELL_ORDERED, /* a: n, flushed at the sender */
	HD_CELL_WANTS,   /* block of {0, want}, flushed at the sender */
	HD_CELL_GRANTS,  /* block of {0, grant}, flushed at the sender; a: its last stamp */
	HD_CELL_INSTANCE, /* a: hunt, b: challenge, c: d; block: the text that the deal's instance
			   * is; before the GRANTS that tell of the deal */
	HD_CELL_SAVE,     /* take a snapshot */
	/* Shard and control. */
	HD_CELL_ORDER_ASK,   /* to control: token; block: command */
	HD_CELL_ORDER_REPLY, /* from control: token; block: reply */
	HD_CELL_FETCH,       /* to shard 0: a: version or 0; block: name, source */
	HD_CELL_FETCHED,     /* from shard 0: block: struct hd_fetched encoded */
	HD_CELL_PROPOSE,     /* to shard 0: block: order body */
	HD_CELL_IN_FORCE,    /* from shard 0: a: n, or 0 and b: enum hd_error */
	HD_CELL_START,       /* from control: a: greatest stamp of any log; to shard 0 last */
	HD_CELL_STARTED,     /* to control, from all but shard 0: takes orders now */
	HD_CELL_RESUMED, /* from shard 0: every ORDER without DONE is in force again; a: last n */
	HD_CELL_SERVE,   /* from control: LOADING ends */
	HD_CELL_DRAIN,   /* from control: take no more, answer all */
	HD_CELL_DRAINED, /* to control */
	HD_CELL_FINISH,  /* from control: close the log, end; a: 1 after a last snapshot */
	/* Shard and reducer. */
	HD_CELL_DIRTY,     /* to the reducer: some board changed; a: when first, BOOTTIME ns */
	HD_CELL_PARTS_ASK, /* from the reducer */
	HD_CELL_PART,      /* to the reducer: block: one board's part (view.h) */
	HD_CELL_PARTS_END, /* to the reducer: that was all of them; a: 1 where none came */
	HD_CELL_VIEW,      /* from the reducer: block: struct hd_view */
	/* Shard and helper. */
	HD_CELL_ARCHIVE, /* to the helper: a: segment, 0: none; block, first: the log's directory */
	HD_CELL_DAMAGED, /* to a shard: a: enum hd_check_kind, b: LSN or segment, c: offset, d: enum
			    hd_check_fault */
	HD_CELL_ARCHIVED, /* to a shard: a: segment or 0, b: -errno or 0, c: oldest LSN kept or 0 */
	/* Shard and forge. */
	HD_CELL_FORGE,  /* to a thread: block: struct hd_forge_asked */
	HD_CELL_FORGED, /* to a shard: block: struct hd_forge_came, text, solution */
};

/* A block of bytes, `room` of them behind the header. */
struct hd_block {
	struct hd_block *next;
	uint32_t used, room;
	uint32_t count; /* entries */
	uint16_t maker; /* thread */
	uint16_t size_class;
	int64_t sent; /* COMMANDS: when, BOOTTIME ns */
};

static inline uint8_t *
hd_block_bytes(struct hd_block *block)
{
	return (uint8_t *)(block + 1);
}

static inline struct hd_bytes
hd_block_used(struct hd_block *block)
{
	return (struct hd_bytes){hd_block_bytes(block), block->used};
}

/* A writer at the end of what is used, and what it wrote taken into the block. */
static inline struct hd_writer
hd_block_writer(struct hd_block *block)
{
	return hd_writer_of(hd_block_bytes(block) + block->used, block->room - block->used);
}

static inline void
hd_block_written(struct hd_block *block, const struct hd_writer *writer)
{
	block->used = (uint32_t)(writer->at - hd_block_bytes(block));
}

struct hd_cell {
	uint8_t type; /* enum hd_cell_type */
	uint8_t flags;
	uint16_t from; /* thread; set by hd_post_send */
	uint32_t size;
	uint64_t epoch; /* the sender's n (hd_core_order); a shard that is behind holds the message
			 */
	uint64_t token;
	struct hd_block *block;
	int64_t a, b, c, d;
};

static_assert(sizeof(struct hd_cell) == HD_CELL, "a cell is one cache line");

#define HD_BLOCK_CLASSES 16u /* 64 bytes to 2 MiB */

struct hd_blocks {
	struct hd_memory *memory;
	void *freed[HD_BLOCK_CLASSES];
	uint16_t maker;
	uint32_t out; /* blocks and objects that are in use */
	void *chunks;
};

void hd_blocks_init(struct hd_blocks *blocks, struct hd_memory *memory, uint16_t maker);
/* Frees everything that was ever made, blocks in other threads' hands too: all must have ended. */
void hd_blocks_fini(struct hd_blocks *blocks);

/* An empty block of at least `room` bytes. */
struct hd_block *hd_blocks_take(struct hd_blocks *blocks, uint32_t room);
void hd_blocks_put(struct hd_blocks *blocks, struct hd_block *block);

/* The same store as a hd_memory: zeroed, no budget, aligned to at most 64 bytes; what is over 2 MiB
 * comes straight from the source. `blocks` must not move while it is in use. */
struct hd_memory hd_blocks_memory(struct hd_blocks *blocks);

#endif
