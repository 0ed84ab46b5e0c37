#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "huntd/assert.h"
#include "huntd/definition.h"
#include "shard/log/reader.h"
#include "shard/log/state.h"

static struct hd_log *
create_log(const struct hd_log_options *options)
{
	HD_ASSERT(options->segment_bytes >= HD_FRAME_MAX);
	HD_ASSERT(options->segment_bytes % HD_FRAME_MAX == 0);
	struct hd_log *log = hd_memory_take(options->memory, sizeof *log, _Alignof(struct hd_log));
	log->io = options->io;
	log->memory = options->memory;
	log->shard = options->shard;
	log->shards = options->shards ? options->shards : 1;
	log->segment_bytes = options->segment_bytes;
	log->durability = options->durability;
	log->window_ns = options->window_ns;
	log->read_only = options->read_only;
	log->now = log->io->ops->now(log->io);
	log->window_at = HD_NEVER;
	hd_index_init(&log->index, log->memory);
	if (!log->read_only) {
		log->block = hd_memory_take(log->memory, HD_BLOCK, HD_BLOCK);
		log->zeros = hd_memory_take(log->memory, HD_LOG_FILL, HD_BLOCK);
	}
	return log;
}

static void
destroy_log(struct hd_log *log)
{
	HD_ASSERT(!log->flight.busy && !log->syncing && !log->fill_busy);
	HD_ASSERT(log->move.kind == HD_MOVE_NONE);
	struct hd_memory *memory = log->memory;
	while (log->first)
		hd_log_release(log);
	while (log->spare) {
		struct hd_frame_buffer *frame = log->spare;
		log->spare = frame->next;
		hd_memory_give(memory, frame->bytes, HD_FRAME_MAX);
		hd_memory_give(memory, frame, sizeof *frame);
	}
	hd_segments_fini(&log->segments);
	hd_index_fini(&log->index);
	if (log->block)
		hd_memory_give(memory, log->block, HD_BLOCK);
	if (log->zeros)
		hd_memory_give(memory, log->zeros, HD_LOG_FILL);
	hd_memory_give(memory, log, sizeof *log);
}

static bool
refuse_directory(struct hd_log_report *report, const char *directory, int error)
{
	HD_ASSERT(error < 0);
	return hd_log_refuse(report, HD_EXIT_STORAGE, "the log's directory %.300s: %s", directory,
			     strerror(-error));
}

static bool
open_directory(struct hd_log *log, const char *directory, struct hd_log_report *report)
{
	const struct hd_io_ops *ops = log->io->ops;
	if (strlen(directory) >= sizeof log->directory)
		return refuse_directory(report, directory, -ENAMETOOLONG);
	snprintf(log->directory, sizeof log->directory, "%s", directory);
	int error = log->read_only ? 0 : ops->dir_make(log->io, log->directory);
	if (error == 0 && !log->read_only)
		error = ops->dir_sync(log->io, log->directory);
	if (error == 0)
		error = hd_segments_init(&log->segments, log->io, log->memory, log->directory,
					 log->read_only);
	if (error != 0)
		return refuse_directory(report, log->directory, error);
	return true;
}

/* Removes what stands behind the segment with the last frame, the newest first: wherever this is
 * interrupted, the next start reads the same log. */
static int
drop_later(struct hd_log *log, uint32_t keep)
{
	HD_ASSERT(keep <= log->segments.count);
	while (log->segments.count > keep) {
		int error = hd_segments_drop(&log->segments);
		if (error < 0)
			return error;
	}
	return log->io->ops->dir_sync(log->io, log->directory);
}

/* The first segment of this start: small, so at once. */
static int
make_first(struct hd_log *log)
{
	uint64_t size = hd_log_next_size(log);
	int error = hd_segments_create(&log->segments, size);
	if (error < 0)
		return error;
	uint32_t row = log->segments.count - 1;
	int file = log->segments.rows[row].file;
	for (uint64_t at = 0; at < size;) {
		uint64_t left = size - at;
		int64_t put = log->io->ops->file_write(
			log->io, file, log->zeros,
			left < HD_LOG_FILL ? (uint32_t)left : HD_LOG_FILL, at);
		if (put < HD_BLOCK)
			return put < 0 ? (int)put : -EIO;
		at += (uint64_t)put / HD_BLOCK * HD_BLOCK;
	}
	error = log->io->ops->file_sync(log->io, file);
	if (error == 0)
		error = log->io->ops->dir_sync(log->io, log->directory);
	if (error == 0)
		hd_log_enter(log, row);
	return error;
}

/* Goes on behind a frame that says its writer ended there, else in a fresh segment: a write that
 * the last process had in flight may still reach the blocks behind the last frame. */
static bool
go_on(struct hd_log *log, const struct hd_log_reader *reader, struct hd_log_report *report)
{
	uint32_t keep = reader->any ? reader->segment + 1 : 0;
	int error = drop_later(log, keep);
	if (error < 0)
		return refuse_directory(report, log->directory, error);
	memcpy(log->previous, reader->chain.previous, HD_FRAME_HASH);
	hd_log_space(log, true);
	bool closed = reader->any && (reader->flags & HD_FRAME_CLOSED) && report->cut_bytes == 0;
	if (closed && log->segments.rows[reader->segment].size - reader->offset >= HD_FRAME_MAX) {
		log->has_current = true;
		log->current = reader->segment;
		log->offset = reader->offset;
		log->last_flags = reader->flags;
		memcpy(log->segment, reader->chain.segment, HD_FRAME_HASH);
		return true;
	}
	error = make_first(log);
	if (error == -ENOSPC || error == -EDQUOT) {
		/* The game can still be read. Frames wait until there is space. */
		error = drop_later(log, keep);
		log->no_space = true;
		log->retry_at = log->now + HD_LOG_SPACE_NS;
	}
	if (error != 0)
		return refuse_directory(report, log->directory, error);
	return true;
}

