#include "perf/load/scenario/stage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "huntd/error.h"
#include "perf/load/crew.h"
#include "perf/load/scenario/grace.h"
#include "perf/load/scenario/scenario.h"

#define LISTEN_NS    500000000u
#define OTHERS_PER_S 20 /* more than who looks on: a scrape, a health check */

struct stage {
	const struct hd_load_plan *line;
	struct hd_load_scenario scenario;
	struct hd_load_target target;
	const char *hunts[HD_LOAD_PUTS_MAX]; /* that are played */
	uint32_t hunts_count;
	char durability[32];
	double capacity; /* a second; 0: not found yet */
	uint32_t run;
	uint64_t first; /* entrant */
	sigset_t signals;
	json_t *phases; /* own */
	char fault[HD_LOAD_FAULT_MAX];
};

static bool
is_stopped(void)
{
	sigset_t pending;
	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM));
}

/* Before the first phase. */

/* What stands behind `field:` in INFO; empty: it does not say. */
static bool
ask_field(struct stage *stage, int fd, const char *field, char value[32], uint8_t **memory)
{
	struct hd_load_reply reply;
	if (!hd_load_ask(fd, "INFO", NULL, &reply, memory, stage->fault))
		return false;
	struct hd_bytes info = reply.bulk;
	const char *at = info.size ? memmem(info.at, info.size, field, strlen(field)) : NULL;
	*value = 0;
	if (at)
		snprintf(value, 32, "%.*s", (int)strcspn(at + strlen(field), "\r\n"),
			 at + strlen(field));
	return true;
}

static bool
ask_commands(struct stage *stage, int fd, uint64_t *commands, uint8_t **memory)
{
	char value[32];
	if (!ask_field(stage, fd, "total_commands_processed:", value, memory))
		return false;
	*commands = strtoull(value, NULL, 10);
	return true;
}

/* A server that others use would be slow for them: not without --force. */
static bool
is_ours(struct stage *stage, int fd, uint8_t **memory)
{
	uint64_t before, after;
	if (stage->line->force)
		return true;
	if (!ask_commands(stage, fd, &before, memory))
		return false;
	hd_load_sleep_until(hd_load_clock() + LISTEN_NS);
	if (!ask_commands(stage, fd, &after, memory))
		return false;
	uint64_t others = after > before + 1 ? after - before - 1 : 0; /* one was ours */
	double per_s = (double)others * 1e9 / LISTEN_NS;
	if (per_s > OTHERS_PER_S)
		snprintf(stage->fault, sizeof stage->fault,
			 "others are busy on %s:%s (%.0f commands/s) and would wait for this load; "
			 "start a huntd of its own (--data DIR --resp ADDRESS:PORT --http off) and "
			 "give --port, or --force",
			 stage->line->host, stage->line->port, per_s);
	return per_s <= OTHERS_PER_S;
}

/* Puts the document where the hunt is not there. Where it is, but otherwise, only with --force. */
static bool
put(struct stage *stage, const struct hd_load_put *put, int fd, uint8_t **memory)
{
	struct hd_load_reply reply;
	if (!hd_load_ask(fd, "VELTRIX.GET", put->hunt, &reply, memory, stage->fault))
		return false;
	if (hd_bytes_equal(reply.bulk, hd_bytes_str(put->text)))
		return true;
	if (reply.bulk.size && !stage->line->force) {
		snprintf(stage->fault, sizeof stage->fault,
			 "hunt `%s` is there with another document than the scenario's; --force "
			 "puts it all the same, --hunt ID plays another hunt",
			 put->hunt);
		return false;
	}
	struct hd_bytes words[] = {HD_BYTES("VELTRIX.PUT"), hd_bytes_str(put->hunt),
				   hd_bytes_str(put->text)};
	if (!hd_load_ask_words(fd, words, 3, &reply, memory, stage->fault))
		return false;
	if (reply.mark == '-')
		snprintf(stage->fault, sizeof stage->fault, "VELTRIX.PUT %s: %.*s", put->hunt,
			 (int)reply.text.size, (const char *)reply.text.at);
	return reply.mark != '-';
}

static bool
prepare(struct stage *stage)
{
	const struct hd_load_scenario *scenario = &stage->scenario;
	uint8_t *memory = NULL;
	int fd = hd_load_dial(&stage->target, stage->fault);
	bool good = fd >= 0 && is_ours(stage, fd, &memory) &&
		    ask_field(stage, fd, "durability:", stage->durability, &memory);
	uint32_t puts = stage->line->hunt ? 0 : scenario->puts_count;
	for (uint32_t i = 0; good && i < puts; i++) {
		good = put(stage, &scenario->puts[i], fd, &memory);
		stage->hunts[stage->hunts_count++] = scenario->puts[i].hunt;
	}
	if (stage->line->hunt)
		stage->hunts[stage->hunts_count++] = stage->line->hunt;
	free(memory);
	if (fd >= 0)
		close(fd);
	return good;
}

