/* scenario.h - a scenario: a YAML file that says which hunts it needs and what is done with them,
 * phase after phase.
 *
 *   title: what it is about              for people
 *   puts: [ document, ... ]              hunts of its own, as texts; the first one is played, or
 * all entrants, connections, rate, ...     settings of every phase that takes them (settings.h)
 *   phases: [ {kind, name, ...}, ... ]   in order; kinds.h says what each kind takes
 *
 * A plan comes together from the defaults, the file's head, the phase, the command line, the later
 * over the earlier. Everything that is wrong in the file is told at once, `file:line:column: path:
 * what is wrong, what is allowed`. */
#ifndef HUNTD_PERF_LOAD_SCENARIO_SCENARIO_H
#define HUNTD_PERF_LOAD_SCENARIO_SCENARIO_H

#include "perf/load/scenario/kinds.h"

#define HD_LOAD_PHASES_MAX 32u
#define HD_LOAD_PUTS_MAX   16u

struct hd_load_phase {
	const char *name;
	const struct hd_load_kind *kind;
	struct hd_load_plan plan;
};

struct hd_load_put {
	const char *hunt; /* its id */
	const char *text;
};

struct hd_load_scenario {
	char *path; /* own */
	const char *title;
	struct hd_load_put puts[HD_LOAD_PUTS_MAX];
	uint32_t puts_count;
	struct hd_load_phase phases[HD_LOAD_PHASES_MAX];
	uint32_t phases_count;
	char **texts; /* own: all that the fields above point to */
	uint32_t texts_count;
};

/* Reads the scenario that `plan` names, under its options. Returns an exit code where it cannot be
 * played (told on stderr), -1 to go on. hd_load_scenario_free either way. */
int hd_load_scenario_read(struct hd_load_scenario *scenario, const struct hd_load_plan *plan);
void hd_load_scenario_free(struct hd_load_scenario *scenario);

#endif
