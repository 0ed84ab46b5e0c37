/* log whatif: the whole log of a hunt, judged again by another document.
 *
 * One core takes the place of all shards, so stock and points by order have their one truth without
 * messages. It decides every command of the log as if it had come with its time as AT: the new
 * document's hours count, not what operators ordered. No rule of the game is written here. */
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "huntd/document.h"
#include "net/ctl/log/records.h"
#include "net/ctl/log/rows.h"
#include "net/doc/doc.h"

#define CANNOT                                                                                     \
	"not in the log, so not judged again: what was refused unjudged (closed, solved, locked, " \
	"exhausted, cooldown), duplicates, awards that changed nothing; DECR at 0 counts what it " \
	"took; OPEN, FREEZE and CLOSE are passed over for the document's hours"

struct whatif {
	struct hd_ctl *ctl;
	const char *hunt;
	struct hd_ctl_past past;
	struct hd_ctl_records records;
	struct hd_memory memory;
	struct hd_core *core;
	struct hd_decision decision;
	uint64_t outcomes[HD_OUTCOME_COUNT], errors[HD_ERROR_COUNT];
	uint8_t order[HD_DOCUMENT_MAX + 4 * HD_KIB], encoding[HD_DOCUMENT_MAX];
};

/* The new document. */

static void
print_faults(const char *path, const struct hd_faults *faults)
{
	char line[HD_DOC_LINE_MAX];
	for (uint32_t i = 0; i < faults->count; i++) {
		hd_doc_fault_line(path, &faults->row[i], line, sizeof line);
		fprintf(stderr, "%s\n", line);
	}
	hd_ctl_fail("%s is refused; `huntctl check` says the same", path);
}

/* A puzzle's answer depends on its challenge's number, and its phrases are fixed once: where there
 * is one the document is judged as the next version of the one in force, else as the first. */
static struct hd_bytes
previous(const struct whatif *whatif)
{
	const struct hd_core *core = whatif->past.core[0];
	const struct hd_definition *definition = hd_core_definition(core, whatif->records.number);
	struct hd_document_version version;
	for (uint32_t i = 0; i < definition->challenges_count; i++)
		if (definition->challenges[i].puzzle != NULL &&
		    hd_core_document(core, definition->id, 0, &version))
			return version.definition;
	return (struct hd_bytes){0};
}

static bool
compile(struct whatif *whatif, struct hd_bytes *definition)
{
	const char *path = whatif->ctl->text[HD_CTL_OPT_document];
	struct hd_faults *faults = calloc(1, sizeof *faults);
	struct hd_writer out = hd_writer_of(whatif->encoding, sizeof whatif->encoding);
	struct hd_doc doc = {0};
	size_t size;
	char *text = hd_ctl_file(path, &size);
	HD_ASSERT(faults);
	bool good = text && hd_doc_read(hd_bytes_of(text, size), &doc, faults) &&
		    hd_veltrix_compile(&doc.document, hd_bytes_str(whatif->hunt), previous(whatif),
				       1, &out, faults);
	if (text && !good)
		print_faults(path, faults);
	*definition = hd_bytes_of(whatif->encoding, (size_t)(out.at - whatif->encoding));
	hd_doc_free(&doc);
	free(faults);
	free(text);
	return good;
}

static void
give_order(struct whatif *whatif, uint64_t n, int64_t stamp, const struct hd_order *order)
{
	struct hd_writer out = hd_writer_of(whatif->order, sizeof whatif->order);
	hd_order_encode(order, &out);
	HD_ASSERT(!out.full);
	struct hd_event event = {
		.type = HD_EVENT_ORDER,
		.order = n,
		.stamp = stamp,
		.time = stamp,
		.text = hd_bytes_of(whatif->order, (size_t)(out.at - whatif->order))};
	hd_core_apply(whatif->core, &event);
}

/* A server that has the document from before the first command on. */
static bool
begin(struct whatif *whatif)
{
	struct hd_bytes definition;
	if (!compile(whatif, &definition))
		return false;
	int64_t first = whatif->records.count ? whatif->records.rows[0].order : 3;
	whatif->memory = hd_ctl_memory();
	whatif->core = hd_core_create(&whatif->memory);
	give_order(whatif, 1, first - 2,
		   &(struct hd_order){
			   .kind = HD_ORDER_SECRET,
			   .text = {whatif->records.secret, sizeof whatif->records.secret}});
	give_order(whatif, 2, first - 1,
		   &(struct hd_order){.kind = HD_ORDER_DOCUMENT,
				      .version = 1,
				      .name = hd_bytes_str(whatif->hunt),
				      .definition = definition});
	return true;
}

/* Judging. */

/* Deals stay as they were, so that everybody's answer does; where the new document still has the
 * challenge. */
