#include "net/ctl/log/past.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "huntd/definition.h"
#include "net/ctl/log/snapshots.h"
#include "shard/log/reader.h"

#define MS_NS INT64_C(1000000)

/* Positions. */

/* Unix ms with up to six decimals. False: not a time. */
static bool
parse_time(const char *text, int64_t *stamp)
{
	char *end;
	errno = 0;
	int64_t ms = strtoll(text, &end, 10), scale = MS_NS;
	if (end == text || errno || ms < 0 || ms > INT64_MAX / MS_NS - 1)
		return false;
	*stamp = ms * MS_NS;
	if (*end == '.')
		for (end++; isdigit((unsigned char)*end) && scale > 1; end++)
			*stamp += (*end - '0') * (scale /= 10);
	return *end == 0;
}

/* As the tools print it: `2026-11-21 18:14:35.907Z`, or with T; without a fraction the whole
 * second. What is printed is cut short, so its last digit stands for all that begins with it. */
static bool
parse_utc(struct hd_ctl_cut *cut, const char *text)
{
	struct tm parts = {0};
	int64_t unit = 1000 * MS_NS;
	const char *at = strptime(text, "%Y-%m-%d", &parts);
	if (at == NULL || (*at != ' ' && *at != 'T'))
		return false;
	at = strptime(at + 1, "%H:%M:%S", &parts);
	time_t seconds = at ? timegm(&parts) : -1;
	if (seconds < 0 || seconds >= INT64_MAX / unit)
		return false;
	cut->stamp = seconds * unit;
	if (*at == '.')
		for (at++; isdigit((unsigned char)*at) && unit > 1; at++)
			cut->stamp += (*at - '0') * (unit /= 10);
	cut->until = cut->stamp + unit - 1;
	return *at == 0 || (*at == 'Z' && at[1] == 0);
}

/* `shard:LSN,...`, each shard once. */
static bool
parse_lsns(struct hd_ctl_cut *cut, const char *text, unsigned shards)
{
	bool named[HD_SHARDS_MAX] = {0};
	unsigned count = 0;
	while (*text) {
		char *end;
		errno = 0;
		uint64_t shard = strtoull(text, &end, 10);
		if (end == text || *end != ':' || shard >= shards || named[shard])
			return false;
		text = end + 1;
		cut->lsn[shard] = strtoull(text, &end, 10);
		if (end == text || errno || (*end && *end != ','))
			return false;
		text = *end ? end + 1 : end;
		named[shard] = true;
		count++;
	}
	return count == shards;
}

bool
hd_ctl_cut_parse_one(struct hd_ctl_cut *cut, const char *text, unsigned shards, int one)
{
	*cut = (struct hd_ctl_cut){.kind = HD_CUT_NONE};
	if (text == NULL)
		return true;
	cut->kind = HD_CUT_LSN;
	if (strchr(text, ':') && parse_lsns(cut, text, shards))
		return true;
	cut->kind = HD_CUT_TIME;
	if (parse_utc(cut, text))
		return true;
	bool good = !strchr(text, ':') && parse_time(text, &cut->stamp);
	cut->until = cut->stamp;
	bool lsn = good && !strchr(text, '.') && cut->stamp / MS_NS < HD_CUT_LSN_MAX;
	if (lsn && one >= 0) {
		cut->kind = HD_CUT_LSN;
		cut->lsn[one] = (uint64_t)(cut->stamp / MS_NS);
	}
	if (!good)
		hd_ctl_fail("a position is a time in unix ms (HUNT.PROGRESS gives one) or as in "
			    "2026-11-21T18:14:35.907Z, or shard:LSN,... for each of the %u "
			    "shards%s; got `%s`",
			    shards, one >= 0 ? ", or an LSN" : "", text);
	return good;
}

bool
hd_ctl_cut_parse(struct hd_ctl_cut *cut, const char *text, unsigned shards)
{
	return hd_ctl_cut_parse_one(cut, text, shards, shards == 1 ? 0 : -1);
}

bool
hd_ctl_cut_before(const struct hd_ctl_cut *cut, unsigned shard, const struct hd_log_event *at)
{
	if (cut->kind == HD_CUT_LSN)
		return at->lsn > cut->lsn[shard];
	return cut->kind == HD_CUT_TIME && at->stamp > cut->until;
}

bool
hd_ctl_cut_reached(const struct hd_ctl_cut *cut, unsigned shard, const struct hd_log_event *at)
{
	if (cut->kind == HD_CUT_LSN)
		return at->lsn >= cut->lsn[shard];
	return cut->kind != HD_CUT_TIME || at->stamp >= cut->stamp;
}

