#include "huntd/wire.h"
#include "shard/inside.h"

/* A run's number travels with its questions and comes back with the answers. */

static bool
may_be_shared(const struct hd_command *command)
{
	return command->verb == HD_CMD_TOP || command->verb == HD_CMD_COUNT ||
	       command->verb == HD_CMD_HUNT_INFO;
}

static void
runs_grow(struct hd_shard *shard)
{
	struct hd_gathers *g = &shard->gathers;
	uint32_t room = g->runs_room ? g->runs_room * 2 : 64;
	struct hd_run **runs = hd_memory_take(&shard->cycled, room * sizeof(struct hd_run *), 8);
	if (g->runs != NULL) {
		memcpy(runs, g->runs, g->runs_room * sizeof(struct hd_run *));
		hd_memory_give(&shard->cycled, g->runs, g->runs_room * sizeof(struct hd_run *));
	}
	g->runs = runs;
	g->free_hint = g->runs_room;
	g->runs_room = room;
}

static uint32_t
free_index(struct hd_shard *shard)
{
	struct hd_gathers *g = &shard->gathers;
	if (g->running == g->runs_room)
		runs_grow(shard);
	for (uint32_t i = 0; i < g->runs_room; i++) {
		uint32_t index = (g->free_hint + i) & (g->runs_room - 1);
		if (g->runs[index] == NULL) {
			g->free_hint = index + 1;
			return index;
		}
	}
	HD_UNREACHABLE();
}

static void
add_token(struct hd_shard *shard, struct hd_run *run, uint64_t token)
{
	if (run->tokens_count == run->tokens_room) {
		uint32_t room = run->tokens_room ? run->tokens_room * 2 : 8;
		uint64_t *tokens = hd_memory_take(&shard->cycled, room * sizeof *tokens, 8);
		if (run->tokens != NULL) {
			memcpy(tokens, run->tokens, run->tokens_count * sizeof *tokens);
			hd_memory_give(&shard->cycled, run->tokens,
				       run->tokens_room * sizeof *tokens);
		}
		run->tokens = tokens;
		run->tokens_room = room;
	}
	run->tokens[run->tokens_count++] = token;
	for (uint32_t i = 0; i < shard->count; i++)
		hd_remote_take(shard, i);
}

static struct hd_run *
run_create(struct hd_shard *shard, const struct hd_command *command)
{
	struct hd_gathers *g = &shard->gathers;
	struct hd_run *run = hd_memory_take(&shard->cycled, sizeof *run, 8);
	uint32_t owner = 0;
	if (command->entrant.size > 0)
		owner = hd_slot_shard(hd_slot(command->entrant), shard->count);
	run->index = free_index(shard);
	run->is_long = hd_gathers_is_long(command);
	run->gather = hd_gather_create(&shard->cycled, command, shard->count, owner, ++g->next_pin);
	g->runs[run->index] = run;
	g->running++;
	g->long_running += run->is_long;
	HD_COUNT(hd_shard_mine(shard)->gathers_total, 1);
	return run;
}

static void
run_destroy(struct hd_shard *shard, struct hd_run *run)
{
	struct hd_gathers *g = &shard->gathers;
	HD_ASSERT(g->runs[run->index] == run);
	HD_ASSERT(run->key == NULL);
	hd_gather_destroy(run->gather);
	hd_memory_give(&shard->cycled, run->tokens, run->tokens_room * sizeof *run->tokens);
	g->runs[run->index] = NULL;
	g->running--;
	g->long_running -= run->is_long;
	hd_memory_give(&shard->cycled, run, sizeof *run);
}

static void
send_questions(struct hd_shard *shard, uint32_t to, struct hd_block *block)
{
	struct hd_cell cell = {.type = HD_CELL_QUESTIONS, .block = block};
	hd_shard_send(shard, to, &cell);
}

/* A full block goes at once, but for this shard's own: whoever joins a run until the end of the
 * pass must find in it what this shard decided for them in this pass. */
static void
questions_full(struct hd_shard *shard, uint32_t to, struct hd_block *block)
{
	struct hd_gathers *g = &shard->gathers;
	if (to != shard->number) {
		send_questions(shard, to, block);
		return;
	}
	block->next = NULL;
	if (g->own == NULL)
		g->own = block;
	else
		g->own_last->next = block;
	g->own_last = block;
}

