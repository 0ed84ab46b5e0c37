/* Sudokus as text: `params:desc` of Simon Tatham's `solo`.
 *
 * params: 3x3, 3x3x, 9j; marks of symmetry and difficulty may follow (a, r2, r4, m2, md2, ..., d
 * and a letter) and say nothing about the instance. desc: digits, a letter for as many empty cells
 * (a is 1), `_` between two digits. Jigsaw: then a comma and the walls between cells. Those are
 * gone through from the top left, first the ones between cells of a row, row by row, then the ones
 * between cells of a column, column by column: a letter for as many open places before the next
 * wall, `_` where there is none, `z` for 25 open places and no wall. One wall stands after the
 * last. */
#include "core/puzzle/text.h"
#include "core/puzzle/sudoku/board.h"
#include "huntd/assert.h"

#define INNER  72u /* places for walls in one direction: nine lines of eight */
#define OPEN_Z 25u

static const char *
read_variant(struct hd_reader *in, uint8_t *variant)
{
	if (hd_text_take(in, '9')) {
		*variant = HD_SUDOKU_JIGSAW;
		return hd_text_take(in, 'j') ? NULL : "params are 3x3, 3x3x or 9j";
	}
	if (!hd_text_take(in, '3') || !hd_text_take(in, 'x') || !hd_text_take(in, '3'))
		return "params are 3x3, 3x3x or 9j";
	*variant = hd_text_take(in, 'x') ? HD_SUDOKU_X : HD_SUDOKU_CLASSIC;
	return NULL;
}

/* Marks of symmetry and difficulty. */
static bool
skip_marks(struct hd_reader *in)
{
	uint32_t number;
	while (in->at < in->end && *in->at != ':') {
		uint8_t mark = *in->at++;
		if (mark == 'a')
			continue;
		if (mark == 'd' && in->at < in->end && strchr("tbiaeu", *in->at) && *in->at) {
			in->at++;
			continue;
		}
		if (mark == 'm')
			hd_text_take(in, 'd');
		else if (mark != 'r')
			return false;
		if (!hd_text_take_number(in, 8, &number))
			return false;
	}
	return hd_text_take(in, ':');
}

static const char *
read_cells(struct hd_reader *in, struct hd_sudoku_board *given)
{
	uint32_t cell = 0;
	bool after_digit = false;
	while (in->at < in->end && *in->at != ',') {
		uint8_t c = *in->at++;
		if (c >= 'a' && c <= 'z') {
			cell += (uint32_t)(c - 'a') + 1;
			after_digit = false;
		} else if (c >= '1' && c <= '9' && !after_digit) {
			if (cell < HD_SUDOKU_CELLS)
				given->open[c - '1'] |= hd_cell(cell);
			cell++;
			after_digit = true;
		} else if (c == '_' && after_digit && in->at < in->end && *in->at >= '1' &&
			   *in->at <= '9') {
			after_digit = false;
		} else {
			return "cells are digits 1-9, letters for empty ones, _ between two digits";
		}
		if (cell > HD_SUDOKU_CELLS)
			return "there are more than 81 cells";
	}
	return cell == HD_SUDOKU_CELLS ? NULL : "there are fewer than 81 cells";
}

/* The two cells beside a place for a wall. */
static void
beside(uint32_t place, uint32_t *a, uint32_t *b)
{
	HD_ASSERT(place < 2 * INNER);
	if (place < INNER) {
		*a = place / 8 * 9 + place % 8;
		*b = *a + 1;
	} else {
		place -= INNER;
		*a = place % 8 * 9 + place / 8;
		*b = *a + 9;
	}
}

static uint8_t
root(const uint8_t *parent, uint8_t cell)
{
	while (parent[cell] != cell)
		cell = parent[cell];
	return cell;
}

static void
join(uint8_t *parent, uint32_t place)
{
	uint32_t a, b;
	uint8_t root_a, root_b;
	beside(place, &a, &b);
	root_a = root(parent, (uint8_t)a);
	root_b = root(parent, (uint8_t)b);
	/* The first cell of a region is its root. */
	if (root_a < root_b)
		parent[root_b] = root_a;
	else
		parent[root_a] = root_b;
}

/* Numbers regions in the order of their first cells. */
static void
number_regions(const uint8_t *parent, uint8_t *region_of)
{
	uint8_t count = 0;
	for (uint8_t cell = 0; cell < HD_SUDOKU_CELLS; cell++)
		region_of[cell] = parent[cell] == cell ? count++ : region_of[root(parent, cell)];
}

