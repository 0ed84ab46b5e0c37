#include "net/ctl/rates.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t
monotonic_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* INFO's text. */

static json_t *
scalar(const char *text, size_t size)
{
	char word[32], *end;
	if (size > 0 && size < sizeof word) {
		snprintf(word, sizeof word, "%.*s", (int)size, text);
		long long number = strtoll(word, &end, 10);
		if (!*end)
			return json_integer(number);
	}
	return hd_client_text(hd_bytes_of(text, size));
}

static json_t *
pairs(const char *text, size_t size)
{
	json_t *object = json_object();
	for (const char *at = text, *end = text + size; at < end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;
		const char *equals = memchr(at, '=', (size_t)(stop - at));
		char name[64];
		if (equals) {
			snprintf(name, sizeof name, "%.*s", (int)(equals - at), at);
			json_object_set_new(object, name,
					    scalar(equals + 1, (size_t)(stop - equals) - 1));
		}
		at = stop + 1;
	}
	return object;
}

static json_t *
parse(const char *text)
{
	json_t *info = json_object();
	while (*text) {
		size_t size = strcspn(text, "\r\n");
		const char *colon = memchr(text, ':', size);
		char name[64];
		if (colon && *text != '#') {
			size_t left = size - (size_t)(colon + 1 - text);
			bool many = memchr(colon, '=', left + 1) != NULL;
			snprintf(name, sizeof name, "%.*s", (int)(colon - text), text);
			json_object_set_new(info, name,
					    many ? pairs(colon + 1, left)
						 : scalar(colon + 1, left));
		}
		text += size;
		text += strspn(text, "\r\n");
	}
	json_object_set_new(info, "sampled_ms", json_integer(monotonic_ms()));
	return info;
}

json_t *
hd_ctl_info(struct hd_ctl *ctl, bool quiet)
{
	static const char *const words[] = {"INFO", NULL};
	json_t *text = quiet ? hd_client_ask(ctl->client, words) : hd_ctl_ask(ctl, words);
	json_t *info = json_is_string(text) ? parse(json_string_value(text)) : NULL;
	json_decref(text);
	return info;
}

/* Facts. */

int64_t
hd_ctl_number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static int64_t
grown(const json_t *before, const json_t *after, const char *name)
{
	int64_t more = hd_ctl_number(after, name) - hd_ctl_number(before, name);
	return more > 0 ? more : 0;
}

static json_t *
per_second(const json_t *before, const json_t *after, const char *name, int64_t ms)
{
	return json_integer(grown(before, after, name) * 1000 / (ms > 0 ? ms : 1));
}

static void
copy(json_t *facts, const char *name, const json_t *info, const char *from)
{
	json_t *value = json_object_get(info, from);
	if (value)
		json_object_set(facts, name, value);
}

/* The mean time of the flushes between two samples. */
static json_t *
mean_us(const json_t *before, const json_t *after, const char *ns, const char *flushes)
{
	int64_t count = grown(before, after, flushes);
	return json_integer(count ? grown(before, after, ns) / 1000 / count : 0);
}

/* INFO's lines of one shard: shard_N and shard_N_log. */
static const json_t *
shard_line(const json_t *info, int number, const char *rest)
{
	char name[48];
	snprintf(name, sizeof name, "shard_%d%s", number, rest);
	return json_object_get(info, name);
}

static json_t *
shard_fact(int number, const json_t *before, const json_t *after, int64_t ms)
{
	const json_t *was = shard_line(before, number, ""), *is = shard_line(after, number, "");
	const json_t *log_was = shard_line(before, number, "_log");
	const json_t *log_is = shard_line(after, number, "_log");
	json_t *fact = json_object();
	json_object_set_new(fact, "shard", json_integer(number));
	json_object_set_new(fact, "commands_per_s", per_second(was, is, "commands", ms));
	json_object_set_new(fact, "events_per_s", per_second(was, is, "events", ms));
	copy(fact, "connections", is, "connections");
	copy(fact, "entrants", is, "entrants");
	copy(fact, "log_position", log_is, "position");
	json_object_set_new(fact, "flush_us", mean_us(log_was, log_is, "flush_ns", "flushes"));
	copy(fact, "unflushed_bytes", log_is, "unflushed");
	copy(fact, "memory_bytes", is, "memory");
	return fact;
}

static json_t *
shard_facts(const json_t *before, const json_t *after, int64_t ms)
{
	json_t *facts = json_array();
	for (int i = 0; shard_line(after, i, ""); i++)
		json_array_append_new(facts, shard_fact(i, before, after, ms));
	return facts;
}

/* Where a hunt has some. */
static void
puzzle_facts(json_t *facts, const json_t *after)
{
	if (hd_ctl_number(after, "puzzles_dealt") + hd_ctl_number(after, "puzzle_pools") == 0)
		return;
	copy(facts, "puzzles_dealt", after, "puzzles_dealt");
	copy(facts, "puzzles_ready", after, "puzzles_ready");
	copy(facts, "puzzles_waiting", after, "puzzles_waiting");
	copy(facts, "puzzles_bytes", after, "puzzle_bytes");
}

json_t *
hd_ctl_facts(const json_t *before, const json_t *after)
{
	json_t *facts = json_object();
	int64_t ms = hd_ctl_number(after, "sampled_ms") - hd_ctl_number(before, "sampled_ms");
	copy(facts, "version", after, "huntd_version");
	copy(facts, "durability", after, "durability");
	copy(facts, "uptime_s", after, "uptime_in_seconds");
	copy(facts, "data", after, "data");
	copy(facts, "shards", after, "shards");
	copy(facts, "hunts", after, "hunts");
	copy(facts, "entrants", after, "entrants");
	copy(facts, "connections", after, "connected_clients");
	json_object_set_new(facts, "commands_per_s",
			    per_second(before, after, "commands_total", ms));
	json_object_set_new(facts, "events_per_s", per_second(before, after, "events_total", ms));
	json_object_set_new(facts, "errors_per_s", per_second(before, after, "errors_total", ms));
	json_object_set_new(facts, "flushes_per_s",
			    per_second(before, after, "log_frames_total", ms));
	json_object_set_new(facts, "flush_us",
			    mean_us(before, after, "log_flush_ns_total", "log_frames_total"));
	copy(facts, "unflushed_bytes", after, "unflushed_bytes");
	copy(facts, "memory_bytes", after, "used_memory");
	copy(facts, "resident_bytes", after, "used_memory_rss");
	puzzle_facts(facts, after);
	copy(facts, "events_total", after, "events_total");
	copy(facts, "replayed_total", after, "replayed_total");
	copy(facts, "order", after, "epoch");
	json_object_set_new(facts, "shard", shard_facts(before, after, ms));
	return facts;
}
