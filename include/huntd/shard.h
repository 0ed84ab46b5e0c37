/* shard.h - one core's runtime as its edge sees it, and the edge as the shard sees it.
 *
 * A shard is a pinned thread with its core (the game), its log, its io and its edge (connections
 * and codecs, in net/). The shard owns the loop; a pass is a straight line:
 *
 *   wait -> completions (log, edge) -> mail from other threads -> clock, timers -> edge input
 *        -> decide + apply in batches -> log -> replies whose position is durable -> sends -> mail
 * out
 *
 * The edge turns bytes into commands and gives them to the shard with a token; the shard answers
 * each token exactly once, through edge->reply, in any order; the edge puts replies back into
 * request order. A reply comes with the LSN it must wait for: the edge holds it until
 * hd_shard_durable reaches that (0: at once). Replies of other shards come when they are durable
 * there.
 *
 * Ordering that a connection could notice (DESIGN 4) is the edge's: it looks at hd_shard_route and
 * holds back what must wait. */
#ifndef HUNTD_SHARD_H
#define HUNTD_SHARD_H

#include "huntd/command.h"
#include "huntd/core.h"
#include "huntd/io.h"
#include "huntd/log.h"
#include "huntd/metrics.h"
#include "huntd/reply.h"
#include "huntd/slowlog.h"
#include "huntd/tuning.h"

struct hd_shard;
struct hd_view;

struct hd_edge_ops {
	/* A completion of the edge's own (HD_IO_EDGE). */
	void (*complete)(void *edge, const struct hd_completion *completion);
	/* Once a pass, after mail: decode what has come in and give it to the shard; ends with
	 * hd_shard_decide. Stalled connections are tried again here. */
	void (*input)(void *edge, int64_t now);
	/* The answer to a token. `reply` and its bytes live until the call returns. */
	void (*reply)(void *edge, uint64_t token, const struct hd_reply *reply, uint64_t lsn);
	/* What this shard was given for itself is answered in a later pass (two-step commands); may
	 * be said again. The command lives until the call returns. NULL: not told. */
	void (*later)(void *edge, uint64_t token, const struct hd_command *command,
		      int64_t arrived);
	/* Once a pass, after the log: release replies up to hd_shard_durable, send. */
	void (*output)(void *edge, int64_t now);
	/* A newer merged view of a board (view.h); borrowed until the call returns. */
	void (*view)(void *edge, const struct hd_view *view);
	/* When input or output must run though nothing comes in (deadlines of connections);
	 * BOOTTIME ns, HD_NEVER for none. 0: at once (work is left). */
	int64_t (*deadline)(void *edge);
	/* The server ends: stop accepting, close what is idle. True: nothing is left. */
	bool (*drain)(void *edge);
	/* Whose a slow command was: the upper half of its token names the connection. ADDR:PORT and
	 * the name it gave itself; both empty where it is gone. */
	void (*client)(void *edge, uint32_t client, char address[HD_CLIENT_ADDRESS],
		       char name[HD_CLIENT_NAME]);
};

/* What becomes of a command that the edge wants to give. */
enum hd_admit {
	HD_ADMIT_YES,
	HD_ADMIT_WAIT, /* no credit of its target: leave the connection unread, try again next pass
			*/
	HD_ADMIT_BUSY, /* refuse it: -BUSY, or the error in `error` */
};

/* Asks for the credits that `command` needs; on YES the caller must hd_shard_give it. `error` is
 * set for BUSY: HD_ERR_BUSY, HD_ERR_MISCONF or HD_ERR_LOADING. */
enum hd_admit hd_shard_admit(struct hd_shard *shard, const struct hd_command *command,
			     enum hd_error *error);

/* Gives an admitted command; `arrived`: BOOTTIME ns of the pass that took its bytes (0: this one);
 * `local`: what hd_shard_is_local said of it in this pass. Its bytes must live until the next
 * hd_shard_decide, the struct too. At most HD_BATCH_MAX between two of those: hd_shard_decide is
 * called by itself when the batch is full. */
void hd_shard_give(struct hd_shard *shard, struct hd_command *command, uint64_t token,
		   int64_t arrived, bool local);

/* Decides and applies what was given; calls edge->reply for all that is answered at once. */
void hd_shard_decide(struct hd_shard *shard);

/* A reply that no batch of this shard's own brought (another shard's, a gather's, an order's, the
 * edge's own): the edge has written it in this pass. It is timed when the pass in which it is
 * durable has handed its output over; commands that were given and answered within one
 * hd_shard_decide time themselves. */
struct hd_answered {
	int64_t since; /* BOOTTIME ns: `arrived` */
	uint64_t lsn;  /* its bytes wait for this one, as those before them do; 0: for none */
	uint32_t client;
	uint8_t verb;
	char key[HD_TRACE_KEY]; /* as in hd_trace_record; for SLOWLOG */
};
void hd_shard_answered(struct hd_shard *shard, const struct hd_answered *answered);

/* Settings that may change while it runs, and slow commands of any shard. */
struct hd_tuning *hd_shard_tuning(struct hd_shard *shard);
struct hd_slowlog *hd_shard_slowlog(struct hd_shard *shard, uint32_t of);
const struct hd_shard_stats *hd_shard_stats(const struct hd_shard *shard, uint32_t of);

/* Asks every shard for a snapshot; one that runs is followed by another. */
void hd_shard_save(struct hd_shard *shard);

/* True where the command is answered by this shard alone in this pass (no message to another). */
bool hd_shard_is_local(const struct hd_shard *shard, const struct hd_command *command);

uint64_t hd_shard_durable(const struct hd_shard *shard); /* LSN */
uint64_t hd_shard_tail(const struct hd_shard *shard);    /* LSN */
uint32_t hd_shard_number(const struct hd_shard *shard);
uint32_t hd_shard_count(const struct hd_shard *shard);
bool hd_shard_loading(const struct hd_shard *shard, uint32_t *percent); /* percent: may be NULL */
const struct hd_core *hd_shard_core(const struct hd_shard *shard);
struct hd_memory *
hd_shard_memory(struct hd_shard *shard); /* for the edge's own objects, not in the budget */
struct hd_io *hd_shard_io(struct hd_shard *shard);
struct hd_metrics *hd_shard_metrics(struct hd_shard *shard,
				    uint32_t of);     /* another shard's: to read */
int64_t hd_shard_clock(const struct hd_shard *shard); /* this pass's time, ns since 1970 */

#endif
