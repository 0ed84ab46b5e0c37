#include "shard/health/watchdog.h"

#include <stdarg.h>
#include <stdio.h>

#include "huntd/assert.h"

#define LOOKS_PER_S (1000u / HD_WATCH_TICK_MS)

#define TICK_NS  ((int64_t)HD_WATCH_TICK_MS * 1000000)
#define QUIET_NS 60000000000 /* between two lines of one counter */
#define LINE_MAX 160u

static const char *const stages[HD_STAGE_COUNT] = {
#define X(symbol, name) [HD_STAGE_##symbol] = name,
	HD_STAGES(X)
#undef X
};

__attribute__((format(printf, 2, 3))) static void
tell(const struct hd_watchdog *watchdog, const char *format, ...)
{
	char line[LINE_MAX];
	va_list arguments;
	if (watchdog->hooks->health_news == NULL)
		return;
	va_start(arguments, format);
	int size = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	HD_ASSERT(size > 0 && (uint32_t)size < LINE_MAX);
	watchdog->hooks->health_news(watchdog->hooks->context, line);
}

static void
look_at_passes(struct hd_watchdog *watchdog, uint32_t shard)
{
	const struct hd_pulse *pulse = &watchdog->stats[shard].pulse;
	const struct hd_runtime_hooks *hooks = watchdog->hooks;
	uint8_t stage = atomic_load_explicit(&pulse->stage, memory_order_relaxed);
	HD_ASSERT(stage < HD_STAGE_COUNT);
	bool works = stage != HD_STAGE_WAIT || !hd_mesh_sleeps(watchdog->mesh, shard);
	uint64_t passes = HD_METRIC(watchdog->stats[shard].metrics.passes_total);
	switch (hd_health_moves(&watchdog->health[shard], passes, works)) {
	case HD_STALL_QUIET:
		return;
	case HD_STALL_BEGAN:
		HD_GAUGE(watchdog->stats[shard].metrics.stalled, 1);
		HD_COUNT(watchdog->stats[shard].metrics.stalls_total, 1);
		tell(watchdog, "shard %u stands still: in %s for over %u ms", shard, stages[stage],
		     HD_STALL_MS);
		return;
	case HD_STALL_ENDED:
		HD_GAUGE(watchdog->stats[shard].metrics.stalled, 0);
		tell(watchdog, "shard %u moves again", shard);
		return;
	case HD_STALL_TOO_LONG:
		tell(watchdog, "shard %u stood still for %u s, in %s: nothing good can come of it",
		     shard, HD_STALL_END_MS / 1000, stages[stage]);
		if (hooks->give_up != NULL)
			hooks->give_up(hooks->context);
	}
}

static void
look_at_flushes(struct hd_watchdog *watchdog, uint32_t shard, int64_t boot)
{
	const struct hd_pulse *pulse = &watchdog->stats[shard].pulse;
	struct hd_metrics *metrics = &watchdog->stats[shard].metrics;
	/* In this order: there are never more slow ones than flushes. */
	uint64_t slow = atomic_load_explicit(&pulse->flushes_slow, memory_order_acquire);
	uint64_t flushes = HD_METRIC(metrics->log_frames_total);
	int64_t since = atomic_load_explicit(&pulse->flushing_since, memory_order_relaxed);
	int64_t running = since == 0 ? 0 : boot - since;
	enum hd_change change = hd_health_flushes(&watchdog->health[shard], flushes, slow, running);
	if (change == HD_CHANGE_NONE)
		return;
	HD_GAUGE(metrics->degraded, change == HD_CHANGE_ON);
	if (change == HD_CHANGE_ON)
		HD_COUNT(metrics->degraded_total, 1);
	tell(watchdog, "shard %u: %s", shard,
	     change == HD_CHANGE_ON
		     ? "the disk is slow, the p99 of flushes is over 250 ms: degraded"
		     : "the disk keeps up again");
}

static void
look_at_space(struct hd_watchdog *watchdog, uint32_t shard)
{
	bool full = atomic_load_explicit(&watchdog->stats[shard].pulse.full, memory_order_relaxed);
	enum hd_change change = hd_health_space(&watchdog->health[shard], full);
	if (change == HD_CHANGE_NONE)
		return;
	HD_GAUGE(watchdog->stats[shard].metrics.no_space, change == HD_CHANGE_ON);
	if (change == HD_CHANGE_ON)
		HD_COUNT(watchdog->stats[shard].metrics.no_space_total, 1);
	tell(watchdog, "shard %u: %s", shard,
	     change == HD_CHANGE_ON ? "no space left for the log: writes are refused, -MISCONF"
				    : "there is space for the log again: writes are taken");
}

/* What happens to clients, many of them maybe: one line a minute. */
static void
look_at_counters(struct hd_watchdog *watchdog, int64_t boot)
{
	static const char *const texts[HD_WATCHDOG_ROWS] = {
		"connections closed that did not read what they asked for or follow",
		"connections closed for breaking the protocol",
	};
	uint64_t sums[HD_WATCHDOG_ROWS] = {0};
	for (uint32_t i = 0; i < watchdog->shards; i++) {
		sums[0] += HD_METRIC(watchdog->stats[i].metrics.connections_closed_slow_total);
		sums[1] += HD_METRIC(watchdog->stats[i].metrics.protocol_errors_total);
	}
	for (uint32_t i = 0; i < HD_WATCHDOG_ROWS; i++) {
		if (sums[i] == watchdog->rows[i].told || boot < watchdog->rows[i].quiet_until)
			continue;
		tell(watchdog, "%s: %llu", texts[i],
		     (unsigned long long)(sums[i] - watchdog->rows[i].told));
		watchdog->rows[i].told = sums[i];
		watchdog->rows[i].quiet_until = boot + QUIET_NS;
	}
}

void
hd_watchdog_look(struct hd_watchdog *watchdog, int64_t boot)
{
	if (boot < watchdog->due)
		return;
	watchdog->due = boot + TICK_NS;
	for (uint32_t shard = 0; shard < watchdog->shards; shard++) {
		look_at_passes(watchdog, shard);
		look_at_flushes(watchdog, shard, boot);
		look_at_space(watchdog, shard);
		if (shard % LOOKS_PER_S == watchdog->looks % LOOKS_PER_S)
			hd_slots_look(&watchdog->slots, &watchdog->stats[shard], shard,
				      watchdog->shards);
	}
	watchdog->looks++;
	look_at_counters(watchdog, boot);
}
