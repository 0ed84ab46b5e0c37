/* The histogram against sorted arrays and against arithmetic: every edge of u64, then random values
 * of every magnitude. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "huntd/histogram.h"
#include "tests/lib/lib.h"

#define VALUES 20000u

static void
buckets_tile_all_of_u64(void **state)
{
	(void)state;
	assert_int_equal(hd_histogram_lowest(0), 0);
	for (uint32_t i = 0; i < HD_HISTOGRAM_BUCKETS; i++) {
		assert_int_equal(hd_histogram_bucket(hd_histogram_lowest(i)), i);
		assert_int_equal(hd_histogram_bucket(hd_histogram_highest(i)), i);
		if (i)
			assert_true(hd_histogram_lowest(i) == hd_histogram_highest(i - 1) + 1);
	}
	assert_true(hd_histogram_highest(HD_HISTOGRAM_BUCKETS - 1) == UINT64_MAX);
}

static void
a_bucket_is_an_eighth_of_its_values_at_most(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < HD_HISTOGRAM_BUCKETS; i++) {
		uint64_t lowest = hd_histogram_lowest(i), width = hd_histogram_highest(i) - lowest;
		assert_true(width <= lowest / 8);
		if (lowest < 16)
			assert_int_equal(width, 0);
	}
}

static void
every_power_of_two_is_an_edge(void **state)
{
	(void)state;
	for (unsigned shift = 0; shift < 64; shift++) {
		uint64_t power = 1ull << shift;
		assert_true(hd_histogram_lowest(hd_histogram_bucket(power)) == power);
	}
}

static void
an_empty_one_says_nothing(void **state)
{
	(void)state;
	struct hd_histogram empty = {0};
	assert_int_equal(hd_histogram_quantile(&empty, 0), 0);
	assert_int_equal(hd_histogram_quantile(&empty, 500), 0);
	assert_int_equal(hd_histogram_quantile(&empty, 1000), 0);
	hd_histogram_add_many(&empty, 77, 0);
	assert_int_equal(empty.count, 0);
	assert_int_equal(empty.max, 0);
}

static void
one_value_is_every_quantile(void **state)
{
	(void)state;
	static const uint64_t values[] = {0, 1, 15, 16, 1000, 1ull << 40, UINT64_MAX};
	static const uint32_t shares[] = {0, 1, 500, 999, 1000, 5000};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct hd_histogram one = {0};
		hd_histogram_add(&one, values[i]);
		for (size_t j = 0; j < sizeof shares / sizeof *shares; j++)
			assert_true(hd_histogram_quantile(&one, shares[j]) == values[i]);
	}
}

static void
small_values_are_counted_exactly(void **state)
{
	(void)state;
	struct hd_histogram ten = {0};
	for (uint64_t value = 1; value <= 10; value++)
		hd_histogram_add(&ten, value);
	assert_int_equal(ten.count, 10);
	assert_int_equal(ten.sum, 55);
	assert_int_equal(hd_histogram_quantile(&ten, 100), 1);
	assert_int_equal(hd_histogram_quantile(&ten, 101),
			 2); /* one value is not a tenth and a bit */
	assert_int_equal(hd_histogram_quantile(&ten, 500), 5);
	assert_int_equal(hd_histogram_quantile(&ten, 900), 9);
	assert_int_equal(hd_histogram_quantile(&ten, 999), 10);
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void
quantiles_agree_with_a_sorted_array(void **state)
{
	(void)state;
	uint64_t random = 4868, *values = malloc(VALUES * sizeof *values);
	struct hd_histogram histogram = {0};
	for (uint32_t i = 0; i < VALUES; i++) {
		values[i] = hd_test_random(&random) >> (hd_test_random(&random) % 64);
		hd_histogram_add(&histogram, values[i]);
	}
	qsort(values, VALUES, sizeof *values, by_value);
	for (uint32_t share = 1; share <= 1000; share++) {
		uint64_t truth = values[(VALUES * share + 999) / 1000 - 1];
		uint64_t told = hd_histogram_quantile(&histogram, share);
		assert_true(told >= truth);
		assert_true(told - truth <= truth / 8);
	}
	assert_true(histogram.max == values[VALUES - 1]);
	free(values);
}

static void
counts_beyond_a_64_bit_product_keep_their_quantiles(void **state)
{
	(void)state;
	struct hd_histogram huge = {0};
	hd_histogram_add_many(&huge, 3, 9000000000000000000ull);
	hd_histogram_add_many(&huge, 9, 1000000000000000000ull);
	assert_int_equal(hd_histogram_quantile(&huge, 900), 3);
	assert_int_equal(hd_histogram_quantile(&huge, 901), 9);
}

static void
merged_ones_equal_one_that_saw_all(void **state)
{
	(void)state;
	uint64_t random = 7;
	struct hd_histogram parts[4] = {0}, whole = {0}, sum = {0};
	for (uint32_t i = 0; i < VALUES; i++) {
		uint64_t value = hd_test_random(&random) >> (hd_test_random(&random) % 64),
			 n = i % 3;
		hd_histogram_add_many(&parts[i % 4], value, n);
		hd_histogram_add_many(&whole, value, n);
	}
	for (uint32_t i = 0; i < 4; i++)
		hd_histogram_merge(&sum, &parts[i]);
	assert_memory_equal(&sum, &whole, sizeof sum);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_tile_all_of_u64),
		cmocka_unit_test(a_bucket_is_an_eighth_of_its_values_at_most),
		cmocka_unit_test(every_power_of_two_is_an_edge),
		cmocka_unit_test(an_empty_one_says_nothing),
		cmocka_unit_test(one_value_is_every_quantile),
		cmocka_unit_test(small_values_are_counted_exactly),
		cmocka_unit_test(quantiles_agree_with_a_sorted_array),
		cmocka_unit_test(counts_beyond_a_64_bit_product_keep_their_quantiles),
		cmocka_unit_test(merged_ones_equal_one_that_saw_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
