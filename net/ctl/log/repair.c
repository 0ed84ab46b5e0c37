/* repair: makes the log of a stopped server whole again, and says first what is lost.
 *
 * Damaged bytes are moved aside, never removed. What a log lost and others prove is given back
 * through hd_log_append: the log's format is written in one place only. Each step leaves a
 * directory that a second repair takes up. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "net/ctl/log/aside.h"
#include "net/ctl/log/evidence.h"
#include "net/ctl/log/salvage.h"
#include "net/ctl/log/snapshots.h"
#include "net/uring/uring.h"
#include "shard/data_dir.h"

/* What is to be done with a shard's log. */
enum action {
	NOTHING,
	CUT,     /* behind its last good frame */
	HISTORY, /* the newest snapshot and what follows are whole: what is before goes */
	RESTART, /* the newest snapshot is whole; what follows is read around the damage before it
		  */
};

struct plan {
	enum action action;
	struct hd_log_anchor anchor;      /* HISTORY: of the snapshot that is kept */
	struct hd_ctl_salvage salvage;    /* RESTART; CUT for --skip: what is appended again */
	uint64_t back[HD_EVENT_TYPE_END]; /* events to be given back, by type */
	uint64_t back_count;
	uint64_t skip; /* CUT: the event that is taken out; 0: none */
};

struct repair {
	struct hd_ctl *ctl;
	struct hd_ctl_logs logs;
	struct hd_data_dir dir;
	struct hd_ctl_past past;
	struct hd_ctl_evidence evidence;
	struct hd_ctl_aside aside;
	struct plan plan[HD_SHARDS_MAX];
	struct hd_io *io; /* writes */
	bool proving;     /* every log was read from its first event to its end or its damage */
	/* Of the shard that is given events: */
	unsigned shard;
	struct hd_log *log; /* NULL: they are only counted */
	json_t *list;
};

/* Planning. */

/* Is the snapshot whole? Then its anchor, and whether the log goes on whole from there. */
static bool
try_snapshot(struct repair *repair, unsigned shard, uint64_t lsn, struct hd_log_anchor *anchor,
	     bool *goes_on)
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
plan_snapshot(struct repair *repair, unsigned shard)
{
	struct hd_snapshot_list list;
	struct plan *plan = &repair->plan[shard];
	uint64_t newest = 0;
	hd_ctl_snapshots_list(&repair->logs, shard, &list);
	for (uint32_t i = 0; i < list.count; i++) {
		bool goes_on;
		if (!try_snapshot(repair, shard, list.lsn[i], &plan->anchor, &goes_on))
			continue;
		if (goes_on) {
			plan->action = HISTORY;
			return true;
		}
		newest = newest ? newest : list.lsn[i];
	}
	if (newest <= repair->past.report[shard].last_lsn)
		return false;
	plan->action = RESTART;
	plan->salvage = (struct hd_ctl_salvage){
		.logs = &repair->logs, .io = repair->io, .shard = shard, .after = newest};
	hd_ctl_salvage_find(&plan->salvage);
	return true;
}

static bool
in_log(const struct repair *repair, unsigned shard, uint32_t number)
{
	char path[HD_CTL_PATH];
	snprintf(path, sizeof path, "%.500s/shard-%02u/%08u.log", repair->logs.data, shard, number);
	return access(path, F_OK) == 0;
}

/* False: said why. */
static bool
plan_shard(struct repair *repair, unsigned shard)
{
	const struct hd_log_report *report = &repair->past.report[shard];
	if (hd_ctl_past_read(&repair->past, shard))
		return true;
	hd_ctl_fail("%s", report->message);
	if (report->exit != HD_EXIT_DAMAGED || repair->past.stopped[0])
		return false;
	if (plan_snapshot(repair, shard))
		return true;
	repair->plan[shard].action = CUT;
	if (report->end_number == 0 || in_log(repair, shard, report->end_number))
		return true;
	hd_ctl_fail("%s/shard-%02u is damaged in its archive and has no whole snapshot behind "
		    "that: restore the archive or a snapshot from a copy",
		    repair->logs.data, shard);
	return false;
}

