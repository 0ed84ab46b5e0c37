/* INFO by sections, LATENCY and SLOWLOG. Numbers are read from every shard's page of counters,
 * which their threads go on writing: a line is a moment's value, lines need not agree with one
 * another. */
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "net/conn/inside.h"

struct page {
	struct hd_edge *edge;
	char *text;
	size_t used, room;
};

__attribute__((format(printf, 2, 3))) static void
line(struct page *page, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int size = vsnprintf(page->text + page->used, page->room - page->used, format, args);
	va_end(args);
	HD_ASSERT(size >= 0 && page->used + (size_t)size + 2 < page->room);
	page->used += (size_t)size;
	memcpy(page->text + page->used, "\r\n", 2);
	page->used += 2;
}

static unsigned long long
wide(uint64_t value)
{
	return value;
}

static void
human(struct page *page, const char *name, uint64_t bytes)
{
	static const char units[] = "BKMGT";
	uint64_t value = bytes * 100, unit = 0;
	for (; value >= 102400 && unit < 4; unit++)
		value /= 1024;
	line(page, "%s:%llu.%02llu%c", name, wide(value / 100), wide(value % 100), units[unit]);
}

static int64_t
unix_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
section_server(struct page *page)
{
	const struct hd_server_info *info = page->edge->info;
	int64_t uptime = info->started_ms ? (unix_ms() - info->started_ms) / 1000 : 0;
	const char *version = info->version ? info->version : "";
	line(page, "redis_version:7.0.0");
	line(page, "huntd_version:%s", version);
	line(page, "redis_mode:standalone");
	line(page, "os:Linux");
	line(page, "arch_bits:64");
	line(page, "multiplexing_api:io_uring");
	line(page, "process_id:%d", (int)getpid());
	line(page, "tcp_port:%u", info->port);
	line(page, "uptime_in_seconds:%lld", (long long)uptime);
	line(page, "uptime_in_days:%lld", (long long)(uptime / 86400));
	line(page, "server_time_usec:%lld", (long long)(hd_shard_clock(page->edge->shard) / 1000));
	line(page, "clock_difference_ms:%lld",
	     (long long)HD_METRIC(page->edge->metrics->clock_difference_ns) / 1000000);
}

static void
section_clients(struct page *page)
{
	struct hd_edge *edge = page->edge;
	line(page, "connected_clients:%llu", wide(EDGE_SUM(edge, connections)));
	line(page, "maxclients:%llu",
	     wide((uint64_t)edge->clients_max * hd_shard_count(edge->shard)));
	line(page, "blocked_clients:0");
	line(page, "pubsub_clients:%u", edge->subscribers);
}

