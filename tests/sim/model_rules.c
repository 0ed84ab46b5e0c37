/* The rules, slowly: what a command makes of an entrant's state, and what it is answered. */
#include <stdlib.h>

#include "huntd/value.h"
#include "tests/sim/model_inside.h"

static const char *const challenge_ids[MODEL_CHALLENGES] = {"map", "reef", "cave", "chest", "grid"};
static const char *const hint_texts[MODEL_HINTS] = {"Look up", "Look down"};
static const char say[] = "Shinier";
#define PHRASES "ANCHOR", "BEACON", "CORAL", "DRIFT", "EMBER", "FATHOM", "GALLEON", "HARBOUR"

const char *
model_challenge_id(uint32_t challenge)
{
	return challenge_ids[challenge];
}

const char *
model_guess(uint32_t challenge, uint32_t guess)
{
	static const char *const phrases[MODEL_GUESSES] = {PHRASES, "NOWHERE", "GOLD"};
	static const char *const words[MODEL_GUESSES] = {"TIN",  "LEAD", "IRON", "WOOD",   "CLAY",
							 "SALT", "BONE", "SAND", "SILVER", "GOLD"};
	return challenge == MODEL_GRID ? phrases[guess] : words[guess];
}

/* Documents. */

struct model_document
model_document_draw(struct model *model)
{
	struct machine *machine = model->machine;
	struct model_document document = {.by_order_count = 3, .by_order = {300, 200, 100}};
	document.late = machine_draw(machine, 2) == 0;
	document.limit = machine_draw(machine, 3) == 0 ? 0 : 3 + (uint32_t)machine_draw(machine, 9);
	document.stock = (int64_t)machine_draw(machine, 6);
	if (model->rush > 0)
		document.stock = 1 + (int64_t)machine_draw(machine, (uint64_t)model->rush * 2);
	if (document.stock == 0)
		document.stock = 1 + (int64_t)machine_draw(machine, 40);
	for (uint32_t i = 0; i < MODEL_CHALLENGES; i++) {
		struct model_challenge *challenge = &document.challenges[i];
		challenge->gone = i > 0 && machine_draw(machine, 6) == 0;
		challenge->points = (int64_t)machine_draw(machine, 500);
		for (uint32_t k = 0; k < MODEL_HINTS; k++)
			challenge->cost[k] = (int64_t)machine_draw(machine, 20);
	}
	document.challenges[MODEL_CHEST].gone |= !model->treasures;
	return document;
}

uint32_t
model_document_print(const struct model *model, const struct model_document *document, char *out,
		     uint32_t room)
{
	uint32_t at = 0;
	(void)model;
#define PUT(...) at += (uint32_t)snprintf(out + at, room - at, __VA_ARGS__)
	PUT("hunt: bay\ntitle: The Bay\n");
	if (document->limit > 0)
		PUT("guesses: {limit: %u}\n", document->limit);
	PUT("boards:\n  - {id: main}\n  - {id: rookies, bracket: rookie}\n%schallenges:\n",
	    document->late ? "  - {id: late}\n" : "");
	for (uint32_t i = 0; i < MODEL_CHALLENGES; i++) {
		const struct model_challenge *challenge = &document->challenges[i];
		if (challenge->gone)
			continue;
		if (i == MODEL_GRID)
			PUT("  - id: grid\n    title: One\n    kind: puzzle\n    puzzle: {kind: "
			    "lightsout, tier: easy, phrases: [%s, %s, %s, %s, %s, %s, %s, %s]}\n",
			    PHRASES);
		else
			PUT("  - id: %s\n    title: One\n    answers: [GOLD]\n"
			    "    partial: [{answer: SILVER, say: %s}]\n",
			    challenge_ids[i], say);
		if (i == MODEL_CHEST) {
			PUT("    kind: treasure\n    stock: %lld\n    points: [",
			    (long long)document->stock);
			for (uint32_t k = 0; k < document->by_order_count; k++)
				PUT("%s%lld", k ? ", " : "", (long long)document->by_order[k]);
			PUT("]\n");
			continue;
		}
		PUT("    points: %lld\n    hints:\n", (long long)challenge->points);
		for (uint32_t k = 0; k < MODEL_HINTS; k++)
			PUT("      - {cost: %lld, text: %s}\n", (long long)challenge->cost[k],
			    hint_texts[k]);
	}
#undef PUT
	HD_ASSERT(at < room);
	return at;
}

