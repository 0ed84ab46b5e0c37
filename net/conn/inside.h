/* inside.h - what the files of net/conn share: connections, their lists, their buffers.
 *
 * A connection is named by a handle of the edge's pool and a generation. Tokens (to the shard) and
 * tags (to the io) carry both, so an answer to a connection that is gone finds nobody. A connection
 * that failed is `gone` at once and freed when its last request, receive and send have ended.
 *
 * Idle, it owns no buffer: what it needs comes from `buffers` and goes back when it is empty. */
#ifndef HUNTD_NET_CONN_INSIDE_H
#define HUNTD_NET_CONN_INSIDE_H

#include "core/base/pool.h"
#include "huntd/assert.h"
#include "huntd/view.h"
#include "net/conn/edge.h"
#include "net/resp/args.h"
#include "net/resp/request.h"
#include "net/resp/write.h"

#define EDGE_TURN   256u /* commands of one connection a pass */
#define EDGE_ROUNDS 8u   /* times a pass looks again at who was let go on meanwhile */
#define EDGE_READ_AHEAD                                                                            \
	(64u * HD_KIB) /* unread bytes of a blocked connection: then it is not read */
#define EDGE_SEND_MAX (128u * HD_KIB) /* of one send, so that progress is seen */
#define EDGE_FEED_LAG                                                                              \
	(64u * HD_KIB) /* unsent bytes of a feed: then it waits for a fresh snapshot */
#define EDGE_CELL_INLINE 72u
#define EDGE_NAME_MAX    64u

/* Buffers by size: powers of two from 1 KiB, kept for reuse. */
#define BUFFER_SMALLEST 10u
#define BUFFER_CLASSES  14u /* up to 8 MiB */

struct buffers {
	struct hd_memory *memory;
	void *freed[BUFFER_CLASSES];
	uint64_t kept; /* bytes in `freed` */
};

uint8_t *hd_buffers_take(struct buffers *buffers, size_t size, uint32_t *room);
void hd_buffers_give(struct buffers *buffers, void *at, uint32_t room);
void hd_buffers_fini(struct buffers *buffers);

/* Bytes of a reply up to `end` (counted from the connection's first byte) wait for `lsn`. */
struct mark {
	struct mark *next;
	uint64_t lsn, end, pass;
};

/* A reply that came before its turn. */
struct cell {
	uint64_t lsn;
	uint8_t *block; /* where `bytes` are too few */
	uint32_t block_room, size;
	bool filled;
	uint8_t bytes[EDGE_CELL_INLINE];
};

enum blocked {
	BLOCKED_NOT,
	BLOCKED_BARRIER,  /* until earlier commands are answered */
	BLOCKED_INFLIGHT, /* HD_INFLIGHT_MAX */
	BLOCKED_UNSENT,   /* HD_UNSENT_MAX */
	BLOCKED_CREDIT,   /* tried again each pass */
};

/* Lists of connections; each has its own link, so a connection can stand in several. */
enum list_name {
	LIST_READY,   /* have bytes that may be whole commands */
	LIST_LATER,   /* the same, after their turn: next pass */
	LIST_STALLED, /* no credit */
	LIST_TOUCHED, /* read in this pass: their bytes are settled at its end */
	LIST_STARVED, /* a receive is to be asked for */
	LIST_HELD,    /* have marks */
	LIST_FLUSH,   /* have released bytes to send */
	LIST_SLOW,    /* unsent bytes at the limit */
	LIST_DOOMED,  /* to be closed, or gone and not freed yet */
	LIST_COUNT_,
};

struct subscription; /* pubsub.c */

struct conn {
	uint32_t slot;
	uint16_t generation; /* 0: freed */
	uint8_t protocol;    /* 2 or 3 */
	uint8_t blocked;     /* enum blocked */
	uint16_t listed;     /* bits of enum list_name */
	bool receiving, cancelling, sending_now;
	bool eof;     /* the peer sends no more */
	bool closing; /* nothing more is read; closed when all is sent */
	bool doomed;  /* closed as soon as may be */
	bool gone;    /* the socket is shut down; waits for what is in flight */
	bool lagging; /* a feed: owes a snapshot */
	bool held;    /* not read: EDGE_READ_AHEAD of it wait to be started */
	int socket;
	/* Input: a receive buffer in place (within one pass), or bytes kept in `spill`. */
	uint8_t *place;
	uint32_t place_from, place_to;
	uint8_t *spill;
	uint32_t spill_room, spill_from, spill_to;
	uint32_t arrived_bytes; /* unread ones that came at `arrived`; 0: all of them */
	int64_t arrived;        /* BOOTTIME ns; 0: in this pass */
	int64_t arrived_next;   /* those behind them; 0: there are none */
	/* Requests: sequence numbers wrap; those in [head, next) are not answered yet. */
	uint16_t next, head;
	uint32_t inflight; /* given to the shard and not answered */
	uint32_t writes, gathers, orders;
	uint32_t turn; /* commands left in pass `turn_pass` */
	uint64_t turn_pass;
	uint64_t reserved; /* the most that answers in flight may hold */
	struct cell *cells;
	uint32_t cells_room, cells_bytes, cells_filled;
	struct hd_answered *asked; /* ring: those that are timed here; NULL: none is */
	uint32_t asked_room, asked_bytes, asked_count;
	/* Output, counted from the first byte: [out_from, written) lies in `out`, before that
	 * `sending`. */
	uint8_t *out, *sending;
	uint32_t out_room, sending_room, sending_at, sending_size, sending_part;
	uint64_t out_from, written, released;
	struct mark *mark_first, *mark_last;
	int64_t progress_at; /* a send took bytes */
	int64_t slow_at;     /* since when its unsent bytes stand at the limit */
	/* Session. */
	uint64_t id;
	int64_t opened_at, active_at;
	uint8_t last_verb;
	uint32_t subscriptions_count;
	struct subscription *subscriptions;
	char *names; /* NAME, LIB-NAME, LIB-VER, each EDGE_NAME_MAX; NULL: none was set */
	uint32_t links[LIST_COUNT_];
};

