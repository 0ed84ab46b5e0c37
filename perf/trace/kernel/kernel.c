/* --kernel: what the kernel does for huntd's threads. Three parts; one that the kernel refuses is
 * left out alone. */
#include "perf/trace/kernel/kernel.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "kernel.skel.h"

/* The first of all pid namespaces: there the kernel's process ids are ours. */
#define FIRST_PIDS   0xEFFFFFFCu
#define BYTES        (HD_ROW_COUNT * sizeof(struct hd_histogram))
#define PROGRAMS_MAX 3u /* of a part */
#define TIMES_FROM   2u /* a time has a start and an end */

static const struct {
	const char *name;
	const char *programs[PROGRAMS_MAX];
} parts[HD_PART_COUNT] = {
	[HD_PART_URING] = {"io_uring", {"uring_submit", "uring_submit_old", "uring_complete"}},
	[HD_PART_QUEUE] = {"the run queue", {"wake", "change"}},
	[HD_PART_DISK] = {"the disk", {"disk_issue", "disk_complete"}},
};

struct view {
	struct hd_trace *trace;
	struct hd_bpf_kernel *bpf;
	struct bpf_link *links[HD_PART_COUNT * PROGRAMS_MAX];
	uint32_t links_count;
	const struct hd_histogram *live; /* the map itself */
	struct hd_kernel kernel;
};

/* Loading. */

/* Does this kernel have the tracepoint of a program's section "tp_btf/NAME"? */
static bool
has_tracepoint(const struct btf *types, const struct bpf_program *program)
{
	char name[128];
	const char *section = bpf_program__section_name(program);
	snprintf(name, sizeof name, "btf_trace_%s", strchr(section, '/') + 1);
	return btf__find_by_name_kind(types, name, BTF_KIND_TYPEDEF) > 0;
}

/* Only what is there is loaded: one name that is missing makes libbpf refuse all. */
static bool
choose_programs(struct view *view)
{
	struct bpf_program *program;
	struct btf *types = btf__load_vmlinux_btf();
	if (!types) {
		hd_trace_refuse(view->trace, HD_VIEW_kernel,
				"left out: the kernel's types cannot be read: %s", strerror(errno));
		return false;
	}
	bpf_object__for_each_program(program, view->bpf->obj)
		bpf_program__set_autoload(program, has_tracepoint(types, program));
	btf__free(types);
	return true;
}

static bool
load(struct view *view)
{
	view->bpf = hd_bpf_kernel__open();
	if (!view->bpf || !choose_programs(view))
		return false;
	view->bpf->rodata->process = (uint32_t)view->trace->page.pid;
	int failed = hd_bpf_kernel__load(view->bpf);
	void *live = failed ? MAP_FAILED
			    : mmap(NULL, BYTES, PROT_READ, MAP_SHARED,
				   bpf_map__fd(view->bpf->maps.histograms), 0);
	if (live == MAP_FAILED) {
		hd_trace_refuse(view->trace, HD_VIEW_kernel,
				"left out: the kernel refuses its programs: %s",
				strerror(failed ? -failed : errno));
		return false;
	}
	view->live = live;
	return true;
}

/* NULL, or why the part cannot be had. */
static const char *
attach_part(struct view *view, enum hd_kernel_part part)
{
	uint32_t attached = 0;
	for (uint32_t i = 0; i < PROGRAMS_MAX && parts[part].programs[i]; i++) {
		struct bpf_program *program =
			bpf_object__find_program_by_name(view->bpf->obj, parts[part].programs[i]);
		if (!program || !bpf_program__autoload(program))
			continue;
		struct bpf_link *link = bpf_program__attach(program);
		if (!link)
			return strerror(errno);
		view->links[view->links_count++] = link;
		attached++;
	}
	return attached < TIMES_FROM ? "it has no such tracepoints" : NULL;
}

static bool
attach(struct view *view)
{
	bool any = false;
	for (enum hd_kernel_part part = 0; part < HD_PART_COUNT; part++) {
		const char *why = attach_part(view, part);
		view->kernel.has[part] = !why;
		any = any || !why;
		if (why)
			hd_trace_refuse(view->trace, HD_VIEW_kernel,
					"without %s, the kernel refuses it: %s", parts[part].name,
					why);
	}
	return any;
}

