#include "perf/load/plan.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "huntd/error.h"
#include "huntd/ids.h"
#include "net/config/version.h"

const char *const hd_load_verb_names[HD_LOAD_VERB_COUNT] = {
#define X(symbol, name, command) name,
	HD_LOAD_VERBS(X)
#undef X
};

/* A number and at most a unit behind it. False: neither, or not within the bounds. */
static bool
read_number(const char *text, double least, double most, double *number, const char **unit)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text || !isfinite(value) || value < least || value > most)
		return false;
	*number = value;
	*unit = end;
	return true;
}

static bool
read_count(const char *text, double least, double most, double *count)
{
	const char *unit;
	double factor = 1;
	if (!read_number(text, 0, most, count, &unit))
		return false;
	if (strcmp(unit, "k") == 0)
		factor = 1e3;
	else if (strcmp(unit, "M") == 0)
		factor = 1e6;
	else if (*unit)
		return false;
	*count *= factor;
	return *count >= least && *count <= most;
}

static bool
read_whole(const char *text, double least, double most, uint64_t *count)
{
	double value;
	if (!read_count(text, least, most, &value) || value != floor(value))
		return false;
	*count = (uint64_t)value;
	return true;
}

static bool
read_small(const char *text, uint32_t most, uint32_t *count)
{
	uint64_t value;
	if (!read_whole(text, 1, most, &value))
		return false;
	*count = (uint32_t)value;
	return true;
}

static bool
set_host(struct hd_load_plan *plan, const char *text)
{
	plan->host = text;
	return *text != 0;
}

static bool
set_port(struct hd_load_plan *plan, const char *text)
{
	uint64_t port;
	plan->port = text;
	return strspn(text, "0123456789") == strlen(text) && read_whole(text, 1, 65535, &port);
}

static bool
set_hunt(struct hd_load_plan *plan, const char *text)
{
	plan->hunt = text;
	return hd_id_valid(hd_bytes_str(text));
}

static bool
set_document(struct hd_load_plan *plan, const char *text)
{
	plan->document = text;
	return *text != 0;
}

static bool
set_challenges(struct hd_load_plan *plan, const char *text)
{
	plan->challenges = text;
	return *text != 0;
}

static bool
set_answer(struct hd_load_plan *plan, const char *text)
{
	plan->answer = text;
	return *text && strlen(text) <= HD_ANSWER_MAX;
}

static bool
set_rate(struct hd_load_plan *plan, const char *text)
{
	plan->rate = 0;
	return strcmp(text, "max") == 0 || read_count(text, 0.001, 1e8, &plan->rate);
}

static bool
set_duration(struct hd_load_plan *plan, const char *text)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};
	const char *unit;
	double number;
	if (!read_number(text, 0, 1e9, &number, &unit))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		double ns = number * units[i].ns;
		if (strcmp(unit, units[i].unit) == 0 && ns >= 1e6 && ns <= 365 * 86400e9) {
			plan->duration_ns = (uint64_t)ns;
			return true;
		}
	}
	return false;
}

static bool
set_connections(struct hd_load_plan *plan, const char *text)
{
	return read_small(text, HD_LOAD_CONNECTIONS_MAX, &plan->connections);
}

static bool
set_pipeline(struct hd_load_plan *plan, const char *text)
{
	return read_small(text, HD_LOAD_PIPELINE_MAX, &plan->pipeline);
}

static bool
set_threads(struct hd_load_plan *plan, const char *text)
{
	return read_small(text, HD_LOAD_THREADS_MAX, &plan->threads);
}

static bool
set_entrants(struct hd_load_plan *plan, const char *text)
{
	return read_whole(text, 1, (double)HD_LOAD_ENTRANTS_MAX, &plan->entrants);
}

