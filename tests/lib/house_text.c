/* The syntax of a house: lines to commands, replies to lines. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "huntd/ids.h"
#include "huntd/value.h"
#include "tests/lib/house.h"
#include "tests/lib/world.h"

/* Lines. */

static int
verb_of(const char *name)
{
	for (int verb = 0; verb < HD_CMD_COUNT_; verb++) {
		if (strcmp(hd_command_rows[verb].name, name) == 0)
			return verb;
	}
	HD_UNREACHABLE();
}

static uint8_t
index_in(const char *const *names, const char *name)
{
	uint8_t i = 0;
	while (strcmp(names[i], name) != 0)
		i++;
	return i;
}

static void
option(struct hd_command *command, const char *name, const char *value)
{
	static const char *const modes[] = {"competition", "dense", "ordinal"};
	static const char *const views[] = {"live", "frozen", "tick"};
	static const char *const ops[] = {"INCR", "SET", "BEST", "DECR"};
	static const char *const names[] = {"COUNT", "OFFSET", "MODE", "VIEW",  "OP",
					    "ID",    "FROM",   "IF",   "BOARD", "REASON"};
	switch (index_in(names, name)) {
	case 0:
		command->count = (uint32_t)atoi(value);
		break;
	case 1:
		command->offset = (uint64_t)atoll(value);
		break;
	case 2:
		command->mode = index_in(modes, value);
		break;
	case 3:
		command->view = index_in(views, value);
		break;
	case 4:
		command->op = index_in(ops, value);
		break;
	case 5:
		command->id = hd_bytes_str(value);
		command->given |= HD_GIVEN_ID;
		break;
	case 6:
		command->text = hd_bytes_str(value);
		command->given |= HD_GIVEN_FROM;
		break;
	case 7:
		command->offset = (uint64_t)atoll(value);
		command->given |= HD_GIVEN_IF;
		break;
	case 8:
		command->board = hd_bytes_str(value);
		command->given |= HD_GIVEN_BOARD;
		break;
	default:
		command->text = hd_bytes_str(value);
	}
}

static bool
first_is_entrant(uint8_t verb)
{
	enum hd_route route = hd_command_rows[verb].route;
	return route == HD_ROUTE_ENTRANT || route == HD_ROUTE_READ;
}

void
house_parse(struct house_ask *ask, const char *line)
{
	char *words[24], *save = NULL;
	uint32_t count = 0, at = 1;
	struct hd_command *command = &ask->command;
	snprintf(ask->line, sizeof ask->line, "%s", line);
	for (char *word = strtok_r(ask->line, " ", &save); word; word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	command->verb = (uint8_t)verb_of(words[0]);
	command->count = command->verb == HD_CMD_EVENTS ? 0 : HD_ROWS_DEFAULT;
	if (at < count && first_is_entrant(command->verb))
		command->entrant = hd_bytes_str(words[at++]);
	if (at < count)
		command->hunt = hd_bytes_str(words[at++]);
	command->slot = hd_slot(command->entrant.size ? command->entrant : command->hunt);
	if (command->verb == HD_CMD_AWARD) {
		command->points = atoll(words[at++]);
	} else if (command->verb == HD_CMD_SUBMIT) {
		command->challenge = hd_bytes_str(words[at++]);
		command->text = hd_bytes_str(words[at++]);
	} else if (command->verb == HD_CMD_RANK || command->verb == HD_CMD_AROUND) {
		command->entrant = hd_bytes_str(words[at++]);
	} else if (command->verb == HD_CMD_ROLLBACK || command->verb == HD_CMD_GET) {
		command->count = at < count ? (uint32_t)atoi(words[at++]) : 0;
	} else if (command->verb == HD_CMD_PUT) {
		for (char *c = words[at]; c < words[count - 1];
		     c++) /* the rest of the line is the text */
			*c = *c ? *c : ' ';
		command->text = hd_bytes_str(words[at]);
		return;
	}
	for (; at + 1 < count; at += 2)
		option(command, words[at], words[at + 1]);
}

/* Documents. */

void
house_challenges(struct hd_world_hunt *hunt, struct hd_bytes text)
{
	static _Thread_local char words[512];
	char *save = NULL;
	uint32_t boards = 1;
	struct hd_world_challenge *to = hunt->challenges;
	snprintf(words, sizeof words, "%.*s", (int)text.size, (const char *)text.at);
	*to++ = (struct hd_world_challenge){.id = "flag", .points = 100, .answers = {"GOLD"}};
	for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *stock = strchr(word, '=');
		if (stock == NULL)
			continue;
		*stock++ = '\0';
		if (strcmp(stock, "board") == 0) {
			hunt->boards[0].id = "main";
			HD_ASSERT(boards < 6);
			hunt->boards[boards++].id = word;
			continue;
		}
		HD_ASSERT(to < hunt->challenges + 5);
		bool gone = strcmp(stock, "gone") == 0;
		*to++ = (struct hd_world_challenge){.id = word,
						    .gone = gone,
						    .by_order = {300, 200, 100},
						    .stock = gone ? 1 : (uint64_t)atoll(stock),
						    .answers = {"KRAKEN"}};
	}
}

