/* stage.h - plays a scenario: puts its hunts, says what it will do, then phase after phase, each
 * with a crew of its own, then the report. */
#ifndef HUNTD_PERF_LOAD_SCENARIO_STAGE_H
#define HUNTD_PERF_LOAD_SCENARIO_STAGE_H

#include "perf/load/plan.h"

/* Returns the program's exit code. */
int hd_load_stage_play(const struct hd_load_plan *plan);

#endif