static bool
set_weight(struct hd_load_plan *plan, const char *name, size_t size, const char *weight)
{
	uint64_t value;
	if (!read_whole(weight, 0, HD_LOAD_WEIGHT_MAX, &value))
		return false;
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++) {
		const char *known = hd_load_verb_names[verb];
		if (strlen(known) == size && memcmp(known, name, size) == 0) {
			plan->weights[verb] = (uint32_t)value;
			return true;
		}
	}
	return false;
}

static bool
set_mix(struct hd_load_plan *plan, const char *text)
{
	uint32_t sum = 0;
	memset(plan->weights, 0, sizeof plan->weights);
	while (*text) {
		char weight[16];
		size_t size = strcspn(text, ","), name = strcspn(text, "=");
		if (name >= size || size - name > sizeof weight)
			return false;
		snprintf(weight, sizeof weight, "%.*s", (int)(size - name - 1), text + name + 1);
		if (!set_weight(plan, text, name, weight))
			return false;
		text += size + (text[size] == ',');
	}
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++)
		sum += plan->weights[verb];
	return sum > 0;
}

static bool
set_right(struct hd_load_plan *plan, const char *text)
{
	const char *unit;
	return read_number(text, 0, 1, &plan->right, &unit) && !*unit;
}

static bool
set_skew(struct hd_load_plan *plan, const char *text)
{
	const char *unit;
	return read_number(text, 0, 10, &plan->skew, &unit) && !*unit;
}

static bool
set_seed(struct hd_load_plan *plan, const char *text)
{
	char *end;
	plan->seed = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end;
}

static bool
set_poisson(struct hd_load_plan *plan, const char *text)
{
	(void)text;
	return plan->poisson = true;
}

static bool
set_ids(struct hd_load_plan *plan, const char *text)
{
	(void)text;
	return plan->ids = true;
}

static bool
set_names(struct hd_load_plan *plan, const char *text)
{
	(void)text;
	return plan->names = true;
}

static bool
set_json(struct hd_load_plan *plan, const char *text)
{
	(void)text;
	return plan->json = true;
}

/* One row an option: how it is read, what it takes, what it is for. */
static const struct row {
	const char *name, *value; /* value NULL: a flag */
	bool (*set)(struct hd_load_plan *plan, const char *text);
	const char *takes, *help;
} rows[] = {
	{"host", "HOST", set_host, "a name or an address", "the server (127.0.0.1)"},
	{"port", "PORT", set_port, "1 to 65535", "its RESP port (4868)"},
	{"hunt", "ID", set_hunt, "a hunt's id", "the hunt to play (needed)"},
	{"rate", "N|max", set_rate, "`max`, or commands a second: 2000, 50k, 1.5M; at most 100M",
	 "commands a second; max: closed loop (1000)"},
	{"duration", "TIME", set_duration, "a number and ms, s, m, h or d: 500ms, 10s, 24h",
	 "(10s)"},
	{"connections", "N", set_connections, "1 to 10000", "the rate is spread over them (16)"},
	{"pipeline", "N", set_pipeline, "1 to 1024", "outstanding at most, each connection (64)"},
	{"threads", "N", set_threads, "1 to 64", "connections are spread over them (1)"},
	{"entrants", "N", set_entrants, "1 to 1000000M", "who plays: p:000000000000 and on (1000)"},
	{"mix", "LIST", set_mix,
	 "command=weight,...: submit, award, join, progress, top, rank, around, count; weights 0 "
	 "to 1000",
	 "(submit=8,award=1,top=1)"},
	{"right", "SHARE", set_right, "0 to 1", "of the answers (0.1)"},
	{"answer", "TEXT", set_answer, "1 to 256 bytes",
	 "right everywhere (the document's answers)"},
	{"document", "FILE", set_document, "a hunt document",
	 "answers from here (the server's own)"},
	{"challenges", "N|IDS", set_challenges, "the first N, or ids with commas", "(all)"},
	{"skew", "S", set_skew, "0 to 10", "more: some play far more and better (0)"},
	{"seed", "N", set_seed, "a whole number", "who does what when (1)"},
	{"poisson", NULL, set_poisson, NULL, "random gaps of the same mean, not even ones"},
	{"ids", NULL, set_ids, NULL, "every write carries an ID of its own"},
	{"names", NULL, set_names, NULL, "pleasant names in place of numbers"},
	{"json", NULL, set_json, NULL, "the summary as JSON"},
};

