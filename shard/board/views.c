/* A shard's side of the reducer: which boards are dirty, their parts, and the views that come back.
 */
#include "huntd/value.h"
#include "shard/inside.h"

#define PART_BUILDING UINT64_MAX /* in `reported`: said once, then nothing until it is ready */

void
hd_views_touch(struct hd_shard *shard, uint16_t hunt)
{
	HD_ASSERT(hunt < HD_HUNTS_MAX);
	shard->views.dirty[hunt / 64] |= 1ull << (hunt % 64);
	shard->views.fresh[hunt / 64] |= 1ull << (hunt % 64);
	if (!shard->views.any)
		shard->views.since = shard->boot;
	shard->views.any = shard->views.any_fresh = true;
}

void
hd_views_touch_all(struct hd_shard *shard)
{
	HD_ASSERT(hd_core_hunts(shard->core) <= HD_HUNTS_MAX);
	for (uint32_t hunt = 0; hunt < hd_core_hunts(shard->core); hunt++)
		hd_views_touch(shard, (uint16_t)hunt);
}

static void
show_hunt(struct hd_shard *shard, uint16_t hunt)
{
	const struct hd_definition *definition = hd_core_definition(shard->core, hunt);
	_Atomic(_Atomic uint64_t *) *of_hunt = &shard->tops[shard->number].of_hunt[hunt];
	_Atomic uint64_t *shown = atomic_load_explicit(of_hunt, memory_order_relaxed);
	if (definition == NULL)
		return;
	HD_ASSERT(definition->boards_count <= HD_BOARDS_MAX);
	if (shown == NULL) {
		shown = hd_memory_take(&shard->plain, HD_BOARDS_MAX * sizeof *shown, 64);
		atomic_store_explicit(of_hunt, shown, memory_order_release);
	}
	for (uint16_t number = 0; number < definition->boards_count; number++) {
		uint64_t count = hd_core_board_top_changes(shard->core, hunt, number);
		atomic_store_explicit(&shown[number], count, memory_order_release);
	}
}

void
hd_views_show(struct hd_shard *shard)
{
	struct hd_views *views = &shard->views;
	HD_ASSERT(shard->batch_count == 0);
	if (!views->any_fresh || shard->count == 1)
		return;
	for (uint32_t word = 0; word < HD_HUNTS_MAX / 64; word++) {
		for (; views->fresh[word] != 0; views->fresh[word] &= views->fresh[word] - 1) {
			uint32_t bit = (uint32_t)__builtin_ctzll(views->fresh[word]);
			show_hunt(shard, (uint16_t)(word * 64 + bit));
		}
	}
	views->any_fresh = false;
}

void
hd_views_pass(struct hd_shard *shard)
{
	struct hd_views *views = &shard->views;
	if (!views->any || views->told || !shard->serving || shard->draining)
		return;
	struct hd_cell cell = {.type = HD_CELL_DIRTY, .a = views->since};
	views->told = true;
	hd_shard_send(shard, shard->reducer, &cell);
}

static void
part_rows(struct hd_shard *shard, const struct hd_board *board, struct hd_view *part)
{
	struct hd_board_walk walk;
	(void)shard;
	hd_board_seek(&walk, board, NULL, 0);
	while (part->rows_count < HD_VIEW_ROWS && hd_board_next(&walk)) {
		struct hd_view_row *row = &part->rows[part->rows_count++];
		HD_ASSERT(walk.row.id.size > 0 && walk.row.id.size <= HD_ID_MAX);
		row->score = walk.row.score;
		row->sub = walk.row.sub;
		row->time = walk.row.time;
		row->id_size = (uint8_t)walk.row.id.size;
		memcpy(row->id, walk.row.id.at, walk.row.id.size);
	}
}

/* From here on a change counts for this part's readers if it touches one of its rows. */
static void
watch_rows(struct hd_shard *shard, struct hd_view *part)
{
	int64_t score = INT64_MIN, sub = INT64_MIN;
	if (part->rows_count == HD_VIEW_ROWS) {
		score = part->rows[HD_VIEW_ROWS - 1].score;
		sub = part->rows[HD_VIEW_ROWS - 1].sub;
	}
	hd_core_board_watch(shard->core, part->hunt, part->board, score, sub);
	part->top_changes[shard->number] =
		hd_core_board_top_changes(shard->core, part->hunt, part->board);
}

static void
send_part(struct hd_shard *shard, uint16_t hunt, uint16_t number, const struct hd_board *board)
{
	bool building = !hd_core_board_ready(shard->core, hunt, number);
	uint64_t total = building ? 0 : hd_board_count(board, NULL);
	uint32_t rows = total < HD_VIEW_ROWS ? (uint32_t)total : HD_VIEW_ROWS;
	struct hd_block *block = hd_blocks_take(&shard->blocks, hd_view_size(rows));
	struct hd_view *part = (struct hd_view *)hd_block_bytes(block);
	part->hunt = hunt;
	part->board = number;
	part->building = building;
	part->version = 0;
	part->time = hd_core_stamp(shard->core);
	part->total = total;
	part->rows_count = 0;
	if (!building)
		part_rows(shard, board, part);
	HD_ASSERT(part->rows_count == rows);
	watch_rows(shard, part);
	block->used = hd_view_size(rows);
	struct hd_cell cell = {.type = HD_CELL_PART, .block = block};
	hd_shard_hold(shard, shard->reducer, &cell);
}

