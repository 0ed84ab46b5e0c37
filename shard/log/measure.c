/* How much of a log there is to read, before it is read. */
#include <string.h>

#include "huntd/assert.h"
#include "shard/archive/pack.h"
#include "shard/log/frame.h"
#include "shard/log/segments.h"

/* How far before its end a full segment's last frame may begin: behind it the next one did not fit.
 * That much of a large segment is worth no more reads. */
#define ROUGHLY (2u * HD_FRAME_MAX)
#define LARGE   (4u * ROUGHLY)

struct measuring {
	struct hd_segments segments;
	uint8_t *buffer;             /* HD_FRAME_MAX */
	uint8_t uuid[HD_FRAME_HASH]; /* of the segment that is looked at */
};

/* Does a frame begin here that this release reads? */
static bool
is_frame(const uint8_t *block, struct hd_frame *frame)
{
	enum hd_frame_state state = hd_frame_read(hd_bytes_of(block, HD_BLOCK), frame);
	return state != HD_FRAME_NONE && state != HD_FRAME_NEWER;
}

/* Frames begin at most HD_FRAME_MAX apart. Behind the last one of this use that begins from
 * `offset` on, before `end`; 0: none does, so none does further on. */
static uint64_t
behind_frames(struct measuring *at, uint32_t row, uint64_t offset, uint64_t end)
{
	HD_ASSERT(offset < end && offset % HD_BLOCK == 0);
	uint64_t left = end - offset, behind = 0;
	uint32_t size = left < HD_FRAME_MAX ? (uint32_t)left : HD_FRAME_MAX;
	int64_t got = hd_segments_read(&at->segments, row, at->buffer, size, offset);
	for (int64_t i = 0; i + HD_BLOCK <= got; i += HD_BLOCK) {
		struct hd_frame frame;
		if (is_frame(at->buffer + i, &frame) &&
		    memcmp(frame.header.segment, at->uuid, HD_FRAME_HASH) == 0)
			behind = offset + (uint64_t)i + hd_frame_size(frame.header.length);
	}
	return behind;
}

/* Behind the first frame; 0: the segment is a spare one, it holds nothing of the log. */
static uint64_t
behind_first(struct measuring *at, uint32_t row)
{
	struct hd_frame frame;
	if (at->segments.rows[row].size < HD_BLOCK ||
	    hd_segments_read(&at->segments, row, at->buffer, HD_BLOCK, 0) < HD_BLOCK ||
	    !is_frame(at->buffer, &frame) ||
	    !hd_frame_begins(&frame.header, at->segments.rows[row].number))
		return 0;
	memcpy(at->uuid, frame.header.segment, HD_FRAME_HASH);
	return hd_frame_size(frame.header.length);
}

/* Up to where frames of this use of the file stand, to within `slack` bytes: they go on to `low` at
 * least, and none begins from `high` on. The end is asked first. */
static uint64_t
find_end(struct measuring *at, uint32_t row, uint64_t low, uint64_t slack)
{
	uint64_t size = at->segments.rows[row].size, high = size;
	uint64_t next = high > low + ROUGHLY ? high - ROUGHLY : low;
	while (low < high && high - low > slack) {
		uint64_t behind = behind_frames(at, row, next, high);
		HD_ASSERT(next >= low && next < high);
		if (behind > 0)
			low = behind;
		else
			high = next;
		next = low + (high > low ? (high - low) / 2 / HD_BLOCK * HD_BLOCK : 0);
	}
	return low < size ? low : size;
}

static uint64_t
measure_row(struct measuring *at, uint32_t row, bool last)
{
	struct hd_segments *all = &at->segments;
	char path[HD_SEGMENT_PATH];
	HD_ASSERT(row < all->count);
	if (all->rows[row].packed) {
		struct hd_pack_header header;
		hd_segments_path(all, row, path);
		bool good = hd_pack_look(all->io, path, all->rows[row].number, &header) == 0;
		return good ? header.size : 0;
	}
	uint64_t first = hd_segments_open(all, row) < 0 ? 0 : behind_first(at, row);
	bool exact = last || all->rows[row].size <= LARGE;
	return first ? find_end(at, row, first, exact ? 0 : ROUGHLY) : 0;
}

uint64_t
hd_log_measure(struct hd_io *io, struct hd_memory *memory, const char *directory, uint32_t from)
{
	struct measuring at = {0};
	uint64_t bytes = 0;
	if (hd_segments_init(&at.segments, io, memory, directory, true) == 0) {
		at.buffer = hd_memory_take(memory, HD_FRAME_MAX, HD_BLOCK);
		for (uint32_t i = at.segments.count; i-- > 0 && at.segments.rows[i].number >= from;)
			bytes += measure_row(&at, i, bytes == 0);
		hd_memory_give(memory, at.buffer, HD_FRAME_MAX);
	}
	hd_segments_fini(&at.segments);
	return bytes;
}
