/* Those who play: each draws its next command when it comes to it, keeps some in a pipeline, and
 * asks again with the same ID where an answer never came. */
#include <stdlib.h>

#include "huntd/ids.h"
#include "huntd/value.h"
#include "tests/sim/world.h"

#define LOOK       (20 * SIM_MS)
#define WINDOW_MAX 40u /* of an entrant: more are not begun before these are settled */

void
clients_init(struct world *world)
{
	world->clients_count = (uint32_t)world->options.clients;
	for (uint32_t i = 0; i < world->clients_count; i++)
		world->clients[i] =
			(struct client){.world = world, .number = i, .due = SIM_S, .row = 0};
}

static uint64_t
draw(struct client *client, uint64_t range)
{
	return machine_draw(&client->world->machine, range);
}

static bool
chance(struct client *client, int64_t in_a_hundred)
{
	return (int64_t)draw(client, 100) < in_a_hundred;
}

/* Sending. */

static void
transmit(struct client *client, struct call *call)
{
	call->sent = true;
	call->attempts++;
	if (call->op != NULL) {
		/* On its second way its place among the others is no longer known. */
		call->op->row = call->attempts == 1 ? client->row : 0;
		call->op->place = ++client->place;
	}
	conn_send(&client->conn, &call->command, call);
}

static bool
connect(struct client *client)
{
	struct world *world = client->world;
	if (client->conn.open)
		return true;
	if (!world->machine.ready || client->conn.arriving.first != NULL)
		return false;
	uint32_t door = (uint32_t)draw(client, (uint64_t)world->options.shards);
	conn_open(&client->conn, &world->edge, door, client);
	client->row = ++world->rows;
	client->place = 0;
	return true;
}

/* Drawing. */

static void
draw_award(struct client *client, struct call *call)
{
	static const char reason[] =
		"For a long way through the reef at night, with nothing but a lamp and the old "
		"map of the bay, and for all that was brought back from there: a rope, a bell, "
		"two anchors and a chest that nobody could open, though many had tried before.";
	static const uint8_t ops[] = {HD_OP_INCR, HD_OP_INCR, HD_OP_INCR,
				      HD_OP_SET,  HD_OP_BEST, HD_OP_DECR};
	struct model_op *op = call->op;
	op->op = call->command.op = ops[draw(client, 6)];
	op->points = call->command.points = (int64_t)draw(client, 200) - 20;
	if (op->op == HD_OP_SET) /* few values, so that many are equal */
		op->points = call->command.points = (int64_t)draw(client, 3) * 100;
	if (chance(client, 20)) {
		op->has_sub = true;
		op->sub = call->command.sub = (int64_t)draw(client, 50) - 10;
		call->command.given |= HD_GIVEN_SUB;
	}
	/* Long events make frames of several blocks, of which a part can be written. */
	if (client->world->options.shorts > 0 && chance(client, 60)) {
		call->command.text = hd_bytes_of(reason, sizeof reason - 1);
		call->command.given |= HD_GIVEN_REASON;
	}
}

static void
draw_submit(struct client *client, struct call *call)
{
	struct model_op *op = call->op;
	op->challenge = (uint8_t)draw(client, MODEL_CHALLENGES);
	op->guess = (uint8_t)draw(client, MODEL_GUESSES);
	if (chance(client, 40) && op->challenge != MODEL_GRID)
		op->guess = MODEL_RIGHT;
	if (client->world->options.rush > 0 && chance(client, 50)) {
		op->challenge = MODEL_CHEST;
		op->guess = MODEL_RIGHT;
	}
	call->command.challenge = hd_bytes_str(model_challenge_id(op->challenge));
	call->command.text = hd_bytes_str(model_guess(op->challenge, op->guess));
}

static void
draw_hint(struct client *client, struct call *call)
{
	struct model_op *op = call->op;
	op->challenge = (uint8_t)draw(client, MODEL_CHALLENGES);
	op->hint = (uint8_t)draw(client, MODEL_HINTS + 2);
	call->command.challenge = hd_bytes_str(model_challenge_id(op->challenge));
	call->command.count = op->hint;
}

static void
draw_join(struct client *client, struct call *call)
{
	call->op->rookie = chance(client, 30);
	if (call->op->rookie)
		call->command.board = HD_BYTES("rookie"), call->command.given |= HD_GIVEN_BRACKET;
}

