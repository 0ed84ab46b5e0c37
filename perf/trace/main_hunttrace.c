/* hunt-trace - live latency of a running huntd. One thread: it lets the views begin, draws a frame
 * an interval, and lets them end. */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "huntd/error.h"
#include "net/ctl/terminal.h"
#include "perf/trace/ability.h"
#include "perf/trace/lock.h"
#include "perf/trace/options.h"
#include "perf/trace/table.h"
#include "perf/trace/trace.h"
#ifdef HUNT_TRACE_BPF
#include <bpf/libbpf.h>
#endif

#define LOOK_MS  100       /* between two looks whether huntd still lives */
#define FIRST_NS 500000000 /* the first frame of a screen comes this early */
#define ROWS_ALL 1000u     /* where there is no screen to fit */

/* NULL: this build has no BPF. */
static const struct hd_trace_view *const views[] = {
#ifdef HUNT_TRACE_BPF
#define X(symbol, word, needs) &hd_trace_##symbol,
#else
#define X(symbol, word, needs) (needs) ? NULL : &hd_trace_##symbol,
#endif
	HD_TRACE_VIEWS(X)
#undef X
};

static const uint32_t needs_of[] = {
#define X(symbol, word, needs) needs,
	HD_TRACE_VIEWS(X)
#undef X
};

struct run {
	struct hd_trace trace;
	struct hd_terminal terminal;
	void *state[HD_VIEW_COUNT]; /* NULL: not begun, or ended */
	uint64_t begun_ns[HD_VIEW_COUNT],
		ticked_ns[HD_VIEW_COUNT]; /* its last tick, or its begin */
	uint64_t frames;
	int lock;
	bool draws, drains, ended; /* ended: what is shown is of the whole run */
};

static uint64_t
clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Lines beside the frames. */

static void
note(struct hd_trace_notes *notes, const char *text)
{
	char *kept = notes->text[notes->count++ % HD_TRACE_NOTES];
	snprintf(kept, sizeof notes->text[0], "%.*s", (int)sizeof notes->text[0] - 1, text);
}

static uint32_t
kept(const struct hd_trace_notes *notes)
{
	return notes->count < HD_TRACE_NOTES ? notes->count : HD_TRACE_NOTES;
}

static void
print_notes(FILE *out, const struct hd_trace_notes *notes)
{
	uint32_t from = notes->count - kept(notes);
	for (uint32_t i = from; i < notes->count; i++)
		fprintf(out, "%s\n", notes->text[i % HD_TRACE_NOTES]);
}

void
hd_trace_refuse(struct hd_trace *trace, enum hd_trace_view_id view, const char *format, ...)
{
	char what[HD_TRACE_FAULT], text[HD_TRACE_FAULT + 32];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	snprintf(text, sizeof text, "%s: %s", hd_trace_word(view), what);
	fprintf(stderr, "hunt-trace: %s\n", text);
	note(&trace->refused, text);
}

void
hd_trace_line(struct hd_trace *trace, const char *format, ...)
{
	char text[HD_TRACE_FAULT];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (trace->screen)
		note(&trace->lines, text);
	else
		puts(text);
}

/* Beginning. */

/* What all views with BPF have in common; false: why they are all left out. */
static bool
prepare_bpf(struct run *run, uint32_t needs, char *why)
{
	struct hd_trace *trace = &run->trace;
	if (hd_trace_refused(needs, why) == needs)
		return false;
	if (!hd_trace_page_fits_program(&trace->page, why))
		return false;
	run->lock = hd_trace_lock(trace->page.pid, why);
	return run->lock >= 0;
}

static void
begin_view(struct run *run, enum hd_trace_view_id id)
{
	char why[HD_TRACE_FAULT];
	struct hd_trace *trace = &run->trace;
	const struct hd_trace_view *view = views[id];
	if (!view) {
		hd_trace_refuse(trace, id,
				"built without BPF: install clang bpftool libbpf-dev libelf-dev "
				"zlib1g-dev and build again");
		return;
	}
	if (hd_trace_refused(needs_of[id], why) ||
	    (needs_of[id] && run->lock < 0 && !prepare_bpf(run, needs_of[id], why))) {
		hd_trace_refuse(trace, id, "left out: %s", why);
		return;
	}
	run->state[id] = view->begin(trace);
	run->begun_ns[id] = run->ticked_ns[id] = clock_ns();
	run->draws = run->draws || (run->state[id] && view->tick);
	run->drains = run->drains || (run->state[id] && view->drain);
}

static bool
begin_all(struct run *run)
{
	bool any = false;
	for (enum hd_trace_view_id id = 0; id < HD_VIEW_COUNT; id++) {
		if (!run->trace.options.chosen[id])
			continue;
		begin_view(run, id);
		any = any || run->state[id];
	}
	return any;
}

