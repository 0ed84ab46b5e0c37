/* edge.h - the edge of the simulated process: connections that carry commands, not bytes.
 *
 * A connection stands at one shard's door. What is sent over it is given to the shard in order;
 * replies come back in that order, once they are durable, and reach the client a little later. As
 * in net/conn, entrants' commands go in a pipeline and every other command alone. A connection that
 * is dropped forgets what was not given and hears nothing of what was. */
#ifndef HUNTD_TESTS_SIM_EDGE_H
#define HUNTD_TESTS_SIM_EDGE_H

#include "tests/sim/machine.h"

struct sim_reply {
	uint8_t kind, error, outcome;
	bool number;
	int64_t points, score, detail_number;
	uint8_t *detail; /* own */
	uint32_t size;
};

struct conn;

struct ask {
	struct ask *next;
	struct conn *conn; /* NULL: it was dropped */
	struct hd_command command;
	void *owner;
	bool replied;
	bool late;     /* not answered by the own shard's batch */
	int64_t since; /* of the pass that took it */
	uint64_t lsn;
	struct sim_reply reply;
	int64_t due; /* when the client has it */
};

struct asks {
	struct ask *first, **end;
};

struct conn {
	struct edge *edge;
	struct conn *next; /* at the same door */
	uint32_t door;
	bool open;
	struct asks queue;    /* not given yet */
	struct asks flight;   /* given, in order */
	struct asks arriving; /* answered, on their way */
	void *owner;
};

struct door {
	struct edge *edge;
	struct hd_shard *shard;
	struct conn *conns;
	struct asks orphans; /* given by connections that were dropped */
	bool waits;          /* for a credit */
	uint64_t durable;    /* what the shard said last */
	struct {
		uint64_t version;
		uint64_t total;
		int64_t first; /* the best score */
	} view[HD_BOARDS_MAX];
	uint64_t views;
};

struct edge {
	struct machine *machine;
	struct door doors[HD_SHARDS_MAX];
};

extern const struct hd_edge_ops edge_ops;

void edge_init(struct edge *edge, struct machine *machine);
void *edge_create(struct edge *edge, struct hd_shard *shard);

void conn_open(struct conn *conn, struct edge *edge, uint32_t door, void *owner);
/* `command` and what it borrows live until conn_drop or the reply. */
void conn_send(struct conn *conn, const struct hd_command *command, void *owner);
/* Nothing more comes. */
void conn_drop(struct conn *conn);
/* The process died: every connection is dropped; some answers were already under way, and `keep`
 * says whether those arrive. */
void edge_died(struct edge *edge, struct conn *conn, bool keep);
void edge_clear(struct edge *edge);

/* The next answer: when, and what. The caller frees it with ask_free. */
int64_t conn_next(const struct conn *conn);
struct ask *conn_take(struct conn *conn);
void ask_free(struct ask *ask);

#endif
