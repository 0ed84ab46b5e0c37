#include "perf/load/scenario/aside.h"

const struct hd_load_aside_kind *const hd_load_aside_kinds[HD_LOAD_ASIDES_MAX] = {
	&hd_load_visible,
	&hd_load_watchers,
	&hd_load_storm,
	&hd_load_pulse,
};
