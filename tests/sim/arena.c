/* All memory of the simulated process: counted, and thrown away as a whole when it dies. */
#include <stdlib.h>

#include "tests/sim/machine.h"

#define HEAD 64u

struct arena_block {
	struct arena_block *next, **link;
	void *base;
	size_t size;
};

static_assert(sizeof(struct arena_block) <= HEAD, "a block's head stands before it");

static void *
take(void *source, size_t size, size_t align)
{
	struct machine *machine = source;
	size_t front = align > HEAD ? align : HEAD;
	size_t whole = (front + size + front - 1) / front * front;
	uint8_t *base = aligned_alloc(front, whole);
	HD_ASSERT(base != NULL);
	uint8_t *at = base + front;
	memset(at, 0, size);
	struct arena_block *block = (struct arena_block *)(void *)(at - HEAD);
	*block = (struct arena_block){machine->arena, &machine->arena, base, size};
	if (block->next != NULL)
		block->next->link = &block->next;
	machine->arena = block;
	machine->arena_bytes += size;
	return at;
}

static void
give(void *source, void *at, size_t size)
{
	struct machine *machine = source;
	struct arena_block *block = (struct arena_block *)(void *)((uint8_t *)at - HEAD);
	HD_ASSERT(block->size == size && *block->link == block);
	*block->link = block->next;
	if (block->next != NULL)
		block->next->link = block->link;
	machine->arena_bytes -= size;
	free(block->base);
}

struct hd_memory
arena_memory(struct machine *machine)
{
	return (struct hd_memory){.take = take, .give = give, .source = machine};
}

void
arena_drop(struct machine *machine)
{
	while (machine->arena != NULL) {
		struct arena_block *block = machine->arena;
		machine->arena = block->next;
		free(block->base);
	}
	machine->arena_bytes = 0;
}
