/* Somebody who does one thing after the other, over a connection that may be lost. */
#include <stdlib.h>

#include "tests/sim/world.h"

#define LOOK (20 * SIM_MS)

void
caller_init(struct caller *caller, struct world *world)
{
	*caller = (struct caller){.world = world, .due = SIM_S};
}

bool
sim_reply_refused(const struct sim_reply *reply)
{
	return reply->kind == HD_REPLY_ERROR &&
	       (reply->error == HD_ERR_BUSY || reply->error == HD_ERR_MISCONF ||
		reply->error == HD_ERR_LOADING || reply->error == HD_ERR_OOM);
}

void
sim_reply_drop(struct sim_reply *reply)
{
	free(reply->detail);
	*reply = (struct sim_reply){0};
}

bool
caller_ask(struct caller *caller, const struct hd_command *command)
{
	struct world *world = caller->world;
	struct machine *machine = &world->machine;
	HD_ASSERT(!caller->busy);
	caller->answered = caller->lost = false;
	if (!machine->ready)
		return false;
	if (!caller->conn.open) {
		uint32_t door = (uint32_t)machine_draw(machine, (uint64_t)world->options.shards);
		conn_open(&caller->conn, &world->edge, door, caller);
	}
	caller->command = *command;
	caller->busy = true;
	caller->sent = machine->now;
	conn_send(&caller->conn, &caller->command, caller);
	return true;
}

void
caller_answer(struct caller *caller, struct ask *ask)
{
	HD_ASSERT(caller->busy);
	sim_reply_drop(&caller->reply);
	caller->busy = false;
	caller->answered = true;
	caller->reply = ask->reply;
	ask->reply.detail = NULL;
	caller->due = caller->world->machine.now;
}

void
caller_lost(struct caller *caller)
{
	caller->lost = caller->busy;
	caller->busy = false;
	caller->due = caller->world->machine.now + LOOK;
}
