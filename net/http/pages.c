#include "net/http/pages.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "huntd/assert.h"
#include "net/http/metrics.h"

#define PLAIN "text/plain; charset=utf-8"

static const char *const paths[] = {
#define X(symbol, path, help) path,
	HD_PAGES(X)
#undef X
};

enum hd_page
hd_page_find(struct hd_bytes path)
{
	for (uint32_t i = 0; i < HD_PAGE_NONE; i++)
		if (hd_bytes_equal(path, hd_bytes_str(paths[i])))
			return (enum hd_page)i;
	return HD_PAGE_NONE;
}

size_t
hd_page_bytes(uint32_t shards)
{
	return hd_metrics_bytes(HD_METRICS_EACH, shards);
}

__attribute__((format(printf, 2, 3))) static void
say(struct hd_writer *out, const char *format, ...)
{
	va_list arguments;
	size_t room = (size_t)(out->end - out->at);
	va_start(arguments, format);
	int size = vsnprintf((char *)out->at, room, format, arguments);
	va_end(arguments);
	HD_ASSERT(size >= 0 && (size_t)size < room);
	out->at += size;
}

static struct hd_page_made
write_metrics(enum hd_metrics_view view, const struct hd_stats_page *stats,
	      enum hd_text_format format, struct hd_writer *out)
{
	static const char *const types[] = {
		[HD_TEXT_PLAIN] = "text/plain; version=0.0.4; charset=utf-8",
		[HD_TEXT_OPEN] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	};
	struct hd_text text = {.out = *out, .format = (uint8_t)format};
	struct hd_process process;
	hd_process_read(&process);
	hd_metrics_write(&text, view, stats, &process);
	HD_ASSERT(!text.out.full);
	*out = text.out;
	return (struct hd_page_made){200, types[format]};
}

/* Control's watchdog says which shards stand still (shard/health). */
static struct hd_page_made
write_health(const struct hd_stats_page *stats, struct hd_writer *out)
{
	static const char *const stages[] = {
#define X(symbol, name) name,
		HD_STAGES(X)
#undef X
	};
	struct hd_page_made made = {200, PLAIN};
	for (uint32_t i = 0; i < stats->shards; i++) {
		const struct hd_shard_stats *shard = &stats->shard[i];
		uint8_t stage = atomic_load_explicit(&shard->pulse.stage, memory_order_relaxed);
		if (HD_METRIC(shard->metrics.stalled) == 0)
			continue;
		made.status = 503;
		say(out, "shard %u stands still: in %s for over %u ms\n", i,
		    stages[stage % HD_STAGE_COUNT], HD_STALL_MS);
	}
	if (made.status == 200)
		say(out, "ok\n");
	return made;
}

/* Of all that is to be read at start, in whole percent. */
static uint32_t
percent_loaded(const struct hd_stats_page *stats)
{
	uint64_t total = 0, loaded = 0;
	for (uint32_t i = 0; i < stats->shards; i++) {
		total += HD_METRIC(stats->shard[i].metrics.loading_total_bytes);
		loaded += HD_METRIC(stats->shard[i].metrics.loading_loaded_bytes);
	}
	if (total == 0)
		return 0;
	return loaded < total ? (uint32_t)((double)loaded * 100 / (double)total) : 100;
}

static struct hd_page_made
write_ready(const struct hd_stats_page *stats, struct hd_writer *out)
{
	switch (atomic_load_explicit(&stats->state, memory_order_relaxed)) {
	case HD_SERVER_SERVING:
		say(out, "ok\n");
		return (struct hd_page_made){200, PLAIN};
	case HD_SERVER_ENDING:
		say(out, "ending: what is under way is finished\n");
		break;
	default:
		say(out, "loading: %u %% of snapshots and logs are read\n", percent_loaded(stats));
		break;
	}
	return (struct hd_page_made){503, PLAIN};
}

static struct hd_page_made
write_version(const struct hd_stats_page *stats, struct hd_writer *out)
{
	time_t started = (time_t)(stats->started_ms / 1000);
	struct tm at;
	char when[32];
	gmtime_r(&started, &at);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &at);
	say(out, "{\"name\":\"huntd\",\"version\":\"%.*s\",\"commit\":\"%.*s\",\"build_id\":\"",
	    (int)strnlen(stats->version, sizeof stats->version), stats->version,
	    (int)strnlen(stats->build, sizeof stats->build), stats->build);
	uint32_t size = sizeof stats->build_id;
	while (size > 0 && stats->build_id[size - 1] == 0)
		size--;
	for (uint32_t i = 0; i < size; i++)
		say(out, "%02x", stats->build_id[i]);
	say(out, "\",\"started\":\"%s.%03uZ\",\"pid\":%u,\"shards\":%u}\n", when,
	    (uint32_t)(stats->started_ms % 1000), stats->pid, stats->shards);
	return (struct hd_page_made){200, "application/json"};
}

static struct hd_page_made
write_index(const struct hd_stats_page *stats, struct hd_writer *out)
{
	say(out, "huntd %.*s\n\n", (int)strnlen(stats->version, sizeof stats->version),
	    stats->version);
#define X(symbol, path, help) say(out, "%-17s %s\n", path, help);
	HD_PAGES(X)
#undef X
	return (struct hd_page_made){200, PLAIN};
}

struct hd_page_made
hd_page_write(enum hd_page page, const struct hd_stats_page *stats, enum hd_text_format format,
	      struct hd_writer *out)
{
	switch (page) {
	case HD_PAGE_METRICS:
		return write_metrics(HD_METRICS_EACH, stats, format, out);
	case HD_PAGE_PUBLIC:
		return write_metrics(HD_METRICS_MERGED, stats, format, out);
	case HD_PAGE_HEALTH:
		return write_health(stats, out);
	case HD_PAGE_READY:
		return write_ready(stats, out);
	case HD_PAGE_VERSION:
		return write_version(stats, out);
	case HD_PAGE_INDEX:
		return write_index(stats, out);
	case HD_PAGE_NONE:
		break;
	}
	HD_UNREACHABLE();
}
