/* gather_merge.h - sorted rows of several parts, as one: a binary heap of cursors.
 *
 * A page's cursor also knows how many of its shard stand above any row that the merge has reached,
 * also where rows before the page are not there: see hd_merge_above. */
#ifndef HUNTD_CORE_BOARD_GATHER_MERGE_H
#define HUNTD_CORE_BOARD_GATHER_MERGE_H

#include "core/board/part_question.h"

struct hd_merge_cursor {
	struct hd_reader here, in; /* before and behind `row` */
	uint32_t left;             /* rows behind `row` */
	bool pairs;                /* rows are (score, sub) only */
	bool live;                 /* `row` is given */
	struct hd_board_key row;
	/* Pages only: */
	uint64_t position; /* of `row`: start + rows taken */
	uint64_t above;    /* entrants above (score, sub), the group last taken */
	int64_t score, sub;
};

struct hd_merge {
	struct hd_merge_cursor cursor[HD_SHARDS_MAX];
	uint8_t heap[HD_SHARDS_MAX]; /* cursors, the one with the first row on top */
	uint32_t live;
	uint32_t cursors;
};

/* What a page says of itself. */
struct hd_merge_page {
	uint64_t start, place, count;
};

void hd_merge_init(struct hd_merge *merge);

/* Adds `count` pairs at `in`. Cursors are numbered in the order they are added. */
void hd_merge_add_pairs(struct hd_merge *merge, struct hd_reader in, uint32_t count);
void hd_merge_add_page(struct hd_merge *merge, struct hd_reader in, struct hd_merge_page *page);

/* The first row of all; NULL: no more. Valid until the next take, its id as long as the part. */
static inline const struct hd_board_key *
hd_merge_top(const struct hd_merge *merge)
{
	return merge->live ? &merge->cursor[merge->heap[0]].row : NULL;
}

/* Takes the top row. */
void hd_merge_take(struct hd_merge *merge);

/* For the top row of a merge of pages, over all shards: entrants with a higher (score, sub), and
 * entrants before it. Each page must begin at the board's first row, at a row not behind the key
 * that all were asked from, or where as many rows as anybody may ask for lie between. */
void hd_merge_above(const struct hd_merge *merge, uint64_t *above, uint64_t *position);

#endif
