/* probe.h - the places where a tracer may look into a running huntd: USDT probes, provider `huntd`.
 *
 * Seven, each in one function that is never inlined, behind a semaphore of its own: while nobody is
 * attached a probe is one load and a branch, and hd_probe_wants spares the caller the work for its
 * arguments. Without <sys/sdt.h> (HUNT_PROBES=OFF) nobody ever wants one. Attached, each hit costs
 * its thread 360 to 550 ns, so none stands where single events pass: `event` shows one in so many,
 * `batch` up to 64 at once.
 *
 * Names, arguments and their order are an interface: huntd-probes(7). */
#ifndef HUNTD_SHARD_PROBE_H
#define HUNTD_SHARD_PROBE_H

#include <stdbool.h>

#include "huntd/trace.h"

#define HD_PROBES(X)                                                                               \
	X(EVENT, event)                                                                            \
	X(BATCH, batch)                                                                            \
	X(LOG_COMMIT, log__commit)                                                                 \
	X(SNAPSHOT_SLICE, snapshot__slice)                                                         \
	X(REDUCER_TICK, reducer__tick)                                                             \
	X(SLOT_STEP, slot__step)                                                                   \
	X(OVERLOAD_REFUSAL, overload__refusal)

enum hd_probe {
#define X(symbol, name) HD_PROBE_##symbol,
	HD_PROBES(X)
#undef X
		HD_PROBE_COUNT
};

#ifdef HUNT_PROBES
#define X(symbol, name) extern unsigned short huntd_##name##_semaphore;
HD_PROBES(X)
#undef X
#endif

/* Is somebody attached? The kernel writes it while huntd runs. */
static inline bool
hd_probe_wants(enum hd_probe probe)
{
#ifdef HUNT_PROBES
	switch (probe) {
#define X(symbol, name)                                                                            \
	case HD_PROBE_##symbol:                                                                    \
		return __atomic_load_n(&huntd_##name##_semaphore, __ATOMIC_RELAXED) != 0;
		HD_PROBES(X)
#undef X
	case HD_PROBE_COUNT:
		break;
	}
#endif
	(void)probe;
	return false;
}

/* One command of a batch: (shard, verb, slot, recv, parse, route, apply, queued, durable, reply,
 * total), times in ns. */
void hd_probe_event(const struct hd_trace_batch *batch, uint32_t record);
/* (struct hd_trace_batch *, count) */
void hd_probe_batch(const struct hd_trace_batch *batch);
/* A flush ended: (shard, last LSN, events, bytes, ns its events waited at most, ns it took) */
void hd_probe_log_commit(uint32_t shard, uint64_t lsn, uint64_t events, uint64_t bytes,
			 uint64_t queued_ns, uint64_t flush_ns);
/* A snapshot took some of a pass: (shard, ns, objects so far, bytes so far) */
void hd_probe_snapshot_slice(uint32_t shard, uint64_t ns, uint64_t objects, uint64_t bytes);
/* A round of the reducer ended: (boards merged, ns, ns its oldest change had waited) */
void hd_probe_reducer_tick(uint64_t boards, uint64_t ns, uint64_t staleness_ns);
/* A batch's time goes to a slot: (shard, slot, ns, commands of the batch) */
void hd_probe_slot_step(uint32_t shard, uint32_t slot, uint64_t ns, uint32_t commands);
/* A command was refused where it was read: (shard, target shard, verb, enum hd_error, undecided) */
void hd_probe_overload_refusal(uint32_t shard, uint32_t target, uint32_t verb, uint32_t error,
			       uint64_t undecided);

#endif