static void
ask_round(struct hd_shard *shard, struct hd_run *run)
{
	struct hd_gathers *g = &shard->gathers;
	HD_ASSERT(run->waiting == 0);
	for (uint32_t to = 0; to < shard->count; to++) {
		struct hd_writer question = hd_writer_of(g->question, HD_QUESTION_MAX);
		if (!hd_gather_question(run->gather, to, &question))
			continue;
		HD_ASSERT(!question.full);
		uint32_t size = (uint32_t)(question.at - g->question);
		run->waiting++;
		struct hd_writer writer =
			hd_entry_begin(shard, &g->ask[to], to, run->index, size, questions_full);
		hd_write_fixed(&writer, g->question, size);
		hd_entry_end(g->ask[to], &writer);
	}
}

static void
run_reply(struct hd_shard *shard, struct hd_run *run, const struct hd_reply *reply)
{
	HD_ASSERT(run->tokens_count > 0);
	if (reply->kind == HD_REPLY_ERROR)
		HD_COUNT(hd_shard_mine(shard)->errors_total, run->tokens_count);
	for (uint32_t i = 0; i < run->tokens_count; i++)
		shard->ops->reply(shard->edge, run->tokens[i], reply, run->lsn);
	for (uint32_t i = 0; i < shard->count; i++) {
		HD_ASSERT(shard->remote.open[i] >= run->tokens_count);
		shard->remote.open[i] -= run->tokens_count;
	}
}

/* All of a round's answers are in. */
static void
run_advance(struct hd_shard *shard, struct hd_run *run)
{
	struct hd_reply reply;
	while (hd_gather_advance(run->gather, &reply)) {
		ask_round(shard, run);
		if (run->waiting > 0)
			return;
	}
	run_reply(shard, run, &reply);
	run_destroy(shard, run);
}

/* One of this pass's runs that asks the very same; the encoding of this command in `key`. */
static struct hd_run *
same_question(struct hd_shard *shard, struct hd_bytes key)
{
	struct hd_gathers *g = &shard->gathers;
	for (uint32_t i = 0; i < g->fresh_count; i++) {
		if (hd_bytes_equal(hd_block_used(g->fresh[i]->key), key))
			return g->fresh[i];
	}
	return NULL;
}

static struct hd_block *
key_of(struct hd_shard *shard, const struct hd_command *command)
{
	struct hd_block *block = hd_blocks_take(&shard->blocks, hd_command_size_max(command));
	struct hd_writer writer = hd_block_writer(block);
	hd_command_encode(command, &writer);
	HD_ASSERT(!writer.full);
	hd_block_written(block, &writer);
	return block;
}

static bool
from_view(struct hd_shard *shard, const struct hd_command *command, uint64_t token)
{
	struct hd_reply reply;
	if (command->verb != HD_CMD_TOP || command->view == HD_VIEW_FROZEN)
		return false;
	if (!hd_views_top(shard, command, &reply))
		return false;
	shard->ops->reply(shard->edge, token, &reply, 0);
	HD_COUNT(hd_shard_mine(shard)->view_reads_total, 1);
	return true;
}

static void
count_command(struct hd_shard *shard, uint8_t verb)
{
	HD_COUNT(hd_shard_mine(shard)->command_calls[verb], 1);
	HD_COUNT(hd_shard_mine(shard)->commands_total, 1);
}

void
hd_gathers_give(struct hd_shard *shard, const struct hd_command *command, uint64_t token)
{
	struct hd_gathers *g = &shard->gathers;
	HD_ASSERT(hd_command_rows[command->verb].route == HD_ROUTE_BOARD);
	count_command(shard, command->verb);
	if (command->verb == HD_CMD_EVENTS) {
		hd_pages_give(shard, command, token);
		return;
	}
	if (from_view(shard, command, token))
		return;
	struct hd_block *key = may_be_shared(command) ? key_of(shard, command) : NULL;
	struct hd_run *run = key == NULL ? NULL : same_question(shard, hd_block_used(key));
	if (run != NULL) {
		hd_blocks_put(&shard->blocks, key);
		add_token(shard, run, token);
		return;
	}
	run = run_create(shard, command);
	add_token(shard, run, token);
	if (key != NULL && g->fresh_count < HD_GATHERS_MAX) {
		run->key = key;
		g->fresh[g->fresh_count++] = run;
	} else if (key != NULL) {
		hd_blocks_put(&shard->blocks, key);
	}
	ask_round(shard, run);
	HD_ASSERT(run->waiting > 0);
}

/* Who comes in a later pass starts a gather of its own. */
static void
fresh_end(struct hd_shard *shard)
{
	struct hd_gathers *g = &shard->gathers;
	for (uint32_t i = 0; i < g->fresh_count; i++) {
		hd_blocks_put(&shard->blocks, g->fresh[i]->key);
		g->fresh[i]->key = NULL;
	}
	g->fresh_count = 0;
}

