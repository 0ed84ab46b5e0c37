/* Answers, back into the order of the requests.
 *
 * The connection's sequence numbers [head, next) are not answered yet. An answer to `head` is
 * written to the output at once, and with it whatever has waited behind it; any other waits in its
 * cell. A token tells what its answer gives back (the kind's count, the room reserved for it), so
 * nothing is kept for a command in flight.
 *
 *   token: slot 20 | generation 12 | its rest 4 | sequence 12 | verb 8 | kind 4 | need 4
 *
 * from the top, so the upper half names the connection. */
#include "net/conn/inside.h"

#define SEQUENCE_MASK 0xfffu

static_assert(HD_INFLIGHT_MAX <= SEQUENCE_MASK / 2,
	      "a sequence number is told apart by its low bits");

uint64_t
hd_reply_token_make(struct conn *conn, uint16_t sequence, uint8_t verb, uint32_t kind,
		    uint32_t need)
{
	HD_ASSERT(conn->slot < 1u << 20 && need < 16);
	return (uint64_t)conn_client(conn) << 32 | (uint64_t)(conn->generation >> 12) << 28 |
	       (uint64_t)(sequence & SEQUENCE_MASK) << 16 | (uint64_t)verb << 8 | kind << 4 | need;
}

/* Estimates, generous ones: what is held may pass HD_UNSENT_MAX by one answer that was larger. */
static uint64_t
reply_bytes(const struct hd_command *command)
{
	switch (command->verb) {
	case HD_CMD_JOIN:
	case HD_CMD_AWARD:
	case HD_CMD_RANK:
	case HD_CMD_COUNT:
	case HD_CMD_OPEN:
	case HD_CMD_FREEZE:
	case HD_CMD_CLOSE:
		return 256;
	case HD_CMD_SUBMIT:
	case HD_CMD_CHECKIN:
	case HD_CMD_HINT:
		return HD_REPLY_SMALL_MAX;
	case HD_CMD_TOP:
	case HD_CMD_AROUND:
		return (uint64_t)command->count * (HD_ID_MAX + 64) + 64;
	case HD_CMD_EVENTS:
		return (uint64_t)command->count * HD_KIB + HD_KIB;
	case HD_CMD_HUNT_INFO:
		return 8 * HD_KIB;
	case HD_CMD_PUT:
	case HD_CMD_ROLLBACK:
		return 64 * HD_KIB; /* a line of faults */
	case HD_CMD_PUZZLE:
		return HD_PUZZLE_TEXT_MAX + HD_PUZZLE_JSON_MAX + HD_KIB;
	case HD_CMD_PROGRESS:
		return HD_CHALLENGES_MAX * (HD_ID_MAX + 8);
	case HD_CMD_GET:
	case HD_CMD_HUNTS:
		return HD_BULK_MAX;
	default:
		return HD_UNSENT_MAX;
	}
}

/* The most that an answer may take, as n of 64 << n bytes. 14 is HD_UNSENT_MAX: such a command is
 * started only when nothing else is held. */
uint32_t
hd_reply_need(const struct hd_command *command)
{
	uint64_t bytes = reply_bytes(command);
	uint32_t need = 0;
	while (need < 14 && NEED_BYTES(need) < bytes)
		need++;
	return need;
}

static struct cell *
cell_at(const struct conn *conn, uint16_t sequence)
{
	return &conn->cells[sequence & (conn->cells_room - 1)];
}

/* Room for the cells of [head, sequence]. */
static void
cells_grow(struct hd_edge *edge, struct conn *conn, uint16_t sequence)
{
	uint32_t span = (uint16_t)(sequence - conn->head) + 1u,
		 room = conn->cells_room ? conn->cells_room : 16;
	while (room < span)
		room *= 2;
	if (room == conn->cells_room)
		return;
	struct conn old = *conn;
	conn->cells = (void *)hd_buffers_take(&edge->buffers, room * sizeof(struct cell),
					      &conn->cells_bytes);
	conn->cells_room = room;
	for (uint32_t i = 0; i < room; i++)
		conn->cells[i].filled = false;
	for (uint16_t s = conn->head; old.cells && (uint16_t)(s - conn->head) < old.cells_room; s++)
		*cell_at(conn, s) = *cell_at(&old, s);
	hd_buffers_give(&edge->buffers, old.cells, old.cells_bytes);
}

static void
cells_free(struct hd_edge *edge, struct conn *conn)
{
	hd_buffers_give(&edge->buffers, conn->cells, conn->cells_bytes);
	conn->cells = NULL;
	conn->cells_room = conn->cells_bytes = 0;
}

/* Encodes a reply into the cell's own bytes, or into a block. */
static void
cell_fill(struct hd_edge *edge, struct conn *conn, uint16_t sequence, const struct hd_reply *reply,
	  uint64_t lsn)
{
	cells_grow(edge, conn, sequence);
	struct cell *cell = cell_at(conn, sequence);
	HD_ASSERT(!cell->filled);
	cell->filled = true;
	cell->lsn = lsn;
	cell->block = NULL;
	conn->cells_filled++;
	uint8_t small[EDGE_CELL_INLINE + HD_RESP_ROOM];
	if (hd_resp_reply(small, sizeof small, conn->protocol, reply, &cell->size) &&
	    cell->size <= EDGE_CELL_INLINE) {
		memcpy(cell->bytes, small, cell->size);
		return;
	}
	for (size_t room = reply->detail.size * 2u + HD_RESP_ROOM;; room *= 2) {
		cell->block = hd_buffers_take(&edge->buffers, room, &cell->block_room);
		if (hd_resp_reply(cell->block, cell->block_room, conn->protocol, reply,
				  &cell->size))
			return;
		hd_buffers_give(&edge->buffers, cell->block, cell->block_room);
	}
}

