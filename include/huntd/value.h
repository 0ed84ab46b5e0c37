/* value.h - a neutral tree of values: what a reply holds when it is more than a few fields.
 *
 * Encoding: a tag byte, then by tag: nothing (nil, true, false), a signed varint (int), length and
 * bytes (bulk, simple), a count and that many values (array), a count and that many pairs (map).
 * Depth is at most 8. Written straight into a buffer, read once by a codec. */
#ifndef HUNTD_VALUE_H
#define HUNTD_VALUE_H

#include "huntd/bytes.h"

enum hd_value_tag {
	HD_VALUE_NIL = 'n',
	HD_VALUE_INT = 'i',
	HD_VALUE_BULK = 'b',
	HD_VALUE_SIMPLE = 's',
	HD_VALUE_ARRAY = 'a',
	HD_VALUE_MAP = 'm',
};

static inline void
hd_value_nil(struct hd_writer *w)
{
	hd_write_u8(w, HD_VALUE_NIL);
}

static inline void
hd_value_int(struct hd_writer *w, int64_t value)
{
	hd_write_u8(w, HD_VALUE_INT);
	hd_write_signed(w, value);
}

static inline void
hd_value_bulk(struct hd_writer *w, struct hd_bytes bytes)
{
	hd_write_u8(w, HD_VALUE_BULK);
	hd_write_bytes(w, bytes);
}

static inline void
hd_value_text(struct hd_writer *w, const char *text)
{
	hd_value_bulk(w, hd_bytes_str(text));
}

static inline void
hd_value_simple(struct hd_writer *w, const char *text)
{
	hd_write_u8(w, HD_VALUE_SIMPLE);
	hd_write_bytes(w, hd_bytes_str(text));
}

/* `count` values follow. */
static inline void
hd_value_array(struct hd_writer *w, uint32_t count)
{
	hd_write_u8(w, HD_VALUE_ARRAY);
	hd_write_varint(w, count);
}

/* `pairs` keys and values follow, key first. */
static inline void
hd_value_map(struct hd_writer *w, uint32_t pairs)
{
	hd_write_u8(w, HD_VALUE_MAP);
	hd_write_varint(w, pairs);
}

#endif
