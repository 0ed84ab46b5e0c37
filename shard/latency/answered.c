/* Replies that no batch of the own edge's brought, and commands that were sent elsewhere: kept as
 * runs of equal ones, which is what a block of them mostly is. */
#include "shard/inside.h"

/* Replies. */

static struct hd_answered_run *
run_of(struct hd_latency *latency, const struct hd_answered_run *new)
{
	HD_ASSERT(latency->answered_count <= HD_ANSWERED_MAX);
	if (latency->answered_count > 0) {
		struct hd_answered_run *last = &latency->answered[latency->answered_count - 1];
		if (last->first.since == new->first.since && last->first.verb == new->first.verb &&
		    last->from == new->from && last->lsn == new->lsn)
			return last;
	}
	if (latency->answered_count == HD_ANSWERED_MAX)
		return NULL;
	struct hd_answered_run *run = &latency->answered[latency->answered_count++];
	*run = *new;
	return run;
}

void
hd_shard_answered(struct hd_shard *shard, const struct hd_answered *answered)
{
	struct hd_latency *latency = &shard->latency;
	HD_ASSERT(answered->verb < HD_CMD_COUNT_);
	if (!latency->on)
		return;
	if (latency->answered == NULL)
		latency->answered = hd_memory_take(&shard->timed,
						   HD_ANSWERED_MAX * sizeof *latency->answered, 64);
	struct hd_answered_run new = {
		.from = latency->answer_from ? latency->answer_from : shard->boot,
		.lsn = answered->lsn > latency->answer_lsn ? answered->lsn : latency->answer_lsn,
		.first = *answered,
	};
	if (new.first.since == 0)
		new.first.since = shard->boot;
	struct hd_answered_run *run = run_of(latency, &new);
	if (HD_UNLIKELY(run == NULL)) {
		/* Those that wait for nothing end here, a little before the output. */
		hd_latency_answered(shard, hd_latency_now(shard));
		run = run_of(latency, &new);
	}
	if (HD_LIKELY(run != NULL))
		run->count++;
	else
		HD_COUNT(hd_shard_mine(shard)->untimed_total, 1);
}

static void
end_run(struct hd_shard *shard, const struct hd_answered_run *run, int64_t now)
{
	struct hd_shard_stats *stats = &shard->stats[shard->number];
	const struct hd_answered *first = &run->first;
	int64_t total = now - first->since, reply = now - run->from;
	HD_ASSERT(run->count > 0 && total >= 0);
	hd_histogram_record(&stats->command[first->verb], (uint64_t)total, run->count);
	/* A connection's own goes none of the legs. */
	bool legs = hd_command_rows[first->verb].route != HD_ROUTE_EDGE;
	reply = legs && reply > 0 ? reply : 0;
	if (legs)
		hd_histogram_record(&stats->leg[HD_LEG_REPLY], (uint64_t)reply, run->count);
	if (HD_LIKELY(shard->latency.slow_ns < 0 || total <= shard->latency.slow_ns))
		return;
	struct hd_slow slow = {.total_ns = total, .verb = first->verb};
	slow.leg_ns[HD_LEG_REPLY] = (uint64_t)reply;
	memcpy(slow.key, first->key, sizeof slow.key);
	hd_latency_slow(shard, &slow, first->client, run->count, now);
}

void
hd_latency_answered(struct hd_shard *shard, int64_t now)
{
	struct hd_latency *latency = &shard->latency;
	uint32_t kept = 0;
	uint64_t durable = hd_shard_durable(shard);
	HD_ASSERT(now >= shard->boot);
	for (uint32_t i = 0; i < latency->answered_count; i++) {
		if (latency->answered[i].lsn <= durable)
			end_run(shard, &latency->answered[i], now);
		else
			latency->answered[kept++] = latency->answered[i];
	}
	latency->answered_count = kept;
}

/* Commands. */

void
hd_latency_send(struct hd_shard *shard, int64_t arrived)
{
	struct hd_latency *latency = &shard->latency;
	HD_ASSERT(latency->sent_count <= HD_SENT_MAX);
	if (!latency->on)
		return;
	struct hd_sent_run *last = NULL;
	if (latency->sent_count > 0)
		last = &latency->sent[latency->sent_count - 1];
	bool equal = last != NULL && last->arrived == arrived && last->parsing == latency->parsing;
	/* A pass of very many ages: the rest counts as the last one. */
	if (!equal && latency->sent_count < HD_SENT_MAX) {
		last = &latency->sent[latency->sent_count++];
		*last = (struct hd_sent_run){.arrived = arrived, .parsing = latency->parsing};
	}
	last->count++;
}

int64_t
hd_latency_sent(struct hd_shard *shard)
{
	struct hd_latency *latency = &shard->latency;
	struct hd_histogram *legs = shard->stats[shard->number].leg;
	if (latency->sent_count == 0)
		return shard->boot;
	int64_t now = hd_latency_now(shard);
	for (uint32_t i = 0; i < latency->sent_count; i++) {
		const struct hd_sent_run *run = &latency->sent[i];
		HD_ASSERT(run->parsing >= run->arrived && now >= run->parsing);
		hd_histogram_record(&legs[HD_LEG_RECV], (uint64_t)(run->parsing - run->arrived),
				    run->count);
		hd_histogram_record(&legs[HD_LEG_PARSE], (uint64_t)(now - run->parsing),
				    run->count);
	}
	latency->sent_count = 0;
	return now;
}
