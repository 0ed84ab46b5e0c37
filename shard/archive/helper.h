/* helper.h - the thread that does what may take long: it writes segments into the archive, and in
 * between reads what is on the disk to see whether it still is what was written (scrub.h).
 *
 * A shard asks for one segment at a time (HD_CELL_ARCHIVE) and is told when the packed file is on
 * the disk, or why it could not be written (HD_CELL_ARCHIVED). A pass does one bounded piece: looks
 * through a directory, reads and packs HD_PACK_PIECE, or finishes a file. In between come the
 * segments that a log moved into its archive as they were, and the oldest files of an archive that
 * is over its bound go. */
#ifndef HUNTD_SHARD_ARCHIVE_HELPER_H
#define HUNTD_SHARD_ARCHIVE_HELPER_H

#include "shard/archive/pack.h"
#include "shard/archive/scrub.h"
#include "shard/log/frame.h"
#include "shard/mesh.h"

/* One shard's archive. */
struct hd_archive {
	char directory[HD_PACK_PATH]; /* of the log; empty: the shard has not said it yet */
	bool looked;                  /* what follows is what stands there */
	bool measured;                /* `bytes` is */
	uint32_t oldest, newest;      /* segments, packed or not; 0: there are none */
	uint32_t packed;              /* the oldest packed one; 0: none */
	uint32_t plain;               /* the oldest that was moved as it was; 0: none */
	uint32_t asked;               /* the segment that the shard waits for; 0: none */
	uint64_t bytes;               /* of the packed ones */
	uint64_t plain_bytes;         /* of the others, at every look */
	uint64_t oldest_lsn;
};

/* The segment that is being packed. */
struct hd_archive_job {
	struct hd_archive *of; /* NULL: none */
	uint32_t number;
	int file;
	uint64_t at, size;
	uint64_t end;                /* of the frames that were followed */
	uint8_t uuid[HD_FRAME_HASH]; /* theirs: of the segment */
	bool all;                    /* there is damage: all of the file is packed */
	struct hd_packer packer;
};

struct hd_helper {
	uint32_t shards, number; /* number: its thread */
	uint64_t archive_max;    /* bytes of one shard's archive; 0: no bound */
	struct hd_io *io;
	struct hd_memory plain;
	struct hd_blocks blocks;
	struct hd_post *post;
	uint8_t *piece; /* HD_PACK_PIECE */
	struct hd_scrub scrub;
	struct hd_archive of[HD_SHARDS_MAX];
	struct hd_archive_job job;
	uint32_t turn; /* the shard that comes next */
	bool finished;
};

/* `io`, `plain`, `shards`, `number`, `archive_max` are set, of `scrub` what is not `io`, `memory`
 * and `shards`; the rest is zero. */
void hd_helper_open(struct hd_helper *helper, struct hd_mesh *mesh);
/* False: it was told to finish, and has given up what it was packing, which is as if it had never
 * begun. */
bool hd_helper_pass(struct hd_helper *helper);
/* One that was not told to finish has its io still. */
void hd_helper_close(struct hd_helper *helper);

#endif