/* Giving back: first counted, then appended. */

static json_t *
back_fact(const struct repair *repair, const struct hd_event *event)
{
	uint64_t which = event->order;
	if (event->type == HD_EVENT_GRANT)
		which = (uint64_t)event->value;
	return json_pack("{s:i, s:s, s:I, s:o, s:I}", "shard", (int)repair->shard, "event",
			 hd_event_name((enum hd_event_type)event->type), "number",
			 (json_int_t)which, "entrant",
			 event->entrant.size ? hd_client_text(event->entrant) : json_null(),
			 "points", (json_int_t)event->points);
}

static void
give_back(void *context, const struct hd_event *given)
{
	struct repair *repair = context;
	if (!repair->log) {
		repair->plan[repair->shard].back[given->type]++;
		repair->plan[repair->shard].back_count++;
		json_array_append_new(repair->list, back_fact(repair, given));
		return;
	}
	struct hd_event event = *given;
	event.stamp = ++repair->evidence.stamp;
	if (!(event.has & HD_EVENT_HAS_AT))
		event.time = event.stamp;
	hd_log_append(repair->log, &event, 1);
}

static void
give_shard(struct repair *repair, unsigned shard)
{
	repair->shard = shard;
	hd_ctl_evidence_missing(&repair->evidence, shard, repair->plan[shard].action == CUT,
				give_back, repair);
}

/* --skip. The log is cut before the event's frame; the events of that frame and all behind it are
 * appended again, SKIPPED in the place of the one. */

static bool
stop_at(void *context, const struct hd_log_event *at)
{
	const uint64_t *skip = context;
	return at->lsn != *skip;
}

/* A body of SKIPPED: flags, and the type that stood there. */
static void
take_out(struct hd_ctl_salvage *salvage, uint64_t lsn)
{
	struct hd_ctl_saved *row = &salvage->rows[lsn - salvage->after - 1];
	uint8_t body[160];
	struct hd_event event = {.type = HD_EVENT_SKIPPED, .number = row->type};
	struct hd_writer out = hd_writer_of(body, sizeof body);
	hd_event_encode(&event, &out);
	HD_ASSERT(!out.full);
	uint32_t size = (uint32_t)(out.at - body);
	salvage->bodies = realloc(salvage->bodies, salvage->bodies_used + size);
	HD_ASSERT(salvage->bodies);
	memcpy(salvage->bodies + salvage->bodies_used, body, size);
	row->type = HD_EVENT_SKIPPED;
	row->at = salvage->bodies_used;
	row->size = size;
	salvage->bodies_used += size;
}

/* False: said why. */
static bool
plan_skip(struct repair *repair, unsigned shard)
{
	struct plan *plan = &repair->plan[shard];
	struct hd_log_report *report = &repair->past.report[shard], whole;
	uint64_t skip = (uint64_t)repair->ctl->number[HD_CTL_OPT_skip];
	const char *data = repair->logs.data;
	if (hd_ctl_logs_read(&repair->logs, shard, stop_at, &skip, report) || skip == 0 ||
	    report->last_lsn >= skip || report->exit != HD_EXIT_INVARIANT) {
		hd_ctl_fail("%s/shard-%02u has no LSN %llu to take out; %s", data, shard,
			    (unsigned long long)skip, report->message);
		return false;
	}
	if (report->first_lsn > 1 || !in_log(repair, shard, report->end_number)) {
		hd_ctl_fail("%s/shard-%02u: LSN %llu is in the archive, or the first events are no "
			    "longer kept: it cannot be taken out",
			    data, shard, (unsigned long long)skip);
		return false;
	}
	plan->action = CUT;
	plan->skip = skip;
	plan->salvage = (struct hd_ctl_salvage){
		.logs = &repair->logs, .io = repair->io, .shard = shard, .after = report->last_lsn};
	if (!hd_ctl_logs_read(&repair->logs, shard, hd_ctl_salvage_take, &plan->salvage, &whole)) {
		hd_ctl_fail("%s; repair that first", whole.message);
		return false;
	}
	take_out(&plan->salvage, skip);
	return true;
}

