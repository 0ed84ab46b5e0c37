/* heal.h - what a shard does about damage on its disk that the scrubber found (shard/archive):
 * one line, a counter, and where a start would need what is damaged, new snapshots.
 *
 * The state in memory is right, so nothing is lost while it serves: a snapshot taken now replaces
 * a damaged one, and makes a damaged segment superfluous that stands before its anchor. They are
 * taken, as the log grows, until HD_SNAPSHOTS_KEPT are there again that a start can rely on. A
 * damaged one makes room before a good one does. */
#ifndef HUNTD_SHARD_SNAPSHOT_HEAL_H
#define HUNTD_SHARD_SNAPSHOT_HEAL_H

#include "shard/message.h"
#include "shard/snapshot/taker.h"

/* HD_CELL_DAMAGED. */
void hd_heal_take(struct hd_shard *shard, const struct hd_cell *cell);

/* A new snapshot counts: which ones are kept now. */
void hd_heal_keep(struct hd_shard *shard, struct hd_taken taken);

#endif
