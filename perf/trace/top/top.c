#include "perf/trace/top/top.h"

#include <stdlib.h>

/* The page is others' memory: each number is loaded whole. */
static void
copy(struct hd_stats_page *into, const struct hd_stats_page *page, size_t bytes)
{
	const uint64_t *from = (const uint64_t *)(const void *)page;
	uint64_t *to = (uint64_t *)(void *)into;
	for (size_t i = 0; i < bytes / sizeof *to; i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

static size_t
bytes_of(const struct hd_top *top)
{
	return HD_STATS_BYTES(top->shards);
}

static void
end(void *view)
{
	struct hd_top *top = view;
	free(top->before);
	free(top->now);
	free(top);
}

static void *
begin(struct hd_trace *trace)
{
	struct hd_top *top = calloc(1, sizeof *top);
	if (!top)
		return NULL;
	top->page = trace->page.stats;
	top->shards = trace->page.stats->shards;
	top->before = aligned_alloc(4096, bytes_of(top));
	top->now = aligned_alloc(4096, bytes_of(top));
	if (!top->before || !top->now) {
		end(top);
		return NULL;
	}
	copy(top->now, top->page, bytes_of(top));
	return top;
}

static void
tick(void *view, struct hd_trace_frame *frame)
{
	struct hd_top *top = view;
	struct hd_stats_page *oldest = top->before;
	top->before = top->now;
	top->now = oldest;
	copy(top->now, top->page, bytes_of(top));
	top->elapsed_ns = frame->elapsed_ns;
	if (frame->json)
		hd_top_tell(top, frame->json);
	else
		hd_top_draw(top, frame);
}

const struct hd_trace_view hd_trace_top = {.begin = begin, .tick = tick, .end = end};