/* Replies. */

struct text {
	char *at, *end;
};

__attribute__((format(printf, 2, 3))) static void
put(struct text *text, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int size = vsnprintf(text->at, (size_t)(text->end - text->at), format, arguments);
	va_end(arguments);
	if (size >= text->end - text->at)
		size = (int)(text->end - text->at) - 1;
	text->at += size;
}

static void
put_value(struct text *text, struct hd_reader *in)
{
	uint8_t tag = hd_read_u8(in);
	uint64_t count = 0;
	struct hd_bytes bytes;
	switch (tag) {
	case HD_VALUE_NIL:
		put(text, "_");
		return;
	case HD_VALUE_INT:
		put(text, "%lld", (long long)hd_read_signed(in));
		return;
	case HD_VALUE_BULK:
	case HD_VALUE_SIMPLE:
		bytes = hd_read_bytes(in, HD_BULK_MAX);
		put(text, "%.*s", (int)bytes.size, (const char *)bytes.at);
		return;
	default:
		count = hd_read_varint(in) * (tag == HD_VALUE_MAP ? 2 : 1);
	}
	put(text, "[");
	for (uint64_t i = 0; i < count; i++) {
		put(text, i ? " " : "");
		put_value(text, in);
	}
	put(text, "]");
}

void
house_put_reply(char answer[HOUSE_ANSWER_MAX], const struct hd_reply *reply)
{
	struct text text = {answer, answer + HOUSE_ANSWER_MAX};
	struct hd_reader in = hd_reader_of(reply->detail);
	switch ((enum hd_reply_kind)reply->kind) {
	case HD_REPLY_ERROR:
		put(&text, "-%s", hd_error_prefix((enum hd_error)reply->error));
		if (reply->detail.size > 0)
			put(&text, " %.*s", (int)reply->detail.size,
			    (const char *)reply->detail.at);
		break;
	case HD_REPLY_STATUS:
		put(&text, "+%.*s", (int)reply->detail.size, (const char *)reply->detail.at);
		break;
	case HD_REPLY_OUTCOME:
		put(&text, "%s %lld %lld", hd_outcome_name((enum hd_outcome)reply->outcome),
		    (long long)reply->points, (long long)reply->score);
		break;
	case HD_REPLY_INTEGER:
		put(&text, ":%lld", (long long)reply->points);
		break;
	case HD_REPLY_NIL:
		put(&text, "_");
		break;
	case HD_REPLY_TEXT:
		put(&text, "$%.*s", (int)reply->detail.size, (const char *)reply->detail.at);
		break;
	case HD_REPLY_LATER:
	case HD_REPLY_PUZZLE:
		HD_UNREACHABLE();
	case HD_REPLY_VALUE:
		put_value(&text, &in);
		HD_ASSERT(!in.bad && in.at == in.end);
	}
}
