/* hist.c - the view `hist`: one command in so many, counted in the kernel, read from there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "hist.skel.h"
#include "perf/trace/events/attach.h"
#include "perf/trace/events/sums.h"
#include "perf/trace/table.h"

struct hist {
	struct hd_bpf_hist *program;
	struct bpf_link *link;
	struct hd_sums live; /* the kernel's, mapped */
	size_t live_bytes;
	struct hd_sums before, now, between;
};

static bool
load(struct hist *hist, uint32_t shards)
{
	hist->program = hd_bpf_hist__open();
	if (!hist->program)
		return false;
	hist->program->rodata->row_size = HD_SUMS_ROW;
	bpf_map__set_max_entries(hist->program->maps.histograms, shards * HD_SUMS_ROW);
	if (hd_bpf_hist__load(hist->program))
		return false;
	size_t page = 4096, bytes = (size_t)shards * HD_SUMS_ROW * sizeof(struct hd_histogram);
	hist->live_bytes = (bytes + page - 1) & ~(page - 1);
	void *at = mmap(NULL, hist->live_bytes, PROT_READ, MAP_SHARED,
			bpf_map__fd(hist->program->maps.histograms), 0);
	if (at == MAP_FAILED)
		return false;
	hist->live = (struct hd_sums){at, shards};
	return hd_sums_init(&hist->before, shards) && hd_sums_init(&hist->now, shards) &&
	       hd_sums_init(&hist->between, shards);
}

static void
end(void *view)
{
	struct hist *hist = view;
	bpf_link__destroy(hist->link);
	if (hist->live.at)
		munmap(hist->live.at, hist->live_bytes);
	hd_bpf_hist__destroy(hist->program);
	hd_sums_fini(&hist->before);
	hd_sums_fini(&hist->now);
	hd_sums_fini(&hist->between);
	free(hist);
}

static void *
begin(struct hd_trace *trace)
{
	struct hist *hist = calloc(1, sizeof *hist);
	if (hist && load(hist, trace->page.shards)) {
		hist->link = hd_trace_attach(trace, HD_VIEW_hist, hist->program->progs.show_event,
					     "event");
		if (hist->link)
			return hist;
	} else {
		hd_trace_refuse(trace, HD_VIEW_hist, "the kernel refuses its program: %s",
				strerror(errno));
	}
	if (hist)
		end(hist);
	return NULL;
}

static void
show(const struct hd_sums *sums, struct hd_trace_frame *frame)
{
	char text[HD_TEXT];
	if (frame->json) {
		hd_sums_json(sums, frame);
		return;
	}
	fprintf(frame->out, "%s%s commands sampled%s\n", hd_trace_on(frame, HD_INK_DIM),
		hd_trace_number(hd_sums_count(sums), text), hd_trace_on(frame, HD_INK_PLAIN));
	hd_sums_draw(sums, frame);
}

static void
tick(void *view, struct hd_trace_frame *frame)
{
	struct hist *hist = view;
	hd_sums_copy(&hist->before, &hist->now);
	hd_sums_read(&hist->now, &hist->live);
	hd_sums_between(&hist->between, &hist->before, &hist->now);
	show(&hist->between, frame);
}

static void
sum_up(void *view, struct hd_trace_frame *frame)
{
	struct hist *hist = view;
	hd_sums_read(&hist->now, &hist->live);
	show(&hist->now, frame);
}

const struct hd_trace_view hd_trace_hist = {
	.begin = begin, .tick = tick, .sum = sum_up, .end = end};
