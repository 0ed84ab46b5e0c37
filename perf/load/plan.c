#include "perf/load/plan.h"

#include <getopt.h>
#include <stdio.h>

#include "huntd/assert.h"
#include "huntd/error.h"
#include "net/config/version.h"
#include "perf/load/settings.h"

#define OPTIONS_MAX    64u
#define OPTION_HELP    hd_load_settings_count
#define OPTION_VERSION (hd_load_settings_count + 1)

static void
print_usage(void)
{
	printf("hunt-load: plays a hunt at a fixed rate and tells how long each command took, from "
	       "when\n"
	       "it was meant to be sent. Try:  hunt-load --hunt doubloon-bay --rate 5k --duration "
	       "30s\n\n");
	for (uint32_t i = 0; i < hd_load_settings_count; i++) {
		const struct hd_load_setting *row = &hd_load_settings[i];
		char left[40];
		snprintf(left, sizeof left, "--%s %s", row->name, row->value ? row->value : "");
		if (row->where & HD_LOAD_ON_LINE)
			printf("  %-20s %s\n", left, row->help);
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
		.patience_ns = 60000000000ull,
		.times = 2,
		.samples = 1000,
		.watchers = 100,
		.changes = 20,
		.waves = 3,
		.pause_ns = 1000000000u,
		.recovery_ns = 10000000000ull,
		.calm_ns = 50000000u,
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
	if (!plan->hunt && !plan->scenario) {
		fprintf(stderr,
			"hunt-load: --hunt is needed: a hunt's id, as huntctl hunts lists them\n");
		return HD_EXIT_USAGE;
	}
	if (plan->threads > plan->connections)
		plan->threads = plan->connections;
	return -1;
}

static int
apply_option(struct hd_load_plan *plan, uint32_t option, const char *text)
{
	if (option == OPTION_HELP) {
		print_usage();
		return HD_EXIT_OK;
	}
	if (option == OPTION_VERSION) {
		printf("hunt-load %s (%s)\n", hd_version(), hd_commit());
		return HD_EXIT_OK;
	}
	const struct hd_load_setting *row = &hd_load_settings[option];
	bool room = plan->given_count < HD_LOAD_GIVEN_MAX;
	if (room && row->where & HD_LOAD_AT_HEAD)
		plan->given[plan->given_count++] = (struct hd_load_given){row, text};
	if (room && row->set(plan, text))
		return -1;
	fprintf(stderr, "hunt-load: --%s takes %s; got `%s`\n", row->name,
		room ? row->takes : "less: too many options", text);
	return HD_EXIT_USAGE;
}

static void
list_options(struct option *options, int *which)
{
	uint32_t count = 0;
	HD_ASSERT(hd_load_settings_count + 3 <= OPTIONS_MAX);
	for (uint32_t i = 0; i < hd_load_settings_count; i++) {
		const struct hd_load_setting *row = &hd_load_settings[i];
		if (row->where & HD_LOAD_ON_LINE)
			options[count++] =
				(struct option){row->name, row->value != NULL, which, (int)i};
	}
	options[count++] = (struct option){"help", no_argument, which, (int)OPTION_HELP};
	options[count++] = (struct option){"version", no_argument, which, (int)OPTION_VERSION};
}

int
hd_load_plan_read(struct hd_load_plan *plan, int argc, char **argv)
{
	struct option options[OPTIONS_MAX] = {0};
	int option, which = 0;
	list_options(options, &which);
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
		int code = apply_option(plan, (uint32_t)which, optarg);
		if (code >= 0)
			return code;
	}
	return optind < argc ? usage_fault("is not an option", argv[optind]) : check_whole(plan);
}
