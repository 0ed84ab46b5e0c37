/* Building: a board that is new or ruled otherwise is filled in slices, while the game goes on.
 *
 * A cursor walks the handles that were there when the board was made. Whoever it has not reached
 * does not stand in the tree, and no change of theirs touches it: they come with the key that they
 * have by then. Whoever it has passed, or came since, stands there and moves as on any board. So
 * each is inserted once. How far the cursor has come is no state: replay need not be as far. */
#include "core/game/state.h"

#define LOOKS 16u /* entrants looked at for what one insert costs */
#define BULK  5u  /* entrants loaded whole for what one insert costs */

void
hd_build_begin(struct hd_core *core, struct hd_hunt *hunt, struct hd_live_board *board)
{
	HD_ASSERT(board->tree != NULL && board->left == 0);
	if (hunt->entrants == 0)
		return;
	struct hd_live_board **last = &core->building;
	while (*last != NULL)
		last = &(*last)->later;
	*last = board;
	board->later = NULL;
	board->hunt = hunt->number;
	board->next = 1;
	board->left = core->entrants.used;
}

static void
unlink_board(struct hd_core *core, struct hd_live_board *board)
{
	HD_ASSERT(board->left == 0);
	struct hd_live_board **at = &core->building;
	while (*at != board)
		at = &(*at)->later;
	*at = board->later;
	board->later = NULL;
}

/* The next handle; false: it does not belong there. */
static bool
take_next(struct hd_core *core, struct hd_live_board *board)
{
	uint32_t handle = board->next;
	const struct hd_entrant *entrant = hd_entrant_at(core, handle);
	struct hd_board_key key;
	HD_ASSERT(board->left > 0);
	board->next++;
	board->left--;
	if (entrant->hunt != board->hunt || !hd_entrant_key(board, entrant, &key))
		return false;
	hd_board_insert(board->tree, handle, &key);
	return true;
}

/* True: it is ready. */
static bool
build(struct hd_core *core, struct hd_live_board *board, uint64_t looks)
{
	HD_ASSERT(board->tree != NULL && board->frozen == NULL && board->window_ns == 0);
	for (uint64_t spent = 0; board->left > 0 && spent < looks;)
		spent += take_next(core, board) ? LOOKS : 1;
	if (board->left > 0)
		return false;
	unlink_board(core, board);
	hd_live_board_renewed(board);
	return true;
}

void
hd_build_abandon(struct hd_core *core, struct hd_live_board *board)
{
	if (board->left == 0)
		return;
	board->left = 0;
	unlink_board(core, board);
}

/* Where much is left, all over again: sorted and loaded whole an entrant costs a fifth. */
void
hd_build_finish(struct hd_core *core, struct hd_live_board *board)
{
	if (board->left == 0)
		return;
	if (board->left < core->entrants.used / BULK) {
		bool ready = build(core, board, UINT64_MAX);
		HD_ASSERT(ready);
		return;
	}
	hd_build_abandon(core, board);
	hd_board_destroy(board->tree);
	board->tree = NULL;
	hd_hunt_tree(core, board);
	hd_load_board(core, core->hunts[board->hunt], board);
}

bool
hd_core_build(struct hd_core *core, uint32_t objects, uint16_t *hunt)
{
	struct hd_live_board *board = core->building;
	HD_ASSERT(objects > 0 && hunt != NULL);
	if (board == NULL)
		return false;
	*hunt = board->hunt;
	return build(core, board, (uint64_t)objects * LOOKS);
}

void
hd_core_build_all(struct hd_core *core)
{
	while (core->building != NULL)
		hd_build_finish(core, core->building);
}

bool
hd_core_building(const struct hd_core *core)
{
	return core->building != NULL;
}

bool
hd_core_board_ready(const struct hd_core *core, uint16_t hunt, uint16_t board)
{
	HD_ASSERT(hunt < core->hunts_count && board < HD_BOARDS_MAX);
	return core->hunts[hunt]->boards[board].left == 0;
}
