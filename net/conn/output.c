/* Replies, out of the process.
 *
 * Bytes are counted from the connection's first. `written` is behind the last reply, `released`
 * behind the last that may go; marks say which log position the rest waits for, one mark a pass. A
 * send takes the released bytes: the whole buffer where all of it is released, else the front of
 * it, and what stays moves to a fresh one. So bytes in flight never move, and replies never wait
 * for a send. */
#include "net/conn/inside.h"

static struct mark *
mark_take(struct hd_edge *edge)
{
	struct mark *mark = edge->marks_freed;
	if (mark)
		edge->marks_freed = mark->next;
	else
		mark = hd_pool_at(&edge->marks, hd_pool_take(&edge->marks));
	return mark;
}

static void
mark_pop(struct hd_edge *edge, struct conn *conn)
{
	struct mark *mark = conn->mark_first;
	conn->mark_first = mark->next;
	mark->next = edge->marks_freed;
	edge->marks_freed = mark;
}

/* Bytes up to `written` wait for `lsn`, and for whatever stands before them. */
static void
mark_put(struct hd_edge *edge, struct conn *conn, uint64_t lsn)
{
	struct mark *last = conn->mark_first ? conn->mark_last : NULL;
	if (!last && lsn <= edge->durable) {
		conn->released = conn->written;
		hd_list_put(edge, LIST_FLUSH, conn);
		return;
	}
	if (last && (lsn <= last->lsn || last->pass == edge->pass)) {
		last->lsn = lsn > last->lsn ? lsn : last->lsn;
		last->end = conn->written;
		return;
	}
	struct mark *mark = mark_take(edge);
	*mark = (struct mark){.lsn = lsn, .end = conn->written, .pass = edge->pass};
	if (last)
		last->next = mark;
	else
		conn->mark_first = mark;
	conn->mark_last = mark;
	hd_list_put(edge, LIST_HELD, conn);
}

/* Makes room for `size` more bytes; `out` is never in flight, so it may move. */
uint8_t *
hd_output_room(struct hd_edge *edge, struct conn *conn, uint32_t size)
{
	uint32_t used = (uint32_t)(conn->written - conn->out_from);
	if (HD_UNLIKELY(conn->out_room - used < size)) {
		uint32_t room;
		uint8_t *at = hd_buffers_take(&edge->buffers, (size_t)used + size, &room);
		if (used)
			memcpy(at, conn->out, used);
		hd_buffers_give(&edge->buffers, conn->out, conn->out_room);
		conn->out = at;
		conn->out_room = room;
	}
	return conn->out + used;
}

void
hd_output_wrote(struct hd_edge *edge, struct conn *conn, uint32_t size, uint64_t lsn)
{
	conn->written += size;
	mark_put(edge, conn, lsn);
}

void
hd_output_append(struct hd_edge *edge, struct conn *conn, const void *bytes, uint32_t size,
		 uint64_t lsn)
{
	memcpy(hd_output_room(edge, conn, size), bytes, size);
	hd_output_wrote(edge, conn, size, lsn);
}

/* Moves what is released from `out` to `sending`. */
static void
sending_fill(struct hd_edge *edge, struct conn *conn)
{
	uint32_t used = (uint32_t)(conn->written - conn->out_from),
		 ready = (uint32_t)(conn->released - conn->out_from);
	hd_buffers_give(&edge->buffers, conn->sending, conn->sending_room);
	conn->sending = conn->out;
	conn->sending_room = conn->out_room;
	conn->sending_at = 0;
	conn->sending_size = ready;
	conn->out_from = conn->released;
	conn->out = NULL;
	conn->out_room = 0;
	if (used > ready) {
		conn->out = hd_buffers_take(&edge->buffers, used - ready, &conn->out_room);
		memcpy(conn->out, conn->sending + ready, used - ready);
	}
}

static void
flush(struct hd_edge *edge, struct conn *conn)
{
	if (conn->sending_now || conn->gone)
		return;
	if (conn->sending_at == conn->sending_size && conn->released > conn->out_from)
		sending_fill(edge, conn);
	uint32_t left = conn->sending_size - conn->sending_at;
	if (left == 0) {
		hd_buffers_give(&edge->buffers, conn->sending, conn->sending_room);
		conn->sending = NULL;
		conn->sending_room = conn->sending_at = conn->sending_size = 0;
		if (conn->closing && conn->next == conn->head && conn->written == conn->out_from)
			hd_conn_doom(edge, conn);
		return;
	}
	conn->sending_now = true;
	conn->sending_part = left < EDGE_SEND_MAX ? left : EDGE_SEND_MAX;
	edge->io->ops->send(edge->io, conn->socket, conn->sending + conn->sending_at,
			    conn->sending_part, hd_conn_send_tag(conn));
}

