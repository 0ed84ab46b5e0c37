#include "shard/log/frame.h"

#include <isa-l/crc.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "huntd/assert.h"

uint32_t
hd_frame_crc(const uint8_t *at, uint32_t size)
{
	HD_ASSERT(at != NULL);
	HD_ASSERT(size <= HD_FRAME_MAX);
	/* isa-l leaves the first and the last inversion to the caller, and does not write to the
	 * buffer though its prototype is not const. */
	return ~crc32_iscsi((unsigned char *)(uintptr_t)at, (int)size, ~0u);
}

void
hd_frame_hash(const struct hd_frame_header *header, uint8_t hash[static HD_FRAME_HASH])
{
	XXH128_canonical_t canonical;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits(header, sizeof *header));
	memcpy(hash, canonical.digest, HD_FRAME_HASH);
}

void
hd_frame_name_segment(const uint8_t previous[static HD_FRAME_HASH], uint32_t log, uint32_t number,
		      uint8_t segment[static HD_FRAME_HASH])
{
	HD_ASSERT(number > 0);
	struct {
		uint8_t previous[HD_FRAME_HASH];
		uint32_t log, number;
	} from = {.log = log, .number = number};
	static_assert(sizeof from == 24, "no padding is hashed");
	memcpy(from.previous, previous, HD_FRAME_HASH);
	XXH128_canonical_t canonical;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits(&from, sizeof from));
	memcpy(segment, canonical.digest, HD_FRAME_HASH);
}

bool
hd_frame_begins(const struct hd_frame_header *header, uint32_t number)
{
	HD_ASSERT(header->magic == HD_FRAME_MAGIC);
	uint8_t name[HD_FRAME_HASH];
	hd_frame_name_segment(header->previous, header->log, number, name);
	return memcmp(header->segment, name, HD_FRAME_HASH) == 0;
}

uint32_t
hd_frame_size(uint32_t length)
{
	HD_ASSERT(length <= HD_FRAME_MAX - HD_FRAME_HEADER);
	return (HD_FRAME_HEADER + length + HD_BLOCK - 1) / HD_BLOCK * HD_BLOCK;
}

uint32_t
hd_frame_seal(uint8_t *at, struct hd_frame_header *header)
{
	HD_ASSERT(header->seal < header->first_lsn);
	HD_ASSERT((header->events == 0) == (header->length == 0));
	uint32_t size = hd_frame_size(header->length);
	uint32_t used = HD_FRAME_HEADER + header->length;
	memset(at + used, 0, size - used);
	header->magic = HD_FRAME_MAGIC;
	header->format = HD_FRAME_FORMAT;
	header->body_crc = hd_frame_crc(at + HD_FRAME_HEADER, size - HD_FRAME_HEADER);
	header->header_crc =
		hd_frame_crc((const uint8_t *)header, offsetof(struct hd_frame_header, header_crc));
	memcpy(at, header, sizeof *header);
	return size;
}

static bool
header_good(const struct hd_frame_header *header)
{
	return header->magic == HD_FRAME_MAGIC &&
	       header->header_crc == hd_frame_crc((const uint8_t *)header,
						  offsetof(struct hd_frame_header, header_crc));
}

enum hd_frame_state
hd_frame_read(struct hd_bytes bytes, struct hd_frame *frame)
{
	if (bytes.size < HD_FRAME_HEADER)
		return HD_FRAME_NONE;
	memcpy(&frame->header, bytes.at, sizeof frame->header);
	const struct hd_frame_header *header = &frame->header;
	if (!header_good(header))
		return HD_FRAME_NONE;
	if (header->format != HD_FRAME_FORMAT)
		return HD_FRAME_NEWER;
	if (header->length > HD_FRAME_MAX - HD_FRAME_HEADER || header->seal >= header->first_lsn ||
	    header->first_lsn > UINT64_MAX - header->events)
		return HD_FRAME_NONE;
	frame->size = hd_frame_size(header->length);
	if (bytes.size < frame->size)
		return HD_FRAME_SHORT;
	const uint8_t *body = bytes.at + HD_FRAME_HEADER;
	frame->events = hd_bytes_of(body, header->length);
	uint32_t crc = hd_frame_crc(body, frame->size - HD_FRAME_HEADER);
	return crc == header->body_crc ? HD_FRAME_WHOLE : HD_FRAME_TORN;
}

bool
hd_frame_continues(const struct hd_frame_chain *chain, const struct hd_frame *frame, bool fresh)
{
	HD_ASSERT(chain->next_lsn >= 1);
	const struct hd_frame_header *header = &frame->header;
	if (header->log != chain->log || header->first_lsn != chain->next_lsn)
		return false;
	if (memcmp(header->previous, chain->previous, HD_FRAME_HASH) != 0)
		return false;
	return fresh ||
	       (chain->in_segment && memcmp(header->segment, chain->segment, HD_FRAME_HASH) == 0);
}

void
hd_frame_chain_take(struct hd_frame_chain *chain, const struct hd_frame *frame)
{
	HD_ASSERT(frame->header.first_lsn == chain->next_lsn);
	chain->in_segment = true;
	chain->next_lsn += frame->header.events;
	if (frame->header.seal > chain->seal)
		chain->seal = frame->header.seal;
	memcpy(chain->segment, frame->header.segment, HD_FRAME_HASH);
	hd_frame_hash(&frame->header, chain->previous);
}

bool
hd_frame_event(struct hd_reader *events, struct hd_log_event *event)
{
	HD_ASSERT(!events->bad);
	uint32_t size = (uint32_t)hd_read_bounded(events, HD_EVENT_MAX);
	uint8_t type = hd_read_u8(events);
	uint64_t delta = hd_read_bounded(events, INT64_MAX);
	struct hd_bytes body = hd_read_fixed(events, size);
	if (events->bad || (int64_t)delta > INT64_MAX - event->stamp)
		return false;
	event->lsn++;
	event->stamp += (int64_t)delta;
	event->type = type;
	event->body = body;
	return true;
}

bool
hd_frame_zero(const uint8_t *at, uint32_t size)
{
	HD_ASSERT(size % 8 == 0);
	uint64_t any = 0;
	for (uint32_t i = 0; i < size; i += 8) {
		uint64_t word;
		memcpy(&word, at + i, 8);
		any |= word;
	}
	return any == 0;
}
