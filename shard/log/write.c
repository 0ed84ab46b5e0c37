#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "huntd/assert.h"
#include "huntd/definition.h"
#include "shard/log/state.h"

void
hd_log_fail(const struct hd_log *log, uint32_t row, const char *what, int error)
{
	HD_ASSERT(error < 0);
	char path[HD_SEGMENT_PATH] = "the first segment";
	if (row < log->segments.count)
		hd_segments_path(&log->segments, row, path);
	hd_log_fail_at(path, what, error);
}

void
hd_log_fail_at(const char *path, const char *what, int error)
{
	char message[HD_SEGMENT_PATH + 200];
	snprintf(message, sizeof message, "%s %s: %s", what, path, strerror(-error));
	hd_log_failed(message);
}

static void
send_flight(struct hd_log *log)
{
	struct hd_log_flight *flight = &log->flight;
	HD_ASSERT(flight->done < flight->size);
	HD_ASSERT(flight->done % HD_BLOCK == 0);
	log->io->ops->write(log->io, flight->file, flight->bytes + flight->done,
			    flight->size - flight->done, flight->offset + flight->done,
			    flight->sync ? HD_IO_SYNC : 0, HD_IO_TAG(HD_IO_LOG, HD_LOG_TAG_WRITE));
}

/* Finishes a frame and writes it. `bytes` holds its events behind room for the header. */
static void
write_frame(struct hd_log *log, uint8_t *bytes, struct hd_frame_header header, bool sync)
{
	HD_ASSERT(!log->flight.busy);
	HD_ASSERT(header.first_lsn > log->written);
	struct hd_segment *row = &log->segments.rows[log->current];
	header.log = log->shard;
	header.seal = log->flushed;
	memcpy(header.segment, log->segment, HD_FRAME_HASH);
	memcpy(header.previous, log->previous, HD_FRAME_HASH);
	uint32_t size = hd_frame_seal(bytes, &header);
	HD_ASSERT(log->offset + size <= row->size);
	hd_frame_hash(&header, log->previous);
	hd_index_add(&log->index, header.first_lsn, row->number, log->offset, size);
	log->last_flags = header.flags;
	log->flight = (struct hd_log_flight){
		.busy = true,
		.sync = sync,
		.empty = header.events == 0,
		.file = row->file,
		.bytes = bytes,
		.size = size,
		.offset = log->offset,
		.last_lsn = header.first_lsn + header.events - 1,
		.seal = header.seal,
		.started = log->now,
	};
	log->offset += size;
	row->used = log->offset;
	log->stats.frames++;
	log->stats.bytes += size;
	send_flight(log);
}

/* Is there room for a frame in the current segment, or in the next, which is then entered? A
 * segment is left only when all of it is on the disk: the files' syncs do not cover one another. */
static bool
place(struct hd_log *log, uint32_t size)
{
	HD_ASSERT(size > 0 && size <= HD_FRAME_MAX);
	if (hd_log_room_for(log, size))
		return true;
	log->roll_waits = true;
	if (log->prepare != HD_PREPARE_READY || log->writes_done != log->writes_synced)
		return false;
	hd_log_enter(log, log->segments.count - 1);
	return true;
}

static bool
seal_is_due(const struct hd_log *log)
{
	return log->flushed > log->sealed && log->now >= log->idle_at && !log->syncing;
}

/* Writes the frame that only carries the seal; not flushed. */
static void
write_seal(struct hd_log *log)
{
	if (!place(log, HD_BLOCK))
		return;
	struct hd_frame_header header = {.first_lsn = log->written + 1, .first_stamp = log->stamp};
	write_frame(log, log->block, header, false);
}

/* A write with RWF_DSYNC may reach the disk as a single FUA write, which says nothing of what was
 * written before: it is allowed only where all of that is on the disk already. It spares a turn of
 * the loop; for a large frame that is little, and a write, then fdatasync, is the faster. */
static void
write_next(struct hd_log *log, bool slept)
{
	bool batch = log->durability == HD_DURABLE_BATCH;
	if (log->flight.busy || (batch && log->syncing))
		return;
	struct hd_frame_buffer *frame = log->first;
	if (frame == NULL) {
		if (!log->closing && seal_is_due(log))
			write_seal(log);
		return;
	}
	struct hd_frame_header header = {
		.first_lsn = frame->first_lsn,
		.first_stamp = frame->first_stamp,
		.events = frame->events,
		.length = frame->used - HD_FRAME_HEADER,
	};
	if (!place(log, hd_frame_size(header.length)))
		return;
	if (frame == log->last)
		log->gathering = false;
	bool sync = batch && slept && frame->used <= HD_LOG_DSYNC &&
		    log->writes_done == log->writes_synced;
	write_frame(log, frame->bytes, header, sync);
}

/* Group commit needs a sync after each frame; the others when asked, when the window's time has
 * come, and before a segment is left. */
static bool
sync_is_due(const struct hd_log *log)
{
	if (log->syncing || log->writes_done == log->writes_synced)
		return false;
	HD_ASSERT(!log->roll_waits || !log->flight.busy); /* the next write is in another file */
	if (log->closing || log->roll_waits)
		return true;
	if (log->flushed >= log->written)
		return false;
	if (log->durability == HD_DURABLE_BATCH)
		return true;
	if (log->flushed < log->wanted)
		return true;
	return log->durability == HD_DURABLE_WINDOW && log->now >= log->window_at;
}

