/* check.h - is this file what was written? The three kinds of file, a piece at a time.
 *
 * A check is given a file's bytes from its first on, takes as many as make sense together, and
 * stops at the first that are not what was written:
 *
 *   snapshot   its head, the CRC of each chunk and of the end, zeros behind it
 *   packed     its header, the CRC of its stream, BLAKE2b of what that unpacks to
 *   segment    CRCs and chain of its frames, up to the one that the next segment goes on from:
 *              what stands behind that was cut, or never used
 *
 * Does no I/O and knows no names. */
#ifndef HUNTD_SHARD_ARCHIVE_CHECK_H
#define HUNTD_SHARD_ARCHIVE_CHECK_H

#include "shard/archive/pack.h"
#include "shard/log/frame.h"

enum hd_check_kind { HD_CHECK_SNAPSHOT, HD_CHECK_PACKED, HD_CHECK_SEGMENT };

/* name, text */
#define HD_CHECK_FAULTS(X)                                                                         \
	X(NONE, "nothing is wrong")                                                                \
	X(UNREADABLE, "it cannot be read")                                                         \
	X(HEAD, "its head is not one")                                                             \
	X(OTHER, "it is another's: a write went astray")                                           \
	X(SUM, "a checksum is wrong")                                                              \
	X(PART, "neither a chunk nor the end")                                                     \
	X(END, "its end is not that of what stands before it")                                     \
	X(SHORT, "it ends too early")                                                              \
	X(BEHIND, "it goes on behind its end")                                                     \
	X(STREAM, "it cannot be unpacked")                                                         \
	X(HASH, "it does not unpack to what was packed")                                           \
	X(FRAME, "the frame that comes next is not there")

enum hd_check_fault {
#define X(name, text) HD_CHECK_##name,
	HD_CHECK_FAULTS(X)
#undef X
};

const char *hd_check_text(enum hd_check_fault fault);

/* What the next segment's first frame says. */
struct hd_check_link {
	bool known;
	uint64_t first_lsn;
	uint8_t previous[HD_FRAME_HASH];
};

struct hd_check {
	/* Set by the caller, with the rest zero. */
	uint8_t kind; /* enum hd_check_kind */
	uint32_t log; /* the shard */
	uint64_t id;  /* a snapshot's LSN, a segment's number */
	uint64_t size;
	struct hd_memory *memory;
	struct hd_check_link link;

	uint64_t at; /* how far; where the fault is */
	uint8_t fault;
	bool begun, ended, done;
	uint32_t seed, chunks; /* of a snapshot */
	uint64_t raw;          /* bytes that came out of a snapshot or a packed segment */
	struct hd_frame_chain chain;
	struct hd_pack_header header;
	uint32_t crc;
	struct ZSTD_DCtx_s *zstd;
	bool whole; /* the zstd stream has ended */
	uint8_t *out;
	crypto_generichash_state hash;
};

/* Takes of `bytes`, which stand at `at`, what it can; the more come together, up to HD_FRAME_MAX,
 * the better: `at` may stay where it is until the file's end is among them. False: `fault`. */
bool hd_check_take(struct hd_check *check, struct hd_bytes bytes);

/* Gives back what a packed file's check took. */
void hd_check_fini(struct hd_check *check);

#endif
