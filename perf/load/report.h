/* report.h - what a run tells: a line while it goes on, a summary at its end. */
#ifndef HUNTD_PERF_LOAD_REPORT_H
#define HUNTD_PERF_LOAD_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "perf/load/tally.h"

struct hd_load_result {
	const struct hd_load_plan *plan;
	const struct hd_load_tally *tally;
	uint64_t asked_ns; /* from the start to the end of the sending */
	uint64_t whole_ns; /* and to the last reply, where that came later */
	bool stopped;      /* by a signal */
};

/* The line on a terminal; overwrites itself. */
void hd_load_report_progress(FILE *to, const struct hd_load_plan *plan, uint64_t now_ns,
			     uint64_t answered, uint64_t per_s, uint64_t errors);
void hd_load_report_progress_end(FILE *to);

void hd_load_report_text(FILE *to, const struct hd_load_result *result);
void hd_load_report_json(FILE *to, const struct hd_load_result *result);

/* The same in parts, for a report of several runs. The caller owns the objects. */
void hd_load_report_table(FILE *to, const struct hd_load_result *result);
void hd_load_report_rest(FILE *to, const struct hd_load_result *result);
json_t *hd_load_report_object(const struct hd_load_result *result);
void hd_load_report_count(json_t *object, const char *name, uint64_t count);
json_t *hd_load_report_latency(const struct hd_histogram *latency_ns);
void hd_load_report_row(FILE *to, const char *name, const struct hd_histogram *latency_ns);

/* Of a thread of ours: how late it was itself, which stands in the times that it took. The text is
 * a note, and only where it fell behind. */
void hd_load_report_late(FILE *to, const char *who, const char *advice,
			 const struct hd_histogram *late_ns);
json_t *hd_load_report_late_object(const struct hd_histogram *late_ns);

const char *hd_load_grouped(uint64_t number, char text[32]); /* 1,234,567 */

/* Completed a second. */
double hd_load_report_achieved(const struct hd_load_result *result);

#endif
