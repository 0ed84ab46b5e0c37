/* hunts, board, events: what a hunt's people did, and where they stand. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "net/ctl/ctl.h"

#define FOLLOW_PAUSE_US 300000
#define PAGE_MAX        1000

int
hd_ctl_hunts(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	json_t *ids = HD_CTL_ASK(ctl, "HUNT.LIST"), *facts = json_array(), *id;
	size_t i;
	int code = ids ? HD_EXIT_OK : HD_EXIT_FAILED;
	json_array_foreach(ids, i, id)
	{
		json_t *info = HD_CTL_ASK(ctl, "HUNT.INFO", json_string_value(id));
		code = info ? code : HD_EXIT_FAILED;
		json_array_append_new(facts, info);
	}
	json_decref(ids);
	hd_ctl_print(ctl, facts);
	return code;
}

json_t *
hd_ctl_board_rows(json_t *reply)
{
	json_t *rows = json_array(), *row;
	size_t i;
	json_array_foreach(reply, i, row) json_array_append_new(
		rows, json_pack("{s:O, s:O, s:O}", "rank", json_array_get(row, 0), "entrant",
				json_array_get(row, 1), "score", json_array_get(row, 2)));
	json_decref(reply);
	return rows;
}

int
hd_ctl_board(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	static const enum hd_ctl_option passed[] = {HD_CTL_OPT_board, HD_CTL_OPT_count,
						    HD_CTL_OPT_offset, HD_CTL_OPT_mode};
	static const char *const names[] = {"BOARD", "COUNT", "OFFSET", "MODE"};
	const char *words[11] = {"BOARD.TOP", argv[0]};
	uint32_t count = 2;
	for (uint32_t i = 0; i < 4; i++) {
		if (ctl->text[passed[i]]) {
			words[count++] = names[i];
			words[count++] = ctl->text[passed[i]];
		}
	}
	json_t *reply = hd_ctl_ask(ctl, words);
	return reply ? hd_ctl_print(ctl, hd_ctl_board_rows(reply)) : HD_EXIT_FAILED;
}

/* Events. */

void
hd_ctl_print_event(const struct hd_ctl *ctl, json_t *fact)
{
	if (ctl->json) {
		json_dumpf(fact, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(fact);
		return;
	}
	static const char *const names[] = {"position", "time", "type", "hunt", "entrant"};
	static const uint32_t widths[] = {12, 24, 9, 14, 16};
	const char *name;
	json_t *value;
	char text[1200];
	for (uint32_t i = 0; i < 5; i++) {
		value = json_object_get(fact, names[i]);
		if (!value)
			continue;
		hd_ctl_value(names[i], value, text, sizeof text);
		uint32_t width = hd_ctl_width(text);
		printf("%s%*s", text, width < widths[i] ? (int)(widths[i] - width) + 1 : 1, "");
	}
	json_object_foreach(json_object_get(fact, "fields"), name, value)
	{
		hd_ctl_value("", value, text, sizeof text);
		bool spaced = strchr(text, ' ') != NULL;
		printf(" %s=%s%s%s", name, spaced ? "\"" : "", text, spaced ? "\"" : "");
	}
	putchar('\n');
	json_decref(fact);
}

static void
print_shown(const struct hd_ctl *ctl, const json_t *event)
{
	json_t *fields = json_object(), *pairs = json_array_get(event, 4);
	for (size_t i = 0; i + 1 < json_array_size(pairs); i += 2)
		json_object_set(fields, json_string_value(json_array_get(pairs, i)),
				json_array_get(pairs, i + 1));
	hd_ctl_print_event(
		ctl, json_pack("{s:O, s:O, s:O, s:O, s:o}", "position", json_array_get(event, 0),
			       "time", json_array_get(event, 1), "type", json_array_get(event, 2),
			       "entrant", json_array_get(event, 3), "fields", fields));
}

/* One page from `cursor` (owned; "" for the beginning). Returns the next cursor, NULL on an error.
 */
static json_t *
print_page(struct hd_ctl *ctl, const char *hunt, const json_t *cursor, int64_t most, int64_t *shown)
{
	char count[24];
	const char *from = json_string_value(cursor);
	snprintf(count, sizeof count, "%lld", (long long)(most < PAGE_MAX ? most : PAGE_MAX));
	json_t *page = *from ? HD_CTL_ASK(ctl, "HUNT.EVENTS", hunt, "FROM", from, "COUNT", count)
			     : HD_CTL_ASK(ctl, "HUNT.EVENTS", hunt, "COUNT", count);
	json_t *events = json_array_get(page, 1), *event;
	json_t *next = json_incref(json_array_get(page, 0));
	size_t i;
	json_array_foreach(events, i, event) print_shown(ctl, event);
	*shown += (int64_t)json_array_size(events);
	json_decref(page);
	return next;
}

int
hd_ctl_events(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	const char *from = ctl->text[HD_CTL_OPT_from];
	bool counted = ctl->text[HD_CTL_OPT_count], follow = ctl->given & HD_CTL_TAKES(follow);
	int64_t most = counted ? ctl->number[HD_CTL_OPT_count] : INT64_MAX, shown = 0;
	json_t *cursor = json_string(from ? from : "");
	while (cursor && shown < most) {
		json_t *next = print_page(ctl, argv[0], cursor, most - shown, &shown);
		bool end = next && json_equal(next, cursor);
		json_decref(cursor);
		cursor = next;
		fflush(stdout);
		if (end && !follow)
			break;
		if (end)
			usleep(FOLLOW_PAUSE_US);
	}
	if (!cursor)
		return HD_EXIT_FAILED;
	if (ctl->json)
		hd_ctl_print_event(ctl, json_pack("{s:O}", "next", cursor));
	else
		printf("next: --from %s\n", json_string_value(cursor));
	json_decref(cursor);
	return HD_EXIT_OK;
}
