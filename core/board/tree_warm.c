/* tree_warm.c - many ways down at once. A lone descent waits for one line after the other; here
 * each level is searched for all keys while the nodes of the level below are on their way. Where
 * each key was found is kept as a guess, so that the operations that follow need not search again.
 */
#include "core/board/search.h"

/* Where the next search will read: the scores; times where they are likely to be needed. */
static void
prefetch_inner(const struct hd_inner *inner)
{
	__builtin_prefetch(&inner->node, 0, 3);
	for (size_t i = 0; i < HD_INNER_MAX; i += 8)
		__builtin_prefetch(&inner->score[i], 0, 3);
}

static void
warm_level(const struct hd_board *board, const struct hd_board_key *keys,
	   const struct hd_node **nodes, uint32_t count, uint32_t level)
{
	bool last = level + 1 == board->live.levels;
	uint8_t at[HD_BATCH_MAX];
	HD_ASSERT(count <= HD_BATCH_MAX);
	for (uint32_t i = 0; i < count; i++) {
		const struct hd_inner *inner = (const struct hd_inner *)nodes[i];
		uint32_t place = hd_search_inner(board, inner, &keys[i], 0);
		at[i] = (uint8_t)(place < inner->used ? place : inner->used - 1u);
		if (board->guesses && level < HD_GUESS_LEVELS)
			hd_search_guess(board, &keys[i])->at[level] = at[i];
		__builtin_prefetch(&inner->child[at[i]], 0, 3);
		__builtin_prefetch(&inner->count[at[i]], 1, 3);
	}
	for (uint32_t i = 0; i < count; i++) {
		nodes[i] = ((const struct hd_inner *)nodes[i])->child[at[i]];
		if (last)
			hd_leaf_prefetch((const struct hd_leaf *)nodes[i]);
		else
			prefetch_inner((const struct hd_inner *)nodes[i]);
	}
}

void
hd_board_warm(const struct hd_board *board, const struct hd_board_key *keys, uint32_t count)
{
	const struct hd_node *nodes[HD_BATCH_MAX];
	HD_ASSERT(count <= HD_BATCH_MAX && board->change.handle == 0);
	for (uint32_t i = 0; i < count; i++)
		nodes[i] = board->live.root;
	for (uint32_t level = 0; level < board->live.levels; level++)
		warm_level(board, keys, nodes, count, level);
}
