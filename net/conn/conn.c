/* The life of a connection, and the table of functions that the shard calls. */
#include <errno.h>

#include "net/conn/inside.h"

/* While somebody waits for a credit: nothing may come in that would make a pass, and he is to be
 * told after a second. */
#define STALLED_TICK_NS 50000000

/* Tags: what ended, for whom. */
enum tag_kind { TAG_ACCEPT, TAG_RECV, TAG_SEND };

static uint64_t
tag_of(const struct conn *conn, enum tag_kind kind)
{
	return HD_IO_TAG(HD_IO_EDGE,
			 (uint64_t)kind << 48 | (uint64_t)conn->generation << 32 | conn->slot);
}

static void
accept_ask(struct hd_edge *edge)
{
	if (edge->listener < 0 || edge->accepting || edge->draining)
		return;
	edge->accepting = true;
	edge->io->ops->accept(edge->io, edge->listener,
			      HD_IO_TAG(HD_IO_EDGE, (uint64_t)TAG_ACCEPT << 48));
}

/* What waits in a socket is in no leg: that it waits is told by this count alone. */
static void
hold(struct hd_edge *edge, struct conn *conn, bool held)
{
	if (HD_LIKELY(conn->held == held))
		return;
	HD_ASSERT(held || edge->held > 0);
	conn->held = held;
	edge->held = held ? edge->held + 1 : edge->held - 1;
	HD_GAUGE(edge->metrics->connections_held, edge->held);
}

void
hd_conn_receive(struct hd_edge *edge, struct conn *conn)
{
	bool full = conn->blocked != BLOCKED_NOT && input_left(conn) >= EDGE_READ_AHEAD;
	bool wanted = !conn->eof && !conn->closing && !conn->doomed && !conn->gone && !full;
	hold(edge, conn, full);
	if (wanted && !conn->receiving) {
		conn->receiving = true;
		edge->io->ops->recv(edge->io, conn->socket, tag_of(conn, TAG_RECV));
	} else if (!wanted && conn->receiving && !conn->cancelling && !conn->gone) {
		conn->cancelling = true;
		edge->io->ops->cancel(edge->io, tag_of(conn, TAG_RECV));
	}
}

struct conn *
hd_conn_open(struct hd_edge *edge, int socket)
{
	uint32_t slot = hd_pool_take(&edge->conns);
	struct conn *conn = conn_at(edge, slot);
	edge->generation = (uint16_t)(edge->generation == UINT16_MAX ? 1 : edge->generation + 1);
	*conn = (struct conn){
		.slot = slot,
		.generation = edge->generation,
		.protocol = 2,
		.socket = socket,
		.id = ++edge->ids * hd_shard_count(edge->shard) + hd_shard_number(edge->shard),
		.opened_at = edge->now,
		.active_at = edge->now,
		.last_verb = HD_CMD_COUNT_,
	};
	edge->live++;
	HD_COUNT(edge->metrics->connections_total, 1);
	HD_GAUGE(edge->metrics->connections, edge->live);
	return conn;
}

void
hd_edge_adopt(struct hd_edge *edge, int socket)
{
	static const char full[] = "-ERR max number of clients reached\r\n";
	struct conn *conn = hd_conn_open(edge, socket);
	if (edge->live > edge->clients_max || edge->draining) {
		hd_output_append(edge, conn, full, sizeof full - 1, 0);
		conn->closing = true;
		return;
	}
	hd_conn_receive(edge, conn);
}

void
hd_conn_doom(struct hd_edge *edge, struct conn *conn)
{
	conn->doomed = true;
	hd_list_put(edge, LIST_DOOMED, conn);
}

/* The socket ends now; nothing of it is wanted any more. */
static void
conn_end(struct hd_edge *edge, struct conn *conn)
{
	conn->gone = true;
	conn->blocked = BLOCKED_NOT;
	hold(edge, conn, false);
	edge->io->ops->shutdown(edge->io, conn->socket);
	hd_pubsub_leave(edge, conn);
	hd_input_free(edge, conn);
	hd_reply_free(edge, conn);
	hd_asked_free(edge, conn);
	if (conn->names)
		hd_buffers_give(&edge->buffers, conn->names, HD_KIB);
	conn->names = NULL;
	edge->live--;
	HD_GAUGE(edge->metrics->connections, edge->live);
}

