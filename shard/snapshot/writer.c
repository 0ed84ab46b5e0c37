#include "shard/snapshot/writer.h"

#include <errno.h>
#include <string.h>
#include <zstd.h>

#include "huntd/assert.h"

#define LEVEL    1
#define TAG_SYNC 2u /* 0 and 1: the buffers' writes */

static void
fail(struct hd_snapshot_writer *writer, int error)
{
	HD_ASSERT(error < 0);
	if (writer->error == 0)
		writer->error = error;
}

static void
queue_write(struct hd_snapshot_writer *writer, uint32_t which)
{
	struct hd_snapshot_buffer *buffer = &writer->buffer[which];
	HD_ASSERT(buffer->done < buffer->used && buffer->used % HD_BLOCK == 0);
	buffer->busy = true;
	writer->io->ops->write(writer->io, writer->file, buffer->bytes + buffer->done,
			       buffer->used - buffer->done, buffer->offset + buffer->done, 0,
			       HD_IO_TAG(HD_IO_SNAPSHOT, which));
}

/* The current buffer goes out, the other one fills. */
static void
turn(struct hd_snapshot_writer *writer)
{
	struct hd_snapshot_buffer *buffer = &writer->buffer[writer->current];
	HD_ASSERT(buffer->used > 0 && !buffer->busy);
	buffer->offset = writer->offset;
	writer->offset += buffer->used;
	queue_write(writer, writer->current);
	writer->current ^= 1;
}

/* True where `size` bytes find room now. */
static bool
has_room(const struct hd_snapshot_writer *writer, uint32_t size)
{
	const struct hd_snapshot_buffer *now = &writer->buffer[writer->current];
	const struct hd_snapshot_buffer *next = &writer->buffer[writer->current ^ 1];
	HD_ASSERT(size < HD_SNAPSHOT_BUFFER);
	return !now->busy && (now->used + size < HD_SNAPSHOT_BUFFER || !next->busy);
}

static void
put(struct hd_snapshot_writer *writer, const uint8_t *at, uint32_t size)
{
	while (size > 0) {
		struct hd_snapshot_buffer *buffer = &writer->buffer[writer->current];
		uint32_t part = HD_SNAPSHOT_BUFFER - buffer->used;
		part = part < size ? part : size;
		HD_ASSERT(!buffer->busy);
		memcpy(buffer->bytes + buffer->used, at, part);
		buffer->used += part;
		at += part;
		size -= part;
		if (buffer->used == HD_SNAPSHOT_BUFFER)
			turn(writer);
	}
}

int
hd_snapshot_write_begin(struct hd_snapshot_writer *writer, struct hd_io *io,
			struct hd_memory *memory, const char *directory,
			const struct hd_snapshot_head *head)
{
	char path[HD_SNAPSHOT_PATH];
	hd_snapshot_path(directory, head->anchor.lsn, false, path);
	int file = hd_snapshot_open_file(io, path, HD_IO_CREATE | HD_IO_WRITE);
	if (file < 0)
		return file;
	hd_snapshot_write_into(writer, io, memory, path, file, head);
	return 0;
}

void
hd_snapshot_write_into(struct hd_snapshot_writer *writer, struct hd_io *io,
		       struct hd_memory *memory, const char path[static HD_SNAPSHOT_PATH], int file,
		       const struct hd_snapshot_head *head)
{
	uint8_t bytes[HD_SNAPSHOT_HEAD];
	HD_ASSERT(file >= 0);
	*writer = (struct hd_snapshot_writer){.io = io, .memory = memory, .file = file};
	memcpy(writer->path, path, HD_SNAPSHOT_PATH);
	writer->packed_room = (uint32_t)ZSTD_compressBound(HD_SNAPSHOT_CHUNK);
	HD_ASSERT(writer->packed_room <= 2 * HD_SNAPSHOT_CHUNK);
	writer->packed = hd_memory_take(memory, writer->packed_room, 64);
	writer->raw = hd_memory_take(memory, HD_SNAPSHOT_RAW, 64);
	for (uint32_t i = 0; i < 2; i++)
		writer->buffer[i].bytes = hd_memory_take(memory, HD_SNAPSHOT_BUFFER, HD_BLOCK);
	writer->zstd = ZSTD_createCCtx();
	HD_ASSERT(writer->zstd != NULL);
	writer->seed = hd_snapshot_put_head(head, bytes);
	put(writer, bytes, sizeof bytes);
}

bool
hd_snapshot_hungry(const struct hd_snapshot_writer *writer)
{
	return writer->raw_to - writer->raw_from < HD_SNAPSHOT_CHUNK;
}

struct hd_writer
hd_snapshot_room(struct hd_snapshot_writer *writer)
{
	HD_ASSERT(hd_snapshot_hungry(writer));
	memmove(writer->raw, writer->raw + writer->raw_from, writer->raw_to - writer->raw_from);
	writer->raw_to -= writer->raw_from;
	writer->raw_from = 0;
	return hd_writer_of(writer->raw + writer->raw_to, HD_SNAPSHOT_RAW - writer->raw_to);
}

