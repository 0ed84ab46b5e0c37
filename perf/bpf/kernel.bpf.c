/* kernel.bpf.c - what the kernel does for huntd's threads: io_uring, the run queue, the disk.
 *
 * A time starts where the work is handed to the kernel, is kept under the request's address, and is
 * counted where the kernel is done. Threads of several cores may add to one histogram at once, so
 * they add with locked instructions; `count` stays 0: the reader adds the buckets up. */
#include "perf/bpf/kernel.h"
#include "perf/bpf/base.h"

char LICENSE[] SEC("license") = "GPL";

#define PLACE_BITS 14

const volatile uint32_t process; /* whose threads */

uint64_t submitted[HD_KERNEL_OPCODES], completed[HD_KERNEL_OPCODES];
uint64_t preempted[HD_KERNEL_THREADS];
uint64_t untimed; /* requests for which there was no room below */

struct io_kiocb {
	uint8_t opcode;
} HD_KERNEL_STRUCT;

struct task_struct {
	int pid, tgid;
} HD_KERNEL_STRUCT;

struct request {
	uint32_t cmd_flags;
} HD_KERNEL_STRUCT;

struct start {
	uint64_t request; /* its address; another's may take its place */
	uint64_t ns;
	uint32_t opcode;
	uint32_t open; /* it has not completed yet */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, HD_ROW_COUNT);
	__type(key, uint32_t);
	__type(value, struct hd_histogram);
} histograms SEC(".maps");

/* A table of one way: the cheapest there is, and far larger than what is open at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1u << PLACE_BITS);
	__type(key, uint32_t);
	__type(value, struct start);
} requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, uint64_t);
	__type(value, uint64_t);
} disk SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HD_KERNEL_THREADS);
	__type(key, uint32_t);
	__type(value, struct hd_kernel_thread);
} threads SEC(".maps");

static __always_inline void
add(uint32_t row, uint64_t ns)
{
	struct hd_histogram *histogram = bpf_map_lookup_elem(&histograms, &row);
	uint32_t bucket = hd_histogram_bucket(ns);
	if (!histogram || bucket >= HD_HISTOGRAM_BUCKETS)
		return;
	__sync_fetch_and_add(&histogram->buckets[bucket], 1);
	__sync_fetch_and_add(&histogram->sum, ns);
	if (ns > histogram->max)
		histogram->max = ns;
}

/* io_uring. */

/* The mask changes nothing: it is what the verifier believes. */
static __always_inline uint64_t
bounded(uint64_t opcode)
{
	if (opcode > HD_KERNEL_MULTISHOT)
		opcode = HD_KERNEL_MULTISHOT;
	barrier_var(opcode);
	return opcode & (HD_KERNEL_OPCODES - 1);
}

static __always_inline struct start *
place_of(uint64_t request)
{
	uint32_t key = (uint32_t)(request * 0x9E3779B97F4A7C15u >> (64 - PLACE_BITS));
	return bpf_map_lookup_elem(&requests, &key);
}

/* An address is no number to the verifier until it is read as one, from the arguments in `ctx`. */
static __always_inline uint64_t
address_at(const void *argument)
{
	uint64_t address = 0;
	bpf_probe_read_kernel(&address, sizeof address, argument);
	return address;
}

static __always_inline int
start_request(struct io_kiocb *req, uint64_t address)
{
	struct start *start = place_of(address);
	if (!start || bpf_get_current_pid_tgid() >> 32 != process)
		return 0;
	uint64_t opcode = bounded(req->opcode);
	__sync_fetch_and_add(&submitted[opcode], 1);
	*start = (struct start){.request = address,
				.ns = bpf_ktime_get_ns(),
				.opcode = (uint32_t)opcode,
				.open = 1};
	return 0;
}

SEC("tp_btf/io_uring_submit_req")
int
BPF_PROG(uring_submit, struct io_kiocb *req)
{
	return start_request(req, address_at(ctx));
}

/* Its name before 6.3. */
SEC("tp_btf/io_uring_submit_sqe")
int
BPF_PROG(uring_submit_old, struct io_kiocb *req)
{
	return start_request(req, address_at(ctx));
}

