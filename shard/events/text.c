/* One event as HUNT.EVENTS shows it: [position, unix-ms, type, entrant, [field, value ...]]. */
#include <stdio.h>

#include "huntd/value.h"
#include "shard/inside.h"

#define FIELDS_ROOM (4u * HD_KIB)

struct fields {
	struct hd_writer out;
	uint32_t count; /* names and values */
};

static void
field_int(struct fields *fields, const char *name, int64_t value)
{
	hd_value_text(&fields->out, name);
	hd_value_int(&fields->out, value);
	fields->count += 2;
}

static void
field_bytes(struct fields *fields, const char *name, struct hd_bytes value)
{
	if (value.size == 0)
		return;
	hd_value_text(&fields->out, name);
	hd_value_bulk(&fields->out, value);
	fields->count += 2;
}

static void
field_text(struct fields *fields, const char *name, const char *value)
{
	field_bytes(fields, name, hd_bytes_str(value));
}

/* True where the order is one of this hunt. A document's text holds the answers: its size is shown.
 */
static bool
order_fields(struct fields *fields, const struct hd_event *event, struct hd_bytes hunt)
{
	struct hd_order order;
	if (!hd_order_decode(event->text, &order) || !hd_bytes_equal(order.name, hunt))
		return false;
	if (order.kind == HD_ORDER_DOCUMENT) {
		field_text(fields, "kind", "document");
		field_int(fields, "version", order.version);
		field_bytes(fields, "source", order.source);
		field_int(fields, "bytes", order.text.size);
	} else if (order.kind == HD_ORDER_PHASE) {
		field_text(fields, "kind", "phase");
		field_text(fields, "phase", hd_phase_name(order.phase));
	} else {
		return false;
	}
	field_int(fields, "order", (int64_t)event->order);
	return true;
}

static void
challenge_field(struct fields *fields, const struct hd_definition *definition, uint32_t number)
{
	if (number < definition->challenges_count)
		field_bytes(fields, "challenge", definition->challenges[number].id);
}

static void
judged_fields(struct fields *fields, const struct hd_event *event,
	      const struct hd_definition *definition)
{
	challenge_field(fields, definition, event->number);
	field_text(fields, "outcome", hd_outcome_name(event->outcome));
	field_int(fields, "points", event->points);
	field_bytes(fields, "answer", event->text);
}

static void
awarded_fields(struct fields *fields, const struct hd_event *event)
{
	field_text(fields, "op", hd_op_name(event->op));
	field_int(fields, "points", event->points);
	if (event->sub != 0)
		field_int(fields, "sub", event->sub);
	field_bytes(fields, "reason", event->text);
}

static void
puzzle_fields(struct fields *fields, const struct hd_event *event,
	      const struct hd_definition *definition)
{
	challenge_field(fields, definition, event->number);
	switch ((enum hd_event_type)event->type) {
	case HD_EVENT_ALLOTTED:
		field_int(fields, "d", event->value);
		break;
	case HD_EVENT_BASE:
		field_int(fields, "base", (int64_t)event->order);
		field_int(fields, "try", event->value);
		break;
	case HD_EVENT_SHARED_ANSWER:
		field_int(fields, "d", (int64_t)event->order);
		field_bytes(fields, "whose", event->extra);
		break;
	case HD_EVENT_DEALT:
	case HD_EVENT_SUSPECTED:
		field_int(fields, "d", (int64_t)event->order);
		break;
	case HD_EVENT_WANT_DEAL:
	case HD_EVENT_CLEARED:
		break;
	default:
		HD_UNREACHABLE();
	}
}

static void
own_fields(struct fields *fields, const struct hd_event *event,
	   const struct hd_definition *definition)
{
	switch ((enum hd_event_type)event->type) {
	case HD_EVENT_PHASE:
		field_text(fields, "phase", hd_phase_name((enum hd_phase)event->value));
		break;
	case HD_EVENT_WINDOW:
		if (event->number < definition->boards_count)
			field_bytes(fields, "board", definition->boards[event->number].id);
		field_int(fields, "window", event->value);
		break;
	case HD_EVENT_JOINED:
		field_bytes(fields, "name", event->text);
		field_bytes(fields, "bracket", event->extra);
		break;
	case HD_EVENT_AWARDED:
		awarded_fields(fields, event);
		break;
	case HD_EVENT_JUDGED:
		judged_fields(fields, event, definition);
		break;
	case HD_EVENT_GRANT:
		challenge_field(fields, definition, event->number);
		field_int(fields, "ordinal", event->value);
		field_int(fields, "points", event->points);
		break;
	case HD_EVENT_WANT:
		challenge_field(fields, definition, event->number);
		field_bytes(fields, "answer", event->text);
		break;
	case HD_EVENT_GRANTED:
		judged_fields(fields, event, definition);
		if (event->outcome == HD_OUTCOME_CORRECT)
			field_int(fields, "ordinal", (int64_t)event->order);
		break;
	case HD_EVENT_VOIDED:
		challenge_field(fields, definition, event->number);
		break;
	case HD_EVENT_HINTED:
		challenge_field(fields, definition, event->number);
		field_int(fields, "hint", event->value);
		field_int(fields, "points", event->points);
		break;
	case HD_EVENT_ANSWERED:
		field_text(fields, "outcome", hd_outcome_name(event->outcome));
		field_int(fields, "points", event->points);
		field_int(fields, "score", event->value);
		field_bytes(fields, "detail", event->detail);
		break;
	default:
		puzzle_fields(fields, event, definition);
	}
	field_bytes(fields, "by", event->by);
	field_bytes(fields, "id", event->id);
}

static void
show(const struct hd_shard *shard, const struct hd_log_event *at, const struct hd_event *event,
     const struct fields *fields, struct hd_writer *out)
{
	char position[32];
	int length = snprintf(position, sizeof position, "%u:%llu", shard->number,
			      (unsigned long long)at->lsn);
	HD_ASSERT(length > 0 && !fields->out.full);
	hd_value_array(out, 5);
	hd_value_bulk(out, hd_bytes_of(position, (size_t)length));
	hd_value_int(out, event->time / 1000000);
	hd_value_text(out, hd_event_name((enum hd_event_type)event->type));
	if (event->entrant.size > 0)
		hd_value_bulk(out, event->entrant);
	else
		hd_value_nil(out);
	hd_value_array(out, fields->count);
}

bool
hd_event_show(const struct hd_shard *shard, const struct hd_log_event *at, uint16_t hunt,
	      struct hd_writer *out)
{
	uint8_t bytes[FIELDS_ROOM];
	struct fields fields = {.out = hd_writer_of(bytes, sizeof bytes)};
	struct hd_event event;
	const struct hd_definition *definition = hd_core_definition(shard->core, hunt);
	bool ok = at->type < HD_EVENT_TYPE_END &&
		  hd_event_decode((enum hd_event_type)at->type, at->stamp, at->body, &event);
	HD_ASSERT(ok && definition != NULL);
	if (event.type == HD_EVENT_DONE || event.type == HD_EVENT_SKIPPED)
		return false;
	if (event.type == HD_EVENT_ORDER) {
		/* Every shard logged it; it is shown once. */
		if (shard->number != 0 || !order_fields(&fields, &event, definition->id))
			return false;
	} else if (event.hunt != hunt) {
		return false;
	} else {
		own_fields(&fields, &event, definition);
	}
	show(shard, at, &event, &fields, out);
	hd_write_fixed(out, bytes, (uint32_t)(fields.out.at - bytes));
	return true;
}