/* Answers. */

static struct model_answer
error(enum hd_error what)
{
	return (struct model_answer){.kind = HD_REPLY_ERROR, .error = (uint8_t)what};
}

static struct model_answer
outcome(const struct model_state *state, enum hd_outcome what, int64_t points)
{
	return (struct model_answer){.kind = HD_REPLY_OUTCOME,
				     .outcome = (uint8_t)what,
				     .points = points,
				     .score = state->score};
}

static struct model_answer
join(struct model_state *state, const struct model_op *op)
{
	struct model_answer answer = {.kind = HD_REPLY_STATUS};
	snprintf(answer.text, sizeof answer.text, state->joined ? "already" : "joined");
	if (!state->joined)
		state->rookie = op->rookie;
	state->joined = true;
	return answer;
}

static struct model_answer
award(struct model_state *state, const struct model_op *op)
{
	int64_t score = state->score, sub = state->sub, given = op->has_sub ? op->sub : 0;
	switch (op->op) {
	case HD_OP_INCR:
		score += op->points;
		sub += given;
		break;
	case HD_OP_SET:
		score = op->points;
		sub = given;
		break;
	case HD_OP_BEST:
		if (op->points > score || (op->points == score && given > sub)) {
			score = op->points;
			sub = given;
		}
		break;
	case HD_OP_DECR:
		/* Not below 0; who is below it already stays. */
		if (op->points > 0 && score > 0)
			score = score < op->points ? 0 : score - op->points;
		else if (op->points < 0)
			score -= op->points;
		if (given > 0 && sub > 0)
			sub = sub < given ? 0 : sub - given;
		else if (given < 0)
			sub -= given;
		break;
	}
	bool changed = score != state->score || sub != state->sub;
	int64_t points = score - state->score;
	state->score = score;
	state->sub = sub;
	return outcome(state, changed ? HD_OUTCOME_APPLIED : HD_OUTCOME_UNCHANGED, points);
}

static struct model_answer
guess_wrong(struct model_state *state, struct model_cell *cell, const struct model_op *op,
	    const struct model_document *document)
{
	struct model_answer answer = outcome(state, HD_OUTCOME_WRONG, 0);
	cell->seen |= (uint16_t)(1u << op->guess);
	cell->wrong++;
	if (document->limit > 0)
		snprintf(answer.text, sizeof answer.text, "%u", document->limit - cell->wrong);
	return answer;
}

static struct model_answer
guess_right(struct model_state *state, struct model_cell *cell, const struct model_op *op,
	    const struct model_document *document)
{
	int64_t points = document->challenges[op->challenge].points;
	if (op->challenge == MODEL_GRID)
		state->answer = (uint8_t)(op->guess + 1);
	if (op->challenge == MODEL_CHEST) {
		/* Who comes when is the hunt's to say; see model_check_treasures. */
		if (op->reply.kind == HD_REPLY_OUTCOME && op->reply.outcome == HD_OUTCOME_GONE)
			return outcome(state, HD_OUTCOME_GONE, 0);
		points = op->reply.points;
	}
	cell->solved = true;
	state->score += points;
	return outcome(state, HD_OUTCOME_CORRECT, points);
}

/* Which phrase it is the reply tells; but it is one of them, and one alone. */
static struct model_answer
guess_grid(struct model_state *state, struct model_cell *cell, const struct model_op *op,
	   const struct model_document *document)
{
	uint32_t seen = cell->seen | 1u << op->guess, all = (1u << MODEL_PHRASES) - 1;
	bool right = op->guess < MODEL_PHRASES && op->reply.outcome == HD_OUTCOME_CORRECT;
	if (right || (seen & all) == all)
		return guess_right(state, cell, op, document);
	return guess_wrong(state, cell, op, document);
}

/* What was dealt is shown for ever, and never otherwise. */
static struct model_answer
puzzle(struct model_state *state, const struct model_op *op, const struct model_document *document,
       bool open)
{
	if (document->challenges[MODEL_GRID].gone)
		return error(HD_ERR_NOCHALLENGE);
	if (!state->dealt && !open)
		return outcome(state, HD_OUTCOME_CLOSED, 0);
	state->dealt = true;
	if (state->shown == 0)
		state->shown = op->shown;
	return (struct model_answer){.kind = HD_REPLY_VALUE};
}

