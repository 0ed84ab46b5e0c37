/* reducer.h - the thread that merges the shards' parts of every board into one view.
 *
 * Pull, on a tick: a shard that has something new says so once; the reducer then waits one tick,
 * asks all shards, merges the boards whose parts changed and hands each view to every shard. While
 * nothing changes there is no timer and no message. The cost follows boards x shards x rows, never
 * the rate of events. */
#ifndef HUNTD_SHARD_BOARD_REDUCER_H
#define HUNTD_SHARD_BOARD_REDUCER_H

#include <stdatomic.h>

#include "huntd/stats.h"
#include "shard/mesh.h"

struct hd_reducer {
	uint32_t shards, number; /* number: its thread */
	int64_t tick_ns;
	struct hd_io *io;
	struct hd_memory plain;
	struct hd_blocks blocks;
	struct hd_post *post;
	struct hd_reduced **of_hunt[HD_HUNTS_MAX]; /* [hunt][board] */
	struct hd_reduced *changed;                /* list: parts came since the last merge */
	uint32_t ending; /* shards whose parts of this round are awaited */
	int64_t due;     /* BOOTTIME; 0: nothing is dirty */
	int64_t boot;
	struct hd_reducer_stats *stats;
	uint32_t listed; /* boards in `changed` */
	/* Since when the oldest change waits that no round has asked for, and that the running one
	 * will show; when that began. 0: none. */
	int64_t oldest, asked, began;
	bool dirty, finished;
};

/* `io`, `plain`, `shards`, `number`, `tick_ns` are set; the rest is zero. */
void hd_reducer_open(struct hd_reducer *reducer, struct hd_mesh *mesh);
/* False: it was told to finish. */
bool hd_reducer_pass(struct hd_reducer *reducer);
void hd_reducer_close(struct hd_reducer *reducer);

#endif
