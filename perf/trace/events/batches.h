/* batches.h - every batch of commands, out of the kernel's ring buffer: for `full` and `--slow`.
 *
 * One program and one ring a run, whoever of the two wants them. Who joins last and leaves first
 * makes no difference. */
#ifndef HUNTD_PERF_TRACE_EVENTS_BATCHES_H
#define HUNTD_PERF_TRACE_EVENTS_BATCHES_H

#include "huntd/trace.h"
#include "perf/trace/trace.h"

struct hd_batches;

/* Gets each batch: its numbers are within their tables, its `count` within what came. */
typedef void hd_batches_take(void *view, const struct hd_trace_batch *batch);

/* NULL: hd_trace_refuse has said why. */
struct hd_batches *hd_batches_join(struct hd_trace *trace, enum hd_trace_view_id id,
				   hd_batches_take *take, void *view);
void hd_batches_leave(struct hd_batches *batches, struct hd_trace *trace, const void *view);

/* Hands over all that the ring holds, to all who joined. */
void hd_batches_drain(struct hd_batches *batches);

/* Commands that found no room in the ring, ever. */
uint64_t hd_batches_lost(const struct hd_batches *batches);

/* A command's whole time. */
uint64_t hd_batches_total(const struct hd_trace_batch *batch, uint32_t record);
/* ns of each leg, in the order of stats.h. */
void hd_batches_legs(const struct hd_trace_batch *batch, uint32_t record, uint64_t leg[]);

#endif
