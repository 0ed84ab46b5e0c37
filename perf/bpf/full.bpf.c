/* full.bpf.c - every batch of commands, copied as it is into a ring buffer.
 *
 * The place in the ring must have a size that the verifier knows, so a batch takes the least of a
 * few that hold its records; the array behind it always has HD_TRACE_BATCH of them, used or not.
 * Nobody is woken: hunt-trace looks every few milliseconds, and waking it would cost the shard more
 * than the copy. What finds no place is counted. */
#include <stddef.h>

#include "perf/bpf/args.h"

#include "huntd/trace.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* set before it is loaded */
} batches SEC(".maps");

uint64_t lost_batches, lost_events;

enum { ARG_BATCH = 0, ARG_COUNT = 1 };

#define BYTES(records)                                                                             \
	(offsetof(struct hd_trace_batch, record) + (records) * sizeof(struct hd_trace_record))

static __always_inline bool
copy(const void *batch, uint64_t bytes)
{
	void *place = bpf_ringbuf_reserve(&batches, bytes, 0);
	if (!place)
		return false;
	if (bpf_probe_read_user(place, bytes, batch)) {
		bpf_ringbuf_discard(place, BPF_RB_NO_WAKEUP);
		return false;
	}
	bpf_ringbuf_submit(place, BPF_RB_NO_WAKEUP);
	return true;
}

SEC("usdt")
int
show_batch(struct pt_regs *ctx)
{
	struct hd_args args;
	bool copied = false;
	if (!hd_args_open(&args, ctx))
		return 0;
	const void *batch = (const void *)hd_arg(&args, ARG_BATCH);
	uint64_t count = hd_arg(&args, ARG_COUNT);
	if (count <= 1)
		copied = copy(batch, BYTES(1));
	else if (count <= 4)
		copied = copy(batch, BYTES(4));
	else if (count <= 16)
		copied = copy(batch, BYTES(16));
	else if (count <= 32)
		copied = copy(batch, BYTES(32));
	else
		copied = copy(batch, BYTES(HD_TRACE_BATCH));
	if (!copied) {
		__sync_fetch_and_add(&lost_batches, 1);
		__sync_fetch_and_add(&lost_events, count);
	}
	return 0;
}
