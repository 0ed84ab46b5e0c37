/* `top --json`: names as in /metrics, without `huntd_shard_`; a counter `x_total` is given as what
 * it grew by a second, `x_per_s`. */
#include <string.h>

#include "perf/trace/table.h"
#include "perf/trace/top/top.h"

static void
set_number(json_t *into, const char *name, uint64_t number)
{
	json_object_set_new(into, name, json_integer((json_int_t)number));
}

static void
set_counter(json_t *into, const char *name, uint64_t growth, double unit, uint64_t elapsed_ns)
{
	char text[80];
	size_t size = strlen(name), tail = strlen("_total");
	if (size > tail && strcmp(name + size - tail, "_total") == 0)
		size -= tail;
	snprintf(text, sizeof text, "%.*s_per_s", (int)size, name);
	json_object_set_new(into, text,
			    json_real((double)growth * unit * 1e9 / (double)elapsed_ns));
}

static void
set_gauge(json_t *into, const char *name, uint64_t value, enum hd_metric_unit unit)
{
	if (unit == HD_UNIT_ONE)
		set_number(into, name, value);
	else if (unit == HD_UNIT_NS_SIGNED)
		json_object_set_new(into, name, json_real((double)(int64_t)value / 1e9));
	else
		json_object_set_new(into, name,
				    json_real((double)value / (unit == HD_UNIT_NS ? 1e9 : 1e6)));
}

static json_t *
metrics(const struct hd_top *top, uint32_t shard)
{
	static const struct {
		size_t at;
		const char *name;
		enum hd_metric_kind kind;
		enum hd_metric_unit unit;
	} rows[] = {
#define X(symbol, kind, unit, merge, name, help)                                                   \
	{HD_TOP_AT(metrics.symbol), name, HD_METRIC_##kind, HD_UNIT_##unit},
		HD_COUNTERS(X)
#undef X
	};
	json_t *into = json_object();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		double unit = rows[i].unit == HD_UNIT_NS ? 1e-9 : 1;
		if (rows[i].kind == HD_METRIC_COUNTER)
			set_counter(into, rows[i].name, hd_top_growth(top, shard, rows[i].at), unit,
				    top->elapsed_ns);
		else
			set_gauge(into, rows[i].name, hd_top_gauge(top, shard, rows[i].at),
				  rows[i].unit);
	}
	return into;
}

static json_t *
histogram(const struct hd_top *top, uint32_t shard, size_t at, bool plain)
{
	struct hd_histogram of;
	hd_top_histogram(top, shard, at, &of);
	return plain ? hd_trace_json_plain(&of, top->elapsed_ns)
		     : hd_trace_json(&of, top->elapsed_ns);
}

static json_t *
legs(const struct hd_top *top, uint32_t shard)
{
	json_t *into = json_object();
#define X(symbol, name, help)                                                                      \
	json_object_set_new(into, name,                                                            \
			    histogram(top, shard, HD_TOP_AT(leg[HD_LEG_##symbol]), false));
	HD_LEGS(X)
#undef X
	return into;
}

static json_t *
sizes(const struct hd_top *top, uint32_t shard)
{
	json_t *into = json_object();
#define X(symbol, unit, name, help)                                                                \
	json_object_set_new(into, name,                                                            \
			    histogram(top, shard, HD_TOP_AT(size[HD_SIZE_##symbol]),               \
				      HD_UNIT_##unit == HD_UNIT_ONE));
	HD_SIZES(X)
#undef X
	return into;
}

/* Those that were answered in the interval. */
static json_t *
commands(const struct hd_top *top, uint32_t shard)
{
	enum hd_verb verbs[HD_CMD_COUNT_];
	uint32_t found = hd_top_commands(top, shard, verbs, HD_CMD_COUNT_);
	json_t *into = json_object();
	for (uint32_t i = 0; i < found; i++)
		json_object_set_new(into, hd_command_rows[verbs[i]].name,
				    histogram(top, shard, HD_TOP_AT(command[verbs[i]]), false));
	return into;
}

static json_t *
slots(const struct hd_top *top, uint32_t shard)
{
	struct hd_top_slot of[HD_TOP_SLOTS];
	uint32_t found = hd_top_slots(top, shard, of);
	json_t *into = json_array();
	for (uint32_t i = 0; i < found; i++)
		json_array_append_new(into,
				      json_pack("{s:i,s:i,s:f}", "slot", (int)of[i].slot, "shard",
						(int)of[i].shard, "share", of[i].share));
	return into;
}

static json_t *
about(const struct hd_top *top, uint32_t shard)
{
	static const char *const names[] = {
#define X(symbol, name, help) name,
		HD_LEGS(X)
#undef X
	};
	enum hd_leg slowest = hd_top_slowest(top, shard);
	json_t *into = json_object();
	json_object_set_new(into, "slowest_leg",
			    slowest < HD_LEG_COUNT ? json_string(names[slowest]) : json_null());
	json_object_set_new(into, "legs", legs(top, shard));
	json_object_set_new(into, "commands", commands(top, shard));
	json_object_set_new(into, "sizes", sizes(top, shard));
	json_object_set_new(into, "slots", slots(top, shard));
	if (shard == HD_TOP_ALL)
		return into;
	const struct hd_pulse *pulse = &top->now->shard[shard].pulse;
	set_number(into, "shard", shard);
	json_object_set_new(into, "stage", json_string(hd_top_stage(top, shard)));
	json_object_set_new(into, "log_full", json_boolean(pulse->full));
	json_object_set_new(into, "metrics", metrics(top, shard));
	return into;
}

static json_t *
reducer(const struct hd_top *top)
{
	const struct hd_reducer_stats *now = &top->now->reducer, *before = &top->before->reducer;
	struct hd_histogram ticks;
	json_t *into = json_object();
#define X(symbol, kind, unit, name, help)                                                          \
	if (HD_METRIC_##kind == HD_METRIC_COUNTER)                                                 \
		set_counter(into, name, now->symbol - before->symbol, 1, top->elapsed_ns);         \
	else                                                                                       \
		set_gauge(into, name, now->symbol, HD_UNIT_##unit);
	HD_REDUCER_COUNTERS(X)
#undef X
	hd_trace_between(&ticks, &before->tick, &now->tick);
	json_object_set_new(into, "tick", hd_trace_json(&ticks, top->elapsed_ns));
	return into;
}

void
hd_top_tell(const struct hd_top *top, json_t *into)
{
	json_t *shards = json_array();
	for (uint32_t i = 0; i < top->shards; i++)
		json_array_append_new(shards, about(top, i));
	json_object_set_new(into, "all", about(top, HD_TOP_ALL));
	json_object_set_new(into, "shards", shards);
	json_object_set_new(into, "reducer", reducer(top));
}
