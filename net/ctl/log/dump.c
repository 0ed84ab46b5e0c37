/* log dump: one event a line, under the names that HUNT.EVENTS uses. */
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "huntd/command.h"
#include "huntd/definition.h"
#include "huntd/event.h"
#include "huntd/order.h"
#include "net/ctl/log/past.h"

/* What one log's reading knows so far. Definitions are by hunt number, as ORDERs brought them. */
struct dump {
	const struct hd_ctl *ctl;
	struct hd_memory memory;
	struct hd_definition *hunts[HD_HUNTS_MAX];
	uint32_t hunts_count;
	unsigned shard;
	struct hd_ctl_cut from, to;
	uint64_t left;
	bool ended; /* at `to`, or at the count */
	int code;
};

/* A hunt's number is the order in which the first documents came. */
static void
note_document(struct dump *dump, const struct hd_order *order)
{
	static const uint8_t no_secret[16]; /* hashes of answers are not looked at */
	struct hd_definition *definition =
		hd_definition_decode(&dump->memory, order->definition, no_secret);
	uint32_t i = 0;
	if (!definition)
		return;
	while (i < dump->hunts_count && !hd_bytes_equal(dump->hunts[i]->id, definition->id))
		i++;
	if (i == HD_HUNTS_MAX) {
		hd_definition_destroy(&dump->memory, definition);
		return;
	}
	if (i < dump->hunts_count)
		hd_definition_destroy(&dump->memory, dump->hunts[i]);
	else
		dump->hunts_count++;
	dump->hunts[i] = definition;
}

static void
forget_documents(struct dump *dump)
{
	for (uint32_t i = 0; i < dump->hunts_count; i++)
		hd_definition_destroy(&dump->memory, dump->hunts[i]);
	dump->hunts_count = 0;
}

/* Fields. */

static void
put_bytes(json_t *fields, const char *name, struct hd_bytes bytes)
{
	if (bytes.size)
		json_object_set_new(fields, name, hd_client_text(bytes));
}

static void
put_text(json_t *fields, const char *name, const char *text)
{
	json_object_set_new(fields, name, json_string(text));
}

static void
put_number(json_t *fields, const char *name, int64_t value)
{
	json_object_set_new(fields, name, json_integer(value));
}

static const char *
phase_name(int64_t phase)
{
	bool known = phase >= 0 && phase <= HD_PHASE_CLOSED;
	return known ? hd_phase_name((enum hd_phase)phase) : "?";
}

/* A document's text holds the answers and the secret keys them: sizes are shown. */
static void
order_fields(json_t *fields, const struct hd_event *event)
{
	struct hd_order order;
	put_number(fields, "order", (int64_t)event->order);
	if (event->type == HD_EVENT_DONE || !hd_order_decode(event->text, &order))
		return;
	switch (order.kind) {
	case HD_ORDER_SECRET:
		put_text(fields, "kind", "secret");
		break;
	case HD_ORDER_DOCUMENT:
		put_text(fields, "kind", "document");
		put_number(fields, "version", order.version);
		put_bytes(fields, "source", order.source);
		put_number(fields, "bytes", order.text.size);
		break;
	case HD_ORDER_PHASE:
		put_text(fields, "kind", "phase");
		put_text(fields, "phase", phase_name(order.phase));
		break;
	case HD_ORDER_SETTING:
		put_text(fields, "kind", "setting");
		put_bytes(fields, "name", order.name);
		put_number(fields, "value", order.value);
		break;
	}
}

static void
challenge_field(json_t *fields, const struct hd_definition *hunt, uint32_t number)
{
	if (hunt && number < hunt->challenges_count)
		put_bytes(fields, "challenge", hunt->challenges[number].id);
	else
		put_number(fields, "challenge", number);
}

static void
awarded_fields(json_t *fields, const struct hd_event *event)
{
	put_text(fields, "op", hd_op_name(event->op));
	put_number(fields, "points", event->points);
	if (event->sub)
		put_number(fields, "sub", event->sub);
	put_bytes(fields, "reason", event->text);
}

