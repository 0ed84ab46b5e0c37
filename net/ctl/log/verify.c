/* log verify: frames, the chain, every invariant that a log can show, and what it all adds up to.
 */
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "net/ctl/log/past.h"
#include "net/ctl/log/rows.h"
#include "net/ctl/log/snapshots.h"

struct verify {
	struct hd_ctl *ctl;
	struct hd_ctl_past past;
	int code;
	bool running; /* a huntd is at work: the logs are not of one moment */
	json_t *shards, *boards, *findings, *snapshots;
	uint64_t events, cut_bytes;
	/* Of the shard that is being read, oldest first: each is compared where the replay comes
	 * to its LSN. */
	struct hd_ctl_snapshot waiting[HD_SNAPSHOTS_MAX];
	uint32_t waiting_count, compared;
};

/* The worst one counts: damage, then a torn tail. */
static void
worse(struct verify *verify, int code)
{
	if (verify->code == HD_EXIT_OK || verify->code == HD_EXIT_FAILED)
		verify->code = code != HD_EXIT_OK ? code : verify->code;
}

/* Snapshots. */

static void
tell_snapshot(struct verify *verify, const struct hd_ctl_snapshot *snapshot, const char *state)
{
	char digest[33];
	for (unsigned i = 0; i < 16; i++)
		snprintf(digest + 2 * i, 3, "%02x", snapshot->digest[i]);
	json_array_append_new(verify->snapshots,
			      json_pack("{s:i, s:I, s:I, s:s, s:s}", "shard",
					(int)verify->past.shard, "lsn",
					(json_int_t)snapshot->anchor.lsn, "time",
					(json_int_t)(snapshot->anchor.stamp / 1000000), "state",
					state, "digest", digest));
}

/* Reads them all, into cores that are given back at once. */
static void
load_snapshots(struct verify *verify, unsigned shard)
{
	struct hd_snapshot_list list;
	verify->waiting_count = verify->compared = 0;
	verify->past.shard = shard;
	hd_ctl_snapshots_list(verify->past.logs, shard, &list);
	for (uint32_t i = list.count; i > 0; i--) {
		struct hd_ctl_snapshot *snapshot = &verify->waiting[verify->waiting_count];
		struct hd_memory memory = hd_ctl_memory();
		struct hd_core *core = hd_core_create(&memory);
		if (hd_ctl_snapshot_load(verify->past.logs, shard, list.lsn[i - 1], core,
					 snapshot)) {
			verify->waiting_count++;
		} else {
			hd_ctl_fail("%s; huntd loads the one before it, or replays the log",
				    snapshot->message);
			snapshot->anchor.lsn = list.lsn[i - 1];
			tell_snapshot(verify, snapshot, "damaged");
			worse(verify, HD_EXIT_DAMAGED);
		}
		hd_core_destroy(core);
	}
}

/* I7: what was replayed to a snapshot's LSN is what the snapshot holds. */
static void
compare_snapshot(void *context, unsigned shard, uint64_t lsn, const struct hd_event *event)
{
	(void)event;
	struct verify *verify = context;
	uint8_t digest[16];
	while (verify->compared < verify->waiting_count &&
	       verify->waiting[verify->compared].anchor.lsn < lsn)
		tell_snapshot(verify, &verify->waiting[verify->compared++], "not compared");
	if (verify->compared == verify->waiting_count ||
	    verify->waiting[verify->compared].anchor.lsn != lsn ||
	    hd_audit_findings(verify->past.audit) > 0)
		return;
	const struct hd_ctl_snapshot *snapshot = &verify->waiting[verify->compared++];
	hd_core_digest(verify->past.core[shard], digest);
	if (memcmp(digest, snapshot->digest, sizeof digest) == 0) {
		tell_snapshot(verify, snapshot, "whole");
		return;
	}
	hd_ctl_fail("%s is not the state that the log gives at LSN %llu: this is a bug of huntd; "
		    "move the file away and huntd replays the log",
		    snapshot->path, (unsigned long long)lsn);
	tell_snapshot(verify, snapshot, "differs");
	worse(verify, HD_EXIT_DAMAGED);
}

