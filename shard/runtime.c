#include "huntd/runtime.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "shard/data_dir.h"
#include "shard/parts.h"

#define NICE 10 /* of what a command waits for */

struct thread {
	struct hd_runtime *runtime;
	const struct hd_topology_row *row;
	uint32_t number;
	pthread_t handle;
	bool made;
};

struct hd_runtime {
	struct hd_parts parts;
	struct hd_data_dir dir;
	struct thread threads[HD_SHARDS_MAX + HD_THREADS_BESIDE];
	pthread_barrier_t ended;
	/* How the threads began: */
	_Atomic uint32_t begun_count, ended_count;
	_Atomic int begun_code; /* the first exit code that is not 0 */
	uint32_t begun_shard;   /* whose it is; set before that shard is counted */
	_Atomic int exit_code;
	_Atomic bool stop;
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

/* One more thread is there, or done; control may be waiting for it. */
static void
count_thread(struct hd_runtime *runtime, _Atomic uint32_t *count)
{
	HD_ASSERT(atomic_load(count) < runtime->parts.topology.rows_count);
	atomic_fetch_add(count, 1);
	hd_mesh_wake(runtime->parts.mesh, runtime->parts.control->number);
}

static void
begin_done(struct thread *thread, int code)
{
	struct hd_runtime *runtime = thread->runtime;
	int none = 0;
	if (code != 0 && atomic_compare_exchange_strong(&runtime->begun_code, &none, code))
		runtime->begun_shard = thread->number;
	count_thread(runtime, &runtime->begun_count);
}

/* Control waits until all other threads are counted, and serves its desk meanwhile. */
static void
await_threads(struct hd_runtime *runtime, _Atomic uint32_t *count)
{
	while (atomic_load(count) + 1 < runtime->parts.topology.rows_count)
		hd_control_attend(runtime->parts.control);
}

/* Nothing of this thread is left to do; nobody wakes anybody behind the barrier. */
static void
end_done(struct hd_runtime *runtime)
{
	count_thread(runtime, &runtime->ended_count);
	pthread_barrier_wait(&runtime->ended);
}

static void
set_exit(struct hd_runtime *runtime, int code)
{
	int none = 0;
	HD_ASSERT(code != 0);
	atomic_compare_exchange_strong(&runtime->exit_code, &none, code);
}

/* What runs on a thread. */

static void *
shard_main(void *context)
{
	struct thread *thread = context;
	struct hd_runtime *runtime = thread->runtime;
	struct hd_shard *shard = runtime->parts.shards[thread->number];
	char directory[600];
	pin(thread->row->cpu);
	hd_data_dir_log(&runtime->dir, thread->number, directory, sizeof directory);
	int code = hd_parts_open_shard(&runtime->parts, thread->number, directory);
	begin_done(thread, code);
	while (code == 0 && hd_shard_pass(shard))
		;
	if (!hd_parts_end_shard(&runtime->parts, thread->number))
		set_exit(runtime, HD_EXIT_STORAGE);
	end_done(runtime);
	hd_parts_drop_io(&runtime->parts, shard->io);
	return NULL;
}

static void *
reducer_main(void *context)
{
	struct thread *thread = context;
	struct hd_runtime *runtime = thread->runtime;
	struct hd_reducer *reducer = runtime->parts.reducer;
	pin(thread->row->cpu);
	bool good = hd_parts_open_reducer(&runtime->parts);
	begin_done(thread, good ? 0 : HD_EXIT_FAILED);
	while (good && hd_reducer_pass(reducer))
		;
	end_done(runtime);
	hd_parts_drop_io(&runtime->parts, reducer->io);
	return NULL;
}

/* What may take long gets the time that nobody else wants. */
static void *
helper_main(void *context)
{
	struct thread *thread = context;
	struct hd_runtime *runtime = thread->runtime;
	struct hd_helper *helper = runtime->parts.helper;
	(void)sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0});
	pin(thread->row->cpu);
	bool good = hd_parts_open_helper(&runtime->parts);
	begin_done(thread, good ? 0 : HD_EXIT_FAILED);
	while (good && hd_helper_pass(helper))
		;
	end_done(runtime);
	hd_parts_drop_io(&runtime->parts, helper->io);
	return NULL;
}

