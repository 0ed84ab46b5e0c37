/* gather.c - a gather's life: rounds, questions, parts. What a round means is in gather_rank.c,
 * gather_pivot.c and gather_page.c. */
#include "core/board/gather_state.h"

/* An id over HD_ID_MAX names nothing; as no id at all it does so too. */
static struct hd_bytes
gather_id(struct hd_gather *gather, uint32_t n, struct hd_bytes id)
{
	HD_ASSERT(n < 3);
	if (id.size > HD_ID_MAX)
		id.size = 0;
	uint8_t *at = gather->bytes + n * HD_ID_MAX;
	if (id.size)
		memcpy(at, id.at, id.size);
	return hd_bytes_of(at, id.size);
}

static void
gather_begin(struct hd_gather *gather)
{
	const struct hd_command *command = &gather->command;
	bool entrant = command->verb == HD_CMD_RANK || command->verb == HD_CMD_AROUND;
	uint32_t hold = HD_ASK_HOLD | HD_ASK_WITH_RUN |
			(command->verb == HD_CMD_RANK ? HD_ASK_LAST_IF_DONE : 0);
	gather->rows = command->count;
	if (command->verb == HD_CMD_HUNT_INFO)
		hd_gather_round(gather, HD_ASK_INFO, 0);
	else if (command->verb == HD_CMD_COUNT)
		hd_gather_round(gather, HD_ASK_COUNT, 0);
	else if (entrant && hd_gather_dense(gather))
		hd_gather_round(gather, HD_ASK_TELL, HD_ASK_ENTRANT | hold);
	else if (entrant)
		hd_gather_round(gather, command->verb == HD_CMD_RANK ? HD_ASK_TELL : HD_ASK_AROUND,
				HD_ASK_ENTRANT);
	else if (command->offset <= HD_SKIP_MAX || command->offset + command->count <= HD_ROWS_MAX)
		hd_gather_rows_begin(gather, (uint32_t)command->offset + command->count, 0);
	else
		hd_gather_pivots_begin(gather);
	if (entrant)
		gather->shard[gather->owner].asked = true;
	else
		hd_gather_ask_all(gather);
}

struct hd_gather *
hd_gather_create(struct hd_memory *memory, const struct hd_command *command, uint32_t shards,
		 uint32_t owner, uint64_t pin)
{
	HD_ASSERT(shards >= 1 && shards <= HD_SHARDS_MAX && owner < shards);
	HD_ASSERT(command->count <= HD_ROWS_MAX);
	size_t size = sizeof(struct hd_gather) + shards * sizeof(struct hd_gather_shard);
	struct hd_gather *gather = hd_memory_take(memory, size, _Alignof(struct hd_gather));
	gather->memory = memory;
	gather->shards = shards;
	gather->owner = owner;
	gather->pin = pin;
	gather->command = *command;
	gather->command.hunt = gather_id(gather, 0, command->hunt);
	gather->command.entrant = gather_id(gather, 1, command->entrant);
	gather->command.board = gather_id(gather, 2, command->board);
	if (command->offset > UINT64_MAX - HD_ROWS_MAX)
		gather->command.offset = UINT64_MAX - HD_ROWS_MAX;
	gather_begin(gather);
	return gather;
}

static void
gather_part_free(struct hd_gather *gather, struct hd_gather_shard *shard)
{
	HD_ASSERT((shard->room > 0) == (shard->part_long != NULL));
	if (shard->room)
		hd_memory_give(gather->memory, shard->part_long, shard->room);
	shard->part_long = NULL;
	shard->room = 0;
}

void
hd_gather_destroy(struct hd_gather *gather)
{
	if (!gather)
		return;
	for (uint32_t i = 0; i < gather->shards; i++)
		gather_part_free(gather, &gather->shard[i]);
	if (gather->pivots)
		hd_memory_give(gather->memory, gather->pivots, sizeof(*gather->pivots));
	if (gather->value_room)
		hd_memory_give(gather->memory, gather->value, gather->value_room);
	size_t size = sizeof(*gather) + gather->shards * sizeof(struct hd_gather_shard);
	hd_memory_give(gather->memory, gather, size);
}

void
hd_gather_round(struct hd_gather *gather, enum hd_ask ask, uint32_t flags)
{
	HD_ASSERT(ask < HD_ASK_END);
	gather->ask = (uint8_t)ask;
	gather->flags = flags;
	for (uint32_t i = 0; i < gather->shards; i++) {
		gather->shard[i].asked = false;
		gather->shard[i].answered = false;
	}
}

