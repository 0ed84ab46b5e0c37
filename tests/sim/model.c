#include "tests/sim/model.h"

#include <stdlib.h>

#include "tests/sim/model_inside.h"

#define ORDERS_MAX 3000000u
#define SEEN       (1u << 22) /* more than there are orders */
#define FEW        64u /* steps of a search that need no memory of where it was */

void
model_init(struct model *model, struct machine *machine, uint32_t entrants)
{
	memset(model, 0, sizeof *model);
	model->machine = machine;
	model->entrants = calloc(entrants, sizeof *model->entrants);
	HD_ASSERT(model->entrants != NULL);
	model->entrants_count = entrants;
	model->treasures = true;
	for (uint32_t i = 0; i < entrants; i++) {
		snprintf(model->entrants[i].name, sizeof model->entrants[i].name,
			 i % 7 == 0 ? "an-entrant-with-a-%u" : "e%u", i);
		model->entrants[i].states_count = 1;
	}
}

static void
free_op(struct model_op *op)
{
	free(op->reply.detail);
	free(op);
}

void
model_fini(struct model *model)
{
	for (uint32_t i = 0; i < model->entrants_count; i++)
		for (uint32_t k = 0; k < model->entrants[i].count; k++)
			free_op(model->entrants[i].window[k]);
	free(model->entrants);
	free(model->finds);
	free(model->gones);
}

/* The search. */

struct search {
	struct model *model;
	struct model_entrant *entrant;
	bool done[MODEL_WINDOW];
	uint32_t left; /* that must still be placed */
	struct model_state finals[MODEL_STATES];
	uint32_t finals_count;
	uint32_t tried;
	uint64_t *seen;
};

static void
add_final(struct search *search, const struct model_state *state)
{
	for (uint32_t i = 0; i < search->finals_count; i++)
		if (memcmp(&search->finals[i], state, sizeof *state) == 0)
			return;
	if (search->finals_count == MODEL_STATES)
		sim_fail(search->model->machine, "more than %u states are possible for %s",
			 MODEL_STATES, search->entrant->name);
	memcpy(&search->finals[search->finals_count++], state, sizeof *state);
}

static bool
precedes(const struct model_op *a, const struct model_op *b)
{
	if (a->done < b->sent)
		return true;
	return a->row != 0 && a->row == b->row && a->place < b->place;
}

static bool
may_be_next(const struct search *search, uint32_t number)
{
	const struct model_entrant *entrant = search->entrant;
	const struct model_op *op = entrant->window[number];
	for (uint32_t i = 0; i < entrant->count; i++) {
		const struct model_op *other = entrant->window[i];
		if (i == number)
			continue;
		if (!search->done[i] && !other->lost && precedes(other, op))
			return false;
		if (search->done[i] && precedes(op, other))
			return false;
	}
	return true;
}

static void
print_op(FILE *out, const struct model_op *op)
{
	const struct sim_reply *reply = &op->reply;
	fprintf(out, "  %12.6f..%12.6f %s", (double)op->sent / 1e9, (double)op->done / 1e9,
		hd_command_rows[op->verb].name);
	fprintf(out,
		" op %u points %lld sub %lld challenge %u guess %u hint %u id %s%s row %llu.%llu",
		op->op, (long long)op->points, (long long)op->sub, op->challenge, op->guess,
		op->hint, op->id, op->lost ? " lost" : "", (unsigned long long)op->row,
		(unsigned long long)op->place);
	fprintf(out, " -> kind %u error %u outcome %s points %lld score %lld\n", reply->kind,
		reply->error, hd_outcome_name(reply->outcome), (long long)reply->points,
		(long long)reply->score);
}

static void search_on(struct search *search, const struct model_state *state);

/* The same ops done, and the same state: what follows is the same too. */
static bool
was_here(struct search *search, const struct model_state *state)
{
	uint64_t key = 0x9e3779b97f4a7c15u;
	const uint8_t *bytes = (const uint8_t *)state;
	for (uint32_t i = 0; i < search->entrant->count; i++)
		key = (key ^ search->done[i]) * 0x100000001b3 + (key >> 29);
	for (uint32_t i = 0; i < sizeof *state; i++)
		key = (key ^ bytes[i]) * 0x100000001b3 + (key >> 31);
	key |= 1;
	for (uint64_t at = key >> 20;; at++) {
		uint64_t *slot = &search->seen[at % SEEN];
		if (*slot == key)
			return true;
		if (*slot != 0)
			continue;
		*slot = key;
		return false;
	}
}

static bool
could_hold(int64_t from, int64_t next_sure, const struct model_op *op)
{
	return from <= op->done && next_sure >= op->sent;
}

/* Calls `each` with what an op makes of `state` under every document and phase that may have been
 * in force and that its answer agrees with; true ends it. */
