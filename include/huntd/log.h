/* log.h - the log of one shard: append events, know when they are durable, read them back.
 *
 * Group commit clocks itself: events gather in a frame; while one flush runs, the next frame fills;
 * when the flush's completion comes, the next frame goes. One flush writes one frame of whole 4 KiB
 * blocks; a block once acknowledged is never written again. Frames, sealing, reading and cutting
 * are as DESIGN 5 says; shard/log/frame.h holds the format.
 *
 * LSNs count events from 1 without a gap. Three marks rise: `tail` (appended), `durable` (replies
 * may go, by the mode in force), `flushed` (on the disk in every mode; what other logs may build
 * on). */
#ifndef HUNTD_LOG_H
#define HUNTD_LOG_H

#include "huntd/event.h"
#include "huntd/io.h"
#include "huntd/memory.h"

enum hd_durability { HD_DURABLE_BATCH, HD_DURABLE_WINDOW, HD_DURABLE_OFF };

/* Where the log goes on behind a snapshot: at the beginning of a segment, some of whose events
 * stand before the snapshot; behind a repair it may be none. */
struct hd_log_anchor {
	uint64_t
		lsn; /* the snapshot holds every event up to it; 0: none, read from the beginning */
	int64_t stamp;        /* of that event */
	uint64_t first_lsn;   /* of the segment's first frame */
	uint32_t number;      /* of the segment's file */
	uint8_t previous[16]; /* hash of the header before the segment's first frame */
};

struct hd_log_options {
	struct hd_io *io;
	struct hd_memory *memory;
	const char *directory; /* of this shard's log; made if absent */
	uint32_t shard;
	uint32_t shards;           /* logs that share the file system's space; 0 counts as 1 */
	uint64_t segment_bytes;    /* HD_SEGMENT_DEFAULT; a multiple of HD_FRAME_MAX */
	uint8_t durability;        /* enum hd_durability */
	int64_t window_ns;         /* HD_DURABLE_WINDOW */
	bool read_only;            /* offline tools: nothing is created, cut or written */
	struct hd_log_anchor from; /* events up to from.lsn are not replayed */
};

/* What opening found. */
struct hd_log_report {
	uint64_t events, last_lsn;
	uint64_t first_lsn; /* where reading began: what is older is not kept */
	uint64_t bytes;     /* of whole frames of the chain; rises while it is read */
	int64_t last_stamp;
	uint64_t cut_bytes; /* a torn tail that was dropped; 0: clean */
	bool direct;        /* O_DIRECT is in use */
	/* The last whole frame of the chain, whether opening failed or not: what stands behind it
	 * is what a repair takes away. */
	uint32_t segments;   /* files that are read, those of the archive too */
	uint32_t end_number; /* its segment; 0: there is none */
	uint64_t end_offset; /* behind it */
	uint64_t sealed;     /* the greatest LSN of which a header says that it was flushed */
	uint8_t head[16];    /* hash of its header: equal heads, equal logs */
	uint8_t exit;        /* enum hd_exit where opening failed */
	char message[512];   /* one line: what, file, offset, LSN, what to do; empty: ok */
};

/* One event as it stands in the log; `body` borrows from the read buffer. */
struct hd_log_event {
	uint64_t lsn;
	int64_t stamp;
	uint8_t type; /* enum hd_event_type, or one that this release does not know */
	struct hd_bytes body;
	/* Where its frame stands: NUMBER.log of which byte on; 0 where hd_log_scan reads. */
	uint32_t number;
	uint64_t offset;
};

/* Called for every event in order. False ends the reading: this event cannot be applied, or, where
 * hd_log_refuse_event was called already, an earlier one that the context had kept for later. */
typedef bool (*hd_log_each)(void *context, const struct hd_log_event *event);

/* Says which event cannot be applied, and what helps; `directory` is the log's. */
void hd_log_refuse_event(struct hd_log_report *report, const char *directory,
			 const struct hd_log_event *event);

struct hd_log;

/* Opens or creates, replays every event through `each`, and is then ready to append. NULL: see the
 * report. Blocks; the shard's thread calls it before it serves. One log per hd_io. A log without
 * space for its first segment opens all the same: hd_log_room then says MISCONF. */
struct hd_log *hd_log_open(const struct hd_log_options *options, hd_log_each each, void *context,
			   struct hd_log_report *report);

/* How much there is to read from segment `from` on (0: from the first one kept, the archive's too)
 * to the log's end, without reading it: what hd_log_report.bytes will be, about. A torn tail and
 * what cannot be read now may make it wrong. Blocks. */
uint64_t hd_log_measure(struct hd_io *io, struct hd_memory *memory, const char *directory,
			uint32_t from);

/* Flushes what is appended, waits for it, closes. Other completions of this io that come meanwhile
 * are dropped: sockets are closed first. False: it could not be flushed. */
bool hd_log_close(struct hd_log *log);

