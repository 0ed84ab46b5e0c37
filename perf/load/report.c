#include "perf/load/report.h"

#include <jansson.h>

#define LATE_NS                                                                                    \
	1000000u /* the generator is behind when one command in a hundred left later than this */

const char *
hd_load_grouped(uint64_t number, char text[32])
{
	char plain[24];
	int size = snprintf(plain, sizeof plain, "%llu", (unsigned long long)number), at = 0;
	for (int i = 0; i < size; i++) {
		if (i && (size - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = plain[i];
	}
	text[at] = 0;
	return text;
}

static double
per_second(uint64_t count, uint64_t ns)
{
	return ns ? (double)count * 1e9 / (double)ns : 0;
}

double
hd_load_report_achieved(const struct hd_load_result *result)
{
	return per_second(hd_load_tally_completed(result->tally), result->whole_ns);
}

static uint64_t
unanswered(const struct hd_load_tally *tally)
{
	return tally->sent - hd_load_tally_completed(tally) - hd_load_tally_errors(tally);
}

/* Did commands have a time at which they were due? A wave is such a time for all of its own. */
static bool
is_timed(const struct hd_load_plan *plan)
{
	return plan->rate > 0 || plan->silent;
}

static bool
is_behind(const struct hd_histogram *late)
{
	return hd_histogram_quantile(late, 990) > LATE_NS;
}

static void
all_latencies(const struct hd_load_tally *tally, struct hd_histogram *all)
{
	*all = (struct hd_histogram){0};
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++)
		hd_histogram_merge(all, &tally->verbs[verb].latency_ns);
}

/* While it runs. */

void
hd_load_report_progress(FILE *to, const struct hd_load_plan *plan, uint64_t now_ns,
			uint64_t answered, uint64_t per_s, uint64_t errors)
{
	char a[32], b[32], c[32];
	uint64_t left = plan->duration_ns > now_ns
				? (plan->duration_ns - now_ns + 999999999u) / 1000000000u
				: 0;
	fprintf(to, "\r%12s answered  %10s/s  %s errors  %llu:%02llu left \033[K",
		hd_load_grouped(answered, a), hd_load_grouped(per_s, b), hd_load_grouped(errors, c),
		(unsigned long long)(left / 60), (unsigned long long)(left % 60));
	fflush(to);
}

void
hd_load_report_progress_end(FILE *to)
{
	fprintf(to, "\r\033[K");
	fflush(to);
}

/* For people. */

void
hd_load_report_row(FILE *to, const char *name, const struct hd_histogram *latency)
{
	static const uint32_t shares[] = {500, 900, 990, 999};
	char text[32];
	fprintf(to, "%-11s %13s", name, hd_load_grouped(latency->count, text));
	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
		fprintf(to, " %10s",
			hd_load_grouped(hd_histogram_quantile(latency, shares[i]) / 1000, text));
	fprintf(to, " %10s\n", hd_load_grouped(latency->max / 1000, text));
}

static void
print_latencies(FILE *to, const struct hd_load_result *result)
{
	struct hd_histogram all;
	all_latencies(result->tally, &all);
	fprintf(to, "\n%-10s %14s %10s %10s %10s %10s %10s\n", "latency us", "count", "p50", "p90",
		"p99", "p99.9", "max");
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++) {
		if (result->plan->weights[verb])
			hd_load_report_row(to, hd_load_verb_names[verb],
					   &result->tally->verbs[verb].latency_ns);
	}
	hd_load_report_row(to, "all", &all);
	for (uint32_t i = HD_LOAD_ALIKE + 1; i < HD_LOAD_GROUP_COUNT; i++) {
		if (result->tally->groups_ns[i].count)
			hd_load_report_row(to, hd_load_group_names[i],
					   &result->tally->groups_ns[i]);
	}
}

static void
print_outcomes(FILE *to, const struct hd_load_tally *tally)
{
	char text[32];
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++) {
		const struct hd_load_verb_tally *of = &tally->verbs[verb];
		bool begun = false;
		for (uint32_t i = 0; i <= HD_OUTCOME_COUNT; i++) {
			uint64_t count = i < HD_OUTCOME_COUNT ? of->outcomes[i] : of->nils;
			const char *name =
				i < HD_OUTCOME_COUNT ? hd_outcome_name((enum hd_outcome)i) : "nil";
			if (!count)
				continue;
			if (!begun)
				fprintf(to, "%-10s", hd_load_verb_names[verb]);
			fprintf(to, " %s %s", name, hd_load_grouped(count, text));
			begun = true;
		}
		if (begun)
			fputc('\n', to);
	}
}

