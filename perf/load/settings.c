#include "perf/load/settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "huntd/ids.h"

const char *const hd_load_verb_names[HD_LOAD_VERB_COUNT] = {
#define X(symbol, name, command) name,
	HD_LOAD_VERBS(X)
#undef X
};

/* A number and at most a unit behind it. False: neither, or not within the bounds. */
static bool
read_number(const char *text, double least, double most, double *number, const char **unit)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text || !isfinite(value) || value < least || value > most)
		return false;
	*number = value;
	*unit = end;
	return true;
}

static bool
read_count(const char *text, double least, double most, double *count)
{
	const char *unit;
	double factor = 1;
	if (!read_number(text, 0, most, count, &unit))
		return false;
	if (strcmp(unit, "k") == 0)
		factor = 1e3;
	else if (strcmp(unit, "M") == 0)
		factor = 1e6;
	else if (*unit)
		return false;
	*count *= factor;
	return *count >= least && *count <= most;
}

static bool
read_whole(const char *text, double least, double most, uint64_t *count)
{
	double value;
	if (!read_count(text, least, most, &value) || value != floor(value))
		return false;
	*count = (uint64_t)value;
	return true;
}

static bool
read_small(const char *text, uint32_t most, uint32_t *count)
{
	uint64_t value;
	if (!read_whole(text, 1, most, &value))
		return false;
	*count = (uint32_t)value;
	return true;
}

static bool
set_host(struct hd_load_plan *plan, const char *text)
{
	plan->host = text;
	return *text != 0;
}

static bool
set_port(struct hd_load_plan *plan, const char *text)
{
	uint64_t port;
	plan->port = text;
	return strspn(text, "0123456789") == strlen(text) && read_whole(text, 1, 65535, &port);
}

static bool
set_hunt(struct hd_load_plan *plan, const char *text)
{
	plan->hunt = text;
	return hd_id_valid(hd_bytes_str(text));
}

static bool
set_document(struct hd_load_plan *plan, const char *text)
{
	plan->document = text;
	return *text != 0;
}

static bool
set_challenges(struct hd_load_plan *plan, const char *text)
{
	plan->challenges = text;
	return *text != 0;
}

static bool
set_answer(struct hd_load_plan *plan, const char *text)
{
	plan->answer = text;
	return *text && strlen(text) <= HD_ANSWER_MAX;
}

static bool
set_rate(struct hd_load_plan *plan, const char *text)
{
	plan->rate = 0;
	return strcmp(text, "max") == 0 || read_count(text, 0.001, 1e8, &plan->rate);
}

static bool
read_time(const char *text, uint64_t *time_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};
	const char *unit;
	double number;
	if (!read_number(text, 0, 1e9, &number, &unit))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		double ns = number * units[i].ns;
		if (strcmp(unit, units[i].unit) == 0 && ns >= 1e6 && ns <= 365 * 86400e9) {
			*time_ns = (uint64_t)ns;
			return true;
		}
	}
	return false;
}

static bool
set_duration(struct hd_load_plan *plan, const char *text)
{
	return read_time(text, &plan->duration_ns);
}

static bool
set_connections(struct hd_load_plan *plan, const char *text)
{
	return read_small(text, HD_LOAD_CONNECTIONS_MAX, &plan->connections);
}

static bool
set_pipeline(struct hd_load_plan *plan, const char *text)
{
	return read_small(text, HD_LOAD_PIPELINE_MAX, &plan->pipeline);
}

static bool
set_threads(struct hd_load_plan *plan, const char *text)
{
	return read_small(text, HD_LOAD_THREADS_MAX, &plan->threads);
}

static bool
set_entrants(struct hd_load_plan *plan, const char *text)
{
	return read_whole(text, 1, (double)HD_LOAD_ENTRANTS_MAX, &plan->entrants);
}

static bool
set_weight(struct hd_load_plan *plan, const char *name, size_t size, const char *weight)
{
	uint64_t value;
	if (!read_whole(weight, 0, HD_LOAD_WEIGHT_MAX, &value))
		return false;
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++) {
		const char *known = hd_load_verb_names[verb];
		if (strlen(known) == size && memcmp(known, name, size) == 0) {
			plan->weights[verb] = (uint32_t)value;
			return true;
		}
	}
	return false;
}

static bool
set_mix(struct hd_load_plan *plan, const char *text)
{
	uint32_t sum = 0;
	memset(plan->weights, 0, sizeof plan->weights);
	while (*text) {
		char weight[16];
		size_t size = strcspn(text, ","), name = strcspn(text, "=");
		if (name >= size || size - name > sizeof weight)
			return false;
		snprintf(weight, sizeof weight, "%.*s", (int)(size - name - 1), text + name + 1);
		if (!set_weight(plan, text, name, weight))
			return false;
		text += size + (text[size] == ',');
	}
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++)
		sum += plan->weights[verb];
	return sum > 0;
}