void
hd_output_sent(struct hd_edge *edge, struct conn *conn, int32_t result)
{
	conn->sending_now = false;
	if (result <= 0 || conn->gone) {
		hd_conn_doom(edge, conn);
		return;
	}
	HD_COUNT(edge->metrics->sent_bytes_total, result);
	conn->sending_at += (uint32_t)result;
	conn->progress_at = edge->now;
	if (conn_unsent(conn) < HD_FEED_UNSENT_MAX)
		conn->slow_at = edge->now;
	hd_list_put(edge, LIST_FLUSH, conn);
	if (conn->blocked == BLOCKED_UNSENT)
		hd_list_put(edge, LIST_READY, conn);
	if (conn->lagging && conn_unsent(conn) == 0)
		hd_pubsub_caught_up(edge, conn);
}

/* Releases what has become durable; keeps in the list who still waits. */
static void
release(struct hd_edge *edge)
{
	struct list all = edge->lists[LIST_HELD];
	edge->lists[LIST_HELD] = (struct list){0};
	for (uint32_t slot = all.first, next; slot; slot = next) {
		struct conn *conn = conn_at(edge, slot);
		next = conn->links[LIST_HELD];
		conn->listed &= (uint16_t) ~(1u << LIST_HELD);
		while (conn->mark_first && conn->mark_first->lsn <= edge->durable) {
			conn->released = conn->mark_first->end;
			mark_pop(edge, conn);
			hd_list_put(edge, LIST_FLUSH, conn);
		}
		if (conn->mark_first)
			hd_list_put(edge, LIST_HELD, conn);
	}
}

#define SLOW_NS ((int64_t)HD_UNSENT_SECONDS * 1000000000)

/* Who follows boards may have more unsent than who asks. */
static bool
is_feed(const struct conn *conn)
{
	return conn->subscriptions && conn->blocked != BLOCKED_UNSENT;
}

/* Also below the limit, where the next command waits for room. */
static bool
at_limit(const struct conn *conn)
{
	uint64_t limit = is_feed(conn) ? HD_FEED_UNSENT_MAX : HD_UNSENT_MAX / 2;
	return conn->sending_now && (conn->blocked == BLOCKED_UNSENT || conn_unsent(conn) >= limit);
}

/* A follower must come below the limit, who asks need only go on reading. */
static int64_t
overdue_at(const struct conn *conn)
{
	return (is_feed(conn) ? conn->slow_at : conn->progress_at) + SLOW_NS;
}

/* Closes whose unsent bytes stood at the limit for HD_UNSENT_SECONDS, without a byte taken. */
static void
slow_check(struct hd_edge *edge)
{
	struct list all = edge->lists[LIST_SLOW];
	edge->lists[LIST_SLOW] = (struct list){0};
	edge->slow_at = INT64_MAX;
	for (uint32_t slot = all.first, next; slot; slot = next) {
		struct conn *conn = conn_at(edge, slot);
		next = conn->links[LIST_SLOW];
		conn->listed &= (uint16_t) ~(1u << LIST_SLOW);
		if (conn->gone || !at_limit(conn))
			continue;
		if (edge->now >= overdue_at(conn)) {
			HD_COUNT(edge->metrics->connections_closed_slow_total, 1);
			hd_conn_doom(edge, conn);
			continue;
		}
		hd_list_put(edge, LIST_SLOW, conn);
		if (overdue_at(conn) < edge->slow_at)
			edge->slow_at = overdue_at(conn);
	}
}

static void
slow_watch(struct hd_edge *edge, struct conn *conn)
{
	if (conn->gone || conn->listed & 1u << LIST_SLOW || !at_limit(conn))
		return;
	conn->progress_at = conn->slow_at = edge->now;
	if (!edge->lists[LIST_SLOW].first)
		edge->slow_at = edge->now + SLOW_NS;
	hd_list_put(edge, LIST_SLOW, conn);
}

void
hd_output_run(struct hd_edge *edge)
{
	edge->durable = hd_shard_durable(edge->shard);
	release(edge);
	struct conn *conn;
	while ((conn = hd_list_pop(edge, LIST_FLUSH)) != NULL) {
		flush(edge, conn);
		slow_watch(edge, conn);
	}
	if (edge->lists[LIST_SLOW].first && edge->now >= edge->slow_at)
		slow_check(edge);
}

void
hd_output_free(struct hd_edge *edge, struct conn *conn)
{
	while (conn->mark_first)
		mark_pop(edge, conn);
	hd_buffers_give(&edge->buffers, conn->out, conn->out_room);
	hd_buffers_give(&edge->buffers, conn->sending, conn->sending_room);
	conn->out = conn->sending = NULL;
	conn->out_room = conn->sending_room = conn->sending_size = conn->sending_at = 0;
}