/* What it will do. */

static double
seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static void
tell_phase(FILE *to, const struct hd_load_phase *phase, uint32_t number)
{
	const struct hd_load_plan *plan = &phase->plan;
	char a[32], b[32];
	fprintf(to, "  %u. %s: %s\n     %s entrants, %u connections x %u", number, phase->name,
		phase->kind->help, hd_load_grouped(plan->entrants, a), plan->connections,
		plan->pipeline);
	if (phase->kind->multiplies)
		fprintf(to, ", %.3g times the capacity", plan->times);
	else if (plan->rate > 0)
		fprintf(to, ", %s/s", hd_load_grouped((uint64_t)(plan->rate + 0.5), b));
	else if (!plan->silent)
		fprintf(to, ", as fast as it goes");
	if (plan->asides & HD_LOAD_STORM)
		fprintf(to, ", %u waves, %.3g s between", plan->waves, seconds(plan->pause_ns));
	else if (plan->duration_ns)
		fprintf(to, ", %.3g s", seconds(plan->duration_ns));
	else
		fprintf(to, ", %.3g s at most", seconds(plan->patience_ns));
	if (plan->asides & HD_LOAD_WATCHERS)
		fprintf(to, ", %u watchers", plan->watchers);
	fputc('\n', to);
}

/* Without what ends by itself. */
static double
whole_seconds(const struct hd_load_scenario *scenario)
{
	double sum = 0;
	for (uint32_t i = 0; i < scenario->phases_count; i++) {
		const struct hd_load_plan *plan = &scenario->phases[i].plan;
		sum += plan->asides & HD_LOAD_STORM ? seconds(plan->pause_ns) * (plan->waves - 1)
						    : seconds(plan->duration_ns);
	}
	return sum;
}

static void
tell_plan(const struct stage *stage, FILE *to)
{
	const struct hd_load_scenario *scenario = &stage->scenario;
	fprintf(to, "%s\n%s on %s:%s, durability %s, hunt", scenario->title ? scenario->title : "",
		scenario->path, stage->line->host, stage->line->port,
		*stage->durability ? stage->durability : "unknown");
	for (uint32_t i = 0; i < stage->hunts_count; i++)
		fprintf(to, " %s", stage->hunts[i]);
	fprintf(to, "\n%u phases, about %.3g s and what ends by itself:\n", scenario->phases_count,
		whole_seconds(scenario));
	for (uint32_t i = 0; i < scenario->phases_count; i++)
		tell_phase(to, &scenario->phases[i], i + 1);
	fflush(to);
}

/* A phase. */

static bool
replies_are_durable(const struct stage *stage)
{
	return strcmp(stage->durability, "batch") == 0;
}

/* In `batch` a reply leaves after the flush: accepted and durable are one moment for who asks. */
static void
text_accepted(const struct stage *stage, FILE *to, const struct hd_load_result *result)
{
	const struct hd_histogram *latency = &result->tally->verbs[HD_LOAD_SUBMIT].latency_ns;
	hd_load_report_row(to, "accepted", latency);
	if (replies_are_durable(stage))
		hd_load_report_row(to, "durable", latency);
}

static void
text_phase(const struct stage *stage, const struct hd_load_phase *phase,
	   const struct hd_load_crew *crew, const struct hd_load_result *result)
{
	FILE *to = stdout;
	fprintf(to, "\n== %s: %s\n", phase->name, phase->kind->help);
	hd_load_report_table(to, result);
	if (phase->plan.asides & HD_LOAD_VISIBLE)
		text_accepted(stage, to, result);
	for (uint32_t i = 0; i < crew->asides_count; i++)
		crew->asides[i].kind->text(&crew->asides[i], to);
	if (phase->plan.asides & HD_LOAD_VISIBLE)
		fprintf(to, "a reply means: %s (durability %s)\n",
			replies_are_durable(stage) ? "durable, it leaves after the flush"
						   : "accepted; it does not wait for the flush",
			stage->durability);
	if (phase->kind->multiplies)
		hd_load_grace_text(to, crew, result, stage->capacity);
	hd_load_report_rest(to, result);
	fflush(to);
}

static void
json_phase(const struct stage *stage, const struct hd_load_phase *phase,
	   const struct hd_load_crew *crew, const struct hd_load_result *result)
{
	json_t *object = hd_load_report_object(result);
	json_object_set_new(object, "phase", json_string(phase->name));
	json_object_set_new(object, "kind", json_string(phase->kind->name));
	for (uint32_t i = 0; i < crew->asides_count; i++)
		json_object_set_new(object, crew->asides[i].kind->name,
				    crew->asides[i].kind->json(&crew->asides[i]));
	if (phase->plan.asides & HD_LOAD_VISIBLE) {
		const struct hd_histogram *latency =
			&result->tally->verbs[HD_LOAD_SUBMIT].latency_ns;
		json_object_set_new(object, "accepted_us", hd_load_report_latency(latency));
		json_object_set_new(object, "durable_us",
				    replies_are_durable(stage) ? hd_load_report_latency(latency)
							       : json_null());
	}
	if (phase->kind->multiplies)
		json_object_set_new(object, "overload",
				    hd_load_grace_json(crew, result, stage->capacity));
	json_array_append_new(stage->phases, object);
}