static bool
read_plain(const char *text, double least, double most, double *number)
{
	const char *unit;
	return read_number(text, least, most, number, &unit) && !*unit;
}

static bool
set_right(struct hd_load_plan *plan, const char *text)
{
	return read_plain(text, 0, 1, &plan->right);
}

static bool
set_skew(struct hd_load_plan *plan, const char *text)
{
	return read_plain(text, 0, 10, &plan->skew);
}

static bool
set_seed(struct hd_load_plan *plan, const char *text)
{
	char *end;
	plan->seed = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end;
}

static bool
set_poisson(struct hd_load_plan *plan, const char *text)
{
	(void)text;
	return plan->poisson = true;
}

static bool
set_ids(struct hd_load_plan *plan, const char *text)
{
	(void)text;
	return plan->ids = true;
}

static bool
set_names(struct hd_load_plan *plan, const char *text)
{
	(void)text;
	return plan->names = true;
}

static bool
set_json(struct hd_load_plan *plan, const char *text)
{
	(void)text;
	return plan->json = true;
}

static bool
set_scenario(struct hd_load_plan *plan, const char *text)
{
	plan->scenario = text;
	return *text != 0;
}

static bool
set_force(struct hd_load_plan *plan, const char *text)
{
	(void)text;
	return plan->force = true;
}

/* Of scenarios. */

static bool
set_pattern(struct hd_load_plan *plan, const char *text)
{
	plan->poisson = strcmp(text, "poisson") == 0;
	return plan->poisson || strcmp(text, "even") == 0;
}

static bool
set_patience(struct hd_load_plan *plan, const char *text)
{
	return read_time(text, &plan->patience_ns);
}

static bool
set_times(struct hd_load_plan *plan, const char *text)
{
	return read_plain(text, 0.1, 100, &plan->times);
}

static bool
set_hot_entrant(struct hd_load_plan *plan, const char *text)
{
	return read_plain(text, 0, 1, &plan->hot_entrant);
}

static bool
set_hot_hunt(struct hd_load_plan *plan, const char *text)
{
	return read_plain(text, 0, 1, &plan->hot_hunt);
}

static bool
set_samples(struct hd_load_plan *plan, const char *text)
{
	return read_small(text, HD_LOAD_SAMPLES_MAX, &plan->samples);
}

static bool
set_watchers(struct hd_load_plan *plan, const char *text)
{
	return read_small(text, HD_LOAD_CONNECTIONS_MAX, &plan->watchers);
}

static bool
set_slow(struct hd_load_plan *plan, const char *text)
{
	uint64_t count;
	bool good = read_whole(text, 0, HD_LOAD_CONNECTIONS_MAX, &count);
	plan->slow = good ? (uint32_t)count : 0;
	return good;
}

static bool
set_changes(struct hd_load_plan *plan, const char *text)
{
	return read_plain(text, 0.1, 1000, &plan->changes);
}

static bool
set_waves(struct hd_load_plan *plan, const char *text)
{
	return read_small(text, HD_LOAD_WAVES_MAX, &plan->waves);
}

static bool
set_pause(struct hd_load_plan *plan, const char *text)
{
	return read_time(text, &plan->pause_ns);
}

static bool
set_recovery(struct hd_load_plan *plan, const char *text)
{
	return read_time(text, &plan->recovery_ns);
}

static bool
set_calm(struct hd_load_plan *plan, const char *text)
{
	return read_time(text, &plan->calm_ns);
}

static bool set_set(struct hd_load_plan *plan, const char *text);

#define LINE     HD_LOAD_ON_LINE
#define HEAD     (HD_LOAD_ON_LINE | HD_LOAD_AT_HEAD)
#define PHASE    (HD_LOAD_ON_LINE | HD_LOAD_AT_HEAD | HD_LOAD_IN_PHASE)
#define SCENARIO (HD_LOAD_AT_HEAD | HD_LOAD_IN_PHASE)
#define TIME     "a number and ms, s, m, h or d: 500ms, 10s, 24h"

