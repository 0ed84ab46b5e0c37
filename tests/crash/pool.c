#include "tests/crash/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "huntd/assert.h"

#define HEAD 64u

/* Stands right before the memory that was given. */
struct pool_chunk {
	struct pool_chunk *next, *before;
	void *whole;
};

static_assert(sizeof(struct pool_chunk) <= HEAD, "a chunk's head fits before its memory");

static void *
take(void *source, size_t size, size_t align)
{
	struct pool *pool = source;
	size_t before = align < HEAD ? HEAD : align;
	uint8_t *whole = NULL;
	if (++pool->takes == pool->fail_at)
		longjmp(*pool->failed, 1);
	if (posix_memalign((void **)&whole, before, before + size) != 0)
		return NULL;
	struct pool_chunk *chunk = (struct pool_chunk *)(whole + before - HEAD);
	*chunk = (struct pool_chunk){.next = pool->first, .whole = whole};
	if (pool->first)
		pool->first->before = chunk;
	pool->first = chunk;
	return memset(whole + before, 0, size);
}

static void
give(void *source, void *at, size_t size)
{
	struct pool *pool = source;
	struct pool_chunk *chunk = (struct pool_chunk *)((uint8_t *)at - HEAD);
	(void)size;
	if (chunk->next)
		chunk->next->before = chunk->before;
	if (chunk->before)
		chunk->before->next = chunk->next;
	else
		pool->first = chunk->next;
	free(chunk->whole);
}

struct hd_memory
pool_memory(struct pool *pool)
{
	return (struct hd_memory){.take = take, .give = give, .source = pool};
}

void
pool_drop(struct pool *pool)
{
	for (struct pool_chunk *chunk = pool->first, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk->whole);
	}
	pool->first = NULL;
}
