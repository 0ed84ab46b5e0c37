/* heal.h - what a shard does about damage on its disk that the scrubber (shard/archive) or a page
 * of HUNT.EVENTS found: one line, a counter, and where a start would need what is damaged, new
 * snapshots.
 *
 * The state in memory is right, so nothing is lost while it serves: a snapshot taken now replaces
 * a damaged one, and makes a damaged segment superfluous that stands before its anchor. They are
 * taken, as the log grows, until HD_SNAPSHOTS_KEPT are there again that a start can rely on. A
 * damaged one makes room before a good one does. */
#ifndef HUNTD_SHARD_SNAPSHOT_HEAL_H
#define HUNTD_SHARD_SNAPSHOT_HEAL_H

#include "shard/message.h"
#include "shard/snapshot/taker.h"

struct hd_damage {
	uint8_t kind;    /* enum hd_check_kind (shard/archive/check.h) */
	uint64_t id;     /* a snapshot's LSN, a segment's number */
	uint64_t offset; /* at it or behind */
	uint8_t fault;   /* enum hd_check_fault */
};

void hd_heal_damage(struct hd_shard *shard, const struct hd_damage *damage);

/* HD_CELL_DAMAGED: what the scrubber found. */
void hd_heal_take(struct hd_shard *shard, const struct hd_cell *cell);

/* A new snapshot counts: which ones are kept now. */
void hd_heal_keep(struct hd_shard *shard, struct hd_taken taken);

#endif
