#include "huntd/event.h"

#include "core/wire/put.h"
#include "huntd/assert.h"
#include "huntd/command.h"
#include "huntd/limits.h"

/* The fields of a row, in the order in which they are encoded. */
enum field {
	FIELD_ORDER = 1 << 0,
	FIELD_HUNT = 1 << 1,
	FIELD_ENTRANT = 1 << 2,
	FIELD_NUMBER = 1 << 3,
	FIELD_OP = 1 << 4,
	FIELD_OUTCOME = 1 << 5,
	FIELD_POINTS = 1 << 6,
	FIELD_VALUE = 1 << 7,
	FIELD_TEXT = 1 << 8,
	FIELD_EXTRA = 1 << 9,
};

struct row {
	uint32_t fields;
	uint32_t text_max;
};

static const struct row rows[HD_EVENT_TYPE_END] = {
	[HD_EVENT_ORDER] = {FIELD_ORDER | FIELD_TEXT, HD_EVENT_MAX},
	[HD_EVENT_DONE] = {FIELD_ORDER, 0},
	[HD_EVENT_PHASE] = {FIELD_HUNT | FIELD_VALUE, 0},
	[HD_EVENT_WINDOW] = {FIELD_HUNT | FIELD_NUMBER | FIELD_VALUE, 0},
	[HD_EVENT_JOINED] = {FIELD_HUNT | FIELD_ENTRANT | FIELD_TEXT | FIELD_EXTRA, HD_NAME_MAX},
	[HD_EVENT_AWARDED] = {FIELD_HUNT | FIELD_ENTRANT | FIELD_OP | FIELD_POINTS | FIELD_TEXT,
			      HD_REASON_MAX},
	[HD_EVENT_JUDGED] = {FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER | FIELD_OUTCOME |
				     FIELD_POINTS | FIELD_TEXT | FIELD_EXTRA,
			     HD_ANSWER_MAX},
	[HD_EVENT_HINTED] = {FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER | FIELD_POINTS | FIELD_VALUE,
			     0},
	[HD_EVENT_ANSWERED] = {FIELD_HUNT | FIELD_ENTRANT | FIELD_OUTCOME | FIELD_POINTS |
				       FIELD_VALUE,
			       0},
	[HD_EVENT_WANT] = {FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER | FIELD_TEXT, HD_ANSWER_MAX},
	[HD_EVENT_GRANT] = {FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER | FIELD_POINTS | FIELD_VALUE,
			    0},
	[HD_EVENT_GRANTED] = {FIELD_ORDER | FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER |
				      FIELD_OUTCOME | FIELD_POINTS | FIELD_VALUE | FIELD_TEXT,
			      HD_ANSWER_MAX},
	[HD_EVENT_VOIDED] = {FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER | FIELD_VALUE, 0},
	[HD_EVENT_SKIPPED] = {FIELD_NUMBER, 0},
	[HD_EVENT_WANT_DEAL] = {FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER, 0},
	[HD_EVENT_ALLOTTED] = {FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER | FIELD_VALUE, 0},
	[HD_EVENT_DEALT] = {FIELD_ORDER | FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER | FIELD_VALUE,
			    0},
	[HD_EVENT_BASE] = {FIELD_ORDER | FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER | FIELD_VALUE,
			   0},
	[HD_EVENT_SUSPECTED] = {FIELD_ORDER | FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER, 0},
	[HD_EVENT_SHARED_ANSWER] = {FIELD_ORDER | FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER |
					    FIELD_EXTRA,
				    0},
	[HD_EVENT_CLEARED] = {FIELD_HUNT | FIELD_ENTRANT | FIELD_NUMBER | FIELD_VALUE, 0},
};

#define HAS_ALL    (2u * HD_EVENT_HAS_SUB - 1)
#define FIXED_MAX  112u /* flags, integers, args_hash and six lengths, rounded up */
#define DETAIL_MAX HD_TEXT_MAX

uint32_t
hd_event_size_max(const struct hd_event *event)
{
	HD_ASSERT(event->text.size <= HD_EVENT_MAX);
	return FIXED_MAX + event->entrant.size + event->text.size + event->extra.size +
	       event->by.size + event->id.size + event->detail.size;
}

/* What encode would drop must not be there, and what decode would refuse must not be written. */
static void
check_lossless(const struct hd_event *event, const struct row *row)
{
	uint32_t fields = row->fields, has = event->has;
	HD_ASSERT(fields != 0 && (has & ~HAS_ALL) == 0);
	HD_ASSERT(has & HD_EVENT_HAS_AT || event->time == event->stamp ||
		  !(fields & FIELD_ENTRANT));
	HD_ASSERT(has & HD_EVENT_HAS_SUB || event->sub == 0);
	HD_ASSERT(has & HD_EVENT_HAS_BY || event->by.size == 0);
	HD_ASSERT(has & HD_EVENT_HAS_ID || (event->id.size | event->detail.size) == 0);
	HD_ASSERT(fields & FIELD_ORDER || event->order == 0);
	HD_ASSERT(fields & FIELD_HUNT || event->hunt == 0);
	HD_ASSERT(fields & FIELD_NUMBER || event->number == 0);
	HD_ASSERT(fields & FIELD_OP || event->op == 0);
	HD_ASSERT(fields & FIELD_POINTS || event->points == 0);
	HD_ASSERT(fields & FIELD_VALUE || event->value == 0);
	HD_ASSERT(event->entrant.size <= (fields & FIELD_ENTRANT ? HD_ID_MAX : 0));
	HD_ASSERT(event->extra.size <= (fields & FIELD_EXTRA ? HD_ID_MAX : 0));
	HD_ASSERT(event->text.size <= row->text_max);
	HD_ASSERT(event->by.size <= HD_ID_MAX && event->id.size <= HD_EVENT_ID_MAX);
	HD_ASSERT(event->detail.size <= DETAIL_MAX);
	HD_ASSERT(event->outcome < HD_OUTCOME_COUNT && event->op <= HD_OP_DECR);
}