static const char *
read_walls(struct hd_reader *in, uint8_t *region_of)
{
	uint8_t parent[HD_SUDOKU_CELLS];
	uint32_t place = 0;
	for (uint8_t cell = 0; cell < HD_SUDOKU_CELLS; cell++)
		parent[cell] = cell;
	if (!hd_text_take(in, ','))
		return "9j has a comma and the walls of its regions after the cells";
	for (; in->at < in->end; in->at++) {
		bool wall = *in->at != 'z', none = *in->at == '_';
		uint32_t open = none ? 0 : (uint32_t)(*in->at - 'a') + 1;
		if (!none && (*in->at < 'a' || *in->at > 'z'))
			return "walls are letters a-z and _";
		if (!wall)
			open = OPEN_Z;
		if (place + open > 2 * INNER)
			return "there are too many walls";
		while (open-- > 0)
			join(parent, place++);
		place += wall;
	}
	if (place != 2 * INNER + 1)
		return "there are too few walls";
	number_regions(parent, region_of);
	return hd_sudoku_regions_deny(region_of);
}

const char *
hd_sudoku_text_read(struct hd_bytes text, struct hd_sudoku_text *out)
{
	struct hd_reader in = hd_reader_of(text);
	const char *fault = read_variant(&in, &out->variant);
	memset(&out->given, 0, sizeof(out->given));
	if (fault == NULL && !skip_marks(&in))
		fault = "after params only a, r2, r4, m2, md2, m4, md4, m8 and d with one of "
			"tbiaeu may stand, then a colon";
	if (fault == NULL)
		fault = read_cells(&in, &out->given);
	if (fault == NULL && out->variant == HD_SUDOKU_JIGSAW)
		fault = read_walls(&in, out->region_of);
	if (fault == NULL && in.at != in.end)
		fault = "only 9j has walls after its cells";
	return fault;
}

void
hd_sudoku_digits(const struct hd_sudoku_board *given, uint8_t digits[HD_SUDOKU_CELLS])
{
	memset(digits, 0, HD_SUDOKU_CELLS);
	for (uint8_t d = 0; d < HD_SUDOKU_SIDE; d++)
		for (hd_cells left = given->open[d]; left; left &= left - 1)
			digits[hd_cells_first(left)] = (uint8_t)(d + 1);
}

void
hd_sudoku_params_write(uint8_t variant, struct hd_writer *out)
{
	static const char *const names[] = {"3x3", "3x3x", "9j"};
	HD_ASSERT(variant <= HD_SUDOKU_JIGSAW);
	hd_text_put(out, names[variant]);
}

static void
write_empty(struct hd_writer *out, uint32_t empty)
{
	for (; empty > 26; empty -= 26)
		hd_write_u8(out, 'z');
	if (empty > 0)
		hd_write_u8(out, (uint8_t)('a' + empty - 1));
}

static void
write_walls(const uint8_t *region_of, struct hd_writer *out)
{
	uint32_t open = 0;
	for (uint32_t place = 0; place <= 2 * INNER; place++) {
		uint32_t a = 0, b = 0;
		if (place < 2 * INNER)
			beside(place, &a, &b);
		if (place < 2 * INNER && region_of[a] == region_of[b]) {
			open++;
			continue;
		}
		for (; open > OPEN_Z; open -= OPEN_Z)
			hd_write_u8(out, 'z');
		hd_write_u8(out, open == 0 ? '_' : (uint8_t)('a' + open - 1));
		open = 0;
	}
}

void
hd_sudoku_text_write(const struct hd_sudoku_text *text, struct hd_writer *out)
{
	uint8_t digits[HD_SUDOKU_CELLS];
	uint32_t empty = 0;
	hd_sudoku_digits(&text->given, digits);
	hd_sudoku_params_write(text->variant, out);
	hd_write_u8(out, ':');
	for (uint32_t cell = 0; cell < HD_SUDOKU_CELLS; cell++) {
		if (digits[cell] == 0) {
			empty++;
			continue;
		}
		if (empty == 0 && cell > 0)
			hd_write_u8(out, '_');
		write_empty(out, empty);
		empty = 0;
		hd_write_u8(out, (uint8_t)('0' + digits[cell]));
	}
	write_empty(out, empty);
	if (text->variant == HD_SUDOKU_JIGSAW) {
		hd_write_u8(out, ',');
		write_walls(text->region_of, out);
	}
}
