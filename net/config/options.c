/* The command line's options, and what they ask for instead of serving. */
#include "net/config/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "net/config/version.h"
#include "net/doc/doc.h"

struct asked {
	struct hd_config *config;
	bool print_config, check_config, print_topology;
};

static const char usage[] =
	"huntd: a treasure-hunt engine. Try:  huntd --data ./data --hunts ./hunts\n\n"
	"  --config FILE       settings from a YAML file\n"
	"  --data DIR          the data directory (./data)\n"
	"  --hunts DIR         hunt documents put in force at start (./hunts)\n"
	"  --resp ADDR:PORT    where Redis clients connect (127.0.0.1:4868)\n"
	"  --http ADDR:PORT    where /metrics and /healthz are served, or off (127.0.0.1:4880)\n"
	"  --shards N          cores that own hunts and players (auto)\n"
	"  --durability MODE   batch, window:TIME or off (batch)\n"
	"  --set NAME=VALUE    any setting of --print-config\n"
	"  --check-config      check the settings and end\n"
	"  --print-config      every setting, its default and where its value comes from\n"
	"  --print-topology    which thread runs where, which ring joins which\n"
	"  --version, --help\n";

enum {
	OPTION_SET = 256,
	OPTION_CONFIG,
	OPTION_CHECK,
	OPTION_PRINT,
	OPTION_TOPOLOGY,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_NAMED
};

static const char *const named[] = {"data", "hunts", "resp", "http", "shards", "durability"};

static const struct option options[] = {
	{"set", required_argument, NULL, OPTION_SET},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"check-config", no_argument, NULL, OPTION_CHECK},
	{"print-config", no_argument, NULL, OPTION_PRINT},
	{"print-topology", no_argument, NULL, OPTION_TOPOLOGY},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{"data", required_argument, NULL, OPTION_NAMED + 0},
	{"hunts", required_argument, NULL, OPTION_NAMED + 1},
	{"resp", required_argument, NULL, OPTION_NAMED + 2},
	{"http", required_argument, NULL, OPTION_NAMED + 3},
	{"shards", required_argument, NULL, OPTION_NAMED + 4},
	{"durability", required_argument, NULL, OPTION_NAMED + 5},
	{NULL, 0, NULL, 0},
};

/* The shipped file, before anything in it is changed: no setting at all, and so no document. */
static bool
is_only_comments(const uint8_t *at, const uint8_t *end)
{
	while (at < end && (*at == '#' || isspace(*at))) {
		const uint8_t *line = *at == '#' ? memchr(at, '\n', (size_t)(end - at)) : at;
		at = line ? line + 1 : end;
	}
	return at == end;
}

static bool
read_file(struct hd_config *config, const char *path, struct hd_faults *faults)
{
	static uint8_t text[HD_DOCUMENT_MAX];
	struct hd_doc doc = {0};
	FILE *file = fopen(path, "rb");
	if (!file) {
		fprintf(stderr, "huntd: cannot read %s: %s\n", path, strerror(errno));
		return false;
	}
	size_t size = fread(text, 1, sizeof text, file);
	fclose(file);
	if (is_only_comments(text, text + size))
		return true;
	if (hd_doc_read(hd_bytes_of(text, size), &doc, faults))
		hd_config_document(config, &doc.document, path, faults);
	hd_doc_free(&doc);
	return true;
}

static bool
report_faults(const char *file, const struct hd_faults *faults)
{
	char line[HD_DOC_LINE_MAX];
	for (uint32_t i = 0; i < faults->count; i++) {
		const struct hd_fault *fault = &faults->row[i];
		if (fault->line) {
			hd_doc_fault_line(file, fault, line, sizeof line);
			fprintf(stderr, "%s\n", line);
		} else {
			fprintf(stderr, "huntd: %s: %s\n", fault->path, fault->what);
		}
	}
	return faults->count == 0;
}

/* Weakest first: the file, the environment, then the command line in its own order. */
static bool
read_sources(struct hd_config *config, const char *file)
{
	struct hd_faults *faults = calloc(1, sizeof *faults);
	HD_ASSERT(faults);
	bool good = !file || read_file(config, file, faults);
	hd_config_environment(config, environ, faults);
	good = report_faults(file, faults) && good;
	free(faults);
	return good;
}

