/* view.h - a board's first rows, merged over all shards by the reducer on a tick.
 *
 * Immutable once published; version rises by one a change. Subscribers, `VIEW tick` and, while
 * nothing has changed since, plain TOP are answered from it: `top_changes` is, for each shard, what
 * its hd_core_board_top_changes was when it gave its part. */
#ifndef HUNTD_VIEW_H
#define HUNTD_VIEW_H

#include "huntd/bytes.h"
#include "huntd/limits.h"

#define HD_VIEW_NO_PART UINT64_MAX

struct hd_view_row {
	int64_t score, sub, time;
	uint8_t id_size;
	uint8_t id[HD_ID_MAX];
};

struct hd_view {
	uint16_t hunt, board;
	bool building; /* in some shard; it has no rows then, and nobody reads it */
	uint64_t version;
	int64_t time;                        /* stamp of the newest part, ns */
	uint64_t total;                      /* entrants on the board */
	uint64_t top_changes[HD_SHARDS_MAX]; /* HD_VIEW_NO_PART: none came yet */
	uint32_t rows_count;                 /* at most HD_VIEW_ROWS */
	struct hd_view_row rows[HD_VIEW_ROWS];
};

#endif
