/* pack.h - a segment in the archive: NNNNNNNN.log.zst.
 *
 * A header, then one zstd stream with the segment's bytes: its own frames. What stands behind them
 * in the file was never used, or by an earlier use of it (shard/log/segments.h).
 * The header carries BLAKE2b-256 of those bytes, against forgers, and checksums of itself and of
 * the stream, so that any flipped bit is found.
 *
 * A file counts once it has its name: it is written under a name of its own (hd_pack_path with
 * HD_PACK_NEW), synced, renamed, and its directory is synced. */
#ifndef HUNTD_SHARD_ARCHIVE_PACK_H
#define HUNTD_SHARD_ARCHIVE_PACK_H

#include <sodium.h>

#include "huntd/io.h"
#include "huntd/limits.h"
#include "huntd/memory.h"

#define HD_PACK_MAGIC  0x314b4341504e5548u /* "HUNPACK1" */
#define HD_PACK_FORMAT 1u
#define HD_PACK_HASH   32u
#define HD_PACK_MAX    ((uint64_t)HD_SEGMENT_MAX)
#define HD_PACK_PATH   (1u * HD_KIB)
#define HD_PACK_PIECE  (256u * HD_KIB) /* of reading and writing */

struct hd_pack_header {
	uint64_t magic;
	uint32_t format;
	uint32_t number;            /* of the segment */
	uint64_t size;              /* unpacked, whole blocks */
	uint64_t packed;            /* bytes behind this header */
	uint64_t first_lsn;         /* of the segment's first frame; 0: it has none */
	uint8_t hash[HD_PACK_HASH]; /* of the unpacked bytes */
	uint32_t packed_crc;
	uint32_t header_crc;
};

static_assert(sizeof(struct hd_pack_header) == 80, "the header has no padding");

enum hd_pack_name {
	HD_PACK_NEW,    /* being written */
	HD_PACK_PACKED, /* NNNNNNNN.log.zst */
	HD_PACK_PLAIN,  /* NNNNNNNN.log: moved here as it was */
};

/* The directory `archive` in a log's directory, and a file in it. */
void hd_pack_directory(const char *directory, char path[static HD_PACK_PATH]);
void hd_pack_path(const char *directory, uint32_t number, enum hd_pack_name name,
		  char path[static HD_PACK_PATH]);

/* Writing. */
struct hd_packer {
	struct hd_io *io;
	struct hd_memory *memory;
	int file;
	void *zstd;
	uint8_t *out; /* HD_PACK_PIECE */
	uint32_t out_used;
	uint64_t zeros; /* blocks that count only where something follows */
	crypto_generichash_state hash;
	struct hd_pack_header header;
};

/* Creates `path` (one that is there already goes). 0 or -errno, and then nothing is left. */
int hd_packer_begin(struct hd_packer *packer, struct hd_io *io, struct hd_memory *memory,
		    const char *path, uint32_t number);
/* The segment's next bytes: whole blocks. */
int hd_packer_take(struct hd_packer *packer, const uint8_t *at, uint32_t size);
/* Finishes the file and syncs it. */
int hd_packer_end(struct hd_packer *packer);
/* Closes the file and frees everything; accepts a zeroed packer. */
void hd_packer_fini(struct hd_packer *packer);

/* For whoever reads it in pieces: the header of a file of `size` bytes, and CRC32C of what follows
 * bytes whose CRC is `before`, at most HD_PACK_PIECE. */
bool hd_pack_header_good(const struct hd_pack_header *header, uint32_t number, uint64_t size);
uint32_t hd_pack_crc(uint32_t before, const void *at, uint32_t size);

/* Reading. 0, -errno, or -EBADMSG where a file is not what was written. */
int hd_pack_look(struct hd_io *io, const char *path, uint32_t number,
		 struct hd_pack_header *header);

/* Reads and checks all of it into `*bytes`, `header->size` of them, to be given back by
 * hd_pack_give. */
int hd_pack_read(struct hd_io *io, struct hd_memory *memory, const char *path, uint32_t number,
		 struct hd_pack_header *header, uint8_t **bytes);
void hd_pack_give(struct hd_memory *memory, uint8_t *bytes, uint64_t size);

#endif
