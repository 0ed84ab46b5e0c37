#include "tests/lib/house_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "huntd/ids.h"
#include "huntd/value.h"
#include "tests/lib/lib.h"
#include "tests/lib/world.h"

/* The fake edge. */

static void
finish(struct door *door, struct house_ask *ask)
{
	pthread_mutex_lock(&door->mutex);
	__atomic_store_n(&ask->done, true, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&door->mutex);
}

static void
edge_complete(void *edge, const struct hd_completion *completion)
{
	(void)edge;
	(void)completion;
	HD_UNREACHABLE();
}

static void
take_inbox(struct door *door)
{
	pthread_mutex_lock(&door->mutex);
	if (door->inbox != NULL && !door->shut) {
		*door->todo_end = door->inbox;
		door->todo_end = door->inbox_end;
		door->inbox = NULL;
		door->inbox_end = &door->inbox;
	}
	pthread_mutex_unlock(&door->mutex);
}

static void
edge_input(void *edge, int64_t now)
{
	struct door *door = edge;
	uint32_t stall_ms = atomic_exchange(&door->stall_ms, 0);
	if (stall_ms > 0)
		usleep(1000 * stall_ms);
	take_inbox(door);
	while (door->todo != NULL) {
		struct house_ask *ask = door->todo;
		enum hd_error error;
		enum hd_admit admit = hd_shard_admit(door->shard, &ask->command, &error);
		if (admit == HD_ADMIT_WAIT)
			break;
		door->todo = ask->next;
		if (door->todo == NULL)
			door->todo_end = &door->todo;
		if (admit == HD_ADMIT_BUSY) {
			snprintf(ask->answer, sizeof ask->answer, "-%s", hd_error_prefix(error));
			finish(door, ask);
			continue;
		}
		door->open++;
		ask->since = now;
		ask->late = !hd_shard_is_local(door->shard, &ask->command);
		hd_shard_give(door->shard, &ask->command, (uint64_t)(uintptr_t)ask, now,
			      !ask->late);
	}
	hd_shard_decide(door->shard);
}

static void
edge_reply(void *edge, uint64_t token, const struct hd_reply *reply, uint64_t lsn)
{
	struct door *door = edge;
	struct house_ask *ask = (struct house_ask *)(uintptr_t)token;
	HD_ASSERT(!ask->replied && door->open > 0);
	house_put_reply(ask->answer, reply);
	ask->replied = true;
	door->clock = hd_shard_clock(door->shard);
	ask->lsn = lsn;
	ask->next = door->held;
	door->held = ask;
	door->open--;
	if (ask->late) {
		struct hd_answered answered = {.since = ask->since, .verb = ask->command.verb};
		hd_shard_answered(door->shard, &answered);
	}
}

static void
edge_later(void *edge, uint64_t token, const struct hd_command *command, int64_t arrived)
{
	struct house_ask *ask = (struct house_ask *)(uintptr_t)token;
	(void)edge;
	HD_ASSERT(command->verb == ask->command.verb && arrived <= INT64_MAX);
	ask->late = true;
}

static void
edge_output(void *edge, int64_t now)
{
	struct door *door = edge;
	struct house_ask **at = &door->held;
	(void)now;
	while (*at != NULL) {
		struct house_ask *ask = *at;
		if (ask->lsn > hd_shard_durable(door->shard)) {
			at = &ask->next;
			continue;
		}
		*at = ask->next;
		finish(door, ask);
	}
}

static void
edge_view(void *edge, const struct hd_view *view)
{
	struct door *door = edge;
	pthread_mutex_lock(&door->mutex);
	HD_ASSERT(view->version > door->view.version || view->hunt != door->view.hunt ||
		  view->board != door->view.board);
	door->view = *view;
	door->views++;
	pthread_mutex_unlock(&door->mutex);
}

static int64_t
edge_deadline(void *edge)
{
	(void)edge;
	return HD_NEVER;
}

static bool
edge_drain(void *edge)
{
	struct door *door = edge;
	return door->todo == NULL && door->held == NULL && door->open == 0;
}

static const struct hd_edge_ops edge_ops = {
	.complete = edge_complete,
	.input = edge_input,
	.reply = edge_reply,
	.later = edge_later,
	.output = edge_output,
	.view = edge_view,
	.deadline = edge_deadline,
	.drain = edge_drain,
};

/* The hooks. */

static struct hd_io *
io_create(void *context, const struct hd_topology_row *row)
{
	struct house *house = context;
	return thread_io_create(&house->disk, row->number);
}

static void
io_destroy(void *context, struct hd_io *io)
{
	(void)context;
	thread_io_destroy(io);
}

