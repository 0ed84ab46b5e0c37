/* state.h - what the audit remembers, and what its files may ask of one another. core/audit only.
 *
 * Tables of facts, found by a 128-bit hash of what they are about. */
#ifndef HUNTD_CORE_AUDIT_STATE_H
#define HUNTD_CORE_AUDIT_STATE_H

#include "core/base/index.h"
#include "core/base/pool.h"
#include "huntd/assert.h"
#include "huntd/audit.h"
#include "huntd/order.h"

/* Objects begin with their key. */
struct hd_facts {
	struct hd_pool pool;
	struct hd_index *index;
};

struct hd_fact_key {
	uint8_t hash[16];
};

/* An entrant of a hunt. */
struct hd_seen_entrant {
	struct hd_fact_key key;
	int64_t score, sub, time;
	uint32_t shard;
	uint16_t hunt;
	uint8_t id_size;
	uint8_t id[HD_ID_MAX];
};

/* An entrant and a challenge: what it did there, and what it was granted. */
struct hd_seen_cell {
	struct hd_fact_key key;
	uint16_t hunt;
	bool solved, settled; /* settled: a GRANTED(correct) stands in the entrant's log */
	bool lost;            /* whoever was granted it: the record is lost */
	bool repaired;        /* the GRANT was given back by a repair */
	uint32_t number, hints;
	uint32_t shard, grant_shard; /* of the entrant's log, of the hunt's */
	int64_t want;                /* stamp of the open WANT; 0: none */
	uint64_t ordinal;            /* of the GRANT; 0: none */
	uint64_t lsn, grant_lsn;     /* of the WANT or GRANTED, of the GRANT */
	int64_t points, time, stamp; /* of the GRANT */
	uint64_t settled_ordinal;
	int64_t settled_points, settled_time;
	int64_t settled_score; /* behind it */
	/* Of a puzzle: */
	bool dealt, based;
	bool allot_lost;                  /* as `lost`, of the ALLOTTED */
	uint32_t deal_shard, allot_shard; /* of the entrant's log, of the hunt's */
	int64_t deal_want;                /* stamp of the open WANT_DEAL; 0: none */
	uint64_t d;                       /* of the DEALT */
	uint64_t allotted;                /* d + 1 of the ALLOTTED; 0: none */
	uint64_t deal_lsn, allot_lsn;
};

/* A challenge's grants and deals. */
struct hd_seen_prize {
	struct hd_fact_key key;
	uint16_t hunt;
	uint32_t number, shard;
	uint64_t grants, deals;
};

/* Whose a deal is. */
struct hd_seen_deal {
	struct hd_fact_key key;
	uint32_t id_size;
	uint8_t id[HD_ID_MAX];
};

/* The earliest `gone` of a challenge that was judged by one version. */
struct hd_seen_gone {
	struct hd_fact_key key;
	uint16_t hunt;
	uint32_t number, version, shard;
	uint64_t lsn;
	int64_t stamp;
};

/* An event id that is kept; a list by stamp for each shard. */
struct hd_seen_id {
	struct hd_fact_key key;
	int64_t stamp;
	uint32_t newer, padding;
};

struct hd_seen_version {
	struct hd_seen_version *older;
	struct hd_definition *definition;
};

/* A hunt, by its number: its versions, newest first. */
struct hd_seen_hunt {
	uint8_t name_size;
	uint8_t name[HD_ID_MAX];
	struct hd_seen_version *versions;
};

/* The same hunt in one log. */
struct hd_seen_track {
	const struct hd_definition *definition;
	uint8_t phase;
	bool override;
	int64_t window[HD_BOARDS_MAX];
};

struct hd_seen_shard {
	uint64_t lsn, order;
	int64_t stamp;
	uint32_t tracks_count;
	struct hd_seen_track *tracks[HD_HUNTS_MAX];
	/* Ids: */
	uint32_t oldest, newest;
	uint64_t ids_live;
	int64_t ids_max, ids_age;
};

struct hd_seen_order {
	uint8_t body[16];
	int64_t time;
};

struct hd_audit {
	struct hd_memory *memory;
	uint32_t shards_count;
	struct hd_seen_shard **shards;
	struct hd_facts entrants, cells, prizes, gones, ids;
	struct hd_facts deals, told, bases, suspicions; /* all but `deals`: keys alone */
	struct hd_seen_hunt *hunts[HD_HUNTS_MAX];
	uint32_t hunts_count;
	struct hd_seen_order *orders; /* order n is at n - 1 */
	uint64_t orders_count, orders_room;
	uint64_t done;
	struct hd_audit_finding *findings; /* HD_AUDIT_FINDINGS_MAX */
	uint64_t findings_count;
	bool ended;
};

