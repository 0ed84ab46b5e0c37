/* full.c - the view `full`: every command, from the batches that the shards show. */
#include <stdlib.h>

#include "perf/trace/events/batches.h"
#include "perf/trace/events/sums.h"
#include "perf/trace/table.h"

struct full {
	struct hd_trace *trace;
	struct hd_batches *batches;
	uint64_t commands, lost;               /* ever */
	uint64_t commands_before, lost_before; /* at the last tick */
	struct hd_sums before, now, between;
};

static void
add(struct hd_sums *sums, uint32_t shard, uint32_t column, uint64_t ns, uint32_t times)
{
	hd_histogram_add_many(hd_sums_column(sums, shard, column), ns, times);
}

/* Commands that came in together, are of one kind and ended alike took equally long. */
static uint32_t
alike(const struct hd_trace_batch *batch, uint32_t from)
{
	const struct hd_trace_record *first = &batch->record[from], *next = first + 1;
	while (next < batch->record + batch->count && next->recv_ns == first->recv_ns &&
	       next->verb == first->verb && next->answer == first->answer)
		next++;
	return (uint32_t)(next - first);
}

static void
take_commands(struct hd_sums *sums, const struct hd_trace_batch *batch)
{
	for (uint32_t i = 0, run; i < batch->count; i += run) {
		const struct hd_trace_record *record = &batch->record[i];
		uint64_t total = hd_batches_total(batch, i);
		run = alike(batch, i);
		add(sums, batch->shard, HD_LEG_RECV, record->recv_ns, run);
		if (record->answer == HD_TRACE_LATER)
			continue;
		add(sums, batch->shard, HD_TRACE_TOTAL, total, run);
		add(sums, batch->shard, HD_TRACE_COMMANDS + record->verb, total, run);
	}
}

static uint32_t
count_answered(const struct hd_trace_batch *batch)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < batch->count; i++)
		count += batch->record[i].answer != HD_TRACE_LATER;
	return count;
}

/* As the shard counts it itself: what waits in the outbox has no reply yet, what has waited there
 * is answered beside its batch, and what came from another shard's client was received and is
 * answered there. */
static void
take(void *view, const struct hd_trace_batch *batch)
{
	struct full *full = view;
	uint64_t leg[HD_LEG_COUNT];
	uint32_t answered = count_answered(batch);
	full->commands += answered;
	if (batch->asker == batch->shard && batch->reply_ns)
		take_commands(&full->now, batch);
	hd_batches_legs(batch, 0, leg);
	for (uint32_t i = HD_LEG_PARSE; i < HD_LEG_COUNT; i++) {
		bool decides = i == HD_LEG_PARSE || i == HD_LEG_ROUTE || i == HD_LEG_APPLY;
		if (leg[i])
			add(&full->now, batch->shard, i, leg[i], decides ? batch->count : answered);
	}
}

static void
end(void *view)
{
	struct full *full = view;
	if (full->batches)
		hd_batches_leave(full->batches, full->trace, full);
	hd_sums_fini(&full->before);
	hd_sums_fini(&full->now);
	hd_sums_fini(&full->between);
	free(full);
}

static void *
begin(struct hd_trace *trace)
{
	uint32_t shards = trace->page.shards;
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
show(const struct hd_sums *sums, uint64_t commands, uint64_t lost, struct hd_trace_frame *frame)
{
	char shown[HD_TEXT], dropped[HD_TEXT];
	if (frame->json) {
		json_object_set_new(frame->json, "commands_shown",
				    json_integer((json_int_t)commands));
		json_object_set_new(frame->json, "commands_dropped",
				    json_integer((json_int_t)lost));
		hd_sums_json(sums, frame);
		return;
	}
	fprintf(frame->out, "every command: %s shown, %s%s dropped%s\n",
		hd_trace_number(commands, shown),
		hd_trace_on(frame, lost ? HD_INK_BAD : HD_INK_PLAIN),
		hd_trace_number(lost, dropped), hd_trace_on(frame, HD_INK_PLAIN));
	hd_sums_draw(sums, frame);
}

static void
tick(void *view, struct hd_trace_frame *frame)
{
	struct full *full = view;
	drain(full);
	full->lost = hd_batches_lost(full->batches);
	hd_sums_between(&full->between, &full->before, &full->now);
	hd_sums_copy(&full->before, &full->now);
	show(&full->between, full->commands - full->commands_before, full->lost - full->lost_before,
	     frame);
	full->commands_before = full->commands;
	full->lost_before = full->lost;
}

static void
sum_up(void *view, struct hd_trace_frame *frame)
{
	struct full *full = view;
	drain(full);
	show(&full->now, full->commands, hd_batches_lost(full->batches), frame);
}

const struct hd_trace_view hd_trace_full = {
	.begin = begin, .drain = drain, .tick = tick, .sum = sum_up, .end = end};
