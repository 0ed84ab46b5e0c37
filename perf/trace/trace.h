/* trace.h - hunt-trace: looks into a running huntd and draws what it sees, again and again.
 *
 * A view is one thing to look at: a mode (`top`, `hist`, `full`) or an addition to it (`--kernel`,
 * `--slow MS`, `--flame`). A run is any set of views over one huntd. Each is one row of
 * HD_TRACE_VIEWS and one file that defines `const struct hd_trace_view hd_trace_<symbol>`:
 *
 *     begin ── attaches; its state, or NULL: the kernel refused (said by hd_trace_refuse)
 *     drain ── every HD_TRACE_DRAIN_MS: takes what a ring buffer holds; no drawing here
 *     tick ─── once an interval: its part of the frame, as text or, for --json, as an object; NULL:
 *              it draws nothing, and where no view does there are no frames, only lines
 *     sum ──── the same once more of the whole run, when it ends; NULL: nothing to say
 *     end ──── detaches and frees; the terminal is given back by then: `flame` prints its stacks
 *
 * A view that cannot begin is left out with one line on stderr and the others go on; where none is
 * left, hunt-trace ends with 1. All run in the one thread of main_hunttrace.c. */
#ifndef HUNTD_PERF_TRACE_TRACE_H
#define HUNTD_PERF_TRACE_TRACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "perf/trace/page.h"

#define HD_TRACE_DRAIN_MS 20u
#define HD_TRACE_NOTES    8u

/* X(symbol, word, needs)   word: as on the command line; needs: bits of enum hd_trace_needs */
#define HD_TRACE_VIEWS(X)                                                                          \
	X(top, "top", 0)                                                                           \
	X(hist, "hist", HD_NEEDS_USDT)                                                             \
	X(full, "full", HD_NEEDS_USDT)                                                             \
	X(kernel, "--kernel", HD_NEEDS_BTF)                                                        \
	X(slow, "--slow", HD_NEEDS_USDT)                                                           \
	X(flame, "--flame", HD_NEEDS_CLOCK)

enum hd_trace_view_id {
#define X(symbol, word, needs) HD_VIEW_##symbol,
	HD_TRACE_VIEWS(X)
#undef X
		HD_VIEW_COUNT
};

/* What a view asks of the kernel (ability.h). Anything at all asks for root, and for the lock. */
enum hd_trace_needs {
	HD_NEEDS_USDT = 1,  /* uprobes through perf_event_open */
	HD_NEEDS_BTF = 2,   /* /sys/kernel/btf/vmlinux and tp_btf programs */
	HD_NEEDS_CLOCK = 4, /* perf's cpu-clock */
};

struct hd_trace_options {
	bool chosen[HD_VIEW_COUNT];
	int pid;              /* 0: the one there is */
	uint64_t interval_ns; /* -i */
	uint64_t count;       /* -c: intervals; 0: until Ctrl-C */
	uint64_t slow_ns;     /* --slow */
	bool json, colour;
};

/* The newest lines, cut at 160 bytes. */
struct hd_trace_notes {
	char text[HD_TRACE_NOTES][160];
	uint32_t count; /* ever */
};

/* What all views share. */
struct hd_trace {
	struct hd_trace_options options;
	struct hd_trace_page page;            /* of the huntd that is looked at */
	char exe[32];                         /* /proc/PID/exe: what to attach to */
	bool screen;                          /* frames are drawn over each other */
	struct hd_trace_notes refused, lines; /* what frames show below the views */
	struct hd_batches *batches;           /* which `full` and `--slow` share; else NULL */
};

/* Where a view draws. Text goes to `out`, or with --json facts into `json`: never both. */
struct hd_trace_frame {
	FILE *out;           /* lines, ended by \n; no wider than `columns` */
	json_t *json;        /* this view's own object; NULL: text */
	uint32_t columns;    /* of the terminal, or 80 */
	uint32_t rows;       /* of it that are still free, or 1000 */
	bool colour;         /* hd_trace_on gives the escapes */
	uint64_t elapsed_ns; /* since the view's last tick, or its begin; `sum`: since its begin */
};

struct hd_trace_view {
	void *(*begin)(struct hd_trace *trace);
	void (*drain)(void *view); /* or NULL */
	void (*tick)(void *view, struct hd_trace_frame *frame);
	void (*sum)(void *view, struct hd_trace_frame *frame);
	void (*end)(void *view);
	uint32_t rows; /* that it needs beside other views, where a screen has so many */
};

/* A line on stderr and below all frames: "VIEW: …". For a view's `begin`: why it is left out, or
 * what of it is. */
void hd_trace_refuse(struct hd_trace *trace, enum hd_trace_view_id view, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A line of its own, in between frames: at once on stdout, or, where frames are drawn over each
 * other, kept and shown below the next one. With --json it must be an object. */
void hd_trace_line(struct hd_trace *trace, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define X(symbol, word, needs) extern const struct hd_trace_view hd_trace_##symbol;
HD_TRACE_VIEWS(X)
#undef X

#endif
