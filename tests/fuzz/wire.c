/* What is encoded for rings, logs and documents: no bytes make a decoder read past its end, and
 * what one takes is encoded into bytes that mean the same. The first byte chooses the decoder. */
#include "huntd/wire.h"
#include "huntd/event.h"
#include "huntd/order.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/lib.h"

#include <stdlib.h>

#define ROOM (2u * HD_MIB)

/* Decodes `in`, and encodes what it meant into `out`. False: it is none. */
typedef bool (*again)(struct hd_bytes in, uint8_t kind, struct hd_writer *out);

static bool
event_again(struct hd_bytes in, uint8_t kind, struct hd_writer *out)
{
	struct hd_event event;
	uint8_t type = (uint8_t)(kind % HD_EVENT_TYPE_END);
	if (!hd_event_decode((enum hd_event_type)type, 1, in, &event))
		return false;
	HD_ASSERT(hd_event_size_max(&event) <= (size_t)(out->end - out->at));
	hd_event_encode(&event, out);
	return true;
}

static bool
order_again(struct hd_bytes in, uint8_t kind, struct hd_writer *out)
{
	struct hd_order order;
	(void)kind;
	if (!hd_order_decode(in, &order))
		return false;
	hd_order_encode(&order, out);
	return true;
}

static bool
command_again(struct hd_bytes in, uint8_t kind, struct hd_writer *out)
{
	struct hd_command command;
	uint8_t hash[16];
	(void)kind;
	if (!hd_command_decode(in, &command))
		return false;
	HD_ASSERT(command.verb < HD_CMD_COUNT_);
	hd_command_args_hash((const uint8_t *)"0123456789abcdef", &command, hash);
	hd_command_encode(&command, out);
	return true;
}

static bool
reply_again(struct hd_bytes in, uint8_t kind, struct hd_writer *out)
{
	struct hd_reply reply;
	(void)kind;
	if (!hd_reply_decode(in, &reply))
		return false;
	hd_reply_encode(&reply, out);
	return true;
}

static bool
want_again(struct hd_bytes in, uint8_t kind, struct hd_writer *out)
{
	struct hd_want want;
	(void)kind;
	if (!hd_want_decode(in, &want))
		return false;
	hd_want_encode(&want, out);
	return true;
}

static bool
grant_again(struct hd_bytes in, uint8_t kind, struct hd_writer *out)
{
	struct hd_want want;
	struct hd_grant grant;
	(void)kind;
	if (!hd_grant_decode(in, &want, &grant))
		return false;
	hd_grant_encode(&want, &grant, out);
	return true;
}

/* A definition is read only: it is taken, or not. */
static bool
definition_again(struct hd_bytes in, uint8_t kind, struct hd_writer *out)
{
	struct hd_memory memory = hd_test_memory();
	(void)kind;
	struct hd_definition *definition =
		hd_definition_decode(&memory, in, (const uint8_t *)"0123456789abcdef");
	if (definition == NULL) {
		HD_ASSERT(memory.used == 0);
		return false;
	}
	hd_definition_destroy(&memory, definition);
	HD_ASSERT(memory.used == 0);
	hd_write_fixed(out, in.at, in.size);
	return true;
}

static const again decoders[] = {event_again,      order_again, command_again, reply_again,
				 definition_again, want_again,  grant_again};

int
LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static uint8_t rooms[2][ROOM];
	if (size < 2)
		return 0;
	again decoder = decoders[at[0] % (sizeof decoders / sizeof *decoders)];
	struct hd_writer first = hd_writer_of(rooms[0], ROOM),
			 second = hd_writer_of(rooms[1], ROOM);
	if (!decoder(hd_bytes_of(at + 2, size - 2), at[1], &first))
		return 0;
	HD_ASSERT(!first.full);
	struct hd_bytes once = hd_bytes_of(rooms[0], (size_t)(first.at - rooms[0]));
	bool taken = decoder(once, at[1], &second);
	HD_ASSERT(taken && !second.full);
	struct hd_bytes twice = hd_bytes_of(rooms[1], (size_t)(second.at - rooms[1]));
	HD_ASSERT(hd_bytes_equal(once, twice));
	return 0;
}