static bool
set_option(struct hd_config *config, const char *name, const char *value, const char *from)
{
	char fault[512];
	if (hd_config_set(config, name, value, from, fault, sizeof fault))
		return true;
	fprintf(stderr, "huntd: %s: %s\n", from, fault);
	return false;
}

static bool
set_pair(struct hd_config *config, const char *pair)
{
	char name[64];
	const char *equals = strchr(pair, '=');
	if (!equals || (size_t)(equals - pair) >= sizeof name) {
		fprintf(stderr, "huntd: --set takes name=value; got `%s`\n", pair);
		return false;
	}
	snprintf(name, sizeof name, "%.*s", (int)(equals - pair), pair);
	return set_option(config, name, equals + 1, "--set");
}

/* First pass: what ends at once, and --config. Returns an exit code, or -1 to go on. */
static int
scan_options(struct asked *asked, int argc, char **argv, const char **file)
{
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case '?':
			fprintf(stderr, "huntd --help lists the options\n");
			return HD_EXIT_USAGE;
		case OPTION_HELP:
			fputs(usage, stdout);
			return HD_EXIT_OK;
		case OPTION_VERSION:
			printf("huntd %s (%s)\n", hd_version(), hd_commit());
			return HD_EXIT_OK;
		case OPTION_CONFIG:
			*file = optarg;
			break;
		case OPTION_CHECK:
			asked->check_config = true;
			break;
		case OPTION_PRINT:
			asked->print_config = true;
			break;
		case OPTION_TOPOLOGY:
			asked->print_topology = true;
			break;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "huntd: `%s` is not an option; huntd --help lists them\n",
			argv[optind]);
		return HD_EXIT_USAGE;
	}
	return -1;
}

static bool
apply_options(struct hd_config *config, int argc, char **argv)
{
	bool good = true;
	int option;
	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		char from[64];
		if (option == OPTION_SET)
			good &= set_pair(config, optarg);
		if (option < OPTION_NAMED)
			continue;
		snprintf(from, sizeof from, "--%s", named[option - OPTION_NAMED]);
		good &= set_option(config, named[option - OPTION_NAMED], optarg, from);
	}
	return good;
}

static int
configure(struct asked *asked, int argc, char **argv)
{
	const char *file = NULL;
	char fault[512];
	int code = scan_options(asked, argc, argv, &file);
	if (code >= 0)
		return code;
	hd_config_defaults(asked->config);
	bool good = read_sources(asked->config, file);
	good = apply_options(asked->config, argc, argv) && good;
	if (good && !hd_config_whole(asked->config, fault, sizeof fault)) {
		fprintf(stderr, "huntd: %s\n", fault);
		good = false;
	}
	return good ? -1 : HD_EXIT_CONFIG;
}

/* What was asked for instead of serving. Returns an exit code, or -1 to serve. */
static int
print_and_end(const struct asked *asked)
{
	static char text[32 * 1024];
	if (asked->print_config) {
		hd_config_print(asked->config, text, sizeof text);
		fputs(text, stdout);
		return HD_EXIT_OK;
	}
	if (asked->check_config) {
		puts("huntd: the configuration is good");
		return HD_EXIT_OK;
	}
	if (asked->print_topology) {
		static struct hd_topology topology;
		struct hd_writer out = hd_writer_of(text, sizeof text);
		uint32_t shards = (uint32_t)asked->config->values[HD_SETTING_shards].number;
		if (!hd_topology_plan(&topology, shards))
			return HD_EXIT_FAILED;
		hd_topology_print(&topology, &out);
		fwrite(text, 1, (size_t)(out.at - (uint8_t *)text), stdout);
		return HD_EXIT_OK;
	}
	return -1;
}

int
hd_options_read(struct hd_config *config, int argc, char **argv)
{
	struct asked asked = {.config = config};
	int code = configure(&asked, argc, argv);
	return code >= 0 ? code : print_and_end(&asked);
}
