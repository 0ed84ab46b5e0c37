/* What a pass has counted, into the stats page: plain stores, once a pass. */
#include "shard/inside.h"

#define NS_PER_MS 1000000

/* What of the log others watch: how long flushes take, and whether it has space. */
static void
publish_pulse(struct hd_shard *shard, const struct hd_log_stats *log)
{
	struct hd_pulse *pulse = shard->pulse;
	bool runs = hd_log_flush_near(shard->log) != 0,
	     ended = log->flush_ns_sum != shard->flush_ns;
	uint64_t took = log->flush_ns_sum - shard->flush_ns;
	int64_t since = atomic_load_explicit(&pulse->flushing_since, memory_order_relaxed);
	if (ended && took > (uint64_t)HD_FLUSH_SLOW_MS * NS_PER_MS)
		atomic_store_explicit(&pulse->flushes_slow, pulse->flushes_slow + 1,
				      memory_order_release);
	if (!runs || ended || since == 0)
		atomic_store_explicit(&pulse->flushing_since, runs ? shard->boot : 0,
				      memory_order_relaxed);
	shard->flush_ns = log->flush_ns_sum;
	atomic_store_explicit(&pulse->full, hd_log_room(shard->log) == HD_ERR_MISCONF,
			      memory_order_relaxed);
}

static void
publish_log(struct hd_shard *shard, struct hd_metrics *metrics)
{
	struct hd_log_stats log = hd_log_stats(shard->log);
	HD_GAUGE(metrics->unflushed_bytes,
		 hd_log_unflushed_bytes(shard->log) + hd_taker_unwritten(shard));
	HD_GAUGE(metrics->log_position, hd_log_tail(shard->log));
	HD_GAUGE(metrics->log_frames_total, log.frames);
	HD_GAUGE(metrics->log_bytes_total, log.bytes);
	HD_GAUGE(metrics->log_flush_ns_total, log.flush_ns_sum);
	HD_GAUGE(metrics->log_segments, log.segments);
	HD_GAUGE(metrics->log_oldest, hd_log_oldest(shard->log));
	publish_pulse(shard, &log);
}

static void
publish_io(const struct hd_io *io, struct hd_metrics *metrics)
{
	HD_GAUGE(metrics->enters_total, io->enters);
	HD_GAUGE(metrics->submissions_total, io->submissions);
	HD_GAUGE(metrics->completions_total, io->completions);
	HD_GAUGE(metrics->receive_starved_total, io->starved);
}

static void
publish_mail(const struct hd_shard *shard, struct hd_metrics *metrics)
{
	const struct hd_remote *remote = &shard->remote;
	uint64_t held = 0;
	for (uint32_t to = 0; to < shard->count; to++)
		held += remote->open[to];
	HD_ASSERT(held <= (uint64_t)remote->share * shard->count);
	HD_GAUGE(metrics->credits, held);
	HD_GAUGE(metrics->credits_max, (uint64_t)remote->share * shard->count);
	HD_GAUGE(metrics->ring_waiting, hd_post_waiting(shard->post));
	HD_GAUGE(metrics->undecided, remote->delay.undecided);
}

/* The mail's blocks, the edge's objects and the shard's own that come and go have one store. */
static void
publish_memory(const struct hd_shard *shard, struct hd_metrics *metrics)
{
	uint64_t others = shard->edges.used + shard->cycled.used;
	HD_GAUGE(metrics->memory_bytes, shard->state.used);
	HD_GAUGE(metrics->memory_budget_bytes, shard->state.budget);
	HD_GAUGE(metrics->memory_edge_bytes, shard->edges.used);
	HD_GAUGE(metrics->memory_log_bytes, shard->logged.used);
	HD_GAUGE(metrics->memory_mail_bytes,
		 shard->mailed.used > others ? shard->mailed.used - others : 0);
	HD_GAUGE(metrics->memory_seen_bytes,
		 shard->timed.used + sizeof *shard->stats +
			 (shard->slowlogs != NULL ? hd_slowlog_bytes() : 0));
}

void
hd_latency_publish(struct hd_shard *shard)
{
	struct hd_metrics *metrics = hd_shard_mine(shard);
	HD_ASSERT(shard->log != NULL);
	HD_COUNT(metrics->passes_total, 1);
	HD_COUNT(metrics->sleeps_total, shard->slept ? 1 : 0);
	HD_GAUGE(metrics->entrants, hd_core_entrants(shard->core));
	HD_GAUGE(metrics->wants, hd_core_wants(shard->core));
	HD_GAUGE(metrics->ids, hd_core_ids(shard->core));
	HD_GAUGE(metrics->ids_oldest_stamp, hd_core_ids_oldest(shard->core));
	publish_io(shard->io, metrics);
	publish_mail(shard, metrics);
	publish_memory(shard, metrics);
	publish_log(shard, metrics);
}
