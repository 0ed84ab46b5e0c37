/* CONFIG: huntd's own settings through the interface that main gives, and the few names that Redis
 * tools ask every server for. */
#include <stdio.h>

#include "net/conn/calls/calls.h"

struct pairs {
	struct hd_writer w;
	uint32_t count;
	struct hd_bytes pattern;
};

static void
pair_write(void *to, const char *name, const char *value)
{
	struct pairs *pairs = to;
	hd_value_text(&pairs->w, name);
	hd_value_text(&pairs->w, value);
	pairs->count++;
}

static void
setting_write(void *to, const char *name, const char *value)
{
	const struct pairs *pairs = to;
	if (hd_glob(pairs->pattern, hd_bytes_str(name)))
		pair_write(to, name, value);
}

/* redis-benchmark and exporters ask for these. */
static void
compatible(struct call *call, struct hd_bytes pattern, struct pairs *pairs)
{
	char clients[24];
	/* Of the whole server, as INFO says it; clients.max is of one shard. */
	snprintf(clients, sizeof clients, "%llu",
		 (unsigned long long)call->edge->clients_max * hd_shard_count(call->edge->shard));
	const char *durability = call->edge->info->durability;
	const char *rows[][2] = {
		{"save", ""},
		{"appendonly", durability && strcmp(durability, "off") == 0 ? "no" : "yes"},
		{"databases", "1"},
		{"maxclients", clients},
		{"maxmemory", "0"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (hd_glob(pattern, hd_bytes_str(rows[i][0])))
			pair_write(pairs, rows[i][0], rows[i][1]);
}

static void
get(struct call *call)
{
	const struct hd_server_info *info = call->edge->info;
	/* The count comes first, so the pairs are made behind the room for it. */
	struct pairs pairs = {hd_writer_of(call->w.at + 16, EDGE_SCRATCH - 16), 0, {0}};
	uint8_t *body = pairs.w.at;
	for (uint32_t i = 2; i < call->request->count; i++) {
		struct hd_bytes word = call->request->words[i];
		compatible(call, word, &pairs);
		pairs.pattern = word;
		if (info->settings)
			info->settings->get(info->context, setting_write, &pairs);
	}
	hd_value_map(&call->w, pairs.count);
	size_t size = (size_t)(pairs.w.at - body);
	memmove(call->w.at, body, size);
	call->w.at += size;
	call->w.full = pairs.w.full;
}

static void
set(struct call *call)
{
	const struct hd_server_info *info = call->edge->info;
	const struct hd_bytes *words = call->request->words + 2;
	char message[160];
	snprintf(message, sizeof message,
		 "Unknown option or number of arguments for CONFIG SET - '%.*s'",
		 words->size < 63 ? (int)words->size : 63, (const char *)words->at);
	if (info->settings && info->settings->set(info->context, words, call->request->count - 2,
						  message, sizeof message))
		hd_call_ok(call);
	else
		hd_call_error(call, HD_ERR_SYNTAX, message);
}

/* Of commands, for all shards; the longest passes are this shard's. */
static void
resetstat(struct call *call)
{
	struct hd_metrics *metrics = call->edge->metrics;
	if (!call->edge->info->baseline) {
		hd_call_error(call, HD_ERR_UNSUPPORTED, "RESETSTAT is not offered here");
		return;
	}
	hd_baseline_set(call->edge);
	HD_GAUGE(metrics->snapshot_slice_ns_max, 0);
	HD_GAUGE(metrics->snapshot_pass_ns_max, 0);
	hd_call_ok(call);
}

void
hd_call_config(struct call *call)
{
	uint32_t count = call->request->count;
	if (call_word_is(call, 1, "GET") && count >= 3)
		get(call);
	else if (call_word_is(call, 1, "SET") && count >= 4 && count % 2 == 0)
		set(call);
	else if (call_word_is(call, 1, "RESETSTAT") && count == 2)
		resetstat(call);
	else if (call_word_is(call, 1, "REWRITE"))
		hd_call_error(call, HD_ERR_UNSUPPORTED,
			      "CONFIG REWRITE is not offered: settings live in huntd.yaml");
	else
		hd_call_syntax(call);
}
