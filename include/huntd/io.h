/* io.h - everything a thread asks of the outside: the clock, sockets, files, and waking a
 * neighbour.
 *
 * Submit and reap. Requests are queued without a system call and go out together with the next
 * hd_io_wait, which also gives back what has completed: one call into the kernel a loop pass. Two
 * whole implementations: net/uring (io_uring), and tests/sim (a simulated world).
 *
 * Every request carries the asker's 64-bit tag and ends in exactly one completion with it
 * (multishot requests in many, the last one without HD_IO_MORE). The top byte of a tag names its
 * owner, so that the loop can hand it on; the rest is the owner's. Results are counts, or -errno.
 *
 * One hd_io belongs to one thread, but for hd_io_wake. File calls at once may wait for the disk,
 * for many milliseconds where others write to it: they are for start-up, for the end, and for
 * offline tools. Whoever serves asks through the queue. */
#ifndef HUNTD_IO_H
#define HUNTD_IO_H

#include "huntd/bytes.h"

enum hd_io_owner {
	HD_IO_LOG = 1,
	HD_IO_EDGE = 2,
	HD_IO_SHARD = 3,
	HD_IO_CONTROL = 4,
	HD_IO_SNAPSHOT = 5
};
#define HD_IO_TAG(owner, rest) (((uint64_t)(owner) << 56) | ((uint64_t)(rest)&0x00ffffffffffffff))
#define HD_IO_OWNER(tag)       ((unsigned)((tag) >> 56))

enum hd_io_flags {
	HD_IO_MORE = 1 << 0,   /* completion: the multishot request goes on */
	HD_IO_SYNC = 1 << 1,   /* write: durable when complete (RWF_DSYNC) */
	HD_IO_DIRECT = 1 << 2, /* open: O_DIRECT; buffers, offsets, sizes in HD_BLOCKs */
	HD_IO_CREATE = 1 << 3, /* open: create, fail if it exists */
	HD_IO_WRITE = 1 << 4,  /* open: for writing too */
};

struct hd_completion {
	uint64_t tag;
	int32_t result;
	uint32_t flags;
	uint8_t *buffer; /* recv: the bytes, until hd_io_give */
};

struct hd_io;

struct hd_io_ops {
	/* CLOCK_BOOTTIME, ns. Once a loop pass. */
	int64_t (*now)(struct hd_io *io);
	/* Sends what is queued; waits until a completion is there or `timeout` ns have passed (0:
	 * do not wait, below 0: no limit); fills at most `room` completions. More may be left: ask
	 * again. */
	uint32_t (*wait)(struct hd_io *io, int64_t timeout, struct hd_completion *out,
			 uint32_t room);
	/* The next wait, where it would sleep, may stay up to `ns` for more until `events`
	 * completions are there: under load fewer, larger passes. Forgotten after that wait. NULL:
	 * not offered. */
	void (*linger)(struct hd_io *io, uint32_t events, int64_t ns);
	/* Lets the (other thread's) `target` return from its wait. `io`: the caller's own, then the
	 * wake may go out with the next wait of `io` only; or NULL: at once, by a system call. */
	void (*wake)(struct hd_io *io, struct hd_io *target);

	/* Sockets. `socket` is the file descriptor, or the simulator's number. */
	void (*accept)(struct hd_io *io, int listener,
		       uint64_t tag); /* multishot: results are sockets */
	void (*recv)(struct hd_io *io, int socket,
		     uint64_t tag); /* one or many completions; 0: end; -ENOBUFS: give buffers, ask
				       again */
	void (*give)(struct hd_io *io, uint8_t *buffer); /* a recv buffer back */
	void (*send)(struct hd_io *io, int socket, const void *from, uint32_t size,
		     uint64_t tag);                     /* all or error; one at a time a socket */
	void (*cancel)(struct hd_io *io, uint64_t tag); /* its completion says -ECANCELED */
	void (*close)(struct hd_io *io, int socket);    /* nothing may be in flight */
	void (*shutdown)(struct hd_io *io, int socket); /* both ways: what is in flight ends */
	void (*finish)(struct hd_io *io, int socket);   /* no more is sent: the peer sees the end
							   behind what was; it is still heard */

	/* Files, queued. */
	void (*write)(struct hd_io *io, int file, const void *from, uint32_t size, uint64_t offset,
		      uint32_t flags, uint64_t tag);
	void (*read)(struct hd_io *io, int file, void *to, uint32_t size, uint64_t offset,
		     uint64_t tag);
	void (*fsync)(struct hd_io *io, int file, uint64_t tag); /* fdatasync */
	void (*allocate)(struct hd_io *io, int file, uint64_t size,
			 uint64_t tag); /* -EOPNOTSUPP: file_allocate may know another way */

	/* Names, queued. Paths stay where they are until the completion. Of two in flight either
	 * may happen first. */
	void (*open)(struct hd_io *io, const char *path, uint32_t flags,
		     uint64_t tag); /* result: the file */
	void (*rename)(struct hd_io *io, const char *from, const char *to, uint64_t tag);
	void (*remove)(struct hd_io *io, const char *path, uint64_t tag);
	/* The names in a directory, as they were before, are on the disk. */
	void (*sync_names)(struct hd_io *io, const char *path, uint64_t tag);

	/* Files, at once. Below 0: -errno. Paths are under the data directory. */
	int (*file_open)(struct hd_io *io, const char *path, uint32_t flags);
	int (*file_close)(struct hd_io *io, int file);
	int64_t (*file_size)(struct hd_io *io, int file);
	int (*file_allocate)(struct hd_io *io, int file,
			     uint64_t size); /* space is taken; reads as zero */
	int64_t (*file_read)(struct hd_io *io, int file, void *to, uint32_t size, uint64_t offset);
	int64_t (*file_write)(struct hd_io *io, int file, const void *from, uint32_t size,
			      uint64_t offset);
	int (*file_sync)(struct hd_io *io, int file);
	int (*file_rename)(struct hd_io *io, const char *from, const char *to);
	int (*file_remove)(struct hd_io *io, const char *path);
	int (*dir_make)(struct hd_io *io, const char *path); /* 0 too where it is there */
	int (*dir_sync)(struct hd_io *io, const char *path);
	/* Calls `each` with every name in the directory, in byte order. */
	int (*dir_list)(struct hd_io *io, const char *path,
			void (*each)(void *context, const char *name), void *context);
	int64_t (*space)(struct hd_io *io, const char *path); /* bytes free for us */
};

/* An implementation's own struct starts with this one. */
struct hd_io {
	const struct hd_io_ops *ops;
	/* Counted since it was made; 0 in a simulated one: calls into the kernel that wait and full
	 * queues made, requests and completions, and receives that found no buffer. */
	uint64_t enters, submissions, completions, starved;
};

#endif
