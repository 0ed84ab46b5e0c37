/* Two-step commands (core.h, DESIGN 4): the WANTs of this shard's entrants on their way to the
 * hunts' shards, the answers, and who waits for them; and suspicions, for which nobody waits.
 *
 * A row a WANT, at its handle: who asked, and the commands of the same entrant that came meanwhile,
 * in order. Nothing of it is in the state: after a restart the open WANTs have nobody waiting and
 * are asked again. Questions leave when the WANT is flushed, answers when the tail is at which they
 * were given; a pass's questions to one shard go in one block. */
#include "huntd/ids.h"
#include "huntd/wire.h"
#include "shard/inside.h"

#define NOBODY    UINT32_MAX
#define ROWS_ROOM 64u

#define SUSPECTS_ASKED 256u /* at once; the next ones when these have their answers */

/* A command that waits for a WANT to end. */
struct hd_parked {
	struct hd_parked *next;
	uint64_t token;
	uint32_t asker, size, room;
	uint8_t bytes[];
};

/* Rows. */

static struct hd_outbox_row *
row_at(struct hd_shard *shard, uint32_t handle)
{
	struct hd_outbox *outbox = &shard->outbox;
	HD_ASSERT(handle != 0);
	if (handle >= outbox->rows_room) {
		uint32_t room = outbox->rows_room ? outbox->rows_room : ROWS_ROOM;
		while (room <= handle)
			room *= 2;
		struct hd_outbox_row *rows = hd_memory_take(&shard->cycled, room * sizeof *rows, 8);
		if (outbox->rows != NULL) {
			memcpy(rows, outbox->rows, outbox->rows_room * sizeof *rows);
			hd_memory_give(&shard->cycled, outbox->rows,
				       outbox->rows_room * sizeof *rows);
		}
		outbox->rows = rows;
		outbox->rows_room = room;
	}
	return &outbox->rows[handle];
}

/* Opens the row of a WANT that is to be asked once `lsn` is flushed. */
static struct hd_outbox_row *
row_open(struct hd_shard *shard, uint32_t handle, uint64_t lsn)
{
	struct hd_outbox *outbox = &shard->outbox;
	struct hd_outbox_row *row = row_at(shard, handle);
	HD_ASSERT(row->parked == NULL && row->next == 0);
	*row = (struct hd_outbox_row){.asker = NOBODY, .lsn = lsn};
	if (outbox->unasked == 0)
		outbox->unasked = handle;
	else
		outbox->rows[outbox->unasked_last].next = handle;
	outbox->unasked_last = handle;
	return row;
}

static void
park(struct hd_shard *shard, struct hd_outbox_row *row, const struct hd_work *given, uint32_t asker)
{
	uint32_t size = hd_command_size_max(given->command);
	uint32_t room = (uint32_t)sizeof(struct hd_parked) + size;
	struct hd_parked *parked = hd_memory_take(&shard->cycled, room, 8);
	*parked = (struct hd_parked){.token = given->token, .asker = asker, .room = room};
	struct hd_writer writer = hd_writer_of(parked->bytes, size);
	hd_command_encode(given->command, &writer);
	HD_ASSERT(!writer.full);
	parked->size = (uint32_t)(writer.at - parked->bytes);
	if (row->parked == NULL)
		row->parked = parked;
	else
		row->parked_last->next = parked;
	row->parked_last = parked;
}

void
hd_outbox_later(struct hd_shard *shard, const struct hd_work *given, uint32_t asker)
{
	HD_ASSERT(given->command->verb < HD_CMD_COUNT_);
	if (asker == shard->number && shard->ops->later != NULL)
		shard->ops->later(shard->edge, given->token, given->command, given->arrived);
}

void
hd_outbox_wait(struct hd_shard *shard, const struct hd_work *given, uint32_t asker, bool opened)
{
	uint32_t handle = hd_core_want_of(shard->core, given->command->entrant);
	HD_ASSERT(handle != 0);
	hd_outbox_later(shard, given, asker);
	shard->outbox.waiting++;
	if (!opened) {
		park(shard, row_at(shard, handle), given, asker);
		return;
	}
	struct hd_outbox_row *row = row_open(shard, handle, hd_log_tail(shard->log));
	row->asker = asker;
	row->token = given->token;
	row->verb = given->command->verb;
	hd_log_want_flush(shard->log);
	HD_COUNT(hd_shard_mine(shard)->wants_total, 1);
}