/* `want` is the stamp of the WANT that ends; none where one shard did both steps. */
static void
grant_fields(json_t *fields, const struct hd_event *event)
{
	bool granted = event->type == HD_EVENT_GRANTED;
	if (event->type == HD_EVENT_GRANT)
		put_number(fields, "ordinal", event->value);
	if (granted && event->outcome == HD_OUTCOME_CORRECT)
		put_number(fields, "ordinal", (int64_t)event->order);
	else if (granted)
		put_number(fields, "version", (int64_t)event->order);
	if (granted)
		put_text(fields, "outcome", hd_outcome_name(event->outcome));
	if (granted || event->type == HD_EVENT_GRANT)
		put_number(fields, "points", event->points);
	if (event->type != HD_EVENT_GRANT && event->type != HD_EVENT_WANT && event->value)
		put_number(fields, "want", event->value);
	put_bytes(fields, "answer", event->text);
}

/* `want` and `suspected`: the stamp of what ends. */
static void
puzzle_fields(json_t *fields, const struct hd_event *event)
{
	bool suspicion = event->type == HD_EVENT_SUSPECTED || event->type == HD_EVENT_SHARED_ANSWER;
	if (event->type == HD_EVENT_ALLOTTED)
		put_number(fields, "d", event->value);
	if (event->type == HD_EVENT_DEALT || suspicion)
		put_number(fields, "d", (int64_t)event->order);
	if (event->type == HD_EVENT_DEALT && event->value)
		put_number(fields, "want", event->value);
	if (event->type == HD_EVENT_BASE) {
		put_number(fields, "base", (int64_t)event->order);
		put_number(fields, "try", event->value);
	}
	if (event->type == HD_EVENT_SHARED_ANSWER)
		put_bytes(fields, "whose", event->extra);
	if (event->type == HD_EVENT_CLEARED)
		put_number(fields, "suspected", event->value);
}

static void
own_fields(json_t *fields, const struct hd_event *event, const struct hd_definition *hunt)
{
	switch ((enum hd_event_type)event->type) {
	case HD_EVENT_PHASE:
		put_text(fields, "phase", phase_name(event->value));
		break;
	case HD_EVENT_WINDOW:
		if (hunt && event->number < hunt->boards_count)
			put_bytes(fields, "board", hunt->boards[event->number].id);
		put_number(fields, "window", event->value);
		break;
	case HD_EVENT_JOINED:
		put_bytes(fields, "name", event->text);
		put_bytes(fields, "bracket", event->extra);
		break;
	case HD_EVENT_AWARDED:
		awarded_fields(fields, event);
		break;
	case HD_EVENT_JUDGED:
		challenge_field(fields, hunt, event->number);
		put_text(fields, "outcome", hd_outcome_name(event->outcome));
		put_number(fields, "points", event->points);
		put_bytes(fields, "answer", event->text);
		break;
	case HD_EVENT_HINTED:
		challenge_field(fields, hunt, event->number);
		put_number(fields, "hint", event->value);
		put_number(fields, "points", event->points);
		break;
	case HD_EVENT_WANT:
	case HD_EVENT_GRANT:
	case HD_EVENT_GRANTED:
	case HD_EVENT_VOIDED:
		challenge_field(fields, hunt, event->number);
		grant_fields(fields, event);
		break;
	case HD_EVENT_SKIPPED:
		put_number(fields, "type", event->number);
		break;
	case HD_EVENT_ANSWERED:
		put_text(fields, "outcome", hd_outcome_name(event->outcome));
		put_number(fields, "points", event->points);
		put_number(fields, "score", event->value);
		put_bytes(fields, "detail", event->detail);
		break;
	default:
		if (hd_event_is_of_puzzle(event->type)) {
			challenge_field(fields, hunt, event->number);
			puzzle_fields(fields, event);
		} else {
			order_fields(fields, event);
		}
	}
	put_bytes(fields, "by", event->by);
	put_bytes(fields, "id", event->id);
}

/* One event. */

/* The hunt's id; of orders, the name in them. */
static json_t *
hunt_name(struct dump *dump, const struct hd_event *event)
{
	struct hd_order order;
	if (event->type == HD_EVENT_DONE || event->type == HD_EVENT_SKIPPED)
		return json_null();
	if (event->type != HD_EVENT_ORDER)
		return event->hunt < dump->hunts_count
			       ? hd_client_text(dump->hunts[event->hunt]->id)
			       : json_integer(event->hunt);
	if (!hd_order_decode(event->text, &order) || order.kind == HD_ORDER_SECRET ||
	    order.kind == HD_ORDER_SETTING)
		return json_null();
	if (order.kind == HD_ORDER_DOCUMENT)
		note_document(dump, &order);
	return hd_client_text(order.name);
}

