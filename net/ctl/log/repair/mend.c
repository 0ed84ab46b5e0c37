/* Doing it: every log that is changed is built beside the old one, then each takes its place. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/ctl/log/repair/repair.h"

static bool
said(const char *message)
{
	hd_ctl_fail("%s; make that possible (space?) and repair again", message);
	return false;
}

/* NNNNNNNN.log and NNNNNNNN.log.zst; 0: neither. */
static uint32_t
segment_number(const char *name)
{
	unsigned number;
	int end = 0;
	if (sscanf(name, "%8u.log%n", &number, &end) != 1 || end != 12)
		return 0;
	return name[end] == 0 || strcmp(name + end, ".zst") == 0 ? number : 0;
}

/* Does the file of DATA/shard-NN/folder stand in the new log too? */
static bool
stays(const struct hd_ctl_repair *repair, unsigned shard, const char *name, bool archived)
{
	const struct hd_ctl_plan *plan = &repair->plan[shard];
	const struct hd_log_report *report = &repair->past.report[shard];
	unsigned long long lsn = 0;
	uint32_t number = segment_number(name);
	bool snapshot = sscanf(name, "snapshot-%20llu.hds", &lsn) == 1 && strstr(name, ".hds");
	if (plan->action == HD_REPAIR_HISTORY)
		return (number && number >= plan->anchor.number && !archived) ||
		       (snapshot && lsn == plan->anchor.lsn);
	return (number && (archived || number <= report->end_number)) ||
	       (snapshot && lsn <= report->last_lsn);
}

static bool
keep(struct hd_ctl_repair *repair, unsigned shard, const char *name, bool archived)
{
	const struct hd_log_report *report = &repair->past.report[shard];
	char path[300];
	snprintf(path, sizeof path, "%s%.255s", archived ? "archive/" : "", name);
	if (repair->plan[shard].action == HD_REPAIR_CUT && !archived &&
	    segment_number(name) == report->end_number)
		return hd_ctl_aside_copy(&repair->aside, shard, path, report->end_offset);
	return hd_ctl_aside_keep(&repair->aside, shard, path);
}

static bool
keep_all(struct hd_ctl_repair *repair, unsigned shard, bool archived)
{
	char path[HD_CTL_PATH];
	struct dirent **names;
	snprintf(path, sizeof path, "%.500s/shard-%02u%s", repair->logs.data, shard,
		 archived ? "/archive" : "");
	int count = scandir(path, &names, NULL, alphasort);
	bool good = true;
	for (int i = 0; i < count; i++) {
		if (good && stays(repair, shard, names[i]->d_name, archived))
			good = keep(repair, shard, names[i]->d_name, archived);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return good;
}

static bool
build(struct hd_ctl_repair *repair, unsigned shard)
{
	struct hd_ctl_plan *plan = &repair->plan[shard];
	char folder[HD_CTL_PATH];
	if (!hd_ctl_aside_begin(&repair->aside, shard, folder))
		return said(repair->aside.message);
	if (plan->action == HD_REPAIR_RESTART)
		return hd_ctl_salvage_build(&plan->salvage, folder) || said(plan->salvage.message);
	if (!keep_all(repair, shard, true) || !keep_all(repair, shard, false))
		return said(repair->aside.message);
	return plan->salvage.count == 0 || hd_ctl_salvage_write(&plan->salvage, folder) ||
	       said(plan->salvage.message);
}

static bool
build_all(struct hd_ctl_repair *repair)
{
	bool good = true;
	for (unsigned i = 0; good && i < repair->logs.shards; i++)
		good = repair->plan[i].action == HD_REPAIR_NOTHING || build(repair, i);
	for (unsigned i = 0; !good && i < repair->logs.shards; i++)
		hd_ctl_aside_abandon(&repair->aside, i);
	return good;
}

/* A log that is whole is only appended to, where it stands. */
static bool
give(struct hd_ctl_repair *repair, unsigned shard)
{
	struct hd_ctl_plan *plan = &repair->plan[shard];
	char folder[HD_CTL_PATH];
	if (plan->action != HD_REPAIR_NOTHING || plan->salvage.count == 0)
		return true;
	hd_ctl_logs_shard(&repair->logs, shard, folder);
	return hd_ctl_salvage_write(&plan->salvage, folder) || said(plan->salvage.message);
}

bool
hd_ctl_repair_mend(struct hd_ctl_repair *repair)
{
	if (!build_all(repair))
		return false;
	for (unsigned i = 0; i < repair->logs.shards; i++)
		if (repair->plan[i].action != HD_REPAIR_NOTHING &&
		    !hd_ctl_aside_swap(&repair->aside, i))
			return said(repair->aside.message);
	for (unsigned i = 0; i < repair->logs.shards; i++)
		if (!give(repair, i))
			return false;
	return true;
}
