#include "huntd/runtime.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "shard/board/reducer.h"
#include "shard/orders/control.h"
#include "shard/data_dir.h"
#include "shard/inside.h"

struct thread {
	struct hd_runtime *runtime;
	const struct hd_topology_row *row;
	uint32_t number;
	pthread_t handle;
	bool made;
};

struct hd_runtime {
	struct hd_runtime_config config;
	struct hd_runtime_hooks hooks;
	struct hd_topology topology;
	struct hd_data_dir dir;
	struct hd_mesh *mesh;
	struct thread threads[HD_SHARDS_MAX + 2];
	struct hd_shard *shards[HD_SHARDS_MAX];
	struct hd_log_report reports[HD_SHARDS_MAX];
	struct hd_metrics *metrics;
	struct hd_status *status;
	struct hd_tops *tops;
	struct hd_reducer *reducer;
	struct hd_control *control;
	pthread_barrier_t ended; /* nobody wakes anybody behind it */
	/* How the threads began: */
	pthread_mutex_t mutex;
	pthread_cond_t begun;
	uint32_t begun_count;
	int begun_code; /* the first exit code that is not 0 */
	uint32_t begun_shard;
	_Atomic int exit_code;
	_Atomic bool stop;
	struct hd_clock_page time;
};

static void
pin(int cpu)
{
	cpu_set_t mask;
	CPU_ZERO(&mask);
	CPU_SET((size_t)cpu, &mask);
	/* A cpu that was taken away since start: the thread runs where it may. */
	(void)sched_setaffinity(0, sizeof mask, &mask);
}

static void
begin_done(struct thread *thread, int code)
{
	struct hd_runtime *runtime = thread->runtime;
	pthread_mutex_lock(&runtime->mutex);
	if (code != 0 && runtime->begun_code == 0) {
		runtime->begun_code = code;
		runtime->begun_shard = thread->number;
	}
	runtime->begun_count++;
	pthread_cond_signal(&runtime->begun);
	pthread_mutex_unlock(&runtime->mutex);
}

static void
set_exit(struct hd_runtime *runtime, int code)
{
	int none = 0;
	HD_ASSERT(code != 0);
	atomic_compare_exchange_strong(&runtime->exit_code, &none, code);
}

/* Shards. */

static int
shard_begin(struct thread *thread, struct hd_shard *shard)
{
	struct hd_runtime *runtime = thread->runtime;
	const struct hd_runtime_hooks *hooks = &runtime->hooks;
	shard->io = hooks->io_create(hooks->context, thread->row);
	if (shard->io == NULL)
		return HD_EXIT_FAILED;
	hooks->memory_init(hooks->context, shard->number, &shard->state);
	shard->plain = shard->state;
	shard->plain.budget = 0;
	shard->state.budget = runtime->config.memory_bytes;
	hd_shard_prepare(shard);
	shard->edge = hooks->edge_create(hooks->context, shard);
	if (shard->edge == NULL)
		return HD_EXIT_FAILED;
	char directory[600];
	hd_data_dir_log(&runtime->dir, shard->number, directory, sizeof directory);
	struct hd_log_options options = {
		.directory = directory,
		.shards = runtime->topology.shards,
		.segment_bytes = runtime->config.segment_bytes ? runtime->config.segment_bytes
							       : HD_SEGMENT_DEFAULT,
		.durability = runtime->config.durability,
		.window_ns = runtime->config.durability_window_ns,
	};
	if (hd_shard_open(shard, &options, runtime->config.stop))
		return 0;
	return shard->report->exit ? shard->report->exit : HD_EXIT_DAMAGED;
}

static void *
shard_main(void *context)
{
	struct thread *thread = context;
	struct hd_runtime *runtime = thread->runtime;
	struct hd_shard *shard = runtime->shards[thread->number];
	const struct hd_runtime_hooks *hooks = &runtime->hooks;
	pin(thread->row->cpu);
	int code = shard_begin(thread, shard);
	begin_done(thread, code);
	while (code == 0 && hd_shard_pass(shard))
		;
	if (shard->post != NULL && !hd_shard_end(shard))
		set_exit(runtime, HD_EXIT_STORAGE);
	if (shard->edge != NULL)
		hooks->edge_destroy(hooks->context, shard->edge);
	pthread_barrier_wait(&runtime->ended);
	if (shard->io != NULL)
		hooks->io_destroy(hooks->context, shard->io);
	return NULL;
}

/* The reducer. */

static void *
reducer_main(void *context)
{
	struct thread *thread = context;
	struct hd_runtime *runtime = thread->runtime;
	struct hd_reducer *reducer = runtime->reducer;
	const struct hd_runtime_hooks *hooks = &runtime->hooks;
	pin(thread->row->cpu);
	reducer->io = hooks->io_create(hooks->context, thread->row);
	bool good = reducer->io != NULL;
	if (good) {
		hooks->memory_init(hooks->context, thread->number, &reducer->plain);
		hd_reducer_open(reducer, runtime->mesh);
	}
	begin_done(thread, good ? 0 : HD_EXIT_FAILED);
	while (good && hd_reducer_pass(reducer))
		;
	pthread_barrier_wait(&runtime->ended);
	if (good)
		hooks->io_destroy(hooks->context, reducer->io);
	return NULL;
}

