/* thread_io.h - an io.h for tests with real threads: real files, real time, no sockets.
 *
 * Queued file requests are done at once and complete with the next wait. A wait ends with a wake, a
 * completion or its timeout. Not fast; whole enough to run shards. */
#ifndef HUNTD_TESTS_THREAD_IO_H
#define HUNTD_TESTS_THREAD_IO_H

#include <pthread.h>

#include "huntd/io.h"

/* Whoever writes to a file holds `gate` for reading; NULL: there is none. */
struct hd_io *thread_io_create(pthread_rwlock_t *gate);
void thread_io_destroy(struct hd_io *io);

#endif
