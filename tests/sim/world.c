#include "tests/sim/world.h"

#include <stdarg.h>
#include <stdlib.h>

#define LIVENESS (60 * SIM_S)

/* The run that is under way: what has no context of its own (an assertion, a log that cannot go
 * on) finds its way back through this. */
static struct world *running;

_Noreturn void
sim_fail(struct machine *machine, const char *format, ...)
{
	struct world *world = running;
	va_list arguments;
	va_start(arguments, format);
	if (!world->failed)
		vsnprintf(world->why, sizeof world->why, format, arguments);
	va_end(arguments);
	world->failed = true;
	if (machine->current != NULL)
		fiber_yield(machine->current);
	longjmp(world->out, 1);
}

_Noreturn void
hd_assert_failed(const char *condition, const char *file, int line)
{
	if (running == NULL) {
		fprintf(stderr, "huntd: invariant failed: %s at %s:%d\n", condition, file, line);
		exit(HD_EXIT_INVARIANT);
	}
	sim_fail(&running->machine, "invariant failed: %s at %s:%d", condition, file, line);
}

_Noreturn void
hd_log_failed(const char *message)
{
	HD_ASSERT(running != NULL);
	machine_die(&running->machine, HD_EXIT_STORAGE, message);
}

/* What the machine tells. */

static void *
on_edge(void *context, struct hd_shard *shard)
{
	struct world *world = context;
	return edge_create(&world->edge, shard);
}

static void
on_ready(void *context)
{
	(void)context;
}

static void
on_written(void *context, int file, uint64_t offset, uint32_t size)
{
	struct world *world = context;
	uint64_t steps = world->ledger.steps;
	ledger_written(&world->ledger, file, offset, size);
	if (world->ledger.steps > steps)
		faults_aim(world);
}

static void
on_opened(void *context)
{
	struct world *world = context;
	if (world->decayed)
		sim_fail(&world->machine, "it starts from a log with a bit that has turned");
	ledger_opened(&world->ledger);
}

static void
world_init(struct world *world, const struct sim_line *line, FILE *trace)
{
	memset(world, 0, sizeof *world);
	world->options = sim_options_draw(line);
	machine_init(&world->machine, line->seed, &world->options);
	world->machine.trace = trace;
	world->machine.hooks = (struct machine_hooks){.context = world,
						      .edge = &edge_ops,
						      .edge_create = on_edge,
						      .ready = on_ready,
						      .written = on_written,
						      .opened = on_opened};
	edge_init(&world->edge, &world->machine);
	model_init(&world->model, &world->machine,
		   (uint32_t)(world->options.entrants + world->options.rush));
	world->model.rush = world->options.rush;
	ledger_init(&world->ledger, &world->machine);
	clients_init(world);
	caller_init(&world->admin, world);
	caller_init(&world->watch, world);
	caller_init(&world->follow, world);
	world->follow_score = calloc(world->model.entrants_count, sizeof(int64_t));
	world->frozen = calloc(world->model.entrants_count, sizeof *world->frozen);
	world->model.phases[0] = (struct model_phase){.phase = HD_PHASE_OPEN};
	world->model.phases_count = 1;
	world->watch_due = 20 * SIM_S;
	faults_init(world);
}

static void
caller_fini(struct world *world, struct caller *caller)
{
	edge_died(&world->edge, &caller->conn, false);
	sim_reply_drop(&caller->reply);
}

static void
world_fini(struct world *world)
{
	for (uint32_t i = 0; i < world->clients_count; i++) {
		struct client *client = &world->clients[i];
		edge_died(&world->edge, &client->conn, false);
		for (uint32_t k = 0; k < 8; k++)
			sim_reply_drop(&client->past[k].reply);
		for (uint32_t k = 0; k < WORLD_PIPELINE; k++)
			sim_reply_drop(&client->calls[k].earlier);
	}
	caller_fini(world, &world->admin);
	caller_fini(world, &world->watch);
	caller_fini(world, &world->follow);
	edge_clear(&world->edge);
	world->machine.trace = NULL;
	machine_fini(&world->machine);
	model_fini(&world->model);
	ledger_fini(&world->ledger);
	free(world->follow_score);
	free(world->frozen);
}

