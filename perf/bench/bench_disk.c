/* bench_disk - how much of a disk's bandwidth a log gets.
 *
 *   bench_disk DIRECTORY [MiB [rounds]]      (default 128, 1; DIRECTORY must not hold a log)
 *
 * One batch of 128 KiB a flush, durability batch: the next one is appended while a flush runs. What
 * is behind the last but one snapshot is used again, as in a server that serves for long, without
 * an archive. Prints one line first: MiB/s while the files were new, each byte of which costs a
 * byte of zeros. Then waits for a line on its input before each round, runs as many MiB over old
 * files, and prints MiB/s, the segments entered, and how many ms at most and on average one of them
 * held up the shard. `./dev bench log-128k` runs fio in between. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "huntd/error.h"
#include "huntd/limits.h"
#include "huntd/log.h"
#include "net/uring/uring.h"
#include "perf/bench/plain_memory.h"

#define BATCH    (128u * HD_KIB)
#define SNAPSHOT 256u  /* batches between two */
#define WARM     2560u /* batches; then the last segments have their full size */

static double
now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Passes until at most `behind` events are not on the disk. */
static void
settle(struct hd_log *log, struct hd_io *io, uint64_t behind)
{
	struct hd_completion done[16];
	hd_log_pass(log, io->ops->now(io), true);
	while (hd_log_durable(log) + behind < hd_log_tail(log)) {
		uint32_t count = io->ops->wait(io, -1, done, 16);
		for (uint32_t i = 0; i < count; i++)
			hd_log_complete(log, &done[i]);
		hd_log_pass(log, io->ops->now(io), true);
	}
}

static void
append(struct hd_log *log, uint64_t n)
{
	static uint8_t text[BATCH - 256];
	memset(text, (int)n, sizeof text);
	struct hd_event event = {.type = HD_EVENT_ORDER,
				 .order = n,
				 .stamp = (int64_t)n,
				 .text = hd_bytes_of(text, sizeof text)};
	hd_log_append(log, &event, 1);
}

static void
run(struct hd_log *log, struct hd_io *io, struct hd_log_anchor *older, uint64_t batches)
{
	uint64_t first = hd_log_tail(log) + 1;
	for (uint64_t n = first; n < first + batches; n++) {
		if (n % SNAPSHOT == 0) {
			if (older->lsn != 0)
				hd_log_keep(log, older->number, false);
			*older = hd_log_anchor(log);
		}
		append(log, n);
		settle(log, io, 1);
	}
	settle(log, io, 0);
}

/* New files until there are as many as there will be, then rounds over old ones. */
static void
measure(struct hd_log *log, struct hd_io *io, uint64_t batches, uint64_t rounds)
{
	struct hd_log_anchor older = {0};
	double start = now_s();
	run(log, io, &older, WARM);
	printf("%.1f\n", (double)(WARM * BATCH / HD_MIB) / (now_s() - start));
	fflush(stdout);
	for (uint64_t i = 0; i < rounds && getchar() != EOF; i++) {
		struct hd_log_stats before = hd_log_stats(log);
		start = now_s();
		run(log, io, &older, batches);
		double rate = (double)(batches * BATCH) / (double)HD_MIB / (now_s() - start);
		struct hd_log_stats after = hd_log_stats(log);
		uint64_t entered = after.recycled - before.recycled;
		double held = (double)(after.recycle_ns_sum - before.recycle_ns_sum) / 1e6;
		printf("%.1f %llu %.3f %.3f\n", rate, (unsigned long long)entered,
		       (double)after.recycle_ns_max / 1e6, entered ? held / (double)entered : 0);
		fflush(stdout);
	}
}

int
main(int count, char **arguments)
{
	uint64_t mib = count > 2 ? strtoull(arguments[2], NULL, 10) : 128;
	uint64_t rounds = count > 3 ? strtoull(arguments[3], NULL, 10) : 1;
	if (count < 2 || mib < 1 || mib > 65536) {
		fprintf(stderr, "bench_disk DIRECTORY [1..65536 MiB [rounds]]\n");
		return HD_EXIT_USAGE;
	}
	char message[300];
	struct hd_io *io = hd_uring_create(&(struct hd_uring_options){0}, message, sizeof message);
	if (io == NULL) {
		fprintf(stderr, "bench_disk: %s\n", message);
		return HD_EXIT_FAILED;
	}
	struct hd_memory memory = {.take = plain_take, .give = plain_give};
	struct hd_log_options options = {.io = io,
					 .memory = &memory,
					 .directory = arguments[1],
					 .segment_bytes = HD_SEGMENT_DEFAULT};
	struct hd_log_report report;
	struct hd_log *log = hd_log_open(&options, NULL, NULL, &report);
	if (log == NULL) {
		fprintf(stderr, "bench_disk: %s\n", report.message);
		return HD_EXIT_STORAGE;
	}
	measure(log, io, mib * HD_MIB / BATCH, rounds);
	hd_log_close(log);
	hd_uring_destroy(io);
	return 0;
}
