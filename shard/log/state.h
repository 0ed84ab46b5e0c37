/* state.h - what one open log is, shared by the files of this folder and by nobody else.
 *
 *   append.c    events into the open frame            hd_log_append, hd_log_room
 *   write.c     frames onto the disk, the marks       hd_log_pass, hd_log_complete
 *   prepare.c   the next segment, and space           (called by write.c)
 *   move.c      files made, renamed, removed          (called by the two around it)
 *   recycle.c   what is behind the snapshots          hd_log_anchor, hd_log_keep, ..archived
 *   open.c      replay, cut, close                    hd_log_open, hd_log_close
 *   scan.c      reading back while running            hd_log_read, hd_log_scan */
#ifndef HUNTD_SHARD_LOG_STATE_H
#define HUNTD_SHARD_LOG_STATE_H

#include "shard/log/frame.h"
#include "shard/log/index.h"
#include "shard/log/segments.h"

#define HD_LOG_SEAL_IDLE_NS 1000000000
#define HD_LOG_SPACE_NS     1000000000
/* One write of zeros; short, so that a flush waits little. */
#define HD_LOG_FILL       (256u * HD_KIB)
#define HD_LOG_DSYNC      (64u * HD_KIB) /* of events: greater frames go as write, then fdatasync */
#define HD_LOG_SPARES     2u             /* files that wait to be used again; others are removed */
#define HD_LOG_RECYCLE_NS 100000000
#define HD_LOG_ARCHIVE_NS                                                                          \
	1000000000             /* until a segment that could not be archived is tried again        \
				*/
#define HD_LOG_BUFFERS_KEPT 4u /* empty frame buffers that are not given back */

/* Where a log's completion belongs: the rest of its tag. */
enum hd_log_tag {
	HD_LOG_TAG_WRITE = 1,
	HD_LOG_TAG_SYNC,
	HD_LOG_TAG_FILL,
	HD_LOG_TAG_FILL_SYNC,
	HD_LOG_TAG_FILL_NAME,
	HD_LOG_TAG_MOVE
};

/* A frame that gathers, waits, or is being written. */
struct hd_frame_buffer {
	struct hd_frame_buffer *next;
	uint8_t *bytes; /* HD_FRAME_MAX, on a block */
	uint32_t used;  /* header and events */
	uint32_t events;
	uint32_t counted; /* in `unflushed` */
	uint64_t first_lsn;
	int64_t first_stamp;
};

/* The write that is in flight; one at most. */
struct hd_log_flight {
	bool busy;
	bool sync;  /* durable when complete */
	bool empty; /* a seal: nobody waits for it */
	int file;
	uint8_t *bytes;
	uint32_t size, done;
	uint64_t offset;
	uint64_t last_lsn;
	uint64_t seal;
	int64_t started;
};

enum hd_log_prepare {
	HD_PREPARE_NONE,
	HD_PREPARE_FILL,
	HD_PREPARE_SYNC, /* then its name */
	HD_PREPARE_READY,
};

/* What is being done to a file of the log; one thing at a time, so that each is on the disk before
 * the next and numbers never get a gap.
 *
 *   create   open, allocate                        -> the next segment, to be filled
 *   reuse    (open,) rename, sync                  -> the next segment, with what it held
 *   remove   remove, sync
 *   retire   rename, sync of the archive, sync     -> in archive/ as it is
 *   undo     remove                                -> no space */
enum hd_log_move_kind {
	HD_MOVE_NONE,
	HD_MOVE_CREATE,
	HD_MOVE_REUSE,
	HD_MOVE_REMOVE,
	HD_MOVE_RETIRE,
	HD_MOVE_UNDO,
};

enum hd_log_move_step {
	HD_STEP_OPEN,
	HD_STEP_ALLOCATE,
	HD_STEP_RENAME,
	HD_STEP_REMOVE,
	HD_STEP_SYNC_ARCHIVE,
	HD_STEP_SYNC,
};

struct hd_log_move {
	uint8_t kind, step;      /* `step`: in flight */
	int file;                /* below 0: closed */
	struct hd_segment front; /* that the log's first row was */
	uint64_t size;           /* of the file; CREATE, REUSE: that it is to have */
	int64_t began;
	char from[HD_SEGMENT_PATH], to[HD_SEGMENT_PATH], archive[HD_SEGMENT_PATH];
};

