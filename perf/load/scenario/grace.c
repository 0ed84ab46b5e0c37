#include "perf/load/scenario/grace.h"

#include <string.h>

#define GOODPUT_LEAST 0.7 /* of the capacity */
#define GOODPUT_MOST  1.1 /* of the capacity: who does more had not been measured at its limit */
#define BOUND_LEAST   1e9 /* ns; see below */
#define BOUND_TIMES   2

struct grace {
	double goodput, of_capacity; /* a second; share */
	uint64_t busy, held_back;    /* refused; due and never sent: huntd did not read on */
	double busy_share, held_share;
	uint64_t accepted_ns, bound_ns; /* p99 from the real send; what it may be */
	bool overloaded;                /* else nothing was tried, and the rest says nothing */
	bool keeps_on, answers, bounded, recovered;
	uint64_t recovered_ns;
};

static uint64_t
count_busy(const struct hd_load_tally *tally)
{
	for (uint32_t i = 0; i < tally->errors_count; i++) {
		if (strcmp(tally->errors[i].prefix, "BUSY") == 0)
			return tally->errors[i].count;
	}
	return 0;
}

/* All that may be in flight takes in-flight / capacity (Little); an accepted command that waits
 * much longer was overtaken, forgotten, or served by who does less than it can. */
static uint64_t
bound(const struct hd_load_plan *plan, double capacity)
{
	double in_flight = (double)plan->connections * plan->pipeline;
	double ns = capacity > 0 ? BOUND_TIMES * in_flight * 1e9 / capacity : 0;
	return (uint64_t)(ns > BOUND_LEAST ? ns : BOUND_LEAST);
}

static struct grace
judge(const struct hd_load_crew *crew, const struct hd_load_result *result, double capacity)
{
	const struct hd_load_tally *tally = result->tally;
	uint64_t completed = hd_load_tally_completed(tally);
	double offered = (double)(tally->sent + tally->unsent);
	struct grace grace = {
		.goodput = hd_load_report_achieved(result),
		.busy = count_busy(tally),
		.held_back = tally->unsent,
		.accepted_ns = hd_histogram_quantile(&tally->real_ns, 990),
	};
	grace.of_capacity = capacity > 0 ? grace.goodput / capacity : 0;
	grace.busy_share = offered > 0 ? (double)grace.busy / offered : 0;
	grace.held_share = offered > 0 ? (double)grace.held_back / offered : 0;
	grace.overloaded = grace.busy + grace.held_back && grace.of_capacity <= GOODPUT_MOST;
	grace.keeps_on = grace.of_capacity >= GOODPUT_LEAST;
	grace.answers = tally->sent == completed + hd_load_tally_errors(tally) && !tally->lost;
	grace.bound_ns = bound(result->plan, capacity);
	grace.bounded = completed && grace.accepted_ns <= grace.bound_ns;
	grace.recovered = hd_load_pulse_recovered(crew, &grace.recovered_ns);
	return grace;
}

static bool
is_graceful(const struct grace *grace)
{
	return grace->keeps_on && grace->answers && grace->bounded && grace->recovered;
}

static const char *
mark(bool good)
{
	return good ? "yes" : "NO ";
}

void
hd_load_grace_text(FILE *to, const struct hd_load_crew *crew, const struct hd_load_result *result,
		   double capacity)
{
	struct grace grace = judge(crew, result, capacity);
	char a[32], b[32];
	fprintf(to,
		"overload: %.2g times the capacity of %s/s; refused with -BUSY %.1f %%, held back "
		"(not "
		"read) %.1f %%\n",
		result->plan->times, hd_load_grouped((uint64_t)capacity, a), grace.busy_share * 100,
		grace.held_share * 100);
	fprintf(to, "  %s goodput %s/s is %.0f %% of the capacity (70 at least)\n",
		mark(grace.keeps_on), hd_load_grouped((uint64_t)grace.goodput, b),
		grace.of_capacity * 100);
	fprintf(to, "  %s everything that was sent was answered\n", mark(grace.answers));
	fprintf(to,
		"  %s accepted commands took %.1f ms at p99 from their real send (%.0f at most)\n",
		mark(grace.bounded), (double)grace.accepted_ns / 1e6, (double)grace.bound_ns / 1e6);
	if (grace.recovered)
		fprintf(to, "  yes well again %.1f ms after the load's end\n",
			(double)grace.recovered_ns / 1e6);
	else
		fprintf(to, "  NO  not well again in time\n");
	if (grace.overloaded)
		fprintf(to, "  degraded %s\n",
			is_graceful(&grace) ? "gracefully" : "NOT gracefully");
	else
		fprintf(to,
			"  not overloaded: capacity misjudged (%s); try a longer capacity phase, a "
			"quieter machine, or more times\n",
			grace.busy + grace.held_back ? "goodput is over 110 % of it"
						     : "nothing was refused and nothing held back");
}

json_t *
hd_load_grace_json(const struct hd_load_crew *crew, const struct hd_load_result *result,
		   double capacity)
{
	struct grace grace = judge(crew, result, capacity);
	json_t *object = json_object();
	json_object_set_new(object, "capacity_per_s", json_real(capacity));
	json_object_set_new(object, "times", json_real(result->plan->times));
	json_object_set_new(object, "goodput_per_s", json_real(grace.goodput));
	json_object_set_new(object, "goodput_of_capacity", json_real(grace.of_capacity));
	hd_load_report_count(object, "busy", grace.busy);
	json_object_set_new(object, "busy_share", json_real(grace.busy_share));
	hd_load_report_count(object, "held_back", grace.held_back);
	json_object_set_new(object, "held_back_share", json_real(grace.held_share));
	json_object_set_new(object, "accepted_p99_us", json_real((double)grace.accepted_ns / 1e3));
	json_object_set_new(object, "accepted_bound_us", json_real((double)grace.bound_ns / 1e3));
	json_object_set_new(object, "all_answered", json_boolean(grace.answers));
	json_object_set_new(object, "recovered", json_boolean(grace.recovered));
	json_object_set_new(object, "recovered_after_ms",
			    grace.recovered ? json_real((double)grace.recovered_ns / 1e6)
					    : json_null());
	json_object_set_new(object, "overloaded", json_boolean(grace.overloaded));
	json_object_set_new(object, "graceful",
			    grace.overloaded ? json_boolean(is_graceful(&grace)) : json_null());
	return object;
}
