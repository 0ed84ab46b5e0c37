/* kernel.h - what --kernel knows: two copies of the counts of perf/bpf/kernel.bpf.c, and the names
 * of the threads they are of. */
#ifndef HUNTD_PERF_TRACE_KERNEL_H
#define HUNTD_PERF_TRACE_KERNEL_H

#include "perf/bpf/kernel.h"
#include "perf/trace/trace.h"

enum hd_kernel_part { HD_PART_URING, HD_PART_QUEUE, HD_PART_DISK, HD_PART_COUNT };

struct hd_kernel_counts {
	struct hd_histogram rows[HD_ROW_COUNT];
	uint64_t submitted[HD_KERNEL_OPCODES], completed[HD_KERNEL_OPCODES];
	uint64_t preempted[HD_KERNEL_THREADS];
	uint64_t untimed;
};

struct hd_kernel {
	bool has[HD_PART_COUNT];
	struct hd_kernel_counts before, now;
	struct {
		uint32_t tid;
		char name[16];
	} threads[HD_KERNEL_THREADS];
	uint32_t threads_count;
	uint64_t elapsed_ns;
};

/* "WRITE", or "op 77". */
const char *hd_kernel_opcode(uint32_t opcode, char *text);

void hd_kernel_draw(const struct hd_kernel *kernel, struct hd_trace_frame *frame);
void hd_kernel_tell(const struct hd_kernel *kernel, json_t *into);

#endif
