/* gather_page.c - TOP's and AROUND's rows: the pages of all shards as one. */
#include "core/board/gather_merge.h"
#include "core/board/gather_state.h"

void
hd_gather_rows_begin(struct hd_gather *gather, uint32_t rows, uint32_t flags)
{
	HD_ASSERT(rows >= 1 && rows <= HD_ROWS_MAX + HD_SKIP_MAX);
	hd_gather_round(gather, HD_ASK_ROWS, flags);
	gather->rows = rows;
}

/* The rows wanted of the merged pages. */
struct page_span {
	uint64_t skip;    /* merged rows before the first */
	uint64_t rows;    /* wanted; there may be fewer */
	uint64_t changes; /* dense: (score, sub) changes between the first row and `gather->key` */
};

/* AROUND: the owner's page came first and gave the key. True: the others are asked now. */
static bool
page_others(struct hd_gather *gather)
{
	bool owner_only = gather->ask == HD_ASK_AROUND && (gather->flags & HD_ASK_ENTRANT);
	if (!owner_only)
		return false;
	struct hd_reader in = hd_gather_part(gather, gather->owner);
	struct hd_board_key key;
	hd_key_read(&in, &key);
	HD_ASSERT(!in.bad);
	hd_gather_key_keep(&gather->key, &key);
	gather->key_known = true;
	if (gather->shards == 1)
		return false;
	gather->shard[gather->owner].told = true;
	hd_gather_round(gather, HD_ASK_AROUND, HD_ASK_KEY);
	hd_gather_ask_all(gather);
	gather->shard[gather->owner].asked = false;
	gather->shard[gather->owner].answered = true; /* its part is kept */
	return true;
}

static void
page_merge(struct hd_gather *gather, struct hd_merge *merge, struct hd_merge_page *all)
{
	*all = (struct hd_merge_page){0};
	hd_merge_init(merge);
	for (uint32_t i = 0; i < gather->shards; i++) {
		struct hd_merge_page page;
		struct hd_reader in = hd_gather_part(gather, i);
		bool keyed = gather->shard[i].told || (gather->flags & HD_ASK_ENTRANT);
		if (gather->ask == HD_ASK_AROUND && keyed && !hd_gather_dense(gather)) {
			struct hd_board_key key;
			hd_key_read(&in, &key);
		}
		hd_merge_add_page(merge, in, &page);
		all->start += page.start;
		all->place += page.place;
		all->count += page.count;
	}
	HD_ASSERT(merge->cursors == gather->shards);
}

static void
page_span(const struct hd_gather *gather, const struct hd_merge_page *all, struct page_span *span)
{
	const struct hd_command *command = &gather->command;
	span->rows = command->count;
	HD_ASSERT(all->start <= all->place);
	if (gather->ask == HD_ASK_AROUND) {
		uint64_t first = hd_part_around_start(all->place, all->count, command->count);
		HD_ASSERT(all->place < all->count && first <= all->place);
		span->skip = all->place - all->start - (all->place - first);
	} else {
		HD_ASSERT(command->offset >= all->start);
		span->skip = command->offset - all->start;
	}
}

/* Dense: how many pairs the merge passes from its top down to the gather's key. */
static uint64_t
page_changes(const struct hd_merge *merge, const struct hd_board_key *key)
{
	struct hd_merge copy = *merge;
	const struct hd_board_key *top = hd_merge_top(&copy);
	struct hd_board_key last = *top;
	uint64_t changes = 0;
	HD_ASSERT(hd_key_compare(&last, key) <= 0);
	while (!hd_key_same_place(&last, key)) {
		hd_merge_take(&copy);
		top = hd_merge_top(&copy);
		HD_ASSERT(top);
		changes += !hd_key_same_place(top, &last);
		last = *top;
	}
	return changes;
}

/* Takes `skip` rows; counts the changes of pairs up to the row then on top. */
static uint64_t
page_skip(struct hd_merge *merge, uint64_t skip)
{
	uint64_t changes = 0;
	const struct hd_board_key *top = hd_merge_top(merge);
	for (; skip > 0 && top; skip--) {
		struct hd_board_key last = *top;
		hd_merge_take(merge);
		top = hd_merge_top(merge);
		changes += top && !hd_key_same_place(top, &last);
	}
	return changes;
}

/* The rank of the merge's top row. `changes`: pairs from the first merged row down to it. */
static struct hd_ranker
page_ranker(const struct hd_gather *gather, const struct hd_merge *merge, uint64_t changes)
{
	const struct hd_board_key *top = hd_merge_top(merge);
	struct hd_ranker ranker = {
		.mode = gather->command.mode, .score = top->score, .sub = top->sub};
	uint64_t above;
	hd_merge_above(merge, &above, &ranker.position);
	HD_ASSERT(above <= ranker.position);
	if (!hd_gather_dense(gather))
		ranker.rank = above + 1;
	else if (gather->ask == HD_ASK_AROUND)
		ranker.rank = gather->distinct + 1 - page_changes(merge, &gather->key.key);
	else
		ranker.rank = gather->distinct + 1 + changes;
	return ranker;
}

/* How many rows there are to write: pages may end before `rows`. */
static uint32_t
page_left(const struct hd_merge *merge, uint64_t rows)
{
	uint64_t left = 0;
	for (uint32_t i = 0; i < merge->cursors; i++)
		left += merge->cursor[i].left + merge->cursor[i].live;
	HD_ASSERT(rows <= HD_ROWS_MAX);
	return (uint32_t)(left < rows ? left : rows);
}

void
hd_gather_page_step(struct hd_gather *gather)
{
	HD_ASSERT(gather->ask == HD_ASK_ROWS || gather->ask == HD_ASK_AROUND);
	if (page_others(gather))
		return;
	struct hd_merge merge;
	struct hd_merge_page all;
	struct page_span span;
	page_merge(gather, &merge, &all);
	page_span(gather, &all, &span);
	uint64_t changes = page_skip(&merge, span.skip);
	uint32_t rows = page_left(&merge, span.rows);
	struct hd_writer out = hd_gather_value(gather, rows * HD_ROW_REPLY_MAX + 16);
	hd_value_array(&out, rows);
	struct hd_ranker ranker = {0};
	if (rows)
		ranker = page_ranker(gather, &merge, changes);
	for (uint32_t i = 0; i < rows; i++) {
		const struct hd_board_key *top = hd_merge_top(&merge);
		hd_part_row_write(&out, hd_ranker_next(&ranker, top), top);
		hd_merge_take(&merge);
	}
	hd_gather_value_end(gather, &out);
}