/* Each takes up to 0.12 s a probe: the kernel waits until nobody is in one. */
static void
end_all(struct run *run)
{
	if (run->lock >= 0)
		fprintf(stderr, "hunt-trace: detaching ...\n");
	for (int id = 0; id < HD_VIEW_COUNT; id++) {
		if (run->state[id])
			views[id]->end(run->state[id]);
	}
	hd_trace_unlock(run->lock, run->trace.page.pid);
	hd_trace_page_close(&run->trace.page);
}

/* Frames. */

static const char *
state_name(uint32_t state)
{
	static const char *const names[] = {"starting", "loading", "serving", "ending"};
	return state < sizeof names / sizeof names[0] ? names[state] : "?";
}

static bool
is_shown(const struct run *run, enum hd_trace_view_id id)
{
	return run->state[id] && (run->ended ? views[id]->sum : views[id]->tick);
}

static uint64_t
tick(struct run *run, enum hd_trace_view_id id, struct hd_trace_frame *frame)
{
	uint64_t now = clock_ns();
	frame->elapsed_ns = now - (run->ended ? run->begun_ns : run->ticked_ns)[id];
	run->ticked_ns[id] = now;
	(run->ended ? views[id]->sum : views[id]->tick)(run->state[id], frame);
	return frame->elapsed_ns;
}

static void
draw_heading(const struct run *run, struct hd_trace_frame *frame)
{
	const struct hd_trace_page *page = &run->trace.page;
	char clock[32];
	time_t now = time(NULL);
	struct tm parts;
	uint64_t up = (uint64_t)now - page->started_ms / 1000;
	strftime(clock, sizeof clock, run->trace.screen ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S",
		 localtime_r(&now, &parts));
	fprintf(frame->out,
		"%s%s%s  huntd %s (%.12s) pid %d, %u shard%s, %s, up %llu:%02llu:%02llu\n",
		hd_trace_on(frame, HD_INK_TITLE), clock, hd_trace_on(frame, HD_INK_PLAIN),
		page->version, page->build, page->pid, page->shards, page->shards == 1 ? "" : "s",
		state_name(hd_trace_page_state(page)), (unsigned long long)(up / 3600),
		(unsigned long long)(up / 60 % 60), (unsigned long long)(up % 60));
}

/* A view's lines, at most so many of them; how many they were. */
static uint32_t
draw_view(struct run *run, enum hd_trace_view_id id, const struct hd_trace_frame *whole,
	  uint32_t rows)
{
	size_t size = 0;
	char *text = NULL, *at;
	uint32_t used = 0;
	struct hd_trace_frame frame = *whole;
	frame.out = open_memstream(&text, &size);
	frame.rows = rows;
	tick(run, id, &frame);
	fclose(frame.out);
	for (at = text; *at && used < rows; used++)
		at += strcspn(at, "\n") + 1;
	fwrite(text, 1, (size_t)(at - text), whole->out);
	free(text);
	return used;
}

/* Each gets its part of the rows that those before it have left, and at least what it needs. */
static void
draw_views(struct run *run, const struct hd_trace_frame *frame, uint32_t rows)
{
	uint32_t left = 0;
	for (enum hd_trace_view_id id = 0; id < HD_VIEW_COUNT; id++)
		left += is_shown(run, id);
	for (enum hd_trace_view_id id = 0; id < HD_VIEW_COUNT; id++) {
		if (!is_shown(run, id))
			continue;
		uint32_t part = rows / left--,
			 least = views[id]->rows < rows ? views[id]->rows : rows;
		rows -= draw_view(run, id, frame, part > least ? part : least);
	}
}

static void
show_text(struct run *run)
{
	size_t size = 0;
	char *text = NULL;
	struct hd_trace *trace = &run->trace;
	struct hd_trace_frame frame = {.out = open_memstream(&text, &size),
				       .columns = run->terminal.columns,
				       .colour = trace->options.colour};
	uint32_t rows = trace->screen ? run->terminal.rows : ROWS_ALL;
	uint32_t notes = kept(&trace->refused) + kept(&trace->lines);
	if (run->ended)
		fprintf(frame.out, "All in all:\n");
	draw_heading(run, &frame);
	draw_views(run, &frame, rows > notes + 1 ? rows - notes - 1 : 1);
	print_notes(frame.out, &trace->refused);
	print_notes(frame.out, &trace->lines);
	fclose(frame.out);
	hd_terminal_show(&run->terminal, text);
}

