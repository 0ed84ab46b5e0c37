/* pulse.h - where in its pass a shard is, for others to see: a line of its own, so that a store
 * costs nobody a miss. */
#ifndef HUNTD_SHARD_HEALTH_PULSE_H
#define HUNTD_SHARD_HEALTH_PULSE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define HD_STAGES(X)                                                                               \
	X(WAIT, "wait")         /* for completions and mail */                                     \
	X(MAIL, "mail")         /* deals with them */                                              \
	X(COMMANDS, "commands") /* hours, grants, commands of others and its own */                \
	X(LOG, "log")                                                                              \
	X(BOARDS, "boards") /* gathers, orders, the outbox */                                      \
	X(OUTPUT, "output")                                                                        \
	X(UPKEEP, "upkeep") /* what is old, views */

enum hd_stage {
#define X(symbol, name) HD_STAGE_##symbol,
	HD_STAGES(X)
#undef X
		HD_STAGE_COUNT
};

struct hd_pulse {
	_Alignas(64) _Atomic uint8_t stage; /* enum hd_stage */
	_Atomic bool full;                  /* its log has no space */
	_Atomic uint64_t flushes_slow;      /* over HD_FLUSH_SLOW_MS */
	_Atomic int64_t flushing_since;     /* BOOTTIME ns; 0: no flush runs */
};

static inline void
hd_pulse_stage(struct hd_pulse *pulse, enum hd_stage stage)
{
	atomic_store_explicit(&pulse->stage, (uint8_t)stage, memory_order_relaxed);
}

#endif
