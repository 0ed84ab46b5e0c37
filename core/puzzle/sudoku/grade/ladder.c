#include "core/puzzle/sudoku/grade/ladder.h"

#include "huntd/assert.h"

/* Rules up to `tier`; whether they solved it. */
static bool
settle(struct hd_sudoku_ladder *ladder, enum hd_sudoku_tier tier)
{
	struct hd_sudoku_lanes lanes;
	bool filled;
	if (ladder->shape->variant != HD_SUDOKU_CLASSIC)
		return hd_sudoku_fill(ladder->shape, &ladder->position, tier, HD_SUDOKU_ALL);
	hd_lanes_from(&lanes, &ladder->position.board);
	filled = hd_lanes_fill(&lanes, tier, HD_SUDOKU_ALL);
	hd_lanes_to(&lanes, &ladder->position.board);
	return filled;
}

bool
hd_sudoku_yields(const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *given,
		 enum hd_sudoku_tier tier, hd_cells wanted)
{
	struct hd_sudoku_lanes lanes;
	struct hd_sudoku_position position;
	HD_ASSERT(tier <= HD_SUDOKU_INTERMEDIATE);
	if (shape->variant == HD_SUDOKU_CLASSIC) {
		hd_lanes_open(&lanes, given);
		return hd_lanes_fill(&lanes, tier, wanted);
	}
	hd_sudoku_open(shape, given, &position);
	return hd_sudoku_fill(shape, &position, tier, wanted);
}

void
hd_sudoku_ladder(struct hd_sudoku_ladder *ladder, const struct hd_sudoku_shape *shape,
		 const struct hd_sudoku_board *given, enum hd_sudoku_tier cap)
{
	struct hd_sudoku_lanes lanes;
	HD_ASSERT(cap <= HD_SUDOKU_EXTREME);
	*ladder = (struct hd_sudoku_ladder){.shape = shape, .cap = cap};
	if (shape->variant != HD_SUDOKU_CLASSIC) {
		hd_sudoku_open(shape, given, &ladder->position);
		return;
	}
	hd_lanes_open(&lanes, given);
	hd_lanes_to(&lanes, &ladder->position.board);
}

static bool
take_subsets(struct hd_sudoku_ladder *ladder)
{
	struct hd_sudoku_subset found;
	bool changed = false;
	for (uint32_t u = 0; u < ladder->shape->units_count; u++) {
		if (!hd_sudoku_unit_subset(ladder->shape, &ladder->position.board, u, &found))
			continue;
		for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
			if (found.digits >> d & 1)
				ladder->position.board.open[d] &=
					~(ladder->shape->units[u] & ~found.cells);
		changed = true;
	}
	return changed;
}

static bool
take_fish(struct hd_sudoku_ladder *ladder)
{
	struct hd_sudoku_fish found;
	bool changed = false;
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
		if (hd_sudoku_digit_fish(&ladder->position.board, d, &found)) {
			ladder->position.board.open[d] &= ~hd_sudoku_fish_gone(&found);
			changed = true;
		}
	return changed;
}

static bool
take_chain(struct hd_sudoku_ladder *ladder)
{
	struct hd_sudoku_chain found;
	if (!hd_sudoku_chain(ladder->shape, &ladder->position.board, &found))
		return false;
	HD_ASSERT(ladder->position.board.open[found.digit] >> found.gone & 1);
	ladder->position.board.open[found.digit] &= ~hd_cell(found.gone);
	return true;
}

/* The tier of the rule that helped; TIERS: none up to the cap did. */
static enum hd_sudoku_tier
climb(struct hd_sudoku_ladder *ladder)
{
	if (ladder->cap >= HD_SUDOKU_ADVANCED && take_subsets(ladder))
		return HD_SUDOKU_ADVANCED;
	if (ladder->cap >= HD_SUDOKU_EXTREME && (take_fish(ladder) || take_chain(ladder)))
		return HD_SUDOKU_EXTREME;
	return HD_SUDOKU_TIERS;
}

enum hd_puzzle_state
hd_sudoku_ladder_step(struct hd_sudoku_ladder *ladder)
{
	enum hd_sudoku_tier easy = ladder->tier, used;
	if (easy > HD_SUDOKU_INTERMEDIATE)
		easy = HD_SUDOKU_INTERMEDIATE;
	if (settle(ladder, easy))
		return HD_PUZZLE_READY;
	if (ladder->tier < HD_SUDOKU_INTERMEDIATE) {
		if (ladder->tier == ladder->cap)
			return HD_PUZZLE_MISSED;
		ladder->tier++;
		ladder->climbs += ladder->tier == HD_SUDOKU_INTERMEDIATE;
		return HD_PUZZLE_PENDING;
	}
	used = climb(ladder);
	if (used == HD_SUDOKU_TIERS)
		return HD_PUZZLE_MISSED;
	if (ladder->tier < used)
		ladder->tier = used;
	ladder->climbs++;
	return HD_PUZZLE_PENDING;
}