/* Reading. */

void
hd_ctl_past_begin(struct hd_ctl_past *past)
{
	HD_ASSERT(past->logs != NULL && past->audit == NULL);
	past->memory = hd_ctl_memory();
	past->audit = hd_audit_begin(&past->memory, past->logs->shards);
}

void
hd_ctl_past_end(struct hd_ctl_past *past)
{
	for (unsigned i = 0; i < past->logs->shards; i++)
		if (past->core[i])
			hd_core_destroy(past->core[i]);
	hd_audit_destroy(past->audit);
	HD_ASSERT(past->memory.used == 0);
}

static void
note(struct hd_ctl_reached *reached, const struct hd_log_event *at)
{
	if (reached->events++ == 0) {
		reached->first_lsn = at->lsn;
		reached->first_stamp = at->stamp;
	}
	reached->lsn = at->lsn;
	reached->stamp = at->stamp;
}

static bool
stop(struct hd_ctl_past *past, uint64_t lsn, const char *why)
{
	snprintf(past->stopped, sizeof past->stopped, "%.300s/shard-%02u, LSN %llu: %s",
		 past->logs->data, past->shard, (unsigned long long)lsn, why);
	return false;
}

/* Does the position lie before everything that is kept? */
static bool
is_kept(struct hd_ctl_past *past, const struct hd_log_anchor *anchor)
{
	const struct hd_ctl_cut *cut = &past->cut;
	char why[200];
	bool older = cut->kind == HD_CUT_LSN ? cut->lsn[past->shard] < anchor->lsn
					     : cut->until < anchor->stamp;
	if (cut->kind == HD_CUT_NONE || !older)
		return true;
	snprintf(why, sizeof why,
		 "the position is older than what is kept, which begins here, at %lld.%06lld",
		 (long long)(anchor->stamp / MS_NS), (long long)(anchor->stamp % MS_NS));
	return stop(past, anchor->lsn, why);
}

/* A log whose first events are no longer kept goes on from its oldest snapshot that they reach. */
static bool
begin_late(struct hd_ctl_past *past, uint64_t first)
{
	struct hd_snapshot_list list;
	struct hd_ctl_snapshot snapshot;
	struct hd_core **core = &past->core[past->shard];
	past->late = true;
	if (past->check_only)
		return true;
	hd_ctl_snapshots_list(past->logs, past->shard, &list);
	for (uint32_t i = list.count; i > 0; i--) {
		if (list.lsn[i - 1] + 1 < first)
			continue;
		if (hd_ctl_snapshot_load(past->logs, past->shard, list.lsn[i - 1], *core,
					 &snapshot)) {
			past->reached[past->shard].base = list.lsn[i - 1];
			return is_kept(past, &snapshot.anchor);
		}
		hd_core_destroy(*core);
		*core = hd_core_create(&past->memory);
	}
	return stop(past, first,
		    "the log begins here, older events are not kept, and no whole "
		    "snapshot reaches it");
}

/* False: it cannot be applied, and `stopped` says so. */
static bool
apply(struct hd_ctl_past *past, uint64_t lsn, const struct hd_event *event)
{
	const struct hd_ctl_reached *reached = &past->reached[past->shard];
	struct hd_core *core = past->core[past->shard];
	char why[300];
	if (!past->late)
		hd_audit_feed(past->audit, past->shard, lsn, event);
	bool applied =
		!past->check_only && lsn > reached->base && hd_audit_findings(past->audit) == 0;
	if (applied && !hd_core_can_apply(core, event)) {
		snprintf(why, sizeof why,
			 "this event (%s) cannot be applied to what is before it; `huntctl repair "
			 "%.80s --skip %llu --shard %u` takes it out",
			 hd_event_name((enum hd_event_type)event->type), past->logs->data,
			 (unsigned long long)lsn, past->shard);
		return stop(past, lsn, why);
	}
	if (applied)
		hd_core_apply(core, event);
	if (past->each)
		past->each(past->context, past->shard, lsn, event);
	return true;
}

