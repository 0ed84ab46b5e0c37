/* ability.h - what this kernel lets us do, found out by trying it once. */
#ifndef HUNTD_PERF_TRACE_ABILITY_H
#define HUNTD_PERF_TRACE_ABILITY_H

#include <stdbool.h>
#include <stdint.h>

/* Of `needs` (enum hd_trace_needs) the bits that are refused; `why` holds the reason of the first
 * of them as one line (256 bytes), with what would help. */
uint32_t hd_trace_refused(uint32_t needs, char *why);

#endif
