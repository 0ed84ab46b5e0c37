/* hunt_sim - runs seeds of the simulator, replays one, makes a failing one smaller. */
#include <stdlib.h>
#include <time.h>

#include "tests/sim/world.h"

struct args {
	struct sim_line line; /* of one run, or what every run has */
	bool one, trace, shrink, quiet;
	uint64_t from, seeds;
	double seconds;
	const char *file;
};

static double
clock_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Making it smaller. */

static bool
still_fails(const struct sim_line *line)
{
	return world_run(line, NULL, false).failed;
}

static bool
try(struct sim_line *line, uint32_t option, int64_t value)
{
	struct sim_line smaller = *line;
	smaller.given[option] = true;
	smaller.value[option] = value;
	if (!still_fails(&smaller))
		return false;
	*line = smaller;
	return true;
}

static void
shrink(struct sim_line *line)
{
	fprintf(stderr, "making it smaller\n");
	for (uint32_t i = 0; i < SIM_OPTIONS_COUNT; i++) {
		union {
			struct sim_options options;
			int64_t value[SIM_OPTIONS_COUNT];
		} all = {.options = sim_options_draw(line)};
		if (sim_option_rows[i].chance < 100 && all.value[i] != 0 && !line->given[i])
			try(line, i, 0);
	}
	static const char *const sizes[] = {"seconds", "clients", "entrants", "pipeline", "shards"};
	for (uint32_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		for (uint32_t i = 0; i < SIM_OPTIONS_COUNT; i++) {
			if (strcmp(sim_option_rows[i].name, sizes[s]) != 0)
				continue;
			union {
				struct sim_options options;
				int64_t value[SIM_OPTIONS_COUNT];
			} all = {.options = sim_options_draw(line)};
			for (int64_t value = all.value[i] / 2; value > 0; value /= 2)
				if (!try(line, i, value))
					break;
		}
	}
	fprintf(stderr, "the smallest that still fails: ");
	sim_line_print(line, stderr);
}

/* Running. */

struct sum {
	uint64_t runs, found, gone, checked, watched, deaths, events, replays, pages, steps, twice;
	double simulated_s;
};

static void
add(struct sum *sum, const struct world_result *result)
{
	sum->runs++;
	sum->found += result->found;
	sum->gone += result->gone;
	sum->checked += result->checked;
	sum->watched += result->watched;
	sum->deaths += result->deaths;
	sum->events += result->events;
	sum->replays += result->replays;
	sum->pages += result->pages;
	sum->steps += result->steps;
	sum->simulated_s += result->simulated_s;
}

static bool
run_line(const struct args *args, const struct sim_line *line, struct sum *sum)
{
	struct world_result result = world_run(line, args->trace ? stdout : NULL, !args->quiet);
	add(sum, &result);
	if (!result.failed && line->seed % 50 == 0) {
		sum->twice++;
		struct world_result again = world_run(line, NULL, true);
		if (again.hash != result.hash) {
			fprintf(stderr, "two runs of a seed differ\n");
			result.failed = true;
		}
	}
	if (!result.failed) {
		if (args->one)
			printf("passed, trace %016llx\n", (unsigned long long)result.hash);
		return true;
	}
	if (!args->quiet) {
		fprintf(stderr, "FAILED. Replay it: ");
		sim_line_print(line, stderr);
	}
	struct sim_line smaller = *line;
	if (args->shrink)
		shrink(&smaller);
	return false;
}

static bool
run_file(const struct args *args, struct sum *sum)
{
	FILE *file = fopen(args->file, "r");
	char text[512];
	if (file == NULL) {
		fprintf(stderr, "%s cannot be read\n", args->file);
		return false;
	}
	bool good = true;
	while (good && fgets(text, sizeof text, file) != NULL) {
		struct sim_line line = {0};
		char *save = NULL, *word = strtok_r(text, " \n", &save);
		if (word == NULL || word[0] == '#')
			continue;
		line.seed = strtoull(word, NULL, 0);
		while ((word = strtok_r(NULL, " \n", &save)) != NULL && word[0] != '#')
			sim_line_set(&line, word);
		good = run_line(args, &line, sum);
	}
	fclose(file);
	return good;
}

