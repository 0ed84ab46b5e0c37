/* frame.h - the log's format: what one flush writes.
 *
 * A frame is a header, events, and zeros up to the end of its last 4 KiB block. It starts on a
 * fresh block and stays inside its segment. Frames form a chain: each header holds the hash of the
 * header before it, across segments. The chain finds what a checksum cannot: a write that was lost,
 * that went elsewhere, or that is left over from an earlier use of the block.
 *
 *   header 104 B: magic, format, log, segment uuid, owner epoch, first LSN, first stamp, events,
 *                 length, seal, hash of the previous header, flags, CRC32C of the rest of the frame
 *                 to the end of its last block, CRC32C of the header before this field
 *   event:        {length of the body, type, stamp delta, body}; length and delta are varints, and
 *                 the delta counts from the event before (the first one's from `first_stamp`)
 *
 * `seal`: every LSN up to it was flushed when this frame was written. So a missing LSN at or below
 * a seal is damage, whatever happened since; above it, it was never acknowledged.
 *
 * Pure functions over bytes. Integers are little-endian, as the machine's. */
#ifndef HUNTD_SHARD_LOG_FRAME_H
#define HUNTD_SHARD_LOG_FRAME_H

#include "huntd/bytes.h"
#include "huntd/limits.h"
#include "huntd/log.h"

#define HD_FRAME_MAGIC  0x31474f4c544e5548u /* "HUNTLOG1" */
#define HD_FRAME_FORMAT 1u
#define HD_FRAME_HASH   16u

enum hd_frame_flag {
	HD_FRAME_CLOSED =
		1 << 0, /* its writer ended after it: nothing of that writer is in flight */
};

struct hd_frame_header {
	uint64_t magic;
	uint32_t format;
	uint32_t log; /* the shard's number */
	uint8_t segment[HD_FRAME_HASH];
	uint64_t epoch;
	uint64_t first_lsn; /* of an empty frame: of the event that comes next */
	int64_t first_stamp;
	uint32_t events;
	uint32_t length; /* bytes of all events */
	uint64_t seal;
	uint8_t previous[HD_FRAME_HASH]; /* zeros in a log's first frame */
	uint32_t flags;
	uint32_t reserved;
	uint32_t body_crc;
	uint32_t header_crc;
};

#define HD_FRAME_HEADER ((uint32_t)sizeof(struct hd_frame_header))

/* The most that length, type and stamp delta of one event take. */
#define HD_FRAME_EVENT_HEAD (3u + 1u + 10u)

static_assert(sizeof(struct hd_frame_header) == 104, "the header has no padding");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format is the memory's order");
static_assert(HD_EVENT_MAX + sizeof(struct hd_frame_header) + HD_FRAME_EVENT_HEAD <= HD_FRAME_MAX,
	      "the largest event fits one frame");

/* A frame read back; `events` borrows from the bytes it was read from. */
struct hd_frame {
	struct hd_frame_header header;
	struct hd_bytes events;
	uint32_t size; /* whole blocks */
};

enum hd_frame_state {
	HD_FRAME_WHOLE,
	HD_FRAME_NONE,  /* no header, or a torn one */
	HD_FRAME_TORN,  /* a good header, but the rest is not what it was */
	HD_FRAME_SHORT, /* a good header; fewer bytes were given than the frame is long */
	HD_FRAME_NEWER, /* a good header of a format that this release does not know */
};

/* CRC32C (Castagnoli), as in RFC 3720: "123456789" gives 0xe3069283. */
uint32_t hd_frame_crc(const uint8_t *at, uint32_t size);

/* XXH3-128 of the header as it is stored. */
void hd_frame_hash(const struct hd_frame_header *header, uint8_t hash[static HD_FRAME_HASH]);

/* The uuid of segment `number` of log `log`, from the chain it goes on from: no other use of the
 * file had it, for each has its own number, and whoever knows where a chain ends knows the name of
 * the segment behind it, though its first frame be lost. */
void hd_frame_name_segment(const uint8_t previous[static HD_FRAME_HASH], uint32_t log,
			   uint32_t number, uint8_t segment[static HD_FRAME_HASH]);

/* Is this header, which stands at the start of segment `number`'s file, of that segment's use of
 * the file, or left from an earlier one? */
bool hd_frame_begins(const struct hd_frame_header *header, uint32_t number);

/* Whole blocks for a frame with `length` bytes of events. */
uint32_t hd_frame_size(uint32_t length);

/* Writes `header` (its magic, format and checksums are filled in here) before the `header->length`
 * bytes of events that stand at `at + HD_FRAME_HEADER`, and zeros behind them. Returns the frame's
 * size. `at` has room for HD_FRAME_MAX. */
uint32_t hd_frame_seal(uint8_t *at, struct hd_frame_header *header);

/* What stands at the start of `bytes`. The frame is filled in for WHOLE; its header for all others
 * but NONE. */
enum hd_frame_state hd_frame_read(struct hd_bytes bytes, struct hd_frame *frame);

/* Where a reader stands in the chain. Zeroed but for `log` and `next_lsn` = 1: before the first
 * frame. */
struct hd_frame_chain {
	uint32_t log;
	bool in_segment; /* `segment` is known: a frame of this segment was taken */
	uint64_t next_lsn;
	uint64_t seal;
	int64_t stamp; /* of the last event */
	uint8_t segment[HD_FRAME_HASH];
	uint8_t previous[HD_FRAME_HASH];
};

/* Is `frame` the one that follows? `fresh`: it stands at the start of a segment. */
bool hd_frame_continues(const struct hd_frame_chain *chain, const struct hd_frame *frame,
			bool fresh);

/* Takes it. */
void hd_frame_chain_take(struct hd_frame_chain *chain, const struct hd_frame *frame);

/* The next event of a frame's events, where `event` is the one before it (before the first:
 * LSN first_lsn - 1, stamp first_stamp). False: the bytes are no event. */
bool hd_frame_event(struct hd_reader *events, struct hd_log_event *event);

/* Are these bytes all zero? `size` is a multiple of 8. */
bool hd_frame_zero(const uint8_t *at, uint32_t size);

#endif
