/* The next step in words. The rules are those of the ladder, in its order; here each is looked for
 * alone, so that it can be said. */
#include "core/puzzle/sudoku/grade/proof.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

struct view {
	const struct hd_sudoku_shape *shape;
	struct hd_sudoku_board board;
	hd_cells given; /* cells with a printed digit */
	struct hd_writer *out;
};

static void
say(struct view *v, const char *text)
{
	hd_text_put(v->out, text);
}

static void
say_number(struct view *v, uint32_t number)
{
	hd_text_put_number(v->out, number);
}

static void
say_cell(struct view *v, uint32_t cell)
{
	hd_text_put_cell(v->out, cell / 9, cell % 9);
}

/* "a, b and c" */
static void
say_comma(struct view *v, uint32_t left)
{
	if (left > 0)
		say(v, left == 1 ? " and " : ", ");
}

static void
say_cells(struct view *v, hd_cells cells)
{
	for (; cells; cells &= cells - 1) {
		say_cell(v, hd_cells_first(cells));
		say_comma(v, hd_cells_count(cells) - 1);
	}
}

/* Bits, from 1. */
static void
say_bits(struct view *v, uint32_t bits)
{
	for (; bits; bits &= bits - 1) {
		say_number(v, (uint32_t)__builtin_ctz(bits) + 1);
		say_comma(v, (uint32_t)__builtin_popcount(bits) - 1);
	}
}

static void
say_unit(struct view *v, uint32_t unit)
{
	HD_ASSERT(unit < v->shape->units_count);
	if (unit >= 27) {
		say(v, unit == 27 ? "the falling diagonal" : "the rising diagonal");
		return;
	}
	say(v, unit < 9    ? (v->shape->variant == HD_SUDOKU_JIGSAW ? "region " : "box ")
	       : unit < 18 ? "row "
			   : "column ");
	say_number(v, unit % 9 + 1);
}

static void
say_is(struct view *v, uint32_t cell, uint32_t digit)
{
	say_cell(v, cell);
	say(v, " is ");
	say_number(v, digit + 1);
}

static bool
hint_place(struct view *v, uint32_t from_unit, uint32_t to_unit)
{
	for (uint32_t u = from_unit; u < to_unit; u++)
		for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++) {
			hd_cells places = v->board.open[d] & v->shape->units[u];
			if (places & (places - 1) || places & v->given)
				continue;
			say_is(v, hd_cells_first(places), d);
			say(v, ": the only place for ");
			say_number(v, d + 1);
			say(v, " in ");
			say_unit(v, u);
			return true;
		}
	return false;
}

static bool
hint_cell(struct view *v)
{
	uint16_t masks[HD_SUDOKU_CELLS];
	hd_sudoku_masks(&v->board, masks);
	for (uint32_t cell = 0; cell < HD_SUDOKU_CELLS; cell++) {
		if (masks[cell] & (masks[cell] - 1) || v->given >> cell & 1)
			continue;
		say_is(v, cell, (uint32_t)__builtin_ctz(masks[cell]));
		say(v, ": no other digit is left for it");
		return true;
	}
	return false;
}

static void
say_gone(struct view *v, uint32_t digit, hd_cells gone)
{
	HD_ASSERT(v->board.open[digit] & gone);
	say(v, ", so not in ");
	say_cells(v, v->board.open[digit] & gone);
}

/* All places of a digit in unit `a` lie in `b`, which has more. */
static bool
hint_cross(struct view *v, uint32_t a, uint32_t b)
{
	hd_cells in = v->shape->units[a], cut = v->shape->units[b];
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++) {
		hd_cells open = v->board.open[d];
		if (!(in & cut) || open & in & ~cut || !(open & cut & ~in))
			continue;
		say_number(v, d + 1);
		say(v, " in ");
		say_unit(v, a);
		say(v, " stands in ");
		say_unit(v, b);
		say(v, " only");
		say_gone(v, d, cut & ~in);
		return true;
	}
	return false;
}

static bool
hint_crosses(struct view *v)
{
	for (uint32_t line = HD_SUDOKU_SIDE; line < v->shape->units_count; line++)
		for (uint32_t region = 0; region < HD_SUDOKU_SIDE; region++)
			if (hint_cross(v, region, line) || hint_cross(v, line, region))
				return true;
	return false;
}

static bool
hint_subset(struct view *v)
{
	struct hd_sudoku_subset found;
	for (uint32_t u = 0; u < v->shape->units_count; u++) {
		if (!hd_sudoku_unit_subset(v->shape, &v->board, u, &found))
			continue;
		say_cells(v, found.cells);
		say(v, " have between them ");
		say_bits(v, found.digits);
		say(v, ", so no other cell of ");
		say_unit(v, u);
		say(v, " has one of these");
		return true;
	}
	return false;
}

static bool
hint_fish(struct view *v)
{
	struct hd_sudoku_fish found;
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++) {
		if (!hd_sudoku_digit_fish(&v->board, d, &found))
			continue;
		say_number(v, d + 1);
		say(v, " in rows ");
		say_bits(v, found.rows);
		say(v, " stands in columns ");
		say_bits(v, found.columns);
		say(v, " only, so in these columns in no other row");
		return true;
	}
	return false;
}

static bool
hint_chain(struct view *v)
{
	struct hd_sudoku_chain found;
	if (!hd_sudoku_chain(v->shape, &v->board, &found))
		return false;
	say_number(v, found.digit + 1);
	say(v, " stands in ");
	say_cell(v, found.from);
	say(v, " or ");
	say_cell(v, found.to);
	say(v, " (a chain of cells with two digits each joins them)");
	say_gone(v, found.digit, hd_cell(found.gone));
	return true;
}

/* No rule helps: the truth about a cell with the fewest digits. */
static void
hint_truth(struct view *v, const struct hd_sudoku_board *solution)
{
	struct hd_sudoku_tally t = hd_sudoku_tally(&v->board);
	hd_cells two = t.two & ~t.three;
	uint32_t cell = hd_cells_first(two ? two : t.two), digit = 0;
	while (digit < HD_SUDOKU_SIDE - 1 && !(solution->open[digit] >> cell & 1))
		digit++;
	say_is(v, cell, digit);
	say(v, ": no rule shows it, but each other digit there leads to a dead end");
}

void
hd_sudoku_hint(const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *given,
	       const struct hd_sudoku_board *solution, struct hd_writer *out)
{
	struct view v = {.shape = shape, .out = out};
	struct hd_sudoku_position position;
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
		v.given |= given->open[d];
	hd_sudoku_open(shape, given, &position);
	v.board = position.board;
	HD_ASSERT((v.given & ~HD_SUDOKU_ALL) == 0);
	if (v.given == HD_SUDOKU_ALL)
		say(&v, "every cell is filled");
	else if (!hint_place(&v, 0, HD_SUDOKU_SIDE) &&
		 !hint_place(&v, HD_SUDOKU_SIDE, shape->units_count) && !hint_cell(&v) &&
		 !hint_crosses(&v) && !hint_subset(&v) && !hint_fish(&v) && !hint_chain(&v))
		hint_truth(&v, solution);
}