#define ROWS (sizeof rows / sizeof *rows)
enum { OPTION_HELP = ROWS, OPTION_VERSION, OPTION_COUNT };

static void
print_usage(void)
{
	printf("hunt-load: plays a hunt at a fixed rate and tells how long each command took, from "
	       "when\n"
	       "it was meant to be sent. Try:  hunt-load --hunt doubloon-bay --rate 5k --duration "
	       "30s\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		char left[40];
		snprintf(left, sizeof left, "--%s %s", rows[i].name,
			 rows[i].value ? rows[i].value : "");
		printf("  %-20s %s\n", left, rows[i].help);
	}
	printf("  --version, --help\n");
}

static void
defaults(struct hd_load_plan *plan)
{
	*plan = (struct hd_load_plan){
		.host = "127.0.0.1",
		.port = "4868",
		.rate = 1000,
		.duration_ns = 10000000000ull,
		.connections = 16,
		.pipeline = 64,
		.threads = 1,
		.entrants = 1000,
		.weights = {[HD_LOAD_SUBMIT] = 8, [HD_LOAD_AWARD] = 1, [HD_LOAD_TOP] = 1},
		.right = 0.1,
		.seed = 1,
	};
}

static int
usage_fault(const char *what, const char *which)
{
	fprintf(stderr, "hunt-load: `%s` %s; hunt-load --help lists the options\n", which, what);
	return HD_EXIT_USAGE;
}

/* What only all options together can tell. */
static int
check_whole(struct hd_load_plan *plan)
{
	if (!plan->hunt) {
		fprintf(stderr,
			"hunt-load: --hunt is needed: a hunt's id, as huntctl hunts lists them\n");
		return HD_EXIT_USAGE;
	}
	if (plan->threads > plan->connections)
		plan->threads = plan->connections;
	return -1;
}

static int
apply_option(struct hd_load_plan *plan, int option, const char *text)
{
	if (option == OPTION_HELP) {
		print_usage();
		return HD_EXIT_OK;
	}
	if (option == OPTION_VERSION) {
		printf("hunt-load %s (%s)\n", hd_version(), hd_commit());
		return HD_EXIT_OK;
	}
	if (rows[option].set(plan, text))
		return -1;
	fprintf(stderr, "hunt-load: --%s takes %s; got `%s`\n", rows[option].name,
		rows[option].takes, text);
	return HD_EXIT_USAGE;
}

int
hd_load_plan_read(struct hd_load_plan *plan, int argc, char **argv)
{
	struct option options[OPTION_COUNT + 1] = {0};
	int option, which = 0;
	for (size_t i = 0; i < ROWS; i++)
		options[i] = (struct option){rows[i].name, rows[i].value != NULL, &which, (int)i};
	options[OPTION_HELP] = (struct option){"help", no_argument, &which, OPTION_HELP};
	options[OPTION_VERSION] = (struct option){"version", no_argument, &which, OPTION_VERSION};
	defaults(plan);
	opterr = 0;
	for (;;) {
		const char *word = optind < argc ? argv[optind] : "";
		option = getopt_long(argc, argv, ":", options, NULL);
		if (option == -1)
			break;
		if (option == ':')
			return usage_fault("needs a value", word);
		if (option == '?')
			return usage_fault("is not an option", word);
		int code = apply_option(plan, which, optarg);
		if (code >= 0)
			return code;
	}
	return optind < argc ? usage_fault("is not an option", argv[optind]) : check_whole(plan);
}
