/* columns.h - what hist and full keep of a shard: one histogram a column.
 *
 * First the legs of stats.h in their order, then a command's whole time, then the same of each
 * command by itself, in the order of the command table. A whole time is only known of what the
 * shard decided for its own clients; of others' it has some legs, and their shards the rest. Also
 * included by BPF programs, which cannot read the tables: sums.c asserts that they agree. */
#ifndef HUNTD_PERF_BPF_COLUMNS_H
#define HUNTD_PERF_BPF_COLUMNS_H

#define HD_TRACE_LEGS     7u
#define HD_TRACE_TOTAL    HD_TRACE_LEGS
#define HD_TRACE_COMMANDS (HD_TRACE_TOTAL + 1u)

#endif
