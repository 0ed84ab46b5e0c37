/* flame.c - the view `--flame`: where the shards' threads spend their cores, by stage of their
 * pass.
 *
 * Prints, when it ends, folded stacks for flamegraph.pl or speedscope: shard-0;commands;main;... 12
 */
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "flame.skel.h"
#include "perf/bpf/flame.h"
#include "perf/trace/events/symbols.h"
#include "perf/trace/trace.h"

#define SAMPLES_PER_S 499u /* beside any even beat of the server; 2 ms apart */
#define FOLDED_MAX    4096u

_Static_assert(HD_FLAME_THREADS >= HD_SHARDS_MAX, "every shard's thread has room");

static const char *const stage_names[] = {
#define X(symbol, name) name,
	HD_STAGES(X)
#undef X
};

struct flame {
	struct hd_trace *trace;
	struct hd_bpf_flame *program;
	struct hd_symbols *symbols;
	struct bpf_link *link[HD_SHARDS_MAX];
	uint32_t links;
};

/* One line of the result. */
struct folded {
	char *text;
	uint64_t times;
};

static int
open_clock(int thread)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof attributes,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_freq = SAMPLES_PER_S,
		.freq = 1,
	};
	return (int)syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

/* One shard's thread: it must be known to the program before its clock runs. */
static bool
watch(struct flame *flame, uint32_t id, uint32_t shard, uint64_t page)
{
	size_t stage = offsetof(struct hd_stats_page, shard) +
		       shard * sizeof(struct hd_shard_stats) +
		       offsetof(struct hd_shard_stats, pulse.stage);
	struct hd_flame_thread thread = {.shard = shard, .stage_at = page ? page + stage : 0};
	if (bpf_map__update_elem(flame->program->maps.threads, &id, sizeof id, &thread,
				 sizeof thread, BPF_ANY))
		return false;
	int clock = open_clock((int)id);
	if (clock < 0)
		return false;
	struct bpf_link *link = bpf_program__attach_perf_event(flame->program->progs.take, clock);
	if (link)
		flame->link[flame->links++] = link;
	else
		close(clock);
	return link != NULL;
}

/* The shard that this thread is; false: another thread. */
static bool
shard_of(int pid, const char *thread, uint32_t *shard)
{
	char path[64], name[32] = "";
	snprintf(path, sizeof path, "/proc/%d/task/%.12s/comm", pid, thread);
	FILE *file = fopen(path, "re");
	bool is = file && fgets(name, sizeof name, file) && sscanf(name, "shard-%u", shard) == 1;
	if (file)
		fclose(file);
	return is;
}

static bool
watch_all(struct flame *flame)
{
	const struct hd_trace_page *page = &flame->trace->page;
	char path[64];
	snprintf(path, sizeof path, "/dev/shm/huntd-%d", page->pid);
	uint64_t mapped = hd_symbols_mapped(page->pid, path);
	snprintf(path, sizeof path, "/proc/%d/task", page->pid);
	DIR *folder = opendir(path);
	bool good = folder != NULL;
	for (struct dirent *entry; good && (entry = readdir(folder)) != NULL;) {
		uint32_t shard;
		if (shard_of(page->pid, entry->d_name, &shard) && shard < page->shards)
			good = watch(flame, (uint32_t)atoi(entry->d_name), shard, mapped);
	}
	if (folder)
		closedir(folder);
	return good && flame->links > 0;
}

static void
close_all(struct flame *flame)
{
	for (uint32_t i = 0; i < flame->links; i++)
		bpf_link__destroy(flame->link[i]);
	hd_bpf_flame__destroy(flame->program);
	hd_symbols_close(flame->symbols);
	free(flame);
}

static void *
begin(struct hd_trace *trace)
{
	struct flame *flame = calloc(1, sizeof *flame);
	if (!flame)
		return NULL;
	flame->trace = trace;
	flame->symbols = hd_symbols_open(trace->page.pid);
	flame->program = flame->symbols ? hd_bpf_flame__open_and_load() : NULL;
	if (flame->program && watch_all(flame))
		return flame;
	hd_trace_refuse(trace, HD_VIEW_flame, "the shards' threads cannot be sampled: %s",
			strerror(errno));
	close_all(flame);
	return NULL;
}

