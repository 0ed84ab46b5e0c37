#include "perf/trace/trace.h"

static void *
begin(struct hd_trace *trace)
{
	hd_trace_refuse(trace, HD_VIEW_full, "left out: this build does not have it");
	return NULL;
}

const struct hd_trace_view hd_trace_full = {.begin = begin};