/* Frees a gone connection where nothing in flight, and no list, names it. */
static bool
conn_free(struct hd_edge *edge, struct conn *conn)
{
	if (conn->listed & 1u << LIST_SLOW)
		edge->slow_at = edge->now; /* leaves that list with the next pass */
	if (conn->receiving || conn->sending_now || conn->inflight || conn->listed)
		return false;
	hd_output_free(edge, conn);
	edge->io->ops->close(edge->io, conn->socket);
	conn->generation = 0;
	hd_pool_give(&edge->conns, conn->slot);
	return true;
}

void
hd_conn_bury(struct hd_edge *edge)
{
	struct list all = edge->lists[LIST_DOOMED];
	edge->lists[LIST_DOOMED] = (struct list){0};
	for (uint32_t slot = all.first, next; slot; slot = next) {
		struct conn *conn = conn_at(edge, slot);
		next = conn->links[LIST_DOOMED];
		conn->listed &= (uint16_t) ~(1u << LIST_DOOMED);
		if (!conn->gone)
			conn_end(edge, conn);
		if (!conn_free(edge, conn))
			hd_list_put(edge, LIST_DOOMED, conn);
	}
}

static void
received(struct hd_edge *edge, struct conn *conn, const struct hd_completion *c)
{
	if (!(c->flags & HD_IO_MORE)) {
		conn->receiving = false;
		conn->cancelling = false;
	}
	if (c->result > 0 && c->buffer) {
		HD_COUNT(edge->metrics->received_bytes_total, c->result);
		conn->active_at = edge->now;
		if (conn->gone || conn->doomed || conn->closing)
			edge->io->ops->give(edge->io, c->buffer);
		else
			hd_input_take(edge, conn, c->buffer, (uint32_t)c->result);
	} else if (c->result == 0) {
		conn->eof = true;
		hd_list_put(edge, LIST_READY, conn);
	} else if (c->result != -ENOBUFS && c->result != -ECANCELED) {
		hd_conn_doom(edge, conn);
	}
	if (!conn->receiving)
		hd_list_put(edge, conn->gone ? LIST_DOOMED : LIST_STARVED, conn);
}

static void
accepted(struct hd_edge *edge, const struct hd_completion *c)
{
	if (!(c->flags & HD_IO_MORE))
		edge->accepting = false;
	if (c->result >= 0)
		hd_edge_adopt(edge, c->result);
	/* Out of descriptors: the request ended; asked for again by the next pass that has
	 * something. */
}

static void
edge_complete(void *context, const struct hd_completion *c)
{
	struct hd_edge *edge = context;
	enum tag_kind kind = (enum tag_kind)(c->tag >> 48 & 0xff);
	if (kind == TAG_ACCEPT) {
		accepted(edge, c);
		return;
	}
	struct conn *conn = conn_at(edge, (uint32_t)c->tag);
	HD_ASSERT(conn->generation == (uint16_t)(c->tag >> 32));
	if (kind == TAG_RECV)
		received(edge, conn, c);
	else
		hd_output_sent(edge, conn, c->result);
}

uint64_t
hd_conn_send_tag(const struct conn *conn)
{
	return tag_of(conn, TAG_SEND);
}

static void
edge_input(void *context, int64_t now)
{
	struct hd_edge *edge = context;
	edge->now = now;
	edge->pass++;
	edge->durable = hd_shard_durable(edge->shard);
	uint32_t percent;
	edge->loading = hd_shard_loading(edge->shard, &percent);
	edge->stamps = !edge->loading && atomic_load_explicit(&hd_shard_tuning(edge->shard)->stamps,
							      memory_order_relaxed);
	hd_input_run(edge);
	accept_ask(edge);
}

static void
edge_reply(void *context, uint64_t token, const struct hd_reply *reply, uint64_t lsn)
{
	hd_reply_token(context, token, reply, lsn);
}

static void
edge_later(void *context, uint64_t token, const struct hd_command *command, int64_t arrived)
{
	hd_reply_later(context, token, command, arrived);
}

