#include "perf/trace/events/batches.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "full.skel.h"
#include "huntd/stats.h"
#include "perf/trace/events/attach.h"

/* Half a second of a million commands a second: the tracer may be off its core for so long. */
#define RING_BYTES (16u << 20)
#define TAKERS     2u

struct hd_batches {
	struct hd_bpf_full *program;
	struct bpf_link *link;
	struct ring_buffer *ring;
	uint32_t shards, takers;
	struct taker {
		hd_batches_take *take;
		void *view;
	} taker[TAKERS];
};

void
hd_batches_legs(const struct hd_trace_batch *batch, uint32_t record, uint64_t leg[])
{
	leg[HD_LEG_RECV] = batch->record[record].recv_ns;
	leg[HD_LEG_PARSE] = batch->parse_ns;
	leg[HD_LEG_ROUTE] = batch->route_ns;
	leg[HD_LEG_APPLY] = batch->apply_ns;
	leg[HD_LEG_QUEUED] = batch->queued_ns;
	leg[HD_LEG_DURABLE] = batch->durable_ns;
	leg[HD_LEG_REPLY] = batch->reply_ns;
}

uint64_t
hd_batches_total(const struct hd_trace_batch *batch, uint32_t record)
{
	return (uint64_t)batch->record[record].recv_ns + batch->parse_ns + batch->route_ns +
	       batch->apply_ns + batch->queued_ns + batch->durable_ns + batch->reply_ns;
}

/* What comes was copied from another process' memory: nothing of it is believed. */
static bool
is_sound(const struct hd_batches *batches, const struct hd_trace_batch *batch, size_t size)
{
	size_t head = offsetof(struct hd_trace_batch, record);
	if (size < head || batch->count == 0 ||
	    batch->count > (size - head) / sizeof batch->record[0] ||
	    batch->shard >= batches->shards || batch->asker >= batches->shards)
		return false;
	for (uint32_t i = 0; i < batch->count; i++) {
		if (batch->record[i].verb >= HD_CMD_COUNT_)
			return false;
	}
	return true;
}

static int
pass_on(void *context, void *data, size_t size)
{
	struct hd_batches *batches = context;
	if (is_sound(batches, data, size)) {
		for (uint32_t i = 0; i < batches->takers; i++)
			batches->taker[i].take(batches->taker[i].view, data);
	}
	return 0;
}

static void
close_all(struct hd_batches *batches)
{
	bpf_link__destroy(batches->link);
	ring_buffer__free(batches->ring);
	hd_bpf_full__destroy(batches->program);
	free(batches);
}

static bool
load(struct hd_batches *batches)
{
	batches->program = hd_bpf_full__open();
	if (!batches->program)
		return false;
	bpf_map__set_max_entries(batches->program->maps.batches, RING_BYTES);
	if (hd_bpf_full__load(batches->program))
		return false;
	batches->ring = ring_buffer__new(bpf_map__fd(batches->program->maps.batches), pass_on,
					 batches, NULL);
	return batches->ring != NULL;
}

static struct hd_batches *
open_all(struct hd_trace *trace, enum hd_trace_view_id id)
{
	struct hd_batches *batches = calloc(1, sizeof *batches);
	if (!batches || !load(batches)) {
		hd_trace_refuse(trace, id, "the kernel refuses its program or %u MiB of ring: %s",
				RING_BYTES >> 20, strerror(errno));
	} else {
		batches->shards = trace->page.shards;
		batches->link =
			hd_trace_attach(trace, id, batches->program->progs.show_batch, "batch");
		if (batches->link)
			return batches;
	}
	if (batches)
		close_all(batches);
	return NULL;
}

struct hd_batches *
hd_batches_join(struct hd_trace *trace, enum hd_trace_view_id id, hd_batches_take *take, void *view)
{
	if (!trace->batches)
		trace->batches = open_all(trace, id);
	struct hd_batches *batches = trace->batches;
	if (batches) {
		batches->taker[batches->takers++] = (struct taker){take, view};
	}
	return batches;
}

void
hd_batches_leave(struct hd_batches *batches, struct hd_trace *trace, const void *view)
{
	uint32_t at = 0;
	while (batches->taker[at].view != view)
		at++;
	batches->taker[at] = batches->taker[--batches->takers];
	if (batches->takers)
		return;
	close_all(batches);
	trace->batches = NULL;
}

void
hd_batches_drain(struct hd_batches *batches)
{
	ring_buffer__consume(batches->ring);
}

uint64_t
hd_batches_lost(const struct hd_batches *batches)
{
	return __atomic_load_n(&batches->program->bss->lost_events, __ATOMIC_RELAXED);
}