void
hd_outbox_resume(struct hd_shard *shard)
{
	uint32_t open = 0;
	HD_ASSERT(shard->outbox.rows == NULL);
	for (uint32_t handle = hd_core_want_next(shard->core, 0); handle != 0;
	     handle = hd_core_want_next(shard->core, handle), open++)
		row_open(shard, handle, 0);
	HD_ASSERT(open == hd_core_wants(shard->core));
	HD_COUNT(hd_shard_mine(shard)->wants_total, open);
	if (hd_core_suspects(shard->core) > 0)
		hd_outbox_suspected(shard);
}

/* Suspicions up to here are asked once the log is flushed up to here; those that open meanwhile are
 * the next round's. */
void
hd_outbox_suspected(struct hd_shard *shard)
{
	struct hd_outbox *outbox = &shard->outbox;
	HD_ASSERT(outbox->suspects_to <= shard->stamp);
	outbox->suspected = outbox->suspects_round;
	if (outbox->suspects_round)
		return;
	outbox->suspects_round = true;
	outbox->suspects_to = shard->stamp;
	outbox->suspects_lsn = hd_log_tail(shard->log);
	hd_log_want_flush(shard->log);
}

/* What comes in waits for the pass to be there: its hours that are due go first. */
void
hd_outbox_take(struct hd_shard *shard, const struct hd_cell *cell)
{
	HD_ASSERT(cell->type == HD_CELL_WANTS || cell->type == HD_CELL_GRANTS);
	HD_ASSERT(cell->from < shard->count && cell->from != shard->number);
	struct hd_held held = {.cell = *cell};
	hd_held_push(shard, &shard->outbox.todo, &held);
}

/* The hunt's shard. */

static void
hold_grants(struct hd_shard *shard, uint32_t to, struct hd_block *block)
{
	struct hd_held held = {.lsn = hd_log_tail(shard->log),
			       .to = to,
			       .cell = {.type = HD_CELL_GRANTS, .a = shard->stamp, .block = block}};
	hd_held_push(shard, &shard->outbox.answers, &held);
	hd_log_want_flush(shard->log);
}

static void
give_grants(struct hd_shard *shard, const struct hd_cell *cell)
{
	struct hd_decision *decision = &shard->decision;
	struct hd_reader reader = hd_reader_of(hd_block_used(cell->block));
	struct hd_block *answers = NULL;
	struct hd_bytes bytes;
	uint64_t token;
	HD_ASSERT(cell->block->count > 0);
	while (hd_entry_next(&reader, &token, &bytes)) {
		struct hd_want want;
		struct hd_grant grant;
		bool ok = hd_want_decode(bytes, &want);
		HD_ASSERT(ok);
		decision->events_count = 0;
		hd_core_grant(shard->core, hd_step_stamp(shard), &want, decision, &grant);
		hd_step_log(shard, decision);
		hd_step_apply(shard, decision);
		if (want.what == HD_WANT_DEAL && grant.verdict == HD_VERDICT_GRANTED)
			hd_forge_carry(shard, want.hunt, want.challenge, grant.ordinal - 1,
				       cell->from);
		struct hd_writer writer = hd_entry_begin(shard, &answers, cell->from, token,
							 HD_GRANT_SIZE_MAX, hold_grants);
		hd_grant_encode(&want, &grant, &writer);
		hd_entry_end(answers, &writer);
	}
	hold_grants(shard, cell->from, answers);
	shard->pass_commands += cell->block->count;
}

/* The entrant's shard. */

void
hd_outbox_answer(struct hd_shard *shard, uint32_t asker, uint64_t token,
		 const struct hd_reply *reply, uint64_t lsn)
{
	if (asker != shard->number) {
		hd_remote_answer(shard, asker, token, reply, lsn);
		return;
	}
	HD_ASSERT(shard->remote.open[asker] > 0);
	shard->latency.answer_lsn = lsn;
	shard->ops->reply(shard->edge, token, reply, lsn);
	shard->latency.answer_lsn = 0;
	shard->remote.open[asker]--;
}

/* The first of `row`, which has ended. True: it waits again, for a WANT of its own, and with it all
 * that stand behind it. */
