/* Snapshots' files with every checksum right and something else wrong, and a writer whose disk does
 * what it may: what is no snapshot is named as what it is. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shard/snapshot/reader.h"
#include "shard/snapshot/writer.h"
#include "tests/unit/recovery/crafted.h"

#define FOLDER "data/shard-00"
#define NAME   FOLDER "/snapshot-00000000000000000012.hds"
#define LSN    12u
/* Where these stand in a head and in the first mark. */
#define AT_FORMAT 8u
#define AT_CHUNK  44u
#define AT_RAW    (HD_SNAPSHOT_HEAD + 8u)
#define AT_STORED (HD_SNAPSHOT_HEAD + 12u)

static const uint8_t three_objects[] = {1, 'a', 2, 'b', 'c', 0};

static struct crafted file;

static bool
count_object(void *context, struct hd_bytes object)
{
	uint32_t *objects = context;
	++*objects;
	return object.size != 1 || object.at[0] != 'x';
}

/* Reads it; NULL: it is whole. */
static const char *
fault_of(uint64_t *offset)
{
	struct fake_io disk;
	struct hd_memory memory = hd_test_memory();
	uint32_t objects = 0;
	fake_io_init(&disk);
	craft_put(&disk, &file, NAME);
	struct hd_snapshot_reader reader = {.io = &disk.io,
					    .memory = &memory,
					    .path = NAME,
					    .context = &objects,
					    .each = count_object};
	bool good = hd_snapshot_read(&reader);
	assert_int_equal(good, reader.what == NULL);
	assert_int_equal(memory.used, 0);
	fake_io_fini(&disk);
	*offset = reader.offset;
	return reader.what;
}

static void
it_says(const char *what)
{
	uint64_t offset;
	const char *fault = fault_of(&offset);
	if (what == NULL)
		assert_null(fault);
	else if (fault == NULL || strstr(fault, what) == NULL)
		fail_msg("%s instead of: %s", fault ? fault : "nothing", what);
}

/* With three objects in one chunk. */
static void
craft_small(void)
{
	craft_head(&file, 0, LSN);
	craft_chunk(&file, three_objects, sizeof three_objects);
	file.end.objects = 3;
}

static void
what_is_crafted_well_is_whole(void **state)
{
	(void)state;
	craft_small();
	craft_end(&file);
	it_says(NULL);
}

static void
a_head_of_a_newer_release(void **state)
{
	(void)state;
	static const uint32_t at[] = {AT_FORMAT, AT_CHUNK};
	for (uint32_t i = 0; i < 2; i++) {
		craft_small();
		craft_end(&file);
		craft_set(&file, at[i], 99);
		craft_sum_head(&file);
		it_says("written by a newer release");
	}
	craft_set(&file, 0, 99);
	craft_sum_head(&file);
	it_says("its head is not one");
}

static void
a_mark_of_impossible_sizes(void **state)
{
	(void)state;
	static const struct {
		uint32_t at, value;
	} marks[] = {{AT_RAW, 0},
		     {AT_RAW, HD_SNAPSHOT_CHUNK + 1},
		     {AT_STORED, 0},
		     {AT_STORED, 2 * HD_SNAPSHOT_CHUNK + 1}};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		craft_small();
		craft_end(&file);
		craft_set(&file, marks[i].at, marks[i].value);
		it_says("neither a chunk nor the end");
	}
}

static void
a_chunk_that_does_not_unpack(void **state)
{
	(void)state;
	uint8_t stored[2 * HD_SNAPSHOT_CHUNK];
	uint32_t size = craft_pack(three_objects, sizeof three_objects, stored);
	craft_head(&file, 0, LSN);
	craft_stored(&file, (const uint8_t *)"no zstd", 7, 6);
	it_says("cannot be decompressed");
	craft_head(&file, 0, LSN);
	craft_stored(&file, stored, size, sizeof three_objects + 1);
	it_says("cannot be decompressed");
}

static void
objects_that_are_none(void **state)
{
	(void)state;
	static uint8_t raw[HD_SNAPSHOT_CHUNK];
	craft_head(&file, 0, LSN);
	craft_chunk(&file, "\1x", 2);
	it_says("cannot be loaded");
	/* One that never ends. */
	craft_head(&file, 0, LSN);
	memset(raw, 0xff, sizeof raw);
	while (file.end.raw <= HD_OBJECT_MAX + 16)
		craft_chunk(&file, raw, sizeof raw);
	craft_end(&file);
	it_says("an object that is too long");
}

static void
an_end_of_other_chunks(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		craft_small();
		file.end.chunks += i == 0;
		file.end.raw += i == 1;
		file.end.objects += i == 2;
		if (i == 3)
			craft_chunk(&file, "\7half", 5);
		craft_end(&file);
		it_says("its end is not that of its chunks");
	}
}

/* The file's last block has room for less than what must follow. */
static void
a_file_without_its_end(void **state)
{
	(void)state;
	static const uint32_t left[] = {0, HD_SNAPSHOT_MARK - 1, HD_SNAPSHOT_MARK,
					HD_SNAPSHOT_END - 1};
	for (uint32_t i = 0; i < 4; i++) {
		craft_head(&file, 0, LSN);
		craft_until(&file, left[i]);
		it_says("it ends too early");
	}
	/* It ends with a block; then there is nothing behind it, or a block too many. */
	craft_head(&file, 0, LSN);
	craft_until(&file, HD_SNAPSHOT_END);
	craft_end(&file);
	it_says(NULL);
	file.used += HD_BLOCK;
	it_says("it goes on behind its end");
	craft_small();
	craft_end(&file);
	file.bytes[file.used] = 1;
	file.used++;
	it_says("it goes on behind its end");
}

