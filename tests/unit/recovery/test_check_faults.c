/* Packed segments, and the check of all three kinds of file: every checksum right and something
 * else wrong, given in pieces of every size. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shard/archive/check.h"
#include "tests/unit/recovery/crafted.h"

#define NAME   "data/shard-00/archive/00000007.log.zst"
#define NUMBER 7u
#define LSN    12u
#define BYTES  (2u * HD_MIB)

static struct crafted file;
static struct hd_memory memory;

/* Checks so many bytes, `step` more of them each time; HD_CHECK_NONE: it is whole. */
static enum hd_check_fault
check_bytes(struct hd_check check, const uint8_t *bytes, uint32_t size, uint32_t step)
{
	memory = hd_test_memory();
	check.memory = &memory;
	check.size = size;
	bool good = true;
	for (uint32_t end = 0; good && !check.done;) {
		assert_true(end < size || size == 0);
		end = end + step < size ? end + step : size;
		good = hd_check_take(&check, hd_bytes_of(bytes + check.at, end - check.at));
	}
	hd_check_fini(&check);
	assert_int_equal(memory.used, 0);
	assert_int_equal(good, check.fault == HD_CHECK_NONE);
	return check.fault;
}

static void
it_is(struct hd_check check, const uint8_t *bytes, uint32_t size, enum hd_check_fault fault)
{
	static const uint32_t steps[] = {40, 80, 5000, 300000, UINT32_MAX / 2};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		enum hd_check_fault is = check_bytes(check, bytes, size, steps[i]);
		if (is != fault)
			fail_msg("in steps of %u: %s; not: %s", steps[i], hd_check_text(is),
				 hd_check_text(fault));
	}
}

/* Snapshots. */

static void
snapshot_is(enum hd_check_fault fault)
{
	it_is((struct hd_check){.kind = HD_CHECK_SNAPSHOT, .id = LSN}, file.bytes,
	      craft_size(&file), fault);
}

static void
craft(uint32_t log, uint64_t lsn)
{
	craft_head(&file, log, lsn);
	craft_chunk(&file, "\1a\1b", 4);
	file.end.objects = 2;
}

static void
a_snapshot_is_checked(void **state)
{
	(void)state;
	craft(0, LSN);
	craft_end(&file);
	snapshot_is(HD_CHECK_NONE);
	file.bytes[file.used++] = 1;
	snapshot_is(HD_CHECK_BEHIND);
	file.used = HD_BLOCK + 1;
	snapshot_is(HD_CHECK_BEHIND);
	craft(1, LSN);
	snapshot_is(HD_CHECK_OTHER);
	craft(0, LSN + 1);
	snapshot_is(HD_CHECK_OTHER);
	craft(0, LSN);
	file.bytes[20] ^= 1;
	snapshot_is(HD_CHECK_HEAD);
	craft(0, LSN);
	snapshot_is(HD_CHECK_PART); /* no end */
	craft(0, LSN);
	file.end.chunks++;
	craft_end(&file);
	snapshot_is(HD_CHECK_END);
	craft(0, LSN);
	file.end.raw++;
	craft_end(&file);
	snapshot_is(HD_CHECK_END);
	craft(0, LSN);
	file.bytes[HD_SNAPSHOT_HEAD + HD_SNAPSHOT_MARK] ^= 1;
	snapshot_is(HD_CHECK_SUM);
	/* Its last block ends before its end does. */
	static const uint32_t left[] = {0, HD_SNAPSHOT_END - 1};
	for (uint32_t i = 0; i < 2; i++) {
		craft_head(&file, 0, LSN);
		craft_until(&file, left[i]);
		snapshot_is(HD_CHECK_SHORT);
	}
	craft(0, LSN);
	it_is((struct hd_check){.kind = HD_CHECK_SNAPSHOT, .id = LSN}, file.bytes, 60,
	      HD_CHECK_SHORT);
	/* A chunk that is said to go on behind the file. */
	craft_set(&file, HD_SNAPSHOT_HEAD + 12, HD_SNAPSHOT_CHUNK);
	snapshot_is(HD_CHECK_SHORT);
}

/* Packed segments. */

