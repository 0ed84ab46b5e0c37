#include "shard/snapshot/format.h"

#include <isa-l/crc.h>
#include <stddef.h>
#include <string.h>

#include "huntd/assert.h"

#define MARK_MAGIC 0x4b484348u /* HCHK */
#define END_MAGIC  0x444e4548u /* HEND */

static const char head_magic[8] = "HUNTSNAP";

/* As they stand in the file: little-endian, without gaps. */
struct head_bytes {
	char magic[8];
	uint32_t format, log;
	uint64_t lsn;
	int64_t stamp;
	uint64_t first_lsn;
	uint32_t number, chunk;
	uint8_t previous[16];
	int64_t ids_max, ids_age_ns;
	uint32_t zero, crc;
};

struct mark_bytes {
	uint32_t magic, index, raw, stored, crc;
};

struct end_bytes {
	uint32_t magic, chunks;
	uint64_t objects, raw;
	uint8_t digest[16];
	uint32_t zero, crc;
};

static_assert(sizeof(struct head_bytes) == HD_SNAPSHOT_HEAD, "the head has no gaps");
static_assert(sizeof(struct mark_bytes) == HD_SNAPSHOT_MARK, "a mark has no gaps");
static_assert(sizeof(struct end_bytes) == HD_SNAPSHOT_END, "the end has no gaps");

/* isa-l leaves the inversions to the caller and does not write, though its prototype is not const.
 */
static uint32_t
crc(uint32_t seed, const void *at, size_t size)
{
	return ~crc32_iscsi((unsigned char *)(uintptr_t)at, (int)size, ~seed);
}

uint32_t
hd_snapshot_put_head(const struct hd_snapshot_head *head, uint8_t out[static HD_SNAPSHOT_HEAD])
{
	HD_ASSERT(head->anchor.lsn > 0 && head->anchor.number > 0);
	struct head_bytes bytes = {.format = HD_SNAPSHOT_FORMAT,
				   .log = head->log,
				   .lsn = head->anchor.lsn,
				   .stamp = head->anchor.stamp,
				   .first_lsn = head->anchor.first_lsn,
				   .number = head->anchor.number,
				   .chunk = HD_SNAPSHOT_CHUNK,
				   .ids_max = head->ids_max,
				   .ids_age_ns = head->ids_age_ns};
	memcpy(bytes.magic, head_magic, sizeof bytes.magic);
	memcpy(bytes.previous, head->anchor.previous, sizeof bytes.previous);
	bytes.crc = crc(0, &bytes, offsetof(struct head_bytes, crc));
	memcpy(out, &bytes, sizeof bytes);
	return bytes.crc;
}

enum hd_snapshot_part
hd_snapshot_get_head(const uint8_t at[static HD_SNAPSHOT_HEAD], struct hd_snapshot_head *head,
		     uint32_t *seed)
{
	struct head_bytes bytes;
	memcpy(&bytes, at, sizeof bytes);
	if (memcmp(bytes.magic, head_magic, sizeof bytes.magic) != 0 ||
	    bytes.crc != crc(0, &bytes, offsetof(struct head_bytes, crc)))
		return HD_SNAPSHOT_DAMAGED;
	if (bytes.format != HD_SNAPSHOT_FORMAT || bytes.chunk != HD_SNAPSHOT_CHUNK)
		return HD_SNAPSHOT_NEWER;
	*head = (struct hd_snapshot_head){.log = bytes.log,
					  .anchor = {.lsn = bytes.lsn,
						     .stamp = bytes.stamp,
						     .first_lsn = bytes.first_lsn,
						     .number = bytes.number},
					  .ids_max = bytes.ids_max,
					  .ids_age_ns = bytes.ids_age_ns};
	memcpy(head->anchor.previous, bytes.previous, sizeof bytes.previous);
	*seed = bytes.crc;
	return HD_SNAPSHOT_GOOD;
}

void
hd_snapshot_put_mark(uint32_t seed, uint32_t index, uint32_t raw, const uint8_t *stored,
		     uint32_t size, uint8_t out[static HD_SNAPSHOT_MARK])
{
	HD_ASSERT(raw > 0 && raw <= HD_SNAPSHOT_CHUNK);
	HD_ASSERT(size > 0);
	struct mark_bytes bytes = {.magic = MARK_MAGIC, .index = index, .raw = raw, .stored = size};
	uint32_t first = crc(seed, &bytes, offsetof(struct mark_bytes, crc));
	bytes.crc = crc(first, stored, size);
	memcpy(out, &bytes, sizeof bytes);
}

bool
hd_snapshot_get_mark(const uint8_t at[static HD_SNAPSHOT_MARK], uint32_t index,
		     struct hd_snapshot_mark *mark)
{
	struct mark_bytes bytes;
	memcpy(&bytes, at, sizeof bytes);
	*mark = (struct hd_snapshot_mark){bytes.raw, bytes.stored, bytes.crc};
	return bytes.magic == MARK_MAGIC && bytes.index == index && bytes.raw > 0 &&
	       bytes.raw <= HD_SNAPSHOT_CHUNK && bytes.stored > 0 &&
	       bytes.stored <= 2 * HD_SNAPSHOT_CHUNK;
}

uint32_t
hd_snapshot_crc(uint32_t seed, const uint8_t at[static HD_SNAPSHOT_MARK], uint32_t size)
{
	HD_ASSERT(size <= 2 * HD_SNAPSHOT_CHUNK);
	uint32_t first = crc(seed, at, offsetof(struct mark_bytes, crc));
	return crc(first, at + HD_SNAPSHOT_MARK, size);
}

void
hd_snapshot_put_end(uint32_t seed, const struct hd_snapshot_end *end,
		    uint8_t out[static HD_SNAPSHOT_END])
{
	struct end_bytes bytes = {.magic = END_MAGIC,
				  .chunks = end->chunks,
				  .objects = end->objects,
				  .raw = end->raw};
	memcpy(bytes.digest, end->digest, sizeof bytes.digest);
	bytes.crc = crc(seed, &bytes, offsetof(struct end_bytes, crc));
	memcpy(out, &bytes, sizeof bytes);
}

bool
hd_snapshot_get_end(uint32_t seed, const uint8_t at[static HD_SNAPSHOT_END],
		    struct hd_snapshot_end *end)
{
	struct end_bytes bytes;
	memcpy(&bytes, at, sizeof bytes);
	*end = (struct hd_snapshot_end){
		.chunks = bytes.chunks, .objects = bytes.objects, .raw = bytes.raw};
	memcpy(end->digest, bytes.digest, sizeof end->digest);
	return bytes.magic == END_MAGIC &&
	       bytes.crc == crc(seed, &bytes, offsetof(struct end_bytes, crc));
}
