/* clock.h - the server's time: CLOCK_BOOTTIME plus an offset that control alone moves.
 *
 * BOOTTIME never jumps, so between two looks at the wall clock time only goes on. Control looks
 * every HD_CLOCK_LOOK_NS and closes the gap to CLOCK_REALTIME by at most 500 millionths of what has
 * passed. Where more than a second lies between the two, somebody set the wall clock: nothing is
 * slewed, an alarm is given once, and the new time is taken when an operator says so (`huntctl
 * clock accept`) or ten minutes later; if the wall clock comes back before, nothing happened.
 *
 * Pure: whoever runs it says what the clocks show. */
#ifndef HUNTD_SHARD_CLOCK_H
#define HUNTD_SHARD_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HD_CLOCK_LOOK_NS  4000000000
#define HD_CLOCK_ALARM_NS 1000000000
#define HD_CLOCK_TAKE_NS  600000000000
#define HD_CLOCK_SLEW_PPM 500

/* What other threads see; written by control, `accept` by anybody. */
struct hd_clock_page {
	_Alignas(64) _Atomic int64_t offset; /* clock = BOOTTIME + offset */
	_Atomic int64_t difference; /* CLOCK_REALTIME - clock when control last looked, ns */
	_Atomic bool accept;        /* an operator takes the difference */
};

enum hd_clock_news {
	HD_CLOCK_QUIET,
	HD_CLOCK_ALARM, /* the wall clock was set: the difference is not taken yet */
	HD_CLOCK_TAKEN, /* it is now */
	HD_CLOCK_BACK,  /* the wall clock came back by itself */
};

struct hd_clock {
	struct hd_clock_page *page;
	int64_t looked;  /* BOOTTIME of the last look */
	int64_t alarmed; /* BOOTTIME since when the difference stands; 0: it does not */
};

/* The clock shows `real` from now on. */
void hd_clock_start(struct hd_clock *clock, int64_t boot, int64_t real);

/* Looks; `difference` is what the wall clock was ahead by, where there is news. */
enum hd_clock_news hd_clock_look(struct hd_clock *clock, int64_t boot, int64_t real,
				 int64_t *difference);

/* True where `difference` is too much to slew. */
static inline bool
hd_clock_far(int64_t difference)
{
	return difference > HD_CLOCK_ALARM_NS || difference < -HD_CLOCK_ALARM_NS;
}

/* True where a look is due: the time has come, or an operator has decided. */
bool hd_clock_due(const struct hd_clock *clock, int64_t boot);

#endif
