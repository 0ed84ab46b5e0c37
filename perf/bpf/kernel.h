/* kernel.h - where --kernel counts what: rows of one array of histograms, shared with hunt-trace.
 */
#ifndef HUNTD_PERF_BPF_KERNEL_H
#define HUNTD_PERF_BPF_KERNEL_H

#include <stdint.h>

#include "huntd/histogram.h"

#define HD_KERNEL_OPCODES 128u /* of io_uring; a power of two */
#define HD_KERNEL_MULTISHOT                                                                        \
	95u                   /* completions that leave their request open; and what is beyond     \
			       */
#define HD_KERNEL_THREADS 80u /* of huntd */

enum hd_kernel_disk { HD_DISK_READ, HD_DISK_WRITE, HD_DISK_FLUSH, HD_DISK_OTHER, HD_DISK_COUNT };

enum hd_kernel_row {
	HD_ROW_OPCODE = 0,
	HD_ROW_DISK = HD_ROW_OPCODE + HD_KERNEL_OPCODES,
	HD_ROW_WAITED = HD_ROW_DISK + HD_DISK_COUNT,     /* for the core, by thread */
	HD_ROW_AWAY = HD_ROW_WAITED + HD_KERNEL_THREADS, /* from it, waits and sleeps */
	HD_ROW_COUNT = HD_ROW_AWAY + HD_KERNEL_THREADS
};

/* What is known of a thread; hunt-trace sets `number` and zeroes the rest. Times are
 * CLOCK_MONOTONIC, 0: not now. */
struct hd_kernel_thread {
	uint32_t number;
	uint32_t runnable; /* it left its core although it had work */
	uint64_t left_ns, woken_ns;
};

#endif
