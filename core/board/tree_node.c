/* tree_node.c - single nodes: made, written, shared with old roots, left to them.
 *
 * Why an old root stays as it was. An entrant's time is read from its source as long as the leaf
 * has none. An entrant changes only by a move or remove, which owns the entrant's leaf first: a
 * leaf that old roots share is then left, by hd_leaf_leave, and every way out of the live tree (a
 * copy before a write, a merge into a neighbour) goes through there. So at that moment no entrant
 * of the leaf has changed since the leaf was shared, and its times are put down for good. */
#include "core/board/search.h"

static enum hd_block
extra_kind(uint16_t form)
{
	return form == (HD_LEAF_SUBS | HD_LEAF_TIMES) ? HD_BLOCK_EXTRA_TWO : HD_BLOCK_EXTRA;
}

struct hd_leaf *
hd_leaf_take(struct hd_board *board)
{
	struct hd_leaf *leaf = hd_node_take(&board->blocks, HD_BLOCK_LEAF);
	leaf->node = (struct hd_node){.refs = 1};
	leaf->used = 0;
	leaf->form = 0;
	leaf->extra = NULL;
	return leaf;
}

struct hd_inner *
hd_inner_take(struct hd_board *board)
{
	struct hd_inner *inner = hd_node_take(&board->blocks, HD_BLOCK_INNER);
	inner->node = (struct hd_node){.refs = 1};
	inner->used = 0;
	inner->sub = NULL;
	return inner;
}

static void
leaf_free(struct hd_board *board, struct hd_leaf *leaf)
{
	HD_ASSERT(leaf->node.refs == 0);
	if (leaf->extra)
		hd_node_give(&board->blocks, extra_kind(leaf->form), leaf->extra);
	hd_node_give(&board->blocks, HD_BLOCK_LEAF, leaf);
}

static void
inner_free(struct hd_board *board, struct hd_inner *inner)
{
	HD_ASSERT(inner->node.refs == 0);
	if (inner->sub)
		hd_node_give(&board->blocks, HD_BLOCK_SUB, inner->sub);
	hd_node_give(&board->blocks, HD_BLOCK_INNER, inner);
}

/* Gives a leaf that is left to old roots the times of its entrants as they are now. */
static void
leaf_seal(struct hd_board *board, struct hd_leaf *leaf)
{
	bool subs = leaf->form & HD_LEAF_SUBS;
	HD_ASSERT(!(leaf->form & HD_LEAF_TIMES));
	uint16_t form = (uint16_t)(leaf->form | HD_LEAF_TIMES);
	int64_t *extra = hd_node_take(&board->blocks, extra_kind(form));
	if (subs) {
		memcpy(extra, leaf->extra, leaf->used * sizeof *extra);
		hd_node_give(&board->blocks, HD_BLOCK_EXTRA, leaf->extra);
	}
	int64_t *times = extra + (subs ? HD_LEAF_MAX : 0);
	for (uint32_t i = 0; i < leaf->used; i++) {
		struct hd_board_key key;
		board->source.key(board->source.context, leaf->handle[i], &key);
		HD_ASSERT(key.score == leaf->score[i]);
		times[i] = key.time;
	}
	leaf->extra = extra;
	leaf->form = form;
}

void
hd_leaf_leave(struct hd_board *board, struct hd_leaf *leaf)
{
	HD_ASSERT(leaf->node.refs > 0 && !(leaf->form & HD_LEAF_TIMES));
	if (leaf->node.refs > 1)
		leaf_seal(board, leaf);
	if (--leaf->node.refs == 0)
		leaf_free(board, leaf);
}

void
hd_inner_leave(struct hd_board *board, struct hd_inner *inner)
{
	HD_ASSERT(inner->node.refs > 0);
	if (--inner->node.refs == 0) {
		inner_free(board, inner);
		return;
	}
	for (uint32_t i = 0; i < inner->used; i++) {
		HD_ASSERT(inner->child[i]->refs < UINT16_MAX);
		inner->child[i]->refs++;
	}
}

void
hd_tree_drop(struct hd_board *board, struct hd_node *node, uint32_t levels)
{
	HD_ASSERT(node->refs > 0 && levels <= HD_BOARD_LEVELS);
	if (--node->refs > 0)
		return;
	if (levels == 0) {
		leaf_free(board, (struct hd_leaf *)node);
		return;
	}
	struct hd_inner *inner = (struct hd_inner *)node;
	for (uint32_t i = 0; i < inner->used; i++)
		hd_tree_drop(board, inner->child[i], levels - 1);
	inner_free(board, inner);
}

