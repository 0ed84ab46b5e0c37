/* fake_io.h - the file half of io.h in memory: one thread, one clock that stands still until it is
 * moved, and a disk that keeps a promise only when it was asked to.
 *
 * What is written is in the cache. It is on the disk, sector by sector of 512 bytes, after a sync
 * of its file, or, for a write with HD_IO_SYNC, the sectors of that write and no others (as a
 * single FUA write does). Names are on the disk after a dir_sync of their directory; until then a
 * crash may find each with its old name or its new one, but what a rename replaced goes with it.
 * fake_io_crash drops what is not on the disk, or any part of it. */
#ifndef HUNTD_TESTS_FAKE_IO_H
#define HUNTD_TESTS_FAKE_IO_H

#include "huntd/io.h"

#define FAKE_FILES  128
#define FAKE_QUEUE  256
#define FAKE_SECTOR 512u

struct fake_file {
	char path[256], disk_path[256];
	uint8_t *cache, *disk; /* `room` bytes each */
	uint64_t room, size, disk_size;
	bool named, disk_named; /* in the directory; after a crash too */
	int replaced_by;        /* the file that was renamed over it, + 1; 0: none */
	uint32_t opens;
	bool writing, direct;
};

struct fake_request {
	enum {
		FAKE_WRITE,
		FAKE_READ,
		FAKE_FSYNC,
		FAKE_ALLOCATE,
		FAKE_OPEN,
		FAKE_RENAME,
		FAKE_REMOVE,
		FAKE_SYNC_NAMES
	} kind;
	int file;              /* below 0: of a request about names */
	const char *path, *to; /* the asker's */
	uint8_t *at;
	uint32_t size;
	uint64_t offset;
	uint32_t flags;
	uint64_t tag;
	uint8_t *snapshot; /* of a queued fsync: what was written when it was asked for */
	uint64_t snapshot_size;
};

/* The file calls that a rule can be about; queued ones count when they are performed. */
enum fake_call {
	FAKE_CALL_OPEN = 1,
	FAKE_CALL_SIZE,
	FAKE_CALL_ALLOCATE,
	FAKE_CALL_READ,
	FAKE_CALL_WRITE,
	FAKE_CALL_SYNC,
	FAKE_CALL_RENAME, /* by the old name */
	FAKE_CALL_REMOVE,
	FAKE_CALL_MAKE,
	FAKE_CALL_DIR_SYNC,
	FAKE_CALL_LIST,
	FAKE_CALL_SPACE,
	FAKE_CALLS
};

/* What becomes of some of these calls. */
struct fake_rule {
	enum fake_call call; /* 0: the rule is not in force */
	const char *path;    /* what the path has in it; NULL: any */
	uint32_t skip;       /* so many go well before */
	uint32_t times;      /* then so many do not; 0: all */
	int result;          /* -errno; of a read or a write: so many bytes at most */
};

struct fake_io {
	struct hd_io io;
	struct fake_file files[FAKE_FILES];
	struct fake_request queue[FAKE_QUEUE];
	uint32_t queued;
	int64_t now;
	int64_t space;

	/* Faults, 0 for none. */
	bool refuse_direct;
	uint64_t fail_at;  /* the n-th file operation from here on fails */
	int fail_error;    /* with this error */
	bool short_writes; /* queued writes end early, at any sector */
	uint64_t short_at; /* the n-th file operation, where it is a write, ends after a block */
	struct fake_rule rule;
	uint32_t ruled;   /* calls that the rule has struck */
	int64_t look_ns;  /* each look at the clock moves it on by this */
	const char *held; /* queued calls on a path with this in it wait */
	/* At a crash: does the next sector (or size, or name) that is not on the disk survive?
	 * NULL: by a coin. */
	bool (*survives)(void *context);
	void *survives_context;
	bool hold_syncs; /* queued fsyncs stay in the queue */
	uint64_t seed;

	/* Counts. */
	uint64_t operations, writes, syncs, sync_writes, syncs_after_failure, direct_faults;
	bool sync_failed;
};

void fake_io_init(struct fake_io *fake);
void fake_io_fini(struct fake_io *fake);

/* A second disk, clock and queue like the first. */
void fake_io_clone(struct fake_io *to, const struct fake_io *from);

/* The machine stops: the queue is gone, and of each sector that is not on the disk the cache's
 * content survives where `coin` says so: 0 none, 100 all, else that share of them, by fake->seed.
 * Sectors of writes still in the queue count as well. */
void fake_io_crash(struct fake_io *fake, uint32_t coin);

/* The process stops: the queue is gone, the cache is the kernel's and stays. Of each queued write's
 * sectors a share is written. */
void fake_io_kill(struct fake_io *fake, uint32_t coin);

/* NULL where there is no such file. */
struct fake_file *fake_io_find(struct fake_io *fake, const char *path);

#endif
