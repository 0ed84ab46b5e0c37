/* What puzzles cost this one thread.
 *
 *   bench_puzzle solve KIND FILE [REPEAT]
 *       a puzzle a line, counted to two, its reading included
 *   bench_puzzle grade KIND FILE [REPEAT]
 *       the same, and graded
 *   bench_puzzle make KIND PARAMS TIER SECONDS
 *       from seeds 0, 1, 2 ..., all tries included
 *
 * Prints `key value` pairs on one line: the rate per second of CPU and the mean; p50, p99 and max
 * are of single puzzles. Single solves are timed by the clock on the wall, for reading the clock of
 * CPU time takes longer than some of them. */
#include "core/puzzle/kinds.h"
#include "huntd/assert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LINES_MAX 1000000u
#define FUEL      1000000

_Noreturn void
hd_assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "invariant failed: %s at %s:%d\n", condition, file, line);
	exit(70);
}

static _Noreturn void
fail(const char *what, const char *which)
{
	fprintf(stderr, "bench_puzzle: %s: %s\n", which, what);
	exit(2);
}

static uint64_t
now_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Times of single puzzles, kept to be sorted. */
struct times {
	uint64_t *ns;
	size_t count, room;
};

static void
note(struct times *times, uint64_t ns)
{
	if (times->count == times->room) {
		times->room = times->room ? 2 * times->room : 1024;
		times->ns = realloc(times->ns, times->room * sizeof(*times->ns));
		if (times->ns == NULL)
			fail("no memory", "times");
	}
	times->ns[times->count++] = ns;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* cpu_ns: of all of them. */
static void
print_times(struct times *times, uint64_t cpu_ns)
{
	size_t n = times->count;
	if (n == 0)
		fail("nothing was done", "times");
	qsort(times->ns, n, sizeof(*times->ns), by_value);
	printf("puzzles %zu per_second %.0f mean_ns %.0f p50_ns %llu p99_ns %llu max_ns %llu", n,
	       (double)n * 1e9 / (double)cpu_ns, (double)cpu_ns / (double)n,
	       (unsigned long long)times->ns[n / 2], (unsigned long long)times->ns[n * 99 / 100],
	       (unsigned long long)times->ns[n - 1]);
	free(times->ns);
}

static void *
room_for(size_t size)
{
	void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
	if (memory == NULL)
		fail("no memory", "job");
	return memory;
}

struct lines {
	struct hd_bytes *at;
	size_t count, solve_size;
};

static void
add_line(struct lines *lines, const struct hd_puzzle_kind *kind, const char *line, size_t size)
{
	struct hd_puzzle_params params;
	struct hd_bytes text = hd_bytes_of(line, size);
	const char *fault;
	uint8_t *copy = malloc(HD_PUZZLE_TEXT_MAX);
	struct hd_writer out = hd_writer_of(copy, HD_PUZZLE_TEXT_MAX);
	if (copy == NULL || lines->count == LINES_MAX)
		fail("no room", "lines");
	/* 81 characters without a colon are that form. */
	if (kind->forms & 1u << HD_PUZZLE_FORM_81 && memchr(line, ':', size) == NULL)
		fault = kind->form_read(HD_PUZZLE_FORM_81, text, &out);
	else
		fault = (hd_write_fixed(&out, line, text.size), NULL);
	text = hd_bytes_of(copy, (size_t)(out.at - copy));
	if (fault == NULL)
		fault = kind->check(text, &params);
	if (fault != NULL)
		fail(fault, line);
	if (hd_puzzle_solve_size(kind, &params) > lines->solve_size)
		lines->solve_size = hd_puzzle_solve_size(kind, &params);
	lines->at[lines->count++] = text;
}

static struct lines
read_lines(const struct hd_puzzle_kind *kind, const char *path)
{
	struct lines lines = {malloc(LINES_MAX * sizeof(struct hd_bytes)), 0, 0};
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t size;
	if (file == NULL || lines.at == NULL)
		fail(strerror(errno), path);
	while ((size = getline(&line, &room, file)) > 0) {
		line[strcspn(line, "\r\n")] = 0;
		if (line[0] != 0 && line[0] != '#')
			add_line(&lines, kind, line, strlen(line));
	}
	free(line);
	fclose(file);
	return lines;
}

static void
bench_solve(const struct hd_puzzle_kind *kind, const char *path, enum hd_puzzle_mode mode,
	    uint32_t repeat)
{
	struct lines lines = read_lines(kind, path);
	void *memory = room_for(lines.solve_size);
	struct times times = {0};
	struct hd_puzzle_solved solved;
	uint64_t verdicts[4] = {0}, tiers[HD_PUZZLE_TIERS_MAX + 1] = {0};
	uint64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
	for (uint32_t round = 0; round < repeat; round++)
		for (size_t i = 0; i < lines.count; i++) {
			uint64_t from = now_ns(CLOCK_MONOTONIC);
			struct hd_puzzle_job *job =
				hd_puzzle_solve(memory, kind, lines.at[i], mode);
			while (hd_puzzle_step(job, FUEL) == HD_PUZZLE_PENDING)
				;
			hd_puzzle_solved(job, &solved);
			note(&times, now_ns(CLOCK_MONOTONIC) - from);
			verdicts[solved.verdict]++;
			tiers[solved.rating.tier]++;
		}
	print_times(&times, now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
	printf(" none %llu unique %llu many %llu budget %llu", (unsigned long long)verdicts[0],
	       (unsigned long long)verdicts[1], (unsigned long long)verdicts[2],
	       (unsigned long long)verdicts[3]);
	for (uint32_t t = 0; mode == HD_PUZZLE_GRADE && t < kind->tiers_count; t++)
		printf(" %s %llu", kind->tiers[t], (unsigned long long)tiers[t]);
	printf("\n");
	for (size_t i = 0; i < lines.count; i++)
		free((void *)(uintptr_t)lines.at[i].at);
	free(lines.at);
	free(memory);
}

static void
bench_make(const struct hd_puzzle_spec *spec, double seconds)
{
	void *memory = room_for(hd_puzzle_make_size(spec));
	struct hd_bytes answer =
		spec->kind->around_answer ? HD_BYTES("COPPERLANTERN") : (struct hd_bytes){0};
	struct times times = {0};
	struct hd_puzzle_made made;
	uint64_t tries = 0;
	uint64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID), until = cpu + (uint64_t)(seconds * 1e9);
	for (uint64_t n = 0, now = cpu; now < until; n++) {
		uint8_t seed[HD_PUZZLE_SEED] = {0};
		uint64_t from = now_ns(CLOCK_THREAD_CPUTIME_ID);
		struct hd_puzzle_job *job;
		memcpy(seed, &n, sizeof(n));
		job = hd_puzzle_make(memory, spec, seed, 0, UINT32_MAX, answer);
		while (hd_puzzle_step(job, FUEL) == HD_PUZZLE_PENDING)
			;
		hd_puzzle_made(job, &made);
		now = now_ns(CLOCK_THREAD_CPUTIME_ID);
		note(&times, now - from);
		tries += made.try + 1;
	}
	printf("tries_each %.2f ", (double)tries / (double)times.count);
	print_times(&times, now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
	printf("\n");
	free(memory);
}

int
main(int argc, char **argv)
{
	const char *usage = "bench_puzzle solve|grade KIND FILE [REPEAT] | "
			    "make KIND PARAMS TIER SECONDS";
	struct hd_puzzle_spec spec = {0};
	const char *fault;
	if (argc < 4)
		fail("usage", usage);
	spec.kind = hd_puzzle_kind(hd_bytes_str(argv[2]));
	if (spec.kind == NULL)
		fail("no such kind", argv[2]);
	if (strcmp(argv[1], "make") != 0) {
		bench_solve(spec.kind, argv[3],
			    strcmp(argv[1], "grade") ? HD_PUZZLE_COUNT : HD_PUZZLE_GRADE,
			    argc > 4 ? (uint32_t)atoi(argv[4]) : 1);
		return 0;
	}
	if (argc < 6 || !hd_puzzle_tier(spec.kind, hd_bytes_str(argv[4]), &spec.tier))
		fail("usage, or no such tier", usage);
	fault = spec.kind->params_read(hd_bytes_str(argv[3]), &spec.params);
	if (fault == NULL)
		fault = spec.kind->params_deny(&spec.params, spec.tier);
	if (fault != NULL)
		fail(fault, argv[3]);
	bench_make(&spec, atof(argv[5]));
	return 0;
}