static bool
plan_all(struct repair *repair)
{
	bool one = repair->ctl->text[HD_CTL_OPT_shard];
	unsigned shard = (unsigned)repair->ctl->number[HD_CTL_OPT_shard];
	if (repair->ctl->text[HD_CTL_OPT_skip]) {
		if ((one || repair->logs.shards == 1) && shard < repair->logs.shards)
			return plan_skip(repair, shard);
		hd_ctl_fail("--skip needs --shard N, one of 0 to %u", repair->logs.shards - 1);
		return false;
	}
	repair->proving = true;
	for (unsigned i = 0; i < repair->logs.shards; i++) {
		if (!plan_shard(repair, i))
			return false;
		repair->proving &= repair->plan[i].action <= CUT;
	}
	repair->proving &= !repair->past.late;
	for (unsigned i = 0; repair->proving && i < repair->logs.shards; i++)
		give_shard(repair, i);
	return true;
}

/* Saying it. */

static json_t *
plan_fact(const struct repair *repair, unsigned shard)
{
	static const char *const actions[] = {"none", "cut", "history", "restart"};
	const struct plan *plan = &repair->plan[shard];
	const struct hd_log_report *report = &repair->past.report[shard];
	char file[32] = "-";
	uint64_t from = 0, to = 0;
	if (plan->action != NOTHING) {
		from = report->last_lsn + 1;
		to = report->sealed > from ? report->sealed : from;
		snprintf(file, sizeof file, "%08u.log", report->end_number);
	}
	if (plan->action == HISTORY)
		from = to = 0;
	if (plan->skip)
		from = to = plan->skip;
	if (plan->action == RESTART) {
		from = plan->salvage.last + 1;
		to = report->sealed;
		if (to < from)
			from = to = 0;
	}
	return json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I}", "shard", (int)shard, "action",
			 actions[plan->action], "file", file, "offset",
			 (json_int_t)(plan->action == CUT ? report->end_offset : 0), "lost_from",
			 (json_int_t)from, "lost_to", (json_int_t)to, "given_back",
			 (json_int_t)plan->back_count);
}

