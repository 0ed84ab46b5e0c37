/* The first step that a person can take, in words. */
#include "core/puzzle/nonogram/nonogram.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

struct telling {
	uint32_t axis, line, cells; /* new ones */
};

/* The line that tells most from the empty grid, rows before columns. */
static struct telling
telling_most(struct hd_nonogram_board *board, const struct hd_nonogram_clues *clues)
{
	struct telling most = {0};
	for (uint32_t axis = 0; axis < 2; axis++)
		for (uint32_t line = 0; line < clues->lines[axis]; line++) {
			hd_nonogram_board_init(board, clues);
			uint32_t before = board->unknown;
			bool told = hd_nonogram_board_look(board, clues, axis, line);
			if (told && before - board->unknown > most.cells)
				most = (struct telling){axis, line, before - board->unknown};
		}
	return most;
}

/* "4-6, 8 are black". */
static void
ranges_write(uint64_t cells, const char *colour, struct hd_writer *out)
{
	const char *verb = __builtin_popcountll(cells) == 1 ? " is " : " are ";
	HD_ASSERT(cells != 0);
	for (uint32_t count = 0; cells != 0; count++) {
		uint32_t from = (uint32_t)__builtin_ctzll(cells);
		uint32_t end = from + (uint32_t)__builtin_ctzll(~(cells >> from));
		if (count > 0)
			hd_text_put(out, ", ");
		hd_text_put_number(out, from + 1);
		if (end > from + 1) {
			hd_text_put(out, "-");
			hd_text_put_number(out, end);
		}
		cells &= ~hd_nonogram_cells(end);
	}
	hd_text_put(out, verb);
	hd_text_put(out, colour);
}

static void
line_write(const struct hd_nonogram_search *search, struct telling line, struct hd_writer *out)
{
	const struct hd_nonogram_clues *clues = search->clues;
	const uint8_t *runs = clues->runs[line.axis][line.line];
	uint32_t count = clues->count[line.axis][line.line];
	uint64_t black = search->base.black[line.axis][line.line];
	uint64_t white = search->base.white[line.axis][line.line];
	HD_ASSERT(line.cells > 0);
	hd_text_put(out, line.axis == HD_NONOGRAM_ROWS ? "row " : "column ");
	hd_text_put_number(out, line.line + 1);
	if (count == 0) {
		hd_text_put(out, " has no run: all of it is white");
		return;
	}
	hd_text_put(out, __builtin_popcountll(black) == 1 ? ": cell " : ": cells ");
	ranges_write(black, "black", out);
	if (white != 0) {
		hd_text_put(out, " and ");
		ranges_write(white, "white", out);
	}
	hd_text_put(out, line.cells == clues->lines[!line.axis] ? " in the only way to place "
								: " in every way to place ");
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0)
			hd_text_put(out, " ");
		hd_text_put_number(out, runs[i]);
	}
}

static void
cell_write(uint32_t row, uint32_t column, struct hd_writer *out)
{
	hd_text_put(out, "the cell of row ");
	hd_text_put_number(out, row + 1);
	hd_text_put(out, " and column ");
	hd_text_put_number(out, column + 1);
}

static void
probe_write(const struct hd_nonogram_search *search, struct hd_writer *out)
{
	const struct hd_nonogram_told *told = &search->told;
	hd_text_put(out, "suppose ");
	cell_write(told->row, told->column, out);
	if (told->what == HD_NONOGRAM_AGREE) {
		hd_text_put(out, " is black, then that it is white, and follow both line by line: "
				 "what they agree on is so");
		return;
	}
	hd_text_put(out, told->what == HD_NONOGRAM_BLACK ? " is white" : " is black");
	hd_text_put(out, " and follow the lines: one cannot be, so it is ");
	hd_text_put(out, told->what == HD_NONOGRAM_BLACK ? "black" : "white");
}

void
hd_nonogram_hint_write(struct hd_nonogram_search *search, struct hd_writer *out)
{
	HD_ASSERT(search->end == HD_NONOGRAM_COUNTED && search->solutions == 1);
	struct telling line = telling_most(&search->base, search->clues);
	if (line.cells > 0) {
		hd_nonogram_board_init(&search->base, search->clues);
		hd_nonogram_board_look(&search->base, search->clues, line.axis, line.line);
		line_write(search, line, out);
	} else if (search->told.what != HD_NONOGRAM_NOTHING) {
		probe_write(search, out);
	} else {
		hd_text_put(out, "no line and no supposed cell says anything: guess that ");
		cell_write(search->told.row, search->told.column, out);
		hd_text_put(out, " is black, go on, and come back where that fails");
	}
}