static void
print_errors(FILE *to, const struct hd_load_tally *tally)
{
	char text[32];
	for (uint32_t i = 0; i < tally->errors_count; i++)
		fprintf(to, "error      %s times, first: -%s\n",
			hd_load_grouped(tally->errors[i].count, text), tally->errors[i].message);
}

void
hd_load_report_late(FILE *to, const char *who, const char *advice, const struct hd_histogram *late)
{
	char a[32], b[32];
	if (is_behind(late))
		fprintf(to,
			"note: %s fell behind: p99 %s us late, max %s us. Latencies hold this.\n"
			"      Try %s\n",
			who, hd_load_grouped(hd_histogram_quantile(late, 990) / 1000, a),
			hd_load_grouped(late->max / 1000, b), advice);
}

/* What a reader must know before believing the figures. */
static void
print_notes(FILE *to, const struct hd_load_result *result)
{
	const struct hd_load_tally *tally = result->tally;
	char a[32];
	if (result->plan->rate <= 0 && !result->plan->silent)
		fprintf(to, "note: closed loop (--rate max): times run from the real send, so a "
			    "stall of the "
			    "server\n      slows the asking down instead of showing in every "
			    "command\n");
	if (tally->unsent)
		fprintf(to,
			"note: %s commands were due and still waited at the end for a full "
			"connection; no "
			"figure\n      above holds them. The server did not keep up with the "
			"rate\n",
			hd_load_grouped(tally->unsent, a));
	hd_load_report_late(to, "the generator itself", "--threads, more cores, or a lower --rate",
			    &tally->late_ns);
	if (tally->lost)
		fprintf(to, "note: the server closed %u of %u connections\n", tally->lost,
			result->plan->connections);
	if (result->stopped)
		fprintf(to, "note: stopped by a signal before the duration was over\n");
}

void
hd_load_report_table(FILE *to, const struct hd_load_result *result)
{
	const struct hd_load_plan *plan = result->plan;
	const struct hd_load_tally *tally = result->tally;
	char a[32], b[32], c[32];
	fprintf(to, "hunt `%s` on %s:%s: %u connections, pipeline %u, %s entrants, %.3g s, %s\n",
		plan->hunt, plan->host, plan->port, plan->connections, plan->pipeline,
		hd_load_grouped(plan->entrants, a),
		(double)(plan->each ? result->whole_ns : result->asked_ns) / 1e9,
		plan->silent     ? "in waves"
		: plan->rate > 0 ? "open loop"
				 : "closed loop");
	hd_load_grouped((uint64_t)(plan->rate + 0.5), a);
	fprintf(to, "asked %s%s, achieved %s/s\n", plan->rate > 0 ? a : "as fast as it goes",
		plan->rate > 0 ? "/s" : "",
		hd_load_grouped((uint64_t)(hd_load_report_achieved(result) + 0.5), b));
	fprintf(to, "completed %s, errors %s, unanswered %s\n",
		hd_load_grouped(hd_load_tally_completed(tally), a),
		hd_load_grouped(hd_load_tally_errors(tally), b),
		hd_load_grouped(unanswered(tally), c));
	print_latencies(to, result);
}

void
hd_load_report_rest(FILE *to, const struct hd_load_result *result)
{
	fputc('\n', to);
	print_outcomes(to, result->tally);
	print_errors(to, result->tally);
	print_notes(to, result);
}

void
hd_load_report_text(FILE *to, const struct hd_load_result *result)
{
	hd_load_report_table(to, result);
	hd_load_report_rest(to, result);
}

/* For programs: the same facts, the same names. */

void
hd_load_report_count(json_t *object, const char *name, uint64_t count)
{
	json_object_set_new(object, name, json_integer((json_int_t)count));
}

json_t *
hd_load_report_latency(const struct hd_histogram *latency)
{
	json_t *object = json_object();
	double mean = latency->count ? (double)latency->sum / (double)latency->count : 0;
	static const struct {
		const char *name;
		uint32_t share;
	} rows[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p99.9", 999}, {"max", 1000}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double us = (double)hd_histogram_quantile(latency, rows[i].share) / 1000;
		json_object_set_new(object, rows[i].name, json_real(us));
	}
	json_object_set_new(object, "mean", json_real(mean / 1000));
	return object;
}

