/* tree_read.c - what a board is asked: counts, positions, rows; of the live tree or an old root. */
#include "core/board/search.h"

uint64_t
hd_board_count(const struct hd_board *board, const struct hd_board_root *root)
{
	HD_ASSERT(board);
	return hd_tree_of(board, root)->count;
}

uint64_t
hd_board_before(const struct hd_board *board, const struct hd_board_root *root,
		const struct hd_board_key *key)
{
	const struct hd_tree *tree = hd_tree_of(board, root);
	const struct hd_node *node = tree->root;
	const struct hd_guess *guess = root ? NULL : hd_search_guess(board, key);
	uint64_t before = 0;
	HD_ASSERT(board->change.handle == 0);
	for (uint32_t level = 0; level < tree->levels; level++) {
		const struct hd_inner *inner = (const struct hd_inner *)node;
		uint32_t at = hd_search_inner_guess(board, inner, key, 0, guess, level);
		if (at < inner->used)
			__builtin_prefetch(node = inner->child[at]);
		before += hd_search_total(inner->count, at);
		if (at == inner->used)
			return before;
	}
	return before + hd_search_leaf(board, (const struct hd_leaf *)node, key);
}

uint64_t
hd_board_position(const struct hd_board *board, const struct hd_board_root *root, uint32_t handle,
		  const struct hd_board_key *key)
{
	const struct hd_tree *tree = hd_tree_of(board, root);
	const struct hd_node *node = tree->root;
	const struct hd_guess *guess = root ? NULL : hd_search_guess(board, key);
	uint64_t before = 0;
	for (uint32_t level = 0; level < tree->levels; level++) {
		const struct hd_inner *inner = (const struct hd_inner *)node;
		uint32_t at = hd_search_inner_guess(board, inner, key, handle, guess, level);
		HD_ASSERT(at < inner->used);
		node = inner->child[at];
		before += hd_search_total(inner->count, at);
	}
	const struct hd_leaf *leaf = (const struct hd_leaf *)node;
	uint32_t at = hd_search_handle(leaf->handle, leaf->used, handle);
	HD_ASSERT(at < leaf->used);
	return before + at;
}

/* The first place that an entrant of (score, sub) can have. */
static struct hd_board_key
group_begin(int64_t score, int64_t sub)
{
	struct hd_board_key key = {.score = score, .sub = sub, .time = INT64_MIN};
	HD_ASSERT(hd_search_first(&key));
	return key;
}

uint64_t
hd_board_above(const struct hd_board *board, const struct hd_board_root *root,
	       const struct hd_board_key *key)
{
	struct hd_board_key begin = group_begin(key->score, key->sub);
	uint64_t above = hd_board_before(board, root, &begin);
	HD_ASSERT(above <= hd_board_count(board, root));
	return above;
}

uint64_t
hd_board_between(const struct hd_board *board, const struct hd_board_root *root, int64_t min,
		 int64_t max)
{
	if (min > max)
		return 0;
	struct hd_board_key key = group_begin(max, INT64_MAX);
	uint64_t above = hd_board_before(board, root, &key), to = hd_board_count(board, root);
	if (min > INT64_MIN) {
		key = group_begin(min - 1, INT64_MAX);
		to = hd_board_before(board, root, &key);
	}
	HD_ASSERT(above <= to);
	return to - above;
}

/* Asks for the entrants of a leaf's rows `first` and on, as many as a page has. */
static void
prefetch_rows(const struct hd_board_walk *walk, const struct hd_leaf *leaf, uint32_t first,
	      uint32_t count)
{
	const struct hd_board_source *source = &walk->board->source;
	HD_ASSERT(first <= leaf->used);
	if (!source->prefetch)
		return;
	for (uint32_t i = first; i < leaf->used && i < first + count; i++)
		source->prefetch(source->context, leaf->handle[i]);
}

#define ROWS_AHEAD (HD_LEAF_MAX / 4)

/* Fills the walk from `level` down to the leaf where `position`, counted from there, stands. */
static void
walk_down(struct hd_board_walk *walk, const struct hd_node *node, uint32_t level, uint64_t position)
{
	for (; level < walk->depth; level++) {
		const struct hd_inner *inner = (const struct hd_inner *)node;
		uint32_t at = 0;
		while (at + 1u < inner->used && position >= inner->count[at])
			position -= inner->count[at++];
		walk->node[level] = inner;
		walk->index[level] = (uint16_t)at;
		node = inner->child[at];
	}
	const struct hd_leaf *leaf = (const struct hd_leaf *)node;
	HD_ASSERT(position <= leaf->used);
	walk->node[level] = leaf;
	walk->index[level] = (uint16_t)position;
	prefetch_rows(walk, leaf, (uint32_t)position, ROWS_AHEAD);
}

void
hd_board_seek(struct hd_board_walk *walk, const struct hd_board *board,
	      const struct hd_board_root *root, uint64_t position)
{
	const struct hd_tree *tree = hd_tree_of(board, root);
	HD_ASSERT(board->change.handle == 0 && tree->levels < HD_BOARD_WALK_NODES);
	walk->board = board;
	walk->root = root;
	walk->depth = (uint8_t)tree->levels;
	walk->handle = 0;
	walk_down(walk, tree->root, 0, position < tree->count ? position : tree->count);
}

void
hd_board_seek_key(struct hd_board_walk *walk, const struct hd_board *board,
		  const struct hd_board_root *root, const struct hd_board_key *key)
{
	HD_ASSERT(walk && key);
	hd_board_seek(walk, board, root, hd_board_before(board, root, key));
}

/* Goes on to the first row of the next leaf. False: there is none, and the walk stays. */
static bool
next_leaf(struct hd_board_walk *walk)
{
	for (uint32_t level = walk->depth; level-- > 0;) {
		const struct hd_inner *inner = walk->node[level];
		if (walk->index[level] + 1u < inner->used) {
			walk->index[level]++;
			walk_down(walk, inner->child[walk->index[level]], level + 1, 0);
			return true;
		}
	}
	return false;
}

bool
hd_board_next(struct hd_board_walk *walk)
{
	const struct hd_leaf *leaf = walk->node[walk->depth];
	HD_ASSERT(walk->index[walk->depth] <= leaf->used);
	if (walk->index[walk->depth] == leaf->used) {
		if (!next_leaf(walk))
			return false;
		leaf = walk->node[walk->depth];
	}
	uint32_t at = walk->index[walk->depth]++;
	HD_ASSERT(at < leaf->used);
	if (at + ROWS_AHEAD < leaf->used)
		prefetch_rows(walk, leaf, at + ROWS_AHEAD, 1);
	walk->handle = leaf->handle[at];
	walk->row = hd_leaf_key(walk->board, leaf, at);
	return true;
}
