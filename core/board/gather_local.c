/* gather_local.c - a BOARD command where one shard is all there is.
 *
 * RANK is two descents, TOP's first page one walk; neither allocates. */
#include "core/board/part.h"

static void
local_value(struct hd_reply *reply, const uint8_t *scratch, const struct hd_writer *out)
{
	HD_ASSERT(!out->full);
	reply->kind = HD_REPLY_VALUE;
	reply->detail = hd_bytes_of(scratch, (size_t)(out->at - scratch));
}

static uint64_t
local_distinct_above(const struct hd_part_board *at, const struct hd_board_key *key)
{
	struct hd_part_run run;
	struct hd_board_key pair;
	uint64_t count = 0;
	hd_part_run_start(&run, at, key, NULL);
	while (hd_part_run_next(&run, &pair))
		count++;
	return count;
}

static uint64_t
local_rank(const struct hd_part_board *at, const struct hd_board_key *key, uint8_t mode)
{
	if (mode == HD_MODE_ORDINAL)
		return hd_board_before(at->board, at->root, key) + 1;
	if (mode == HD_MODE_DENSE)
		return local_distinct_above(at, key) + 1;
	return hd_board_above(at->board, at->root, key) + 1;
}

/* Writes rows from position `start`. */
static void
local_rows(const struct hd_part_board *at, uint64_t start, uint32_t rows, uint8_t mode,
	   struct hd_writer *out)
{
	uint64_t count = hd_board_count(at->board, at->root);
	uint64_t left = start < count ? count - start : 0;
	HD_ASSERT(rows <= HD_ROWS_MAX);
	if (left < rows)
		rows = (uint32_t)left;
	hd_value_array(out, rows);
	if (!rows)
		return;
	struct hd_board_walk walk;
	hd_board_seek(&walk, at->board, at->root, start);
	bool there = hd_board_next(&walk);
	HD_ASSERT(there);
	struct hd_ranker ranker = {mode, start, 1, walk.row.score, walk.row.sub};
	if (start > 0)
		ranker.rank = local_rank(at, &walk.row, mode);
	for (uint32_t i = 0; i < rows; i++) {
		if (i)
			there = hd_board_next(&walk);
		HD_ASSERT(there);
		hd_part_row_write(out, hd_ranker_next(&ranker, &walk.row), &walk.row);
	}
}

static void
local_around(const struct hd_part_board *at, const struct hd_command *command,
	     const struct hd_board_key *key, struct hd_writer *out)
{
	uint64_t count = hd_board_count(at->board, at->root);
	uint64_t place = hd_board_before(at->board, at->root, key);
	HD_ASSERT(command->count >= 1 && place < count);
	local_rows(at, hd_part_around_start(place, count, command->count), command->count,
		   command->mode, out);
}

/* RANK and AROUND. */
static void
local_entrant(struct hd_core *core, const struct hd_part_board *at,
	      const struct hd_command *command, uint8_t *scratch, struct hd_reply *reply)
{
	struct hd_board_key key;
	HD_ASSERT(command->verb == HD_CMD_RANK || command->verb == HD_CMD_AROUND);
	if (!hd_part_standing(core, at, command->entrant, command->hint, &key)) {
		reply->kind = HD_REPLY_NIL;
		return;
	}
	struct hd_writer out = hd_writer_of(scratch, HD_PART_MAX);
	if (command->verb == HD_CMD_AROUND) {
		local_around(at, command, &key, &out);
	} else {
		hd_value_array(&out, 3);
		hd_value_int(&out, (int64_t)local_rank(at, &key, command->mode));
		hd_value_int(&out, key.score);
		hd_value_int(&out, (int64_t)hd_board_count(at->board, at->root));
	}
	local_value(reply, scratch, &out);
}

static void
local_count(const struct hd_part_board *at, const struct hd_command *command,
	    struct hd_reply *reply)
{
	int64_t low = command->given & HD_GIVEN_MIN ? command->points : INT64_MIN;
	int64_t high = command->given & HD_GIVEN_MAX ? command->sub : INT64_MAX;
	HD_ASSERT(command->verb == HD_CMD_COUNT);
	reply->kind = HD_REPLY_INTEGER;
	if (low <= high)
		reply->points = (int64_t)hd_board_between(at->board, at->root, low, high);
}

static enum hd_error
local_info(const struct hd_core *core, const struct hd_command *command, uint8_t *scratch,
	   struct hd_reply *reply)
{
	uint16_t hunt;
	HD_ASSERT(command->verb == HD_CMD_HUNT_INFO);
	if (!hd_core_hunt_find(core, command->hunt, &hunt))
		return HD_ERR_NOHUNT;
	struct hd_writer out = hd_writer_of(scratch, HD_PART_MAX);
	hd_value_map(&out, HD_INFO_PAIRS + 1);
	hd_part_info_write(core, hunt, &out);
	hd_value_text(&out, "entrants");
	hd_value_int(&out, (int64_t)hd_core_hunt_entrants(core, hunt));
	local_value(reply, scratch, &out);
	return HD_ERR_NONE;
}

static enum hd_error
local_board(struct hd_core *core, const struct hd_command *command, uint8_t *scratch,
	    struct hd_reply *reply)
{
	struct hd_part_board at;
	bool named = command->given & HD_GIVEN_BOARD;
	enum hd_error error = hd_part_board_find(
		core, command->hunt, named ? &command->board : NULL, command->view, &at);
	if (error)
		return error;
	if (command->verb == HD_CMD_COUNT) {
		local_count(&at, command, reply);
	} else if (command->verb == HD_CMD_TOP) {
		struct hd_writer out = hd_writer_of(scratch, HD_PART_MAX);
		local_rows(&at, command->offset, command->count, command->mode, &out);
		local_value(reply, scratch, &out);
	} else {
		local_entrant(core, &at, command, scratch, reply);
	}
	return HD_ERR_NONE;
}

void
hd_gather_local(struct hd_core *core, const struct hd_command *command, uint8_t *scratch,
		struct hd_reply *reply)
{
	HD_ASSERT(core && scratch);
	*reply = (struct hd_reply){0};
	enum hd_error error = command->verb == HD_CMD_HUNT_INFO
				      ? local_info(core, command, scratch, reply)
				      : local_board(core, command, scratch, reply);
	if (error) {
		reply->kind = HD_REPLY_ERROR;
		reply->error = (uint8_t)error;
	}
}
