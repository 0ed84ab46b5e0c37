/* watchdog.h - control's looks at the shards' health (health.h): one line and one counter a change.
 */
#ifndef HUNTD_SHARD_HEALTH_WATCHDOG_H
#define HUNTD_SHARD_HEALTH_WATCHDOG_H

#include "huntd/runtime.h"
#include "huntd/stats.h"
#include "shard/health/health.h"
#include "shard/health/slots.h"
#include "shard/mesh.h"

#define HD_WATCHDOG_ROWS 2u /* counters that are told of */

struct hd_watchdog {
	uint32_t shards;
	struct hd_shard_stats *stats; /* of all shards */
	struct hd_mesh *mesh;
	const struct hd_runtime_hooks *hooks;
	int64_t due; /* BOOTTIME ns of the next look */
	uint32_t looks;
	struct hd_health health[HD_SHARDS_MAX];
	struct hd_slots slots;
	struct {
		uint64_t told;
		int64_t quiet_until;
	} rows[HD_WATCHDOG_ROWS];
};

/* One look, where it is due. */
void hd_watchdog_look(struct hd_watchdog *watchdog, int64_t boot);

#endif