static bool
search_ways(struct search *search, const struct model_state *state, const struct model_op *op,
	    bool (*each)(struct search *search, const struct model_state *state,
			 const struct model_state *next))
{
	const struct model *model = search->model;
	struct model_state last, next;
	bool any = false;
	for (uint32_t d = 0; d < model->documents_count; d++) {
		const struct model_document *document = &model->documents[d];
		bool newest = d + 1 == model->documents_count;
		if (!could_hold(document->from, newest ? SIM_NEVER : document[1].sure, op))
			continue;
		for (uint32_t p = 0; p < model->phases_count; p++) {
			const struct model_phase *phase = &model->phases[p];
			newest = p + 1 == model->phases_count;
			if (!could_hold(phase->from, newest ? SIM_NEVER : phase[1].sure, op))
				continue;
			/* With AT the document's own hours decide, and it has none. */
			enum hd_phase held = op->has_at ? HD_PHASE_OPEN : phase->phase;
			memcpy(&next, state, sizeof next);
			struct model_answer answer = model_rules(&next, op, document, held);
			if (!op->lost && !model_agrees(&next, &answer, op, document))
				continue;
			/* Another way to the same is no other way. */
			if (any && memcmp(&last, &next, sizeof next) == 0)
				continue;
			memcpy(&last, &next, sizeof next);
			any = true;
			if (each(search, state, &next))
				return true;
		}
	}
	return false;
}

static bool
go_on(struct search *search, const struct model_state *state, const struct model_state *next)
{
	(void)state;
	search_on(search, next);
	return false;
}

static bool
is_same(struct search *search, const struct model_state *state, const struct model_state *next)
{
	(void)search;
	return memcmp(state, next, sizeof *next) == 0;
}

/* Once an op is placed, what was lost before it cannot happen any more. */
static bool
shuts_out(const struct search *search, const struct model_op *op)
{
	const struct model_entrant *entrant = search->entrant;
	for (uint32_t i = 0; i < entrant->count; i++)
		if (entrant->window[i]->lost && !search->done[i] &&
		    precedes(entrant->window[i], op))
			return true;
	return false;
}

/* An op that may come now, agrees, and changes nothing can as well come first of all; the count of
 * ops where there is none. A hint's text alone does not tell whether it was the first time. */
static uint32_t
find_still(struct search *search, const struct model_state *state)
{
	const struct model_entrant *entrant = search->entrant;
	for (uint32_t i = 0; i < entrant->count; i++) {
		const struct model_op *op = entrant->window[i];
		bool told = !op->lost && op->reply.kind != HD_REPLY_TEXT;
		if (!search->done[i] && told && may_be_next(search, i) && !shuts_out(search, op) &&
		    search_ways(search, state, op, is_same))
			return i;
	}
	return entrant->count;
}

static void
search_on(struct search *search, const struct model_state *state)
{
	const struct model_entrant *entrant = search->entrant;
	if (++search->tried > ORDERS_MAX)
		for (uint32_t i = 0; i < entrant->count; i++)
			print_op(stderr, entrant->window[i]);
	if (search->tried > ORDERS_MAX)
		sim_fail(search->model->machine, "%s: too many orders are possible", entrant->name);
	if (search->tried > FEW) {
		if (search->seen == NULL)
			search->seen = calloc(SEEN, sizeof *search->seen);
		HD_ASSERT(search->seen != NULL);
		if (was_here(search, state))
			return;
	}
	if (search->left == 0)
		add_final(search, state);
	uint32_t still = find_still(search, state);
	if (still < entrant->count) {
		search->done[still] = true;
		search->left--;
		search_on(search, state);
		search->left++;
		search->done[still] = false;
		return;
	}
	for (uint32_t i = 0; i < entrant->count; i++) {
		const struct model_op *op = entrant->window[i];
		if (search->done[i] || !may_be_next(search, i))
			continue;
		search->done[i] = true;
		search->left -= !op->lost;
		search_ways(search, state, op, go_on);
		search->left += !op->lost;
		search->done[i] = false;
	}
}

