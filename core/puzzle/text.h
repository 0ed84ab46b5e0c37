/* text.h - the small pieces of reading and writing instances as text. */
#ifndef HUNTD_CORE_PUZZLE_TEXT_H
#define HUNTD_CORE_PUZZLE_TEXT_H

#include "huntd/bytes.h"

static inline void
hd_text_put(struct hd_writer *out, const char *text)
{
	hd_write_fixed(out, text, (uint32_t)strlen(text));
}

static inline void
hd_text_put_number(struct hd_writer *out, uint64_t value)
{
	uint8_t digits[20];
	uint32_t at = sizeof(digits);
	do
		digits[--at] = (uint8_t)('0' + value % 10);
	while ((value /= 10) > 0);
	hd_write_fixed(out, digits + at, (uint32_t)sizeof(digits) - at);
}

/* What people call a cell, from row and column: r1c1 is 0, 0. */
static inline void
hd_text_put_cell(struct hd_writer *out, uint32_t row, uint32_t column)
{
	hd_text_put(out, "r");
	hd_text_put_number(out, (uint64_t)row + 1);
	hd_text_put(out, "c");
	hd_text_put_number(out, (uint64_t)column + 1);
}

/* Ends a line that began at `from`, without the spaces at its end. */
static inline void
hd_text_end_line(struct hd_writer *out, const uint8_t *from)
{
	while (out->at > from && out->at[-1] == ' ')
		out->at--;
	hd_write_u8(out, '\n');
}

/* Takes the next byte where it is `byte`. */
static inline bool
hd_text_take(struct hd_reader *in, char byte)
{
	if (in->at == in->end || *in->at != (uint8_t)byte)
		return false;
	in->at++;
	return true;
}

/* Takes a decimal number of at most `max`; false: there is none, or it is greater. */
static inline bool
hd_text_take_number(struct hd_reader *in, uint32_t max, uint32_t *number)
{
	const uint8_t *from = in->at;
	uint64_t value = 0;
	while (in->at < in->end && *in->at >= '0' && *in->at <= '9' && value <= max)
		value = value * 10 + (uint64_t)(*in->at++ - '0');
	*number = (uint32_t)value;
	return in->at > from && value <= max;
}

/* The same from `least`, 1 or more, and written in the one way: without a zero in front. */
static inline bool
hd_text_take_size(struct hd_reader *in, uint32_t least, uint32_t most, uint32_t *size)
{
	return in->at < in->end && *in->at != '0' && hd_text_take_number(in, most, size) &&
	       *size >= least;
}

#endif
