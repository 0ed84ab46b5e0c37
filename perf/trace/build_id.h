/* build_id.h - the build id that the linker put into a program. */
#ifndef HUNTD_PERF_TRACE_BUILD_ID_H
#define HUNTD_PERF_TRACE_BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first `room` bytes of the ELF note NT_GNU_BUILD_ID, the rest untouched. False: it cannot be
 * read (errno), or has none (errno ENOENT). */
bool hd_trace_build_id(const char *path, uint8_t *id, size_t room);

#endif