static _Noreturn void
fail_window(const struct model *model, const struct model_entrant *entrant)
{
	for (uint32_t i = 0; i < entrant->states_count; i++) {
		const struct model_state *state = &entrant->states[i];
		fprintf(stderr, "  from: joined %d score %lld sub %lld\n", state->joined,
			(long long)state->score, (long long)state->sub);
		for (uint32_t k = 0; k < MODEL_CHALLENGES; k++)
			fprintf(stderr, "    %u: solved %d wrong %u hints %u seen %x\n", k,
				state->cells[k].solved, state->cells[k].wrong,
				state->cells[k].hints, state->cells[k].seen);
	}
	for (uint32_t i = 0; i < entrant->count; i++)
		print_op(stderr, entrant->window[i]);
	for (uint32_t i = 0; i < model->documents_count; i++) {
		const struct model_document *document = &model->documents[i];
		if (document->from > entrant->window[0]->done ||
		    (i + 1 < model->documents_count && document[1].sure < entrant->window[0]->sent))
			continue;
		fprintf(stderr,
			"  version %u from %.6f sure %.6f limit %u stock %lld gone %d %d %d %d "
			"%d\n",
			i + 1, (double)document->from / 1e9, (double)document->sure / 1e9,
			document->limit, (long long)document->stock, document->challenges[0].gone,
			document->challenges[1].gone, document->challenges[2].gone,
			document->challenges[3].gone, document->challenges[4].gone);
	}
	sim_fail(model->machine, "no order of these explains what %s was answered", entrant->name);
}

static void
check(struct model *model, struct model_entrant *entrant)
{
	static struct search search;
	search = (struct search){.model = model, .entrant = entrant};
	for (uint32_t i = 0; i < entrant->count; i++)
		search.left += !entrant->window[i]->lost;
	for (uint32_t i = 0; i < entrant->states_count; i++)
		search_on(&search, &entrant->states[i]);
	free(search.seen);
	if (model->machine->trace != NULL) {
		fprintf(model->machine->trace, "  %s, %u states possible:\n", entrant->name,
			search.finals_count);
		for (uint32_t i = 0; i < entrant->count; i++)
			print_op(model->machine->trace, entrant->window[i]);
	}
	model->orders += search.tried;
	model->checked += entrant->count;
	if (search.finals_count == 0)
		fail_window(model, entrant);
	memcpy(entrant->states, search.finals, sizeof search.finals);
	entrant->states_count = search.finals_count;
	for (uint32_t i = 0; i < entrant->count; i++)
		free_op(entrant->window[i]);
	entrant->count = 0;
}

/* Ops. */

struct model_op *
model_begin(struct model *model, uint32_t number)
{
	struct model_entrant *entrant = &model->entrants[number];
	HD_ASSERT(entrant->count < MODEL_WINDOW);
	struct model_op *op = calloc(1, sizeof *op);
	HD_ASSERT(op != NULL);
	op->done = SIM_NEVER;
	op->sent = model->machine->now;
	entrant->window[entrant->count++] = op;
	entrant->open++;
	return op;
}

static void
close_one(struct model *model, struct model_entrant *entrant)
{
	HD_ASSERT(entrant->open > 0);
	if (--entrant->open == 0 && model->holds == 0)
		check(model, entrant);
}

void
model_hold(struct model *model)
{
	model->holds++;
}

void
model_saw(struct model *model, uint32_t number, int64_t score, int64_t sent, int64_t now)
{
	HD_ASSERT(model->holds > 0);
	if (model->entrants[number].count >= MODEL_WINDOW)
		return;
	struct model_op *op = model_begin(model, number);
	op->verb = HD_CMD_TOP;
	op->points = score;
	op->sent = sent;
	op->done = now;
	model->entrants[number].open--;
}

void
model_release(struct model *model)
{
	HD_ASSERT(model->holds > 0);
	if (--model->holds > 0)
		return;
	for (uint32_t i = 0; i < model->entrants_count; i++)
		if (model->entrants[i].open == 0 && model->entrants[i].count > 0)
			check(model, &model->entrants[i]);
}

static void
note_treasure(struct model *model, const struct model_op *op)
{
	const struct sim_reply *reply = &op->reply;
	if (op->verb != HD_CMD_SUBMIT || op->challenge != MODEL_CHEST ||
	    reply->kind != HD_REPLY_OUTCOME)
		return;
	if (reply->outcome == HD_OUTCOME_CORRECT) {
		if (model->finds_count == model->finds_room) {
			model->finds_room = model->finds_room * 2 + 64;
			model->finds =
				realloc(model->finds, model->finds_room * sizeof *model->finds);
		}
		model->finds[model->finds_count++] =
			(struct model_find){reply->points, op->sent, op->done};
	} else if (reply->outcome == HD_OUTCOME_GONE) {
		if (model->gones_count == model->gones_room) {
			model->gones_room = model->gones_room * 2 + 64;
			model->gones =
				realloc(model->gones, model->gones_room * sizeof *model->gones);
		}
		model->gones[model->gones_count++] = (struct model_gone){op->sent, op->done};
	}
}

static uint64_t
hash_of(const struct sim_reply *reply)
{
	uint64_t hash = 0x9e3779b97f4a7c15u;
	for (uint32_t i = 0; i < reply->size; i++)
		hash = (hash ^ reply->detail[i]) * 0x100000001b3 + (hash >> 31);
	return hash | 1;
}

