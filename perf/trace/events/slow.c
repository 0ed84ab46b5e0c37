/* slow.c - the view `--slow MS`: a line for each command that took longer. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "huntd/command.h"
#include "perf/trace/events/batches.h"
#include "perf/trace/events/sums.h"
#include "perf/trace/table.h"

#define LINES_PER_S 50u /* more are counted and left out: a storm is shown by `full` */
#define LINE_MAX    512u

static const char *const leg_names[] = {
#define X(symbol, name, help) name,
	HD_LEGS(X)
#undef X
};

struct slow {
	struct hd_trace *trace;
	struct hd_batches *batches;
	uint64_t left_out, lost;
	time_t second; /* that `lines` were said in */
	uint32_t lines;
};

/* What a user named, as nobody's terminal minds it; room for 4 a byte. */
static void
readable(const char *key, char *text)
{
	for (uint32_t i = 0; i < HD_TRACE_KEY && key[i]; i++) {
		if (isgraph((unsigned char)key[i]) && key[i] != '\\' && key[i] != '"')
			*text++ = key[i];
		else
			text += snprintf(text, 5, "\\x%02x", (unsigned char)key[i]);
	}
	*text = 0;
}

static uint32_t
largest(const uint64_t leg[])
{
	uint32_t most = 0;
	for (uint32_t i = 1; i < HD_LEG_COUNT; i++) {
		if (leg[i] > leg[most])
			most = i;
	}
	return most;
}

static const char *
duration(uint64_t ns, char *text)
{
	return hd_trace_duration(ns, text) + strspn(text, " ");
}

/* The longest leg first: a terminal may cut the line. */
static void
say_text(struct slow *slow, const struct hd_trace_batch *batch, uint32_t record,
	 const struct timespec *now)
{
	const struct hd_trace_record *of = &batch->record[record];
	char line[LINE_MAX], key[4 * HD_TRACE_KEY + 1], whole[HD_TEXT], text[HD_TEXT], clock[16];
	uint64_t leg[HD_LEG_COUNT];
	struct tm parts;
	hd_batches_legs(batch, record, leg);
	uint32_t most = largest(leg);
	readable(of->key, key);
	strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&now->tv_sec, &parts));
	int at = snprintf(line, sizeof line, "%s.%03u %s %s %s *%s %s", clock,
			  (unsigned)(now->tv_nsec / 1000000),
			  duration(hd_batches_total(batch, record), whole),
			  hd_command_rows[of->verb].name, *key ? key : "-", leg_names[most],
			  duration(leg[most], text));
	for (uint32_t i = 0; i < HD_LEG_COUNT; i++) {
		if (leg[i] && i != most)
			at += snprintf(line + at, sizeof line - (size_t)at, " %s %s", leg_names[i],
				       duration(leg[i], text));
	}
	snprintf(line + at, sizeof line - (size_t)at, " shard %u client %u.%u", batch->shard,
		 batch->asker, of->client);
	hd_trace_line(slow->trace, "%s", line);
}

static void
say_json(struct slow *slow, const struct hd_trace_batch *batch, uint32_t record,
	 const struct timespec *now)
{
	const struct hd_trace_record *of = &batch->record[record];
	char key[4 * HD_TRACE_KEY + 1];
	uint64_t leg[HD_LEG_COUNT];
	json_t *legs = json_object();
	hd_batches_legs(batch, record, leg);
	readable(of->key, key);
	for (uint32_t i = 0; i < HD_LEG_COUNT; i++) {
		if (leg[i])
			json_object_set_new(legs, leg_names[i], json_integer((json_int_t)leg[i]));
	}
	json_t *slow_one =
		json_pack("{s:{s:f,s:i,s:i,s:I,s:s,s:s,s:I,s:o,s:s}}", "slow_command", "time",
			  (double)now->tv_sec + (double)now->tv_nsec / 1e9, "shard",
			  (int)batch->shard, "asker", (int)batch->asker, "client",
			  (json_int_t)of->client, "command", hd_command_rows[of->verb].name, "key",
			  key, "total_ns", (json_int_t)hd_batches_total(batch, record), "stages_ns",
			  legs, "largest", leg_names[largest(leg)]);
	char *line = json_dumps(slow_one, JSON_COMPACT | JSON_REAL_PRECISION(13));
	if (line)
		hd_trace_line(slow->trace, "%s", line);
	free(line);
	json_decref(slow_one);
}

/* What the last second did not show. */
static void
say_rest(struct slow *slow)
{
	uint64_t lost = hd_batches_lost(slow->batches) - slow->lost;
	if ((slow->left_out || lost) && slow->trace->options.json)
		hd_trace_line(slow->trace, "{\"slow_commands_left_out\":%llu,\"dropped\":%llu}",
			      (unsigned long long)slow->left_out, (unsigned long long)lost);
	else if (slow->left_out || lost)
		hd_trace_line(slow->trace, "... %llu more as slow, left out; %llu commands dropped",
			      (unsigned long long)slow->left_out, (unsigned long long)lost);
	slow->left_out = 0;
	slow->lost += lost;
}

static void
say(struct slow *slow, const struct hd_trace_batch *batch, uint32_t record)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (slow->lines++ >= LINES_PER_S)
		slow->left_out++;
	else if (slow->trace->options.json)
		say_json(slow, batch, record, &now);
	else
		say_text(slow, batch, record, &now);
}

static void
take(void *view, const struct hd_trace_batch *batch)
{
	struct slow *slow = view;
	for (uint32_t i = 0; i < batch->count; i++) {
		if (hd_batches_total(batch, i) >= slow->trace->options.slow_ns)
			say(slow, batch, i);
	}
}

static void *
begin(struct hd_trace *trace)
{
	struct slow *slow = calloc(1, sizeof *slow);
	if (!slow)
		return NULL;
	slow->trace = trace;
	slow->batches = hd_batches_join(trace, HD_VIEW_slow, take, slow);
	if (slow->batches)
		return slow;
	free(slow);
	return NULL;
}

static void
drain(void *view)
{
	struct slow *slow = view;
	time_t now = time(NULL);
	if (now != slow->second) {
		say_rest(slow);
		slow->second = now;
		slow->lines = 0;
	}
	hd_batches_drain(slow->batches);
}

static void
end(void *view)
{
	struct slow *slow = view;
	hd_batches_drain(slow->batches);
	say_rest(slow);
	hd_batches_leave(slow->batches, slow->trace, slow);
	free(slow);
}

const struct hd_trace_view hd_trace_slow = {.begin = begin, .drain = drain, .end = end};
