/* LATENCY, and what INFO tells of how long commands and the legs of their way take. */
#include <stdio.h>

#include "net/conn/calls/calls.h"

/* As Redis writes names: small letters. */
static void
name_lower(uint32_t verb, char name[32])
{
	const char *text = hd_command_rows[verb].name;
	HD_ASSERT(strlen(text) < 32);
	for (size_t i = 0; i <= strlen(text); i++)
		name[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
}

static double
us(uint64_t ns)
{
	return (double)ns / 1000;
}

/* INFO. `usec` is of the calls that were timed. */

void
hd_latency_commandstats(struct page *page)
{
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++) {
		struct hd_command_numbers seen;
		char name[32];
		hd_baseline_read(page->edge, i, &seen);
		if (seen.calls + seen.failed + seen.rejected == 0)
			continue;
		name_lower(i, name);
		hd_page_line(page,
			     "cmdstat_%s:calls=%llu,usec=%llu,usec_per_call=%.2f,"
			     "rejected_calls=%llu,failed_calls=%llu",
			     name, wide(seen.calls), wide(seen.time.sum / 1000),
			     seen.time.count ? us(seen.time.sum) / (double)seen.time.count : 0.0,
			     wide(seen.rejected), wide(seen.failed));
	}
}

void
hd_latency_latencystats(struct page *page)
{
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++) {
		struct hd_command_numbers seen;
		char name[32];
		hd_baseline_read(page->edge, i, &seen);
		if (seen.time.count == 0)
			continue;
		name_lower(i, name);
		hd_page_line(page, "latency_percentiles_usec_%s:p50=%.3f,p99=%.3f,p99.9=%.3f", name,
			     us(hd_histogram_quantile(&seen.time, 500)),
			     us(hd_histogram_quantile(&seen.time, 990)),
			     us(hd_histogram_quantile(&seen.time, 999)));
	}
}

const char *const hd_leg_names[HD_LEG_COUNT] = {
#define X(symbol, name, help) name,
	HD_LEGS(X)
#undef X
};

static const char *const leg_helps[] = {
#define X(symbol, name, help) help,
	HD_LEGS(X)
#undef X
};

static void
histogram_line(struct page *page, const char *what, const struct hd_histogram *of, bool is_time)
{
	uint64_t p50 = hd_histogram_quantile(of, 500), p99 = hd_histogram_quantile(of, 990);
	if (is_time)
		hd_page_line(page, "%s=%llu,p50_us=%.3f,p99_us=%.3f,max_us=%.3f", what,
			     wide(of->count), us(p50), us(p99), us(of->max));
	else
		hd_page_line(page, "%s=%llu,p50=%llu,p99=%llu,max=%llu", what, wide(of->count),
			     wide(p50), wide(p99), wide(of->max));
}

void
hd_latency_legs(struct page *page)
{
	struct hd_shard *shard = page->edge->shard;
	char what[64];
	for (uint32_t i = 0; i < hd_shard_count(shard); i++) {
		for (uint32_t leg = 0; leg < HD_LEG_COUNT; leg++) {
			struct hd_histogram time = {0};
			hd_histogram_read(&time, &hd_shard_stats(shard, i)->leg[leg]);
			snprintf(what, sizeof what, "shard_%u_leg_%s:commands", i,
				 hd_leg_names[leg]);
			histogram_line(page, what, &time, true);
		}
	}
}

/* Passes, flushes, batches: by the names of /metrics, less `_seconds`. */
void
hd_latency_sizes(struct page *page)
{
	static const struct {
		const char *name;
		enum hd_metric_unit unit;
	} sizes[] = {
#define X(symbol, unit, name, help) {name, HD_UNIT_##unit},
		HD_SIZES(X)
#undef X
	};
	struct hd_shard *shard = page->edge->shard;
	char what[64];
	for (uint32_t i = 0; i < hd_shard_count(shard); i++) {
		for (uint32_t size = 0; size < HD_SIZE_COUNT; size++) {
			struct hd_histogram of = {0};
			bool is_time = sizes[size].unit == HD_UNIT_NS;
			size_t name = strlen(sizes[size].name) - (is_time ? strlen("_seconds") : 0);
			hd_histogram_read(&of, &hd_shard_stats(shard, i)->size[size]);
			snprintf(what, sizeof what, "shard_%u_%.*s:times", i, (int)name,
				 sizes[size].name);
			histogram_line(page, what, &of, is_time);
		}
	}
}

/* LATENCY HISTOGRAM. As in Redis the bounds are powers of two of a nanosecond, from 1,024 up, named
 * by their whole microseconds; one whose count is that of the one before is left out. */

#define BOUND_FIRST 10u /* 2^10 ns */

/* Values below 2^bound. */
static uint64_t
count_below(const struct hd_histogram *time, uint32_t bound)
{
	uint64_t count = 0;
	uint32_t end = hd_histogram_bucket(UINT64_C(1) << bound);
	for (uint32_t i = 0; i < end; i++)
		count += time->buckets[i];
	return count;
}

