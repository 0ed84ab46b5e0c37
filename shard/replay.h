/* replay.h - the log's events into the core, a batch at a time. */
#ifndef HUNTD_SHARD_REPLAY_H
#define HUNTD_SHARD_REPLAY_H

#include "shard/inside.h"
#include "shard/snapshot/load.h"

#define HD_REPLAY_BYTES (16u * HD_KIB)

struct hd_replay {
	struct hd_shard *shard;
	struct hd_loading *loading;
	const char *directory; /* of the log */
	uint32_t count, used;
	struct hd_log_event at[HD_BATCH_MAX]; /* where they stand; no bodies */
	struct hd_event event[HD_BATCH_MAX];
	struct hd_command command[HD_BATCH_MAX];
	uint8_t bytes[HD_REPLAY_BYTES]; /* the events' bodies */
};

/* An hd_log_each over a struct hd_replay; call hd_replay_flush when the log has ended. False: the
 * shard's report says which event cannot be applied. */
bool hd_replay_one(void *context, const struct hd_log_event *at);
bool hd_replay_flush(struct hd_replay *replay);

#endif
