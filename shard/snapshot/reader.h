/* reader.h - a snapshot's file read back: every checksum looked at, nothing believed before.
 *
 * A file is whole if its head, every chunk, its end and the zeros behind it are as they were
 * written; whether the objects are the state that they were is for their reader to say, by the
 * digest and the count of the end. */
#ifndef HUNTD_SHARD_SNAPSHOT_READER_H
#define HUNTD_SHARD_SNAPSHOT_READER_H

#include "huntd/memory.h"
#include "shard/snapshot/files.h"
#include "shard/snapshot/format.h"

struct hd_snapshot_reader {
	struct hd_io *io;
	struct hd_memory *memory;
	const char *path;
	void *context;
	/* The head is good, and the size known; no object was taken yet. NULL: nobody asks. */
	void (*begin)(void *context, const struct hd_snapshot_reader *reader);
	/* Takes the next object; false: it is none. */
	bool (*each)(void *context, struct hd_bytes object);
	/* After each chunk, with how far the reading is; false: no further. NULL: nobody looks. */
	bool (*tick)(void *context, uint64_t done, uint64_t size);

	/* What was found. */
	struct hd_snapshot_head head;
	struct hd_snapshot_end end;
	uint64_t size;    /* of the file */
	uint64_t offset;  /* where it is damaged */
	const char *what; /* is wrong there; NULL: nothing */
	int error;        /* -errno, where it could not be read */
	bool stopped;     /* by `tick` */
};

/* Reads it all. False: `what`, or stopped. */
bool hd_snapshot_read(struct hd_snapshot_reader *reader);

/* Reads the head only. */
bool hd_snapshot_read_head(struct hd_snapshot_reader *reader);

#endif
