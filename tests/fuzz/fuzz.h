/* fuzz.h - what the targets share.
 *
 * A target is one file with LLVMFuzzerTestOneInput: any bytes in, and either a property of huntd
 * holds for them or the process ends. It keeps nothing between two inputs. */
#ifndef HUNTD_TESTS_FUZZ_H
#define HUNTD_TESTS_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "huntd/assert.h"
#include "huntd/bytes.h"
#include "huntd/memory.h"
#include "tests/lib/lib.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *at, size_t size, size_t room, unsigned seed);

/* libFuzzer's own mutation of bytes; of a replay there is none. */
size_t LLVMFuzzerMutate(uint8_t *at, size_t size, size_t room);

/* Zeroed memory, without a budget. Small blocks are malloc's, for ASan to watch; large ones are
 * kept and given again, because mapping them anew for each input would be most of its time. */
struct hd_memory fuzz_memory(void);

/* The seed of whatever a target draws: the same for the same input. */
static inline uint64_t
fuzz_seed(const uint8_t *at, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (uint64_t part; size > 0; at += sizeof part, size -= sizeof part) {
		part = 0;
		if (size < sizeof part) {
			memcpy(&part, at, size);
			return (hash ^ part ^ size << 56) * 0x9e3779b97f4a7c15u;
		}
		memcpy(&part, at, sizeof part);
		hash = (hash ^ part) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 32;
	}
	return hash;
}

/* Hands over bytes as a socket does: ever more of them, by 1 .. `most`, until `read` returns false;
 * each time in a block of its own size, for ASan to watch. */
typedef bool (*fuzz_read)(void *context, const uint8_t *at, size_t size);
static inline void
fuzz_pieces(fuzz_read read, void *context, const uint8_t *at, size_t size, uint64_t seed,
	    size_t most)
{
	bool more = true;
	for (size_t come = 0; come < size && more;) {
		come += 1 + hd_test_random(&seed) % most;
		if (come > size)
			come = size;
		uint8_t *block = malloc(come);
		memcpy(block, at, come);
		more = read(context, block, come);
		free(block);
	}
}

#endif