void
model_answer(struct model *model, uint32_t number, struct model_op *op, struct sim_reply *reply,
	     int64_t now)
{
	op->done = now;
	op->reply = *reply;
	*reply = (struct sim_reply){0};
	note_treasure(model, op);
	if (op->verb == HD_CMD_PUZZLE && op->reply.kind == HD_REPLY_VALUE)
		op->shown = hash_of(&op->reply);
	close_one(model, &model->entrants[number]);
}

void
model_lose(struct model *model, uint32_t number, struct model_op *op, int64_t now)
{
	op->done = now;
	op->lost = true;
	close_one(model, &model->entrants[number]);
}

void
model_forget(struct model *model, uint32_t number, struct model_op *op)
{
	struct model_entrant *entrant = &model->entrants[number];
	uint32_t at = 0;
	while (entrant->window[at] != op)
		at++;
	entrant->count--;
	memmove(&entrant->window[at], &entrant->window[at + 1],
		(entrant->count - at) * sizeof entrant->window[0]);
	free_op(op);
	close_one(model, entrant);
}

bool
model_is_dealing(const struct model *model, uint32_t number)
{
	const struct model_entrant *entrant = &model->entrants[number];
	for (uint32_t i = 0; i < entrant->count; i++)
		if (entrant->window[i]->verb == HD_CMD_PUZZLE &&
		    (entrant->window[i]->lost || entrant->window[i]->done == SIM_NEVER))
			return true;
	return false;
}

const struct model_state *
model_state(const struct model *model, uint32_t number)
{
	const struct model_entrant *entrant = &model->entrants[number];
	HD_ASSERT(entrant->open == 0);
	return entrant->states_count == 1 ? &entrant->states[0] : NULL;
}

/* Treasures. */

static int64_t
stock_until(const struct model *model, int64_t moment)
{
	int64_t most = 0;
	for (uint32_t i = 0; i < model->documents_count; i++)
		if (model->documents[i].from <= moment && model->documents[i].stock > most)
			most = model->documents[i].stock;
	return most;
}

static int64_t
least_stock(const struct model *model, const struct model_gone *gone)
{
	int64_t least = INT64_MAX;
	for (uint32_t i = 0; i < model->documents_count; i++) {
		const struct model_document *document = &model->documents[i];
		bool newest = i + 1 == model->documents_count;
		if (document->from <= gone->done && (newest || document[1].sure >= gone->sent) &&
		    document->stock < least)
			least = document->stock;
	}
	return least;
}

static void
check_points(const struct model *model)
{
	const struct model_document *document = &model->documents[0];
	for (uint32_t k = 0; k < document->by_order_count; k++) {
		uint32_t found = 0, last = document->by_order_count - 1;
		for (uint32_t i = 0; i < model->finds_count; i++)
			found += model->finds[i].points == document->by_order[k];
		uint32_t want = model->finds_count > k ? 1 : 0;
		if (k == last && model->finds_count > last)
			want = model->finds_count - last;
		if (found != want)
			sim_fail(model->machine, "%u were given %lld points by order, not %u",
				 found, (long long)document->by_order[k], want);
	}
}

void
model_check_treasures(const struct model *model)
{
	for (uint32_t i = 0; i < model->finds_count; i++) {
		uint32_t before = 0;
		for (uint32_t k = 0; k < model->finds_count; k++)
			before += model->finds[k].done <= model->finds[i].done;
		if (before > stock_until(model, model->finds[i].done))
			sim_fail(model->machine, "%u found a treasure with a stock of %lld", before,
				 (long long)stock_until(model, model->finds[i].done));
	}
	for (uint32_t i = 0; i < model->gones_count; i++) {
		int64_t before = 0;
		for (uint32_t k = 0; k < model->finds_count; k++)
			before += model->finds[k].sent <= model->gones[i].done;
		if (before < least_stock(model, &model->gones[i]))
			sim_fail(model->machine, "gone, with %lld found of %lld", (long long)before,
				 (long long)least_stock(model, &model->gones[i]));
	}
	check_points(model);
}

void
model_check_puzzles(const struct model *model)
{
	uint32_t have[MODEL_PHRASES] = {0}, most;
	most = (model->entrants_count + MODEL_PHRASES - 1) / MODEL_PHRASES;
	for (uint32_t i = 0; i < model->entrants_count; i++) {
		const struct model_state *state = model_state(model, i), *other;
		if (state == NULL)
			continue;
		for (uint32_t k = 0; k < i && state->shown != 0; k++)
			if ((other = model_state(model, k)) != NULL && other->shown == state->shown)
				sim_fail(model->machine, "%s and %s were shown one puzzle",
					 model->entrants[i].name, model->entrants[k].name);
		if (state->answer != 0 && ++have[state->answer - 1] > most)
			sim_fail(model->machine, "%u of %u entrants have one answer of %u",
				 most + 1, model->entrants_count, MODEL_PHRASES);
	}
}