static void
draw_options(struct client *client, struct call *call)
{
	struct world *world = client->world;
	struct hd_command *command = &call->command;
	/* What such a guess came to only its reply tells. */
	bool told = command->verb == HD_CMD_SUBMIT && call->op->challenge >= MODEL_CHEST;
	if (command->verb != HD_CMD_HINT && chance(client, world->options.past)) {
		/* Few moments, so that many are equal. */
		int64_t back = (int64_t)draw(client, 20) * SIM_S;
		if (world->options.ids > 0 && chance(client, 30))
			back -= 2 * SIM_IDS_AGE_S * SIM_S;
		command->at = SIM_WALL + world->machine.now / (10 * SIM_S) * (10 * SIM_S) - back;
		command->given |= HD_GIVEN_AT;
		call->op->has_at = true;
		call->op->at = command->at;
	}
	if (!told && chance(client, world->options.noid))
		return;
	snprintf(call->id, sizeof call->id, "c%u-%llu", client->number,
		 (unsigned long long)++world->ids);
	memcpy(call->op->id, call->id, sizeof call->op->id);
	command->id = hd_bytes_str(call->id);
	command->given |= HD_GIVEN_ID;
}

static uint8_t
draw_verb(struct client *client)
{
	static const uint8_t writes[] = {HD_CMD_JOIN,   HD_CMD_AWARD,  HD_CMD_AWARD,
					 HD_CMD_AWARD,  HD_CMD_SUBMIT, HD_CMD_SUBMIT,
					 HD_CMD_SUBMIT, HD_CMD_HINT,   HD_CMD_PUZZLE};
	static const uint8_t reads[] = {HD_CMD_PROGRESS, HD_CMD_PROGRESS, HD_CMD_RANK, HD_CMD_TOP};
	if (chance(client, client->world->options.reads))
		return reads[draw(client, 4)];
	return writes[draw(client, 9)];
}

/* Of many entrants at once: the first rows of the board. */
static void
draw_top(struct client *client, struct call *call)
{
	struct world *world = client->world;
	call->board = true;
	call->command.hunt = HD_BYTES("bay");
	call->command.entrant = (struct hd_bytes){0};
	call->command.slot = hd_slot(call->command.hunt);
	call->command.count = 3 + (uint32_t)draw(client, 8);
	if (chance(client, 30)) { /* there in some versions only */
		call->command.board = HD_BYTES("late");
		call->command.given |= HD_GIVEN_BOARD;
	}
	model_hold(&world->model);
}

static void
draw_new(struct client *client, struct call *call)
{
	struct world *world = client->world;
	struct model *model = &world->model;
	uint32_t entrant = (uint32_t)draw(client, model->entrants_count);
	if (world->options.focus > 0 && chance(client, world->options.focus))
		entrant = client->last;
	client->last = entrant;
	uint8_t verb = draw_verb(client);
	if (model->entrants[entrant].count >= WINDOW_MAX ||
	    (verb == HD_CMD_TOP && model->holds > 0) ||
	    (verb == HD_CMD_PUZZLE && model_is_dealing(model, entrant)))
		return;
	*call = (struct call){.live = true, .entrant = entrant, .first = world->machine.now};
	call->command.verb = verb;
	client->calls_count++;
	if (verb == HD_CMD_TOP) {
		draw_top(client, call);
		return;
	}
	call->op = model_begin(model, entrant);
	call->op->verb = verb;
	call->command.entrant = hd_bytes_str(model->entrants[entrant].name);
	call->command.hunt = HD_BYTES("bay");
	call->command.slot =
		hd_slot(verb == HD_CMD_RANK ? call->command.hunt : call->command.entrant);
	if (verb == HD_CMD_AWARD)
		draw_award(client, call);
	else if (verb == HD_CMD_SUBMIT)
		draw_submit(client, call);
	else if (verb == HD_CMD_HINT)
		draw_hint(client, call);
	else if (verb == HD_CMD_JOIN)
		draw_join(client, call);
	else if (verb == HD_CMD_PUZZLE)
		call->command.challenge = hd_bytes_str(model_challenge_id(MODEL_GRID));
	if (verb != HD_CMD_PROGRESS && verb != HD_CMD_RANK && verb != HD_CMD_PUZZLE)
		draw_options(client, call);
}

