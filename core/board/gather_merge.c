/* gather_merge.c - the heap, and what stands above a merged row. */
#include "core/board/gather_merge.h"

void
hd_merge_init(struct hd_merge *merge)
{
	HD_ASSERT(merge);
	merge->live = 0;
	merge->cursors = 0;
}

static void
cursor_read(struct hd_merge_cursor *cursor)
{
	cursor->live = cursor->left > 0;
	cursor->here = cursor->in;
	if (!cursor->live)
		return;
	cursor->left--;
	if (cursor->pairs) {
		cursor->row = (struct hd_board_key){.score = hd_read_signed(&cursor->in)};
		cursor->row.sub = hd_read_signed(&cursor->in);
	} else {
		hd_key_read(&cursor->in, &cursor->row);
	}
	HD_ASSERT(!cursor->in.bad);
}

static bool
merge_before(const struct hd_merge *merge, uint32_t a, uint32_t b)
{
	return hd_key_compare(&merge->cursor[merge->heap[a]].row,
			      &merge->cursor[merge->heap[b]].row) < 0;
}

static void
merge_swap(struct hd_merge *merge, uint32_t a, uint32_t b)
{
	uint8_t other = merge->heap[a];
	HD_ASSERT(a < merge->live && b < merge->live);
	merge->heap[a] = merge->heap[b];
	merge->heap[b] = other;
}

static void
merge_sink(struct hd_merge *merge)
{
	for (uint32_t at = 0, child; (child = 2 * at + 1) < merge->live; at = child) {
		if (child + 1 < merge->live && merge_before(merge, child + 1, child))
			child++;
		if (!merge_before(merge, child, at))
			return;
		merge_swap(merge, at, child);
	}
}

static void
merge_add(struct hd_merge *merge, struct hd_merge_cursor *cursor)
{
	HD_ASSERT(cursor == &merge->cursor[merge->cursors]);
	uint32_t number = merge->cursors++;
	cursor_read(cursor);
	if (!cursor->live)
		return;
	uint32_t at = merge->live++;
	merge->heap[at] = (uint8_t)number;
	while (at > 0 && merge_before(merge, at, (at - 1) / 2)) {
		merge_swap(merge, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

void
hd_merge_add_pairs(struct hd_merge *merge, struct hd_reader in, uint32_t count)
{
	HD_ASSERT(merge->cursors < HD_SHARDS_MAX);
	struct hd_merge_cursor *cursor = &merge->cursor[merge->cursors];
	*cursor = (struct hd_merge_cursor){.in = in, .left = count, .pairs = true};
	merge_add(merge, cursor);
}

void
hd_merge_add_page(struct hd_merge *merge, struct hd_reader in, struct hd_merge_page *page)
{
	HD_ASSERT(merge->cursors < HD_SHARDS_MAX);
	struct hd_merge_cursor *cursor = &merge->cursor[merge->cursors];
	page->start = hd_read_varint(&in);
	page->place = hd_read_varint(&in);
	page->count = hd_read_varint(&in);
	*cursor = (struct hd_merge_cursor){.position = page->start};
	cursor->score = hd_read_signed(&in);
	cursor->sub = hd_read_signed(&in);
	cursor->above = hd_read_varint(&in);
	cursor->left = (uint32_t)hd_read_bounded(&in, 2 * HD_ROWS_MAX);
	cursor->in = in;
	HD_ASSERT(!in.bad);
	merge_add(merge, cursor);
}

void
hd_merge_take(struct hd_merge *merge)
{
	HD_ASSERT(merge->live > 0);
	struct hd_merge_cursor *cursor = &merge->cursor[merge->heap[0]];
	if (cursor->row.score != cursor->score || cursor->row.sub != cursor->sub) {
		cursor->score = cursor->row.score;
		cursor->sub = cursor->row.sub;
		cursor->above = cursor->position;
	}
	cursor->position++;
	cursor_read(cursor);
	if (!cursor->live)
		merge->heap[0] = merge->heap[--merge->live];
	merge_sink(merge);
}

/* What was taken of a shard stands before the top row, and so does what it has before its page. Of
 * these, all are above the top row's group but those that the cursor knows to be in it. */
void
hd_merge_above(const struct hd_merge *merge, uint64_t *above, uint64_t *position)
{
	const struct hd_board_key *top = hd_merge_top(merge);
	HD_ASSERT(top);
	*above = *position = 0;
	for (uint32_t i = 0; i < merge->cursors; i++) {
		const struct hd_merge_cursor *cursor = &merge->cursor[i];
		bool same = cursor->score == top->score && cursor->sub == top->sub;
		*above += same ? cursor->above : cursor->position;
		*position += cursor->position;
	}
}
