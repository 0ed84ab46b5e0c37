#include "shard/snapshot/reader.h"

#include <errno.h>
#include <string.h>
#include <zstd.h>

#include "huntd/assert.h"

#define READ_BYTES HD_MIB
#define RAW_BYTES  (HD_OBJECT_MAX + 16u + HD_SNAPSHOT_CHUNK)

struct reading {
	struct hd_snapshot_reader *reader;
	int file;
	uint64_t size;
	uint8_t *buffer; /* READ_BYTES of the file, from `offset` on */
	uint64_t offset, at;
	uint32_t used;
	uint8_t *raw; /* objects that were not taken yet */
	uint32_t raw_from, raw_to;
	struct ZSTD_DCtx_s *zstd;
	uint32_t seed, chunks;
	uint64_t objects, raw_bytes;
};

static bool
refuse(struct reading *reading, const char *what)
{
	reading->reader->what = what;
	reading->reader->offset = reading->at;
	return false;
}

/* Reads blocks from the one on that `at` stands in. */
static bool
fill(struct reading *reading)
{
	struct hd_snapshot_reader *reader = reading->reader;
	struct hd_io *io = reader->io;
	reading->offset = reading->at / HD_BLOCK * HD_BLOCK;
	reading->used = 0;
	uint64_t left = reading->size - reading->offset;
	uint32_t want = left < READ_BYTES ? (uint32_t)left : READ_BYTES;
	while (reading->used < want) {
		int64_t got =
			io->ops->file_read(io, reading->file, reading->buffer + reading->used,
					   want - reading->used, reading->offset + reading->used);
		uint32_t whole = got > 0 ? (uint32_t)got / HD_BLOCK * HD_BLOCK : 0;
		if (whole == 0) {
			reader->error = got < 0 ? (int)got : -EIO;
			return refuse(reading, "it cannot be read");
		}
		reading->used += whole;
	}
	return true;
}

/* The next `size` bytes, without going past them. NULL: the file ends before, or an error. */
static const uint8_t *
peek(struct reading *reading, uint32_t size)
{
	HD_ASSERT(size <= READ_BYTES - HD_BLOCK);
	HD_ASSERT(reading->at >= reading->offset); /* it is read forwards */
	if (size > reading->size - reading->at) {
		refuse(reading, "it ends too early");
		return NULL;
	}
	bool there = reading->at + size <= reading->offset + reading->used;
	if (!there && !fill(reading))
		return NULL;
	return reading->buffer + (reading->at - reading->offset);
}

/* Hands on the whole objects of `raw`; what is left of it waits for the next chunk. */
static bool
deliver(struct reading *reading)
{
	struct hd_snapshot_reader *reader = reading->reader;
	for (;;) {
		struct hd_reader in = hd_reader_of(hd_bytes_of(
			reading->raw + reading->raw_from, reading->raw_to - reading->raw_from));
		uint32_t left = hd_reader_left(&in);
		struct hd_bytes object = hd_read_bytes(&in, HD_OBJECT_MAX);
		if (in.bad && left >= HD_OBJECT_MAX + 16)
			return refuse(reading, "it holds an object that is too long");
		if (in.bad)
			return true;
		if (!reader->each(reader->context, object))
			return refuse(reading, "it holds an object that cannot be loaded");
		reading->objects++;
		reading->raw_from += left - hd_reader_left(&in);
	}
}

static bool
take_chunk(struct reading *reading, const struct hd_snapshot_mark *mark)
{
	const uint8_t *at = peek(reading, HD_SNAPSHOT_MARK + mark->stored);
	if (at == NULL)
		return false;
	if (hd_snapshot_crc(reading->seed, at, mark->stored) != mark->crc)
		return refuse(reading, "the checksum of a chunk is wrong");
	memmove(reading->raw, reading->raw + reading->raw_from,
		reading->raw_to - reading->raw_from);
	reading->raw_to -= reading->raw_from;
	reading->raw_from = 0;
	HD_ASSERT(reading->raw_to + mark->raw <= RAW_BYTES);
	size_t raw = ZSTD_decompressDCtx(reading->zstd, reading->raw + reading->raw_to, mark->raw,
					 at + HD_SNAPSHOT_MARK, mark->stored);
	if (ZSTD_isError(raw) || raw != mark->raw)
		return refuse(reading, "a chunk cannot be decompressed");
	reading->raw_to += mark->raw;
	reading->raw_bytes += mark->raw;
	reading->chunks++;
	if (!deliver(reading))
		return false;
	reading->at += HD_SNAPSHOT_MARK + mark->stored;
	return true;
}