struct hd_leaf *
hd_leaf_own(struct hd_board *board, struct hd_leaf *leaf)
{
	HD_ASSERT(leaf->node.refs > 0);
	if (HD_LIKELY(leaf->node.refs == 1))
		return leaf;
	struct hd_leaf *copy = hd_leaf_take(board);
	hd_leaf_append(board, copy, leaf, 0);
	hd_leaf_leave(board, leaf);
	return copy;
}

struct hd_inner *
hd_inner_own(struct hd_board *board, struct hd_inner *inner)
{
	HD_ASSERT(inner->node.refs > 0);
	if (HD_LIKELY(inner->node.refs == 1))
		return inner;
	struct hd_inner *copy = hd_inner_take(board);
	hd_inner_append(board, copy, inner, 0);
	hd_inner_leave(board, inner);
	return copy;
}

/* Makes room for subscores that are not 0; those so far are. */
static void
leaf_add_subs(struct hd_board *board, struct hd_leaf *leaf)
{
	HD_ASSERT(leaf->form == 0 && !leaf->extra);
	leaf->extra = hd_node_take(&board->blocks, HD_BLOCK_EXTRA);
	leaf->form = HD_LEAF_SUBS;
	memset(leaf->extra, 0, HD_LEAF_MAX * sizeof *leaf->extra);
}

static void
inner_add_subs(struct hd_board *board, struct hd_inner *inner)
{
	HD_ASSERT(!inner->sub);
	inner->sub = hd_node_take(&board->blocks, HD_BLOCK_SUB);
	memset(inner->sub, 0, HD_INNER_MAX * sizeof *inner->sub);
}

/* Moves what stands at `from` and behind it to `to`. `count`: entries of the array before that. */
#define SLIDE(array, to, from, count)                                                              \
	memmove((array) + (to), (array) + (from), ((count) - (from)) * sizeof *(array))

void
hd_leaf_put(struct hd_board *board, struct hd_leaf *leaf, uint32_t at, uint32_t handle,
	    const struct hd_board_key *key)
{
	HD_ASSERT(leaf->node.refs == 1 && leaf->used < HD_LEAF_MAX && at <= leaf->used);
	if (key->sub != 0 && !leaf->extra)
		leaf_add_subs(board, leaf);
	SLIDE(leaf->score, at + 1, at, leaf->used);
	SLIDE(leaf->handle, at + 1, at, leaf->used);
	leaf->score[at] = key->score;
	leaf->handle[at] = handle;
	if (leaf->extra) {
		SLIDE(leaf->extra, at + 1, at, leaf->used);
		leaf->extra[at] = key->sub;
	}
	leaf->used++;
}

void
hd_leaf_cut(struct hd_leaf *leaf, uint32_t at)
{
	HD_ASSERT(leaf->node.refs == 1 && at < leaf->used);
	SLIDE(leaf->score, at, at + 1, leaf->used);
	SLIDE(leaf->handle, at, at + 1, leaf->used);
	if (leaf->extra)
		SLIDE(leaf->extra, at, at + 1, leaf->used);
	leaf->used--;
}

/* One array of a shift: what stands between makes way, and the place that comes free is returned.
 */
#define ROTATE(array, from, to)                                                                    \
	((from) < (to)                                                                             \
		 ? memmove((array) + (from), (array) + (from) + 1,                                 \
			   ((to) - (from)) * sizeof *(array))                                      \
		 : memmove((array) + (to) + 1, (array) + (to), ((from) - (to)) * sizeof *(array)))

void
hd_leaf_shift(struct hd_board *board, struct hd_leaf *leaf, uint32_t from, uint32_t to,
	      const struct hd_board_key *key)
{
	HD_ASSERT(leaf->node.refs == 1 && from < leaf->used && to < leaf->used);
	uint32_t handle = leaf->handle[from];
	if (key->sub != 0 && !leaf->extra)
		leaf_add_subs(board, leaf);
	ROTATE(leaf->score, from, to);
	ROTATE(leaf->handle, from, to);
	leaf->score[to] = key->score;
	leaf->handle[to] = handle;
	if (leaf->extra) {
		ROTATE(leaf->extra, from, to);
		leaf->extra[to] = key->sub;
	}
}

