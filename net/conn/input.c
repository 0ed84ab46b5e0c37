/* From bytes to the shard.
 *
 * Bytes are read where the kernel put them, if a connection has one buffer and nothing left of the
 * last pass; else in its spill, where all is put together. Commands borrow from either until they
 * are decided, so neither moves nor is given back before the pass's last hd_shard_decide. Between
 * passes only spills hold bytes: every receive buffer has gone back.
 *
 * What a connection could notice decides what waits for what (DESIGN 4): an order for all that is
 * before it, all for an order; a gather for earlier writes, writes for a gather. */
#include <stdio.h>

#include "net/conn/inside.h"

/* Appends to the spill. Not while commands that borrow from it are undecided. */
static void
spill_append(struct hd_edge *edge, struct conn *conn, const uint8_t *bytes, uint32_t size)
{
	uint32_t left = conn->spill_to - conn->spill_from;
	if (conn->spill_to + size > conn->spill_room) {
		uint8_t *old = conn->spill, *at = old;
		uint32_t room = conn->spill_room;
		if (left + size > room)
			at = hd_buffers_take(&edge->buffers, left + size, &room);
		if (left)
			memmove(at, old + conn->spill_from, left);
		if (at != old)
			hd_buffers_give(&edge->buffers, old, conn->spill_room);
		conn->spill = at;
		conn->spill_room = room;
		conn->spill_from = 0;
		conn->spill_to = left;
	}
	memcpy(conn->spill + conn->spill_to, bytes, size);
	conn->spill_to += size;
}

/* What is left of the buffer in place goes into the spill, the buffer back. */
static void
place_settle(struct hd_edge *edge, struct conn *conn)
{
	if (!conn->place)
		return;
	uint32_t left = conn->place_to - conn->place_from;
	if (left)
		spill_append(edge, conn, conn->place + conn->place_from, left);
	edge->io->ops->give(edge->io, conn->place);
	conn->place = NULL;
	conn->place_from = conn->place_to = 0;
}

void
hd_input_take(struct hd_edge *edge, struct conn *conn, uint8_t *buffer, uint32_t size)
{
	HD_ASSERT(edge->given == 0);
	if (input_left(conn) == 0) {
		conn->place = buffer;
		conn->place_from = 0;
		conn->place_to = size;
	} else {
		place_settle(edge, conn);
		spill_append(edge, conn, buffer, size);
		edge->io->ops->give(edge->io, buffer);
	}
	if (conn->blocked == BLOCKED_NOT)
		hd_list_put(edge, LIST_READY, conn);
	hd_list_put(edge, LIST_TOUCHED, conn);
}

void
hd_input_free(struct hd_edge *edge, struct conn *conn)
{
	HD_ASSERT(edge->given == 0);
	if (conn->place)
		edge->io->ops->give(edge->io, conn->place);
	hd_buffers_give(&edge->buffers, conn->spill, conn->spill_room);
	conn->place = conn->spill = NULL;
	conn->place_from = conn->place_to = conn->spill_from = conn->spill_to = conn->spill_room =
		0;
}

static struct hd_bytes
unread(const struct conn *conn)
{
	if (conn->place)
		return hd_bytes_of(conn->place + conn->place_from,
				   conn->place_to - conn->place_from);
	if (!conn->spill)
		return (struct hd_bytes){0};
	return hd_bytes_of(conn->spill + conn->spill_from, conn->spill_to - conn->spill_from);
}

static void
consume(struct conn *conn, uint32_t size)
{
	if (conn->place)
		conn->place_from += size;
	else
		conn->spill_from += size;
	if (HD_UNLIKELY(conn->arrived_bytes))
		hd_asked_consumed(conn, size);
}

static void
decide(struct hd_edge *edge)
{
	edge->given = 0;
	hd_shard_decide(edge->shard);
}

static enum token_kind
kind_of(enum hd_route route, bool local)
{
	switch (route) {
	case HD_ROUTE_ENTRANT:
		return TOKEN_WRITE;
	case HD_ROUTE_BOARD:
		return local ? TOKEN_READ : TOKEN_GATHER;
	case HD_ROUTE_ORDER:
		return TOKEN_ORDER;
	default:
		return TOKEN_READ;
	}
}

/* What must be answered before a command of this kind may start. */
static bool
barrier(const struct conn *conn, enum token_kind kind)
{
	if (conn->orders || (kind == TOKEN_ORDER && conn->inflight))
		return true;
	return (kind == TOKEN_GATHER && conn->writes) || (kind == TOKEN_WRITE && conn->gathers);
}

