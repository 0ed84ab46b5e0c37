/* probe.c - a site is a no-op of one byte and an ELF note that says where the arguments lie.
 *
 * Of each there must be one only: a copy would cost every detach another 0.1 s, and a tracer that
 * takes the first would miss what passes the second. Hence noinline, and noipa where there is one:
 * optimizers also clone. Arguments are locals, so that their places are registers or the frame:
 * libbpf 1.1 reads no indexed addresses. */
#include "shard/probe/probe.h"

#include "huntd/assert.h"
#include "huntd/limits.h"

_Static_assert(HD_TRACE_BATCH == HD_BATCH_MAX, "a batch fits its record");

#if __has_attribute(noipa)
#define SITE __attribute__((noinline, noipa))
#else
#define SITE __attribute__((noinline))
#endif

#ifdef HUNT_PROBES
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

/* Written by the kernel: the section is what the notes name. */
#define X(symbol, name)                                                                            \
	__attribute__((used, section(".probes"))) unsigned short huntd_##name##_semaphore;
HD_PROBES(X)
#undef X

#define SHOW(count, name, ...) DTRACE_PROBE##count(huntd, name, __VA_ARGS__)
#else
#define SHOW(count, name, ...) ((void)sizeof((uint64_t[]){__VA_ARGS__}))
#endif

SITE void
hd_probe_event(const struct hd_trace_batch *batch, uint32_t record)
{
	HD_ASSERT(record < batch->count && batch->count <= HD_TRACE_BATCH);
	uint32_t shard = batch->shard, verb = batch->record[record].verb;
	uint32_t slot = batch->record[record].slot;
	uint64_t recv_ns = batch->record[record].recv_ns, parse_ns = batch->parse_ns;
	uint64_t route_ns = batch->route_ns, apply_ns = batch->apply_ns;
	uint64_t queued_ns = batch->queued_ns, durable_ns = batch->durable_ns;
	uint64_t reply_ns = batch->reply_ns;
	uint64_t total_ns =
		recv_ns + parse_ns + route_ns + apply_ns + queued_ns + durable_ns + reply_ns;
	SHOW(11, event, shard, verb, slot, recv_ns, parse_ns, route_ns, apply_ns, queued_ns,
	     durable_ns, reply_ns, total_ns);
}

SITE void
hd_probe_batch(const struct hd_trace_batch *batch)
{
	uint64_t address = (uint64_t)(uintptr_t)batch;
	uint32_t count = batch->count;
	HD_ASSERT(count > 0 && count <= HD_TRACE_BATCH);
	/* The tracer reads the batch from memory, and nothing else says so. */
	__asm__ volatile("" : : "r"(batch) : "memory");
	SHOW(2, batch, address, count);
}

SITE void
hd_probe_log_commit(uint32_t shard, uint64_t lsn, uint64_t events, uint64_t bytes,
		    uint64_t queued_ns, uint64_t flush_ns)
{
	SHOW(6, log__commit, shard, lsn, events, bytes, queued_ns, flush_ns);
}

SITE void
hd_probe_snapshot_slice(uint32_t shard, uint64_t ns, uint64_t objects, uint64_t bytes)
{
	SHOW(4, snapshot__slice, shard, ns, objects, bytes);
}

SITE void
hd_probe_reducer_tick(uint64_t boards, uint64_t ns, uint64_t staleness_ns)
{
	SHOW(3, reducer__tick, boards, ns, staleness_ns);
}

SITE void
hd_probe_slot_step(uint32_t shard, uint32_t slot, uint64_t ns, uint32_t commands)
{
	HD_ASSERT(slot < HD_SLOTS);
	SHOW(4, slot__step, shard, slot, ns, commands);
}

SITE void
hd_probe_overload_refusal(uint32_t shard, uint32_t target, uint32_t verb, uint32_t error,
			  uint64_t undecided)
{
	SHOW(5, overload__refusal, shard, target, verb, error, undecided);
}