/* Folding. */

static size_t
append(char *text, size_t at, const char *word)
{
	int size = snprintf(text + at, FOLDED_MAX - at, ";%s", word);
	return at + (size_t)size < FOLDED_MAX ? at + (size_t)size : FOLDED_MAX - 1;
}

static char *
fold(const struct flame *flame, const struct hd_flame_place *place)
{
	uint64_t address[HD_FLAME_DEPTH] = {0};
	char text[FOLDED_MAX];
	size_t count = sizeof stage_names / sizeof stage_names[0];
	const char *stage = place->stage < count ? stage_names[place->stage] : "[no stage]";
	size_t at = (size_t)snprintf(text, sizeof text, "shard-%u;%s", place->shard, stage);
	uint32_t id = (uint32_t)place->stack, depth = 0;
	if (place->stack < 0 || bpf_map__lookup_elem(flame->program->maps.stacks, &id, sizeof id,
						     address, sizeof address, 0))
		return append(text, at, "[no stack]") ? strdup(text) : NULL;
	while (depth < HD_FLAME_DEPTH && address[depth])
		depth++;
	/* The kernel begins where the thread is; a flame stands on where it began. All but the
	 * first are addresses that a call returns to, and may lie behind its function's end. */
	for (uint32_t i = depth; i-- > 0;)
		at = append(text, at, hd_symbols_name(flame->symbols, address[i] - (i > 0)));
	return strdup(text);
}

static int
by_text(const void *a, const void *b)
{
	const struct folded *one = a, *other = b;
	return strcmp(one->text, other->text);
}

/* Several addresses of the same functions are one line. */
static void
print_all(struct folded *all, size_t count, bool json)
{
	json_t *stacks = json_object();
	qsort(all, count, sizeof *all, by_text);
	for (size_t i = 0, next; i < count; i = next) {
		uint64_t times = 0;
		for (next = i; next < count && strcmp(all[next].text, all[i].text) == 0; next++)
			times += all[next].times;
		if (json)
			json_object_set_new(stacks, all[i].text, json_integer((json_int_t)times));
		else
			printf("%s %llu\n", all[i].text, (unsigned long long)times);
	}
	json_t *object = json_pack("{s:o}", "flame", stacks);
	if (json) {
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(object);
	fflush(stdout);
}

static void
print(const struct flame *flame)
{
	struct folded *all = calloc(HD_FLAME_STACKS, sizeof *all);
	struct hd_flame_place place, *before = NULL;
	const struct bpf_map *samples = flame->program->maps.samples;
	uint64_t sum = 0;
	size_t count = 0;
	while (all && count < HD_FLAME_STACKS &&
	       bpf_map__get_next_key(samples, before, &place, sizeof place) == 0) {
		uint64_t times = 0;
		bpf_map__lookup_elem(samples, &place, sizeof place, &times, sizeof times, 0);
		all[count] = (struct folded){.text = fold(flame, &place), .times = times};
		count += all[count].text != NULL;
		sum += times;
		before = &place;
	}
	if (all)
		print_all(all, count, flame->trace->options.json);
	fprintf(stderr, "hunt-trace: --flame: %llu samples of %u threads, %llu lost\n",
		(unsigned long long)sum, flame->links,
		(unsigned long long)flame->program->bss->lost);
	for (size_t i = 0; i < count; i++)
		free(all[i].text);
	free(all);
}

static void
end(void *view)
{
	struct flame *flame = view;
	for (uint32_t i = 0; i < flame->links; i++)
		bpf_link__destroy(flame->link[i]);
	print(flame);
	flame->links = 0;
	close_all(flame);
}

const struct hd_trace_view hd_trace_flame = {.begin = begin, .end = end};