#define EDGE_PAGE_BYTES 4096u

struct list {
	uint32_t first, last;
};

struct feed; /* pubsub.c */

/* An encoded answer that may be asked for again (hd_reply.same). */
struct encoded {
	uint64_t same; /* 0: none */
	uint32_t size;
	uint8_t bytes[EDGE_PAGE_BYTES];
};

struct hd_edge {
	const struct hd_server_info *info;
	struct hd_shard *shard;
	struct hd_io *io;
	struct hd_memory *memory;
	struct hd_metrics *metrics;
	struct hd_pool conns, marks;
	struct buffers buffers;
	struct list lists[LIST_COUNT_];
	struct hd_verbs verbs;
	struct hd_args_fault fault; /* of the request at hand */
	uint32_t clients_max, live, held;
	uint16_t generation;
	uint64_t ids, pass, durable;
	int64_t now, slow_at;
	int listener;
	bool accepting, draining, loading;
	bool stamps; /* this pass: commands are timed */
	struct mark *marks_freed;
	/* Commands given and not decided yet; their bytes must stay. */
	uint32_t given;
	struct hd_command commands[HD_BATCH_MAX];
	/* Pub/sub. */
	struct feed *feeds;
	uint32_t subscribers;
	/* instantaneous_ops_per_sec */
	int64_t sample_at;
	uint64_t sample_commands, sample_rate;
	uint8_t *scratch;        /* where the edge's own replies are made */
	struct encoded pages[2]; /* by protocol: the page that was encoded last */
	struct hd_request request;
};

#define EDGE_SCRATCH (1u * HD_MIB)

/* lists.c */
void hd_list_put(struct hd_edge *edge, enum list_name name, struct conn *conn);
struct conn *hd_list_pop(struct hd_edge *edge, enum list_name name);

static inline struct conn *
conn_at(struct hd_edge *edge, uint32_t slot)
{
	return hd_pool_at(&edge->conns, slot);
}

static inline uint64_t
conn_unsent(const struct conn *conn)
{
	return conn->written - conn->out_from + (conn->sending_size - conn->sending_at);
}

/* Names a connection, with its slot's last 4,096 users told apart: the upper half of its tokens. */
static inline uint32_t
conn_client(const struct conn *conn)
{
	return conn->slot << 12 | (conn->generation & 0xfffu);
}

/* The log position that its last reply waits for; 0: none. */
static inline uint64_t
conn_waits_for(const struct conn *conn)
{
	return conn->mark_first ? conn->mark_last->lsn : 0;
}

/* conn.c: life */
struct conn *hd_conn_open(struct hd_edge *edge, int socket);
void hd_conn_doom(struct hd_edge *edge, struct conn *conn);
void hd_conn_bury(struct hd_edge *edge); /* closes the doomed, frees the gone */
uint64_t hd_conn_send_tag(const struct conn *conn);
struct conn *hd_conn_next(struct hd_edge *edge,
			  uint32_t *slot); /* over all, from *slot = 0; NULL at the end */
void hd_conn_receive(struct hd_edge *edge,
		     struct conn *conn); /* asks for bytes where that is wanted */

/* input.c */
void hd_input_take(struct hd_edge *edge, struct conn *conn, uint8_t *buffer, uint32_t size);
void hd_input_run(struct hd_edge *edge);
void hd_input_free(struct hd_edge *edge, struct conn *conn);
static inline uint32_t
input_left(const struct conn *conn)
{
	return conn->place_to - conn->place_from + conn->spill_to - conn->spill_from;
}

/* asked.c */

/* BOOTTIME ns of the command that is next to be read. */
static inline int64_t
conn_arrived(const struct hd_edge *edge, const struct conn *conn)
{
	return conn->arrived ? conn->arrived : edge->now;
}
void hd_asked_settle(struct hd_edge *edge, struct conn *conn); /* the pass ends */
void hd_asked_consumed(struct conn *conn, uint32_t size);      /* where arrived_bytes are there */
/* A command whose answer does not come with its batch; NULL: one of the edge's own. */
void hd_asked_put(struct hd_edge *edge, struct conn *conn, uint16_t sequence, uint8_t verb,
		  const struct hd_command *command, int64_t since);