/* What was read from the archive is no part of the log that goes on. */
static void
forget_archive(struct hd_log *log, struct hd_log_reader *reader)
{
	uint32_t gone = hd_segments_forget_archive(&log->segments);
	HD_ASSERT(gone <= log->segments.base);
	hd_index_forget(&log->index, log->segments.base + 1);
	reader->any &= reader->segment >= gone;
	reader->segment -= reader->any ? gone : reader->segment;
}

static bool
replay(struct hd_log *log, const struct hd_log_options *options, hd_log_each each, void *context,
       struct hd_log_report *report)
{
	if (!open_directory(log, options->directory, report))
		return false;
	struct hd_log_reader reader = {.segments = &log->segments,
				       .index = &log->index,
				       .report = report,
				       .from = options->from,
				       .each = each,
				       .context = context};
	if (!hd_log_reader_run(&reader, log->shard))
		return false;
	forget_archive(log, &reader);
	log->tail = log->written = log->flushed = log->wanted = report->last_lsn;
	log->stamp = report->last_stamp;
	log->sealed = reader.chain.seal;
	log->space_tail = log->tail;
	if (!log->read_only && !go_on(log, &reader, report))
		return false;
	hd_segments_rest(&log->segments);
	report->direct = log->segments.direct;
	return true;
}

struct hd_log *
hd_log_open(const struct hd_log_options *options, hd_log_each each, void *context,
	    struct hd_log_report *report)
{
	HD_ASSERT(options->io != NULL && options->memory != NULL);
	HD_ASSERT(options->durability <= HD_DURABLE_OFF);
	*report = (struct hd_log_report){0};
	struct hd_log *log = create_log(options);
	if (replay(log, options, each, context, report))
		return log;
	destroy_log(log);
	return NULL;
}

static bool
is_busy(const struct hd_log *log)
{
	return log->flight.busy || log->syncing || log->fill_busy || log->move.kind != HD_MOVE_NONE;
}

/* Sends what is queued and takes in what completed; false where nothing is in flight. */
static bool
turn(struct hd_log *log)
{
	struct hd_completion done[16];
	hd_log_pass(log, log->io->ops->now(log->io), true);
	if (!is_busy(log))
		return false;
	uint32_t count = log->io->ops->wait(log->io, -1, done, 16);
	HD_ASSERT(count <= 16);
	for (uint32_t i = 0; i < count; i++)
		if (HD_IO_OWNER(done[i].tag) == HD_IO_LOG)
			hd_log_complete(log, &done[i]);
	return true;
}

/* Waits until everything appended is flushed. False: there is no space for it. */
static bool
drain(struct hd_log *log)
{
	hd_log_want_flush(log);
	while (log->flushed < log->tail)
		if (!turn(log)) {
			HD_ASSERT(log->prepare == HD_PREPARE_NONE);
			return false;
		}
	while (is_busy(log))
		turn(log);
	return true;
}

bool
hd_log_close(struct hd_log *log)
{
	HD_ASSERT(log != NULL);
	bool flushed = true;
	if (!log->read_only) {
		flushed = drain(log);
		bool closed = (log->last_flags & HD_FRAME_CLOSED) != 0;
		log->closing = true;
		if (flushed && !closed && hd_log_room_for(log, HD_BLOCK))
			hd_log_write_closed(log);
		while (turn(log))
			continue;
		/* Zeros, or old frames: the next start need not look at it. */
		if (log->prepare != HD_PREPARE_NONE)
			(void)hd_segments_drop(&log->segments);
	}
	destroy_log(log);
	return flushed;
}

/* Memory for the offline reader, which no shard's budget counts. */
static void *
take_plain(void *source, size_t size, size_t align)
{
	(void)source;
	size_t whole = (size + align - 1) / align * align;
	void *at = aligned_alloc(align < sizeof(void *) ? sizeof(void *) : align, whole);
	HD_ASSERT(at != NULL);
	return memset(at, 0, whole);
}

static void
give_plain(void *source, void *at, size_t size)
{
	(void)source;
	(void)size;
	free(at);
}

bool
hd_log_verify(struct hd_io *io, const char *directory, hd_log_each each, void *context,
	      struct hd_log_report *report)
{
	HD_ASSERT(io != NULL && report != NULL);
	*report = (struct hd_log_report){0};
	struct hd_memory memory = {.take = take_plain, .give = give_plain};
	struct hd_segments segments = {0};
	int error = hd_segments_init(&segments, io, &memory, directory, true);
	if (error != 0)
		refuse_directory(report, directory, error);
	struct hd_log_reader reader = {
		.segments = &segments, .report = report, .each = each, .context = context};
	bool good = error == 0 && hd_log_reader_run(&reader, HD_LOG_ANY);
	hd_segments_fini(&segments);
	HD_ASSERT(memory.used == 0);
	return good;
}
