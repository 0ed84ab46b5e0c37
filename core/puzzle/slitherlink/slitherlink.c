/* The kind's row. */
#include "core/puzzle/slitherlink/slitherlink.h"

#include "core/puzzle/kinds.h"
#include "huntd/assert.h"

static const char *const tiers[HD_SLITHER_LEVELS] = {"easy", "normal", "tricky", "hard"};

static const char *
params_deny(const struct hd_puzzle_params *params, uint8_t tier)
{
	HD_ASSERT(params->width >= HD_SLITHER_MIN && tier < HD_SLITHER_LEVELS);
	return NULL;
}

static void
sizes(const struct hd_puzzle_params *params, struct hd_puzzle_sizes *out)
{
	uint32_t faces = (uint32_t)params->width * params->height;
	HD_ASSERT(faces <= HD_SLITHER_FACES);
	out->text = 8 + faces;
	out->solution = HD_SLITHER_MOVE;
	out->make = (uint32_t)hd_slither_make_size(params);
	out->solve = (uint32_t)hd_slither_solve_size(params);
	HD_ASSERT(out->make <= HD_PUZZLE_WORK_MAX && out->solve <= HD_PUZZLE_WORK_MAX);
}

/* Measured (README): blocks of clues times rounds of rules grow with the square of the faces; small
 * grids need more tries. */
static uint64_t
make_ns(const struct hd_puzzle_params *params, uint8_t tier)
{
	static const struct {
		uint32_t least, per_square;
	} ns[HD_SLITHER_LEVELS] = {{500000, 12}, {900000, 12}, {500000, 15}, {2000000, 450}};
	uint64_t faces = (uint64_t)params->width * params->height;
	HD_ASSERT(tier < HD_SLITHER_LEVELS);
	return ns[tier].least + ns[tier].per_square * faces * faces;
}

const struct hd_puzzle_kind hd_puzzle_slitherlink = {
	.name = "slitherlink",
	.about = "draw one closed loop along the grid; a number says how many of its cell's "
		 "edges are in it",
	.rule = "Draw one closed loop along the sides of cells, without branches or crossings. A "
		"number says how many of its four sides are drawn.",
	.params_form = "WxHt0 from 5x5t0 to 30x30t0",
	.defaults = "10x10t0",
	.tiers = tiers,
	.tiers_count = HD_SLITHER_LEVELS,
	.levels = {HD_SLITHER_EASY, HD_SLITHER_NORMAL, HD_SLITHER_HARD},
	.algorithm = 1,
	.digits = 5,
	.base = 2,
	.digit = "inside the loop is 1, outside 0",
	.params_read = hd_slither_params_read,
	.params_write = hd_slither_params_write,
	.params_deny = params_deny,
	.sizes = sizes,
	.make_ns = make_ns,
	.make_begin = hd_slither_make_begin,
	.make_step = hd_slither_make_step,
	.make_take = hd_slither_make_take,
	.check = hd_slither_check,
	.solve_begin = hd_slither_solve_begin,
	.solve_step = hd_slither_solve_step,
	.solve_take = hd_slither_solve_take,
	.verify = hd_slither_verify,
	.digits_of = hd_slither_digits,
	.forms = 1u << HD_PUZZLE_FORM_SGT,
	.form_read = hd_slither_form_read,
	.form_write = hd_slither_form_write,
	.draw_text = hd_slither_draw_text,
	.draw_svg = hd_slither_draw_svg,
};