static bool
take_head(struct reading *reading)
{
	struct hd_snapshot_reader *reader = reading->reader;
	const uint8_t *at = peek(reading, HD_SNAPSHOT_HEAD);
	if (at == NULL)
		return false;
	switch (hd_snapshot_get_head(at, &reader->head, &reading->seed)) {
	case HD_SNAPSHOT_NEWER:
		return refuse(reading, "it was written by a newer release of huntd");
	case HD_SNAPSHOT_DAMAGED:
		return refuse(reading, "its head is not one");
	case HD_SNAPSHOT_GOOD:
		break;
	}
	reading->at += HD_SNAPSHOT_HEAD;
	return true;
}

/* The end, and that there is nothing behind it. */
static bool
take_end(struct reading *reading)
{
	struct hd_snapshot_reader *reader = reading->reader;
	const uint8_t *at = peek(reading, HD_SNAPSHOT_END);
	if (at == NULL)
		return false;
	const struct hd_snapshot_end *end = &reader->end;
	if (!hd_snapshot_get_end(reading->seed, at, &reader->end))
		return refuse(reading, "neither a chunk nor the end");
	if (end->chunks != reading->chunks || end->raw != reading->raw_bytes ||
	    end->objects != reading->objects || reading->raw_from != reading->raw_to)
		return refuse(reading, "its end is not that of its chunks");
	reading->at += HD_SNAPSHOT_END;
	uint64_t left = reading->size - reading->at;
	if (left >= HD_BLOCK)
		return refuse(reading, "it goes on behind its end");
	for (; left > 0; left--, reading->at++) {
		at = peek(reading, 1);
		HD_ASSERT(at != NULL); /* what is left stands in the end's own block */
		if (*at != 0)
			return refuse(reading, "it goes on behind its end");
	}
	return true;
}

static bool
take_body(struct reading *reading)
{
	struct hd_snapshot_reader *reader = reading->reader;
	struct hd_snapshot_mark mark;
	for (;;) {
		const uint8_t *at = peek(reading, HD_SNAPSHOT_MARK);
		if (at == NULL)
			return false;
		if (!hd_snapshot_get_mark(at, reading->chunks, &mark))
			return take_end(reading);
		if (!take_chunk(reading, &mark))
			return false;
		if (reader->tick && !reader->tick(reader->context, reading->at, reading->size)) {
			reader->stopped = true;
			return false;
		}
	}
}

static bool
run(struct hd_snapshot_reader *reader, bool body)
{
	struct reading reading = {.reader = reader};
	struct hd_io *io = reader->io;
	HD_ASSERT(reader->what == NULL && !reader->stopped);
	reading.file = hd_snapshot_open_file(io, reader->path, 0);
	if (reading.file < 0) {
		reader->error = reading.file;
		return refuse(&reading, "it cannot be opened");
	}
	int64_t size = io->ops->file_size(io, reading.file);
	reader->size = reading.size = size > 0 ? (uint64_t)size : 0;
	reading.buffer = hd_memory_take(reader->memory, READ_BYTES, HD_BLOCK);
	reading.raw = hd_memory_take(reader->memory, RAW_BYTES, 64);
	reading.zstd = ZSTD_createDCtx();
	HD_ASSERT(reading.zstd != NULL);
	bool good = reading.size % HD_BLOCK == 0;
	if (!good)
		refuse(&reading, "it ends inside a block");
	good = good && take_head(&reading);
	if (good && reader->begin)
		reader->begin(reader->context, reader);
	good = good && (!body || take_body(&reading));
	ZSTD_freeDCtx(reading.zstd);
	hd_memory_give(reader->memory, reading.raw, RAW_BYTES);
	hd_memory_give(reader->memory, reading.buffer, READ_BYTES);
	io->ops->file_close(io, reading.file);
	return good;
}

bool
hd_snapshot_read(struct hd_snapshot_reader *reader)
{
	HD_ASSERT(reader->each != NULL);
	return run(reader, true);
}

bool
hd_snapshot_read_head(struct hd_snapshot_reader *reader)
{
	return run(reader, false);
}
