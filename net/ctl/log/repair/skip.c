/* --skip. The log is cut before the first such event's frame; the events of that frame and all
 * behind it are appended again, SKIPPED in the place of each one that is taken out. */
#include "huntd/assert.h"
#include "net/ctl/log/repair/repair.h"
#include "net/ctl/log/snapshots.h"

static bool
stop_at(void *context, const struct hd_log_event *at)
{
	const uint64_t *skip = context;
	return at->lsn != *skip;
}

static uint64_t
first_of(const struct hd_ctl *ctl)
{
	uint64_t first = UINT64_MAX;
	for (uint32_t i = 0; i < ctl->skips; i++)
		first = ctl->skip[i] < first ? ctl->skip[i] : first;
	return first;
}

/* Reads to the first one. False: said why. */
static bool
find_frame(struct hd_ctl_repair *repair, unsigned shard)
{
	struct hd_log_report *report = &repair->past.report[shard];
	const char *data = repair->logs.data;
	uint64_t first = first_of(repair->ctl);
	unsigned long long lsn = first;
	if (hd_ctl_logs_read(&repair->logs, shard, stop_at, &first, report))
		hd_ctl_fail("%s/shard-%02u has no LSN %llu to take out, only %llu to %llu", data,
			    shard, lsn, (unsigned long long)report->first_lsn,
			    (unsigned long long)report->last_lsn);
	else if (report->exit != HD_EXIT_INVARIANT)
		hd_ctl_fail("%s; repair that first, without --skip", report->message);
	else
		return true;
	return false;
}

/* What the log goes on from at its cut: its first event, or where that is no longer kept the newest
 * whole snapshot, whose anchor it then has. False: said that there is none. */
static bool
find_base(struct hd_ctl_repair *repair, unsigned shard, struct hd_core **core)
{
	const struct hd_log_report *report = &repair->past.report[shard];
	struct hd_memory *memory = &repair->past.memory;
	struct hd_snapshot_list list;
	*core = hd_core_create(memory);
	if (report->first_lsn <= 1)
		return true;
	hd_ctl_snapshots_list(&repair->logs, shard, &list);
	for (uint32_t i = 0; i < list.count; i++) {
		struct hd_ctl_snapshot snapshot;
		if (list.lsn[i] <= report->last_lsn &&
		    hd_ctl_snapshot_load(&repair->logs, shard, list.lsn[i], *core, &snapshot)) {
			repair->plan[shard].salvage.anchor = snapshot.anchor;
			return true;
		}
		hd_core_destroy(*core);
		*core = hd_core_create(memory);
	}
	hd_ctl_fail("%s/shard-%02u begins at LSN %llu, and no whole snapshot stands before LSN "
		    "%llu: it cannot be taken out",
		    repair->logs.data, shard, (unsigned long long)report->first_lsn,
		    (unsigned long long)first_of(repair->ctl));
	return false;
}

/* Is what the cut leaves in the log, not in its archive? False: said so. */
static bool
is_in_log(const struct hd_ctl_repair *repair, unsigned shard)
{
	const struct hd_log_report *report = &repair->past.report[shard];
	uint32_t first = repair->plan[shard].salvage.anchor.number;
	first = first ? first : 1;
	if (hd_ctl_repair_in_log(repair, shard, report->end_number ? report->end_number : first))
		return true;
	hd_ctl_fail("%s/shard-%02u: LSN %llu stands in the archive, or first behind it: it cannot "
		    "be taken out",
		    repair->logs.data, shard, (unsigned long long)first_of(repair->ctl));
	return false;
}

/* Puts SKIPPED in the place of each. False: said why. */
static bool
take_out(struct hd_ctl_repair *repair, unsigned shard)
{
	struct hd_ctl_plan *plan = &repair->plan[shard];
	for (uint32_t i = 0; i < repair->ctl->skips; i++) {
		uint64_t skip = repair->ctl->skip[i];
		if (skip > plan->salvage.last) {
			hd_ctl_fail("%s/shard-%02u has no LSN %llu to take out, only 1 to %llu",
				    repair->logs.data, shard, (unsigned long long)skip,
				    (unsigned long long)plan->salvage.last);
			return false;
		}
		plan->skipped += hd_ctl_salvage_skip(&plan->salvage, skip);
	}
	return true;
}

/* The log as it would be, in a core. */
struct replay {
	const struct hd_ctl_salvage *salvage;
	struct hd_core *core;
	struct hd_log_event at; /* that cannot be applied */
	const char *why;
};

static bool
replay_one(void *context, const struct hd_log_event *read)
{
	struct replay *replay = context;
	struct hd_event event;
	if (read->lsn <= replay->salvage->anchor.lsn)
		return true; /* the snapshot has it */
	replay->at = *read;
	if (read->lsn > replay->salvage->after)
		hd_ctl_salvage_at(replay->salvage, read->lsn - replay->salvage->after - 1,
				  &replay->at);
	if (!hd_ctl_event(&replay->at, &event))
		replay->why = "is no event that this release knows";
	else if (!hd_core_can_apply(replay->core, &event))
		replay->why = "cannot be applied to what is then before it";
	else
		hd_core_apply(replay->core, &event);
	return replay->why == NULL;
}

/* False: said which event depends on one that is taken out. */
static bool
still_applies(struct hd_ctl_repair *repair, unsigned shard, struct hd_core *core)
{
	struct hd_log_report report;
	char words[HD_CTL_REPAIR_WORDS];
	struct replay replay = {.salvage = &repair->plan[shard].salvage, .core = core};
	bool good = hd_ctl_logs_read(&repair->logs, shard, replay_one, &replay, &report);
	if (!good) {
		const char *name = replay.at.type < HD_EVENT_TYPE_END
					   ? hd_event_name((enum hd_event_type)replay.at.type)
					   : "unknown";
		hd_ctl_repair_words(repair->ctl, words);
		hd_ctl_fail("%s/shard-%02u, LSN %llu: this event (%s) %s; nothing was changed. It "
			    "can be taken out too:%s --skip %llu",
			    repair->logs.data, shard, (unsigned long long)replay.at.lsn, name,
			    replay.why ? replay.why : report.message, words,
			    (unsigned long long)replay.at.lsn);
	}
	return good;
}

/* False: said why. */
static bool
plan_events(struct hd_ctl_repair *repair, unsigned shard)
{
	struct hd_log_report whole;
	struct hd_core *core;
	bool good = find_base(repair, shard, &core) && is_in_log(repair, shard);
	if (good && !hd_ctl_logs_read(&repair->logs, shard, hd_ctl_salvage_take,
				      &repair->plan[shard].salvage, &whole)) {
		hd_ctl_fail("%s; repair that first, without --skip", whole.message);
		good = false;
	}
	good = good && take_out(repair, shard) && still_applies(repair, shard, core);
	hd_core_destroy(core);
	return good;
}

bool
hd_ctl_repair_plan_skip(struct hd_ctl_repair *repair, unsigned shard)
{
	struct hd_ctl_plan *plan = &repair->plan[shard];
	if (!find_frame(repair, shard))
		return false;
	plan->salvage = (struct hd_ctl_salvage){.logs = &repair->logs,
						.io = repair->io,
						.shard = shard,
						.after = repair->past.report[shard].last_lsn};
	if (!plan_events(repair, shard))
		return false;
	if (plan->skipped > 0)
		plan->action = HD_REPAIR_CUT;
	else
		plan->salvage.count = 0; /* all were taken out before */
	return true;
}
