/* Jobs in slices, Ctrl-C between them, and progress. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "net/ctl/puzzle/tool.h"

#define ALIGN      64u
#define FUEL       10000
#define TELL_MS    200
#define TRIES_ALL  UINT32_MAX
#define LINE_CLEAR "\r\033[K"

/* A signal's handler can only reach what is global. */
static volatile sig_atomic_t stopped;
static struct sigaction before;

static void
take_interrupt(int number)
{
	(void)number;
	stopped = 1;
}

void
hd_tool_listen(void)
{
	struct sigaction action = {.sa_handler = take_interrupt};
	stopped = 0;
	sigaction(SIGINT, &action, &before);
}

void
hd_tool_calm(void)
{
	sigaction(SIGINT, &before, NULL);
}

bool
hd_tool_stopped(void)
{
	return stopped != 0;
}

static void
make_room(struct hd_tool_job *job, size_t size)
{
	if (job->size >= size)
		return;
	free(job->memory);
	job->size = (size + ALIGN - 1) / ALIGN * ALIGN;
	job->memory = aligned_alloc(ALIGN, job->size);
	HD_ASSERT(job->memory);
}

void
hd_tool_job_free(struct hd_tool_job *job)
{
	free(job->memory);
	*job = (struct hd_tool_job){0};
}

static bool
run(struct hd_puzzle_job *job)
{
	enum hd_puzzle_state state = HD_PUZZLE_PENDING;
	while (state == HD_PUZZLE_PENDING && !hd_tool_stopped())
		state = hd_puzzle_step(job, FUEL);
	HD_ASSERT(state != HD_PUZZLE_MISSED);
	return state == HD_PUZZLE_READY;
}

bool
hd_tool_make(struct hd_tool_job *job, const struct hd_puzzle_spec *spec, const uint8_t *seed,
	     struct hd_bytes answer, struct hd_puzzle_made *made)
{
	make_room(job, hd_puzzle_make_size(spec));
	struct hd_puzzle_job *making =
		hd_puzzle_make(job->memory, spec, seed, 0, TRIES_ALL, answer);
	if (!run(making))
		return false;
	hd_puzzle_made(making, made);
	return true;
}

bool
hd_tool_solved(struct hd_tool_job *job, const struct hd_puzzle_kind *kind,
	       const struct hd_puzzle_params *params, struct hd_bytes text,
	       enum hd_puzzle_mode mode, struct hd_puzzle_solved *solved)
{
	make_room(job, hd_puzzle_solve_size(kind, params));
	struct hd_puzzle_job *solving = hd_puzzle_solve(job->memory, kind, text, mode);
	if (!run(solving))
		return false;
	hd_puzzle_solved(solving, solved);
	return true;
}

const char *
hd_tool_verdict(enum hd_puzzle_verdict verdict)
{
	static const char *const names[] = {[HD_PUZZLE_NONE] = "none",
					    [HD_PUZZLE_UNIQUE] = "unique",
					    [HD_PUZZLE_MANY] = "many",
					    [HD_PUZZLE_BUDGET] = "budget"};
	HD_ASSERT(verdict <= HD_PUZZLE_BUDGET);
	return names[verdict];
}

const char *
hd_tool_tier(const struct hd_puzzle_kind *kind, uint8_t tier)
{
	HD_ASSERT(tier <= kind->tiers_count);
	return tier < kind->tiers_count ? kind->tiers[tier] : "beyond";
}

/* Progress. */

static int64_t
now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
hd_tool_progress_begin(struct hd_tool_progress *progress)
{
	progress->shown = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
	progress->done = 0;
	if (progress->shown)
		progress->begun_ms = progress->told_ms = now_ms();
}

static void
tell_left(int64_t took_ms, uint64_t part, uint64_t whole)
{
	char text[64];
	double left_s = (double)took_ms / 1000 * (double)(whole - part) / (double)part;
	json_t *left = json_integer((json_int_t)left_s);
	hd_ctl_value("left_s", left, text, sizeof text);
	fprintf(stderr, ", %.0f%%, %s left", 100 * (double)part / (double)whole, text);
	json_decref(left);
}

void
hd_tool_progress_one(struct hd_tool_progress *progress, uint64_t part, uint64_t whole)
{
	progress->done++;
	if (!progress->shown)
		return;
	int64_t now = now_ms(), took = now - progress->begun_ms;
	if (now - progress->told_ms < TELL_MS || took <= 0)
		return;
	progress->told_ms = now;
	fprintf(stderr, LINE_CLEAR "%llu puzzles, %llu/s", (unsigned long long)progress->done,
		(unsigned long long)(progress->done * 1000 / (uint64_t)took));
	if (part > 0 && whole > part)
		tell_left(took, part, whole);
	fflush(stderr);
}

void
hd_tool_progress_end(struct hd_tool_progress *progress)
{
	if (progress->shown && progress->told_ms != progress->begun_ms)
		fputs(LINE_CLEAR, stderr);
}
