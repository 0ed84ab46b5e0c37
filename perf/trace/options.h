/* options.h - the command line of hunt-trace. */
#ifndef HUNTD_PERF_TRACE_OPTIONS_H
#define HUNTD_PERF_TRACE_OPTIONS_H

#include "perf/trace/trace.h"

/* -1: go on; else the exit code: 0 after --help and --version, 2 after a complaint on stderr. */
int hd_trace_options_read(struct hd_trace_options *options, int argc, char **argv);

/* The view's word: "top", "--kernel". */
const char *hd_trace_word(enum hd_trace_view_id view);

#endif
