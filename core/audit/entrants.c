/* Entrants: who joined, what they scored, and which ids they used. */
#include "core/audit/state.h"

static const struct hd_bytes nothing;

/* Scores. */

static struct hd_seen_entrant *
find_entrant(const struct hd_look *look)
{
	struct hd_fact_key key = hd_fact_key(look->event->hunt, 0, look->event->entrant, nothing);
	return hd_facts_get(&look->audit->entrants, &key);
}

int64_t
hd_audit_score(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_seen_entrant *entrant = find_entrant(look);
	if (entrant == NULL) {
		HD_AUDIT_SAY(look, "I5", "%b did something before it joined", event->entrant);
		return 0;
	}
	if (entrant->shard != look->number)
		HD_AUDIT_SAY(look, "I5", "%b joined in the log of shard %d", event->entrant,
			     (int64_t)entrant->shard);
	if (__builtin_add_overflow(entrant->score, event->points, &entrant->score) ||
	    __builtin_add_overflow(entrant->sub, event->sub, &entrant->sub))
		HD_AUDIT_SAY(look, "I5", "the score of %b leaves 64 bits", event->entrant);
	if (event->points != 0 || event->sub != 0)
		entrant->time = event->time;
	return entrant->score;
}

static void
joined(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_fact_key key = hd_fact_key(event->hunt, 0, event->entrant, nothing);
	if (hd_facts_find(&look->audit->entrants, &key) != 0) {
		HD_AUDIT_SAY(look, "I5", "%b joins a second time", event->entrant);
		return;
	}
	struct hd_seen_entrant *entrant = hd_facts_make(&look->audit->entrants, &key);
	entrant->hunt = event->hunt;
	entrant->shard = look->number;
	entrant->time = event->time;
	entrant->id_size = (uint8_t)event->entrant.size;
	HD_ASSERT(event->entrant.size <= HD_ID_MAX);
	memcpy(entrant->id, event->entrant.at, event->entrant.size);
}

/* Challenges. */

const struct hd_challenge *
hd_audit_challenge(struct hd_look *look)
{
	const struct hd_definition *definition = look->track->definition;
	uint32_t number = look->event->number;
	if (number < definition->challenges_count && !definition->challenges[number].gone)
		return &definition->challenges[number];
	HD_AUDIT_SAY(look, "I5", "challenge %d is not in version %d, which is in force",
		     (int64_t)number, (int64_t)definition->version);
	return NULL;
}

struct hd_seen_cell *
hd_audit_cell(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	struct hd_fact_key key = hd_fact_key(event->hunt, event->number, event->entrant, nothing);
	struct hd_seen_cell *cell = hd_facts_make(&look->audit->cells, &key);
	cell->hunt = event->hunt;
	cell->number = event->number;
	return cell;
}

void
hd_audit_open(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	int64_t phase = event->has & HD_EVENT_HAS_AT
				? (int64_t)hd_audit_scheduled(look->track->definition, event->time)
				: look->track->phase;
	if (phase != HD_PHASE_OPEN && phase != HD_PHASE_FROZEN)
		HD_AUDIT_SAY(look, "I12", "%b was judged in phase %d", event->entrant, phase);
}

void
hd_audit_solved(struct hd_look *look, struct hd_seen_cell *cell)
{
	if (cell->solved)
		HD_AUDIT_SAY(look, "I5", "%b solves challenge %d a second time",
			     look->event->entrant, (int64_t)look->event->number);
	cell->solved = true;
}

static void
judged(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	const struct hd_challenge *challenge = hd_audit_challenge(look);
	hd_audit_open(look);
	hd_audit_score(look);
	bool correct = event->outcome == HD_OUTCOME_CORRECT;
	if (challenge == NULL)
		return;
	if (correct && hd_challenge_is_shared(challenge))
		HD_AUDIT_SAY(look, "I4", "%b solves %b without a grant", event->entrant,
			     challenge->id);
	else if (event->points != (correct ? challenge->points[0] : 0))
		HD_AUDIT_SAY(look, "I5", "%b gets %d points for %b, which gives %d", event->entrant,
			     event->points, challenge->id, correct ? challenge->points[0] : 0);
	struct hd_seen_cell *cell = hd_audit_cell(look);
	hd_audit_was_dealt(look, challenge, cell);
	if (correct)
		hd_audit_solved(look, cell);
	else if (cell->solved)
		HD_AUDIT_SAY(look, "I5", "%b is judged on %b after solving it", event->entrant,
			     challenge->id);
}

