/* tally.h - what came back: times, outcomes, errors. One writer each; added up at the end. */
#ifndef HUNTD_PERF_LOAD_TALLY_H
#define HUNTD_PERF_LOAD_TALLY_H

#include "huntd/histogram.h"
#include "huntd/reply.h"
#include "perf/load/author.h"
#include "perf/load/reply.h"

#define HD_LOAD_ERRORS_MAX 16u

/* Errors of one prefix, with the first one's whole message. */
struct hd_load_error {
	char prefix[24];
	char message[200];
	uint64_t count;
};

struct hd_load_verb_tally {
	struct hd_histogram latency_ns; /* of those answered without an error */
	uint64_t errors;
	uint64_t outcomes[HD_OUTCOME_COUNT];
	uint64_t nils; /* not on the board */
};

struct hd_load_tally {
	struct hd_load_verb_tally verbs[HD_LOAD_VERB_COUNT];
	struct hd_load_error errors[HD_LOAD_ERRORS_MAX]; /* the last one: all that found no room */
	uint32_t errors_count;
	struct hd_histogram
		groups_ns[HD_LOAD_GROUP_COUNT]; /* latencies once more, by what is hot */
	struct hd_histogram real_ns; /* open loop: from when each command was really sent */
	struct hd_histogram
		late_ns; /* open loop: how late the generator itself was, each command */
	uint64_t sent;
	uint64_t unsent;     /* due before the end, and still waiting then */
	uint64_t last_reply; /* clock */
	uint32_t lost;       /* connections */
};

/* The reply to a command, at `now`. */
void hd_load_tally_reply(struct hd_load_tally *tally, const struct hd_load_flight *flight,
			 const struct hd_load_reply *reply, uint64_t now);
void hd_load_tally_merge(struct hd_load_tally *into, const struct hd_load_tally *from);

/* Sums over the verbs. */
uint64_t hd_load_tally_completed(const struct hd_load_tally *tally);
uint64_t hd_load_tally_errors(const struct hd_load_tally *tally);

#endif
