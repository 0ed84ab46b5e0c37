/* board.h - a leaderboard of one shard: a counted B+tree of its entrants.
 *
 * Order: score down, subscore down, time up (the time of the entrant's own last change), then id
 * bytes up. Equal place is equal (score, subscore); time and id only order the rows.
 *
 * Shape. Leaves of 512 bytes hold scores and handles in arrays of their own (12 bytes an entrant).
 * A leaf with a subscore that is not 0 has them all in a second block (8 bytes more); a board
 * without subscores has none. Inner nodes have up to 64 children and hold for each child its last
 * full key, its count and its address, so a rank is one prefix sum a level. Times are not in
 * leaves: they are read from the entrant, through the board's `source`, and only between equal
 * scores; a change newer than all that stand here goes to the end of its group without looking.
 *
 * Freezing. A root is a version of the board. While another root shares a node, the node is copied
 * before it is written (so nodes know no parent and no sibling); a leaf that is left to an old root
 * this way is given its entrants' times as they are then, before they change. So an old root
 * answers exactly as at its moment, and costs only what changed since.
 *
 * Owner: the shard's thread. Deterministic: same changes, same tree. Nothing here can fail; memory
 * comes from `hd_memory` and was asked for when the command was decided. */
#ifndef HUNTD_BOARD_H
#define HUNTD_BOARD_H

#include "huntd/bytes.h"
#include "huntd/limits.h"
#include "huntd/memory.h"

struct hd_board_key {
	int64_t score, sub, time;
	struct hd_bytes id;
};

/* Where the live key of a handle stands. Handles are not 0. Ids are not empty; `key->id` never
 * changes and must stay valid while the handle stands on the board or on a pinned root. `prefetch`
 * (may be NULL) asks the processor for what `key` will read: a walk calls it some rows ahead. */
struct hd_board_source {
	void (*key)(const void *context, uint32_t handle, struct hd_board_key *key);
	const void *context;
	void (*prefetch)(const void *context, uint32_t handle);
};

struct hd_board;
struct hd_board_root; /* an old version, pinned */

struct hd_board *hd_board_create(struct hd_memory *memory, struct hd_board_source source);

/* Frees all nodes and the board. Pinned roots must have been dropped. */
void hd_board_destroy(struct hd_board *board);

/* The most memory that one insert, remove or move can take: two slabs of nodes. On a tree of 11
 * levels both paths are copied and split anew, which is less than 112 KiB. hd_board_load takes 17
 * bytes an entrant and such a step; 12 more with subscores. A pin takes HD_BOARD_PIN_MEMORY.
 * What nodes give back is kept for later nodes of the board, until it is destroyed. */
#define HD_BOARD_STEP_MEMORY (128u * HD_KIB)
#define HD_BOARD_PIN_MEMORY  64u

/* `key` is what the source will give for the handle from now on; the source must still give the old
 * key (move), or may not know it yet (insert), while these run. */
void hd_board_insert(struct hd_board *board, uint32_t handle, const struct hd_board_key *key);
void hd_board_move(struct hd_board *board, uint32_t handle, const struct hd_board_key *old,
		   const struct hd_board_key *key);
void hd_board_remove(struct hd_board *board, uint32_t handle, const struct hd_board_key *old);

/* Inserts many at once into an empty board: `handles` in board order by the source. */
void hd_board_load(struct hd_board *board, const uint32_t *handles, uint32_t count);

/* Asks the processor for the lines that a move or rank of each key will touch, level by level and
 * interleaved, so that their misses overlap, and remembers where each key was found, to spare the
 * search that follows. For a move warm the old key and the new one; for hd_board_above a key of
 * time INT64_MIN and no id. count at most HD_BATCH_MAX. Changes no answer. */
void hd_board_warm(const struct hd_board *board, const struct hd_board_key *keys, uint32_t count);

/* Pins the board as it is now. Constant time. Released with hd_board_release. */
struct hd_board_root *hd_board_pin(struct hd_board *board);
void hd_board_release(struct hd_board *board, struct hd_board_root *root);

/* Whether any root is pinned: such a board must not be destroyed yet. */
bool hd_board_pinned(const struct hd_board *board);

/* Questions. `root` NULL: the live board. Ranks and positions count from 0 here. */
uint64_t hd_board_count(const struct hd_board *board, const struct hd_board_root *root);

/* Entrants whose (score, sub) is above `key`'s. */
uint64_t hd_board_above(const struct hd_board *board, const struct hd_board_root *root,
			const struct hd_board_key *key);

/* Entrants that stand before the full key: its ordinal position. The key need not stand there; it
 * may have to read the times of a few entrants of its score. */
uint64_t hd_board_before(const struct hd_board *board, const struct hd_board_root *root,
			 const struct hd_board_key *key);

/* The same for an entrant that stands there with this key; it reads no entrant but for ties. */
uint64_t hd_board_position(const struct hd_board *board, const struct hd_board_root *root,
			   uint32_t handle, const struct hd_board_key *key);

/* Entrants with min <= score <= max. */
uint64_t hd_board_between(const struct hd_board *board, const struct hd_board_root *root,
			  int64_t min, int64_t max);

/* A walk down the rows, from a position or from the first row at or after a full key (which need
 * not stand there). Fill with hd_board_seek or hd_board_seek_key, then hd_board_next until false.
 * The board must not change while it runs; `row.id` borrows from the entrant. */
#define HD_BOARD_WALK_NODES 12u

struct hd_board_walk {
	const struct hd_board *board;
	const struct hd_board_root *root;
	const void *node[HD_BOARD_WALK_NODES];
	uint16_t index[HD_BOARD_WALK_NODES];
	uint8_t depth;
	uint32_t handle;         /* of the row last given */
	struct hd_board_key row; /* the row last given */
};

void hd_board_seek(struct hd_board_walk *walk, const struct hd_board *board,
		   const struct hd_board_root *root, uint64_t position);
void hd_board_seek_key(struct hd_board_walk *walk, const struct hd_board *board,
		       const struct hd_board_root *root, const struct hd_board_key *key);
bool hd_board_next(struct hd_board_walk *walk);

/* Bytes of all nodes in use. */
uint64_t hd_board_footprint(const struct hd_board *board);

/* Checks every invariant (order, counts, separators, references, bytes); asserts. For tests: it
 * visits every node. */
void hd_board_audit(const struct hd_board *board);

#endif
