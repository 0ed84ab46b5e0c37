/* What all logs must say alike, and what the clock brought. */
#include "core/audit/state.h"
#include "core/base/hash.h"

enum hd_phase
hd_audit_scheduled(const struct hd_definition *definition, int64_t time)
{
	HD_ASSERT(definition != NULL);
	if (time < definition->opens && time < definition->freezes && time < definition->closes)
		return HD_PHASE_BEFORE;
	if (time < definition->freezes && time < definition->closes)
		return HD_PHASE_OPEN;
	return time < definition->closes ? HD_PHASE_FROZEN : HD_PHASE_CLOSED;
}

const struct hd_definition *
hd_audit_version(const struct hd_audit *audit, uint16_t hunt, uint32_t version)
{
	HD_ASSERT(hunt < HD_HUNTS_MAX);
	const struct hd_seen_version *at =
		hunt < audit->hunts_count ? audit->hunts[hunt]->versions : NULL;
	while (at != NULL && at->definition->version != version)
		at = at->older;
	return at ? at->definition : NULL;
}

/* Hunts. */

/* The number of the hunt of that name; HD_HUNTS_MAX: there is no room for one more. */
static uint16_t
hunt_number(struct hd_audit *audit, struct hd_bytes name)
{
	HD_ASSERT(name.size <= HD_ID_MAX);
	for (uint32_t i = 0; i < audit->hunts_count; i++)
		if (hd_bytes_equal(name,
				   hd_bytes_of(audit->hunts[i]->name, audit->hunts[i]->name_size)))
			return (uint16_t)i;
	if (audit->hunts_count == HD_HUNTS_MAX)
		return HD_HUNTS_MAX;
	struct hd_seen_hunt *hunt = hd_memory_take(audit->memory, sizeof(*hunt), 8);
	memcpy(hunt->name, name.at, name.size);
	hunt->name_size = (uint8_t)name.size;
	audit->hunts[audit->hunts_count++] = hunt;
	return (uint16_t)(audit->hunts_count - 1);
}

static const struct hd_definition *
version_make(struct hd_audit *audit, uint16_t number, const struct hd_order *order)
{
	static const uint8_t no_secret[16]; /* answers are not looked at */
	const struct hd_definition *there = hd_audit_version(audit, number, order->version);
	if (there != NULL)
		return there;
	struct hd_definition *definition =
		hd_definition_decode(audit->memory, order->definition, no_secret);
	if (definition == NULL)
		return NULL;
	struct hd_seen_version *version = hd_memory_take(audit->memory, sizeof(*version), 8);
	version->definition = definition;
	version->older = audit->hunts[number]->versions;
	audit->hunts[number]->versions = version;
	return definition;
}

static bool
hours_equal(const struct hd_definition *a, const struct hd_definition *b)
{
	return a->opens == b->opens && a->freezes == b->freezes && a->closes == b->closes;
}

/* Windows of boards that this version begins or rules otherwise. */
static void
windows_begin(struct hd_seen_track *track, const struct hd_definition *definition, int64_t stamp)
{
	const struct hd_definition *old = track->definition;
	for (uint32_t i = 0; i < definition->boards_count && i < HD_BOARDS_MAX; i++) {
		int64_t window = definition->boards[i].window_ns;
		bool known = old != NULL && i < old->boards_count && !old->boards[i].gone &&
			     old->boards[i].window_ns == window;
		if (window != 0 && !known)
			track->window[i] = stamp / window - (stamp % window < 0);
	}
}

