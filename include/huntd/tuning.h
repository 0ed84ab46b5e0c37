/* tuning.h - settings that CONFIG SET changes while huntd runs, as the threads read them.
 *
 * One struct a process; whoever sets one stores it, everybody reads it once a pass, relaxed. */
#ifndef HUNTD_TUNING_H
#define HUNTD_TUNING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct hd_tuning {
	_Atomic bool stamps;           /* latency-tracking: the legs and commands are timed */
	_Atomic int64_t slow_ns;       /* slowlog-log-slower-than; below 0: nothing is slow */
	_Atomic uint32_t slow_kept;    /* slowlog-max-len, of each shard; at most HD_SLOW_MAX */
	_Atomic uint32_t trace_sample; /* trace.sample: one command in so many is shown by itself */
};

#endif