/* Start. */

/* From outside: a signal, which may come before there is anything that could be woken. */
static bool
is_stopping(const struct hd_runtime *runtime)
{
	return runtime->config.stop != NULL && atomic_load(runtime->config.stop);
}

static uint64_t
budget_of_machine(uint32_t shards)
{
	uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES), page = (uint64_t)sysconf(_SC_PAGESIZE);
	return pages * page / 4 * 3 / shards;
}

static void *
cleared(size_t size)
{
	void *at = aligned_alloc(64, (size + 63) & ~(size_t)63);
	HD_ASSERT(at != NULL);
	memset(at, 0, size);
	return at;
}

static void
make_shard(struct hd_runtime *runtime, uint32_t number)
{
	struct hd_shard *shard = cleared(sizeof *shard);
	runtime->shards[number] = shard;
	shard->number = number;
	shard->count = runtime->topology.shards;
	shard->reducer = shard->count;
	shard->control = shard->count + 1;
	shard->durability = runtime->config.durability;
	shard->report = &runtime->reports[number];
	shard->mesh = runtime->mesh;
	shard->ops = runtime->hooks.edge;
	shard->metrics = runtime->metrics;
	shard->status = runtime->status;
	shard->tops = runtime->tops;
	shard->time = &runtime->time;
	shard->busy_ns =
		(int64_t)(runtime->config.busy_ms ? runtime->config.busy_ms : 20) * 1000000;
}

static void
make_parts(struct hd_runtime *runtime)
{
	uint32_t shards = runtime->topology.shards;
	if (runtime->config.ring_cells != 0)
		runtime->topology.ring_cells = runtime->config.ring_cells;
	if (runtime->config.memory_bytes == 0)
		runtime->config.memory_bytes = budget_of_machine(shards);
	runtime->mesh = hd_mesh_create(shards + 2, runtime->topology.ring_cells);
	runtime->metrics = cleared(shards * sizeof *runtime->metrics);
	runtime->status = cleared(shards * sizeof *runtime->status);
	runtime->tops = cleared(shards * sizeof *runtime->tops);
	for (uint32_t i = 0; i < shards; i++)
		make_shard(runtime, i);
	runtime->reducer = cleared(sizeof *runtime->reducer);
	runtime->reducer->shards = shards;
	runtime->reducer->number = shards;
	runtime->reducer->tick_ns =
		(int64_t)(runtime->config.tick_ms ? runtime->config.tick_ms : HD_TICK_MS) * 1000000;
	runtime->control = cleared(sizeof *runtime->control);
	runtime->control->shards = shards;
	runtime->control->number = shards + 1;
	runtime->control->config = &runtime->config;
	runtime->control->hooks = &runtime->hooks;
	runtime->control->reports = runtime->reports;
}

static bool
begin_control(struct hd_runtime *runtime)
{
	const struct hd_runtime_hooks *hooks = &runtime->hooks;
	struct hd_control *control = runtime->control;
	const struct hd_topology_row *row = &runtime->topology.rows[control->number];
	HD_ASSERT(row->role == HD_ROLE_CONTROL);
	pin(row->cpu);
	control->io = hooks->io_create(hooks->context, row);
	if (control->io == NULL)
		return false;
	control->clock.page = &runtime->time;
	control->boot = control->io->ops->now(control->io);
	hd_clock_start(&control->clock, control->boot, hooks->wall_clock(hooks->context));
	hooks->memory_init(hooks->context, control->number, &control->plain);
	hd_control_open(control, runtime->mesh);
	return true;
}

static void
begin_threads(struct hd_runtime *runtime)
{
	uint32_t count = runtime->topology.shards + 1;
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before); /* the threads inherit it */
	pthread_barrier_init(&runtime->ended, NULL, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		struct thread *thread = &runtime->threads[i];
		*thread = (struct thread){
			.runtime = runtime, .row = &runtime->topology.rows[i], .number = i};
		bool shard = thread->row->role == HD_ROLE_SHARD;
		int error = pthread_create(&thread->handle, NULL, shard ? shard_main : reducer_main,
					   thread);
		HD_ASSERT(error == 0);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_mutex_lock(&runtime->mutex);
	while (runtime->begun_count < count)
		pthread_cond_wait(&runtime->begun, &runtime->mutex);
	pthread_mutex_unlock(&runtime->mutex);
}

static void
free_parts(struct hd_runtime *runtime)
{
	for (uint32_t i = 0; i < runtime->topology.shards && runtime->shards[i] != NULL; i++) {
		hd_shard_free(runtime->shards[i]);
		free(runtime->shards[i]);
	}
	if (runtime->reducer != NULL && runtime->reducer->post != NULL)
		hd_reducer_close(runtime->reducer);
	if (runtime->control != NULL && runtime->control->post != NULL)
		hd_control_close(runtime->control);
	hd_mesh_destroy(runtime->mesh);
	free(runtime->reducer);
	free(runtime->control);
	free(runtime->metrics);
	free(runtime->status);
	free(runtime->tops);
	hd_data_dir_close(&runtime->dir);
	pthread_mutex_destroy(&runtime->mutex);
	pthread_cond_destroy(&runtime->begun);
	free(runtime);
}

