/* reader.h - walks a log's chain from its first frame to its end, and judges what lies behind.
 *
 * After each frame the chain goes on in the next segment, if that one's first frame says so, else
 * behind the frame. In this order: whoever began the next segment there had judged that the log
 * ends there, and a write of the process before it may have landed in the old segment since. What
 * lies between was cut or never used. If neither continues, the rest of this and of all later
 * segments is looked through: a seal there (or read before) at or above the LSN that is missing
 * proves damage; else the log ends here and the rest is a torn tail. Only what has the segment's
 * own uuid counts; the rest are earlier uses of the file (segments.h). */
#ifndef HUNTD_SHARD_LOG_READER_H
#define HUNTD_SHARD_LOG_READER_H

#include "shard/log/frame.h"
#include "shard/log/index.h"
#include "shard/log/segments.h"

#define HD_READER_BYTES (2u * HD_MIB)

struct hd_log_reader {
	struct hd_segments *segments;
	struct hd_log_index *index; /* filled while reading; may be NULL */
	struct hd_log_report *report;
	struct hd_log_anchor from;
	hd_log_each each; /* may be NULL */
	void *context;

	struct hd_frame_chain chain;
	bool origin_known; /* what the chain begins with does not depend on what stands there */
	uint32_t start;    /* row where the chain begins */
	bool any;         /* a frame was taken: `segment`, `offset`, `flags` tell of the last one */
	uint32_t segment; /* row */
	uint64_t offset;  /* behind it */
	uint32_t flags;

	uint8_t *buffer; /* HD_READER_BYTES: what stands at `buffer_offset` of `buffer_segment` */
	uint32_t buffer_segment;
	uint64_t buffer_offset;
	uint32_t buffer_used;

	uint8_t *head; /* HD_BLOCK: the first of row `head_segment`, where that is not 0 */
	uint32_t head_segment;
};

/* Whatever log the first frame names; where segment 1 is no longer kept, from what is. */
#define HD_LOG_ANY UINT32_MAX

/* Reads log `log` from its first frame, or from the segment of the anchor. What was flushed before
 * the anchor counts as sealed: a log that ends before it is damaged. False: `report` says why.
 * `segments`, `report`, `each` and the like are set by the caller, the rest is zero. */
bool hd_log_reader_run(struct hd_log_reader *reader, uint32_t log);

/* Whether the event is a document that asks for what this release lacks: `what` (HD_LACKS_MAX) is
 * definition.h's. */
bool hd_log_lacks(const struct hd_log_event *event, char *what);

/* Sets the report's exit code and line. Returns false. */
__attribute__((format(printf, 3, 4))) bool
hd_log_refuse(struct hd_log_report *report, enum hd_exit code, const char *format, ...);

#endif
