/* metrics.h - what a shard counts, always.
 *
 * One row a counter; each has one writer (the shard's thread; control for what it watches, the
 * helper for what it scrubs) and any reader, so a store is a plain relaxed one and costs nothing. A
 * page of them a shard is read by INFO, huntctl and, later, by /metrics; the names are Prometheus'
 * without the `huntd_` in front.
 */
#ifndef HUNTD_METRICS_H
#define HUNTD_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "huntd/command.h"

#define HD_COUNTERS(X)                                                                             \
	X(passes_total, "loop passes")                                                             \
	X(enters_total, "calls into the kernel")                                                   \
	X(sleeps_total, "passes that slept")                                                       \
	X(commands_total, "commands decided")                                                      \
	X(remote_commands_total, "commands sent to another shard")                                 \
	X(errors_total, "commands answered with an error")                                         \
	X(busy_total, "commands refused by overload")                                              \
	X(events_total, "events logged")                                                           \
	X(replayed_total, "events replayed at start")                                              \
	X(gathers_total, "board commands gathered over shards")                                    \
	X(board_waits_total, "questions of gathers that waited for a board to be built")           \
	X(view_reads_total, "TOP answered from a view")                                            \
	X(views_total, "views received from the reducer")                                          \
	X(log_position, "LSN of the last event logged")                                            \
	X(loading_total_bytes, "bytes of snapshot and log to read at start, at most")              \
	X(loading_loaded_bytes, "of them read")                                                    \
	X(snapshots_total, "snapshots taken")                                                      \
	X(snapshot_failures_total, "snapshots dropped for an error")                               \
	X(snapshot_failed, "1 where the last one was dropped")                                     \
	X(snapshot_running, "snapshots being taken")                                               \
	X(snapshot_lsn, "LSN of the last snapshot")                                                \
	X(snapshot_saved_at, "when it was taken, seconds since 1970")                              \
	X(snapshot_bytes, "its size")                                                              \
	X(snapshot_objects, "objects in it")                                                       \
	X(snapshot_ns, "how long it took")                                                         \
	X(snapshot_slice_ns_max, "longest slice of a pass that one took")                          \
	X(snapshot_pass_ns_max, "longest pass of the loop while one was taken, without its wait")  \
	X(log_frames_total, "frames flushed")                                                      \
	X(log_bytes_total, "bytes flushed")                                                        \
	X(log_flush_ns_total, "time in flushes")                                                   \
	X(no_space_total, "times that the log's space ran out")                                    \
	X(degraded, "shards whose p99 of flushes is over 250 ms")                                  \
	X(degraded_total, "times that a shard's disk became slow")                                 \
	X(stalls_total, "times that a shard stood still for a second")                             \
	X(connections_total, "connections accepted")                                               \
	X(connections, "connections open")                                                         \
	X(connections_closed_slow_total, "connections closed for not reading")                     \
	X(received_bytes_total, "bytes received")                                                  \
	X(sent_bytes_total, "bytes sent")                                                          \
	X(protocol_errors_total, "connections closed for breaking the protocol")                   \
	X(entrants, "entrants over all hunts")                                                     \
	X(wants, "two-step commands whose grant is awaited")                                       \
	X(wants_total, "two-step commands that asked another shard")                               \
	X(grants_total, "grants given by hunts of this shard")                                     \
	X(memory_bytes, "bytes of state")                                                          \
	X(ids, "event ids remembered")                                                             \
	X(ids_oldest_stamp, "stamp of the oldest remembered id, ns")                               \
	X(allocations_total, "allocations of the event path's thread")                             \
	X(clock_difference_ns, "what the wall clock is ahead, ns; signed")                         \
	X(unflushed_bytes, "bytes appended and not flushed")                                       \
	X(log_segments, "files of the log")                                                        \
	X(log_oldest, "oldest LSN that HUNT.EVENTS shows")                                         \
	X(archive_oldest, "oldest LSN in the archive; 0: nothing is")                              \
	X(archived_total, "segments written into the archive")                                     \
	X(archive_errors_total, "segments that could not be written into the archive, yet")        \
	X(scrub_last_pass, "when all files had last been read, seconds since 1970")                \
	X(scrub_bytes, "bytes that were read to see whether they are what was written")            \
	X(scrub_damage_total, "damaged files that this found")

struct hd_metrics {
#define X(name, help) _Atomic uint64_t name;
	HD_COUNTERS(X)
#undef X
	_Atomic uint64_t command_calls[HD_CMD_COUNT_];
	_Atomic uint64_t command_errors[HD_CMD_COUNT_];
};

/* One writer: a load, an add, a store; never a locked instruction. */
#define HD_COUNT(counter, n)                                                                       \
	atomic_store_explicit(&(counter),                                                          \
			      atomic_load_explicit(&(counter), memory_order_relaxed) +             \
				      (uint64_t)(n),                                               \
			      memory_order_relaxed)
#define HD_GAUGE(counter, n) atomic_store_explicit(&(counter), (uint64_t)(n), memory_order_relaxed)
#define HD_METRIC(counter)   atomic_load_explicit(&(counter), memory_order_relaxed)

#endif
