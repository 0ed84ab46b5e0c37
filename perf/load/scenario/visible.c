/* When does the board show an answer? Of all answers of a phase in which each entrant gives one,
 * some are followed: from the moment on when the answer was meant to be sent, BOARD.RANK asks for
 * its entrant again and again, on a connection of its own, until the score is there. All that are
 * followed at a time are asked for together, so a stall delays no other one's first question.
 *
 * Meanwhile BOARD.COUNT MIN 1 counts how much of the crowd has a score. The crowd is whole when it
 * counts as many more than before the phase as answers were found correct. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "perf/load/crew.h"
#include "perf/load/report.h"
#include "perf/load/scenario/line.h"

#define OPEN_MAX 1024u
#define RANK_NS  500000u     /* between two questions after the same: as exact as it gets */
#define COUNT_NS 20000000u   /* between two counts */
#define NAP_NS   50000000u   /* the longest sleep */
#define LAST_NS  5000000000u /* after the last reply, for what is not in the board yet */

struct visible {
	struct hd_load_line line;
	struct hd_load_people people;
	uint64_t step; /* entrants from one sample to the next */
	uint32_t next, open_count, skipped;
	uint64_t freed;            /* clock: the last round's end; until then it waited for huntd */
	uint32_t open[OPEN_MAX];   /* samples that are followed */
	struct hd_histogram at_ns; /* from the intended send to the reply that shows it */
	struct hd_histogram round_ns;
	uint64_t before, counted, counted_at; /* in the board: before; now, and since when */
	uint64_t correct, rank_due, count_due;
	int schedstat; /* of our thread; -1: the kernel keeps none */
	uint64_t starved_ns;
	bool count_asked;
};

/* Digits, or 0. */
static uint64_t
number_of(struct hd_bytes text)
{
	uint64_t number = 0;
	for (uint32_t i = 0; i < text.size && text.at[i] >= '0' && text.at[i] <= '9'; i++)
		number = number * 10 + (uint64_t)(text.at[i] - '0');
	return number;
}

static void
write_count(struct hd_load_aside *aside)
{
	struct visible *visible = aside->own;
	struct hd_bytes words[] = {HD_BYTES("BOARD.COUNT"), aside->crew->scenes->id,
				   HD_BYTES("MIN"), HD_BYTES("1")};
	HD_ASSERT(hd_load_line_write(&visible->line, words, 4));
	visible->count_asked = true;
}

static bool
open_visible(struct hd_load_aside *aside, char *fault)
{
	const struct hd_load_plan *plan = aside->crew->plan;
	struct visible *visible = aside->own = calloc(1, sizeof *visible);
	HD_ASSERT(visible);
	visible->people = (struct hd_load_people){plan->entrants, plan->first, 0, plan->names};
	visible->step = plan->entrants > plan->samples ? plan->entrants / plan->samples : 1;
	if (!hd_load_line_open(&visible->line, aside->crew->target, fault))
		return false;
	struct hd_load_reply reply;
	write_count(aside);
	if (hd_load_line_wait(&visible->line, &reply, aside->crew) == HD_LOAD_GOT_REPLY)
		visible->before = visible->counted = number_of(reply.text);
	return true;
}

static uint64_t
due_of(const struct hd_load_aside *aside, uint32_t sample)
{
	const struct visible *visible = aside->own;
	return aside->crew->start + hd_load_due_ns(aside->crew->plan, sample * visible->step);
}

static uint32_t
samples_count(const struct hd_load_aside *aside)
{
	const struct hd_load_plan *plan = aside->crew->plan;
	return plan->samples < plan->entrants ? plan->samples : (uint32_t)plan->entrants;
}

/* How late we are to follow what is due, but for the time that we waited for a reply. */
static void
note_late(struct hd_load_aside *aside, uint64_t due, uint64_t now)
{
	const struct visible *visible = aside->own;
	uint64_t since = due > visible->freed ? due : visible->freed;
	hd_histogram_add(&aside->late_ns, now > since ? now - since : 0);
}

/* Opens the samples that are due. Returns when the next one is. */
static uint64_t
open_due(struct hd_load_aside *aside, uint64_t now)
{
	struct visible *visible = aside->own;
	while (visible->next < samples_count(aside)) {
		uint64_t due = due_of(aside, visible->next);
		if (due > now)
			return due;
		note_late(aside, due, now);
		if (visible->open_count < OPEN_MAX)
			visible->open[visible->open_count++] = visible->next;
		else
			visible->skipped++;
		visible->next++;
	}
	return UINT64_MAX;
}