static void
histogram_write(struct hd_writer *w, uint32_t verb, const struct hd_histogram *time)
{
	char name[32];
	uint64_t counts[64];
	uint32_t pairs = 0;
	name_lower(verb, name);
	hd_value_text(w, name);
	hd_value_map(w, 2);
	hd_value_text(w, "calls");
	hd_value_int(w, (int64_t)time->count);
	hd_value_text(w, "histogram_usec");
	for (uint32_t i = BOUND_FIRST; i < 64; i++) {
		counts[i] = count_below(time, i);
		pairs += counts[i] > (i > BOUND_FIRST ? counts[i - 1] : 0);
	}
	hd_value_map(w, pairs);
	for (uint32_t i = BOUND_FIRST; i < 64; i++) {
		if (counts[i] == (i > BOUND_FIRST ? counts[i - 1] : 0))
			continue;
		hd_value_int(w, (int64_t)((UINT64_C(1) << i) / 1000));
		hd_value_int(w, (int64_t)counts[i]);
	}
}

static void
histogram(struct call *call)
{
	const struct hd_request *r = call->request;
	uint32_t shown = 0;
	/* The count comes first, so the rows are made behind the room for it. */
	struct hd_writer rows = hd_writer_of(call->w.at + 16, EDGE_SCRATCH - 16);
	uint8_t *body = rows.at;
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++) {
		struct hd_command_numbers seen;
		bool named = r->count == 2;
		for (uint32_t k = 2; k < r->count; k++)
			named = named ||
				hd_verbs_find(&call->edge->verbs, r->words[k]) == (enum hd_verb)i;
		if (!named)
			continue;
		hd_baseline_read(call->edge, i, &seen);
		if (seen.time.count == 0)
			continue;
		histogram_write(&rows, i, &seen.time);
		shown++;
	}
	hd_value_map(&call->w, shown);
	size_t size = (size_t)(rows.at - body);
	memmove(call->w.at, body, size);
	call->w.at += size;
	call->w.full = rows.full;
}

/* The legs of all shards together, and which is the longest at p99. */
static void
doctor(struct call *call)
{
	struct page page = {
		.edge = call->edge, .text = (char *)call->edge->scratch, .room = EDGE_SCRATCH};
	uint64_t worst = 0;
	uint32_t longest = 0;
	hd_page_line(&page, "Legs of commands, all shards, since huntd began, in microseconds:");
	for (uint32_t leg = 0; leg < HD_LEG_COUNT; leg++) {
		struct hd_histogram time = {0};
		for (uint32_t i = 0; i < hd_shard_count(call->edge->shard); i++)
			hd_histogram_read(&time, &hd_shard_stats(call->edge->shard, i)->leg[leg]);
		uint64_t p99 = hd_histogram_quantile(&time, 990);
		longest = p99 > worst ? leg : longest;
		worst = p99 > worst ? p99 : worst;
		hd_page_line(&page, "  %-10s p50 %.0f, p99 %.0f, max %.0f: %s", hd_leg_names[leg],
			     us(hd_histogram_quantile(&time, 500)), us(p99), us(time.max),
			     leg_helps[leg]);
	}
	if (worst)
		hd_page_line(&page, "The longest at p99 is %s.", hd_leg_names[longest]);
	hd_page_line(&page, "By shard: INFO huntd; by command: INFO latencystats; as it happens: "
			    "hunt-trace top.");
	call->reply = (struct hd_reply){.kind = HD_REPLY_TEXT,
					.detail = hd_bytes_of(page.text, page.used)};
}

void
hd_call_help(struct call *call, const char *const *lines, uint32_t count)
{
	hd_value_array(&call->w, count);
	for (uint32_t i = 0; i < count; i++)
		hd_value_simple(&call->w, lines[i]);
}

/* Redis' latency monitor keeps events over a threshold; here nothing is an event: SLOWLOG has the
 * commands, hunt-trace the rest. */
void
hd_call_latency(struct call *call)
{
	static const char *const help[] = {
		"LATENCY <subcommand> [<arg> ...]. Subcommands are:",
		"HISTOGRAM [<command> ...]",
		"    Calls and how many took less than each bound, in microseconds.",
		"DOCTOR",
		"    Which leg of a command's way takes how long.",
		"LATEST, HISTORY <event>, RESET [<event> ...]",
		"    Of latency events, which huntd has none of: see SLOWLOG GET.",
	};
	uint32_t count = call->request->count;
	if (call_word_is(call, 1, "HISTOGRAM"))
		histogram(call);
	else if (call_word_is(call, 1, "DOCTOR") && count == 2)
		doctor(call);
	else if ((call_word_is(call, 1, "LATEST") && count == 2) ||
		 (call_word_is(call, 1, "HISTORY") && count == 3))
		hd_value_array(&call->w, 0);
	else if (call_word_is(call, 1, "RESET"))
		call->reply = (struct hd_reply){.kind = HD_REPLY_INTEGER};
	else if (call_word_is(call, 1, "HELP") && count == 2)
		hd_call_help(call, help, sizeof help / sizeof *help);
	else
		hd_call_syntax(call);
}