/* The answer to `head` is written. */
static void
head_written(struct hd_edge *edge, struct conn *conn)
{
	if (HD_UNLIKELY(conn->asked != NULL))
		hd_asked_written(edge, conn, conn->head);
	conn->head++;
}

static void
cells_drain(struct hd_edge *edge, struct conn *conn)
{
	while (conn->cells_filled) {
		struct cell *cell = cell_at(conn, conn->head);
		if (!cell->filled)
			return;
		hd_output_append(edge, conn, cell->block ? cell->block : cell->bytes, cell->size,
				 cell->lsn);
		hd_buffers_give(&edge->buffers, cell->block, cell->block_room);
		cell->filled = false;
		conn->cells_filled--;
		head_written(edge, conn);
	}
	if (conn->head == conn->next && conn->cells)
		cells_free(edge, conn);
}

static void
encode(struct hd_edge *edge, struct conn *conn, const struct hd_reply *reply, uint64_t lsn)
{
	uint32_t size, room = reply->detail.size + HD_RESP_ROOM;
	struct encoded *page = &edge->pages[conn->protocol == 3];
	if (reply->same != 0 && page->same == reply->same) {
		memcpy(hd_output_room(edge, conn, page->size), page->bytes, page->size);
		hd_output_wrote(edge, conn, page->size, lsn);
		return;
	}
	uint8_t *at = hd_output_room(edge, conn, room);
	while (!hd_resp_reply(at, room, conn->protocol, reply, &size))
		at = hd_output_room(edge, conn, room *= 2);
	if (reply->same != 0 && size <= sizeof page->bytes) {
		page->same = reply->same;
		page->size = size;
		memcpy(page->bytes, at, size);
	}
	hd_output_wrote(edge, conn, size, lsn);
}

static void
answer(struct hd_edge *edge, struct conn *conn, uint16_t sequence, const struct hd_reply *reply,
       uint64_t lsn)
{
	if (sequence != conn->head) {
		cell_fill(edge, conn, sequence, reply, lsn);
		return;
	}
	encode(edge, conn, reply, lsn);
	head_written(edge, conn);
	if (conn->cells)
		cells_drain(edge, conn);
}

void
hd_reply_own(struct hd_edge *edge, struct conn *conn, uint16_t sequence,
	     const struct hd_reply *reply)
{
	answer(edge, conn, sequence, reply, 0);
}

void
hd_reply_error(struct hd_edge *edge, struct conn *conn, uint16_t sequence, enum hd_error error,
	       const char *text)
{
	struct hd_reply reply = {
		.kind = HD_REPLY_ERROR, .error = (uint8_t)error, .detail = hd_bytes_str(text)};
	answer(edge, conn, sequence, &reply, 0);
}

/* Whose token it is; NULL: it is gone. */
static struct conn *
token_conn(struct hd_edge *edge, uint64_t token)
{
	struct conn *conn = conn_at(edge, (uint32_t)(token >> 44));
	uint16_t generation = (uint16_t)((token >> 32 & 0xfff) | (token >> 28 & 0xf) << 12);
	return conn->generation == generation ? conn : NULL;
}

/* How far behind the head it is. */
static uint16_t
token_behind(const struct conn *conn, uint64_t token)
{
	return (uint16_t)((token >> 16) - conn->head) & SEQUENCE_MASK;
}

void
hd_reply_later(struct hd_edge *edge, uint64_t token, const struct hd_command *command,
	       int64_t arrived)
{
	struct conn *conn = token_conn(edge, token);
	if (!conn || conn->gone || !edge->stamps)
		return;
	uint16_t sequence = (uint16_t)(conn->head + token_behind(conn, token));
	hd_asked_put(edge, conn, sequence, command->verb, command, arrived ? arrived : edge->now);
}

void
hd_reply_token(struct hd_edge *edge, uint64_t token, const struct hd_reply *reply, uint64_t lsn)
{
	struct conn *conn = token_conn(edge, token);
	if (!conn)
		return;
	enum token_kind kind = (enum token_kind)(token >> 4 & 3);
	uint16_t behind = token_behind(conn, token);
	HD_ASSERT(conn->inflight > 0 && behind < (uint16_t)(conn->next - conn->head));
	conn->inflight--;
	conn->writes -= kind == TOKEN_WRITE;
	conn->gathers -= kind == TOKEN_GATHER;
	conn->orders -= kind == TOKEN_ORDER;
	conn->reserved -= NEED_BYTES(token & 15);
	if (HD_UNLIKELY(conn->gone)) {
		hd_list_put(edge, LIST_DOOMED, conn);
		return;
	}
	answer(edge, conn, (uint16_t)(conn->head + behind), reply, lsn);
	if (conn->blocked != BLOCKED_NOT && conn->blocked != BLOCKED_CREDIT)
		hd_list_put(edge, LIST_READY, conn);
	if (conn->closing)
		hd_list_put(edge, LIST_FLUSH, conn);
}

void
hd_reply_free(struct hd_edge *edge, struct conn *conn)
{
	for (uint16_t s = conn->head; conn->cells && (uint16_t)(s - conn->head) < conn->cells_room;
	     s++)
		if (cell_at(conn, s)->filled)
			hd_buffers_give(&edge->buffers, cell_at(conn, s)->block,
					cell_at(conn, s)->block_room);
	cells_free(edge, conn);
	conn->cells_filled = 0;
}
