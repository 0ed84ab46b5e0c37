#include "shard/orders/control.h"

#include <stdio.h>

#include "huntd/assert.h"

#define ENDING_LOOK_NS 1000000
/* A slow disk flushes in up to 30 s (FAULTS row 7); the last snapshot has what is left of 90 s. */
#define GIVE_UP_NS   30000000000
#define STOP_LOOK_NS 1000000000 /* a signal ends the wait; one just before it does not */
#define COMPLETIONS  32u

static void
tell_all(struct hd_control *control, uint32_t threads, const struct hd_cell *cell)
{
	for (uint32_t to = 0; to < threads; to++)
		hd_post_send(control->post, to, cell);
}

/* What the stats page says of the process. */
static void
show_state(struct hd_control *control, enum hd_server_state state)
{
	HD_ASSERT(control->page != NULL);
	atomic_store_explicit(&control->page->state, state, memory_order_relaxed);
}

void
hd_control_open(struct hd_control *control, struct hd_mesh *mesh)
{
	HD_ASSERT(control->io != NULL && control->shards > 0);
	hd_blocks_init(&control->blocks, &control->plain, (uint16_t)control->number);
	control->cycled = hd_blocks_memory(&control->blocks);
	control->post = hd_post_create(mesh, control->number, control->io, &control->plain,
				       &control->blocks);
	show_state(control, HD_SERVER_LOADING);
}

void
hd_control_close(struct hd_control *control)
{
	HD_ASSERT(control->post != NULL);
	hd_post_destroy(control->post);
	hd_blocks_fini(&control->blocks);
}

static void
start_shard(struct hd_control *control, uint32_t shard)
{
	struct hd_cell cell = {.type = HD_CELL_START, .a = control->start_stamp};
	hd_post_send(control->post, shard, &cell);
}

/* Shard 0 starts last: it sends orders at once, and rings of two senders keep no order between
 * them. */
void
hd_control_start(struct hd_control *control)
{
	HD_ASSERT(control->state == HD_CONTROL_STARTING && control->started == 0);
	for (uint32_t i = 0; i < control->shards; i++)
		if (control->reports[i].last_stamp > control->start_stamp)
			control->start_stamp = control->reports[i].last_stamp;
	for (uint32_t i = 1; i < control->shards; i++)
		start_shard(control, i);
	if (control->shards == 1)
		start_shard(control, 0);
	hd_post_publish(control->post);
}

void
hd_control_finish(struct hd_control *control)
{
	HD_ASSERT(control->state != HD_CONTROL_ENDING);
	/* FINISH is the last word: who has it reads no more. */
	hd_post_publish(control->post);
	/* What never served has nothing new to save. */
	struct hd_cell cell = {.type = HD_CELL_FINISH, .a = control->served};
	control->state = HD_CONTROL_ENDING;
	show_state(control, HD_SERVER_ENDING);
	tell_all(control, control->shards + 1, &cell); /* the reducer too */
	for (uint32_t i = 0; i < 1 + HD_SMITHS; i++)   /* the helper, the forge */
		hd_post_send(control->post, control->number + 1 + i, &cell);
	hd_post_publish(control->post);
}

static void
begin_drain(struct hd_control *control)
{
	struct hd_cell cell = {.type = HD_CELL_DRAIN};
	if (control->state >= HD_CONTROL_DRAINING)
		return;
	control->state = HD_CONTROL_DRAINING;
	show_state(control, HD_SERVER_ENDING);
	control->give_up = control->boot + GIVE_UP_NS;
	tell_all(control, control->shards, &cell);
}

void
hd_control_fail(struct hd_control *control, int exit_code)
{
	HD_ASSERT(exit_code != 0);
	if (control->exit_code == 0)
		control->exit_code = exit_code;
	begin_drain(control);
}

static void
add_ask(struct hd_control *control, const struct hd_cell *cell)
{
	if (control->asks_count == control->asks_room) {
		uint32_t room = control->asks_room ? control->asks_room * 2 : 16;
		struct hd_ask *asks = hd_memory_take(&control->cycled, room * sizeof *asks, 8);
		for (uint32_t i = 0; i < control->asks_count; i++)
			asks[i] =
				control->asks[(control->asks_first + i) & (control->asks_room - 1)];
		if (control->asks != NULL)
			hd_memory_give(&control->cycled, control->asks,
				       control->asks_room * sizeof *asks);
		control->asks = asks;
		control->asks_first = 0;
		control->asks_room = room;
	}
	uint32_t at = (control->asks_first + control->asks_count++) & (control->asks_room - 1);
	control->asks[at] = (struct hd_ask){cell->from, cell->token, cell->block};
}

static void
take_cell(void *context, const struct hd_cell *cell)
{
	struct hd_control *control = context;
	switch (cell->type) {
	case HD_CELL_STARTED:
		if (++control->started == control->shards - 1)
			start_shard(control, 0);
		break;
	case HD_CELL_RESUMED:
		control->last_order = (uint64_t)cell->a;
		control->ids_max = cell->b;
		control->ids_age_ns = cell->c;
		if (control->state == HD_CONTROL_STARTING)
			control->state = HD_CONTROL_BOOTING;
		break;
	case HD_CELL_ORDER_ASK:
		add_ask(control, cell);
		break;
	case HD_CELL_FETCHED:
		hd_job_fetched(control, cell->block);
		break;
	case HD_CELL_IN_FORCE:
		hd_job_in_force(control, (uint64_t)cell->a, (enum hd_error)cell->b);
		break;
	case HD_CELL_DRAINED:
		control->drained++;
		break;
	default:
		HD_UNREACHABLE();
	}
}