static void
sync_if_due(struct hd_log *log)
{
	if (!sync_is_due(log))
		return;
	HD_ASSERT(log->has_current);
	log->syncing = true;
	log->sync_writes = log->writes_done;
	log->sync_lsn = log->written;
	log->window_at = HD_NEVER;
	log->io->ops->fsync(log->io, log->segments.rows[log->current].file,
			    HD_IO_TAG(HD_IO_LOG, HD_LOG_TAG_SYNC));
}

/* What has happened since the last pass gets this pass's time. */
static void
stamp_progress(struct hd_log *log)
{
	if (log->was_active)
		log->idle_at = log->now + HD_LOG_SEAL_IDLE_NS;
	if (log->flush_ended && log->now > log->flight.started) {
		uint64_t took = (uint64_t)(log->now - log->flight.started);
		log->stats.flush_ns_sum += took;
		log->flush_typical += ((int64_t)took - log->flush_typical) / 8;
		if (took > log->stats.flush_ns_max)
			log->stats.flush_ns_max = took;
	}
	log->was_active = false;
	log->flush_ended = false;
	/* Half of the window is left for the flush itself. */
	uint64_t covered = log->syncing ? log->sync_lsn : log->flushed;
	if (log->durability == HD_DURABLE_WINDOW && log->window_at == HD_NEVER &&
	    log->written > covered)
		log->window_at = log->now + log->window_ns / 2;
}

void
hd_log_pass(struct hd_log *log, int64_t now, bool slept)
{
	HD_ASSERT(!log->read_only);
	HD_ASSERT(now >= log->now);
	log->now = now;
	stamp_progress(log);
	hd_log_space(log, false);
	sync_if_due(log); /* what was written goes before what is new */
	write_next(log, slept);
	hd_log_recycle_step(log);
	hd_log_prepare_step(log);
	sync_if_due(log); /* the frame may wait for the segment to be left */
}

void
hd_log_want_flush(struct hd_log *log)
{
	HD_ASSERT(log->wanted <= log->tail);
	HD_ASSERT(!log->read_only);
	log->wanted = log->tail;
}

static void
write_ended(struct hd_log *log)
{
	struct hd_log_flight *flight = &log->flight;
	HD_ASSERT(flight->last_lsn >= log->written);
	flight->busy = false;
	log->writes_done++;
	log->written = flight->last_lsn;
	if (flight->seal > log->sealed)
		log->sealed = flight->seal;
	if (flight->sync) {
		log->writes_synced = log->writes_done;
		log->flushed = log->written;
	}
	if (flight->empty)
		return;
	log->was_active = true;
	if (flight->sync || log->durability != HD_DURABLE_BATCH) {
		log->flush_ended = true;
		hd_log_release(log);
	}
}

static void
write_complete(struct hd_log *log, int32_t result)
{
	struct hd_log_flight *flight = &log->flight;
	HD_ASSERT(flight->busy);
	if (result == -EINTR || result == -EAGAIN) {
		send_flight(log);
		return;
	}
	if (result < 0)
		hd_log_fail(log, log->current, "cannot write", result);
	/* The rest of a short write goes again, from the start of the block it ended in. */
	uint32_t whole = (uint32_t)result / HD_BLOCK * HD_BLOCK;
	if (whole == 0)
		hd_log_fail(log, log->current, "cannot write", -EIO);
	flight->done += whole;
	if (flight->done < flight->size)
		send_flight(log);
	else
		write_ended(log);
}

static void
sync_complete(struct hd_log *log, int32_t result)
{
	HD_ASSERT(log->syncing);
	/* Never a second fsync: what the kernel could not write it may have dropped. */
	if (result < 0)
		hd_log_fail(log, log->current, "cannot flush", result);
	bool waited = log->flushed < log->sync_lsn;
	log->syncing = false;
	log->writes_synced = log->sync_writes;
	log->flushed = log->sync_lsn;
	if (!waited)
		return;
	log->was_active = true;
	if (log->durability == HD_DURABLE_BATCH) {
		log->flush_ended = true;
		hd_log_release(log);
	}
}

void
hd_log_complete(struct hd_log *log, const struct hd_completion *completion)
{
	HD_ASSERT(HD_IO_OWNER(completion->tag) == HD_IO_LOG);
	enum hd_log_tag what = (enum hd_log_tag)(completion->tag & 0xff);
	switch (what) {
	case HD_LOG_TAG_WRITE:
		write_complete(log, completion->result);
		return;
	case HD_LOG_TAG_SYNC:
		sync_complete(log, completion->result);
		return;
	case HD_LOG_TAG_MOVE:
		hd_log_move_complete(log, completion->result);
		return;
	default:
		hd_log_prepare_complete(log, what, completion->result);
	}
}

int64_t
hd_log_flush_near(const struct hd_log *log)
{
	if (!log->flight.busy && !log->syncing)
		return 0;
	return log->flight.started + log->flush_typical / 4 * 3;
}

int64_t
hd_log_deadline(const struct hd_log *log)
{
	int64_t deadline = HD_NEVER;
	bool idle = log->first == NULL && !log->flight.busy && !log->syncing;
	if (idle && log->flushed > log->sealed && !log->roll_waits)
		deadline = log->idle_at;
	if (!log->syncing && log->window_at < deadline)
		deadline = log->window_at;
	if (log->no_space && log->space_at < deadline)
		deadline = log->space_at;
	return deadline;
}

void
hd_log_write_closed(struct hd_log *log)
{
	HD_ASSERT(log->first == NULL && !log->flight.busy && !log->syncing);
	struct hd_frame_header header = {
		.first_lsn = log->written + 1, .first_stamp = log->stamp, .flags = HD_FRAME_CLOSED};
	write_frame(log, log->block, header, false);
}
