/* load.h - what a shard does before it serves: the newest whole snapshot into its core, and in
 * between, every few milliseconds, a word to those who already ask.
 *
 * A damaged snapshot is named and passed over: an older one, or the whole log, gives the same
 * state. Whether the log reaches back far enough is the log's to say. */
#ifndef HUNTD_SHARD_SNAPSHOT_LOAD_H
#define HUNTD_SHARD_SNAPSHOT_LOAD_H

#include "huntd/log.h"

struct hd_shard;

struct hd_loading {
	struct hd_shard *shard;
	const _Atomic bool *stop; /* set: no further; may be NULL */
	uint64_t snapshot;        /* bytes of it; 0: none was loaded */
	uint64_t done, total;     /* bytes of snapshot and log; the total is a guess */
	int64_t looked;           /* BOOTTIME ns */
};

/* True: go on. Answers -LOADING to whoever asks, where the last time was a while ago. */
bool hd_loading_look(struct hd_loading *loading);

/* The same, for who replays the log: it is as far as the shard's report says. */
bool hd_loading_replayed(struct hd_loading *loading);

/* All is read. What is told of it is no guess any more. */
void hd_loading_end(struct hd_loading *loading);

/* Loads the newest snapshot that is whole, and says in `from` where the log goes on; from->lsn 0:
 * there was none. False: it was told to stop, or the shard's report says why not. */
bool hd_loading_snapshot(struct hd_loading *loading, struct hd_log_anchor *from);

#endif