static struct model_answer
submit(struct model_state *state, const struct model_op *op, const struct model_document *document,
       bool open)
{
	struct model_cell *cell = &state->cells[op->challenge];
	if (document->challenges[op->challenge].gone)
		return error(HD_ERR_NOCHALLENGE);
	if (!open)
		return outcome(state, HD_OUTCOME_CLOSED, 0);
	if (cell->solved)
		return outcome(state, HD_OUTCOME_SOLVED, 0);
	if (op->challenge == MODEL_GRID && !state->dealt)
		return outcome(state, HD_OUTCOME_LOCKED, 0);
	if (document->limit > 0 && cell->wrong >= document->limit)
		return outcome(state, HD_OUTCOME_EXHAUSTED, 0);
	if (cell->seen & 1u << op->guess)
		return outcome(state, HD_OUTCOME_DUPLICATE, 0);
	if (op->challenge == MODEL_GRID)
		return guess_grid(state, cell, op, document);
	if (op->guess == MODEL_RIGHT)
		return guess_right(state, cell, op, document);
	if (op->guess != MODEL_PARTIAL)
		return guess_wrong(state, cell, op, document);
	cell->seen |= 1u << MODEL_PARTIAL;
	struct model_answer answer = outcome(state, HD_OUTCOME_PARTIAL, 0);
	snprintf(answer.text, sizeof answer.text, "%s", say);
	return answer;
}

static struct model_answer
hint(struct model_state *state, const struct model_op *op, const struct model_document *document,
     bool open)
{
	struct model_cell *cell = &state->cells[op->challenge];
	const struct model_challenge *challenge = &document->challenges[op->challenge];
	uint32_t hints = op->challenge == MODEL_CHEST ? 0 : MODEL_HINTS;
	if (challenge->gone)
		return error(HD_ERR_NOCHALLENGE);
	if (op->hint == 0 || op->hint > hints || op->hint > cell->hints + 1u)
		return error(HD_ERR_NOHINT);
	if (!open)
		return outcome(state, HD_OUTCOME_CLOSED, 0);
	struct model_answer answer = {.kind = HD_REPLY_TEXT};
	snprintf(answer.text, sizeof answer.text, "%s", hint_texts[op->hint - 1]);
	if (op->hint > cell->hints) {
		cell->hints++;
		state->score -= challenge->cost[op->hint - 1];
	}
	return answer;
}

static struct model_answer
apply(struct model_state *state, const struct model_op *op, const struct model_document *document,
      enum hd_phase phase)
{
	bool open = phase == HD_PHASE_OPEN || phase == HD_PHASE_FROZEN;
	if (op->verb == HD_CMD_JOIN)
		return join(state, op);
	if (!state->joined && op->verb == HD_CMD_RANK)
		return (struct model_answer){.kind = HD_REPLY_NIL};
	if (!state->joined)
		return error(HD_ERR_NOENTRANT);
	switch (op->verb) {
	case HD_CMD_AWARD:
		return award(state, op);
	case HD_CMD_SUBMIT:
		return submit(state, op, document, open);
	case HD_CMD_HINT:
		return hint(state, op, document, open);
	case HD_CMD_PUZZLE:
		return puzzle(state, op, document, open);
	default:
		return (struct model_answer){.kind = HD_REPLY_VALUE};
	}
}

struct model_answer
model_rules(struct model_state *state, const struct model_op *op,
	    const struct model_document *document, enum hd_phase phase)
{
	bool joined = state->joined;
	int64_t score = state->score, sub = state->sub;
	struct model_answer answer = apply(state, op, document, phase);
	if (joined != state->joined || score != state->score || sub != state->sub)
		state->at = op->has_at ? op->at : 0;
	return answer;
}

/* Values. */

static bool
value_name(struct hd_reader *reader, char *name, uint32_t room)
{
	if (hd_read_u8(reader) != HD_VALUE_BULK)
		return false;
	struct hd_bytes bytes = hd_read_bytes(reader, room - 1);
	if (bytes.size > 0)
		memcpy(name, bytes.at, bytes.size);
	name[bytes.size] = '\0';
	return !reader->bad;
}

