#include "net/ctl/log/repair/evidence.h"

#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "huntd/ids.h"
#include "huntd/order.h"

/* Taking. */

static struct hd_ctl_proof *
prove(struct hd_ctl_proofs *proofs, unsigned shard, const struct hd_event *event)
{
	if (proofs->count == proofs->room) {
		proofs->room = proofs->room ? proofs->room * 2 : 64;
		proofs->rows = realloc(proofs->rows, proofs->room * sizeof *proofs->rows);
		HD_ASSERT(proofs->rows);
	}
	struct hd_ctl_proof *proof = &proofs->rows[proofs->count++];
	*proof = (struct hd_ctl_proof){.hunt = event->hunt,
				       .number = event->number,
				       .points = event->points,
				       .time = event->time,
				       .stamp = event->stamp,
				       .has_at = event->has & HD_EVENT_HAS_AT,
				       .shard = shard,
				       .entrant_size = (uint8_t)event->entrant.size};
	memcpy(proof->entrant, event->entrant.at, event->entrant.size);
	return proof;
}

static void
prove_deal(struct hd_ctl_proofs *proofs, unsigned shard, const struct hd_event *event,
	   uint64_t ordinal)
{
	struct hd_ctl_proof *proof = prove(proofs, shard, event);
	proof->deal = true;
	proof->ordinal = ordinal;
}

static struct hd_bytes
entrant_of(const struct hd_ctl_proof *proof)
{
	return (struct hd_bytes){proof->entrant, proof->entrant_size};
}

static void
take_order(struct hd_ctl_evidence *evidence, unsigned shard, const struct hd_event *event)
{
	evidence->order[shard] = event->order;
	if (event->order != evidence->orders_count + 1)
		return;
	if (evidence->orders_count == evidence->orders_room) {
		evidence->orders_room = evidence->orders_room ? evidence->orders_room * 2 : 64;
		evidence->orders =
			realloc(evidence->orders, evidence->orders_room * sizeof *evidence->orders);
		HD_ASSERT(evidence->orders);
	}
	struct hd_ctl_order *order = &evidence->orders[evidence->orders_count++];
	*order = (struct hd_ctl_order){.size = event->text.size, .time = event->time};
	order->body = malloc(order->size + 1);
	HD_ASSERT(order->body);
	memcpy(order->body, event->text.at, order->size);
}

/* All that was in stock by the version that the hunt's shard judged by. */
static void
take_gone(struct hd_ctl_evidence *evidence, unsigned shard, const struct hd_event *event)
{
	const struct hd_definition *definition =
		hd_audit_version(evidence->past->audit, event->hunt, (uint32_t)event->order);
	if (!definition || event->number >= definition->challenges_count)
		return;
	uint64_t stock = definition->challenges[event->number].stock;
	for (uint64_t i = 0; i < evidence->gones.count; i++) {
		const struct hd_ctl_proof *gone = &evidence->gones.rows[i];
		if (gone->hunt == event->hunt && gone->number == event->number &&
		    gone->ordinal >= stock)
			return;
	}
	prove(&evidence->gones, shard, event)->ordinal = stock;
}

void
hd_ctl_evidence_take(void *context, unsigned shard, uint64_t lsn, const struct hd_event *event)
{
	(void)lsn;
	struct hd_ctl_evidence *evidence = context;
	if (event->stamp > evidence->stamp)
		evidence->stamp = event->stamp;
	if (event->type == HD_EVENT_ORDER)
		take_order(evidence, shard, event);
	else if (event->type == HD_EVENT_DONE)
		evidence->done = event->order;
	else if (event->type == HD_EVENT_GRANT)
		prove(&evidence->grants, shard, event)->ordinal = (uint64_t)event->value;
	else if (event->type == HD_EVENT_WANT)
		prove(&evidence->wants, shard, event);
	else if (event->type == HD_EVENT_GRANTED && event->outcome == HD_OUTCOME_CORRECT)
		prove(&evidence->granted, shard, event)->ordinal = event->order;
	else if (event->type == HD_EVENT_GRANTED)
		take_gone(evidence, shard, event);
	else if (event->type == HD_EVENT_ALLOTTED)
		prove_deal(&evidence->grants, shard, event, (uint64_t)event->value + 1);
	else if (event->type == HD_EVENT_DEALT)
		prove_deal(&evidence->dealt, shard, event, event->order + 1);
}

