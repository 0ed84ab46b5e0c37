#include "shard/message.h"

#include "huntd/assert.h"

#define LEAST 64u
#define CHUNK (16u * HD_KIB)

static uint32_t
class_of(size_t bytes)
{
	uint32_t k = 0;
	while (((size_t)LEAST << k) < bytes)
		k++;
	return k;
}

/* What was asked of the source at once: this header, then objects of one class. */
struct chunk {
	struct chunk *next;
	size_t bytes;
};

static_assert(sizeof(struct chunk) <= LEAST, "a chunk's header takes one line");

static void
list_push(struct hd_blocks *blocks, uint32_t k, void *at)
{
	memcpy(at, &blocks->freed[k], sizeof(void *));
	blocks->freed[k] = at;
}

static void
make_chunk(struct hd_blocks *blocks, uint32_t k)
{
	size_t size = (size_t)LEAST << k;
	size_t count = size < CHUNK ? CHUNK / size : 1;
	size_t bytes = LEAST + count * size;
	struct chunk *chunk = hd_memory_take(blocks->memory, bytes, LEAST);
	chunk->next = blocks->chunks;
	chunk->bytes = bytes;
	blocks->chunks = chunk;
	for (size_t i = count; i > 0; i--)
		list_push(blocks, k, (uint8_t *)chunk + LEAST + (i - 1) * size);
}

static void *
take_class(struct hd_blocks *blocks, uint32_t k)
{
	HD_ASSERT(k < HD_BLOCK_CLASSES);
	if (blocks->freed[k] == NULL)
		make_chunk(blocks, k);
	void *at = blocks->freed[k];
	memcpy(&blocks->freed[k], at, sizeof(void *));
	blocks->out++;
	return at;
}

static void
put_class(struct hd_blocks *blocks, uint32_t k, void *at)
{
	HD_ASSERT(k < HD_BLOCK_CLASSES);
	HD_ASSERT(blocks->out > 0);
	blocks->out--;
	list_push(blocks, k, at);
}

void
hd_blocks_init(struct hd_blocks *blocks, struct hd_memory *memory, uint16_t maker)
{
	HD_ASSERT(memory->budget == 0);
	*blocks = (struct hd_blocks){.memory = memory, .maker = maker};
}

void
hd_blocks_fini(struct hd_blocks *blocks)
{
	while (blocks->chunks != NULL) {
		struct chunk *chunk = blocks->chunks;
		blocks->chunks = chunk->next;
		hd_memory_give(blocks->memory, chunk, chunk->bytes);
	}
	memset(blocks->freed, 0, sizeof blocks->freed);
}

struct hd_block *
hd_blocks_take(struct hd_blocks *blocks, uint32_t room)
{
	uint32_t k = class_of(sizeof(struct hd_block) + room);
	struct hd_block *block = take_class(blocks, k);
	*block = (struct hd_block){
		.room = (uint32_t)(((size_t)LEAST << k) - sizeof *block),
		.maker = blocks->maker,
		.size_class = (uint16_t)k,
	};
	return block;
}

void
hd_blocks_put(struct hd_blocks *blocks, struct hd_block *block)
{
	HD_ASSERT(block->maker == blocks->maker);
	HD_ASSERT(block->size_class < HD_BLOCK_CLASSES);
	put_class(blocks, block->size_class, block);
}

static void *
memory_take(void *source, size_t size, size_t align)
{
	struct hd_blocks *blocks = source;
	HD_ASSERT(align <= LEAST);
	uint32_t k = class_of(size);
	if (k >= HD_BLOCK_CLASSES)
		return hd_memory_take(blocks->memory, size, align);
	void *at = take_class(blocks, k);
	memset(at, 0, size);
	return at;
}

static void
memory_give(void *source, void *at, size_t size)
{
	struct hd_blocks *blocks = source;
	uint32_t k = class_of(size);
	if (k >= HD_BLOCK_CLASSES)
		hd_memory_give(blocks->memory, at, size);
	else
		put_class(blocks, k, at);
}

struct hd_memory
hd_blocks_memory(struct hd_blocks *blocks)
{
	return (struct hd_memory){.take = memory_take, .give = memory_give, .source = blocks};
}
