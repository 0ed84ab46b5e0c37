/* The row of Lights Out. */
#include "core/puzzle/kinds.h"
#include "core/puzzle/lightsout/lights.h"
#include "huntd/assert.h"

static const char *
params_read(struct hd_bytes text, struct hd_puzzle_params *params)
{
	struct hd_puzzle_params read;
	if (!hd_grid_read(text, hd_lights_sides, "c", &read) ||
	    read.width * read.height > (int)HD_LIGHTS_CELLS_MAX)
		return "lightsout is WxHc, sides from 3 to 16, at most 196 cells (14x14c)";
	*params = read;
	return NULL;
}

static void
params_write(const struct hd_puzzle_params *params, struct hd_writer *out)
{
	hd_grid_write(params, "c", out);
}

static void
sizes(const struct hd_puzzle_params *params, struct hd_puzzle_sizes *sizes)
{
	uint32_t cells = (uint32_t)params->width * params->height;
	HD_ASSERT(cells <= HD_LIGHTS_CELLS_MAX);
	sizes->text = (uint32_t)sizeof("16x16:") + HD_LIGHTS_DIGITS(cells * cells) +
		      HD_LIGHTS_DIGITS(cells);
	sizes->solution = 1 + cells;
	sizes->make = (uint32_t)sizeof(struct hd_lights_make);
	sizes->solve = (uint32_t)sizeof(struct hd_lights_solve);
}

/* All sizes have all tiers: tried, with 40 seeds each. */
static const char *
params_deny(const struct hd_puzzle_params *params, uint8_t tier)
{
	HD_ASSERT(params->width >= HD_LIGHTS_SIDE_MIN && params->height >= HD_LIGHTS_SIDE_MIN);
	HD_ASSERT(tier < HD_LIGHTS_TIERS);
	return NULL;
}

/* Measured: 5 us at 5x5, 15 us at 14x14. */
static uint64_t
make_ns(const struct hd_puzzle_params *params, uint8_t tier)
{
	HD_ASSERT(params->width > 0 && tier < HD_LIGHTS_TIERS);
	return 4000 + (uint64_t)params->width * params->height * 55;
}

static const char *
check(struct hd_bytes text, struct hd_puzzle_params *params)
{
	struct hd_lights lights;
	const char *wrong = hd_lights_read(text, &lights);
	if (wrong == NULL)
		*params = (struct hd_puzzle_params){.width = (uint16_t)lights.width,
						    .height = (uint16_t)lights.height};
	return wrong;
}

/* A row of the matrix, for a press: most digits are 0 and say nothing. */
static void
press(const struct hd_lights *lights, uint32_t cell, uint8_t *lit)
{
	uint32_t at = cell * lights->cells, end = at + lights->cells;
	HD_ASSERT(cell < lights->cells);
	for (uint32_t bit = at; bit < end; bit++) {
		if (bit % 4 == 0 && lights->matrix[bit / 4] == '0')
			bit += 3;
		else
			lit[bit - at] ^= hd_lights_turns(lights, cell, bit - at);
	}
}

/* Whether the lamps go out. That no smaller set does it is for the solver to say. */
static bool
verify(struct hd_bytes text, struct hd_bytes solution)
{
	struct hd_lights lights;
	const char *wrong = hd_lights_read(text, &lights);
	uint8_t lit[HD_LIGHTS_CELLS_MAX], any = 0;
	HD_ASSERT(wrong == NULL);
	if (solution.size != 1 + lights.cells || solution.at[0] != 'S')
		return false;
	for (uint32_t cell = 0; cell < lights.cells; cell++)
		lit[cell] = hd_lights_lit(&lights, cell);
	for (uint32_t cell = 0; cell < lights.cells; cell++) {
		if (solution.at[1 + cell] == '1')
			press(&lights, cell, lit);
		else if (solution.at[1 + cell] != '0')
			return false;
	}
	for (uint32_t cell = 0; cell < lights.cells; cell++)
		any |= lit[cell];
	return any == 0;
}

static void
digits_of(struct hd_bytes text, struct hd_bytes solution, uint8_t *digits)
{
	(void)text;
	HD_ASSERT(solution.size > 1 && solution.at[0] == 'S');
	for (uint32_t cell = 0; cell + 1 < solution.size; cell++)
		digits[cell] = solution.at[1 + cell] == '1';
}

/* SGT also takes the params with a letter: c, crosses, or r, any matrix. The matrix says it all. */
static const char *
form_read(enum hd_puzzle_form form, struct hd_bytes in, struct hd_writer *out)
{
	const uint8_t *colon = in.size ? memchr(in.at, ':', in.size) : NULL;
	HD_ASSERT(form == HD_PUZZLE_FORM_SGT);
	if (colon == NULL)
		return "it begins with its sides, as in 7x7:, each from 3 to 16";
	for (uint32_t i = 0; i < in.size; i++) {
		uint8_t byte = in.at[i];
		if (in.at + i + 1 == colon && (byte == 'c' || byte == 'r'))
			continue;
		hd_write_u8(out, byte >= 'A' && byte <= 'F' ? (uint8_t)(byte + 32) : byte);
	}
	return NULL;
}

static void
form_write(enum hd_puzzle_form form, struct hd_bytes text, struct hd_writer *out)
{
	HD_ASSERT(form == HD_PUZZLE_FORM_SGT);
	hd_write_fixed(out, text.at, text.size);
}

static const char *const tiers[] = {"easy", "medium", "hard"};

const struct hd_puzzle_kind hd_puzzle_lightsout = {
	.name = "lightsout",
	.about = "Lights Out: turn all lights off with the fewest presses; a press turns the cell "
		 "and its neighbours",
	.rule = "Press lamps until all are out, with the fewest presses. A press turns the lamp "
		"and those above, below and beside it (where cells show a small plan: what the "
		"plan shows).",
	.params_form = "WxHc, sides from 3 to 16, at most 196 cells",
	.defaults = "7x7c",
	.tiers = tiers,
	.tiers_count = HD_LIGHTS_TIERS,
	.levels = {HD_LIGHTS_EASY, HD_LIGHTS_MEDIUM, HD_LIGHTS_HARD},
	.algorithm = 1,
	.digits = 5,
	.base = 2,
	.digit = "pressed is 1, not pressed 0",
	.params_read = params_read,
	.params_write = params_write,
	.params_deny = params_deny,
	.sizes = sizes,
	.make_ns = make_ns,
	.make_begin = hd_lights_make_begin,
	.make_step = hd_lights_make_step,
	.make_take = hd_lights_make_take,
	.check = check,
	.solve_begin = hd_lights_solve_begin,
	.solve_step = hd_lights_solve_step,
	.solve_take = hd_lights_solve_take,
	.verify = verify,
	.digits_of = digits_of,
	.forms = 1u << HD_PUZZLE_FORM_SGT,
	.form_read = form_read,
	.form_write = form_write,
	.draw_text = hd_lights_draw_text,
	.draw_svg = hd_lights_draw_svg,
};
