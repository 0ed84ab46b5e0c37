/* full.c - the view `full`: every command, from the batches that the shards show. */
#include <stdlib.h>

#include "perf/trace/batches.h"
#include "perf/trace/sums.h"
#include "perf/trace/table.h"

struct full {
	struct hd_trace *trace;
	struct hd_batches *batches;
	uint64_t lost; /* at the last tick */
	struct hd_sums before, now, between;
};

static void
add(struct hd_sums *sums, uint32_t shard, uint32_t column, uint64_t ns, uint32_t times)
{
	hd_histogram_add_many(hd_sums_column(sums, shard, column), ns, times);
}

/* Commands that came in together and are of one kind took equally long. */
static uint32_t
alike(const struct hd_trace_batch *batch, uint32_t from)
{
	const struct hd_trace_record *first = &batch->record[from];
	uint32_t to = from + 1;
	while (to < batch->count && batch->record[to].recv_ns == first->recv_ns &&
	       batch->record[to].verb == first->verb)
		to++;
	return to - from;
}

/* A leg belongs to the shard that went it. */
static void
take(void *view, const struct hd_trace_batch *batch)
{
	struct full *full = view;
	uint64_t leg[HD_LEG_COUNT];
	for (uint32_t i = 0, run; i < batch->count; i += run) {
		uint64_t total = hd_batches_total(batch, i);
		run = alike(batch, i);
		if (batch->record[i].recv_ns)
			add(&full->now, batch->asker, HD_LEG_RECV, batch->record[i].recv_ns, run);
		add(&full->now, batch->asker, HD_TRACE_TOTAL, total, run);
		add(&full->now, batch->asker, HD_TRACE_COMMANDS + batch->record[i].verb, total,
		    run);
	}
	hd_batches_legs(batch, 0, leg);
	for (uint32_t i = HD_LEG_PARSE; i < HD_LEG_COUNT; i++) {
		bool asked = i == HD_LEG_PARSE || i == HD_LEG_REPLY;
		if (leg[i])
			add(&full->now, asked ? batch->asker : batch->shard, i, leg[i],
			    batch->count);
	}
}

static void
end(void *view)
{
	struct full *full = view;
	if (full->batches)
		hd_batches_leave(full->batches, full->trace);
	hd_sums_fini(&full->before);
	hd_sums_fini(&full->now);
	hd_sums_fini(&full->between);
	free(full);
}

static void *
begin(struct hd_trace *trace)
{
	uint32_t shards = trace->page.stats->shards;
	struct full *full = calloc(1, sizeof *full);
	if (!full)
		return NULL;
	full->trace = trace;
	if (hd_sums_init(&full->before, shards) && hd_sums_init(&full->now, shards) &&
	    hd_sums_init(&full->between, shards))
		full->batches = hd_batches_join(trace, HD_VIEW_full, take, full);
	if (full->batches)
		return full;
	end(full);
	return NULL;
}

static void
drain(void *view)
{
	struct full *full = view;
	hd_batches_drain(full->batches);
}

static void
show(const struct hd_sums *sums, uint64_t lost, struct hd_trace_frame *frame)
{
	char shown[HD_TEXT], dropped[HD_TEXT];
	if (frame->json) {
		json_object_set_new(frame->json, "dropped", json_integer((json_int_t)lost));
		hd_sums_json(sums, frame);
		return;
	}
	fprintf(frame->out, "every command: %s", hd_trace_number(hd_sums_count(sums), shown));
	fprintf(frame->out, "%s, %s dropped%s\n",
		hd_trace_on(frame, lost ? HD_INK_BAD : HD_INK_DIM), hd_trace_number(lost, dropped),
		hd_trace_on(frame, HD_INK_PLAIN));
	hd_sums_draw(sums, frame);
}

static void
tick(void *view, struct hd_trace_frame *frame)
{
	struct full *full = view;
	drain(full);
	uint64_t lost = hd_batches_lost(full->batches);
	hd_sums_between(&full->between, &full->before, &full->now);
	hd_sums_copy(&full->before, &full->now);
	show(&full->between, lost - full->lost, frame);
	full->lost = lost;
}

static void
sum_up(void *view, struct hd_trace_frame *frame)
{
	struct full *full = view;
	drain(full);
	show(&full->now, hd_batches_lost(full->batches), frame);
}

const struct hd_trace_view hd_trace_full = {
	.begin = begin, .drain = drain, .tick = tick, .sum = sum_up, .end = end};
