#include "net/ctl/log/records.h"

#include <stdlib.h>

#include "huntd/assert.h"
#include "huntd/order.h"

enum { ENTRANT, CHALLENGE, TEXT, BOARD, BY };

/* Keeping. */

static void *
grown(void *at, uint64_t *room, uint64_t need, size_t size)
{
	if (need <= *room)
		return at;
	*room = need > *room * 2 ? need + 1024 : *room * 2;
	at = realloc(at, *room * size);
	HD_ASSERT(at);
	return at;
}

static void
keep_text(struct hd_ctl_records *records, struct hd_ctl_record *record, int part,
	  struct hd_bytes bytes)
{
	records->texts =
		grown(records->texts, &records->texts_room, records->texts_used + bytes.size, 1);
	if (bytes.size)
		memcpy(records->texts + records->texts_used, bytes.at, bytes.size);
	records->texts_used += bytes.size;
	record->size[part] = (uint16_t)bytes.size;
}

/* The challenge's id in the document that the shard then had. */
static struct hd_bytes
challenge_of(const struct hd_ctl_records *records, unsigned shard, const struct hd_event *event)
{
	const struct hd_definition *definition =
		hd_audit_definition(records->past->audit, shard, event->hunt);
	if (event->type == HD_EVENT_JOINED || event->type == HD_EVENT_AWARDED || !definition ||
	    event->number >= definition->challenges_count)
		return (struct hd_bytes){0};
	return definition->challenges[event->number].id;
}

static struct hd_ctl_record *
add(struct hd_ctl_records *records, unsigned shard, const struct hd_event *event, uint8_t verb)
{
	records->rows =
		grown(records->rows, &records->room, records->count + 1, sizeof *records->rows);
	struct hd_ctl_record *record = &records->rows[records->count++];
	*record = (struct hd_ctl_record){.order = event->stamp,
					 .time = event->time,
					 .text = records->texts_used,
					 .shard = shard,
					 .number = event->number,
					 .verb = verb};
	keep_text(records, record, ENTRANT, event->entrant);
	keep_text(records, record, CHALLENGE, challenge_of(records, shard, event));
	keep_text(records, record, TEXT, event->text);
	keep_text(records, record, BOARD,
		  verb == HD_CMD_JOIN ? event->extra : (struct hd_bytes){0});
	keep_text(records, record, BY, event->by);
	return record;
}

/* The log has the change; what was asked is the result (SET, BEST) or the change itself. */
static void
add_award(struct hd_ctl_records *records, unsigned shard, const struct hd_event *event)
{
	struct hd_ctl_record *record = add(records, shard, event, HD_CMD_AWARD);
	struct hd_audit_standing standing = {0};
	hd_audit_standing(records->past->audit, event->hunt, event->entrant, &standing);
	record->op = event->op;
	record->points = event->points;
	record->sub = event->sub;
	if (event->op == HD_OP_SET || event->op == HD_OP_BEST) {
		record->points = standing.score;
		record->sub = standing.sub;
	} else if (event->op == HD_OP_DECR) {
		record->points = -event->points;
		record->sub = -event->sub;
	}
}

/* Who has which answer is not judged again. */
static void
add_allotted(struct hd_ctl_records *records, unsigned shard, const struct hd_event *event)
{
	struct hd_ctl_record *record = add(records, shard, event, HD_CMD_PUZZLE);
	record->allotted = true;
	record->points = event->value;
}

/* Wants. A WANT is the submission until its end is known. */

static void
end_want(struct hd_ctl_records *records, unsigned shard, const struct hd_event *event)
{
	for (uint64_t i = records->count; event->value != 0 && i > 0; i--) {
		struct hd_ctl_record *record = &records->rows[i - 1];
		if (record->want != event->value || record->shard != shard)
			continue;
		record->want = 0;
		record->dropped = event->type == HD_EVENT_GRANTED;
		return;
	}
}

static void
take_secret(struct hd_ctl_records *records, const struct hd_event *event)
{
	struct hd_order order;
	if (hd_order_decode(event->text, &order) && order.kind == HD_ORDER_SECRET &&
	    order.text.size == sizeof records->secret)
		memcpy(records->secret, order.text.at, sizeof records->secret);
}

