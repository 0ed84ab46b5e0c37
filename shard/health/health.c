#include "shard/health/health.h"

#include "huntd/assert.h"

#define STALL_LOOKS (HD_STALL_MS / HD_WATCH_TICK_MS)
#define END_LOOKS   (HD_STALL_END_MS / HD_WATCH_TICK_MS)

static_assert(STALL_LOOKS >= 2, "a single look is never a stall");

enum hd_stall_news
hd_health_moves(struct hd_health *health, uint64_t passes, bool works)
{
	bool moved = passes != health->passes || !works;
	HD_ASSERT(passes >= health->passes);
	health->passes = passes;
	if (moved) {
		bool ended = health->stalled;
		health->still = 0;
		health->stalled = false;
		return ended ? HD_STALL_ENDED : HD_STALL_QUIET;
	}
	health->still++;
	if (health->still == END_LOOKS)
		return HD_STALL_TOO_LONG;
	if (health->still != STALL_LOOKS)
		return HD_STALL_QUIET;
	health->stalled = true;
	return HD_STALL_BEGAN;
}

static enum hd_change
change(bool *state, bool now)
{
	bool was = *state;
	*state = now;
	if (was == now)
		return HD_CHANGE_NONE;
	return now ? HD_CHANGE_ON : HD_CHANGE_OFF;
}

enum hd_change
hd_health_flushes(struct hd_health *health, uint64_t flushes, uint64_t slow, int64_t running_ns)
{
	HD_ASSERT(health->at < HD_HEALTH_WINDOW && slow <= flushes);
	uint64_t all = flushes - health->past[health->at].flushes;
	uint64_t late = slow - health->past[health->at].slow;
	health->past[health->at].flushes = flushes;
	health->past[health->at].slow = slow;
	health->at = (health->at + 1) % HD_HEALTH_WINDOW;
	bool runs_late = running_ns > (int64_t)HD_FLUSH_SLOW_MS * 1000000;
	return change(&health->slow, late * 100 > all || runs_late);
}

enum hd_change
hd_health_space(struct hd_health *health, bool full)
{
	HD_ASSERT(health->at < HD_HEALTH_WINDOW);
	return change(&health->full, full);
}
