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

/* Not solved: dots. Solved: black is ##, white is blank. */
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
	hd_text_put(out, " |\n");
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
}

struct frame {
	int32_t x, y, width, height; /* the grid, in units */
};

static void
run_draw(struct hd_writer *out, int32_t x, int32_t y, uint32_t run)
{
	uint8_t digits[4];
	struct hd_writer number = hd_writer_of(digits, sizeof(digits));
	hd_text_put_number(&number, run);
	hd_svg_text(out, x, y, RUN_FONT, "black",
		    hd_bytes_of(digits, (size_t)(number.at - digits)));
}

static void
runs_draw(struct hd_writer *out, const struct hd_nonogram_clues *clues, struct frame frame)
{
	for (uint32_t axis = 0; axis < 2; axis++)
		for (uint32_t line = 0; line < clues->lines[axis]; line++) {
			int32_t along = HD_DRAW_CELL * (int32_t)line + HD_DRAW_CELL / 2;
			uint32_t count = clues->count[axis][line];
			for (uint32_t i = 0; i < count; i++) {
				int32_t back = RUN_SIDE * (int32_t)(count - i) - RUN_SIDE / 2;
				run_draw(
					out,
					axis == HD_NONOGRAM_ROWS ? frame.x - back : frame.x + along,
					axis == HD_NONOGRAM_ROWS ? frame.y + along : frame.y - back,
					clues->runs[axis][line][i]);
			}
		}
}

static void
cells_draw(struct hd_writer *out, const struct hd_nonogram_clues *clues, struct frame frame,
	   struct hd_bytes solution)
{
	for (uint32_t row = 0; row < clues->lines[HD_NONOGRAM_ROWS]; row++)
		for (uint32_t column = 0; column < clues->lines[HD_NONOGRAM_COLUMNS]; column++)
			if (black_at(clues, solution, row, column))
				hd_svg_rect(out,
					    (struct hd_svg_box){
						    frame.x + HD_DRAW_CELL * (int32_t)column,
						    frame.y + HD_DRAW_CELL * (int32_t)row,
						    HD_DRAW_CELL, HD_DRAW_CELL},
					    "#404040", 0);
}

static void
grid_draw(struct hd_writer *out, const struct hd_nonogram_clues *clues, struct frame frame)
{
	uint32_t columns = clues->lines[HD_NONOGRAM_COLUMNS], rows = clues->lines[HD_NONOGRAM_ROWS];
	hd_svg_grid(out, frame.x, frame.y, columns, rows);
	for (uint32_t at = 0; at < columns; at += FIVE) {
		int32_t x = frame.x + HD_DRAW_CELL * (int32_t)at;
		hd_svg_line(out, x, frame.y, x, frame.y + frame.height, HD_DRAW_THICK, "black");
	}
	for (uint32_t at = 0; at < rows; at += FIVE) {
		int32_t y = frame.y + HD_DRAW_CELL * (int32_t)at;
		hd_svg_line(out, frame.x, y, frame.x + frame.width, y, HD_DRAW_THICK, "black");
	}
	hd_svg_rect(out, (struct hd_svg_box){frame.x, frame.y, frame.width, frame.height}, "none",
		    HD_DRAW_THICK);
}

void
hd_nonogram_draw_svg(struct hd_bytes text, struct hd_bytes solution,
		     const struct hd_puzzle_overlay *overlay, struct hd_writer *out)
{
	struct hd_nonogram_clues clues;
	clues_of(text, &clues);
	struct frame frame = {
		.x = HD_DRAW_MARGIN + RUN_SIDE * (int32_t)most_runs(&clues, HD_NONOGRAM_ROWS),
		.y = HD_DRAW_MARGIN + RUN_SIDE * (int32_t)most_runs(&clues, HD_NONOGRAM_COLUMNS),
		.width = HD_DRAW_CELL * (int32_t)clues.lines[HD_NONOGRAM_COLUMNS],
		.height = HD_DRAW_CELL * (int32_t)clues.lines[HD_NONOGRAM_ROWS],
	};
	int32_t width = frame.x + frame.width + HD_DRAW_MARGIN;
	int32_t bottom = frame.y + frame.height + HD_DRAW_MARGIN;
	int32_t inside = width - 2 * HD_DRAW_MARGIN;
	int32_t key = hd_svg_key_height(overlay, inside);
	hd_svg_begin(out, width, bottom + (key > 0 ? key + HD_DRAW_MARGIN : 0));
	cells_draw(out, &clues, frame, solution);
	grid_draw(out, &clues, frame);
	runs_draw(out, &clues, frame);
	hd_svg_marks(out, overlay, frame.x, frame.y);
	hd_svg_key(out, &hd_puzzle_nonogram, overlay,
		   (struct hd_svg_box){HD_DRAW_MARGIN, bottom, inside, key});
	hd_svg_end(out);
}
