#include "shard/log/index.h"

#include <stddef.h>
#include <string.h>

#include "huntd/assert.h"

void
hd_index_init(struct hd_log_index *index, struct hd_memory *memory)
{
	HD_ASSERT(memory != NULL);
	*index = (struct hd_log_index){.memory = memory};
}

void
hd_index_fini(struct hd_log_index *index)
{
	if (index->rows)
		hd_memory_give(index->memory, index->rows, index->room * sizeof *index->rows);
	*index = (struct hd_log_index){0};
}

static void
grow(struct hd_log_index *index)
{
	HD_ASSERT(index->count == index->room);
	HD_ASSERT(index->room < UINT32_MAX / 2);
	uint32_t room = index->room ? index->room * 2 : 64;
	struct hd_index_row *rows =
		hd_memory_take(index->memory, room * sizeof *rows, _Alignof(struct hd_index_row));
	if (index->rows) {
		memcpy(rows, index->rows, index->count * sizeof *rows);
		hd_memory_give(index->memory, index->rows, index->room * sizeof *index->rows);
	}
	index->rows = rows;
	index->room = room;
}

void
hd_index_add(struct hd_log_index *index, uint64_t lsn, uint32_t segment, uint64_t offset,
	     uint32_t size)
{
	HD_ASSERT(offset % HD_BLOCK == 0 && size <= HD_FRAME_MAX);
	HD_ASSERT(offset / HD_BLOCK <= UINT32_MAX);
	if (index->count) {
		const struct hd_index_row *last = &index->rows[index->count - 1];
		HD_ASSERT(last->lsn <= lsn);
		if (last->segment == segment &&
		    offset + size - (uint64_t)last->block * HD_BLOCK <= HD_FRAME_MAX)
			return;
	}
	if (index->count == index->room)
		grow(index);
	index->rows[index->count++] =
		(struct hd_index_row){lsn, segment, (uint32_t)(offset / HD_BLOCK)};
}

void
hd_index_forget(struct hd_log_index *index, uint32_t segment)
{
	uint32_t gone = 0;
	while (gone < index->count && index->rows[gone].segment < segment)
		gone++;
	HD_ASSERT(gone <= index->count);
	if (gone == 0)
		return;
	index->count -= gone;
	memmove(index->rows, index->rows + gone, index->count * sizeof *index->rows);
}

const struct hd_index_row *
hd_index_find(const struct hd_log_index *index, uint64_t lsn)
{
	uint32_t low = 0, high = index->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (index->rows[middle].lsn <= lsn)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &index->rows[low - 1] : NULL;
}
