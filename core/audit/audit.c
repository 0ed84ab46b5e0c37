/* The audit's life, its findings, and what holds of every event. */
#include <stdarg.h>

#include "core/audit/state.h"

#define SECOND_NS INT64_C(1000000000)

struct hd_audit *
hd_audit_begin(struct hd_memory *memory, uint32_t shards)
{
	HD_ASSERT(shards >= 1 && shards <= HD_SHARDS_MAX);
	struct hd_audit *audit = hd_memory_take(memory, sizeof(*audit), 64);
	audit->memory = memory;
	audit->shards_count = shards;
	audit->shards = hd_memory_take(memory, shards * sizeof(*audit->shards), 8);
	for (uint32_t i = 0; i < shards; i++) {
		struct hd_seen_shard *shard = hd_memory_take(memory, sizeof(*shard), 64);
		shard->ids_max = HD_IDS_KEPT;
		shard->ids_age = HD_IDS_AGE_S * SECOND_NS;
		audit->shards[i] = shard;
	}
	audit->findings =
		hd_memory_take(memory, HD_AUDIT_FINDINGS_MAX * sizeof(*audit->findings), 64);
	hd_facts_init(&audit->entrants, memory, sizeof(struct hd_seen_entrant));
	hd_facts_init(&audit->cells, memory, sizeof(struct hd_seen_cell));
	hd_facts_init(&audit->prizes, memory, sizeof(struct hd_seen_prize));
	hd_facts_init(&audit->gones, memory, sizeof(struct hd_seen_gone));
	hd_facts_init(&audit->ids, memory, sizeof(struct hd_seen_id));
	hd_facts_init(&audit->deals, memory, sizeof(struct hd_seen_deal));
	hd_facts_init(&audit->told, memory, sizeof(struct hd_fact_key));
	hd_facts_init(&audit->bases, memory, sizeof(struct hd_fact_key));
	hd_facts_init(&audit->suspicions, memory, sizeof(struct hd_fact_key));
	return audit;
}

void
hd_audit_destroy(struct hd_audit *audit)
{
	struct hd_memory *memory = audit->memory;
	hd_audit_orders_fini(audit);
	hd_facts_fini(&audit->entrants);
	hd_facts_fini(&audit->cells);
	hd_facts_fini(&audit->prizes);
	hd_facts_fini(&audit->gones);
	hd_facts_fini(&audit->ids);
	hd_facts_fini(&audit->deals);
	hd_facts_fini(&audit->told);
	hd_facts_fini(&audit->bases);
	hd_facts_fini(&audit->suspicions);
	hd_memory_give(memory, audit->findings, HD_AUDIT_FINDINGS_MAX * sizeof(*audit->findings));
	for (uint32_t i = 0; i < audit->shards_count; i++)
		hd_memory_give(memory, audit->shards[i], sizeof(*audit->shards[i]));
	hd_memory_give(memory, audit->shards, audit->shards_count * sizeof(*audit->shards));
	hd_memory_give(memory, audit, sizeof(*audit));
}

/* Findings. */

static void
write_number(struct hd_writer *out, int64_t value)
{
	uint8_t digits[20];
	uint32_t count = 0;
	uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	for (; count == 0 || left > 0; left /= 10)
		digits[count++] = (uint8_t)('0' + left % 10);
	if (value < 0)
		hd_write_u8(out, '-');
	while (count > 0)
		hd_write_u8(out, digits[--count]);
}

static void
write_text(struct hd_writer *out, const char *format, va_list args)
{
	for (; *format != 0; format++) {
		if (*format != '%') {
			hd_write_u8(out, (uint8_t)*format);
		} else if (*++format == 'd') {
			write_number(out, va_arg(args, int64_t));
		} else {
			HD_ASSERT(*format == 'b');
			struct hd_bytes bytes = va_arg(args, struct hd_bytes);
			hd_write_fixed(out, bytes.at, bytes.size);
		}
	}
}