/* True where a part was sent. */
static bool
parts_of_hunt(struct hd_shard *shard, uint16_t hunt)
{
	struct hd_views *views = &shard->views;
	const struct hd_definition *definition = hd_core_definition(shard->core, hunt);
	bool any = false;
	if (definition == NULL)
		return false;
	HD_ASSERT(definition->boards_count <= HD_BOARDS_MAX);
	if (views->reported[hunt] == NULL)
		views->reported[hunt] =
			hd_memory_take(&shard->plain, HD_BOARDS_MAX * sizeof(uint64_t), 8);
	for (uint16_t number = 0; number < definition->boards_count; number++) {
		const struct hd_board *board = hd_core_board(shard->core, hunt, number);
		uint64_t changes = hd_core_board_changes(shard->core, hunt, number) + 1;
		if (!hd_core_board_ready(shard->core, hunt, number))
			changes = PART_BUILDING;
		if (board == NULL || views->reported[hunt][number] == changes)
			continue;
		views->reported[hunt][number] = changes;
		send_part(shard, hunt, number, board);
		any = true;
	}
	return any;
}

void
hd_views_parts(struct hd_shard *shard)
{
	struct hd_views *views = &shard->views;
	bool any = false;
	for (uint32_t word = 0; word < HD_HUNTS_MAX / 64; word++) {
		for (; views->dirty[word] != 0; views->dirty[word] &= views->dirty[word] - 1) {
			uint32_t bit = (uint32_t)__builtin_ctzll(views->dirty[word]);
			any |= parts_of_hunt(shard, (uint16_t)(word * 64 + bit));
		}
	}
	views->any = false;
	views->told = false;
	struct hd_cell cell = {.type = HD_CELL_PARTS_END, .a = any ? 0 : 1};
	hd_shard_hold(shard, shard->reducer, &cell);
}

void
hd_views_take(struct hd_shard *shard, const struct hd_cell *cell)
{
	const struct hd_view *view = (const struct hd_view *)hd_block_bytes(cell->block);
	HD_ASSERT(view->hunt < HD_HUNTS_MAX && view->board < HD_BOARDS_MAX);
	struct hd_block ***of_hunt = &shard->views.view[view->hunt];
	if (*of_hunt == NULL)
		*of_hunt =
			hd_memory_take(&shard->plain, HD_BOARDS_MAX * sizeof(struct hd_block *), 8);
	struct hd_block **kept = &(*of_hunt)[view->board];
	if (*kept != NULL)
		hd_post_give(shard->post, *kept);
	*kept = cell->block;
	if (!view->building)
		shard->ops->view(shard->edge, view);
	HD_COUNT(hd_shard_mine(shard)->views_total, 1);
}

static const struct hd_view *
view_of(const struct hd_shard *shard, uint16_t hunt, uint16_t board)
{
	if (shard->views.view[hunt] == NULL || shard->views.view[hunt][board] == NULL)
		return NULL;
	return (const struct hd_view *)hd_block_bytes(shard->views.view[hunt][board]);
}

/* The rank of each row; `rank` goes on from the row before. */
static int64_t
rank_of(const struct hd_view *view, uint32_t i, uint8_t mode, int64_t rank)
{
	bool equal = i > 0 && view->rows[i].score == view->rows[i - 1].score &&
		     view->rows[i].sub == view->rows[i - 1].sub;
	if (mode == HD_MODE_DENSE)
		return equal ? rank : rank + 1;
	return equal && mode == HD_MODE_COMPETITION ? rank : (int64_t)i + 1;
}

static void
show_rows(const struct hd_view *view, const struct hd_command *command, uint64_t end,
	  struct hd_writer *out)
{
	int64_t rank = 0;
	uint64_t first = command->offset < end ? command->offset : end;
	hd_value_array(out, (uint32_t)(end - first));
	for (uint32_t i = 0; i < end; i++) {
		const struct hd_view_row *row = &view->rows[i];
		rank = rank_of(view, i, command->mode, rank);
		if (i < first)
			continue;
		hd_value_array(out, 3);
		hd_value_int(out, rank);
		hd_value_bulk(out, hd_bytes_of(row->id, row->id_size));
		hd_value_int(out, row->score);
	}
}

/* True where each shard's first rows stand as they did when it gave its part: then the view is what
 * a gather would find. This shard's own count is the core's, which knows of this pass too. */
