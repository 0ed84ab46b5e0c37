/* The life of a connection: bytes in, one answer at a time, bytes out, and an end to every wait. */
#include <errno.h>

#include "huntd/assert.h"
#include "net/http/head.h"
#include "net/http/inside.h"

#define SECOND         INT64_C(1000000000)
#define INPUT_SMALLEST 4096u
#define SEND_MAX       (128u * HD_KIB) /* of one send, so that progress is seen */

static uint64_t
tag(const struct hd_desk *desk, const struct conn *conn, enum desk_what what)
{
	return desk_tag(what, conn->generation, (uint32_t)(conn - desk->conns));
}

/* Opening. */

static struct conn *
free_slot(struct hd_desk *desk)
{
	for (uint32_t i = 0; i < DESK_SLOTS; i++)
		if (desk->conns[i].socket < 0)
			return &desk->conns[i];
	return NULL;
}

/* Of those that wait for a next request, or for the rest of one, whoever is due first. */
static struct conn *
first_due(struct hd_desk *desk, bool kept)
{
	struct conn *first = NULL;
	for (uint32_t i = 0; i < DESK_SLOTS; i++) {
		struct conn *conn = &desk->conns[i];
		bool waits = conn->socket >= 0 && conn->output == NULL && !conn->closing &&
			     !conn->gone && conn->kept == kept;
		if (waits && (first == NULL || conn->due < first->due))
			first = conn;
	}
	return first;
}

/* Who has all to say makes room for who asks now; then who says it slowly. */
static bool
make_room(struct hd_desk *desk)
{
	struct conn *conn = first_due(desk, true);
	if (conn == NULL) {
		conn = first_due(desk, false);
		if (conn != NULL && conn->due > desk->now + (HD_HTTP_HEAD_S - 1) * SECOND)
			conn = NULL;
	}
	if (conn != NULL)
		hd_desk_shut(desk, conn);
	return conn != NULL;
}

void
hd_desk_open(struct hd_desk *desk, int socket)
{
	struct conn *conn = free_slot(desk);
	HD_ASSERT(socket >= 0);
	if (conn == NULL || desk->draining) {
		desk->io->ops->close(desk->io, socket);
		return;
	}
	bool room = desk->live < HD_HTTP_CONNECTIONS_MAX || make_room(desk);
	*conn = (struct conn){.socket = socket, .generation = ++desk->generation};
	conn->due = desk->now + HD_HTTP_HEAD_S * SECOND;
	if (!room)
		hd_desk_refuse(desk, conn, 503, "all connections are taken");
	desk->live++;
}

/* Closing. */

void
hd_desk_shut(struct hd_desk *desk, struct conn *conn)
{
	if (!conn->gone)
		desk->io->ops->shutdown(desk->io, conn->socket);
	conn->gone = true;
}

static void
drop_input(struct hd_desk *desk, struct conn *conn)
{
	if (conn->input != NULL)
		hd_memory_give(desk->memory, conn->input, conn->input_room);
	conn->input = NULL;
	conn->input_room = conn->input_size = 0;
}

static void
drop_output(struct hd_desk *desk, struct conn *conn)
{
	if (conn->output != NULL)
		hd_memory_give(desk->memory, conn->output, conn->output_room);
	desk->unsent -= conn->output_room;
	conn->output = NULL;
	conn->output_room = conn->output_at = 0;
}

static void
bury(struct hd_desk *desk, struct conn *conn)
{
	HD_ASSERT(!conn->receiving && !conn->sending && desk->live > 0);
	drop_input(desk, conn);
	drop_output(desk, conn);
	desk->io->ops->close(desk->io, conn->socket);
	conn->socket = -1;
	desk->live--;
}

/* Bytes in. */

static void
append(struct hd_desk *desk, struct conn *conn, const uint8_t *bytes, uint32_t size)
{
	uint32_t room = conn->input_room ? conn->input_room : INPUT_SMALLEST;
	while (room < conn->input_size + size)
		room *= 2;
	if (room != conn->input_room) {
		uint8_t *input = hd_memory_take(desk->memory, room, 8);
		uint32_t kept = conn->input_size;
		if (kept)
			memcpy(input, conn->input, kept);
		drop_input(desk, conn);
		conn->input = input;
		conn->input_room = room;
		conn->input_size = kept;
	}
	memcpy(conn->input + conn->input_size, bytes, size);
	conn->input_size += size;
}

static void
take_bytes(struct hd_desk *desk, struct conn *conn, const uint8_t *bytes, uint32_t size)
{
	if (conn->gone || conn->closing)
		return;
	if (conn->input_size + size > HD_HTTP_INPUT_MAX) {
		hd_desk_shut(desk, conn);
		return;
	}
	if (conn->kept)
		conn->due = desk->now + HD_HTTP_HEAD_S * SECOND;
	conn->kept = false;
	append(desk, conn, bytes, size);
}

