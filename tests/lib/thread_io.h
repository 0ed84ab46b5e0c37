/* thread_io.h - an io.h for tests with real threads: real files, real time, no sockets.
 *
 * Queued file requests are done at once and complete with the next wait. A wait ends with a wake, a
 * completion or its timeout. Not fast; whole enough to run shards. */
#ifndef HUNTD_TESTS_THREAD_IO_H
#define HUNTD_TESTS_THREAD_IO_H

#include <pthread.h>
#include <stdatomic.h>

#include "huntd/io.h"

/* What a test may do to the disk of several. */
struct thread_disk {
	pthread_rwlock_t gate; /* whoever writes to a file holds it for reading */
	_Atomic bool full;     /* says that it has no space, and takes what it is given */
	_Atomic uint64_t late; /* threads, by bits, that do not hear what it has done */
};

/* disk: NULL: nobody interferes. */
struct hd_io *thread_io_create(struct thread_disk *disk, uint32_t thread);
void thread_io_destroy(struct hd_io *io);

#endif
