#include "perf/load/crew.h"

#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "huntd/error.h"

#define GRACE_NS 10000000u  /* so that all threads stand at the start in time */
#define TELL_NS  250000000u /* between two progress lines */

uint32_t
hd_load_run_number(void)
{
	uint32_t run = 0;
	HD_ASSERT(getrandom(&run, sizeof run, 0) == sizeof run);
	return run;
}

void
hd_load_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static bool
open_scenes(struct hd_load_crew *crew, const char *const *hunts, uint32_t count, char *fault)
{
	struct hd_load_plan plan = *crew->plan;
	crew->scenes = calloc(count, sizeof *crew->scenes);
	HD_ASSERT(crew->scenes);
	for (uint32_t i = 0; i < count; i++) {
		plan.hunt = hunts[i];
		crew->scenes_count = i + 1;
		if (!hd_load_scene_open(&crew->scenes[i], &plan, crew->target, fault))
			return false;
	}
	return true;
}

static bool
open_workers(struct hd_load_crew *crew, char *fault)
{
	uint32_t count = crew->plan->silent ? 0 : crew->plan->threads;
	crew->workers = calloc(count + 1, sizeof *crew->workers);
	HD_ASSERT(crew->workers);
	for (uint32_t i = 0; i < count; i++) {
		struct hd_load_worker *worker = &crew->workers[i];
		crew->workers_count = i + 1;
		worker->plan = crew->plan;
		worker->shared = &crew->shared;
		hd_load_author_open(&worker->author, crew->plan, crew->scenes, crew->scenes_count,
				    i, crew->run);
		if (!hd_load_worker_open(worker, i, crew->target, fault))
			return false;
	}
	return true;
}

static bool
open_asides(struct hd_load_crew *crew, char *fault)
{
	for (uint32_t i = 0; i < HD_LOAD_ASIDES_MAX; i++) {
		const struct hd_load_aside_kind *kind = hd_load_aside_kinds[i];
		if (!(crew->plan->asides >> i & 1))
			continue;
		struct hd_load_aside *aside = &crew->asides[crew->asides_count++];
		*aside = (struct hd_load_aside){.kind = kind, .crew = crew};
		if (!kind->open(aside, fault))
			return false;
	}
	return true;
}

bool
hd_load_crew_open(struct hd_load_crew *crew, const struct hd_load_plan *plan,
		  const struct hd_load_target *target, const char *const *hunts,
		  uint32_t hunts_count, uint32_t run, char *fault)
{
	struct rlimit files;
	*crew = (struct hd_load_crew){.plan = plan, .target = target, .run = run};
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	return open_scenes(crew, hunts, hunts_count, fault) && open_workers(crew, fault) &&
	       open_asides(crew, fault);
}

/* Ends the sending at a signal; returns when the last thread has said that it is done. */
static bool
watch(struct hd_load_crew *crew, const sigset_t *signals)
{
	bool stopped = false, shown = isatty(STDERR_FILENO);
	uint64_t before = 0, since = crew->start;
	struct timespec nap = {.tv_nsec = TELL_NS};
	for (;;) {
		int number = sigtimedwait(signals, NULL, &nap);
		if (number == SIGUSR1 && atomic_load(&crew->shared.running) == 0)
			break;
		if (number == SIGINT || number == SIGTERM)
			atomic_store(&crew->shared.stop, stopped = true);
		uint64_t now = hd_load_clock(), answered = atomic_load(&crew->shared.answered);
		if (!shown || now < since + TELL_NS)
			continue;
		uint64_t rate =
			(uint64_t)((double)(answered - before) * 1e9 / (double)(now - since));
		hd_load_report_progress(stderr, crew->plan, now - crew->start, answered, rate,
					atomic_load(&crew->shared.errors));
		before = answered;
		since = now;
	}
	if (shown)
		hd_load_report_progress_end(stderr);
	return stopped;
}

static void *
run_aside(void *argument)
{
	struct hd_load_aside *aside = argument;
	hd_load_sleep_until(aside->crew->start);
	aside->kind->run(aside);
	hd_load_thread_ends(&aside->crew->shared);
	return NULL;
}

bool
hd_load_crew_run(struct hd_load_crew *crew, const sigset_t *signals)
{
	const struct hd_load_plan *plan = crew->plan;
	atomic_store(&crew->shared.sending, crew->workers_count);
	atomic_store(&crew->shared.running, crew->workers_count + crew->asides_count);
	crew->start = hd_load_clock() + GRACE_NS;
	for (uint32_t i = 0; i < crew->workers_count; i++) {
		struct hd_load_worker *worker = &crew->workers[i];
		worker->start = crew->start;
		worker->end =
			crew->start + plan->duration_ns + (plan->each ? plan->patience_ns : 0);
		HD_ASSERT(pthread_create(&worker->thread, NULL, hd_load_worker_run, worker) == 0);
	}
	for (uint32_t i = 0; i < crew->asides_count; i++) {
		struct hd_load_aside *aside = &crew->asides[i];
		HD_ASSERT(pthread_create(&aside->thread, NULL, run_aside, aside) == 0);
	}
	bool stopped = watch(crew, signals);
	for (uint32_t i = 0; i < crew->workers_count; i++)
		pthread_join(crew->workers[i].thread, NULL);
	for (uint32_t i = 0; i < crew->asides_count; i++)
		pthread_join(crew->asides[i].thread, NULL);
	return stopped;
}

struct hd_load_result
hd_load_crew_result(const struct hd_load_crew *crew, bool stopped, struct hd_load_tally *sum)
{
	uint64_t end = crew->start;
	for (uint32_t i = 0; i < crew->workers_count; i++) {
		hd_load_tally_merge(sum, &crew->workers[i].tally);
		end = crew->workers[i].end > end ? crew->workers[i].end : end;
	}
	for (uint32_t i = 0; i < crew->asides_count; i++) {
		const struct hd_load_aside *aside = &crew->asides[i];
		if (!aside->tally)
			continue;
		hd_load_tally_merge(sum, aside->tally);
		end = aside->end > end ? aside->end : end;
	}
	struct hd_load_result result = {crew->plan, sum, end - crew->start, 0, stopped};
	result.whole_ns = (sum->last_reply > end ? sum->last_reply : end) - crew->start;
	return result;
}

int
hd_load_crew_verdict(const struct hd_load_result *result)
{
	const struct hd_load_tally *tally = result->tally;
	bool all_lost = tally->lost == result->plan->connections;
	bool good = !all_lost && (hd_load_tally_completed(tally) || result->stopped);
	if (all_lost)
		fprintf(stderr, "hunt-load: the server closed every connection\n");
	else if (!good)
		fprintf(stderr, "hunt-load: no command was answered without an error\n");
	return good ? HD_EXIT_OK : HD_EXIT_FAILED;
}

void
hd_load_crew_close(struct hd_load_crew *crew)
{
	for (uint32_t i = 0; i < crew->workers_count; i++)
		hd_load_worker_close(&crew->workers[i]);
	for (uint32_t i = 0; i < crew->asides_count; i++)
		crew->asides[i].kind->close(&crew->asides[i]);
	for (uint32_t i = 0; i < crew->scenes_count; i++)
		hd_load_scene_close(&crew->scenes[i]);
	free(crew->workers);
	free(crew->scenes);
}
