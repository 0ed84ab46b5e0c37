#include "perf/trace/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "huntd/error.h"
#include "net/config/version.h"

#define SECONDS_MIN 0.1
#define SECONDS_MAX 3600.0
#define SLOW_MS_MAX 3600000.0

static const char help[] =
	"Example: hunt-trace top                which leg of the way is slow, and where\n"
	"         sudo hunt-trace --kernel top  and what the kernel does meanwhile\n"
	"\n"
	"Usage: hunt-trace [OPTION]... [MODE]...\n"
	"\n"
	"  top          what huntd counts: legs, commands, shards (default; no rights)\n"
	"  hist         the legs of one command in so many, by shard, through a probe\n"
	"  full         the legs of every command; says how many were dropped\n"
	"\n"
	"  --kernel     io_uring by opcode, run queue and off-core time, block I/O\n"
	"  --slow MS    a line for each command slower than MS milliseconds\n"
	"  --flame      stacks by stage, folded, on stdout when it ends\n"
	"               (these with any mode, or without one; all but top need root)\n"
	"\n"
	"  -p PID       the huntd to look at, where several run\n"
	"  -i SEC       seconds between two frames (1)\n"
	"  -c N         end after N frames; without: at Ctrl-C or q\n"
	"  --json       one object a frame, a line each\n"
	"  --no-color   no colours (nor with NO_COLOR set)\n"
	"  --help, --version\n"
	"\n"
	"Exit codes: 0; 1 could not trace, or huntd ended; 2 usage\n";

enum { OPTION_JSON = 256, OPTION_PLAIN, OPTION_HELP, OPTION_VERSION, OPTION_VIEW };

static const struct option table[] = {
	{"json", no_argument, NULL, OPTION_JSON},
	{"no-color", no_argument, NULL, OPTION_PLAIN},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"kernel", no_argument, NULL, OPTION_VIEW + HD_VIEW_kernel},
	{"slow", required_argument, NULL, OPTION_VIEW + HD_VIEW_slow},
	{"flame", no_argument, NULL, OPTION_VIEW + HD_VIEW_flame},
	{0},
};

const char *
hd_trace_word(enum hd_trace_view_id view)
{
	static const char *const words[] = {
#define X(symbol, word, needs) word,
		HD_TRACE_VIEWS(X)
#undef X
	};
	return words[view];
}

static int
complain(const char *what, const char *text)
{
	fprintf(stderr, "hunt-trace: %s%s; hunt-trace --help\n", what, text);
	return HD_EXIT_USAGE;
}

/* A number within its range, times `unit`. */
static bool
number(const char *text, double least, double most, double unit, uint64_t *value)
{
	char *end;
	double read = strtod(text, &end);
	if (end == text || *end || !(read >= least && read <= most))
		return false;
	*value = (uint64_t)(read * unit);
	return true;
}

static int
take_option(struct hd_trace_options *options, int letter)
{
	uint64_t pid = 0;
	switch (letter) {
	case 'p':
		if (!number(optarg, 1, 4194304, 1, &pid))
			return complain("-p takes a process id, not ", optarg);
		options->pid = (int)pid;
		return -1;
	case 'i':
		if (!number(optarg, SECONDS_MIN, SECONDS_MAX, 1e9, &options->interval_ns))
			return complain("-i takes 0.1 to 3600 seconds, not ", optarg);
		return -1;
	case 'c':
		if (!number(optarg, 1, 1e9, 1, &options->count))
			return complain("-c takes a number of frames, not ", optarg);
		return -1;
	case OPTION_VIEW + HD_VIEW_slow:
		if (!number(optarg, 0, SLOW_MS_MAX, 1e6, &options->slow_ns))
			return complain("--slow takes milliseconds, not ", optarg);
		break;
	case OPTION_JSON:
		options->json = true;
		return -1;
	case OPTION_PLAIN:
		options->colour = false;
		return -1;
	case 'h':
	case OPTION_HELP:
		fputs(help, stdout);
		return HD_EXIT_OK;
	case OPTION_VERSION:
		printf("hunt-trace %s (%s)\n", hd_version(), hd_commit());
		return HD_EXIT_OK;
	case '?':
		fprintf(stderr, "hunt-trace --help lists the options\n");
		return HD_EXIT_USAGE;
	}
	options->chosen[letter - OPTION_VIEW] = true;
	return -1;
}

static int
take_mode(struct hd_trace_options *options, const char *word)
{
	static const enum hd_trace_view_id modes[] = {HD_VIEW_top, HD_VIEW_hist, HD_VIEW_full};
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		if (strcmp(word, hd_trace_word(modes[i])) == 0) {
			options->chosen[modes[i]] = true;
			return -1;
		}
	}
	return complain("the modes are top, hist and full, not ", word);
}

int
hd_trace_options_read(struct hd_trace_options *options, int argc, char **argv)
{
	const char *quiet = getenv("NO_COLOR");
	int letter, code = -1;
	bool any = false;
	*options = (struct hd_trace_options){.interval_ns = 1000000000u};
	options->colour = isatty(STDOUT_FILENO) && !(quiet && *quiet);
	while (code < 0 && (letter = getopt_long(argc, argv, "p:i:c:h", table, NULL)) != -1)
		code = take_option(options, letter);
	if (code >= 0)
		return code;
	for (; optind < argc; optind++) {
		if ((code = take_mode(options, argv[optind])) >= 0)
			return code;
	}
	for (int view = 0; view < HD_VIEW_COUNT; view++)
		any = any || options->chosen[view];
	options->chosen[HD_VIEW_top] = options->chosen[HD_VIEW_top] || !any;
	return -1;
}
