#include "shard/inside.h"
#include "shard/snapshot/heal.h"

#include <stdarg.h>
#include <stdio.h>

#define DRAIN_TICK_NS 10000000
#define LAST_LOOK_NS  10000000 /* at the end: how often whether to hurry is looked at */

/* Held messages. */

void
hd_held_push(struct hd_shard *shard, struct hd_held_list *list, const struct hd_held *held)
{
	if (list->count == list->room) {
		uint32_t room = list->room ? list->room * 2 : 64;
		struct hd_held *at = hd_memory_take(&shard->cycled, room * sizeof *at, 64);
		for (uint32_t i = 0; i < list->count; i++)
			at[i] = list->at[(list->first + i) & (list->room - 1)];
		if (list->at != NULL)
			hd_memory_give(&shard->cycled, list->at, list->room * sizeof *at);
		*list = (struct hd_held_list){.at = at, .count = list->count, .room = room};
	}
	list->at[(list->first + list->count++) & (list->room - 1)] = *held;
}

void
hd_held_fini(struct hd_shard *shard, struct hd_held_list *list)
{
	if (list->at != NULL)
		hd_memory_give(&shard->cycled, list->at, list->room * sizeof *list->at);
	*list = (struct hd_held_list){0};
}

struct hd_held
hd_held_pop(struct hd_held_list *list)
{
	HD_ASSERT(list->count > 0);
	struct hd_held held = list->at[list->first];
	list->first = (list->first + 1) & (list->room - 1);
	list->count--;
	return held;
}

/* Messages. */

void
hd_shard_send(struct hd_shard *shard, uint32_t to, const struct hd_cell *cell)
{
	struct hd_cell copy = *cell;
	copy.epoch = hd_core_order(shard->core);
	copy.from = (uint16_t)shard->number;
	if (to == shard->number)
		hd_shard_take(shard, &copy);
	else
		hd_post_send(shard->post, to, &copy);
}

void
hd_shard_hold(struct hd_shard *shard, uint32_t to, const struct hd_cell *cell)
{
	struct hd_held held = {.lsn = hd_log_tail(shard->log), .to = to, .cell = *cell};
	hd_held_push(shard, &shard->held, &held);
}

static void
release_held(struct hd_shard *shard)
{
	uint64_t durable = hd_log_durable(shard->log);
	while (shard->held.count > 0 && shard->held.at[shard->held.first].lsn <= durable) {
		struct hd_held held = hd_held_pop(&shard->held);
		if (held.cell.type == HD_CELL_REPLIES && held.cell.a == 0)
			held.cell.a = shard->boot;
		hd_shard_send(shard, held.to, &held.cell);
	}
}

/* Gathers go round by round. Where this shard answers itself they could go on to their end, so
 * after some answers a pass leaves the next round to the next pass. */
static void
run_gathers(struct hd_shard *shard)
{
	bool asked = true;
	uint32_t answers = 0;
	while (asked && answers < HD_PASS_ANSWERS) {
		asked = hd_gathers_flush(shard);
		release_held(shard);
		for (uint32_t own = shard->own.count; own > 0; own--) {
			struct hd_held held = hd_held_pop(&shard->own);
			answers += held.cell.block->count;
			hd_shard_send(shard, shard->number, &held.cell);
		}
	}
	shard->again |= asked;
}

/* The archive: one segment at a time goes to the helper, which scrubs too: it hears of the log in
 * any case. */

static void
archived(struct hd_shard *shard, const struct hd_cell *cell)
{
	struct hd_metrics *metrics = hd_shard_mine(shard);
	HD_ASSERT(cell->from == shard->helper);
	HD_GAUGE(metrics->archive_oldest, cell->c);
	if (cell->a == 0)
		return;
	hd_log_archived(shard->log, (uint32_t)cell->a, (int)cell->b);
	HD_COUNT(metrics->archived_total, cell->b == 0);
	HD_COUNT(metrics->archive_errors_total, cell->b != 0);
}

static void
archive(struct hd_shard *shard)
{
	struct hd_cell cell = {.type = HD_CELL_ARCHIVE, .a = hd_log_archive_next(shard->log)};
	if (HD_LIKELY(cell.a == 0 && shard->archive_told))
		return;
	if (!shard->archive_told) {
		const char *directory = hd_log_directory(shard->log);
		uint32_t size = (uint32_t)strlen(directory);
		cell.block = hd_blocks_take(&shard->blocks, size);
		memcpy(hd_block_bytes(cell.block), directory, size);
		cell.block->used = size;
		shard->archive_told = true;
	}
	hd_shard_send(shard, shard->helper, &cell);
}