static void
edge_client(void *context, uint32_t client, char address[HD_CLIENT_ADDRESS],
	    char name[HD_CLIENT_NAME])
{
	struct hd_edge *edge = context;
	uint32_t slot = client >> 12;
	address[0] = name[0] = '\0';
	if (slot == 0 || slot > edge->conns.used)
		return;
	const struct conn *conn = conn_at(edge, slot);
	if (conn->generation == 0 || conn->gone || conn_client(conn) != client)
		return;
	if (edge->info->peer)
		edge->info->peer(conn->socket, address, HD_CLIENT_ADDRESS);
	if (conn->names)
		memcpy(name, conn->names, HD_CLIENT_NAME);
}

static void
edge_output(void *context, int64_t now)
{
	struct hd_edge *edge = context;
	edge->now = now;
	hd_output_run(edge);
	hd_conn_bury(edge);
}

static void
edge_view(void *context, const struct hd_view *view)
{
	hd_pubsub_view(context, view);
}

static int64_t
edge_deadline(void *context)
{
	const struct hd_edge *edge = context;
	if (edge->lists[LIST_READY].first || edge->lists[LIST_LATER].first ||
	    edge->lists[LIST_FLUSH].first)
		return 0;
	int64_t due = edge->lists[LIST_SLOW].first ? edge->slow_at : INT64_MAX;
	int64_t tick = edge->now + STALLED_TICK_NS;
	return edge->lists[LIST_STALLED].first && tick < due ? tick : due;
}

/* Walks the live connections; NULL at the end. */
struct conn *
hd_conn_next(struct hd_edge *edge, uint32_t *slot)
{
	while (++*slot <= edge->conns.used) {
		struct conn *conn = conn_at(edge, *slot);
		if (conn->generation && !conn->gone)
			return conn;
	}
	return NULL;
}

static bool
edge_drain(void *context)
{
	struct hd_edge *edge = context;
	if (!edge->draining && edge->accepting)
		edge->io->ops->cancel(edge->io, HD_IO_TAG(HD_IO_EDGE, (uint64_t)TAG_ACCEPT << 48));
	edge->draining = true;
	uint32_t slot = 0;
	for (struct conn *conn; (conn = hd_conn_next(edge, &slot)) != NULL;) {
		bool idle = conn->next == conn->head && conn_unsent(conn) == 0;
		if (idle && !conn->doomed)
			hd_conn_doom(edge, conn);
		else if (!conn->closing)
			conn->closing = true;
	}
	hd_conn_bury(edge);
	return edge->conns.live == 0 && !edge->accepting;
}

struct hd_edge *
hd_edge_create(const struct hd_edge_options *options, struct hd_shard *shard)
{
	struct hd_memory *memory = hd_shard_memory(shard);
	struct hd_edge *edge = hd_memory_take(memory, sizeof *edge, 64);
	edge->memory = memory;
	edge->shard = shard;
	edge->io = hd_shard_io(shard);
	edge->metrics = hd_shard_metrics(shard, hd_shard_number(shard));
	edge->info = options->info;
	edge->listener = options->listener;
	edge->clients_max = options->clients_max ? options->clients_max : 10000;
	edge->buffers.memory = memory;
	edge->scratch = hd_memory_take(memory, EDGE_SCRATCH, 64);
	hd_pool_init(&edge->conns, memory, (sizeof(struct conn) + 7) & ~7u);
	hd_pool_init(&edge->marks, memory, sizeof(struct mark));
	hd_verbs_init(&edge->verbs);
	accept_ask(edge);
	return edge;
}

void
hd_edge_destroy(struct hd_edge *edge)
{
	if (!edge)
		return;
	uint32_t slot = 0;
	for (struct conn *conn; (conn = hd_conn_next(edge, &slot)) != NULL;) {
		conn_end(edge, conn);
		hd_output_free(edge, conn);
		edge->io->ops->close(edge->io, conn->socket);
	}
	if (edge->listener >= 0)
		edge->io->ops->close(edge->io, edge->listener);
	hd_pubsub_fini(edge);
	hd_buffers_fini(&edge->buffers);
	hd_pool_fini(&edge->conns);
	hd_pool_fini(&edge->marks);
	hd_memory_give(edge->memory, edge->scratch, EDGE_SCRATCH);
	hd_memory_give(edge->memory, edge, sizeof *edge);
}

const struct hd_edge_ops hd_edge_table = {
	.complete = edge_complete,
	.input = edge_input,
	.reply = edge_reply,
	.later = edge_later,
	.client = edge_client,
	.output = edge_output,
	.view = edge_view,
	.deadline = edge_deadline,
	.drain = edge_drain,
};
