/* health.h - does a shard move, and does its disk keep up?
 *
 * Whoever watches looks once a tick (HD_WATCH_TICK_MS) and says what it saw; age is counted in
 * looks, so a process that was paused has not aged. A shard stands still where its passes do not
 * count on while it has work. A disk is slow where the p99 of the flushes of the last ten seconds
 * is over HD_FLUSH_SLOW_MS, which is to say: where more than one in a hundred took longer, or the
 * one that runs does.
 *
 * Pure: no clock, no threads. */
#ifndef HUNTD_SHARD_HEALTH_HEALTH_H
#define HUNTD_SHARD_HEALTH_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "huntd/limits.h"

#define HD_HEALTH_WINDOW (10000u / HD_WATCH_TICK_MS) /* looks */

enum hd_stall_news {
	HD_STALL_QUIET,
	HD_STALL_BEGAN,
	HD_STALL_ENDED,
	HD_STALL_TOO_LONG, /* HD_STALL_END_MS: nothing good can come of it */
};

enum hd_change { HD_CHANGE_NONE, HD_CHANGE_ON, HD_CHANGE_OFF };

struct hd_health {
	uint64_t passes;
	uint32_t still; /* looks in which nothing moved */
	bool stalled, slow, full;
	struct {
		uint64_t flushes, slow;
	} past[HD_HEALTH_WINDOW]; /* counts at the last looks; the one at `at` is the oldest */
	uint32_t at;
};

/* passes: the shard's count of them; works: it is in one, or was woken for one. */
enum hd_stall_news hd_health_moves(struct hd_health *health, uint64_t passes, bool works);

/* flushes, slow: how many there were so far, and how many of them took longer than
 * HD_FLUSH_SLOW_MS; running_ns: how long the one that runs does by now. */
enum hd_change hd_health_flushes(struct hd_health *health, uint64_t flushes, uint64_t slow,
				 int64_t running_ns);

/* full: the log has no space. */
enum hd_change hd_health_space(struct hd_health *health, bool full);

#endif