static bool
decide_parked(struct hd_shard *shard, struct hd_outbox_row *row)
{
	struct hd_parked *parked = row->parked;
	struct hd_command command;
	bool ok = hd_command_decode((struct hd_bytes){parked->bytes, parked->size}, &command);
	HD_ASSERT(ok && shard->outbox.waiting > 0);
	struct hd_work work = {&command, parked->token, 0};
	row->parked = parked->next;
	shard->outbox.waiting--;
	shard->pass_commands++;
	bool later = hd_step_run(shard, &work, 1, parked->asker, hd_outbox_answer) > 0;
	bool waits = later && hd_core_want_of(shard->core, command.entrant) != 0;
	if (waits && row->parked != NULL) {
		struct hd_outbox_row *next =
			row_at(shard, hd_core_want_of(shard->core, command.entrant));
		HD_ASSERT(next->parked == NULL);
		next->parked = row->parked;
		next->parked_last = row->parked_last;
	}
	hd_memory_give(&shard->cycled, parked, parked->room);
	return waits;
}

/* Who wanted it hears of it; an instance comes when the forge has it. */
static void
answer_row(struct hd_shard *shard, const struct hd_outbox_row *row, const struct hd_reply *reply)
{
	if (row->asker == NOBODY)
		return;
	hd_outbox_answer(shard, row->asker, row->token, reply, hd_log_tail(shard->log));
	hd_step_count(shard, row->verb, reply);
}

static void
ask_forge(struct hd_shard *shard, const struct hd_outbox_row *row, struct hd_bytes entrant)
{
	struct hd_deal deal = shard->decision.deal;
	struct hd_forge_ask ask = {entrant, row->token, row->asker, row->verb};
	struct hd_reply reply;
	if (row->asker != NOBODY && hd_forge_deal(shard, &deal, &ask, &reply))
		answer_row(shard, row, &reply);
}

static void
settle(struct hd_shard *shard, const struct hd_want *want, const struct hd_grant *grant)
{
	struct hd_decision *decision = &shard->decision;
	uint32_t handle = hd_core_want_of(shard->core, want->entrant);
	decision->events_count = 0;
	if (!hd_core_settle(shard->core, hd_step_stamp(shard), want, grant, decision))
		return;
	HD_ASSERT(decision->events_count > 0);
	hd_step_log(shard, decision);
	if (want->what == HD_WANT_SUSPECT) {
		HD_ASSERT(shard->outbox.suspects_asked > 0);
		shard->outbox.suspects_asked--;
		hd_step_apply(shard, decision);
		return;
	}
	HD_ASSERT(handle != 0);
	struct hd_outbox_row row = *row_at(shard, handle);
	shard->outbox.rows[handle] = (struct hd_outbox_row){0};
	bool puzzle = decision->reply.kind == HD_REPLY_PUZZLE;
	if (row.asker != NOBODY) {
		HD_ASSERT(shard->outbox.waiting > 0);
		shard->outbox.waiting--;
	}
	if (!puzzle)
		answer_row(shard, &row, &decision->reply);
	hd_step_apply(shard, decision);
	if (puzzle)
		ask_forge(shard, &row, want->entrant);
	while (row.parked != NULL && !decide_parked(shard, &row))
		;
}

static void
take_grants(struct hd_shard *shard, const struct hd_cell *cell)
{
	struct hd_reader reader = hd_reader_of(hd_block_used(cell->block));
	struct hd_bytes bytes;
	uint64_t token;
	HD_ASSERT(cell->block->count > 0);
	/* What an answer makes happen is stamped after what it tells of, also where the clock
	 * stands behind the stamps and each shard counts for itself. */
	if (cell->a > shard->stamp)
		shard->stamp = cell->a;
	while (hd_entry_next(&reader, &token, &bytes)) {
		struct hd_want want;
		struct hd_grant grant;
		bool ok = hd_grant_decode(bytes, &want, &grant);
		HD_ASSERT(ok);
		settle(shard, &want, &grant);
	}
	hd_remote_answered(shard);
}

void
hd_outbox_decide(struct hd_shard *shard)
{
	struct hd_held_list *todo = &shard->outbox.todo;
	HD_ASSERT(shard->started || todo->count == 0);
	while (todo->count > 0) {
		struct hd_held held = hd_held_pop(todo);
		if (held.cell.type == HD_CELL_WANTS)
			give_grants(shard, &held.cell);
		else
			take_grants(shard, &held.cell);
		hd_post_give(shard->post, held.cell.block);
	}
}

/* What a flush allows. */

static void
send_wants(struct hd_shard *shard, uint32_t to, struct hd_block *block)
{
	struct hd_cell cell = {.type = HD_CELL_WANTS, .block = block};
	HD_ASSERT(to != shard->number);
	hd_shard_send(shard, to, &cell);
}