static bool
is_ours(struct hd_ctl_records *records, unsigned shard, const struct hd_event *event)
{
	if (records->found)
		return event->hunt == records->number;
	const struct hd_definition *definition =
		hd_audit_definition(records->past->audit, shard, event->hunt);
	if (!definition || !hd_bytes_equal(definition->id, records->hunt))
		return false;
	records->found = true;
	records->number = event->hunt;
	return true;
}

void
hd_ctl_records_take(void *context, unsigned shard, uint64_t lsn, const struct hd_event *event)
{
	(void)lsn;
	struct hd_ctl_records *records = context;
	if (event->type == HD_EVENT_ORDER && event->order == 1)
		take_secret(records, event);
	if (event->type < HD_EVENT_JOINED || event->type == HD_EVENT_SKIPPED ||
	    !is_ours(records, shard, event))
		return;
	switch ((enum hd_event_type)event->type) {
	case HD_EVENT_JOINED:
		add(records, shard, event, HD_CMD_JOIN);
		break;
	case HD_EVENT_AWARDED:
		add_award(records, shard, event);
		break;
	case HD_EVENT_JUDGED:
		add(records, shard, event, HD_CMD_SUBMIT);
		break;
	case HD_EVENT_HINTED:
		add(records, shard, event, HD_CMD_HINT)->count = (uint32_t)event->value;
		break;
	case HD_EVENT_WANT:
		add(records, shard, event, HD_CMD_SUBMIT)->want = event->stamp;
		break;
	case HD_EVENT_GRANTED:
		end_want(records, shard, event);
		add(records, shard, event, HD_CMD_SUBMIT);
		break;
	case HD_EVENT_VOIDED:
		end_want(records, shard, event);
		break;
	case HD_EVENT_ALLOTTED:
		add_allotted(records, shard, event);
		break;
	case HD_EVENT_DEALT:
		add(records, shard, event, HD_CMD_PUZZLE);
		break;
	case HD_EVENT_ANSWERED:
		records->unchanged += event->outcome == HD_OUTCOME_UNCHANGED;
		break;
	default:
		break;
	}
}

/* Order. */

static int
compare(const void *a, const void *b)
{
	const struct hd_ctl_record *x = a, *y = b;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	if (x->shard != y->shard)
		return x->shard < y->shard ? -1 : 1;
	return x->text < y->text ? -1 : x->text > y->text;
}

void
hd_ctl_records_sort(struct hd_ctl_records *records)
{
	for (uint64_t i = 0; i < records->count; i++) {
		struct hd_ctl_record *record = &records->rows[i];
		struct hd_audit_grant grant;
		struct hd_bytes entrant = {records->texts + record->text, record->size[ENTRANT]};
		bool submit = record->verb == HD_CMD_SUBMIT && !record->dropped;
		if (submit &&
		    hd_audit_grant(records->past->audit, records->number, record->number, entrant,
				   &grant) &&
		    grant.stamp <= record->order && record->time == grant.time)
			record->order = grant.stamp;
	}
	if (records->count)
		qsort(records->rows, records->count, sizeof *records->rows, compare);
}

void
hd_ctl_records_free(struct hd_ctl_records *records)
{
	free(records->rows);
	free(records->texts);
}

void
hd_ctl_records_command(const struct hd_ctl_records *records, const struct hd_ctl_record *record,
		       struct hd_command *command)
{
	struct hd_bytes part[5];
	const uint8_t *at = records->texts + record->text;
	for (int i = 0; i < 5; i++) {
		part[i] = (struct hd_bytes){at, record->size[i]};
		at += record->size[i];
	}
	*command = (struct hd_command){.verb = record->verb,
				       .op = record->op,
				       .given = HD_GIVEN_AT | (record->sub ? HD_GIVEN_SUB : 0) |
						(part[BY].size ? HD_GIVEN_BY : 0),
				       .count = record->count,
				       .entrant = part[ENTRANT],
				       .hunt = records->hunt,
				       .challenge = part[CHALLENGE],
				       .text = part[TEXT],
				       .board = part[BOARD],
				       .by = part[BY],
				       .points = record->points,
				       .sub = record->sub,
				       .at = record->time};
}
