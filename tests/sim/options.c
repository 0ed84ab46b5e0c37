#include "tests/sim/options.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/random.h"

const struct sim_option_row sim_option_rows[SIM_OPTIONS_COUNT] = {
#define X(name, least, greatest, chance, fault) {#name, least, greatest, chance, fault},
	SIM_OPTIONS(X)
#undef X
};

struct sim_options
sim_options_draw(const struct sim_line *line)
{
	union {
		struct sim_options options;
		int64_t value[SIM_OPTIONS_COUNT];
	} all;
	uint64_t random = line->seed ^ 0x6f7074696f6e73;
	for (uint32_t i = 0; i < SIM_OPTIONS_COUNT; i++) {
		const struct sim_option_row *row = &sim_option_rows[i];
		/* Both are drawn in any case, so that one option's value moves no other's. */
		uint64_t coin = sim_random(&random) % 100;
		uint64_t span = (uint64_t)(row->greatest - row->least + 1);
		int64_t drawn = row->least + (int64_t)(sim_random(&random) % span);
		all.value[i] = coin < row->chance ? drawn : 0;
		if (line->given[i])
			all.value[i] = line->value[i];
	}
	return all.options;
}

bool
sim_line_set(struct sim_line *line, const char *word)
{
	const char *equal = strchr(word, '=');
	if (equal == NULL)
		return false;
	for (uint32_t i = 0; i < SIM_OPTIONS_COUNT; i++) {
		const char *name = sim_option_rows[i].name;
		if (strlen(name) != (size_t)(equal - word) ||
		    strncmp(name, word, strlen(name)) != 0)
			continue;
		line->given[i] = true;
		line->value[i] = strtoll(equal + 1, NULL, 0);
		return true;
	}
	return false;
}

void
sim_line_print(const struct sim_line *line, FILE *out)
{
	fprintf(out, "./dev sim 0x%llx", (unsigned long long)line->seed);
	for (uint32_t i = 0; i < SIM_OPTIONS_COUNT; i++)
		if (line->given[i])
			fprintf(out, " %s=%lld", sim_option_rows[i].name,
				(long long)line->value[i]);
	fprintf(out, "\n");
}