static void
end_threads(struct hd_runtime *runtime)
{
	const struct hd_runtime_hooks *hooks = &runtime->hooks;
	struct hd_io *io = runtime->control->io;
	struct hd_completion completions[8];
	/* Control's loop is over: what its last words wake goes out here. */
	io->ops->wait(io, 0, completions, 8);
	pthread_barrier_wait(&runtime->ended);
	for (uint32_t i = 0; i < runtime->topology.shards + 1; i++)
		pthread_join(runtime->threads[i].handle, NULL);
	pthread_barrier_destroy(&runtime->ended);
	hooks->io_destroy(hooks->context, runtime->control->io);
}

/* Some thread could not begin, or need not: the others end, and the first one's line is given. */
static int
abandon(struct hd_runtime *runtime, char *message, uint32_t room)
{
	bool stopped = is_stopping(runtime);
	int code = stopped ? 0 : runtime->begun_code;
	const char *line = "";
	if (!stopped && runtime->begun_shard < runtime->topology.shards)
		line = runtime->reports[runtime->begun_shard].message;
	snprintf(message, room, "%s", line);
	hd_control_finish(runtime->control);
	end_threads(runtime);
	return code;
}

/* Returns an exit code; `*begun` where it is to be run. */
static int
begin(struct hd_runtime *runtime, char *message, uint32_t room, bool *begun)
{
	uint8_t random[32];
	struct hd_runtime_config *config = &runtime->config;
	HD_ASSERT(runtime->hooks.io_create && runtime->hooks.edge && runtime->hooks.random);
	if (config->shards > HD_SHARDS_MAX) {
		snprintf(message, room, "--shards takes 1 to %u", HD_SHARDS_MAX);
		return HD_EXIT_CONFIG;
	}
	if (!hd_topology_plan(&runtime->topology, config->shards)) {
		snprintf(message, room, "the affinity mask holds no cpu");
		return HD_EXIT_CONFIG;
	}
	runtime->hooks.random(runtime->hooks.context, random);
	int code = (int)hd_data_dir_open(&runtime->dir, config->data, config->shards,
					 runtime->topology.shards, random, message, room);
	if (code != 0)
		return code;
	bool planned = hd_topology_plan(&runtime->topology, runtime->dir.shards);
	HD_ASSERT(planned);
	make_parts(runtime);
	if (!begin_control(runtime))
		return HD_EXIT_FAILED;
	begin_threads(runtime);
	if (runtime->begun_code != 0 || is_stopping(runtime))
		return abandon(runtime, message, room);
	hd_control_start(runtime->control);
	*begun = true;
	return 0;
}

static int64_t
wall_clock(void *context)
{
	struct timespec now;
	(void)context;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct hd_runtime *
hd_runtime_start(const struct hd_runtime_config *config, const struct hd_runtime_hooks *hooks,
		 char *message, uint32_t room, int *exit_code)
{
	HD_ASSERT(room > 0 && exit_code != NULL);
	struct hd_runtime *runtime = cleared(sizeof *runtime);
	message[0] = '\0';
	runtime->config = *config;
	runtime->hooks = *hooks;
	if (runtime->hooks.wall_clock == NULL)
		runtime->hooks.wall_clock = wall_clock;
	runtime->dir.lock = -1;
	pthread_mutex_init(&runtime->mutex, NULL);
	pthread_cond_init(&runtime->begun, NULL);
	bool begun = false;
	*exit_code = begin(runtime, message, room, &begun);
	if (begun)
		return runtime;
	free_parts(runtime);
	return NULL;
}

int
hd_runtime_run(struct hd_runtime *runtime)
{
	HD_ASSERT(runtime != NULL);
	while (hd_control_pass(runtime->control,
			       atomic_load(&runtime->stop) || is_stopping(runtime)))
		;
	end_threads(runtime);
	if (runtime->control->exit_code != 0)
		set_exit(runtime, runtime->control->exit_code);
	int code = atomic_load(&runtime->exit_code);
	free_parts(runtime);
	return code;
}

void
hd_runtime_stop(struct hd_runtime *runtime)
{
	atomic_store(&runtime->stop, true);
	hd_mesh_wake(runtime->mesh, runtime->control->number);
}

bool
hd_runtime_accept_clock(struct hd_runtime *runtime)
{
	HD_ASSERT(runtime != NULL && runtime->control != NULL);
	if (!hd_clock_far(atomic_load(&runtime->time.difference)))
		return false;
	atomic_store(&runtime->time.accept, true);
	hd_mesh_wake(runtime->mesh, runtime->control->number);
	return true;
}

uint32_t
hd_runtime_shards(const struct hd_runtime *runtime)
{
	return runtime->topology.shards;
}

struct hd_metrics *
hd_runtime_metrics(const struct hd_runtime *runtime, uint32_t shard)
{
	HD_ASSERT(shard < runtime->topology.shards);
	return &runtime->metrics[shard];
}