static void
write_ranks(struct hd_load_aside *aside)
{
	struct visible *visible = aside->own;
	for (uint32_t i = 0; i < visible->open_count; i++) {
		uint8_t room[HD_LOAD_NAME_ROOM];
		struct hd_bytes words[] = {HD_BYTES("BOARD.RANK"), aside->crew->scenes->id,
					   hd_load_people_id(&visible->people,
							     visible->open[i] * visible->step,
							     room)};
		HD_ASSERT(hd_load_line_write(&visible->line, words, 3));
	}
}

/* Reads the answers to write_ranks and closes the samples that the board shows. */
static bool
read_ranks(struct hd_load_aside *aside)
{
	struct visible *visible = aside->own;
	uint32_t asked = visible->open_count;
	visible->open_count = 0;
	for (uint32_t i = 0; i < asked; i++) {
		struct hd_load_reply reply;
		uint32_t sample = visible->open[i];
		if (hd_load_line_wait(&visible->line, &reply, aside->crew) != HD_LOAD_GOT_REPLY)
			return false;
		if (reply.mark != '*' || number_of(reply.next[0]) == 0) {
			visible->open[visible->open_count++] = sample;
			continue;
		}
		uint64_t now = hd_load_clock();
		hd_histogram_add(&visible->at_ns, now - due_of(aside, sample));
		note_late(aside, visible->line.received, now);
	}
	return true;
}

static bool
read_count(struct hd_load_aside *aside)
{
	struct visible *visible = aside->own;
	struct hd_load_reply reply;
	if (!visible->count_asked)
		return true;
	visible->count_asked = false;
	if (hd_load_line_wait(&visible->line, &reply, aside->crew) != HD_LOAD_GOT_REPLY)
		return false;
	uint64_t count = reply.mark == ':' ? number_of(reply.text) : visible->counted;
	if (count != visible->counted) {
		visible->counted = count;
		visible->counted_at = hd_load_clock();
	}
	return true;
}

/* How long this thread wanted to run and had no core, since the last call: while it waits for huntd
 * nothing else can tell that from huntd's own time. */
static uint64_t
take_starved(struct visible *visible)
{
	char text[96] = "";
	unsigned long long before = visible->starved_ns, ran, waited;
	if (visible->schedstat < 0 || pread(visible->schedstat, text, sizeof text - 1, 0) <= 0 ||
	    sscanf(text, "%llu %llu", &ran, &waited) != 2)
		return 0;
	visible->starved_ns = waited;
	return waited - before;
}

/* One question after all that is followed, and after the crowd where that is due. */
static bool
ask(struct hd_load_aside *aside, uint64_t now)
{
	struct visible *visible = aside->own;
	visible->rank_due = now + RANK_NS;
	write_ranks(aside);
	if (now >= visible->count_due) {
		write_count(aside);
		visible->count_due = now + COUNT_NS;
	}
	bool good = read_ranks(aside) && read_count(aside);
	visible->freed = hd_load_clock();
	hd_histogram_add(&aside->late_ns, take_starved(visible));
	if (good)
		hd_histogram_add(&visible->round_ns, visible->freed - now);
	return good;
}

/* Once the workers have ended: what they were told. */
static uint64_t
correct_answers(const struct hd_load_crew *crew)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < crew->workers_count; i++)
		sum += crew->workers[i].tally.verbs[HD_LOAD_SUBMIT].outcomes[HD_OUTCOME_CORRECT];
	return sum;
}

/* Is all seen that can be? */
static bool
is_over(struct hd_load_aside *aside, uint64_t now, uint64_t *ended)
{
	struct visible *visible = aside->own;
	if (atomic_load(&aside->crew->shared.sending))
		return false;
	if (!*ended) {
		*ended = now;
		visible->correct = correct_answers(aside->crew);
	}
	bool seen = visible->next == samples_count(aside) && visible->open_count == 0;
	bool whole = visible->counted - visible->before >= visible->correct;
	return (seen && whole) || now > *ended + LAST_NS;
}

/* When there is something to do again; `next`: when a sample is due. */
static uint64_t
wake_at(const struct visible *visible, uint64_t now, uint64_t next)
{
	uint64_t wake = next < visible->count_due ? next : visible->count_due;
	if (visible->open_count && visible->rank_due < wake)
		wake = visible->rank_due;
	return wake < now + NAP_NS ? wake : now + NAP_NS;
}

