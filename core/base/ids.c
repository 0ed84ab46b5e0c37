#include "huntd/ids.h"

#include "huntd/assert.h"

#include <utf8proc.h>

/* CRC16 with polynomial 0x1021, no reflection, start 0 (XMODEM), eight bytes a step. Row k, column
 * v is the remainder of byte v with k + 2 zero bytes behind it. As a CRC is linear, a row follows
 * from the remainders of its eight single bits. */
#define BIT(v, n, r) (((v) >> (n)&1) ? (r) : 0)
#define ONE(v, a, b, c, d, e, f, g, h)                                                             \
	(BIT(v, 0, a) ^ BIT(v, 1, b) ^ BIT(v, 2, c) ^ BIT(v, 3, d) ^ BIT(v, 4, e) ^ BIT(v, 5, f) ^ \
	 BIT(v, 6, g) ^ BIT(v, 7, h))
#define FOUR(v, ...)                                                                               \
	ONE(v, __VA_ARGS__), ONE((v) + 1, __VA_ARGS__), ONE((v) + 2, __VA_ARGS__),                 \
		ONE((v) + 3, __VA_ARGS__)
#define SIXTEEN(v, ...)                                                                            \
	FOUR(v, __VA_ARGS__), FOUR((v) + 4, __VA_ARGS__), FOUR((v) + 8, __VA_ARGS__),              \
		FOUR((v) + 12, __VA_ARGS__)
#define SIXTY_FOUR(v, ...)                                                                         \
	SIXTEEN(v, __VA_ARGS__), SIXTEEN((v) + 16, __VA_ARGS__), SIXTEEN((v) + 32, __VA_ARGS__),   \
		SIXTEEN((v) + 48, __VA_ARGS__)
#define ROW(...)                                                                                   \
	SIXTY_FOUR(0, __VA_ARGS__), SIXTY_FOUR(64, __VA_ARGS__), SIXTY_FOUR(128, __VA_ARGS__),     \
		SIXTY_FOUR(192, __VA_ARGS__)

static const uint16_t crc_rows[8][256] = {
	{ROW(0x1021, 0x2042, 0x4084, 0x8108, 0x1231, 0x2462, 0x48c4, 0x9188)},
	{ROW(0x3331, 0x6662, 0xccc4, 0x89a9, 0x0373, 0x06e6, 0x0dcc, 0x1b98)},
	{ROW(0x3730, 0x6e60, 0xdcc0, 0xa9a1, 0x4363, 0x86c6, 0x1dad, 0x3b5a)},
	{ROW(0x76b4, 0xed68, 0xcaf1, 0x85c3, 0x1ba7, 0x374e, 0x6e9c, 0xdd38)},
	{ROW(0xaa51, 0x4483, 0x8906, 0x022d, 0x045a, 0x08b4, 0x1168, 0x22d0)},
	{ROW(0x45a0, 0x8b40, 0x06a1, 0x0d42, 0x1a84, 0x3508, 0x6a10, 0xd420)},
	{ROW(0xb861, 0x60e3, 0xc1c6, 0x93ad, 0x377b, 0x6ef6, 0xddec, 0xabf9)},
	{ROW(0x47d3, 0x8fa6, 0x0f6d, 0x1eda, 0x3db4, 0x7b68, 0xf6d0, 0xfd81)},
};

static inline uint16_t
crc_eight(uint16_t crc, const uint8_t *b)
{
	return crc_rows[7][b[0] ^ crc >> 8] ^ crc_rows[6][b[1] ^ (crc & 0xff)] ^ crc_rows[5][b[2]] ^
	       crc_rows[4][b[3]] ^ crc_rows[3][b[4]] ^ crc_rows[2][b[5]] ^ crc_rows[1][b[6]] ^
	       crc_rows[0][b[7]];
}

/* Zero bytes in front leave a CRC that starts at 0 as it is: the odd bytes go first. */
static uint16_t
crc(struct hd_bytes bytes)
{
	uint16_t value = 0;
	uint32_t odd = bytes.size % 8;
	for (uint32_t i = 0; i < odd; i++)
		value = (uint16_t)(value << 8) ^ crc_rows[0][bytes.at[i] ^ value >> 8];
	for (uint32_t i = odd; i < bytes.size; i += 8)
		value = crc_eight(value, bytes.at + i);
	return value;
}

uint16_t
hd_slot(struct hd_bytes key)
{
	HD_ASSERT(key.at != NULL || key.size == 0);
	static_assert((HD_SLOTS & (HD_SLOTS - 1)) == 0, "a slot is the low bits of the CRC");
	const uint8_t *open = key.size ? memchr(key.at, '{', key.size) : NULL;
	if (HD_UNLIKELY(open != NULL)) {
		const uint8_t *tag = open + 1, *end = key.at + key.size;
		const uint8_t *close = memchr(tag, '}', (size_t)(end - tag));
		if (close != NULL && close > tag)
			key = hd_bytes_of(tag, (size_t)(close - tag));
	}
	return crc(key) & (HD_SLOTS - 1);
}

static bool
id_valid_unicode(struct hd_bytes id)
{
	for (uint32_t i = 0; i < id.size;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t length = utf8proc_iterate(id.at + i, id.size - i, &c);
		if (length <= 0 || c < 0x21 || (c >= 0x7f && c <= 0xa0))
			return false;
		i += (uint32_t)length;
	}
	return true;
}

#define EACH_BYTE(byte) (0x0101010101010101u * (uint64_t)(byte))

/* Eight bytes at once: a high bit comes up in a byte that is not of 0x21..0x7e (one above a byte
 * that is not may come up for its borrow: the slow way then decides). */
static inline uint64_t
not_graphic(uint64_t word)
{
	uint64_t del = word ^ EACH_BYTE(0x7f);
	return (word | (word - EACH_BYTE(0x21)) | (del - EACH_BYTE(0x01))) & EACH_BYTE(0x80);
}

bool
hd_id_valid(struct hd_bytes id)
{
	HD_ASSERT(id.at != NULL || id.size == 0);
	if (id.size == 0 || id.size > HD_ID_MAX)
		return false;
	uint64_t odd = 0, word = EACH_BYTE('-');
	uint32_t i = 0;
	for (; i + 8 <= id.size; i += 8) {
		memcpy(&word, id.at + i, 8);
		odd |= not_graphic(word);
	}
	if (i >= 8) {
		memcpy(&word, id.at + id.size - 8, 8);
	} else {
		word = EACH_BYTE('-');
		memcpy(&word, id.at, id.size);
	}
	odd |= not_graphic(word);
	return HD_LIKELY(odd == 0) || id_valid_unicode(id);
}

bool
hd_id_valid_strict(struct hd_bytes id)
{
	HD_ASSERT(id.at != NULL || id.size == 0);
	if (id.size == 0 || id.size > HD_ID_MAX)
		return false;
	for (uint32_t i = 0; i < id.size; i++) {
		uint8_t c = id.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return true;
}
