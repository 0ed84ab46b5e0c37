/* node.h - what a board's tree is made of.
 *
 * A leaf holds scores and handles; its `extra` block, where it has one, holds subscores
 * (HD_LEAF_SUBS: some entrant of this leaf has, or had, one that is not 0) and then times
 * (HD_LEAF_TIMES: the leaf was left to old roots). An inner node holds for each child its last full
 * key, its count of entrants and its address; `sub` is a block of the separators' subscores, NULL
 * while all are 0. So subscores cost nothing until they come, and then only where they stand, and
 * no step ever rebuilds a tree.
 *
 * Separators are exact: the last key of the child, always. So their handles stand in the tree, and
 * an id that decides a tie can be read from the source.
 *
 * `refs` counts the parents and roots that hold a node. Only a node with one reference, under
 * parents with one reference each, may be written; hd_path_own makes it so. */
#ifndef HUNTD_CORE_BOARD_NODE_H
#define HUNTD_CORE_BOARD_NODE_H

#include "huntd/assert.h"
#include "huntd/board.h"
#include "huntd/limits.h"

#ifdef HD_BOARD_TINY /* a hostile build for tests: every structural case after a few entrants */
#define HD_LEAF_MAX  4u
#define HD_INNER_MAX 4u
#else
#define HD_LEAF_MAX  41u
#define HD_INNER_MAX 64u
#endif

/* A node that shrinks to half is merged with a neighbour where both fill at most that much of one:
 * lower and fill suffers (7/8 for leaves: a byte an entrant more), higher and the next insert
 * splits it again. A load fills leaves as far. */
#define HD_LEAF_FEW     (HD_LEAF_MAX / 2)
#define HD_INNER_FEW    (HD_INNER_MAX / 2)
#define HD_LEAF_MERGED  (HD_LEAF_MAX * 15 / 16)
#define HD_INNER_MERGED (HD_INNER_MAX * 7 / 8)

/* Levels of inner nodes. With at least 5 of 64 children on average, far beyond 2^32 entrants. */
#define HD_BOARD_LEVELS 11u

enum { HD_LEAF_SUBS = 1, HD_LEAF_TIMES = 2 };

/* What leaves and inner nodes begin with. */
struct hd_node {
	uint16_t refs;
	uint16_t seen; /* the audit's: references met so far */
};

struct hd_leaf {
	struct hd_node node;
	uint16_t used;
	uint16_t form;
	int64_t *extra;
	int64_t score[HD_LEAF_MAX];
	uint32_t handle[HD_LEAF_MAX];
};

struct hd_inner {
	struct hd_node node;
	uint16_t used;
	int64_t *sub;
	_Alignas(64) int64_t score[HD_INNER_MAX];
	int64_t time[HD_INNER_MAX];
	struct hd_node *child[HD_INNER_MAX];
	uint32_t handle[HD_INNER_MAX];
	uint32_t count[HD_INNER_MAX];
};

#ifndef HD_BOARD_TINY
static_assert(sizeof(struct hd_leaf) == 512, "a leaf is eight lines");
static_assert(sizeof(struct hd_inner) == 64 + 32 * HD_INNER_MAX, "a line, then whole lines");
#endif

/* One version of the board. `root` is a leaf where levels is 0, and never NULL. */
struct hd_tree {
	struct hd_node *root;
	uint32_t levels;
	uint64_t count;
};

struct hd_board_root {
	struct hd_tree tree;
	struct hd_board_root *next, **link;
};

/* Blocks of the four sizes that nodes need, each with a list of freed ones, cut from slabs that
 * grow with the board from 1 to 64 KiB and are given back when it is destroyed. */
enum hd_block {
	HD_BLOCK_LEAF,
	HD_BLOCK_INNER,
	HD_BLOCK_EXTRA,
	HD_BLOCK_EXTRA_TWO,
	HD_BLOCK_SUB,
	HD_BLOCK_KINDS
};

struct hd_slab {
	struct hd_slab *next;
	size_t size;
};

