/* crafted.h - snapshots' files made part by part, every checksum right and anything else as a test
 * wants it. */
#ifndef HUNTD_TESTS_CRAFTED_H
#define HUNTD_TESTS_CRAFTED_H

#include <string.h>
#include <zstd.h>

#include "huntd/assert.h"
#include "shard/log/frame.h"
#include "shard/snapshot/format.h"
#include "tests/lib/fake_io.h"
#include "tests/lib/lib.h"

#define CRAFTED_MAX (4u * HD_MIB)

struct crafted {
	uint8_t bytes[CRAFTED_MAX];
	uint32_t used, seed;
	struct hd_snapshot_end end; /* what it is going to say */
};

static inline void
craft_head(struct crafted *file, uint32_t log, uint64_t lsn)
{
	struct hd_snapshot_head head = {.log = log, .anchor = {.lsn = lsn, .number = 1}};
	memset(file, 0, sizeof *file);
	file->seed = hd_snapshot_put_head(&head, file->bytes);
	file->used = HD_SNAPSHOT_HEAD;
}

/* A chunk of these stored bytes that is said to unpack to `raw` ones. */
static inline void
craft_stored(struct crafted *file, const uint8_t *stored, uint32_t size, uint32_t raw)
{
	HD_ASSERT(file->used + HD_SNAPSHOT_MARK + size <= CRAFTED_MAX);
	hd_snapshot_put_mark(file->seed, file->end.chunks++, raw, stored, size,
			     file->bytes + file->used);
	memcpy(file->bytes + file->used + HD_SNAPSHOT_MARK, stored, size);
	file->used += HD_SNAPSHOT_MARK + size;
	file->end.raw += raw;
}

static inline uint32_t
craft_pack(const void *raw, uint32_t size, uint8_t stored[static 2 * HD_SNAPSHOT_CHUNK])
{
	size_t packed = ZSTD_compress(stored, 2 * HD_SNAPSHOT_CHUNK, raw, size, 1);
	HD_ASSERT(!ZSTD_isError(packed));
	return (uint32_t)packed;
}

static inline void
craft_chunk(struct crafted *file, const void *raw, uint32_t size)
{
	static uint8_t stored[2 * HD_SNAPSHOT_CHUNK];
	craft_stored(file, stored, craft_pack(raw, size, stored), size);
}

/* A chunk of one object of random bytes that leaves `left` bytes until a block ends. */
static inline void
craft_until(struct crafted *file, uint32_t left)
{
	static uint8_t raw[HD_SNAPSHOT_CHUNK], stored[2 * HD_SNAPSHOT_CHUNK];
	uint64_t seed = left + 1;
	for (uint32_t size = 1000; size < HD_SNAPSHOT_CHUNK - 3; size++) {
		struct hd_writer out = hd_writer_of(raw, sizeof raw);
		for (uint32_t i = 3; i < size + 3; i++)
			raw[i] = (uint8_t)hd_test_random(&seed);
		hd_write_varint(&out, size);
		memmove(out.at, raw + 3, size);
		uint32_t whole = (uint32_t)(out.at - raw) + size;
		uint32_t packed = craft_pack(raw, whole, stored);
		if ((file->used + HD_SNAPSHOT_MARK + packed + left) % HD_BLOCK != 0)
			continue;
		craft_stored(file, stored, packed, whole);
		file->end.objects++;
		return;
	}
	HD_UNREACHABLE();
}

static inline void
craft_end(struct crafted *file)
{
	hd_snapshot_put_end(file->seed, &file->end, file->bytes + file->used);
	file->used += HD_SNAPSHOT_END;
}

/* Its size in the folder: whole blocks. */
static inline uint32_t
craft_size(const struct crafted *file)
{
	return (file->used + HD_BLOCK - 1) / HD_BLOCK * HD_BLOCK;
}

/* Puts it there under this name, in place of what was. */
static inline void
craft_put(struct fake_io *disk, const struct crafted *file, const char *path)
{
	struct hd_io *io = &disk->io;
	(void)io->ops->file_remove(io, path);
	int at = io->ops->file_open(io, path, HD_IO_CREATE | HD_IO_WRITE);
	HD_ASSERT(at >= 0);
	int64_t put = io->ops->file_write(io, at, file->bytes, craft_size(file), 0);
	HD_ASSERT(put == craft_size(file));
}

static inline void
craft_set(struct crafted *file, uint32_t at, uint32_t value)
{
	memcpy(file->bytes + at, &value, sizeof value);
}

/* A head's own checksum again. */
static inline void
craft_sum_head(struct crafted *file)
{
	craft_set(file, HD_SNAPSHOT_HEAD - 4, hd_frame_crc(file->bytes, HD_SNAPSHOT_HEAD - 4));
}

#endif
