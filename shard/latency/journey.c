#include "shard/inside.h"
#include "shard/probe/probe.h"

#define KEY_MAX HD_TRACE_KEY

/* Stamps. */

static int64_t
stamp(struct hd_shard *shard)
{
	struct hd_latency *latency = &shard->latency;
	HD_ASSERT(latency->on);
	int64_t now = shard->io->ops->now(shard->io);
	HD_ASSERT(now >= latency->last);
	latency->last = now;
	return now;
}

int64_t
hd_latency_now(struct hd_shard *shard)
{
	return shard->latency.on ? stamp(shard) : shard->boot;
}

void
hd_latency_pass(struct hd_shard *shard)
{
	struct hd_latency *latency = &shard->latency;
	const struct hd_tuning *tuning = shard->tuning;
	uint32_t probes = 0;
	HD_ASSERT(tuning != NULL && latency->sent_count == 0);
	for (uint32_t i = 0; i < HD_PROBE_COUNT; i++)
		probes |= (uint32_t)hd_probe_wants((enum hd_probe)i) << i;
	latency->probes = probes;
	latency->on = atomic_load_explicit(&tuning->stamps, memory_order_relaxed) ||
		      HD_UNLIKELY(probes & (1u << HD_PROBE_EVENT | 1u << HD_PROBE_BATCH));
	latency->slow_ns = atomic_load_explicit(&tuning->slow_ns, memory_order_relaxed);
	latency->slow_left = HD_SLOW_PER_PASS;
	latency->last = latency->parsing = shard->boot;
	latency->passed = 0;
}

void
hd_latency_input(struct hd_shard *shard)
{
	shard->latency.parsing = hd_latency_now(shard);
}

/* A batch's time goes to the slot of one of its commands, of each in turn. */
static _Atomic uint64_t *
who_pays(const struct hd_shard *shard, const struct hd_work *given, uint32_t count)
{
	uint16_t slot = given[shard->latency.turn % count].command->slot;
	HD_ASSERT(slot < HD_SLOTS);
	return &shard->stats[shard->number].slot_ns[slot];
}

int64_t
hd_latency_begin(struct hd_shard *shard, const struct hd_work *given, uint32_t count)
{
	HD_ASSERT(count > 0 && count <= HD_BATCH_MAX);
	if (!shard->latency.on)
		return shard->boot;
	/* Some slot of thousands: it is in no cache. */
	__builtin_prefetch(who_pays(shard, given, count), 1);
	return stamp(shard);
}

/* A batch's end. */

/* NULL: as many wait as may. */
static struct hd_journey *
take(struct hd_shard *shard)
{
	struct hd_latency *latency = &shard->latency;
	struct hd_journey *journey = latency->free;
	if (HD_LIKELY(journey != NULL)) {
		latency->free = journey->next;
		return journey;
	}
	HD_ASSERT(latency->journeys <= HD_JOURNEYS_MAX);
	if (latency->journeys == HD_JOURNEYS_MAX)
		return NULL;
	latency->journeys++;
	return hd_memory_take(&shard->timed, sizeof *journey, 64);
}

static void
append(struct hd_latency *latency, struct hd_journey *journey)
{
	HD_ASSERT(latency->first == NULL || latency->newest->batch.lsn <= journey->batch.lsn);
	journey->next = NULL;
	if (latency->first == NULL)
		latency->first = journey;
	else
		latency->newest->next = journey;
	latency->newest = journey;
}

/* In words: keys are short, and there is one a command. `to` is zero. */
static inline void
copy_key(char to[KEY_MAX], struct hd_bytes key)
{
	if (key.size >= KEY_MAX) {
		memcpy(to, key.at, KEY_MAX);
	} else if (key.size >= 8) {
		memcpy(to, key.at, 8);
		if (key.size > 16)
			memcpy(to + 8, key.at + 8, 8);
		memcpy(to + key.size - 8, key.at + key.size - 8, 8);
	} else {
		for (uint32_t i = 0; i < key.size; i++)
			to[i] = (char)key.at[i];
	}
}