static void
allot(struct whatif *whatif, const struct hd_ctl_record *record, int64_t now)
{
	struct hd_command command;
	const struct hd_definition *definition = hd_core_definition(whatif->core, 0);
	hd_ctl_records_command(&whatif->records, record, &command);
	const struct hd_challenge *challenge =
		hd_definition_challenge(definition, command.challenge);
	struct hd_event event = {.type = HD_EVENT_ALLOTTED,
				 .stamp = now,
				 .time = now,
				 .entrant = command.entrant,
				 .value = record->points};
	if (challenge == NULL)
		return;
	event.number = challenge->number;
	if (hd_core_can_apply(whatif->core, &event))
		hd_core_apply(whatif->core, &event);
}

static void
judge(struct whatif *whatif, const struct hd_ctl_record *record)
{
	struct hd_command command;
	struct hd_event due;
	struct hd_decision *decision = &whatif->decision;
	int64_t now = hd_core_stamp(whatif->core) + 1;
	now = record->order > now ? record->order : now;
	for (; hd_core_due(whatif->core, now, &due); now++)
		hd_core_apply(whatif->core, &due);
	if (record->allotted) {
		allot(whatif, record, now);
		return;
	}
	hd_ctl_records_command(&whatif->records, record, &command);
	hd_core_decide(whatif->core, now, &command, decision);
	for (uint32_t i = 0; i < decision->events_count; i++)
		hd_core_apply(whatif->core, &decision->events[i]);
	if (decision->reply.kind == HD_REPLY_ERROR)
		whatif->errors[decision->reply.error]++;
	else if (decision->reply.kind != HD_REPLY_PUZZLE)
		whatif->outcomes[decision->reply.outcome]++;
}

static void
judge_all(struct whatif *whatif)
{
	for (uint64_t i = 0; i < whatif->records.count; i++)
		if (!whatif->records.rows[i].dropped)
			judge(whatif, &whatif->records.rows[i]);
}

/* Comparing. */

static int
by_entrant(const void *a, const void *b)
{
	const struct hd_ctl_row_at *const *x = a, *const *y = b;
	return hd_bytes_compare((*x)->entrant, (*y)->entrant);
}

static const struct hd_ctl_row_at **
sorted(const struct hd_ctl_rows *rows)
{
	const struct hd_ctl_row_at **list = calloc(rows->count + 1, sizeof *list);
	HD_ASSERT(list);
	for (uint64_t i = 0; i < rows->count; i++)
		list[i] = &rows->rows[i];
	qsort(list, rows->count, sizeof *list, by_entrant);
	return list;
}

static const struct hd_ctl_row_at *
find(const struct hd_ctl_row_at **list, uint64_t count, const struct hd_ctl_row_at *row)
{
	const struct hd_ctl_row_at **found = bsearch(&row, list, count, sizeof *list, by_entrant);
	return found ? *found : NULL;
}

static json_t *
rank_or_null(const struct hd_ctl_row_at *row)
{
	return row ? json_integer((json_int_t)row->rank) : json_null();
}

/* new or old NULL: it does not stand there. */
static json_t *
difference(const struct hd_ctl_row_at *new, const struct hd_ctl_row_at *old)
{
	int64_t score = new ? new->score : 0, was = old ? old->score : 0;
	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:I}", "rank", rank_or_null(new), "old_rank",
			 rank_or_null(old), "entrant",
			 hd_client_text(new ? new->entrant : old->entrant), "score",
			 (json_int_t)score, "old_score", (json_int_t)was, "difference",
			 (json_int_t)(score - was));
}

/* Best first by the new document; who is no longer there comes last. Returns how many ranks or
 * scores differ. */
static uint64_t
compare(const struct hd_ctl_rows *new, const struct hd_ctl_rows *old, json_t *list, uint64_t most)
{
	const struct hd_ctl_row_at **before = sorted(old), **after = sorted(new);
	uint64_t changed = 0;
	for (uint64_t i = 0; i < new->count; i++) {
		const struct hd_ctl_row_at *row = &new->rows[i], *was;
		was = find(before, old->count, row);
		changed += !was || was->rank != row->rank || was->score != row->score;
		if (json_array_size(list) < most)
			json_array_append_new(list, difference(row, was));
	}
	for (uint64_t i = 0; i < old->count; i++) {
		if (find(after, new->count, &old->rows[i]))
			continue;
		changed++;
		if (json_array_size(list) < most)
			json_array_append_new(list, difference(NULL, &old->rows[i]));
	}
	free(before);
	free(after);
	return changed;
}