static void
take_document(struct hd_look *look, const struct hd_order *order)
{
	struct hd_audit *audit = look->audit;
	uint16_t number =
		order->name.size <= HD_ID_MAX ? hunt_number(audit, order->name) : HD_HUNTS_MAX;
	const struct hd_definition *definition =
		number < HD_HUNTS_MAX ? version_make(audit, number, order) : NULL;
	if (definition == NULL || number > look->shard->tracks_count) {
		HD_AUDIT_SAY(look, "ORDER", "order %d is no document that can be read",
			     (int64_t)look->event->order);
		return;
	}
	if (number == look->shard->tracks_count)
		look->shard->tracks[look->shard->tracks_count++] =
			hd_memory_take(audit->memory, sizeof(struct hd_seen_track), 8);
	struct hd_seen_track *track = look->shard->tracks[number];
	if (track->definition == NULL || !hours_equal(track->definition, definition)) {
		track->override = false;
		track->phase = (uint8_t)hd_audit_scheduled(definition, look->event->stamp);
	}
	if (track->definition != NULL && definition->version <= track->definition->version)
		HD_AUDIT_SAY(look, "ORDER", "version %d of %b comes after version %d",
			     (int64_t)definition->version, order->name,
			     (int64_t)track->definition->version);
	windows_begin(track, definition, look->event->stamp);
	track->definition = definition;
}

static void
take_phase(struct hd_look *look, const struct hd_order *order)
{
	struct hd_seen_track *track = NULL;
	for (uint32_t i = 0; i < look->shard->tracks_count; i++)
		if (hd_bytes_equal(order->name, hd_bytes_of(look->audit->hunts[i]->name,
							    look->audit->hunts[i]->name_size)))
			track = look->shard->tracks[i];
	if (track == NULL || order->phase == HD_PHASE_BEFORE || order->phase > HD_PHASE_CLOSED) {
		HD_AUDIT_SAY(look, "I12", "an order of phase %d for hunt %b", (int64_t)order->phase,
			     order->name);
		return;
	}
	track->override = true;
	track->phase = order->phase;
}

static void
take_order(struct hd_look *look, const struct hd_order *order)
{
	bool first = look->event->order == 1;
	if (first != (order->kind == HD_ORDER_SECRET))
		HD_AUDIT_SAY(look, "ORDER", "order %d: the secret is order 1, and no other one",
			     (int64_t)look->event->order);
	if (order->kind == HD_ORDER_DOCUMENT)
		take_document(look, order);
	else if (order->kind == HD_ORDER_PHASE)
		take_phase(look, order);
	else if (order->kind == HD_ORDER_SETTING &&
		 hd_bytes_equal(order->name, HD_BYTES("ids_max")))
		look->shard->ids_max = order->value;
	else if (order->kind == HD_ORDER_SETTING &&
		 hd_bytes_equal(order->name, HD_BYTES("ids_age")))
		look->shard->ids_age = order->value;
}

/* Orders. */

/* Compares with what another log said, or keeps it for the others. */
static void
compare_order(struct hd_look *look)
{
	struct hd_audit *audit = look->audit;
	uint64_t n = look->event->order;
	uint8_t body[16];
	hd_hash_digest(look->event->text, body);
	if (n <= audit->orders_count) {
		const struct hd_seen_order *seen = &audit->orders[n - 1];
		if (memcmp(seen->body, body, sizeof(body)) != 0)
			HD_AUDIT_SAY(look, "ORDER", "order %d says something else in another log",
				     (int64_t)n);
		if (seen->time != look->event->time)
			HD_AUDIT_SAY(look, "ORDER", "order %d has time %d here, %d in another log",
				     (int64_t)n, look->event->time, seen->time);
		return;
	}
	HD_ASSERT(n == audit->orders_count + 1);
	if (audit->orders_count == audit->orders_room) {
		uint64_t room = audit->orders_room ? audit->orders_room * 2 : 64;
		struct hd_seen_order *more = hd_memory_take(audit->memory, room * sizeof(*more), 8);
		if (audit->orders != NULL) {
			memcpy(more, audit->orders, audit->orders_count * sizeof(*more));
			hd_memory_give(audit->memory, audit->orders,
				       audit->orders_room * sizeof(*more));
		}
		audit->orders = more;
		audit->orders_room = room;
	}
	struct hd_seen_order *seen = &audit->orders[audit->orders_count++];
	memcpy(seen->body, body, sizeof(body));
	seen->time = look->event->time;
}

