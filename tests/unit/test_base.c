/* What core stands on: memory that is counted, pools, the index against a plain model, hashes and
 * slots against values known elsewhere. */
#include "core/base/hash.h"
#include "core/base/index.h"
#include "core/base/pool.h"
#include "huntd/ids.h"
#include "tests/lib/lib.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
a_pool_gives_zeroed_objects_that_stay_where_they_are(void **state)
{
	(void)state;
	enum { OBJECTS = 5000, SIZE = 52 };
	struct hd_memory memory = hd_test_memory();
	struct hd_pool pool;
	hd_pool_init(&pool, &memory, SIZE);
	assert_int_equal(memory.used, 0);
	static uint8_t *at[OBJECTS + 1];
	static const uint8_t zero[SIZE];
	for (uint32_t i = 1; i <= OBJECTS; i++) {
		uint64_t before = memory.used, step = hd_pool_step(&pool);
		assert_int_equal(hd_pool_take(&pool), i);
		assert_true(memory.used - before <= step);
		at[i] = hd_pool_at(&pool, i);
		assert_memory_equal(at[i], zero, SIZE);
		memset(at[i], (int)i, SIZE);
	}
	for (uint32_t i = 1; i <= OBJECTS; i++) {
		assert_ptr_equal(at[i], hd_pool_at(&pool, i));
		assert_int_equal(at[i][0], (uint8_t)i);
		assert_int_equal(at[i][SIZE - 1], (uint8_t)i);
	}
	hd_pool_give(&pool, 7);
	hd_pool_give(&pool, 4000);
	assert_int_equal(pool.live, OBJECTS - 2);
	assert_int_equal(hd_pool_step(&pool), 0);
	assert_int_equal(hd_pool_take(&pool), 4000);
	assert_int_equal(hd_pool_take(&pool), 7);
	assert_memory_equal(at[7], zero, SIZE);
	hd_pool_fini(&pool);
	assert_int_equal(memory.used, 0);
	hd_pool_fini(&pool);
}

static void
a_pool_takes_the_largest_and_the_smallest_objects(void **state)
{
	(void)state;
	static const uint32_t sizes[] = {4, 64, 65536};
	for (size_t i = 0; i < 3; i++) {
		struct hd_memory memory = hd_test_memory();
		struct hd_pool pool;
		hd_pool_init(&pool, &memory, sizes[i]);
		for (uint32_t n = 1; n <= 40; n++)
			memset(hd_pool_at(&pool, hd_pool_take(&pool)), 0xff, sizes[i]);
		hd_pool_fini(&pool);
		assert_int_equal(memory.used, 0);
	}
}

/* A world of handles: hashes[h] is what h hashes to, 0 where h is not in the table. */
enum { HANDLES = 60000 };

struct world {
	struct hd_memory memory;
	struct hd_index *index;
	uint64_t hashes[HANDLES + 1];
	uint32_t count;
};

static uint64_t
rehash(const void *context, uint32_t handle)
{
	const struct world *world = context;
	assert_true(handle > 0 && handle <= HANDLES && world->hashes[handle] != 0);
	return world->hashes[handle];
}

static uint32_t
times_found(const struct world *world, uint64_t hash, uint32_t handle)
{
	struct hd_index_cursor cursor = {0};
	uint32_t found = 0, one;
	while ((one = hd_index_next(world->index, hash, &cursor)) != 0)
		found += one == handle;
	return found;
}

static void
index_toggle(struct world *world, uint32_t handle, uint64_t hash)
{
	if (world->hashes[handle] != 0) {
		hd_index_remove(world->index, world->hashes[handle], handle);
		world->hashes[handle] = 0;
		world->count--;
		return;
	}
	uint64_t before = world->memory.used, step = hd_index_step(world->index);
	world->hashes[handle] = hash;
	hd_index_insert(world->index, hash, handle, rehash, world);
	assert_true(world->memory.used - before <= step + 64);
	world->count++;
}

static void
index_check(const struct world *world)
{
	assert_int_equal(hd_index_count(world->index), world->count);
	for (uint32_t h = 1; h <= HANDLES; h++)
		if (world->hashes[h] != 0)
			assert_int_equal(times_found(world, world->hashes[h], h), 1);
}

/* `hashes` of few bits make long chains and equal tags. */
static void
index_against_model(uint64_t seed, uint64_t mask)
{
	struct world *world = calloc(1, sizeof(*world));
	world->memory = hd_test_memory();
	world->index = hd_index_create(&world->memory);
	uint32_t operations = mask == UINT64_MAX ? 200000 : 20000;
	uint32_t handles = mask == UINT64_MAX ? HANDLES : 3000;
	for (uint32_t i = 1; i <= operations; i++) {
		uint32_t handle = 1 + (uint32_t)(hd_test_random(&seed) % handles);
		uint64_t gone = world->hashes[handle];
		index_toggle(world, handle, (hd_test_random(&seed) & mask) | 1ull << 40);
		if (gone != 0)
			assert_int_equal(times_found(world, gone, handle), 0);
		if (i % (operations / 4) == 0)
			index_check(world);
	}
	for (uint32_t h = 1; h <= HANDLES; h++)
		if (world->hashes[h] != 0)
			index_toggle(world, h, 0);
	assert_int_equal(hd_index_count(world->index), 0);
	hd_index_destroy(world->index);
	assert_int_equal(world->memory.used, 0);
	free(world);
}