static inline uint8_t *
put_row(uint8_t *at, const struct hd_event *event, uint32_t fields)
{
	if (fields & FIELD_ORDER)
		at = hd_put_varint(at, event->order);
	if (fields & FIELD_HUNT)
		at = hd_put_varint(at, event->hunt);
	if (fields & FIELD_ENTRANT)
		at = hd_put_bytes(at, event->entrant);
	if (fields & FIELD_NUMBER)
		at = hd_put_varint(at, event->number);
	if (fields & FIELD_OP)
		*at++ = event->op;
	if (fields & FIELD_OUTCOME)
		*at++ = event->outcome;
	if (fields & FIELD_POINTS)
		at = hd_put_signed(at, event->points);
	if (fields & FIELD_VALUE)
		at = hd_put_signed(at, event->value);
	if (fields & FIELD_TEXT)
		at = hd_put_bytes(at, event->text);
	if (fields & FIELD_EXTRA)
		at = hd_put_bytes(at, event->extra);
	return at;
}

static uint8_t *
put_flagged(uint8_t *at, const struct hd_event *event)
{
	if (event->has & HD_EVENT_HAS_AT) {
		memcpy(at, &event->time, sizeof(event->time));
		at += sizeof(event->time);
	}
	if (event->has & HD_EVENT_HAS_SUB)
		at = hd_put_signed(at, event->sub);
	if (event->has & HD_EVENT_HAS_BY)
		at = hd_put_bytes(at, event->by);
	if (event->has & HD_EVENT_HAS_ID) {
		at = hd_put_bytes(at, event->id);
		at = hd_put_fixed(at, event->args_hash, sizeof(event->args_hash));
		*at++ = event->outcome;
		at = hd_put_bytes(at, event->detail);
	}
	return at;
}

void
hd_event_encode(const struct hd_event *event, struct hd_writer *out)
{
	HD_ASSERT(event->type > 0 && event->type < HD_EVENT_TYPE_END);
	const struct row *row = &rows[event->type];
	check_lossless(event, row);
	if ((size_t)(out->end - out->at) < hd_event_size_max(event)) {
		out->full = true;
		return;
	}
	uint8_t *at = out->at;
	*at++ = event->has;
	at = put_row(at, event, row->fields);
	if (event->has != 0)
		at = put_flagged(at, event);
	HD_ASSERT(at <= out->end);
	out->at = at;
}

static inline void
read_row(struct hd_reader *r, const struct row *row, struct hd_event *event)
{
	uint32_t fields = row->fields;
	if (fields & FIELD_ORDER)
		event->order = hd_read_varint(r);
	if (fields & FIELD_HUNT)
		event->hunt = (uint16_t)hd_read_bounded(r, UINT16_MAX);
	if (fields & FIELD_ENTRANT)
		event->entrant = hd_read_bytes(r, HD_ID_MAX);
	if (fields & FIELD_NUMBER)
		event->number = (uint32_t)hd_read_bounded(r, UINT32_MAX);
	if (fields & FIELD_OP)
		event->op = (uint8_t)hd_read_bounded(r, HD_OP_DECR);
	if (fields & FIELD_OUTCOME)
		event->outcome = (uint8_t)hd_read_bounded(r, HD_OUTCOME_COUNT - 1);
	if (fields & FIELD_POINTS)
		event->points = hd_read_signed(r);
	if (fields & FIELD_VALUE)
		event->value = hd_read_signed(r);
	if (fields & FIELD_TEXT)
		event->text = hd_read_bytes(r, row->text_max);
	if (fields & FIELD_EXTRA)
		event->extra = hd_read_bytes(r, HD_ID_MAX);
}

static void
read_flagged(struct hd_reader *r, struct hd_event *event)
{
	if (event->has & HD_EVENT_HAS_AT)
		event->time = (int64_t)hd_read_u64(r);
	if (event->has & HD_EVENT_HAS_SUB)
		event->sub = hd_read_signed(r);
	if (event->has & HD_EVENT_HAS_BY)
		event->by = hd_read_bytes(r, HD_ID_MAX);
	if (event->has & HD_EVENT_HAS_ID) {
		event->id = hd_read_bytes(r, HD_EVENT_ID_MAX);
		struct hd_bytes hash = hd_read_fixed(r, sizeof(event->args_hash));
		if (!r->bad)
			memcpy(event->args_hash, hash.at, sizeof(event->args_hash));
		event->outcome = (uint8_t)hd_read_bounded(r, HD_OUTCOME_COUNT - 1);
		event->detail = hd_read_bytes(r, DETAIL_MAX);
	}
}

bool
hd_event_decode(enum hd_event_type type, int64_t stamp, struct hd_bytes body,
		struct hd_event *event)
{
	HD_ASSERT(event != NULL);
	HD_ASSERT(body.at != NULL || body.size == 0);
	if ((unsigned)type >= HD_EVENT_TYPE_END || rows[type].fields == 0)
		return false;
	struct hd_reader r = hd_reader_of(body);
	*event = (struct hd_event){.type = (uint8_t)type, .stamp = stamp, .time = stamp};
	event->has = hd_read_u8(&r);
	if (event->has & ~HAS_ALL)
		return false;
	read_row(&r, &rows[type], event);
	if (event->has != 0)
		read_flagged(&r, event);
	return !r.bad && r.at == r.end;
}
