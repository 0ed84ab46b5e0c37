#include "tests/sim/machine.h"

#include <stdarg.h>
#include <stdlib.h>

#include "tests/sim/random.h"

#include "net/server/hunts.h"

void
machine_init(struct machine *machine, uint64_t seed, const struct sim_options *options)
{
	memset(machine, 0, sizeof *machine);
	machine->options = *options;
	/* What is young is told by stamps: where they leap nobody may count on it. */
	if (machine->options.jumps > 0)
		machine->options.ids = 0;
	machine->random = seed;
	machine->now = SIM_S;
	disk_init(&machine->disk, &machine->random, INT64_C(1) << 36);
}

void
machine_fini(struct machine *machine)
{
	if (machine->running)
		machine_kill(machine, MACHINE_KILLED);
	for (uint32_t i = 0; i < SIM_THREADS; i++)
		fiber_fini(&machine->threads[i].fiber);
	disk_fini(&machine->disk);
}

uint64_t
machine_draw(struct machine *machine, uint64_t range)
{
	return range < 2 ? 0 : sim_random(&machine->random) % range;
}

void
machine_note(struct machine *machine, const char *format, ...)
{
	char line[400];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	uint64_t hash = machine->hash ^ (uint64_t)machine->now;
	for (const char *c = line; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 0x100000001b3;
	machine->hash = hash;
	if (machine->trace != NULL)
		fprintf(machine->trace, "%12.6f %s\n", (double)machine->now / 1e9, line);
}

/* The process' hooks. */

static struct hd_io *
io_create(void *context, const struct hd_topology_row *row)
{
	struct machine *machine = context;
	uint32_t number = (uint32_t)(row - machine->parts->topology.rows);
	sim_io_init(&machine->threads[number].io, machine, number);
	return &machine->threads[number].io.io;
}

static void
io_destroy(void *context, struct hd_io *io)
{
	(void)context;
	(void)io;
}

static void *
edge_create(void *context, struct hd_shard *shard)
{
	struct machine *machine = context;
	return machine->hooks.edge_create(machine->hooks.context, shard);
}

static void
edge_destroy(void *context, void *edge)
{
	(void)context;
	(void)edge;
}

static void
memory_init(void *context, uint32_t thread, struct hd_memory *memory)
{
	(void)thread;
	*memory = arena_memory(context);
}

static bool
compile(void *context, struct hd_bytes name, struct hd_bytes text, struct hd_bytes previous,
	uint32_t version, struct hd_writer *out, char *message, uint32_t room)
{
	(void)context;
	return hd_hunts_compile(name, text, previous, version, out, message, room);
}

static bool
hunt_file(void *context, uint32_t n, struct hd_bytes *source, struct hd_bytes *text, char *message,
	  uint32_t room)
{
	(void)context;
	(void)n;
	(void)source;
	(void)text;
	(void)message;
	(void)room;
	return false;
}

static void
ready(void *context, const struct hd_log_report *reports, uint32_t shards)
{
	struct machine *machine = context;
	(void)reports;
	(void)shards;
	machine->ready = true;
	machine_note(machine, "all shards serve");
	machine->hooks.ready(machine->hooks.context);
}

static int64_t
wall_clock(void *context)
{
	const struct machine *machine = context;
	return SIM_WALL + machine->now + machine->wall_ahead;
}

static void
random_bytes(void *context, uint8_t out[32])
{
	for (uint32_t i = 0; i < 32; i++)
		out[i] = (uint8_t)machine_draw(context, 256);
}

/* Threads. */

static void
begin_done(struct machine *machine, int code)
{
	if (code != 0 && machine->begun_code == 0)
		machine->begun_code = code;
	machine->begun++;
	uint32_t control = machine->parts->control->number;
	if (machine->begun == machine->threads_count - 1 &&
	    machine->threads[control].state == SIM_BLOCKED) {
		machine->threads[control].state = SIM_READY;
		machine->threads[control].due = machine->now;
	}
}

static void
shard_main(void *context)
{
	struct sim_io *io = context;
	struct machine *machine = io->machine;
	struct hd_shard *shard = machine->parts->shards[io->number];
	char directory[64];
	snprintf(directory, sizeof directory, "data/shard-%02u", io->number);
	int code = hd_parts_open_shard(machine->parts, io->number, directory);
	if (code != 0)
		snprintf(machine->message, sizeof machine->message, "%s", shard->report->message);
	begin_done(machine, code);
	while (code == 0 && hd_shard_pass(shard))
		;
	if (!hd_parts_end_shard(machine->parts, io->number) && machine->exit_code == 0)
		machine->exit_code = HD_EXIT_STORAGE;
}

static void
reducer_main(void *context)
{
	struct sim_io *io = context;
	struct machine *machine = io->machine;
	bool good = hd_parts_open_reducer(machine->parts);
	begin_done(machine, good ? 0 : HD_EXIT_FAILED);
	while (good && hd_reducer_pass(machine->parts->reducer))
		;
}

static void
helper_main(void *context)
{
	struct sim_io *io = context;
	struct machine *machine = io->machine;
	bool good = hd_parts_open_helper(machine->parts);
	begin_done(machine, good ? 0 : HD_EXIT_FAILED);
	while (good && hd_helper_pass(machine->parts->helper))
		;
}

static void
smith_main(void *context)
{
	struct sim_io *io = context;
	struct machine *machine = io->machine;
	uint32_t number = machine->parts->topology.rows[io->number].number;
	bool good = hd_parts_open_smith(machine->parts, number);
	begin_done(machine, good ? 0 : HD_EXIT_FAILED);
	while (good && hd_smith_pass(machine->parts->smiths[number]))
		;
}

static void
control_main(void *context)
{
	struct sim_io *io = context;
	struct machine *machine = io->machine;
	struct sim_thread *thread = &machine->threads[io->number];
	struct hd_completion none[8];
	hd_parts_open_control(machine->parts);
	while (machine->begun < machine->threads_count - 1) {
		thread->state = SIM_BLOCKED;
		thread->due = SIM_NEVER;
		fiber_yield(&thread->fiber);
	}
	machine->opened = true;
	if (machine->begun_code != 0) {
		machine->exit_code = machine->begun_code;
		hd_control_finish(machine->parts->control);
	} else {
		machine->hooks.opened(machine->hooks.context);
		hd_control_start(machine->parts->control);
		while (hd_control_pass(machine->parts->control, machine->stopping))
			;
	}
	if (machine->parts->control->exit_code != 0 && machine->exit_code == 0)
		machine->exit_code = machine->parts->control->exit_code;
	io->io.ops->wait(&io->io, 0, none, 8);
}

static void (*const mains[])(void *) = {
	[HD_ROLE_SHARD] = shard_main,     [HD_ROLE_REDUCER] = reducer_main,
	[HD_ROLE_CONTROL] = control_main, [HD_ROLE_HELPER] = helper_main,
	[HD_ROLE_FORGE] = smith_main,
};

static void
start_thread(struct machine *machine, uint32_t number)
{
	struct sim_thread *thread = &machine->threads[number];
	const struct hd_topology_row *row = &machine->parts->topology.rows[number];
	struct fiber fiber = thread->fiber;
	memset(thread, 0, sizeof *thread);
	thread->fiber = fiber;
	sim_io_init(&thread->io, machine, number);
	fiber_begin(&thread->fiber, mains[row->role], &thread->io);
	thread->state = SIM_READY;
	/* Control is there first: the others wake it. */
	thread->due = machine->now;
	if (row->role != HD_ROLE_CONTROL)
		thread->due += (int64_t)machine_draw(machine, 1000) * SIM_US;
}

static void
shard_news(void *context, uint32_t shard, const char *line)
{
	struct machine *machine = context;
	machine_note(machine, "shard %u: %s", shard, line);
	if (strstr(line, " is damaged at offset ") != NULL)
		machine->damaged |= (uint64_t)1 << shard;
}

void
machine_start(struct machine *machine)
{
	static const uint32_t rings[] = {0, 1, 3, 64, 0};
	const struct sim_options *options = &machine->options;
	HD_ASSERT(!machine->running && machine->arena == NULL);
	struct hd_parts *parts = aligned_alloc(64, (sizeof *parts + 63) & ~(size_t)63);
	HD_ASSERT(parts != NULL);
	memset(parts, 0, sizeof *parts);
	machine->parts = parts;
	parts->config = (struct hd_runtime_config){
		.shards = (uint32_t)options->shards,
		.data = "data",
		.durability = options->durability == 9    ? HD_DURABLE_WINDOW
			      : options->durability == 10 ? HD_DURABLE_OFF
							  : HD_DURABLE_BATCH,
		.durability_window_ns = 100 * SIM_MS,
		.segment_bytes = (uint64_t)options->segment * HD_FRAME_MAX,
		.archive = options->archive > 0,
		.archive_max = options->archive == 2 ? 4 * HD_MIB : 0,
		.scrub_ns = options->scrub * SIM_S,
		.memory_bytes = 256 * HD_MIB,
		.ids_max = (uint32_t)options->ids,
		.ids_age_s = SIM_IDS_AGE_S,
		.snapshot_events = (uint64_t)options->snapshots,
		.ring_cells = rings[options->ring],
		/* Another way to make puzzles in every life: small pools, a cache that forgets, no
		 * threads. Which is dealt to whom is the same in all of them. */
		.puzzle_cache = (machine->random >> 60 & 3) * 32 * HD_KIB,
		.puzzle_pool = 1 + (uint32_t)(machine->random >> 56 & 7),
		.forge_off = machine->random >> 62 == 0,
	};
	parts->hooks = (struct hd_runtime_hooks){
		.context = machine,
		.io_create = io_create,
		.io_destroy = io_destroy,
		.edge_create = edge_create,
		.edge_destroy = edge_destroy,
		.edge = machine->hooks.edge,
		.memory_init = memory_init,
		.compile = compile,
		.hunt_file = hunt_file,
		.ready = ready,
		.shard_news = shard_news,
		.wall_clock = wall_clock,
		.random = random_bytes,
	};
	bool planned = hd_topology_plan(&parts->topology, parts->config.shards);
	HD_ASSERT(planned);
	hd_parts_make(parts);
	machine->running = true;
	machine->dead = machine->stopping = machine->opened = machine->ready = false;
	machine->exit_code = machine->begun_code = 0;
	machine->begun = 0;
	machine->message[0] = '\0';
	machine->generation++;
	machine->threads_count = parts->topology.rows_count;
	for (uint32_t i = 0; i < machine->threads_count; i++)
		start_thread(machine, i);
	machine_note(machine, "a process starts");
}

void
machine_stop(struct machine *machine)
{
	HD_ASSERT(machine->running);
	machine->stopping = true;
	machine_wake(machine, machine->parts->control->number);
}

/* Its memory is gone; the mesh's comes from elsewhere. */
static void
bury(struct machine *machine)
{
	hd_mesh_destroy(machine->parts->mesh);
	arena_drop(machine);
	free(machine->parts);
	machine->parts = NULL;
	machine->running = machine->ready = false;
	machine->die_in = 0;
	for (uint32_t i = 0; i < SIM_THREADS; i++)
		machine->threads[i].state = SIM_ABSENT;
	for (int i = 0; i < DISK_FILES; i++)
		machine->disk.files[i].opens = 0;
}

void
machine_kill(struct machine *machine, enum machine_death death)
{
	HD_ASSERT(machine->running);
	sim_io_abandon(machine);
	if (death == MACHINE_CUT) {
		disk_power_cut(&machine->disk);
		machine->booted = machine->now - (int64_t)(1 + machine_draw(machine, 20)) * SIM_S;
	}
	bury(machine);
	machine->exit_code = -1;
	machine_note(machine, death == MACHINE_CUT ? "the power is cut" : "the process is killed");
}

_Noreturn void
machine_die(struct machine *machine, int code, const char *message)
{
	machine->dead = true;
	machine->exit_code = code;
	snprintf(machine->message, sizeof machine->message, "%s", message);
	HD_ASSERT(machine->current != NULL);
	fiber_yield(machine->current);
	HD_UNREACHABLE();
}

/* It ended by itself: what it took it has given back. */
static void
ended(struct machine *machine)
{
	hd_parts_free(machine->parts);
	if (machine->arena_bytes != 0 && machine->exit_code == 0)
		hd_assert_failed("memory is back at nothing", __FILE__, __LINE__);
	HD_ASSERT(machine->ops_live == 0);
	machine->parts->mesh = NULL;
	bury(machine);
	machine_note(machine, "the process ended with %d %s", machine->exit_code, machine->message);
}

/* The scheduler. */

void
machine_wake(struct machine *machine, uint32_t number)
{
	struct sim_thread *thread = &machine->threads[number];
	thread->woken = true;
	if (thread->state != SIM_ASLEEP)
		return;
	thread->state = SIM_READY;
	thread->due = machine->now + (int64_t)(1 + machine_draw(machine, 50)) * SIM_US;
}

static int64_t
due_of(const struct sim_thread *thread)
{
	if (thread->state != SIM_READY && thread->state != SIM_ASLEEP)
		return SIM_NEVER;
	return thread->due > thread->paused ? thread->due : thread->paused;
}

int64_t
machine_next(const struct machine *machine)
{
	int64_t next = SIM_NEVER;
	if (!machine->running)
		return next;
	for (uint32_t i = 0; i < machine->threads_count; i++) {
		int64_t due = due_of(&machine->threads[i]);
		next = due < next ? due : next;
	}
	for (uint32_t i = 0, seen = 0; seen < machine->ops_live; i++) {
		const struct sim_op *op = &machine->ops[i];
		seen += op->live;
		if (op->live && op->sent && op->due < next)
			next = op->due;
	}
	return next;
}

static bool
finish_one(struct machine *machine)
{
	for (uint32_t i = 0, seen = 0; seen < machine->ops_live; i++) {
		struct sim_op *op = &machine->ops[i];
		seen += op->live;
		if (!op->live || !op->sent || op->due > machine->now)
			continue;
		sim_io_finish(machine, op);
		return true;
	}
	return false;
}

static void
run_thread(struct machine *machine, struct sim_thread *thread)
{
	machine->steps++;
	machine->current = &thread->fiber;
	fiber_resume(&thread->fiber);
	machine->current = NULL;
	if (machine->dead) {
		int code = machine->exit_code;
		sim_io_abandon(machine);
		bury(machine);
		machine->exit_code = code;
		machine_note(machine, "the process died with %d %s", code, machine->message);
	} else if (thread->fiber.done) {
		thread->state = SIM_ENDED;
		bool all = true;
		for (uint32_t i = 0; i < machine->threads_count; i++)
			all &= machine->threads[i].state == SIM_ENDED;
		if (all)
			ended(machine);
	}
}

void
machine_step(struct machine *machine)
{
	if (finish_one(machine))
		return;
	/* Of those that are due at once the seed picks one. */
	uint32_t from = (uint32_t)machine_draw(machine, machine->threads_count);
	for (uint32_t i = 0; i < machine->threads_count; i++) {
		uint32_t number = (from + i) % machine->threads_count;
		struct sim_thread *thread = &machine->threads[number];
		if (due_of(thread) <= machine->now) {
			run_thread(machine, thread);
			return;
		}
	}
	HD_UNREACHABLE();
}