/* Appends a command's events into one frame and returns the LSN of the last. Cannot fail: ask
 * hd_log_room first. Stamps must rise. count 1..HD_DECISION_EVENTS_MAX. */
uint64_t hd_log_append(struct hd_log *log, const struct hd_event *events, uint32_t count);

/* May a new command log something now? HD_ERR_NONE, HD_ERR_BUSY (un-flushed bytes at their bound)
 * or HD_ERR_MISCONF (no space for two more segments; comes back alone at four). */
enum hd_error hd_log_room(const struct hd_log *log);

uint64_t hd_log_tail(const struct hd_log *log);
uint64_t hd_log_durable(const struct hd_log *log);
uint64_t hd_log_flushed(const struct hd_log *log);
/* Up to it the disk was given all there is. */
uint64_t hd_log_submitted(const struct hd_log *log);
uint64_t hd_log_unflushed_bytes(const struct hd_log *log);

/* Asks that everything appended so far be flushed, whatever the mode: another log builds on it. */
void hd_log_want_flush(struct hd_log *log);

/* Once a loop pass, after the pass's commands: submits the next frame where none is in flight.
 * `now`: BOOTTIME ns; `slept`: the loop slept in its last pass (DSYNC write, else write then
 * fsync). */
void hd_log_pass(struct hd_log *log, int64_t now, bool slept);

/* A completion with HD_IO_LOG. Moves the marks. Storage errors end the process with exit 74 through
 * hd_log_failed (net/ defines it: prints one line, never returns). */
void hd_log_complete(struct hd_log *log, const struct hd_completion *completion);
_Noreturn void hd_log_failed(const char *message);

/* When hd_log_pass must run again though nothing comes in (seal of the last frame, window);
 * BOOTTIME ns. */
int64_t hd_log_deadline(const struct hd_log *log);

/* When the flush in flight is likely to be three quarters through, by the flushes before it;
 * BOOTTIME ns, 0 where none runs. Before that no reply can go: the loop may as well gather
 * commands. */
int64_t hd_log_flush_near(const struct hd_log *log);

/* Snapshots and what they make superfluous.
 *
 * A segment behind whose end recovery will never begin is archived by a helper (compressed into
 * archive/), then its file is recycled as a later segment. In between it waits: at most
 * HD_ARCHIVE_WAITING of them, then one is moved into archive/ as it is. */

/* The anchor of a snapshot of the state at the log's tail. lsn 0: not now (no segment to stand in,
 * or nothing was appended yet). */
struct hd_log_anchor hd_log_anchor(const struct hd_log *log);

/* Recovery begins at this segment or later. `archive`: segments before it are archived before they
 * are recycled; else they are recycled at once. */
void hd_log_keep(struct hd_log *log, uint32_t number, bool archive);

/* The oldest segment that waits to be archived and is not asked about yet: its number, 0: none. The
 * caller has a helper write it (shard/archive) and then says how that went. */
uint32_t hd_log_archive_next(struct hd_log *log);
void hd_log_archived(struct hd_log *log, uint32_t number, int error);

/* Of the options: where the archive is too. */
const char *hd_log_directory(const struct hd_log *log);

/* Reading back while running, for HUNT.EVENTS: one page at a time through the same io. */

/* Where to read for the event `lsn`, 1 .. tail: opens what is needed and queues one read of up to
 * `room` bytes (whole blocks, HD_FRAME_MAX or more; `to` stands on a block) with `tag`: they hold
 * the event's frame whole. False: older than what is kept (see hd_log_oldest). Fewer than 64 reads
 * are in flight at once. */
bool hd_log_read(struct hd_log *log, uint64_t lsn, uint8_t *to, uint32_t room, uint64_t tag);
uint64_t hd_log_oldest(const struct hd_log *log);

/* Where hd_log_read of that LSN, which is kept, reads: NUMBER.log and the byte it begins at. */
void hd_log_where(const struct hd_log *log, uint64_t lsn, uint32_t *number, uint64_t *offset);

/* Calls `each` for every event from `lsn` to `last` in the bytes that were read; returns the next
 * LSN to read. An event that `each` returned false for is the next one. Returns `lsn` itself where
 * it is not on the disk yet (HD_DURABLE_OFF acknowledges before). */
uint64_t hd_log_scan(struct hd_bytes read, uint64_t lsn, uint64_t last, hd_log_each each,
		     void *context);

/* Offline: reads a whole directory and checks every frame, without an hd_log. Nothing is written;
 * `each` may be NULL. True: whole, but for a torn tail of report->cut_bytes. */
bool hd_log_verify(struct hd_io *io, const char *directory, hd_log_each each, void *context,
		   struct hd_log_report *report);

struct hd_log_stats {
	uint64_t frames, bytes, flush_ns_sum, flush_ns_max, segments;
	/* Old files that became the next segment, and how long the shard stood still for that: a
	 * rename and its directory's sync. */
	uint64_t recycled, recycle_ns_sum, recycle_ns_max;
};
struct hd_log_stats hd_log_stats(const struct hd_log *log);

#endif