static void
the_index_finds_what_the_model_holds(void **state)
{
	(void)state;
	index_against_model(1, UINT64_MAX);
	index_against_model(2, UINT64_MAX);
}

static void
the_index_stands_hashes_that_collide(void **state)
{
	(void)state;
	index_against_model(3, 0xf);
	index_against_model(4, 0xff00000000000003);
}

static uint64_t
mixed(const void *context, uint32_t handle)
{
	uint64_t seed = handle;
	(*(uint64_t *)(uintptr_t)context)++;
	return hd_test_random(&seed);
}

static void
the_index_stays_near_seven_bytes_an_entry(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	struct hd_index *index = hd_index_create(&memory);
	uint64_t rehashed = 0, ignored = 0;
	double least = 1e9, most = 0;
	for (uint32_t i = 1; i <= 1000000; i++) {
		hd_index_insert(index, mixed(&ignored, i), i, mixed, &rehashed);
		double bytes = (double)memory.used / i;
		if (i >= 200000 && i % 1000 == 0) {
			least = bytes < least ? bytes : least;
			most = bytes > most ? bytes : most;
		}
	}
	printf("index: %.2f bytes an entry at 1 M, %.2f to %.2f from 200 k, "
	       "%.2f rehashes an insert\n",
	       (double)memory.used / 1e6, least, most, (double)rehashed / 1e6);
	assert_int_equal(hd_index_footprint(index), memory.used);
	assert_true(least > 6.5 && most < 7.4 && memory.used < 7000000);
	assert_true(rehashed < 2000000);
	hd_index_destroy(index);
}

/* Computed with CPython's hash of bytes (SipHash-1-3, PYTHONHASHSEED=0: key of zeros) over the four
 * bytes of the seed and the text. */
