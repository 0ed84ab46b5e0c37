/* Puzzles: which numbers the hunt's log allotted, what entrants' logs say they were dealt, and what
 * is said of answers that were sent by others. */
#include "core/audit/state.h"

static const struct hd_bytes nothing;

/* The event's challenge where it is a puzzle; NULL: said why. */
static const struct hd_challenge *
puzzle_of(struct hd_look *look)
{
	const struct hd_challenge *challenge = hd_audit_challenge(look);
	if (challenge == NULL || challenge->puzzle != NULL)
		return challenge;
	HD_AUDIT_SAY(look, "I4", "%b is dealt %b, which is no puzzle", look->event->entrant,
		     challenge->id);
	return NULL;
}

static uint64_t
challenge_key(const struct hd_event *event)
{
	return (uint64_t)event->hunt << 32 | event->number;
}

void
hd_audit_want_deal(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_seen_cell *cell = hd_audit_cell(look);
	puzzle_of(look);
	hd_audit_open(look);
	if (cell->deal_want != 0 || cell->dealt)
		HD_AUDIT_SAY(look, "I4", "%b wants a deal of challenge %d, which it %b",
			     event->entrant, (int64_t)event->number,
			     cell->dealt ? HD_BYTES("has") : HD_BYTES("wants already"));
	cell->deal_want = event->stamp;
}

/* H. The challenge may have gone: what is asked again is answered as it was. */

/* The first one stands. */
static void
allotted_to(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_seen_cell *cell = hd_audit_cell(look);
	if (cell->allotted != 0) {
		HD_AUDIT_SAY(look, "I4", "%b is allotted challenge %d a second time",
			     event->entrant, (int64_t)event->number);
		return;
	}
	cell->allotted = (uint64_t)event->value + 1;
	cell->allot_shard = look->number;
	cell->allot_lsn = look->lsn;
	cell->allot_lost = hd_audit_is_lost(event->entrant);
}

void
hd_audit_allotted(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_audit *audit = look->audit;
	struct hd_fact_key key = hd_fact_key(event->hunt, event->number, nothing, nothing);
	struct hd_seen_prize *prize = hd_facts_make(&audit->prizes, &key);
	if (prize->deals > 0 && prize->shard != look->number)
		HD_AUDIT_SAY(look, "I4", "challenge %d is allotted here and by shard %d",
			     (int64_t)event->number, (int64_t)prize->shard);
	if (event->value != (int64_t)prize->deals)
		HD_AUDIT_SAY(look, "I4", "deal %d of challenge %d comes where %d is next",
			     event->value, (int64_t)event->number, (int64_t)prize->deals);
	prize->shard = look->number;
	prize->hunt = event->hunt;
	prize->number = event->number;
	prize->deals = (uint64_t)event->value + 1;
	allotted_to(look);
	key = hd_fact_key(challenge_key(event), (uint64_t)event->value, nothing, nothing);
	struct hd_seen_deal *deal = hd_facts_make(&audit->deals, &key);
	deal->id_size = event->entrant.size;
	HD_ASSERT(event->entrant.size <= HD_ID_MAX);
	memcpy(deal->id, event->entrant.at, event->entrant.size);
}

/* Names both who sent the answer and whose it is, once. */
void
hd_audit_shared_answer(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_audit *audit = look->audit;
	struct hd_fact_key key = hd_fact_key(challenge_key(event), event->order, nothing, nothing);
	const struct hd_seen_deal *deal = hd_facts_get(&audit->deals, &key);
	if (deal == NULL || !hd_bytes_equal(hd_bytes_of(deal->id, deal->id_size), event->extra))
		HD_AUDIT_SAY(look, "I4", "deal %d of challenge %d is said to be of %b",
			     (int64_t)event->order, (int64_t)event->number, event->extra);
	if (hd_bytes_equal(event->entrant, event->extra))
		HD_AUDIT_SAY(look, "I4", "%b is told of for an answer of its own", event->entrant);
	key = hd_fact_key(challenge_key(event), event->order, event->entrant, nothing);
	if (hd_facts_find(&audit->told, &key) != 0)
		HD_AUDIT_SAY(look, "I4", "%b is told of a second time for deal %d of challenge %d",
			     event->entrant, (int64_t)event->order, (int64_t)event->number);
	hd_facts_make(&audit->told, &key);
}

/* E. */