void
hd_leaf_append(struct hd_board *board, struct hd_leaf *to, const struct hd_leaf *from,
	       uint32_t first)
{
	uint32_t count = from->used - first, at = to->used;
	HD_ASSERT(first <= from->used && at + count <= HD_LEAF_MAX);
	if ((from->form & HD_LEAF_SUBS) && !to->extra)
		leaf_add_subs(board, to);
	memcpy(to->score + at, from->score + first, count * sizeof *to->score);
	memcpy(to->handle + at, from->handle + first, count * sizeof *to->handle);
	for (uint32_t i = 0; to->extra && i < count; i++)
		to->extra[at + i] = hd_leaf_sub(from, first + i);
	to->used = (uint16_t)(at + count);
}

void
hd_inner_mark(struct hd_board *board, struct hd_inner *inner, uint32_t at,
	      const struct hd_edge *edge)
{
	HD_ASSERT(inner->node.refs == 1 && at < HD_INNER_MAX);
	if (edge->sub != 0 && !inner->sub)
		inner_add_subs(board, inner);
	inner->score[at] = edge->score;
	inner->time[at] = edge->time;
	inner->handle[at] = edge->handle;
	if (inner->sub)
		inner->sub[at] = edge->sub;
}

void
hd_inner_set(struct hd_board *board, struct hd_inner *inner, uint32_t at,
	     const struct hd_edge *edge)
{
	HD_ASSERT(at < inner->used && edge->child && edge->count > 0);
	hd_inner_mark(board, inner, at, edge);
	inner->child[at] = edge->child;
	inner->count[at] = edge->count;
}

void
hd_inner_put(struct hd_board *board, struct hd_inner *inner, uint32_t at,
	     const struct hd_edge *edge)
{
	HD_ASSERT(inner->used < HD_INNER_MAX && at <= inner->used);
	SLIDE(inner->score, at + 1, at, inner->used);
	SLIDE(inner->time, at + 1, at, inner->used);
	SLIDE(inner->child, at + 1, at, inner->used);
	SLIDE(inner->handle, at + 1, at, inner->used);
	SLIDE(inner->count, at + 1, at, inner->used);
	if (inner->sub)
		SLIDE(inner->sub, at + 1, at, inner->used);
	inner->used++;
	hd_inner_set(board, inner, at, edge);
}

void
hd_inner_cut(struct hd_inner *inner, uint32_t at)
{
	HD_ASSERT(inner->node.refs == 1 && at < inner->used);
	SLIDE(inner->score, at, at + 1, inner->used);
	SLIDE(inner->time, at, at + 1, inner->used);
	SLIDE(inner->child, at, at + 1, inner->used);
	SLIDE(inner->handle, at, at + 1, inner->used);
	SLIDE(inner->count, at, at + 1, inner->used);
	if (inner->sub)
		SLIDE(inner->sub, at, at + 1, inner->used);
	inner->used--;
}

void
hd_inner_append(struct hd_board *board, struct hd_inner *to, const struct hd_inner *from,
		uint32_t first)
{
	uint32_t count = from->used - first, at = to->used;
	HD_ASSERT(first <= from->used && at + count <= HD_INNER_MAX);
	if (from->sub && !to->sub)
		inner_add_subs(board, to);
	memcpy(to->score + at, from->score + first, count * sizeof *to->score);
	memcpy(to->time + at, from->time + first, count * sizeof *to->time);
	memcpy(to->child + at, from->child + first, count * sizeof *to->child);
	memcpy(to->handle + at, from->handle + first, count * sizeof *to->handle);
	memcpy(to->count + at, from->count + first, count * sizeof *to->count);
	for (uint32_t i = 0; to->sub && i < count; i++)
		to->sub[at + i] = hd_inner_sub(from, first + i);
	to->used = (uint16_t)(at + count);
}

struct hd_edge
hd_leaf_edge(const struct hd_board *board, struct hd_leaf *leaf)
{
	HD_ASSERT(leaf->used > 0);
	uint32_t last = leaf->used - 1u;
	struct hd_board_key key = hd_leaf_key(board, leaf, last);
	return (struct hd_edge){key.score,          key.sub,    key.time,
				leaf->handle[last], leaf->used, &leaf->node};
}

struct hd_edge
hd_inner_edge(struct hd_inner *inner)
{
	HD_ASSERT(inner->used > 0);
	struct hd_edge edge = hd_inner_edge_at(inner, inner->used - 1u);
	edge.count = (uint32_t)hd_search_total(inner->count, inner->used);
	edge.child = &inner->node;
	return edge;
}

struct hd_edge
hd_inner_edge_at(const struct hd_inner *inner, uint32_t at)
{
	HD_ASSERT(at < inner->used);
	return (struct hd_edge){inner->score[at],  hd_inner_sub(inner, at), inner->time[at],
				inner->handle[at], inner->count[at],        inner->child[at]};
}
