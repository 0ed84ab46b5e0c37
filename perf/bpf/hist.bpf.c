/* hist.bpf.c - every sampled command into histograms, in the kernel.
 *
 * One array of histograms, row_size of them a shard, mapped by hunt-trace, who reads it without a
 * system call. A shard's are added to by its own thread alone, so plain additions do. `count` stays
 * 0: the reader adds the buckets up. */
#include "perf/bpf/args.h"

#include "huntd/histogram.h"
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
	histogram->buckets[bucket]++;
	histogram->sum += value;
	if (value > histogram->max)
		histogram->max = value;
}

SEC("usdt")
int
show_event(struct pt_regs *ctx)
{
	struct hd_args args;
	uint64_t total = 0, ns = 0;
	if (!hd_args_open(&args, ctx))
		return 0;
	uint32_t row = (uint32_t)hd_arg(&args, ARG_SHARD) * row_size;
#pragma unroll
	for (uint32_t leg = 0; leg < HD_TRACE_LEGS; leg++) {
		ns = hd_arg(&args, ARG_FIRST_LEG + leg);
		total += ns;
		if (ns)
			add(row + leg, ns);
	}
	/* Without a reply, the last: another shard's client, so only a part of the way. */
	if (ns) {
		add(row + HD_TRACE_TOTAL, total);
		add(row + HD_TRACE_COMMANDS + (uint32_t)hd_arg(&args, ARG_VERB), total);
	}
	return 0;
}
