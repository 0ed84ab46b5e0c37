#include "shard/board/reducer.h"

#include "huntd/assert.h"
#include "huntd/view.h"
#include "shard/inside.h"
#include "shard/probe/probe.h"

#define LOOK_NS ((int64_t)HD_WATCH_TICK_MS * 1000000)

/* One board: the newest part of every shard, and the view's version. */
struct hd_reduced {
	struct hd_reduced *next;
	bool listed;
	bool building; /* so the last view said */
	uint16_t hunt, board;
	uint64_t version;
	struct hd_block *part[HD_SHARDS_MAX];
};

static const struct hd_view *
part_of(const struct hd_reduced *reduced, uint32_t shard)
{
	struct hd_block *block = reduced->part[shard];
	return block == NULL ? NULL : (const struct hd_view *)hd_block_bytes(block);
}

static struct hd_reduced *
reduced_of(struct hd_reducer *reducer, uint16_t hunt, uint16_t board)
{
	HD_ASSERT(hunt < HD_HUNTS_MAX && board < HD_BOARDS_MAX);
	struct hd_reduced ***of_hunt = &reducer->of_hunt[hunt];
	if (*of_hunt == NULL)
		*of_hunt = hd_memory_take(&reducer->plain,
					  HD_BOARDS_MAX * sizeof(struct hd_reduced *), 8);
	struct hd_reduced **at = &(*of_hunt)[board];
	if (*at == NULL) {
		*at = hd_memory_take(&reducer->plain, sizeof **at, 8);
		(*at)->hunt = hunt;
		(*at)->board = board;
	}
	return *at;
}

static void
take_part(struct hd_reducer *reducer, const struct hd_cell *cell)
{
	HD_ASSERT(cell->from < reducer->shards);
	const struct hd_view *part = (const struct hd_view *)hd_block_bytes(cell->block);
	struct hd_reduced *reduced = reduced_of(reducer, part->hunt, part->board);
	if (reduced->part[cell->from] != NULL)
		hd_post_give(reducer->post, reduced->part[cell->from]);
	reduced->part[cell->from] = cell->block;
	if (!reduced->listed) {
		reduced->listed = true;
		reducer->listed++;
		reduced->next = reducer->changed;
		reducer->changed = reduced;
	}
}

/* True where row `a` stands before row `b`. */
static bool
stands_before(const struct hd_view_row *a, const struct hd_view_row *b)
{
	if (a->score != b->score)
		return a->score > b->score;
	if (a->sub != b->sub)
		return a->sub > b->sub;
	if (a->time != b->time)
		return a->time < b->time;
	return hd_bytes_compare(hd_bytes_of(a->id, a->id_size), hd_bytes_of(b->id, b->id_size)) < 0;
}

static const struct hd_view_row *
best_row(const struct hd_reduced *reduced, uint32_t shards, const uint32_t *taken, uint32_t *from)
{
	const struct hd_view_row *best = NULL;
	for (uint32_t i = 0; i < shards; i++) {
		const struct hd_view *part = part_of(reduced, i);
		if (part == NULL || taken[i] == part->rows_count)
			continue;
		if (best == NULL || stands_before(&part->rows[taken[i]], best)) {
			best = &part->rows[taken[i]];
			*from = i;
		}
	}
	return best;
}

static void
merge(const struct hd_reducer *reducer, struct hd_reduced *reduced, struct hd_view *view)
{
	uint32_t taken[HD_SHARDS_MAX] = {0};
	view->hunt = reduced->hunt;
	view->board = reduced->board;
	view->building = reduced->building;
	view->version = reduced->building ? reduced->version : ++reduced->version;
	view->time = 0;
	view->total = 0;
	view->rows_count = 0;
	for (uint32_t i = 0; i < reducer->shards; i++) {
		const struct hd_view *part = part_of(reduced, i);
		view->top_changes[i] = part == NULL ? HD_VIEW_NO_PART : part->top_changes[i];
		if (part == NULL)
			continue;
		view->total += part->total;
		view->time = part->time > view->time ? part->time : view->time;
	}
	while (!view->building && view->rows_count < HD_VIEW_ROWS) {
		uint32_t from = 0;
		const struct hd_view_row *row = best_row(reduced, reducer->shards, taken, &from);
		if (row == NULL)
			break;
		view->rows[view->rows_count++] = *row;
		taken[from]++;
	}
}

/* Or a shard has not heard of it yet. */
static bool
is_building(const struct hd_reducer *reducer, const struct hd_reduced *reduced)
{
	HD_ASSERT(reducer->shards <= HD_SHARDS_MAX);
	for (uint32_t i = 0; i < reducer->shards; i++) {
		const struct hd_view *part = part_of(reduced, i);
		if (part == NULL || part->building)
			return true;
	}
	return false;
}

/* While any part of a board is being built one view says so, in the place of all others: a mixture
 * of old and new rows would be no board. One copy a shard: a block has one reader. It is as large
 * as a whole view, so that a reader may copy the struct. */
static void
publish(struct hd_reducer *reducer, struct hd_reduced *reduced)
{
	struct hd_block *first = NULL;
	bool was_building = reduced->building;
	reduced->building = is_building(reducer, reduced);
	if (was_building && reduced->building)
		return;
	for (uint32_t to = 0; to < reducer->shards; to++) {
		struct hd_block *block = hd_blocks_take(&reducer->blocks, sizeof(struct hd_view));
		struct hd_view *view = (struct hd_view *)hd_block_bytes(block);
		if (first == NULL)
			merge(reducer, reduced, view);
		else
			memcpy(view, hd_block_bytes(first), first->used);
		block->used = hd_view_size(view->rows_count);
		first = first == NULL ? block : first;
		struct hd_cell cell = {.type = HD_CELL_VIEW, .block = block};
		hd_post_send(reducer->post, to, &cell);
	}
	HD_COUNT(reducer->stats->views_made_total, 1);
}

