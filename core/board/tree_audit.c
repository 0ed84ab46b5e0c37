/* tree_audit.c - every invariant of a board, checked by visiting every node of every version. */
#include "core/board/search.h"

/* Keys in order so far, within one version. */
struct audit {
	const struct hd_board *board;
	bool live, any;
	struct hd_board_key last;
	uint32_t handle;
	uint32_t levels;
	uint64_t bytes;
};

static bool
key_before(const struct hd_board_key *a, const struct hd_board_key *b)
{
	if (a->score != b->score)
		return a->score > b->score;
	if (a->sub != b->sub)
		return a->sub > b->sub;
	if (a->time != b->time)
		return a->time < b->time;
	return hd_bytes_compare(a->id, b->id) < 0;
}

static void
audit_leaf(struct audit *audit, const struct hd_leaf *leaf)
{
	HD_ASSERT(leaf->used <= HD_LEAF_MAX && (leaf->used > 0 || audit->levels == 0));
	HD_ASSERT((leaf->form == 0) == !leaf->extra);
	HD_ASSERT(!audit->live || !(leaf->form & HD_LEAF_TIMES));
	for (uint32_t i = 0; i < leaf->used; i++) {
		struct hd_board_key key = hd_leaf_key(audit->board, leaf, i);
		HD_ASSERT(!audit->any || key_before(&audit->last, &key));
		HD_ASSERT(key.time <= audit->board->newest);
		if (audit->live) {
			struct hd_board_key now = hd_board_key_of(audit->board, leaf->handle[i]);
			HD_ASSERT(now.score == key.score && now.sub == key.sub);
		}
		audit->last = key;
		audit->handle = leaf->handle[i];
		audit->any = true;
	}
}

/* Checks order, counts and separators; returns the entrants below. */
static uint64_t
audit_order(struct audit *audit, const struct hd_node *node, uint32_t level)
{
	if (level == audit->levels) {
		audit_leaf(audit, (const struct hd_leaf *)node);
		return ((const struct hd_leaf *)node)->used;
	}
	const struct hd_inner *inner = (const struct hd_inner *)node;
	HD_ASSERT(inner->used >= (level == 0 ? 2 : 1) && inner->used <= HD_INNER_MAX);
	uint64_t total = 0;
	for (uint32_t i = 0; i < inner->used; i++) {
		uint64_t count = audit_order(audit, inner->child[i], level + 1);
		HD_ASSERT(count == inner->count[i]);
		HD_ASSERT(inner->handle[i] == audit->handle &&
			  inner->score[i] == audit->last.score);
		HD_ASSERT(inner->time[i] == audit->last.time);
		HD_ASSERT(hd_inner_sub(inner, i) == audit->last.sub);
		total += count;
	}
	return total;
}

/* Counts a reference to each node, and what the nodes take, each once. */
static void
audit_meet(struct audit *audit, struct hd_node *node, uint32_t levels)
{
	HD_ASSERT(node->seen < node->refs);
	if (node->seen++ > 0)
		return;
	if (levels == 0) {
		struct hd_leaf *leaf = (struct hd_leaf *)node;
		bool two = leaf->form == (HD_LEAF_SUBS | HD_LEAF_TIMES);
		audit->bytes += hd_block_size(HD_BLOCK_LEAF);
		if (leaf->extra)
			audit->bytes += hd_block_size(two ? HD_BLOCK_EXTRA_TWO : HD_BLOCK_EXTRA);
		return;
	}
	struct hd_inner *inner = (struct hd_inner *)node;
	audit->bytes += hd_block_size(HD_BLOCK_INNER);
	audit->bytes += inner->sub ? hd_block_size(HD_BLOCK_SUB) : 0;
	for (uint32_t i = 0; i < inner->used; i++)
		audit_meet(audit, inner->child[i], levels - 1);
}

/* All references were met; forgets them. */
static void
audit_part(struct hd_node *node, uint32_t levels)
{
	if (node->seen == 0)
		return;
	HD_ASSERT(node->seen == node->refs);
	node->seen = 0;
	struct hd_inner *inner = (struct hd_inner *)node;
	for (uint32_t i = 0; levels > 0 && i < inner->used; i++)
		audit_part(inner->child[i], levels - 1);
}

static void
audit_tree(const struct hd_board *board, const struct hd_tree *tree)
{
	struct audit audit = {.board = board, .live = tree == &board->live, .levels = tree->levels};
	HD_ASSERT(tree->levels <= HD_BOARD_LEVELS);
	HD_ASSERT(audit_order(&audit, tree->root, 0) == tree->count);
}

void
hd_board_audit(const struct hd_board *board)
{
	struct audit audit = {.board = board};
	HD_ASSERT(board->change.handle == 0);
	audit_tree(board, &board->live);
	audit_meet(&audit, board->live.root, board->live.levels);
	for (const struct hd_board_root *root = board->pinned; root; root = root->next) {
		HD_ASSERT(*root->link == root);
		audit_tree(board, &root->tree);
		audit_meet(&audit, root->tree.root, root->tree.levels);
	}
	audit.bytes += board->guesses ? hd_block_size(HD_BLOCK_INNER) : 0;
	HD_ASSERT(audit.bytes == board->blocks.used);
	audit_part(board->live.root, board->live.levels);
	for (const struct hd_board_root *root = board->pinned; root; root = root->next)
		audit_part(root->tree.root, root->tree.levels);
}

uint64_t
hd_board_footprint(const struct hd_board *board)
{
	HD_ASSERT(board->blocks.used >= hd_block_size(HD_BLOCK_LEAF));
	return board->blocks.used;
}
