/* histogram.h - a log-linear histogram of 64-bit values: latencies, sizes, waits.
 *
 * Every power of two is split into 8 equal sub-buckets, so a value is known to 1/8 of itself at
 * worst and exactly below 16; all of u64 fits 496 counts (4 KiB), nothing is ever out of range.
 * Adding is a shift and an increment; two histograms add up bucket by bucket, so each writer keeps
 * its own and a reader merges. Every power of two is a bucket's edge: folding to coarser buckets
 * loses nothing. (The scheme of HdrHistogram with three significant bits.)
 *
 * One writer. Who reads from another thread either waits for the writer or copies through its own
 * means. A zeroed one is empty and ready. Also included by BPF programs. */
#ifndef HUNTD_HISTOGRAM_H
#define HUNTD_HISTOGRAM_H

#include <stdint.h>

#define HD_HISTOGRAM_SUB_BITS 3u
#define HD_HISTOGRAM_SUB      (1u << HD_HISTOGRAM_SUB_BITS)
#define HD_HISTOGRAM_BUCKETS  ((64u - HD_HISTOGRAM_SUB_BITS + 1u) * HD_HISTOGRAM_SUB)

struct hd_histogram {
	uint64_t buckets[HD_HISTOGRAM_BUCKETS];
	uint64_t count; /* of values */
	uint64_t sum;   /* of values, modulo 2^64 */
	uint64_t max;   /* exact; 0 while empty */
};

/* The place of the highest bit that is set; of a value above 0. BPF has no instruction for it, and
 * its compilers offer none of their own: there it is halved out, without a branch. */
static inline uint32_t
hd_histogram_top_bit(uint64_t value)
{
#ifdef __bpf__
	uint32_t bit = 0;
	for (uint32_t half = 32; half; half /= 2) {
		uint32_t above =
			(uint32_t)((0 - (value >> half)) >> 63); /* 1: there is something */
		bit += above * half;
		value >>= above * half;
	}
	return bit;
#else
	return 63u - (uint32_t)__builtin_clzll(value);
#endif
}

/* The bucket of a value: the one function for engine, BPF programs and load generator, so that all
 * their histograms add up. */
static inline uint32_t
hd_histogram_bucket(uint64_t value)
{
	if (value < HD_HISTOGRAM_SUB)
		return (uint32_t)value;
	uint32_t shift = hd_histogram_top_bit(value) - HD_HISTOGRAM_SUB_BITS;
	return shift * HD_HISTOGRAM_SUB + (uint32_t)(value >> shift);
}

/* The least and the greatest value of a bucket. */
static inline uint64_t
hd_histogram_lowest(uint32_t bucket)
{
	if (bucket < 2 * HD_HISTOGRAM_SUB)
		return bucket;
	uint32_t shift = bucket / HD_HISTOGRAM_SUB - 1;
	return (uint64_t)(bucket % HD_HISTOGRAM_SUB + HD_HISTOGRAM_SUB) << shift;
}

static inline uint64_t
hd_histogram_highest(uint32_t bucket)
{
	return bucket + 1 < HD_HISTOGRAM_BUCKETS ? hd_histogram_lowest(bucket + 1) - 1 : UINT64_MAX;
}

/* Adds `value`, `times` times: a batch adds its one measured time once for all its members. */
static inline void
hd_histogram_add_many(struct hd_histogram *histogram, uint64_t value, uint64_t times)
{
	histogram->buckets[hd_histogram_bucket(value)] += times;
	histogram->count += times;
	histogram->sum += value * times;
	if (times && value > histogram->max)
		histogram->max = value;
}

static inline void
hd_histogram_add(struct hd_histogram *histogram, uint64_t value)
{
	hd_histogram_add_many(histogram, value, 1);
}

static inline void
hd_histogram_merge(struct hd_histogram *into, const struct hd_histogram *from)
{
	for (uint32_t i = 0; i < HD_HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
	into->count += from->count;
	into->sum += from->sum;
	if (from->max > into->max)
		into->max = from->max;
}

/* The value that `per_mille` thousandths of all values do not exceed: 500 is the median, 999 is
 * p99.9; above 1000 counts as 1000. It is the bucket's greatest value, at most the maximum, so a
 * percentile is never told lower than it was, and at most 1/8 higher. 0 while empty. */
static inline uint64_t
hd_histogram_quantile(const struct hd_histogram *histogram, uint32_t per_mille)
{
	uint64_t whole = histogram->count / 1000, rest = histogram->count % 1000;
	uint64_t share = per_mille < 1000 ? per_mille : 1000;
	uint64_t rank = whole * share + (rest * share + 999) / 1000, seen = 0;
	if (rank == 0)
		rank = 1;
	for (uint32_t i = 0; i < HD_HISTOGRAM_BUCKETS && histogram->count; i++) {
		seen += histogram->buckets[i];
		if (seen < rank)
			continue;
		uint64_t highest = hd_histogram_highest(i);
		return highest < histogram->max ? highest : histogram->max;
	}
	return histogram->max;
}

#endif
