/* page.h - the stats page of one running huntd, read only.
 *
 * Found by name in /dev/shm and believed only after its magic, its ABI number, its size and its pid
 * fit. All functions say what is wrong in `fault`: one line, what to do included. */
#ifndef HUNTD_PERF_TRACE_PAGE_H
#define HUNTD_PERF_TRACE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "huntd/stats.h"

#define HD_TRACE_FAULT 1024u

struct hd_trace_page {
	const struct hd_stats_page *stats;
	size_t bytes;
	int pid;
	int pidfd; /* readable once huntd has ended */
};

/* pid 0: the one huntd there is; where there are several they are listed in `fault`. */
bool hd_trace_page_open(struct hd_trace_page *page, int pid, char *fault);
void hd_trace_page_close(struct hd_trace_page *page);

bool hd_trace_page_alive(const struct hd_trace_page *page);

/* Does the file that runs as the page's pid have the page's build id? Needs the right to read
 * /proc/PID/exe. */
bool hd_trace_page_fits_program(const struct hd_trace_page *page, char *fault);

#endif