/* What the replay did not come to. */
static void
tell_rest(struct verify *verify, bool whole)
{
	const struct hd_ctl_past *past = &verify->past;
	for (; verify->compared < verify->waiting_count; verify->compared++) {
		const struct hd_ctl_snapshot *snapshot = &verify->waiting[verify->compared];
		bool begins = snapshot->anchor.lsn <= past->reached[past->shard].lsn;
		tell_snapshot(verify, snapshot, "not compared");
		if (!whole || begins || verify->running || hd_audit_findings(past->audit) > 0)
			continue;
		hd_ctl_fail("%s is of LSN %llu, which the log does not have; see what `huntctl "
			    "repair` would do",
			    snapshot->path, (unsigned long long)snapshot->anchor.lsn);
		worse(verify, HD_EXIT_DAMAGED);
	}
}

static json_t *
shard_fact(const struct hd_log_report *report, const struct hd_ctl_reached *reached, unsigned shard)
{
	char head[33];
	for (unsigned i = 0; i < 16; i++)
		snprintf(head + 2 * i, 3, "%02x", report->head[i]);
	const char *state = report->exit ? "damaged" : report->cut_bytes ? "torn tail" : "whole";
	return json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "shard", (int)shard,
			 "state", state, "events", (json_int_t)reached->events, "segments",
			 (json_int_t)report->segments, "first_lsn", (json_int_t)reached->first_lsn,
			 "last_lsn", (json_int_t)reached->lsn, "first_time",
			 (json_int_t)(reached->first_stamp / 1000000), "last_time",
			 (json_int_t)(reached->stamp / 1000000), "cut_bytes",
			 (json_int_t)report->cut_bytes, "head", head);
}

static void
verify_shard(struct verify *verify, unsigned shard)
{
	struct hd_ctl_past *past = &verify->past;
	const struct hd_log_report *report = &past->report[shard];
	load_snapshots(verify, shard);
	bool good = hd_ctl_past_read(past, shard);
	tell_rest(verify, good);
	json_t *fact = shard_fact(report, &past->reached[shard], shard);
	if (!good) {
		hd_ctl_fail("%s", report->message);
		worse(verify, report->exit);
		if (verify->ctl->json)
			json_object_set_new(fact, "message", json_string(report->message));
	} else if (report->cut_bytes) {
		hd_ctl_fail("%s/shard-%02u: a torn tail of %llu bytes, never acknowledged; huntd "
			    "cuts it at its next start",
			    past->logs->data, shard, (unsigned long long)report->cut_bytes);
		worse(verify, HD_EXIT_FAILED);
	}
	verify->events += past->reached[shard].events;
	verify->cut_bytes += report->cut_bytes;
	json_array_append_new(verify->shards, fact);
}

/* What the audit found. */

static void
tell_findings(struct verify *verify, bool whole)
{
	struct hd_audit *audit = verify->past.audit;
	uint64_t count =
		whole && !verify->past.late ? hd_audit_end(audit) : hd_audit_findings(audit);
	for (uint64_t i = 0; i < count && i < HD_AUDIT_FINDINGS_MAX; i++) {
		const struct hd_audit_finding *finding = hd_audit_finding(audit, i);
		hd_ctl_fail("%s/shard-%02u, LSN %llu: %s: %s", verify->past.logs->data,
			    finding->shard, (unsigned long long)finding->lsn, finding->invariant,
			    finding->text);
		json_array_append_new(verify->findings,
				      json_pack("{s:i, s:I, s:s, s:s}", "shard",
						(int)finding->shard, "lsn",
						(json_int_t)finding->lsn, "invariant",
						finding->invariant, "text", finding->text));
	}
	if (count > HD_AUDIT_FINDINGS_MAX)
		hd_ctl_fail("and %llu more", (unsigned long long)(count - HD_AUDIT_FINDINGS_MAX));
	if (count > 0)
		worse(verify, HD_EXIT_DAMAGED);
}