static bool
value_int(struct hd_reader *reader, int64_t *value)
{
	bool good = hd_read_u8(reader) == HD_VALUE_INT;
	*value = hd_read_signed(reader);
	return good && !reader->bad;
}

static bool
value_ids(struct hd_reader *reader, bool listed[MODEL_CHALLENGES])
{
	char name[80];
	if (hd_read_u8(reader) != HD_VALUE_ARRAY)
		return false;
	for (uint64_t left = hd_read_varint(reader); left > 0; left--) {
		if (!value_name(reader, name, sizeof name))
			return false;
		for (uint32_t i = 0; i < MODEL_CHALLENGES; i++)
			listed[i] |= strcmp(name, challenge_ids[i]) == 0;
	}
	return true;
}

/* {score, subscore, solved, open, locked, guesses, hints, position} */
static bool
is_progress(const struct model_state *state, const struct model_document *document,
	    struct hd_reader *reader)
{
	bool solved[MODEL_CHALLENGES] = {0}, open[MODEL_CHALLENGES] = {0},
	     locked[MODEL_CHALLENGES] = {0};
	int64_t score, sub, guesses, hints, wrong = 0, taken = 0;
	char name[80];
	bool good = hd_read_u8(reader) == HD_VALUE_MAP && hd_read_varint(reader) == 8 &&
		    value_name(reader, name, 80) && value_int(reader, &score) &&
		    value_name(reader, name, 80) && value_int(reader, &sub) &&
		    value_name(reader, name, 80) && value_ids(reader, solved) &&
		    value_name(reader, name, 80) && value_ids(reader, open) &&
		    value_name(reader, name, 80) && value_ids(reader, locked) &&
		    value_name(reader, name, 80) && value_int(reader, &guesses) &&
		    value_name(reader, name, 80) && value_int(reader, &hints);
	for (uint32_t i = 0; i < MODEL_CHALLENGES; i++) {
		const struct model_cell *cell = &state->cells[i];
		bool there = !document->challenges[i].gone;
		good &= solved[i] == cell->solved; /* its solves count on */
		good &= open[i] == (there && !cell->solved);
		wrong += cell->wrong;
		taken += cell->hints;
	}
	return good && score == state->score && sub == state->sub && guesses == wrong &&
	       hints == taken;
}

/* [rank, score, of] */
static bool
is_rank(const struct model_state *state, struct hd_reader *reader)
{
	int64_t rank, score, of;
	bool good = hd_read_u8(reader) == HD_VALUE_ARRAY && hd_read_varint(reader) == 3 &&
		    value_int(reader, &rank) && value_int(reader, &score) && value_int(reader, &of);
	return good && score == state->score && rank >= 1 && rank <= of;
}

bool
model_agrees(const struct model_state *state, const struct model_answer *answer,
	     const struct model_op *op, const struct model_document *document)
{
	const struct sim_reply *reply = &op->reply;
	struct hd_reader reader = hd_reader_of(hd_bytes_of(reply->detail, reply->size));
	char number[24];
	if (op->verb == HD_CMD_TOP) /* a row */
		return state->joined && state->score == op->points;
	if (answer->kind != reply->kind)
		return false;
	switch (reply->kind) {
	case HD_REPLY_ERROR:
		return answer->error == reply->error;
	case HD_REPLY_NIL:
		return true;
	case HD_REPLY_VALUE:
		if (op->verb == HD_CMD_PUZZLE)
			return state->shown == op->shown;
		return op->verb == HD_CMD_RANK ? is_rank(state, &reader)
					       : is_progress(state, document, &reader);
	case HD_REPLY_OUTCOME:
		if (answer->outcome != reply->outcome || answer->points != reply->points ||
		    answer->score != reply->score)
			return false;
		break;
	}
	if (reply->number) {
		snprintf(number, sizeof number, "%lld", (long long)reply->detail_number);
		return strcmp(number, answer->text) == 0;
	}
	return reply->size == strlen(answer->text) &&
	       (reply->size == 0 || memcmp(reply->detail, answer->text, reply->size) == 0);
}
