/* Commands as text. */
#include "huntd/assert.h"
#include "tests/lib/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
verb_of(const char *name)
{
	for (int verb = 0; verb < HD_CMD_COUNT_; verb++)
		if (strcmp(hd_command_rows[verb].symbol, name) == 0)
			return verb;
	HD_UNREACHABLE();
}

static void
option(struct hd_command *command, const char *name, const char *value)
{
	static const char *const ops[] = {"INCR", "SET", "BEST", "DECR"};
	if (strcmp(name, "OP") == 0) {
		while (strcmp(ops[command->op], value) != 0)
			command->op++;
	} else if (strcmp(name, "SUB") == 0) {
		command->given |= HD_GIVEN_SUB;
		command->sub = strtoll(value, NULL, 10);
	} else if (strcmp(name, "AT") == 0) {
		command->given |= HD_GIVEN_AT;
		command->at = HD_WORLD_BEGIN + strtoll(value, NULL, 10) * HD_WORLD_SECOND;
	} else if (strcmp(name, "ID") == 0) {
		command->given |= HD_GIVEN_ID;
		command->id = hd_bytes_str(value);
	} else if (strcmp(name, "BY") == 0) {
		command->given |= HD_GIVEN_BY;
		command->by = hd_bytes_str(value);
	} else if (strcmp(name, "BRACKET") == 0) {
		command->given |= HD_GIVEN_BRACKET;
		command->board = hd_bytes_str(value);
	} else {
		HD_ASSERT(strcmp(name, "NAME") == 0 || strcmp(name, "REASON") == 0);
		command->text = hd_bytes_str(value);
	}
}

static uint32_t
positional(struct hd_command *command, char *const *words, uint32_t count)
{
	uint32_t at = 1;
	bool document = hd_command_rows[command->verb].route == HD_ROUTE_LOCAL;
	if (at < count && !document)
		command->entrant = hd_bytes_str(words[at++]);
	if (at < count)
		command->hunt = hd_bytes_str(words[at++]);
	switch (command->verb) {
	case HD_CMD_SUBMIT:
		command->challenge = hd_bytes_str(words[at++]);
		command->text = hd_bytes_str(words[at++]);
		break;
	case HD_CMD_CHECKIN:
	case HD_CMD_PUZZLE:
		command->challenge = hd_bytes_str(words[at++]);
		break;
	case HD_CMD_HINT:
		command->challenge = hd_bytes_str(words[at++]);
		command->count = (uint32_t)strtoul(words[at++], NULL, 10);
		break;
	case HD_CMD_AWARD:
		command->points = strtoll(words[at++], NULL, 10);
		break;
	case HD_CMD_DIFF:
	case HD_CMD_GET:
		command->count = at < count ? (uint32_t)strtoul(words[at++], NULL, 10) : 0;
		command->offset = at < count ? strtoul(words[at++], NULL, 10) : 0;
		break;
	default:
		break;
	}
	return at;
}

void
hd_world_parse(struct hd_world *world, const char *line)
{
	char *words[32], *save = NULL;
	uint32_t count = 0;
	snprintf(world->line, sizeof(world->line), "%s", line);
	for (char *word = strtok_r(world->line, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	struct hd_command *command = &world->command;
	*command = (struct hd_command){.verb = (uint8_t)verb_of(words[0])};
	for (uint32_t at = positional(command, words, count); at + 1 < count; at += 2)
		option(command, words[at], words[at + 1]);
}
