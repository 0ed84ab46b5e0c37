/* part_board.c - what a part reads: the board by name, a standing, the hunt's facts, distinct
 * pairs. */
#include "core/board/part.h"

enum hd_error
hd_part_board_find(const struct hd_core *core, struct hd_bytes hunt, const struct hd_bytes *board,
		   uint8_t view, struct hd_part_board *at)
{
	HD_ASSERT(core && at);
	*at = (struct hd_part_board){0};
	if (!hd_core_hunt_find(core, hunt, &at->hunt))
		return HD_ERR_NOHUNT;
	const struct hd_definition *definition = hd_core_definition(core, at->hunt);
	at->number = definition->board_first;
	if (board) {
		const struct hd_board_rule *rule = hd_definition_board(definition, *board);
		if (!rule || rule->gone)
			return HD_ERR_NOBOARD;
		at->number = rule->number;
	}
	at->board = hd_core_board(core, at->hunt, at->number);
	if (!at->board)
		return HD_ERR_NOBOARD;
	if (view == HD_VIEW_FROZEN)
		at->root = hd_core_board_frozen(core, at->hunt, at->number);
	at->frozen = at->root != NULL;
	return HD_ERR_NONE;
}

bool
hd_part_standing(const struct hd_core *core, const struct hd_part_board *at,
		 struct hd_bytes entrant, uint32_t hint, struct hd_board_key *key)
{
	HD_ASSERT(at->board);
	HD_ASSERT(at->frozen == (at->root != NULL)); /* a pin does not know who stood on it */
	uint32_t handle;
	return hd_core_standing(core, at->hunt, at->number, at->frozen, entrant, hint, key,
				&handle);
}

static void
info_time(struct hd_writer *out, const char *name, int64_t time)
{
	hd_value_text(out, name);
	if (time == HD_NEVER || time == INT64_MIN) {
		hd_value_nil(out);
		return;
	}
	int64_t ms = time / 1000000;
	hd_value_int(out, time % 1000000 < 0 ? ms - 1 : ms);
}

static void
info_boards(struct hd_writer *out, const struct hd_definition *definition)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < definition->boards_count; i++)
		count += !definition->boards[i].gone;
	hd_value_text(out, "boards");
	hd_value_array(out, count);
	for (uint32_t i = 0; i < definition->boards_count; i++)
		if (!definition->boards[i].gone)
			hd_value_bulk(out, definition->boards[i].id);
}

void
hd_part_info_write(const struct hd_core *core, uint16_t hunt, struct hd_writer *out)
{
	const struct hd_definition *definition = hd_core_definition(core, hunt);
	HD_ASSERT(definition != NULL);
	int64_t challenges = 0;
	for (uint32_t i = 0; i < definition->challenges_count; i++)
		challenges += !definition->challenges[i].gone;
	hd_value_text(out, "id");
	hd_value_bulk(out, definition->id);
	hd_value_text(out, "title");
	hd_value_bulk(out, definition->title);
	hd_value_text(out, "version");
	hd_value_int(out, definition->version);
	hd_value_text(out, "phase");
	hd_value_text(out, hd_phase_name(hd_core_phase(core, hunt)));
	info_time(out, "opens", definition->opens);
	info_time(out, "freezes", definition->freezes);
	info_time(out, "closes", definition->closes);
	info_boards(out, definition);
	hd_value_text(out, "challenges");
	hd_value_int(out, challenges);
	HD_ASSERT(!out->full);
}

/* Entrants that have at least the pair's score and subscore: those above the next lower pair. */
static uint64_t
board_at_least(const struct hd_board *board, const struct hd_board_root *root,
	       const struct hd_board_key *pair)
{
	struct hd_board_key lower = {.score = pair->score, .sub = pair->sub};
	if (lower.sub > INT64_MIN) {
		lower.sub--;
	} else if (lower.score > INT64_MIN) {
		lower.score--;
		lower.sub = INT64_MAX;
	} else {
		return hd_board_count(board, root);
	}
	return hd_board_above(board, root, &lower);
}

void
hd_part_run_start(struct hd_part_run *run, const struct hd_part_board *at,
		  const struct hd_board_key *limit, const struct hd_board_key *below)
{
	HD_ASSERT(run && at->board);
	run->walk.board = at->board;
	run->walk.root = at->root;
	run->position = below ? board_at_least(at->board, at->root, below) : 0;
	run->end = hd_board_above(at->board, at->root, limit);
	run->seek = true;
}

bool
hd_part_run_next(struct hd_part_run *run, struct hd_board_key *pair)
{
	enum { STEPS = 8 }; /* rows of a tie that are walked before it is jumped over */
	if (run->position >= run->end)
		return false;
	const struct hd_board *board = run->walk.board;
	const struct hd_board_root *root = run->walk.root;
	if (run->seek) {
		hd_board_seek(&run->walk, board, root, run->position);
		bool there = hd_board_next(&run->walk);
		HD_ASSERT(there);
	}
	*pair = run->walk.row;
	run->seek = false;
	for (unsigned step = 0; step < STEPS; step++) {
		run->position++;
		if (run->position >= run->end || !hd_board_next(&run->walk))
			return true;
		if (!hd_key_same_place(&run->walk.row, pair))
			return true;
	}
	run->position = board_at_least(board, root, pair);
	run->seek = true;
	return true;
}
