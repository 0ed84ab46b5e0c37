/* evidence.h - what the logs prove of one another: events that a log lost and others show.
 *
 *   ORDER    stands whole in every log that had it; shard 0's DONE proves that all had it
 *   GRANT    an entrant's GRANTED proves its ordinal, points and time; `gone` proves that all of
 *            the stock was granted
 *   GRANTED  the hunt's GRANT proves it
 *   ALLOTTED an entrant's DEALT proves its number; who had a lower one that nobody proves is `lost
 * N` DEALT    the hunt's ALLOTTED proves it. Of its base nothing does: another one is drawn DONE
 * what all logs have after the repair is done
 *
 * Between ordinals that are proven some may be left of which nobody knows whose they were. An
 * entrant whose WANT is still open gets the oldest (its answer was right, and the hunt's shard
 * would grant it anew); where there is none, the GRANT is given to `lost N`, a name that no client
 * can have: it counts, so nothing is ever granted beyond the stock. */
#ifndef HUNTD_NET_CTL_LOG_REPAIR_EVIDENCE_H
#define HUNTD_NET_CTL_LOG_REPAIR_EVIDENCE_H

#include "net/ctl/log/past.h"

#define HD_CTL_REPAIR "repair"

/* A fact of a hunt's challenge and an entrant. */
struct hd_ctl_proof {
	uint16_t hunt;
	uint32_t number;
	uint64_t ordinal; /* 0: a WANT */
	int64_t points, time, stamp;
	bool has_at;
	bool deal; /* ALLOTTED or DEALT; ordinal: d + 1 */
	uint32_t shard;
	uint8_t entrant_size;
	uint8_t entrant[HD_ID_MAX];
};

struct hd_ctl_proofs {
	struct hd_ctl_proof *rows; /* own */
	uint64_t count, room;
};

struct hd_ctl_evidence {
	struct hd_ctl_past *past;
	struct hd_ctl_order {
		uint8_t *body; /* own */
		uint32_t size;
		int64_t time;
	} * orders; /* order n is at n - 1; own */
	uint64_t orders_count, orders_room;
	uint64_t order[HD_SHARDS_MAX]; /* the last one that each log has */
	uint64_t done;
	struct hd_ctl_proofs granted, wants, gones; /* a gone's ordinal: the stock */
	struct hd_ctl_proofs grants;                /* and what was allotted */
	struct hd_ctl_proofs dealt;
	int64_t stamp; /* the greatest in any log */
	bool sorted;   /* nothing is taken any more */
};

/* For hd_ctl_past's `each`; context: struct hd_ctl_evidence. */
void hd_ctl_evidence_take(void *context, unsigned shard, uint64_t lsn,
			  const struct hd_event *event);
void hd_ctl_evidence_free(struct hd_ctl_evidence *evidence);

/* Gives every event that shard's log is to be given back, in order, each once, to `add`; their
 * bytes live until it returns, their stamps are left 0. cut: its log was cut by damage. */
typedef void (*hd_ctl_evidence_add)(void *context, const struct hd_event *event);
void hd_ctl_evidence_missing(struct hd_ctl_evidence *evidence, unsigned shard, bool cut,
			     hd_ctl_evidence_add add, void *context);

#endif