/* A request from before we came is counted, not timed. What a multishot completes on its way,
 * and a message of another ring, comes without a request. Once a request has completed, its address
 * says nothing: the kernel gives it to whoever asks next, in any process. */
SEC("tp_btf/io_uring_complete")
int
BPF_PROG(uring_complete, void *ring, struct io_kiocb *req)
{
	uint64_t address = address_at(ctx + 1);
	struct start *start = place_of(address);
	bool ours = start && address && start->request == address && start->open;
	uint64_t opcode = HD_KERNEL_MULTISHOT;
	if (!start || (!ours && bpf_get_current_pid_tgid() >> 32 != process))
		return 0;
	if (address)
		opcode = ours ? start->opcode : BPF_CORE_READ(req, opcode);
	opcode = bounded(opcode);
	__sync_fetch_and_add(&completed[opcode], 1);
	if (!ours)
		return 0;
	start->open = 0;
	add(HD_ROW_OPCODE + (uint32_t)opcode, bpf_ktime_get_ns() - start->ns);
	return 0;
}

/* The run queue. */

SEC("tp_btf/sched_waking")
int
BPF_PROG(wake, struct task_struct *task)
{
	if ((uint32_t)task->tgid != process)
		return 0;
	uint32_t key = (uint32_t)task->pid;
	struct hd_kernel_thread *thread = bpf_map_lookup_elem(&threads, &key);
	if (thread)
		thread->woken_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline void
leave(struct hd_kernel_thread *thread, bool runnable, uint64_t now)
{
	thread->left_ns = now;
	thread->runnable = runnable;
	if (runnable && thread->number < HD_KERNEL_THREADS)
		__sync_fetch_and_add(&preempted[thread->number], 1);
}

static __always_inline void
come(struct hd_kernel_thread *thread, uint64_t now)
{
	uint64_t since = thread->runnable ? thread->left_ns : thread->woken_ns;
	if (thread->number < HD_KERNEL_THREADS && thread->left_ns) {
		if (since < thread->left_ns)
			since = thread->left_ns; /* woken while it was still leaving */
		add(HD_ROW_AWAY + thread->number, now - thread->left_ns);
		if (thread->runnable || thread->woken_ns)
			add(HD_ROW_WAITED + thread->number, now - since);
	}
	thread->left_ns = thread->woken_ns = 0;
}

/* Who leaves with state 0, or is preempted inside the kernel, has work left. */
SEC("tp_btf/sched_switch")
int
BPF_PROG(change, bool preempt, struct task_struct *prev, struct task_struct *next, uint32_t state)
{
	bool leaves = (uint32_t)prev->tgid == process, comes = (uint32_t)next->tgid == process;
	if (!leaves && !comes)
		return 0;
	uint64_t now = bpf_ktime_get_ns();
	uint32_t key = (uint32_t)prev->pid;
	struct hd_kernel_thread *thread = leaves ? bpf_map_lookup_elem(&threads, &key) : NULL;
	if (thread)
		leave(thread, preempt || state == 0, now);
	key = (uint32_t)next->pid;
	thread = comes ? bpf_map_lookup_elem(&threads, &key) : NULL;
	if (thread)
		come(thread, now);
	return 0;
}

/* The disk: of the whole machine, because a write of huntd may be issued by any thread. */

SEC("tp_btf/block_rq_issue")
int
BPF_PROG(disk_issue, struct request *request)
{
	uint64_t key = (uint64_t)request, now = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&disk, &key, &now, BPF_ANY) != 0)
		__sync_fetch_and_add(&untimed, 1);
	return 0;
}

SEC("tp_btf/block_rq_complete")
int
BPF_PROG(disk_complete, struct request *request)
{
	uint64_t key = (uint64_t)request;
	uint64_t *issued = bpf_map_lookup_elem(&disk, &key);
	if (!issued)
		return 0;
	uint32_t what = request->cmd_flags & 0xff; /* REQ_OP_READ, _WRITE, _FLUSH are 0, 1, 2 */
	if (what > HD_DISK_OTHER)
		what = HD_DISK_OTHER;
	add(HD_ROW_DISK + what, bpf_ktime_get_ns() - *issued);
	bpf_map_delete_elem(&disk, &key);
	return 0;
}
