/* INFO by sections. Numbers are read from every shard's page of counters,
 * which their threads go on writing: a line is a moment's value, lines need not agree with one
 * another. */
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "net/conn/calls/calls.h"

void
hd_page_line(struct page *page, const char *format, ...)
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

static void
human(struct page *page, const char *name, uint64_t bytes)
{
	static const char units[] = "BKMGT";
	uint64_t value = bytes * 100, unit = 0;
	for (; value >= 102400 && unit < 4; unit++)
		value /= 1024;
	hd_page_line(page, "%s:%llu.%02llu%c", name, wide(value / 100), wide(value % 100),
		     units[unit]);
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
	hd_page_line(page, "redis_version:7.0.0");
	hd_page_line(page, "huntd_version:%s", version);
	hd_page_line(page, "redis_mode:standalone");
	hd_page_line(page, "os:Linux");
	hd_page_line(page, "arch_bits:64");
	hd_page_line(page, "multiplexing_api:io_uring");
	hd_page_line(page, "process_id:%d", (int)getpid());
	hd_page_line(page, "tcp_port:%u", info->port);
	hd_page_line(page, "uptime_in_seconds:%lld", (long long)uptime);
	hd_page_line(page, "uptime_in_days:%lld", (long long)(uptime / 86400));
	hd_page_line(page, "server_time_usec:%lld",
		     (long long)(hd_shard_clock(page->edge->shard) / 1000));
	hd_page_line(page, "clock_difference_ms:%lld",
		     (long long)HD_METRIC(page->edge->metrics->clock_difference_ns) / 1000000);
}

static void
section_clients(struct page *page)
{
	struct hd_edge *edge = page->edge;
	hd_page_line(page, "connected_clients:%llu", wide(EDGE_SUM(edge, connections)));
	hd_page_line(page, "maxclients:%llu",
		     wide((uint64_t)edge->clients_max * hd_shard_count(edge->shard)));
	hd_page_line(page, "blocked_clients:0");
	hd_page_line(page, "pubsub_clients:%u", edge->subscribers);
	hd_page_line(page, "connections_held:%llu", wide(EDGE_SUM(edge, connections_held)));
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
	hd_page_line(page, "used_memory:%llu", wide(used));
	human(page, "used_memory_human", used);
	/* What the state takes; what serves it, beside it. */
	hd_page_line(page,
		     "used_memory_beside:connections=%llu,log=%llu,mail=%llu,puzzles=%llu,"
		     "seen=%llu",
		     wide(EDGE_SUM(page->edge, memory_edge_bytes)),
		     wide(EDGE_SUM(page->edge, memory_log_bytes)),
		     wide(EDGE_SUM(page->edge, memory_mail_bytes)),
		     wide(EDGE_SUM(page->edge, memory_puzzle_bytes)),
		     wide(EDGE_SUM(page->edge, memory_seen_bytes)));
	hd_page_line(page, "used_memory_rss:%llu", wide(rss));
	human(page, "used_memory_rss_human", rss);
	hd_page_line(page, "maxmemory:0");
	hd_page_line(page, "maxmemory_policy:noeviction");
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
	hd_page_line(page, "loading_loaded_perc:%u", percent);
	hd_page_line(page, "loading_total_bytes:%llu", wide(total));
	hd_page_line(page, "loading_loaded_bytes:%llu", wide(loaded));
	hd_page_line(page, "loading_eta_seconds:%llu",
		     wide(loaded ? (uint64_t)passed * left / loaded / 1000 : 0));
	hd_page_line(page, "loading_replayed_events:%llu", wide(EDGE_SUM(edge, replayed_total)));
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
	hd_page_line(page, "rdb_changes_since_last_save:%llu",
		     wide(behind > saved ? behind - saved : 0));
	hd_page_line(page, "rdb_bgsave_in_progress:%d", EDGE_SUM(edge, snapshot_running) > 0);
	hd_page_line(page, "rdb_last_save_time:%llu", wide(hd_session_saved_at(edge)));
	hd_page_line(page, "rdb_last_bgsave_status:%s",
		     EDGE_SUM(edge, snapshot_failed) ? "err" : "ok");
	hd_page_line(page, "rdb_last_bgsave_time_sec:%llu", wide(longest / 1000000000));
	hd_page_line(page, "rdb_saves:%llu", wide(EDGE_SUM(edge, snapshots_total)));
	hd_page_line(page, "snapshot_failures:%llu", wide(EDGE_SUM(edge, snapshot_failures_total)));
	hd_page_line(page, "snapshot_bytes:%llu", wide(EDGE_SUM(edge, snapshot_bytes)));
	hd_page_line(page, "snapshot_ms:%llu", wide(longest / 1000000));
}

