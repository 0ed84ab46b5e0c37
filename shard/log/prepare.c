#include <errno.h>
#include <string.h>

#include "huntd/assert.h"
#include "shard/log/state.h"

uint64_t
hd_log_next_size(const struct hd_log *log)
{
	uint64_t size = HD_SEGMENT_FIRST;
	if (log->has_current)
		size = log->segments.rows[log->current].size * 2 / HD_FRAME_MAX * HD_FRAME_MAX;
	HD_ASSERT(size >= HD_FRAME_MAX); /* a current segment had room for a frame */
	return size < log->segment_bytes ? size : log->segment_bytes;
}

void
hd_log_space(struct hd_log *log, bool force)
{
	if (!force && log->now < log->space_at)
		return;
	if (!force && !log->no_space && log->space_tail == log->tail)
		return;
	log->space_at = log->now + HD_LOG_SPACE_NS;
	log->space_tail = log->tail;
	int64_t space = log->io->ops->space(log->io, log->directory);
	if (space < 0)
		return;
	for (uint32_t i = hd_log_spares(log); i > 0; i--)
		space += (int64_t)log->segments.rows[i - 1].size;
	uint64_t pair = 2 * log->segment_bytes * log->shards;
	log->no_space = (uint64_t)space < (log->no_space ? 2 * pair : pair);
}

void
hd_log_enter(struct hd_log *log, uint32_t row)
{
	HD_ASSERT(row + 1 == log->segments.count);
	HD_ASSERT(log->writes_done == log->writes_synced);
	log->has_current = true;
	log->current = row;
	log->offset = 0;
	log->roll_waits = false;
	log->prepare = HD_PREPARE_NONE;
	struct hd_segment *segment = &log->segments.rows[row];
	segment->first_lsn = log->written + 1;
	memcpy(segment->previous, log->previous, HD_FRAME_HASH);
	hd_frame_name_segment(log->previous, log->shard, segment->number, log->segment);
}

static void
create_next(struct hd_log *log)
{
	HD_ASSERT(log->prepare == HD_PREPARE_NONE);
	if (log->now < log->retry_at || log->move.kind != HD_MOVE_NONE)
		return;
	hd_log_space(log, true);
	uint64_t size = hd_log_next_size(log);
	if (!hd_log_recycle_next(log, size))
		hd_log_move_create(log, size);
}

/* Twice as fast as the current segment fills, so that the next one is ready at its half and the
 * disk's bursts stay in proportion to the load; as fast as it goes where a frame waits. */
static bool
fill_is_due(const struct hd_log *log)
{
	if (log->roll_waits)
		return true;
	HD_ASSERT(log->has_current); /* without one a frame waits */
	uint64_t size = log->segments.rows[log->segments.count - 1].size;
	uint64_t share = 2 * (log->offset / HD_BLOCK) * (size / HD_BLOCK) /
			 (log->segments.rows[log->current].size / HD_BLOCK);
	return log->filled < share * HD_BLOCK;
}

static void
fill(struct hd_log *log)
{
	HD_ASSERT(!log->fill_busy);
	const struct hd_segment *next = &log->segments.rows[log->segments.count - 1];
	uint64_t left = next->size - log->filled;
	log->fill_busy = true;
	if (left == 0) {
		log->prepare = HD_PREPARE_SYNC;
		log->io->ops->fsync(log->io, next->file,
				    HD_IO_TAG(HD_IO_LOG, HD_LOG_TAG_FILL_SYNC));
		return;
	}
	log->fill_size = left < HD_LOG_FILL ? (uint32_t)left : HD_LOG_FILL;
	log->io->ops->write(log->io, next->file, log->zeros, log->fill_size, log->filled, 0,
			    HD_IO_TAG(HD_IO_LOG, HD_LOG_TAG_FILL));
}

/* The next segment is begun when an eighth of this one is used: a quiet shard holds no spare. */
static bool
wants_next(const struct hd_log *log)
{
	if (!log->has_current || log->roll_waits)
		return log->roll_waits;
	return log->offset >= log->segments.rows[log->current].size / 8;
}

void
hd_log_prepare_step(struct hd_log *log)
{
	HD_ASSERT(!log->read_only);
	if (log->closing)
		return;
	if (log->prepare == HD_PREPARE_NONE && wants_next(log))
		create_next(log);
	if (log->prepare == HD_PREPARE_FILL && !log->fill_busy && fill_is_due(log))
		fill(log);
}

void
hd_log_prepare_complete(struct hd_log *log, enum hd_log_tag what, int32_t result)
{
	HD_ASSERT(log->fill_busy);
	HD_ASSERT(what >= HD_LOG_TAG_FILL && what <= HD_LOG_TAG_FILL_NAME);
	uint32_t row = log->segments.count - 1;
	log->fill_busy = false;
	if (what == HD_LOG_TAG_FILL && (result == -EINTR || result == -EAGAIN))
		return;
	if (result < 0)
		hd_log_fail(log, row, "cannot prepare", result);
	if (what == HD_LOG_TAG_FILL) {
		/* Blocks again what a short write left in the middle of one. */
		uint32_t whole = (uint32_t)result / HD_BLOCK * HD_BLOCK;
		if (whole == 0)
			hd_log_fail(log, row, "cannot prepare", -EIO);
		log->filled += whole;
		return;
	}
	if (what == HD_LOG_TAG_FILL_NAME) {
		log->prepare = HD_PREPARE_READY;
		return;
	}
	/* The file's own sync has just committed the journal, so this costs one flush at most. */
	log->fill_busy = true;
	log->io->ops->sync_names(log->io, log->directory,
				 HD_IO_TAG(HD_IO_LOG, HD_LOG_TAG_FILL_NAME));
}