void
hd_audit_say(struct hd_audit *audit, uint32_t shard, uint64_t lsn, const char *invariant,
	     const char *format, ...)
{
	HD_ASSERT(shard < audit->shards_count);
	if (audit->findings_count++ >= HD_AUDIT_FINDINGS_MAX)
		return;
	struct hd_audit_finding *finding = &audit->findings[audit->findings_count - 1];
	*finding = (struct hd_audit_finding){.shard = shard, .lsn = lsn, .invariant = invariant};
	/* What is over its room is cut; the last byte stays 0. */
	struct hd_writer out = hd_writer_of(finding->text, sizeof(finding->text) - 1);
	va_list args;
	va_start(args, format);
	write_text(&out, format, args);
	va_end(args);
}

uint64_t
hd_audit_findings(const struct hd_audit *audit)
{
	return audit->findings_count;
}

const struct hd_audit_finding *
hd_audit_finding(const struct hd_audit *audit, uint64_t i)
{
	HD_ASSERT(i < audit->findings_count && i < HD_AUDIT_FINDINGS_MAX);
	return &audit->findings[i];
}

/* Events. */

/* I1, I8. After a finding the count goes on from what came. */
static void
look_position(struct hd_look *look)
{
	struct hd_seen_shard *shard = look->shard;
	if (look->lsn != shard->lsn + 1)
		HD_AUDIT_SAY(look, "I1", "LSN %d follows LSN %d", (int64_t)look->lsn,
			     (int64_t)shard->lsn);
	if (look->event->stamp <= shard->stamp)
		HD_AUDIT_SAY(look, "I1", "stamp %d is not above the stamp before it, %d",
			     look->event->stamp, shard->stamp);
	shard->lsn = look->lsn;
	shard->stamp = look->event->stamp;
}

static void
look_entrant(struct hd_look *look)
{
	switch (look->event->type) {
	case HD_EVENT_WANT_DEAL:
		hd_audit_want_deal(look);
		break;
	case HD_EVENT_ALLOTTED:
		hd_audit_allotted(look);
		break;
	case HD_EVENT_DEALT:
		hd_audit_dealt(look);
		break;
	case HD_EVENT_BASE:
		hd_audit_base(look);
		break;
	case HD_EVENT_SUSPECTED:
		hd_audit_suspected(look);
		break;
	case HD_EVENT_SHARED_ANSWER:
		hd_audit_shared_answer(look);
		break;
	case HD_EVENT_CLEARED:
		hd_audit_cleared(look);
		break;
	default:
		hd_audit_entrant(look);
	}
}

static void
look_hunt(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	if (event->hunt < look->shard->tracks_count)
		look->track = look->shard->tracks[event->hunt];
	if (look->track == NULL) {
		HD_AUDIT_SAY(look, "ORDER", "an event of hunt %d, which has no document here yet",
			     (int64_t)event->hunt);
		return;
	}
	switch (event->type) {
	case HD_EVENT_PHASE:
		hd_audit_phase(look);
		break;
	case HD_EVENT_WINDOW:
		hd_audit_window(look);
		break;
	case HD_EVENT_WANT:
		hd_audit_want(look);
		break;
	case HD_EVENT_GRANT:
		hd_audit_grants(look);
		break;
	case HD_EVENT_GRANTED:
		hd_audit_granted(look);
		break;
	case HD_EVENT_VOIDED:
		hd_audit_voided(look);
		break;
	default:
		look_entrant(look);
	}
	if (event->has & HD_EVENT_HAS_ID && event->type != HD_EVENT_WANT)
		hd_audit_id(look);
}

void
hd_audit_feed(struct hd_audit *audit, uint32_t shard, uint64_t lsn, const struct hd_event *event)
{
	HD_ASSERT(shard < audit->shards_count && !audit->ended);
	struct hd_look look = {.audit = audit,
			       .shard = audit->shards[shard],
			       .number = shard,
			       .lsn = lsn,
			       .event = event};
	look_position(&look);
	if (event->type == HD_EVENT_ORDER)
		hd_audit_order(&look);
	else if (event->type == HD_EVENT_DONE)
		hd_audit_done(&look);
	else if (event->type != HD_EVENT_SKIPPED)
		look_hunt(&look);
}

