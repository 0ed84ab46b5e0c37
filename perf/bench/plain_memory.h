/* plain_memory.h - memory for a bench program: zeroed, from malloc, without a budget. */
#ifndef HUNTD_PERF_BENCH_PLAIN_MEMORY_H
#define HUNTD_PERF_BENCH_PLAIN_MEMORY_H

#include <stdlib.h>
#include <string.h>

#include "huntd/memory.h"

static inline void *
plain_take(void *source, size_t size, size_t align)
{
	(void)source;
	void *at = NULL;
	if (posix_memalign(&at, align < sizeof(void *) ? sizeof(void *) : align, size) != 0)
		return NULL;
	return memset(at, 0, size);
}

static inline void
plain_give(void *source, void *at, size_t size)
{
	(void)source, (void)size;
	free(at);
}

#endif
