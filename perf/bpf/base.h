/* base.h - what every BPF program includes first: the kernel's types without a vmlinux.h.
 *
 * Structs of the kernel are declared by hand in the program that reads them, with the fields it
 * reads, marked HD_KERNEL_STRUCT: libbpf finds the offsets of the running kernel (CO-RE). */
#ifndef HUNTD_PERF_BPF_BASE_H
#define HUNTD_PERF_BPF_BASE_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "huntd/histogram.h"

#define HD_KERNEL_STRUCT __attribute__((preserve_access_index))

#endif
