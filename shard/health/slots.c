#include "shard/health/slots.h"

#include "huntd/assert.h"
#include "huntd/ids.h"

#define FADES 10u /* looks */
#define PPM   1000000u

/* The first slot of `shard`: ranges are contiguous (hd_slot_shard). */
static uint32_t
first_slot(uint32_t shard, uint32_t shards)
{
	uint32_t slot = (shard * HD_SLOTS + shards - 1) / shards;
	HD_ASSERT(shard == shards || hd_slot_shard((uint16_t)slot, shards) == shard);
	return slot;
}

void
hd_slots_look(struct hd_slots *slots, struct hd_shard_stats *stats, uint32_t shard, uint32_t shards)
{
	uint32_t end = first_slot(shard + 1, shards), hot = 0;
	uint64_t sum = 0, most = 0, grown = 0;
	HD_ASSERT(shard < shards && end <= HD_SLOTS);
	for (uint32_t slot = first_slot(shard, shards); slot < end; slot++) {
		uint64_t now = HD_METRIC(stats->slot_ns[slot]), *recent = &slots->recent[slot];
		*recent = *recent - (*recent + FADES - 1) / FADES + (now - slots->seen[slot]);
		grown += now - slots->seen[slot];
		slots->seen[slot] = now;
		sum += *recent;
		if (*recent > most) {
			most = *recent;
			hot = slot;
		}
	}
	HD_COUNT(stats->metrics.slots_ns_total, grown);
	HD_GAUGE(stats->metrics.hot_slot, hot);
	HD_GAUGE(stats->metrics.hot_slot_share, sum == 0 ? 0 : most * PPM / sum);
}
