/* args.h - the arguments of a USDT probe, many at once.
 *
 * bpf_usdt_arg of <bpf/usdt.bpf.h> looks everything up again for each, some 50 ns; a shard's thread
 * waits for the sum. Here the probe's description is fetched once and the registers are copied
 * once, so that an argument in a register, as all of huntd's but one are, costs a load. */
#ifndef HUNTD_PERF_BPF_ARGS_H
#define HUNTD_PERF_BPF_ARGS_H

#include "perf/bpf/base.h"

#include <bpf/usdt.bpf.h>

#define HD_REGISTERS (sizeof(struct pt_regs) / sizeof(uint64_t))

struct hd_args {
	const struct __bpf_usdt_spec *spec;
	uint64_t registers[HD_REGISTERS];
};

static __always_inline bool
hd_args_open(struct hd_args *args, struct pt_regs *ctx)
{
	int id = __bpf_usdt_spec_id(ctx);
	args->spec = bpf_map_lookup_elem(&__bpf_usdt_specs, &id);
#pragma unroll
	for (uint32_t i = 0; i < HD_REGISTERS; i++)
		args->registers[i] = ((const volatile uint64_t *)ctx)[i];
	return args->spec != NULL;
}

static __always_inline uint64_t
hd_arg(const struct hd_args *args, uint32_t number)
{
	const struct __bpf_usdt_arg_spec *spec = &args->spec->args[number];
	uint32_t at = (uint16_t)spec->reg_off / sizeof(uint64_t), cut = (uint8_t)spec->arg_bitshift;
	uint64_t value = spec->val_off;
	if (spec->arg_type != BPF_USDT_ARG_CONST) {
		if (at >= HD_REGISTERS)
			return 0;
		value = args->registers[at];
		if (spec->arg_type == BPF_USDT_ARG_REG_DEREF)
			bpf_probe_read_user(&value, sizeof value,
					    (const void *)(value + spec->val_off));
	}
	return value << (cut & 63) >> (cut & 63); /* none of huntd's is signed */
}

#endif
