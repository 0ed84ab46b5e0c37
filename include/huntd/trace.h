/* trace.h - what a tracer is shown of a batch: the one argument of the probe `huntd:batch`.
 *
 * A batch is up to HD_BATCH_MAX commands that one shard decided together; it is shown once, when
 * its last reply could go. Times are ns of each leg (stats.h), saturated at 4.29 s; a leg that the
 * batch did not go is 0. A command's own time is its `recv_ns` and all of the batch's. Commands of
 * another shard's clients have asker != shard: their recv, parse and reply are that shard's.
 *
 * Also included by BPF programs: only fixed-width integers. A change is a change of the interface
 * (huntd-probes(7)) and of HD_STATS_ABI. */
#ifndef HUNTD_TRACE_H
#define HUNTD_TRACE_H

#include <stdint.h>

#define HD_TRACE_KEY   20u
#define HD_TRACE_BATCH 64u /* HD_BATCH_MAX */

enum hd_trace_answer { HD_TRACE_OK, HD_TRACE_ERROR, HD_TRACE_LATER };

struct hd_trace_record {
	uint32_t recv_ns;
	uint32_t client; /* the upper half of the edge's token: names a connection of `asker` */
	uint16_t slot;
	uint8_t verb;   /* enum hd_verb */
	uint8_t answer; /* enum hd_trace_answer; LATER: it waits in the outbox, its times end here
			 */
	char key[HD_TRACE_KEY]; /* the command's key, cut; ends with 0 where it is shorter */
};

struct hd_trace_batch {
	uint64_t lsn; /* that its replies waited for; 0: none */
	uint32_t shard, asker, count;
	uint32_t parse_ns, route_ns, apply_ns, queued_ns, durable_ns, reply_ns;
	uint32_t reserved;
	struct hd_trace_record record[HD_TRACE_BATCH];
};

#endif
