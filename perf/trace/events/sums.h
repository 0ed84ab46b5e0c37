/* sums.h - what `hist` and `full` have counted: for every shard one histogram a leg, one of whole
 * times, one of each command's (perf/bpf/columns.h), and how all of it is shown. */
#ifndef HUNTD_PERF_TRACE_EVENTS_SUMS_H
#define HUNTD_PERF_TRACE_EVENTS_SUMS_H

#include "huntd/stats.h"
#include "perf/bpf/columns.h"
#include "perf/trace/trace.h"

#define HD_SUMS_ROW (HD_TRACE_COMMANDS + (uint32_t)HD_CMD_COUNT_)

/* HD_SUMS_ROW histograms a shard, one shard behind the other. */
struct hd_sums {
	struct hd_histogram *at;
	uint32_t shards;
};

bool hd_sums_init(struct hd_sums *sums, uint32_t shards);
void hd_sums_fini(struct hd_sums *sums);

struct hd_histogram *hd_sums_column(const struct hd_sums *sums, uint32_t shard, uint32_t column);

/* Copies what somebody else is adding to; counts are those of the buckets. */
void hd_sums_read(struct hd_sums *into, const struct hd_sums *live);
void hd_sums_copy(struct hd_sums *into, const struct hd_sums *from);
/* out = after - before; a maximum is known to its bucket. */
void hd_sums_between(struct hd_sums *out, const struct hd_sums *before,
		     const struct hd_sums *after);

/* Of all shards: the whole times of all commands. */
uint64_t hd_sums_count(const struct hd_sums *sums);

/* Legs of all shards and of each, commands, and a picture of the leg that took most time. */
void hd_sums_draw(const struct hd_sums *sums, struct hd_trace_frame *frame);
/* {"all": {"legs", "total", "commands"}, "shards": [{the same, "shard"}]} */
void hd_sums_json(const struct hd_sums *sums, struct hd_trace_frame *frame);

#endif
