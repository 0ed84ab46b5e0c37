/* Who now and then asks for quiet, reads everything, and compares it with the model. */
#include <stdlib.h>

#include "huntd/ids.h"
#include "huntd/value.h"
#include "tests/sim/world.h"

#define LOOK  (50 * SIM_MS)
#define EVERY (40 * SIM_S)
#define RANKS 7u /* the first of them is the board that comes and goes */

/* Steps: every entrant's PROGRESS, then the boards, then COUNT, then some ranks. */

/* As the model has it, or as it was when the hunt was frozen. */
static struct standing
standing(const struct world *world, uint32_t number)
{
	const struct model_entrant *entrant = &world->model.entrants[number];
	if (world->watch_frozen)
		return world->frozen[number];
	const struct model_state *first = &entrant->states[0];
	struct standing at = {first->joined, first->rookie, true,
			      first->score,  first->sub,    first->at};
	for (uint32_t i = 1; i < entrant->states_count; i++) {
		const struct model_state *state = &entrant->states[i];
		at.sure = at.sure && state->joined == at.joined && state->rookie == at.rookie &&
			  state->score == at.score && state->sub == at.sub;
		at.at = at.at == state->at ? at.at : 0;
	}
	return at;
}

/* The one rule of places: who is better, counted. */
static int64_t
place_of(const struct world *world, const struct standing *of, bool rookies)
{
	int64_t place = 1;
	for (uint32_t i = 0; i < world->model.entrants_count; i++) {
		struct standing other = standing(world, i);
		if (!other.joined || (rookies && !other.rookie))
			continue;
		place += other.score > of->score ||
			 (other.score == of->score && other.sub > of->sub);
	}
	return place;
}

