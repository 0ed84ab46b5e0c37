#include "net/server/arena.h"

#include <jemalloc/jemalloc.h>

#include "huntd/assert.h"

/* The source is the arena's number, carried in the pointer. */
static int
flags_of(void *source, size_t align)
{
	unsigned arena = (unsigned)(uintptr_t)source;
	HD_ASSERT(arena != 0 && align != 0 && (align & (align - 1)) == 0);
	return (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE | MALLOCX_ALIGN(align));
}

static void *
take(void *source, size_t size, size_t align)
{
	HD_ASSERT(size != 0);
	return mallocx(size, flags_of(source, align) | MALLOCX_ZERO);
}

static void
give(void *source, void *at, size_t size)
{
	HD_ASSERT(at != NULL);
	sdallocx(at, size, flags_of(source, 1));
}

bool
hd_arena_init(struct hd_memory *memory)
{
	unsigned arena = 0;
	size_t size = sizeof arena;
	if (mallctl("arenas.create", &arena, &size, NULL, 0) != 0 || arena == 0)
		return false;
	memory->take = take;
	memory->give = give;
	memory->source = (void *)(uintptr_t)arena;
	return true;
}
