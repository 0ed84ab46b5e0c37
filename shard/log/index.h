/* index.h - where in the files an LSN stands, sparsely: a row for the first frame of each segment,
 * and one for each frame that would end more than HD_FRAME_MAX behind the last row's start. So a
 * read of HD_FRAME_MAX at a row holds every frame of that row whole, and two rows in succession
 * cover more than that: 16 bytes for 256 KiB of log at most, 4 MiB for 64 GiB. */
#ifndef HUNTD_SHARD_LOG_INDEX_H
#define HUNTD_SHARD_LOG_INDEX_H

#include <stdbool.h>

#include "huntd/limits.h"
#include "huntd/memory.h"

struct hd_index_row {
	uint64_t lsn;     /* first LSN of the frame */
	uint32_t segment; /* its number */
	uint32_t block;   /* of the segment */
};

struct hd_log_index {
	struct hd_memory *memory;
	struct hd_index_row *rows;
	uint32_t count, room;
};

void hd_index_init(struct hd_log_index *index, struct hd_memory *memory);

/* Accepts a zeroed index. */
void hd_index_fini(struct hd_log_index *index);

/* A frame of `size` bytes with first LSN `lsn` stands at `offset` of `segment`. Frames come in log
 * order. */
void hd_index_add(struct hd_log_index *index, uint64_t lsn, uint32_t segment, uint64_t offset,
		  uint32_t size);

/* Forgets what stands in segments before `segment`. */
void hd_index_forget(struct hd_log_index *index, uint32_t segment);

/* The last row at or below `lsn`; NULL: older than all. */
const struct hd_index_row *hd_index_find(const struct hd_log_index *index, uint64_t lsn);

#endif
