/* bytes.h - borrowed bytes, and the one reader and writer for everything that is encoded.
 *
 * `struct hd_bytes` never owns: it points into a receive buffer, a frame, a block or a record, and
 * the function that takes one says how long it must live. Encodings are little-endian; integers are
 * LEB128 varints (signed ones zig-zag) unless a width is named.
 *
 * A reader never runs past its end: the first read that would sets `bad`, and every later read then
 * gives 0 or empty bytes. Check `bad` once, at the end. A writer works the same way with `full`. */
#ifndef HUNTD_BYTES_H
#define HUNTD_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct hd_bytes {
	const uint8_t *at;
	uint32_t size;
};

#define HD_BYTES(literal) ((struct hd_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static inline struct hd_bytes
hd_bytes_of(const void *at, size_t size)
{
	return (struct hd_bytes){at, (uint32_t)size};
}

static inline struct hd_bytes
hd_bytes_str(const char *text)
{
	return hd_bytes_of(text, strlen(text));
}

static inline bool
hd_bytes_equal(struct hd_bytes a, struct hd_bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

/* Order of bytes, a shorter one first where it is a prefix: below 0, 0, above 0. */
static inline int
hd_bytes_compare(struct hd_bytes a, struct hd_bytes b)
{
	uint32_t common = a.size < b.size ? a.size : b.size;
	int order = common ? memcmp(a.at, b.at, common) : 0;
	return order ? order : (a.size > b.size) - (a.size < b.size);
}

struct hd_reader {
	const uint8_t *at, *end;
	bool bad;
};

static inline struct hd_reader
hd_reader_of(struct hd_bytes bytes)
{
	/* Nothing has no address to add to. */
	const uint8_t *end = bytes.size ? bytes.at + bytes.size : bytes.at;
	return (struct hd_reader){bytes.at, end, false};
}

static inline uint32_t
hd_reader_left(const struct hd_reader *r)
{
	return (uint32_t)(r->end - r->at);
}

static inline uint8_t
hd_read_u8(struct hd_reader *r)
{
	if (r->at == r->end) {
		r->bad = true;
		return 0;
	}
	return *r->at++;
}

static inline uint64_t
hd_read_varint(struct hd_reader *r)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = hd_read_u8(r);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			if (shift == 63 && byte > 1)
				r->bad = true;
			return value;
		}
	}
	r->bad = true;
	return 0;
}

/* A varint that must not be over `max`. */
static inline uint64_t
hd_read_bounded(struct hd_reader *r, uint64_t max)
{
	uint64_t value = hd_read_varint(r);
	if (value > max) {
		r->bad = true;
		return 0;
	}
	return value;
}

static inline int64_t
hd_read_signed(struct hd_reader *r)
{
	uint64_t value = hd_read_varint(r);
	return (int64_t)((value >> 1) ^ (~(value & 1) + 1));
}

/* Exactly `size` bytes, borrowed from the reader's input. */
static inline struct hd_bytes
hd_read_fixed(struct hd_reader *r, uint32_t size)
{
	if (hd_reader_left(r) < size) {
		r->bad = true;
		r->at = r->end;
		return (struct hd_bytes){0};
	}
	struct hd_bytes bytes = {r->at, size};
	r->at += size;
	return bytes;
}

/* A length and that many bytes, at most `max`. */
static inline struct hd_bytes
hd_read_bytes(struct hd_reader *r, uint32_t max)
{
	uint32_t size = (uint32_t)hd_read_bounded(r, max);
	return hd_read_fixed(r, size);
}

static inline uint64_t
hd_read_u64(struct hd_reader *r)
{
	struct hd_bytes b = hd_read_fixed(r, 8);
	uint64_t value = 0;
	if (b.size)
		memcpy(&value, b.at, 8);
	return value;
}

struct hd_writer {
	uint8_t *at, *end;
	bool full;
};

static inline struct hd_writer
hd_writer_of(void *at, size_t size)
{
	return (struct hd_writer){at, (uint8_t *)at + size, false};
}

static inline void
hd_write_u8(struct hd_writer *w, uint8_t value)
{
	if (w->at == w->end)
		w->full = true;
	else
		*w->at++ = value;
}

static inline void
hd_write_varint(struct hd_writer *w, uint64_t value)
{
	while (value >= 0x80) {
		hd_write_u8(w, (uint8_t)(value | 0x80));
		value >>= 7;
	}
	hd_write_u8(w, (uint8_t)value);
}

static inline void
hd_write_signed(struct hd_writer *w, int64_t value)
{
	hd_write_varint(w, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static inline void
hd_write_fixed(struct hd_writer *w, const void *from, uint32_t size)
{
	if ((size_t)(w->end - w->at) < size) {
		w->full = true;
		w->at = w->end;
	} else if (size) {
		memcpy(w->at, from, size);
		w->at += size;
	}
}

static inline void
hd_write_bytes(struct hd_writer *w, struct hd_bytes bytes)
{
	hd_write_varint(w, bytes.size);
	hd_write_fixed(w, bytes.at, bytes.size);
}

static inline void
hd_write_u64(struct hd_writer *w, uint64_t value)
{
	hd_write_fixed(w, &value, 8);
}

#endif