void
hd_audit_dealt(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_seen_cell *cell = hd_audit_cell(look);
	hd_audit_score(look); /* that it joined, and here */
	if (event->value != cell->deal_want)
		HD_AUDIT_SAY(look, "I4", "%b ends the want of a deal of stamp %d, open is %d",
			     event->entrant, event->value, cell->deal_want);
	if (event->value == 0) {
		puzzle_of(look);
		hd_audit_open(look);
	}
	if (cell->dealt)
		HD_AUDIT_SAY(look, "I4", "%b is dealt challenge %d a second time", event->entrant,
			     (int64_t)event->number);
	cell->deal_want = 0;
	cell->dealt = true;
	cell->d = event->order;
	cell->deal_shard = look->number;
	cell->deal_lsn = look->lsn;
}

void
hd_audit_was_dealt(struct hd_look *look, const struct hd_challenge *challenge,
		   const struct hd_seen_cell *cell)
{
	HD_ASSERT(look->track != NULL);
	if (challenge != NULL && challenge->puzzle != NULL && !cell->dealt)
		HD_AUDIT_SAY(look, "I4", "%b answers %b, which it was not dealt",
			     look->event->entrant, challenge->id);
}

/* No base is dealt twice, in no log. */
void
hd_audit_base(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_seen_cell *cell = hd_audit_cell(look);
	if (!cell->dealt || cell->based)
		HD_AUDIT_SAY(look, "I4", "%b takes a base for challenge %d, %b", event->entrant,
			     (int64_t)event->number,
			     cell->based ? HD_BYTES("which has one")
					 : HD_BYTES("which it was not dealt"));
	cell->based = true;
	if (event->order >> HD_BASE_COUNT_BITS != look->number)
		HD_AUDIT_SAY(look, "I4", "base %d is not of this log", (int64_t)event->order);
	struct hd_fact_key key = hd_fact_key(event->order, 0, nothing, nothing);
	if (hd_facts_find(&look->audit->bases, &key) != 0)
		HD_AUDIT_SAY(look, "I4", "base %d is dealt a second time", (int64_t)event->order);
	hd_facts_make(&look->audit->bases, &key);
}

void
hd_audit_suspected(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	const struct hd_seen_cell *cell = hd_audit_cell(look);
	if (!cell->dealt || cell->d == event->order)
		HD_AUDIT_SAY(look, "I4", "%b is suspected of deal %d of challenge %d, %b",
			     event->entrant, (int64_t)event->order, (int64_t)event->number,
			     cell->dealt ? HD_BYTES("which is its own")
					 : HD_BYTES("which it was not dealt"));
	struct hd_fact_key key =
		hd_fact_key(look->number, (uint64_t)event->stamp, event->entrant, nothing);
	hd_facts_make(&look->audit->suspicions, &key);
}

void
hd_audit_cleared(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_fact_key key =
		hd_fact_key(look->number, (uint64_t)event->value, event->entrant, nothing);
	uint32_t handle = hd_facts_find(&look->audit->suspicions, &key);
	if (handle != 0)
		hd_facts_forget(&look->audit->suspicions, handle);
	else
		HD_AUDIT_SAY(look, "I4", "%b ends the suspicion of stamp %d, which is not open",
			     event->entrant, event->value);
}

/* What two logs must say alike. */

static void
compare_deal(struct hd_audit *audit, const struct hd_seen_cell *cell)
{
	bool asked = cell->dealt || cell->deal_want != 0;
	if (cell->dealt && cell->allotted != cell->d + 1)
		hd_audit_say(audit, cell->deal_shard, cell->deal_lsn, "I4",
			     "dealt as %d of challenge %d of hunt %d, %b", (int64_t)cell->d,
			     (int64_t)cell->number, (int64_t)cell->hunt,
			     cell->allotted ? HD_BYTES("the hunt's log says otherwise")
					    : HD_BYTES("no log allotted it"));
	else if (cell->allotted != 0 && !asked && !cell->allot_lost)
		hd_audit_say(audit, cell->allot_shard, cell->allot_lsn, "I4",
			     "deal %d of challenge %d answers no want that any log has",
			     (int64_t)cell->allotted - 1, (int64_t)cell->number);
}

void
hd_audit_deals_end(struct hd_audit *audit)
{
	HD_ASSERT(audit->cells.pool.live == audit->cells.pool.used);
	for (uint32_t i = 1; i <= audit->cells.pool.used; i++)
		compare_deal(audit, hd_facts_at(&audit->cells, i));
}
