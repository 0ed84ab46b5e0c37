/* The prompt of a bare huntctl: its commands with completion and history, and the server's own. */
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/command.h"
#include "net/ctl/ctl.h"

#define HISTORY_LINES 500
#define FILE_ROOM     512

struct repl {
	struct hd_ctl *ctl;
	EditLine *line;
	History *history;
	char file[FILE_ROOM]; /* the history's; empty: not kept */
};

static char *
prompt(EditLine *line)
{
	static char text[] = "huntctl> ";
	(void)line;
	return text;
}

/* Completion. */

static void
add_match(json_t *matches, const char *word, size_t size, const char *candidate)
{
	if (candidate && strncasecmp(candidate, word, size) == 0)
		json_array_append_new(matches, json_string(candidate));
}

/* Commands where the line begins; ids of hunts behind. */
static json_t *
find_matches(struct hd_ctl *ctl, const char *word, size_t size, bool first)
{
	static const char *const words[] = {"HUNT.LIST", NULL};
	json_t *matches = json_array(), *ids = NULL, *id;
	size_t k;
	for (int i = 0; first && i < HD_CTL_COMMAND_COUNT; i++)
		add_match(matches, word, size, hd_ctl_rows[i].name);
	for (int i = 0; first && i < HD_CMD_COUNT_; i++)
		add_match(matches, word, size, hd_command_rows[i].name);
	if (!first && ctl->client && hd_client_alive(ctl->client))
		ids = hd_client_ask(ctl->client, words);
	json_array_foreach(ids, k, id) add_match(matches, word, size, json_string_value(id));
	json_decref(ids);
	return matches;
}

static size_t
common_size(const json_t *matches)
{
	const char *first = json_string_value(json_array_get(matches, 0));
	size_t common = strlen(first);
	for (size_t i = 1; i < json_array_size(matches); i++) {
		const char *other = json_string_value(json_array_get(matches, i));
		size_t same = 0;
		while (same < common && first[same] == other[same])
			same++;
		common = same;
	}
	return common;
}

static unsigned char
insert_matches(EditLine *line, const json_t *matches, size_t size)
{
	const char *first = json_string_value(json_array_get(matches, 0));
	size_t common = first ? common_size(matches) : 0;
	char rest[256];
	if (!first)
		return CC_ERROR;
	if (json_array_size(matches) == 1) {
		snprintf(rest, sizeof rest, "%s ", first + size);
		return el_insertstr(line, rest) < 0 ? CC_ERROR : CC_REFRESH;
	}
	if (common > size) {
		snprintf(rest, sizeof rest, "%.*s", (int)(common - size), first + size);
		return el_insertstr(line, rest) < 0 ? CC_ERROR : CC_REFRESH;
	}
	putchar('\n');
	for (size_t i = 0; i < json_array_size(matches); i++)
		printf("  %s\n", json_string_value(json_array_get(matches, i)));
	return CC_REDISPLAY;
}

static unsigned char
complete(EditLine *line, int key)
{
	struct repl *repl;
	const LineInfo *info = el_line(line);
	const char *word = info->cursor;
	(void)key;
	el_get(line, EL_CLIENTDATA, &repl);
	while (word > info->buffer && word[-1] != ' ')
		word--;
	size_t size = (size_t)(info->cursor - word);
	json_t *matches = find_matches(repl->ctl, word, size, word == info->buffer);
	unsigned char result = insert_matches(line, matches, size);
	json_decref(matches);
	return result;
}

/* Lines. */

static bool
is_server_command(const char *word)
{
	for (int i = 0; i < HD_CMD_COUNT_; i++)
		if (strcasecmp(hd_command_rows[i].name, word) == 0)
			return true;
	return false;
}

