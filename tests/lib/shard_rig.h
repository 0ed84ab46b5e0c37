/* shard_rig.h - core, log, taker and start of one shard over a disk in memory, in one thread, and a
 * story for it: a hunt's events, made beforehand, with the digest of the state after each. */
#ifndef HUNTD_TESTS_SHARD_RIG_H
#define HUNTD_TESTS_SHARD_RIG_H

#include "shard/inside.h"
#include "tests/lib/fake_io.h"
#include "tests/lib/world.h"

#define RIG_FOLDER     "data/shard-01"
#define RIG_EVENTS_MAX 4096u

struct rig_story {
	struct hd_world world;
	size_t at[RIG_EVENTS_MAX + 1]; /* where each event's bytes begin in the world's log */
	uint8_t digest[RIG_EVENTS_MAX + 1][16]; /* after that many events */
	uint32_t count;
};

/* Of about 800 events: awards, answers, a phase. */
void rig_story_make(struct rig_story *story);
void rig_story_end(struct rig_story *story);

struct rig {
	struct fake_io disk;
	struct hd_shard *shard;
	struct hd_memory memory;
	struct hd_shard_stats stats[3];
	struct hd_log_report report;
	struct hd_runtime_hooks hooks;
	char news[1024]; /* the last line of shard_news */
	uint32_t told;   /* how many there were */

	/* Set by the test, with `disk` ready and the rest zero. */
	const struct rig_story *story;
	uint64_t every; /* events between snapshots; 0: none by itself */
	uint8_t durability;
	uint32_t number;         /* of the shard; 0 stands for 1 */
	uint32_t looks, stop_at; /* a start looks up so often; it is told to stop at that one */
	_Atomic bool stop, hurry;
};

/* False: rig->report says why, or it was told to stop; then only rig_drop may follow. */
bool rig_open(struct rig *rig);

/* Closes in order, without another snapshot; the disk stays. */
void rig_close(struct rig *rig);
/* What did not open, or is not to be closed: with nothing in flight. */
void rig_drop(struct rig *rig);

/* Logs and applies the story's next events. */
void rig_append(struct rig *rig, uint32_t count);

/* A pass in two halves: what it asks of the disk, and what then completes. */
void rig_ask(struct rig *rig);
void rig_take(struct rig *rig);

/* Passes until all is flushed and no snapshot runs. */
void rig_settle(struct rig *rig);
/* Asks for a snapshot and brings it to its end. */
void rig_save(struct rig *rig);

#endif
