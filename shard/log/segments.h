/* segments.h - the files of one shard's log, and those that are in its archive.
 *
 * NNNNNNNN.log, numbered without gaps. A new file is allocated and filled with zeros before it is
 * used, so that writing a frame never changes the file system's metadata. Sizes differ: the first
 * one that a start makes is small (HD_SEGMENT_FIRST, so that a start is quick and a crash wastes
 * little), each later one doubles until `segment_bytes`.
 *
 * The log grows at its end and loses what is no longer needed at its front: the first file is
 * renamed to be the next one, moved into archive/, or removed. Each of these is on the disk before
 * the next, so numbers never get a gap, and no file is written before it has its new name.
 *
 * A file that is used again keeps what it held. So a segment, also one that was left, is
 *
 *   frames of its own uuid, the chain | zeros, or frames and parts of frames of earlier uses
 *
 * and none of the latter is damage. They cannot be taken for frames of the log: their uuid is
 * another, they name another header as the one before, and their LSNs are below all of this use.
 * What an old frame's seal says is true, and below this use too. A torn frame of this use with old
 * blocks in it fails its CRC. Old blocks hold clients' bytes at places where a header might stand,
 * so what proves anything is only a header with the segment's own uuid; where the first frame does
 * not tell that (hd_frame_begins: it is torn, or an old one), the end of the chain before does.
 *
 * Files open on demand. At most HD_SEGMENTS_OPEN stay open for reading; the one that is not used
 * for the longest time is closed, so a caller has fewer reads than that in flight. A reader opens
 * packed segments too: they are unpacked into memory, two at most. */
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
	uint64_t read_at; /* hd_log_pass in which a read of it was queued */
	/* Of its first frame; first_lsn 0: not known, or it has none. */
	uint64_t first_lsn;
	uint8_t previous[16];
	uint32_t number;
	int file;                   /* below 0: closed */
	bool in_log, packed, plain; /* where it stands: the log; archive/, packed or as it was */
	uint8_t *bytes;             /* `size` of them, unpacked; NULL: not opened */
};

struct hd_segments {
	struct hd_io *io;
	struct hd_memory *memory;
	const char *directory;   /* borrowed */
	struct hd_segment *rows; /* by number */
	uint32_t count, room;
	uint32_t base; /* number of the row that was before the first one; 0: none was */
	uint32_t open, unpacked;
	uint64_t uses;
	bool read_only;
	bool direct; /* O_DIRECT; false once the file system refused it */
};

/* Lists the directory, which must be there, and its archive. 0 or -errno, -ENAMETOOLONG where a
 * segment's path would not fit HD_SEGMENT_PATH. */
int hd_segments_init(struct hd_segments *all, struct hd_io *io, struct hd_memory *memory,
		     const char *directory, bool read_only);

/* Closes every file; accepts a zeroed struct. */
void hd_segments_fini(struct hd_segments *all);

/* Closes every file but the last row's. */
void hd_segments_rest(struct hd_segments *all);

/* Forgets the rows of which the log has no file, and those before them; what is unpacked too.
 * Returns how many rows went. */
uint32_t hd_segments_forget_archive(struct hd_segments *all);

/* The row of segment `number`; `count` where there is none. */
uint32_t hd_segments_find(const struct hd_segments *all, uint32_t number);

/* The path where a reader finds row `index`. */
void hd_segments_path(const struct hd_segments *all, uint32_t index,
		      char path[static HD_SEGMENT_PATH]);

/* The open file of row `index` in the log, or -errno. */
int hd_segments_file(struct hd_segments *all, uint32_t index);

/* For readers. Opens row `index` wherever it stands: 0, 1 where it was open already, -errno, or
 * -EBADMSG where an archived one is not what was written. Then reads from it. */
int hd_segments_open(struct hd_segments *all, uint32_t index);
int64_t hd_segments_read(struct hd_segments *all, uint32_t index, void *to, uint32_t size,
			 uint64_t offset);

/* Creates the file that follows the last row, with `size` bytes of allocated space, not yet filled
 * nor synced. 0 or -errno; nothing is left behind on an error. */
int hd_segments_create(struct hd_segments *all, uint64_t size);

/* Removes the last row and its file. 0 or -errno. */
int hd_segments_drop(struct hd_segments *all);

/* For what is asked of the file system through the queue (move.c).
 *
 * shift: forgets the first row; its file stands where it stood, open where it was. unshift: it is
 * back, closed. push: adds the
 * row that follows the last one; its file stands there. */
struct hd_segment hd_segments_shift(struct hd_segments *all);
void hd_segments_unshift(struct hd_segments *all, const struct hd_segment *front);
void hd_segments_push(struct hd_segments *all, int file, uint64_t size);

/* The number that the next row will have, and where the log has the file of a number. */
uint32_t hd_segments_next(const struct hd_segments *all);
void hd_segments_log_path(const struct hd_segments *all, uint32_t number,
			  char path[static HD_SEGMENT_PATH]);

/* The flags to open a file with; what to do where it was refused with -EINVAL though `direct`:
 * tmpfs and some others refuse O_DIRECT, some only after they made the file. They are quick. */
uint32_t hd_segments_flags(const struct hd_segments *all, uint32_t flags);
int hd_segments_open_plain(struct hd_segments *all, const char *path, uint32_t flags);

#endif
