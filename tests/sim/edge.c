#include "tests/sim/edge.h"

#include <stdlib.h>

#define CREDIT_LOOK_NS (100 * SIM_MS)

static void
push(struct asks *asks, struct ask *ask)
{
	ask->next = NULL;
	if (asks->end == NULL || asks->first == NULL)
		asks->end = &asks->first;
	*asks->end = ask;
	asks->end = &ask->next;
}

static struct ask *
pop(struct asks *asks)
{
	struct ask *ask = asks->first;
	if (ask == NULL)
		return NULL;
	asks->first = ask->next;
	if (asks->first == NULL)
		asks->end = &asks->first;
	return ask;
}

void
ask_free(struct ask *ask)
{
	free(ask->reply.detail);
	free(ask);
}

static void
drop_all(struct asks *asks)
{
	for (struct ask *ask; (ask = pop(asks)) != NULL;)
		ask_free(ask);
}

void
edge_init(struct edge *edge, struct machine *machine)
{
	memset(edge, 0, sizeof *edge);
	edge->machine = machine;
}

void *
edge_create(struct edge *edge, struct hd_shard *shard)
{
	struct door *door = &edge->doors[hd_shard_number(shard)];
	HD_ASSERT(door->conns == NULL && door->orphans.first == NULL);
	*door = (struct door){.edge = edge, .shard = shard};
	return door;
}

/* Connections. */

void
conn_open(struct conn *conn, struct edge *edge, uint32_t door, void *owner)
{
	HD_ASSERT(!conn->open && door < edge->machine->options.shards);
	struct asks arriving = conn->arriving;
	*conn = (struct conn){.edge = edge, .door = door, .open = true, .owner = owner};
	HD_ASSERT(arriving.first == NULL);
	struct conn **end = &edge->doors[door].conns;
	while (*end != NULL)
		end = &(*end)->next;
	*end = conn;
}

void
conn_send(struct conn *conn, const struct hd_command *command, void *owner)
{
	HD_ASSERT(conn->open);
	struct ask *ask = calloc(1, sizeof *ask);
	HD_ASSERT(ask != NULL);
	ask->conn = conn;
	ask->command = *command;
	ask->owner = owner;
	push(&conn->queue, ask);
	machine_wake(conn->edge->machine, conn->door);
}

static void
leave(struct conn *conn)
{
	struct conn **at = &conn->edge->doors[conn->door].conns;
	while (*at != NULL && *at != conn)
		at = &(*at)->next;
	if (*at != NULL)
		*at = conn->next;
	conn->open = false;
}

void
conn_drop(struct conn *conn)
{
	struct door *door = &conn->edge->doors[conn->door];
	leave(conn);
	drop_all(&conn->queue);
	drop_all(&conn->arriving);
	for (struct ask *ask; (ask = pop(&conn->flight)) != NULL;) {
		ask->conn = NULL;
		if (ask->replied)
			ask_free(ask);
		else
			push(&door->orphans, ask);
	}
}

void
edge_died(struct edge *edge, struct conn *conn, bool keep)
{
	if (conn->open)
		leave(conn);
	HD_ASSERT(conn->edge == NULL || conn->edge == edge);
	drop_all(&conn->queue);
	drop_all(&conn->flight);
	if (!keep)
		drop_all(&conn->arriving);
}

void
edge_clear(struct edge *edge)
{
	for (uint32_t i = 0; i < HD_SHARDS_MAX; i++) {
		drop_all(&edge->doors[i].orphans);
		edge->doors[i].conns = NULL;
	}
}

int64_t
conn_next(const struct conn *conn)
{
	return conn->arriving.first != NULL ? conn->arriving.first->due : SIM_NEVER;
}

struct ask *
conn_take(struct conn *conn)
{
	return pop(&conn->arriving);
}

/* The shard's side. */

static void
complete(void *context, const struct hd_completion *completion)
{
	(void)context;
	(void)completion;
	HD_UNREACHABLE();
}

static bool
goes_in_a_row(const struct hd_command *command)
{
	enum hd_route route = hd_command_rows[command->verb].route;
	return route == HD_ROUTE_ENTRANT || route == HD_ROUTE_READ;
}

static bool
must_wait(const struct conn *conn)
{
	const struct ask *next = conn->queue.first;
	if (conn->flight.first == NULL)
		return false;
	return !goes_in_a_row(&next->command) || !goes_in_a_row(&conn->flight.first->command);
}