static void
serve(struct hd_control *control)
{
	struct hd_cell cell = {.type = HD_CELL_SERVE};
	control->state = HD_CONTROL_SERVING;
	show_state(control, HD_SERVER_SERVING);
	control->served = true;
	tell_all(control, control->shards, &cell);
	hd_post_publish(control->post);
	if (control->hooks->ready)
		control->hooks->ready(control->hooks->context, control->reports, control->shards);
}

/* Takes up the next job where none runs. */
static void
work(struct hd_control *control)
{
	while (control->job.kind == HD_JOB_NONE) {
		if (control->state == HD_CONTROL_BOOTING) {
			if (!hd_job_boot(control) && control->state == HD_CONTROL_BOOTING)
				serve(control);
		} else if (control->asks_count > 0) {
			struct hd_ask ask = control->asks[control->asks_first];
			control->asks_first = (control->asks_first + 1) & (control->asks_room - 1);
			control->asks_count--;
			hd_job_client(control, &ask);
		} else {
			return;
		}
	}
}

static void
look_at_clock(struct hd_control *control)
{
	static const char *const words[] = {
		[HD_CLOCK_ALARM] =
			"not followed for ten minutes; `huntctl clock accept` takes it now",
		[HD_CLOCK_TAKEN] = "taken",
		[HD_CLOCK_BACK] = "the wall clock came back",
	};
	const struct hd_runtime_hooks *hooks = control->hooks;
	int64_t difference;
	enum hd_clock_news news = hd_clock_look(&control->clock, control->boot,
						hooks->wall_clock(hooks->context), &difference);
	if (news == HD_CLOCK_QUIET || hooks->clock_news == NULL)
		return;
	char line[128];
	snprintf(line, sizeof line, "the wall clock is %+.3f s off: %s", (double)difference / 1e9,
		 words[news]);
	hooks->clock_news(hooks->context, line);
}

/* What goes out and comes in: one call into the kernel, then the operators' turn. */
static void
exchange(struct hd_control *control, int64_t timeout)
{
	struct hd_io *io = control->io;
	const struct hd_desk_ops *desk = control->hooks->desk;
	struct hd_completion completions[COMPLETIONS];
	uint32_t count = io->ops->wait(io, timeout, completions, COMPLETIONS);
	control->boot = io->ops->now(io);
	HD_ASSERT(count <= COMPLETIONS);
	if (control->desk == NULL)
		return;
	for (uint32_t i = 0; i < count; i++) {
		HD_ASSERT(HD_IO_OWNER(completions[i].tag) == HD_IO_CONTROL);
		desk->complete(control->desk, &completions[i]);
	}
	desk->pass(control->desk, control->boot);
}

/* The desk's next deadline, where it comes before `due`. */
static int64_t
desk_due(const struct hd_control *control, int64_t due)
{
	if (control->desk == NULL)
		return due;
	int64_t desk = control->hooks->desk->deadline(control->desk);
	return desk < due ? desk : due;
}

/* How long control may sleep, ns: until its next look at the shards, at the clock, or at what may
 * stop it, or until it gives up. */
static int64_t
patience(const struct hd_control *control)
{
	int64_t due = control->watchdog.due;
	if (control->clock.looked + HD_CLOCK_LOOK_NS < due)
		due = control->clock.looked + HD_CLOCK_LOOK_NS;
	if (control->state == HD_CONTROL_DRAINING && control->give_up < due)
		due = control->give_up;
	if (control->config->stop != NULL && control->boot + STOP_LOOK_NS < due)
		due = control->boot + STOP_LOOK_NS;
	due = desk_due(control, due);
	return due > control->boot ? due - control->boot : 0;
}

/* FINISH was sent; where a ring is full it still waits for room. */
static bool
has_last_words(struct hd_control *control)
{
	HD_ASSERT(control->state == HD_CONTROL_ENDING);
	return hd_post_waiting(control->post) > 0;
}

static bool
ending_pass(struct hd_control *control)
{
	exchange(control, ENDING_LOOK_NS);
	hd_post_publish(control->post);
	return has_last_words(control);
}

void
hd_control_attend(struct hd_control *control)
{
	int64_t due = desk_due(control, control->boot + STOP_LOOK_NS);
	HD_ASSERT(control->state == HD_CONTROL_STARTING || control->state == HD_CONTROL_ENDING);
	exchange(control, due > control->boot ? due - control->boot : 0);
}

void
hd_control_leave(struct hd_control *control)
{
	const struct hd_desk_ops *desk = control->hooks->desk;
	if (control->desk == NULL)
		return;
	while (!desk->drain(control->desk))
		exchange(control, ENDING_LOOK_NS);
	desk->destroy(control->desk);
	control->desk = NULL;
}

bool
hd_control_pass(struct hd_control *control, bool stop)
{
	if (control->state == HD_CONTROL_ENDING)
		return ending_pass(control);
	int64_t timeout = patience(control);
	if (stop && control->state < HD_CONTROL_DRAINING)
		timeout = 0;
	if (timeout != 0 && !hd_post_sleep(control->post))
		timeout = 0;
	exchange(control, timeout);
	hd_post_awake(control->post);
	if (hd_clock_due(&control->clock, control->boot))
		look_at_clock(control);
	hd_watchdog_look(&control->watchdog, control->boot);
	hd_post_receive(control->post, take_cell, control);
	work(control);
	if (stop)
		begin_drain(control);
	bool late = control->state == HD_CONTROL_DRAINING && control->boot >= control->give_up;
	if (control->drained == control->shards || late)
		hd_control_finish(control);
	hd_post_publish(control->post);
	return control->state != HD_CONTROL_ENDING || has_last_words(control);
}