static enum blocked
give(struct hd_edge *edge, struct conn *conn, struct hd_command *command)
{
	enum hd_verb verb = (enum hd_verb)command->verb;
	bool local = hd_shard_is_local(edge->shard, command);
	enum token_kind kind = kind_of(hd_command_rows[verb].route, local);
	if (barrier(conn, kind))
		return BLOCKED_BARRIER;
	uint32_t need = hd_reply_need(command);
	uint64_t held = conn_unsent(conn) + conn->reserved;
	if (held && held + NEED_BYTES(need) > HD_UNSENT_MAX)
		return BLOCKED_UNSENT;
	enum hd_error error;
	switch (hd_shard_admit(edge->shard, command, &error)) {
	case HD_ADMIT_WAIT:
		return BLOCKED_CREDIT;
	case HD_ADMIT_BUSY:
		HD_COUNT(edge->metrics->command_rejected[verb], 1);
		hd_reply_error(edge, conn, conn->next++, error, "");
		return BLOCKED_NOT;
	default:
		break;
	}
	conn->inflight++;
	conn->writes += kind == TOKEN_WRITE;
	conn->gathers += kind == TOKEN_GATHER;
	conn->orders += kind == TOKEN_ORDER;
	conn->reserved += NEED_BYTES(need);
	uint16_t sequence = conn->next++;
	uint64_t token = hd_reply_token_make(conn, sequence, command->verb, kind, need);
	int64_t arrived = conn_arrived(edge, conn);
	if (edge->stamps && !local)
		hd_asked_put(edge, conn, sequence, command->verb, command, arrived);
	edge->given++;
	hd_shard_give(edge->shard, command, token, arrived, local);
	if (edge->given == HD_BATCH_MAX)
		decide(edge);
	return BLOCKED_NOT;
}

/* In RESP2 a subscriber's answers could not be told from its messages. */
static bool
allowed_to_subscriber(enum hd_verb verb)
{
	switch (verb) {
	case HD_CMD_SUBSCRIBE:
	case HD_CMD_UNSUBSCRIBE:
	case HD_CMD_PSUBSCRIBE:
	case HD_CMD_PUNSUBSCRIBE:
	case HD_CMD_PING:
	case HD_CMD_QUIT:
	case HD_CMD_RESET:
		return true;
	default:
		return false;
	}
}

/* Answers with edge->fault. */
static void
fault_reply(struct hd_edge *edge, struct conn *conn, enum hd_verb verb)
{
	HD_COUNT(edge->metrics->errors_total, 1);
	if (verb < HD_CMD_COUNT_)
		HD_COUNT(edge->metrics->command_rejected[verb], 1);
	hd_reply_error(edge, conn, conn->next++, edge->fault.error, edge->fault.text);
}

static void
loading_text(struct hd_edge *edge, char *text, size_t room)
{
	uint32_t percent;
	hd_shard_loading(edge->shard, &percent);
	snprintf(text, room, "huntd is loading its log: shard %u is at %u %%",
		 hd_shard_number(edge->shard), percent);
}

/* Refusals that the name alone decides. True: answered. */
static bool
refused(struct hd_edge *edge, struct conn *conn, enum hd_verb verb, struct hd_bytes name)
{
	struct hd_args_fault *fault = &edge->fault;
	if (HD_UNLIKELY(verb == HD_CMD_COUNT_)) {
		fault->error = HD_ERR_UNKNOWN_COMMAND;
		hd_verbs_unknown(name, fault->text, sizeof fault->text);
	} else if (HD_UNLIKELY(edge->loading) && !strstr(hd_command_rows[verb].flags, "loading")) {
		HD_COUNT(edge->metrics->busy_total, 1); /* as hd_shard_admit counts it */
		fault->error = HD_ERR_LOADING;
		loading_text(edge, fault->text, sizeof fault->text);
	} else if (HD_UNLIKELY(conn->subscriptions_count) && conn->protocol == 2 &&
		   !allowed_to_subscriber(verb)) {
		fault->error = HD_ERR_SYNTAX;
		snprintf(fault->text, sizeof fault->text,
			 "Can't execute '%s': only (P)SUBSCRIBE / (P)UNSUBSCRIBE / PING / QUIT / "
			 "RESET are allowed in this context",
			 hd_command_rows[verb].name);
	} else {
		return false;
	}
	fault_reply(edge, conn, verb);
	return true;
}

/* Starts the request in edge->request, or says why not yet. */
static enum blocked
start(struct hd_edge *edge, struct conn *conn)
{
	const struct hd_request *request = &edge->request;
	if ((uint16_t)(conn->next - conn->head) >= HD_INFLIGHT_MAX)
		return BLOCKED_INFLIGHT;
	enum hd_verb verb = hd_verbs_find(&edge->verbs, request->words[0]);
	if (refused(edge, conn, verb, request->words[0]))
		return BLOCKED_NOT;
	conn->last_verb = (uint8_t)verb;
	if (hd_command_rows[verb].route != HD_ROUTE_EDGE) {
		struct hd_command *command = &edge->commands[edge->given];
		if (hd_args_read(verb, request, command, &edge->fault))
			return give(edge, conn, command);
		fault_reply(edge, conn, verb);
		return BLOCKED_NOT;
	}
	if (!hd_args_arity(verb, request->count, &edge->fault)) {
		fault_reply(edge, conn, verb);
		return BLOCKED_NOT;
	}
	if (conn->orders || (hd_session_waits(verb) && conn->next != conn->head))
		return BLOCKED_BARRIER;
	if (conn_unsent(conn) >= HD_UNSENT_MAX)
		return BLOCKED_UNSENT;
	hd_session_run(edge, conn, conn->next++, verb);
	return BLOCKED_NOT;
}

