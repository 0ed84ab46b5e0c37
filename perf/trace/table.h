/* table.h - numbers as people read them, and histograms as rows and as JSON. */
#ifndef HUNTD_PERF_TRACE_TABLE_H
#define HUNTD_PERF_TRACE_TABLE_H

#include "huntd/histogram.h"
#include "perf/trace/trace.h"

#define HD_TEXT 16u /* room for any of the texts below */

/* Three digits and a unit, always 7 columns, units below each other: "0.41 us", "41.0 us",
 * " 812 us", "2.31 ms", "12.0  s". */
const char *hd_trace_duration(uint64_t ns, char *text);
/* 1,234,567; above 9,999,999 as 12.3 M. */
const char *hd_trace_number(uint64_t number, char *text);
/* 1.5 KiB, 12 MiB. */
const char *hd_trace_bytes(uint64_t bytes, char *text);
/* Per second, rounded. */
uint64_t hd_trace_rate(uint64_t count, uint64_t elapsed_ns);

enum hd_trace_ink { HD_INK_PLAIN, HD_INK_TITLE, HD_INK_DIM, HD_INK_BOLD, HD_INK_BAD };

/* The escape that begins an ink; "" where there are no colours. HD_INK_PLAIN ends any. */
const char *hd_trace_on(const struct hd_trace_frame *frame, enum hd_trace_ink ink);

/* 1,234 in at most 6 columns: above 99,999 as 123k, 12.3M. */
const char *hd_trace_short(uint64_t number, char *text);

/* `name`, how many a second, p50, p99, p99.9, max: 60 columns, no end of line. */
void hd_trace_row_heading(struct hd_trace_frame *frame, const char *what);
void hd_trace_row(struct hd_trace_frame *frame, const char *name,
		  const struct hd_histogram *histogram);

/* {"count", "per_s", "mean_ns", "p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns"} */
json_t *hd_trace_json(const struct hd_histogram *histogram, uint64_t elapsed_ns);
/* The same of what is no time: the names end at the number ("p50"). */
json_t *hd_trace_json_plain(const struct hd_histogram *histogram, uint64_t elapsed_ns);

/* What came between two copies of one histogram. Its max is exact where it was a new record, else
 * that of its last bucket. */
void hd_trace_between(struct hd_histogram *out, const struct hd_histogram *before,
		      const struct hd_histogram *after);

#endif
