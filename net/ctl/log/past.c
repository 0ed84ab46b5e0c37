#include "net/ctl/log/past.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"

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
	bool good = !strchr(text, ':') && parse_time(text, &cut->stamp);
	bool lsn = good && !strchr(text, '.') && cut->stamp / MS_NS < HD_CUT_LSN_MAX;
	if (lsn && one >= 0) {
		cut->kind = HD_CUT_LSN;
		cut->lsn[one] = (uint64_t)(cut->stamp / MS_NS);
	}
	if (!good)
		hd_ctl_fail("a position is a time in unix ms (HUNT.PROGRESS gives one), or "
			    "shard:LSN,... for each of the %u shards%s; got `%s`",
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
	return cut->kind == HD_CUT_TIME && at->stamp > cut->stamp;
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
take_event(void *context, const struct hd_log_event *at)
{
	struct hd_ctl_past *past = context;
	struct hd_ctl_reached *reached = &past->reached[past->shard];
	struct hd_event event;
	reached->cut = hd_ctl_cut_before(&past->cut, past->shard, at);
	if (reached->cut)
		return false;
	if (!hd_ctl_event(at, &event)) {
		past->unknown = true;
		return false;
	}
	note(reached, at);
	hd_audit_feed(past->audit, past->shard, at->lsn, &event);
	if (hd_audit_findings(past->audit) == 0 && !past->check_only)
		hd_core_apply(past->core[past->shard], &event);
	if (past->each)
		past->each(past->context, past->shard, at->lsn, &event);
	return true;
}

bool
hd_ctl_past_read(struct hd_ctl_past *past, unsigned shard)
{
	HD_ASSERT(shard < past->logs->shards && past->core[shard] == NULL);
	struct hd_log_report *report = &past->report[shard];
	if (!past->check_only)
		past->core[shard] = hd_core_create(&past->memory);
	past->shard = shard;
	past->unknown = false;
	bool good = hd_ctl_logs_read(past->logs, shard, take_event, past, report);
	if (past->unknown) {
		report->exit = HD_EXIT_DAMAGED;
		snprintf(report->message, sizeof report->message,
			 "%.300s/shard-%02u: LSN %llu is no event that this release knows; use the "
			 "huntctl of the release that wrote it",
			 past->logs->data, shard, (unsigned long long)report->last_lsn + 1);
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
