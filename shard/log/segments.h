/* segments.h - the files of one shard's log.
 *
 * NNNNNNNN.log, numbered from 1 without gaps. A segment is allocated and filled with zeros before
 * it is used, so that writing a frame never changes the file system's metadata. Sizes differ: the
 * first one that a start makes is small (HD_SEGMENT_FIRST, so that a start is quick and a crash
 * wastes little), each later one doubles until `segment_bytes`.
 *
 * Files open on demand. At most HD_SEGMENTS_OPEN stay open for reading; the one that is not used
 * for the longest time is closed, so a caller has fewer reads than that in flight. */
#ifndef HUNTD_SHARD_LOG_SEGMENTS_H
#define HUNTD_SHARD_LOG_SEGMENTS_H

#include "huntd/io.h"
#include "huntd/limits.h"
#include "huntd/log.h"
#include "huntd/memory.h"

#define HD_SEGMENT_FIRST (4u * HD_MIB)
#define HD_SEGMENT_PATH  (1u * HD_KIB)
#define HD_SEGMENTS_OPEN 64u

struct hd_segment {
	uint64_t size;
	uint64_t used;    /* behind the last frame of the chain */
	uint64_t used_at; /* counts opens and uses */
	uint32_t number;
	int file; /* below 0: closed */
};

struct hd_segments {
	struct hd_io *io;
	struct hd_memory *memory;
	const char *directory;   /* borrowed */
	struct hd_segment *rows; /* by number */
	uint32_t count, room;
	uint32_t open;
	uint64_t uses;
	bool read_only;
	bool direct; /* O_DIRECT; false once the file system refused it */
};

/* Lists the directory, which must be there. 0 or -errno, -ENAMETOOLONG where a segment's path would
 * not fit HD_SEGMENT_PATH. */
int hd_segments_init(struct hd_segments *all, struct hd_io *io, struct hd_memory *memory,
		     const char *directory, bool read_only);

/* Closes every file; accepts a zeroed struct. */
void hd_segments_fini(struct hd_segments *all);

/* Closes every file but the last row's. */
void hd_segments_rest(struct hd_segments *all);

/* The path of segment `number`. */
void hd_segments_path(const struct hd_segments *all, uint32_t number,
		      char path[static HD_SEGMENT_PATH]);

/* The open file of row `index`, or -errno. */
int hd_segments_file(struct hd_segments *all, uint32_t index);

/* Creates the file that follows the last row, with `size` bytes of allocated space, not yet filled
 * nor synced. 0 or -errno; nothing is left behind on an error. */
int hd_segments_create(struct hd_segments *all, uint64_t size);

/* Removes the last row and its file. 0 or -errno. */
int hd_segments_drop(struct hd_segments *all);

#endif