void
hd_snapshot_took(struct hd_snapshot_writer *writer, const struct hd_writer *out)
{
	HD_ASSERT(out->at >= writer->raw + writer->raw_to && !out->full);
	HD_ASSERT(out->at <= writer->raw + HD_SNAPSHOT_RAW);
	writer->raw_to = (uint32_t)(out->at - writer->raw);
}

bool
hd_snapshot_pack(struct hd_snapshot_writer *writer, bool rest)
{
	uint8_t mark[HD_SNAPSHOT_MARK];
	uint32_t size = writer->raw_to - writer->raw_from;
	HD_ASSERT(writer->file >= 0 && !writer->ended);
	if (size == 0 || (size < HD_SNAPSHOT_CHUNK && !rest))
		return false;
	if (writer->error != 0 || !has_room(writer, writer->packed_room + HD_SNAPSHOT_MARK))
		return false;
	size = size < HD_SNAPSHOT_CHUNK ? size : HD_SNAPSHOT_CHUNK;
	size_t packed = ZSTD_compressCCtx(writer->zstd, writer->packed, writer->packed_room,
					  writer->raw + writer->raw_from, size, LEVEL);
	HD_ASSERT(!ZSTD_isError(packed));
	hd_snapshot_put_mark(writer->seed, writer->end.chunks++, size, writer->packed,
			     (uint32_t)packed, mark);
	put(writer, mark, sizeof mark);
	put(writer, writer->packed, (uint32_t)packed);
	writer->raw_from += size;
	writer->end.raw += size;
	return true;
}

static void
queue_sync(struct hd_snapshot_writer *writer)
{
	HD_ASSERT(!writer->syncing && !writer->synced);
	writer->syncing = true;
	writer->io->ops->fsync(writer->io, writer->file, HD_IO_TAG(HD_IO_SNAPSHOT, TAG_SYNC));
}

bool
hd_snapshot_finish(struct hd_snapshot_writer *writer, const uint8_t *digest, uint64_t objects)
{
	uint8_t bytes[HD_SNAPSHOT_END];
	HD_ASSERT(writer->raw_from == writer->raw_to && !writer->ended);
	if (writer->error != 0 || !has_room(writer, HD_SNAPSHOT_END))
		return false;
	writer->end.objects = objects;
	memcpy(writer->end.digest, digest, sizeof writer->end.digest);
	hd_snapshot_put_end(writer->seed, &writer->end, bytes);
	put(writer, bytes, sizeof bytes);
	writer->ended = true;
	struct hd_snapshot_buffer *buffer = &writer->buffer[writer->current];
	uint32_t over = buffer->used % HD_BLOCK;
	if (over > 0) {
		memset(buffer->bytes + buffer->used, 0, HD_BLOCK - over);
		buffer->used += HD_BLOCK - over;
	}
	if (buffer->used > 0)
		turn(writer);
	return true;
}

static void
wrote(struct hd_snapshot_writer *writer, uint32_t which, int32_t result)
{
	struct hd_snapshot_buffer *buffer = &writer->buffer[which];
	HD_ASSERT(buffer->busy);
	buffer->busy = false;
	/* A short write may end inside a block: that one is written again. */
	uint32_t whole = result > 0 ? (uint32_t)result / HD_BLOCK * HD_BLOCK : 0;
	buffer->done += whole;
	if (whole == 0)
		fail(writer, result < 0 ? result : -EIO);
	else if (buffer->done < buffer->used && writer->error == 0)
		queue_write(writer, which);
	else
		buffer->used = buffer->done = 0;
}

void
hd_snapshot_complete(struct hd_snapshot_writer *writer, const struct hd_completion *completion)
{
	uint32_t what = (uint32_t)(completion->tag & 0xff);
	HD_ASSERT(what <= TAG_SYNC);
	if (what < TAG_SYNC) {
		wrote(writer, what, completion->result);
	} else {
		HD_ASSERT(writer->syncing);
		writer->syncing = false;
		writer->synced = completion->result >= 0;
		if (completion->result < 0)
			fail(writer, completion->result);
		return;
	}
	bool all = writer->ended && !writer->buffer[0].busy && !writer->buffer[1].busy;
	if (all && writer->error == 0)
		queue_sync(writer);
}

bool
hd_snapshot_still(const struct hd_snapshot_writer *writer)
{
	return !writer->buffer[0].busy && !writer->buffer[1].busy && !writer->syncing;
}

uint64_t
hd_snapshot_unwritten(const struct hd_snapshot_writer *writer)
{
	return (uint64_t)writer->buffer[0].used + writer->buffer[1].used + writer->raw_to -
	       writer->raw_from;
}

void
hd_snapshot_write_end(struct hd_snapshot_writer *writer, bool remove)
{
	HD_ASSERT(writer->file >= 0 && hd_snapshot_still(writer));
	writer->io->ops->file_close(writer->io, writer->file);
	writer->file = -1;
	if (remove)
		(void)writer->io->ops->file_remove(writer->io, writer->path);
	ZSTD_freeCCtx(writer->zstd);
	hd_memory_give(writer->memory, writer->packed, writer->packed_room);
	hd_memory_give(writer->memory, writer->raw, HD_SNAPSHOT_RAW);
	for (uint32_t i = 0; i < 2; i++)
		hd_memory_give(writer->memory, writer->buffer[i].bytes, HD_SNAPSHOT_BUFFER);
}