static void
take_of_control(struct hd_shard *shard, const struct hd_cell *cell)
{
	struct hd_cell started = {.type = HD_CELL_STARTED};
	switch (cell->type) {
	case HD_CELL_START:
		shard->stamp = cell->a > shard->stamp ? cell->a : shard->stamp;
		shard->started = true;
		shard->orders.resuming = shard->number == 0;
		if (shard->number != 0)
			hd_shard_send(shard, shard->control, &started);
		break;
	case HD_CELL_SERVE:
		shard->serving = true;
		hd_outbox_resume(shard);
		hd_forge_look(shard);
		hd_views_touch_all(shard);
		break;
	case HD_CELL_DRAIN:
		shard->draining = true;
		break;
	case HD_CELL_FINISH:
		shard->save = cell->a != 0;
		shard->finished = true;
		break;
	case HD_CELL_ORDER_REPLY:
		hd_orders_reply(shard, cell);
		break;
	case HD_CELL_FETCH:
		hd_orders_fetch(shard, cell);
		break;
	case HD_CELL_PROPOSE:
		hd_orders_propose(shard, cell);
		break;
	case HD_CELL_ARCHIVED:
		archived(shard, cell);
		break;
	case HD_CELL_FORGED:
		hd_forge_take(shard, cell);
		break;
	case HD_CELL_DAMAGED:
		hd_heal_take(shard, cell);
		break;
	case HD_CELL_PARTS_ASK:
		hd_views_parts(shard);
		break;
	case HD_CELL_VIEW:
		hd_views_take(shard, cell);
		break;
	default:
		HD_UNREACHABLE();
	}
}

static void
take_now(struct hd_shard *shard, const struct hd_cell *cell)
{
	switch (cell->type) {
	case HD_CELL_COMMANDS:
		hd_remote_commands(shard, cell);
		break;
	case HD_CELL_REPLIES:
		hd_remote_replies(shard, cell);
		break;
	case HD_CELL_QUESTIONS:
		hd_gathers_questions(shard, cell);
		break;
	case HD_CELL_ANSWERS:
		hd_gathers_answers(shard, cell);
		break;
	case HD_CELL_PAGE_ASK:
		hd_pages_ask(shard, cell);
		break;
	case HD_CELL_PAGE:
		hd_pages_part(shard, cell);
		break;
	case HD_CELL_ORDER:
		hd_orders_take(shard, cell);
		break;
	case HD_CELL_ORDERED:
		hd_orders_answered(shard, cell);
		break;
	case HD_CELL_WANTS:
	case HD_CELL_GRANTS:
		hd_outbox_take(shard, cell);
		break;
	case HD_CELL_INSTANCE:
		hd_forge_take(shard, cell);
		break;
	case HD_CELL_SAVE:
		shard->taker.asked = true;
		break;
	case HD_CELL_PART:
	case HD_CELL_PARTS_END:
		HD_UNREACHABLE();
	default:
		take_of_control(shard, cell);
	}
}

void
hd_shard_take(struct hd_shard *shard, const struct hd_cell *cell)
{
	HD_ASSERT(cell->from < shard->count + HD_THREADS_BESIDE);
	struct hd_held_list *behind = &shard->behind[cell->from];
	bool newer = cell->epoch > hd_core_order(shard->core);
	if (cell->type == HD_CELL_ORDER || (!newer && behind->count == 0)) {
		take_now(shard, cell);
		return;
	}
	struct hd_held held = {.cell = *cell};
	hd_held_push(shard, behind, &held);
	shard->behind_count++;
}

static void
take_cell(void *context, const struct hd_cell *cell)
{
	hd_shard_take(context, cell);
}

/* Messages whose order has come meanwhile. */
static void
catch_up(struct hd_shard *shard)
{
	for (uint32_t from = 0; from < shard->count && shard->behind_count > 0; from++) {
		struct hd_held_list *behind = &shard->behind[from];
		while (behind->count > 0 &&
		       behind->at[behind->first].cell.epoch <= hd_core_order(shard->core)) {
			struct hd_held held = hd_held_pop(behind);
			shard->behind_count--;
			take_now(shard, &held.cell);
		}
	}
}

/* The pass. */

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How long the next wait may take, ns; below 0: until something comes. */
static int64_t
patience(struct hd_shard *shard)
{
	if (shard->again)
		return 0;
	int64_t edge = shard->ops->deadline(shard->edge);
	if (edge == 0)
		return 0;
	int64_t due = earlier(edge, hd_log_deadline(shard->log));
	due = earlier(due, hd_taker_deadline(shard));
	due = earlier(due, hd_forge_deadline(shard));
	int64_t core = hd_core_deadline(shard->core);
	if (shard->started && core != HD_NEVER)
		due = earlier(due, core - (shard->clock - shard->boot));
	if (shard->draining && !shard->drained)
		due = earlier(due, shard->boot + DRAIN_TICK_NS);
	if (due == HD_NEVER)
		return -1;
	return due > shard->boot ? due - shard->boot : 0;
}