static uint64_t
find_runs(const struct hd_decided *decided)
{
	const struct hd_work *work = decided->given;
	uint64_t runs = 1;
	for (uint32_t i = 1; i < decided->count; i++) {
		bool equal = work[i].arrived == work[i - 1].arrived &&
			     work[i].command->verb == work[i - 1].command->verb;
		runs |= (uint64_t)!equal << i;
	}
	/* All of a run wait in the outbox, or none: the first of it stands for it. */
	runs |= (decided->later ^ decided->later << 1) &
		UINT64_MAX >> (HD_BATCH_MAX - decided->count);
	return runs;
}

/* One command in `every` is shown by itself: one of each so many, any of them; but none that waits
 * in the outbox, for it has no whole time yet. */
static uint64_t
pick(struct hd_shard *shard, uint32_t count)
{
	struct hd_latency *latency = &shard->latency;
	uint32_t every = atomic_load_explicit(&shard->tuning->trace_sample, memory_order_relaxed);
	uint32_t at = latency->sample_left;
	uint64_t picked = 0;
	every = every > 0 ? every : 1;
	for (; at < count; at += latency->sample_left) {
		picked |= 1ull << at;
		latency->dice = latency->dice * 6364136223846793005u + 1442695040888963407u;
		uint32_t next = (uint32_t)(latency->dice >> 33) % every;
		latency->sample_left = latency->sample_rest + 1 + next;
		latency->sample_rest = every - 1 - next;
	}
	latency->sample_left = at - count;
	return picked;
}

static void
fill_record(struct hd_journey *journey, const struct hd_decided *decided, uint32_t i)
{
	const struct hd_work *work = &decided->given[i];
	const struct hd_command *command = work->command;
	struct hd_trace_record *record = &journey->batch.record[i];
	bool entrant = hd_command_rows[command->verb].route <= HD_ROUTE_READ;
	*record = (struct hd_trace_record){.client = (uint32_t)(work->token >> 32),
					   .slot = command->slot,
					   .verb = command->verb,
					   .answer = HD_TRACE_OK};
	if (journey->own)
		record->recv_ns = hd_latency_short(journey->parsing - work->arrived);
	if (HD_UNLIKELY(decided->failed >> i & 1))
		record->answer = HD_TRACE_ERROR;
	if (HD_UNLIKELY(decided->later >> i & 1))
		record->answer = HD_TRACE_LATER;
	copy_key(record->key, entrant ? command->entrant : command->hunt);
}

static void
fill_records(struct hd_shard *shard, struct hd_journey *journey, const struct hd_decided *decided)
{
	uint32_t probes = shard->latency.probes;
	HD_ASSERT((decided->failed & decided->later) == 0);
	journey->runs = find_runs(decided);
	journey->later = decided->later;
	journey->picked = 0;
	if (HD_UNLIKELY(probes & 1u << HD_PROBE_EVENT))
		journey->picked = pick(shard, decided->count) & ~decided->later;
	journey->whole = probes & 1u << HD_PROBE_BATCH;
	uint64_t fill = journey->runs | journey->picked;
	if (HD_UNLIKELY(journey->whole))
		fill = UINT64_MAX >> (HD_BATCH_MAX - decided->count);
	for (; fill != 0; fill &= fill - 1)
		fill_record(journey, decided, (uint32_t)__builtin_ctzll(fill));
}

static void
pay(struct hd_shard *shard, const struct hd_decided *decided, int64_t ns)
{
	struct hd_latency *latency = &shard->latency;
	const _Atomic uint64_t *first = shard->stats[shard->number].slot_ns;
	_Atomic uint64_t *slot = who_pays(shard, decided->given, decided->count);
	HD_ASSERT(ns >= 0);
	HD_COUNT(*slot, ns);
	latency->turn++;
	if (HD_UNLIKELY(latency->probes & 1u << HD_PROBE_SLOT_STEP))
		hd_probe_slot_step(shard->number, (uint32_t)(slot - first), (uint64_t)ns,
				   decided->count);
}

