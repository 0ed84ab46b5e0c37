/* tree_shape.c - splits, merges and separators along a path from the root.
 *
 * Nodes know no parent and no sibling, so everything works on the path that led to a leaf: the
 * parent is the path's node one level up, a sibling is the parent's child beside the one taken. */
#include "core/board/search.h"

void
hd_path_own(struct hd_board *board, struct hd_path *path)
{
	HD_ASSERT(path->levels == board->live.levels && path->leaf);
	if (HD_LIKELY(!board->pinned))
		return;
	for (uint32_t level = 0; level <= path->levels; level++) {
		struct hd_node *node;
		if (level == path->levels)
			node = &(path->leaf = hd_leaf_own(board, path->leaf))->node;
		else
			node = &(path->inner[level] = hd_inner_own(board, path->inner[level]))
					->node;
		if (level == 0)
			board->live.root = node;
		else
			path->inner[level - 1]->child[path->at[level - 1]] = node;
	}
}

void
hd_path_count(struct hd_path *path, uint32_t levels, uint32_t by)
{
	HD_ASSERT(levels <= path->levels);
	for (uint32_t level = 0; level < levels; level++)
		path->inner[level]->count[path->at[level]] += by;
}

void
hd_path_mark(struct hd_board *board, const struct hd_path *path, uint32_t level,
	     const struct hd_edge *last)
{
	HD_ASSERT(level <= path->levels);
	while (level-- > 0) {
		hd_inner_mark(board, path->inner[level], path->at[level], last);
		if (path->at[level] + 1u < path->inner[level]->used)
			break;
	}
}

/* Where a full node of `used` is cut when something new comes at `at`: near the end right there, so
 * that what grows at its end leaves full nodes behind; else in the middle. */
static uint32_t
cut_place(uint32_t used, uint32_t at)
{
	HD_ASSERT(at <= used);
	return at >= used - used / 8 ? at : used / 2;
}

/* Splits a full inner node while putting `edge` at `at`; returns its new right neighbour. */
static struct hd_inner *
inner_split(struct hd_board *board, struct hd_inner *inner, uint32_t at, const struct hd_edge *edge)
{
	HD_ASSERT(inner->used == HD_INNER_MAX && at > 0);
	uint32_t cut = cut_place(inner->used, at);
	struct hd_inner *right = hd_inner_take(board);
	hd_inner_append(board, right, inner, cut);
	inner->used = (uint16_t)cut;
	if (at >= cut)
		hd_inner_put(board, right, at - cut, edge);
	else
		hd_inner_put(board, inner, at, edge);
	return right;
}

void
hd_path_widen(struct hd_board *board, struct hd_path *path, struct hd_edge left,
	      struct hd_edge right)
{
	HD_ASSERT(left.count > 0 && right.count > 0);
	for (uint32_t level = path->levels; level-- > 0;) {
		struct hd_inner *inner = path->inner[level];
		uint32_t at = path->at[level];
		hd_inner_set(board, inner, at, &left);
		if (inner->used < HD_INNER_MAX) {
			hd_inner_put(board, inner, at + 1, &right);
			return;
		}
		struct hd_inner *other = inner_split(board, inner, at + 1, &right);
		left = hd_inner_edge(inner);
		right = hd_inner_edge(other);
	}
	HD_ASSERT(board->live.levels < HD_BOARD_LEVELS);
	struct hd_inner *root = hd_inner_take(board);
	hd_inner_put(board, root, 0, &left);
	hd_inner_put(board, root, 1, &right);
	board->live.root = &root->node;
	if (++board->live.levels == 2 && !board->guesses) {
		board->guesses = hd_node_take(&board->blocks, HD_BLOCK_INNER);
		memset(board->guesses, 0, HD_GUESSES * sizeof *board->guesses);
	}
}

#define RUN ((HD_LEAF_MAX + 7) / 8)

/* True where the new row ends a run of one score inside a leaf: more are likely to come right
 * there, so the cut is made behind it. */
static bool
ends_run(const struct hd_leaf *leaf, uint32_t at, int64_t score)
{
	HD_ASSERT(at <= leaf->used);
	return at >= RUN && at < leaf->used && leaf->score[at - RUN] == score &&
	       leaf->score[at - 1] == score;
}

void
hd_path_split(struct hd_board *board, struct hd_path *path, uint32_t at, uint32_t handle,
	      const struct hd_board_key *key)
{
	struct hd_leaf *leaf = path->leaf, *right = hd_leaf_take(board);
	HD_ASSERT(leaf->used == HD_LEAF_MAX && at <= leaf->used);
	bool run = ends_run(leaf, at, key->score);
	uint32_t cut = run ? at : cut_place(leaf->used, at);
	hd_leaf_append(board, right, leaf, cut);
	leaf->used = (uint16_t)cut;
	if (at >= cut && !run)
		hd_leaf_put(board, right, at - cut, handle, key);
	else
		hd_leaf_put(board, leaf, at, handle, key);
	struct hd_edge edge;
	if (path->levels) { /* the separator above was marked: no need to read the entrant */
		edge = hd_inner_edge_at(path->inner[path->levels - 1], path->at[path->levels - 1]);
		edge.count = right->used;
		edge.child = &right->node;
	} else {
		edge = hd_leaf_edge(board, right);
	}
	hd_path_widen(board, path, hd_leaf_edge(board, leaf), edge);
}