struct hd_node_blocks {
	struct hd_memory *memory;
	struct hd_slab *slabs;
	uint8_t *free, *end; /* what is not cut yet of the newest slab */
	size_t size_next;
	void *freed[HD_BLOCK_KINDS];
	uint64_t used; /* bytes of blocks in use */
};

/* The key that the source does not give yet, while an insert or move runs. handle 0: none. */
struct hd_change {
	uint32_t handle;
	struct hd_board_key key;
};

/* Where hd_board_warm found its keys: by a hash of the key, the index taken at each upper level. No
 * more than guesses: each is checked against the separators beside it, so that a stale or foreign
 * one costs a full search and nothing else. Made when a board grows to two levels. */
#ifdef HD_BOARD_TINY
#define HD_GUESSES 16u
#else
#define HD_GUESSES 512u
#endif
#define HD_GUESS_LEVELS 4u

struct hd_guess {
	uint8_t at[HD_GUESS_LEVELS];
};

static_assert(sizeof(struct hd_guess) * HD_GUESSES <= sizeof(struct hd_inner), "fits such a block");

struct hd_board {
	struct hd_tree live;
	struct hd_board_source source;
	struct hd_change change;
	int64_t newest; /* no entrant that ever stood here has a later time */
	struct hd_board_root *pinned;
	struct hd_guess *guesses; /* a block of inner's size; NULL: none yet */
	struct hd_node_blocks blocks;
};

/* A way from the root to a leaf: at each level the node and the index of the child taken. */
struct hd_path {
	struct hd_leaf *leaf;
	struct hd_inner *inner[HD_BOARD_LEVELS];
	uint16_t at[HD_BOARD_LEVELS];
	uint32_t levels;
};

/* What a parent knows of a child: its last key, how many stand under it, its address. */
struct hd_edge {
	int64_t score, sub, time;
	uint32_t handle, count;
	struct hd_node *child;
};

static inline const struct hd_tree *
hd_tree_of(const struct hd_board *board, const struct hd_board_root *root)
{
	return root ? &root->tree : &board->live;
}

static inline int64_t
hd_leaf_sub(const struct hd_leaf *leaf, uint32_t i)
{
	return leaf->form & HD_LEAF_SUBS ? leaf->extra[i] : 0;
}

static inline const int64_t *
hd_leaf_times(const struct hd_leaf *leaf)
{
	return leaf->extra + (leaf->form & HD_LEAF_SUBS ? HD_LEAF_MAX : 0);
}

static inline int64_t
hd_inner_sub(const struct hd_inner *inner, uint32_t i)
{
	return inner->sub ? inner->sub[i] : 0;
}

/* The key of a handle of the live board, also while it changes. */
static inline struct hd_board_key
hd_board_key_of(const struct hd_board *board, uint32_t handle)
{
	struct hd_board_key key;
	if (handle == board->change.handle)
		return board->change.key;
	board->source.key(board->source.context, handle, &key);
	return key;
}

/* A row of a leaf: as it is, or, in a leaf that was left to old roots, as it was. */
static inline struct hd_board_key
hd_leaf_key(const struct hd_board *board, const struct hd_leaf *leaf, uint32_t i)
{
	struct hd_board_key key = hd_board_key_of(board, leaf->handle[i]);
	key.score = leaf->score[i];
	key.sub = hd_leaf_sub(leaf, i);
	if (leaf->form & HD_LEAF_TIMES)
		key.time = hd_leaf_times(leaf)[i];
	return key;
}

/* blocks: memory of nodes (tree_memory.c) */
size_t hd_block_size(enum hd_block kind);
void *hd_node_take(struct hd_node_blocks *blocks, enum hd_block kind);
void hd_node_give(struct hd_node_blocks *blocks, enum hd_block kind, void *at);
void hd_node_fini(struct hd_node_blocks *blocks);

/* nodes: made, written, shared, left (tree_node.c) */
struct hd_leaf *hd_leaf_take(struct hd_board *board);
struct hd_inner *hd_inner_take(struct hd_board *board);

