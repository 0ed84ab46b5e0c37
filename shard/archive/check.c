#include "shard/archive/check.h"

#include <string.h>
#include <zstd.h>

#include "huntd/assert.h"
#include "shard/snapshot/format.h"

const char *
hd_check_text(enum hd_check_fault fault)
{
	static const char *const texts[] = {
#define X(name, text) text,
		HD_CHECK_FAULTS(X)
#undef X
	};
	HD_ASSERT(fault < sizeof texts / sizeof texts[0]);
	return texts[fault];
}

static bool
refuse(struct hd_check *check, enum hd_check_fault fault)
{
	HD_ASSERT(fault != HD_CHECK_NONE && check->fault == HD_CHECK_NONE);
	check->fault = (uint8_t)fault;
	return false;
}

/* Goes on behind `size` bytes. */
static void
pass_over(struct hd_check *check, struct hd_bytes *bytes, uint32_t size)
{
	HD_ASSERT(size <= bytes->size && bytes->size <= check->size - check->at);
	bytes->at += size;
	bytes->size -= size;
	check->at += size;
}

/* More is needed than `bytes`. */
static bool
wait_for_more(struct hd_check *check, struct hd_bytes bytes)
{
	HD_ASSERT(!check->done);
	if (check->at + bytes.size == check->size)
		return refuse(check, HD_CHECK_SHORT);
	return true;
}

/* Snapshots. */

static bool
take_snapshot_head(struct hd_check *check, struct hd_bytes *bytes)
{
	struct hd_snapshot_head head;
	if (hd_snapshot_get_head(bytes->at, &head, &check->seed) != HD_SNAPSHOT_GOOD)
		return refuse(check, HD_CHECK_HEAD);
	if (head.log != check->log || head.anchor.lsn != check->id)
		return refuse(check, HD_CHECK_OTHER);
	check->begun = true;
	pass_over(check, bytes, HD_SNAPSHOT_HEAD);
	return true;
}

static bool
take_snapshot_end(struct hd_check *check, struct hd_bytes *bytes)
{
	struct hd_snapshot_end end;
	if (!hd_snapshot_get_end(check->seed, bytes->at, &end))
		return refuse(check, HD_CHECK_PART);
	if (end.chunks != check->chunks || end.raw != check->raw)
		return refuse(check, HD_CHECK_END);
	check->ended = true;
	pass_over(check, bytes, HD_SNAPSHOT_END);
	if (check->size - check->at >= HD_BLOCK)
		return refuse(check, HD_CHECK_BEHIND);
	return true;
}

static bool
take_zeros(struct hd_check *check, struct hd_bytes bytes)
{
	for (uint32_t i = 0; i < bytes.size; i++, check->at++)
		if (bytes.at[i] != 0)
			return refuse(check, HD_CHECK_BEHIND);
	check->done = check->at == check->size;
	return true;
}

/* One chunk; false: `bytes` do not hold it whole, or a fault. */
static bool
take_chunk(struct hd_check *check, struct hd_bytes *bytes, const struct hd_snapshot_mark *mark)
{
	uint32_t size = HD_SNAPSHOT_MARK + mark->stored;
	if (bytes->size < size)
		return false;
	if (hd_snapshot_crc(check->seed, bytes->at, mark->stored) != mark->crc)
		return refuse(check, HD_CHECK_SUM);
	check->chunks++;
	check->raw += mark->raw;
	pass_over(check, bytes, size);
	return true;
}

static bool
take_snapshot(struct hd_check *check, struct hd_bytes bytes)
{
	static_assert(HD_SNAPSHOT_HEAD >= HD_SNAPSHOT_END && HD_SNAPSHOT_END >= HD_SNAPSHOT_MARK,
		      "what is enough for the one is enough for the others");
	struct hd_snapshot_mark mark;
	if (!check->begun && bytes.size < HD_SNAPSHOT_HEAD)
		return wait_for_more(check, bytes);
	if (!check->begun && !take_snapshot_head(check, &bytes))
		return false;
	while (!check->ended && bytes.size >= HD_SNAPSHOT_END) {
		if (!hd_snapshot_get_mark(bytes.at, check->chunks, &mark)) {
			if (!take_snapshot_end(check, &bytes))
				return false;
		} else if (!take_chunk(check, &bytes, &mark))
			return check->fault == HD_CHECK_NONE && wait_for_more(check, bytes);
	}
	return check->ended ? take_zeros(check, bytes) : wait_for_more(check, bytes);
}

/* Packed segments. */

static bool
take_pack_header(struct hd_check *check, struct hd_bytes *bytes)
{
	memcpy(&check->header, bytes->at, sizeof check->header);
	if (!hd_pack_header_good(&check->header, (uint32_t)check->id, check->size))
		return refuse(check, HD_CHECK_HEAD);
	check->zstd = ZSTD_createDCtx();
	HD_ASSERT(check->zstd != NULL);
	check->out = hd_memory_take(check->memory, HD_PACK_PIECE, HD_BLOCK);
	crypto_generichash_init(&check->hash, NULL, 0, HD_PACK_HASH);
	check->begun = true;
	pass_over(check, bytes, sizeof check->header);
	return true;
}

