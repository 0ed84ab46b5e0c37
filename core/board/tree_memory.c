/* tree_memory.c - blocks of a board's nodes: cut from slabs, freed into lists, never moved. */
#include "core/board/node.h"

#define SLAB_FIRST 1024u
#define SLAB_MOST  (64u * HD_KIB)

#define ROUND(size) (((size) + 63u) & ~(size_t)63u)

size_t
hd_block_size(enum hd_block kind)
{
	switch (kind) {
	case HD_BLOCK_LEAF:
		return ROUND(sizeof(struct hd_leaf));
	case HD_BLOCK_INNER:
		return ROUND(sizeof(struct hd_inner));
	case HD_BLOCK_EXTRA:
		return ROUND(HD_LEAF_MAX * sizeof(int64_t));
	case HD_BLOCK_EXTRA_TWO:
		return ROUND(2 * HD_LEAF_MAX * sizeof(int64_t));
	case HD_BLOCK_SUB:
		return ROUND(HD_INNER_MAX * sizeof(int64_t));
	default:
		HD_UNREACHABLE();
	}
}

/* A new slab twice as large as the one before. The rest of that one, smaller than a block, is lost:
 * less than a hundredth of all. */
static void
grow(struct hd_node_blocks *blocks, size_t size)
{
	size_t slab_size = blocks->size_next ? blocks->size_next : SLAB_FIRST;
	while (slab_size < size + 64)
		slab_size *= 2;
	HD_ASSERT(slab_size <= SLAB_MOST);
	struct hd_slab *slab = hd_memory_take(blocks->memory, slab_size, 64);
	*slab = (struct hd_slab){blocks->slabs, slab_size};
	blocks->slabs = slab;
	blocks->free = (uint8_t *)slab + 64;
	blocks->end = (uint8_t *)slab + slab_size;
	blocks->size_next = slab_size < SLAB_MOST ? 2 * slab_size : SLAB_MOST;
}

void *
hd_node_take(struct hd_node_blocks *blocks, enum hd_block kind)
{
	size_t size = hd_block_size(kind);
	blocks->used += size;
	void *at = blocks->freed[kind];
	if (at) {
		memcpy(&blocks->freed[kind], at, sizeof(void *));
		return at;
	}
	if ((size_t)(blocks->end - blocks->free) < size)
		grow(blocks, size);
	at = blocks->free;
	blocks->free += size;
	HD_ASSERT(blocks->free <= blocks->end);
	return at;
}

void
hd_node_give(struct hd_node_blocks *blocks, enum hd_block kind, void *at)
{
	size_t size = hd_block_size(kind);
	HD_ASSERT(at && blocks->used >= size);
	blocks->used -= size;
	memcpy(at, &blocks->freed[kind], sizeof(void *));
	blocks->freed[kind] = at;
}

void
hd_node_fini(struct hd_node_blocks *blocks)
{
	while (blocks->slabs) {
		struct hd_slab *slab = blocks->slabs;
		HD_ASSERT(slab->size <= SLAB_MOST);
		blocks->slabs = slab->next;
		hd_memory_give(blocks->memory, slab, slab->size);
	}
	*blocks = (struct hd_node_blocks){.memory = blocks->memory};
}
