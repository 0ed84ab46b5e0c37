/* stats.h - the stats page: every number that huntd shows of itself, in one piece of memory.
 *
 * The engine counts right here, always; INFO, /metrics and, from other processes, hunt-trace read
 * it. In huntd it is the file /dev/shm/huntd-PID, 0644, numbers and fixed texts only, never a name
 * that a user gave; elsewhere plain memory. So what reads it needs no thread of huntd and speaks
 * when a core stalls.
 *
 * One writer a number: the shard's thread, or where a row says so control, the reducer, the helper.
 * Every number is stored whole and relaxed; two of them need not agree with each other. A histogram
 * is read by hd_histogram_read, which makes its copy agree with itself. Layout: HD_STATS_ABI and
 * hd_stats_layout; who reads another's refuses it and prints both builds. */
#ifndef HUNTD_STATS_H
#define HUNTD_STATS_H

#include <stdbool.h>

#include "huntd/histogram.h"
#include "huntd/limits.h"
#include "huntd/metrics.h"

#define HD_STATS_MAGIC 0x5354415444544e48u /* "HNTDTATS", little-endian */
#define HD_STATS_ABI   1u                  /* rises with any change below but of rows */

/* Where in its pass a shard is. */
#define HD_STAGES(X)                                                                               \
	X(WAIT, "wait")         /* for completions and mail */                                     \
	X(MAIL, "mail")         /* deals with them */                                              \
	X(COMMANDS, "commands") /* hours, grants, commands of others and its own */                \
	X(LOG, "log")                                                                              \
	X(BOARDS, "boards") /* gathers, orders, the outbox */                                      \
	X(OUTPUT, "output")                                                                        \
	X(UPKEEP, "upkeep") /* what is old, views */

enum hd_stage {
#define X(symbol, name) HD_STAGE_##symbol,
	HD_STAGES(X)
#undef X
		HD_STAGE_COUNT
};

/* For others to see where a shard is: a line of its own, so that a store costs nobody a miss. */
struct hd_pulse {
	_Alignas(64) _Atomic uint8_t stage; /* enum hd_stage */
	_Atomic bool full;                  /* its log has no space */
	_Atomic uint64_t flushes_slow;      /* over HD_FLUSH_SLOW_MS */
	_Atomic int64_t flushing_since;     /* BOOTTIME ns; 0: no flush runs */
};

static inline void
hd_pulse_stage(struct hd_pulse *pulse, enum hd_stage stage)
{
	atomic_store_explicit(&pulse->stage, (uint8_t)stage, memory_order_relaxed);
}

/* The way of a command in legs, each a histogram of ns; a leg's time is measured once a batch and
 * counts once for each command that took it. What a command does not do (a question has nothing to
 * flush, the own shard no ring) is not counted. Together they are the command's whole time, from
 * the pass that took its bytes from the kernel to the one that handed its reply over.
 *
 *   X(symbol, name, help)   name: the label `stage` of /metrics, a column of hunt-trace */
#define HD_LEGS(X)                                                                                 \
	X(RECV, "recv", "taken from the kernel, until its bytes are looked at")                    \
	X(PARSE, "parse", "its bytes become a command, and those of its batch")                    \
	X(ROUTE, "route", "in a ring, until its shard takes its batch up")                         \
	X(APPLY, "apply", "decided, logged in memory and applied, with its batch")                 \
	X(QUEUED, "log_queued", "until the disk is given its frame")                               \
	X(DURABLE, "durable", "until the disk has it")                                             \
	X(REPLY, "reply", "until the kernel is given the reply")

enum hd_leg {
#define X(symbol, name, help) HD_LEG_##symbol,
	HD_LEGS(X)
#undef X
		HD_LEG_COUNT
};

/* Other histograms of a shard: X(symbol, unit, name, help); name as in metrics.h. */
#define HD_SIZES(X)                                                                                \
	X(PASS, NS, "pass_seconds", "a pass of the loop, without its wait")                        \
	X(FLUSH, NS, "log_flush_duration_seconds", "a flush of the log, as the shard sees it")     \
	X(FRAME, ONE, "log_frame_bytes", "bytes of one flush")                                     \
	X(BATCH, ONE, "batch_commands", "commands decided together")                               \
	X(MAIL, ONE, "mail_messages", "messages found in the rings by a pass that found any")

enum hd_size {
#define X(symbol, unit, name, help) HD_SIZE_##symbol,
	HD_SIZES(X)
#undef X
		HD_SIZE_COUNT
};

