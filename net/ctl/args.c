/* A command line by the two tables: what is asked, whether it may be, and help. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/config/version.h"
#include "net/ctl/ctl.h"

enum kind { FLAG, TEXT, NUMBER, SECONDS, NUMBERS /* given once for each */ };

struct option_row {
	const char *name;
	char letter;
	enum kind kind;
	const char *argument, *help;
};

static const struct option_row option_rows[HD_CTL_OPT_COUNT] = {
#define X(field, name, letter, kind, argument, help) {name, letter, kind, argument, help},
	HD_CTL_OPTIONS(X)
#undef X
};

#define T(field) HD_CTL_TAKES(field)
const struct hd_ctl_row hd_ctl_rows[HD_CTL_COMMAND_COUNT] = {
#define X(symbol, name, usage, least, most, options, summary)                                      \
	{name, usage, summary, least, most, options, hd_ctl_##symbol},
	HD_CTL_COMMANDS(X)
#undef X
};
#undef T

/* Help. */

static void
print_option(const struct option_row *row)
{
	char left[40];
	int n = row->letter ? snprintf(left, sizeof left, "-%c, ", row->letter) : 0;
	snprintf(left + n, sizeof left - (size_t)n, "--%s%s%s", row->name,
		 row->argument[0] ? " " : "", row->argument);
	printf("  %-22s %s\n", left, row->help);
}

static int
help_all(void)
{
	puts("huntctl: the operator's tool of huntd. Try:  huntctl top --hunt doubloon-bay\n");
	for (int i = 0; i < HD_CTL_COMMAND_COUNT; i++) {
		char left[40];
		const struct hd_ctl_row *row = &hd_ctl_rows[i];
		if (row->run == hd_ctl_version)
			continue;
		snprintf(left, sizeof left, "%s %s", row->name, row->usage);
		printf("  %-20s %s\n", left, row->summary);
	}
	puts("huntctl COMMAND --help shows its options. Without a command: a prompt. "
	     "Everywhere:");
	puts("  --host ADDR  --port N  --json  --version     where huntd is (127.0.0.1:4868); "
	     "facts "
	     "as JSON");
	return HD_EXIT_OK;
}

static int
help_one(const struct hd_ctl_row *row)
{
	printf("huntctl %s%s%s%s\n%s\n\n", row->name, row->usage[0] ? " " : "", row->usage,
	       row->options ? " [options]" : "", row->summary);
	for (int i = HD_CTL_GLOBALS; i < HD_CTL_OPT_COUNT; i++)
		if (row->options & UINT64_C(1) << i)
			print_option(&option_rows[i]);
	for (int i = 0; i < HD_CTL_OPT_help; i++)
		print_option(&option_rows[i]);
	return HD_EXIT_OK;
}

/* Finding the command. */

static uint32_t
least_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Letters to add, drop or change. Words over 31 letters are far from all. */
static uint32_t
distance(const char *a, const char *b)
{
	uint32_t line[32], size = (uint32_t)strlen(b);
	if (size >= 32)
		return UINT32_MAX;
	for (uint32_t k = 0; k <= size; k++)
		line[k] = k;
	for (uint32_t i = 0; a[i]; i++) {
		uint32_t corner = line[0];
		line[0] = i + 1;
		for (uint32_t k = 0; k < size; k++) {
			uint32_t changed = corner + (a[i] != b[k]);
			corner = line[k + 1];
			line[k + 1] = least_of(changed, least_of(line[k], corner) + 1);
		}
	}
	return line[size];
}

const char *
hd_ctl_nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	uint32_t best_distance = (uint32_t)strlen(word) / 3 + 2;
	for (; *words; words++) {
		uint32_t d = distance(word, *words);
		if (d < best_distance) {
			best_distance = d;
			best = *words;
		}
	}
	return best;
}

static int
unknown(const char *word)
{
	const char *names[HD_CTL_COMMAND_COUNT + 1] = {NULL};
	for (int i = 0; i < HD_CTL_COMMAND_COUNT; i++)
		names[i] = hd_ctl_rows[i].name;
	const char *best = hd_ctl_nearest(word, names);
	hd_ctl_fail("`%s` is not a command%s%s%s; huntctl --help lists them", word,
		    best ? "; did you mean `" : "", best ? best : "", best ? "`" : "");
	return HD_EXIT_USAGE;
}

/* The row that the first one or two words name; `words` is how many. */
static const struct hd_ctl_row *
find_row(int argc, char **argv, int *words)
{
	for (int i = 0; i < HD_CTL_COMMAND_COUNT; i++) {
		const char *name = hd_ctl_rows[i].name, *space = strchr(name, ' ');
		size_t first = space ? (size_t)(space - name) : strlen(name);
		*words = space ? 2 : 1;
		if (strncmp(argv[0], name, first) != 0 || argv[0][first])
			continue;
		if (!space || (argc > 1 && strcmp(argv[1], space + 1) == 0))
			return &hd_ctl_rows[i];
	}
	return NULL;
}

/* Options. */

static bool
read_number(const struct option_row *row, const char *text, int64_t *out)
{
	char *end;
	errno = 0;
	if (row->kind == SECONDS) {
		double seconds = strtod(text, &end);
		*out = (int64_t)(seconds * 1000);
		if (end != text && !*end && seconds >= 0.05 && seconds <= 3600)
			return true;
		hd_ctl_fail("--%s takes seconds from 0.05 to 3600; got `%s`", row->name, text);
		return false;
	}
	*out = strtoll(text, &end, 10);
	if (end != text && !*end && !errno && *out >= 0)
		return true;
	hd_ctl_fail("--%s takes a whole number from 0; got `%s`", row->name, text);
	return false;
}