static bool
unpack(struct hd_check *check, struct hd_bytes bytes)
{
	for (ZSTD_inBuffer in = {bytes.at, bytes.size, 0};;) {
		ZSTD_outBuffer out = {check->out, HD_PACK_PIECE, 0};
		size_t before = in.pos;
		size_t left = check->whole ? 0 : ZSTD_decompressStream(check->zstd, &out, &in);
		check->raw += out.pos;
		if (ZSTD_isError(left) || check->raw > check->header.size)
			return refuse(check, HD_CHECK_STREAM);
		crypto_generichash_update(&check->hash, check->out, out.pos);
		check->whole = left == 0;
		if (in.pos == in.size && out.pos < out.size)
			return true;
		if (in.pos + out.pos == before)
			return refuse(check, HD_CHECK_STREAM);
	}
}

static bool
take_packed(struct hd_check *check, struct hd_bytes bytes)
{
	uint8_t hash[HD_PACK_HASH];
	if (!check->begun && bytes.size < sizeof check->header)
		return wait_for_more(check, bytes);
	if (!check->begun && !take_pack_header(check, &bytes))
		return false;
	for (uint32_t i = 0; i < bytes.size; i += HD_PACK_PIECE) {
		uint32_t left = (uint32_t)bytes.size - i;
		check->crc = hd_pack_crc(check->crc, bytes.at + i,
					 left < HD_PACK_PIECE ? left : HD_PACK_PIECE);
	}
	if (bytes.size > 0 && !unpack(check, bytes))
		return false;
	pass_over(check, &bytes, (uint32_t)bytes.size);
	if (check->at < check->size)
		return true;
	if (check->crc != check->header.packed_crc)
		return refuse(check, HD_CHECK_SUM);
	crypto_generichash_final(&check->hash, hash, sizeof hash);
	if (!check->whole || check->raw != check->header.size ||
	    memcmp(hash, check->header.hash, sizeof hash) != 0)
		return refuse(check, HD_CHECK_HASH);
	check->done = true;
	return true;
}

/* Segments. */

/* A segment's own first frame says where it begins: whether that is where the one before it ends
 * was seen when that one was checked. */
static void
begin_chain(struct hd_check *check, const struct hd_frame *frame)
{
	HD_ASSERT(check->at == 0 && !check->begun);
	check->chain =
		(struct hd_frame_chain){.log = check->log, .next_lsn = frame->header.first_lsn};
	memcpy(check->chain.previous, frame->header.previous, HD_FRAME_HASH);
	check->begun = true;
}

static bool
is_end(const struct hd_check *check)
{
	const struct hd_check_link *link = &check->link;
	return link->known && check->begun && link->first_lsn == check->chain.next_lsn &&
	       memcmp(link->previous, check->chain.previous, HD_FRAME_HASH) == 0;
}

/* Nothing goes on here: damage, unless it is unknown where the next segment does. */
static bool
take_gap(struct hd_check *check)
{
	if (!check->begun)
		return refuse(check, HD_CHECK_HEAD);
	if (check->link.known)
		return refuse(check, HD_CHECK_FRAME);
	check->done = true;
	return true;
}

static bool
take_segment(struct hd_check *check, struct hd_bytes bytes)
{
	struct hd_frame frame;
	for (;;) {
		check->done = is_end(check);
		if (check->done)
			return true;
		bool last = check->at + bytes.size == check->size;
		enum hd_frame_state state = hd_frame_read(bytes, &frame);
		if (!last && (bytes.size < HD_BLOCK || state == HD_FRAME_SHORT))
			return true;
		if (state != HD_FRAME_WHOLE)
			return take_gap(check);
		if (frame.header.log != check->log)
			return refuse(check, HD_CHECK_OTHER);
		if (check->at == 0)
			begin_chain(check, &frame);
		if (!hd_frame_continues(&check->chain, &frame, check->at == 0))
			return take_gap(check);
		hd_frame_chain_take(&check->chain, &frame);
		pass_over(check, &bytes, frame.size);
	}
}

bool
hd_check_take(struct hd_check *check, struct hd_bytes bytes)
{
	HD_ASSERT(!check->done && check->fault == HD_CHECK_NONE);
	HD_ASSERT(check->at + bytes.size <= check->size);
	HD_ASSERT(check->kind <= HD_CHECK_SEGMENT);
	if (check->kind == HD_CHECK_SNAPSHOT)
		return take_snapshot(check, bytes);
	return check->kind == HD_CHECK_PACKED ? take_packed(check, bytes)
					      : take_segment(check, bytes);
}

void
hd_check_fini(struct hd_check *check)
{
	if (check->zstd != NULL) {
		ZSTD_freeDCtx(check->zstd);
		hd_memory_give(check->memory, check->out, HD_PACK_PIECE);
	}
	check->zstd = NULL;
}