static void
print_event(struct dump *dump, uint64_t lsn, const struct hd_event *event, json_t *hunt)
{
	char position[40];
	json_t *fields = json_object();
	bool own = event->type != HD_EVENT_ORDER && event->type != HD_EVENT_DONE;
	bool known = own && event->type != HD_EVENT_SKIPPED && event->hunt < dump->hunts_count;
	own_fields(fields, event, known ? dump->hunts[event->hunt] : NULL);
	snprintf(position, sizeof position, "%u:%llu", dump->shard, (unsigned long long)lsn);
	json_t *entrant = event->entrant.size ? hd_client_text(event->entrant) : json_null();
	hd_ctl_print_event(dump->ctl,
			   json_pack("{s:s, s:I, s:s, s:O, s:o, s:o}", "position", position, "time",
				     (json_int_t)(event->time / 1000000), "type",
				     hd_event_name((enum hd_event_type)event->type), "hunt", hunt,
				     "entrant", entrant, "fields", fields));
}

static bool
dump_one(void *context, const struct hd_log_event *at)
{
	struct dump *dump = context;
	struct hd_event event;
	dump->ended =
		dump->left == 0 || (dump->to.kind && hd_ctl_cut_before(&dump->to, dump->shard, at));
	if (dump->ended)
		return false;
	if (!hd_ctl_event(at, &event)) {
		dump->code = HD_EXIT_DAMAGED;
		hd_ctl_fail("shard %u: LSN %llu is no event that this release knows", dump->shard,
			    (unsigned long long)at->lsn);
		return true;
	}
	json_t *hunt = hunt_name(dump, &event);
	if (hd_ctl_cut_reached(&dump->from, dump->shard, at)) {
		print_event(dump, at->lsn, &event, hunt);
		dump->left--;
	}
	json_decref(hunt);
	return true;
}

static void
dump_shard(struct dump *dump, const struct hd_ctl_logs *logs, unsigned shard)
{
	struct hd_log_report report = {0};
	dump->shard = shard;
	dump->ended = false;
	if (!hd_ctl_logs_read(logs, shard, dump_one, dump, &report) && !dump->ended) {
		hd_ctl_fail("%s", report.message);
		dump->code = report.exit;
	}
	forget_documents(dump);
}

/* False: said why. */
static bool
ask(struct dump *dump, const struct hd_ctl_logs *logs)
{
	const struct hd_ctl *ctl = dump->ctl;
	bool one = ctl->text[HD_CTL_OPT_shard];
	unsigned shard = (unsigned)ctl->number[HD_CTL_OPT_shard];
	if (one && shard >= logs->shards) {
		hd_ctl_fail("%s has shards 0 to %u; got --shard %u", logs->data, logs->shards - 1,
			    shard);
		return false;
	}
	return hd_ctl_cut_parse_one(&dump->from, ctl->text[HD_CTL_OPT_from], logs->shards,
				    one ? (int)shard : -1) &&
	       hd_ctl_cut_parse_one(&dump->to, ctl->text[HD_CTL_OPT_to], logs->shards,
				    one ? (int)shard : -1);
}

int
hd_ctl_log_dump(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	struct hd_ctl_logs logs;
	struct dump *dump = calloc(1, sizeof *dump);
	HD_ASSERT(dump);
	bool one = ctl->text[HD_CTL_OPT_shard], counted = ctl->text[HD_CTL_OPT_count];
	unsigned shard = (unsigned)ctl->number[HD_CTL_OPT_shard];
	*dump = (struct dump){.ctl = ctl,
			      .memory = hd_ctl_memory(),
			      .left = counted ? (uint64_t)ctl->number[HD_CTL_OPT_count]
					      : UINT64_MAX};
	int code = hd_ctl_logs_open(&logs, argv[0]) ? HD_EXIT_OK : HD_EXIT_DAMAGED;
	if (code == HD_EXIT_OK && !ask(dump, &logs))
		code = HD_EXIT_USAGE;
	for (unsigned i = 0; code == HD_EXIT_OK && i < logs.shards && dump->left > 0; i++)
		if (!one || i == shard)
			dump_shard(dump, &logs, i);
	code = code ? code : dump->code;
	hd_ctl_logs_close(&logs);
	free(dump);
	return code;
}