/* Resident bytes of the process; 0 where /proc does not say. */
static uint64_t
resident(void)
{
	unsigned long long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (!file)
		return 0;
	int got = fscanf(file, "%*s %llu", &pages);
	fclose(file);
	return got == 1 ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void
section_memory(struct page *page)
{
	uint64_t used = EDGE_SUM(page->edge, memory_bytes), rss = resident();
	line(page, "used_memory:%llu", wide(used));
	human(page, "used_memory_human", used);
	line(page, "used_memory_rss:%llu", wide(rss));
	human(page, "used_memory_rss_human", rss);
	line(page, "maxmemory:0");
	line(page, "maxmemory_policy:noeviction");
}

/* As Redis says it: bytes of all shards, and how long it may take yet. */
static void
tell_loading(struct page *page, uint32_t percent)
{
	struct hd_edge *edge = page->edge;
	uint64_t total = EDGE_SUM(edge, loading_total_bytes);
	uint64_t loaded = EDGE_SUM(edge, loading_loaded_bytes);
	int64_t passed = edge->info->started_ms ? unix_ms() - edge->info->started_ms : 0;
	uint64_t left = total > loaded ? total - loaded : 0;
	line(page, "loading_loaded_perc:%u", percent);
	line(page, "loading_total_bytes:%llu", wide(total));
	line(page, "loading_loaded_bytes:%llu", wide(loaded));
	line(page, "loading_eta_seconds:%llu",
	     wide(loaded ? (uint64_t)passed * left / loaded / 1000 : 0));
	line(page, "loading_replayed_events:%llu", wide(EDGE_SUM(edge, replayed_total)));
}

static void
tell_snapshots(struct page *page)
{
	struct hd_edge *edge = page->edge;
	uint64_t behind = EDGE_SUM(edge, log_position), saved = EDGE_SUM(edge, snapshot_lsn);
	uint64_t longest = 0;
	for (uint32_t i = 0; i < hd_shard_count(edge->shard); i++) {
		uint64_t took = HD_METRIC(hd_shard_metrics(edge->shard, i)->snapshot_ns);
		longest = took > longest ? took : longest;
	}
	line(page, "rdb_changes_since_last_save:%llu", wide(behind > saved ? behind - saved : 0));
	line(page, "rdb_bgsave_in_progress:%d", EDGE_SUM(edge, snapshot_running) > 0);
	line(page, "rdb_last_save_time:%llu", wide(hd_session_saved_at(edge)));
	line(page, "rdb_last_bgsave_status:%s", EDGE_SUM(edge, snapshot_failed) ? "err" : "ok");
	line(page, "rdb_last_bgsave_time_sec:%llu", wide(longest / 1000000000));
	line(page, "rdb_saves:%llu", wide(EDGE_SUM(edge, snapshots_total)));
	line(page, "snapshot_failures:%llu", wide(EDGE_SUM(edge, snapshot_failures_total)));
	line(page, "snapshot_bytes:%llu", wide(EDGE_SUM(edge, snapshot_bytes)));
	line(page, "snapshot_ms:%llu", wide(longest / 1000000));
}

static void
section_persistence(struct page *page)
{
	struct hd_edge *edge = page->edge;
	const char *mode = edge->info->durability ? edge->info->durability : "";
	uint32_t percent = 0;
	bool loading = hd_shard_loading(edge->shard, &percent);
	line(page, "loading:%d", loading);
	if (loading)
		tell_loading(page, percent);
	line(page, "durability:%s", mode);
	line(page, "aof_enabled:%d", strcmp(mode, "off") != 0);
	tell_snapshots(page);
	line(page, "scrub_last_pass:%llu",
	     wide(HD_METRIC(hd_shard_metrics(edge->shard, 0)->scrub_last_pass)));
	line(page, "scrub_bytes:%llu", wide(EDGE_SUM(edge, scrub_bytes)));
	line(page, "scrub_damage_total:%llu", wide(EDGE_SUM(edge, scrub_damage_total)));
	line(page, "unflushed_bytes:%llu", wide(EDGE_SUM(edge, unflushed_bytes)));
	line(page, "log_frames_total:%llu", wide(EDGE_SUM(edge, log_frames_total)));
	line(page, "log_bytes_total:%llu", wide(EDGE_SUM(edge, log_bytes_total)));
	line(page, "log_flush_ns_total:%llu", wide(EDGE_SUM(edge, log_flush_ns_total)));
}

/* Commands a second since the last time somebody asked this shard, at least 100 ms apart. */
static uint64_t
rate(struct hd_edge *edge, uint64_t commands)
{
	int64_t passed = edge->now - edge->sample_at;
	if (passed < 100000000)
		return edge->sample_rate;
	edge->sample_rate = commands >= edge->sample_commands
				    ? (uint64_t)((double)(commands - edge->sample_commands) * 1e9 /
						 (double)passed)
				    : 0;
	edge->sample_at = edge->now;
	edge->sample_commands = commands;
	return edge->sample_rate;
}

static void
section_stats(struct page *page)
{
	struct hd_edge *edge = page->edge;
	uint64_t commands = EDGE_SUM(edge, commands_total);
	line(page, "total_connections_received:%llu", wide(EDGE_SUM(edge, connections_total)));
	line(page, "total_commands_processed:%llu", wide(commands));
	line(page, "instantaneous_ops_per_sec:%llu", wide(rate(edge, commands)));
	line(page, "total_net_input_bytes:%llu", wide(EDGE_SUM(edge, received_bytes_total)));
	line(page, "total_net_output_bytes:%llu", wide(EDGE_SUM(edge, sent_bytes_total)));
	line(page, "total_error_replies:%llu", wide(EDGE_SUM(edge, errors_total)));
	line(page, "client_output_buffer_limit_disconnections:%llu",
	     wide(EDGE_SUM(edge, connections_closed_slow_total)));
	line(page, "protocol_errors_total:%llu", wide(EDGE_SUM(edge, protocol_errors_total)));
	line(page, "keyspace_hits:0");
	line(page, "keyspace_misses:0");
	line(page, "expired_keys:0");
	line(page, "evicted_keys:0");
}

static void
section_replication(struct page *page)
{
	line(page, "role:master");
	line(page, "connected_slaves:0");
}

static void
section_cpu(struct page *page)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	line(page, "used_cpu_sys:%lld.%06lld", (long long)usage.ru_stime.tv_sec,
	     (long long)usage.ru_stime.tv_usec);
	line(page, "used_cpu_user:%lld.%06lld", (long long)usage.ru_utime.tv_sec,
	     (long long)usage.ru_utime.tv_usec);
}

