/* Chains of yes edges: of each end the other end, and the one rule that is not local: the loop may
 * only be closed once nothing is left out. */
#include "core/puzzle/slitherlink/slitherlink.h"
#include "huntd/assert.h"

uint16_t *
hd_slither_mates(const struct hd_slither_grid *grid, struct hd_slither_board *board)
{
	return (uint16_t *)hd_slither_plane(grid, board, HD_SLITHER_PLANES);
}

void
hd_slither_chains_clear(const struct hd_slither_grid *grid, struct hd_slither_board *board)
{
	uint16_t *mates = hd_slither_mates(grid, board);
	HD_ASSERT(grid->places <= UINT16_MAX);
	for (uint32_t dot = 0; dot < grid->places; dot++)
		mates[dot] = (uint16_t)dot;
	board->chains = 0;
	board->loops = 0;
	board->pending = HD_SLITHER_PENDING_NONE;
}

static uint32_t
far_dot(const struct hd_slither_grid *grid, uint32_t edge)
{
	return edge < grid->places ? edge + 1 : edge - grid->places + grid->stride;
}

static uint32_t
near_dot(const struct hd_slither_grid *grid, uint32_t edge)
{
	return edge < grid->places ? edge : edge - grid->places;
}

/* A dot is no chain's end where mates[dot] == dot; inside a chain, its mate is stale, and nobody
 * asks, since a dot with two yes edges has no unknown one. */
static void
join(const struct hd_slither_grid *grid, struct hd_slither_board *board, uint32_t edge)
{
	uint16_t *mates = hd_slither_mates(grid, board);
	uint32_t a = near_dot(grid, edge), b = far_dot(grid, edge);
	uint16_t end_a = mates[a], end_b = mates[b];
	if (end_a == b) {
		HD_ASSERT(end_b == a && board->chains > 0);
		board->loops++;
		board->chains--;
		return;
	}
	mates[end_a] = end_b;
	mates[end_b] = end_a;
	board->chains += end_a == a && end_b == b;
	board->chains -= end_a != a && end_b != b;
}

/* The edge between two dots that are neighbours; PENDING_NONE. */
static uint32_t
edge_between(const struct hd_slither_grid *grid, uint32_t a, uint32_t b)
{
	uint32_t low = a < b ? a : b, apart = a < b ? b - a : a - b;
	if (apart == 1)
		return low;
	return apart == grid->stride ? low + grid->places : HD_SLITHER_PENDING_NONE;
}

/* Whether every clue of a row of faces has its edges. */
static bool
row_fulfilled(const struct hd_slither_grid *grid, struct hd_slither_board *board, uint32_t row)
{
	const uint64_t *h = hd_slither_plane(grid, board, HD_SLITHER_HY);
	const uint64_t *v = hd_slither_plane(grid, board, HD_SLITHER_VY);
	uint32_t a = hd_slither_row(grid, h, row), b = hd_slither_row(grid, h, row + 1);
	uint32_t c = hd_slither_row(grid, v, row), d = c >> 1;
	uint32_t odd = a ^ b ^ c ^ d, all = a & b & c & d;
	uint32_t two = ((a & b) | (c & d) | ((a ^ b) & (c ^ d))) & ~all; /* or three */
	const uint32_t count[] = {~(a | b | c | d), odd & ~two, two & ~odd, odd & two, all};
	for (uint32_t clue = 0; clue < 5; clue++)
		if (hd_slither_row(grid, hd_slither_plane(grid, board, HD_SLITHER_CLUES + clue),
				   row) &
		    ~count[clue])
			return false;
	return true;
}

static bool
fulfilled(const struct hd_slither_grid *grid, struct hd_slither_board *board)
{
	for (uint32_t row = 0; row < grid->height; row++)
		if (!row_fulfilled(grid, board, row))
			return false;
	return true;
}

/* The same, were the edge yes. */
static bool
fulfils(const struct hd_slither_grid *grid, struct hd_slither_board *board, uint32_t edge)
{
	bool vertical = edge >= grid->places;
	uint32_t slot = near_dot(grid, edge);
	uint64_t *yes = hd_slither_plane(grid, board, vertical ? HD_SLITHER_VY : HD_SLITHER_HY);
	HD_ASSERT(!hd_slither_bit(yes, slot));
	hd_slither_set(yes, slot);
	bool all = fulfilled(grid, board);
	yes[slot / 64] ^= (uint64_t)1 << slot % 64;
	return all;
}

/* The edge would close a loop: no, unless that loop may be the whole. True: it is new. */
static bool
judge(const struct hd_slither_grid *grid, struct hd_slither_board *board, uint32_t edge)
{
	if (edge == HD_SLITHER_PENDING_NONE || !hd_slither_unknown(grid, board, edge))
		return false;
	uint32_t a = near_dot(grid, edge);
	if (hd_slither_mates(grid, board)[a] != far_dot(grid, edge))
		return false;
	if (board->chains == 1 && fulfils(grid, board, edge)) {
		board->pending = edge;
		return false;
	}
	hd_slither_put(grid, board, edge, false);
	return true;
}

/* Joins the yes edges of one direction that are new. */
static void
join_new(const struct hd_slither_grid *grid, struct hd_slither_board *board, bool vertical)
{
	const uint64_t *yes =
		hd_slither_plane(grid, board, vertical ? HD_SLITHER_VY : HD_SLITHER_HY);
	const uint64_t *joined =
		hd_slither_plane(grid, board, HD_SLITHER_JOINED_H + (uint32_t)vertical);
	for (uint32_t word = 0; word < grid->words; word++)
		for (uint64_t left = yes[word] & ~joined[word]; left != 0; left &= left - 1)
			join(grid, board,
			     word * 64 + (uint32_t)__builtin_ctzll(left) +
				     (vertical ? grid->places : 0));
}

/* Judges the chains that the new edges of one direction made; from now on they are known. */
static bool
judge_new(const struct hd_slither_grid *grid, struct hd_slither_board *board, bool vertical)
{
	const uint64_t *yes =
		hd_slither_plane(grid, board, vertical ? HD_SLITHER_VY : HD_SLITHER_HY);
	uint64_t *joined = hd_slither_plane(grid, board, HD_SLITHER_JOINED_H + (uint32_t)vertical);
	const uint16_t *mates = hd_slither_mates(grid, board);
	bool found = false;
	for (uint32_t word = 0; word < grid->words; word++) {
		for (uint64_t left = yes[word] & ~joined[word]; left != 0; left &= left - 1) {
			uint32_t edge = word * 64 + (uint32_t)__builtin_ctzll(left) +
					(vertical ? grid->places : 0);
			uint32_t ends[] = {mates[near_dot(grid, edge)], mates[far_dot(grid, edge)]};
			for (uint32_t i = 0; i < 2; i++)
				found |= judge(grid, board,
					       edge_between(grid, ends[i], mates[ends[i]]));
		}
		joined[word] = yes[word];
	}
	return found;
}

enum hd_slither_end
hd_slither_chains(const struct hd_slither_grid *grid, struct hd_slither_board *board)
{
	join_new(grid, board, false);
	join_new(grid, board, true);
	if (board->loops > 0) {
		bool whole = board->loops == 1 && board->chains == 0 && fulfilled(grid, board);
		return whole ? HD_SLITHER_SOLVED : HD_SLITHER_WRONG;
	}
	uint32_t pending = board->pending;
	board->pending = HD_SLITHER_PENDING_NONE;
	bool found = judge(grid, board, pending);
	found |= judge_new(grid, board, false);
	found |= judge_new(grid, board, true);
	return found ? HD_SLITHER_GOING : HD_SLITHER_STUCK;
}