static void
say_lost(const struct repair *repair, unsigned shard, const char *tense)
{
	const struct plan *plan = &repair->plan[shard];
	const struct hd_log_report *report = &repair->past.report[shard];
	if (plan->skip)
		hd_ctl_fail("shard %u: LSN %llu %s taken out; the %llu events behind it stay",
			    shard, (unsigned long long)plan->skip, tense,
			    (unsigned long long)(plan->salvage.last - plan->skip));
	else if (plan->action == RESTART && plan->salvage.last < report->sealed)
		hd_ctl_fail("shard %u: LSN %llu to %llu %s lost; the log goes on from its snapshot "
			    "of LSN %llu and %llu events behind it",
			    shard, (unsigned long long)plan->salvage.last + 1,
			    (unsigned long long)report->sealed, tense,
			    (unsigned long long)plan->salvage.after,
			    (unsigned long long)plan->salvage.count);
	else if (plan->action >= HISTORY)
		hd_ctl_fail("shard %u: no event %s lost, but what was before LSN %llu can no "
			    "longer be read back (log board, whatif)",
			    shard, tense,
			    (unsigned long long)(plan->action == RESTART ? plan->salvage.after + 1
									 : plan->anchor.first_lsn));
	else if (plan->action == CUT)
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

/* Doing it. */

/* Calls `each` with every name in DATA/shard-NN/folder. */
static bool
each_name(struct repair *repair, unsigned shard, const char *folder,
	  bool (*each)(struct repair *, unsigned, const char *))
{
	char path[HD_CTL_PATH];
	snprintf(path, sizeof path, "%.500s/shard-%02u%s", repair->logs.data, shard, folder);
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);
	bool good = true;
	for (int i = count - 1; i >= 0; i--) { /* newest first: a second repair finds the same */
		good = good && each(repair, shard, names[i]->d_name);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return good;
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

static bool
clear_log(struct repair *repair, unsigned shard, const char *name)
{
	const struct plan *plan = &repair->plan[shard];
	const struct hd_log_report *report = &repair->past.report[shard];
	unsigned long long lsn = 0;
	uint32_t number = segment_number(name);
	bool snapshot = sscanf(name, "snapshot-%20llu.hds", &lsn) == 1 && strstr(name, ".hds");
	bool goes;
	if (plan->action == HISTORY)
		goes = (number && number < plan->anchor.number) ||
		       (snapshot && lsn != plan->anchor.lsn);
	else
		goes = number > report->end_number || (snapshot && lsn > report->last_lsn);
	return !goes || hd_ctl_aside_move(&repair->aside, shard, name);
}

static bool
clear_archive(struct repair *repair, unsigned shard, const char *name)
{
	char path[64];
	snprintf(path, sizeof path, "archive/%.40s", name);
	return segment_number(name) == 0 || hd_ctl_aside_move(&repair->aside, shard, path);
}

static bool
clear(struct repair *repair, unsigned shard)
{
	const struct plan *plan = &repair->plan[shard];
	const struct hd_log_report *report = &repair->past.report[shard];
	char name[32], path[HD_CTL_PATH];
	if (plan->action == NOTHING)
		return true;
	if (!each_name(repair, shard, "", clear_log))
		return false;
	if (plan->action == HISTORY && !each_name(repair, shard, "/archive", clear_archive))
		return false;
	snprintf(name, sizeof name, "%08u.log", report->end_number);
	if (plan->action == CUT && report->end_number > 0 &&
	    !hd_ctl_aside_cut(&repair->aside, shard, name, report->end_offset))
		return false;
	return !hd_ctl_logs_shard(&repair->logs, shard, path) ||
	       hd_ctl_aside_sync(&repair->aside, shard);
}

/* Builds the log anew beside the old one; once it has entered, only history is damaged. */
static bool
restart(struct repair *repair, unsigned shard)
{
	struct plan *plan = &repair->plan[shard];
	char folder[HD_CTL_PATH], name[64];
	snprintf(name, sizeof name, "snapshot-%020llu.hds",
		 (unsigned long long)plan->salvage.after);
	if (!hd_ctl_aside_link(&repair->aside, shard, name) ||
	    !hd_ctl_aside_folder(&repair->aside, shard, folder))
		return false;
	if (!hd_ctl_salvage_build(&plan->salvage, folder) ||
	    !hd_ctl_salvage_enter(&plan->salvage, folder)) {
		snprintf(repair->aside.message, sizeof repair->aside.message, "%s",
			 plan->salvage.message);
		return false;
	}
	rmdir(folder);
	plan->anchor = plan->salvage.anchor;
	plan->action = HISTORY;
	return true;
}

/* Opens the log as huntd would, which makes it one that goes on, and gives back. */
static bool
reopen(struct repair *repair, unsigned shard)
{
	struct hd_log_report report;
	struct hd_memory memory = hd_ctl_memory();
	char directory[HD_CTL_PATH];
	hd_ctl_logs_shard(&repair->logs, shard, directory);
	struct hd_log_options options = {.io = repair->io,
					 .memory = &memory,
					 .directory = directory,
					 .shard = shard,
					 .segment_bytes = HD_SEGMENT_DEFAULT};
	struct plan *plan = &repair->plan[shard];
	if (plan->back_count == 0 && plan->skip == 0)
		return true;
	repair->log = hd_log_open(&options, NULL, NULL, &report);
	if (!repair->log) {
		hd_ctl_fail("%s", report.message);
		return false;
	}
	bool good = plan->skip == 0 || hd_ctl_salvage_append(&plan->salvage, repair->log);
	if (good && plan->skip == 0)
		give_shard(repair, shard);
	if (!good)
		hd_ctl_fail("%s", plan->salvage.message);
	good &= hd_log_close(repair->log);
	repair->log = NULL;
	if (!good)
		hd_ctl_fail("%s: not all could be written; make space and repair again", directory);
	return good;
}

static bool
mend(struct repair *repair)
{
	for (unsigned i = 0; i < repair->logs.shards; i++)
		if ((repair->plan[i].action == RESTART && !restart(repair, i)) ||
		    !clear(repair, i)) {
			hd_ctl_fail("%s; mend that and repair again", repair->aside.message);
			return false;
		}
	for (unsigned i = 0; i < repair->logs.shards; i++)
		if (!reopen(repair, i))
			return false;
	return true;
}

/* The command. */

static int
run(struct repair *repair)
{
	bool accept = repair->ctl->given & HD_CTL_TAKES(accept_loss), needed = false;
	if (!plan_all(repair))
		return HD_EXIT_DAMAGED;
	json_t *shards = json_array();
	for (unsigned i = 0; i < repair->logs.shards; i++) {
		const struct plan *plan = &repair->plan[i];
		needed |= plan->action != NOTHING || plan->back_count > 0;
		json_array_append_new(shards, plan_fact(repair, i));
		say_lost(repair, i, accept ? "is" : "would be");
	}
	if (!repair->proving && needed && !repair->ctl->text[HD_CTL_OPT_skip])
		hd_ctl_fail("not every log can be read from its first event: lost orders and "
			    "grants cannot be proven, and do not come back");
	bool good = !accept || !needed || mend(repair);
	const char *state = !needed ? "nothing to repair" : !accept ? "needed" : "done";
	json_t *facts = json_pack("{s:s, s:s, s:o}", "repair", good ? state : "failed", "aside",
				  repair->aside.made ? repair->aside.folder : "-", "shard", shards);
	json_object_set(facts, "given_back", repair->list);
	hd_ctl_print(repair->ctl, facts);
	if (needed && !accept)
		hd_ctl_fail("nothing was changed; to go on without what is lost: huntctl repair %s "
			    "--accept-loss",
			    repair->logs.data);
	if (!good)
		return HD_EXIT_STORAGE;
	return needed && !accept ? HD_EXIT_DAMAGED : HD_EXIT_OK;
}

/* False: said why. */
static bool
lock(struct repair *repair)
{
	static const uint8_t unused[32];
	char message[700];
	struct hd_uring_options options = {0};
	if (hd_data_dir_open(&repair->dir, repair->logs.data, 0, 1, unused, message,
			     sizeof message) != HD_EXIT_OK) {
		hd_ctl_fail("%s; stop it first: only a stopped server's directory is repaired",
			    message);
		return false;
	}
	repair->io = hd_uring_create(&options, message, sizeof message);
	if (!repair->io)
		hd_ctl_fail("%s", message);
	return repair->io != NULL;
}

int
hd_ctl_repair(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	int code = HD_EXIT_DAMAGED;
	struct repair *repair = calloc(1, sizeof *repair);
	HD_ASSERT(repair);
	repair->ctl = ctl;
	repair->dir.lock = -1;
	repair->aside.data = argv[0];
	repair->past = (struct hd_ctl_past){.logs = &repair->logs,
					    .check_only = true,
					    .each = hd_ctl_evidence_take,
					    .context = &repair->evidence};
	repair->evidence.past = &repair->past;
	repair->list = json_array();
	if (hd_ctl_logs_open(&repair->logs, argv[0])) {
		code = HD_EXIT_STORAGE;
		if (lock(repair)) {
			hd_ctl_past_begin(&repair->past);
			code = run(repair);
			hd_ctl_past_end(&repair->past);
			hd_uring_destroy(repair->io);
		}
		hd_data_dir_close(&repair->dir);
	}
	for (unsigned i = 0; i < HD_SHARDS_MAX; i++)
		hd_ctl_salvage_free(&repair->plan[i].salvage);
	hd_ctl_logs_close(&repair->logs);
	hd_ctl_evidence_free(&repair->evidence);
	json_decref(repair->list);
	free(repair);
	return code;
}