void hd_asked_written(struct hd_edge *edge, struct conn *conn, uint16_t sequence);
void hd_asked_free(struct hd_edge *edge, struct conn *conn);

/* reply.c */
void hd_reply_token(struct hd_edge *edge, uint64_t token, const struct hd_reply *reply,
		    uint64_t lsn);
/* It comes in a later pass. */
void hd_reply_later(struct hd_edge *edge, uint64_t token, const struct hd_command *command,
		    int64_t arrived);
void hd_reply_own(struct hd_edge *edge, struct conn *conn, uint16_t sequence,
		  const struct hd_reply *reply);
void hd_reply_error(struct hd_edge *edge, struct conn *conn, uint16_t sequence, enum hd_error error,
		    const char *text);
uint64_t hd_reply_token_make(struct conn *conn, uint16_t sequence, uint8_t verb, uint32_t kind,
			     uint32_t need);
uint32_t hd_reply_need(const struct hd_command *command); /* exponent: 64 << n bytes */
void hd_reply_free(struct hd_edge *edge, struct conn *conn);

/* What a token says of its command. */
enum token_kind { TOKEN_READ, TOKEN_WRITE, TOKEN_GATHER, TOKEN_ORDER };
#define NEED_BYTES(exponent) (UINT64_C(64) << (exponent))

/* output.c */
void hd_output_append(struct hd_edge *edge, struct conn *conn, const void *bytes, uint32_t size,
		      uint64_t lsn);
uint8_t *hd_output_room(struct hd_edge *edge, struct conn *conn,
			uint32_t size); /* where `written` goes on */
void hd_output_wrote(struct hd_edge *edge, struct conn *conn, uint32_t size, uint64_t lsn);
void hd_output_sent(struct hd_edge *edge, struct conn *conn, int32_t result);
void hd_output_run(struct hd_edge *edge);
void hd_output_free(struct hd_edge *edge, struct conn *conn);

/* session.c and its neighbours: commands of HD_ROUTE_EDGE. */
struct call {
	struct hd_edge *edge;
	struct conn *conn;
	const struct hd_request *request;
	struct hd_writer w;    /* the reply's value is written here */
	struct hd_reply reply; /* VALUE by default */
	bool silent;           /* the handler has written its own bytes */
	char text[192];        /* room for an error's text */
};

typedef void (*call_handler)(struct call *call);

/* Runs the request, which is of `verb`, and answers it at `sequence`. */
void hd_session_run(struct hd_edge *edge, struct conn *conn, uint16_t sequence, enum hd_verb verb);
/* True where earlier commands must be answered first. */
bool hd_session_waits(enum hd_verb verb);

/* When the last snapshot was taken, seconds since 1970, by the shard whose is the oldest. */
uint64_t hd_session_saved_at(struct hd_edge *edge);

/* Keeps a name that the client gives itself, or fills an error; which: 0 NAME, 1 LIB-NAME, 2
 * LIB-VER. */
bool hd_session_name(struct call *call, uint32_t which, struct hd_bytes name);

void hd_call_ok(struct call *call);
void hd_call_error(struct call *call, enum hd_error error, const char *text);
void hd_call_syntax(struct call *call); /* "unknown subcommand or wrong number of arguments" */
static inline bool
call_word_is(const struct call *call, uint32_t word, const char *text)
{
	return word < call->request->count && hd_args_is(call->request->words[word], text);
}

void hd_call_client(struct call *call); /* calls/ */
void hd_call_info(struct call *call);
void hd_call_latency(struct call *call);
void hd_call_slowlog(struct call *call);
void hd_call_command(struct call *call);
void hd_call_config(struct call *call);
void hd_call_help(struct call *call, const char *const *lines, uint32_t count);
void hd_call_subscribe(struct call *call); /* pubsub.c */
void hd_call_unsubscribe(struct call *call);
void hd_call_publish(struct call *call);
void hd_pubsub_view(struct hd_edge *edge, const struct hd_view *view);
void hd_pubsub_caught_up(struct hd_edge *edge, struct conn *conn); /* a lagging feed has drained */
void hd_pubsub_leave(struct hd_edge *edge, struct conn *conn);
void hd_pubsub_fini(struct hd_edge *edge);

/* Sum of a counter over all shards. */
#define EDGE_SUM(edge, counter)                                                                    \
	({                                                                                         \
		uint64_t sum_ = 0;                                                                 \
		for (uint32_t of_ = 0; of_ < hd_shard_count((edge)->shard); of_++)                 \
			sum_ += HD_METRIC(hd_shard_metrics((edge)->shard, of_)->counter);          \
		sum_;                                                                              \
	})

/* Glob of CONFIG GET and PSUBSCRIBE: * ? [..] and backslash, in linear space and bounded time. */
bool hd_glob(struct hd_bytes pattern, struct hd_bytes text);

#endif
