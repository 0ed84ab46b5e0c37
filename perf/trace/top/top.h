/* top.h - two copies of the stats page, and what came between them. */
#ifndef HUNTD_PERF_TRACE_TOP_H
#define HUNTD_PERF_TRACE_TOP_H

#include <stddef.h>

#include "huntd/stats.h"
#include "perf/trace/trace.h"

#define HD_TOP_ALL      UINT32_MAX /* as a shard: all of them together */
#define HD_TOP_COMMANDS 8u         /* busiest commands known */
#define HD_TOP_SLOTS    5u         /* busiest slots known */
#define HD_TOP_ROWS     11u        /* the legs, the rates, and two lines of trouble or commands */

struct hd_top {
	const struct hd_trace_page *page;   /* the living one */
	struct hd_stats_page *before, *now; /* copies of ours */
	uint32_t shards;
	uint64_t elapsed_ns;
};

struct hd_top_slot {
	uint32_t shard, slot;
	double share; /* of the time that the shards asked for spent on all slots */
};

/* Fields of struct hd_shard_stats are named by their offset: HD_TOP_AT(leg[HD_LEG_RECV]). */
#define HD_TOP_AT(field) offsetof(struct hd_shard_stats, field)

/* Of the interval. */
void hd_top_histogram(const struct hd_top *top, uint32_t shard, size_t at,
		      struct hd_histogram *out);
/* Since huntd's start. */
void hd_top_ever(const struct hd_top *top, size_t at, struct hd_histogram *out);
/* A counter's growth, a gauge's newest value; of all: their sum. */
uint64_t hd_top_growth(const struct hd_top *top, uint32_t shard, size_t at);
uint64_t hd_top_gauge(const struct hd_top *top, uint32_t shard, size_t at);

/* A counter's growth a second. */
#define HD_TOP_RATE(top, shard, counter)                                                           \
	hd_trace_rate(hd_top_growth(top, shard, HD_TOP_AT(metrics.counter)), (top)->elapsed_ns)
#define HD_TOP_GAUGE(top, shard, gauge) hd_top_gauge(top, shard, HD_TOP_AT(metrics.gauge))

/* The leg that is slow: the greatest p99 of those that at least one command in a hundred took;
 * HD_LEG_COUNT: nothing was timed. */
enum hd_leg hd_top_slowest(const struct hd_top *top, uint32_t shard);
/* The shard whose p99 of the leg is the greatest. */
uint32_t hd_top_worst_shard(const struct hd_top *top, enum hd_leg leg);
/* The commands of which most were answered, at most `room`; returns how many. */
uint32_t hd_top_commands(const struct hd_top *top, uint32_t shard, enum hd_verb *verbs,
			 uint32_t room);
/* The slots that took most time, at most HD_TOP_SLOTS; returns how many. */
uint32_t hd_top_slots(const struct hd_top *top, uint32_t shard, struct hd_top_slot *slots);

const char *hd_top_stage(const struct hd_top *top, uint32_t shard);

void hd_top_draw(const struct hd_top *top, struct hd_trace_frame *frame);
void hd_top_tell(const struct hd_top *top, json_t *into);

#endif