static void
protocol_error(struct hd_edge *edge, struct conn *conn, const char *message)
{
	char text[96];
	snprintf(text, sizeof text, "Protocol error: %s", message);
	HD_COUNT(edge->metrics->protocol_errors_total, 1);
	hd_reply_error(edge, conn, conn->next++, HD_ERR_PROTOCOL, text);
	conn->closing = true;
}

/* Reads one request and starts it. False: this connection has had its turn. */
static bool
turn_step(struct hd_edge *edge, struct conn *conn)
{
	struct hd_bytes bytes = unread(conn);
	if (edge->request.unquoted && edge->given)
		decide(edge); /* the last one's words lie in edge->request */
	enum hd_request_state state = hd_request_read(bytes, &edge->request);
	if (state != HD_REQUEST_WHOLE) {
		if (state == HD_REQUEST_INVALID) {
			protocol_error(edge, conn, edge->request.message);
		} else if (state == HD_REQUEST_FOREIGN) {
			HD_COUNT(edge->metrics->protocol_errors_total, 1);
			hd_conn_doom(edge, conn);
		}
		return false;
	}
	if (edge->request.count)
		conn->blocked = (uint8_t)start(edge, conn);
	if (conn->blocked != BLOCKED_NOT)
		return false;
	consume(conn, edge->request.used);
	conn->turn--;
	return !conn->closing && !conn->doomed;
}

static void
turn(struct hd_edge *edge, struct conn *conn)
{
	if (conn->gone || conn->doomed || conn->closing)
		return;
	hd_list_put(edge, LIST_TOUCHED, conn);
	conn->blocked = BLOCKED_NOT;
	while (conn->turn && turn_step(edge, conn))
		;
	if (conn->blocked == BLOCKED_CREDIT)
		hd_list_put(edge, LIST_STALLED, conn);
	else if (conn->turn == 0)
		hd_list_put(edge, LIST_LATER, conn);
	else if (conn->blocked == BLOCKED_NOT && conn->eof)
		conn->closing = true;
	if (conn->closing || conn->blocked == BLOCKED_UNSENT)
		hd_list_put(edge, LIST_FLUSH, conn);
}

/* Lists of last pass whose connections may go on now. */
static void
requeue(struct hd_edge *edge, enum list_name from)
{
	struct list all = edge->lists[from];
	edge->lists[from] = (struct list){0};
	for (uint32_t slot = all.first, next; slot; slot = next) {
		struct conn *conn = conn_at(edge, slot);
		next = conn->links[from];
		conn->listed &= (uint16_t) ~(1u << from);
		hd_list_put(edge, LIST_READY, conn);
	}
}

static void
round_run(struct hd_edge *edge)
{
	struct list all = edge->lists[LIST_READY];
	edge->lists[LIST_READY] = (struct list){0};
	for (uint32_t slot = all.first, next; slot; slot = next) {
		struct conn *conn = conn_at(edge, slot);
		next = conn->links[LIST_READY];
		conn->listed &= (uint16_t) ~(1u << LIST_READY);
		if (conn->turn_pass != edge->pass)
			conn->turn = EDGE_TURN;
		conn->turn_pass = edge->pass;
		turn(edge, conn);
	}
	decide(edge);
}

/* Ends the pass for a connection: buffers go back, empty spills too. */
static void
settle(struct hd_edge *edge, struct conn *conn)
{
	place_settle(edge, conn);
	hd_asked_settle(edge, conn);
	if (conn->spill && conn->spill_from == conn->spill_to) {
		hd_buffers_give(&edge->buffers, conn->spill, conn->spill_room);
		conn->spill = NULL;
		conn->spill_room = conn->spill_from = conn->spill_to = 0;
	}
	hd_conn_receive(edge, conn);
}

void
hd_input_run(struct hd_edge *edge)
{
	requeue(edge, LIST_STALLED);
	requeue(edge, LIST_LATER);
	for (uint32_t round = 0; round < EDGE_ROUNDS && edge->lists[LIST_READY].first; round++)
		round_run(edge);
	struct conn *conn;
	while ((conn = hd_list_pop(edge, LIST_TOUCHED)) != NULL)
		settle(edge, conn);
	while ((conn = hd_list_pop(edge, LIST_STARVED)) != NULL)
		hd_conn_receive(edge, conn);
}
