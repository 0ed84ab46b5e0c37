/* When commands came, and which of them are to be timed here.
 *
 * The time of a command is that of the pass that took its bytes. Unread bytes that wait for their
 * turn, a credit or a barrier keep it: `arrived` is that of the oldest `arrived_bytes`, and
 * `arrived_next` of what came behind them, so a connection that always has some waiting does not
 * tell of ever longer times. What ends in half a command begins anew with the other half.
 *
 * What the shard answers with the batch it was given in, it times itself. Whatever is answered
 * later, or by another shard, is remembered in a ring by sequence number until its reply is
 * written. */
#include "net/conn/inside.h"

#define RING_LEAST 16u

static bool
is_waiting(const struct conn *conn)
{
	uint16_t lists = 1u << LIST_READY | 1u << LIST_LATER | 1u << LIST_STALLED;
	return conn->blocked != BLOCKED_NOT || conn->listed & lists;
}

void
hd_asked_settle(struct hd_edge *edge, struct conn *conn)
{
	uint32_t left = input_left(conn);
	if (HD_LIKELY(left == 0 || !is_waiting(conn))) {
		conn->arrived = conn->arrived_next = 0;
		conn->arrived_bytes = 0;
	} else if (conn->arrived_bytes == 0) {
		conn->arrived = conn->arrived ? conn->arrived : edge->now;
		conn->arrived_bytes = left;
	} else if (left > conn->arrived_bytes && conn->arrived_next == 0) {
		conn->arrived_next = edge->now;
	}
}

void
hd_asked_consumed(struct conn *conn, uint32_t size)
{
	HD_ASSERT(conn->arrived_bytes > 0);
	if (size < conn->arrived_bytes) {
		conn->arrived_bytes -= size;
		return;
	}
	conn->arrived = conn->arrived_next;
	conn->arrived_next = 0;
	conn->arrived_bytes = 0;
}

static struct hd_answered *
ring_at(const struct conn *conn, uint16_t sequence)
{
	return &conn->asked[sequence & (conn->asked_room - 1)];
}

/* Room for [head, sequence]. */
static void
ring_grow(struct hd_edge *edge, struct conn *conn, uint16_t sequence)
{
	uint32_t span = (uint16_t)(sequence - conn->head) + 1u,
		 room = conn->asked_room ? conn->asked_room : RING_LEAST;
	while (room < span)
		room *= 2;
	if (room == conn->asked_room)
		return;
	struct conn old = *conn;
	conn->asked = (void *)hd_buffers_take(&edge->buffers, room * sizeof *conn->asked,
					      &conn->asked_bytes);
	conn->asked_room = room;
	for (uint32_t i = 0; i < room; i++)
		conn->asked[i].since = 0;
	for (uint16_t s = old.head; old.asked && (uint16_t)(s - old.head) < old.asked_room; s++)
		*ring_at(conn, s) = *ring_at(&old, s);
	hd_buffers_give(&edge->buffers, old.asked, old.asked_bytes);
}

static void
key_copy(struct hd_answered *answered, const struct hd_command *command)
{
	enum hd_route route = hd_command_rows[command->verb].route;
	bool entrants = route == HD_ROUTE_ENTRANT || route == HD_ROUTE_READ;
	struct hd_bytes key = entrants ? command->entrant : command->hunt;
	uint32_t size = key.size < HD_TRACE_KEY ? key.size : HD_TRACE_KEY;
	memset(answered->key, 0, HD_TRACE_KEY);
	if (size)
		memcpy(answered->key, key.at, size);
}

void
hd_asked_put(struct hd_edge *edge, struct conn *conn, uint16_t sequence, uint8_t verb,
	     const struct hd_command *command, int64_t since)
{
	HD_ASSERT(since != 0 && (uint16_t)(sequence - conn->head) < HD_INFLIGHT_MAX);
	ring_grow(edge, conn, sequence);
	struct hd_answered *answered = ring_at(conn, sequence);
	if (answered->since)
		return; /* it waits again */
	*answered = (struct hd_answered){.since = since, .client = conn_client(conn), .verb = verb};
	if (command)
		key_copy(answered, command);
	conn->asked_count++;
}

void
hd_asked_written(struct hd_edge *edge, struct conn *conn, uint16_t sequence)
{
	struct hd_answered *answered = ring_at(conn, sequence);
	if (answered->since == 0)
		return;
	answered->lsn = conn_waits_for(conn);
	hd_shard_answered(edge->shard, answered);
	answered->since = 0;
	if (--conn->asked_count == 0)
		hd_asked_free(edge, conn);
}

void
hd_asked_free(struct hd_edge *edge, struct conn *conn)
{
	hd_buffers_give(&edge->buffers, conn->asked, conn->asked_bytes);
	conn->asked = NULL;
	conn->asked_room = conn->asked_bytes = conn->asked_count = 0;
}
