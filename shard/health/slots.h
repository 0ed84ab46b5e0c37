/* slots.h - the slot that takes most of a shard's time of late.
 *
 * Every shard counts the time that each slot's commands took (slot_ns of stats.h). Who watches
 * looks once a second; a look forgets a tenth of what was before, so about the last ten seconds
 * count. A shard's own slots only: a slot is looked at once a second, whatever the number of
 * shards.
 *
 * Pure but for its reading of the page. */
#ifndef HUNTD_SHARD_HEALTH_SLOTS_H
#define HUNTD_SHARD_HEALTH_SLOTS_H

#include "huntd/stats.h"

struct hd_slots {
	uint64_t seen[HD_SLOTS];   /* slot_ns at the last look */
	uint64_t recent[HD_SLOTS]; /* ns, fading */
};

/* A look at the slots of `shard`, of `shards`; into its gauges hot_slot and hot_slot_share, and
 * slots_ns_total, which is slot_ns added up. */
void hd_slots_look(struct hd_slots *slots, struct hd_shard_stats *stats, uint32_t shard,
		   uint32_t shards);

#endif