bool
hd_gathers_flush(struct hd_shard *shard)
{
	struct hd_gathers *g = &shard->gathers;
	bool any = g->own != NULL;
	fresh_end(shard);
	for (struct hd_block *block = g->own, *next; block != NULL; block = next) {
		next = block->next;
		send_questions(shard, shard->number, block);
	}
	g->own = NULL;
	for (uint32_t to = 0; to < shard->count; to++) {
		struct hd_block *block = g->ask[to];
		if (block == NULL)
			continue;
		g->ask[to] = NULL;
		send_questions(shard, to, block);
		any = true;
	}
	return any;
}

static void
hold_answers(struct hd_shard *shard, uint32_t to, struct hd_block *block)
{
	struct hd_held held = {.cell = {.type = HD_CELL_ANSWERS, .block = block}};
	if (to == shard->number) /* the reply waits in its place: hd_run.lsn */
		hd_held_push(shard, &shard->own, &held);
	else
		hd_shard_hold(shard, to, &held.cell);
}

void
hd_gathers_answer(struct hd_shard *shard, uint32_t asker, uint64_t run, struct hd_bytes question)
{
	struct hd_block **answer = &shard->gathers.answer[asker];
	struct hd_writer part = hd_writer_of(shard->scratch, HD_PART_MAX);
	hd_part_answer(shard->core, shard->pins, asker, question, &part);
	HD_ASSERT(!part.full);
	uint32_t size = (uint32_t)(part.at - shard->scratch);
	struct hd_writer writer = hd_entry_begin(shard, answer, asker, run, size, hold_answers);
	hd_write_fixed(&writer, shard->scratch, size);
	hd_entry_end(*answer, &writer);
}

void
hd_gathers_answered(struct hd_shard *shard, uint32_t asker)
{
	struct hd_block **answer = &shard->gathers.answer[asker];
	HD_ASSERT(asker < shard->count);
	if (*answer != NULL)
		hold_answers(shard, asker, *answer);
	*answer = NULL;
}

void
hd_gathers_questions(struct hd_shard *shard, const struct hd_cell *cell)
{
	HD_ASSERT(cell->from < shard->count);
	HD_ASSERT(shard->gathers.answer[cell->from] == NULL);
	struct hd_reader reader = hd_reader_of(hd_block_used(cell->block));
	uint64_t run;
	struct hd_bytes question;
	while (hd_entry_next(&reader, &run, &question)) {
		if (HD_UNLIKELY(shard->builds.running) && !hd_part_ready(shard->core, question))
			hd_builds_keep(shard, cell->from, run, question);
		else
			hd_gathers_answer(shard, cell->from, run, question);
	}
	hd_gathers_answered(shard, cell->from);
	hd_post_give(shard->post, cell->block);
}

void
hd_gathers_answers(struct hd_shard *shard, const struct hd_cell *cell)
{
	struct hd_gathers *g = &shard->gathers;
	HD_ASSERT(cell->from < shard->count);
	struct hd_reader reader = hd_reader_of(hd_block_used(cell->block));
	uint64_t index;
	struct hd_bytes part;
	while (hd_entry_next(&reader, &index, &part)) {
		HD_ASSERT(index < g->runs_room && g->runs[index] != NULL);
		struct hd_run *run = g->runs[index];
		HD_ASSERT(run->waiting > 0);
		hd_gather_answer(run->gather, cell->from, part);
		if (cell->from == shard->number)
			run->lsn = hd_log_tail(shard->log);
		if (--run->waiting == 0)
			run_advance(shard, run);
	}
	hd_post_give(shard->post, cell->block);
}

void
hd_gathers_init(struct hd_shard *shard)
{
	HD_ASSERT(shard->pins == NULL);
	shard->pins = hd_pins_create(&shard->plain);
	HD_ASSERT(shard->pins != NULL);
}

void
hd_gathers_fini(struct hd_shard *shard)
{
	struct hd_gathers *g = &shard->gathers;
	HD_ASSERT(g->fresh_count == 0 && g->own == NULL);
	if (shard->pins != NULL)
		hd_pins_destroy(shard->pins);
	shard->pins = NULL;
	if (g->runs != NULL)
		hd_memory_give(&shard->cycled, g->runs, g->runs_room * sizeof(struct hd_run *));
	*g = (struct hd_gathers){0};
}
