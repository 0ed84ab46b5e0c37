/* Instances and solutions as text, in the forms of SGT's loopy: `10x10t0:desc`, a digit a clue and
 * a letter for a run of faces without (a: one, z: 26); and the move `S0y1n...`, every edge. */
#include "core/puzzle/text.h"

#include "core/puzzle/grid.h"
#include "core/puzzle/slitherlink/slitherlink.h"
#include "huntd/assert.h"

static const char bad_params[] = "WxHt0 is wanted, from 5x5t0 to 30x30t0";

static const struct hd_grid_sides sides = {HD_SLITHER_MIN, HD_SLITHER_MAX};

const char *
hd_slither_params_read(struct hd_bytes text, struct hd_puzzle_params *params)
{
	return hd_grid_read(text, sides, "t0", params) ? NULL : bad_params;
}

void
hd_slither_params_write(const struct hd_puzzle_params *params, struct hd_writer *out)
{
	hd_grid_write(params, "t0", out);
}

const char *
hd_slither_check(struct hd_bytes text, struct hd_puzzle_params *params)
{
	struct hd_reader in = hd_reader_of(text);
	uint32_t faces = 0;
	if (!hd_grid_take(&in, sides, "t0", params))
		return bad_params;
	if (!hd_text_take(&in, ':'))
		return "the sizes are followed by a colon and the clues";
	while (in.at < in.end && faces <= HD_SLITHER_FACES) {
		uint8_t byte = *in.at++;
		if (byte >= 'a' && byte <= 'z')
			faces += (uint32_t)(byte - 'a' + 1);
		else if (byte >= '0' && byte <= '4')
			faces++;
		else
			return "a clue is 0 to 4, a run of faces without one is a to z";
	}
	if (faces != (uint32_t)params->width * params->height)
		return "there must be as many faces as the sizes say";
	return NULL;
}

struct hd_puzzle_params
hd_slither_clues(struct hd_bytes text, uint8_t *clues)
{
	struct hd_puzzle_params params;
	struct hd_reader in = hd_reader_of(text);
	bool sized = hd_grid_take(&in, sides, "t0:", &params);
	uint32_t face = 0;
	HD_ASSERT(sized);
	for (; in.at < in.end; in.at++) {
		bool blank = *in.at >= 'a';
		uint32_t run = blank ? (uint32_t)(*in.at - 'a' + 1) : 1;
		HD_ASSERT(face + run <= HD_SLITHER_FACES);
		memset(clues + face, blank ? (int)HD_SLITHER_BLANK : *in.at - '0', run);
		face += run;
	}
	HD_ASSERT(face == (uint32_t)params.width * params.height);
	return params;
}

void
hd_slither_text_write(const struct hd_puzzle_params *params, const uint8_t *clues,
		      struct hd_writer *out)
{
	uint32_t faces = (uint32_t)params->width * params->height, run = 0;
	HD_ASSERT(faces <= HD_SLITHER_FACES);
	hd_slither_params_write(params, out);
	hd_text_put(out, ":");
	for (uint32_t face = 0; face < faces; face++) {
		bool blank = clues[face] == HD_SLITHER_BLANK;
		run += blank;
		if (run > 0 && (!blank || run == 26 || face + 1 == faces)) {
			hd_write_u8(out, (uint8_t)('a' + run - 1));
			run = 0;
		}
		if (!blank)
			hd_write_u8(out, (uint8_t)('0' + clues[face]));
	}
}

/* SGT numbers edges as it first meets them: faces by rows from the top, of each the edge above,
 * right, below, left. So the top row of faces brings three each and one more, every other row two
 * each and one more. */
void
hd_slither_numbers(const struct hd_puzzle_params *params, uint32_t row, uint32_t column,
		   uint32_t numbers[4])
{
	uint32_t width = params->width;
	/* The first number of a row of faces, and the edge to the right of a face in it. */
	uint32_t start = row == 0 ? 0 : 3 * width + 1 + (row - 1) * (2 * width + 1);
	uint32_t each = row == 0 ? 3 : 2;
	HD_ASSERT(row < params->height && column < width);
	numbers[1] = start + each * column + (column > 0) + (row == 0);
	numbers[2] = numbers[1] + 1;
	if (column == 0)
		numbers[3] = numbers[2] + 1;
	else
		numbers[3] = numbers[1] - each - (column == 1);
	if (row == 0) {
		numbers[0] = numbers[1] - 1;
	} else {
		uint32_t before[4];
		start = row == 1 ? 0 : start - (2 * width + 1);
		each = row == 1 ? 3 : 2;
		before[1] = start + each * column + (column > 0) + (row == 1);
		numbers[0] = before[1] + 1;
	}
}

void
hd_slither_move_write(const uint8_t *yes, uint32_t edges, struct hd_writer *out)
{
	HD_ASSERT(edges <= HD_SLITHER_EDGES);
	hd_write_u8(out, 'S');
	for (uint32_t edge = 0; edge < edges; edge++) {
		hd_text_put_number(out, edge);
		hd_write_u8(out, yes[edge] ? 'y' : 'n');
	}
}

bool
hd_slither_move_read(struct hd_bytes solution, uint8_t *yes, uint32_t edges)
{
	struct hd_reader in = hd_reader_of(solution);
	uint32_t number;
	if (!hd_text_take(&in, 'S'))
		return false;
	for (uint32_t edge = 0; edge < edges; edge++) {
		const uint8_t *from = in.at;
		if (!hd_text_take_number(&in, HD_SLITHER_EDGES, &number) || number != edge)
			return false;
		if (*from == '0' && in.at - from > 1)
			return false;
		yes[edge] = hd_text_take(&in, 'y');
		if (!yes[edge] && !hd_text_take(&in, 'n'))
			return false;
	}
	return in.at == in.end;
}

/* SGT's own identifiers may leave out what is usual, and carry a difficulty. */
const char *
hd_slither_form_read(enum hd_puzzle_form form, struct hd_bytes in, struct hd_writer *out)
{
	struct hd_reader left = hd_reader_of(in);
	uint32_t width, height;
	HD_ASSERT(form == HD_PUZZLE_FORM_SGT);
	if (!hd_text_take_size(&left, 1, HD_SLITHER_MAX, &width))
		return bad_params;
	height = width;
	if (hd_text_take(&left, 'x') && !hd_text_take_size(&left, 1, HD_SLITHER_MAX, &height))
		return bad_params;
	if (hd_text_take(&left, 't') && !hd_text_take(&left, '0'))
		return "only squares (t0) are known";
	if (hd_text_take(&left, 'd') && hd_read_u8(&left) == ':')
		return "after d there is a letter for the difficulty";
	hd_slither_params_write(
		&(struct hd_puzzle_params){.width = (uint16_t)width, .height = (uint16_t)height},
		out);
	hd_write_fixed(out, left.at, hd_reader_left(&left));
	return NULL;
}

void
hd_slither_form_write(enum hd_puzzle_form form, struct hd_bytes text, struct hd_writer *out)
{
	HD_ASSERT(form == HD_PUZZLE_FORM_SGT && text.size <= HD_SLITHER_TEXT);
	hd_write_fixed(out, text.at, text.size);
}
