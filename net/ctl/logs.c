/* Opening a data directory's logs, and log verify. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/event.h"
#include "net/ctl/logs.h"
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
hd_ctl_logs_shard(const struct hd_ctl_logs *logs, unsigned shard, char path[HD_CTL_PATH])
{
	snprintf(path, HD_CTL_PATH, "%s/shard-%02u", logs->data, shard);
	return access(path, F_OK) == 0;
}

/* verify. */

/* Events whose bodies are not what their type says: the frame is whole, so a bug wrote them. */
struct bodies {
	uint64_t first_bad;
};

static bool
check_body(void *context, const struct hd_log_event *at)
{
	struct bodies *bodies = context;
	struct hd_event event;
	bool good = at->type < HD_EVENT_TYPE_END &&
		    hd_event_decode((enum hd_event_type)at->type, at->stamp, at->body, &event);
	if (!good && bodies->first_bad == 0)
		bodies->first_bad = at->lsn;
	return true;
}

static json_t *
verify_one(const struct hd_ctl_logs *logs, unsigned shard, struct hd_log_report *report)
{
	char path[HD_CTL_PATH];
	struct bodies bodies = {0};
	bool there = hd_ctl_logs_shard(logs, shard, path);
	bool good = there && hd_log_verify(logs->io, path, check_body, &bodies, report);
	if (!there)
		snprintf(report->message, sizeof report->message,
			 "%.400s is missing: the log of shard %u", path, shard);
	else if (good && bodies.first_bad)
		snprintf(report->message, sizeof report->message,
			 "%.400s: LSN %llu is no event that this release knows", path,
			 (unsigned long long)bodies.first_bad);
	if (!good || bodies.first_bad)
		report->exit = report->exit ? report->exit : HD_EXIT_DAMAGED;
	const char *state = report->exit ? "damaged" : report->cut_bytes ? "torn tail" : "whole";
	return json_pack("{s:i, s:s, s:I, s:I, s:I, s:I}", "shard", (int)shard, "state", state,
			 "events", (json_int_t)report->events, "last_lsn",
			 (json_int_t)report->last_lsn, "time",
			 (json_int_t)(report->last_stamp / 1000000), "cut_bytes",
			 (json_int_t)report->cut_bytes);
}

/* The worst one counts: damage, then a torn tail. */
static int
worse(int code, const struct hd_log_report *report)
{
	if (report->exit)
		return code == HD_EXIT_OK || code == HD_EXIT_FAILED ? report->exit : code;
	return code == HD_EXIT_OK && report->cut_bytes ? HD_EXIT_FAILED : code;
}

int
hd_ctl_log_verify(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	struct hd_ctl_logs logs;
	json_t *facts = json_array();
	int code = HD_EXIT_OK;
	if (!hd_ctl_logs_open(&logs, argv[0])) {
		json_decref(facts);
		return HD_EXIT_DAMAGED;
	}
	for (unsigned i = 0; i < logs.shards; i++) {
		struct hd_log_report report = {0};
		json_t *fact = verify_one(&logs, i, &report);
		if (report.message[0])
			json_object_set_new(fact, "message", json_string(report.message));
		if (report.exit)
			hd_ctl_fail("%s", report.message);
		else if (report.cut_bytes)
			hd_ctl_fail("%s/shard-%02u: a torn tail of %llu bytes, never acknowledged; "
				    "huntd cuts it at its next start",
				    argv[0], i, (unsigned long long)report.cut_bytes);
		code = worse(code, &report);
		json_array_append_new(facts, fact);
	}
	if (!ctl->json)
		for (size_t i = 0; i < json_array_size(facts); i++)
			json_object_del(json_array_get(facts, i), "message");
	hd_ctl_print(ctl, facts);
	hd_ctl_logs_close(&logs);
	return code;
}