/* A command that was answered, once more: the same answer; or with other arguments: refused. */
static void
draw_again(struct client *client, struct call *call)
{
	uint32_t which = (uint32_t)draw(client, 8);
	int64_t age = client->world->machine.now - client->past[which].first;
	bool kept = client->world->machine.options.ids == 0 || age < SIM_IDS_AGE_S / 2 * SIM_S;
	if (!client->past[which].there || !kept)
		return;
	*call = (struct call){.live = true,
			      .again = true,
			      .other = chance(client, 25),
			      .entrant = client->past[which].entrant,
			      .command = client->past[which].command,
			      .earlier = client->past[which].reply,
			      .first = client->world->machine.now};
	client->past[which].there = false;
	client->past[which].reply = (struct sim_reply){0};
	memcpy(call->id, client->past[which].id, sizeof call->id);
	call->command.id = hd_bytes_str(call->id);
	call->other = call->other && call->command.verb == HD_CMD_SUBMIT;
	if (call->other) {
		call->command.given |= HD_GIVEN_BY;
		call->command.by = HD_BYTES("somebody-else");
	}
	client->calls_count++;
}

void
client_act(struct client *client)
{
	struct world *world = client->world;
	client->due = world->machine.now + LOOK;
	if (world->set_up == 0 || !connect(client))
		return;
	for (uint32_t i = 0; i < WORLD_PIPELINE; i++)
		if (client->calls[i].live && !client->calls[i].sent)
			transmit(client, &client->calls[i]);
	if (world->quiet)
		return;
	int64_t think = 1 + (int64_t)draw(client, (uint64_t)world->options.think_ms * 2);
	uint32_t begin = chance(client, 20) ? (uint32_t)world->options.pipeline : 1;
	int64_t burst = world->options.burst * SIM_S;
	if (burst > 0)
		begin = (uint32_t)world->options.pipeline;
	for (uint32_t i = 0; i < (uint32_t)world->options.pipeline && begin > 0; i++) {
		struct call *call = &client->calls[i];
		if (call->live)
			continue;
		begin--;
		if (chance(client, world->options.again))
			draw_again(client, call);
		else
			draw_new(client, call);
		if (call->live)
			transmit(client, call);
	}
	client->due = world->machine.now + think * SIM_MS;
	if (burst > 0)
		client->due = (world->machine.now / burst + 1) * burst;
}

/* Being answered. */

static void
done(struct client *client, struct call *call)
{
	sim_reply_drop(&call->earlier);
	*call = (struct call){0};
	client->calls_count--;
}

static struct sim_reply
copy_of(const struct sim_reply *reply)
{
	struct sim_reply copy = *reply;
	if (reply->size > 0) {
		copy.detail = malloc(reply->size);
		HD_ASSERT(copy.detail != NULL);
		memcpy(copy.detail, reply->detail, reply->size);
	}
	return copy;
}

static void
remember(struct client *client, const struct call *call, const struct sim_reply *reply)
{
	if (!(call->command.given & HD_GIVEN_ID) || reply->kind == HD_REPLY_ERROR)
		return;
	uint32_t at = client->past_next++ % 8;
	if (client->past[at].there)
		sim_reply_drop(&client->past[at].reply);
	client->past[at].there = true;
	client->past[at].entrant = call->entrant;
	client->past[at].command = call->command;
	client->past[at].first = call->first;
	client->past[at].reply = copy_of(reply);
	memcpy(client->past[at].id, call->id, sizeof call->id);
}

static void
text_of(const struct sim_reply *reply, char text[80])
{
	if (reply->number)
		snprintf(text, 80, "%lld", (long long)reply->detail_number);
	else
		snprintf(text, 80, "%.*s", (int)reply->size, (const char *)reply->detail);
}

static void
check_again(struct client *client, const struct call *call, const struct sim_reply *reply)
{
	struct machine *machine = &client->world->machine;
	const struct sim_reply *earlier = &call->earlier;
	char was[80], is[80];
	if (call->other) {
		if (reply->kind != HD_REPLY_ERROR || reply->error != HD_ERR_IDMISMATCH)
			sim_fail(machine, "%s was taken with other arguments", call->id);
		return;
	}
	text_of(earlier, was);
	text_of(reply, is);
	if (reply->kind != earlier->kind || reply->error != earlier->error ||
	    strcmp(was, is) != 0 ||
	    (reply->kind == HD_REPLY_OUTCOME &&
	     (reply->outcome != earlier->outcome || reply->points != earlier->points ||
	      reply->score != earlier->score)))
		sim_fail(machine,
			 "%s was answered %s %lld %lld '%s', and again: kind %u error %u %s %lld "
			 "%lld '%s'",
			 call->id, hd_outcome_name(earlier->outcome), (long long)earlier->points,
			 (long long)earlier->score, was, reply->kind, reply->error,
			 hd_outcome_name(reply->outcome), (long long)reply->points,
			 (long long)reply->score, is);
}

