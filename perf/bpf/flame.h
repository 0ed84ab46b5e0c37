/* flame.h - what flame.bpf.c and hunt-trace share. */
#ifndef HUNTD_PERF_BPF_FLAME_H
#define HUNTD_PERF_BPF_FLAME_H

#include <stdint.h>

#define HD_FLAME_DEPTH    127u /* what the kernel takes of a stack, as it ships */
#define HD_FLAME_STACKS   16384u
#define HD_FLAME_THREADS  64u
#define HD_FLAME_NO_STAGE 255u /* the page could not be read */

struct hd_flame_thread {
	uint64_t stage_at; /* in the traced process */
	uint32_t shard;
	uint32_t reserved;
};

struct hd_flame_place {
	uint32_t shard;
	uint32_t stage; /* enum hd_stage */
	int32_t stack;  /* below 0: the kernel had none, an errno */
};

#endif
