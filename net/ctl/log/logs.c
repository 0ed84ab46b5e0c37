/* Opening a data directory's logs, and reading one. */
#include "net/ctl/log/logs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "huntd/event.h"
#include "net/uring/uring.h"

bool
hd_ctl_logs_open(struct hd_ctl_logs *logs, const char *data)
{
	char path[HD_CTL_PATH];
	unsigned format = 0;
	*logs = (struct hd_ctl_logs){.data = data};
	snprintf(path, sizeof path, "%s/huntd.meta", data);
	FILE *meta = fopen(path, "re");
	int fields = meta ? fscanf(meta, "format %u shards %u", &format, &logs->shards) : -1;
	if (meta)
		fclose(meta);
	if (!meta)
		hd_ctl_fail("%s is not a data directory of huntd: no huntd.meta in it", data);
	else if (fields != 2 || logs->shards == 0 || logs->shards > HD_SHARDS_MAX)
		hd_ctl_fail("%s is damaged: it does not name a format and 1 to %u shards", path,
			    HD_SHARDS_MAX);
	else if (format > 1)
		hd_ctl_fail("%s has data format %u, this huntctl reads 1: use a newer one", data,
			    format);
	else
		logs->io = hd_files_create();
	return logs->io != NULL;
}

void
hd_ctl_logs_close(struct hd_ctl_logs *logs)
{
	if (logs->io)
		hd_files_destroy(logs->io);
}

bool
hd_ctl_logs_running(const struct hd_ctl_logs *logs)
{
	char path[HD_CTL_PATH];
	snprintf(path, sizeof path, "%s/huntd.lock", logs->data);
	int lock = open(path, O_RDONLY | O_CLOEXEC);
	bool held = lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) != 0;
	if (lock >= 0)
		close(lock);
	return held;
}

bool
hd_ctl_logs_shard(const struct hd_ctl_logs *logs, unsigned shard, char path[HD_CTL_PATH])
{
	snprintf(path, HD_CTL_PATH, "%s/shard-%02u", logs->data, shard);
	return access(path, F_OK) == 0;
}

bool
hd_ctl_logs_read(const struct hd_ctl_logs *logs, unsigned shard, hd_log_each each, void *context,
		 struct hd_log_report *report)
{
	char path[HD_CTL_PATH];
	if (hd_ctl_logs_shard(logs, shard, path))
		return hd_log_verify(logs->io, path, each, context, report);
	*report = (struct hd_log_report){.exit = HD_EXIT_DAMAGED};
	snprintf(report->message, sizeof report->message, "%.400s is missing: the log of shard %u",
		 path, shard);
	return false;
}

bool
hd_ctl_event(const struct hd_log_event *at, struct hd_event *event)
{
	return at->type > 0 && at->type < HD_EVENT_TYPE_END &&
	       hd_event_decode((enum hd_event_type)at->type, at->stamp, at->body, event);
}

static void *
take(void *source, size_t size, size_t align)
{
	(void)source;
	void *at = NULL;
	if (posix_memalign(&at, align < sizeof at ? sizeof at : align, size) != 0)
		return NULL;
	return memset(at, 0, size);
}

static void
give(void *source, void *at, size_t size)
{
	(void)source;
	(void)size;
	free(at);
}

struct hd_memory
hd_ctl_memory(void)
{
	return (struct hd_memory){.take = take, .give = give};
}
