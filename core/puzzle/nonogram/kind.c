/* The row of the kind. */
#include "core/puzzle/grid.h"
#include "core/puzzle/kinds.h"
#include "core/puzzle/nonogram/nonogram.h"
#include "huntd/assert.h"

#define LEAST        5u /* cells of a side, to be made */
#define SEARCH_LEAST 15u
#define SEARCH_MOST  30u /* a try takes too long beyond */

static const char *const TIERS[] = {"line", "probe", "search"};
static const char PARAMS_FORM[] = "WxH from 5x5 to 62x62";

static const char *
params_read(struct hd_bytes text, struct hd_puzzle_params *params)
{
	static const struct hd_grid_sides made = {LEAST, HD_NONOGRAM_SIDE};
	return hd_grid_read(text, made, "", params)
		       ? NULL
		       : "not a nonogram's size: WxH from 5x5 to 62x62";
}

static void
params_write(const struct hd_puzzle_params *params, struct hd_writer *out)
{
	hd_grid_write(params, "", out);
}

static void
sizes(const struct hd_puzzle_params *params, struct hd_puzzle_sizes *sizes)
{
	uint32_t width = params->width, height = params->height;
	HD_ASSERT(width <= HD_NONOGRAM_SIDE && height <= HD_NONOGRAM_SIDE);
	/* A line of n cells is at most n characters of digits and dots, and one between lines. */
	sizes->text = 6 + width * (height + 1) + height * (width + 1);
	sizes->solution = height * (width + 1) - 1;
	sizes->make = (uint32_t)hd_nonogram_make_size();
	sizes->solve = (uint32_t)hd_nonogram_solve_size();
}

static const char *
check(struct hd_bytes text, struct hd_puzzle_params *params)
{
	struct hd_nonogram_clues clues;
	const char *fault = hd_nonogram_clues_read(text, &clues);
	if (fault == NULL)
		*params = (struct hd_puzzle_params){
			.width = (uint16_t)clues.lines[HD_NONOGRAM_COLUMNS],
			.height = (uint16_t)clues.lines[HD_NONOGRAM_ROWS],
		};
	return fault;
}

static void
digits_of(struct hd_bytes text, struct hd_bytes solution, uint8_t *digits)
{
	HD_ASSERT(hd_nonogram_verify(text, solution));
	for (uint32_t i = 0; i < solution.size; i++)
		if (solution.at[i] != '/')
			*digits++ = solution.at[i] == '1';
}

static const char *
params_deny(const struct hd_puzzle_params *params, uint8_t tier)
{
	uint32_t width = params->width, height = params->height;
	uint32_t least = width < height ? width : height, most = width + height - least;
	HD_ASSERT(tier <= HD_NONOGRAM_SEARCH);
	if (least < LEAST)
		return "a nonogram is made from 5x5 cells on";
	if (tier == HD_NONOGRAM_SEARCH && (least < SEARCH_LEAST || most > SEARCH_MOST))
		return "nonograms that take a search are made from 15x15 to 30x30";
	return NULL;
}

/* Measured on one core of a shared virtual machine: line 15x15 0.07 ms, 30x30 0.6, 62x62 14; probe
 * 1.3 ms, 7, 360; search some seconds. */
static uint64_t
make_ns(const struct hd_puzzle_params *params, uint8_t tier)
{
	uint64_t cells = (uint64_t)params->width * params->height;
	HD_ASSERT(tier <= HD_NONOGRAM_SEARCH && cells > 0);
	return tier == HD_NONOGRAM_LINE    ? 25000 + cells * cells
	       : tier == HD_NONOGRAM_PROBE ? 2000000 + 20 * cells * cells
					   : 3000000000;
}

const struct hd_puzzle_kind hd_puzzle_nonogram = {
	.name = "nonogram",
	.about = "a picture told by the lengths of its black runs, row by row and column by column",
	.rule = "Fill cells: the numbers of a row or column are the lengths of its runs of black "
		"cells, in order, with at least one white cell between two runs.",
	.params_form = PARAMS_FORM,
	.defaults = "15x15",
	.tiers = TIERS,
	.tiers_count = 3,
	.levels = {HD_NONOGRAM_LINE, HD_NONOGRAM_PROBE, HD_NONOGRAM_SEARCH},
	.algorithm = 1,
	.digits = 5,
	.base = 2,
	.digit = "black is 1, white 0",
	.params_read = params_read,
	.params_write = params_write,
	.params_deny = params_deny,
	.sizes = sizes,
	.make_ns = make_ns,
	.make_begin = hd_nonogram_make_begin,
	.make_step = hd_nonogram_make_step,
	.make_take = hd_nonogram_make_take,
	.check = check,
	.solve_begin = hd_nonogram_solve_begin,
	.solve_step = hd_nonogram_solve_step,
	.solve_take = hd_nonogram_solve_take,
	.verify = hd_nonogram_verify,
	.digits_of = digits_of,
	.forms = 1u << HD_PUZZLE_FORM_SGT | 1u << HD_PUZZLE_FORM_NON,
	.form_read = hd_nonogram_form_read,
	.form_write = hd_nonogram_form_write,
	.draw_text = hd_nonogram_draw_text,
	.draw_svg = hd_nonogram_draw_svg,
};
