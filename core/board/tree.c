/* tree.c - a board's life and its changes. */
#include "core/board/search.h"

#define LOAD_AHEAD 16u

struct hd_board *
hd_board_create(struct hd_memory *memory, struct hd_board_source source)
{
	HD_ASSERT(memory && source.key);
	struct hd_board *board = hd_memory_take(memory, sizeof *board, 64);
	*board = (struct hd_board){.source = source, .newest = INT64_MIN, .blocks.memory = memory};
	board->live.root = &hd_leaf_take(board)->node;
	return board;
}

void
hd_board_destroy(struct hd_board *board)
{
	HD_ASSERT(!board->pinned && board->change.handle == 0);
	struct hd_memory *memory = board->blocks.memory;
	hd_node_fini(&board->blocks);
	hd_memory_give(memory, board, sizeof *board);
}

/* The row where `key` goes, in the leaf of the path, which is owned. Between two leaves it goes
 * behind the left one if that ends with the same score and has room: so the end of a large group
 * fills its leaves one after the other. */
static uint32_t
place(struct hd_board *board, const struct hd_board_key *key, struct hd_path *path)
{
	uint32_t at = hd_search_leaf(board, path->leaf, key);
	HD_ASSERT(at <= path->leaf->used && path->leaf->node.refs == 1);
	if (at > 0 || path->levels == 0)
		return at;
	const struct hd_inner *parent = path->inner[path->levels - 1];
	uint16_t *taken = &path->at[path->levels - 1];
	if (*taken == 0 || parent->score[*taken - 1] != key->score ||
	    parent->count[*taken - 1] == HD_LEAF_MAX)
		return 0;
	--*taken;
	path->leaf = (struct hd_leaf *)parent->child[*taken];
	hd_path_own(board, path);
	return path->leaf->used;
}

/* Puts an entrant at row `at` of an owned path's leaf. */
static void
put(struct hd_board *board, struct hd_path *path, uint32_t at, uint32_t handle,
    const struct hd_board_key *key)
{
	struct hd_leaf *leaf = path->leaf;
	HD_ASSERT(at <= leaf->used && leaf->node.refs == 1);
	hd_path_count(path, path->levels, 1);
	if (at == leaf->used) {
		struct hd_edge last = {
			.score = key->score, .sub = key->sub, .time = key->time, .handle = handle};
		hd_path_mark(board, path, path->levels, &last);
	}
	if (leaf->used < HD_LEAF_MAX)
		hd_leaf_put(board, leaf, at, handle, key);
	else
		hd_path_split(board, path, at, handle, key);
}

/* Takes the entrant at row `at` out of an owned path's leaf. The tree may be left too thin. */
static void
cut(struct hd_board *board, struct hd_path *path, uint32_t at)
{
	struct hd_leaf *leaf = path->leaf;
	HD_ASSERT(at < leaf->used && leaf->node.refs == 1);
	hd_path_count(path, path->levels, UINT32_MAX);
	hd_leaf_cut(leaf, at);
	if (at == leaf->used && at > 0) {
		struct hd_edge last = hd_leaf_edge(board, leaf);
		hd_path_mark(board, path, path->levels, &last);
	}
}

/* From here on `handle` has `key`, which the source does not say yet. */
static void
change_begin(struct hd_board *board, uint32_t handle, const struct hd_board_key *key)
{
	HD_ASSERT(handle != 0 && board->change.handle == 0);
	board->change = (struct hd_change){handle, *key};
}

static void
change_end(struct hd_board *board)
{
	HD_ASSERT(board->change.handle != 0);
	if (board->newest < board->change.key.time)
		board->newest = board->change.key.time;
	board->change.handle = 0;
}

void
hd_board_insert(struct hd_board *board, uint32_t handle, const struct hd_board_key *key)
{
	struct hd_path path;
	HD_ASSERT(key->id.size > 0 && board->live.count < UINT32_MAX);
	change_begin(board, handle, key);
	hd_search_path(board, key, 0, &path);
	hd_path_own(board, &path);
	put(board, &path, place(board, key, &path), handle, key);
	board->live.count++;
	change_end(board);
}

/* The way to where the entrant stands, owned, and its row there. */
static uint32_t
find(struct hd_board *board, uint32_t handle, const struct hd_board_key *key, struct hd_path *path)
{
	hd_search_path(board, key, handle, path);
	hd_path_own(board, path);
	uint32_t at = hd_search_handle(path->leaf->handle, path->leaf->used, handle);
	HD_ASSERT(at < path->leaf->used);
	HD_ASSERT(path->leaf->score[at] == key->score);
	return at;
}

void
hd_board_remove(struct hd_board *board, uint32_t handle, const struct hd_board_key *old)
{
	struct hd_path path;
	HD_ASSERT(handle != 0 && board->live.count > 0);
	uint32_t at = find(board, handle, old, &path);
	cut(board, &path, at);
	hd_path_narrow(board, &path);
	board->live.count--;
}