/* Joins child `at` of an owned parent with the one behind it. */
static void
join(struct hd_board *board, struct hd_inner *parent, uint32_t at, bool leaves)
{
	HD_ASSERT(at + 1 < parent->used);
	struct hd_node *left = parent->child[at], *right = parent->child[at + 1];
	struct hd_edge edge = hd_inner_edge_at(parent, at + 1);
	if (leaves) {
		struct hd_leaf *to = hd_leaf_own(board, (struct hd_leaf *)left);
		hd_leaf_append(board, to, (struct hd_leaf *)right, 0);
		hd_leaf_leave(board, (struct hd_leaf *)right);
		edge.child = &to->node;
	} else {
		struct hd_inner *to = hd_inner_own(board, (struct hd_inner *)left);
		hd_inner_append(board, to, (struct hd_inner *)right, 0);
		hd_inner_leave(board, (struct hd_inner *)right);
		edge.child = &to->node;
	}
	edge.count += parent->count[at];
	hd_inner_set(board, parent, at, &edge);
	hd_inner_cut(parent, at + 1);
}

/* How full a child is. For leaves the parent knows: their lines are not touched. */
static uint32_t
child_used(const struct hd_inner *parent, uint32_t at, bool leaves)
{
	HD_ASSERT(at < parent->used);
	return leaves ? parent->count[at] : ((const struct hd_inner *)parent->child[at])->used;
}

/* The index of the left one of the two to join, if child `at` with `used` is thin; else UINT32_MAX.
 */
static uint32_t
join_place(const struct hd_inner *parent, uint32_t at, uint32_t used, bool leaves)
{
	uint32_t few = leaves ? HD_LEAF_FEW : HD_INNER_FEW;
	uint32_t merged = leaves ? HD_LEAF_MERGED : HD_INNER_MERGED;
	if (used > few)
		return UINT32_MAX;
	if (at > 0 && child_used(parent, at - 1, leaves) + used <= merged)
		return at - 1;
	if (at + 1 < parent->used && child_used(parent, at + 1, leaves) + used <= merged)
		return at;
	return UINT32_MAX;
}

/* Takes an empty child out of its parent at `level` of the path. */
static void
drop_empty(struct hd_board *board, struct hd_path *path, uint32_t level, bool leaves)
{
	struct hd_inner *parent = path->inner[level];
	uint32_t at = path->at[level];
	HD_ASSERT(parent->count[at] == 0);
	if (leaves)
		hd_leaf_leave(board, (struct hd_leaf *)parent->child[at]);
	else
		hd_inner_leave(board, (struct hd_inner *)parent->child[at]);
	hd_inner_cut(parent, at);
	if (parent->used && at == parent->used) {
		struct hd_edge last = hd_inner_edge_at(parent, at - 1);
		hd_path_mark(board, path, level, &last);
	}
}

/* A root with one child is no root; one with none becomes an empty leaf. */
static void
lower_root(struct hd_board *board)
{
	while (board->live.levels) {
		struct hd_inner *root = (struct hd_inner *)board->live.root;
		if (root->used > 1)
			return;
		HD_ASSERT(root->node.refs == 1);
		board->live.levels = root->used ? board->live.levels - 1 : 0;
		board->live.root = root->used ? root->child[0] : &hd_leaf_take(board)->node;
		hd_inner_leave(board, root);
	}
}

void
hd_path_narrow(struct hd_board *board, struct hd_path *path)
{
	bool leaves = true;
	uint32_t used = path->leaf->used;
	HD_ASSERT(path->leaf->node.refs == 1);
	for (uint32_t level = path->levels; level-- > 0; leaves = false) {
		struct hd_inner *parent = path->inner[level];
		if (used == 0) {
			drop_empty(board, path, level, leaves);
		} else {
			uint32_t place = join_place(parent, path->at[level], used, leaves);
			if (place == UINT32_MAX)
				return;
			join(board, parent, place, leaves);
		}
		used = parent->used;
	}
	lower_root(board);
}

bool
hd_path_thin(const struct hd_path *path)
{
	HD_ASSERT(path->leaf->used > 0);
	if (path->levels == 0)
		return false;
	uint32_t level = path->levels - 1, used = path->leaf->used - 1u;
	return used == 0 ||
	       join_place(path->inner[level], path->at[level], used, true) != UINT32_MAX;
}
