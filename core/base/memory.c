#include "huntd/memory.h"

#include "huntd/assert.h"

void *
hd_memory_take(struct hd_memory *memory, size_t size, size_t align)
{
	HD_ASSERT(size > 0);
	HD_ASSERT(align > 0 && (align & (align - 1)) == 0);
	void *at = memory->take(memory->source, size, align);
	HD_ASSERT(at != NULL);
	memory->used += size;
	return at;
}

void
hd_memory_give(struct hd_memory *memory, void *at, size_t size)
{
	HD_ASSERT(at != NULL);
	HD_ASSERT(memory->used >= size);
	memory->used -= size;
	memory->give(memory->source, at, size);
}
