/* attach.h - a BPF program to one of huntd's probes. */
#ifndef HUNTD_PERF_TRACE_EVENTS_ATTACH_H
#define HUNTD_PERF_TRACE_EVENTS_ATTACH_H

#include <bpf/libbpf.h>

#include "perf/trace/trace.h"

/* NULL: hd_trace_refuse has said why. Takes some 10 ms; bpf_link__destroy takes 120. */
struct bpf_link *hd_trace_attach(struct hd_trace *trace, enum hd_trace_view_id view,
				 struct bpf_program *program, const char *probe);

#endif
