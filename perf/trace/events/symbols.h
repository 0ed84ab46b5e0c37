/* symbols.h - names for the addresses of another process.
 *
 * Everything that it has mapped to run is read at once, from the files that it has mapped, replaced
 * since or not; so names are there even when the process is not any more. */
#ifndef HUNTD_PERF_TRACE_EVENTS_SYMBOLS_H
#define HUNTD_PERF_TRACE_EVENTS_SYMBOLS_H

#include <stdint.h>

struct hd_symbols;

/* NULL: its maps cannot be read (errno). What has no symbols of its own is named by its file. */
struct hd_symbols *hd_symbols_open(int pid);
void hd_symbols_close(struct hd_symbols *symbols);

/* The function around `address`, else "[file]" or "[unknown]"; lives as long as `symbols`. */
const char *hd_symbols_name(const struct hd_symbols *symbols, uint64_t address);

/* Where the process has mapped the file `path` from its beginning; 0: nowhere. */
uint64_t hd_symbols_mapped(int pid, const char *path);

#endif
