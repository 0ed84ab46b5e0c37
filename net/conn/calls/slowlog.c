/* SLOWLOG: the newest slow commands of all shards, each with the legs of its way. */
#include <stdio.h>
#include <stdlib.h>

#include "net/conn/calls/calls.h"

#define SHOWN 10 /* GET without a number */

struct slow_list {
	struct hd_slow *at;
	uint32_t count, room;
};

/* Newest first. */
static int
compare(const void *a, const void *b)
{
	const struct hd_slow *x = a, *y = b;
	if (x->unix_us != y->unix_us)
		return x->unix_us < y->unix_us ? 1 : -1;
	return (x->id < y->id) - (x->id > y->id);
}

/* The newest `most` of all shards, and never more than slowlog-max-len. */
static struct slow_list
collect(struct call *call, uint32_t most)
{
	struct hd_shard *shard = call->edge->shard;
	uint32_t kept =
		atomic_load_explicit(&hd_shard_tuning(shard)->slow_kept, memory_order_relaxed);
	uint32_t each = most < kept ? most : kept;
	struct slow_list list = {0};
	size_t size = (size_t)hd_shard_count(shard) * each * sizeof *list.at;
	list.at = (void *)hd_buffers_take(&call->edge->buffers, size, &list.room);
	for (uint32_t i = 0; i < hd_shard_count(shard); i++)
		list.count += hd_slowlog_read(hd_shard_slowlog(shard, i), kept,
					      list.at + list.count, each);
	if (list.count > 1)
		qsort(list.at, list.count, sizeof *list.at, compare);
	if (list.count > each)
		list.count = each;
	return list;
}

static void
list_free(struct call *call, struct slow_list *list)
{
	hd_buffers_give(&call->edge->buffers, list->at, list->room);
}

/* What no leg of its client's shard has: it was on another shard, or waited for one. A connection's
 * own goes no legs, and nowhere. */
static uint64_t
elsewhere_ns(const struct hd_slow *slow)
{
	if (hd_command_rows[slow->verb].route == HD_ROUTE_EDGE)
		return 0;
	uint64_t legs = 0, total = (uint64_t)slow->total_ns;
	for (uint32_t i = 0; i < HD_LEG_COUNT; i++)
		legs += slow->leg_ns[i];
	return total > legs ? total - legs : 0;
}

static void
leg_write(struct hd_writer *w, const char *name, uint64_t ns)
{
	char text[48];
	if (ns < 1000)
		return;
	snprintf(text, sizeof text, "%s=%lluus", name, wide(ns / 1000));
	hd_value_text(w, text);
}

/* The command, its key, and the legs that took a microsecond or more. */
static void
words_write(struct hd_writer *w, const struct hd_slow *slow)
{
	uint64_t elsewhere = elsewhere_ns(slow);
	uint32_t words = 1 + (slow->key[0] ? 1u : 0u) + (elsewhere >= 1000 ? 1u : 0u);
	for (uint32_t i = 0; i < HD_LEG_COUNT; i++)
		words += slow->leg_ns[i] >= 1000;
	hd_value_array(w, words);
	hd_value_text(w, hd_command_rows[slow->verb].name);
	if (slow->key[0])
		hd_value_bulk(w, hd_bytes_of(slow->key, strnlen(slow->key, HD_TRACE_KEY)));
	for (uint32_t i = 0; i < HD_LEG_COUNT; i++)
		leg_write(w, hd_leg_names[i], slow->leg_ns[i]);
	leg_write(w, "elsewhere", elsewhere);
}

static void
get(struct call *call)
{
	int64_t most = SHOWN;
	if (call->request->count == 3 &&
	    (!hd_args_integer(call->request->words[2], &most) || most < -1)) {
		hd_call_error(call, HD_ERR_SYNTAX, "count should be greater than or equal to -1");
		return;
	}
	bool all = most == -1 || most > HD_SLOW_MAX;
	struct slow_list list = collect(call, all ? HD_SLOW_MAX : (uint32_t)most);
	hd_value_array(&call->w, list.count);
	for (uint32_t i = 0; i < list.count; i++) {
		const struct hd_slow *slow = &list.at[i];
		hd_value_array(&call->w, 6);
		hd_value_int(&call->w, (int64_t)slow->id);
		hd_value_int(&call->w, slow->unix_us / 1000000);
		hd_value_int(&call->w, slow->total_ns / 1000);
		words_write(&call->w, slow);
		hd_value_text(&call->w, slow->client);
		hd_value_text(&call->w, slow->name);
	}
	list_free(call, &list);
}

static void
length(struct call *call)
{
	struct slow_list list = collect(call, HD_SLOW_MAX);
	call->reply = (struct hd_reply){.kind = HD_REPLY_INTEGER, .points = list.count};
	list_free(call, &list);
}

static void
reset(struct call *call)
{
	for (uint32_t i = 0; i < hd_shard_count(call->edge->shard); i++)
		hd_slowlog_reset(hd_shard_slowlog(call->edge->shard, i));
	hd_call_ok(call);
}

void
hd_call_slowlog(struct call *call)
{
	static const char *const help[] = {
		"SLOWLOG <subcommand> [<arg> ...]. Subcommands are:",
		"GET [<count>]",
		"    The newest slow commands, newest first (10; -1: all). Each is: id, unix",
		"    seconds, microseconds, [command, key, leg=time ...], client, its name.",
		"    Legs are those of INFO huntd; elsewhere: on another shard, or waiting for it.",
		"LEN",
		"    How many are kept (slowlog-max-len).",
		"RESET",
		"    Forget them.",
	};
	uint32_t count = call->request->count;
	if (call_word_is(call, 1, "GET") && count <= 3)
		get(call);
	else if (call_word_is(call, 1, "LEN") && count == 2)
		length(call);
	else if (call_word_is(call, 1, "RESET") && count == 2)
		reset(call);
	else if (call_word_is(call, 1, "HELP") && count == 2)
		hd_call_help(call, help, sizeof help / sizeof *help);
	else
		hd_call_syntax(call);
}