/* A round ended. */
static void
count_round(struct hd_reducer *reducer, uint32_t boards)
{
	struct hd_reducer_stats *stats = reducer->stats;
	int64_t now = reducer->io->ops->now(reducer->io);
	HD_ASSERT(now >= reducer->began && reducer->began > 0);
	uint64_t took = (uint64_t)(now - reducer->began);
	uint64_t waited = reducer->asked == 0 ? 0 : (uint64_t)(now - reducer->asked);
	HD_COUNT(stats->ticks_total, 1);
	hd_histogram_record(&stats->tick, took, 1);
	if (hd_probe_wants(HD_PROBE_REDUCER_TICK))
		hd_probe_reducer_tick(boards, took, waited);
	reducer->asked = 0;
}

static void
publish_changed(struct hd_reducer *reducer)
{
	uint32_t boards = reducer->listed;
	HD_ASSERT(reducer->ending == 0);
	reducer->listed = 0;
	while (reducer->changed != NULL) {
		struct hd_reduced *reduced = reducer->changed;
		HD_ASSERT(reduced->listed);
		reducer->changed = reduced->next;
		reduced->listed = false;
		publish(reducer, reduced);
	}
	count_round(reducer, boards);
}

static void
take_cell(void *context, const struct hd_cell *cell)
{
	struct hd_reducer *reducer = context;
	switch (cell->type) {
	case HD_CELL_DIRTY:
		reducer->dirty = true;
		if (reducer->oldest == 0 || cell->a < reducer->oldest)
			reducer->oldest = cell->a;
		break;
	case HD_CELL_PART:
		take_part(reducer, cell);
		break;
	case HD_CELL_PARTS_END:
		HD_ASSERT(reducer->ending > 0);
		if (--reducer->ending == 0)
			publish_changed(reducer);
		break;
	case HD_CELL_FINISH:
		reducer->finished = true;
		break;
	default:
		HD_UNREACHABLE();
	}
}

static void
ask_parts(struct hd_reducer *reducer)
{
	HD_ASSERT(reducer->ending == 0);
	struct hd_cell cell = {.type = HD_CELL_PARTS_ASK};
	reducer->dirty = false;
	reducer->due = 0;
	reducer->ending = reducer->shards;
	reducer->began = reducer->boot;
	reducer->asked = reducer->oldest;
	reducer->oldest = 0;
	for (uint32_t to = 0; to < reducer->shards; to++)
		hd_post_send(reducer->post, to, &cell);
}

void
hd_reducer_open(struct hd_reducer *reducer, struct hd_mesh *mesh)
{
	HD_ASSERT(reducer->shards > 0 && reducer->io != NULL);
	hd_blocks_init(&reducer->blocks, &reducer->plain, (uint16_t)reducer->number);
	reducer->post = hd_post_create(mesh, reducer->number, reducer->io, &reducer->plain,
				       &reducer->blocks);
}

/* ns until the next round; while a shard keeps one waiting, until the next look at how long. */
static int64_t
patience(const struct hd_reducer *reducer)
{
	if (reducer->due != 0)
		return reducer->due > reducer->boot ? reducer->due - reducer->boot : 0;
	return reducer->ending > 0 ? LOOK_NS : -1;
}

static void
show(struct hd_reducer *reducer)
{
	int64_t oldest = reducer->asked != 0 ? reducer->asked : reducer->oldest;
	bool waits = oldest != 0 && oldest < reducer->boot;
	HD_GAUGE(reducer->stats->dirty, reducer->listed);
	HD_GAUGE(reducer->stats->staleness_ns, waits ? reducer->boot - oldest : 0);
}

bool
hd_reducer_pass(struct hd_reducer *reducer)
{
	struct hd_io *io = reducer->io;
	struct hd_completion completions[8];
	int64_t timeout = patience(reducer);
	if (timeout != 0 && !hd_post_sleep(reducer->post))
		timeout = 0;
	io->ops->wait(io, timeout, completions, 8);
	hd_post_awake(reducer->post);
	reducer->boot = io->ops->now(io);
	hd_post_receive(reducer->post, take_cell, reducer);
	if (reducer->dirty && reducer->due == 0 && reducer->ending == 0)
		reducer->due = reducer->boot + reducer->tick_ns;
	if (reducer->due != 0 && reducer->boot >= reducer->due)
		ask_parts(reducer);
	show(reducer);
	hd_post_publish(reducer->post);
	return !reducer->finished;
}

void
hd_reducer_close(struct hd_reducer *reducer)
{
	for (uint32_t hunt = 0; hunt < HD_HUNTS_MAX; hunt++) {
		struct hd_reduced **of_hunt = reducer->of_hunt[hunt];
		if (of_hunt == NULL)
			continue;
		for (uint32_t board = 0; board < HD_BOARDS_MAX; board++) {
			if (of_hunt[board] != NULL)
				hd_memory_give(&reducer->plain, of_hunt[board],
					       sizeof *of_hunt[board]);
		}
		hd_memory_give(&reducer->plain, of_hunt,
			       HD_BOARDS_MAX * sizeof(struct hd_reduced *));
	}
	hd_post_destroy(reducer->post);
	hd_blocks_fini(&reducer->blocks);
}