static void
hinted(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	const struct hd_challenge *challenge = hd_audit_challenge(look);
	hd_audit_open(look);
	hd_audit_score(look);
	struct hd_seen_cell *cell = hd_audit_cell(look);
	if (event->value != (int64_t)cell->hints + 1)
		HD_AUDIT_SAY(look, "I5", "%b takes hint %d after hint %d", event->entrant,
			     event->value, (int64_t)cell->hints);
	else if (challenge != NULL && event->value <= challenge->hints_count &&
		 event->points != -challenge->hints[event->value - 1].cost)
		HD_AUDIT_SAY(look, "I5", "%b pays %d for a hint of %b that costs %d",
			     event->entrant, -event->points, challenge->id,
			     challenge->hints[event->value - 1].cost);
	cell->hints = (uint32_t)event->value;
}

/* An answer names the score at its time. */
static void
answered(struct hd_look *look)
{
	const struct hd_event *event = look->event;
	const struct hd_seen_entrant *entrant = find_entrant(look);
	bool status = event->outcome == HD_OUTCOME_ALREADY || event->outcome == HD_OUTCOME_JOINED;
	int64_t score = entrant ? entrant->score : 0;
	if (!status && event->value != score)
		HD_AUDIT_SAY(look, "I5", "%b is told score %d, its events add up to %d",
			     event->entrant, event->value, score);
}

void
hd_audit_entrant(struct hd_look *look)
{
	switch (look->event->type) {
	case HD_EVENT_JOINED:
		joined(look);
		return;
	case HD_EVENT_AWARDED:
		hd_audit_score(look);
		return;
	case HD_EVENT_JUDGED:
		judged(look);
		return;
	case HD_EVENT_HINTED:
		hinted(look);
		return;
	case HD_EVENT_ANSWERED:
		answered(look);
		return;
	default:
		HD_AUDIT_SAY(look, "I1", "an event of type %d, which this release does not know",
			     (int64_t)look->event->type);
	}
}

/* Ids. */

static struct hd_fact_key
id_key(const struct hd_look *look)
{
	return hd_fact_key(look->number, 0, look->event->entrant, look->event->id);
}

bool
hd_audit_id_kept(const struct hd_look *look)
{
	struct hd_fact_key key = id_key(look);
	return hd_facts_find(&look->audit->ids, &key) != 0;
}

/* As many as the settings let go. */
static void
forget_old(struct hd_look *look)
{
	struct hd_seen_shard *shard = look->shard;
	struct hd_facts *ids = &look->audit->ids;
	while (shard->oldest != shard->newest) {
		const struct hd_seen_id *oldest = hd_facts_at(ids, shard->oldest);
		bool young = look->event->stamp - oldest->stamp < shard->ids_age;
		if (young || shard->ids_live <= (uint64_t)shard->ids_max)
			return;
		uint32_t handle = shard->oldest;
		shard->oldest = oldest->newer;
		shard->ids_live--;
		hd_facts_forget(ids, handle);
	}
}

void
hd_audit_id(struct hd_look *look)
{
	struct hd_seen_shard *shard = look->shard;
	struct hd_facts *ids = &look->audit->ids;
	if (hd_audit_id_kept(look)) {
		HD_AUDIT_SAY(look, "I2", "id %b of %b has a second effect", look->event->id,
			     look->event->entrant);
		return;
	}
	struct hd_fact_key key = id_key(look);
	struct hd_seen_id *id = hd_facts_make(ids, &key);
	uint32_t handle = hd_facts_find(ids, &key);
	id->stamp = look->event->stamp;
	if (shard->newest != 0)
		((struct hd_seen_id *)hd_facts_at(ids, shard->newest))->newer = handle;
	else
		shard->oldest = handle;
	shard->newest = handle;
	shard->ids_live++;
	forget_old(look);
}
