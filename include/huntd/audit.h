/* audit.h - what a set of logs, all shards of one data directory, says about itself.
 *
 * The invariants of FAULTS c.2 that a log can show, checked from decoded events alone by slow
 * bookkeeping of its own: nothing here knows how the game keeps its state. (The chain and checksums
 * of frames are the log reader's.)
 *
 *   I1     LSNs from 1 without a gap, stamps that rise (I8)
 *   I2     one effect for each (argument 1, event id), as long as ids are kept
 *   I4     stock: ordinals of grants 1, 2, 3 ..., never more than the stock then in force, one an
 *          entrant; each GRANTED has the GRANT it names and each GRANT its WANT; a WANT is ended
 *          once; `gone` only once `stock` grants stood
 *          Puzzles: deals 0, 1, 2 ..., one an entrant, each DEALT with its ALLOTTED; no base twice;
 *          answered only once dealt; shared_answer names whose it is, once
 *   I5     points are what the document in force says; a score is the sum of its events; one solve
 *          per entrant and challenge; events only of entrants that joined, in one log
 *   I12    phases and windows come when and as the document says; judged only while open
 *   ORDER  orders 1, 2, 3 ... with equal bodies and times in all logs; DONE once all logs have it
 *
 * Feed each shard's events in its own order, the shards in any interleaving; then end. Memory:
 * about 100 bytes an entrant and a tried challenge, 40 a kept id. */
#ifndef HUNTD_AUDIT_H
#define HUNTD_AUDIT_H

#include "huntd/definition.h"
#include "huntd/event.h"
#include "huntd/memory.h"

struct hd_audit;

struct hd_audit_finding {
	uint32_t shard;
	uint64_t lsn;          /* 0: of the log as a whole */
	const char *invariant; /* "I4"; static */
	char text[200];
};

#define HD_AUDIT_FINDINGS_MAX 1000u /* kept; all are counted */

struct hd_audit *hd_audit_begin(struct hd_memory *memory, uint32_t shards);
void hd_audit_destroy(struct hd_audit *audit);

/* The event at `lsn` of `shard`; its bytes may go. */
void hd_audit_feed(struct hd_audit *audit, uint32_t shard, uint64_t lsn,
		   const struct hd_event *event);

/* Every log was fed to its end: what only the whole can show. Returns how many findings there are.
 */
uint64_t hd_audit_end(struct hd_audit *audit);

/* The i-th finding, i < HD_AUDIT_FINDINGS_MAX and < the count. */
const struct hd_audit_finding *hd_audit_finding(const struct hd_audit *audit, uint64_t i);
uint64_t hd_audit_findings(const struct hd_audit *audit);

/* What the events add up to so far. */
struct hd_audit_standing {
	uint16_t hunt;
	uint32_t shard;
	struct hd_bytes entrant; /* borrows from the audit */
	int64_t score, sub;
	int64_t time; /* of the own last change of score or subscore; first the JOIN's */
};

/* False: who did not join. */
bool hd_audit_standing(const struct hd_audit *audit, uint16_t hunt, struct hd_bytes entrant,
		       struct hd_audit_standing *standing);
/* All of them, in no useful order. cursor: 0 begins. False: that was the last. */
bool hd_audit_next(const struct hd_audit *audit, uint32_t *cursor,
		   struct hd_audit_standing *standing);

/* The challenge's grant to the entrant, as H's log has it. False: none. */
struct hd_audit_grant {
	uint32_t shard;
	uint64_t lsn, ordinal;
	int64_t stamp, points, time;
	bool settled; /* the entrant's log has it too */
};
bool hd_audit_grant(const struct hd_audit *audit, uint16_t hunt, uint32_t challenge,
		    struct hd_bytes entrant, struct hd_audit_grant *grant);

/* What of a puzzle the entrant was dealt. */
struct hd_audit_deal {
	uint64_t d;
	bool allotted; /* the hunt's log has it: d */
	bool dealt;    /* the entrant's log has it */
	int64_t want;  /* stamp of the open WANT_DEAL; 0: none */
};
void hd_audit_deal(const struct hd_audit *audit, uint16_t hunt, uint32_t challenge,
		   struct hd_bytes entrant, struct hd_audit_deal *deal);

/* The stamp of the entrant's open WANT of the challenge; 0: none. */
int64_t hd_audit_open_want(const struct hd_audit *audit, uint16_t hunt, uint32_t challenge,
			   struct hd_bytes entrant);

/* The version of a hunt that any log brought; NULL: none did. */
const struct hd_definition *hd_audit_version(const struct hd_audit *audit, uint16_t hunt,
					     uint32_t version);

/* A hunt by its number, by the document that `shard` has in force; NULL: it has none yet. */
const struct hd_definition *hd_audit_definition(const struct hd_audit *audit, uint32_t shard,
						uint16_t hunt);

#endif
