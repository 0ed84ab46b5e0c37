/* Who now and then asks for quiet, reads everything, and compares it with the model. */
#include <stdlib.h>

#include "huntd/ids.h"
#include "huntd/value.h"
#include "tests/sim/world.h"

#define LOOK  (50 * SIM_MS)
#define EVERY (40 * SIM_S)

/* Steps: every entrant's PROGRESS, then the boards, then COUNT. */

struct standing {
	bool joined, rookie, sure;
	int64_t score, sub;
};

static struct standing
standing(const struct model *model, uint32_t number)
{
	const struct model_entrant *entrant = &model->entrants[number];
	const struct model_state *first = &entrant->states[0];
	struct standing at = {first->joined, first->rookie, true, first->score, first->sub};
	for (uint32_t i = 1; i < entrant->states_count; i++) {
		const struct model_state *state = &entrant->states[i];
		at.sure = at.sure && state->joined == at.joined && state->rookie == at.rookie &&
			  state->score == at.score && state->sub == at.sub;
	}
	return at;
}

/* The one rule of places: who is better, counted. */
static int64_t
place_of(const struct model *model, const struct standing *of, bool rookies)
{
	int64_t place = 1;
	for (uint32_t i = 0; i < model->entrants_count; i++) {
		struct standing other = standing(model, i);
		if (!other.joined || (rookies && !other.rookie))
			continue;
		place += other.score > of->score ||
			 (other.score == of->score && other.sub > of->sub);
	}
	return place;
}

static int64_t
entrants_of(const struct model *model, bool rookies)
{
	int64_t count = 0;
	for (uint32_t i = 0; i < model->entrants_count; i++) {
		struct standing at = standing(model, i);
		count += at.joined && (!rookies || at.rookie);
	}
	return count;
}

static uint32_t
named(const struct model *model, struct hd_bytes name)
{
	for (uint32_t i = 0; i < model->entrants_count; i++)
		if (hd_bytes_equal(hd_bytes_str(model->entrants[i].name), name))
			return i;
	return UINT32_MAX;
}

static void
compare_row(struct world *world, struct hd_reader *reader, bool rookies, bool *seen)
{
	const struct model *model = &world->model;
	bool good = hd_read_u8(reader) == HD_VALUE_ARRAY && hd_read_varint(reader) == 3;
	good = good && hd_read_u8(reader) == HD_VALUE_INT;
	int64_t rank = hd_read_signed(reader);
	good = good && hd_read_u8(reader) == HD_VALUE_BULK;
	struct hd_bytes name = hd_read_bytes(reader, HD_ID_MAX);
	good = good && hd_read_u8(reader) == HD_VALUE_INT;
	int64_t score = hd_read_signed(reader);
	uint32_t number = named(model, name);
	if (!good || number == UINT32_MAX || seen[number])
		sim_fail(&world->machine, "a board has %.*s twice, or who never was",
			 (int)name.size, (const char *)name.at);
	seen[number] = true;
	struct standing at = standing(model, number);
	int64_t place = place_of(model, &at, rookies);
	if (!at.joined || at.score != score || place != rank || (rookies && !at.rookie))
		sim_fail(&world->machine,
			 "a board has %s at %lld with %lld, the model at %lld "
			 "with %lld",
			 model->entrants[number].name, (long long)rank, (long long)score,
			 (long long)place, (long long)at.score);
}

static void
compare_board(struct world *world, bool rookies)
{
	const struct model *model = &world->model;
	const struct sim_reply *reply = &world->watch.reply;
	struct hd_reader reader = hd_reader_of(hd_bytes_of(reply->detail, reply->size));
	bool *seen = calloc(model->entrants_count, sizeof *seen);
	HD_ASSERT(seen != NULL);
	if (reply->kind != HD_REPLY_VALUE || hd_read_u8(&reader) != HD_VALUE_ARRAY)
		sim_fail(&world->machine, "TOP: kind %u error %u", reply->kind, reply->error);
	int64_t rows = (int64_t)hd_read_varint(&reader);
	if (rows != entrants_of(model, rookies))
		sim_fail(&world->machine, "a board of %lld rows, %lld in the model",
			 (long long)rows, (long long)entrants_of(model, rookies));
	for (int64_t i = 0; i < rows; i++)
		compare_row(world, &reader, rookies, seen);
	free(seen);
}

static bool
all_sure(const struct model *model)
{
	for (uint32_t i = 0; i < model->entrants_count; i++)
		if (!standing(model, i).sure)
			return false;
	return true;
}

static void
compare_step(struct world *world)
{
	struct model *model = &world->model;
	uint32_t step = world->watch_step, entrants = model->entrants_count;
	struct sim_reply *reply = &world->watch.reply;
	if (step < entrants) {
		struct model_op *op = model_begin(model, step);
		op->verb = HD_CMD_PROGRESS;
		op->sent = world->watch.sent;
		model_answer(model, step, op, reply, world->machine.now);
	} else if (!all_sure(model)) {
		return;
	} else if (step < entrants + 2) {
		compare_board(world, step == entrants + 1);
	} else if (reply->kind != HD_REPLY_INTEGER || reply->points != entrants_of(model, false)) {
		sim_fail(&world->machine, "COUNT says %lld", (long long)reply->points);
	}
}

static void
ask_step(struct world *world)
{
	struct model *model = &world->model;
	uint32_t step = world->watch_step, entrants = model->entrants_count;
	struct hd_command command = {.hunt = HD_BYTES("bay"), .count = HD_ROWS_MAX};
	command.slot = hd_slot(command.hunt);
	command.verb = HD_CMD_TOP;
	if (step < entrants) {
		command.verb = HD_CMD_PROGRESS;
		command.entrant = hd_bytes_str(model->entrants[step].name);
		command.slot = hd_slot(command.entrant);
	} else if (step == entrants + 1) {
		command.board = HD_BYTES("rookies");
		command.given |= HD_GIVEN_BOARD;
	} else if (step == entrants + 2) {
		command.verb = HD_CMD_COUNT;
	}
	caller_ask(&world->watch, &command);
}

/* Nothing is under way for anybody. */
static bool
is_still(const struct world *world)
{
	if (clients_open(world) > 0 || world->admin_step != ADMIN_IDLE || world->set_up == 0)
		return false;
	for (uint32_t i = 0; i < world->options.shards; i++)
		if (world->edge.doors[i].orphans.first != NULL)
			return false;
	return true;
}

void
watch_act(struct world *world)
{
	struct caller *watch = &world->watch;
	watch->due = world->machine.now + LOOK;
	if (watch->busy || world->machine.now < world->watch_due)
		return;
	world->quiet = true;
	if (watch->lost || !is_still(world)) {
		watch->lost = watch->answered = false;
		world->watch_step = 0;
	}
	if (!is_still(world))
		return;
	if (watch->answered && !sim_reply_refused(&watch->reply)) {
		watch->answered = false;
		compare_step(world);
		world->watch_step++;
	}
	watch->answered = false;
	if (world->watch_step <= world->model.entrants_count + 2) {
		ask_step(world);
		return;
	}
	machine_note(&world->machine, "all boards and entrants agree");
	world->watch_step = 0;
	world->watched++;
	world->quiet = world->healing;
	world->watch_due =
		world->machine.now + EVERY + (int64_t)machine_draw(&world->machine, 40) * SIM_S;
}
