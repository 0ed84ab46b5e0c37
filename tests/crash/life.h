/* life.h - a life of one shard's state, log and snapshots over the fake disk, in one thread: a
 * script of commands that a seed draws, two snapshots kept, the log behind them recycled; and a
 * ledger: the digest at every LSN where a command ended, and what was acknowledged.
 *
 * The disk outlives the process: life_end forgets all else, life_recover starts again from what is
 * there and checks it against the ledger. */
#ifndef HUNTD_TESTS_LIFE_H
#define HUNTD_TESTS_LIFE_H

#include "huntd/log.h"
#include "shard/snapshot/writer.h"
#include "tests/crash/pool.h"
#include "tests/lib/fake_io.h"
#include "tests/lib/world.h"

#define LIFE_LSNS 4096u

struct life_ledger {
	bool known[LIFE_LSNS];
	uint8_t digest[LIFE_LSNS][16];
};

enum life_snapshot { LIFE_REST, LIFE_SWEEP, LIFE_WRITE, LIFE_DROP };

struct life {
	struct fake_io fake;
	struct pool pool;
	struct hd_memory memory; /* of log and snapshots; in the same pool */
	struct hd_world world;
	size_t fed; /* of world.log: in the log */
	struct hd_log *log;
	struct hd_log_report report;
	uint64_t acked;
	struct life_ledger *ledger;

	uint8_t snapshot; /* enum life_snapshot */
	bool swept;
	struct hd_snapshot_head head;
	struct hd_snapshot_writer writer;
	uint8_t digest[16];
	uint64_t objects;
	struct hd_snapshot_list kept; /* newest first */
	uint32_t kept_number[HD_SNAPSHOTS_KEPT];
	uint32_t snapshots, fallbacks; /* taken; passed over at recovery */
};

/* A fresh disk and an empty state. `ledger` is the caller's. */
void life_begin(struct life *life, uint64_t seed, struct life_ledger *ledger);
/* The k-th step of the script: a command, now and then an order, the clock or a snapshot. */
void life_act(struct life *life, uint64_t seed, uint32_t k);
/* A pass in its two halves: what is handed to the disk, then what it says. */
void life_submit(struct life *life, bool slept);
void life_complete(struct life *life);
/* Until all is durable and no snapshot is running. */
void life_settle(struct life *life);

/* The process is gone, with its memory; the disk is to be crashed or killed by the caller. */
void life_end(struct life *life);
/* Gives the disk back too. */
void life_fini(struct life *life);

/* Starts again: the newest whole snapshot, the log from there. NULL: all that was promised is there
 * and what is there is as the ledger says. Else what is wrong. */
const char *life_recover(struct life *life, uint64_t promised, uint64_t tail);

/* A second life with a disk like the first's now, and nothing in memory. */
void life_fork(struct life *to, const struct life *from);

#endif