/* One thing after the other: whatever is due first. */

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
next_of(const struct world *world)
{
	int64_t next = earlier(machine_next(&world->machine), faults_next(world));
	for (uint32_t i = 0; i < world->clients_count; i++) {
		next = earlier(next, world->clients[i].due);
		next = earlier(next, conn_next(&world->clients[i].conn));
	}
	next = earlier(next, earlier(world->admin.due, conn_next(&world->admin.conn)));
	next = earlier(next, earlier(world->watch.due, conn_next(&world->watch.conn)));
	return earlier(next, earlier(world->follow.due, conn_next(&world->follow.conn)));
}

/* The second canary: an award's answer says another number. Only the model can see it. */
static void
spoil(struct world *world, struct ask *ask)
{
	bool award = ask->command.verb == HD_CMD_AWARD && ask->command.op == HD_OP_INCR;
	if (world->options.canary != 2 || world->spoilt || !award ||
	    ask->reply.kind != HD_REPLY_OUTCOME)
		return;
	ask->reply.points++;
	world->spoilt = true;
}

static bool
client_step(struct client *client, int64_t now)
{
	if (conn_next(&client->conn) <= now) {
		struct ask *ask = conn_take(&client->conn);
		spoil(client->world, ask);
		client_answer(client, ask);
		ask_free(ask);
		return true;
	}
	if (client->due > now)
		return false;
	client_act(client);
	return true;
}

static bool
caller_step(struct caller *caller, void (*act)(struct world *world), int64_t now)
{
	if (conn_next(&caller->conn) <= now) {
		struct ask *ask = conn_take(&caller->conn);
		caller_answer(caller, ask);
		ask_free(ask);
		return true;
	}
	if (caller->due > now)
		return false;
	act(caller->world);
	return true;
}

static void
step(struct world *world)
{
	struct machine *machine = &world->machine;
	int64_t next = next_of(world);
	HD_ASSERT(next != SIM_NEVER);
	if (next > machine->now)
		machine->now = next;
	if (machine_next(machine) <= machine->now) {
		machine_step(machine);
		if (world->failed)
			longjmp(world->out, 1);
		world->halted |= machine->gave_up;
		if (!machine->running)
			faults_death(world);
		return;
	}
	if (faults_next(world) <= machine->now) {
		faults_strike(world);
		return;
	}
	for (uint32_t i = 0; i < world->clients_count; i++)
		if (client_step(&world->clients[i], machine->now))
			return;
	if (!caller_step(&world->admin, admin_act, machine->now) &&
	    !caller_step(&world->watch, watch_act, machine->now))
		caller_step(&world->follow, follow_act, machine->now);
}

/* The phases of a run. */

static void
heal(struct world *world)
{
	struct machine *machine = &world->machine;
	world->healing = world->quiet = true;
	machine->fail_next = SIM_FAIL_NONE;
	machine->die_in = 0;
	machine->options.slow = machine->options.shorts = machine->options.lag = 0;
	for (uint32_t i = 0; i < WORLD_FAULTS; i++)
		world->fault_due[i] = SIM_NEVER;
	if (world->space_back != SIM_NEVER)
		world->space_back = machine->now;
	for (uint32_t i = 0; i < machine->threads_count; i++)
		machine->threads[i].paused = 0;
	machine_note(machine, "from here on nothing strikes");
}

/* A whole comparison must come out of it within the time. */
static void
settle(struct world *world, const char *when)
{
	struct machine *machine = &world->machine;
	uint64_t watched = world->watched;
	int64_t end = machine->now + LIVENESS;
	world->watch_due = machine->now;
	while (world->watched == watched && !world->halted) {
		step(world);
		if (machine->now > end)
			sim_fail(machine,
				 "%s: not settled within 60 s: running %d ready %d, %u commands "
				 "open, "
				 "watch at %u",
				 when, machine->running, machine->ready, clients_open(world),
				 world->watch_step);
	}
}

