/* bench: how fast each tier is made, and what was made solved. Times are of this thread's CPU. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "huntd/assert.h"
#include "net/ctl/puzzle/tool.h"

#define TIMES_MAX 65536u
#define KEPT_MAX  64u /* made ones that are solved, again and again */

struct bench {
	struct hd_ctl *ctl;
	struct hd_tool_job job;
	struct hd_tool_progress progress;
	int64_t budget_ns;
	uint32_t count, kept;
	int64_t times[TIMES_MAX];
	uint32_t sizes[KEPT_MAX];
	uint8_t texts[KEPT_MAX][HD_PUZZLE_TEXT_MAX];
};

static int64_t
cpu_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static bool
make_one(struct bench *bench, const struct hd_puzzle_spec *spec)
{
	static const uint8_t secret[32] = "huntctl puzzle bench";
	uint8_t seed[HD_PUZZLE_SEED], answer[HD_PHRASE_MAX];
	struct hd_phrases phrases;
	struct hd_puzzle_made made;
	struct hd_bytes phrase = {0};
	bool there = hd_phrases_builtin(HD_PHRASES_VERSION, &phrases);
	HD_ASSERT(there);
	hd_puzzle_base_seed(secret, spec, bench->count + 1, seed);
	if (spec->kind->around_answer) {
		uint32_t index = hd_puzzle_phrase_of(secret, 0, phrases.count, bench->count);
		phrase = hd_bytes_of(answer, hd_phrases_at(&phrases, index, answer));
	}
	if (!hd_tool_make(&bench->job, spec, seed, phrase, &made))
		return false;
	if (bench->kept < KEPT_MAX) {
		memcpy(bench->texts[bench->kept], made.text.at, made.text.size);
		bench->sizes[bench->kept++] = made.text.size;
	}
	return true;
}

static bool
solve_one(struct bench *bench, const struct hd_puzzle_spec *spec)
{
	uint32_t i = bench->count % bench->kept;
	struct hd_puzzle_solved solved;
	return hd_tool_solved(&bench->job, spec->kind, &spec->params,
			      hd_bytes_of(bench->texts[i], bench->sizes[i]), HD_PUZZLE_COUNT,
			      &solved);
}

/* Fills count and times. False: Ctrl-C. */
static bool
measure(struct bench *bench, const struct hd_puzzle_spec *spec,
	bool (*one)(struct bench *, const struct hd_puzzle_spec *), int64_t *took)
{
	int64_t begun = cpu_ns(), from = begun;
	bench->count = 0;
	do {
		if (!one(bench, spec))
			return false;
		int64_t now = cpu_ns();
		bench->times[bench->count++] = now - from;
		from = now;
		hd_tool_progress_one(&bench->progress, 0, 0);
	} while (from - begun < bench->budget_ns && bench->count < TIMES_MAX);
	*took = from - begun;
	qsort(bench->times, bench->count, sizeof *bench->times, by_size);
	return true;
}

static void
add(json_t *fact, const struct bench *bench, const char *what, int64_t took)
{
	static const struct {
		const char *name;
		uint32_t percent;
	} rows[] = {{"p50", 50}, {"p99", 99}, {"max", 100}};
	char name[32];
	snprintf(name, sizeof name, "%s_per_s", what);
	json_object_set_new(fact, name,
			    json_integer((json_int_t)((double)bench->count * 1e9 / (double)took)));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint32_t at = (uint32_t)((uint64_t)(bench->count - 1) * rows[i].percent / 100);
		snprintf(name, sizeof name, "%s_%s_ns", what, rows[i].name);
		json_object_set_new(fact, name, json_integer(bench->times[at]));
	}
}

static bool
bench_tier(struct bench *bench, const struct hd_puzzle_spec *spec, json_t *facts)
{
	uint8_t text[64];
	struct hd_writer params = hd_writer_of(text, sizeof text);
	int64_t took;
	spec->kind->params_write(&spec->params, &params);
	json_t *fact = json_pack("{s:s, s:s#, s:s}", "kind", spec->kind->name, "params", text,
				 (int)(params.at - text), "tier", spec->kind->tiers[spec->tier]);
	json_array_append_new(facts, fact);
	bench->kept = 0;
	if (!measure(bench, spec, make_one, &took))
		return false;
	add(fact, bench, "made", took);
	if (!measure(bench, spec, solve_one, &took))
		return false;
	add(fact, bench, "solved", took);
	return true;
}

/* All tiers of a kind, or the one given. False: Ctrl-C. */
static bool
bench_kind(struct bench *bench, const struct hd_puzzle_spec *given, json_t *facts)
{
	bool all = bench->ctl->text[HD_CTL_OPT_tier] == NULL;
	struct hd_puzzle_spec spec = *given;
	for (uint8_t tier = 0; tier < spec.kind->tiers_count; tier++) {
		spec.tier = tier;
		if ((all ? spec.kind->params_deny(&spec.params, tier) != NULL
			 : tier != given->tier))
			continue;
		if (!bench_tier(bench, &spec, facts))
			return false;
	}
	return true;
}

static int
run(struct bench *bench, json_t *facts)
{
	const char *only = bench->ctl->text[HD_CTL_OPT_kind];
	const struct hd_puzzle_kind *kind = only ? hd_tool_kind(bench->ctl) : NULL;
	if (only && !kind)
		return HD_EXIT_USAGE;
	for (uint32_t i = 0; hd_puzzle_kinds[i]; i++) {
		struct hd_puzzle_spec spec = {.kind = hd_puzzle_kinds[i]};
		if (spec.kind != (kind ? kind : hd_puzzle_kind(hd_bytes_str(spec.kind->name))))
			continue;
		if (!hd_tool_spec(bench->ctl, &spec))
			return HD_EXIT_USAGE;
		if (!bench_kind(bench, &spec, facts))
			return HD_TOOL_INTERRUPTED;
	}
	return HD_EXIT_OK;
}

int
hd_tool_bench(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file)
{
	(void)work;
	(void)file;
	struct bench *bench = calloc(1, sizeof *bench);
	int64_t ms = ctl->text[HD_CTL_OPT_seconds] ? ctl->number[HD_CTL_OPT_seconds] : 1000;
	json_t *facts = json_array();
	HD_ASSERT(bench && facts);
	bench->ctl = ctl;
	bench->budget_ns = ms * 1000000;
	hd_tool_progress_begin(&bench->progress);
	int code = run(bench, facts);
	hd_tool_progress_end(&bench->progress);
	hd_tool_job_free(&bench->job);
	free(bench);
	if (code == HD_EXIT_OK)
		return hd_ctl_print(ctl, facts);
	json_decref(facts);
	return code;
}