static bool
take_event(void *context, const struct hd_log_event *at)
{
	struct hd_ctl_past *past = context;
	struct hd_ctl_reached *reached = &past->reached[past->shard];
	struct hd_event event;
	char lacks[HD_LACKS_MAX], why[300];
	if (reached->events == 0 && at->lsn > 1 && !begin_late(past, at->lsn))
		return false;
	reached->cut = hd_ctl_cut_before(&past->cut, past->shard, at);
	if (reached->cut)
		return false;
	if (!hd_ctl_event(at, &event))
		return stop(past, at->lsn,
			    "no event that this release knows; use the huntctl of the release that "
			    "wrote it");
	if (hd_log_lacks(at, lacks)) {
		snprintf(why, sizeof why,
			 "a document with %s, which this release lacks; use the huntctl of the "
			 "release that wrote it",
			 lacks);
		return stop(past, at->lsn, why);
	}
	note(reached, at);
	return apply(past, at->lsn, &event);
}

static bool
has_segment(const struct hd_ctl_past *past, uint32_t number)
{
	char path[HD_CTL_PATH];
	snprintf(path, sizeof path, "%.500s/shard-%02u/%08u.log", past->logs->data, past->shard,
		 number);
	return access(path, F_OK) == 0;
}

/* A log without a frame does not say where it begins. Its newest whole snapshot does, where it
 * stands before all of the log: the log is read again from there. False: what stands
 * behind it is damaged. */
static bool
read_behind_snapshot(struct hd_ctl_past *past, struct hd_log_report *report)
{
	char directory[HD_CTL_PATH];
	struct hd_snapshot_list list;
	struct hd_memory memory = hd_ctl_memory();
	hd_ctl_logs_shard(past->logs, past->shard, directory);
	hd_ctl_snapshots_list(past->logs, past->shard, &list);
	for (uint32_t i = 0; i < list.count; i++) {
		struct hd_ctl_snapshot snapshot;
		struct hd_core *core = hd_core_create(&memory);
		bool whole =
			hd_ctl_snapshot_load(past->logs, past->shard, list.lsn[i], core, &snapshot);
		hd_core_destroy(core);
		if (!whole || snapshot.anchor.first_lsn != snapshot.anchor.lsn + 1 ||
		    !has_segment(past, snapshot.anchor.number))
			continue;
		struct hd_segments segments = {0};
		struct hd_log_reader reader = {.segments = &segments,
					       .report = report,
					       .from = snapshot.anchor,
					       .each = take_event,
					       .context = past};
		*report = (struct hd_log_report){0};
		bool good = hd_segments_init(&segments, past->logs->io, &memory, directory, true) ==
				    0 &&
			    hd_log_reader_run(&reader, past->shard);
		hd_segments_fini(&segments);
		return good;
	}
	return true;
}

/* Behind its snapshot the log has nothing yet. */
static void
begin_empty(struct hd_ctl_past *past, const struct hd_log_report *report)
{
	past->reached[past->shard].lsn = report->first_lsn - 1;
	begin_late(past, report->first_lsn);
}

bool
hd_ctl_past_read(struct hd_ctl_past *past, unsigned shard)
{
	HD_ASSERT(shard < past->logs->shards && past->core[shard] == NULL);
	struct hd_log_report *report = &past->report[shard];
	if (!past->check_only)
		past->core[shard] = hd_core_create(&past->memory);
	past->shard = shard;
	past->stopped[0] = 0;
	bool good = hd_ctl_logs_read(past->logs, shard, take_event, past, report);
	if (good && past->reached[shard].events == 0 && report->first_lsn <= 1)
		good = read_behind_snapshot(past, report);
	if (good && past->reached[shard].events == 0 && report->first_lsn > 1)
		begin_empty(past, report);
	if (past->stopped[0]) {
		report->exit = HD_EXIT_DAMAGED;
		snprintf(report->message, sizeof report->message, "%.500s", past->stopped);
	} else if (!good && past->reached[shard].cut) {
		report->exit = HD_EXIT_OK;
		report->message[0] = 0;
	}
	return report->exit == HD_EXIT_OK;
}

static bool
say_finding(const struct hd_ctl_past *past)
{
	if (hd_audit_findings(past->audit) == 0)
		return false;
	const struct hd_audit_finding *finding = hd_audit_finding(past->audit, 0);
	hd_ctl_fail("%s/shard-%02u, LSN %llu: %s: %s; `huntctl log verify` lists all",
		    past->logs->data, finding->shard, (unsigned long long)finding->lsn,
		    finding->invariant, finding->text);
	return true;
}

bool
hd_ctl_past_read_all(struct hd_ctl_past *past, int *code)
{
	for (unsigned i = 0; i < past->logs->shards; i++) {
		if (!hd_ctl_past_read(past, i)) {
			hd_ctl_fail("%s", past->report[i].message);
			*code = past->report[i].exit;
			return false;
		}
		if (say_finding(past)) {
			*code = HD_EXIT_DAMAGED;
			return false;
		}
	}
	return true;
}