struct hd_log {
	struct hd_io *io;
	struct hd_memory *memory;
	char directory[HD_SEGMENT_PATH];
	uint32_t shard, shards;
	uint64_t segment_bytes;
	uint8_t durability;
	int64_t window_ns;
	bool read_only;

	/* The hot part: appending. `last` gathers while it is not in flight. */
	struct hd_frame_buffer *first, *last;
	bool gathering; /* `last` takes more events */
	uint64_t tail;
	int64_t stamp; /* of the last event */
	uint64_t unflushed;
	bool no_space;
	struct hd_frame_buffer *spare;
	uint32_t spare_count;

	/* Writing. `written` <= `tail`: write complete; `flushed` <= `written`: on the disk. */
	struct hd_log_flight flight;
	uint64_t written, flushed, wanted;
	uint64_t sealed; /* the greatest seal that was written */
	uint64_t writes_done, writes_synced;
	bool syncing, closing;
	uint64_t sync_writes, sync_lsn; /* what the running fdatasync covers */
	int64_t now, idle_at, window_at;
	bool was_active;       /* since the last pass something was written or flushed */
	int64_t flush_typical; /* ns: of the last flushes, the newest weighs an eighth */
	bool flush_ended;      /* since the last pass: `flight.started` to now is a flush time */
	uint8_t *block;        /* HD_BLOCK: the empty frames */
	uint32_t last_flags;
	uint8_t previous[HD_FRAME_HASH];

	/* Segments. Without a current one (no space) frames wait. */
	struct hd_segments segments;
	struct hd_log_index index;
	bool has_current;
	bool roll_waits; /* a frame is waiting for the next segment */
	uint32_t current;
	uint64_t offset;
	uint8_t segment[HD_FRAME_HASH];
	enum hd_log_prepare prepare;
	bool fill_busy;
	uint64_t filled;
	uint32_t fill_size;
	uint8_t *zeros; /* HD_LOG_FILL */
	int64_t space_at, retry_at;
	uint64_t space_tail;
	struct hd_log_move move;

	/* What is behind the snapshots. */
	uint64_t passes;
	uint32_t keep; /* segments before this number are needed no more */
	bool archive;
	uint32_t asked;    /* the segment that a helper is archiving; 0: none */
	bool archive_made; /* its folder is there */
	int64_t archive_at, recycle_at;

	struct hd_log_stats stats;
};

/* prepare.c */

/* How long the segment after the current one is to be. */
uint64_t hd_log_next_size(const struct hd_log *log);

/* Moves the preparation of the next segment on, where the current one's fill asks for it. */
void hd_log_prepare_step(struct hd_log *log);
void hd_log_prepare_complete(struct hd_log *log, enum hd_log_tag what, int32_t result);

/* Asks how much space is free: at most once a second, unless `force`. */
void hd_log_space(struct hd_log *log, bool force);

/* recycle.c */

/* How many segments there are at the front that nobody needs any more. */
uint32_t hd_log_spares(const struct hd_log *log);

/* Once a pass: keeps what is behind the snapshots small. */
void hd_log_recycle_step(struct hd_log *log);

/* Begins to make a spare file of `size` bytes or more the next segment, which may then be entered
 * as it is; one that does not do is removed. False: there is none. */
bool hd_log_recycle_next(struct hd_log *log, uint64_t size);

/* move.c: each begins what hd_log_move_complete ends. Nothing may be under way. */

void hd_log_move_create(struct hd_log *log, uint64_t size);
/* The first row's file; the row is forgotten at once. */
void hd_log_move_front(struct hd_log *log, enum hd_log_move_kind kind, uint64_t size);
void hd_log_move_complete(struct hd_log *log, int32_t result);

/* prepare.c */

/* Makes the segment that follows `row` - 1 the current one, from its start. */
void hd_log_enter(struct hd_log *log, uint32_t row);

/* write.c */

/* Writes the frame that says that nothing follows, flushed. For hd_log_close, with nothing in
 * flight. */
void hd_log_write_closed(struct hd_log *log);

/* hd_log_failed with the segment's name and the error. */
_Noreturn void hd_log_fail_at(const char *path, const char *what, int error);
_Noreturn void hd_log_fail(const struct hd_log *log, uint32_t row, const char *what, int error);

/* append.c */

/* Takes the first frame out of the queue: it is where its mode wants it. */
void hd_log_release(struct hd_log *log);

static inline bool
hd_log_room_for(const struct hd_log *log, uint32_t size)
{
	return log->has_current && log->offset + size <= log->segments.rows[log->current].size;
}

#endif