static json_t *
json_verb(const struct hd_load_verb_tally *of)
{
	json_t *object = json_object(), *outcomes = json_object();
	hd_load_report_count(object, "completed", of->latency_ns.count);
	hd_load_report_count(object, "errors", of->errors);
	for (uint32_t i = 0; i < HD_OUTCOME_COUNT; i++) {
		if (of->outcomes[i])
			hd_load_report_count(outcomes, hd_outcome_name((enum hd_outcome)i),
					     of->outcomes[i]);
	}
	if (of->nils)
		hd_load_report_count(outcomes, "nil", of->nils);
	json_object_set_new(object, "outcomes", outcomes);
	json_object_set_new(object, "latency_us", hd_load_report_latency(&of->latency_ns));
	return object;
}

static json_t *
json_errors(const struct hd_load_tally *tally)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < tally->errors_count; i++) {
		const struct hd_load_error *error = &tally->errors[i];
		json_t *row = json_object();
		json_object_set_new(row, "prefix", json_string(error->prefix));
		hd_load_report_count(row, "count", error->count);
		json_t *message = json_string(error->message); /* NULL where it is not UTF-8 */
		json_object_set_new(row, "first", message ? message : json_null());
		json_array_append_new(list, row);
	}
	return list;
}

json_t *
hd_load_report_late_object(const struct hd_histogram *late)
{
	json_t *object = hd_load_report_latency(late);
	json_object_set_new(object, "behind", json_boolean(is_behind(late)));
	return object;
}

static json_t *
json_commands(const struct hd_load_result *result)
{
	json_t *commands = json_object();
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++) {
		if (result->plan->weights[verb])
			json_object_set_new(commands, hd_load_verb_names[verb],
					    json_verb(&result->tally->verbs[verb]));
	}
	return commands;
}

static json_t *
json_groups(const struct hd_load_tally *tally)
{
	json_t *groups = json_object();
	for (uint32_t i = HD_LOAD_ALIKE + 1; i < HD_LOAD_GROUP_COUNT; i++) {
		const struct hd_histogram *latency = &tally->groups_ns[i];
		json_t *group;
		if (!latency->count)
			continue;
		group = json_object();
		hd_load_report_count(group, "completed", latency->count);
		json_object_set_new(group, "latency_us", hd_load_report_latency(latency));
		json_object_set_new(groups, hd_load_group_names[i], group);
	}
	return groups;
}

json_t *
hd_load_report_object(const struct hd_load_result *result)
{
	const struct hd_load_plan *plan = result->plan;
	const struct hd_load_tally *tally = result->tally;
	json_t *object = json_object();
	struct hd_histogram all;
	all_latencies(tally, &all);
	json_object_set_new(object, "hunt", json_string(plan->hunt));
	json_object_set_new(object, "loop", json_string(is_timed(plan) ? "open" : "closed"));
	json_object_set_new(object, "latency_from",
			    json_string(is_timed(plan) ? "intended send" : "real send"));
	json_object_set_new(object, "asked_per_s",
			    plan->rate > 0 ? json_real(plan->rate) : json_null());
	json_object_set_new(object, "achieved_per_s", json_real(hd_load_report_achieved(result)));
	json_object_set_new(object, "duration_s", json_real((double)result->asked_ns / 1e9));
	hd_load_report_count(object, "connections", plan->connections);
	hd_load_report_count(object, "pipeline", plan->pipeline);
	hd_load_report_count(object, "entrants", plan->entrants);
	hd_load_report_count(object, "sent", tally->sent);
	hd_load_report_count(object, "completed", hd_load_tally_completed(tally));
	hd_load_report_count(object, "errors", hd_load_tally_errors(tally));
	hd_load_report_count(object, "unanswered", unanswered(tally));
	hd_load_report_count(object, "never_sent", tally->unsent);
	hd_load_report_count(object, "connections_lost", tally->lost);
	json_object_set_new(object, "stopped", json_boolean(result->stopped));
	json_object_set_new(object, "latency_us", hd_load_report_latency(&all));
	json_object_set_new(object, "latency_from_real_send_us",
			    hd_load_report_latency(&tally->real_ns));
	json_object_set_new(object, "groups", json_groups(tally));
	json_object_set_new(object, "commands", json_commands(result));
	json_object_set_new(object, "errors_by_prefix", json_errors(tally));
	json_object_set_new(object, "generator_late_us",
			    hd_load_report_late_object(&tally->late_ns));
	return object;
}

void
hd_load_report_json(FILE *to, const struct hd_load_result *result)
{
	json_t *object = hd_load_report_object(result);
	json_dumpf(object, to, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	fputc('\n', to);
	json_decref(object);
}