static void
section_persistence(struct page *page)
{
	struct hd_edge *edge = page->edge;
	const char *mode = edge->info->durability ? edge->info->durability : "";
	uint32_t percent = 0;
	bool loading = hd_shard_loading(edge->shard, &percent);
	hd_page_line(page, "loading:%d", loading);
	if (loading)
		tell_loading(page, percent);
	hd_page_line(page, "durability:%s", mode);
	hd_page_line(page, "aof_enabled:%d", strcmp(mode, "off") != 0);
	tell_snapshots(page);
	hd_page_line(page, "scrub_last_pass:%llu",
		     wide(HD_METRIC(hd_shard_metrics(edge->shard, 0)->scrub_last_pass)));
	hd_page_line(page, "scrub_bytes:%llu", wide(EDGE_SUM(edge, scrub_bytes)));
	hd_page_line(page, "scrub_damage_total:%llu", wide(EDGE_SUM(edge, scrub_damage_total)));
	hd_page_line(page, "unflushed_bytes:%llu", wide(EDGE_SUM(edge, unflushed_bytes)));
	hd_page_line(page, "log_frames_total:%llu", wide(EDGE_SUM(edge, log_frames_total)));
	hd_page_line(page, "log_bytes_total:%llu", wide(EDGE_SUM(edge, log_bytes_total)));
	hd_page_line(page, "log_flush_ns_total:%llu", wide(EDGE_SUM(edge, log_flush_ns_total)));
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
	hd_page_line(page, "total_connections_received:%llu",
		     wide(EDGE_SUM(edge, connections_total)));
	hd_page_line(page, "total_commands_processed:%llu", wide(commands));
	hd_page_line(page, "instantaneous_ops_per_sec:%llu", wide(rate(edge, commands)));
	hd_page_line(page, "total_net_input_bytes:%llu",
		     wide(EDGE_SUM(edge, received_bytes_total)));
	hd_page_line(page, "total_net_output_bytes:%llu", wide(EDGE_SUM(edge, sent_bytes_total)));
	hd_page_line(page, "total_error_replies:%llu", wide(EDGE_SUM(edge, errors_total)));
	hd_page_line(page, "client_output_buffer_limit_disconnections:%llu",
		     wide(EDGE_SUM(edge, connections_closed_slow_total)));
	hd_page_line(page, "protocol_errors_total:%llu",
		     wide(EDGE_SUM(edge, protocol_errors_total)));
	hd_page_line(page, "keyspace_hits:0");
	hd_page_line(page, "keyspace_misses:0");
	hd_page_line(page, "expired_keys:0");
	hd_page_line(page, "evicted_keys:0");
}

static void
section_replication(struct page *page)
{
	hd_page_line(page, "role:master");
	hd_page_line(page, "connected_slaves:0");
}

static void
section_cpu(struct page *page)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	hd_page_line(page, "used_cpu_sys:%lld.%06lld", (long long)usage.ru_stime.tv_sec,
		     (long long)usage.ru_stime.tv_usec);
	hd_page_line(page, "used_cpu_user:%lld.%06lld", (long long)usage.ru_utime.tv_sec,
		     (long long)usage.ru_utime.tv_usec);
}

static void
section_keyspace(struct page *page)
{
	uint64_t entrants = EDGE_SUM(page->edge, entrants);
	if (entrants)
		hd_page_line(page, "db0:keys=%llu,expires=0,avg_ttl=0", wide(entrants));
}

static void
section_puzzles(struct page *page)
{
	struct hd_edge *edge = page->edge;
	uint64_t idle = EDGE_SUM(edge, forge_idle_ns_total);
	uint64_t nice = EDGE_SUM(edge, forge_nice_ns_total);
	uint64_t here = EDGE_SUM(edge, puzzle_slices_ns_total);
	hd_page_line(page, "puzzles_dealt:%llu", wide(EDGE_SUM(edge, puzzle_deals_total)));
	hd_page_line(page, "puzzles_made:%llu", wide(EDGE_SUM(edge, puzzle_made_total)));
	hd_page_line(page, "puzzles_missed:%llu", wide(EDGE_SUM(edge, puzzle_missed_total)));
	hd_page_line(page, "puzzles_refuted:%llu", wide(EDGE_SUM(edge, puzzle_refuted_total)));
	hd_page_line(page, "puzzle_pools:%llu", wide(EDGE_SUM(edge, puzzle_pools)));
	hd_page_line(page, "puzzles_ready:%llu", wide(EDGE_SUM(edge, puzzle_ready)));
	hd_page_line(page, "puzzles_low_water:%llu", wide(EDGE_SUM(edge, puzzle_low_water)));
	hd_page_line(page, "puzzles_waiting:%llu", wide(EDGE_SUM(edge, puzzle_waiting)));
	hd_page_line(page, "puzzle_waits:%llu", wide(EDGE_SUM(edge, puzzle_waits_total)));
	hd_page_line(page, "puzzle_busy:%llu", wide(EDGE_SUM(edge, puzzle_busy_total)));
	hd_page_line(page, "puzzles_cached:%llu", wide(EDGE_SUM(edge, puzzle_cached)));
	hd_page_line(page, "puzzle_cache_hits:%llu", wide(EDGE_SUM(edge, puzzle_cache_hits_total)));
	hd_page_line(page, "puzzle_bytes:%llu", wide(EDGE_SUM(edge, memory_puzzle_bytes)));
	hd_page_line(page, "forge_cpu_ms:idle=%llu,nice=%llu,shards=%llu", wide(idle / 1000000),
		     wide(nice / 1000000), wide(here / 1000000));
}

