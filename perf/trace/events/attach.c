#include "perf/trace/events/attach.h"

#include <errno.h>
#include <string.h>

#define PROVIDER "huntd"

struct bpf_link *
hd_trace_attach(struct hd_trace *trace, enum hd_trace_view_id view, struct bpf_program *program,
		const char *probe)
{
	struct bpf_link *link = bpf_program__attach_usdt(program, trace->page.pid, trace->exe,
							 PROVIDER, probe, NULL);
	if (link)
		return link;
	if (errno == ENOENT)
		hd_trace_refuse(trace, view,
				"this huntd has no probe " PROVIDER ":%s: it was built without "
				"(HUNT_PROBES=OFF)",
				probe);
	else
		hd_trace_refuse(trace, view, "the probe " PROVIDER ":%s cannot be attached to: %s",
				probe, strerror(errno));
	return NULL;
}
