/* metrics.h - what a shard counts, always.
 *
 * One row a counter; each has one writer (the shard's thread; control for what it watches, the
 * helper for what it scrubs, the forge's threads for their time) and any reader, so a store is a
 * plain relaxed one and costs nothing. The rows stand in the stats page (stats.h) and are read by
 * INFO, huntctl, /metrics, hunt-trace.
 *
 *   X(symbol, kind, unit, merge, name, help)
 *
 * kind: COUNTER never falls, GAUGE may. unit: of the stored number; NS and PPM are exported as
 * seconds and as a ratio. merge: how the shards' numbers become one; EACH never does. name: in
 * Prometheus, behind `huntd_shard_` for one shard's and `huntd_` for all of them together. */
#ifndef HUNTD_METRICS_H
#define HUNTD_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "huntd/command.h"

enum hd_metric_kind { HD_METRIC_COUNTER, HD_METRIC_GAUGE };
enum hd_metric_unit { HD_UNIT_ONE, HD_UNIT_NS, HD_UNIT_NS_SIGNED, HD_UNIT_PPM };
enum hd_metric_merge { HD_MERGE_SUM, HD_MERGE_MAX, HD_MERGE_MIN, HD_MERGE_EACH };

/* clang-format off */
#define HD_COUNTERS(X) \
	X(passes_total, COUNTER, ONE, SUM, "passes_total", "loop passes") \
	X(enters_total, COUNTER, ONE, SUM, "enters_total", "calls into the kernel") \
	X(submissions_total, COUNTER, ONE, SUM, "submissions_total", "requests put into io_uring") \
	X(completions_total, COUNTER, ONE, SUM, "completions_total", "completions taken from io_uring") \
	X(receive_starved_total, COUNTER, ONE, SUM, "receive_starved_total", "receives that found no buffer") \
	X(sleeps_total, COUNTER, ONE, SUM, "sleeps_total", "passes that slept") \
	X(commands_total, COUNTER, ONE, SUM, "commands_total", "commands decided") \
	X(remote_commands_total, COUNTER, ONE, SUM, "remote_commands_total", "commands sent to another shard") \
	X(errors_total, COUNTER, ONE, SUM, "errors_total", "commands answered with an error") \
	X(busy_total, COUNTER, ONE, SUM, "busy_total", "commands refused by overload") \
	X(messages_total, COUNTER, ONE, SUM, "messages_total", "messages taken from rings") \
	X(ring_waiting, GAUGE, ONE, SUM, "ring_waiting", "messages that wait for room in a ring") \
	X(credits, GAUGE, ONE, SUM, "credits", "credits that the commands of its connections hold") \
	X(credits_max, GAUGE, ONE, SUM, "credits_max", "credits that they may hold") \
	X(undecided, GAUGE, ONE, SUM, "undecided", "commands of other shards that wait to be decided") \
	X(events_total, COUNTER, ONE, SUM, "events_total", "events logged") \
	X(replayed_total, COUNTER, ONE, SUM, "replayed_total", "events replayed at start") \
	X(gathers_total, COUNTER, ONE, SUM, "gathers_total", "board commands gathered over shards") \
	X(board_waits_total, COUNTER, ONE, SUM, "board_waits_total", "questions of gathers that waited for a board to be built") \
	X(view_reads_total, COUNTER, ONE, SUM, "view_reads_total", "TOP answered from a view") \
	X(views_total, COUNTER, ONE, SUM, "views_total", "views received from the reducer") \
	X(log_position, GAUGE, ONE, EACH, "log_position", "LSN of the last event logged") \
	X(loading_total_bytes, GAUGE, ONE, SUM, "loading_bytes", "bytes of snapshot and log to read at start; a guess until they are read") \
	X(loading_loaded_bytes, GAUGE, ONE, SUM, "loading_loaded_bytes", "of them read") \
	X(snapshots_total, COUNTER, ONE, SUM, "snapshots_total", "snapshots taken") \
	X(snapshot_failures_total, COUNTER, ONE, SUM, "snapshot_failures_total", "snapshots dropped for an error") \
	X(snapshot_failed, GAUGE, ONE, SUM, "snapshot_failed", "1 where the last one was dropped") \
	X(snapshot_running, GAUGE, ONE, SUM, "snapshot_running", "snapshots being taken") \
	X(snapshot_lsn, GAUGE, ONE, EACH, "snapshot_position", "LSN of the last snapshot") \
	X(snapshot_saved_at, GAUGE, ONE, MIN, "snapshot_timestamp_seconds", "when it was taken, seconds since 1970") \
	X(snapshot_bytes, GAUGE, ONE, SUM, "snapshot_bytes", "its size") \
	X(snapshot_objects, GAUGE, ONE, SUM, "snapshot_objects", "objects in it") \
	X(snapshot_ns, GAUGE, NS, MAX, "snapshot_duration_seconds", "how long it took") \
	X(snapshot_slice_ns_max, GAUGE, NS, MAX, "snapshot_slice_max_seconds", "longest slice of a pass that one took") \
	X(snapshot_pass_ns_max, GAUGE, NS, MAX, "snapshot_pass_max_seconds", "longest pass of the loop while one was taken, without its wait") \
	X(log_frames_total, COUNTER, ONE, SUM, "log_frames_total", "frames flushed") \
	X(log_bytes_total, COUNTER, ONE, SUM, "log_bytes_total", "bytes flushed") \
	X(log_flush_ns_total, COUNTER, NS, SUM, "log_flush_seconds_total", "time in flushes") \
	X(no_space, GAUGE, ONE, SUM, "no_space", "shards whose log has no space: they refuse writes") \
	X(no_space_total, COUNTER, ONE, SUM, "no_space_episodes_total", "times that the log's space ran out") \
	X(degraded, GAUGE, ONE, SUM, "degraded", "shards whose p99 of flushes is over 250 ms") \
	X(degraded_total, COUNTER, ONE, SUM, "degradations_total", "times that a shard's disk became slow") \
	X(stalled, GAUGE, ONE, SUM, "stalled", "1 while the shard stands still") \
	X(stalls_total, COUNTER, ONE, SUM, "stalls_total", "times that a shard stood still for a second") \
	X(connections_total, COUNTER, ONE, SUM, "connections_accepted_total", "connections accepted") \
	X(connections, GAUGE, ONE, SUM, "connections", "connections open") \
	X(connections_held, GAUGE, ONE, SUM, "connections_held", "connections that are not read: 64 KiB of their commands wait to be started, more in their sockets") \
	X(connections_closed_slow_total, COUNTER, ONE, SUM, "connections_closed_slow_total", "connections closed for not reading") \
	X(received_bytes_total, COUNTER, ONE, SUM, "received_bytes_total", "bytes received") \
	X(sent_bytes_total, COUNTER, ONE, SUM, "sent_bytes_total", "bytes sent") \
	X(protocol_errors_total, COUNTER, ONE, SUM, "protocol_errors_total", "connections closed for breaking the protocol") \
	X(entrants, GAUGE, ONE, SUM, "entrants", "entrants over all hunts") \
	X(wants, GAUGE, ONE, SUM, "wants_waiting", "two-step commands whose grant is awaited") \
	X(wants_total, COUNTER, ONE, SUM, "wants_total", "two-step commands that asked another shard") \
	X(grants_total, COUNTER, ONE, SUM, "grants_total", "grants given by hunts of this shard") \
	X(memory_bytes, GAUGE, ONE, SUM, "memory_state_bytes", "bytes of state") \
	X(memory_budget_bytes, GAUGE, ONE, SUM, "memory_budget_bytes", "the most that the state may take") \
	X(memory_edge_bytes, GAUGE, ONE, SUM, "memory_edge_bytes", "bytes of connections and their buffers") \
	X(memory_log_bytes, GAUGE, ONE, SUM, "memory_log_bytes", "bytes of frames and the log's tables") \
	X(memory_mail_bytes, GAUGE, ONE, SUM, "memory_mail_bytes", "bytes of blocks for and from other threads") \
	X(memory_puzzle_bytes, GAUGE, ONE, SUM, "memory_puzzle_bytes", "bytes of puzzles: made ahead, dealt of late, being made") \
	X(memory_seen_bytes, GAUGE, ONE, SUM, "memory_seen_bytes", "bytes of what timing and slow commands take") \
	X(puzzle_deals_total, COUNTER, ONE, SUM, "puzzle_deals_total", "puzzles dealt") \
	X(puzzle_pools, GAUGE, ONE, SUM, "puzzle_pools", "pools of puzzles made ahead") \
	X(puzzle_ready, GAUGE, ONE, SUM, "puzzle_ready", "puzzles in them") \
	X(puzzle_low_water, GAUGE, ONE, SUM, "puzzle_low_water", "puzzles that they are filled up to") \
	X(puzzle_waiting, GAUGE, ONE, SUM, "puzzle_waiting", "commands that wait for a puzzle to be made") \
	X(puzzle_waits_total, COUNTER, ONE, SUM, "puzzle_waits_total", "commands that waited for one") \
	X(puzzle_busy_total, COUNTER, ONE, SUM, "puzzle_busy_total", "commands refused because too many waited, or for too long") \
	X(puzzle_made_total, COUNTER, ONE, SUM, "puzzle_made_total", "puzzles made and verified") \
	X(puzzle_missed_total, COUNTER, ONE, SUM, "puzzle_missed_total", "makings given up: no try of them made one") \
	X(puzzle_refuted_total, COUNTER, ONE, SUM, "puzzle_refuted_total", "puzzles that their verifier refused, and that were not dealt: a fault of huntd") \
	X(puzzle_cached, GAUGE, ONE, SUM, "puzzle_cached", "dealt puzzles that are kept to be shown again") \
	X(puzzle_cache_hits_total, COUNTER, ONE, SUM, "puzzle_cache_hits_total", "puzzles shown again from these") \
	X(puzzle_slices_ns_total, COUNTER, NS, SUM, "puzzle_slices_seconds_total", "time of the loop that making puzzles took") \
	X(puzzle_slice_ns_max, GAUGE, NS, MAX, "puzzle_slice_max_seconds", "longest slice of a pass that it took") \
	X(forge_idle_ns_total, COUNTER, NS, SUM, "forge_idle_seconds_total", "time of a core that making puzzles ahead took") \
	X(forge_nice_ns_total, COUNTER, NS, SUM, "forge_nice_seconds_total", "time of a core that making puzzles took that commands waited for") \
	X(hot_slot, GAUGE, ONE, EACH, "hot_slot", "the slot that took most of the shard's time of late") \
	X(hot_slot_share, GAUGE, PPM, MAX, "hot_slot_ratio", "its part of the time that all slots took") \
	X(slots_ns_total, COUNTER, NS, SUM, "slots_seconds_total", "time that all slots took: to judge and apply their commands") \
	X(slow_total, COUNTER, ONE, SUM, "slow_commands_total", "commands slower than slowlog-log-slower-than") \
	X(untimed_total, COUNTER, ONE, SUM, "untimed_commands_total", "commands whose time was not taken: too many waited already") \
	X(ids, GAUGE, ONE, SUM, "ids", "event ids remembered") \
	X(ids_oldest_stamp, GAUGE, NS, MIN, "ids_oldest_timestamp_seconds", "stamp of the oldest remembered id") \
	X(allocations_total, COUNTER, ONE, SUM, "allocations_total", "allocations of the event path's thread") \
	X(clock_difference_ns, GAUGE, NS_SIGNED, MAX, "clock_difference_seconds", "how far the wall clock is ahead of the server's; below 0: behind") \
	X(unflushed_bytes, GAUGE, ONE, SUM, "unflushed_bytes", "bytes appended and not flushed") \
	X(log_segments, GAUGE, ONE, SUM, "log_segments", "files of the log") \
	X(log_oldest, GAUGE, ONE, EACH, "log_oldest_position", "oldest LSN that HUNT.EVENTS shows") \
	X(archive_oldest, GAUGE, ONE, EACH, "archive_oldest_position", "oldest LSN in the archive; 0: nothing is") \
	X(archived_total, COUNTER, ONE, SUM, "archived_total", "segments written into the archive") \
	X(archive_errors_total, COUNTER, ONE, SUM, "archive_errors_total", "segments that could not be written into the archive, yet") \
	X(scrub_last_pass, GAUGE, ONE, MIN, "scrub_last_pass_timestamp_seconds", "when all files had last been read, seconds since 1970") \
	X(scrub_bytes, COUNTER, ONE, SUM, "scrub_read_bytes_total", "bytes that were read to see whether they are what was written") \
	X(scrub_damage_total, COUNTER, ONE, SUM, "scrub_damage_total", "damaged files that this found")

/* clang-format on */

struct hd_metrics {
#define X(symbol, kind, unit, merge, name, help) _Atomic uint64_t symbol;
	HD_COUNTERS(X)
#undef X
	_Atomic uint64_t command_calls[HD_CMD_COUNT_];
	_Atomic uint64_t command_errors[HD_CMD_COUNT_];   /* of these */
	_Atomic uint64_t command_rejected[HD_CMD_COUNT_]; /* beside them: refused undecided */
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