void
hd_latency_end(struct hd_shard *shard, const struct hd_decided *decided)
{
	struct hd_latency *latency = &shard->latency;
	HD_ASSERT(decided->count > 0 && decided->count <= HD_BATCH_MAX);
	hd_histogram_record(&shard->stats[shard->number].size[HD_SIZE_BATCH], decided->count, 1);
	if (!latency->on)
		return;
	int64_t ended = stamp(shard), arrived = decided->given[0].arrived;
	bool here = decided->asker == shard->number;
	int64_t parsing = latency->parsing;
	if (here)
		latency->parsing = ended;
	pay(shard, decided, ended - decided->begun);
	struct hd_journey *journey = take(shard);
	if (HD_UNLIKELY(journey == NULL)) {
		HD_COUNT(hd_shard_mine(shard)->untimed_total, decided->count);
		return;
	}
	journey->parsing = parsing;
	journey->begun = decided->begun;
	journey->ended = ended;
	journey->own = here && arrived != 0;
	journey->routed = !here && arrived != 0;
	struct hd_trace_batch *batch = &journey->batch;
	batch->lsn = hd_log_tail(shard->log);
	batch->shard = shard->number;
	batch->asker = decided->asker;
	batch->count = decided->count;
	batch->parse_ns = journey->own ? hd_latency_short(decided->begun - parsing) : 0;
	batch->route_ns = journey->routed ? hd_latency_short(decided->begun - arrived) : 0;
	batch->apply_ns = hd_latency_short(ended - decided->begun);
	journey->settled = batch->lsn <= hd_log_durable(shard->log);
	fill_records(shard, journey, decided);
	append(latency, journey);
}

/* The log. */

static void
flush_ended(struct hd_shard *shard, uint64_t took)
{
	const struct hd_latency_frame *frame = &shard->latency.frame;
	hd_histogram_record(&shard->stats[shard->number].size[HD_SIZE_FLUSH], took, 1);
	if (HD_UNLIKELY(shard->latency.probes & 1u << HD_PROBE_LOG_COMMIT))
		hd_probe_log_commit(shard->number, frame->lsn, frame->events, frame->bytes,
				    frame->queued_ns, took);
}

static void
frame_went(struct hd_shard *shard, uint64_t lsn, uint64_t bytes)
{
	struct hd_latency *latency = &shard->latency;
	HD_ASSERT(lsn > latency->frame.lsn);
	int64_t waited = latency->gathering ? shard->boot - latency->gathering : 0;
	latency->before = latency->frame;
	latency->frame = (struct hd_latency_frame){.handed = hd_latency_now(shard),
						   .lsn = lsn,
						   .events = lsn - latency->before.lsn,
						   .bytes = bytes,
						   .queued_ns = (uint64_t)waited};
	latency->gathering = 0;
	hd_histogram_record(&shard->stats[shard->number].size[HD_SIZE_FRAME], bytes, 1);
}

void
hd_latency_logged(struct hd_shard *shard)
{
	struct hd_latency *latency = &shard->latency;
	struct hd_log_stats log = hd_log_stats(shard->log);
	uint64_t submitted = hd_log_submitted(shard->log);
	if (log.flush_ns_sum != latency->flush_ns)
		flush_ended(shard, log.flush_ns_sum - latency->flush_ns);
	latency->flush_ns = log.flush_ns_sum;
	if (submitted > latency->frame.lsn)
		frame_went(shard, submitted, log.bytes - latency->log_bytes);
	latency->log_bytes = log.bytes;
	if (latency->gathering == 0 && hd_log_tail(shard->log) > submitted)
		latency->gathering = shard->boot;
}