void
hd_ctl_evidence_free(struct hd_ctl_evidence *evidence)
{
	for (uint64_t i = 0; i < evidence->orders_count; i++)
		free(evidence->orders[i].body);
	free(evidence->orders);
	free(evidence->granted.rows);
	free(evidence->grants.rows);
	free(evidence->wants.rows);
	free(evidence->gones.rows);
	free(evidence->dealt.rows);
}

/* Giving back. */

/* One shard's missing events, as they come. */
struct giving {
	struct hd_ctl_evidence *evidence;
	unsigned shard;
	hd_ctl_evidence_add add;
	void *context;
};

static void
give_order(struct giving *giving, uint64_t n)
{
	const struct hd_ctl_order *order = &giving->evidence->orders[n - 1];
	struct hd_event event = {.type = HD_EVENT_ORDER,
				 .has = HD_EVENT_HAS_AT,
				 .order = n,
				 .time = order->time,
				 .text = {order->body, order->size}};
	giving->add(giving->context, &event);
}

/* Finding. All is taken by then, so the proofs are sorted: each is looked at once. */

static int
compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* By challenge; within it granted by ordinal, wants by age. */
static int
by_challenge(const void *a, const void *b)
{
	const struct hd_ctl_proof *one = a, *two = b;
	int order = compare(one->hunt, two->hunt);
	order = order ? order : compare(one->number, two->number);
	order = order ? order : compare(one->ordinal, two->ordinal);
	return order ? order : compare((uint64_t)one->stamp, (uint64_t)two->stamp);
}

/* By entrant of a hunt, then by age. */
static int
by_entrant(const void *a, const void *b)
{
	const struct hd_ctl_proof *one = a, *two = b;
	int order = compare(one->hunt, two->hunt);
	order = order ? order : hd_bytes_compare(entrant_of(one), entrant_of(two));
	return order ? order : compare((uint64_t)one->stamp, (uint64_t)two->stamp);
}

static void
sort(struct hd_ctl_proofs *proofs, int (*order)(const void *, const void *))
{
	if (proofs->count > 0)
		qsort(proofs->rows, proofs->count, sizeof *proofs->rows, order);
}

static void
sort_all(struct hd_ctl_evidence *evidence)
{
	if (evidence->sorted)
		return;
	sort(&evidence->granted, by_challenge);
	sort(&evidence->wants, by_challenge);
	sort(&evidence->dealt, by_challenge);
	sort(&evidence->grants, by_entrant);
	evidence->sorted = true;
}

