/* log_keeper.h - a log world whose snapshots are only their anchors: two are kept, what is behind
 * the older one is archived by a real helper and recycled. */
#ifndef HUNTD_TESTS_LOG_KEEPER_H
#define HUNTD_TESTS_LOG_KEEPER_H

#include "shard/archive/helper.h"
#include "tests/lib/log_world.h"

struct log_keeper {
	struct log_world world;
	bool archive;
	struct hd_log_anchor pending; /* counts once the log is flushed up to it */
	struct hd_log_anchor kept[2]; /* the older one first */
	uint32_t archived, errors;    /* what the helper said */
	uint64_t archive_oldest;
	uint64_t archive_max;

	struct hd_mesh *mesh; /* of one shard; its helper is thread 3 */
	struct hd_blocks blocks;
	struct hd_post *post;
	struct hd_helper helper;
	bool told;
};

void log_keeper_init(struct log_keeper *keeper, uint64_t seed);
/* The machine or the process has stopped: forgets all that was in memory. */
void log_keeper_drop(struct log_keeper *keeper);
void log_keeper_fini(struct log_keeper *keeper);
/* A second one with a disk and snapshots like the first's now, and nothing in memory. */
void log_keeper_fork(struct log_keeper *to, const struct log_keeper *from);

/* Opens from the older or the newer snapshot; with `all`, from the beginning. */
bool log_keeper_open(struct log_keeper *keeper, uint32_t snapshot, bool all);

/* Takes a snapshot now, if it can and none is pending. */
void log_keeper_snapshot(struct log_keeper *keeper);

/* What belongs to a pass beside the log: snapshots that count, mail with the helper, and `steps` of
 * its passes. */
void log_keeper_pass(struct log_keeper *keeper, uint32_t steps);

/* Reads archive and log as one: every event from the first that is kept. */
bool log_keeper_verify(struct log_keeper *keeper);

/* One of its own, with long texts, opened on a fresh disk; then killed, and all of it gone. */
struct log_keeper *log_keeper_begin(uint64_t seed);
void log_keeper_end(struct log_keeper *keeper);

#endif
