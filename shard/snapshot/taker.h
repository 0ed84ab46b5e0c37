/* taker.h - takes a shard's snapshots while it serves: a slice of the sweep a pass, the file
 * written beside, renamed once the log is flushed past its LSN; then the older ones and the log
 * behind them may go.
 *
 *   idle -> open -> sweep (objects -> chunks -> buffers) -> write (what is left, fsync) -> count
 *     ^        |        `-- an error: drop (until nothing is in flight) --.                  |
 *     `--------'------------------------------- clear <-------------------'----- name <------'
 *
 * What is asked of the file system goes through the io's queue, one thing at a time: no pass waits
 * for the disk.
 *
 * While commands come the sweep takes one part in HD_SNAPSHOT_SHARE of the core; else all of it, a
 * slice a pass. What it has not written counts as un-flushed: where that is too much commands that
 * write are -BUSY, and the sweep goes at full speed to be rid of it. */
#ifndef HUNTD_SHARD_SNAPSHOT_TAKER_H
#define HUNTD_SHARD_SNAPSHOT_TAKER_H

#include "shard/snapshot/writer.h"

struct hd_shard;

enum hd_taker_state {
	HD_TAKER_IDLE,
	HD_TAKER_OPEN, /* its file is being made; the core is being swept already */
	HD_TAKER_SWEEP,
	HD_TAKER_WRITE,
	HD_TAKER_COUNT, /* on the disk; counts when the log is flushed up to it */
	HD_TAKER_NAME,  /* being renamed, then the folder is synced */
	HD_TAKER_DROP,
	HD_TAKER_CLEAR, /* a file is being removed; then all that is superfluous */
};

/* A snapshot that can be started from. */
struct hd_taken {
	uint64_t lsn;
	uint32_t number; /* of its anchor's segment */
	bool rotten;     /* found damaged since: it cannot (heal.h) */
};

struct hd_taker {
	char directory[HD_SNAPSHOT_PATH - 64];
	uint64_t events; /* behind the last one: time for the next; 0: never by itself */
	uint8_t state;   /* enum hd_taker_state */
	bool asked;      /* BGSAVE */
	bool swept;      /* the core has no more objects */
	bool stuck;      /* both buffers are being written */
	bool swollen;    /* too much is not written: BUSY */
	bool archive;    /* the log behind the older one is archived, else recycled */
	bool heal;       /* fewer can be started from than are to be: new ones are taken */
	uint32_t sick;   /* the last segment that was found damaged; 0: none */
	int64_t heal_at; /* not before; BOOTTIME ns */
	struct hd_taken kept[HD_SNAPSHOTS_KEPT]; /* newest first */
	uint32_t kept_count;
	uint64_t from; /* LSN that `events` counts from */
	struct hd_snapshot_head head;
	struct hd_snapshot_writer writer;
	char path[HD_SNAPSHOT_PATH];   /* that the file system was asked about last */
	struct hd_snapshot_list there; /* in the folder, good or not, as far as is known */
	uint32_t clearing;             /* of them remain to be looked at */
	uint8_t digest[16];
	uint64_t objects;
	int64_t began, next, busy_until; /* BOOTTIME ns */
};

/* With the log open: what is kept is kept, rubbish goes. */
void hd_taker_open(struct hd_shard *shard);

/* Once a pass, after its commands. */
void hd_taker_pass(struct hd_shard *shard);

/* When hd_taker_pass must run though nothing comes in; BOOTTIME ns, HD_NEVER. */
int64_t hd_taker_deadline(const struct hd_shard *shard);

/* Does the newest snapshot say all there is to say? Then none is taken before more is logged. */
bool hd_taker_is_saved(const struct hd_shard *shard);

/* A completion with HD_IO_SNAPSHOT. */
void hd_taker_complete(struct hd_shard *shard, const struct hd_completion *completion);

/* Bytes that count as un-flushed. */
uint64_t hd_taker_unwritten(const struct hd_shard *shard);

/* The shard ends: drops a snapshot that runs; `save`: takes the last one, at full speed. */
void hd_taker_end(struct hd_shard *shard, bool save);

#endif
