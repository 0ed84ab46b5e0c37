/* What strikes the machine, and when. */
#include "tests/sim/world.h"

enum { KILL, CUT, CLEAN, EIO_, FULL, PAUSE, DROP, JUMP, ASTRAY, DECAY, KINDS };

static_assert(KINDS == WORLD_FAULTS, "each has its time");

#define AIM_MS       1000
#define ASTRAY_EVERY 200 /* seconds; it strikes once */

static int64_t
every(const struct world *world, int kind)
{
	const struct sim_options *options = &world->options;
	const int64_t seconds[KINDS] = {
		options->kills, options->cuts,  options->clean,
		options->eio,   options->full,  options->pauses,
		options->drops, options->jumps, options->misdirect * ASTRAY_EVERY,
		options->decay};
	bool window = options->durability == 9, off = options->durability == 10;
	/* Each durability makes its own promise: only what it covers may strike. */
	if (kind == CUT && (window || off))
		return 0;
	if ((kind == KILL || kind == EIO_) && off)
		return 0;
	if (kind == EIO_ && window)
		return 0;
	return seconds[kind];
}

static void
plan(struct world *world, int kind)
{
	int64_t seconds = every(world, kind);
	world->fault_due[kind] = SIM_NEVER;
	if (seconds > 0 && !world->healing)
		world->fault_due[kind] =
			world->machine.now + SIM_S +
			(int64_t)machine_draw(&world->machine, (uint64_t)seconds * 2000) * SIM_MS;
}

void
faults_init(struct world *world)
{
	for (int kind = 0; kind < KINDS; kind++)
		plan(world, kind);
	world->restart = world->machine.now;
	world->space_back = SIM_NEVER;
}

int64_t
faults_next(const struct world *world)
{
	int64_t next = world->space_back;
	for (int kind = 0; kind < KINDS; kind++)
		if (world->fault_due[kind] < next)
			next = world->fault_due[kind];
	if (!world->machine.running && !world->halted && world->restart < next)
		next = world->restart;
	return next;
}

void
faults_aim(struct world *world)
{
	struct machine *machine = &world->machine;
	const struct sim_options *options = &world->options;
	if (options->aim == 0 || world->healing ||
	    machine_draw(machine, 1000) >= (uint64_t)options->aim)
		return;
	int kind = machine_draw(machine, 2) ? CUT : KILL;
	int64_t soon = machine->now + (int64_t)machine_draw(machine, AIM_MS) * SIM_MS;
	if (every(world, kind) > 0 && soon < world->fault_due[kind])
		world->fault_due[kind] = soon;
}

static void
strike_death(struct world *world, int kind)
{
	struct machine *machine = &world->machine;
	if (!machine->running)
		return;
	if (kind == KILL && (int64_t)machine_draw(machine, 100) < world->options.inside) {
		machine->die_in = 1 + (uint32_t)machine_draw(machine, 60);
		return;
	}
	machine_kill(machine, kind == CUT ? MACHINE_CUT : MACHINE_KILLED);
	faults_death(world);
}

/* Behind what the newest snapshot holds: a start must read it, and must not go on from it. */
static void
strike_decay(struct world *world)
{
	struct machine *machine = &world->machine;
	if (!machine->running || !machine->ready || world->decayed || machine->misdirected)
		return;
	uint32_t shard = (uint32_t)machine_draw(machine, (uint64_t)world->options.shards);
	const struct hd_taker *taker = &machine->parts->shards[shard]->taker;
	uint64_t snapshot = taker->kept_count > 0 ? taker->kept[0].lsn : 0;
	machine_kill(machine, MACHINE_KILLED);
	world->decayed = ledger_decay(&world->ledger, shard, snapshot);
	faults_death(world);
}

static void
strike_pause(struct world *world)
{
	struct machine *machine = &world->machine;
	if (!machine->running)
		return;
	uint32_t thread = (uint32_t)machine_draw(machine, machine->threads_count);
	int64_t ms = 1 + (int64_t)machine_draw(machine, (uint64_t)world->options.pause_ms);
	machine->threads[thread].paused = machine->now + ms * SIM_MS;
	machine_note(machine, "thread %u stalls for %lld ms", thread, (long long)ms);
}

/* Only where all that is open has an ID: the rest could still happen, later. */
static void
strike_drop(struct world *world)
{
	struct machine *machine = &world->machine;
	struct client *client =
		&world->clients[machine_draw(machine, (uint64_t)world->clients_count)];
	if (!client->conn.open)
		return;
	for (uint32_t i = 0; i < WORLD_PIPELINE; i++) {
		const struct call *call = &client->calls[i];
		uint8_t verb = call->command.verb;
		bool reads = verb == HD_CMD_PROGRESS || verb == HD_CMD_RANK || call->board;
		if (call->live && !reads && !(call->command.given & HD_GIVEN_ID))
			return;
	}
	conn_drop(&client->conn);
	client_lost(client, false);
	machine_note(machine, "client %u lost its connection", client->number);
}

static void
strike_full(struct world *world)
{
	struct machine *machine = &world->machine;
	if (world->space_back != SIM_NEVER)
		return;
	machine->withheld = machine->disk.space - (int64_t)machine_draw(machine, 4 * HD_MIB);
	machine->disk.space -= machine->withheld;
	world->space_back = machine->now + (int64_t)(1 + machine_draw(machine, 20)) * SIM_S;
	machine_note(machine, "the disk is full");
}

