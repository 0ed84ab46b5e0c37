/* What is damaged, and which way out loses least. */
#include <stdio.h>
#include <unistd.h>

#include "net/ctl/log/repair/repair.h"
#include "net/ctl/log/snapshots.h"

/* Is the snapshot whole? Then its anchor, and whether the log goes on whole from there. */
static bool
try_snapshot(struct hd_ctl_repair *repair, unsigned shard, uint64_t lsn,
	     struct hd_log_anchor *anchor, bool *goes_on)
{
	struct hd_memory memory = hd_ctl_memory();
	struct hd_core *core = hd_core_create(&memory);
	struct hd_ctl_snapshot snapshot;
	struct hd_log_report report;
	char directory[HD_CTL_PATH];
	hd_ctl_logs_shard(&repair->logs, shard, directory);
	bool whole = hd_ctl_snapshot_load(&repair->logs, shard, lsn, core, &snapshot);
	hd_core_destroy(core);
	*anchor = snapshot.anchor;
	struct hd_log_options options = {.io = repair->io,
					 .memory = &memory,
					 .directory = directory,
					 .shard = shard,
					 .segment_bytes = HD_SEGMENT_DEFAULT,
					 .read_only = true,
					 .from = snapshot.anchor};
	struct hd_log *log = whole ? hd_log_open(&options, NULL, NULL, &report) : NULL;
	*goes_on = log != NULL;
	if (log)
		hd_log_close(log);
	return whole;
}

/* A snapshot spares what is before it: where the log goes on whole from there, only history is
 * damaged; else, where it is newer than the damage, the log is built anew from it. */
static bool
plan_snapshot(struct hd_ctl_repair *repair, unsigned shard)
{
	struct hd_snapshot_list list;
	struct hd_ctl_plan *plan = &repair->plan[shard];
	uint64_t newest = 0;
	hd_ctl_snapshots_list(&repair->logs, shard, &list);
	for (uint32_t i = 0; i < list.count; i++) {
		bool goes_on;
		if (!try_snapshot(repair, shard, list.lsn[i], &plan->anchor, &goes_on))
			continue;
		if (goes_on) {
			plan->action = HD_REPAIR_HISTORY;
			return true;
		}
		newest = newest ? newest : list.lsn[i];
	}
	if (newest <= repair->past.report[shard].last_lsn)
		return false;
	plan->action = HD_REPAIR_RESTART;
	plan->salvage = (struct hd_ctl_salvage){
		.logs = &repair->logs, .io = repair->io, .shard = shard, .after = newest};
	hd_ctl_salvage_find(&plan->salvage);
	return true;
}

bool
hd_ctl_repair_in_log(const struct hd_ctl_repair *repair, unsigned shard, uint32_t number)
{
	char path[HD_CTL_PATH];
	snprintf(path, sizeof path, "%.500s/shard-%02u/%08u.log", repair->logs.data, shard, number);
	return access(path, F_OK) == 0;
}

/* False: said why. */
static bool
plan_shard(struct hd_ctl_repair *repair, unsigned shard)
{
	const struct hd_log_report *report = &repair->past.report[shard];
	if (hd_ctl_past_read(&repair->past, shard))
		return true;
	hd_ctl_fail("%s", report->message);
	if (report->exit != HD_EXIT_DAMAGED || repair->past.stopped[0])
		return false;
	if (plan_snapshot(repair, shard))
		return true;
	repair->plan[shard].action = HD_REPAIR_CUT;
	if (report->end_number == 0 || hd_ctl_repair_in_log(repair, shard, report->end_number))
		return true;
	hd_ctl_fail("%s/shard-%02u is damaged in its archive and has no whole snapshot behind "
		    "that: restore the archive or a snapshot from a copy",
		    repair->logs.data, shard);
	return false;
}

/* What other logs prove, in the order in which it will be appended. */

static json_t *
back_fact(const struct hd_ctl_repair *repair, const struct hd_event *event)
{
	uint64_t which = event->order;
	if (event->type == HD_EVENT_GRANT || event->type == HD_EVENT_ALLOTTED)
		which = (uint64_t)event->value;
	return json_pack("{s:i, s:s, s:I, s:o, s:I}", "shard", (int)repair->giving, "event",
			 hd_event_name((enum hd_event_type)event->type), "number",
			 (json_int_t)which, "entrant",
			 event->entrant.size ? hd_client_text(event->entrant) : json_null(),
			 "points", (json_int_t)event->points);
}

static void
give_back(void *context, const struct hd_event *given)
{
	struct hd_ctl_repair *repair = context;
	struct hd_ctl_plan *plan = &repair->plan[repair->giving];
	struct hd_event event = *given;
	event.stamp = ++repair->evidence.stamp;
	if (!(event.has & HD_EVENT_HAS_AT))
		event.time = event.stamp;
	json_array_append_new(repair->given, back_fact(repair, given));
	hd_ctl_salvage_add(&plan->salvage, &event);
	plan->back_count++;
}

static void
give_shard(struct hd_ctl_repair *repair, unsigned shard)
{
	struct hd_ctl_plan *plan = &repair->plan[shard];
	repair->giving = shard;
	plan->salvage = (struct hd_ctl_salvage){.logs = &repair->logs,
						.io = repair->io,
						.shard = shard,
						.after = repair->past.report[shard].last_lsn};
	hd_ctl_evidence_missing(&repair->evidence, shard, plan->action == HD_REPAIR_CUT, give_back,
				repair);
}

bool
hd_ctl_repair_plan(struct hd_ctl_repair *repair)
{
	bool one = repair->ctl->text[HD_CTL_OPT_shard];
	unsigned shard = (unsigned)repair->ctl->number[HD_CTL_OPT_shard];
	if (repair->ctl->skips > 0) {
		if ((one || repair->logs.shards == 1) && shard < repair->logs.shards)
			return hd_ctl_repair_plan_skip(repair, shard);
		hd_ctl_fail("--skip needs --shard N, one of 0 to %u", repair->logs.shards - 1);
		return false;
	}
	repair->proving = true;
	for (unsigned i = 0; i < repair->logs.shards; i++) {
		if (!plan_shard(repair, i))
			return false;
		repair->proving &= repair->plan[i].action <= HD_REPAIR_CUT;
	}
	repair->proving &= !repair->past.late;
	for (unsigned i = 0; repair->proving && i < repair->logs.shards; i++)
		give_shard(repair, i);
	return true;
}