static void
section_commandstats(struct page *page)
{
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++) {
		uint64_t calls = EDGE_SUM(page->edge, command_calls[i]),
			 failed = EDGE_SUM(page->edge, command_errors[i]);
		char name[32];
		size_t size = strlen(hd_command_rows[i].name);
		for (size_t k = 0; k <= size; k++) {
			char c = hd_command_rows[i].name[k];
			name[k] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
		}
		if (calls + failed)
			line(page,
			     "cmdstat_%s:calls=%llu,usec=0,usec_per_call=0.00,rejected_calls=0,"
			     "failed_calls=%llu",
			     name, wide(calls), wide(failed));
	}
}

static void
section_keyspace(struct page *page)
{
	uint64_t entrants = EDGE_SUM(page->edge, entrants);
	if (entrants)
		line(page, "db0:keys=%llu,expires=0,avg_ttl=0", wide(entrants));
}

static void
section_huntd(struct page *page)
{
	struct hd_edge *edge = page->edge;
	const struct hd_core *core = hd_shard_core(edge->shard);
	int64_t oldest = INT64_MAX, now = hd_shard_clock(edge->shard);
	for (uint32_t i = 0; i < hd_shard_count(edge->shard); i++) {
		int64_t stamp =
			(int64_t)HD_METRIC(hd_shard_metrics(edge->shard, i)->ids_oldest_stamp);
		oldest = stamp && stamp < oldest ? stamp : oldest;
	}
	line(page, "shards:%u", hd_shard_count(edge->shard));
	line(page, "shard:%u", hd_shard_number(edge->shard));
	if (edge->info->data)
		line(page, "data:%s", edge->info->data);
	line(page, "hunts:%u", hd_core_hunts(core));
	line(page, "entrants:%llu", wide(EDGE_SUM(edge, entrants)));
	line(page, "ids:%llu", wide(EDGE_SUM(edge, ids)));
	line(page, "ids_oldest_age_seconds:%lld",
	     oldest == INT64_MAX ? 0LL : (long long)((now - oldest) / 1000000000));
	line(page, "epoch:%llu", wide(hd_core_order(core)));
	line(page, "log_tail:%llu", wide(hd_shard_tail(edge->shard)));
	line(page, "log_durable:%llu", wide(hd_shard_durable(edge->shard)));
	for (uint32_t i = 0; i < hd_shard_count(edge->shard); i++) {
		struct hd_metrics *m = hd_shard_metrics(edge->shard, i);
		line(page,
		     "shard_%u:connections=%llu,commands=%llu,events=%llu,entrants=%llu,memory=%"
		     "llu",
		     i, wide(HD_METRIC(m->connections)), wide(HD_METRIC(m->commands_total)),
		     wide(HD_METRIC(m->events_total)), wide(HD_METRIC(m->entrants)),
		     wide(HD_METRIC(m->memory_bytes)));
		line(page,
		     "shard_%u_log:position=%llu,unflushed=%llu,flushes=%llu,flush_ns=%llu,bytes=%"
		     "llu",
		     i, wide(HD_METRIC(m->log_position)), wide(HD_METRIC(m->unflushed_bytes)),
		     wide(HD_METRIC(m->log_frames_total)), wide(HD_METRIC(m->log_flush_ns_total)),
		     wide(HD_METRIC(m->log_bytes_total)));
		line(page, "shard_%u_archive:oldest=%llu,log_oldest=%llu,log_segments=%llu", i,
		     wide(HD_METRIC(m->archive_oldest)), wide(HD_METRIC(m->log_oldest)),
		     wide(HD_METRIC(m->log_segments)));
	}
#define X(symbol, kind, unit, merge, name, help)                                                   \
	line(page, #symbol ":%llu", wide(EDGE_SUM(edge, symbol)));
	HD_COUNTERS(X)
#undef X
}

static const struct {
	const char *name, *title;
	void (*write)(struct page *page);
	bool usual; /* in the answer to a bare INFO */
} sections[] = {
	{"SERVER", "Server", section_server, true},
	{"CLIENTS", "Clients", section_clients, true},
	{"MEMORY", "Memory", section_memory, true},
	{"PERSISTENCE", "Persistence", section_persistence, true},
	{"STATS", "Stats", section_stats, true},
	{"REPLICATION", "Replication", section_replication, true},
	{"CPU", "CPU", section_cpu, true},
	{"COMMANDSTATS", "Commandstats", section_commandstats, false},
	{"KEYSPACE", "Keyspace", section_keyspace, true},
	{"HUNTD", "Huntd", section_huntd, true},
};

static bool
asked(const struct call *call, size_t section)
{
	if (call->request->count == 1)
		return sections[section].usual;
	for (uint32_t i = 1; i < call->request->count; i++) {
		bool all = call_word_is(call, i, "ALL") || call_word_is(call, i, "EVERYTHING");
		bool usual = call_word_is(call, i, "DEFAULT") && sections[section].usual;
		if (all || usual || call_word_is(call, i, sections[section].name))
			return true;
	}
	return false;
}

void
hd_call_info(struct call *call)
{
	struct page page = {
		.edge = call->edge, .text = (char *)call->edge->scratch, .room = EDGE_SCRATCH};
	for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
		if (!asked(call, i))
			continue;
		if (page.used)
			line(&page, "%s", "");
		line(&page, "# %s", sections[i].title);
		sections[i].write(&page);
	}
	call->reply = (struct hd_reply){.kind = HD_REPLY_TEXT,
					.detail = hd_bytes_of(page.text, page.used)};
}

