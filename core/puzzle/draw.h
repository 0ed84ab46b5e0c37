/* draw.h - the small pieces of drawing a puzzle: SVG and lines of text, in whole numbers only.
 *
 * SVG has units of its own, scaled by who shows it; HD_DRAW_CELL of them are a cell's side, and
 * HD_DRAW_MARGIN is left free around all that is drawn. The origin is the corner at the top left.
 * Colours are SVG's: "black", "none", "#ffe066". A kind on a grid draws a page of it:
 *
 *   hd_svg_page_begin -> what is in cells, lines ... -> hd_svg_page_end: the rule and the overlay's
 *   key below, the overlay's marks in the grid
 *
 * The key is the overlay for people (PUZZLES.md): every printed letter with the cells that turn it,
 * named r1c2 from 1; the marks are the same names' other half, 1a 1b .., small in the cells. What
 * does not fit sets the writer's `full`. */
#ifndef HUNTD_CORE_PUZZLE_DRAW_H
#define HUNTD_CORE_PUZZLE_DRAW_H

#include "huntd/puzzle.h"

#define HD_DRAW_CELL   40
#define HD_DRAW_MARGIN 20
#define HD_DRAW_THIN   1 /* strokes */
#define HD_DRAW_THICK  3

struct hd_svg_box {
	int32_t x, y, width, height;
};

/* The document, of that many units, on white. */
void hd_svg_begin(struct hd_writer *out, int32_t width, int32_t height);
void hd_svg_end(struct hd_writer *out);
/* stroke: its width; 0: none. */
void hd_svg_rect(struct hd_writer *out, struct hd_svg_box box, const char *fill, int32_t stroke);
void hd_svg_line(struct hd_writer *out, int32_t x1, int32_t y1, int32_t x2, int32_t y2,
		 int32_t stroke, const char *colour);
void hd_svg_circle(struct hd_writer *out, int32_t x, int32_t y, int32_t radius, const char *fill,
		   int32_t stroke);
/* Centred on a point, and from a point to the right; size: the height of the font. */
void hd_svg_text(struct hd_writer *out, int32_t x, int32_t y, int32_t size, const char *colour,
		 struct hd_bytes text);
void hd_svg_text_from(struct hd_writer *out, int32_t x, int32_t y, int32_t size, const char *colour,
		      struct hd_bytes text);
/* The same, centred, of a number. */
void hd_svg_number(struct hd_writer *out, int32_t x, int32_t y, int32_t size, const char *colour,
		   uint32_t number);

/* A grid of that many cells, the margin away from the corner, and further for what stands to the
 * left of it and above. */
struct hd_svg_box hd_svg_grid_box(uint32_t columns, uint32_t rows, int32_t left, int32_t above);
/* A cell of it. */
struct hd_svg_box hd_svg_cell(struct hd_svg_box grid, uint32_t row, uint32_t column);
/* One character in the middle of a cell. */
void hd_svg_letter(struct hd_writer *out, struct hd_svg_box cell, int32_t size, const char *colour,
		   uint8_t letter);
/* Lines between all cells; every one thin. */
void hd_svg_grid(struct hd_writer *out, struct hd_svg_box grid);

/* A kind's rule in as many lines as a width takes. */
int32_t hd_svg_rule_height(const struct hd_puzzle_kind *kind, int32_t width);
void hd_svg_rule(struct hd_writer *out, const struct hd_puzzle_kind *kind, int32_t x, int32_t y,
		 int32_t width);

/* A document with one grid, its rule below it. overlay NULL: no marks, no key. */
void hd_svg_page_begin(struct hd_writer *out, const struct hd_puzzle_kind *kind,
		       const struct hd_puzzle_overlay *overlay, struct hd_svg_box grid);
void hd_svg_page_end(struct hd_writer *out, const struct hd_puzzle_kind *kind,
		     const struct hd_puzzle_overlay *overlay, struct hd_svg_box grid);

/* The rule as lines of text. */
void hd_text_rule(struct hd_writer *out, const struct hd_puzzle_kind *kind);
/* What says which cell r1c1 is: a row's number in HD_TEXT_ROW places, a space its last; a line with
 * every column's number at the end of its `step` places, after `indent` spaces. */
#define HD_TEXT_ROW 3u
void hd_text_row(struct hd_writer *out, uint32_t row);
void hd_text_columns(struct hd_writer *out, uint32_t indent, uint32_t columns, uint32_t step);

/* The key as lines of text. */
void hd_text_key(struct hd_writer *out, const struct hd_puzzle_kind *kind,
		 const struct hd_puzzle_overlay *overlay);

#endif