const struct hd_load_setting hd_load_settings[] = {
	{"host", "HOST", set_host, "a name or an address", "the server (127.0.0.1)", LINE},
	{"port", "PORT", set_port, "1 to 65535", "its RESP port (4868)", LINE},
	{"hunt", "ID", set_hunt, "a hunt's id", "the hunt to play (needed but in a scenario)",
	 LINE},
	{"rate", "N|max", set_rate, "`max`, or commands a second: 2000, 50k, 1.5M; at most 100M",
	 "commands a second; max: closed loop (1000)", PHASE},
	{"duration", "TIME", set_duration, TIME, "(10s)", PHASE},
	{"connections", "N", set_connections, "1 to 10000", "the rate is spread over them (16)",
	 PHASE},
	{"pipeline", "N", set_pipeline, "1 to 1024", "outstanding at most, each connection (64)",
	 PHASE},
	{"threads", "N", set_threads, "1 to 64", "connections are spread over them (1)", HEAD},
	{"entrants", "N", set_entrants, "1 to 1000000M", "who plays: p:000000000000 and on (1000)",
	 HEAD},
	{"mix", "LIST", set_mix,
	 "command=weight,...: submit, award, join, progress, top, rank, around, count; weights 0 "
	 "to 1000",
	 "(submit=8,award=1,top=1)", PHASE},
	{"right", "SHARE", set_right, "0 to 1", "of the answers (0.1)", PHASE},
	{"answer", "TEXT", set_answer, "1 to 256 bytes",
	 "right everywhere (the document's answers)", LINE},
	{"document", "FILE", set_document, "a hunt document",
	 "answers from here (the server's own)", LINE},
	{"challenges", "N|IDS", set_challenges, "the first N, or ids with commas", "(all)", HEAD},
	{"skew", "S", set_skew, "0 to 10", "more: some play far more and better (0)", PHASE},
	{"seed", "N", set_seed, "a whole number", "who does what when (1)", HEAD},
	{"poisson", NULL, set_poisson, NULL, "random gaps of the same mean, not even ones", LINE},
	{"ids", NULL, set_ids, NULL, "every write carries an ID of its own", LINE},
	{"names", NULL, set_names, NULL, "pleasant names in place of numbers", LINE},
	{"json", NULL, set_json, NULL, "the summary as JSON", LINE},
	{"scenario", "FILE|NAME", set_scenario, "a file, or the name of a shipped scenario",
	 "phases from a file (perf/load/README.md)", LINE},
	{"set", "KEY=VALUE", set_set,
	 "a key of the scenario's phases: pattern, samples, watchers, slow, changes, waves, pause, "
	 "patience, times, recovery, calm, hot_entrant, hot_hunt",
	 "of the scenario's phases; as often as needed", LINE},
	{"force", NULL, set_force, NULL,
	 "put a scenario's hunts over others of the same id; load a server that others use", LINE},
	{"pattern", "NAME", set_pattern, "even or poisson", "the gaps", SCENARIO},
	{"patience", "TIME", set_patience, TIME, "for what is late", SCENARIO},
	{"times", "X", set_times, "0.1 to 100", "of the capacity", SCENARIO},
	{"hot_entrant", "SHARE", set_hot_entrant, "0 to 1", "of the commands", SCENARIO},
	{"hot_hunt", "SHARE", set_hot_hunt, "0 to 1", "of the commands", SCENARIO},
	{"samples", "N", set_samples, "1 to 100000", "followed into the board", SCENARIO},
	{"watchers", "N", set_watchers, "1 to 10000", "subscribers", SCENARIO},
	{"slow", "N", set_slow, "0 to 10000", "of the watchers", SCENARIO},
	{"changes", "N", set_changes, "0.1 to 1000", "marked ones a second", SCENARIO},
	{"waves", "N", set_waves, "1 to 1000", "of reconnects", SCENARIO},
	{"pause", "TIME", set_pause, TIME, "between waves", SCENARIO},
	{"recovery", "TIME", set_recovery, TIME, "at most", SCENARIO},
	{"calm", "TIME", set_calm, TIME, "an answer as before the load", SCENARIO},
};

const uint32_t hd_load_settings_count = sizeof hd_load_settings / sizeof *hd_load_settings;

const struct hd_load_setting *
hd_load_setting_find(struct hd_bytes name, uint8_t where)
{
	for (uint32_t i = 0; i < hd_load_settings_count; i++) {
		if (hd_load_settings[i].where & where &&
		    hd_bytes_equal(name, hd_bytes_str(hd_load_settings[i].name)))
			return &hd_load_settings[i];
	}
	return NULL;
}

/* Keeps what it stands for in place of itself. */
static bool
set_set(struct hd_load_plan *plan, const char *text)
{
	size_t size = strcspn(text, "=");
	const struct hd_load_setting *setting =
		hd_load_setting_find(hd_bytes_of(text, size), HD_LOAD_IN_PHASE);
	if (!setting || text[size] != '=' || plan->given_count == HD_LOAD_GIVEN_MAX)
		return false;
	text += size + 1;
	plan->given[plan->given_count++] = (struct hd_load_given){setting, text};
	return setting->set(plan, text);
}