/* What the process' threads of the forge took of the cores, for the shard that they worked for. */
static void
count_time(struct hd_runtime *runtime, const struct thread *thread, const struct hd_smith *smith,
	   int64_t *counted)
{
	struct timespec now;
	if (smith->served == smith->shards)
		return;
	struct hd_metrics *metrics = &runtime->parts.page->shard[smith->served].metrics;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	int64_t ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	if (thread->row->number == HD_SMITH_IDLE)
		HD_COUNT(metrics->forge_idle_ns_total, ns - *counted);
	else
		HD_COUNT(metrics->forge_nice_ns_total, ns - *counted);
	*counted = ns;
}

/* Two sets, for an unprivileged thread cannot leave SCHED_IDLE. */
static void *
smith_main(void *context)
{
	struct thread *thread = context;
	struct hd_runtime *runtime = thread->runtime;
	struct hd_smith *smith = runtime->parts.smiths[thread->row->number];
	int64_t counted = 0;
	if (thread->row->number == HD_SMITH_IDLE)
		(void)sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0});
	else
		(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	pin(thread->row->cpu);
	bool good = hd_parts_open_smith(&runtime->parts, thread->row->number);
	begin_done(thread, good ? 0 : HD_EXIT_FAILED);
	while (good && hd_smith_pass(smith))
		count_time(runtime, thread, smith, &counted);
	end_done(runtime);
	hd_parts_drop_io(&runtime->parts, smith->io);
	return NULL;
}

/* Start. */

/* From outside: a signal, which may come before there is anything that could be woken. */
static bool
is_stopping(const struct hd_runtime *runtime)
{
	return runtime->parts.config.stop != NULL && atomic_load(runtime->parts.config.stop);
}

static uint64_t
budget_of_machine(uint32_t shards)
{
	uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES), page = (uint64_t)sysconf(_SC_PAGESIZE);
	return pages * page / 4 * 3 / shards;
}

/* So that top, perf and hunt-trace can tell them apart: shard-0, reducer-0, helper-0, forge-0. */
static void
name_thread(const struct thread *thread)
{
	static const char *const roles[] = {[HD_ROLE_SHARD] = "shard",
					    [HD_ROLE_REDUCER] = "reducer",
					    [HD_ROLE_HELPER] = "helper",
					    [HD_ROLE_FORGE] = "forge"};
	char name[16]; /* the most that the kernel keeps */
	snprintf(name, sizeof name, "%s-%u", roles[thread->row->role],
		 (unsigned)thread->row->number % 1000);
	pthread_setname_np(thread->handle, name);
}

/* All threads but control's, which is the caller's. */
static uint32_t
begin_each(struct hd_runtime *runtime)
{
	static void *(*const mains[])(void *) = {[HD_ROLE_SHARD] = shard_main,
						 [HD_ROLE_REDUCER] = reducer_main,
						 [HD_ROLE_HELPER] = helper_main,
						 [HD_ROLE_FORGE] = smith_main};
	const struct hd_topology *topology = &runtime->parts.topology;
	uint32_t count = 0;
	for (uint32_t i = 0; i < topology->rows_count; i++) {
		const struct hd_topology_row *row = &topology->rows[i];
		if (row->role == HD_ROLE_CONTROL)
			continue;
		struct thread *thread = &runtime->threads[count++];
		*thread = (struct thread){.runtime = runtime, .row = row, .number = i};
		int error = pthread_create(&thread->handle, NULL, mains[row->role], thread);
		HD_ASSERT(error == 0);
		name_thread(thread);
	}
	return count;
}

static void
begin_threads(struct hd_runtime *runtime)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before); /* the threads inherit it */
	pthread_barrier_init(&runtime->ended, NULL, runtime->parts.topology.rows_count);
	uint32_t count = begin_each(runtime);
	HD_ASSERT(count + 1 == runtime->parts.topology.rows_count);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	await_threads(runtime, &runtime->begun_count);
}

static void
free_runtime(struct hd_runtime *runtime)
{
	hd_parts_free(&runtime->parts);
	hd_data_dir_close(&runtime->dir);
	free(runtime);
}

static void
end_threads(struct hd_runtime *runtime)
{
	struct hd_io *io = runtime->parts.control->io;
	await_threads(runtime, &runtime->ended_count);
	hd_control_leave(runtime->parts.control);
	pthread_barrier_wait(&runtime->ended);
	for (uint32_t i = 0; i + 1 < runtime->parts.topology.rows_count; i++)
		pthread_join(runtime->threads[i].handle, NULL);
	pthread_barrier_destroy(&runtime->ended);
	hd_parts_drop_io(&runtime->parts, io);
}

