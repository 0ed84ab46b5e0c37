/* The ring of slow commands: what is kept, in which order, what a reset hides; and that whoever
 * reads while it is written never gets half of one entry and half of another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "huntd/slowlog.h"
#include "tests/lib/lib.h"

#define SHARD   3u
#define READERS 2u
#define ADDED   200000u

static struct hd_memory memory;
static struct hd_slowlog *slowlog;
static struct hd_slow out[HD_SLOW_MAX + 1];

static int
begin(void **state)
{
	(void)state;
	memory = hd_test_memory();
	slowlog = hd_slowlog_create(&memory, SHARD);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	hd_slowlog_destroy(slowlog, &memory);
	return memory.used == 0 ? 0 : -1;
}

/* The n-th entry; all of it can be told from n. */
static struct hd_slow
entry_of(uint64_t n)
{
	struct hd_slow entry = {
		.unix_us = (int64_t)n,
		.total_ns = (int64_t)(n * 7),
		.verb = (uint8_t)(n % HD_CMD_COUNT_),
	};
	for (uint32_t i = 0; i < HD_LEG_COUNT; i++)
		entry.leg_ns[i] = n * (i + 1);
	snprintf(entry.key, sizeof entry.key, "key%llu", (unsigned long long)n);
	snprintf(entry.client, sizeof entry.client, "127.0.0.1:%llu", (unsigned long long)n);
	memset(entry.name, 'a' + (int)(n % 26), sizeof entry.name - 1);
	return entry;
}

static void
add(uint64_t n)
{
	struct hd_slow entry = entry_of(n);
	hd_slowlog_add(slowlog, &entry);
}

static bool
is_whole(const struct hd_slow *seen)
{
	struct hd_slow entry = entry_of((uint64_t)seen->unix_us);
	entry.id = (uint64_t)seen->unix_us * HD_SHARDS_MAX + SHARD;
	return seen->id == entry.id && seen->total_ns == entry.total_ns &&
	       seen->verb == entry.verb && strcmp(seen->key, entry.key) == 0 &&
	       strcmp(seen->client, entry.client) == 0 && strcmp(seen->name, entry.name) == 0 &&
	       memcmp(seen->leg_ns, entry.leg_ns, sizeof entry.leg_ns) == 0;
}

static void
the_newest_come_first_and_no_more_than_are_kept(void **state)
{
	(void)state;
	assert_int_equal(hd_slowlog_read(slowlog, 128, out, 10), 0);
	for (uint64_t n = 0; n < HD_SLOW_MAX + 100; n++)
		add(n);
	assert_int_equal(hd_slowlog_read(slowlog, HD_SLOW_MAX + 1, out, HD_SLOW_MAX + 1),
			 HD_SLOW_MAX);
	for (uint32_t i = 0; i < HD_SLOW_MAX; i++) {
		assert_int_equal(out[i].unix_us, HD_SLOW_MAX + 99 - i);
		assert_true(is_whole(&out[i]));
	}
	assert_int_equal(hd_slowlog_read(slowlog, 128, out, HD_SLOW_MAX), 128);
	assert_int_equal(hd_slowlog_read(slowlog, 128, out, 3), 3);
	assert_int_equal(out[2].unix_us, HD_SLOW_MAX + 97);
	assert_int_equal(hd_slowlog_read(slowlog, 0, out, 3), 0);
}

static void
a_reset_hides_what_was_there(void **state)
{
	(void)state;
	add(0);
	add(1);
	hd_slowlog_reset(slowlog);
	assert_int_equal(hd_slowlog_read(slowlog, 128, out, 10), 0);
	add(2);
	assert_int_equal(hd_slowlog_read(slowlog, 128, out, 10), 1);
	assert_true(is_whole(&out[0]));
	assert_int_equal(out[0].id, 2 * HD_SHARDS_MAX + SHARD);
}

static _Atomic bool done, torn;
static _Atomic uint32_t reads;

static void *
keep_reading(void *context)
{
	static _Thread_local struct hd_slow seen[HD_SLOW_MAX];
	(void)context;
	while (!atomic_load(&done)) {
		uint32_t count = hd_slowlog_read(slowlog, HD_SLOW_MAX, seen, HD_SLOW_MAX);
		for (uint32_t i = 0; i < count; i++)
			if (!is_whole(&seen[i]) || (i && seen[i].id >= seen[i - 1].id))
				atomic_store(&torn, true);
		atomic_fetch_add(&reads, count > 0);
	}
	return NULL;
}

static void
readers_never_see_half_of_one(void **state)
{
	pthread_t readers[READERS];
	(void)state;
	atomic_store(&done, false);
	for (uint32_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, keep_reading, NULL), 0);
	for (uint64_t n = 0; n < ADDED || atomic_load(&reads) < 1000; n++) {
		add(n);
		if (n % 1000 == 0)
			hd_slowlog_reset(slowlog);
	}
	atomic_store(&done, true);
	for (uint32_t i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_false(atomic_load(&torn));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_newest_come_first_and_no_more_than_are_kept,
						begin, end),
		cmocka_unit_test_setup_teardown(a_reset_hides_what_was_there, begin, end),
		cmocka_unit_test_setup_teardown(readers_never_see_half_of_one, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
