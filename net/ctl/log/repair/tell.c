/* What a repair would do or does, in words and as facts. */
#include <stdio.h>

#include "net/ctl/log/repair/repair.h"

void
hd_ctl_repair_words(const struct hd_ctl *ctl, char words[static HD_CTL_REPAIR_WORDS])
{
	size_t used = 0;
	words[0] = 0;
	for (uint32_t i = 0; i < ctl->skips; i++)
		used += (size_t)snprintf(words + used, HD_CTL_REPAIR_WORDS - used, " --skip %llu",
					 (unsigned long long)ctl->skip[i]);
	if (ctl->skips && ctl->text[HD_CTL_OPT_shard])
		snprintf(words + used, HD_CTL_REPAIR_WORDS - used, " --shard %u",
			 (unsigned)ctl->number[HD_CTL_OPT_shard]);
}

/* The first and the last LSN that --skip names. */
static void
skips(const struct hd_ctl *ctl, uint64_t *first, uint64_t *last)
{
	*first = *last = ctl->skip[0];
	for (uint32_t i = 1; i < ctl->skips; i++) {
		*first = ctl->skip[i] < *first ? ctl->skip[i] : *first;
		*last = ctl->skip[i] > *last ? ctl->skip[i] : *last;
	}
}

json_t *
hd_ctl_repair_fact(const struct hd_ctl_repair *repair, unsigned shard)
{
	static const char *const actions[] = {"none", "cut", "history", "restart"};
	const struct hd_ctl_plan *plan = &repair->plan[shard];
	const struct hd_log_report *report = &repair->past.report[shard];
	char file[32] = "-";
	uint64_t from = 0, to = 0;
	if (plan->action != HD_REPAIR_NOTHING) {
		from = report->last_lsn + 1;
		to = report->sealed > from ? report->sealed : from;
		snprintf(file, sizeof file, "%08u.log", report->end_number);
	}
	if (plan->action == HD_REPAIR_HISTORY)
		from = to = 0;
	if (plan->skipped)
		skips(repair->ctl, &from, &to);
	if (plan->action == HD_REPAIR_RESTART) {
		from = plan->salvage.last + 1;
		to = report->sealed;
		if (to < from)
			from = to = 0;
	}
	return json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I}", "shard", (int)shard, "action",
			 actions[plan->action], "file", file, "offset",
			 (json_int_t)(plan->action == HD_REPAIR_CUT ? report->end_offset : 0),
			 "lost_from", (json_int_t)from, "lost_to", (json_int_t)to, "given_back",
			 (json_int_t)plan->back_count);
}

static void
say_skipped(const struct hd_ctl_repair *repair, unsigned shard, const char *tense)
{
	uint64_t first, last;
	const struct hd_ctl_plan *plan = &repair->plan[shard];
	skips(repair->ctl, &first, &last);
	if (first == last)
		hd_ctl_fail("shard %u: LSN %llu %s taken out; the %llu events behind it stay",
			    shard, (unsigned long long)first, tense,
			    (unsigned long long)(plan->salvage.last - first));
	else
		hd_ctl_fail("shard %u: %llu events from LSN %llu to %llu %s taken out; all others "
			    "stay",
			    shard, (unsigned long long)plan->skipped, (unsigned long long)first,
			    (unsigned long long)last, tense);
}

void
hd_ctl_repair_say(const struct hd_ctl_repair *repair, unsigned shard, const char *tense)
{
	const struct hd_ctl_plan *plan = &repair->plan[shard];
	const struct hd_log_report *report = &repair->past.report[shard];
	if (plan->skipped)
		say_skipped(repair, shard, tense);
	else if (plan->action == HD_REPAIR_RESTART && plan->salvage.last < report->sealed)
		hd_ctl_fail("shard %u: LSN %llu to %llu %s lost; the log goes on from its snapshot "
			    "of LSN %llu and %llu events behind it",
			    shard, (unsigned long long)plan->salvage.last + 1,
			    (unsigned long long)report->sealed, tense,
			    (unsigned long long)plan->salvage.after,
			    (unsigned long long)plan->salvage.count);
	else if (plan->action >= HD_REPAIR_HISTORY)
		hd_ctl_fail("shard %u: no event %s lost, but what was before LSN %llu can no "
			    "longer be read back (log board, whatif)",
			    shard, tense,
			    (unsigned long long)(plan->action == HD_REPAIR_RESTART
							 ? plan->salvage.after + 1
							 : plan->anchor.first_lsn));
	else if (plan->action == HD_REPAIR_CUT)
		hd_ctl_fail("shard %u: LSN %llu to %llu and what was behind them %s lost; %llu "
			    "events that other logs prove come back",
			    shard, (unsigned long long)report->last_lsn + 1,
			    (unsigned long long)(report->sealed > report->last_lsn
							 ? report->sealed
							 : report->last_lsn + 1),
			    tense, (unsigned long long)plan->back_count);
	else if (plan->back_count)
		hd_ctl_fail("shard %u: %llu events that other logs prove come back", shard,
			    (unsigned long long)plan->back_count);
}
