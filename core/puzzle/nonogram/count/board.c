/* What is known of the cells, by rows and by columns. */
#include "core/puzzle/nonogram/count/line.h"
#include "core/puzzle/nonogram/count/search.h"
#include "huntd/assert.h"

void
hd_nonogram_board_init(struct hd_nonogram_board *board, const struct hd_nonogram_clues *clues)
{
	HD_ASSERT(clues->lines[0] <= HD_NONOGRAM_SIDE && clues->lines[1] <= HD_NONOGRAM_SIDE);
	for (uint32_t axis = 0; axis < 2; axis++) {
		uint32_t lines = clues->lines[axis];
		memset(board->black[axis], 0, sizeof(board->black[axis]));
		memset(board->white[axis], 0, sizeof(board->white[axis]));
		for (uint32_t line = 0; line < lines; line++)
			board->spans[axis][line] = (struct hd_nonogram_span){
				.end = (uint8_t)clues->lines[!axis],
				.last = clues->count[axis][line],
			};
		board->dirty[axis] = hd_nonogram_cells(lines);
	}
	board->unknown = clues->lines[0] * clues->lines[1];
	board->failed = false;
}

static uint32_t
runs_in(uint64_t black)
{
	return (uint32_t)__builtin_popcountll(black & ~(black << 1));
}

static uint32_t
lowest(uint64_t word)
{
	return (uint32_t)__builtin_ctzll(word);
}

static uint32_t
highest(uint64_t word)
{
	return 63 - (uint32_t)__builtin_clzll(word);
}

/* Leaves off what is known at both ends, up to a white cell. Without a branch, since none could be
 * foretold: a bit at the bound stands for "none of them". */
static void
span_cut(struct hd_nonogram_span *span, uint64_t black, uint64_t white)
{
	const uint64_t one = 1;
	uint32_t from = span->from, end = span->end;
	uint64_t inside = hd_nonogram_cells(end) & ~hd_nonogram_cells(from);
	uint64_t unknown = inside & ~(black | white);

	uint64_t head = inside & hd_nonogram_cells(lowest(unknown | one << end));
	from = highest((head & white) << 1 | one << from);
	span->first = (uint8_t)(span->first + runs_in(black & inside & hd_nonogram_cells(from)));
	span->from = (uint8_t)from;

	inside &= ~hd_nonogram_cells(from);
	uint64_t tail = inside & ~hd_nonogram_cells(highest(unknown | one << from));
	end = lowest((tail & white) | one << end);
	span->last = (uint8_t)(span->last - runs_in(black & inside & ~hd_nonogram_cells(end)));
	span->end = (uint8_t)end;
	HD_ASSERT(from <= end && span->first <= span->last);
}

/* The same cells in the lines across. */
static void
set_across(uint64_t *words, uint64_t cells, uint32_t line)
{
	for (; cells != 0; cells &= cells - 1)
		words[__builtin_ctzll(cells)] |= (uint64_t)1 << line;
}

bool
hd_nonogram_board_look(struct hd_nonogram_board *board, const struct hd_nonogram_clues *clues,
		       uint32_t axis, uint32_t line)
{
	struct hd_nonogram_span *span = &board->spans[axis][line];
	uint64_t black = board->black[axis][line], white = board->white[axis][line];
	uint32_t cells = (uint32_t)(span->end - span->from);
	struct hd_nonogram_line look = {
		.runs = clues->runs[axis][line] + span->first,
		.count = (uint32_t)(span->last - span->first),
		.cells = cells,
		.black = black >> span->from & hd_nonogram_cells(cells),
		.white = white >> span->from & hd_nonogram_cells(cells),
	};
	board->dirty[axis] &= ~((uint64_t)1 << line);
	if (!hd_nonogram_line_solve(&look)) {
		board->failed = true;
		return false;
	}
	uint64_t new_black = look.black << span->from & ~black;
	uint64_t new_white = look.white << span->from & ~white;
	HD_ASSERT((new_black & new_white) == 0);
	set_across(board->black[!axis], new_black, line);
	set_across(board->white[!axis], new_white, line);
	board->dirty[!axis] |= new_black | new_white;
	board->unknown -= (uint32_t)__builtin_popcountll(new_black | new_white);
	board->black[axis][line] = black | new_black;
	board->white[axis][line] = white | new_white;
	span_cut(span, black | new_black, white | new_white);
	return (new_black | new_white) != 0;
}

void
hd_nonogram_board_set(struct hd_nonogram_board *board, uint32_t row, uint32_t column, bool black)
{
	uint64_t(*words)[HD_NONOGRAM_SIDE] = black ? board->black : board->white;
	HD_ASSERT(row < HD_NONOGRAM_SIDE && column < HD_NONOGRAM_SIDE);
	words[HD_NONOGRAM_ROWS][row] |= (uint64_t)1 << column;
	words[HD_NONOGRAM_COLUMNS][column] |= (uint64_t)1 << row;
	board->dirty[HD_NONOGRAM_ROWS] |= (uint64_t)1 << row;
	board->dirty[HD_NONOGRAM_COLUMNS] |= (uint64_t)1 << column;
	board->unknown--;
}

bool
hd_nonogram_board_agree(struct hd_nonogram_board *board, const struct hd_nonogram_board *a,
			const struct hd_nonogram_board *b)
{
	uint32_t found = 0;
	HD_ASSERT(!a->failed && !b->failed);
	for (uint32_t axis = 0; axis < 2; axis++)
		for (uint32_t line = 0; line < HD_NONOGRAM_SIDE; line++) {
			uint64_t black = a->black[axis][line] & b->black[axis][line];
			uint64_t white = a->white[axis][line] & b->white[axis][line];
			uint64_t more = (black & ~board->black[axis][line]) |
					(white & ~board->white[axis][line]);
			board->black[axis][line] = black;
			board->white[axis][line] = white;
			board->dirty[axis] |= (uint64_t)(more != 0) << line;
			found += (uint32_t)__builtin_popcountll(more);
		}
	HD_ASSERT(found % 2 == 0 && found / 2 <= board->unknown);
	board->unknown -= found / 2;
	return found > 0;
}