/* Gives away the live tree's reference to a node whose rows or children stand elsewhere now. Where
 * old roots keep a leaf, it is given its entrants' times first; where they keep an inner node, its
 * children get the references of the new place. Nobody keeps it: freed. */
void hd_leaf_leave(struct hd_board *board, struct hd_leaf *leaf);
void hd_inner_leave(struct hd_board *board, struct hd_inner *inner);

/* Gives away an old root's reference to a whole tree. */
void hd_tree_drop(struct hd_board *board, struct hd_node *node, uint32_t levels);

/* The node itself where only one holds it, else a copy of it, the node being left. */
struct hd_leaf *hd_leaf_own(struct hd_board *board, struct hd_leaf *leaf);
struct hd_inner *hd_inner_own(struct hd_board *board, struct hd_inner *inner);

/* Writing: the node must be owned, and have room. hd_leaf_shift takes out at `from` and puts in at
 * `to`, an index after the taking. hd_..._append copies rows `first` and on behind those of `to`.
 */
void hd_leaf_put(struct hd_board *board, struct hd_leaf *leaf, uint32_t at, uint32_t handle,
		 const struct hd_board_key *key);
void hd_leaf_cut(struct hd_leaf *leaf, uint32_t at);
void hd_leaf_shift(struct hd_board *board, struct hd_leaf *leaf, uint32_t from, uint32_t to,
		   const struct hd_board_key *key);
void hd_leaf_append(struct hd_board *board, struct hd_leaf *to, const struct hd_leaf *from,
		    uint32_t first);

/* hd_inner_mark writes the key alone, hd_inner_set also count and child. */
void hd_inner_mark(struct hd_board *board, struct hd_inner *inner, uint32_t at,
		   const struct hd_edge *edge);
void hd_inner_set(struct hd_board *board, struct hd_inner *inner, uint32_t at,
		  const struct hd_edge *edge);
void hd_inner_put(struct hd_board *board, struct hd_inner *inner, uint32_t at,
		  const struct hd_edge *edge);
void hd_inner_cut(struct hd_inner *inner, uint32_t at);
void hd_inner_append(struct hd_board *board, struct hd_inner *to, const struct hd_inner *from,
		     uint32_t first);

/* What a parent should know of the node; and what it does know of its child `at`. */
struct hd_edge hd_leaf_edge(const struct hd_board *board, struct hd_leaf *leaf);
struct hd_edge hd_inner_edge(struct hd_inner *inner);
struct hd_edge hd_inner_edge_at(const struct hd_inner *inner, uint32_t at);

/* shape: growing and shrinking along a path (tree_shape.c) */

/* Copies what old roots share of the path, so that it may be written. */
void hd_path_own(struct hd_board *board, struct hd_path *path);

/* Adds to the counts that stand for the nodes of the path below the root, down to `levels`. */
void hd_path_count(struct hd_path *path, uint32_t levels, uint32_t by);

/* Writes the key of the last entrant under the path's node at `level` into the separators above. */
void hd_path_mark(struct hd_board *board, const struct hd_path *path, uint32_t level,
		  const struct hd_edge *last);

/* Puts `right` behind the child that the path takes at its last level, whose edge is now `left`;
 * splits full nodes upwards. The counts and separators above must be right already. */
void hd_path_widen(struct hd_board *board, struct hd_path *path, struct hd_edge left,
		   struct hd_edge right);

/* Splits the full leaf of the path while putting one entrant at `at`. */
void hd_path_split(struct hd_board *board, struct hd_path *path, uint32_t at, uint32_t handle,
		   const struct hd_board_key *key);

/* After an entrant was taken from path->leaf: drops empty nodes, merges thin ones, lowers the root.
 */
void hd_path_narrow(struct hd_board *board, struct hd_path *path);

/* True where hd_path_narrow would have work, were the leaf one entrant smaller. */
bool hd_path_thin(const struct hd_path *path);

#endif