static void
run_visible(struct hd_load_aside *aside)
{
	struct visible *visible = aside->own;
	uint64_t ended = 0;
	visible->schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	take_starved(visible);
	for (;;) {
		uint64_t now = hd_load_clock(), next = open_due(aside, now);
		uint64_t wake = wake_at(visible, now, next);
		if (atomic_load(&aside->crew->shared.stop) || is_over(aside, now, &ended))
			break;
		if (wake > now)
			hd_load_sleep_until(wake);
		else if (!ask(aside, now))
			break;
	}
	if (visible->schedstat >= 0)
		close(visible->schedstat);
	while (atomic_load(&aside->crew->shared.sending))
		hd_load_sleep_until(hd_load_clock() + NAP_NS);
	visible->correct = correct_answers(aside->crew);
}

static bool
is_whole(const struct visible *visible)
{
	return visible->correct && visible->counted - visible->before >= visible->correct;
}

/* Those that were not followed were due when many waited, those that were not seen waited longest:
 * without them the upper percentiles are too low. */
static bool
is_lower_bound(const struct visible *visible)
{
	return visible->at_ns.count < visible->next;
}

static void
text_bound(const struct visible *visible, FILE *to)
{
	char a[32], b[32];
	if (is_lower_bound(visible))
		fprintf(to,
			"note: %s answers were not followed (%u waited already), %s not seen in "
			"time: of visible,\n      p99 and what is above are lower bounds\n",
			hd_load_grouped(visible->skipped, a), OPEN_MAX,
			hd_load_grouped(visible->next - visible->skipped - visible->at_ns.count,
					b));
}

static uint64_t
whole_ns(const struct hd_load_aside *aside)
{
	const struct visible *visible = aside->own;
	return visible->counted_at > aside->crew->start ? visible->counted_at - aside->crew->start
							: 0;
}

static void
text_visible(const struct hd_load_aside *aside, FILE *to)
{
	const struct visible *visible = aside->own;
	char a[32], b[32];
	hd_load_report_row(to, "visible", &visible->at_ns);
	fprintf(to,
		"visible: %s of %u answers followed until BOARD.RANK showed the score, asked again "
		"every %s us\n",
		hd_load_grouped(visible->at_ns.count, a), samples_count(aside),
		hd_load_grouped(hd_histogram_quantile(&visible->round_ns, 500) / 1000, b));
	if (is_whole(visible))
		fprintf(to,
			"the board held the whole crowd (%s) %.3f s after the first answer was "
			"due\n",
			hd_load_grouped(visible->correct, a), (double)whole_ns(aside) / 1e9);
	else
		fprintf(to, "note: the board counts %s more than before, %s answers were correct\n",
			hd_load_grouped(visible->counted - visible->before, a),
			hd_load_grouped(visible->correct, b));
	text_bound(visible, to);
	hd_load_report_late(to, "who follows the answers", "more cores, or fewer samples",
			    &aside->late_ns);
}

static json_t *
json_visible(const struct hd_load_aside *aside)
{
	const struct visible *visible = aside->own;
	json_t *object = json_object(), *crowd = json_object();
	hd_load_report_count(object, "samples", samples_count(aside));
	hd_load_report_count(object, "seen", visible->at_ns.count);
	hd_load_report_count(object, "not_followed", visible->skipped);
	json_object_set_new(object, "latency_us", hd_load_report_latency(&visible->at_ns));
	json_object_set_new(object, "p99_is_lower_bound", json_boolean(is_lower_bound(visible)));
	json_object_set_new(object, "late_us", hd_load_report_late_object(&aside->late_ns));
	json_object_set_new(object, "asked_again_us", hd_load_report_latency(&visible->round_ns));
	hd_load_report_count(crowd, "correct", visible->correct);
	hd_load_report_count(crowd, "in_board", visible->counted - visible->before);
	json_object_set_new(crowd, "whole", json_boolean(is_whole(visible)));
	json_object_set_new(crowd, "whole_after_s",
			    is_whole(visible) ? json_real((double)whole_ns(aside) / 1e9)
					      : json_null());
	json_object_set_new(object, "crowd", crowd);
	return object;
}

static void
close_visible(struct hd_load_aside *aside)
{
	struct visible *visible = aside->own;
	if (visible)
		hd_load_line_close(&visible->line);
	free(visible);
}

const struct hd_load_aside_kind hd_load_visible = {
	"visible", open_visible, run_visible, text_visible, json_visible, close_visible,
};
