/* Lights Out drawn. */
#include "core/puzzle/draw.h"
#include "core/puzzle/kinds.h"
#include "core/puzzle/lightsout/lights.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

#define LIT    "#ffe066"
#define PRESS  "#c22"
#define INSET  4 /* of the small plan of a cell's matrix row */
#define COLOUR "#88a"

static bool
pressed(struct hd_bytes solution, uint32_t cell)
{
	return solution.size > 1 + cell && solution.at[1 + cell] == '1';
}

static bool
is_crosses(const struct hd_lights *lights)
{
	uint8_t digits[HD_LIGHTS_MATRIX_MAX];
	hd_lights_crosses(lights->width, lights->height, digits);
	return memcmp(digits, lights->matrix, HD_LIGHTS_DIGITS(lights->cells * lights->cells)) == 0;
}

static void
put_matrix(struct hd_writer *out, const struct hd_lights *lights)
{
	uint32_t width = lights->width;
	for (uint32_t press = 0; press < lights->cells; press++) {
		hd_text_put_cell(out, press / width, press % width);
		hd_text_put(out, " turns");
		for (uint32_t cell = 0; cell < lights->cells; cell++)
			if (hd_lights_turns(lights, press, cell)) {
				hd_text_put(out, " ");
				hd_text_put_cell(out, cell / width, cell % width);
			}
		hd_text_put(out, "\n");
	}
}

/* `#` is lit; with a solution, `*` is pressed and lit, `+` pressed and dark. */
void
hd_lights_draw_text(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out)
{
	static const char signs[] = ".#+*";
	struct hd_lights lights;
	const char *wrong = hd_lights_read(text, &lights);
	HD_ASSERT(wrong == NULL);
	hd_text_columns(out, HD_TEXT_ROW - 2, lights.width, 3);
	for (uint32_t cell = 0; cell < lights.cells; cell++) {
		uint32_t sign = hd_lights_lit(&lights, cell) + 2u * pressed(solution, cell);
		if (cell % lights.width == 0)
			hd_text_row(out, cell / lights.width);
		hd_write_u8(out, (uint8_t)signs[sign]);
		hd_text_put(out, (cell + 1) % lights.width ? "  " : "\n");
	}
	hd_text_put(out, "# is lit");
	hd_text_put(out, solution.size > 0 ? "; * and + are to be pressed\n" : "\n");
	hd_text_rule(out, &hd_puzzle_lightsout);
	if (!is_crosses(&lights))
		put_matrix(out, &lights);
}

/* In a cell, the whole grid small, with what a press on it turns. */
static void
plan(struct hd_writer *out, const struct hd_lights *lights, uint32_t press, struct hd_svg_box in)
{
	uint32_t width = lights->width;
	int32_t side = (int32_t)(width > lights->height ? width : lights->height);
	int32_t dot = (HD_DRAW_CELL - 2 * INSET) / side;
	HD_ASSERT(dot > 0);
	for (uint32_t cell = 0; cell < lights->cells; cell++) {
		int32_t x = (int32_t)(cell % width) * dot, y = (int32_t)(cell / width) * dot;
		struct hd_svg_box box = {in.x + INSET + x, in.y + INSET + y, dot, dot};
		if (hd_lights_turns(lights, press, cell))
			hd_svg_rect(out, box, COLOUR, 0);
	}
}

void
hd_lights_draw_svg(struct hd_bytes text, struct hd_bytes solution,
		   const struct hd_puzzle_overlay *overlay, struct hd_writer *out)
{
	struct hd_lights lights;
	const char *wrong = hd_lights_read(text, &lights);
	HD_ASSERT(wrong == NULL);
	bool crosses = is_crosses(&lights);
	struct hd_svg_box grid = hd_svg_grid_box(lights.width, lights.height, 0, 0);
	hd_svg_page_begin(out, &hd_puzzle_lightsout, overlay, grid);
	for (uint32_t cell = 0; cell < lights.cells; cell++) {
		struct hd_svg_box box = hd_svg_cell(grid, cell / lights.width, cell % lights.width);
		if (hd_lights_lit(&lights, cell))
			hd_svg_rect(out, box, LIT, 0);
		if (!crosses)
			plan(out, &lights, cell, box);
		if (pressed(solution, cell))
			hd_svg_circle(out, box.x + box.width / 2, box.y + box.height / 2,
				      box.width / 4, PRESS, 0);
	}
	hd_svg_grid(out, grid);
	hd_svg_page_end(out, &hd_puzzle_lightsout, overlay, grid);
}
