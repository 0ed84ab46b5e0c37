#include "huntd/wire.h"
#include "shard/inside.h"

#define BLOCK_ROOM      (16u * HD_KIB)
#define DELAY_WINDOW_NS 50000000
#define LATE_NS         1000000000

/* Entries. */

struct hd_writer
hd_entry_begin(struct hd_shard *shard, struct hd_block **block, uint32_t to, uint64_t token,
	       uint32_t need, hd_block_full full)
{
	need += 12;
	if (*block != NULL && (*block)->room - (*block)->used < need) {
		full(shard, to, *block);
		*block = NULL;
	}
	if (*block == NULL)
		*block = hd_blocks_take(&shard->blocks, need > BLOCK_ROOM ? need : BLOCK_ROOM);
	struct hd_writer writer = hd_block_writer(*block);
	hd_write_u64(&writer, token);
	hd_write_fixed(&writer, &(uint32_t){0}, 4);
	return writer;
}

void
hd_entry_end(struct hd_block *block, const struct hd_writer *writer)
{
	HD_ASSERT(!writer->full);
	uint8_t *start = hd_block_bytes(block) + block->used;
	HD_ASSERT(writer->at >= start + 12);
	uint32_t size = (uint32_t)(writer->at - start) - 12;
	memcpy(start + 8, &size, 4);
	hd_block_written(block, writer);
	block->count++;
}

bool
hd_entry_next(struct hd_reader *reader, uint64_t *token, struct hd_bytes *bytes)
{
	if (reader->at == reader->end)
		return false;
	*token = hd_read_u64(reader);
	struct hd_bytes size = hd_read_fixed(reader, 4);
	HD_ASSERT(!reader->bad);
	uint32_t length;
	memcpy(&length, size.at, 4);
	*bytes = hd_read_fixed(reader, length);
	HD_ASSERT(!reader->bad);
	return true;
}

/* The asker. */

void
hd_remote_init(struct hd_shard *shard)
{
	HD_ASSERT(shard->count >= 1 && shard->count <= HD_SHARDS_MAX);
	uint32_t share = HD_SHARD_CREDITS / shard->count;
	shard->remote.share = share > HD_READER_CREDITS_MIN ? share : HD_READER_CREDITS_MIN;
	for (uint32_t i = 0; i < 3; i++)
		shard->remote.delay.least[i] = INT64_MAX;
}

static void
send_commands(struct hd_shard *shard, uint32_t to, struct hd_block *block)
{
	HD_ASSERT(to != shard->number);
	struct hd_cell cell = {.type = HD_CELL_COMMANDS, .block = block};
	hd_shard_send(shard, to, &cell);
	HD_COUNT(hd_shard_mine(shard)->remote_commands_total, block->count);
}

/* In the middle of the edge's input. */
static void
send_full(struct hd_shard *shard, uint32_t to, struct hd_block *block)
{
	block->sent = hd_latency_now(shard);
	send_commands(shard, to, block);
}

void
hd_remote_give(struct hd_shard *shard, uint32_t target, const struct hd_command *command,
	       uint64_t token)
{
	HD_ASSERT(target < shard->count && target != shard->number);
	struct hd_remote *remote = &shard->remote;
	struct hd_writer writer = hd_entry_begin(shard, &remote->ask[target], target, token,
						 hd_command_size_max(command), send_full);
	hd_command_encode(command, &writer);
	hd_entry_end(remote->ask[target], &writer);
	hd_remote_take(shard, target);
}

void
hd_remote_flush(struct hd_shard *shard)
{
	int64_t now = hd_latency_sent(shard);
	for (uint32_t to = 0; to < shard->count; to++) {
		struct hd_block *block = shard->remote.ask[to];
		if (block == NULL)
			continue;
		shard->remote.ask[to] = NULL;
		block->sent = now;
		send_commands(shard, to, block);
	}
}

void
hd_remote_replies(struct hd_shard *shard, const struct hd_cell *cell)
{
	HD_ASSERT(cell->from < shard->count);
	struct hd_remote *remote = &shard->remote;
	HD_ASSERT(remote->open[cell->from] >= cell->block->count);
	struct hd_reader reader = hd_reader_of(hd_block_used(cell->block));
	uint64_t token;
	struct hd_bytes bytes;
	shard->latency.answer_from = cell->a;
	while (hd_entry_next(&reader, &token, &bytes)) {
		struct hd_reply reply;
		bool ok = hd_reply_decode(bytes, &reply);
		HD_ASSERT(ok);
		shard->ops->reply(shard->edge, token, &reply, 0);
	}
	shard->latency.answer_from = 0;
	remote->open[cell->from] -= cell->block->count;
	hd_post_give(shard->post, cell->block);
}

bool
hd_remote_credit(struct hd_shard *shard, uint32_t target, bool *late)
{
	HD_ASSERT(target < shard->count);
	struct hd_remote *remote = &shard->remote;
	*late = false;
	if (remote->open[target] < remote->share) {
		remote->starved[target] = 0;
		return true;
	}
	if (remote->starved[target] == 0)
		remote->starved[target] = shard->boot;
	*late = shard->boot - remote->starved[target] > LATE_NS;
	return false;
}

