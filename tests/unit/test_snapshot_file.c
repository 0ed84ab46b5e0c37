/* A snapshot's file, from the first byte to the last: what is written beside other work is read
 * back object by object, and nothing that a disk can do to it stays unseen. Objects are random
 * bytes here; what they mean is the core's. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "huntd/assert.h"
#include "shard/snapshot/reader.h"
#include "shard/snapshot/writer.h"
#include "tests/lib/fake_io.h"
#include "tests/lib/lib.h"

#define FOLDER "data/shard-00"

/* What a sweep would give: `count` objects whose bytes their number decides. */
struct objects {
	uint64_t count, next, sum;
	uint32_t largest;
};

static uint32_t
make_object(const struct objects *objects, uint64_t number, uint8_t *out)
{
	uint64_t seed = number + 1;
	uint32_t size = 1 + (uint32_t)(hd_test_random(&seed) % objects->largest);
	for (uint32_t i = 0; i < size; i++)
		out[i] = (uint8_t)(i % 3 ? number : hd_test_random(&seed));
	return size;
}

static bool
sweep(struct objects *objects, struct hd_writer *out)
{
	static uint8_t bytes[HD_OBJECT_MAX];
	for (uint32_t i = 0; i < 8 && objects->next < objects->count; i++) {
		uint32_t size = make_object(objects, objects->next, bytes);
		if ((size_t)(out->end - out->at) < size + 16)
			break;
		hd_write_bytes(out, hd_bytes_of(bytes, size));
		objects->next++;
	}
	return objects->next < objects->count;
}

static bool
take_object(void *context, struct hd_bytes object)
{
	static uint8_t bytes[HD_OBJECT_MAX];
	struct objects *objects = context;
	uint32_t size = make_object(objects, objects->next, bytes);
	bool same = hd_bytes_equal(object, hd_bytes_of(bytes, size));
	objects->next++;
	return same;
}

static struct hd_snapshot_head
head_of(uint64_t lsn)
{
	return (struct hd_snapshot_head){.log = 3,
					 .anchor = {.lsn = lsn,
						    .stamp = 77,
						    .first_lsn = 5,
						    .number = 9,
						    .previous = {1, 2}},
					 .ids_max = 1000,
					 .ids_age_ns = 60};
}

static void
take_completions(struct fake_io *disk, struct hd_snapshot_writer *writer)
{
	struct hd_completion completions[8];
	uint32_t count = disk->io.ops->wait(&disk->io, 0, completions, 8);
	for (uint32_t i = 0; i < count; i++)
		hd_snapshot_complete(writer, &completions[i]);
}

/* Writes a snapshot of `objects`, as the shard's loop would, and gives it its name. 0, or the error
 * that it was dropped for. */
static int
write_snapshot(struct fake_io *disk, struct hd_memory *memory, uint64_t lsn,
	       struct objects *objects)
{
	static const uint8_t digest[16] = "sixteen bytes...";
	struct hd_snapshot_writer writer;
	struct hd_snapshot_head head = head_of(lsn);
	char path[HD_SNAPSHOT_PATH];
	bool more = true;
	int error = hd_snapshot_write_begin(&writer, &disk->io, memory, FOLDER, &head);
	if (error != 0)
		return error;
	while (!writer.synced && writer.error == 0) {
		if (more && hd_snapshot_hungry(&writer)) {
			struct hd_writer out = hd_snapshot_room(&writer);
			more = sweep(objects, &out);
			hd_snapshot_took(&writer, &out);
		} else if (writer.ended || !hd_snapshot_pack(&writer, !more)) {
			if (!more && !writer.ended && writer.raw_from == writer.raw_to)
				hd_snapshot_finish(&writer, digest, objects->count);
			take_completions(disk, &writer);
		}
	}
	while (!hd_snapshot_still(&writer))
		take_completions(disk, &writer);
	error = writer.error;
	hd_snapshot_write_end(&writer, error != 0);
	if (error != 0)
		return error;
	hd_snapshot_path(FOLDER, lsn, true, path);
	error = disk->io.ops->file_rename(&disk->io, writer.path, path);
	return error ? error : disk->io.ops->dir_sync(&disk->io, FOLDER);
}

