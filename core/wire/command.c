#include "core/base/hash.h"
#include "core/wire/put.h"
#include "huntd/assert.h"
#include "huntd/ids.h"
#include "huntd/wire.h"

/* Which fields follow, in this order. */
enum field {
	FIELD_OP = 1 << 0,
	FIELD_GIVEN = 1 << 1,
	FIELD_ENTRANT = 1 << 2,
	FIELD_HUNT = 1 << 3,
	FIELD_POINTS = 1 << 4,
	FIELD_CHALLENGE = 1 << 5,
	FIELD_TEXT = 1 << 6,
	FIELD_SLOT = 1 << 7,
	FIELD_ID = 1 << 8,
	FIELD_AT = 1 << 9,
	FIELD_BY = 1 << 10,
	FIELD_SUB = 1 << 11,
	FIELD_BOARD = 1 << 12,
	FIELD_COUNT = 1 << 13,
	FIELD_OFFSET = 1 << 14,
	FIELD_MODE = 1 << 15,
	FIELD_VIEW = 1 << 16,
	FIELD_ALL = (1 << 17) - 1,
};

#define FIXED_MAX 128u /* verb, mask, integers and seven lengths, rounded up */
#define GIVEN_ALL (2u * HD_GIVEN_REASON - 1)

uint32_t
hd_command_size_max(const struct hd_command *command)
{
	HD_ASSERT(command->text.size <= HD_BULK_MAX);
	return FIXED_MAX + command->entrant.size + command->hunt.size + command->challenge.size +
	       command->text.size + command->board.size + command->by.size + command->id.size;
}

static uint32_t
fields_of(const struct hd_command *command)
{
	return (command->op ? FIELD_OP : 0u) | (command->given ? FIELD_GIVEN : 0u) |
	       (command->entrant.size ? FIELD_ENTRANT : 0u) |
	       (command->hunt.size ? FIELD_HUNT : 0u) | (command->points ? FIELD_POINTS : 0u) |
	       (command->challenge.size ? FIELD_CHALLENGE : 0u) |
	       (command->text.size ? FIELD_TEXT : 0u) | (command->slot ? FIELD_SLOT : 0u) |
	       (command->id.size ? FIELD_ID : 0u) | (command->at ? FIELD_AT : 0u) |
	       (command->by.size ? FIELD_BY : 0u) | (command->sub ? FIELD_SUB : 0u) |
	       (command->board.size ? FIELD_BOARD : 0u) | (command->count ? FIELD_COUNT : 0u) |
	       (command->offset ? FIELD_OFFSET : 0u) | (command->mode ? FIELD_MODE : 0u) |
	       (command->view ? FIELD_VIEW : 0u);
}

/* The fields that seldom stand in a command of an entrant. */
static uint8_t *
put_rare(uint8_t *at, const struct hd_command *command, uint32_t fields)
{
	if (fields & FIELD_ID)
		at = hd_put_bytes(at, command->id);
	if (fields & FIELD_AT)
		at = hd_put_signed(at, command->at);
	if (fields & FIELD_BY)
		at = hd_put_bytes(at, command->by);
	if (fields & FIELD_SUB)
		at = hd_put_signed(at, command->sub);
	if (fields & FIELD_BOARD)
		at = hd_put_bytes(at, command->board);
	if (fields & FIELD_COUNT)
		at = hd_put_varint(at, command->count);
	if (fields & FIELD_OFFSET)
		at = hd_put_varint(at, command->offset);
	if (fields & FIELD_MODE)
		*at++ = command->mode;
	if (fields & FIELD_VIEW)
		*at++ = command->view;
	return at;
}

static uint8_t *
put_command(uint8_t *at, const struct hd_command *command)
{
	uint32_t fields = fields_of(command);
	*at++ = command->verb;
	at = hd_put_varint(at, fields);
	if (fields & FIELD_OP)
		*at++ = command->op;
	if (fields & FIELD_GIVEN)
		at = hd_put_varint(at, command->given);
	if (fields & FIELD_ENTRANT)
		at = hd_put_bytes(at, command->entrant);
	if (fields & FIELD_HUNT)
		at = hd_put_bytes(at, command->hunt);
	if (fields & FIELD_POINTS)
		at = hd_put_signed(at, command->points);
	if (fields & FIELD_CHALLENGE)
		at = hd_put_bytes(at, command->challenge);
	if (fields & FIELD_TEXT)
		at = hd_put_bytes(at, command->text);
	if (fields & FIELD_SLOT)
		at = hd_put_varint(at, command->slot);
	if (fields >= FIELD_ID)
		at = put_rare(at, command, fields);
	return at;
}

void
hd_command_encode(const struct hd_command *command, struct hd_writer *out)
{
	HD_ASSERT(command->verb < HD_CMD_COUNT_);
	HD_ASSERT(hd_command_rows[command->verb].route != HD_ROUTE_EDGE);
	if ((size_t)(out->end - out->at) < hd_command_size_max(command)) {
		out->full = true;
		return;
	}
	out->at = put_command(out->at, command);
	HD_ASSERT(out->at <= out->end);
}

