/* bench_log - what a log costs.
 *
 *   bench_log [events] [directory]      (default 4,000,000; no directory: appending only)
 *
 * Appending: ns of this thread an event, encoding, framing and CRC included, to a disk that is
 * infinitely fast. With a directory, which must not hold a log: the same through io_uring, then
 * replay; wall time and thread CPU. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "huntd/error.h"
#include "huntd/limits.h"
#include "huntd/log.h"
#include "net/uring/uring.h"
#include "perf/bench/plain_memory.h"

static double
clock_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* A disk that is infinitely fast and keeps nothing. */
struct null_io {
	struct hd_io io;
	struct hd_completion done[64];
	uint32_t count;
	int64_t now;
};

static void
null_write(struct hd_io *io, int file, const void *from, uint32_t size, uint64_t offset,
	   uint32_t flags, uint64_t tag)
{
	struct null_io *null = (struct null_io *)io;
	(void)file, (void)from, (void)offset, (void)flags;
	null->done[null->count++] = (struct hd_completion){.tag = tag, .result = (int32_t)size};
}

static void
null_fsync(struct hd_io *io, int file, uint64_t tag)
{
	null_write(io, file, NULL, 0, 0, 0, tag);
}

static uint32_t
null_wait(struct hd_io *io, int64_t timeout, struct hd_completion *out, uint32_t room)
{
	struct null_io *null = (struct null_io *)io;
	uint32_t count = null->count < room ? null->count : room;
	(void)timeout;
	memcpy(out, null->done, count * sizeof *out);
	null->count = 0;
	return count;
}

static int64_t
null_now(struct hd_io *io)
{
	return ((struct null_io *)io)->now += 1000;
}

static int
null_open(struct hd_io *io, const char *path, uint32_t flags)
{
	(void)io, (void)path, (void)flags;
	return 3;
}

static int
null_file(struct hd_io *io, int file)
{
	(void)io, (void)file;
	return 0;
}

static int
null_allocate(struct hd_io *io, int file, uint64_t size)
{
	(void)io, (void)file, (void)size;
	return 0;
}

static int64_t
null_put(struct hd_io *io, int file, const void *from, uint32_t size, uint64_t offset)
{
	(void)io, (void)file, (void)from, (void)offset;
	return size;
}

static int
null_path(struct hd_io *io, const char *path)
{
	(void)io, (void)path;
	return 0;
}

static int
null_list(struct hd_io *io, const char *path, void (*each)(void *context, const char *name),
	  void *context)
{
	(void)io, (void)path, (void)each, (void)context;
	return 0;
}

static int64_t
null_space(struct hd_io *io, const char *path)
{
	(void)io, (void)path;
	return INT64_MAX;
}

static const struct hd_io_ops null_ops = {
	.now = null_now,
	.wait = null_wait,
	.write = null_write,
	.fsync = null_fsync,
	.file_open = null_open,
	.file_close = null_file,
	.file_allocate = null_allocate,
	.file_write = null_put,
	.file_sync = null_file,
	.dir_make = null_path,
	.dir_sync = null_path,
	.dir_list = null_list,
	.space = null_space,
};

static struct hd_event
award(uint64_t n, char id[static 16])
{
	memcpy(id, "entrant-00000000", 16);
	for (int i = 15; n > 0 && i >= 8; i--, n /= 10)
		id[i] = (char)('0' + n % 10);
	return (struct hd_event){
		.type = HD_EVENT_AWARDED, .entrant = hd_bytes_of(id, 16), .points = 10};
}

static void
turn(struct hd_log *log, struct hd_io *io)
{
	struct hd_completion done[64];
	hd_log_pass(log, io->ops->now(io), true);
	uint32_t count = io->ops->wait(io, 0, done, 64);
	for (uint32_t i = 0; i < count; i++)
		hd_log_complete(log, &done[i]);
}

static void
append_all(struct hd_log *log, struct hd_io *io, uint64_t events, uint32_t a_pass)
{
	for (uint64_t n = 0; n < events;) {
		for (uint32_t i = 0; i < a_pass; i++, n++) {
			char id[16];
			struct hd_event event = award(n % 1000000, id);
			event.stamp = event.time = (int64_t)(hd_log_tail(log) + 1) * 100;
			hd_log_append(log, &event, 1);
		}
		do
			turn(log, io);
		while (hd_log_room(log) == HD_ERR_BUSY);
	}
	while (hd_log_durable(log) < hd_log_tail(log))
		turn(log, io);
}

static bool
count_event(void *context, const struct hd_log_event *event)
{
	*(uint64_t *)context += event->body.size;
	return true;
}

static struct hd_log *
open_log(struct hd_io *io, struct hd_memory *memory, const char *directory,
	 struct hd_log_report *report)
{
	static uint64_t bytes;
	struct hd_log_options options = {.io = io,
					 .memory = memory,
					 .directory = directory,
					 .segment_bytes = HD_SEGMENT_DEFAULT};
	struct hd_log *log = hd_log_open(&options, count_event, &bytes, report);
	if (log == NULL) {
		fprintf(stderr, "bench_log: %s\n", report->message);
		exit(HD_EXIT_STORAGE);
	}
	return log;
}

static void
bench_append(struct hd_io *io, const char *directory, uint64_t events, const char *name)
{
	static const uint32_t passes[] = {64, 1500};
	struct hd_memory memory = {.take = plain_take, .give = plain_give};
	struct hd_log_report report;
	struct hd_log *log = open_log(io, &memory, directory, &report);
	for (int i = 0; i < 2; i++) {
		append_all(log, io, events / 8, passes[i]);
		double wall = clock_ns(CLOCK_MONOTONIC), cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		append_all(log, io, events, passes[i]);
		cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
		wall = clock_ns(CLOCK_MONOTONIC) - wall;
		printf("append, %s, %4u events a pass: %5.1f ns of CPU an event, %.2f M/s\n", name,
		       passes[i], cpu / (double)events, (double)events * 1e3 / wall);
	}
	hd_log_close(log);
}

static void
bench_replay(struct hd_io *io, const char *directory)
{
	struct hd_memory memory = {.take = plain_take, .give = plain_give};
	struct hd_log_report report;
	double wall = clock_ns(CLOCK_MONOTONIC), cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct hd_log *log = open_log(io, &memory, directory, &report);
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	wall = clock_ns(CLOCK_MONOTONIC) - wall;
	printf("replay without apply: %.1f ns of CPU an event, %.2f M/s\n",
	       cpu / (double)report.events, (double)report.events * 1e3 / wall);
	hd_log_close(log);
}

int
main(int count, char **arguments)
{
	uint64_t events = count > 1 ? strtoull(arguments[1], NULL, 10) : 4000000;
	if (events < 1000 || events > 100000000) {
		fprintf(stderr, "bench_log: events must be between 1,000 and 100,000,000\n");
		return HD_EXIT_USAGE;
	}
	static struct null_io null = {.io.ops = &null_ops};
	bench_append(&null.io, "none", events, "no disk");
	if (count < 3)
		return 0;
	char message[300];
	struct hd_io *io = hd_uring_create(&(struct hd_uring_options){0}, message, sizeof message);
	if (io == NULL) {
		fprintf(stderr, "bench_log: %s\n", message);
		return HD_EXIT_FAILED;
	}
	bench_append(io, arguments[2], events, "io_uring");
	bench_replay(io, arguments[2]);
	hd_uring_destroy(io);
	return 0;
}
