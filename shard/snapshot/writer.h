/* writer.h - a snapshot's file while it is written, beside a shard's other work.
 *
 * Objects go into `raw`; a chunk of it is compressed at a time; whole buffers are written through
 * the io's queue, past the page cache where that can be, so that a burst of dirty pages never
 * stands before the log's flush. One buffer fills while the other is written; when both are full
 * packing waits. The file has a temporary name until its owner renames it.
 *
 * The first error stays and ends it: nothing more is queued, an fsync is never asked for twice. */
#ifndef HUNTD_SHARD_SNAPSHOT_WRITER_H
#define HUNTD_SHARD_SNAPSHOT_WRITER_H

#include "huntd/io.h"
#include "huntd/memory.h"
#include "shard/snapshot/files.h"
#include "shard/snapshot/format.h"

#define HD_SNAPSHOT_BUFFER (256u * HD_KIB)
#define HD_SNAPSHOT_RAW    (HD_OBJECT_MAX + 16u + HD_SNAPSHOT_CHUNK)

struct hd_snapshot_buffer {
	uint8_t *bytes;
	uint32_t used, done;
	uint64_t offset;
	bool busy;
};

struct hd_snapshot_writer {
	struct hd_io *io;
	struct hd_memory *memory;
	char path[HD_SNAPSHOT_PATH];
	int file;  /* below 0: closed */
	int error; /* the first one, -errno; 0: none */
	struct hd_snapshot_buffer buffer[2];
	uint32_t current; /* the one that fills */
	uint64_t offset;  /* of the current buffer */
	uint8_t *raw, *packed;
	uint32_t raw_from, raw_to, packed_room;
	struct ZSTD_CCtx_s *zstd;
	uint32_t seed;
	struct hd_snapshot_end end;
	bool ended, syncing, synced;
};

/* Makes the file and puts its head. 0, or -errno: then it is closed and gone. */
int hd_snapshot_write_begin(struct hd_snapshot_writer *writer, struct hd_io *io,
			    struct hd_memory *memory, const char *directory,
			    const struct hd_snapshot_head *head);

/* The same with a file that its owner made at `path`, a temporary name. */
void hd_snapshot_write_into(struct hd_snapshot_writer *writer, struct hd_io *io,
			    struct hd_memory *memory, const char path[static HD_SNAPSHOT_PATH],
			    int file, const struct hd_snapshot_head *head);

/* Less than a chunk is there: objects are wanted. */
bool hd_snapshot_hungry(const struct hd_snapshot_writer *writer);
/* Where objects go: room for HD_OBJECT_MAX and its size. For a hungry one. */
struct hd_writer hd_snapshot_room(struct hd_snapshot_writer *writer);
void hd_snapshot_took(struct hd_snapshot_writer *writer, const struct hd_writer *out);

/* Compresses one chunk; a short one only if `rest`: the last. False: there was none, or both
 * buffers are being written. */
bool hd_snapshot_pack(struct hd_snapshot_writer *writer, bool rest);

/* All is packed: puts the end, and then whatever remains is written and flushed as completions
 * come. False: not yet, both buffers are being written. */
bool hd_snapshot_finish(struct hd_snapshot_writer *writer, const uint8_t *digest, uint64_t objects);

/* A completion with HD_IO_SNAPSHOT. */
void hd_snapshot_complete(struct hd_snapshot_writer *writer,
			  const struct hd_completion *completion);

/* True where nothing is in flight. */
bool hd_snapshot_still(const struct hd_snapshot_writer *writer);

/* Bytes of it that are not on the disk. */
uint64_t hd_snapshot_unwritten(const struct hd_snapshot_writer *writer);

/* Closes the file and gives the memory back; `remove`: the file goes too. Nothing is in flight. */
void hd_snapshot_write_end(struct hd_snapshot_writer *writer, bool remove);

#endif