static void
show_json(struct run *run)
{
	const struct hd_trace_page *page = &run->trace.page;
	struct timespec now;
	uint64_t elapsed = 0;
	clock_gettime(CLOCK_REALTIME, &now);
	json_t *all = json_pack("{s:f,s:i,s:s,s:s,s:s,s:i}", "time",
				(double)now.tv_sec + (double)now.tv_nsec / 1e9, "pid", page->pid,
				"version", page->version, "build", page->build, "state",
				state_name(hd_trace_page_state(page)), "shards", (int)page->shards);
	for (enum hd_trace_view_id id = 0; id < HD_VIEW_COUNT; id++) {
		struct hd_trace_frame frame = {.columns = 80, .rows = ROWS_ALL};
		if (!is_shown(run, id))
			continue;
		frame.json = json_object();
		elapsed = tick(run, id, &frame);
		json_object_set_new(all, hd_trace_word(id) + strspn(hd_trace_word(id), "-"),
				    frame.json);
	}
	if (run->ended)
		json_object_set_new(all, "summary", json_true());
	json_object_set_new(all, "elapsed_s", json_real((double)elapsed / 1e9));
	json_dumpf(all, stdout, JSON_COMPACT | JSON_REAL_PRECISION(13));
	putchar('\n');
	fflush(stdout);
	json_decref(all);
}

static void
show(struct run *run)
{
	if (run->draws && run->trace.options.json)
		show_json(run);
	else if (run->draws)
		show_text(run);
}

/* The whole run once more, unless its only frame has just said the same. */
static void
sum_up(struct run *run)
{
	bool any = false;
	bool said = run->frames == 1 && run->trace.options.count == 1;
	run->ended = true;
	run->trace.screen = false;
	for (enum hd_trace_view_id id = 0; id < HD_VIEW_COUNT; id++)
		any = any || is_shown(run, id);
	if (any && !said)
		show(run);
	free(run->terminal.last); /* the terminal was closed before */
	run->terminal.last = NULL;
}

/* Until the next frame is due. False: it is time to end; *code says how, and `fault` why. */
static bool
wait_until(struct run *run, uint64_t due_ns, int *code, char *fault)
{
	int slice = run->drains ? (int)HD_TRACE_DRAIN_MS : LOOK_MS;
	for (uint64_t now; (now = clock_ns()) < due_ns;) {
		uint64_t left = (due_ns - now + 999999) / 1000000;
		if (!hd_terminal_wait(&run->terminal, left < (uint64_t)slice ? (int)left : slice))
			return false;
		for (int id = 0; run->drains && id < HD_VIEW_COUNT; id++) {
			if (run->state[id] && views[id]->drain)
				views[id]->drain(run->state[id]);
		}
		if (fflush(stdout) != 0)
			return false; /* nobody reads on: that is no fault */
		if (hd_trace_page_lives(&run->trace.page, fault))
			continue;
		*code = HD_EXIT_FAILED;
		return false;
	}
	return true;
}

static int
look(struct run *run, char *fault)
{
	const struct hd_trace_options *options = &run->trace.options;
	uint64_t interval = options->interval_ns, due = clock_ns();
	int code = HD_EXIT_OK;
	due += run->trace.screen && interval > FIRST_NS ? FIRST_NS : interval;
	while (wait_until(run, due, &code, fault)) {
		due = clock_ns() + interval;
		show(run);
		if (ferror(stdout) || ++run->frames == options->count)
			break;
	}
	return code;
}

#ifdef HUNT_TRACE_BPF
/* libbpf says much; what matters comes back as an error of the call. */
static int hush(enum libbpf_print_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static int
hush(enum libbpf_print_level level, const char *format, va_list args)
{
	return getenv("HUNT_TRACE_DEBUG") && level < LIBBPF_DEBUG ? vfprintf(stderr, format, args)
								  : 0;
}
#endif

static int
run_views(struct run *run)
{
	int code = HD_EXIT_FAILED;
	char fault[HD_TRACE_FAULT];
	if (begin_all(run)) {
		run->trace.screen = run->draws && !run->trace.options.json && isatty(STDOUT_FILENO);
		hd_terminal_open(&run->terminal, run->trace.screen);
		code = look(run, fault);
		hd_terminal_close(&run->terminal);
		sum_up(run);
		if (code != HD_EXIT_OK)
			fprintf(stderr, "hunt-trace: %s\n", fault);
	}
	end_all(run);
	return code;
}

int
main(int argc, char **argv)
{
	struct run *run = calloc(1, sizeof *run);
	char fault[HD_TRACE_FAULT];
	setlocale(LC_CTYPE, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	if (!run)
		return HD_EXIT_FAILED;
	struct hd_trace *trace = &run->trace;
	int code = hd_trace_options_read(&trace->options, argc, argv);
#ifdef HUNT_TRACE_BPF
	libbpf_set_print(hush);
#endif
	run->lock = -1;
	if (code < 0 && !hd_trace_page_open(&trace->page, trace->options.pid, fault)) {
		fprintf(stderr, "hunt-trace: %s\n", fault);
		code = HD_EXIT_FAILED;
	} else if (code < 0) {
		snprintf(trace->exe, sizeof trace->exe, "/proc/%d/exe", trace->page.pid);
		code = run_views(run);
	}
	free(run);
	return code;
}