static void *
edge_create(void *context, struct hd_shard *shard)
{
	struct house *house = context;
	struct door *door = &house->doors[hd_shard_number(shard)];
	door->house = house;
	door->shard = shard;
	return door;
}

static void
edge_destroy(void *context, void *edge)
{
	struct door *door = edge;
	(void)context;
	HD_ASSERT(door->held == NULL && door->todo == NULL);
}

static void
memory_init(void *context, uint32_t shard, struct hd_memory *memory)
{
	(void)context;
	(void)shard;
	*memory = hd_test_memory();
}

/* A document's text is `HUNT words...`; `bad` as its first word has two faults. */
static bool
compile(void *context, struct hd_bytes name, struct hd_bytes text, struct hd_bytes previous,
	uint32_t version, struct hd_writer *out, char *message, uint32_t room)
{
	char id[64];
	struct hd_world *world = calloc(1, sizeof *world);
	struct hd_document_version compiled;
	(void)context;
	HD_ASSERT(world != NULL && (version == 1) == (previous.size == 0));
	snprintf(id, sizeof id, "%.*s", (int)text.size, (const char *)text.at);
	id[strcspn(id, " ")] = '\0';
	if (strcmp(id, "bad") == 0 || (name.size > 0 && !hd_bytes_equal(name, hd_bytes_str(id)))) {
		snprintf(message, room, "1:1: hunt: wrong | 2:1: title: missing");
		free(world);
		return false;
	}
	struct hd_world_hunt hunt = {.id = id, .auto_join = true, .text = "text"};
	house_challenges(&hunt, text);
	hd_world_init(world);
	for (uint32_t i = 0; i < version; i++)
		hd_world_document(world, &hunt);
	bool found = hd_core_document(world->core, hd_bytes_str(id), 0, &compiled);
	HD_ASSERT(found && compiled.version == version);
	hd_write_fixed(out, compiled.definition.at, compiled.definition.size);
	hd_world_fini(world);
	free(world);
	return true;
}

static bool
hunt_file(void *context, uint32_t n, struct hd_bytes *source, struct hd_bytes *text, char *message,
	  uint32_t room)
{
	(void)message;
	(void)room;
	static const char *const names[] = {"one.yaml", "two.yaml", "three.yaml", "four.yaml"};
	struct house *house = context;
	if (n >= 4 || house->options.files[n] == NULL)
		return false;
	*source = hd_bytes_str(names[n]);
	*text = hd_bytes_str(house->options.files[n]);
	return true;
}

static void
hunt_file_result(void *context, struct hd_bytes source, const char *message)
{
	struct house *house = context;
	(void)source;
	house->bad_files += message[0] != '\0';
}

static void
ready(void *context, const struct hd_log_report *reports, uint32_t shards)
{
	struct house *house = context;
	(void)reports;
	HD_ASSERT(shards == hd_runtime_shards(house->runtime));
	pthread_mutex_lock(&house->mutex);
	house->ready = true;
	pthread_cond_broadcast(&house->cond);
	pthread_mutex_unlock(&house->mutex);
}

static void
clock_news(void *context, const char *line)
{
	struct house *house = context;
	HD_ASSERT(strlen(line) < 128 && strchr(line, '\n') == NULL);
	house->clock_news++;
}

static void
health_news(void *context, const char *line)
{
	struct house *house = context;
	pthread_mutex_lock(&house->mutex);
	size_t used = strlen(house->health_news);
	snprintf(house->health_news + used, sizeof house->health_news - used, "%s\n", line);
	pthread_mutex_unlock(&house->mutex);
}

static void
shard_news(void *context, uint32_t shard, const char *line)
{
	struct house *house = context;
	HD_ASSERT(shard < HOUSE_SHARDS && strchr(line, '\n') == NULL);
	pthread_mutex_lock(&house->mutex);
	house->shard_news++;
	snprintf(house->shard_line, sizeof house->shard_line, "%s", line);
	pthread_mutex_unlock(&house->mutex);
}

static int64_t
wall_clock(void *context)
{
	struct house *house = context;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + house->wall_ahead;
}

static void
random_bytes(void *context, uint8_t out[32])
{
	(void)context;
	for (uint8_t i = 0; i < 32; i++)
		out[i] = (uint8_t)(i * 7 + 1);
}

/* Start and stop. */

static void *
control_main(void *context)
{
	struct house *house = context;
	int code = hd_runtime_run(house->runtime);
	pthread_mutex_lock(&house->mutex);
	house->code = code;
	house->ended = true;
	pthread_cond_broadcast(&house->cond);
	pthread_mutex_unlock(&house->mutex);
	return NULL;
}

