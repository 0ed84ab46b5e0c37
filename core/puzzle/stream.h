/* stream.h - the random numbers of one purpose of one try.
 *
 * ChaCha20 in counter mode under a key that is hashed from the seed and the purpose, so streams of
 * different purposes know nothing of one another: who sees an instance, and with it the order of
 * its clues, learns nothing of what else the seed decided. The numbers are the same on every
 * machine. */
#ifndef HUNTD_CORE_PUZZLE_STREAM_H
#define HUNTD_CORE_PUZZLE_STREAM_H

#include "huntd/puzzle.h"

#define HD_STREAM_BYTES 512u

/* A purpose's number is for ever: it is part of the key. */
enum hd_stream_purpose {
	HD_STREAM_SOLUTION = 1, /* the solved grid, picture, loop, key */
	HD_STREAM_CLUES = 2,    /* which clues go, in which order */
	HD_STREAM_OVERLAY = 3,  /* which cells turn which letter */
	HD_STREAM_TEXT = 4,     /* words, sentences, filling */
};

struct hd_stream {
	uint8_t key[32];
	uint32_t block; /* of 64 bytes: the next to be made */
	uint32_t at;    /* in `bytes` */
	uint8_t bytes[HD_STREAM_BYTES];
};

void hd_stream_init(struct hd_stream *stream, const uint8_t seed[HD_PUZZLE_SEED],
		    enum hd_stream_purpose purpose);
void hd_stream_refill(struct hd_stream *stream);

static inline uint32_t
hd_stream_u32(struct hd_stream *stream)
{
	uint32_t value;
	if (HD_STREAM_BYTES - stream->at < sizeof(value))
		hd_stream_refill(stream);
	memcpy(&value, stream->bytes + stream->at, sizeof(value));
	stream->at += (uint32_t)sizeof(value);
	return value;
}

static inline uint64_t
hd_stream_u64(struct hd_stream *stream)
{
	uint64_t low = hd_stream_u32(stream);
	return low | (uint64_t)hd_stream_u32(stream) << 32;
}

/* 0 .. bound-1, each as likely; bound: at least 1. Lemire, "Fast random integer generation in an
 * interval", 2019. */
static inline uint32_t
hd_stream_below(struct hd_stream *stream, uint32_t bound)
{
	uint64_t product = (uint64_t)hd_stream_u32(stream) * bound;
	if ((uint32_t)product < bound) {
		uint32_t least = (0u - bound) % bound;
		while ((uint32_t)product < least)
			product = (uint64_t)hd_stream_u32(stream) * bound;
	}
	return (uint32_t)(product >> 32);
}

/* Fisher and Yates. */
static inline void
hd_stream_shuffle(struct hd_stream *stream, uint16_t *items, uint32_t count)
{
	for (uint32_t left = count; left > 1; left--) {
		uint32_t at = hd_stream_below(stream, left);
		uint16_t kept = items[at];
		items[at] = items[left - 1];
		items[left - 1] = kept;
	}
}

#endif
