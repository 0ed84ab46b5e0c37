/* For people: characters, and SVG. */
#include "core/puzzle/draw.h"

#include "core/puzzle/kinds.h"
#include "core/puzzle/slitherlink/slitherlink.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

struct picture {
	struct hd_puzzle_params params;
	uint8_t clues[HD_SLITHER_FACES];
	uint8_t yes[HD_SLITHER_EDGES]; /* all 0 where there is no solution to show */
};

static void
picture_of(struct picture *picture, struct hd_bytes text, struct hd_bytes solution)
{
	picture->params = hd_slither_clues(text, picture->clues);
	uint32_t width = picture->params.width, height = picture->params.height;
	uint32_t edges = width * (height + 1) + height * (width + 1);
	HD_ASSERT(edges <= HD_SLITHER_EDGES);
	if (solution.size == 0 || !hd_slither_move_read(solution, picture->yes, edges))
		memset(picture->yes, 0, sizeof(picture->yes));
}

/* Whether the edge above (side 0), right, below or left of a face is a line. */
static bool
line(const struct picture *picture, uint32_t row, uint32_t column, uint32_t side)
{
	uint32_t numbers[4];
	hd_slither_numbers(&picture->params, row, column, numbers);
	return picture->yes[numbers[side]];
}

/* A row of dots: above a row of faces (side 0), or below the last one (side 2). */
static void
text_dots(const struct picture *picture, uint32_t row, uint32_t side, struct hd_writer *out)
{
	hd_text_put(out, "   ");
	for (uint32_t column = 0; column < picture->params.width; column++)
		hd_text_put(out, line(picture, row, column, side) ? "+---" : "+   ");
	hd_text_put(out, "+\n");
}

static void
text_faces(const struct picture *picture, uint32_t row, struct hd_writer *out)
{
	uint32_t width = picture->params.width;
	const uint8_t *from = out->at;
	hd_text_row(out, row);
	for (uint32_t column = 0; column < width; column++) {
		uint8_t clue = picture->clues[row * width + column];
		hd_text_put(out, line(picture, row, column, 3) ? "| " : "  ");
		hd_write_u8(out, clue == HD_SLITHER_BLANK ? ' ' : (uint8_t)('0' + clue));
		hd_text_put(out, " ");
	}
	hd_text_put(out, line(picture, row, width - 1, 1) ? "|" : "");
	hd_text_end_line(out, from);
}

void
hd_slither_draw_text(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out)
{
	struct picture picture;
	picture_of(&picture, text, solution);
	HD_ASSERT(picture.params.height > 0);
	hd_text_columns(out, HD_TEXT_ROW - 1, picture.params.width, 4);
	for (uint32_t row = 0; row < picture.params.height; row++) {
		text_dots(&picture, row, 0, out);
		text_faces(&picture, row, out);
	}
	text_dots(&picture, picture.params.height - 1u, 2, out);
	hd_text_rule(out, &hd_puzzle_slitherlink);
}

#define DOT_RADIUS 3
#define CLUE_FONT  20

static void
svg_line(const struct picture *picture, struct hd_svg_box grid, uint32_t row, uint32_t column,
	 uint32_t side, struct hd_writer *out)
{
	static const uint8_t from[4][2] = {{0, 0}, {0, 1}, {1, 0}, {0, 0}};
	static const uint8_t to[4][2] = {{0, 1}, {1, 1}, {1, 1}, {1, 0}};
	struct hd_svg_box cell = hd_svg_cell(grid, row, column);
	HD_ASSERT(side < 4);
	if (line(picture, row, column, side))
		hd_svg_line(out, cell.x + from[side][1] * cell.width,
			    cell.y + from[side][0] * cell.height, cell.x + to[side][1] * cell.width,
			    cell.y + to[side][0] * cell.height, HD_DRAW_THICK, "black");
}

/* The clue of a face, and of its edges those that no face before it has. */
static void
svg_face(const struct picture *picture, struct hd_svg_box grid, uint32_t row, uint32_t column,
	 struct hd_writer *out)
{
	uint8_t clue = picture->clues[row * picture->params.width + column];
	if (clue != HD_SLITHER_BLANK)
		hd_svg_letter(out, hd_svg_cell(grid, row, column), CLUE_FONT, "black",
			      (uint8_t)('0' + clue));
	if (row == 0)
		svg_line(picture, grid, row, column, 0, out);
	if (column == 0)
		svg_line(picture, grid, row, column, 3, out);
	svg_line(picture, grid, row, column, 1, out);
	svg_line(picture, grid, row, column, 2, out);
}

static void
svg_dots(struct hd_svg_box grid, struct hd_writer *out)
{
	for (int32_t y = grid.y; y <= grid.y + grid.height; y += HD_DRAW_CELL)
		for (int32_t x = grid.x; x <= grid.x + grid.width; x += HD_DRAW_CELL)
			hd_svg_circle(out, x, y, DOT_RADIUS, "black", 0);
}

void
hd_slither_draw_svg(struct hd_bytes text, struct hd_bytes solution,
		    const struct hd_puzzle_overlay *overlay, struct hd_writer *out)
{
	struct picture picture;
	picture_of(&picture, text, solution);
	uint32_t width = picture.params.width, height = picture.params.height;
	struct hd_svg_box grid = hd_svg_grid_box(width, height, 0, 0);
	hd_svg_page_begin(out, &hd_puzzle_slitherlink, overlay, grid);
	for (uint32_t face = 0; face < width * height; face++)
		svg_face(&picture, grid, face / width, face % width, out);
	svg_dots(grid, out);
	hd_svg_page_end(out, &hd_puzzle_slitherlink, overlay, grid);
}