static struct house *
house_make(const struct house_options *options)
{
	struct house *house = calloc(1, sizeof *house);
	HD_ASSERT(house != NULL && options->shards <= HOUSE_SHARDS);
	house->options = *options;
	house->hurry = options->hurry;
	pthread_mutex_init(&house->mutex, NULL);
	pthread_cond_init(&house->cond, NULL);
	pthread_rwlock_init(&house->disk.gate, NULL);
	for (uint32_t i = 0; i < HOUSE_SHARDS; i++) {
		struct door *door = &house->doors[i];
		pthread_mutex_init(&door->mutex, NULL);
		door->inbox_end = &door->inbox;
		door->todo_end = &door->todo;
	}
	return house;
}

/* Each shard learns on its own that loading has ended. */
static void
wait_until_it_serves(struct house *house)
{
	for (uint32_t at = 0; at < hd_runtime_shards(house->runtime); at++) {
		while (strcmp(house_say(house, at, "HUNT.LIST"), "-LOADING") == 0)
			usleep(100);
	}
}

struct house *
house_start(const char *folder, const struct house_options *options, int *exit_code, char *message)
{
	struct house *house = house_make(options);
	struct hd_runtime_hooks hooks = {
		.context = house,
		.io_create = io_create,
		.io_destroy = io_destroy,
		.edge_create = edge_create,
		.edge_destroy = edge_destroy,
		.edge = &edge_ops,
		.memory_init = memory_init,
		.compile = compile,
		.hunt_file = hunt_file,
		.hunt_file_result = hunt_file_result,
		.ready = ready,
		.clock_news = clock_news,
		.shard_news = shard_news,
		.health_news = health_news,
		.wall_clock = wall_clock,
		.random = random_bytes,
	};
	house->config = (struct hd_runtime_config){
		.shards = options->shards,
		.data = folder,
		.durability = options->durability,
		.segment_bytes = options->segment_bytes ? options->segment_bytes : 4 * HD_MIB,
		.memory_bytes = 512 * HD_MIB,
		.ring_cells = options->ring_cells,
		.snapshot_events = options->snapshot_events,
		.hurry = &house->hurry,
	};
	house->runtime = hd_runtime_start(&house->config, &hooks, message, 256, exit_code);
	if (house->runtime == NULL) {
		free(house);
		return NULL;
	}
	pthread_create(&house->control, NULL, control_main, house);
	pthread_mutex_lock(&house->mutex);
	while (!house->ready && !house->ended)
		pthread_cond_wait(&house->cond, &house->mutex);
	pthread_mutex_unlock(&house->mutex);
	if (!house->ended) {
		wait_until_it_serves(house);
		return house;
	}
	pthread_join(house->control, NULL);
	*exit_code = house->code;
	free(house);
	return NULL;
}

int
house_stop(struct house *house)
{
	hd_runtime_stop(house->runtime);
	pthread_join(house->control, NULL);
	int code = house->code;
	free(house);
	return code;
}

/* Asking. */

struct house_ask *
house_ask(struct house *house, uint32_t at, const char *line)
{
	struct door *door = &house->doors[at];
	struct house_ask *ask = calloc(1, sizeof *ask);
	HD_ASSERT(ask != NULL && at < hd_runtime_shards(house->runtime));
	house_parse(ask, line);
	pthread_mutex_lock(&door->mutex);
	*door->inbox_end = ask;
	door->inbox_end = &ask->next;
	pthread_mutex_unlock(&door->mutex);
	struct hd_io *io = hd_shard_io(door->shard);
	io->ops->wake(NULL, io);
	return ask;
}

void
house_shut(struct house *house, uint32_t at, bool shut)
{
	struct door *door = &house->doors[at];
	pthread_mutex_lock(&door->mutex);
	door->shut = shut;
	pthread_mutex_unlock(&door->mutex);
	struct hd_io *io = hd_shard_io(door->shard);
	io->ops->wake(NULL, io);
}

const char *
house_wait(struct house *house, struct house_ask *ask)
{
	for (uint32_t i = 0; !__atomic_load_n(&ask->done, __ATOMIC_ACQUIRE); i++)
		usleep(i < 100 ? 20 : 500);
	for (uint32_t i = 0; i < HOUSE_SHARDS; i++) { /* whoever set it has left its lock */
		pthread_mutex_lock(&house->doors[i].mutex);
		pthread_mutex_unlock(&house->doors[i].mutex);
	}
	return ask->answer;
}

void
house_forget(struct house_ask *ask)
{
	free(ask);
}

const char *
house_say(struct house *house, uint32_t at, const char *format, ...)
{
	static _Thread_local char answer[HOUSE_ANSWER_MAX];
	char line[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	struct house_ask *ask = house_ask(house, at, line);
	memcpy(answer, house_wait(house, ask), sizeof answer);
	house_forget(ask);
	return answer;
}