static void
give(struct door *door, struct conn *conn, int64_t now)
{
	while (conn->queue.first != NULL && !must_wait(conn)) {
		struct ask *ask = conn->queue.first;
		enum hd_error error = HD_ERR_NONE;
		enum hd_admit admit = hd_shard_admit(door->shard, &ask->command, &error);
		if (admit == HD_ADMIT_WAIT) {
			door->waits = true;
			return;
		}
		push(&conn->flight, pop(&conn->queue));
		if (admit == HD_ADMIT_YES) {
			ask->since = now;
			ask->late = !hd_shard_is_local(door->shard, &ask->command);
			hd_shard_give(door->shard, &ask->command, (uint64_t)(uintptr_t)ask, now,
				      !ask->late);
			continue;
		}
		ask->reply.kind = HD_REPLY_ERROR;
		ask->reply.error = (uint8_t)error;
		ask->replied = true;
	}
}

static void
input(void *context, int64_t now)
{
	struct door *door = context;
	door->waits = false;
	for (struct conn *conn = door->conns; conn != NULL; conn = conn->next)
		give(door, conn, now);
	hd_shard_decide(door->shard);
}

static void
drop_orphan(struct door *door, struct ask *ask)
{
	struct ask **at = &door->orphans.first;
	while (*at != ask)
		at = &(*at)->next;
	*at = ask->next;
	door->orphans.end = &door->orphans.first;
	while (*door->orphans.end != NULL)
		door->orphans.end = &(*door->orphans.end)->next;
	ask_free(ask);
}

static void
reply(void *context, uint64_t token, const struct hd_reply *given, uint64_t lsn)
{
	struct door *door = context;
	struct ask *ask = (struct ask *)(uintptr_t)token;
	HD_ASSERT(!ask->replied);
	if (ask->late) {
		struct hd_answered answered = {.since = ask->since, .verb = ask->command.verb};
		hd_shard_answered(door->shard, &answered);
	}
	if (ask->conn == NULL) {
		drop_orphan(door, ask);
		return;
	}
	ask->replied = true;
	ask->lsn = lsn;
	ask->reply = (struct sim_reply){.kind = given->kind,
					.error = given->error,
					.outcome = given->outcome,
					.number = given->number,
					.points = given->points,
					.score = given->score,
					.detail_number = given->detail_number,
					.size = given->detail.size};
	if (given->detail.size == 0)
		return;
	ask->reply.detail = malloc(given->detail.size);
	HD_ASSERT(ask->reply.detail != NULL);
	memcpy(ask->reply.detail, given->detail.at, given->detail.size);
}

static void
later(void *context, uint64_t token, const struct hd_command *command, int64_t arrived)
{
	struct ask *ask = (struct ask *)(uintptr_t)token;
	(void)context;
	HD_ASSERT(!ask->replied && ask->command.verb == command->verb);
	HD_ASSERT(ask->late || arrived == ask->since);
	ask->late = true;
}

static void
output(void *context, int64_t now)
{
	struct door *door = context;
	struct machine *machine = door->edge->machine;
	bool more = false;
	(void)now;
	door->durable = hd_shard_durable(door->shard);
	for (struct conn *conn = door->conns; conn != NULL; conn = conn->next) {
		while (conn->flight.first != NULL && conn->flight.first->replied &&
		       conn->flight.first->lsn <= door->durable) {
			struct ask *ask = pop(&conn->flight);
			ask->due =
				machine->now + (int64_t)(50 + machine_draw(machine, 200)) * SIM_US;
			if (conn->arriving.first != NULL && conn->arriving.end != NULL) {
				struct ask *last = conn->arriving.first;
				while (last->next != NULL)
					last = last->next;
				ask->due = last->due > ask->due ? last->due : ask->due;
			}
			push(&conn->arriving, ask);
		}
		more |= conn->queue.first != NULL && !must_wait(conn);
	}
	if (more && !door->waits)
		machine_wake(machine, hd_shard_number(door->shard));
}

static void
view(void *context, const struct hd_view *given)
{
	struct door *door = context;
	HD_ASSERT(given->board < HD_BOARDS_MAX && given->rows_count <= HD_VIEW_ROWS);
	/* Each version once, in order (I13). */
	HD_ASSERT(given->version > door->view[given->board].version);
	for (uint32_t i = 1; i < given->rows_count; i++)
		HD_ASSERT(given->rows[i - 1].score >= given->rows[i].score);
	door->view[given->board].version = given->version;
	door->view[given->board].total = given->total;
	door->view[given->board].first = given->rows_count > 0 ? given->rows[0].score : 0;
	door->views++;
}

static int64_t
deadline(void *context)
{
	struct door *door = context;
	struct machine *machine = door->edge->machine;
	return door->waits ? machine->now - machine->booted + CREDIT_LOOK_NS : HD_NEVER;
}

static bool
drain(void *context)
{
	struct door *door = context;
	for (struct conn *conn = door->conns; conn != NULL; conn = conn->next)
		if (conn->flight.first != NULL || conn->queue.first != NULL)
			return false;
	return door->orphans.first == NULL;
}

const struct hd_edge_ops edge_ops = {
	.complete = complete,
	.input = input,
	.reply = reply,
	.later = later,
	.output = output,
	.view = view,
	.deadline = deadline,
	.drain = drain,
};