static void
dispatch(struct hd_shard *shard, const struct hd_completion *completion)
{
	switch (HD_IO_OWNER(completion->tag)) {
	case HD_IO_LOG:
		hd_log_complete(shard->log, completion);
		break;
	case HD_IO_EDGE:
		shard->ops->complete(shard->edge, completion);
		break;
	case HD_IO_SHARD:
		hd_pages_read(shard, completion);
		break;
	case HD_IO_SNAPSHOT:
		hd_taker_complete(shard, completion);
		break;
	default:
		HD_UNREACHABLE();
	}
}

/* A sleep and a wake cost more than a small command. Where they come in swarms, each one takes more
 * along; where they do not, nothing is delayed. */
static void
pace(struct hd_shard *shard, bool sleeps)
{
	struct hd_io *io = shard->io;
	if (shard->boot >= shard->pace_end) {
		shard->crowded = shard->pace_completions >= HD_PACE_COMPLETIONS;
		shard->pace_completions = 0;
		shard->pace_end = shard->boot + HD_PACE_NS;
	}
	if (!sleeps || !shard->crowded || io->ops->linger == NULL)
		return;
	int64_t left = hd_log_flush_near(shard->log) - shard->boot;
	if (left <= HD_LINGER_NS)
		io->ops->linger(io, HD_LINGER_EVENTS, HD_LINGER_NS);
	else
		io->ops->linger(io, HD_BATCH_MAX,
				left < HD_LINGER_NS_MAX ? left : HD_LINGER_NS_MAX);
}

/* This pass's time. */
static void
read_clock(struct hd_shard *shard)
{
	shard->boot = shard->io->ops->now(shard->io);
	shard->clock =
		shard->boot + atomic_load_explicit(&shard->time->offset, memory_order_relaxed);
}

static void
take_mail(struct hd_shard *shard)
{
	uint32_t messages = hd_post_receive(shard->post, take_cell, shard);
	if (messages == 0)
		return;
	HD_COUNT(hd_shard_mine(shard)->messages_total, messages);
	hd_histogram_record(&shard->stats[shard->number].size[HD_SIZE_MAIL], messages, 1);
}

static void
wait_and_take(struct hd_shard *shard)
{
	struct hd_io *io = shard->io;
	int64_t timeout = patience(shard);
	if (timeout != 0 && !hd_post_sleep(shard->post))
		timeout = 0;
	pace(shard, timeout != 0);
	uint32_t count = io->ops->wait(io, timeout, shard->completions, HD_COMPLETIONS);
	hd_post_awake(shard->post);
	hd_pulse_stage(shard->pulse, HD_STAGE_MAIL);
	shard->slept = timeout != 0;
	shard->again = count == HD_COMPLETIONS;
	shard->pace_completions += count;
	shard->pass_commands = 0;
	read_clock(shard);
	hd_latency_pass(shard);
	HD_GAUGE(hd_shard_mine(shard)->clock_difference_ns,
		 atomic_load_explicit(&shard->time->difference, memory_order_relaxed));
	for (uint32_t i = 0; i < count; i++)
		dispatch(shard, &shard->completions[i]);
	take_mail(shard);
	if (shard->behind_count > 0)
		catch_up(shard);
}

/* Whatever else a pass does while a snapshot is taken: nobody is to wait longer for one. */
static void
measure_pass(struct hd_shard *shard)
{
	struct hd_metrics *metrics = hd_shard_mine(shard);
	int64_t took = shard->io->ops->now(shard->io) - shard->boot;
	if (took > (int64_t)HD_METRIC(metrics->snapshot_pass_ns_max))
		HD_GAUGE(metrics->snapshot_pass_ns_max, took);
}

static void
drain(struct hd_shard *shard)
{
	hd_forge_drain(shard);
	bool edge = shard->ops->drain(shard->edge);
	if (!edge || shard->drained || !hd_remote_idle(shard) || shard->held.count > 0)
		return;
	if (shard->gathers.running > 0 || shard->pages.running > 0 || shard->orders.asked > 0)
		return;
	if (!hd_outbox_idle(shard))
		return;
	struct hd_cell cell = {.type = HD_CELL_DRAINED};
	shard->drained = true;
	hd_shard_send(shard, shard->control, &cell);
}

/* Commands are decided by number; dear ones (a regex, a long reply) end the part sooner, where time
 * is taken. The first batch always goes. */
