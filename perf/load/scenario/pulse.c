/* How soon is all well again after an overload? A patient of our own, feeling the pulse: every 10
 * ms, from the start of the load on, one of a few entrants joins the hunt again (a write by its
 * way, nothing new by its effect; its reply waits for the log). It is due when it is due, as
 * everything here. The server has recovered with the first of ten replies in a row, to questions
 * that were due after the load's end, that are no errors and took no longer than `calm`. */
#include <stdlib.h>

#include "huntd/assert.h"
#include "perf/load/crew.h"
#include "perf/load/scenario/line.h"

#define EVERY_NS 10000000u
#define OPEN_MAX 1024u /* unanswered at a time; huntd reads no further either */
#define IN_A_ROW 10u
#define PATIENTS 16u /* on all shards, most likely */

struct pulse {
	struct hd_load_line line;
	uint64_t asked, answered; /* numbers of the next */
	uint32_t in_a_row;
	uint64_t first_good; /* clock: the first reply of the row */
	bool recovered;
	uint64_t errors_during, errors_after;
	struct hd_histogram during_ns, after_ns; /* of the good replies */
};

static bool
open_pulse(struct hd_load_aside *aside, char *fault)
{
	struct pulse *pulse = aside->own = calloc(1, sizeof *pulse);
	HD_ASSERT(pulse);
	return hd_load_line_open(&pulse->line, aside->crew->target, fault);
}

static uint64_t
load_end(const struct hd_load_crew *crew)
{
	return crew->start + crew->plan->duration_ns;
}

static uint64_t
due_of(const struct hd_load_aside *aside, uint64_t number)
{
	return aside->crew->start + number * EVERY_NS;
}

static void
ask(struct hd_load_aside *aside)
{
	struct pulse *pulse = aside->own;
	char name[32];
	snprintf(name, sizeof name, "load:pulse:%u", (unsigned)(pulse->asked % PATIENTS));
	struct hd_bytes words[] = {HD_BYTES("HUNT.JOIN"), hd_bytes_str(name),
				   aside->crew->scenes->id};
	if (pulse->asked - pulse->answered < OPEN_MAX && hd_load_line_write(&pulse->line, words, 3))
		pulse->asked++;
}

static void
hear(struct hd_load_aside *aside, const struct hd_load_reply *reply)
{
	struct pulse *pulse = aside->own;
	uint64_t now = hd_load_clock(), due = due_of(aside, pulse->answered++);
	bool good = reply->mark != '-', after = due >= load_end(aside->crew);
	if (!good)
		(*(after ? &pulse->errors_after : &pulse->errors_during))++;
	else
		hd_histogram_add(after ? &pulse->after_ns : &pulse->during_ns, now - due);
	if (!after || pulse->recovered)
		return;
	if (!good || now - due > aside->crew->plan->calm_ns)
		pulse->in_a_row = 0;
	else if (pulse->in_a_row++ == 0)
		pulse->first_good = now;
	pulse->recovered = pulse->in_a_row == IN_A_ROW;
}

/* Also where nothing was sent for a while: the questions' numbers say when they were due. */
static void
run_pulse(struct hd_load_aside *aside)
{
	const struct hd_load_crew *crew = aside->crew;
	struct pulse *pulse = aside->own;
	uint64_t until = load_end(crew) + crew->plan->recovery_ns;
	for (;;) {
		uint64_t now = hd_load_clock(), next = due_of(aside, pulse->asked);
		bool over = pulse->recovered && !atomic_load(&crew->shared.sending);
		if (atomic_load(&crew->shared.stop) || now > until || over || pulse->line.lost)
			break;
		if (next <= now && pulse->asked - pulse->answered < OPEN_MAX) {
			ask(aside);
			continue;
		}
		struct hd_load_reply reply;
		next = next > now ? next : now + EVERY_NS;
		if (hd_load_line_read(&pulse->line, &reply, next) == HD_LOAD_GOT_REPLY)
			hear(aside, &reply);
	}
}

bool
hd_load_pulse_recovered(const struct hd_load_crew *crew, uint64_t *after_ns)
{
	for (uint32_t i = 0; i < crew->asides_count; i++) {
		const struct pulse *pulse = crew->asides[i].own;
		if (crew->asides[i].kind != &hd_load_pulse || !pulse->recovered)
			continue;
		*after_ns = pulse->first_good - load_end(crew);
		return true;
	}
	return false;
}

static void
text_pulse(const struct hd_load_aside *aside, FILE *to)
{
	const struct pulse *pulse = aside->own;
	char a[32];
	hd_load_report_row(to, "pulse", &pulse->during_ns);
	hd_load_report_row(to, " after", &pulse->after_ns);
	if (pulse->errors_during + pulse->errors_after)
		fprintf(to, "pulse: %s errors\n",
			hd_load_grouped(pulse->errors_during + pulse->errors_after, a));
}

static json_t *
json_pulse(const struct hd_load_aside *aside)
{
	const struct pulse *pulse = aside->own;
	json_t *object = json_object();
	uint64_t after_ns = 0;
	bool recovered = hd_load_pulse_recovered(aside->crew, &after_ns);
	json_object_set_new(object, "recovered", json_boolean(recovered));
	json_object_set_new(object, "recovered_after_ms",
			    recovered ? json_real((double)after_ns / 1e6) : json_null());
	hd_load_report_count(object, "errors", pulse->errors_during + pulse->errors_after);
	json_object_set_new(object, "during_us", hd_load_report_latency(&pulse->during_ns));
	json_object_set_new(object, "after_us", hd_load_report_latency(&pulse->after_ns));
	return object;
}

static void
close_pulse(struct hd_load_aside *aside)
{
	struct pulse *pulse = aside->own;
	if (pulse)
		hd_load_line_close(&pulse->line);
	free(pulse);
}

const struct hd_load_aside_kind hd_load_pulse = {
	"pulse", open_pulse, run_pulse, text_pulse, json_pulse, close_pulse,
};
