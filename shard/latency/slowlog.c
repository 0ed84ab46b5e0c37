/* A ring of cells, each a sequence number and an entry as words. Every word is stored with release
 * and loaded with acquire, so whoever has read one word of a newer entry also finds the newer
 * number behind it; no fence is needed, and on x86 all of these are plain moves. */
#include "huntd/slowlog.h"

#include <stdatomic.h>
#include <string.h>

#include "huntd/assert.h"

#define WORDS (sizeof(struct hd_slow) / sizeof(uint64_t))

static_assert(sizeof(struct hd_slow) % sizeof(uint64_t) == 0, "an entry is whole words");

struct cell {
	_Atomic uint64_t sequence; /* 2n + 1 while the n-th entry is written, then 2n + 2 */
	_Atomic uint64_t words[WORDS];
};

struct hd_slowlog {
	uint32_t shard;
	_Atomic uint64_t count; /* entries ever added */
	_Atomic uint64_t reset; /* those before it are not shown */
	struct cell cells[HD_SLOW_MAX];
};

struct hd_slowlog *
hd_slowlog_create(struct hd_memory *memory, uint32_t shard)
{
	HD_ASSERT(shard < HD_SHARDS_MAX);
	struct hd_slowlog *slowlog = hd_memory_take(memory, sizeof *slowlog, 64);
	slowlog->shard = shard;
	return slowlog;
}

size_t
hd_slowlog_bytes(void)
{
	return sizeof(struct hd_slowlog);
}

void
hd_slowlog_destroy(struct hd_slowlog *slowlog, struct hd_memory *memory)
{
	if (slowlog != NULL)
		hd_memory_give(memory, slowlog, sizeof *slowlog);
}

void
hd_slowlog_add(struct hd_slowlog *slowlog, struct hd_slow *entry)
{
	uint64_t words[WORDS], n = atomic_load_explicit(&slowlog->count, memory_order_relaxed);
	struct cell *cell = &slowlog->cells[n % HD_SLOW_MAX];
	HD_ASSERT(entry->verb < HD_CMD_COUNT_ && (cell->sequence & 1) == 0);
	entry->id = n * HD_SHARDS_MAX + slowlog->shard;
	memcpy(words, entry, sizeof words);
	atomic_store_explicit(&cell->sequence, 2 * n + 1, memory_order_relaxed);
	for (size_t i = 0; i < WORDS; i++)
		atomic_store_explicit(&cell->words[i], words[i], memory_order_release);
	atomic_store_explicit(&cell->sequence, 2 * n + 2, memory_order_release);
	atomic_store_explicit(&slowlog->count, n + 1, memory_order_release);
}

/* False: it has been overwritten, or is being so. */
static bool
read_one(const struct hd_slowlog *slowlog, uint64_t n, struct hd_slow *out)
{
	const struct cell *cell = &slowlog->cells[n % HD_SLOW_MAX];
	uint64_t words[WORDS];
	if (atomic_load_explicit(&cell->sequence, memory_order_acquire) != 2 * n + 2)
		return false;
	for (size_t i = 0; i < WORDS; i++)
		words[i] = atomic_load_explicit(&cell->words[i], memory_order_acquire);
	if (atomic_load_explicit(&cell->sequence, memory_order_relaxed) != 2 * n + 2)
		return false;
	memcpy(out, words, sizeof words);
	return true;
}

uint32_t
hd_slowlog_read(const struct hd_slowlog *slowlog, uint32_t kept, struct hd_slow *out, uint32_t room)
{
	uint64_t most = kept < HD_SLOW_MAX ? kept : HD_SLOW_MAX;
	uint64_t count = atomic_load_explicit(&slowlog->count, memory_order_acquire);
	uint64_t from = atomic_load_explicit(&slowlog->reset, memory_order_relaxed);
	uint32_t used = 0;
	if (count > most && count - most > from)
		from = count - most;
	for (uint64_t n = count; n > from && used < room; n--)
		used += read_one(slowlog, n - 1, &out[used]);
	HD_ASSERT(used <= room);
	return used;
}

/* Of two that reset at once, the one that saw more wins. */
void
hd_slowlog_reset(struct hd_slowlog *slowlog)
{
	uint64_t count = atomic_load_explicit(&slowlog->count, memory_order_acquire);
	uint64_t before = atomic_load_explicit(&slowlog->reset, memory_order_relaxed);
	while (before < count &&
	       !atomic_compare_exchange_weak_explicit(&slowlog->reset, &before, count,
						      memory_order_relaxed, memory_order_relaxed))
		;
}