/* Rows [rank, entrant, score], best first. */
static void
see_rows(struct client *client, const struct call *call, const struct sim_reply *reply)
{
	struct world *world = client->world;
	struct hd_reader reader = hd_reader_of(hd_bytes_of(reply->detail, reply->size));
	bool good = reply->kind == HD_REPLY_VALUE && hd_read_u8(&reader) == HD_VALUE_ARRAY;
	int64_t last = INT64_MAX, place = 0;
	if (call->command.board.size > 0 && reply->kind == HD_REPLY_ERROR &&
	    reply->error == HD_ERR_NOBOARD)
		return;
	for (uint64_t left = good ? hd_read_varint(&reader) : 0; left > 0 && good; left--) {
		good = hd_read_u8(&reader) == HD_VALUE_ARRAY && hd_read_varint(&reader) == 3 &&
		       hd_read_u8(&reader) == HD_VALUE_INT;
		int64_t rank = hd_read_signed(&reader);
		good = good && hd_read_u8(&reader) == HD_VALUE_BULK;
		struct hd_bytes name = hd_read_bytes(&reader, HD_ID_MAX);
		good = good && hd_read_u8(&reader) == HD_VALUE_INT;
		int64_t score = hd_read_signed(&reader);
		good = good && !reader.bad && score <= last && rank >= place;
		last = score;
		place = rank;
		for (uint32_t i = 0; i < world->model.entrants_count && good; i++)
			if (hd_bytes_equal(hd_bytes_str(world->model.entrants[i].name), name))
				model_saw(&world->model, i, score, call->first, world->machine.now);
	}
	if (!good)
		sim_fail(&world->machine, "TOP: not rows, or not in order");
}

static bool
tries_again(struct client *client, const struct call *call, const struct sim_reply *reply)
{
	if (!sim_reply_refused(reply))
		return false;
	bool writes = call->again || (call->command.given & HD_GIVEN_ID) != 0;
	return writes && (call->attempts > 1 || chance(client, 50));
}

static void
settle(struct client *client, struct call *call, struct sim_reply *reply)
{
	struct world *world = client->world;
	bool refused = sim_reply_refused(reply);
	if (call->again) {
		if (!refused)
			check_again(client, call, reply);
	} else if (call->board) {
		if (!refused)
			see_rows(client, call, reply);
		model_release(&world->model);
	} else if (refused && call->command.verb == HD_CMD_PUZZLE) {
		/* It may have been dealt, and not been made in time. */
		model_lose(&world->model, call->entrant, call->op, world->machine.now);
	} else if (refused) {
		model_forget(&world->model, call->entrant, call->op);
	} else {
		remember(client, call, reply);
		model_answer(&world->model, call->entrant, call->op, reply, world->machine.now);
	}
	done(client, call);
}

void
client_answer(struct client *client, struct ask *ask)
{
	struct call *call = ask->owner;
	HD_ASSERT(call->live && call->sent);
	if (tries_again(client, call, &ask->reply)) {
		call->sent = false;
		if (call->op != NULL)
			call->op->row = 0;
	} else {
		settle(client, call, &ask->reply);
	}
}

/* Losing the connection. */

static void
lose_call(struct client *client, struct call *call, bool died)
{
	struct world *world = client->world;
	bool keeps = call->again || (call->command.given & HD_GIVEN_ID) != 0;
	(void)died;
	call->sent = false;
	if (keeps) {
		if (call->op != NULL)
			call->op->row = 0;
		return;
	}
	uint8_t verb = call->command.verb;
	if (call->board)
		model_release(&world->model);
	else if (verb == HD_CMD_PROGRESS || verb == HD_CMD_RANK)
		model_forget(&world->model, call->entrant, call->op);
	else
		model_lose(&world->model, call->entrant, call->op, world->machine.now);
	done(client, call);
}

void
client_lost(struct client *client, bool died)
{
	for (uint32_t i = 0; i < WORLD_PIPELINE; i++)
		if (client->calls[i].live && client->calls[i].sent)
			lose_call(client, &client->calls[i], died);
	client->due = client->world->machine.now + LOOK;
}

uint32_t
clients_open(const struct world *world)
{
	uint32_t open = 0;
	for (uint32_t i = 0; i < world->clients_count; i++)
		open += world->clients[i].calls_count;
	return open;
}
