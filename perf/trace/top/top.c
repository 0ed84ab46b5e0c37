#include "perf/trace/top/top.h"

#include <stdlib.h>
#include <string.h>

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
	top->page = &trace->page;
	top->shards = top->page->shards;
	top->before = aligned_alloc(4096, top->page->bytes);
	top->now = aligned_alloc(4096, top->page->bytes);
	if (top->before && top->now && hd_trace_page_copy(top->page, top->now))
		return top;
	end(top);
	return NULL;
}

static void
tick(void *view, struct hd_trace_frame *frame)
{
	struct hd_top *top = view;
	struct hd_stats_page *oldest = top->before;
	top->before = top->now;
	top->now = oldest;
	if (!hd_trace_page_copy(top->page, top->now))
		memcpy(top->now, top->before, top->page->bytes); /* it was cut: the end is near */
	top->elapsed_ns = frame->elapsed_ns;
	if (frame->json)
		hd_top_tell(top, frame->json);
	else
		hd_top_draw(top, frame);
}

const struct hd_trace_view hd_trace_top = {
	.begin = begin, .tick = tick, .end = end, .rows = HD_TOP_ROWS};