/* What the commands came to, as names and counts. */
static json_t *
counts(const struct whatif *whatif)
{
	json_t *list = json_object();
	for (uint32_t i = 0; i < HD_OUTCOME_COUNT; i++)
		if (whatif->outcomes[i])
			json_object_set_new(list, hd_outcome_name((enum hd_outcome)i),
					    json_integer((json_int_t)whatif->outcomes[i]));
	for (uint32_t i = 0; i < HD_ERROR_COUNT; i++) {
		char name[160];
		snprintf(name, sizeof name, "-%s %s", hd_error_prefix((enum hd_error)i),
			 hd_error_text((enum hd_error)i));
		if (whatif->errors[i])
			json_object_set_new(list, name,
					    json_integer((json_int_t)whatif->errors[i]));
	}
	return list;
}

/* The board asked for, else the first; false: said why. */
static bool
find_board(const struct whatif *whatif, const struct hd_definition *definition, const char *of,
	   uint16_t *board)
{
	const char *asked = whatif->ctl->text[HD_CTL_OPT_board];
	*board = definition->board_first;
	if (!asked)
		return true;
	const struct hd_board_rule *rule = hd_definition_board(definition, hd_bytes_str(asked));
	if (!rule || rule->gone) {
		hd_ctl_fail("%s has no board `%s`", of, asked);
		return false;
	}
	*board = rule->number;
	return true;
}

static int
print_difference(struct whatif *whatif)
{
	struct hd_ctl_rows new, old;
	const struct hd_definition *mine = hd_core_definition(whatif->core, 0);
	uint16_t number = whatif->records.number, board, old_board;
	const struct hd_definition *theirs = hd_core_definition(whatif->past.core[0], number);
	bool counted = whatif->ctl->text[HD_CTL_OPT_count];
	uint64_t most = counted ? (uint64_t)whatif->ctl->number[HD_CTL_OPT_count] : UINT64_MAX;
	if (!find_board(whatif, mine, whatif->ctl->text[HD_CTL_OPT_document], &board) ||
	    !find_board(whatif, theirs, "the document in force", &old_board))
		return HD_EXIT_FAILED;
	bool good = hd_ctl_rows_make(&new, &whatif->core, 1, 0, board, false);
	good &= hd_ctl_rows_make(&old, whatif->past.core, whatif->past.logs->shards, number,
				 old_board, false);
	HD_ASSERT(good);
	json_t *list = json_array();
	uint64_t changed = compare(&new, &old, list, most);
	json_t *facts = json_pack(
		"{s:s, s:o, s:I, s:I, s:I, s:s, s:s, s:o, s:s, s:o}", "hunt", whatif->hunt, "board",
		hd_client_text(mine->boards[board].id), "entrants", (json_int_t) new.count,
		"changed", (json_int_t)changed, "unchanged_awards",
		(json_int_t)whatif->records.unchanged, "hash", new.hash, "old_hash", old.hash,
		"judged", counts(whatif), "note", CANNOT, "rows", list);
	hd_ctl_rows_free(&new);
	hd_ctl_rows_free(&old);
	return hd_ctl_print(whatif->ctl, facts);
}

static int
run(struct whatif *whatif)
{
	int code = HD_EXIT_OK;
	if (!hd_ctl_past_read_all(&whatif->past, &code))
		return code;
	if (whatif->past.late)
		return hd_ctl_fail("%s no longer has its first events (archive off, or trimmed): "
				   "there is not all to judge again",
				   whatif->past.logs->data);
	if (!whatif->records.found) {
		hd_ctl_fail("%s has nothing of a hunt `%s`", whatif->past.logs->data, whatif->hunt);
		return HD_EXIT_FAILED;
	}
	hd_ctl_records_sort(&whatif->records);
	if (!begin(whatif))
		return HD_EXIT_FAILED;
	judge_all(whatif);
	code = print_difference(whatif);
	hd_core_destroy(whatif->core);
	return code;
}

int
hd_ctl_log_whatif(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	struct hd_ctl_logs logs;
	struct whatif *whatif = calloc(1, sizeof *whatif);
	HD_ASSERT(whatif);
	int code = HD_EXIT_USAGE;
	whatif->ctl = ctl;
	whatif->hunt = argv[1];
	whatif->past = (struct hd_ctl_past){
		.logs = &logs, .each = hd_ctl_records_take, .context = &whatif->records};
	whatif->records.past = &whatif->past;
	whatif->records.hunt = hd_bytes_str(argv[1]);
	if (!ctl->text[HD_CTL_OPT_document]) {
		hd_ctl_fail("log whatif needs --document FILE: the document to judge by");
	} else if (!hd_ctl_logs_open(&logs, argv[0])) {
		code = HD_EXIT_DAMAGED;
		hd_ctl_logs_close(&logs);
	} else {
		hd_ctl_past_begin(&whatif->past);
		code = run(whatif);
		hd_ctl_past_end(&whatif->past);
		hd_ctl_logs_close(&logs);
	}
	hd_ctl_records_free(&whatif->records);
	free(whatif);
	return code;
}
