/* put.h - writing without looking where the end is, once the room for the most was checked. */
#ifndef HUNTD_CORE_WIRE_PUT_H
#define HUNTD_CORE_WIRE_PUT_H

#include "huntd/bytes.h"

static inline uint8_t *
hd_put_varint(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

static inline uint8_t *
hd_put_signed(uint8_t *at, int64_t value)
{
	return hd_put_varint(at, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

/* Ids are short: two overlapping words are cheaper than a call. */
static inline uint8_t *
hd_put_fixed(uint8_t *at, const uint8_t *from, uint32_t size)
{
	if (size - 8 <= 8) {
		uint64_t head, tail;
		memcpy(&head, from, 8);
		memcpy(&tail, from + size - 8, 8);
		memcpy(at, &head, 8);
		memcpy(at + size - 8, &tail, 8);
	} else if (size != 0) {
		memcpy(at, from, size);
	}
	return at + size;
}

static inline uint8_t *
hd_put_bytes(uint8_t *at, struct hd_bytes bytes)
{
	return hd_put_fixed(hd_put_varint(at, bytes.size), bytes.at, bytes.size);
}

#endif