/* A move within one leaf: no count changes, and at most one separator. */
static void
shift(struct hd_board *board, struct hd_path *path, uint32_t from, uint32_t to,
      const struct hd_board_key *key)
{
	struct hd_leaf *leaf = path->leaf;
	uint32_t last = leaf->used - 1u;
	to -= to > from;
	HD_ASSERT(from <= last && to <= last);
	hd_leaf_shift(board, leaf, from, to, key);
	if (path->levels && (from == last || to == last)) {
		struct hd_edge edge = hd_leaf_edge(board, leaf);
		hd_path_mark(board, path, path->levels, &edge);
	}
}

void
hd_board_move(struct hd_board *board, uint32_t handle, const struct hd_board_key *old,
	      const struct hd_board_key *key)
{
	struct hd_path source, target;
	HD_ASSERT(handle != 0 && hd_bytes_equal(old->id, key->id));
	hd_search_path(board, old, handle, &source);
	hd_search_path(board, key, handle, &target);
	hd_path_own(board, &source);
	if (HD_UNLIKELY(board->pinned)) { /* owning the one may have copied nodes of the other */
		hd_search_path(board, key, handle, &target);
		hd_path_own(board, &target);
	}
	uint32_t from = hd_search_handle(source.leaf->handle, source.leaf->used, handle);
	HD_ASSERT(from < source.leaf->used && source.leaf->score[from] == old->score);
	uint32_t to = place(board, key, &target);
	change_begin(board, handle, key);
	if (source.leaf == target.leaf) {
		shift(board, &source, from, to, key);
	} else {
		bool narrow = hd_path_thin(&source);
		cut(board, &source, from);
		if (narrow) {
			hd_path_narrow(board, &source);
			hd_search_path(board, key, handle, &target);
			hd_path_own(board, &target);
			to = place(board, key, &target);
		}
		put(board, &target, to, handle, key);
	}
	change_end(board);
}

/* Puts a whole leaf behind the last one. */
static void
load_leaf(struct hd_board *board, struct hd_leaf *leaf)
{
	struct hd_path path = {.levels = board->live.levels};
	struct hd_edge right = hd_leaf_edge(board, leaf), left;
	struct hd_node *node = board->live.root;
	for (uint32_t level = 0; level < path.levels; level++) {
		struct hd_inner *inner = path.inner[level] = (struct hd_inner *)node;
		path.at[level] = (uint16_t)(inner->used - 1u);
		node = inner->child[inner->used - 1u];
	}
	path.leaf = (struct hd_leaf *)node;
	HD_ASSERT(node->refs == 1 && path.leaf->used > 0);
	if (path.levels) {
		left = hd_inner_edge_at(path.inner[path.levels - 1], path.at[path.levels - 1]);
		hd_path_count(&path, path.levels - 1, leaf->used);
		hd_path_mark(board, &path, path.levels - 1, &right);
	} else {
		left = hd_leaf_edge(board, path.leaf);
	}
	hd_path_widen(board, &path, left, right);
}

void
hd_board_load(struct hd_board *board, const uint32_t *handles, uint32_t count)
{
	HD_ASSERT(board->live.count == 0 && board->live.levels == 0);
	uint64_t leaves = (count + (uint64_t)HD_LEAF_MERGED - 1) / HD_LEAF_MERGED;
	uint32_t n = 0;
	for (uint64_t i = 0; i < leaves; i++) {
		struct hd_leaf *leaf = hd_leaf_take(board);
		for (; n < count * (i + 1) / leaves; n++) {
			if (board->source.prefetch && n + LOAD_AHEAD < count)
				board->source.prefetch(board->source.context,
						       handles[n + LOAD_AHEAD]);
			struct hd_board_key key = hd_board_key_of(board, handles[n]);
			hd_leaf_put(board, leaf, leaf->used, handles[n], &key);
			board->newest = board->newest < key.time ? key.time : board->newest;
		}
		if (i > 0) {
			load_leaf(board, leaf);
		} else {
			hd_leaf_leave(board, (struct hd_leaf *)board->live.root);
			board->live.root = &leaf->node;
		}
	}
	board->live.count = count;
	HD_ASSERT(n == count);
}

struct hd_board_root *
hd_board_pin(struct hd_board *board)
{
	struct hd_board_root *root = hd_memory_take(board->blocks.memory, sizeof *root, 16);
	HD_ASSERT(board->change.handle == 0 && board->live.root->refs < UINT16_MAX);
	*root = (struct hd_board_root){board->live, board->pinned, &board->pinned};
	if (root->next)
		root->next->link = &root->next;
	board->pinned = root;
	board->live.root->refs++;
	return root;
}

void
hd_board_release(struct hd_board *board, struct hd_board_root *root)
{
	HD_ASSERT(*root->link == root && root->tree.root->refs > 0);
	*root->link = root->next;
	if (root->next)
		root->next->link = root->link;
	hd_tree_drop(board, root->tree.root, root->tree.levels);
	hd_memory_give(board->blocks.memory, root, sizeof *root);
}

bool
hd_board_pinned(const struct hd_board *board)
{
	HD_ASSERT(board);
	return board->pinned != NULL;
}
