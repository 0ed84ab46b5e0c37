/* parts.h - what a process is made of, and how it hangs together: shards, reducer, control, helper,
 * the mesh between them, and what they read of each other.
 *
 * No threads, no files and no clock of its own: hooks give each part its io, memory and edge. Every
 * part is opened on the thread that will step it, and is then driven by its pass function
 * (hd_shard_pass, hd_reducer_pass, hd_control_pass, hd_helper_pass, hd_smith_pass). The runtime
 * gives each its thread; a simulation steps all of them on one. */
#ifndef HUNTD_SHARD_PARTS_H
#define HUNTD_SHARD_PARTS_H

#include "shard/archive/helper.h"
#include "shard/board/reducer.h"
#include "shard/forge/smith.h"
#include "shard/inside.h"
#include "shard/orders/control.h"

struct hd_parts {
	struct hd_runtime_config config; /* memory_bytes is set */
	struct hd_runtime_hooks hooks;   /* wall_clock is set */
	struct hd_topology topology;
	struct hd_memory memory; /* control's: of all that is below */
	struct hd_mesh *mesh;
	struct hd_shard *shards[HD_SHARDS_MAX];
	struct hd_log_report reports[HD_SHARDS_MAX];
	struct hd_stats_page *page;
	struct hd_status *status;
	struct hd_tops *tops;
	struct hd_slowlog *slowlogs[HD_SHARDS_MAX];
	struct hd_reducer *reducer;
	struct hd_control *control;
	struct hd_helper *helper;
	struct hd_smith *smiths[HD_SMITHS];
	struct hd_clock_page time;
};

/* Makes every part from `config`, `hooks` and `topology`; the rest is zero. Nothing is opened. */
void hd_parts_make(struct hd_parts *parts);

/* Each on its own thread. A shard's replays the log in `directory`: 0, or an exit code. */
int hd_parts_open_shard(struct hd_parts *parts, uint32_t number, const char *directory);
bool hd_parts_open_reducer(struct hd_parts *parts);
bool hd_parts_open_control(struct hd_parts *parts);
bool hd_parts_open_helper(struct hd_parts *parts);
bool hd_parts_open_smith(struct hd_parts *parts, uint32_t number);

/* Flushes and closes a shard's log, and its edge; false: it could not be flushed. Accepts one whose
 * opening failed. Its io stays until nobody wakes anybody any more: hd_parts_drop_io. */
bool hd_parts_end_shard(struct hd_parts *parts, uint32_t number);
void hd_parts_drop_io(struct hd_parts *parts, struct hd_io *io);

/* When no thread steps a part any more. Accepts parts that were never made. */
void hd_parts_free(struct hd_parts *parts);

#endif
