/* hist.bpf.c - every sampled command into histograms, in the kernel.
 *
 * One array of histograms, row_size of them a shard, mapped by hunt-trace, who reads it without a
 * system call. Two shards may add to the same one at once, so they add with locked instructions:
 * nine of them, for one command in so many. `count` stays 0: the reader adds the buckets up. */
#include "perf/bpf/base.h"

#include <bpf/usdt.bpf.h>

#include "perf/bpf/columns.h"

char LICENSE[] SEC("license") = "GPL";

const volatile uint32_t row_size; /* columns of a shard */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set before it is loaded */
	__type(key, uint32_t);
	__type(value, struct hd_histogram);
} histograms SEC(".maps");

/* Where huntd-probes(7) has them. */
enum { ARG_SHARD = 0, ARG_VERB = 1, ARG_FIRST_LEG = 3 };

static __always_inline void
add(uint32_t key, uint64_t value)
{
	struct hd_histogram *histogram = bpf_map_lookup_elem(&histograms, &key);
	uint32_t bucket = hd_histogram_bucket(value);
	if (!histogram || bucket >= HD_HISTOGRAM_BUCKETS)
		return;
	__sync_fetch_and_add(&histogram->buckets[bucket], 1);
	__sync_fetch_and_add(&histogram->sum, value);
	if (value > histogram->max)
		histogram->max = value;
}

SEC("usdt")
int
show_event(struct pt_regs *ctx)
{
	long shard = 0, verb = 0;
	uint64_t total = 0;
	if (bpf_usdt_arg(ctx, ARG_SHARD, &shard) || bpf_usdt_arg(ctx, ARG_VERB, &verb))
		return 0;
	uint32_t row = (uint32_t)shard * row_size;
	uint64_t reply = 0;
	for (uint32_t leg = 0; leg < HD_TRACE_LEGS; leg++) {
		long ns = 0;
		bpf_usdt_arg(ctx, ARG_FIRST_LEG + leg, &ns);
		if (ns)
			add(row + leg, (uint64_t)ns);
		total += (uint64_t)ns;
		reply = (uint64_t)ns;
	}
	/* Of another shard's client only a part of the way was seen here. */
	if (reply) {
		add(row + HD_TRACE_TOTAL, total);
		add(row + HD_TRACE_COMMANDS + (uint32_t)verb, total);
	}
	return 0;
}
