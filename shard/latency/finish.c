/* The end of a journey: what it took is counted, and shown to who looks. */
#include "shard/inside.h"
#include "shard/probe/probe.h"

static void
give(struct hd_latency *latency, struct hd_journey *journey)
{
	HD_ASSERT(journey != latency->first);
	journey->next = latency->free;
	latency->free = journey;
}

static void
count_legs(struct hd_shard *shard, const struct hd_journey *journey)
{
	const struct hd_trace_batch *batch = &journey->batch;
	struct hd_histogram *legs = shard->stats[shard->number].leg;
	uint32_t waited = batch->count - (uint32_t)__builtin_popcountll(journey->later);
	hd_histogram_record(&legs[HD_LEG_APPLY], batch->apply_ns, batch->count);
	if (journey->routed)
		hd_histogram_record(&legs[HD_LEG_ROUTE], batch->route_ns, batch->count);
	if (journey->own)
		hd_histogram_record(&legs[HD_LEG_PARSE], batch->parse_ns, batch->count);
	if (!journey->settled) {
		hd_histogram_record(&legs[HD_LEG_QUEUED], batch->queued_ns, waited);
		hd_histogram_record(&legs[HD_LEG_DURABLE], batch->durable_ns, waited);
	}
	if (journey->own)
		hd_histogram_record(&legs[HD_LEG_REPLY], batch->reply_ns, waited);
}

static void
tell_slow(struct hd_shard *shard, const struct hd_journey *journey,
	  const struct hd_trace_record *record, uint32_t count, int64_t total, int64_t now)
{
	const struct hd_trace_batch *batch = &journey->batch;
	struct hd_slow slow = {.total_ns = total,
			       .leg_ns = {[HD_LEG_RECV] = record->recv_ns,
					  [HD_LEG_PARSE] = batch->parse_ns,
					  [HD_LEG_APPLY] = batch->apply_ns,
					  [HD_LEG_QUEUED] = batch->queued_ns,
					  [HD_LEG_DURABLE] = batch->durable_ns,
					  [HD_LEG_REPLY] = batch->reply_ns},
			       .verb = record->verb};
	memcpy(slow.key, record->key, sizeof slow.key);
	hd_latency_slow(shard, &slow, record->client, count, now);
}

/* By runs of equal ones: a pipeline's commands came together and are mostly of one verb. Those that
 * wait in the outbox end their time there. */
static void
count_commands(struct hd_shard *shard, const struct hd_journey *journey, int64_t now)
{
	struct hd_shard_stats *stats = &shard->stats[shard->number];
	int64_t took = now - journey->parsing;
	HD_ASSERT(journey->own && took >= 0 && (journey->runs & 1));
	for (uint64_t runs = journey->runs; runs != 0;) {
		uint32_t from = (uint32_t)__builtin_ctzll(runs);
		runs &= runs - 1;
		uint32_t to = runs ? (uint32_t)__builtin_ctzll(runs) : journey->batch.count;
		const struct hd_trace_record *record = &journey->batch.record[from];
		hd_histogram_record(&stats->leg[HD_LEG_RECV], record->recv_ns, to - from);
		if (HD_UNLIKELY(journey->later >> from & 1))
			continue;
		int64_t total = record->recv_ns + took;
		hd_histogram_record(&stats->command[record->verb], (uint64_t)total, to - from);
		if (HD_UNLIKELY(shard->latency.slow_ns >= 0 && total > shard->latency.slow_ns))
			tell_slow(shard, journey, record, to - from, total, now);
	}
}

static void
show(const struct hd_shard *shard, const struct hd_journey *journey)
{
	uint32_t probes = shard->latency.probes;
	if (HD_UNLIKELY(probes & 1u << HD_PROBE_EVENT)) {
		for (uint64_t picked = journey->picked; picked != 0; picked &= picked - 1)
			hd_probe_event(&journey->batch, (uint32_t)__builtin_ctzll(picked));
	}
	if (HD_UNLIKELY(probes & 1u << HD_PROBE_BATCH) && journey->whole)
		hd_probe_batch(&journey->batch);
}

/* When the disk was given the frame of `lsn`, or all that is in it. Who waits for a frame that had
 * gone already waits a nanosecond for it: to a tracer 0 says that a leg was not gone. */
static int64_t
handed(const struct hd_latency *latency, const struct hd_journey *journey)
{
	bool before = journey->batch.lsn <= latency->before.lsn;
	int64_t at = before ? latency->before.handed : latency->frame.handed;
	HD_ASSERT(journey->batch.lsn <= latency->frame.lsn);
	return at > journey->ended ? at : journey->ended + 1;
}

static void
measure_end(struct hd_shard *shard, struct hd_journey *journey, int64_t now)
{
	struct hd_trace_batch *batch = &journey->batch;
	int64_t durable = journey->settled ? journey->ended : shard->boot;
	HD_ASSERT(now >= durable);
	batch->queued_ns = batch->durable_ns = 0;
	if (journey->settled) {
		batch->lsn = 0; /* nothing was waited for */
	} else {
		int64_t given = handed(&shard->latency, journey);
		batch->queued_ns = hd_latency_short(given - journey->ended);
		batch->durable_ns = hd_latency_short(durable - given);
	}
	batch->reply_ns = journey->own ? hd_latency_short(now - durable) : 0;
}

static void
finish(struct hd_shard *shard, struct hd_journey *journey, int64_t now)
{
	measure_end(shard, journey, now);
	count_legs(shard, journey);
	if (journey->own)
		count_commands(shard, journey, now);
	show(shard, journey);
}

void
hd_latency_output(struct hd_shard *shard)
{
	struct hd_latency *latency = &shard->latency;
	uint64_t durable = hd_log_durable(shard->log);
	if (!latency->on && latency->first == NULL && latency->answered_count == 0)
		return;
	int64_t now = shard->io->ops->now(shard->io);
	latency->passed = now;
	while (latency->first != NULL && latency->first->batch.lsn <= durable) {
		struct hd_journey *journey = latency->first;
		finish(shard, journey, now);
		latency->first = journey->next;
		give(latency, journey);
	}
	if (latency->answered_count > 0)
		hd_latency_answered(shard, now);
}

void
hd_latency_passed(struct hd_shard *shard, bool long_tail)
{
	struct hd_latency *latency = &shard->latency;
	if (!latency->on)
		return;
	int64_t now = long_tail ? hd_latency_now(shard) : latency->passed;
	HD_ASSERT(now >= shard->boot);
	hd_histogram_record(&shard->stats[shard->number].size[HD_SIZE_PASS],
			    (uint64_t)(now - shard->boot), 1);
}

void
hd_latency_open(struct hd_shard *shard)
{
	struct hd_latency *latency = &shard->latency;
	HD_ASSERT(shard->log != NULL && latency->first == NULL);
	latency->frame.lsn = hd_log_submitted(shard->log);
}

void
hd_latency_fini(struct hd_shard *shard)
{
	struct hd_latency *latency = &shard->latency;
	while (latency->first != NULL) {
		struct hd_journey *journey = latency->first;
		latency->first = journey->next;
		journey->next = latency->free;
		latency->free = journey;
	}
	while (latency->free != NULL) {
		struct hd_journey *journey = latency->free;
		latency->free = journey->next;
		hd_memory_give(&shard->timed, journey, sizeof *journey);
	}
	if (latency->answered != NULL)
		hd_memory_give(&shard->timed, latency->answered,
			       HD_ANSWERED_MAX * sizeof *latency->answered);
	*latency = (struct hd_latency){0};
}
