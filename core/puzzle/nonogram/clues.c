#include "core/puzzle/nonogram/clues.h"

#include "core/puzzle/grid.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

static const char *
line_read(struct hd_reader *in, struct hd_nonogram_clues *clues, enum hd_nonogram_axis axis,
	  uint32_t line)
{
	uint32_t count = 0, run;
	clues->count[axis][line] = 0;
	if (in->at == in->end || *in->at == '/')
		return NULL;
	do {
		if (in->at < in->end && *in->at == '0')
			return "a run starts with 0: an empty line has no number at all";
		if (!hd_text_take_number(in, HD_NONOGRAM_SIDE, &run))
			return "a run is not a number from 1 to 62";
		if (count == HD_NONOGRAM_RUNS)
			return "a line has more runs than fit it";
		clues->runs[axis][line][count++] = (uint8_t)run;
	} while (hd_text_take(in, '.'));
	clues->count[axis][line] = (uint8_t)count;
	return NULL;
}

static const char *
axis_read(struct hd_reader *in, struct hd_nonogram_clues *clues, enum hd_nonogram_axis axis)
{
	for (uint32_t line = 0; line < clues->lines[axis]; line++) {
		bool first = axis == HD_NONOGRAM_COLUMNS && line == 0;
		if (!first && !hd_text_take(in, '/'))
			return in->at == in->end
				       ? "too few lines: all columns, then all rows, joined by /"
				       : "a line has something that is no run: N.N... between /";
		const char *fault = line_read(in, clues, axis, line);
		if (fault != NULL)
			return fault;
	}
	return NULL;
}

const char *
hd_nonogram_clues_read(struct hd_bytes text, struct hd_nonogram_clues *clues)
{
	struct hd_reader in = hd_reader_of(text);
	static const struct hd_grid_sides sides = {1, HD_NONOGRAM_SIDE};
	struct hd_puzzle_params params;
	if (!hd_grid_take(&in, sides, ":", &params))
		return "a nonogram starts with WxH: and each is from 1 to 62";
	clues->lines[HD_NONOGRAM_COLUMNS] = params.width;
	clues->lines[HD_NONOGRAM_ROWS] = params.height;
	const char *fault = axis_read(&in, clues, HD_NONOGRAM_COLUMNS);
	if (fault == NULL)
		fault = axis_read(&in, clues, HD_NONOGRAM_ROWS);
	if (fault != NULL)
		return fault;
	if (in.at < in.end)
		return *in.at == '/'   ? "too many lines: all columns, then all rows"
		       : *in.at == ',' ? "cells given beside the runs are not supported"
				       : "a line has something that is no run: N.N... between /";
	return hd_nonogram_clues_fault(clues);
}

/* Its black cells; over `cells` where the runs do not fit. */
static uint32_t
line_black(const struct hd_nonogram_clues *clues, enum hd_nonogram_axis axis, uint32_t line)
{
	uint32_t black = 0, count = clues->count[axis][line], cells = clues->lines[!axis];
	HD_ASSERT(count <= HD_NONOGRAM_RUNS);
	for (uint32_t i = 0; i < count; i++)
		black += clues->runs[axis][line][i];
	return count > 0 && black + count - 1 > cells ? cells + 1 : black;
}

const char *
hd_nonogram_clues_fault(const struct hd_nonogram_clues *clues)
{
	uint32_t sums[2] = {0, 0};
	for (uint32_t axis = 0; axis < 2; axis++)
		for (uint32_t line = 0; line < clues->lines[axis]; line++) {
			uint32_t black = line_black(clues, axis, line);
			if (black > clues->lines[!axis])
				return axis == HD_NONOGRAM_ROWS ? "a row's runs do not fit it"
								: "a column's runs do not fit it";
			sums[axis] += black;
		}
	return sums[0] == sums[1] ? NULL
				  : "columns and rows do not have the same number of black cells";
}

void
hd_nonogram_clues_write(const struct hd_nonogram_clues *clues, struct hd_writer *out)
{
	HD_ASSERT(clues->lines[0] > 0 && clues->lines[1] > 0);
	hd_text_put_number(out, clues->lines[HD_NONOGRAM_COLUMNS]);
	hd_text_put(out, "x");
	hd_text_put_number(out, clues->lines[HD_NONOGRAM_ROWS]);
	for (uint32_t axis = 2; axis-- > 0;)
		for (uint32_t line = 0; line < clues->lines[axis]; line++) {
			bool first = axis == HD_NONOGRAM_COLUMNS && line == 0;
			hd_write_u8(out, first ? ':' : '/');
			for (uint32_t i = 0; i < clues->count[axis][line]; i++) {
				if (i > 0)
					hd_write_u8(out, '.');
				hd_text_put_number(out, clues->runs[axis][line][i]);
			}
		}
}

/* Rows to columns: swaps ever smaller squares of a 64x64 matrix of bits. Warren, "Hacker's
 * Delight", 7-3. */
static void
transpose(uint64_t words[64])
{
	uint64_t mask = 0x00000000ffffffff;
	for (uint32_t half = 32; half > 0; half /= 2, mask ^= mask << half)
		for (uint32_t i = 0; i < 64; i = ((i | half) + 1) & ~half) {
			uint64_t swap = (words[i] >> half ^ words[i | half]) & mask;
			words[i] ^= swap << half;
			words[i | half] ^= swap;
		}
}

static void
axis_of(const uint64_t *words, enum hd_nonogram_axis axis, struct hd_nonogram_clues *clues)
{
	for (uint32_t line = 0; line < clues->lines[axis]; line++) {
		uint32_t count = 0;
		for (uint64_t left = words[line]; left != 0; count++) {
			left >>= __builtin_ctzll(left);
			uint32_t run = (uint32_t)__builtin_ctzll(~left);
			HD_ASSERT(count < HD_NONOGRAM_RUNS);
			clues->runs[axis][line][count] = (uint8_t)run;
			left >>= run;
		}
		clues->count[axis][line] = (uint8_t)count;
	}
}

void
hd_nonogram_clues_of(const uint64_t *rows, uint32_t width, uint32_t height,
		     struct hd_nonogram_clues *clues)
{
	uint64_t words[64] = {0};
	HD_ASSERT(width > 0 && width <= HD_NONOGRAM_SIDE);
	HD_ASSERT(height > 0 && height <= HD_NONOGRAM_SIDE);
	clues->lines[HD_NONOGRAM_COLUMNS] = width;
	clues->lines[HD_NONOGRAM_ROWS] = height;
	axis_of(rows, HD_NONOGRAM_ROWS, clues);
	memcpy(words, rows, height * sizeof(*rows));
	transpose(words);
	axis_of(words, HD_NONOGRAM_COLUMNS, clues);
}

void
hd_nonogram_picture_write(const uint64_t *rows, uint32_t width, uint32_t height,
			  struct hd_writer *out)
{
	HD_ASSERT(width > 0 && width <= HD_NONOGRAM_SIDE);
	HD_ASSERT(height > 0 && height <= HD_NONOGRAM_SIDE);
	for (uint32_t row = 0; row < height; row++) {
		uint8_t cells[HD_NONOGRAM_SIDE + 1] = {'/'};
		for (uint32_t column = 0; column < width; column++)
			cells[1 + column] = (uint8_t)('0' + (rows[row] >> column & 1));
		hd_write_fixed(out, cells + (row == 0), width + (row > 0));
	}
}