static bool
take_option(struct hd_ctl *ctl, int index, const char *text)
{
	const struct option_row *row = &option_rows[index];
	ctl->given |= UINT64_C(1) << index;
	ctl->text[index] = text;
	if (row->kind == FLAG || row->kind == TEXT)
		return true;
	if (!read_number(row, text, &ctl->number[index]))
		return false;
	if (row->kind == NUMBERS && ctl->skips == HD_CTL_SKIPS_MAX) {
		hd_ctl_fail("--%s can be given %u times at most", row->name, HD_CTL_SKIPS_MAX);
		return false;
	}
	if (row->kind == NUMBERS)
		ctl->skip[ctl->skips++] = (uint64_t)ctl->number[index];
	return true;
}

static void
long_options(struct option *out, char *letters)
{
	*letters++ = ':';
	for (int i = 0; i < HD_CTL_OPT_COUNT; i++) {
		const struct option_row *row = &option_rows[i];
		int takes = row->kind == FLAG ? no_argument : required_argument;
		out[i] = (struct option){row->name, takes, NULL, 256 + i};
		if (row->letter)
			*letters++ = row->letter;
		if (row->letter && takes == required_argument)
			*letters++ = ':';
	}
	out[HD_CTL_OPT_COUNT] = (struct option){0};
	*letters = 0;
}

static int
index_of(int option)
{
	for (int i = 0; i < HD_CTL_OPT_COUNT; i++)
		if (option == 256 + i || (option_rows[i].letter && option == option_rows[i].letter))
			return i;
	return -1;
}

/* All options, wherever they stand; the words that are none gather from `optind` on. */
static bool
read_options(struct hd_ctl *ctl, int argc, char **argv)
{
	struct option rows[HD_CTL_OPT_COUNT + 1];
	char letters[2 * HD_CTL_OPT_COUNT + 2];
	int option;
	long_options(rows, letters);
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, letters, rows, NULL)) != -1) {
		int index = index_of(option);
		if (index >= 0 && take_option(ctl, index, optarg ? optarg : ""))
			continue;
		const char *word = argv[optind - 1];
		if (option == ':')
			hd_ctl_fail("`%s` needs a value; huntctl --help", word);
		else if (option == '?')
			hd_ctl_fail("`%s` is not an option; huntctl --help", word);
		return false;
	}
	return true;
}

/* What was given before stays for a REPL's lines: where the server is, and --json. */
static void
forget_options(struct hd_ctl *ctl)
{
	uint64_t kept = HD_CTL_TAKES(host) | HD_CTL_TAKES(port) | HD_CTL_TAKES(json);
	for (int i = 0; i < HD_CTL_OPT_COUNT; i++)
		if (!(kept & UINT64_C(1) << i)) {
			ctl->text[i] = NULL;
			ctl->number[i] = 0;
		}
	ctl->given &= kept;
	ctl->skips = 0;
}

static bool
options_fit(const struct hd_ctl *ctl, const struct hd_ctl_row *row)
{
	for (int i = HD_CTL_GLOBALS; i < HD_CTL_OPT_COUNT; i++)
		if (ctl->given & ~row->options & UINT64_C(1) << i) {
			hd_ctl_fail("`%s` takes no --%s; huntctl %s --help", row->name,
				    option_rows[i].name, row->name);
			return false;
		}
	if (ctl->number[HD_CTL_OPT_port] > 65535) {
		hd_ctl_fail("--port takes 1 to 65535; got %s", ctl->text[HD_CTL_OPT_port]);
		return false;
	}
	return true;
}

static int
run_row(struct hd_ctl *ctl, const struct hd_ctl_row *row, int argc, char **argv)
{
	if (ctl->given & HD_CTL_TAKES(help) & ~row->options)
		return help_one(row);
	if (!options_fit(ctl, row))
		return HD_EXIT_USAGE;
	if (argc < row->least || argc > row->most) {
		hd_ctl_fail("usage: huntctl %s%s%s", row->name, row->usage[0] ? " " : "",
			    row->usage);
		return HD_EXIT_USAGE;
	}
	return row->run(ctl, argc, argv);
}

int
hd_ctl_main(struct hd_ctl *ctl, int argc, char **argv)
{
	int words = 0;
	forget_options(ctl);
	if (!read_options(ctl, argc, argv))
		return HD_EXIT_USAGE;
	ctl->json = ctl->given & HD_CTL_TAKES(json);
	argc -= optind;
	argv += optind;
	if (argc == 0 && ctl->given & HD_CTL_TAKES(version))
		return hd_ctl_version(ctl, 0, argv);
	if (argc == 0 && ctl->given & HD_CTL_TAKES(help))
		return help_all();
	if (argc == 0)
		return ctl->interactive ? HD_EXIT_OK : hd_ctl_repl(ctl);
	const struct hd_ctl_row *row = find_row(argc, argv, &words);
	if (row)
		return run_row(ctl, row, argc - words, argv + words);
	if (strcmp(argv[0], "help") == 0)
		return help_all();
	return unknown(argv[0]);
}

int
hd_ctl_version(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (ctl->json)
		return hd_ctl_print(ctl, json_pack("{s:s, s:s}", "version", hd_version(), "commit",
						   hd_commit()));
	printf("huntctl %s (%s)\n", hd_version(), hd_commit());
	return HD_EXIT_OK;
}
