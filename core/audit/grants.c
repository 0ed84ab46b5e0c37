/* Stock and points by order: what the hunt's log gave, and what entrants' logs say they got. */
#include "core/audit/state.h"

static const struct hd_bytes nothing;

/* What `huntctl repair` gives back has HAS_BY, which no other GRANT has. An entrant that no client
 * can name stands for one whose record was lost: its grant counts, and nobody's log can show it. */
bool
hd_audit_is_lost(struct hd_bytes entrant)
{
	return entrant.size == 0 || memchr(entrant.at, ' ', entrant.size) != NULL;
}

void
hd_audit_want(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	const struct hd_challenge *challenge = hd_audit_challenge(look);
	struct hd_seen_cell *cell = hd_audit_cell(look);
	hd_audit_open(look);
	hd_audit_was_dealt(look, challenge, cell);
	if (challenge != NULL && !hd_challenge_is_shared(challenge))
		HD_AUDIT_SAY(look, "I4", "%b wants %b, which needs no grant", event->entrant,
			     challenge->id);
	if (cell->want != 0 || cell->solved)
		HD_AUDIT_SAY(look, "I4", "%b wants challenge %d, which it %b", event->entrant,
			     (int64_t)event->number,
			     cell->solved ? HD_BYTES("has solved") : HD_BYTES("wants already"));
	if (event->has & HD_EVENT_HAS_ID && hd_audit_id_kept(look))
		HD_AUDIT_SAY(look, "I2", "%b wants challenge %d under id %b, which was answered",
			     event->entrant, (int64_t)event->number, event->id);
	cell->want = event->stamp;
	cell->shard = look->number;
	cell->lsn = look->lsn;
}

/* H. */

static void
grant_fits(struct hd_look *look, const struct hd_seen_prize *prize)
{
	const struct hd_event *event = look->event;
	const struct hd_challenge *challenge = hd_audit_challenge(look);
	if (challenge == NULL)
		return;
	if (challenge->stock > 0 && prize->grants > challenge->stock)
		HD_AUDIT_SAY(look, "I4", "grant %d of %b, whose stock is %d",
			     (int64_t)prize->grants, challenge->id, (int64_t)challenge->stock);
	uint64_t k =
		prize->grants < challenge->points_count ? prize->grants : challenge->points_count;
	if (event->points != challenge->points[k - 1])
		HD_AUDIT_SAY(look, "I5", "grant %d of %b is worth %d, the document says %d",
			     (int64_t)prize->grants, challenge->id, event->points,
			     challenge->points[k - 1]);
}

void
hd_audit_grants(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_fact_key key = hd_fact_key(event->hunt, event->number, nothing, nothing);
	struct hd_seen_prize *prize = hd_facts_make(&look->audit->prizes, &key);
	if (prize->grants > 0 && prize->shard != look->number)
		HD_AUDIT_SAY(look, "I4", "challenge %d is granted here and by shard %d",
			     (int64_t)event->number, (int64_t)prize->shard);
	prize->shard = look->number;
	prize->hunt = event->hunt;
	prize->number = event->number;
	prize->grants++;
	if (event->value != (int64_t)prize->grants)
		HD_AUDIT_SAY(look, "I4", "grant %d of challenge %d comes where %d is next",
			     event->value, (int64_t)event->number, (int64_t)prize->grants);
	grant_fits(look, prize);
	struct hd_seen_cell *cell = hd_audit_cell(look);
	if (cell->ordinal != 0)
		HD_AUDIT_SAY(look, "I4", "%b is granted challenge %d a second time", event->entrant,
			     (int64_t)event->number);
	cell->lost = hd_audit_is_lost(event->entrant);
	cell->ordinal = (uint64_t)event->value;
	cell->points = event->points;
	cell->time = event->time;
	cell->stamp = event->stamp;
	cell->repaired = (event->has & HD_EVENT_HAS_BY) != 0;
	cell->grant_shard = look->number;
	cell->grant_lsn = look->lsn;
}

/* E. */

/* Ends the WANT that the event names. */
static void
end_want(struct hd_look *look, struct hd_seen_cell *cell)
{
	if (look->event->value != cell->want)
		HD_AUDIT_SAY(look, "I4", "%b ends the want of challenge %d of stamp %d, open is %d",
			     look->event->entrant, (int64_t)look->event->number, look->event->value,
			     cell->want);
	cell->want = 0;
}

static void
gone(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	uint32_t version = (uint32_t)event->order;
	struct hd_fact_key key = hd_fact_key(((uint64_t)event->hunt << 32) | event->number, version,
					     nothing, nothing);
	bool fresh = hd_facts_find(&look->audit->gones, &key) == 0;
	struct hd_seen_gone *seen = hd_facts_make(&look->audit->gones, &key);
	if (event->points != 0)
		HD_AUDIT_SAY(look, "I5", "%b gets %d points for what was gone", event->entrant,
			     event->points);
	if (!fresh && seen->stamp <= event->stamp)
		return;
	seen->hunt = event->hunt;
	seen->number = event->number;
	seen->version = version;
	seen->shard = look->number;
	seen->lsn = look->lsn;
	seen->stamp = event->stamp;
}

