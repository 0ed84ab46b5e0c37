/* The overlay: an answer laid over a solved grid (PUZZLES.md, chapter b). */
#include "core/puzzle/stream.h"
#include "huntd/assert.h"

#define LETTERS 26u

struct draw {
	struct hd_stream stream;
	uint32_t count, used;
	uint16_t cells[HD_PUZZLE_CELLS_MAX];
};

/* Cells that the instance prints say nothing that is to be found out. */
static void
draw_begin(struct draw *draw, const struct hd_puzzle_spec *spec, const uint8_t *seed,
	   const uint8_t *digits)
{
	uint32_t cells = (uint32_t)spec->params.width * spec->params.height, open = 0;
	HD_ASSERT(cells >= spec->kind->digits && cells <= HD_PUZZLE_CELLS_MAX);
	hd_stream_init(&draw->stream, seed, HD_STREAM_OVERLAY);
	for (uint32_t i = 0; i < cells; i++) {
		draw->cells[open] = (uint16_t)i;
		open += !(digits[i] & HD_PUZZLE_GIVEN);
	}
	if (open < spec->kind->digits)
		for (open = 0; open < cells; open++)
			draw->cells[open] = (uint16_t)open;
	draw->count = open;
	draw->used = 0;
}

/* The next of a shuffle of all cells. */
static uint32_t
draw_cell(struct draw *draw)
{
	HD_ASSERT(draw->used < draw->count);
	uint32_t at = draw->used + hd_stream_below(&draw->stream, draw->count - draw->used);
	uint16_t cell = draw->cells[at];
	draw->cells[at] = draw->cells[draw->used];
	draw->cells[draw->used++] = cell;
	return cell;
}

static uint32_t
number_of(const struct hd_puzzle_kind *kind, uint32_t width, const struct hd_puzzle_mark *mark,
	  const uint8_t *digits)
{
	uint32_t number = 0;
	HD_ASSERT(mark->cells_count == kind->digits);
	for (uint32_t c = 0; c < mark->cells_count; c++) {
		uint32_t cell = mark->cells[c].row * width + mark->cells[c].column;
		uint32_t digit = digits[cell] & ~HD_PUZZLE_GIVEN;
		HD_ASSERT(digit < kind->base);
		number = number * kind->base + digit;
	}
	return number;
}

void
hd_puzzle_overlay_make(const struct hd_puzzle_spec *spec, const uint8_t seed[HD_PUZZLE_SEED],
		       struct hd_bytes answer, const uint8_t *digits,
		       struct hd_puzzle_overlay *overlay)
{
	struct draw draw;
	HD_ASSERT(answer.size >= HD_PHRASE_MIN && answer.size <= HD_PHRASE_MAX);
	HD_ASSERT(spec->kind->digits > 0 && spec->kind->digits <= HD_PUZZLE_DIGITS_MAX);
	draw_begin(&draw, spec, seed, digits);
	memset(overlay, 0, sizeof(*overlay));
	overlay->count = answer.size;
	for (uint32_t i = 0; i < answer.size; i++) {
		struct hd_puzzle_mark *mark = &overlay->marks[i];
		if (draw.count - draw.used < spec->kind->digits)
			draw.used = 0; /* the grid is used up: cells may serve again */
		mark->cells_count = spec->kind->digits;
		for (uint32_t c = 0; c < mark->cells_count; c++) {
			uint32_t cell = draw_cell(&draw);
			mark->cells[c].row = (uint16_t)(cell / spec->params.width);
			mark->cells[c].column = (uint16_t)(cell % spec->params.width);
		}
		HD_ASSERT(answer.at[i] >= 'A' && answer.at[i] <= 'Z');
		uint32_t turn = number_of(spec->kind, spec->params.width, mark, digits) % LETTERS;
		mark->letter = (uint8_t)('A' + (answer.at[i] - 'A' + LETTERS - turn) % LETTERS);
	}
}

uint32_t
hd_puzzle_overlay_read(const struct hd_puzzle_kind *kind, const struct hd_puzzle_params *params,
		       const struct hd_puzzle_overlay *overlay, const uint8_t *digits,
		       uint8_t *answer)
{
	HD_ASSERT(overlay->count <= HD_PHRASE_MAX && kind->digits > 0);
	for (uint32_t i = 0; i < overlay->count; i++) {
		const struct hd_puzzle_mark *mark = &overlay->marks[i];
		uint32_t turn = number_of(kind, params->width, mark, digits);
		answer[i] = (uint8_t)('A' + (mark->letter - 'A' + turn) % LETTERS);
	}
	return overlay->count;
}