static void
table_hashes_are_siphash_1_3(void **state)
{
	(void)state;
	static const uint8_t key[16];
	static const struct {
		uint32_t seed;
		const char *text;
		uint64_t hash;
	} known[] = {
		{0u, "", 0xcc2247b79ac48af0u},
		{0u, "a", 0x4532cdc6088e7ed2u},
		{7u, "ab", 0x532a52eae52c72d1u},
		{0u, "abc", 0x1e0c9c79ca1a4331u},
		{7u, "abcd", 0x0858ee4745e6bf14u},
		{65535u, "abcde", 0xaeab4211e80c8e7fu},
		{7u, "abcdefg", 0xafdb92945e8b5130u},
		{7u, "abcdefgh", 0xfd0cb1edeffe9c76u},
		{4294967295u, "key:000000123456", 0xf4f763955d45015bu},
		{1u, "user:0000000000123", 0xda3f342f439f580du},
		{9u, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxwxyz",
		 0x2aff7e0af5d3803au},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_true(hd_hash_table(key, known[i].seed, hd_bytes_str(known[i].text)) ==
			    known[i].hash);
	static const uint8_t other[16] = {1};
	assert_true(hd_hash_table(other, 0, HD_BYTES("abc")) != known[3].hash);
}

/* SipHash-2-4-128 of no bytes under key 00..0f: first of the reference vectors. */
static void
wide_hashes_are_those_of_their_papers(void **state)
{
	(void)state;
	uint8_t key[16], hash[16];
	for (uint8_t i = 0; i < 16; i++)
		key[i] = i;
	hd_hash_128(key, HD_BYTES(""), hash);
	assert_memory_equal(hash,
			    "\xa3\x81\x7f\x04\xba\x25\xa8\xe6\x6d\xf6\x72\x14\xc7\x55\x02\x93", 16);
}

static uint16_t
crc16_by_bits(struct hd_bytes bytes)
{
	uint32_t crc = 0;
	for (uint32_t i = 0; i < bytes.size; i++) {
		crc ^= (uint32_t)bytes.at[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x8000 ? (crc << 1 ^ 0x1021) & 0xffff : crc << 1;
	}
	return (uint16_t)crc;
}

static uint16_t
slot_of(const char *key)
{
	return hd_slot(hd_bytes_str(key));
}

static void
slots_are_those_of_redis_cluster(void **state)
{
	(void)state;
	assert_int_equal(crc16_by_bits(HD_BYTES("123456789")), 0x31c3);
	assert_int_equal(slot_of("123456789"), 0x31c3);
	assert_int_equal(slot_of("foo"), 12182);
	assert_int_equal(slot_of("bar"), 5061);
	assert_int_equal(slot_of("hello"), 866);
	assert_int_equal(slot_of(""), 0);
	uint64_t seed = 5;
	for (uint32_t size = 0; size <= 200; size++) {
		uint8_t key[200];
		for (uint32_t i = 0; i < size; i++)
			key[i] = (uint8_t)(hd_test_random(&seed) | 0x80);
		struct hd_bytes bytes = hd_bytes_of(key, size);
		assert_int_equal(hd_slot(bytes), crc16_by_bits(bytes) % 16384);
	}
}

static void
hash_tags_count_as_in_the_cluster_specification(void **state)
{
	(void)state;
	assert_int_equal(slot_of("{user1000}.following"), slot_of("user1000"));
	assert_int_equal(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
	assert_int_equal(slot_of("foo{}{bar}"), crc16_by_bits(HD_BYTES("foo{}{bar}")) % 16384);
	assert_int_equal(slot_of("foo{{bar}}zap"), slot_of("{bar"));
	assert_int_equal(slot_of("{bar"), crc16_by_bits(HD_BYTES("{bar")) % 16384);
	assert_int_equal(slot_of("foo{bar}{zap}"), slot_of("bar"));
	assert_int_equal(slot_of("foo{bar"), crc16_by_bits(HD_BYTES("foo{bar")) % 16384);
	assert_int_equal(slot_of("}{"), crc16_by_bits(HD_BYTES("}{")) % 16384);
}

static void
slots_are_split_in_equal_ranges(void **state)
{
	(void)state;
	for (uint32_t shards = 1; shards <= HD_SHARDS_MAX; shards++) {
		uint32_t counts[HD_SHARDS_MAX] = {0}, last = 0;
		for (uint32_t slot = 0; slot < HD_SLOTS; slot++) {
			uint32_t shard = hd_slot_shard((uint16_t)slot, shards);
			assert_true(shard < shards && shard >= last);
			last = shard;
			counts[shard]++;
		}
		for (uint32_t i = 0; i < shards; i++)
			assert_in_range(counts[i], HD_SLOTS / shards, HD_SLOTS / shards + 1);
	}
}

static void
ids_are_printable_and_of_64_bytes_at_most(void **state)
{
	(void)state;
	static const char *const good[] = {
		"a",        "team:12",          "~!{x}",
		"12345678", "123456789",        "\xc5\x82\xc3\xb3\x64\xc5\xba",
		"\xc2\xa1", "\xf0\x9f\x98\x80", "\xc3\xa9t\xc3\xa9-of-the-hunters"};
	static const char *const bad[] = {
		"",     "a b",       " ",           "a\x7f",        "\x1f",
		"a\tb", "12345678 ", "1234567\x7f", "\xc2\x85",     "\xc2\xa0",
		"\xc3", "x\xff",     "\xc0\xaf",    "\xed\xa0\x80", "12345678\xc2\x9f"};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(hd_id_valid(hd_bytes_str(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(hd_id_valid(hd_bytes_str(bad[i])));
	uint8_t id[HD_ID_MAX + 1];
	memset(id, 'x', sizeof(id));
	assert_true(hd_id_valid(hd_bytes_of(id, HD_ID_MAX)));
	assert_false(hd_id_valid(hd_bytes_of(id, HD_ID_MAX + 1)));
	for (uint32_t size = 1; size <= HD_ID_MAX; size++) {
		for (uint32_t at = 0; at < size; at++) {
			for (uint32_t c = 0; c < 0x80; c++) {
				id[at] = (uint8_t)c;
				bool valid = hd_id_valid(hd_bytes_of(id, size));
				assert_true(valid == (c > 0x20 && c < 0x7f));
			}
			id[at] = 'x';
		}
	}
}

static void
ids_of_documents_are_narrower(void **state)
{
	(void)state;
	assert_true(hd_id_valid_strict(HD_BYTES("doubloon-bay-2")));
	static const char *const bad[] = {"", "Bay", "a_b", "a.b", "\xc3\xa9", "a b"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(hd_id_valid_strict(hd_bytes_str(bad[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_gives_zeroed_objects_that_stay_where_they_are),
		cmocka_unit_test(a_pool_takes_the_largest_and_the_smallest_objects),
		cmocka_unit_test(the_index_finds_what_the_model_holds),
		cmocka_unit_test(the_index_stands_hashes_that_collide),
		cmocka_unit_test(the_index_stays_near_seven_bytes_an_entry),
		cmocka_unit_test(table_hashes_are_siphash_1_3),
		cmocka_unit_test(wide_hashes_are_those_of_their_papers),
		cmocka_unit_test(slots_are_those_of_redis_cluster),
		cmocka_unit_test(hash_tags_count_as_in_the_cluster_specification),
		cmocka_unit_test(slots_are_split_in_equal_ranges),
		cmocka_unit_test(ids_are_printable_and_of_64_bytes_at_most),
		cmocka_unit_test(ids_of_documents_are_narrower),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