/* The event that is being looked at. */
struct hd_look {
	struct hd_audit *audit;
	struct hd_seen_shard *shard;
	struct hd_seen_track *track; /* of its hunt; NULL: it has none */
	uint32_t number;             /* of the shard */
	uint64_t lsn;
	const struct hd_event *event;
};

/* audit.c: notes a finding. In `format` %d is an int64_t and %b a struct hd_bytes. */
void hd_audit_say(struct hd_audit *audit, uint32_t shard, uint64_t lsn, const char *invariant,
		  const char *format, ...);
#define HD_AUDIT_SAY(look, ...)                                                                    \
	hd_audit_say((look)->audit, (look)->number, (look)->lsn, __VA_ARGS__)

/* facts.c */
void hd_facts_init(struct hd_facts *facts, struct hd_memory *memory, uint32_t size);
void hd_facts_fini(struct hd_facts *facts);
struct hd_fact_key hd_fact_key(uint64_t a, uint64_t b, struct hd_bytes name,
			       struct hd_bytes second);
/* A handle; 0: none. */
uint32_t hd_facts_find(const struct hd_facts *facts, const struct hd_fact_key *key);
/* The object of that key, made where there is none. */
void *hd_facts_make(struct hd_facts *facts, const struct hd_fact_key *key);
void *hd_facts_get(const struct hd_facts *facts, const struct hd_fact_key *key); /* or NULL */
void hd_facts_forget(struct hd_facts *facts, uint32_t handle);

static inline void *
hd_facts_at(const struct hd_facts *facts, uint32_t handle)
{
	return hd_pool_at(&facts->pool, handle);
}

/* orders.c: ORDER, DONE, PHASE, WINDOW. */
void hd_audit_order(struct hd_look *look);
void hd_audit_done(struct hd_look *look);
void hd_audit_phase(struct hd_look *look);
void hd_audit_window(struct hd_look *look);
void hd_audit_orders_end(struct hd_audit *audit);
void hd_audit_orders_fini(struct hd_audit *audit);
/* By the document's hours; `scheduled`: what they say at a time. */
enum hd_phase hd_audit_scheduled(const struct hd_definition *definition, int64_t time);

/* entrants.c: JOINED, AWARDED, JUDGED, HINTED, ANSWERED, and ids. */
void hd_audit_entrant(struct hd_look *look);
/* Moves the score, and gives it; says so where the entrant did not join, or joined in another log.
 */
int64_t hd_audit_score(struct hd_look *look);
void hd_audit_solved(struct hd_look *look, struct hd_seen_cell *cell);
void hd_audit_open(struct hd_look *look); /* whether the hunt was open */
/* The event's challenge in the document in force there; says so and gives NULL where it has none.
 */
const struct hd_challenge *hd_audit_challenge(struct hd_look *look);
struct hd_seen_cell *hd_audit_cell(struct hd_look *look);
void hd_audit_id(struct hd_look *look);
bool hd_audit_id_kept(const struct hd_look *look);

/* grants.c: WANT, GRANT, GRANTED, VOIDED. */
void hd_audit_want(struct hd_look *look);
void hd_audit_grants(struct hd_look *look);
void hd_audit_granted(struct hd_look *look);
void hd_audit_voided(struct hd_look *look);
void hd_audit_grants_end(struct hd_audit *audit);
/* An entrant that no client can name stands for one whose record was lost. */
bool hd_audit_is_lost(struct hd_bytes entrant);

/* deals.c: says so where a puzzle is answered that was not dealt. */
void hd_audit_was_dealt(struct hd_look *look, const struct hd_challenge *challenge,
			const struct hd_seen_cell *cell);

/* WANT_DEAL, ALLOTTED, DEALT, BASE, SUSPECTED, SHARED_ANSWER, CLEARED. */
void hd_audit_want_deal(struct hd_look *look);
void hd_audit_allotted(struct hd_look *look);
void hd_audit_dealt(struct hd_look *look);
void hd_audit_base(struct hd_look *look);
void hd_audit_suspected(struct hd_look *look);
void hd_audit_shared_answer(struct hd_look *look);
void hd_audit_cleared(struct hd_look *look);
void hd_audit_deals_end(struct hd_audit *audit);

#endif