/* All shards' sum, or where numbers do not add up each shard's, in their order. */
static void
counter(struct page *page, const char *name, size_t at, enum hd_metric_merge merge)
{
	struct hd_shard *shard = page->edge->shard;
	char each[HD_SHARDS_MAX * 24] = "";
	uint64_t sum = 0;
	for (uint32_t i = 0, used = 0; i < hd_shard_count(shard); i++) {
		const char *row = (const char *)hd_shard_metrics(shard, i) + at;
		uint64_t value = HD_METRIC(*(const _Atomic uint64_t *)(const void *)row);
		sum += value;
		used += (uint32_t)snprintf(each + used, sizeof each - used, "%s%lld",
					   i > 0 ? "," : "", (long long)value);
	}
	if (merge == HD_MERGE_SUM)
		hd_page_line(page, "%s:%llu", name, wide(sum));
	else
		hd_page_line(page, "%s:%s", name, each);
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
	hd_page_line(page, "shards:%u", hd_shard_count(edge->shard));
	hd_page_line(page, "shard:%u", hd_shard_number(edge->shard));
	if (edge->info->data)
		hd_page_line(page, "data:%s", edge->info->data);
	hd_page_line(page, "hunts:%u", hd_core_hunts(core));
	hd_page_line(page, "entrants:%llu", wide(EDGE_SUM(edge, entrants)));
	hd_page_line(page, "ids:%llu", wide(EDGE_SUM(edge, ids)));
	hd_page_line(page, "ids_oldest_age_seconds:%lld",
		     oldest == INT64_MAX ? 0LL : (long long)((now - oldest) / 1000000000));
	hd_page_line(page, "epoch:%llu", wide(hd_core_order(core)));
	hd_page_line(page, "log_tail:%llu", wide(hd_shard_tail(edge->shard)));
	hd_page_line(page, "log_durable:%llu", wide(hd_shard_durable(edge->shard)));
	for (uint32_t i = 0; i < hd_shard_count(edge->shard); i++) {
		struct hd_metrics *m = hd_shard_metrics(edge->shard, i);
		hd_page_line(
			page,
			"shard_%u:connections=%llu,commands=%llu,events=%llu,entrants=%llu,memory=%"
			"llu",
			i, wide(HD_METRIC(m->connections)), wide(HD_METRIC(m->commands_total)),
			wide(HD_METRIC(m->events_total)), wide(HD_METRIC(m->entrants)),
			wide(HD_METRIC(m->memory_bytes)));
		hd_page_line(page,
			     "shard_%u_log:position=%llu,unflushed=%llu,flushes=%llu,flush_ns=%llu,"
			     "bytes=%"
			     "llu",
			     i, wide(HD_METRIC(m->log_position)),
			     wide(HD_METRIC(m->unflushed_bytes)),
			     wide(HD_METRIC(m->log_frames_total)),
			     wide(HD_METRIC(m->log_flush_ns_total)),
			     wide(HD_METRIC(m->log_bytes_total)));
		hd_page_line(page, "shard_%u_archive:oldest=%llu,log_oldest=%llu,log_segments=%llu",
			     i, wide(HD_METRIC(m->archive_oldest)), wide(HD_METRIC(m->log_oldest)),
			     wide(HD_METRIC(m->log_segments)));
	}
#define X(symbol, kind, unit, merge, name, help)                                                   \
	counter(page, #symbol, offsetof(struct hd_metrics, symbol), HD_MERGE_##merge);
	HD_COUNTERS(X)
#undef X
	hd_latency_legs(page);
	hd_latency_sizes(page);
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
	{"COMMANDSTATS", "Commandstats", hd_latency_commandstats, false},
	{"LATENCYSTATS", "Latencystats", hd_latency_latencystats, false},
	{"PUZZLES", "Puzzles", section_puzzles, true},
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
			hd_page_line(&page, "%s", "");
		hd_page_line(&page, "# %s", sections[i].title);
		sections[i].write(&page);
	}
	call->reply = (struct hd_reply){.kind = HD_REPLY_TEXT,
					.detail = hd_bytes_of(page.text, page.used)};
}