static bool
run_many(const struct args *args, struct sum *sum)
{
	double begin = clock_s();
	for (uint64_t i = 0; args->seeds == 0 || i < args->seeds; i++) {
		if (args->seconds > 0 && clock_s() - begin >= args->seconds)
			break;
		struct sim_line line = args->line;
		line.seed = args->from + i;
		if (!run_line(args, &line, sum))
			return false;
	}
	return true;
}

static void
usage(void)
{
	printf("usage: hunt_sim [--seeds N] [--from S] [--time SECONDS] [--file LINES] [--trace]\n"
	       "                [--canary] [--no-shrink] [--quiet] [SEED] [option=value ...]\n"
	       "options, with the least and the greatest that a seed draws:\n");
	for (uint32_t i = 0; i < SIM_OPTIONS_COUNT; i++)
		printf("  %-12s %lld..%lld, in %u %% of the seeds\n", sim_option_rows[i].name,
		       (long long)sim_option_rows[i].least, (long long)sim_option_rows[i].greatest,
		       sim_option_rows[i].chance);
}

static bool
take_word(struct args *args, int count, char **words, int *at)
{
	const char *word = words[*at];
	bool more = *at + 1 < count;
	if (strcmp(word, "--seeds") == 0 && more)
		args->seeds = strtoull(words[++*at], NULL, 0);
	else if (strcmp(word, "--from") == 0 && more)
		args->from = strtoull(words[++*at], NULL, 0);
	else if (strcmp(word, "--time") == 0 && more)
		args->seconds = strtod(words[++*at], NULL);
	else if (strcmp(word, "--file") == 0 && more)
		args->file = words[++*at];
	else if (strcmp(word, "--trace") == 0)
		args->trace = true;
	else if (strcmp(word, "--no-shrink") == 0)
		args->shrink = false;
	else if (strcmp(word, "--quiet") == 0)
		args->quiet = true;
	else if (strcmp(word, "--canary") == 0)
		return sim_line_set(&args->line, "canary=1");
	else if (strchr(word, '=') != NULL)
		return sim_line_set(&args->line, word);
	else if (word[0] >= '0' && word[0] <= '9') {
		args->one = true;
		args->line.seed = strtoull(word, NULL, 0);
	} else
		return false;
	return true;
}

int
main(int count, char **words)
{
	struct args args = {.from = (uint64_t)time(NULL) * 100000, .shrink = true};
	struct sum sum = {0};
	for (int i = 1; i < count; i++) {
		if (!take_word(&args, count, words, &i)) {
			usage();
			return strcmp(words[i], "--help") == 0 ? 0 : HD_EXIT_USAGE;
		}
	}
	double begin = clock_s();
	bool good = true;
	if (args.file != NULL)
		good = run_file(&args, &sum);
	else if (args.one)
		good = run_line(&args, &args.line, &sum);
	else
		good = run_many(&args, &sum);
	double took = clock_s() - begin;
	printf("%llu commands explained, %llu events, %llu deaths, %llu logs replayed, %llu whole "
	       "comparisons, %llu treasures found, %llu gone\n",
	       (unsigned long long)sum.checked, (unsigned long long)sum.events,
	       (unsigned long long)sum.deaths, (unsigned long long)sum.replays,
	       (unsigned long long)sum.watched, (unsigned long long)sum.found,
	       (unsigned long long)sum.gone);
	printf("%s: %llu seeds (%llu twice), %.1f simulated h, %.0fx real time, %.0f seeds/min\n",
	       good ? "passed" : "FAILED", (unsigned long long)sum.runs,
	       (unsigned long long)sum.twice, sum.simulated_s / 3600,
	       took > 0 ? sum.simulated_s / took : 0, took > 0 ? (double)sum.runs * 60 / took : 0);
	return good ? 0 : 1;
}
