/* log board: a board as it stood at a position, made again from the log alone. */
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "net/ctl/log/past.h"
#include "net/ctl/log/rows.h"

struct asked {
	const char *hunt, *board; /* board NULL: the document's first */
	bool frozen;
	uint64_t count;
};

/* The hunt and its board's number in the documents then in force; false: said why. */
static bool
find_board(const struct hd_ctl_past *past, const struct asked *asked, uint16_t *hunt,
	   uint16_t *board)
{
	const struct hd_core *core = past->core[0];
	if (!hd_core_hunt_find(core, hd_bytes_str(asked->hunt), hunt)) {
		hd_ctl_fail("%s has no hunt `%s` at that position", past->logs->data, asked->hunt);
		return false;
	}
	const struct hd_definition *definition = hd_core_definition(core, *hunt);
	*board = definition->board_first;
	if (!asked->board)
		return true;
	const struct hd_board_rule *rule =
		hd_definition_board(definition, hd_bytes_str(asked->board));
	if (!rule || rule->gone) {
		hd_ctl_fail("hunt `%s` has no board `%s` at that position", asked->hunt,
			    asked->board);
		return false;
	}
	*board = rule->number;
	return true;
}

/* Where each shard stood: a position that gives the same board again. */
static json_t *
position_of(const struct hd_ctl_past *past)
{
	char text[HD_SHARDS_MAX * 24];
	size_t used = 0;
	for (unsigned i = 0; i < past->logs->shards; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%u:%llu", i ? "," : "",
					 i, (unsigned long long)past->reached[i].lsn);
	return json_string(text);
}

static int
print_board(struct hd_ctl *ctl, const struct hd_ctl_past *past, const struct asked *asked)
{
	uint16_t hunt, board;
	struct hd_ctl_rows rows;
	if (!find_board(past, asked, &hunt, &board))
		return HD_EXIT_FAILED;
	if (!hd_ctl_rows_make(&rows, past->core, past->logs->shards, hunt, board, asked->frozen)) {
		hd_ctl_fail("hunt `%s` was not frozen at that position", asked->hunt);
		return HD_EXIT_FAILED;
	}
	json_t *list = json_array();
	for (uint64_t i = 0; i < rows.count && i < asked->count; i++)
		json_array_append_new(list, hd_ctl_rows_fact(&rows.rows[i]));
	const struct hd_board_rule *rule = &hd_core_definition(past->core[0], hunt)->boards[board];
	json_t *facts =
		json_pack("{s:s, s:o, s:o, s:I, s:s, s:o}", "hunt", asked->hunt, "board",
			  hd_client_text(rule->id), "position", position_of(past), "entrants",
			  (json_int_t)rows.count, "hash", rows.hash, "rows", list);
	hd_ctl_rows_free(&rows);
	return hd_ctl_print(ctl, facts);
}

/* A position behind the end of a log is no past. */
static bool
is_reached(const struct hd_ctl_past *past)
{
	for (unsigned i = 0; i < past->logs->shards; i++)
		if (past->cut.kind == HD_CUT_LSN && past->reached[i].lsn < past->cut.lsn[i]) {
			hd_ctl_fail("%s/shard-%02u ends at LSN %llu; the position says %llu",
				    past->logs->data, i, (unsigned long long)past->reached[i].lsn,
				    (unsigned long long)past->cut.lsn[i]);
			return false;
		}
	return true;
}

static bool
ask(struct hd_ctl *ctl, int argc, char **argv, struct asked *asked)
{
	const char *view = ctl->text[HD_CTL_OPT_view];
	bool counted = ctl->text[HD_CTL_OPT_count];
	*asked = (struct asked){.hunt = argv[1],
				.board = argc > 2 ? argv[2] : ctl->text[HD_CTL_OPT_board],
				.frozen = view && strcmp(view, "frozen") == 0,
				.count = counted ? (uint64_t)ctl->number[HD_CTL_OPT_count]
						 : UINT64_MAX};
	if (!view || asked->frozen || strcmp(view, "live") == 0)
		return true;
	hd_ctl_fail("--view is live or frozen; got `%s`", view);
	return false;
}

int
hd_ctl_log_board(struct hd_ctl *ctl, int argc, char **argv)
{
	struct hd_ctl_logs logs;
	struct asked asked;
	struct hd_ctl_past *past = calloc(1, sizeof *past);
	HD_ASSERT(past);
	past->logs = &logs;
	int code = hd_ctl_logs_open(&logs, argv[0]) ? HD_EXIT_OK : HD_EXIT_DAMAGED;
	if (code == HD_EXIT_OK &&
	    (!ask(ctl, argc, argv, &asked) ||
	     !hd_ctl_cut_parse(&past->cut, ctl->text[HD_CTL_OPT_at], logs.shards)))
		code = HD_EXIT_USAGE;
	if (code == HD_EXIT_OK) {
		hd_ctl_past_begin(past);
		if (hd_ctl_past_read_all(past, &code))
			code = is_reached(past) ? print_board(ctl, past, &asked) : HD_EXIT_FAILED;
		hd_ctl_past_end(past);
	}
	hd_ctl_logs_close(&logs);
	free(past);
	return code;
}