/* Calls by command; times are not measured per command yet, so the histograms are empty. */
void
hd_call_latency(struct call *call)
{
	const struct hd_request *r = call->request;
	if (!call_word_is(call, 1, "HISTOGRAM")) {
		hd_call_syntax(call);
		return;
	}
	uint32_t shown = 0;
	bool show[HD_CMD_COUNT_] = {false};
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++) {
		bool named = r->count == 2;
		for (uint32_t k = 2; k < r->count; k++)
			named = named ||
				hd_verbs_find(&call->edge->verbs, r->words[k]) == (enum hd_verb)i;
		show[i] = named && EDGE_SUM(call->edge, command_calls[i]);
		shown += show[i];
	}
	hd_value_map(&call->w, shown);
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++) {
		if (!show[i])
			continue;
		hd_value_text(&call->w, hd_command_rows[i].name);
		hd_value_map(&call->w, 2);
		hd_value_text(&call->w, "calls");
		hd_value_int(&call->w, (int64_t)EDGE_SUM(call->edge, command_calls[i]));
		hd_value_text(&call->w, "histogram_usec");
		hd_value_map(&call->w, 0);
	}
}

/* No command is slow enough to be kept: a shard's work per command is bounded. */
void
hd_call_slowlog(struct call *call)
{
	if (call_word_is(call, 1, "GET"))
		hd_value_array(&call->w, 0);
	else if (call_word_is(call, 1, "LEN"))
		call->reply = (struct hd_reply){.kind = HD_REPLY_INTEGER};
	else if (call_word_is(call, 1, "RESET"))
		hd_call_ok(call);
	else
		hd_call_syntax(call);
}