/* Some thread could not begin, or need not: the others end, and the first one's line is given. */
static int
abandon(struct hd_runtime *runtime, char *message, uint32_t room)
{
	bool stopped = is_stopping(runtime);
	int code = stopped ? 0 : atomic_load(&runtime->begun_code);
	const char *line = "";
	if (!stopped && runtime->begun_shard < runtime->parts.topology.shards)
		line = runtime->parts.reports[runtime->begun_shard].message;
	snprintf(message, room, "%s", line);
	hd_control_finish(runtime->parts.control);
	end_threads(runtime);
	return code;
}

/* Returns an exit code; `*begun` where it is to be run. */
static int
begin(struct hd_runtime *runtime, char *message, uint32_t room, bool *begun)
{
	uint8_t random[32];
	struct hd_runtime_config *config = &runtime->parts.config;
	HD_ASSERT(runtime->parts.hooks.io_create && runtime->parts.hooks.edge &&
		  runtime->parts.hooks.random);
	if (config->shards > HD_SHARDS_MAX) {
		snprintf(message, room, "--shards takes 1 to %u", HD_SHARDS_MAX);
		return HD_EXIT_CONFIG;
	}
	if (!hd_topology_plan(&runtime->parts.topology, config->shards)) {
		snprintf(message, room, "the affinity mask holds no cpu");
		return HD_EXIT_CONFIG;
	}
	runtime->parts.hooks.random(runtime->parts.hooks.context, random);
	int code = (int)hd_data_dir_open(&runtime->dir, config->data, config->shards,
					 runtime->parts.topology.shards, random, message, room);
	if (code != 0)
		return code;
	bool planned = hd_topology_plan(&runtime->parts.topology, runtime->dir.shards);
	HD_ASSERT(planned);
	if (config->memory_bytes == 0)
		config->memory_bytes = budget_of_machine(runtime->dir.shards);
	hd_parts_make(&runtime->parts);
	pin(runtime->parts.topology.rows[runtime->parts.control->number].cpu);
	if (!hd_parts_open_control(&runtime->parts))
		return HD_EXIT_FAILED;
	begin_threads(runtime);
	if (runtime->begun_code != 0 || is_stopping(runtime))
		return abandon(runtime, message, room);
	hd_control_start(runtime->parts.control);
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
	size_t size = (sizeof(struct hd_runtime) + 63) & ~(size_t)63;
	struct hd_runtime *runtime = aligned_alloc(64, size);
	HD_ASSERT(runtime != NULL);
	memset(runtime, 0, size);
	message[0] = '\0';
	runtime->parts.config = *config;
	runtime->parts.hooks = *hooks;
	if (runtime->parts.hooks.wall_clock == NULL)
		runtime->parts.hooks.wall_clock = wall_clock;
	runtime->dir.lock = -1;
	bool begun = false;
	*exit_code = begin(runtime, message, room, &begun);
	if (begun)
		return runtime;
	free_runtime(runtime);
	return NULL;
}

int
hd_runtime_run(struct hd_runtime *runtime)
{
	HD_ASSERT(runtime != NULL);
	while (hd_control_pass(runtime->parts.control,
			       atomic_load(&runtime->stop) || is_stopping(runtime)))
		;
	end_threads(runtime);
	if (runtime->parts.control->exit_code != 0)
		set_exit(runtime, runtime->parts.control->exit_code);
	int code = atomic_load(&runtime->exit_code);
	free_runtime(runtime);
	return code;
}

void
hd_runtime_stop(struct hd_runtime *runtime)
{
	atomic_store(&runtime->stop, true);
	hd_mesh_wake(runtime->parts.mesh, runtime->parts.control->number);
}

bool
hd_runtime_accept_clock(struct hd_runtime *runtime)
{
	HD_ASSERT(runtime != NULL && runtime->parts.control != NULL);
	if (!hd_clock_far(atomic_load(&runtime->parts.time.difference)))
		return false;
	atomic_store(&runtime->parts.time.accept, true);
	hd_mesh_wake(runtime->parts.mesh, runtime->parts.control->number);
	return true;
}

uint32_t
hd_runtime_shards(const struct hd_runtime *runtime)
{
	return runtime->parts.topology.shards;
}

struct hd_metrics *
hd_runtime_metrics(const struct hd_runtime *runtime, uint32_t shard)
{
	HD_ASSERT(shard < runtime->parts.topology.shards);
	return &runtime->parts.page->shard[shard].metrics;
}