/* I5, I6: the game and the audit's own sums say the same of every entrant on a board. */
static void
compare_rows(struct verify *verify, uint16_t hunt, const char *board,
	     const struct hd_ctl_rows *rows)
{
	for (uint64_t i = 0; i < rows->count; i++) {
		const struct hd_ctl_row_at *row = &rows->rows[i];
		struct hd_audit_standing seen = {0};
		if (verify->past.late)
			return;
		bool there = hd_audit_standing(verify->past.audit, hunt, row->entrant, &seen);
		if (there && seen.score == row->score && seen.sub == row->sub &&
		    seen.time == row->time)
			continue;
		hd_ctl_fail("%s: board %s shows %.*s with %lld, the events add up to %lld: this is "
			    "a bug of huntd",
			    verify->past.logs->data, board, (int)row->entrant.size,
			    (const char *)row->entrant.at, (long long)row->score,
			    (long long)seen.score);
		worse(verify, HD_EXIT_DAMAGED);
		return;
	}
}

static void
add_board(struct verify *verify, uint16_t hunt, const struct hd_definition *definition,
	  const struct hd_board_rule *rule)
{
	struct hd_ctl_rows rows;
	char board[HD_ID_MAX + 1];
	if (rule->gone || !hd_ctl_rows_make(&rows, verify->past.core, verify->past.logs->shards,
					    hunt, rule->number, false))
		return;
	snprintf(board, sizeof board, "%.*s", (int)rule->id.size, (const char *)rule->id.at);
	if (rule->window_ns == 0)
		compare_rows(verify, hunt, board, &rows);
	json_array_append_new(verify->boards,
			      json_pack("{s:o, s:s, s:I, s:s}", "hunt",
					hd_client_text(definition->id), "board", board, "entrants",
					(json_int_t)rows.count, "hash", rows.hash));
	hd_ctl_rows_free(&rows);
}

static void
add_boards(struct verify *verify)
{
	const struct hd_core *core = verify->past.core[0];
	for (uint32_t hunt = 0; hunt < hd_core_hunts(core); hunt++) {
		const struct hd_definition *definition = hd_core_definition(core, (uint16_t)hunt);
		for (uint32_t i = 0; i < definition->boards_count; i++)
			add_board(verify, (uint16_t)hunt, definition, &definition->boards[i]);
	}
}

static int
print_all(struct verify *verify)
{
	static const char *const states[] = {"whole", "torn tail"};
	uint64_t findings = json_array_size(verify->findings);
	const char *state = verify->code <= 1 ? states[verify->code] : "damaged";
	json_t *facts = json_pack("{s:s, s:i, s:I, s:I, s:I, s:b, s:b}", "state", state, "shards",
				  (int)verify->past.logs->shards, "events",
				  (json_int_t)verify->events, "cut_bytes",
				  (json_int_t)verify->cut_bytes, "findings", (json_int_t)findings,
				  "running", verify->running, "audited", !verify->past.late);
	json_object_set_new(facts, "shard", verify->shards);
	json_object_set_new(facts, "snapshot", verify->snapshots);
	json_object_set_new(facts, "board", verify->boards);
	if (verify->ctl->json)
		json_object_set(facts, "finding", verify->findings);
	json_decref(verify->findings);
	hd_ctl_print(verify->ctl, facts);
	return verify->code;
}

int
hd_ctl_log_verify(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	struct hd_ctl_logs logs;
	struct verify *verify = calloc(1, sizeof *verify);
	HD_ASSERT(verify);
	*verify = (struct verify){
		.ctl = ctl, .past = {.logs = &logs, .each = compare_snapshot, .context = verify}};
	int code = HD_EXIT_DAMAGED;
	if (hd_ctl_logs_open(&logs, argv[0])) {
		verify->shards = json_array();
		verify->boards = json_array();
		verify->snapshots = json_array();
		verify->findings = json_array();
		verify->running = hd_ctl_logs_running(&logs);
		hd_ctl_past_begin(&verify->past);
		for (unsigned i = 0; i < logs.shards; i++)
			verify_shard(verify, i);
		tell_findings(verify, verify->code <= HD_EXIT_FAILED && !verify->running);
		if (verify->code <= HD_EXIT_FAILED)
			add_boards(verify);
		hd_ctl_past_end(&verify->past);
		code = print_all(verify);
	}
	hd_ctl_logs_close(&logs);
	free(verify);
	return code;
}