void
hd_audit_granted(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_seen_cell *cell = hd_audit_cell(look);
	end_want(look, cell);
	cell->shard = look->number;
	cell->lsn = look->lsn;
	if (event->outcome != HD_OUTCOME_CORRECT) {
		gone(look);
		return;
	}
	hd_audit_solved(look, cell);
	cell->settled = true;
	cell->settled_ordinal = event->order;
	cell->settled_points = event->points;
	cell->settled_time = event->time;
	cell->settled_score = hd_audit_score(look);
}

void
hd_audit_voided(struct hd_look *look)
{
	struct hd_seen_cell *cell = hd_audit_cell(look);
	if (cell->deal_want != 0 && cell->deal_want == look->event->value)
		cell->deal_want = 0;
	else
		end_want(look, cell);
}

/* What two logs must say alike. */

/* A score stops at the greatest number: then the entrant gets less than was granted. */
static bool
points_fit(const struct hd_seen_cell *cell)
{
	int64_t rest, full;
	if (cell->settled_points == cell->points)
		return true;
	return cell->settled_points < cell->points &&
	       !__builtin_sub_overflow(cell->points, cell->settled_points, &rest) &&
	       __builtin_add_overflow(cell->settled_score, rest, &full);
}

static void
compare_cell(struct hd_audit *audit, const struct hd_seen_cell *cell)
{
	if (cell->settled && cell->ordinal == 0)
		hd_audit_say(audit, cell->shard, cell->lsn, "I4",
			     "challenge %d of hunt %d was granted here, no log has the grant %d",
			     (int64_t)cell->number, (int64_t)cell->hunt,
			     (int64_t)cell->settled_ordinal);
	else if (cell->settled && (cell->settled_ordinal != cell->ordinal || !points_fit(cell) ||
				   cell->settled_time != cell->time))
		hd_audit_say(audit, cell->shard, cell->lsn, "I4",
			     "granted as %d of challenge %d with %d points, the grant at %d:%d "
			     "says %d with %d (or another time)",
			     (int64_t)cell->settled_ordinal, (int64_t)cell->number,
			     cell->settled_points, (int64_t)cell->grant_shard,
			     (int64_t)cell->grant_lsn, (int64_t)cell->ordinal, cell->points);
	else if (cell->ordinal != 0 && !cell->settled && cell->want == 0 && !cell->lost)
		hd_audit_say(audit, cell->grant_shard, cell->grant_lsn, "I4",
			     "grant %d of challenge %d answers no want that any log has",
			     (int64_t)cell->ordinal, (int64_t)cell->number);
}

/* The stamp of a challenge's k-th grant; 0: there is none. One that a repair gave back was given
 * before, nobody knows when. */
static int64_t
stamp_of_grant(const struct hd_audit *audit, uint16_t hunt, uint32_t number, uint64_t k)
{
	HD_ASSERT(k > 0);
	for (uint32_t i = 1; i <= audit->cells.pool.used; i++) {
		const struct hd_seen_cell *cell = hd_facts_at(&audit->cells, i);
		if (cell->hunt == hunt && cell->number == number && cell->ordinal == k)
			return cell->repaired ? 1 : cell->stamp;
	}
	return 0;
}

static void
check_gone(struct hd_audit *audit, const struct hd_seen_gone *seen)
{
	const struct hd_definition *definition = hd_audit_version(audit, seen->hunt, seen->version);
	const struct hd_challenge *challenge =
		definition != NULL && seen->number < definition->challenges_count
			? &definition->challenges[seen->number]
			: NULL;
	if (challenge == NULL || challenge->stock == 0) {
		hd_audit_say(audit, seen->shard, seen->lsn, "I4",
			     "challenge %d was gone by version %d, which gives it no stock",
			     (int64_t)seen->number, (int64_t)seen->version);
		return;
	}
	int64_t last = stamp_of_grant(audit, seen->hunt, seen->number, challenge->stock);
	if (last == 0 || last > seen->stamp)
		hd_audit_say(audit, seen->shard, seen->lsn, "I4",
			     "%b was gone before all %d of it were granted", challenge->id,
			     (int64_t)challenge->stock);
}

void
hd_audit_grants_end(struct hd_audit *audit)
{
	HD_ASSERT(audit->cells.pool.live == audit->cells.pool.used);
	for (uint32_t i = 1; i <= audit->cells.pool.used; i++)
		compare_cell(audit, hd_facts_at(&audit->cells, i));
	for (uint32_t i = 1; i <= audit->gones.pool.used; i++)
		check_gone(audit, hd_facts_at(&audit->gones, i));
}
