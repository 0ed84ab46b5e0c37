/* snapshots.h - a shard's snapshots, read offline. */
#ifndef HUNTD_NET_CTL_LOG_SNAPSHOTS_H
#define HUNTD_NET_CTL_LOG_SNAPSHOTS_H

#include "huntd/core.h"
#include "net/ctl/log/logs.h"
#include "shard/snapshot/files.h"

struct hd_ctl_snapshot {
	char path[HD_SNAPSHOT_PATH];
	struct hd_log_anchor anchor;
	uint8_t digest[16];
	char message[HD_SNAPSHOT_PATH + 200]; /* what is wrong with it; empty: nothing */
};

/* Those that a shard has, newest first. */
void hd_ctl_snapshots_list(const struct hd_ctl_logs *logs, unsigned shard,
			   struct hd_snapshot_list *list);

/* Reads the snapshot of `lsn` into a fresh core. False: see the message; the core is good for
 * nothing then. */
bool hd_ctl_snapshot_load(const struct hd_ctl_logs *logs, unsigned shard, uint64_t lsn,
			  struct hd_core *core, struct hd_ctl_snapshot *snapshot);

#endif
