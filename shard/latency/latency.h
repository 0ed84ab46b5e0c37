/* latency.h - where the time of a shard's commands goes: the legs of stats.h, always timed.
 *
 * A journey is a batch that hd_step_run decided, from its first command's bytes to its last reply.
 * The clock is read a few times a pass and twice a batch, never for a command; a run of equal
 * commands costs a record of trace.h and each leg one addition to its histogram, with the number of
 * those who took it. While a tracer looks, every command gets its record. A batch that waits for
 * the disk lies in a list, in the order of its LSNs; the pass that finds it durable ends its
 * journey, behind the edge's output.
 *
 *     bytes -> [recv] -> parsed -> [parse] -> decided -> [apply] -> logged -> [queued] -> at the
 *     disk -> [durable] -> on it -> [reply] -> handed over
 *
 * Replies that no batch of the own edge's brought (another shard's, a gather's, a late one of the
 * outbox) are told by the edge, hd_shard_answered, and kept as runs of equal ones until the output
 * is handed over and their LSN is durable.
 *
 * Bounds: HD_JOURNEYS_MAX batches wait, HD_ANSWERED_MAX runs; what is over is counted
 * (untimed_total), and nobody waits for it. All of it is the shard's own. */
#ifndef HUNTD_SHARD_LATENCY_LATENCY_H
#define HUNTD_SHARD_LATENCY_LATENCY_H

#include "huntd/reply.h"
#include "huntd/shard.h"
#include "huntd/trace.h"

#define HD_ANSWERED_MAX  512u
#define HD_SENT_MAX      32u
#define HD_SLOW_PER_PASS 8u /* entries of SLOWLOG; the others are only counted */

struct hd_work;

/* Times are BOOTTIME ns. */
struct hd_journey {
	struct hd_journey *next;
	int64_t parsing, begun, ended;
	bool settled;    /* durable when it ended: nothing to wait for */
	bool own;        /* its replies went to the own edge, within its own batch */
	bool routed;     /* it came through a ring */
	uint64_t later;  /* bit i: record i waits in the outbox, its journey ends here */
	uint64_t runs;   /* bit i: command i has another verb, age or `later` than the one before */
	uint64_t picked; /* bit i: command i is to be shown by itself */
	bool whole; /* every record is filled, for a tracer; else those of `runs` and `picked` */
	struct hd_trace_batch batch;
};

/* Equal answers, one after another. */
struct hd_answered_run {
	int64_t from; /* since when the reply could go */
	uint64_t lsn; /* that it waits for */
	uint32_t count;
	struct hd_answered first;
};

/* A time as trace.h holds it. */
static inline uint32_t
hd_latency_short(int64_t ns)
{
	return ns < 0 ? 0 : ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

/* Commands that went elsewhere: another shard, a gather, control. */
struct hd_sent_run {
	int64_t arrived, parsing;
	uint32_t count;
};

/* What the disk was given. */
struct hd_latency_frame {
	int64_t handed;
	uint64_t lsn, events, bytes, queued_ns;
};

struct hd_latency {
	bool on;            /* in this pass */
	uint32_t probes;    /* 1 << enum hd_probe: wanted in this pass */
	int64_t slow_ns;    /* below 0: nothing is slow */
	uint32_t slow_left; /* entries that this pass may still add */
	int64_t last;       /* the newest stamp of this pass */
	int64_t parsing;    /* since when the edge's bytes are looked at */
	int64_t passed;     /* the stamp behind the edge's output; 0: none */

	struct hd_journey *first, *newest; /* that wait; LSNs never fall */
	struct hd_journey *free;
	uint32_t journeys; /* made so far */

	struct hd_answered_run *answered; /* [HD_ANSWERED_MAX], made when first needed */
	uint32_t answered_count;
	int64_t answer_from; /* of the reply that the edge is being given; 0: this pass */
	uint64_t answer_lsn;

	struct hd_sent_run sent[HD_SENT_MAX];
	uint32_t sent_count;

	uint32_t turn;                     /* whose slot pays for the next batch */
	uint32_t sample_left, sample_rest; /* commands until the next, and of its window then */
	uint64_t dice;

	/* The last, and the one before it: the log gives the next as soon as one is durable, and
	 * who waited for that is dealt with behind it. */
	struct hd_latency_frame frame, before;
	uint64_t flush_ns, log_bytes;
	int64_t gathering; /* since when events wait that the disk has not; 0: none do */
};

/* What hd_step_run did, for hd_latency_end. Bit i is given[i]'s. */
struct hd_decided {
	const struct hd_work *given;
	uint32_t count, asker;
	int64_t begun;
	uint64_t failed, later;
};

static_assert(HD_BATCH_MAX <= 64, "a batch's answers fit one word");
static_assert(HD_TRACE_BATCH == HD_BATCH_MAX, "a batch fits its record");

/* The log is open: what stands in it was given to the disk by somebody else. */
void hd_latency_open(struct hd_shard *shard);
void hd_latency_fini(struct hd_shard *shard);

/* journey.c: in the order of a pass. */

/* The pass begins: what is wanted of it. */
void hd_latency_pass(struct hd_shard *shard);
/* From now on the edge looks at its bytes. */
void hd_latency_input(struct hd_shard *shard);
/* Around a batch; `begin` returns its time. */
int64_t hd_latency_begin(struct hd_shard *shard, const struct hd_work *given, uint32_t count);
void hd_latency_end(struct hd_shard *shard, const struct hd_decided *decided);
/* Behind hd_log_pass. */
void hd_latency_logged(struct hd_shard *shard);
/* finish.c */

/* Behind the edge's output: who is done, is done. */
void hd_latency_output(struct hd_shard *shard);
/* The pass ends; `long_tail`: it did something behind the output that may take time. */
void hd_latency_passed(struct hd_shard *shard, bool long_tail);

/* The time, where times are taken; else that of the pass. */
int64_t hd_latency_now(struct hd_shard *shard);

/* answered.c */

/* A command that was read here goes elsewhere; then all of this pass have gone: returns when. */
void hd_latency_send(struct hd_shard *shard, int64_t arrived);
int64_t hd_latency_sent(struct hd_shard *shard);
/* Runs whose LSN is durable end now. */
void hd_latency_answered(struct hd_shard *shard, int64_t now);

/* slow.c: `slow` but for its time and client; adds it to SLOWLOG while the pass may. */
void hd_latency_slow(struct hd_shard *shard, struct hd_slow *slow, uint32_t client, uint32_t count,
		     int64_t now);

/* page.c: stores what the pass counted. */
void hd_latency_publish(struct hd_shard *shard);

#endif