static int64_t
entrants_of(const struct world *world, bool rookies)
{
	int64_t count = 0;
	for (uint32_t i = 0; i < world->model.entrants_count; i++) {
		struct standing at = standing(world, i);
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

/* Two rows of one place: who came to it first stands first, then the bytes of the ids decide. */
static void
compare_equals(struct world *world, uint32_t first, uint32_t second)
{
	struct standing a = standing(world, first), b = standing(world, second);
	const char *names[2] = {world->model.entrants[first].name,
				world->model.entrants[second].name};
	if (a.score != b.score || a.sub != b.sub || a.at == 0 || b.at == 0)
		return;
	if (a.at > b.at || (a.at == b.at && strcmp(names[0], names[1]) > 0))
		sim_fail(&world->machine, "%s stands above %s, which was there before", names[0],
			 names[1]);
}

static void
compare_row(struct world *world, struct hd_reader *reader, bool rookies, bool *seen, uint32_t *last)
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
	struct standing at = standing(world, number);
	if (*last != UINT32_MAX)
		compare_equals(world, *last, number);
	*last = number;
	int64_t place = place_of(world, &at, rookies);
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
	uint32_t last = UINT32_MAX;
	bool *seen = calloc(model->entrants_count, sizeof *seen);
	HD_ASSERT(seen != NULL);
	if (reply->kind != HD_REPLY_VALUE || hd_read_u8(&reader) != HD_VALUE_ARRAY)
		sim_fail(&world->machine, "TOP: kind %u error %u", reply->kind, reply->error);
	int64_t rows = (int64_t)hd_read_varint(&reader);
	if (rows != entrants_of(world, rookies))
		sim_fail(&world->machine, "a board of %lld rows, %lld in the model",
			 (long long)rows, (long long)entrants_of(world, rookies));
	for (int64_t i = 0; i < rows; i++)
		compare_row(world, &reader, rookies, seen, &last);
	free(seen);
}

/* Distinct places above. */
static int64_t
dense_of(const struct world *world, const struct standing *of)
{
	int64_t place = 1;
	for (uint32_t i = 0; i < world->model.entrants_count; i++) {
		struct standing other = standing(world, i);
		bool better = other.joined && (other.score > of->score ||
					       (other.score == of->score && other.sub > of->sub));
		for (uint32_t k = 0; better && k < i; k++) {
			struct standing same = standing(world, k);
			better = !same.joined || same.score != other.score || same.sub != other.sub;
		}
		place += better;
	}
	return place;
}

/* [rank, score, of], or nil. */
static void
compare_rank(struct world *world)
{
	const struct model *model = &world->model;
	const struct sim_reply *reply = &world->watch.reply;
	struct standing at = standing(world, world->watch_entrant);
	struct hd_reader reader = hd_reader_of(hd_bytes_of(reply->detail, reply->size));
	bool dense = world->watch.command.mode == HD_MODE_DENSE;
	if (!at.joined) {
		if (reply->kind != HD_REPLY_NIL)
			sim_fail(&world->machine, "RANK of who never joined: kind %u", reply->kind);
		return;
	}
	int64_t want[3] = {dense ? dense_of(world, &at) : place_of(world, &at, false), at.score,
			   entrants_of(world, false)};
	bool good = reply->kind == HD_REPLY_VALUE && hd_read_u8(&reader) == HD_VALUE_ARRAY &&
		    hd_read_varint(&reader) == 3;
	for (uint32_t i = 0; i < 3 && good; i++) {
		good = hd_read_u8(&reader) == HD_VALUE_INT;
		int64_t is = hd_read_signed(&reader);
		if (!good || is != want[i])
			sim_fail(&world->machine,
				 "RANK of %s, dense %d: number %u is %lld, not %lld",
				 model->entrants[world->watch_entrant].name, dense, i,
				 (long long)is, (long long)want[i]);
	}
	if (!good)
		sim_fail(&world->machine, "RANK: kind %u error %u", reply->kind, reply->error);
}

/* A board that a version brings is built from all who are there; another version takes it away. */
static void
compare_late(struct world *world)
{
	const struct model *model = &world->model;
	const struct sim_reply *reply = &world->watch.reply;
	if (model->documents[model->documents_count - 1].late)
		compare_board(world, false);
	else if (reply->kind != HD_REPLY_ERROR || reply->error != HD_ERR_NOBOARD)
		sim_fail(&world->machine, "a board that is not there: kind %u error %u",
			 reply->kind, reply->error);
}

/* Freezing, while nothing moves: what the frozen boards show from then on is known. */

static bool
is_frozen(const struct model *model)
{
	return model->phases[model->phases_count - 1].phase == HD_PHASE_FROZEN;
}

/* It is asked for until it is answered; the phase is noted once. */
static void
ask_freeze(struct world *world)
{
	struct model *model = &world->model;
	struct hd_command command = {.verb = HD_CMD_FREEZE, .hunt = HD_BYTES("bay")};
	command.slot = hd_slot(command.hunt);
	if (!is_frozen(model)) {
		model->phases[model->phases_count++] =
			(struct model_phase){HD_PHASE_FROZEN, world->machine.now, SIM_NEVER};
		world->frozen_phase = model->phases_count;
	}
	caller_ask(&world->watch, &command);
}

static void
note_frozen(struct world *world)
{
	struct model *model = &world->model;
	if (world->watch.reply.kind != HD_REPLY_STATUS)
		sim_fail(&world->machine, "FREEZE: kind %u error %u", world->watch.reply.kind,
			 world->watch.reply.error);
	model->phases[model->phases_count - 1].sure = world->machine.now;
	for (uint32_t i = 0; i < model->entrants_count; i++)
		world->frozen[i] = standing(world, i);
	world->freezing = false;
	world->frozen_known = true;
	machine_note(&world->machine, "frozen while all is quiet");
}

/* Frozen by us, and nothing was ordered since. */
static bool
knows_frozen(const struct world *world)
{
	return world->frozen_known && world->frozen_phase == world->model.phases_count;
}

static void
compare_frozen(struct world *world)
{
	world->watch_frozen = true;
	compare_board(world, false);
	world->watch_frozen = false;
}

static bool
all_sure(const struct world *world)
{
	for (uint32_t i = 0; i < world->model.entrants_count; i++)
		if (!standing(world, i).sure)
			return false;
	return true;
}

static void
compare_step(struct world *world)
{
	struct model *model = &world->model;
	uint32_t step = world->watch_step, entrants = model->entrants_count;
	struct sim_reply *reply = &world->watch.reply;
	uint8_t verb = world->watch.command.verb;
	if (step < entrants) {
		struct model_op *op = model_begin(model, step);
		op->verb = HD_CMD_PROGRESS;
		op->sent = world->watch.sent;
		model_answer(model, step, op, reply, world->machine.now);
	} else if (!all_sure(world)) {
		return;
	} else if (step < entrants + 2) {
		compare_board(world, step == entrants + 1);
	} else if (verb == HD_CMD_FREEZE) {
		note_frozen(world);
	} else if (step == entrants + 3) {
		compare_late(world);
	} else if (verb == HD_CMD_TOP) {
		compare_frozen(world);
	} else if (step > entrants + 2) {
		compare_rank(world);
	} else if (reply->kind != HD_REPLY_INTEGER || reply->points != entrants_of(world, false)) {
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
	} else if (step == entrants + 3 + RANKS && world->freezing) {
		ask_freeze(world);
		return;
	} else if (step >= entrants + 3 + RANKS) {
		command.view = HD_VIEW_FROZEN;
	} else if (step == entrants + 3) {
		command.board = HD_BYTES("late");
		command.given |= HD_GIVEN_BOARD;
	} else if (step > entrants + 2) {
		world->watch_entrant = (uint32_t)machine_draw(&world->machine, entrants);
		command.verb = HD_CMD_RANK;
		command.entrant = hd_bytes_str(model->entrants[world->watch_entrant].name);
		command.mode = step % 2 ? HD_MODE_DENSE : HD_MODE_COMPETITION;
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

static bool
may_freeze(struct world *world)
{
	const struct model *model = &world->model;
	return world->options.phases > 0 && !world->healing && !is_frozen(model) &&
	       model->phases_count + 1 < MODEL_PHASES && machine_draw(&world->machine, 2) == 0;
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
	uint32_t last = world->model.entrants_count + 2 + RANKS;
	if (world->watch_step == last + 1 && may_freeze(world))
		world->freezing = true;
	last += world->freezing ? 1 : knows_frozen(world) ? 2 : 0;
	if (world->watch_step <= last) {
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
