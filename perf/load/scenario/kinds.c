#include "perf/load/scenario/kinds.h"

#include <stdio.h>
#include <string.h>

#include "perf/load/scenario/aside.h"

static void
only(struct hd_load_plan *plan, enum hd_load_verb verb)
{
	memset(plan->weights, 0, sizeof plan->weights);
	plan->weights[verb] = 1;
}

static void
shape_enrol(struct hd_load_plan *plan, uint32_t hunts)
{
	only(plan, HD_LOAD_JOIN);
	plan->each = true;
	plan->commands = plan->entrants * hunts;
	plan->rate = 0;
	plan->duration_ns = 0;
}

static void
shape_rush(struct hd_load_plan *plan, uint32_t hunts)
{
	only(plan, HD_LOAD_SUBMIT);
	(void)hunts;
	plan->each = true;
	plan->commands = plan->entrants;
	plan->right = 1;
	plan->skew = 0;
	plan->rate = (double)plan->entrants * 1e9 / (double)plan->duration_ns;
}

static void
shape_storm(struct hd_load_plan *plan, uint32_t hunts)
{
	(void)hunts;
	plan->silent = true;
	plan->rate = 0;
}

static void
shape_capacity(struct hd_load_plan *plan, uint32_t hunts)
{
	(void)hunts;
	plan->rate = 0;
}

const struct hd_load_kind hd_load_kinds[] = {
	{"enrol", "every entrant joins once, as fast as it goes", " connections pipeline patience ",
	 shape_enrol, 0, false, false},
	{"play", "a mix of commands at a rate",
	 " rate duration connections pipeline mix right skew pattern hot_entrant hot_hunt ", NULL,
	 0, false, false},
	{"rush", "every entrant gives one right answer, all due within the duration",
	 " duration connections pipeline patience samples ", shape_rush, HD_LOAD_VISIBLE, false,
	 false},
	{"watch", "a mix of commands at a rate, while subscribers look at the board",
	 " rate duration connections pipeline mix right skew pattern watchers slow changes ", NULL,
	 HD_LOAD_WATCHERS, false, false},
	{"storm", "all connections are closed and opened again, in waves",
	 " connections mix right waves pause ", shape_storm, HD_LOAD_STORM, false, false},
	{"capacity", "closed loop: how much it takes", " duration connections pipeline mix right ",
	 shape_capacity, 0, true, false},
	{"overload", "a multiple of the capacity, then rest until all is well again",
	 " duration pattern times recovery calm ", NULL, HD_LOAD_PULSE, false, true},
};

const uint32_t hd_load_kinds_count = sizeof hd_load_kinds / sizeof *hd_load_kinds;

const struct hd_load_kind *
hd_load_kind_find(struct hd_bytes name)
{
	for (uint32_t i = 0; i < hd_load_kinds_count; i++) {
		if (hd_bytes_equal(name, hd_bytes_str(hd_load_kinds[i].name)))
			return &hd_load_kinds[i];
	}
	return NULL;
}

bool
hd_load_kind_takes(const struct hd_load_kind *kind, const char *key)
{
	char word[32];
	snprintf(word, sizeof word, " %s ", key);
	return strstr(kind->takes, word) != NULL;
}