/* The answerer. */

void
hd_remote_commands(struct hd_shard *shard, const struct hd_cell *cell)
{
	struct hd_remote *remote = &shard->remote;
	HD_ASSERT(cell->block != NULL && cell->block->count > 0);
	cell->block->next = NULL;
	if (remote->todo == NULL)
		remote->todo = cell->block;
	else
		remote->todo_last->next = cell->block;
	remote->todo_last = cell->block;
	remote->delay.undecided += cell->block->count;
}

static void
hold_replies(struct hd_shard *shard, uint32_t to, struct hd_block *block)
{
	bool at_once = hd_log_tail(shard->log) <= hd_log_durable(shard->log);
	struct hd_cell cell = {
		.type = HD_CELL_REPLIES, .a = at_once ? shard->latency.last : 0, .block = block};
	hd_shard_hold(shard, to, &cell);
}

void
hd_remote_answer(struct hd_shard *shard, uint32_t asker, uint64_t token,
		 const struct hd_reply *reply, uint64_t lsn)
{
	(void)lsn; /* the block is held until the tail of its last decision */
	struct hd_block **block = &shard->remote.reply[asker];
	struct hd_writer writer =
		hd_entry_begin(shard, block, asker, token, hd_reply_size_max(reply), hold_replies);
	hd_reply_encode(reply, &writer);
	hd_entry_end(*block, &writer);
}

void
hd_remote_answered(struct hd_shard *shard)
{
	for (uint32_t to = 0; to < shard->count; to++) {
		struct hd_block *block = shard->remote.reply[to];
		if (block != NULL)
			hold_replies(shard, to, block);
		shard->remote.reply[to] = NULL;
	}
}

static void
delay_add(struct hd_delay *delay, int64_t ns)
{
	if (ns < delay->least[0])
		delay->least[0] = ns;
}

/* Up to a batch of the first block; true where the block is done. */
static bool
decide_some(struct hd_shard *shard, struct hd_block *block)
{
	struct hd_remote *remote = &shard->remote;
	struct hd_reader reader = hd_reader_of(hd_block_used(block));
	struct hd_work given[HD_BATCH_MAX];
	uint32_t count = 0;
	reader.at += remote->todo_at;
	while (count < HD_BATCH_MAX) {
		struct hd_bytes bytes;
		if (!hd_entry_next(&reader, &given[count].token, &bytes))
			break;
		bool ok = hd_command_decode(bytes, &remote->command[count]);
		HD_ASSERT(ok);
		given[count].command = &remote->command[count];
		given[count].arrived = block->sent;
		count++;
	}
	remote->todo_at = (uint32_t)(reader.at - hd_block_bytes(block));
	hd_step_run(shard, given, count, block->maker, hd_remote_answer);
	HD_ASSERT(remote->delay.undecided >= count);
	remote->delay.undecided -= count;
	shard->pass_commands += count;
	return reader.at == reader.end;
}

void
hd_remote_decide(struct hd_shard *shard)
{
	struct hd_remote *remote = &shard->remote;
	while (remote->todo != NULL && !shard->late &&
	       shard->pass_commands < HD_PASS_COMMANDS - HD_PASS_OWN) {
		struct hd_block *block = remote->todo;
		if (remote->todo_at == 0)
			delay_add(&remote->delay, shard->boot - block->sent);
		uint32_t asker = block->maker;
		if (decide_some(shard, block)) {
			remote->todo = block->next;
			remote->todo_at = 0;
			hd_post_give(shard->post, block);
		}
		if (remote->reply[asker] != NULL && (remote->todo_at == 0)) {
			hold_replies(shard, asker, remote->reply[asker]);
			remote->reply[asker] = NULL;
		}
	}
	if (remote->todo != NULL)
		shard->again = true;
}

void
hd_remote_measure(struct hd_shard *shard)
{
	struct hd_delay *delay = &shard->remote.delay;
	struct hd_status *status = &shard->status[shard->number];
	if (shard->boot >= delay->window_end) {
		delay->least[2] = delay->least[1];
		delay->least[1] = delay->least[0];
		delay->least[0] = INT64_MAX;
		delay->window_end = shard->boot + DELAY_WINDOW_NS;
	}
	int64_t least = INT64_MAX;
	for (uint32_t i = 0; i < 3; i++)
		least = delay->least[i] < least ? delay->least[i] : least;
	bool stands = delay->undecided >= HD_BUSY_UNDECIDED && least > shard->busy_ns;
	atomic_store_explicit(&status->stands, stands, memory_order_relaxed);
	atomic_store_explicit(&status->room, (uint8_t)hd_remote_room(shard), memory_order_relaxed);
}

bool
hd_remote_idle(const struct hd_shard *shard)
{
	const struct hd_remote *remote = &shard->remote;
	for (uint32_t i = 0; i < shard->count; i++) {
		if (remote->open[i] > 0)
			return false;
	}
	return remote->todo == NULL;
}
