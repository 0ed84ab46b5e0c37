#include "tests/lib/log_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "huntd/assert.h"
#include "huntd/error.h"
#include "huntd/limits.h"
#include "tests/lib/lib.h"

jmp_buf *log_world_failed;
char log_world_message[1024];

_Noreturn void
hd_log_failed(const char *message)
{
	snprintf(log_world_message, sizeof log_world_message, "%s", message);
	if (log_world_failed)
		longjmp(*log_world_failed, 1);
	fprintf(stderr, "%s\n", message);
	exit(HD_EXIT_STORAGE);
}

/* Memory that can be freed as a whole, because a killed log gives nothing back. */
struct chunk {
	struct chunk *next, *before;
	void *at;
};

static void *
take(void *source, size_t size, size_t align)
{
	struct chunk *list = source;
	struct chunk *chunk = malloc(sizeof *chunk);
	HD_ASSERT(chunk != NULL);
	if (posix_memalign(&chunk->at, align < sizeof(void *) ? sizeof(void *) : align, size))
		HD_UNREACHABLE();
	memset(chunk->at, 0, size);
	chunk->next = list->next;
	chunk->before = list;
	if (list->next)
		list->next->before = chunk;
	list->next = chunk;
	return chunk->at;
}

static void
drop_chunk(struct chunk *chunk)
{
	chunk->before->next = chunk->next;
	if (chunk->next)
		chunk->next->before = chunk->before;
	free(chunk->at);
	free(chunk);
}

static void
give(void *source, void *at, size_t size)
{
	struct chunk *list = source;
	(void)size;
	for (struct chunk *chunk = list->next; chunk; chunk = chunk->next) {
		if (chunk->at != at)
			continue;
		drop_chunk(chunk);
		return;
	}
	HD_UNREACHABLE();
}

void
log_world_init(struct log_world *world, uint64_t seed)
{
	*world = (struct log_world){.seed = seed, .text_max = HD_REASON_MAX, .room = 8};
	fake_io_init(&world->fake);
	world->fake.seed = seed;
	world->memory = (struct hd_memory){take, give, calloc(1, sizeof(struct chunk)), 0, 0};
	world->options = (struct hd_log_options){
		.io = &world->fake.io,
		.memory = &world->memory,
		.directory = "data/shard-3",
		.shard = 3,
		.segment_bytes = HD_MIB,
		.durability = HD_DURABLE_BATCH,
		.window_ns = 100 * 1000000,
	};
}

void
log_world_drop(struct log_world *world)
{
	struct chunk *list = world->memory.source;
	while (list->next)
		drop_chunk(list->next);
	world->memory.used = 0;
	world->log = NULL;
}

void
log_world_fork(struct log_world *to, const struct log_world *from)
{
	*to = *from;
	fake_io_clone(&to->fake, &from->fake);
	to->memory = (struct hd_memory){take, give, calloc(1, sizeof(struct chunk)), 0, 0};
	to->options.io = &to->fake.io;
	to->options.memory = &to->memory;
	to->log = NULL;
}

void
log_world_fini(struct log_world *world)
{
	HD_ASSERT(world->memory.used == 0);
	HD_ASSERT(world->fake.direct_faults == 0);
	free(world->memory.source);
	fake_io_fini(&world->fake);
}

/* The texts of events point here. */
static uint8_t text[HD_EVENT_MAX];

static struct hd_event
event_of(const struct log_world *world, uint64_t lsn, char entrant[static 24])
{
	uint64_t random = world->seed ^ lsn * 0x9e3779b97f4a7c15u;
	uint64_t shape = hd_test_random(&random);
	snprintf(entrant, 24, "entrant-%llu", (unsigned long long)(shape % 1000));
	if (text[0] == 0)
		for (uint32_t i = 0; i < sizeof text; i++)
			text[i] = (uint8_t)('a' + i % 26);
	int64_t stamp = (int64_t)lsn * 1000 + (int64_t)(shape >> 32) % 1000;
	struct hd_event event = {.stamp = stamp, .time = stamp};
	event.text = hd_bytes_of(text, hd_test_random(&random) % (world->text_max + 1));
	if (event.text.size > HD_REASON_MAX) {
		event.type = HD_EVENT_ORDER;
		event.order = lsn;
		return event;
	}
	event.type = HD_EVENT_AWARDED;
	event.hunt = (uint16_t)(shape >> 40 & 7);
	event.entrant = hd_bytes_str(entrant);
	event.points = (int64_t)hd_test_random(&random) >> (shape & 31);
	return event;
}

bool
log_world_each(void *context, const struct hd_log_event *event)
{
	struct log_world *world = context;
	static uint8_t body[HD_EVENT_MAX];
	char entrant[24];
	if (event->lsn == world->refuse)
		return false;
	struct hd_event expected = event_of(world, event->lsn, entrant);
	struct hd_writer out = hd_writer_of(body, sizeof body);
	hd_event_encode(&expected, &out);
	HD_ASSERT(!out.full);
	struct hd_bytes bytes = hd_bytes_of(body, (size_t)(out.at - body));
	if (event->lsn != world->replayed + 1 || event->stamp != expected.stamp ||
	    event->type != expected.type || !hd_bytes_equal(event->body, bytes))
		world->wrong++;
	world->replayed = event->lsn;
	return true;
}

bool
log_world_open(struct log_world *world)
{
	HD_ASSERT(world->log == NULL);
	world->replayed = world->options.from.lsn;
	world->log = hd_log_open(&world->options, log_world_each, world, &world->report);
	if (world->log)
		world->acked = world->flushed = hd_log_flushed(world->log);
	return world->log != NULL;
}

bool
log_world_close(struct log_world *world)
{
	bool good = hd_log_close(world->log);
	world->log = NULL;
	return good;
}

void
log_world_append(struct log_world *world, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct hd_event events[HD_DECISION_EVENTS_MAX];
		char entrants[HD_DECISION_EVENTS_MAX][24];
		uint64_t lsn = hd_log_tail(world->log);
		uint64_t random = world->seed + lsn;
		uint32_t number = 1 + hd_test_random(&random) % HD_DECISION_EVENTS_MAX;
		if (world->text_max > HD_FRAME_MAX / 8)
			number = 1;
		for (uint32_t k = 0; k < number; k++)
			events[k] = event_of(world, lsn + 1 + k, entrants[k]);
		uint64_t last = hd_log_append(world->log, events, number);
		HD_ASSERT(last == lsn + number);
	}
}

void
log_world_pass(struct log_world *world, bool slept)
{
	struct hd_completion done[8];
	struct hd_io *io = &world->fake.io;
	hd_log_pass(world->log, io->ops->now(io), slept);
	uint32_t count = io->ops->wait(io, 0, done, world->room);
	for (uint32_t i = 0; i < count; i++)
		if (HD_IO_OWNER(done[i].tag) == HD_IO_LOG)
			hd_log_complete(world->log, &done[i]);
	world->fake.now += 1000;
	world->acked = hd_log_durable(world->log);
	world->flushed = hd_log_flushed(world->log);
}

void
log_world_settle(struct log_world *world)
{
	for (int i = 0; i < 1000; i++) {
		if (hd_log_durable(world->log) == hd_log_tail(world->log))
			return;
		log_world_pass(world, true);
	}
	HD_UNREACHABLE();
}
