/* scrub.h - reads what is on the disk before somebody needs it: every snapshot, every packed
 * segment, every segment of the log that has been left, once in `period`.
 *
 *   pass:  shard 0: snapshots | packed | segments    shard 1: ...         rest until the next pass
 *          `- every file has an equal share of three quarters of the period, and its pieces of
 *             HD_PACK_PIECE spread over that; HD_SCRUB_PAUSE_NS at least between two reads
 *
 * Files are read past the page cache where the file system lets it: what is checked is what the
 * disk gives. The log goes on meanwhile: a file may be renamed, used again, packed or removed at
 * any moment. So one that is gone is passed over, and what looks like damage counts only where a
 * second reading from the start finds it too, and the file still has its name after that. (A
 * segment gets its new name on the disk before anything is written into it.)
 *
 * Which segment has been left is not known here; the disk tells: a later one has a first frame
 * with a greater LSN. The current one is being written, and left for the next pass.
 *
 * Says what it found once for each file, and does nothing about it: that is the shard's
 * (shard/snapshot/heal.h). */
#ifndef HUNTD_SHARD_ARCHIVE_SCRUB_H
#define HUNTD_SHARD_ARCHIVE_SCRUB_H

#include "huntd/runtime.h"
#include "huntd/stats.h"
#include "shard/archive/check.h"
#include "shard/snapshot/files.h"

#define HD_SCRUB_PAUSE_NS 2000000
/* A frame that is not whole yet, and the piece behind it. */
#define HD_SCRUB_BUFFER (HD_FRAME_MAX + HD_PACK_PIECE)
#define HD_SCRUB_TOLD   64u /* damaged files that are remembered */

struct hd_scrub_damage {
	uint32_t shard;
	uint8_t kind;  /* enum hd_check_kind */
	uint8_t fault; /* enum hd_check_fault */
	uint64_t id;   /* a snapshot's LSN, a segment's number */
	uint64_t offset;
};

/* What one shard has; numbers without a gap, 0: none. */
struct hd_scrub_list {
	struct hd_snapshot_list snapshots;
	uint32_t packed_first, packed_last;
	uint32_t first, last;
};

struct hd_scrub {
	/* Set by the caller, with the rest zero. */
	int64_t period; /* ns; 0: off */
	uint32_t shards;
	struct hd_io *io;
	struct hd_memory *memory;
	struct hd_shard_stats *stats;         /* of the shards */
	const struct hd_runtime_hooks *hooks; /* the wall clock */

	const char *directory[HD_SHARDS_MAX]; /* of the logs; NULL: not told yet */
	uint32_t known;
	int64_t due; /* BOOTTIME ns */

	/* The pass. */
	bool running;
	int64_t began, share; /* ns; of one file */
	uint32_t files;       /* that it has gone through */
	uint32_t shard, next; /* where it is; next: in `list` */
	uint64_t floor;       /* first LSN of the last segment */
	struct hd_scrub_list list;

	/* The file that is being read. */
	bool reading, again;
	int file;
	char path[HD_SNAPSHOT_PATH];
	struct hd_check check;
	uint8_t *buffer; /* bytes from `from` on, which is a block's begin */
	uint64_t from;
	uint32_t used;

	struct hd_scrub_damage told[HD_SCRUB_TOLD];
	uint32_t told_count;
};

/* Nothing is read before the directory of every shard's log is known. It must stay. */
void hd_scrub_know(struct hd_scrub *scrub, uint32_t shard, const char *directory);

/* When there is something to do; BOOTTIME ns, INT64_MAX: never. */
int64_t hd_scrub_due(const struct hd_scrub *scrub);

/* One bounded piece of it. True: damage, to be told. */
bool hd_scrub_step(struct hd_scrub *scrub, int64_t now, struct hd_scrub_damage *damage);

/* Closes the file that is being read, if any: before its io ends. */
void hd_scrub_rest(struct hd_scrub *scrub);
void hd_scrub_close(struct hd_scrub *scrub);

#endif