static uint8_t packed[BYTES];
static uint32_t packed_size;

/* Random bytes, as many letters, zeros, and a last block that is none. */
static const uint8_t *
segment_bytes(void)
{
	static uint8_t bytes[BYTES];
	uint64_t seed = 1;
	memset(bytes, 0, sizeof bytes);
	for (uint32_t i = 0; i < BYTES / 4; i++)
		bytes[i] = (uint8_t)hd_test_random(&seed);
	memset(bytes + BYTES / 4, 'a', BYTES / 4);
	bytes[BYTES - 1] = 1;
	return bytes;
}

static int
pack(struct fake_io *disk)
{
	struct hd_packer packer;
	const uint8_t *bytes = segment_bytes();
	memory = hd_test_memory();
	int error = hd_packer_begin(&packer, &disk->io, &memory, NAME, NUMBER);
	if (error < 0)
		return error;
	for (uint32_t at = 0; at < BYTES && error == 0; at += HD_PACK_PIECE)
		error = hd_packer_take(&packer, bytes + at, HD_PACK_PIECE);
	if (error == 0)
		error = hd_packer_end(&packer);
	hd_packer_fini(&packer);
	assert_int_equal(memory.used, 0);
	return error;
}

/* The packed file's bytes, fresh. */
static struct hd_pack_header
packed_bytes(void)
{
	struct fake_io disk;
	struct hd_pack_header header;
	fake_io_init(&disk);
	assert_int_equal(pack(&disk), 0);
	const struct fake_file *at = fake_io_find(&disk, NAME);
	packed_size = (uint32_t)at->size;
	assert_in_range(packed_size, HD_PACK_PIECE, BYTES - 100);
	memcpy(packed, at->cache, packed_size);
	memcpy(&header, packed, sizeof header);
	fake_io_fini(&disk);
	return header;
}

/* Puts the header back with its checksum, and that of the stream where it is `whole`. */
static void
put_header(struct hd_pack_header header, bool whole)
{
	uint32_t crc = 0;
	for (uint32_t at = sizeof header; at < packed_size; at += HD_PACK_PIECE) {
		uint32_t left = packed_size - at;
		crc = hd_pack_crc(crc, packed + at, left < HD_PACK_PIECE ? left : HD_PACK_PIECE);
	}
	header.packed_crc = whole ? crc : header.packed_crc;
	header.header_crc = hd_pack_crc(0, &header, offsetof(struct hd_pack_header, header_crc));
	memcpy(packed, &header, sizeof header);
}

/* What the check finds; and whoever reads it does not get it. */
static void
packed_is(enum hd_check_fault fault)
{
	struct fake_io disk;
	struct hd_pack_header header;
	uint8_t *bytes = NULL;
	it_is((struct hd_check){.kind = HD_CHECK_PACKED, .id = NUMBER}, packed, packed_size, fault);
	fake_io_init(&disk);
	memory = hd_test_memory();
	int at = disk.io.ops->file_open(&disk.io, NAME, HD_IO_CREATE | HD_IO_WRITE);
	disk.io.ops->file_write(&disk.io, at, packed, packed_size, 0);
	int error = hd_pack_read(&disk.io, &memory, NAME, NUMBER, &header, &bytes);
	assert_int_equal(error, fault == HD_CHECK_NONE ? 0 : -EBADMSG);
	if (error == 0) {
		assert_memory_equal(bytes, segment_bytes(), BYTES);
		hd_pack_give(&memory, bytes, header.size);
	}
	assert_int_equal(memory.used, 0);
	fake_io_fini(&disk);
}

static void
a_packed_segments_header_is_checked(void **state)
{
	(void)state;
	struct hd_pack_header good = packed_bytes();
	packed_is(HD_CHECK_NONE);
	for (uint32_t i = 0; i < 7; i++) {
		struct hd_pack_header header = good;
		header.magic += i == 0;
		header.format += i == 1;
		header.number += i == 2;
		header.size += i == 3 ? 1 : i == 4 ? HD_PACK_MAX : 0;
		header.packed += i == 5;
		put_header(header, true);
		packed[75] ^= i == 6; /* in a checksum */
		packed_is(HD_CHECK_HEAD);
	}
	packed_size = 60;
	packed_is(HD_CHECK_SHORT);
}

