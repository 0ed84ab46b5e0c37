/* Sudoku: the row of the kind, and its small functions. */
#include "core/puzzle/kinds.h"
#include "core/puzzle/sudoku/board.h"
#include "core/puzzle/sudoku/kind.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

static const char *const tiers[] = {"trivial",  "basic",   "intermediate",
				    "advanced", "extreme", "unreasonable"};

static struct hd_puzzle_params
params_of(uint8_t variant)
{
	return (struct hd_puzzle_params){HD_SUDOKU_SIDE, HD_SUDOKU_SIDE, variant};
}

static const char *
params_read(struct hd_bytes text, struct hd_puzzle_params *params)
{
	for (uint8_t variant = 0; variant <= HD_SUDOKU_JIGSAW; variant++) {
		uint8_t name[8];
		struct hd_writer out = hd_writer_of(name, sizeof(name));
		hd_sudoku_params_write(variant, &out);
		HD_ASSERT(!out.full);
		if (hd_bytes_equal(text, hd_bytes_of(name, (size_t)(out.at - name)))) {
			*params = params_of(variant);
			return NULL;
		}
	}
	return "params are 3x3, 3x3x or 9j";
}

static void
params_write(const struct hd_puzzle_params *params, struct hd_writer *out)
{
	hd_sudoku_params_write(params->variant, out);
}

static const char *
params_deny(const struct hd_puzzle_params *params, uint8_t tier)
{
	HD_ASSERT(params->variant <= HD_SUDOKU_JIGSAW && tier < HD_SUDOKU_TIERS);
	return NULL;
}

static void
sizes(const struct hd_puzzle_params *params, struct hd_puzzle_sizes *out)
{
	HD_ASSERT(params->variant <= HD_SUDOKU_JIGSAW);
	out->text = HD_SUDOKU_TEXT_MAX;
	out->solution = HD_SUDOKU_CELLS;
	out->make = hd_sudoku_make_size();
	out->solve = hd_sudoku_solve_size();
}

/* Measured on one core of a 2-vCPU Zen 5 class virtual machine under load. */
static uint64_t
make_ns(const struct hd_puzzle_params *params, uint8_t tier)
{
	static const uint32_t us[HD_SUDOKU_JIGSAW + 1][HD_SUDOKU_TIERS] = {
		[HD_SUDOKU_CLASSIC] = {60, 150, 1500, 5600, 3800, 4400},
		[HD_SUDOKU_X] = {180, 310, 2600, 28000, 15500, 3800},
		[HD_SUDOKU_JIGSAW] = {3100, 3200, 3400, 28500, 21000, 10100},
	};
	HD_ASSERT(params->variant <= HD_SUDOKU_JIGSAW && tier < HD_SUDOKU_TIERS);
	return us[params->variant][tier] * UINT64_C(1000);
}

static const char *
check(struct hd_bytes text, struct hd_puzzle_params *params)
{
	struct hd_sudoku_text sudoku;
	const char *fault = hd_sudoku_text_read(text, &sudoku);
	if (fault == NULL)
		*params = params_of(sudoku.variant);
	return fault;
}

static void
digits_of(struct hd_bytes text, struct hd_bytes solution, uint8_t *digits)
{
	struct hd_sudoku_text sudoku;
	uint8_t printed[HD_SUDOKU_CELLS];
	const char *fault = hd_sudoku_text_read(text, &sudoku);
	HD_ASSERT(fault == NULL && solution.size == HD_SUDOKU_CELLS);
	hd_sudoku_digits(&sudoku.given, printed);
	for (uint32_t cell = 0; cell < HD_SUDOKU_CELLS; cell++) {
		digits[cell] = (uint8_t)(solution.at[cell] - '1');
		if (printed[cell] != 0)
			digits[cell] |= HD_PUZZLE_GIVEN;
	}
}

static const char *
read_81(struct hd_bytes in, struct hd_sudoku_text *sudoku)
{
	*sudoku = (struct hd_sudoku_text){.variant = HD_SUDOKU_CLASSIC};
	if (in.size != HD_SUDOKU_CELLS)
		return "there are not 81 characters";
	for (uint32_t cell = 0; cell < HD_SUDOKU_CELLS; cell++) {
		uint8_t c = in.at[cell];
		if (c >= '1' && c <= '9')
			sudoku->given.open[c - '1'] |= hd_cell(cell);
		else if (c != '0' && c != '.')
			return "characters are digits, 0 or . for an empty cell";
	}
	return NULL;
}

static const char *
form_read(enum hd_puzzle_form form, struct hd_bytes in, struct hd_writer *out)
{
	struct hd_sudoku_text sudoku;
	const char *fault;
	HD_ASSERT(form == HD_PUZZLE_FORM_SGT || form == HD_PUZZLE_FORM_81);
	fault = form == HD_PUZZLE_FORM_81 ? read_81(in, &sudoku) : hd_sudoku_text_read(in, &sudoku);
	if (fault == NULL)
		hd_sudoku_text_write(&sudoku, out);
	return fault;
}

static void
form_write(enum hd_puzzle_form form, struct hd_bytes text, struct hd_writer *out)
{
	struct hd_sudoku_text sudoku;
	uint8_t digits[HD_SUDOKU_CELLS];
	const char *fault = hd_sudoku_text_read(text, &sudoku);
	HD_ASSERT(fault == NULL && (form == HD_PUZZLE_FORM_SGT || form == HD_PUZZLE_FORM_81));
	if (form == HD_PUZZLE_FORM_SGT) {
		hd_sudoku_text_write(&sudoku, out);
		return;
	}
	hd_sudoku_digits(&sudoku.given, digits);
	for (uint32_t cell = 0; cell < HD_SUDOKU_CELLS; cell++)
		hd_write_u8(out, digits[cell] ? (uint8_t)('0' + digits[cell]) : '.');
}

const struct hd_puzzle_kind hd_puzzle_sudoku = {
	.name = "sudoku",
	.about = "every row, column and region has the digits 1-9; X: both diagonals, too",
	.rule = "Fill the grid: each row, each column and each outlined region has every digit "
		"from 1 to 9 once. Where diagonals are marked, each of the two has them once too.",
	.params_form = "3x3, 3x3x (diagonals) or 9j (jigsaw)",
	.defaults = "3x3",
	.tiers = tiers,
	.tiers_count = HD_SUDOKU_TIERS,
	.levels = {HD_SUDOKU_BASIC, HD_SUDOKU_INTERMEDIATE, HD_SUDOKU_EXTREME},
	.algorithm = 1,
	.digits = 2,
	.base = HD_SUDOKU_SIDE,
	.digit = "a 1 is 0, a 2 is 1, up to 9, which is 8",
	.params_read = params_read,
	.params_write = params_write,
	.params_deny = params_deny,
	.sizes = sizes,
	.make_ns = make_ns,
	.make_begin = hd_sudoku_make_begin,
	.make_step = hd_sudoku_make_step,
	.make_take = hd_sudoku_make_take,
	.check = check,
	.solve_begin = hd_sudoku_solve_begin,
	.solve_step = hd_sudoku_solve_step,
	.solve_take = hd_sudoku_solve_take,
	.verify = hd_sudoku_verify,
	.digits_of = digits_of,
	.forms = 1u << HD_PUZZLE_FORM_SGT | 1u << HD_PUZZLE_FORM_81,
	.form_read = form_read,
	.form_write = form_write,
	.draw_text = hd_sudoku_draw_text,
	.draw_svg = hd_sudoku_draw_svg,
};