void
hd_gather_ask_all(struct hd_gather *gather)
{
	HD_ASSERT(!gather->ready);
	for (uint32_t i = 0; i < gather->shards; i++)
		gather->shard[i].asked = true;
}

static void
gather_limits(const struct hd_gather *gather, struct hd_question *question)
{
	const struct hd_command *command = &gather->command;
	if (gather->ask == HD_ASK_COUNT) {
		question->low = command->given & HD_GIVEN_MIN ? command->points : INT64_MIN;
		question->high = command->given & HD_GIVEN_MAX ? command->sub : INT64_MAX;
	} else if (gather->ask == HD_ASK_RUN && gather->below) {
		question->flags |= HD_ASK_BELOW;
		question->low = gather->below_score;
		question->high = gather->below_sub;
	}
}

bool
hd_gather_question(const struct hd_gather *gather, uint32_t shard, struct hd_writer *out)
{
	HD_ASSERT(shard < gather->shards);
	const struct hd_command *command = &gather->command;
	if (!gather->shard[shard].asked)
		return false;
	struct hd_question question = {
		.ask = gather->ask,
		.mode = command->mode,
		.view = command->view,
		.flags = gather->flags,
		.pin = gather->pin,
		.hunt = command->hunt,
		.board = command->board,
		.entrant = command->entrant,
		.key = gather->key.key,
		.rows = gather->rows,
	};
	if (command->given & HD_GIVEN_BOARD)
		question.flags |= HD_ASK_BOARD;
	if ((gather->flags & HD_ASK_HOLD) && !gather->shard[shard].met && !gather->ready)
		question.flags |= HD_ASK_FRESH;
	gather_limits(gather, &question);
	hd_question_encode(&question, out);
	if (gather->ask == HD_ASK_PIVOTS)
		hd_gather_pivots_write(gather, shard, out);
	HD_ASSERT(!out->full);
	return true;
}

void
hd_gather_answer(struct hd_gather *gather, uint32_t shard, struct hd_bytes part)
{
	HD_ASSERT(shard < gather->shards && part.size >= 1 && part.size <= HD_PART_MAX);
	struct hd_gather_shard *from = &gather->shard[shard];
	HD_ASSERT(from->asked && !from->answered);
	gather_part_free(gather, from);
	uint8_t *to = from->part_inline;
	if (part.size > HD_PART_INLINE) {
		from->part_long = hd_memory_take(gather->memory, part.size, 8);
		from->room = part.size;
		to = from->part_long;
	}
	memcpy(to, part.at, part.size);
	from->part_size = part.size;
	from->answered = true;
}

static const uint8_t *
gather_part_at(const struct hd_gather_shard *shard)
{
	return shard->room ? shard->part_long : shard->part_inline;
}

struct hd_reader
hd_gather_part(const struct hd_gather *gather, uint32_t shard)
{
	const struct hd_gather_shard *from = &gather->shard[shard];
	HD_ASSERT(from->answered && gather_part_at(from)[0] == HD_ERR_NONE);
	return hd_reader_of(hd_bytes_of(gather_part_at(from) + 1, from->part_size - 1));
}

void
hd_gather_key_keep(struct hd_gather_key *kept, const struct hd_board_key *key)
{
	HD_ASSERT(key->id.size <= HD_ID_MAX);
	if (key->id.size)
		memcpy(kept->id, key->id.at, key->id.size);
	kept->key = *key;
	kept->key.id.at = kept->id;
}

struct hd_writer
hd_gather_value(struct hd_gather *gather, uint32_t room)
{
	HD_ASSERT(!gather->value_room && !gather->ready);
	gather->value = gather->value_inline;
	if (room > sizeof(gather->value_inline)) {
		gather->value = hd_memory_take(gather->memory, room, 8);
		gather->value_room = room;
	}
	return hd_writer_of(gather->value, room);
}

void
hd_gather_value_end(struct hd_gather *gather, const struct hd_writer *out)
{
	HD_ASSERT(!out->full);
	gather->reply.kind = HD_REPLY_VALUE;
	gather->reply.detail = hd_bytes_of(gather->value, (size_t)(out->at - gather->value));
	gather->ready = true;
}