static void
a_packed_segments_stream_is_checked(void **state)
{
	(void)state;
	struct hd_pack_header header = packed_bytes();
	header.packed_crc ^= 1;
	put_header(header, false);
	packed_is(HD_CHECK_SUM);
	header = packed_bytes();
	packed[sizeof header] ^= 1; /* in its magic */
	put_header(header, true);
	packed_is(HD_CHECK_STREAM);
	/* More comes out than the header says, or less. */
	header = packed_bytes();
	header.size -= HD_BLOCK;
	put_header(header, true);
	packed_is(HD_CHECK_STREAM);
	header.size += 2 * HD_BLOCK;
	put_header(header, true);
	packed_is(HD_CHECK_HASH);
	/* Bytes behind the stream's end, and a stream without one. */
	header = packed_bytes();
	memset(packed + packed_size, 1, 100);
	packed_size += 100;
	header.packed += 100;
	put_header(header, true);
	packed_is(HD_CHECK_STREAM);
	header = packed_bytes();
	packed_size -= 1;
	header.packed -= 1;
	put_header(header, true);
	packed_is(HD_CHECK_HASH);
	/* All is as it should be, but it is something else. */
	header = packed_bytes();
	header.hash[5] ^= 1;
	put_header(header, true);
	packed_is(HD_CHECK_HASH);
}

/* Every call of the packer, and of its reader, fails once, or does half of it. */
static void
every_call_of_packing_may_fail(void **state)
{
	(void)state;
	static const int errors[] = {-EIO, -ENOSPC, -EINTR};
	uint32_t failed = 0;
	for (uint64_t n = 1; n == failed + 1; n++) {
		struct fake_io disk;
		fake_io_init(&disk);
		disk.fail_at = n;
		disk.fail_error = -errors[n % 3];
		int error = pack(&disk);
		failed += error != 0;
		assert_true(error == 0 || error == errors[n % 3]);
		fake_io_fini(&disk);
	}
	assert_in_range(failed, 5, 100);
	static const int results[] = {0, 1, 5000};
	for (uint32_t i = 0; i < 3; i++) {
		struct fake_io disk;
		fake_io_init(&disk);
		disk.rule = (struct fake_rule){FAKE_CALL_WRITE, NULL, 0, 3, results[i]};
		assert_int_equal(pack(&disk), i == 0 ? -EIO : 0);
		fake_io_fini(&disk);
	}
}

static void
every_call_of_unpacking_may_fail(void **state)
{
	(void)state;
	struct fake_io disk;
	fake_io_init(&disk);
	assert_int_equal(pack(&disk), 0);
	uint32_t failed = 0;
	for (uint64_t n = 1; n == failed + 1; n++) {
		struct hd_pack_header header;
		uint8_t *bytes;
		disk.operations = 0;
		disk.fail_at = n;
		int error = hd_pack_read(&disk.io, &memory, NAME, NUMBER, &header, &bytes);
		failed += error != 0;
		assert_true(error == 0 || error == -EIO);
		if (error == 0)
			hd_pack_give(&memory, bytes, header.size);
		assert_int_equal(memory.used, 0);
		disk.operations = 0;
		if (error != 0 && n < 4)
			assert_int_equal(hd_pack_look(&disk.io, NAME, NUMBER, &header), -EIO);
	}
	assert_in_range(failed, 5, 100);
	fake_io_fini(&disk);
}

/* Its buffer is nearly full, so that it must be written while the zeros between two blocks are
 * packed, or at the very end. */