/* Who follows comes to the end: two pages without an event. */
static void
catch_up(struct world *world)
{
	struct machine *machine = &world->machine;
	uint64_t events = UINT64_MAX, pages = 0;
	int64_t end = machine->now + LIVENESS;
	while (!world->follow_broken && machine->now < end &&
	       (events != world->follow_events || world->follow_pages < pages + 2)) {
		if (events != world->follow_events)
			pages = world->follow_pages;
		events = world->follow_events;
		step(world);
	}
	follow_check(world);
}

static void
check_credits(struct world *world)
{
	struct hd_parts *parts = world->machine.parts;
	for (uint32_t i = 0; i < world->options.shards; i++) {
		const struct hd_shard *shard = parts->shards[i];
		for (uint32_t k = 0; k < world->options.shards; k++)
			if (shard->remote.open[k] != 0)
				sim_fail(&world->machine, "shard %u still holds %u credits of %u",
					 i, shard->remote.open[k], k);
		if (shard->gathers.running + shard->pages.running + shard->behind_count > 0)
			sim_fail(&world->machine, "shard %u is not done", i);
	}
}

static void
wait_until(struct world *world, bool runs)
{
	struct machine *machine = &world->machine;
	int64_t end = machine->now + LIVENESS;
	while ((runs ? !machine->ready : machine->running) && !world->halted) {
		step(world);
		if (machine->now > end)
			sim_fail(machine, "the process does not %s", runs ? "serve" : "end");
	}
}

static void
restart(struct world *world)
{
	struct machine *machine = &world->machine;
	machine_stop(machine);
	wait_until(world, false);
	if (world->options.canary == 1)
		ledger_lose(&world->ledger);
	machine->ready = false;
	wait_until(world, true);
}

static void
live(struct world *world)
{
	struct machine *machine = &world->machine;
	int64_t end = machine->now + world->options.seconds * SIM_S;
	while (machine->now < end && !world->halted)
		step(world);
	heal(world);
	machine->ready = machine->ready && machine->running;
	wait_until(world, true);
	settle(world, "after the faults");
	if (world->halted)
		return;
	catch_up(world);
	check_credits(world);
	faults_check_disk(world);
	model_check_treasures(&world->model);
	model_check_puzzles(&world->model);
	restart(world);
	settle(world, "after the restart");
	if (world->halted)
		return;
	machine_stop(machine);
	wait_until(world, false);
}

static struct world_result
result_of(const struct world *world)
{
	struct world_result result = {.failed = world->failed,
				      .found = world->model.finds_count,
				      .gone = world->model.gones_count,
				      .hash = world->machine.hash,
				      .steps = world->machine.steps,
				      .checked = world->model.checked,
				      .watched = world->watched,
				      .deaths = world->deaths,
				      .replays = world->ledger.replays,
				      .pages = world->follow_pages,
				      .simulated_s = (double)world->machine.now / 1e9};
	for (uint32_t i = 0; i < HD_SHARDS_MAX; i++)
		result.events += world->ledger.logs[i].count;
	return result;
}

struct world_result
world_run(const struct sim_line *line, FILE *trace, bool loud)
{
	struct world *world = aligned_alloc(64, (sizeof *world + 63) & ~(size_t)63);
	HD_ASSERT(world != NULL && running == NULL);
	running = world;
	world_init(world, line, trace);
	if (setjmp(world->out) == 0)
		live(world);
	else if (loud)
		fprintf(stderr, "seed 0x%llx at %.6f s: %s\n", (unsigned long long)line->seed,
			(double)world->machine.now / 1e9, world->why);
	struct world_result result = result_of(world);
	world_fini(world);
	running = NULL;
	free(world);
	return result;
}
