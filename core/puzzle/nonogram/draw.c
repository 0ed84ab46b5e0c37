/* Draws a nonogram: runs above and to the left of the grid, every fifth line heavier. */
#include "core/puzzle/draw.h"
#include "core/puzzle/kinds.h"
#include "core/puzzle/nonogram/nonogram.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

#define FIVE     5u
#define RUN_SIDE 26 /* units of a drawn run's place */
#define RUN_FONT 20

static uint32_t
most_runs(const struct hd_nonogram_clues *clues, enum hd_nonogram_axis axis)
{
	uint32_t most = 1;
	for (uint32_t line = 0; line < clues->lines[axis]; line++)
		if (clues->count[axis][line] > most)
			most = clues->count[axis][line];
	return most;
}

static void
clues_of(struct hd_bytes text, struct hd_nonogram_clues *clues)
{
	const char *fault = hd_nonogram_clues_read(text, clues);
	HD_ASSERT(fault == NULL);
}

static bool
black_at(const struct hd_nonogram_clues *clues, struct hd_bytes solution, uint32_t row,
	 uint32_t column)
{
	uint32_t stride = clues->lines[HD_NONOGRAM_COLUMNS] + 1;
	HD_ASSERT(solution.size == 0 || row * stride + column < solution.size);
	return solution.size > 0 && solution.at[row * stride + column] == '1';
}

static void
spaces(struct hd_writer *out, uint32_t count)
{
	while (count-- > 0)
		hd_write_u8(out, ' ');
}

/* Right-aligned in three places. */
static void
number_write(struct hd_writer *out, uint32_t number)
{
	spaces(out, number < 10 ? 2 : 1);
	hd_text_put_number(out, number);
}

/* The runs of one line as its slot `slot` of `most` shows them: ends are aligned. 0: none there. */
static uint32_t
run_in_slot(const struct hd_nonogram_clues *clues, uint32_t axis, uint32_t line, uint32_t slot,
	    uint32_t most)
{
	uint32_t count = clues->count[axis][line];
	HD_ASSERT(slot < most && count <= most);
	return slot + count >= most ? clues->runs[axis][line][slot + count - most] : 0;
}

static void
head_write(const struct hd_nonogram_clues *clues, uint32_t indent, struct hd_writer *out)
{
	uint32_t most = most_runs(clues, HD_NONOGRAM_COLUMNS);
	for (uint32_t slot = 0; slot < most; slot++) {
		const uint8_t *from = out->at;
		spaces(out, indent);
		for (uint32_t column = 0; column < clues->lines[HD_NONOGRAM_COLUMNS]; column++) {
			uint32_t run = run_in_slot(clues, HD_NONOGRAM_COLUMNS, column, slot, most);
			if (column % FIVE == 0)
				hd_text_put(out, column > 0 ? "  " : " ");
			if (run > 0)
				number_write(out, run);
			else
				spaces(out, 3);
		}
		hd_text_end_line(out, from);
	}
}

static void
rule_write(const struct hd_nonogram_clues *clues, uint32_t indent, struct hd_writer *out)
{
	spaces(out, indent);
	for (uint32_t column = 0; column < clues->lines[HD_NONOGRAM_COLUMNS]; column++) {
		if (column % FIVE == 0)
			hd_text_put(out, column > 0 ? "-+" : "+");
		hd_text_put(out, "---");
	}
	hd_text_put(out, "-+\n");
}

/* Not solved: dots. Solved: black is ##, white is blank. The row's number last. */
static void
row_write(const struct hd_nonogram_clues *clues, struct hd_bytes solution, uint32_t row,
	  struct hd_writer *out)
{
	for (uint32_t column = 0; column < clues->lines[HD_NONOGRAM_COLUMNS]; column++) {
		if (column % FIVE == 0)
			hd_text_put(out, column > 0 ? " |" : "|");
		hd_text_put(out, solution.size == 0                       ? "  ."
				 : black_at(clues, solution, row, column) ? " ##"
									  : "   ");
	}
	hd_text_put(out, " |");
	number_write(out, row + 1);
	hd_text_put(out, "\n");
}