uint64_t
hd_audit_end(struct hd_audit *audit)
{
	HD_ASSERT(!audit->ended);
	audit->ended = true;
	hd_audit_orders_end(audit);
	hd_audit_grants_end(audit);
	hd_audit_deals_end(audit);
	return audit->findings_count;
}

/* Questions. */

static void
standing_of(const struct hd_seen_entrant *seen, struct hd_audit_standing *standing)
{
	*standing = (struct hd_audit_standing){.hunt = seen->hunt,
					       .shard = seen->shard,
					       .entrant = {seen->id, seen->id_size},
					       .score = seen->score,
					       .sub = seen->sub,
					       .time = seen->time};
}

bool
hd_audit_standing(const struct hd_audit *audit, uint16_t hunt, struct hd_bytes entrant,
		  struct hd_audit_standing *standing)
{
	struct hd_fact_key key = hd_fact_key(hunt, 0, entrant, (struct hd_bytes){0});
	const struct hd_seen_entrant *seen = hd_facts_get(&audit->entrants, &key);
	if (seen != NULL)
		standing_of(seen, standing);
	return seen != NULL;
}

bool
hd_audit_next(const struct hd_audit *audit, uint32_t *cursor, struct hd_audit_standing *standing)
{
	HD_ASSERT(audit->entrants.pool.live == audit->entrants.pool.used);
	if (*cursor >= audit->entrants.pool.used)
		return false;
	standing_of(hd_facts_at(&audit->entrants, ++*cursor), standing);
	return true;
}

static const struct hd_seen_cell *
find_cell(const struct hd_audit *audit, uint16_t hunt, uint32_t challenge, struct hd_bytes entrant)
{
	struct hd_fact_key key = hd_fact_key(hunt, challenge, entrant, (struct hd_bytes){0});
	return hd_facts_get(&audit->cells, &key);
}

int64_t
hd_audit_open_want(const struct hd_audit *audit, uint16_t hunt, uint32_t challenge,
		   struct hd_bytes entrant)
{
	const struct hd_seen_cell *cell = find_cell(audit, hunt, challenge, entrant);
	return cell ? cell->want : 0;
}

bool
hd_audit_grant(const struct hd_audit *audit, uint16_t hunt, uint32_t challenge,
	       struct hd_bytes entrant, struct hd_audit_grant *grant)
{
	const struct hd_seen_cell *cell = find_cell(audit, hunt, challenge, entrant);
	if (cell == NULL || cell->ordinal == 0)
		return false;
	*grant = (struct hd_audit_grant){.shard = cell->grant_shard,
					 .lsn = cell->grant_lsn,
					 .ordinal = cell->ordinal,
					 .stamp = cell->stamp,
					 .points = cell->points,
					 .time = cell->time,
					 .settled = cell->settled};
	return true;
}

void
hd_audit_deal(const struct hd_audit *audit, uint16_t hunt, uint32_t challenge,
	      struct hd_bytes entrant, struct hd_audit_deal *deal)
{
	const struct hd_seen_cell *cell = find_cell(audit, hunt, challenge, entrant);
	*deal = (struct hd_audit_deal){0};
	if (cell == NULL)
		return;
	HD_ASSERT(cell->number == challenge);
	deal->allotted = cell->allotted != 0;
	deal->d = deal->allotted ? cell->allotted - 1 : 0;
	deal->dealt = cell->dealt;
	deal->want = cell->deal_want;
}

const struct hd_definition *
hd_audit_definition(const struct hd_audit *audit, uint32_t shard, uint16_t hunt)
{
	HD_ASSERT(shard < audit->shards_count);
	const struct hd_seen_shard *seen = audit->shards[shard];
	return hunt < seen->tracks_count ? seen->tracks[hunt]->definition : NULL;
}
