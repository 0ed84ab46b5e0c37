/* stats_page.h - the stats page (stats.h) as a file that other processes map: FOLDER/huntd-PID.
 *
 * Who has made a page holds a lock on it (an open-file-description lock) for as long as it lives,
 * however it dies; so a page without a lock is nobody's, whatever its pid means by now, in whatever
 * pid namespace. Every start removes those of its own user. A process that ends orderly takes its
 * page away itself. */
#ifndef HUNTD_NET_SERVER_STATS_PAGE_H
#define HUNTD_NET_SERVER_STATS_PAGE_H

#include "huntd/stats.h"

#define HD_STATS_FOLDER "/dev/shm"

struct hd_stats_file {
	struct hd_stats_page *page; /* NULL: not made */
	int fd;                     /* keeps the lock; below 0: there is no file */
	char path[256];
};

/* Removes the pages in `folder` whose process is gone: regular files of this user, with our name
 * and our magic, that nobody has locked. Returns how many. */
uint32_t hd_stats_file_sweep(const char *folder);

/* Makes the page: `bytes` of zeroes, with all that is the stats_page hook's (runtime.h) filled in.
 * There always is a page; false: not as a file, and `message` says why. It is this process' until
 * that ends. */
bool hd_stats_file_open(struct hd_stats_file *file, const char *folder, size_t bytes,
			uint64_t started_ms, char *message, size_t room);

/* Takes the name away; the memory stays, for threads may still count. Any number of times, also on
 * a zeroed one. */
void hd_stats_file_close(struct hd_stats_file *file);

#endif
