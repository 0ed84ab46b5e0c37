/* Lights Out as SGT's flip writes it: `WxH:matrix,start`, both in hex. */
#include "core/puzzle/text.h"
#include "core/puzzle/lightsout/lights.h"
#include "huntd/assert.h"

static uint32_t
digit_value(uint8_t digit)
{
	return digit <= '9' ? digit - (uint32_t)'0' : digit - (uint32_t)'a' + 10;
}

static bool
bit_at(const uint8_t *digits, uint32_t bit)
{
	return digit_value(digits[bit / 4]) >> (3 - bit % 4) & 1;
}

/* Takes the digits of that many bits; the bits that fill the last digit up are 0. */
static const uint8_t *
take_hex(struct hd_reader *in, uint32_t bits)
{
	uint32_t count = HD_LIGHTS_DIGITS(bits);
	struct hd_bytes digits = hd_read_fixed(in, count);
	uint32_t bad = 0;
	HD_ASSERT(bits > 0);
	if (in->bad)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t d = digits.at[i];
		bad |= !((d >= '0' && d <= '9') | (d >= 'a' && d <= 'f'));
	}
	if (bad || (digit_value(digits.at[count - 1]) & ((1u << (count * 4 - bits)) - 1)) != 0)
		return NULL;
	return digits.at;
}

const char *
hd_lights_read(struct hd_bytes text, struct hd_lights *lights)
{
	struct hd_reader in = hd_reader_of(text);
	struct hd_puzzle_params sides;
	HD_ASSERT(lights != NULL);
	if (!hd_grid_take(&in, hd_lights_sides, ":", &sides))
		return "it begins with its sides, as in 7x7:, each from 3 to 16";
	uint32_t w = sides.width, h = sides.height;
	if (w * h > HD_LIGHTS_CELLS_MAX)
		return "it has too many cells; 196 at most";
	*lights = (struct hd_lights){.width = w, .height = h, .cells = w * h};
	lights->matrix = take_hex(&in, w * h * w * h);
	if (lights->matrix == NULL)
		return "the matrix is not the hex digits 0-9a-f of one bit for each pair of cells";
	if (!hd_text_take(&in, ','))
		return "after the matrix comes a comma";
	lights->start = take_hex(&in, w * h);
	if (lights->start == NULL)
		return "the lit cells are not the hex digits 0-9a-f of one bit a cell";
	return in.at == in.end ? NULL : "there is more after the lit cells";
}

bool
hd_lights_turns(const struct hd_lights *lights, uint32_t press, uint32_t cell)
{
	HD_ASSERT(press < lights->cells && cell < lights->cells);
	return bit_at(lights->matrix, press * lights->cells + cell);
}

bool
hd_lights_lit(const struct hd_lights *lights, uint32_t cell)
{
	HD_ASSERT(cell < lights->cells);
	return bit_at(lights->start, cell);
}

static void
set_bit(uint8_t *digits, uint32_t bit)
{
	digits[bit / 4] |= (uint8_t)(8u >> bit % 4);
}

static void
to_hex(uint8_t *digits, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		digits[i] = (uint8_t)(digits[i] + (digits[i] > 9 ? 'a' - 10 : '0'));
}

void
hd_lights_crosses(uint32_t width, uint32_t height, uint8_t *digits)
{
	uint32_t cells = width * height, count = HD_LIGHTS_DIGITS(cells * cells);
	HD_ASSERT(cells <= HD_LIGHTS_CELLS_MAX && count <= HD_LIGHTS_MATRIX_MAX);
	memset(digits, 0, count);
	for (uint32_t y = 0, cell = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++, cell++) {
			uint32_t self = cell * cells + cell;
			if (y > 0)
				set_bit(digits, self - width);
			if (x > 0)
				set_bit(digits, self - 1);
			set_bit(digits, self);
			if (x + 1 < width)
				set_bit(digits, self + 1);
			if (y + 1 < height)
				set_bit(digits, self + width);
		}
	}
	to_hex(digits, count);
}

void
hd_lights_write_set(struct hd_writer *out, const struct hd_lights_set *set, uint32_t cells)
{
	uint8_t digits[HD_LIGHTS_DIGITS(HD_LIGHTS_CELLS_MAX)] = {0};
	HD_ASSERT(cells <= HD_LIGHTS_CELLS_MAX);
	for (uint32_t cell = 0; cell < cells; cell++)
		if (hd_lights_has(set, cell))
			set_bit(digits, cell);
	to_hex(digits, HD_LIGHTS_DIGITS(cells));
	hd_write_fixed(out, digits, HD_LIGHTS_DIGITS(cells));
}