/* The threads. */

/* Control is the process itself; the kernel's own workers for io_uring are no threads of ours. */
static bool
name_thread(uint32_t pid, uint32_t tid, char *name, size_t room)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%u/task/%u/comm", pid, tid);
	FILE *file = fopen(path, "re");
	bool read = file && fgets(name, (int)room, file) != NULL;
	if (file)
		fclose(file);
	if (!read || strncmp(name, "iou-", 4) == 0)
		return false;
	name[strcspn(name, "\n")] = 0;
	if (tid == pid)
		snprintf(name, room, "control");
	return true;
}

static void
learn_thread(struct view *view, uint32_t tid)
{
	struct hd_kernel *kernel = &view->kernel;
	uint32_t at = kernel->threads_count;
	struct hd_kernel_thread fresh = {.number = at};
	for (uint32_t i = 0; i < at; i++) {
		if (kernel->threads[i].tid == tid)
			return;
	}
	if (at == HD_KERNEL_THREADS ||
	    !name_thread((uint32_t)view->trace->page.pid, tid, kernel->threads[at].name,
			 sizeof kernel->threads[at].name))
		return;
	kernel->threads[at].tid = tid;
	kernel->threads_count++;
	bpf_map__update_elem(view->bpf->maps.threads, &tid, sizeof tid, &fresh, sizeof fresh,
			     BPF_ANY);
}

static void
learn_threads(struct view *view)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/task", view->trace->page.pid);
	DIR *folder = opendir(path);
	for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
		uint32_t tid = (uint32_t)strtoul(entry->d_name, NULL, 10);
		if (tid)
			learn_thread(view, tid);
	}
	if (folder)
		closedir(folder);
}

/* The view. */

static void
read_counts(const struct view *view, struct hd_kernel_counts *into)
{
	memset(into, 0, sizeof *into);
	for (uint32_t row = 0; row < HD_ROW_COUNT; row++)
		hd_histogram_read(&into->rows[row], &view->live[row]);
	memcpy(into->submitted, view->bpf->bss->submitted, sizeof into->submitted);
	memcpy(into->completed, view->bpf->bss->completed, sizeof into->completed);
	memcpy(into->preempted, view->bpf->bss->preempted, sizeof into->preempted);
	into->untimed = view->bpf->bss->untimed;
}

static void
end(void *state)
{
	struct view *view = state;
	for (uint32_t i = 0; i < view->links_count; i++)
		bpf_link__destroy(view->links[i]);
	if (view->live)
		munmap((void *)(uintptr_t)view->live, BYTES);
	hd_bpf_kernel__destroy(view->bpf);
	free(view);
}

static bool
counts_our_pids(struct hd_trace *trace)
{
	struct stat about;
	if (stat("/proc/self/ns/pid", &about) == 0 && about.st_ino == FIRST_PIDS)
		return true;
	hd_trace_refuse(trace, HD_VIEW_kernel,
			"left out: in a container process ids are not the kernel's; run it on the "
			"host");
	return false;
}

static void *
begin(struct hd_trace *trace)
{
	struct view *view = calloc(1, sizeof *view);
	if (!view)
		return NULL;
	view->trace = trace;
	if (counts_our_pids(trace) && load(view) && attach(view)) {
		learn_threads(view);
		return view;
	}
	end(view);
	return NULL;
}

static void
tick(void *state, struct hd_trace_frame *frame)
{
	struct view *view = state;
	struct hd_kernel *kernel = &view->kernel;
	kernel->before = kernel->now;
	read_counts(view, &kernel->now);
	kernel->elapsed_ns = frame->elapsed_ns;
	learn_threads(view);
	if (frame->json)
		hd_kernel_tell(kernel, frame->json);
	else
		hd_kernel_draw(kernel, frame);
}

const struct hd_trace_view hd_trace_kernel = {.begin = begin, .tick = tick, .end = end};