static void
read_rare(struct hd_reader *r, uint32_t fields, struct hd_command *command)
{
	if (fields & FIELD_ID)
		command->id = hd_read_bytes(r, HD_BULK_MAX);
	if (fields & FIELD_AT)
		command->at = hd_read_signed(r);
	if (fields & FIELD_BY)
		command->by = hd_read_bytes(r, HD_BULK_MAX);
	if (fields & FIELD_SUB)
		command->sub = hd_read_signed(r);
	if (fields & FIELD_BOARD)
		command->board = hd_read_bytes(r, HD_BULK_MAX);
	if (fields & FIELD_COUNT)
		command->count = (uint32_t)hd_read_bounded(r, UINT32_MAX);
	if (fields & FIELD_OFFSET)
		command->offset = hd_read_varint(r);
	if (fields & FIELD_MODE)
		command->mode = (uint8_t)hd_read_bounded(r, HD_MODE_ORDINAL);
	if (fields & FIELD_VIEW)
		command->view = (uint8_t)hd_read_bounded(r, HD_VIEW_TICK);
}

static void
read_command(struct hd_reader *r, uint32_t fields, struct hd_command *command)
{
	if (fields & FIELD_OP)
		command->op = (uint8_t)hd_read_bounded(r, HD_OP_DECR);
	if (fields & FIELD_GIVEN)
		command->given = (uint16_t)hd_read_bounded(r, GIVEN_ALL);
	if (fields & FIELD_ENTRANT)
		command->entrant = hd_read_bytes(r, HD_BULK_MAX);
	if (fields & FIELD_HUNT)
		command->hunt = hd_read_bytes(r, HD_BULK_MAX);
	if (fields & FIELD_POINTS)
		command->points = hd_read_signed(r);
	if (fields & FIELD_CHALLENGE)
		command->challenge = hd_read_bytes(r, HD_BULK_MAX);
	if (fields & FIELD_TEXT)
		command->text = hd_read_bytes(r, HD_BULK_MAX);
	if (fields & FIELD_SLOT)
		command->slot = (uint16_t)hd_read_bounded(r, HD_SLOTS - 1);
	if (fields >= FIELD_ID)
		read_rare(r, fields, command);
}

bool
hd_command_decode(struct hd_bytes bytes, struct hd_command *command)
{
	HD_ASSERT(command != NULL);
	HD_ASSERT(bytes.at != NULL || bytes.size == 0);
	struct hd_reader r = hd_reader_of(bytes);
	*command = (struct hd_command){.verb = hd_read_u8(&r)};
	if (command->verb >= HD_CMD_COUNT_ || hd_command_rows[command->verb].route == HD_ROUTE_EDGE)
		return false;
	uint32_t fields = (uint32_t)hd_read_bounded(&r, FIELD_ALL);
	read_command(&r, fields, command);
	return !r.bad && r.at == r.end && fields_of(command) == fields;
}

#define PLAIN_MAX 256u /* bytes of an argument that are hashed as they are */

/* An argument of any size in PLAIN_MAX bytes at most: a longer one stands as its size and hash. */
static struct hd_bytes
shortened(const uint8_t *key, struct hd_bytes bytes, uint8_t *room)
{
	if (HD_LIKELY(bytes.size <= PLAIN_MAX))
		return bytes;
	memset(room, 0, PLAIN_MAX + 1);
	memcpy(room, &bytes.size, sizeof(bytes.size));
	hd_hash_128(key, bytes, room + sizeof(bytes.size));
	return hd_bytes_of(room, PLAIN_MAX + 1);
}

void
hd_command_args_hash(const uint8_t *key, const struct hd_command *command, uint8_t hash[16])
{
	HD_ASSERT(key != NULL && hash != NULL);
	uint8_t room[6][PLAIN_MAX + 1], buffer[FIXED_MAX + 6 * (PLAIN_MAX + 1)];
	struct hd_command plain = *command;
	plain.id = (struct hd_bytes){0};
	plain.slot = 0;
	/* These say no more than their fields do. AT 0 and no AT are two things. */
	plain.given &= (uint16_t) ~(HD_GIVEN_ID | HD_GIVEN_BY | HD_GIVEN_SUB | HD_GIVEN_NAME |
				    HD_GIVEN_BRACKET | HD_GIVEN_BOARD | HD_GIVEN_REASON);
	plain.entrant = shortened(key, plain.entrant, room[0]);
	plain.hunt = shortened(key, plain.hunt, room[1]);
	plain.challenge = shortened(key, plain.challenge, room[2]);
	plain.text = shortened(key, plain.text, room[3]);
	plain.board = shortened(key, plain.board, room[4]);
	plain.by = shortened(key, plain.by, room[5]);
	const uint8_t *end = put_command(buffer, &plain);
	HD_ASSERT(end <= buffer + sizeof(buffer));
	hd_hash_128(key, hd_bytes_of(buffer, (size_t)(end - buffer)), hash);
}
