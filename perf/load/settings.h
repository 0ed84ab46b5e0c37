/* settings.h - what can be asked of a run, a row a setting: how it is read, what it takes, what it
 * is for. The options of the command line and the keys of a scenario are the same rows. */
#ifndef HUNTD_PERF_LOAD_SETTINGS_H
#define HUNTD_PERF_LOAD_SETTINGS_H

#include "huntd/bytes.h"
#include "perf/load/plan.h"

/* Where a setting may stand. */
enum {
	HD_LOAD_ON_LINE = 1,  /* --name VALUE */
	HD_LOAD_AT_HEAD = 2,  /* of a scenario, for all of its phases */
	HD_LOAD_IN_PHASE = 4, /* of the kinds that name it; at the head: of all those phases */
};

struct hd_load_setting {
	const char *name, *value;                                 /* value NULL: a flag */
	bool (*set)(struct hd_load_plan *plan, const char *text); /* keeps the text */
	const char *takes, *help;
	uint8_t where;
};

extern const struct hd_load_setting hd_load_settings[];
extern const uint32_t hd_load_settings_count;

/* The row of that name that may stand in one of these places; NULL: there is none. */
const struct hd_load_setting *hd_load_setting_find(struct hd_bytes name, uint8_t where);

#endif