struct hd_shard_stats {
	struct hd_pulse pulse;
	struct hd_metrics metrics;
	struct hd_histogram leg[HD_LEG_COUNT];
	struct hd_histogram command[HD_CMD_COUNT_]; /* ns, whole; counted where its client is */
	struct hd_histogram size[HD_SIZE_COUNT];
	/* ns that each slot's commands took to apply: a batch's time goes to one of its commands,
	 * in turn, so the sum is right and each slot's part too, in the long run. */
	_Atomic uint64_t slot_ns[HD_SLOTS];
};

/* The reducer's: X(symbol, kind, unit, name, help). */
#define HD_REDUCER_COUNTERS(X)                                                                     \
	X(ticks_total, COUNTER, ONE, "reducer_ticks_total", "rounds of asking all shards")         \
	X(views_made_total, COUNTER, ONE, "reducer_views_total",                                   \
	  "views made of all shards' parts")                                                       \
	X(dirty, GAUGE, ONE, "boards_dirty", "boards known to have changed since their last view") \
	X(staleness_ns, GAUGE, NS, "board_staleness_seconds",                                      \
	  "for how long the oldest change that no view shows has been waiting; 0: none is")

struct hd_reducer_stats {
#define X(symbol, kind, unit, name, help) _Atomic uint64_t symbol;
	_Alignas(64) HD_REDUCER_COUNTERS(X)
#undef X
		struct hd_histogram
		tick; /* ns: a round, from the first question to the last view */
};

enum hd_server_state { HD_SERVER_STARTING, HD_SERVER_LOADING, HD_SERVER_SERVING, HD_SERVER_ENDING };

struct hd_stats_page {
	uint64_t magic; /* last to be written at start */
	uint32_t abi, pid, shards;
	uint32_t commands;    /* rows of the command table */
	uint64_t bytes;       /* of the whole page */
	uint64_t started_ms;  /* unix */
	char version[32];     /* "0.1.0" */
	char build[64];       /* the commit, as --version says it */
	uint8_t build_id[32]; /* of the program's file (NT_GNU_BUILD_ID), its first bytes; 0: none
			       */
	uint32_t layout;      /* hd_stats_layout */
	_Alignas(64) _Atomic uint32_t state; /* enum hd_server_state; control's */
	struct hd_reducer_stats reducer;
	_Alignas(4096) struct hd_shard_stats shard[];
};

#define HD_STATS_BYTES(shards)                                                                     \
	((sizeof(struct hd_stats_page) + (size_t)(shards) * sizeof(struct hd_shard_stats) +        \
	  4095) &                                                                                  \
	 ~(size_t)4095)

/* A number of all rows in their order and of their sizes: a build with another row puts everything
 * behind it elsewhere, and nobody has to remember to say so. (FNV-1a.) */
static inline uint32_t
hd_stats_layout(void)
{
#define X(symbol, ...) #symbol " "
	static const char rows[] = HD_COUNTERS(X) HD_REDUCER_COUNTERS(X) HD_STAGES(X) HD_LEGS(X)
		HD_SIZES(X) HD_COMMANDS(X);
#undef X
	uint32_t digest = 2166136261u ^ (uint32_t)sizeof(struct hd_shard_stats);
	for (size_t i = 0; i < sizeof rows; i++)
		digest = (digest ^ (uint8_t)rows[i]) * 16777619u;
	return digest;
}

/* The page's own door to a histogram: its one writer adds, and whoever reads copies. */
static inline void
hd_histogram_record(struct hd_histogram *histogram, uint64_t value, uint64_t times)
{
	uint64_t *bucket = &histogram->buckets[hd_histogram_bucket(value)];
	__atomic_store_n(bucket, *bucket + times, __ATOMIC_RELAXED);
	__atomic_store_n(&histogram->count, histogram->count + times, __ATOMIC_RELAXED);
	__atomic_store_n(&histogram->sum, histogram->sum + value * times, __ATOMIC_RELAXED);
	if (times && value > histogram->max)
		__atomic_store_n(&histogram->max, value, __ATOMIC_RELAXED);
}

/* Adds a copy of another's histogram to `into`: `count` is what its buckets say. */
static inline void
hd_histogram_read(struct hd_histogram *into, const struct hd_histogram *from)
{
	for (uint32_t i = 0; i < HD_HISTOGRAM_BUCKETS; i++) {
		uint64_t times = __atomic_load_n(&from->buckets[i], __ATOMIC_RELAXED);
		into->buckets[i] += times;
		into->count += times;
	}
	into->sum += __atomic_load_n(&from->sum, __ATOMIC_RELAXED);
	uint64_t max = __atomic_load_n(&from->max, __ATOMIC_RELAXED);
	if (max > into->max)
		into->max = max;
}

#endif
