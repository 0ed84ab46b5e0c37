/* hunt-load - plays a hunt at a rate fixed in advance. Workers send and count; this thread waits
 * for signals, shows how far it is, and tells what came out. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "huntd/error.h"
#include "perf/load/report.h"
#include "perf/load/worker.h"

#define GRACE_NS 10000000u  /* so that all threads stand at the start in time */
#define TELL_NS  250000000u /* between two progress lines */

struct load {
	struct hd_load_plan plan;
	struct hd_load_target target;
	struct hd_load_scene scene;
	struct hd_load_shared shared;
	struct hd_load_worker *workers; /* plan.threads */
	uint64_t start;
	sigset_t signals;
};

static bool
open_workers(struct load *load, char *fault)
{
	uint32_t run = 0;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	HD_ASSERT(getrandom(&run, sizeof run, 0) == sizeof run);
	load->workers = calloc(load->plan.threads, sizeof *load->workers);
	HD_ASSERT(load->workers);
	for (uint32_t i = 0; i < load->plan.threads; i++) {
		struct hd_load_worker *worker = &load->workers[i];
		worker->plan = &load->plan;
		worker->shared = &load->shared;
		hd_load_author_open(&worker->author, &load->plan, &load->scene, i, run);
		if (!hd_load_worker_open(worker, i, &load->target, fault))
			return false;
	}
	return true;
}

/* Ends the sending at a signal; returns when the last worker has said that it is done. */
static bool
watch(struct load *load)
{
	bool stopped = false, shown = isatty(STDERR_FILENO);
	uint64_t before = 0, since = load->start;
	struct timespec nap = {.tv_nsec = TELL_NS};
	for (;;) {
		int number = sigtimedwait(&load->signals, NULL, &nap);
		if (number == SIGUSR1 && atomic_load(&load->shared.running) == 0)
			break;
		if (number == SIGINT || number == SIGTERM)
			atomic_store(&load->shared.stop, stopped = true);
		uint64_t now = hd_load_clock(), answered = atomic_load(&load->shared.answered);
		if (!shown || now < since + TELL_NS)
			continue;
		uint64_t rate =
			(uint64_t)((double)(answered - before) * 1e9 / (double)(now - since));
		hd_load_report_progress(stderr, &load->plan, now - load->start, answered, rate,
					atomic_load(&load->shared.errors));
		before = answered;
		since = now;
	}
	if (shown)
		hd_load_report_progress_end(stderr);
	return stopped;
}

static bool
run_workers(struct load *load)
{
	atomic_store(&load->shared.running, load->plan.threads);
	load->start = hd_load_clock() + GRACE_NS;
	for (uint32_t i = 0; i < load->plan.threads; i++) {
		struct hd_load_worker *worker = &load->workers[i];
		worker->start = load->start;
		worker->end = load->start + load->plan.duration_ns;
		HD_ASSERT(pthread_create(&worker->thread, NULL, hd_load_worker_run, worker) == 0);
	}
	bool stopped = watch(load);
	for (uint32_t i = 0; i < load->plan.threads; i++)
		pthread_join(load->workers[i].thread, NULL);
	return stopped;
}

/* 1 where nothing was answered well or no connection is left: a script must not take it for a run.
 */
static int
report(struct load *load, bool stopped)
{
	struct hd_load_tally *sum = calloc(1, sizeof *sum);
	uint64_t end = load->start;
	HD_ASSERT(sum);
	for (uint32_t i = 0; i < load->plan.threads; i++) {
		hd_load_tally_merge(sum, &load->workers[i].tally);
		end = load->workers[i].end > end ? load->workers[i].end : end;
	}
	struct hd_load_result result = {&load->plan, sum, end - load->start, 0, stopped};
	result.whole_ns = (sum->last_reply > end ? sum->last_reply : end) - load->start;
	if (load->plan.json)
		hd_load_report_json(stdout, &result);
	else
		hd_load_report_text(stdout, &result);
	bool good = sum->lost < load->plan.connections && (hd_load_tally_completed(sum) || stopped);
	if (sum->lost == load->plan.connections)
		fprintf(stderr, "hunt-load: the server closed every connection\n");
	else if (!good)
		fprintf(stderr, "hunt-load: no command was answered without an error\n");
	free(sum);
	return good && fflush(stdout) == 0 ? HD_EXIT_OK : HD_EXIT_FAILED;
}

static void
close_all(struct load *load)
{
	for (uint32_t i = 0; load->workers && i < load->plan.threads; i++)
		hd_load_worker_close(&load->workers[i]);
	free(load->workers);
	hd_load_scene_close(&load->scene);
}

int
main(int argc, char **argv)
{
	struct load load = {0};
	char fault[HD_LOAD_FAULT_MAX];
	int code = hd_load_plan_read(&load.plan, argc, argv);
	if (code >= 0)
		return code;
	code = HD_EXIT_FAILED;
	if (hd_load_resolve(&load.target, load.plan.host, load.plan.port, fault) &&
	    hd_load_scene_open(&load.scene, &load.plan, &load.target, fault) &&
	    open_workers(&load, fault)) {
		sigemptyset(&load.signals);
		sigaddset(&load.signals, SIGINT);
		sigaddset(&load.signals, SIGTERM);
		sigaddset(&load.signals, SIGUSR1);
		pthread_sigmask(SIG_BLOCK, &load.signals, NULL);
		bool stopped = run_workers(&load);
		code = report(&load, stopped);
	} else {
		fprintf(stderr, "hunt-load: %s\n", fault);
	}
	close_all(&load);
	return code;
}
