#include "net/http/desk.h"

#include "huntd/assert.h"
#include "net/http/inside.h"

#define ACCEPT_AGAIN_NS 100000000 /* behind an error: files may have run out */
#define DRAIN_NS        1000000000

void *
hd_desk_create(int listener, struct hd_io *io, struct hd_memory *memory,
	       const struct hd_stats_page *page)
{
	struct hd_desk *desk = hd_memory_take(memory, sizeof *desk, 64);
	HD_ASSERT(listener >= 0 && io != NULL && page != NULL);
	desk->io = io;
	desk->memory = memory;
	desk->page = page;
	desk->listener = listener;
	desk->scratch_room = hd_page_bytes(page->shards);
	desk->scratch = hd_memory_take(memory, desk->scratch_room, 64);
	for (uint32_t i = 0; i < DESK_SLOTS; i++)
		desk->conns[i].socket = -1;
	return desk;
}

void
hd_desk_destroy(void *context)
{
	struct hd_desk *desk = context;
	HD_ASSERT(desk->live == 0 && !desk->accepting && desk->unsent == 0);
	desk->io->ops->close(desk->io, desk->listener);
	hd_memory_give(desk->memory, desk->scratch, desk->scratch_room);
	hd_memory_give(desk->memory, desk, sizeof *desk);
}

static void
accepted(struct hd_desk *desk, const struct hd_completion *completion)
{
	if (!(completion->flags & HD_IO_MORE))
		desk->accepting = false;
	if (completion->result >= 0)
		hd_desk_open(desk, completion->result);
	else
		desk->accept_at = desk->now + ACCEPT_AGAIN_NS;
}

static struct conn *
conn_of(struct hd_desk *desk, uint64_t tag)
{
	uint32_t slot = (uint32_t)(tag & 0xffff), generation = (uint32_t)(tag >> 16);
	HD_ASSERT(slot < DESK_SLOTS);
	struct conn *conn = &desk->conns[slot];
	/* Nothing is freed while it is in flight. */
	HD_ASSERT(conn->socket >= 0 && conn->generation == generation);
	return conn;
}

void
hd_desk_complete(void *context, const struct hd_completion *completion)
{
	struct hd_desk *desk = context;
	desk->now = desk->io->ops->now(desk->io);
	switch (completion->tag >> 48 & 0xff) {
	case DESK_ACCEPT:
		accepted(desk, completion);
		break;
	case DESK_RECV:
		hd_desk_taken(desk, conn_of(desk, completion->tag), completion);
		break;
	case DESK_SEND:
		hd_desk_sent(desk, conn_of(desk, completion->tag), completion->result);
		break;
	default:
		HD_UNREACHABLE();
	}
	if (completion->buffer != NULL)
		desk->io->ops->give(desk->io, completion->buffer);
}

void
hd_desk_pass(void *context, int64_t now)
{
	struct hd_desk *desk = context;
	desk->now = now;
	if (!desk->accepting && !desk->draining && now >= desk->accept_at) {
		desk->io->ops->accept(desk->io, desk->listener, desk_tag(DESK_ACCEPT, 0, 0));
		desk->accepting = true;
	}
	for (uint32_t i = 0; i < DESK_SLOTS; i++)
		if (desk->conns[i].socket >= 0)
			hd_desk_move(desk, &desk->conns[i]);
}

int64_t
hd_desk_deadline(void *context)
{
	const struct hd_desk *desk = context;
	int64_t due = desk->accepting || desk->draining ? HD_NEVER : desk->accept_at;
	for (uint32_t i = 0; i < DESK_SLOTS; i++) {
		const struct conn *conn = &desk->conns[i];
		if (conn->socket >= 0 && !conn->gone && conn->due < due)
			due = conn->due;
	}
	return due;
}

bool
hd_desk_drain(void *context)
{
	struct hd_desk *desk = context;
	if (!desk->draining && desk->accepting)
		desk->io->ops->cancel(desk->io, desk_tag(DESK_ACCEPT, 0, 0));
	for (uint32_t i = 0; i < DESK_SLOTS; i++) {
		struct conn *conn = &desk->conns[i];
		if (conn->socket < 0)
			continue;
		conn->closing = true;
		if (!conn->sending)
			hd_desk_shut(desk, conn);
		else if (!desk->draining)
			conn->due = desk->now + DRAIN_NS;
	}
	desk->draining = true;
	return desk->live == 0 && !desk->accepting;
}