/* The first status of this round that is not 0, and what became of the pins. */
static uint8_t
gather_status(struct hd_gather *gather)
{
	uint8_t status = HD_ERR_NONE;
	bool keeps = (gather->flags & HD_ASK_HOLD) && !(gather->flags & HD_ASK_LAST) &&
		     gather->ask != HD_ASK_DROP;
	for (uint32_t i = 0; i < gather->shards; i++) {
		struct hd_gather_shard *shard = &gather->shard[i];
		if (!shard->asked)
			continue;
		HD_ASSERT(shard->answered);
		uint8_t own = gather_part_at(shard)[0];
		shard->met = true;
		shard->held = keeps && !own;
		status = status ? status : own;
	}
	return status;
}

static void
gather_again(struct hd_gather *gather)
{
	for (uint32_t i = 0; i < gather->shards; i++) {
		struct hd_gather_shard *shard = &gather->shard[i];
		shard->met = shard->done = shard->told = false;
		shard->run_left = 0;
	}
	HD_ASSERT(!gather->ready);
	gather->key_known = gather->below = false;
	gather->ahead = gather->count = gather->distinct = 0;
	gather_begin(gather);
}

static void
gather_info(struct hd_gather *gather)
{
	struct hd_bytes pairs = {0};
	int64_t entrants = 0;
	HD_ASSERT(gather->ask == HD_ASK_INFO);
	for (uint32_t i = gather->shards; i-- > 0;) { /* the facts are those of shard 0 */
		struct hd_reader in = hd_gather_part(gather, i);
		entrants += (int64_t)hd_read_varint(&in);
		pairs = hd_read_bytes(&in, HD_INFO_MAX);
		HD_ASSERT(!in.bad);
	}
	struct hd_writer out = hd_gather_value(gather, HD_INFO_MAX + 64);
	hd_value_map(&out, HD_INFO_PAIRS + 1);
	hd_write_fixed(&out, pairs.at, pairs.size);
	hd_value_text(&out, "entrants");
	hd_value_int(&out, entrants);
	hd_gather_value_end(gather, &out);
}

static void
gather_count(struct hd_gather *gather)
{
	HD_ASSERT(gather->ask == HD_ASK_COUNT);
	gather->reply.kind = HD_REPLY_INTEGER;
	for (uint32_t i = 0; i < gather->shards; i++) {
		struct hd_reader in = hd_gather_part(gather, i);
		gather->reply.points += (int64_t)hd_read_varint(&in);
		HD_ASSERT(!in.bad);
	}
	gather->ready = true;
}

static void
gather_refuse(struct hd_gather *gather, uint8_t status)
{
	HD_ASSERT(status == HD_PART_ABSENT || status < HD_ERROR_COUNT);
	gather->reply.kind = status == HD_PART_ABSENT ? HD_REPLY_NIL : HD_REPLY_ERROR;
	gather->reply.error = status == HD_PART_ABSENT ? HD_ERR_NONE : status;
	gather->ready = true;
}

static void
gather_step(struct hd_gather *gather)
{
	switch ((enum hd_ask)gather->ask) {
	case HD_ASK_INFO:
		gather_info(gather);
		break;
	case HD_ASK_COUNT:
		gather_count(gather);
		break;
	case HD_ASK_TELL:
	case HD_ASK_RUN:
		hd_gather_rank_step(gather);
		break;
	case HD_ASK_ROWS:
	case HD_ASK_AROUND:
		hd_gather_page_step(gather);
		break;
	case HD_ASK_PIVOTS:
		hd_gather_pivots_step(gather);
		break;
	case HD_ASK_DROP:
	case HD_ASK_END:
		HD_UNREACHABLE();
	}
}

/* True: some shard may hold a pin, and is asked to let it go. */
static bool
gather_drop(struct hd_gather *gather)
{
	bool any = false;
	HD_ASSERT(gather->ready);
	hd_gather_round(gather, HD_ASK_DROP, HD_ASK_HOLD);
	for (uint32_t i = 0; i < gather->shards; i++) {
		gather->shard[i].asked = gather->shard[i].held;
		any |= gather->shard[i].held;
	}
	return any;
}

bool
hd_gather_advance(struct hd_gather *gather, struct hd_reply *reply)
{
	HD_ASSERT(gather && reply);
	uint8_t status = gather_status(gather);
	if (!gather->ready) {
		if (status == HD_PART_LOST)
			gather_again(gather);
		else if (status)
			gather_refuse(gather, status);
		else
			gather_step(gather);
	}
	if (!gather->ready)
		return true;
	if (gather_drop(gather))
		return true;
	*reply = gather->reply;
	return false;
}
