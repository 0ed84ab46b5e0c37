/* flame.bpf.c - where the shards' threads are: their stacks, each with the stage of its pass.
 *
 * Runs on a clock of each shard's thread. The stage is one byte of the stats page, which the traced
 * process has mapped: hunt-trace says where. */
#include "perf/bpf/base.h"

#include <linux/bpf_perf_event.h>

#include "perf/bpf/flame.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(key_size, sizeof(uint32_t));
	__uint(value_size, HD_FLAME_DEPTH * sizeof(uint64_t));
	__uint(max_entries, HD_FLAME_STACKS);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HD_FLAME_STACKS);
	__type(key, struct hd_flame_place);
	__type(value, uint64_t);
} samples SEC(".maps");

/* By thread: which shard it is, where its stage stands. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HD_FLAME_THREADS);
	__type(key, uint32_t);
	__type(value, struct hd_flame_thread);
} threads SEC(".maps");

uint64_t lost;

SEC("perf_event")
int
take(struct bpf_perf_event_data *ctx)
{
	uint32_t id = (uint32_t)bpf_get_current_pid_tgid();
	uint64_t one = 1, *times;
	struct hd_flame_thread *thread = bpf_map_lookup_elem(&threads, &id);
	if (!thread)
		return 0;
	struct hd_flame_place place = {.shard = thread->shard, .stage = HD_FLAME_NO_STAGE};
	uint8_t stage;
	if (bpf_probe_read_user(&stage, sizeof stage, (const void *)thread->stage_at) == 0)
		place.stage = stage;
	place.stack = (int32_t)bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	times = bpf_map_lookup_elem(&samples, &place);
	if (times)
		__sync_fetch_and_add(times, 1);
	else if (bpf_map_update_elem(&samples, &place, &one, BPF_NOEXIST))
		__sync_fetch_and_add(&lost, 1);
	return 0;
}
