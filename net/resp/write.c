#include "net/resp/write.h"

#include "huntd/assert.h"

#define DEPTH_MAX 8u

/* The start of an outcome's reply, ready to copy: 8 bytes of head, then name and line end. */
struct outcome_text {
	char head[8];
	char name[16];
	uint32_t size; /* of name with line end */
};

static const struct outcome_text outcomes[HD_OUTCOME_COUNT] = {
#define X(symbol, name)                                                                            \
	{{'*', '4', '\r', '\n', '$', '0' + sizeof(name) - 1, '\r', '\n'},                          \
	 name "\r\n",                                                                              \
	 sizeof(name) + 1},
	HD_OUTCOMES(X)
#undef X
};

static const char pairs[201] = "0001020304050607080910111213141516171819202122232425262728293031323"
			       "334353637383940414243444546474849"
			       "5051525354555657585960616263646566676869707172737475767778798081828"
			       "384858687888990919293949596979899";

static inline uint32_t
digits_of(uint64_t value)
{
	static const uint64_t powers[] = {
		0,
		10,
		100,
		1000,
		10000,
		100000,
		1000000,
		10000000,
		100000000,
		1000000000,
		10000000000,
		100000000000,
		1000000000000,
		10000000000000,
		100000000000000,
		1000000000000000,
		10000000000000000,
		100000000000000000,
		1000000000000000000,
		UINT64_C(10000000000000000000),
	};
	uint32_t bits = 64 - (uint32_t)__builtin_clzll(value | 1), guess = bits * 1233 >> 12;
	return guess + (value >= powers[guess]);
}

