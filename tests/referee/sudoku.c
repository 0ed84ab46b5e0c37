/* Sudoku by trying: the cell with the fewest digits left, or the digit with the fewest places left
 * in a row, column or region: each of them in turn. */
#include "tests/referee/referee.h"

#include <string.h>

#define SIDE  9
#define CELLS (SIDE * SIDE)

struct board {
	int region[CELLS];
	bool crossed;           /* the two diagonals hold each digit once, too */
	int digit[CELLS];       /* 0: empty */
	unsigned used[5][SIDE]; /* by row, column, region, and the diagonals: bits of digits */
	uint64_t nodes;
	int found;
	bool gave_up;
	char *solution;
};

static int
root(const int *parent, int cell)
{
	while (parent[cell] != cell)
		cell = parent[cell];
	return cell;
}

/* A letter says how many inner walls are open before the next that is closed: first those between
 * left and right neighbours, row by row, then those between upper and lower ones, column by column.
 */
static bool
read_regions(struct board *board, const char *walls)
{
	int parent[CELLS], sizes[CELLS] = {0}, names[CELLS], next = 0, wall = 0;
	const int across = SIDE * (SIDE - 1);
	for (int i = 0; i < CELLS; i++)
		parent[i] = i;
	for (; *walls != '\0'; walls++) {
		int open = *walls == '_' ? 0 : *walls - 'a' + 1;
		bool closed = open < 26;
		if (open < 0 || open > 26)
			return false;
		for (; open > 0; open--, wall++) {
			if (wall >= 2 * across)
				return false;
			bool beside = wall < across;
			int at = beside ? wall : wall - across;
			int a = beside ? at / (SIDE - 1) * SIDE + at % (SIDE - 1)
				       : at % (SIDE - 1) * SIDE + at / (SIDE - 1);
			parent[root(parent, a)] = root(parent, beside ? a + 1 : a + SIDE);
		}
		wall += closed;
	}
	for (int i = 0; i < CELLS; i++)
		names[i] = -1;
	for (int i = 0; i < CELLS; i++) {
		int of = root(parent, i);
		if (names[of] < 0)
			names[of] = next++;
		if (names[of] >= SIDE || ++sizes[names[of]] > SIDE)
			return false;
		board->region[i] = names[of];
	}
	return wall == 2 * across + 1;
}

static unsigned
taken(const struct board *board, int cell)
{
	int row = cell / SIDE, column = cell % SIDE;
	unsigned bits =
		board->used[0][row] | board->used[1][column] | board->used[2][board->region[cell]];
	if (board->crossed && row == column)
		bits |= board->used[3][0];
	if (board->crossed && row + column == SIDE - 1)
		bits |= board->used[4][0];
	return bits;
}

static void
toggle(struct board *board, int cell, unsigned bit)
{
	int row = cell / SIDE, column = cell % SIDE;
	board->used[0][row] ^= bit;
	board->used[1][column] ^= bit;
	board->used[2][board->region[cell]] ^= bit;
	if (row == column)
		board->used[3][0] ^= bit;
	if (row + column == SIDE - 1)
		board->used[4][0] ^= bit;
}

static void
keep(struct board *board)
{
	if (board->found++ > 0)
		return;
	for (int i = 0; i < CELLS; i++)
		board->solution[i] = (char)('0' + board->digit[i]);
	board->solution[CELLS] = '\0';
}

/* Ways on: a cell and a digit each. The shortest list of them that one must be of. */
struct ways {
	int count, cell[SIDE], digit[SIDE];
};

static void
shorter(struct ways *best, const struct ways *ways)
{
	if (ways->count < best->count)
		*best = *ways;
}

static void
add(const struct board *board, struct ways *ways, int cell, int digit)
{
	if (board->digit[cell] != 0 || taken(board, cell) >> digit & 1)
		return;
	ways->cell[ways->count] = cell;
	ways->digit[ways->count++] = digit;
}

static void
find_ways(const struct board *board, struct ways *best)
{
	best->count = SIDE + 1;
	for (int cell = 0; cell < CELLS; cell++) {
		struct ways ways = {0};
		for (int digit = 1; digit <= SIDE && board->digit[cell] == 0; digit++)
			add(board, &ways, cell, digit);
		if (board->digit[cell] == 0)
			shorter(best, &ways);
	}
	for (int unit = 0; unit < 3 * SIDE && best->count > 1; unit++)
		for (int digit = 1; digit <= SIDE; digit++) {
			struct ways ways = {0};
			if (board->used[unit / SIDE][unit % SIDE] >> digit & 1)
				continue;
			for (int cell = 0; cell < CELLS; cell++) {
				int of[3] = {cell / SIDE, cell % SIDE, board->region[cell]};
				if (of[unit / SIDE] == unit % SIDE)
					add(board, &ways, cell, digit);
			}
			shorter(best, &ways);
		}
}

static void
try(struct board *board)
{
	struct ways ways;
	if (board->nodes-- == 0)
		board->gave_up = true;
	find_ways(board, &ways);
	if (ways.count > SIDE) {
		keep(board);
		return;
	}
	for (int i = 0; i < ways.count && board->found < 2 && !board->gave_up; i++) {
		board->digit[ways.cell[i]] = ways.digit[i];
		toggle(board, ways.cell[i], 1u << ways.digit[i]);
		try(board);
		toggle(board, ways.cell[i], 1u << ways.digit[i]);
		board->digit[ways.cell[i]] = 0;
	}
}

/* Digits, `_` between two that are neighbours, a letter for so many empty cells. False: malformed.
 * `clash`: two givens that must differ do not. */
static bool
read_givens(struct board *board, const char *text, bool *clash)
{
	int cell = 0;
	for (; *text != '\0' && *text != ','; text++) {
		if (*text >= 'a' && *text <= 'z') {
			cell += *text - 'a' + 1;
		} else if (*text >= '1' && *text <= '9' && cell < CELLS) {
			int digit = *text - '0';
			*clash = *clash || taken(board, cell) >> digit & 1;
			if (!*clash)
				toggle(board, cell, 1u << digit);
			board->digit[cell++] = digit;
		} else if (*text != '_') {
			return false;
		}
	}
	return cell == CELLS;
}

int
referee_sudoku(const char *text, uint64_t nodes, char *solution)
{
	struct board board = {.nodes = nodes, .solution = solution};
	const char *colon = strchr(text, ':'), *comma = strchr(text, ',');
	bool clash = false, jigsaw = text[0] == '9';
	if (colon == NULL || jigsaw != (comma != NULL))
		return REFEREE_MALFORMED;
	board.crossed = colon - text > 3 && text[3] == 'x';
	for (int i = 0; i < CELLS; i++)
		board.region[i] = i / SIDE / 3 * 3 + i % SIDE / 3;
	if (jigsaw && !read_regions(&board, comma + 1))
		return REFEREE_MALFORMED;
	if (!read_givens(&board, colon + 1, &clash))
		return REFEREE_MALFORMED;
	if (clash)
		return 0;
	try(&board);
	return board.gave_up ? REFEREE_GAVE_UP : board.found;
}