/* The first that is not before `sought`, by_challenge. */
static uint64_t
place_of(const struct hd_ctl_proofs *proofs, const struct hd_ctl_proof *sought)
{
	uint64_t low = 0, high = proofs->count;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if (by_challenge(&proofs->rows[middle], sought) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_of(const struct hd_ctl_proof *proof, uint16_t hunt, uint32_t number)
{
	return proof->hunt == hunt && proof->number == number;
}

/* A challenge of which something was granted: ordinals from `next` to `end` are to be given. */
struct missing {
	uint16_t hunt;
	uint32_t number;
	uint64_t next, end;
	uint64_t want; /* wants before it are looked at */
};

static const struct hd_ctl_proof *
proof_of(const struct hd_ctl_evidence *evidence, const struct missing *missing)
{
	const struct hd_ctl_proof sought = {.hunt = missing->hunt,
					    .number = missing->number,
					    .ordinal = missing->next,
					    .stamp = 0};
	uint64_t at = place_of(&evidence->granted, &sought);
	if (at == evidence->granted.count)
		return NULL;
	const struct hd_ctl_proof *proof = &evidence->granted.rows[at];
	bool found = is_of(proof, missing->hunt, missing->number);
	return found && proof->ordinal == missing->next ? proof : NULL;
}

/* The oldest WANT of the challenge that is still open and has no grant, each once. */
static const struct hd_ctl_proof *
open_want(const struct hd_ctl_evidence *evidence, struct missing *missing)
{
	const struct hd_audit *audit = evidence->past->audit;
	const struct hd_ctl_proof sought = {.hunt = missing->hunt, .number = missing->number};
	if (missing->want == 0)
		missing->want = place_of(&evidence->wants, &sought);
	while (missing->want < evidence->wants.count) {
		const struct hd_ctl_proof *want = &evidence->wants.rows[missing->want];
		struct hd_bytes entrant = entrant_of(want);
		struct hd_audit_grant grant;
		if (!is_of(want, missing->hunt, missing->number))
			return NULL;
		missing->want++;
		if (hd_audit_open_want(audit, want->hunt, want->number, entrant) == want->stamp &&
		    !hd_audit_grant(audit, want->hunt, want->number, entrant, &grant))
			return want;
	}
	return NULL;
}

/* The document's word on an ordinal; false: it gives none. */
static bool
points_of(const struct hd_definition *definition, uint32_t number, uint64_t ordinal,
	  int64_t *points)
{
	if (!definition || number >= definition->challenges_count ||
	    definition->challenges[number].gone)
		return false;
	const struct hd_challenge *challenge = &definition->challenges[number];
	uint64_t last = challenge->points_count;
	*points = challenge->points[(ordinal < last ? ordinal : last) - 1];
	return challenge->stock == 0 || ordinal <= challenge->stock;
}

/* The next GRANT under `definition`. False: it was not given under this one; with `last` it is
 * given all the same. */
static bool
give_grant(struct giving *giving, const struct hd_definition *definition, struct missing *missing,
	   bool last)
{
	char lost[32];
	int64_t points = 0;
	uint64_t ordinal = missing->next;
	const struct hd_ctl_proof *proof = proof_of(giving->evidence, missing);
	bool fits = points_of(definition, missing->number, ordinal, &points) &&
		    (!proof || proof->points == points);
	if (!fits && !last)
		return false;
	struct hd_event event = {.type = HD_EVENT_GRANT,
				 .hunt = missing->hunt,
				 .number = missing->number,
				 .value = (int64_t)ordinal,
				 .points = points};
	const struct hd_ctl_proof *want = proof ? NULL : open_want(giving->evidence, missing);
	int size = snprintf(lost, sizeof lost, "lost %llu", (unsigned long long)ordinal);
	event.entrant = hd_bytes_of(lost, (size_t)size);
	event.has = HD_EVENT_HAS_BY;
	event.by = HD_BYTES(HD_CTL_REPAIR);
	if (proof) {
		event.points = proof->points;
		event.has |= HD_EVENT_HAS_AT;
		event.time = proof->time;
		event.entrant = entrant_of(proof);
	} else if (want) {
		event.has |= want->has_at ? HD_EVENT_HAS_AT : 0;
		event.time = want->has_at ? want->time : 0;
		event.entrant = entrant_of(want);
	}
	giving->add(giving->context, &event);
	return true;
}

/* The hunts of the orders, by number: as their first documents came. */
struct hunts {
	struct hd_bytes name[HD_HUNTS_MAX];
	uint32_t version[HD_HUNTS_MAX]; /* in force at the order that was reached */
	uint32_t count;
};

static void
reach_order(struct hunts *hunts, const struct hd_ctl_order *body)
{
	struct hd_order order;
	uint32_t i = 0;
	if (!hd_order_decode((struct hd_bytes){body->body, body->size}, &order) ||
	    order.kind != HD_ORDER_DOCUMENT)
		return;
	while (i < hunts->count && !hd_bytes_equal(hunts->name[i], order.name))
		i++;
	if (i == HD_HUNTS_MAX)
		return;
	hunts->name[i] = order.name;
	hunts->version[i] = order.version;
	hunts->count += i == hunts->count;
}

struct missings {
	struct missing *rows; /* own */
	uint32_t count, room;
	uint32_t *found; /* own; [hunt * HD_CHALLENGES_MAX + number]: row + 1 */
};

static struct missing *
missing_of(struct missings *missings, const struct hd_ctl_proof *proof)
{
	uint32_t *found = &missings->found[proof->hunt * HD_CHALLENGES_MAX + proof->number];
	if (*found)
		return &missings->rows[*found - 1];
	if (missings->count == missings->room) {
		missings->room = missings->room ? missings->room * 2 : 16;
		missings->rows = realloc(missings->rows, missings->room * sizeof *missings->rows);
		HD_ASSERT(missings->rows);
	}
	missings->rows[missings->count++] =
		(struct missing){.hunt = proof->hunt, .number = proof->number, .next = 1};
	*found = missings->count;
	return &missings->rows[missings->count - 1];
}

static void
find_missing(const struct hd_ctl_evidence *evidence, struct missings *missings)
{
	const struct hd_ctl_proofs *proven[] = {&evidence->granted, &evidence->gones};
	*missings = (struct missings){
		.found = calloc((size_t)HD_HUNTS_MAX * HD_CHALLENGES_MAX, sizeof(uint32_t))};
	HD_ASSERT(missings->found);
	for (uint64_t i = 0; i < evidence->grants.count; i++) {
		if (evidence->grants.rows[i].deal)
			continue;
		struct missing *missing = missing_of(missings, &evidence->grants.rows[i]);
		if (evidence->grants.rows[i].ordinal >= missing->next)
			missing->next = evidence->grants.rows[i].ordinal + 1;
	}
	for (uint32_t k = 0; k < 2; k++)
		for (uint64_t i = 0; i < proven[k]->count; i++) {
			struct missing *missing = missing_of(missings, &proven[k]->rows[i]);
			if (proven[k]->rows[i].ordinal > missing->end)
				missing->end = proven[k]->rows[i].ordinal;
		}
}

/* What the documents now in force would have granted. */
static void
give_grants(struct giving *giving, const struct hunts *hunts, struct missings *missings, bool last)
{
	const struct hd_ctl_past *past = giving->evidence->past;
	for (uint32_t i = 0; i < missings->count; i++) {
		struct missing *missing = &missings->rows[i];
		if (missing->hunt >= hunts->count ||
		    hd_slot_shard(hd_slot(hunts->name[missing->hunt]), past->logs->shards) !=
			    giving->shard)
			continue;
		const struct hd_definition *definition =
			hd_audit_version(past->audit, missing->hunt, hunts->version[missing->hunt]);
		while (missing->next <= missing->end &&
		       give_grant(giving, definition, missing, last))
			missing->next++;
	}
}

/* The next number of a challenge is given to whose it was, as far as anybody knows. */
static void
give_allotted(struct giving *giving, const struct hd_ctl_proof *proof, uint64_t ordinal)
{
	char lost[32];
	int size = snprintf(lost, sizeof lost, "lost %llu", (unsigned long long)ordinal);
	struct hd_event event = {.type = HD_EVENT_ALLOTTED,
				 .has = HD_EVENT_HAS_BY,
				 .by = HD_BYTES(HD_CTL_REPAIR),
				 .hunt = proof->hunt,
				 .number = proof->number,
				 .value = (int64_t)ordinal - 1,
				 .entrant = ordinal == proof->ordinal
						    ? entrant_of(proof)
						    : hd_bytes_of(lost, (size_t)size)};
	giving->add(giving->context, &event);
}

/* What entrants were dealt of this hunt's log's puzzles that it no longer shows allotted. The
 * documents are all in force by then. */
static void
give_deals(struct giving *giving, const struct hunts *hunts)
{
	const struct hd_ctl_evidence *evidence = giving->evidence;
	uint32_t *had = calloc((size_t)HD_HUNTS_MAX * HD_CHALLENGES_MAX, sizeof *had);
	HD_ASSERT(had);
	for (uint64_t i = 0; i < evidence->grants.count; i++) {
		const struct hd_ctl_proof *proof = &evidence->grants.rows[i];
		uint32_t *most = &had[proof->hunt * HD_CHALLENGES_MAX + proof->number];
		if (proof->deal && proof->ordinal > *most)
			*most = (uint32_t)proof->ordinal;
	}
	for (uint64_t i = 0; i < evidence->dealt.count; i++) {
		const struct hd_ctl_proof *proof = &evidence->dealt.rows[i];
		uint32_t *most = &had[proof->hunt * HD_CHALLENGES_MAX + proof->number];
		unsigned shards = evidence->past->logs->shards;
		if (proof->hunt < hunts->count &&
		    hd_slot_shard(hd_slot(hunts->name[proof->hunt]), shards) == giving->shard)
			while (*most < proof->ordinal)
				give_allotted(giving, proof, ++*most);
	}
	free(had);
}

/* Orders and grants as they may have come: each grant under the first document that would have
 * given it. */
static void
give_orders_and_grants(struct giving *giving, uint64_t from, uint64_t to)
{
	struct hd_ctl_evidence *evidence = giving->evidence;
	struct hunts *hunts = calloc(1, sizeof *hunts);
	struct missings missings;
	HD_ASSERT(hunts);
	find_missing(evidence, &missings);
	for (uint64_t n = 1; n <= to; n++) {
		reach_order(hunts, &evidence->orders[n - 1]);
		if (n > from)
			give_order(giving, n);
		if (n >= from)
			give_grants(giving, hunts, &missings, n == to);
	}
	give_deals(giving, hunts);
	free(hunts);
	free(missings.rows);
	free(missings.found);
}

/* Does the entrant's log lack what the hunt's gave, and not even ask for it? */
static bool
is_unsettled(const struct hd_audit *audit, const struct hd_ctl_proof *proof)
{
	struct hd_bytes entrant = entrant_of(proof);
	struct hd_audit_grant grant;
	struct hd_audit_deal deal;
	hd_audit_deal(audit, proof->hunt, proof->number, entrant, &deal);
	if (proof->deal)
		return deal.allotted && !deal.dealt && deal.want == 0;
	return hd_audit_grant(audit, proof->hunt, proof->number, entrant, &grant) &&
	       !grant.settled && !hd_audit_open_want(audit, proof->hunt, proof->number, entrant);
}

/* What the hunts' logs gave to entrants of this shard that its log no longer shows. */
static void
give_granted(struct giving *giving)
{
	struct hd_ctl_evidence *evidence = giving->evidence;
	const struct hd_audit *audit = evidence->past->audit;
	unsigned shards = evidence->past->logs->shards;
	const struct hd_ctl_proof *enrolled = NULL; /* the last one whose entrant was */
	for (uint64_t i = 0; i < evidence->grants.count; i++) {
		const struct hd_ctl_proof *proof = &evidence->grants.rows[i];
		struct hd_audit_standing standing;
		struct hd_bytes entrant = entrant_of(proof);
		if (!hd_id_valid(entrant) ||
		    hd_slot_shard(hd_slot(entrant), shards) != giving->shard ||
		    !is_unsettled(audit, proof))
			continue;
		struct hd_event joined = {.type = HD_EVENT_JOINED,
					  .has = HD_EVENT_HAS_AT | HD_EVENT_HAS_BY,
					  .by = HD_BYTES(HD_CTL_REPAIR),
					  .hunt = proof->hunt,
					  .time = proof->time,
					  .entrant = entrant};
		if (!hd_audit_standing(audit, proof->hunt, entrant, &standing) &&
		    !(enrolled && enrolled->hunt == proof->hunt &&
		      hd_bytes_equal(entrant_of(enrolled), entrant))) {
			giving->add(giving->context, &joined);
			enrolled = proof;
		}
		struct hd_event got = {.type = proof->deal ? HD_EVENT_DEALT : HD_EVENT_GRANTED,
				       .has = HD_EVENT_HAS_AT | HD_EVENT_HAS_BY,
				       .by = HD_BYTES(HD_CTL_REPAIR),
				       .outcome = HD_OUTCOME_CORRECT,
				       .hunt = proof->hunt,
				       .number = proof->number,
				       .order = proof->ordinal - proof->deal,
				       .points = proof->points,
				       .time = proof->time,
				       .entrant = entrant};
		giving->add(giving->context, &got);
	}
}

void
hd_ctl_evidence_missing(struct hd_ctl_evidence *evidence, unsigned shard, bool cut,
			hd_ctl_evidence_add add, void *context)
{
	struct giving giving = {
		.evidence = evidence, .shard = shard, .add = add, .context = context};
	uint64_t from = evidence->order[shard], to = evidence->orders_count;
	/* An order that not all had is on its way: huntd sends it again. */
	if (!cut && shard != 0)
		to = evidence->done > from ? evidence->done : from;
	bool again = cut || to > from;
	sort_all(evidence);
	give_orders_and_grants(&giving, from, to);
	give_granted(&giving);
	for (uint64_t n = evidence->done + 1; shard == 0 && again && n <= to; n++) {
		struct hd_event done = {.type = HD_EVENT_DONE, .order = n};
		add(context, &done);
	}
}
