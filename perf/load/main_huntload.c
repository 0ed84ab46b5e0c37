/* hunt-load - plays a hunt at a rate fixed in advance, or a scenario of several phases. Workers
 * send and count; this thread waits for signals, shows how far it is, and tells what came out. */
#include <stdlib.h>

#include "huntd/assert.h"
#include "huntd/error.h"
#include "perf/load/crew.h"
#include "perf/load/scenario/stage.h"

static int
report(const struct hd_load_crew *crew, bool stopped)
{
	struct hd_load_tally *sum = calloc(1, sizeof *sum);
	HD_ASSERT(sum);
	struct hd_load_result result = hd_load_crew_result(crew, stopped, sum);
	if (crew->plan->json)
		hd_load_report_json(stdout, &result);
	else
		hd_load_report_text(stdout, &result);
	int code = hd_load_crew_verdict(&result);
	free(sum);
	return fflush(stdout) == 0 ? code : HD_EXIT_FAILED;
}

/* One run, as the options say it. */
static int
play(const struct hd_load_plan *plan, const struct hd_load_target *target)
{
	struct hd_load_crew *crew = calloc(1, sizeof *crew);
	char fault[HD_LOAD_FAULT_MAX];
	sigset_t signals;
	int code = HD_EXIT_FAILED;
	HD_ASSERT(crew);
	if (hd_load_crew_open(crew, plan, target, &plan->hunt, 1, hd_load_run_number(), fault)) {
		hd_load_signals(&signals);
		code = report(crew, hd_load_crew_run(crew, &signals));
	} else {
		fprintf(stderr, "hunt-load: %s\n", fault);
	}
	hd_load_crew_close(crew);
	free(crew);
	return code;
}

int
main(int argc, char **argv)
{
	struct hd_load_plan plan;
	struct hd_load_target target = {0};
	char fault[HD_LOAD_FAULT_MAX];
	int code = hd_load_plan_read(&plan, argc, argv);
	if (code >= 0)
		return code;
	if (plan.scenario)
		return hd_load_stage_play(&plan);
	if (hd_load_resolve(&target, plan.host, plan.port, fault))
		return play(&plan, &target);
	fprintf(stderr, "hunt-load: %s\n", fault);
	return HD_EXIT_FAILED;
}
