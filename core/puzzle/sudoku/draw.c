#include "core/puzzle/draw.h"

#include "core/puzzle/kinds.h"
#include "core/puzzle/sudoku/board.h"
#include "core/puzzle/sudoku/kind.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

#define SIDE   ((int32_t)HD_SUDOKU_SIDE)
#define DIGIT  24        /* height of a digit */
#define SHADE  "#e4e4e4" /* of the diagonals */
#define FILLED "#8a8a8a" /* digits of the solution */

struct picture {
	uint8_t variant;
	uint8_t printed[HD_SUDOKU_CELLS], shown[HD_SUDOKU_CELLS]; /* digits, 0: none */
	uint8_t region_of[HD_SUDOKU_CELLS];
};

static void
picture_of(struct picture *p, struct hd_bytes text, struct hd_bytes solution)
{
	struct hd_sudoku_text sudoku;
	const char *fault = hd_sudoku_text_read(text, &sudoku);
	HD_ASSERT(fault == NULL && (solution.size == 0 || solution.size == HD_SUDOKU_CELLS));
	p->variant = sudoku.variant;
	hd_sudoku_digits(&sudoku.given, p->printed);
	memcpy(p->shown, p->printed, sizeof(p->shown));
	for (uint32_t cell = 0; cell < HD_SUDOKU_CELLS; cell++) {
		p->region_of[cell] = sudoku.variant == HD_SUDOKU_JIGSAW ? sudoku.region_of[cell]
									: hd_sudoku_box(cell);
		if (solution.size > 0)
			p->shown[cell] = (uint8_t)(solution.at[cell] - '0');
	}
}

/* Whether a region ends between two cells; past the edge of the grid it does. */
static bool
is_wall(const struct picture *p, int32_t row, int32_t column, int32_t row2, int32_t column2)
{
	bool in = row >= 0 && column >= 0 && row < SIDE && column < SIDE;
	bool in2 = row2 >= 0 && column2 >= 0 && row2 < SIDE && column2 < SIDE;
	if (!in || !in2)
		return in != in2;
	return p->region_of[row * SIDE + column] != p->region_of[row2 * SIDE + column2];
}

static bool
on_diagonal(const struct picture *p, int32_t row, int32_t column)
{
	return p->variant == HD_SUDOKU_X && (row == column || row + column == SIDE - 1);
}

/* The line above a row of cells; row SIDE: the last line. */
static void
text_line(const struct picture *p, int32_t row, struct hd_writer *out)
{
	hd_text_put(out, "   ");
	for (int32_t column = 0; column <= SIDE; column++) {
		bool above = is_wall(p, row - 1, column - 1, row, column - 1) && column > 0;
		bool below = is_wall(p, row - 1, column, row, column) && column < SIDE;
		bool left = is_wall(p, row - 1, column - 1, row - 1, column) && row > 0;
		bool right = is_wall(p, row, column - 1, row, column) && row < SIDE;
		hd_text_put(out, above || below  ? (left || right ? "+" : "-")
				 : left || right ? "|"
						 : " ");
		if (column < SIDE)
			hd_text_put(out, below ? "---" : "   ");
	}
	hd_text_put(out, "\n");
}

void
hd_sudoku_draw_text(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out)
{
	struct picture p;
	picture_of(&p, text, solution);
	hd_text_columns(out, HD_TEXT_ROW - 1, HD_SUDOKU_SIDE, 4);
	for (int32_t row = 0; row < SIDE; row++) {
		bool walls = false;
		for (int32_t column = 0; column < SIDE; column++)
			walls |= is_wall(&p, row - 1, column, row, column);
		if (walls)
			text_line(&p, row, out);
		hd_text_row(out, (uint32_t)row);
		for (int32_t column = 0; column <= SIDE; column++) {
			hd_text_put(out, is_wall(&p, row, column - 1, row, column) ? "|" : " ");
			if (column == SIDE)
				break;
			uint8_t digit = p.shown[row * SIDE + column];
			bool marked = on_diagonal(&p, row, column);
			hd_text_put(out, marked ? "\\" : " ");
			hd_write_u8(out, digit ? (uint8_t)('0' + digit) : '.');
			hd_text_put(out, marked ? "/" : " ");
		}
		hd_text_put(out, "\n");
	}
	text_line(&p, SIDE, out);
	hd_text_rule(out, &hd_puzzle_sudoku);
}

static void
svg_cell(const struct picture *p, struct hd_svg_box grid, uint32_t cell, struct hd_writer *out)
{
	uint32_t row = cell / HD_SUDOKU_SIDE, column = cell % HD_SUDOKU_SIDE;
	struct hd_svg_box box = hd_svg_cell(grid, row, column);
	if (on_diagonal(p, (int32_t)row, (int32_t)column))
		hd_svg_rect(out, box, SHADE, 0);
	if (p->shown[cell] != 0)
		hd_svg_letter(out, box, DIGIT, p->printed[cell] ? "black" : FILLED,
			      (uint8_t)('0' + p->shown[cell]));
}

static void
svg_walls(const struct picture *p, struct hd_writer *out)
{
	for (int32_t line = 0; line <= SIDE; line++)
		for (int32_t at = 0; at < SIDE; at++) {
			int32_t across = HD_DRAW_MARGIN + line * HD_DRAW_CELL;
			int32_t from = HD_DRAW_MARGIN + at * HD_DRAW_CELL;
			if (is_wall(p, line - 1, at, line, at))
				hd_svg_line(out, from, across, from + HD_DRAW_CELL, across,
					    HD_DRAW_THICK, "black");
			if (is_wall(p, at, line - 1, at, line))
				hd_svg_line(out, across, from, across, from + HD_DRAW_CELL,
					    HD_DRAW_THICK, "black");
		}
}

void
hd_sudoku_draw_svg(struct hd_bytes text, struct hd_bytes solution,
		   const struct hd_puzzle_overlay *overlay, struct hd_writer *out)
{
	struct picture p;
	struct hd_svg_box grid = hd_svg_grid_box(HD_SUDOKU_SIDE, HD_SUDOKU_SIDE, 0, 0);
	picture_of(&p, text, solution);
	hd_svg_page_begin(out, &hd_puzzle_sudoku, overlay, grid);
	for (uint32_t cell = 0; cell < HD_SUDOKU_CELLS; cell++)
		svg_cell(&p, grid, cell, out);
	hd_svg_grid(out, grid);
	svg_walls(&p, out);
	hd_svg_page_end(out, &hd_puzzle_sudoku, overlay, grid);
}
