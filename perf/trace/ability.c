#include "perf/trace/ability.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "perf/trace/trace.h"

#define BTF_FILE    "/sys/kernel/btf/vmlinux"
#define UPROBE_FILE "/sys/bus/event_source/devices/uprobe/type"
#define WHY         256u

static bool
has_admin(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2] = {0};
	return syscall(SYS_capget, &head, sets) == 0 &&
	       (sets[0].effective & (1u << CAP_SYS_ADMIN)) != 0;
}

/* Two instructions, `return 0`, of the kind that uprobes run: is BPF there at all? */
static bool
loads_bpf(void)
{
	const struct bpf_insn program[2] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K},
					    {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_KPROBE, .insn_cnt = 2};
	attributes.insns = (uint64_t)(uintptr_t)program;
	attributes.license = (uint64_t)(uintptr_t) "GPL";
	int loaded = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
	if (loaded < 0)
		return false;
	close(loaded);
	return true;
}

static bool
opens_clock(void)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof attributes,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = 1000000,
		.disabled = 1,
	};
	int opened =
		(int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (opened < 0)
		return false;
	close(opened);
	return true;
}

uint32_t
hd_trace_refused(uint32_t needs, char *why)
{
	uint32_t refused = 0;
	why[0] = 0;
	if (needs && !has_admin()) {
		snprintf(why, WHY, "needs root (CAP_SYS_ADMIN): run it with sudo");
		return needs;
	}
	if (needs && !loads_bpf()) {
		snprintf(why, WHY, "the kernel loads no BPF program: %s", strerror(errno));
		return needs;
	}
	if ((needs & HD_NEEDS_USDT) && access(UPROBE_FILE, R_OK) != 0) {
		snprintf(why, WHY, "the kernel has no uprobes (%s: %s)", UPROBE_FILE,
			 strerror(errno));
		refused |= HD_NEEDS_USDT;
	}
	if ((needs & HD_NEEDS_BTF) && access(BTF_FILE, R_OK) != 0) {
		snprintf(why, WHY, "the kernel does not tell its types (%s: %s)", BTF_FILE,
			 strerror(errno));
		refused |= HD_NEEDS_BTF;
	}
	if ((needs & HD_NEEDS_CLOCK) && !opens_clock()) {
		snprintf(why, WHY, "the kernel samples no cpu-clock (perf_event_open: %s)",
			 strerror(errno));
		refused |= HD_NEEDS_CLOCK;
	}
	return refused;
}
