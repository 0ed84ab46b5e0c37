/* uring.h - io.h on Linux: one io_uring a thread, and plain calls for what may block.
 *
 * Made on the thread that will use it, for the ring belongs to its first submitter. What the kernel
 * can do beyond 6.1 is probed at creation; hd_uring_abilities tells what is in use. hd_files_create
 * makes an io without a ring, for offline tools: only its calls "at once" may be used. */
#ifndef HUNTD_NET_URING_URING_H
#define HUNTD_NET_URING_URING_H

#include <sched.h>

#include "huntd/io.h"

/* 0 in a field: the default in brackets. */
struct hd_uring_options {
	uint32_t entries;      /* submission queue [1024]; completions: 8 times that */
	uint32_t buffers;      /* receive buffers, a power of two [128] */
	uint32_t buffer_bytes; /* of each [16 KiB] */
	const cpu_set_t
		*cpus; /* where the kernel's one worker of this ring may run; NULL: anywhere */
	bool plain;    /* none of the optional abilities: for tests of the fallbacks */
};

enum hd_uring_ability {
	HD_URING_MULTISHOT_RECV = 1 << 0,
	HD_URING_MSG_RING = 1 << 1,   /* wakes neighbours; else eventfd */
	HD_URING_NO_IOWAIT = 1 << 2,  /* a sleeping ring does not count as I/O wait */
	HD_URING_RESTRICTED = 1 << 3, /* only the operations of this file can be submitted */
	HD_URING_RING_FD = 1 << 4,    /* the ring's descriptor is registered */
	HD_URING_ONE_WORKER = 1 << 5, /* the kernel's workers are bounded to one */
	HD_URING_LINGER = 1 << 6,     /* waits a little for more than one completion (6.12) */
};

/* NULL: `message` has one line that says what is missing and what to do. */
struct hd_io *hd_uring_create(const struct hd_uring_options *options, char *message, size_t room);
void hd_uring_destroy(struct hd_io *io);

uint32_t hd_uring_abilities(const struct hd_io *io); /* bits of enum hd_uring_ability */
uint64_t
hd_uring_overflows(const struct hd_io *io); /* completions that did not fit; 0 in a sound program */

struct hd_io *hd_files_create(void);
void hd_files_destroy(struct hd_io *io);

#endif