/* The writer. */

struct desk {
	struct fake_io disk;
	struct hd_memory memory;
	struct hd_snapshot_writer writer;
};

static void
begin(struct desk *desk)
{
	struct hd_snapshot_head head = {.anchor = {.lsn = LSN, .number = 1}};
	memset(desk, 0, sizeof *desk);
	fake_io_init(&desk->disk);
	desk->memory = hd_test_memory();
	assert_int_equal(hd_snapshot_write_begin(&desk->writer, &desk->disk.io, &desk->memory,
						 FOLDER, &head),
			 0);
}

static void
end(struct desk *desk)
{
	hd_snapshot_write_end(&desk->writer, true);
	assert_int_equal(desk->memory.used, 0);
	fake_io_fini(&desk->disk);
}

static void
put_raw(struct desk *desk, uint32_t size)
{
	struct hd_writer out = hd_snapshot_room(&desk->writer);
	memset(out.at, 1, size);
	out.at += size;
	hd_snapshot_took(&desk->writer, &out);
}

static void
take(struct desk *desk)
{
	struct hd_completion done[4];
	uint32_t count = desk->disk.io.ops->wait(&desk->disk.io, 0, done, 4);
	for (uint32_t i = 0; i < count; i++)
		hd_snapshot_complete(&desk->writer, &done[i]);
}

static const uint8_t digest[16];

static void
a_short_chunk_waits_for_the_rest(void **state)
{
	(void)state;
	struct desk desk;
	begin(&desk);
	assert_false(hd_snapshot_pack(&desk.writer, true));
	put_raw(&desk, 100);
	assert_false(hd_snapshot_pack(&desk.writer, false));
	assert_true(hd_snapshot_pack(&desk.writer, true));
	end(&desk);
}

static void
after_an_error_nothing_is_put(void **state)
{
	(void)state;
	struct desk desk;
	begin(&desk);
	desk.writer.error = -EIO;
	assert_false(hd_snapshot_finish(&desk.writer, digest, 0));
	put_raw(&desk, 100);
	assert_false(hd_snapshot_pack(&desk.writer, true));
	end(&desk);
}

/* The end fills the last block, or the last buffer, to its last byte. */
static void
an_end_that_fits_exactly(void **state)
{
	(void)state;
	static const uint32_t used[] = {HD_BLOCK - HD_SNAPSHOT_END,
					HD_SNAPSHOT_BUFFER - HD_SNAPSHOT_END};
	for (uint32_t i = 0; i < 2; i++) {
		struct desk desk;
		begin(&desk);
		desk.writer.buffer[0].used = used[i];
		assert_true(hd_snapshot_finish(&desk.writer, digest, 0));
		assert_int_equal(desk.writer.offset, used[i] + HD_SNAPSHOT_END);
		take(&desk);
		assert_false(hd_snapshot_still(&desk.writer)); /* it is being flushed */
		take(&desk);
		assert_true(desk.writer.synced);
		end(&desk);
	}
}

/* Both buffers are on their way: the first error is the one that is told, and nothing is sent again
 * behind it. */
static void
the_first_error_counts(void **state)
{
	(void)state;
	static const struct {
		int32_t first, second;
		int error;
	} rows[] = {{-EIO, -ENOSPC, -EIO},
		    {-ENOSPC, HD_BLOCK, -ENOSPC},
		    {HD_SNAPSHOT_BUFFER, -EDQUOT, -EDQUOT}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (uint64_t order = 0; order < 2; order++) {
			struct desk desk;
			begin(&desk);
			for (uint32_t k = 0; k < 2; k++)
				desk.writer.buffer[k].used = HD_SNAPSHOT_BUFFER;
			desk.writer.buffer[0].busy = desk.writer.buffer[1].busy = true;
			hd_snapshot_complete(
				&desk.writer,
				&(struct hd_completion){.tag = HD_IO_TAG(HD_IO_SNAPSHOT, order),
							.result = rows[i].first});
			assert_false(hd_snapshot_still(&desk.writer));
			hd_snapshot_complete(
				&desk.writer,
				&(struct hd_completion){.tag = HD_IO_TAG(HD_IO_SNAPSHOT, !order),
							.result = rows[i].second});
			assert_true(hd_snapshot_still(&desk.writer));
			assert_int_equal(desk.writer.error, rows[i].error);
			assert_int_equal(desk.disk.queued, 0);
			end(&desk);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_crafted_well_is_whole),
		cmocka_unit_test(a_head_of_a_newer_release),
		cmocka_unit_test(a_mark_of_impossible_sizes),
		cmocka_unit_test(a_chunk_that_does_not_unpack),
		cmocka_unit_test(objects_that_are_none),
		cmocka_unit_test(an_end_of_other_chunks),
		cmocka_unit_test(a_file_without_its_end),
		cmocka_unit_test(a_short_chunk_waits_for_the_rest),
		cmocka_unit_test(after_an_error_nothing_is_put),
		cmocka_unit_test(an_end_that_fits_exactly),
		cmocka_unit_test(the_first_error_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
