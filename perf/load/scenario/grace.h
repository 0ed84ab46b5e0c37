/* grace.h - did a server bear an overload with grace? It did where it went on doing most of what it
 * can, answered all that it had let in, in a bounded time, and was well again soon after. Where
 * nothing was refused or held back, or more was done than the capacity, there was no overload, and
 * no verdict. */
#ifndef HUNTD_PERF_LOAD_SCENARIO_GRACE_H
#define HUNTD_PERF_LOAD_SCENARIO_GRACE_H

#include "perf/load/crew.h"

/* capacity: commands a second that the phase before found. */
void hd_load_grace_text(FILE *to, const struct hd_load_crew *crew,
			const struct hd_load_result *result, double capacity);
json_t *hd_load_grace_json(const struct hd_load_crew *crew, const struct hd_load_result *result,
			   double capacity);

#endif