static void
give_space(struct world *world)
{
	world->machine.disk.space += world->machine.withheld;
	world->machine.withheld = 0;
	world->space_back = SIM_NEVER;
	machine_note(&world->machine, "the disk has room again");
}

static void
strike_jump(struct world *world)
{
	struct machine *machine = &world->machine;
	int64_t span = 2 * 3600 * SIM_S;
	machine->wall_ahead = (int64_t)machine_draw(machine, (uint64_t)span) - span / 2;
	machine_note(machine, "the wall clock jumps");
}

static void
strike(struct world *world, int kind)
{
	struct machine *machine = &world->machine;
	switch (kind) {
	case KILL:
	case CUT:
		strike_death(world, kind);
		break;
	case CLEAN:
		if (machine->running && machine->ready && !machine->stopping)
			machine_stop(machine);
		break;
	case ASTRAY:
		/* Found by the next start, which is near: who reads on meanwhile is told less. */
		machine->misdirect_next = machine->running && !machine->misdirected;
		world->fault_due[KILL] = machine->now + 2 * SIM_S;
		break;
	case DECAY:
		strike_decay(world);
		break;
	case EIO_:
		if (machine->running)
			machine->fail_next =
				machine_draw(machine, 2) ? SIM_FAIL_ANY : SIM_FAIL_FLUSH;
		world->eio_struck |= machine->running;
		break;
	case FULL:
		strike_full(world);
		break;
	case PAUSE:
		strike_pause(world);
		break;
	case DROP:
		strike_drop(world);
		break;
	case JUMP:
		strike_jump(world);
		break;
	}
}

void
faults_strike(struct world *world)
{
	struct machine *machine = &world->machine;
	if (!machine->running && world->restart <= machine->now) {
		machine_start(machine);
		return;
	}
	if (world->space_back <= machine->now) {
		give_space(world);
		return;
	}
	for (int kind = 0; kind < KINDS; kind++) {
		if (world->fault_due[kind] > machine->now)
			continue;
		strike(world, kind);
		plan(world, kind);
		return;
	}
}

void
faults_check_disk(struct world *world)
{
	struct machine *machine = &world->machine;
	for (uint32_t i = 0; i < world->options.shards; i++)
		if ((machine->damaged >> i & 1) != 0 && !world->rotten[i] && !machine->misdirected)
			sim_fail(machine, "shard %u says that a good file is damaged", i);
}

/* May a process have ended like this? */
static void
judge_end(struct world *world)
{
	struct machine *machine = &world->machine;
	bool beyond = machine->misdirected || world->decayed;
	switch (machine->exit_code) {
	case -1: /* killed */
		return;
	case HD_EXIT_OK:
		if (machine->stopping)
			return;
		break;
	case HD_EXIT_STORAGE:
		world->halted |= machine->misdirected;
		if (machine->misdirected || world->eio_struck || world->space_back != SIM_NEVER)
			return;
		break;
	case HD_EXIT_DAMAGED:
		world->halted = beyond;
		if (beyond)
			return;
		break;
	}
	sim_fail(machine, "the process ended with %d: %s", machine->exit_code, machine->message);
}

/* The newest snapshot of a log, once a log: of two there is one that is whole. */
static void
rot(struct world *world)
{
	struct machine *machine = &world->machine;
	uint32_t shard = (uint32_t)machine_draw(machine, (uint64_t)world->options.shards);
	char prefix[DISK_NAME];
	int newest = -1;
	snprintf(prefix, sizeof prefix, "data/shard-%02u/snapshot-", shard);
	for (int i = 0; i < DISK_FILES; i++) {
		const struct disk_file *file = &machine->disk.files[i];
		bool is = file->used && strncmp(file->name, prefix, strlen(prefix)) == 0 &&
			  strcmp(file->name + strlen(file->name) - 4, ".hds") == 0;
		if (is && (newest < 0 || strcmp(file->name, machine->disk.files[newest].name) > 0))
			newest = i;
	}
	if (newest < 0 || world->rotten[shard])
		return;
	world->rotten[shard] = true;
	disk_rot(&machine->disk, newest);
	machine_note(machine, "a bit of %s has turned", machine->disk.files[newest].name);
}

void
faults_death(struct world *world)
{
	struct machine *machine = &world->machine;
	world->deaths++;
	for (uint32_t i = 0; i < world->options.shards; i++) {
		struct ledger_log *log = &world->ledger.logs[i];
		if (world->edge.doors[i].durable > log->promised)
			log->promised = world->edge.doors[i].durable;
		world->edge.doors[i].durable = 0;
	}
	for (uint32_t i = 0; i < world->clients_count; i++) {
		struct client *client = &world->clients[i];
		bool open = client->conn.open;
		edge_died(&world->edge, &client->conn, false);
		if (open)
			client_lost(client, true);
	}
	struct caller *const callers[] = {&world->admin, &world->watch, &world->follow};
	for (uint32_t i = 0; i < 3; i++) {
		bool open = callers[i]->conn.open;
		edge_died(&world->edge, &callers[i]->conn, false);
		if (open)
			caller_lost(callers[i]);
	}
	edge_clear(&world->edge);
	faults_check_disk(world);
	judge_end(world);
	if (!world->healing && (int64_t)machine_draw(machine, 100) < world->options.rot)
		rot(world);
	machine->fail_next = SIM_FAIL_NONE;
	world->eio_struck = machine->misdirect_next = false;
	world->restart = machine->now + (int64_t)(1 + machine_draw(machine, 2000)) * SIM_MS;
}
