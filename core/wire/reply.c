#include "core/wire/put.h"
#include "huntd/assert.h"
#include "huntd/gather.h"
#include "huntd/limits.h"
#include "huntd/wire.h"

#define FIXED_MAX  40u /* kind, two bytes, three integers or two and a length */
#define DETAIL_MAX (2u * HD_DOCUMENT_MAX)

#define DETAIL_IS_NUMBER 0x80u /* beside the outcome */

static_assert((unsigned)HD_OUTCOME_COUNT <= DETAIL_IS_NUMBER, "an outcome leaves the bit free");
static_assert(HD_PART_MAX <= DETAIL_MAX, "the rows of a gather are a detail");

uint32_t
hd_reply_size_max(const struct hd_reply *reply)
{
	HD_ASSERT(reply->detail.size <= DETAIL_MAX);
	return FIXED_MAX + reply->detail.size;
}

static uint8_t *
put_outcome(uint8_t *at, const struct hd_reply *reply)
{
	HD_ASSERT(reply->outcome < HD_OUTCOME_COUNT);
	*at++ = (uint8_t)(reply->outcome | (reply->number ? DETAIL_IS_NUMBER : 0u));
	at = hd_put_signed(at, reply->points);
	at = hd_put_signed(at, reply->score);
	return reply->number ? hd_put_signed(at, reply->detail_number)
			     : hd_put_bytes(at, reply->detail);
}

static uint8_t *
put_reply(uint8_t *at, const struct hd_reply *reply)
{
	*at++ = reply->kind;
	switch ((enum hd_reply_kind)reply->kind) {
	case HD_REPLY_ERROR:
		HD_ASSERT(reply->error < HD_ERROR_COUNT);
		*at++ = reply->error;
		return hd_put_bytes(at, reply->detail);
	case HD_REPLY_OUTCOME:
		return put_outcome(at, reply);
	case HD_REPLY_INTEGER:
		return hd_put_signed(at, reply->points);
	case HD_REPLY_NIL:
		return at;
	case HD_REPLY_STATUS:
	case HD_REPLY_TEXT:
	case HD_REPLY_VALUE:
		return hd_put_bytes(at, reply->detail);
	case HD_REPLY_LATER:
	case HD_REPLY_PUZZLE:
		break; /* never leaves its shard */
	}
	HD_UNREACHABLE();
}

void
hd_reply_encode(const struct hd_reply *reply, struct hd_writer *out)
{
	HD_ASSERT(reply->kind <= HD_REPLY_VALUE);
	if ((size_t)(out->end - out->at) < hd_reply_size_max(reply)) {
		out->full = true;
		return;
	}
	out->at = put_reply(out->at, reply);
	HD_ASSERT(out->at <= out->end);
}

static void
read_outcome(struct hd_reader *r, struct hd_reply *reply)
{
	uint8_t byte = hd_read_u8(r);
	reply->outcome = byte & (DETAIL_IS_NUMBER - 1);
	reply->number = (byte & DETAIL_IS_NUMBER) != 0;
	if (reply->outcome >= HD_OUTCOME_COUNT)
		r->bad = true;
	reply->points = hd_read_signed(r);
	reply->score = hd_read_signed(r);
	if (reply->number)
		reply->detail_number = hd_read_signed(r);
	else
		reply->detail = hd_read_bytes(r, DETAIL_MAX);
}

bool
hd_reply_decode(struct hd_bytes bytes, struct hd_reply *reply)
{
	HD_ASSERT(reply != NULL);
	HD_ASSERT(bytes.at != NULL || bytes.size == 0);
	struct hd_reader r = hd_reader_of(bytes);
	*reply = (struct hd_reply){.kind = hd_read_u8(&r)};
	switch (reply->kind) {
	case HD_REPLY_ERROR:
		reply->error = (uint8_t)hd_read_bounded(&r, HD_ERROR_COUNT - 1);
		reply->detail = hd_read_bytes(&r, DETAIL_MAX);
		break;
	case HD_REPLY_OUTCOME:
		read_outcome(&r, reply);
		break;
	case HD_REPLY_INTEGER:
		reply->points = hd_read_signed(&r);
		break;
	case HD_REPLY_NIL:
		break;
	case HD_REPLY_STATUS:
	case HD_REPLY_TEXT:
	case HD_REPLY_VALUE:
		reply->detail = hd_read_bytes(&r, DETAIL_MAX);
		break;
	default:
		return false;
	}
	return !r.bad && r.at == r.end;
}