static void
a_disk_that_is_full_within_a_gap(void **state)
{
	(void)state;
	for (int at_end = 0; at_end < 2; at_end++) {
		struct fake_io disk;
		struct hd_packer packer;
		static uint8_t bytes[HD_PACK_PIECE];
		uint64_t seed = 9;
		fake_io_init(&disk);
		memory = hd_test_memory();
		assert_int_equal(hd_packer_begin(&packer, &disk.io, &memory, NAME, NUMBER), 0);
		memset(bytes, 0, sizeof bytes);
		for (uint32_t i = 0; i < 31 * HD_BLOCK; i++)
			bytes[i] = (uint8_t)hd_test_random(&seed);
		bytes[sizeof bytes - 1] = 1;
		packer.out_used = HD_PACK_PIECE - 1;
		disk.rule = (struct fake_rule){FAKE_CALL_WRITE, NULL, 0, 1, -ENOSPC};
		if (at_end) {
			assert_int_equal(hd_packer_take(&packer, bytes, HD_BLOCK), 0);
			assert_int_equal(hd_packer_end(&packer), -ENOSPC);
		} else {
			assert_int_equal(hd_packer_take(&packer, bytes, sizeof bytes), -ENOSPC);
			assert_true(packer.zeros > 0);
		}
		hd_packer_fini(&packer);
		hd_packer_fini(&packer); /* a second one does nothing */
		assert_int_equal(memory.used, 0);
		fake_io_fini(&disk);
	}
}

/* Segments. */

static uint8_t segment[4 * HD_BLOCK];

/* An empty frame of this log in the n-th block, behind `previous`. */
static void
put_frame(uint32_t n, uint32_t log, uint64_t lsn, const uint8_t previous[static HD_FRAME_HASH],
	  uint8_t hash[static HD_FRAME_HASH])
{
	struct hd_frame_header header = {.log = log, .first_lsn = lsn};
	uint8_t zeros[HD_FRAME_HASH] = {0};
	memcpy(header.previous, previous, HD_FRAME_HASH);
	hd_frame_name_segment(zeros, 0, NUMBER, header.segment);
	hd_frame_seal(segment + n * HD_BLOCK, &header);
	hd_frame_hash(&header, hash);
}

static void
segment_is(bool known, uint64_t first_lsn, const uint8_t hash[static HD_FRAME_HASH],
	   enum hd_check_fault fault)
{
	struct hd_check check = {.kind = HD_CHECK_SEGMENT,
				 .id = NUMBER,
				 .link = {.known = known, .first_lsn = first_lsn}};
	memcpy(check.link.previous, hash, HD_FRAME_HASH);
	it_is(check, segment, sizeof segment, fault);
}

static void
a_segment_is_checked(void **state)
{
	(void)state;
	uint8_t origin[HD_FRAME_HASH] = {0}, first[HD_FRAME_HASH], last[HD_FRAME_HASH];
	memset(segment, 0, sizeof segment);
	segment_is(false, 0, origin, HD_CHECK_HEAD);
	put_frame(0, 0, 1, origin, first);
	put_frame(1, 0, 1, first, last);
	segment_is(true, 1, last, HD_CHECK_NONE);
	segment_is(false, 0, origin, HD_CHECK_NONE);
	/* The next one goes on from a frame that is not there. */
	segment_is(true, 1, origin, HD_CHECK_FRAME);
	segment_is(true, 2, last, HD_CHECK_FRAME);
	uint8_t stranger[HD_FRAME_HASH] = {1};
	put_frame(1, 0, 1, stranger, last);
	segment_is(true, 1, last, HD_CHECK_FRAME);
	segment_is(false, 0, origin, HD_CHECK_NONE);
	put_frame(1, 5, 1, first, last);
	segment_is(true, 1, last, HD_CHECK_OTHER);
	/* In its last block a frame that is longer than the file. */
	struct hd_frame_header header = {.first_lsn = 1, .events = 1, .length = 2 * HD_BLOCK};
	static uint8_t bytes[4 * HD_BLOCK];
	hd_frame_seal(bytes, &header);
	memcpy(segment + 3 * HD_BLOCK, bytes, HD_BLOCK);
	put_frame(1, 0, 1, first, last);
	put_frame(2, 0, 1, last, first);
	segment_is(true, 9, last, HD_CHECK_FRAME);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_is_checked),
		cmocka_unit_test(a_packed_segments_header_is_checked),
		cmocka_unit_test(a_packed_segments_stream_is_checked),
		cmocka_unit_test(every_call_of_packing_may_fail),
		cmocka_unit_test(every_call_of_unpacking_may_fail),
		cmocka_unit_test(a_disk_that_is_full_within_a_gap),
		cmocka_unit_test(a_segment_is_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