/* Reads it back. */
static bool
read_snapshot(struct fake_io *disk, struct hd_memory *memory, uint64_t lsn,
	      const struct objects *written, struct hd_snapshot_reader *reader)
{
	struct objects objects = {.count = written->count, .largest = written->largest};
	char path[HD_SNAPSHOT_PATH];
	hd_snapshot_path(FOLDER, lsn, true, path);
	*reader = (struct hd_snapshot_reader){.io = &disk->io,
					      .memory = memory,
					      .path = path,
					      .context = &objects,
					      .each = take_object};
	bool good = hd_snapshot_read(reader);
	if (good)
		assert_int_equal(objects.next, written->count);
	reader->path = NULL;
	return good;
}

static struct fake_file *
file_of(struct fake_io *disk, uint64_t lsn)
{
	char path[HD_SNAPSHOT_PATH];
	hd_snapshot_path(FOLDER, lsn, true, path);
	return fake_io_find(disk, path);
}

static void
assert_same_head(const struct hd_snapshot_head *head, struct hd_snapshot_head want)
{
	uint8_t bytes[2][HD_SNAPSHOT_HEAD];
	hd_snapshot_put_head(head, bytes[0]);
	hd_snapshot_put_head(&want, bytes[1]);
	assert_memory_equal(bytes[0], bytes[1], sizeof bytes[0]);
	assert_int_equal(head->anchor.number, want.anchor.number);
	assert_int_equal(head->ids_age_ns, want.ids_age_ns);
}

/* The tests. */

static void
what_is_written_is_read_back(void **state)
{
	(void)state;
	static const struct objects kinds[] = {
		{.count = 0, .largest = 1},      {.count = 1, .largest = 1},
		{.count = 40000, .largest = 90}, {.count = 9, .largest = HD_OBJECT_MAX},
		{.count = 700, .largest = 4096},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct fake_io disk;
		struct hd_memory memory = hd_test_memory();
		struct hd_snapshot_reader reader;
		struct objects objects = kinds[i];
		fake_io_init(&disk);
		disk.short_writes = i % 2;
		disk.refuse_direct = i == 4;
		assert_int_equal(write_snapshot(&disk, &memory, 12, &objects), 0);
		assert_true(read_snapshot(&disk, &memory, 12, &objects, &reader));
		assert_same_head(&reader.head, head_of(12));
		assert_int_equal(reader.end.objects, objects.count);
		assert_int_equal(disk.direct_faults, 0);
		assert_int_equal(memory.used, 0);
		fake_io_fini(&disk);
	}
}

