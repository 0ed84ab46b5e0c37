/* The n-th thing fails, for every n of a script of 500 events: the n-th disk operation with EIO,
 * with ENOSPC, or short; the n-th taking of memory (the process ends there); and, with the budget
 * used up before each command, -OOM without a trace. After each the machine is started again and
 * checked against the ledger.
 *
 *   crash_sweeps [--stride N] [--seed S]    every N-th n only; prints a line a sweep */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "huntd/assert.h"
#include "tests/crash/life.h"
#include "tests/lib/lib.h"
#include "tests/lib/log_world.h"

#define EVENTS 500u

static uint64_t seed = 7, stride = 1;
static struct life_ledger ledger;
static struct life life;
static uint32_t ended;

static void
check(const char *sweep, uint64_t n, const char *wrong)
{
	if (wrong == NULL)
		return;
	printf("FAULT: %s %llu, seed %llu: %s\n", sweep, (unsigned long long)n,
	       (unsigned long long)seed, wrong);
	exit(1);
}

/* The script up to EVENTS events; the n-th step is the same whatever failed before it. */
static void
run_script(void)
{
	for (uint32_t k = 0; hd_log_tail(life.log) < EVENTS && k < 3 * EVENTS;) {
		for (uint32_t more = 1 + k % 7; more > 0; more--)
			life_act(&life, seed, k++);
		life_submit(&life, k % 2);
		life_complete(&life);
	}
	life_settle(&life);
}

static const char *
start(void)
{
	return life_recover(&life, 0, 0);
}

/* One run, which may end anywhere by a longjmp. True: it came to its end. */
static bool
run(void)
{
	jmp_buf at;
	life.pool.failed = log_world_failed = &at;
	if (setjmp(at) != 0)
		return false;
	if (start() != NULL)
		return false;
	run_script();
	return true;
}

/* The process has ended or is ended now; what does the disk hold? */
static void
look_again(const char *sweep, uint64_t n, bool power)
{
	uint64_t promised = life.acked, tail = LIFE_LSNS - 1;
	life.pool.fail_at = life.fake.fail_at = life.fake.short_at = 0;
	log_world_failed = NULL;
	if (power)
		fake_io_crash(&life.fake, 30);
	else
		fake_io_kill(&life.fake, 50);
	life_end(&life);
	check(sweep, n, life_recover(&life, promised, tail));
	for (uint32_t k = 0; k < 10; k++)
		life_act(&life, seed, 20000 + k);
	life_settle(&life);
}

/* The greatest n: of a run in which nothing fails. */
static uint64_t
operations_of_a_run(uint64_t *takes)
{
	life_begin(&life, seed, &ledger);
	bool whole = run();
	HD_ASSERT(whole);
	uint64_t operations = life.fake.operations;
	*takes = life.pool.takes;
	life_fini(&life);
	return operations;
}

static void
sweep_disk(const char *name, int error, uint64_t operations)
{
	ended = 0;
	for (uint64_t n = 1; n <= operations; n += stride) {
		life_begin(&life, seed, &ledger);
		life.fake.fail_error = error ? error : EIO;
		if (error)
			life.fake.fail_at = n;
		else
			life.fake.short_at = n;
		ended += !run();
		if (life.fake.syncs_after_failure > 0 && life.snapshots == 0 && error == EIO)
			check(name, n, "an fsync after one that failed");
		look_again(name, n, n % 2);
		life_fini(&life);
	}
	printf("%s: %llu runs of %llu operations, %u ended the process, all recovered\n", name,
	       (unsigned long long)((operations + stride - 1) / stride),
	       (unsigned long long)operations, ended);
}

static void
sweep_memory(uint64_t takes)
{
	ended = 0;
	for (uint64_t n = 1; n <= takes; n += stride) {
		life_begin(&life, seed, &ledger);
		life.pool.fail_at = n;
		ended += !run();
		look_again("the n-th taking of memory", n, n % 2);
		life_fini(&life);
	}
	printf("memory ends: %llu runs, %u ended the process, all recovered\n",
	       (unsigned long long)((takes + stride - 1) / stride), ended);
}

/* Before each command the budget is used up: it is refused and leaves no trace, or needs none. */
static void
sweep_budget(void)
{
	uint32_t refused = 0, commands = 0;
	uint8_t before[16], after[16];
	life_begin(&life, seed, &ledger);
	check("budget", 0, start());
	struct hd_memory *memory = &life.world.memory;
	for (uint32_t k = 0; hd_log_tail(life.log) < EVENTS && k < 3 * EVENTS; k++) {
		uint64_t tail = hd_log_tail(life.log);
		hd_core_digest(life.world.core, before);
		memory->budget = memory->used > 0 ? memory->used : 1;
		life.world.answer[0] = 0;
		if (hd_core_hunts(life.world.core) > 0)
			life_act(&life, seed, k);
		memory->budget = 0;
		hd_core_digest(life.world.core, after);
		if (strcmp(life.world.answer, "-OOM") == 0) {
			refused++;
			if (memcmp(before, after, 16) != 0 || hd_log_tail(life.log) != tail)
				check("budget", k, "a refused command left a trace");
		}
		commands++;
		life_act(&life, seed, k);
		life_submit(&life, true);
		life_complete(&life);
	}
	life_settle(&life);
	check("budget", 0, refused > 0 ? NULL : "nothing was refused");
	look_again("budget", 0, true);
	life_fini(&life);
	printf("budget: %u commands, %u refused with -OOM, without a trace\n", commands, refused);
}

int
main(int count, char **arguments)
{
	uint64_t takes;
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	for (int i = 1; i + 1 < count; i += 2) {
		uint64_t value = strtoull(arguments[i + 1], NULL, 10);
		if (strcmp(arguments[i], "--stride") == 0)
			stride = value;
		else if (strcmp(arguments[i], "--seed") == 0)
			seed = value;
	}
	uint64_t operations = operations_of_a_run(&takes);
	sweep_disk("disk EIO", EIO, operations);
	sweep_disk("disk ENOSPC", ENOSPC, operations);
	sweep_disk("disk short", 0, operations);
	sweep_memory(takes);
	sweep_budget();
	return 0;
}