static bool
view_stands(const struct hd_shard *shard, const struct hd_view *view)
{
	uint16_t hunt = view->hunt, board = view->board;
	if (view->top_changes[shard->number] != hd_core_board_top_changes(shard->core, hunt, board))
		return false;
	for (uint32_t i = 0; i < shard->count; i++) {
		if (i == shard->number)
			continue;
		_Atomic uint64_t *shown =
			atomic_load_explicit(&shard->tops[i].of_hunt[hunt], memory_order_acquire);
		if (shown == NULL)
			return false;
		uint64_t count = atomic_load_explicit(&shown[board], memory_order_acquire);
		if (count != view->top_changes[i])
			return false;
	}
	return true;
}

bool
hd_views_board(const struct hd_shard *shard, const struct hd_command *command, uint16_t *hunt,
	       uint16_t *board)
{
	HD_ASSERT(hd_command_rows[command->verb].route == HD_ROUTE_BOARD);
	if (!hd_core_hunt_find(shard->core, command->hunt, hunt))
		return false;
	const struct hd_definition *definition = hd_core_definition(shard->core, *hunt);
	*board = definition->board_first;
	if (command->board.size == 0)
		return true;
	const struct hd_board_rule *rule = hd_definition_board(definition, command->board);
	if (rule == NULL || rule->gone)
		return false;
	*board = rule->number;
	return true;
}

bool
hd_views_top(struct hd_shard *shard, const struct hd_command *command, struct hd_reply *reply)
{
	HD_ASSERT(command->verb == HD_CMD_TOP && command->view != HD_VIEW_FROZEN);
	uint16_t hunt, number;
	if (!hd_views_board(shard, command, &hunt, &number))
		return false;
	const struct hd_view *view = view_of(shard, hunt, number);
	if (view == NULL || view->building ||
	    (command->view == HD_VIEW_LIVE && !view_stands(shard, view)))
		return false;
	uint64_t end = command->offset + command->count;
	if (end < command->offset || (end > view->rows_count && view->rows_count < view->total))
		return false;
	end = end < view->rows_count ? end : view->rows_count;
	struct hd_writer out = hd_writer_of(shard->scratch, HD_PART_MAX);
	show_rows(view, command, end, &out);
	HD_ASSERT(!out.full);
	*reply = (struct hd_reply){
		.kind = HD_REPLY_VALUE,
		.detail = hd_bytes_of(shard->scratch, (size_t)(out.at - shard->scratch))};
	return true;
}

/* The first page of a board, where this shard is all there is: kept as it was answered while no
 * change has touched the watched rows, so that an audience that polls it costs a copy each. */
void
hd_views_page(struct hd_shard *shard, const struct hd_command *command, struct hd_reply *reply)
{
	struct hd_page *page = &shard->page;
	uint16_t hunt, board;
	HD_ASSERT(shard->count == 1);
	if (command->offset != 0 || command->count > HD_VIEW_ROWS ||
	    command->view != HD_VIEW_LIVE || !hd_views_board(shard, command, &hunt, &board)) {
		hd_gather_local(shard->core, command, shard->scratch, reply);
		return;
	}
	uint64_t changes = hd_core_board_top_changes(shard->core, hunt, board);
	if (page->same != 0 && page->hunt == hunt && page->board == board &&
	    page->mode == command->mode && page->count == command->count &&
	    page->changes == changes) {
		*reply = (struct hd_reply){.kind = HD_REPLY_VALUE,
					   .detail = hd_bytes_of(page->bytes, page->size),
					   .same = page->same};
		return;
	}
	hd_gather_local(shard->core, command, shard->scratch, reply);
	if (reply->kind != HD_REPLY_VALUE || reply->detail.size > sizeof page->bytes)
		return;
	page->hunt = hunt;
	page->board = board;
	page->mode = command->mode;
	page->count = command->count;
	page->changes = changes;
	page->size = reply->detail.size;
	memcpy(page->bytes, reply->detail.at, page->size);
	reply->same = page->same = ++shard->pages_made;
}

void
hd_views_fini(struct hd_shard *shard)
{
	struct hd_views *views = &shard->views;
	HD_ASSERT(shard->finished || !shard->serving);
	for (uint32_t hunt = 0; hunt < HD_HUNTS_MAX; hunt++) {
		if (views->reported[hunt] != NULL)
			hd_memory_give(&shard->plain, views->reported[hunt],
				       HD_BOARDS_MAX * sizeof(uint64_t));
		_Atomic uint64_t *shown = shard->tops[shard->number].of_hunt[hunt];
		if (shown != NULL)
			hd_memory_give(&shard->plain, shown, HD_BOARDS_MAX * sizeof *shown);
		if (views->view[hunt] != NULL)
			hd_memory_give(&shard->plain, views->view[hunt],
				       HD_BOARDS_MAX * sizeof(struct hd_block *));
	}
	*views = (struct hd_views){0};
}