static void
every_flipped_bit_is_found(void **state)
{
	(void)state;
	struct fake_io disk;
	struct hd_memory memory = hd_test_memory();
	struct hd_snapshot_reader reader;
	struct objects objects = {.count = 60, .largest = 30};
	fake_io_init(&disk);
	assert_int_equal(write_snapshot(&disk, &memory, 12, &objects), 0);
	struct fake_file *file = file_of(&disk, 12);
	assert_in_range(file->size, 1, 3 * HD_BLOCK);
	for (uint64_t bit = 0; bit < file->size * 8; bit++) {
		file->cache[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (read_snapshot(&disk, &memory, 12, &objects, &reader))
			fail_msg("bit %llu is not missed", (unsigned long long)bit);
		assert_non_null(reader.what);
		assert_true(reader.offset <= bit / 8 || reader.offset < HD_BLOCK);
		file->cache[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(read_snapshot(&disk, &memory, 12, &objects, &reader));
	assert_int_equal(memory.used, 0);
	fake_io_fini(&disk);
}

static void
a_file_cut_or_grown_anywhere_is_found(void **state)
{
	(void)state;
	struct fake_io disk;
	struct hd_memory memory = hd_test_memory();
	struct hd_snapshot_reader reader;
	struct objects objects = {.count = 4000, .largest = 90};
	fake_io_init(&disk);
	assert_int_equal(write_snapshot(&disk, &memory, 12, &objects), 0);
	struct fake_file *file = file_of(&disk, 12);
	uint64_t whole = file->size;
	assert_true(whole > 20 * HD_BLOCK);
	for (file->size = 0; file->size < whole; file->size += 512)
		assert_false(read_snapshot(&disk, &memory, 12, &objects, &reader));
	/* A block more: room is there from the last buffer on. */
	file->cache = realloc(file->cache, whole + HD_BLOCK);
	memset(file->cache + whole, 0, HD_BLOCK);
	file->size = whole + HD_BLOCK;
	assert_false(read_snapshot(&disk, &memory, 12, &objects, &reader));
	file->size = whole;
	assert_true(read_snapshot(&disk, &memory, 12, &objects, &reader));
	fake_io_fini(&disk);
}

/* A block that was never written, or that is another place's, or another snapshot's. */
static void
lost_and_misdirected_blocks_are_found(void **state)
{
	(void)state;
	struct fake_io disk;
	struct hd_memory memory = hd_test_memory();
	struct hd_snapshot_reader reader;
	struct objects objects = {.count = 4000, .largest = 90}, others = objects;
	fake_io_init(&disk);
	assert_int_equal(write_snapshot(&disk, &memory, 12, &objects), 0);
	assert_int_equal(write_snapshot(&disk, &memory, 13, &others), 0);
	struct fake_file *file = file_of(&disk, 12), *other = file_of(&disk, 13);
	uint32_t blocks = (uint32_t)(file->size / HD_BLOCK);
	assert_int_equal(file->size, other->size);
	for (uint32_t i = 0; i < blocks; i++) {
		static uint8_t kept[HD_BLOCK];
		uint8_t *at = file->cache + i * HD_BLOCK;
		const uint8_t *wrong[] = {other->cache + i * HD_BLOCK,
					  file->cache + (i + 1) % blocks * HD_BLOCK};
		memcpy(kept, at, HD_BLOCK);
		for (uint32_t k = 0; k < 3; k++) {
			if (k < 2)
				memcpy(at, wrong[k], HD_BLOCK);
			else
				memset(at, 0, HD_BLOCK);
			bool good = read_snapshot(&disk, &memory, 12, &objects, &reader);
			assert_true(!good || memcmp(at, kept, HD_BLOCK) == 0);
		}
		memcpy(at, kept, HD_BLOCK);
	}
	assert_true(read_snapshot(&disk, &memory, 12, &objects, &reader));
	fake_io_fini(&disk);
}

/* Every operation fails once, with each error that a disk gives. */
static void
an_error_drops_the_file_and_leaves_nothing(void **state)
{
	(void)state;
	static const int errors[] = {EIO, ENOSPC};
	struct hd_memory memory = hd_test_memory();
	struct hd_snapshot_reader reader;
	for (uint64_t n = 1;; n++) {
		struct fake_io disk;
		struct objects objects = {.count = 9000, .largest = 90};
		fake_io_init(&disk);
		disk.fail_at = n;
		disk.fail_error = errors[n % 2];
		int error = write_snapshot(&disk, &memory, 12, &objects);
		bool reached = disk.operations >= n;
		disk.fail_at = 0;
		assert_int_equal(disk.syncs_after_failure, 0);
		assert_int_equal(memory.used, 0);
		if (error == 0)
			assert_true(read_snapshot(&disk, &memory, 12, &objects, &reader));
		else
			assert_int_equal(error, -errors[n % 2]);
		fake_io_fini(&disk);
		if (!reached)
			break;
	}
}

/* The machine stops at any moment; any part of what was not flushed survives. What stands there
 * under a snapshot's name is whole. */
static void
a_crash_leaves_it_whole_or_without_its_name(void **state)
{
	(void)state;
	static const uint32_t coins[] = {0, 30, 70, 100};
	struct hd_memory memory = hd_test_memory();
	for (uint64_t n = 1;; n++) {
		struct fake_io disk;
		struct objects first = {.count = 3000, .largest = 90}, second = first;
		struct hd_snapshot_list list;
		struct hd_snapshot_reader reader;
		fake_io_init(&disk);
		assert_int_equal(write_snapshot(&disk, &memory, 12, &first), 0);
		disk.operations = 0;
		disk.fail_at = n; /* from here on the process does nothing more */
		int error = write_snapshot(&disk, &memory, 13, &second);
		bool reached = disk.operations >= n;
		disk.fail_at = 0;
		disk.seed = n;
		fake_io_crash(&disk, coins[n % 4]);
		assert_int_equal(hd_snapshots_list(&disk.io, FOLDER, &list), 0);
		assert_in_range(list.count, 1, 2);
		assert_true(error != 0 || list.lsn[0] == 13);
		assert_int_equal(list.lsn[list.count - 1], 12);
		for (uint32_t i = 0; i < list.count; i++)
			assert_true(read_snapshot(&disk, &memory, list.lsn[i], &first, &reader));
		fake_io_fini(&disk);
		if (!reached)
			break;
	}
}

static void
the_folder_keeps_what_it_is_told(void **state)
{
	(void)state;
	struct fake_io disk;
	struct hd_memory memory = hd_test_memory();
	struct hd_snapshot_list list, keep = {.count = 2, .lsn = {900, 14}};
	fake_io_init(&disk);
	for (uint64_t lsn = 12; lsn < 15; lsn++) {
		struct objects objects = {.count = 10, .largest = 10};
		assert_int_equal(write_snapshot(&disk, &memory, lsn, &objects), 0);
	}
	struct objects objects = {.count = 10, .largest = 10};
	assert_int_equal(write_snapshot(&disk, &memory, 900, &objects), 0);
	static const char *const strangers[] = {FOLDER "/00000001.log",
						FOLDER "/snapshot-00000000000000000015.tmp",
						FOLDER "/snapshot-15.hds", FOLDER "/notes.hds"};
	for (size_t i = 0; i < 4; i++)
		disk.io.ops->file_open(&disk.io, strangers[i], HD_IO_CREATE | HD_IO_WRITE);
	assert_int_equal(hd_snapshots_list(&disk.io, FOLDER, &list), 0);
	assert_int_equal(list.count, 4);
	assert_int_equal(list.lsn[0], 900);
	assert_int_equal(list.lsn[3], 12);
	hd_snapshots_prune(&disk.io, FOLDER, &keep);
	assert_int_equal(hd_snapshots_list(&disk.io, FOLDER, &list), 0);
	assert_memory_equal(&list.lsn, &keep.lsn, 2 * sizeof list.lsn[0]);
	assert_int_equal(list.count, 2);
	assert_null(fake_io_find(&disk, strangers[1]));
	assert_non_null(fake_io_find(&disk, strangers[0]));
	assert_non_null(fake_io_find(&disk, strangers[2]));
	assert_non_null(fake_io_find(&disk, strangers[3]));
	fake_io_fini(&disk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(every_flipped_bit_is_found),
		cmocka_unit_test(a_file_cut_or_grown_anywhere_is_found),
		cmocka_unit_test(lost_and_misdirected_blocks_are_found),
		cmocka_unit_test(an_error_drops_the_file_and_leaves_nothing),
		cmocka_unit_test(a_crash_leaves_it_whole_or_without_its_name),
		cmocka_unit_test(the_folder_keeps_what_it_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
