#include <string.h>

#include "huntd/assert.h"
#include "shard/log/state.h"

bool
hd_log_read(struct hd_log *log, uint64_t lsn, uint8_t *to, uint32_t room, uint64_t tag)
{
	HD_ASSERT(lsn >= 1 && lsn <= log->tail);
	HD_ASSERT(room >= HD_FRAME_MAX && room % HD_BLOCK == 0);
	HD_ASSERT((uintptr_t)to % HD_BLOCK == 0);
	const struct hd_index_row *row = hd_index_find(&log->index, lsn);
	if (row == NULL)
		return lsn >= hd_log_oldest(log);
	uint32_t at = hd_segments_find(&log->segments, row->segment);
	int file = hd_segments_file(&log->segments, at);
	if (file < 0)
		hd_log_fail(log, at, "cannot open", file);
	log->segments.rows[at].read_at = log->passes;
	uint64_t offset = (uint64_t)row->block * HD_BLOCK;
	/* Not what lies behind the chain: a late write of an earlier process may look like it. */
	uint64_t left = log->segments.rows[at].used - offset;
	log->io->ops->read(log->io, file, to, left < room ? (uint32_t)left : room, offset, tag);
	return true;
}

uint64_t
hd_log_oldest(const struct hd_log *log)
{
	return log->index.count ? log->index.rows[0].lsn : log->tail + 1;
}

void
hd_log_where(const struct hd_log *log, uint64_t lsn, uint32_t *number, uint64_t *offset)
{
	const struct hd_index_row *row = hd_index_find(&log->index, lsn);
	HD_ASSERT(lsn >= 1 && lsn <= log->tail);
	HD_ASSERT(row != NULL);
	*number = row->segment;
	*offset = (uint64_t)row->block * HD_BLOCK;
}

/* Events of one frame from `*lsn` to `last`. False: `each` ended it. */
static bool
scan_frame(const struct hd_frame *frame, uint64_t *lsn, uint64_t last, hd_log_each each,
	   void *context)
{
	struct hd_reader events = hd_reader_of(frame->events);
	struct hd_log_event event = {.lsn = frame->header.first_lsn - 1,
				     .stamp = frame->header.first_stamp};
	for (uint32_t i = 0; i < frame->header.events && *lsn <= last; i++) {
		bool parsed = hd_frame_event(&events, &event);
		HD_ASSERT(parsed);
		if (event.lsn < *lsn)
			continue;
		if (!each(context, &event))
			return false;
		*lsn = event.lsn + 1;
	}
	return true;
}

uint64_t
hd_log_scan(struct hd_bytes read, uint64_t lsn, uint64_t last, hd_log_each each, void *context)
{
	HD_ASSERT(lsn >= 1);
	HD_ASSERT(each != NULL);
	struct hd_frame_chain chain = {0};
	struct hd_frame frame;
	while (lsn <= last && hd_frame_read(read, &frame) == HD_FRAME_WHOLE) {
		if (chain.next_lsn == 0) {
			/* The index led here: the first frame is the chain's. */
			chain.log = frame.header.log;
			chain.next_lsn = frame.header.first_lsn;
			memcpy(chain.previous, frame.header.previous, HD_FRAME_HASH);
			if (frame.header.first_lsn > lsn)
				return lsn;
		}
		if (!hd_frame_continues(&chain, &frame, !chain.in_segment))
			return lsn;
		hd_frame_chain_take(&chain, &frame);
		if (!scan_frame(&frame, &lsn, last, each, context))
			return lsn;
		read = hd_bytes_of(read.at + frame.size, read.size - frame.size);
	}
	return lsn;
}