static void
begin_part(struct hd_shard *shard)
{
	shard->part_from = shard->latency.last;
	shard->late = false;
}

bool
hd_shard_pass(struct hd_shard *shard)
{
	HD_ASSERT(shard->log != NULL);
	HD_ASSERT(shard->batch_count == 0);
	wait_and_take(shard);
	hd_pulse_stage(shard->pulse, HD_STAGE_COMMANDS);
	if (HD_UNLIKELY(shard->started && hd_step_due(shard))) {
		/* No command before all of them: they decide by which rules. */
		shard->pass_commands = HD_PASS_COMMANDS;
		shard->again = true;
	} else {
		hd_outbox_decide(shard);
	}
	begin_part(shard);
	hd_remote_decide(shard);
	hd_latency_input(shard);
	begin_part(shard);
	shard->ops->input(shard->edge, shard->boot);
	hd_shard_decide(shard);
	hd_forge_pass(shard);
	hd_views_show(shard);
	hd_remote_flush(shard);
	hd_pulse_stage(shard->pulse, HD_STAGE_LOG);
	hd_log_pass(shard->log, shard->boot, shard->slept);
	hd_latency_logged(shard);
	archive(shard);
	hd_pulse_stage(shard->pulse, HD_STAGE_BOARDS);
	if (HD_UNLIKELY(shard->builds.look))
		hd_builds_answer(shard);
	run_gathers(shard);
	hd_orders_pass(shard);
	hd_outbox_pass(shard);
	hd_pulse_stage(shard->pulse, HD_STAGE_OUTPUT);
	shard->ops->output(shard->edge, shard->boot);
	hd_latency_output(shard);
	hd_pulse_stage(shard->pulse, HD_STAGE_UPKEEP);
	if (shard->sweep)
		shard->again |= shard->sweep = hd_core_sweep(shard->core, 64);
	if (HD_UNLIKELY(shard->builds.running))
		hd_builds_pass(shard);
	hd_views_pass(shard);
	hd_taker_pass(shard);
	hd_remote_measure(shard);
	if (shard->draining)
		drain(shard);
	hd_post_publish(shard->post);
	hd_latency_publish(shard);
	if (HD_UNLIKELY(shard->taker.state != HD_TAKER_IDLE))
		measure_pass(shard);
	hd_latency_passed(shard, shard->sweep || shard->builds.running ||
					 shard->taker.state != HD_TAKER_IDLE);
	hd_pulse_stage(shard->pulse, HD_STAGE_WAIT);
	return !shard->finished;
}

/* Before the log is open there is no mail, no command and nothing to wait for. */
void
hd_shard_loading_pass(struct hd_shard *shard)
{
	struct hd_io *io = shard->io;
	HD_ASSERT(!shard->serving && shard->batch_count == 0);
	uint32_t count = io->ops->wait(io, 0, shard->completions, HD_COMPLETIONS);
	read_clock(shard);
	for (uint32_t i = 0; i < count; i++) {
		HD_ASSERT(HD_IO_OWNER(shard->completions[i].tag) == HD_IO_EDGE);
		shard->ops->complete(shard->edge, &shard->completions[i]);
	}
	shard->ops->input(shard->edge, shard->boot);
	shard->ops->output(shard->edge, shard->boot);
}

/* Everybody has gone: only the log, a snapshot and what is being read for a page are left. */
void
hd_shard_last_pass(struct hd_shard *shard)
{
	struct hd_io *io = shard->io;
	HD_ASSERT(shard->finished || !shard->started);
	hd_taker_pass(shard);
	hd_log_pass(shard->log, shard->boot, false);
	int64_t left = hd_taker_deadline(shard) - shard->boot;
	int64_t timeout = left < LAST_LOOK_NS ? 0 : LAST_LOOK_NS;
	uint32_t count = io->ops->wait(io, timeout, shard->completions, HD_COMPLETIONS);
	shard->boot = io->ops->now(io);
	for (uint32_t i = 0; i < count; i++) {
		const struct hd_completion *completion = &shard->completions[i];
		if (HD_IO_OWNER(completion->tag) == HD_IO_LOG)
			hd_log_complete(shard->log, completion);
		else if (HD_IO_OWNER(completion->tag) == HD_IO_SNAPSHOT)
			hd_taker_complete(shard, completion);
		else if (HD_IO_OWNER(completion->tag) == HD_IO_SHARD)
			shard->pages.reading = false; /* nobody is there to be shown it */
	}
}

void
hd_shard_tell(struct hd_shard *shard, const char *format, ...)
{
	char line[1024];
	va_list arguments;
	if (shard->hooks->shard_news == NULL)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	shard->hooks->shard_news(shard->hooks->context, shard->number, line);
}
