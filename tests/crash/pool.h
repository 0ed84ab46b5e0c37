/* pool.h - memory that is freed as a whole, because a process that was killed gives nothing back,
 * and whose n-th taking ends the process. */
#ifndef HUNTD_TESTS_POOL_H
#define HUNTD_TESTS_POOL_H

#include <setjmp.h>

#include "huntd/memory.h"

struct pool {
	struct pool_chunk *first;
	uint64_t takes;
	uint64_t fail_at; /* 0: never */
	jmp_buf *failed;  /* where the n-th taking goes */
};

struct hd_memory pool_memory(struct pool *pool);
void pool_drop(struct pool *pool);

#endif
