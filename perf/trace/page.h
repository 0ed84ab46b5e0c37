/* page.h - the stats page of one running huntd, read only.
 *
 * Found by name in /dev/shm, where every user may make files: believed only if it belongs to the
 * user of the process, its magic, ABI number, size and pid fit, and the program that runs, where it
 * may be read, is the one that the page names. What it says of itself is copied once, when it is
 * opened, and only the copy is used; its numbers are read, not mapped: whoever cuts the file then
 * ends the looking, not the looker. All functions say what is wrong in `fault`: one line, what to
 * do included. */
#ifndef HUNTD_PERF_TRACE_PAGE_H
#define HUNTD_PERF_TRACE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "huntd/stats.h"

#define HD_TRACE_FAULT 1024u

struct hd_trace_page {
	int file;
	int pid;
	int pidfd;       /* readable once huntd has ended */
	uint32_t shards; /* checked: at least one, and all are in the file */
	size_t bytes;    /* of a copy with so many shards */
	uint64_t started_ms;
	char version[33], build[65];
	uint8_t build_id[32];
};

/* pid 0: the one huntd there is; where there are several they are listed in `fault`. */
bool hd_trace_page_open(struct hd_trace_page *page, int pid, char *fault);
void hd_trace_page_close(struct hd_trace_page *page);

/* `into` has room for page->bytes. False: the file was cut short, and `into` is as it was, or
 * partly new. */
bool hd_trace_page_copy(const struct hd_trace_page *page, struct hd_stats_page *into);
/* enum hd_server_state, as it is now. */
uint32_t hd_trace_page_state(const struct hd_trace_page *page);

/* False: huntd has ended, or its page was cut short. */
bool hd_trace_page_lives(const struct hd_trace_page *page, char *fault);

/* Does the file that runs as the page's pid have the page's build id? Needs the right to read
 * /proc/PID/exe. */
bool hd_trace_page_fits_program(const struct hd_trace_page *page, char *fault);

#endif