/* A command of the server, sent as it stands. */
static void
pass_on(struct hd_ctl *ctl, int argc, const char **argv)
{
	struct hd_bytes words[64];
	struct hd_client *client = argc < 64 ? hd_ctl_connect(ctl) : NULL;
	if (!client)
		return;
	for (int i = 0; i < argc; i++)
		words[i] = hd_bytes_str(argv[i]);
	hd_client_send(client, (uint32_t)argc, words);
	json_t *reply = hd_client_receive(client);
	if (!reply)
		hd_ctl_fail("%s", hd_client_error(client));
	else if (json_is_string(reply))
		printf("%s\n", json_string_value(reply));
	else
		json_dumpf(reply, stdout, JSON_ENCODE_ANY | JSON_INDENT(2));
	if (reply && !json_is_string(reply))
		putchar('\n');
	json_decref(reply);
}

/* False: it is the last one. */
static bool
run_line(struct hd_ctl *ctl, Tokenizer *tokens, const char *text)
{
	int argc;
	const char **argv;
	char *words[66] = {"huntctl"};
	tok_reset(tokens);
	if (tok_str(tokens, text, &argc, &argv) != 0 || argc > 64) {
		hd_ctl_fail("a quote is open, or the line has over 64 words");
		return true;
	}
	if (argc == 0)
		return true;
	if (strcmp(argv[0], "quit") == 0 || strcmp(argv[0], "exit") == 0)
		return false;
	if (is_server_command(argv[0])) {
		pass_on(ctl, argc, argv);
		return true;
	}
	for (int i = 0; i < argc; i++)
		words[i + 1] = (char *)(uintptr_t)argv[i];
	hd_ctl_main(ctl, argc + 1, words);
	return true;
}

static void
open_history(struct repl *repl)
{
	HistEvent event;
	const char *home = getenv("HOME");
	repl->history = history_init();
	history(repl->history, &event, H_SETSIZE, HISTORY_LINES);
	history(repl->history, &event, H_SETUNIQUE, 1);
	if (home && *home && strlen(home) < FILE_ROOM - 32)
		snprintf(repl->file, sizeof repl->file, "%s/.huntctl_history", home);
	if (repl->file[0])
		history(repl->history, &event, H_LOAD, repl->file);
}

static void
edit_lines(struct repl *repl, Tokenizer *tokens)
{
	HistEvent event;
	int size;
	const char *text;
	bool more = true;
	while (more && (text = el_gets(repl->line, &size)) != NULL && size > 0) {
		if (text[strspn(text, " \t\n")])
			history(repl->history, &event, H_ENTER, text);
		more = run_line(repl->ctl, tokens, text);
	}
	if (repl->file[0])
		history(repl->history, &event, H_SAVE, repl->file);
}

/* Without a terminal: lines of a script. */
static void
read_lines(struct hd_ctl *ctl, Tokenizer *tokens)
{
	char *text = NULL;
	size_t room = 0;
	while (getline(&text, &room, stdin) > 0 && run_line(ctl, tokens, text))
		continue;
	free(text);
}

int
hd_ctl_repl(struct hd_ctl *ctl)
{
	struct repl repl = {.ctl = ctl};
	Tokenizer *tokens = tok_init(NULL);
	ctl->interactive = true;
	if (!isatty(STDIN_FILENO)) {
		read_lines(ctl, tokens);
		tok_end(tokens);
		return HD_EXIT_OK;
	}
	puts("huntctl: help lists the commands; commands of the server work too; Ctrl-D ends.");
	open_history(&repl);
	repl.line = el_init("huntctl", stdin, stdout, stderr);
	el_set(repl.line, EL_CLIENTDATA, &repl);
	el_set(repl.line, EL_PROMPT, prompt);
	el_set(repl.line, EL_EDITOR, "emacs");
	el_set(repl.line, EL_HIST, history, repl.history);
	el_set(repl.line, EL_ADDFN, "hunt-complete", "complete a word", complete);
	el_set(repl.line, EL_BIND, "^I", "hunt-complete", NULL);
	el_source(repl.line, NULL);
	edit_lines(&repl, tokens);
	el_end(repl.line);
	history_end(repl.history);
	tok_end(tokens);
	putchar('\n');
	return HD_EXIT_OK;
}
