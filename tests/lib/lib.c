#include "tests/lib/lib.h"

#include "huntd/assert.h"
#include "huntd/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
take(void *source, size_t size, size_t align)
{
	(void)source;
	size_t least = align < sizeof(void *) ? sizeof(void *) : align;
	void *at = NULL;
	if (posix_memalign(&at, least, size) != 0)
		return NULL;
	memset(at, 0, size);
	return at;
}

static void
give(void *source, void *at, size_t size)
{
	(void)source;
	(void)size;
	free(at);
}

struct hd_memory
hd_test_memory(void)
{
	return (struct hd_memory){.take = take, .give = give};
}

uint64_t
hd_test_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

_Noreturn void
hd_assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "huntd: invariant failed: %s at %s:%d\n", condition, file, line);
	exit(HD_EXIT_INVARIANT);
}
