/* memory.h - the one door through which a shard's state takes memory.
 *
 * Everything that core/ keeps is allocated here, in steps, and counted. The source behind it is the
 * shard's own jemalloc arena in huntd and plain calloc in tests; both give zeroed memory.
 *
 * The budget is asked only when a command is decided (hd_memory_has), never when an event is
 * applied: an allocation of apply or of replay that the source cannot serve ends the process, it is
 * never a half-applied event. Objects are freed by the thread that made them. */
#ifndef HUNTD_MEMORY_H
#define HUNTD_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hd_memory {
	void *(*take)(void *source, size_t size, size_t align); /* zeroed, or NULL */
	void (*give)(void *source, void *at, size_t size);
	void *source;
	uint64_t used;   /* bytes taken and not given back */
	uint64_t budget; /* 0: none */
};

/* Never NULL: asserts where the source has nothing left. `align` is a power of two. */
void *hd_memory_take(struct hd_memory *memory, size_t size, size_t align);
void hd_memory_give(struct hd_memory *memory, void *at, size_t size);

/* True where `size` more bytes fit the budget. */
static inline bool
hd_memory_has(const struct hd_memory *memory, uint64_t size)
{
	return memory->budget == 0 || memory->used + size <= memory->budget;
}

#endif
