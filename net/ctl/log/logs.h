/* logs.h - a data directory as the offline commands see it (shard/data_dir.h lays it out). It is
 * only read, and not locked: a huntd may be running on it. */
#ifndef HUNTD_NET_CTL_LOG_LOGS_H
#define HUNTD_NET_CTL_LOG_LOGS_H

#include "huntd/log.h"
#include "net/ctl/ctl.h"

#define HD_CTL_PATH 600u

struct hd_ctl_logs {
	struct hd_io *io;
	const char *data;
	unsigned shards;
};

/* False: said why. Close either way. */
bool hd_ctl_logs_open(struct hd_ctl_logs *logs, const char *data);
void hd_ctl_logs_close(struct hd_ctl_logs *logs);

/* Is a huntd running on it? Then its logs are read at different moments. */
bool hd_ctl_logs_running(const struct hd_ctl_logs *logs);

/* The folder of a shard's log. False: it is not there. */
bool hd_ctl_logs_shard(const struct hd_ctl_logs *logs, unsigned shard, char path[HD_CTL_PATH]);

/* Reads a shard's archive and log. False: `report` says why. */
bool hd_ctl_logs_read(const struct hd_ctl_logs *logs, unsigned shard, hd_log_each each,
		      void *context, struct hd_log_report *report);

/* The event; false: none that this release knows. */
bool hd_ctl_event(const struct hd_log_event *at, struct hd_event *event);

/* Memory without a budget. */
struct hd_memory hd_ctl_memory(void);

#endif