/* In place, from the last pair of digits to the first. */
static inline uint8_t *
decimal(uint8_t *to, int64_t number)
{
	uint64_t value = (uint64_t)number;
	if (number < 0) {
		*to++ = '-';
		value = ~value + 1;
	}
	uint32_t size = value < 10 ? 1 : digits_of(value);
	uint8_t *at = to + size;
	while (value >= 100) {
		at -= 2;
		memcpy(at, pairs + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10)
		memcpy(to, pairs + value * 2, 2);
	else
		*to = (uint8_t)('0' + value);
	return to + size;
}

uint8_t *
hd_resp_decimal(uint8_t *to, int64_t value)
{
	return decimal(to, value);
}

static inline uint8_t *
line_end(uint8_t *to)
{
	memcpy(to, "\r\n", 2);
	return to + 2;
}

/* `:5`, `$3`, `*2` and their like, with the line end. */
static inline uint8_t *
counted(uint8_t *to, char mark, int64_t value)
{
	*to++ = (uint8_t)mark;
	return line_end(decimal(to, value));
}

static inline uint8_t *
bulk(uint8_t *to, struct hd_bytes bytes)
{
	if (bytes.size == 0) {
		memcpy(to, "$0\r\n\r\n", 6);
		return to + 6;
	}
	to = counted(to, '$', bytes.size);
	memcpy(to, bytes.at, bytes.size);
	return line_end(to + bytes.size);
}

static uint8_t *
line_text(uint8_t *to, struct hd_bytes text)
{
	for (uint32_t i = 0; i < text.size; i++)
		*to++ = text.at[i] < 0x20 || text.at[i] == 0x7f ? ' ' : text.at[i];
	return to;
}

static uint8_t *
error_write(uint8_t *to, const struct hd_reply *reply)
{
	*to++ = '-';
	to = line_text(to, hd_bytes_str(hd_error_prefix((enum hd_error)reply->error)));
	*to++ = ' ';
	struct hd_bytes text = reply->detail;
	to = line_text(to,
		       text.size ? text : hd_bytes_str(hd_error_text((enum hd_error)reply->error)));
	return line_end(to);
}

static inline uint8_t *
outcome_write(uint8_t *to, const struct hd_reply *reply)
{
	const struct outcome_text *text = &outcomes[reply->outcome];
	memcpy(to, text->head, sizeof text->head);
	memcpy(to + sizeof text->head, text->name, sizeof text->name);
	to += sizeof text->head + text->size;
	to = counted(to, ':', reply->points);
	to = counted(to, ':', reply->score);
	if (!reply->number)
		return bulk(to, reply->detail);
	uint8_t digits[20];
	return bulk(to,
		    hd_bytes_of(digits, (size_t)(decimal(digits, reply->detail_number) - digits)));
}

static void
part(struct hd_writer *w, char mark, int64_t value)
{
	uint8_t text[24];
	hd_write_fixed(w, text, (uint32_t)(counted(text, mark, value) - text));
}

void
hd_resp_bulk(struct hd_writer *w, struct hd_bytes bytes)
{
	part(w, '$', bytes.size);
	hd_write_fixed(w, bytes.at, bytes.size);
	hd_write_fixed(w, "\r\n", 2);
}

void
hd_resp_integer(struct hd_writer *w, int64_t value)
{
	part(w, ':', value);
}

void
hd_resp_push(struct hd_writer *w, uint32_t protocol, uint32_t count)
{
	part(w, protocol == 3 ? '>' : '*', count);
}

static void
simple(struct hd_writer *w, struct hd_bytes text)
{
	hd_write_u8(w, '+');
	if ((size_t)(w->end - w->at) < text.size)
		w->full = true;
	else
		w->at = line_text(w->at, text);
	hd_write_fixed(w, "\r\n", 2);
}

/* Walks the tree with the number of values left at each depth. */
static void
value_write(struct hd_writer *w, uint32_t protocol, struct hd_reader *r)
{
	uint64_t left[DEPTH_MAX] = {1};
	for (uint32_t depth = 0;;) {
		while (left[depth] == 0) {
			if (depth-- == 0)
				return;
		}
		left[depth]--;
		uint8_t tag = hd_read_u8(r);
		switch (tag) {
		case HD_VALUE_NIL:
			hd_write_fixed(w, protocol == 3 ? "_\r\n" : "$-1\r\n",
				       protocol == 3 ? 3 : 5);
			break;
		case HD_VALUE_INT:
			hd_resp_integer(w, hd_read_signed(r));
			break;
		case HD_VALUE_BULK:
			hd_resp_bulk(w, hd_read_bytes(r, UINT32_MAX));
			break;
		case HD_VALUE_SIMPLE:
			simple(w, hd_read_bytes(r, UINT32_MAX));
			break;
		case HD_VALUE_ARRAY:
		case HD_VALUE_MAP:
			HD_ASSERT(depth + 1 < DEPTH_MAX);
			uint64_t count = hd_read_bounded(r, UINT32_MAX / 2);
			bool map = tag == HD_VALUE_MAP;
			left[++depth] = map ? count * 2 : count;
			part(w, map && protocol == 3 ? '%' : '*',
			     (int64_t)(map && protocol != 3 ? count * 2 : count));
			break;
		default:
			HD_UNREACHABLE();
		}
		if (r->bad || w->full)
			break;
	}
	HD_ASSERT(!r->bad);
}

static bool
tree_write(uint8_t *to, size_t room, uint32_t protocol, const struct hd_reply *reply,
	   uint32_t *size)
{
	struct hd_writer w = hd_writer_of(to, room);
	struct hd_reader r = hd_reader_of(reply->detail);
	value_write(&w, protocol, &r);
	*size = (uint32_t)(w.at - to);
	return !w.full;
}

bool
hd_resp_reply(uint8_t *to, size_t room, uint32_t protocol, const struct hd_reply *reply,
	      uint32_t *size)
{
	if (reply->kind == HD_REPLY_VALUE)
		return tree_write(to, room, protocol, reply, size);
	if (room < (size_t)reply->detail.size + HD_RESP_ROOM)
		return false;
	uint8_t *at = to;
	switch (reply->kind) {
	case HD_REPLY_OUTCOME:
		at = outcome_write(at, reply);
		break;
	case HD_REPLY_ERROR:
		at = error_write(at, reply);
		break;
	case HD_REPLY_STATUS:
		*at++ = '+';
		at = line_end(line_text(at, reply->detail));
		break;
	case HD_REPLY_INTEGER:
		at = counted(at, ':', reply->points);
		break;
	case HD_REPLY_TEXT:
		at = bulk(at, reply->detail);
		break;
	default:
		HD_ASSERT(reply->kind == HD_REPLY_NIL);
		memcpy(at, protocol == 3 ? "_\r\n\0" : "*-1\r\n", 5);
		at += protocol == 3 ? 3 : 5;
		break;
	}
	*size = (uint32_t)(at - to);
	return true;
}