static int
report_phase(struct stage *stage, const struct hd_load_phase *phase,
	     const struct hd_load_crew *crew, bool stopped)
{
	struct hd_load_tally *sum = calloc(1, sizeof *sum);
	HD_ASSERT(sum);
	struct hd_load_result result = hd_load_crew_result(crew, stopped, sum);
	if (phase->kind->finds)
		stage->capacity = hd_load_report_achieved(&result);
	if (stage->line->json)
		json_phase(stage, phase, crew, &result);
	else
		text_phase(stage, phase, crew, &result);
	int code = hd_load_crew_verdict(&result);
	free(sum);
	return code;
}

/* Exit code; `stopped` by a signal. */
static int
play_phase(struct stage *stage, struct hd_load_phase *phase, bool *stopped)
{
	struct hd_load_crew *crew = calloc(1, sizeof *crew);
	int code = HD_EXIT_FAILED;
	HD_ASSERT(crew);
	phase->plan.first = stage->first;
	phase->plan.hunt = stage->hunts[0];
	if (phase->kind->multiplies)
		phase->plan.rate = phase->plan.times * stage->capacity;
	if (hd_load_crew_open(crew, &phase->plan, &stage->target, stage->hunts, stage->hunts_count,
			      stage->run, stage->fault)) {
		*stopped = hd_load_crew_run(crew, &stage->signals);
		code = report_phase(stage, phase, crew, *stopped);
	} else if ((*stopped = is_stopped()) == false) {
		fprintf(stderr, "hunt-load: phase %s: %s\n", phase->name, stage->fault);
	}
	hd_load_crew_close(crew);
	free(crew);
	return code;
}

/* The whole. */

static void
print_json(struct stage *stage, bool stopped)
{
	json_t *object = json_object();
	const struct hd_load_scenario *scenario = &stage->scenario;
	json_object_set_new(object, "scenario", json_string(scenario->path));
	json_object_set_new(object, "title",
			    scenario->title ? json_string(scenario->title) : json_null());
	json_object_set_new(object, "durability", json_string(stage->durability));
	json_object_set_new(object, "stopped", json_boolean(stopped));
	json_object_set(object, "phases", stage->phases);
	json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	fputc('\n', stdout);
	json_decref(object);
}

/* Entrants that no other run has, so that everybody's answer is a first one. */
static uint64_t
first_entrant(const struct stage *stage)
{
	uint64_t dice = stage->run, room = HD_LOAD_ENTRANTS_MAX, entrants = 1;
	for (uint32_t i = 0; i < stage->scenario.phases_count; i++) {
		const struct hd_load_plan *plan = &stage->scenario.phases[i].plan;
		entrants = plan->entrants > entrants ? plan->entrants : entrants;
	}
	return hd_load_below(&dice, room - entrants + 1);
}

static int
play(struct stage *stage)
{
	bool stopped = false;
	int code = HD_EXIT_OK;
	stage->run = hd_load_run_number();
	stage->first = first_entrant(stage);
	hd_load_signals(&stage->signals);
	if (!prepare(stage)) {
		fprintf(stderr, "hunt-load: %s\n", stage->fault);
		return HD_EXIT_FAILED;
	}
	stage->phases = json_array();
	if (!stage->line->json)
		tell_plan(stage, stdout);
	for (uint32_t i = 0; i < stage->scenario.phases_count && code == HD_EXIT_OK && !stopped;
	     i++)
		code = play_phase(stage, &stage->scenario.phases[i], &stopped);
	if (stage->line->json)
		print_json(stage, stopped);
	json_decref(stage->phases);
	return fflush(stdout) == 0 && (code == HD_EXIT_OK || stopped) ? HD_EXIT_OK : code;
}

int
hd_load_stage_play(const struct hd_load_plan *plan)
{
	struct stage *stage = calloc(1, sizeof *stage);
	HD_ASSERT(stage);
	stage->line = plan;
	int code = hd_load_scenario_read(&stage->scenario, plan);
	if (code < 0 && hd_load_resolve(&stage->target, plan->host, plan->port, stage->fault)) {
		code = play(stage);
	} else if (code < 0) {
		fprintf(stderr, "hunt-load: %s\n", stage->fault);
		code = HD_EXIT_FAILED;
	}
	hd_load_scenario_free(&stage->scenario);
	free(stage);
	return code;
}
