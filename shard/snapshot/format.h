/* format.h - the bytes of a snapshot's file; pure functions over them.
 *
 *   head | chunk | chunk | ... | end | zeros up to a whole block
 *
 * What the core's sweep writes (snapshot.h) is one long run of bytes. It is cut every
 * HD_SNAPSHOT_CHUNK bytes, wherever that falls, and each piece is compressed on its own: so no step
 * of writing takes long, whatever the size of an object. Every part has a CRC32C. Those of the
 * chunks and of the end begin with the head's, and chunks are numbered: a chunk of another
 * snapshot, or in another place, is damage like a flipped bit. Nothing in a file is outside of a
 * checksum but the zeros at its end, which must be zeros. */
#ifndef HUNTD_SHARD_SNAPSHOT_FORMAT_H
#define HUNTD_SHARD_SNAPSHOT_FORMAT_H

#include <assert.h>

#include "huntd/limits.h"
#include "huntd/log.h"

#define HD_SNAPSHOT_FORMAT 1u
#define HD_SNAPSHOT_CHUNK  (32u * HD_KIB) /* of objects, before compression */
#define HD_SNAPSHOT_HEAD   88u            /* bytes in the file */
#define HD_SNAPSHOT_MARK   20u            /* of a chunk, before its compressed bytes */
#define HD_SNAPSHOT_END    48u

/* What a snapshot says of itself. */
struct hd_snapshot_head {
	uint32_t log;                /* the shard */
	struct hd_log_anchor anchor; /* of the state's LSN and stamp, and where the log goes on */
	int64_t ids_max, ids_age_ns; /* settings in force that the shard keeps beside its core */
};

struct hd_snapshot_mark {
	uint32_t raw;    /* bytes of objects */
	uint32_t stored; /* bytes in the file */
	uint32_t crc;
};

struct hd_snapshot_end {
	uint32_t chunks;
	uint64_t objects, raw;
	uint8_t digest[16];
};

/* Writes the head, and returns its CRC: the seed of all others. */
uint32_t hd_snapshot_put_head(const struct hd_snapshot_head *head,
			      uint8_t out[static HD_SNAPSHOT_HEAD]);
/* Writes the mark of a chunk of `size` compressed bytes. */
void hd_snapshot_put_mark(uint32_t seed, uint32_t index, uint32_t raw, const uint8_t *stored,
			  uint32_t size, uint8_t out[static HD_SNAPSHOT_MARK]);
void hd_snapshot_put_end(uint32_t seed, const struct hd_snapshot_end *end,
			 uint8_t out[static HD_SNAPSHOT_END]);

enum hd_snapshot_part {
	HD_SNAPSHOT_DAMAGED,
	HD_SNAPSHOT_NEWER, /* of a release that this one does not know */
	HD_SNAPSHOT_GOOD,
};

enum hd_snapshot_part hd_snapshot_get_head(const uint8_t at[static HD_SNAPSHOT_HEAD],
					   struct hd_snapshot_head *head, uint32_t *seed);
/* A mark that says what a chunk can be; its CRC is compared with hd_snapshot_crc when the bytes are
 * there. False: not a mark. */
bool hd_snapshot_get_mark(const uint8_t at[static HD_SNAPSHOT_MARK], uint32_t index,
			  struct hd_snapshot_mark *mark);
/* The CRC of a mark and the bytes behind it. */
uint32_t hd_snapshot_crc(uint32_t seed, const uint8_t at[static HD_SNAPSHOT_MARK], uint32_t size);
bool hd_snapshot_get_end(uint32_t seed, const uint8_t at[static HD_SNAPSHOT_END],
			 struct hd_snapshot_end *end);

#endif