/* Below, as the numbers above are the runs. */
static void
columns_write(const struct hd_nonogram_clues *clues, uint32_t indent, struct hd_writer *out)
{
	spaces(out, indent);
	for (uint32_t column = 0; column < clues->lines[HD_NONOGRAM_COLUMNS]; column++) {
		if (column % FIVE == 0)
			hd_text_put(out, column > 0 ? "  " : " ");
		number_write(out, column + 1);
	}
	hd_text_put(out, "\n");
}

void
hd_nonogram_draw_text(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out)
{
	struct hd_nonogram_clues clues;
	clues_of(text, &clues);
	uint32_t most = most_runs(&clues, HD_NONOGRAM_ROWS), indent = 3 * most + 1;
	head_write(&clues, indent, out);
	for (uint32_t row = 0; row < clues.lines[HD_NONOGRAM_ROWS]; row++) {
		if (row % FIVE == 0)
			rule_write(&clues, indent, out);
		for (uint32_t slot = 0; slot < most; slot++) {
			uint32_t run = run_in_slot(&clues, HD_NONOGRAM_ROWS, row, slot, most);
			if (run > 0)
				number_write(out, run);
			else
				spaces(out, 3);
		}
		spaces(out, 1);
		row_write(&clues, solution, row, out);
	}
	rule_write(&clues, indent, out);
	columns_write(&clues, indent, out);
	hd_text_rule(out, &hd_puzzle_nonogram);
}

static void
runs_draw(struct hd_writer *out, const struct hd_nonogram_clues *clues, struct hd_svg_box grid)
{
	for (uint32_t axis = 0; axis < 2; axis++)
		for (uint32_t line = 0; line < clues->lines[axis]; line++) {
			int32_t along = HD_DRAW_CELL * (int32_t)line + HD_DRAW_CELL / 2;
			uint32_t count = clues->count[axis][line];
			for (uint32_t i = 0; i < count; i++) {
				int32_t back = RUN_SIDE * (int32_t)(count - i) - RUN_SIDE / 2;
				bool row = axis == HD_NONOGRAM_ROWS;
				hd_svg_number(out, grid.x + (row ? -back : along),
					      grid.y + (row ? along : -back), RUN_FONT, "black",
					      clues->runs[axis][line][i]);
			}
		}
}

static void
cells_draw(struct hd_writer *out, const struct hd_nonogram_clues *clues, struct hd_svg_box grid,
	   struct hd_bytes solution)
{
	for (uint32_t row = 0; row < clues->lines[HD_NONOGRAM_ROWS]; row++)
		for (uint32_t column = 0; column < clues->lines[HD_NONOGRAM_COLUMNS]; column++)
			if (black_at(clues, solution, row, column))
				hd_svg_rect(out, hd_svg_cell(grid, row, column), "#404040", 0);
}

static void
grid_draw(struct hd_writer *out, struct hd_svg_box grid)
{
	int32_t step = (int32_t)FIVE * HD_DRAW_CELL;
	hd_svg_grid(out, grid);
	for (int32_t x = grid.x; x < grid.x + grid.width; x += step)
		hd_svg_line(out, x, grid.y, x, grid.y + grid.height, HD_DRAW_THICK, "black");
	for (int32_t y = grid.y; y < grid.y + grid.height; y += step)
		hd_svg_line(out, grid.x, y, grid.x + grid.width, y, HD_DRAW_THICK, "black");
	hd_svg_rect(out, grid, "none", HD_DRAW_THICK);
}

void
hd_nonogram_draw_svg(struct hd_bytes text, struct hd_bytes solution,
		     const struct hd_puzzle_overlay *overlay, struct hd_writer *out)
{
	struct hd_nonogram_clues clues;
	clues_of(text, &clues);
	struct hd_svg_box grid =
		hd_svg_grid_box(clues.lines[HD_NONOGRAM_COLUMNS], clues.lines[HD_NONOGRAM_ROWS],
				RUN_SIDE * (int32_t)most_runs(&clues, HD_NONOGRAM_ROWS),
				RUN_SIDE * (int32_t)most_runs(&clues, HD_NONOGRAM_COLUMNS));
	hd_svg_page_begin(out, &hd_puzzle_nonogram, overlay, grid);
	cells_draw(out, &clues, grid, solution);
	grid_draw(out, grid);
	runs_draw(out, &clues, grid);
	hd_svg_page_end(out, &hd_puzzle_nonogram, overlay, grid);
}
