/* find.h - where a scenario lies: a path, or the name of one of those in perf/load/scenarios of the
 * source that the program was built from. */
#ifndef HUNTD_PERF_LOAD_SCENARIO_FIND_H
#define HUNTD_PERF_LOAD_SCENARIO_FIND_H

#include <stddef.h>

/* The file's path, to be freed. A name with a slash or a point is a path already. */
char *hd_load_scenario_path(const char *name);

/* The names of the shipped ones, with commas. */
void hd_load_scenario_list(char *text, size_t room);

#endif
