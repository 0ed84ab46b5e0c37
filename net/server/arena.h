/* arena.h - a shard's memory: hd_memory over a jemalloc arena of its own.
 *
 * One arena a shard and no thread cache, so that a shard's state lies together, is freed where it
 * was taken, and its size is its own. */
#ifndef HUNTD_NET_SERVER_ARENA_H
#define HUNTD_NET_SERVER_ARENA_H

#include "huntd/memory.h"

/* False: jemalloc gave no arena. */
bool hd_arena_init(struct hd_memory *memory);

#endif