static void
ask(struct hd_shard *shard, const struct hd_want *want, struct hd_block **blocks)
{
	const struct hd_definition *definition = hd_core_definition(shard->core, want->hunt);
	HD_ASSERT(definition != NULL);
	uint32_t to = hd_slot_shard(hd_slot(definition->id), shard->count);
	struct hd_writer writer =
		hd_entry_begin(shard, &blocks[to], to, 0, HD_WANT_SIZE_MAX, send_wants);
	hd_want_encode(want, &writer);
	hd_entry_end(blocks[to], &writer);
}

/* The next of this round, in the order of opening: what was asked and is open stands before them,
 * and is never more than may be asked at once. */
static void
ask_suspects(struct hd_shard *shard, struct hd_block **blocks)
{
	struct hd_outbox *outbox = &shard->outbox;
	if (outbox->suspects_asked == SUSPECTS_ASKED)
		return;
	HD_ASSERT(outbox->suspects_asked <= hd_core_suspects(shard->core));
	uint32_t handle = hd_core_suspect_next(shard->core, 0);
	for (uint32_t i = 0; i < outbox->suspects_asked; i++)
		handle = hd_core_suspect_next(shard->core, handle);
	for (; handle != 0; handle = hd_core_suspect_next(shard->core, handle)) {
		struct hd_want want;
		hd_core_suspect(shard->core, handle, &want);
		if (want.stamp > outbox->suspects_to)
			break;
		if (outbox->suspects_asked == SUSPECTS_ASKED)
			return;
		ask(shard, &want, blocks);
		outbox->suspects_asked++;
	}
	outbox->suspects_round = false;
	if (outbox->suspected)
		hd_outbox_suspected(shard);
}

static void
ask_flushed(struct hd_shard *shard, uint64_t flushed)
{
	struct hd_outbox *outbox = &shard->outbox;
	struct hd_block *blocks[HD_SHARDS_MAX] = {0};
	while (outbox->unasked != 0 && outbox->rows[outbox->unasked].lsn <= flushed) {
		struct hd_outbox_row *row = &outbox->rows[outbox->unasked];
		struct hd_want want;
		hd_core_want(shard->core, outbox->unasked, &want);
		ask(shard, &want, blocks);
		outbox->unasked = row->next;
		row->next = 0;
	}
	if (outbox->suspects_round && outbox->suspects_lsn <= flushed)
		ask_suspects(shard, blocks);
	for (uint32_t to = 0; to < shard->count; to++) {
		if (blocks[to] != NULL)
			send_wants(shard, to, blocks[to]);
	}
}

void
hd_outbox_pass(struct hd_shard *shard)
{
	struct hd_outbox *outbox = &shard->outbox;
	bool suspects = outbox->suspects_round;
	if (HD_LIKELY(outbox->unasked == 0 && outbox->answers.count == 0 && !suspects))
		return;
	uint64_t flushed = hd_log_flushed(shard->log);
	if (outbox->unasked != 0 || suspects)
		ask_flushed(shard, flushed);
	while (outbox->answers.count > 0 &&
	       outbox->answers.at[outbox->answers.first].lsn <= flushed) {
		struct hd_held held = hd_held_pop(&outbox->answers);
		hd_shard_send(shard, held.to, &held.cell);
	}
}

bool
hd_outbox_idle(const struct hd_shard *shard)
{
	const struct hd_outbox *outbox = &shard->outbox;
	return outbox->waiting == 0 && outbox->todo.count == 0 && outbox->answers.count == 0;
}

void
hd_outbox_fini(struct hd_shard *shard)
{
	struct hd_outbox *outbox = &shard->outbox;
	for (uint32_t handle = 0; handle < outbox->rows_room; handle++) {
		while (outbox->rows[handle].parked != NULL) {
			struct hd_parked *parked = outbox->rows[handle].parked;
			outbox->rows[handle].parked = parked->next;
			hd_memory_give(&shard->cycled, parked, parked->room);
		}
	}
	if (outbox->rows != NULL)
		hd_memory_give(&shard->cycled, outbox->rows,
			       outbox->rows_room * sizeof *outbox->rows);
	hd_held_fini(shard, &outbox->todo);
	hd_held_fini(shard, &outbox->answers);
	*outbox = (struct hd_outbox){0};
}
