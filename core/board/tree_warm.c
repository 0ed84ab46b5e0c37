/* tree_warm.c - many ways down at once. A lone descent waits for one line after the other; here each
 * level is searched for all keys while the nodes of the level below are on their way. */
#include "search.h"

static void
prefetch_inner(const struct hd_inner *inner)
{
	__builtin_prefetch(&inner->node, 0, 3);
	for (size_t i = 0; i < HD_INNER_MAX; i += 8)
		__builtin_prefetch(&inner->score[i], 0, 3);
}

void
hd_board_warm(const struct hd_board *board, const struct hd_board_key *keys, uint32_t count)
{
	const struct hd_node *nodes[HD_BATCH_MAX];
	HD_ASSERT(count <= HD_BATCH_MAX && board->change.handle == 0);
	for (uint32_t i = 0; i < count; i++)
		nodes[i] = board->live.root;
	for (uint32_t level = 0; level < board->live.levels; level++) {
		bool last = level + 1 == board->live.levels;
		for (uint32_t i = 0; i < count; i++) {
			const struct hd_inner *inner = (const struct hd_inner *)nodes[i];
			uint32_t at = hd_search_inner(board, inner, &keys[i], 0);
			at = at < inner->used ? at : inner->used - 1u;
			nodes[i] = inner->child[at];
			__builtin_prefetch(&inner->count[at], 1, 3);
			if (last)
				hd_leaf_prefetch((const struct hd_leaf *)nodes[i]);
			else
				prefetch_inner((const struct hd_inner *)nodes[i]);
		}
	}
}