void
hd_desk_taken(struct hd_desk *desk, struct conn *conn, const struct hd_completion *completion)
{
	HD_ASSERT(conn->receiving);
	if (completion->result > 0)
		take_bytes(desk, conn, completion->buffer, (uint32_t)completion->result);
	if (completion->flags & HD_IO_MORE)
		return;
	conn->receiving = conn->cancelling = false;
	if (completion->result == 0)
		conn->eof = true;
	else if (completion->result < 0 && completion->result != -ECANCELED &&
		 completion->result != -ENOBUFS)
		hd_desk_shut(desk, conn);
}

/* Reads on; or not, while much waits behind an answer. */
static void
receive(struct hd_desk *desk, struct conn *conn)
{
	const struct hd_io_ops *ops = desk->io->ops;
	bool full = conn->input_size >= HD_HTTP_AHEAD_MAX;
	if (!conn->receiving && !conn->eof && !full) {
		ops->recv(desk->io, conn->socket, tag(desk, conn, DESK_RECV));
		conn->receiving = true;
	} else if (conn->receiving && full && !conn->cancelling) {
		ops->cancel(desk->io, tag(desk, conn, DESK_RECV));
		conn->cancelling = true;
	}
}

/* Bytes out. */

static void
send_on(struct hd_desk *desk, struct conn *conn)
{
	uint32_t left = conn->output_room - conn->output_at;
	HD_ASSERT(left > 0 && !conn->sending);
	desk->io->ops->send(desk->io, conn->socket, conn->output + conn->output_at,
			    left < SEND_MAX ? left : SEND_MAX, tag(desk, conn, DESK_SEND));
	conn->sending = true;
	if (!desk->draining) /* the end has a time of its own for all that is under way */
		conn->due = desk->now + HD_HTTP_SEND_S * SECOND;
}

/* The answer is out: the next request may come, or the end. */
static void
answered(struct hd_desk *desk, struct conn *conn)
{
	drop_output(desk, conn);
	if (!conn->closing) {
		conn->kept = conn->input_size == 0;
		conn->due = desk->now + (conn->kept ? HD_HTTP_IDLE_S : HD_HTTP_HEAD_S) * SECOND;
		return;
	}
	/* Closing on bytes that nobody has read could take the answer from who sent them: it sees
	 * the end, and what it says yet is read and dropped. */
	bool unread = conn->lingers || conn->input_size > 0;
	drop_input(desk, conn);
	conn->due = desk->now + HD_HTTP_LINGER_S * SECOND;
	if (unread)
		desk->io->ops->finish(desk->io, conn->socket);
	else
		hd_desk_shut(desk, conn);
}

void
hd_desk_sent(struct hd_desk *desk, struct conn *conn, int32_t result)
{
	HD_ASSERT(conn->sending);
	conn->sending = false;
	if (result <= 0) {
		hd_desk_shut(desk, conn);
		return;
	}
	conn->output_at += (uint32_t)result;
	if (conn->gone)
		return;
	if (conn->output_at < conn->output_room)
		send_on(desk, conn);
	else
		answered(desk, conn);
}

/* Once a pass. */

/* Answers the first request of the input, where it is whole. */
static void
read_request(struct hd_desk *desk, struct conn *conn)
{
	struct hd_head head = hd_head_check(hd_bytes_of(conn->input, conn->input_size));
	if (head.state == HD_HEAD_UNFINISHED) {
		if (conn->eof)
			hd_desk_shut(desk, conn);
		return;
	}
	if (head.state == HD_HEAD_REFUSED) {
		hd_desk_refuse(desk, conn, head.status, head.reason);
		return;
	}
	hd_desk_answer(desk, conn, hd_bytes_of(conn->input, head.size));
	conn->input_size -= head.size;
	memmove(conn->input, conn->input + head.size, conn->input_size);
	if (conn->input_size == 0)
		drop_input(desk, conn);
}

static void
look_at_time(struct hd_desk *desk, struct conn *conn)
{
	if (desk->now < conn->due)
		return;
	if (conn->input_size > 0 && !conn->closing && conn->output == NULL)
		hd_desk_refuse(desk, conn, 408, "the head did not come within 10 s");
	else
		hd_desk_shut(desk, conn);
}

void
hd_desk_move(struct hd_desk *desk, struct conn *conn)
{
	if (!conn->gone && conn->output == NULL && conn->input_size > 0)
		read_request(desk, conn);
	if (!conn->gone)
		look_at_time(desk, conn);
	if (!conn->gone && conn->eof && conn->output == NULL && conn->input_size == 0)
		hd_desk_shut(desk, conn);
	if (!conn->gone && conn->output != NULL && !conn->sending)
		send_on(desk, conn);
	if (!conn->gone)
		receive(desk, conn);
	if (conn->gone && !conn->receiving && !conn->sending)
		bury(desk, conn);
}
