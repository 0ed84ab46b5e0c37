#include "net/http/metrics.h"

#include <stdio.h>

#include "huntd/assert.h"

/* The tables as data. */

struct counter_row {
	const char *name, *help;
	uint8_t kind, unit, merge;
	uint32_t at; /* in struct hd_metrics */
};

static const struct counter_row counters[] = {
#define X(symbol, kind, unit, merge, name, help)                                                   \
	{name,                                                                                     \
	 help,                                                                                     \
	 HD_TEXT_##kind,                                                                           \
	 HD_UNIT_##unit,                                                                           \
	 HD_MERGE_##merge,                                                                         \
	 offsetof(struct hd_metrics, symbol)},
	HD_COUNTERS(X)
#undef X
};

static const struct counter_row reducer_rows[] = {
#define X(symbol, kind, unit, name, help)                                                          \
	{name,           help,          HD_TEXT_##kind,                                            \
	 HD_UNIT_##unit, HD_MERGE_EACH, offsetof(struct hd_reducer_stats, symbol)},
	HD_REDUCER_COUNTERS(X)
#undef X
};

static const char *const legs[] = {
#define X(symbol, name, help) name,
	HD_LEGS(X)
#undef X
};

#define X(symbol, name, help) "; " name ": " help
static const char leg_help[] = "where the time of commands goes, by stage" HD_LEGS(X);
#undef X

struct size_row {
	const char *name, *help;
	uint8_t unit;
};

static const struct size_row sizes[] = {
#define X(symbol, unit, name, help) {name, help, HD_UNIT_##unit},
	HD_SIZES(X)
#undef X
};

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* One page being written. A group is the shards whose numbers make one series: each by itself, or
 * all of them. */
struct walk {
	struct hd_text *text;
	const struct hd_stats_page *page;
	const char *prefix;
	bool merged;
	uint32_t groups;
};

struct group {
	uint32_t from, to; /* shards */
	char name[12];     /* label */
};

static struct group
group_of(const struct walk *walk, uint32_t n)
{
	struct group group = {0, walk->page->shards, ""};
	if (!walk->merged) {
		group.from = n;
		group.to = n + 1;
		snprintf(group.name, sizeof group.name, "%u", n);
	}
	return group;
}

/* The labels of a group's series; `name` NULL: it has none of its own. */
static void
labels_of(const struct group *group, const char *name, const char *value,
	  struct hd_text_label labels[HD_TEXT_LABELS])
{
	uint32_t count = 0;
	memset(labels, 0, HD_TEXT_LABELS * sizeof *labels);
	if (group->name[0])
		labels[count++] = (struct hd_text_label){"shard", group->name};
	if (name != NULL)
		labels[count] = (struct hd_text_label){name, value};
}

/* Counters. */

static uint64_t
counter_at(const void *of, uint32_t at)
{
	return HD_METRIC(*(const _Atomic uint64_t *)((const uint8_t *)of + at));
}

static bool
comes_first(uint8_t unit, uint64_t a, uint64_t b)
{
	return unit == HD_UNIT_NS_SIGNED ? (int64_t)a < (int64_t)b : a < b;
}

static uint64_t
merge(const struct counter_row *row, const struct hd_shard_stats *stats, const struct group *group)
{
	uint64_t value = counter_at(&stats[group->from].metrics, row->at);
	for (uint32_t i = group->from + 1; i < group->to; i++) {
		uint64_t next = counter_at(&stats[i].metrics, row->at);
		if (row->merge == HD_MERGE_SUM)
			value += next;
		else if (comes_first(row->unit, next, value) == (row->merge == HD_MERGE_MIN))
			value = next;
	}
	return value;
}

static void
write_counters(const struct walk *walk)
{
	for (uint32_t i = 0; i < COUNT(counters); i++) {
		const struct counter_row *row = &counters[i];
		struct hd_text_family family = {walk->prefix, row->name, row->kind, row->unit,
						row->help};
		if (walk->merged && row->merge == HD_MERGE_EACH)
			continue;
		hd_text_family(walk->text, &family);
		for (uint32_t n = 0; n < walk->groups; n++) {
			struct hd_text_label labels[HD_TEXT_LABELS];
			struct group group = group_of(walk, n);
			labels_of(&group, NULL, NULL, labels);
			hd_text_sample(walk->text, &family, labels,
				       merge(row, walk->page->shard, &group));
		}
	}
}

static uint64_t
sum_of(const struct walk *walk, const struct group *group, uint32_t at)
{
	const struct counter_row row = {.merge = HD_MERGE_SUM, .unit = HD_UNIT_ONE, .at = at};
	return merge(&row, walk->page->shard, group);
}

static uint64_t
sum_of_verb(const struct walk *walk, const struct group *group, size_t of, uint32_t verb)
{
	return sum_of(walk, group, (uint32_t)(of + verb * sizeof(_Atomic uint64_t)));
}

#define CALLS    offsetof(struct hd_metrics, command_calls)
#define ERRORS   offsetof(struct hd_metrics, command_errors)
#define REJECTED offsetof(struct hd_metrics, command_rejected)

/* One of the three, of each command that was ever called, or refused undecided. */
static void
write_commands(const struct walk *walk, const char *name, size_t of, const char *help)
{
	struct hd_text_family family = {walk->prefix, name, HD_TEXT_COUNTER, HD_UNIT_ONE, help};
	hd_text_family(walk->text, &family);
	for (uint32_t n = 0; n < walk->groups; n++) {
		struct group group = group_of(walk, n);
		for (uint32_t verb = 0; verb < HD_CMD_COUNT_; verb++) {
			struct hd_text_label labels[HD_TEXT_LABELS];
			if (sum_of_verb(walk, &group, CALLS, verb) == 0 &&
			    sum_of_verb(walk, &group, REJECTED, verb) == 0)
				continue;
			labels_of(&group, "command", hd_command_rows[verb].name, labels);
			hd_text_sample(walk->text, &family, labels,
				       sum_of_verb(walk, &group, of, verb));
		}
	}
}

/* Histograms. */

static void
write_histogram(const struct walk *walk, const struct hd_text_family *family,
		const struct group *group, const char *label, const char *value, size_t at)
{
	struct hd_text_label labels[HD_TEXT_LABELS];
	struct hd_histogram sum = {0};
	for (uint32_t i = group->from; i < group->to; i++) {
		const uint8_t *stats = (const uint8_t *)&walk->page->shard[i];
		hd_histogram_read(&sum, (const struct hd_histogram *)(const void *)(stats + at));
	}
	labels_of(group, label, value, labels);
	hd_text_histogram(walk->text, family, labels, &sum);
}

/* Where the n-th of a kind stands. */
#define AT(kind, n) (offsetof(struct hd_shard_stats, kind) + (n) * sizeof(struct hd_histogram))

static void
write_legs(const struct walk *walk)
{
	struct hd_text_family family = {walk->prefix, "stage_seconds", HD_TEXT_HISTOGRAM,
					HD_UNIT_NS, leg_help};
	hd_text_family(walk->text, &family);
	for (uint32_t n = 0; n < walk->groups; n++) {
		struct group group = group_of(walk, n);
		for (uint32_t leg = 0; leg < HD_LEG_COUNT; leg++)
			write_histogram(walk, &family, &group, "stage", legs[leg], AT(leg, leg));
	}
}

static void
write_times(const struct walk *walk)
{
	struct hd_text_family family = {walk->prefix, "command_seconds", HD_TEXT_HISTOGRAM,
					HD_UNIT_NS,
					"a command's whole time, where its client is connected"};
	hd_text_family(walk->text, &family);
	for (uint32_t n = 0; n < walk->groups; n++) {
		struct group group = group_of(walk, n);
		for (uint32_t verb = 0; verb < HD_CMD_COUNT_; verb++)
			if (sum_of_verb(walk, &group, CALLS, verb) != 0)
				write_histogram(walk, &family, &group, "command",
						hd_command_rows[verb].name, AT(command, verb));
	}
}

static void
write_sizes(const struct walk *walk)
{
	for (uint32_t i = 0; i < HD_SIZE_COUNT; i++) {
		struct hd_text_family family = {walk->prefix, sizes[i].name, HD_TEXT_HISTOGRAM,
						sizes[i].unit, sizes[i].help};
		hd_text_family(walk->text, &family);
		for (uint32_t n = 0; n < walk->groups; n++) {
			struct group group = group_of(walk, n);
			write_histogram(walk, &family, &group, NULL, NULL, AT(size, i));
		}
	}
}

/* What there is one of. */

static void
write_one(struct hd_text *text, const char *prefix, const struct counter_row *row, uint64_t value)
{
	static const struct hd_text_label none[HD_TEXT_LABELS];
	struct hd_text_family family = {prefix, row->name, row->kind, row->unit, row->help};
	hd_text_family(text, &family);
	hd_text_sample(text, &family, none, value);
}

static void
write_reducer(struct hd_text *text, const struct hd_reducer_stats *reducer)
{
	static const struct hd_text_label none[HD_TEXT_LABELS];
	struct hd_text_family tick = {"huntd_", "reducer_tick_seconds", HD_TEXT_HISTOGRAM,
				      HD_UNIT_NS,
				      "a round, from its first question to its last view"};
	struct hd_histogram copy = {0};
	for (uint32_t i = 0; i < COUNT(reducer_rows); i++)
		write_one(text, "huntd_", &reducer_rows[i],
			  counter_at(reducer, reducer_rows[i].at));
	hd_histogram_read(&copy, &reducer->tick);
	hd_text_family(text, &tick);
	hd_text_histogram(text, &tick, none, &copy);
}

static void
write_build(struct hd_text *text, const struct hd_stats_page *page)
{
	const struct hd_text_label labels[HD_TEXT_LABELS] = {{"version", page->version},
							     {"commit", page->build}};
	struct hd_text_family family = {"huntd_", "build_info", HD_TEXT_GAUGE, HD_UNIT_ONE,
					"1; its labels say which release and commit runs"};
	hd_text_family(text, &family);
	hd_text_sample(text, &family, labels, 1);
}

#define GAUGE(name, unit, help, value)                                                             \
	write_one(text, "", &(struct counter_row){name, help, HD_TEXT_GAUGE, unit, 0, 0}, value)

static void
write_process(struct hd_text *text, const struct hd_stats_page *page,
	      const struct hd_process *process)
{
	static const struct counter_row cpu = {"process_cpu_seconds_total",
					       "Total user and system CPU time spent in seconds.",
					       HD_TEXT_COUNTER,
					       HD_UNIT_NS,
					       0,
					       0};
	uint32_t state = atomic_load_explicit(&page->state, memory_order_relaxed);
	GAUGE("huntd_shards", HD_UNIT_ONE, "shards of this server", page->shards);
	GAUGE("huntd_loading", HD_UNIT_ONE, "1 until all shards serve", state < HD_SERVER_SERVING);
	write_one(text, "", &cpu, process->cpu_ns);
	GAUGE("process_resident_memory_bytes", HD_UNIT_ONE, "Resident memory size in bytes.",
	      process->resident_bytes);
	GAUGE("process_virtual_memory_bytes", HD_UNIT_ONE, "Virtual memory size in bytes.",
	      process->virtual_bytes);
	GAUGE("process_open_fds", HD_UNIT_ONE, "Number of open file descriptors.", process->fds);
	GAUGE("process_max_fds", HD_UNIT_ONE, "Maximum number of open file descriptors.",
	      process->fds_max);
	GAUGE("process_start_time_seconds", HD_UNIT_NS,
	      "Start time of the process since unix epoch in seconds.", page->started_ms * 1000000);
}

void
hd_metrics_write(struct hd_text *text, enum hd_metrics_view view, const struct hd_stats_page *page,
		 const struct hd_process *process)
{
	bool merged = view == HD_METRICS_MERGED;
	struct walk walk = {.text = text,
			    .page = page,
			    .prefix = merged ? "huntd_" : "huntd_shard_",
			    .merged = merged,
			    .groups = merged ? 1 : page->shards};
	HD_ASSERT(page->shards > 0 && page->shards <= HD_SHARDS_MAX);
	write_counters(&walk);
	write_commands(&walk, "command_calls_total", CALLS, "calls of each command");
	write_commands(&walk, "command_errors_total", ERRORS, "calls that ended with an error");
	write_commands(&walk, "command_rejected_total", REJECTED,
		       "beside its calls: refused undecided (arity, overload, no space, loading)");
	write_legs(&walk);
	write_times(&walk);
	write_sizes(&walk);
	write_reducer(text, &page->reducer);
	write_build(text, page);
	write_process(text, page, process);
	hd_text_end(text);
}