void
hd_audit_order(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_order order;
	if (event->order != look->shard->order + 1) {
		HD_AUDIT_SAY(look, "ORDER", "order %d follows order %d", (int64_t)event->order,
			     (int64_t)look->shard->order);
		return;
	}
	look->shard->order = event->order;
	compare_order(look);
	if (hd_order_decode(event->text, &order))
		take_order(look, &order);
	else
		HD_AUDIT_SAY(look, "ORDER", "order %d cannot be read", (int64_t)event->order);
}

void
hd_audit_done(struct hd_look *look)
{
	uint64_t n = look->event->order;
	if (look->number != 0)
		HD_AUDIT_SAY(look, "ORDER",
			     "DONE of order %d stands in a log that is not shard 0's", (int64_t)n);
	else if (n != look->audit->done + 1 || n > look->shard->order)
		HD_AUDIT_SAY(look, "ORDER", "DONE of order %d follows DONE of %d, orders go to %d",
			     (int64_t)n, (int64_t)look->audit->done, (int64_t)look->shard->order);
	else
		look->audit->done = n;
}

void
hd_audit_phase(struct hd_look *look)
{
	struct hd_seen_track *track = look->track;
	int64_t wanted = hd_audit_scheduled(track->definition, look->event->stamp);
	if (track->override || look->event->value != wanted || look->event->value == track->phase)
		HD_AUDIT_SAY(look, "I12", "phase %d comes in phase %d, where the hours say %d",
			     look->event->value, (int64_t)track->phase, wanted);
	if (look->event->value >= HD_PHASE_BEFORE && look->event->value <= HD_PHASE_CLOSED)
		track->phase = (uint8_t)look->event->value;
}

void
hd_audit_window(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	const struct hd_definition *definition = look->track->definition;
	int64_t window = event->number < definition->boards_count && event->number < HD_BOARDS_MAX
				 ? definition->boards[event->number].window_ns
				 : 0;
	if (window == 0) {
		HD_AUDIT_SAY(look, "I12", "a window of board %d, which has none",
			     (int64_t)event->number);
		return;
	}
	int64_t wanted = event->stamp / window - (event->stamp % window < 0);
	if (event->value != wanted || event->value <= look->track->window[event->number])
		HD_AUDIT_SAY(look, "I12", "window %d of board %d comes where the time says %d",
			     event->value, (int64_t)event->number, wanted);
	look->track->window[event->number] = event->value;
}

void
hd_audit_orders_end(struct hd_audit *audit)
{
	for (uint32_t i = 0; i < audit->shards_count; i++) {
		uint64_t order = audit->shards[i]->order;
		if (order < audit->done)
			hd_audit_say(audit, i, 0, "ORDER",
				     "order %d is done, but this log ends at order %d",
				     (int64_t)audit->done, (int64_t)order);
		if (order > audit->shards[0]->order)
			hd_audit_say(audit, i, 0, "ORDER",
				     "this log has order %d, shard 0's ends at %d", (int64_t)order,
				     (int64_t)audit->shards[0]->order);
	}
}

void
hd_audit_orders_fini(struct hd_audit *audit)
{
	struct hd_memory *memory = audit->memory;
	if (audit->orders != NULL)
		hd_memory_give(memory, audit->orders, audit->orders_room * sizeof(*audit->orders));
	for (uint32_t i = 0; i < audit->shards_count; i++)
		for (uint32_t k = 0; k < audit->shards[i]->tracks_count; k++)
			hd_memory_give(memory, audit->shards[i]->tracks[k],
				       sizeof(struct hd_seen_track));
	for (uint32_t i = 0; i < audit->hunts_count; i++) {
		struct hd_seen_hunt *hunt = audit->hunts[i];
		while (hunt->versions != NULL) {
			struct hd_seen_version *version = hunt->versions;
			hunt->versions = version->older;
			hd_definition_destroy(memory, version->definition);
			hd_memory_give(memory, version, sizeof(*version));
		}
		hd_memory_give(memory, hunt, sizeof(*hunt));
	}
}
