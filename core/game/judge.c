/* SUBMIT and HINT: what an answer is worth, and what a hint costs.
 *
 * An answer is judged by a line of rules; the first that speaks decides. Later rules (unlocking,
 * puzzles) take their place in the line. */
#include "core/base/hash.h"
#include "core/game/state.h"
#include "core/veltrix/regex/regex.h"

#define MS_NS INT64_C(1000000)

/* An answer before its judges. */
struct guess {
	const struct hd_challenge *challenge;
	struct hd_play *play;  /* NULL: none */
	struct hd_item *cell;  /* NULL: nothing done with this challenge yet */
	struct hd_item *dealt; /* of a puzzle; NULL: not dealt */
	struct hd_bytes normal;
	uint8_t hash[16];
	uint64_t mark; /* what is kept of a wrong or partial guess */
};

/* Neither these nor their callers stop at the first hit: how long judging takes tells nothing. */

static bool
hash_equal(const uint8_t *a, const uint8_t *b)
{
	uint8_t differ = 0;
	for (uint32_t i = 0; i < 16; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

static bool
is_answer(const struct hd_case *c, const struct guess *guess)
{
	const struct hd_challenge *challenge = guess->challenge;
	HD_ASSERT(challenge != NULL && guess->normal.size > 0);
	bool found = false;
	if (HD_UNLIKELY(challenge->puzzle != NULL))
		return hd_dealt_is_answer(c, challenge, guess->dealt, guess->normal);
	for (uint32_t i = 0; i < challenge->answers_count; i++)
		found |= hash_equal(challenge->answers[i].hash, guess->hash);
	for (uint32_t i = 0; i < challenge->regexes_count; i++)
		found |= hd_regex_match(challenge->regexes[i], guess->normal);
	return found;
}

static const struct hd_partial *
partial_of(const struct guess *guess)
{
	const struct hd_challenge *challenge = guess->challenge;
	const struct hd_partial *found = NULL;
	HD_ASSERT(challenge != NULL);
	for (uint32_t i = 0; i < challenge->partials_count; i++)
		if (hash_equal(challenge->partials[i].answer.hash, guess->hash))
			found = &challenge->partials[i];
	return found;
}

static bool
is_duplicate(const struct guess *guess)
{
	bool found = false;
	for (uint32_t i = 0; guess->cell != NULL && i < guess->cell->count; i++)
		found |= hd_item_cell(guess->cell)->guesses[i] == guess->mark;
	HD_ASSERT(!found || guess->cell->count <= HD_GUESSES_KEPT);
	return found;
}

static uint32_t
wrong_count(const struct guess *guess)
{
	return guess->cell ? hd_item_cell(guess->cell)->wrong : 0;
}

/* Logs the judgement; wrong and partial guesses leave their mark. */
static void
judged(struct hd_case *c, const struct guess *guess)
{
	struct hd_event *event = hd_case_event(c, HD_EVENT_JUDGED);
	event->number = guess->challenge->number;
	event->points = c->out->reply.points;
	event->text = c->command->text;
	if (event->outcome == HD_OUTCOME_CORRECT)
		return;
	uint8_t *mark = hd_case_scratch(c, sizeof(guess->mark));
	memcpy(mark, &guess->mark, sizeof(guess->mark));
	event->extra = hd_bytes_of(mark, sizeof(guess->mark));
}

/* The rules, in their order. True: decided. */

static bool
rule_closed(struct hd_case *c, struct guess *guess)
{
	HD_ASSERT(guess->challenge != NULL);
	if (hd_case_open(c))
		return false;
	hd_case_outcome(c, HD_OUTCOME_CLOSED, 0);
	return true;
}

static bool
rule_solved(struct hd_case *c, struct guess *guess)
{
	if (guess->cell == NULL || !hd_item_cell(guess->cell)->solved)
		return false;
	hd_case_outcome(c, HD_OUTCOME_SOLVED, 0);
	return true;
}

/* What was not dealt yet. The answer that says so is no error: it enrols. */
static bool
rule_locked(struct hd_case *c, struct guess *guess)
{
	if (HD_LIKELY(guess->challenge->puzzle == NULL) || guess->dealt != NULL)
		return false;
	hd_case_outcome(c, HD_OUTCOME_LOCKED, 0);
	hd_case_enrol(c);
	return true;
}

static bool
rule_exhausted(struct hd_case *c, struct guess *guess)
{
	uint32_t limit = c->definition->guess_limit;
	if (limit == 0 || wrong_count(guess) < limit)
		return false;
	hd_case_outcome(c, HD_OUTCOME_EXHAUSTED, 0);
	return true;
}

/* With n wrong guesses in the window that ends now, it opens again when the first
 * n - per_window + 1 of them have left it. */
static bool
rule_cooldown(struct hd_case *c, struct guess *guess)
{
	uint32_t allowed = c->definition->per_window;
	struct hd_item *times = guess->play ? hd_item_find(guess->play, HD_ITEM_TIMES, 0) : NULL;
	if (allowed == 0 || times == NULL)
		return false;
	const int64_t *time = (const int64_t *)times->payload;
	int64_t begin = c->time - c->definition->window_ns;
	uint32_t first = 0, end = times->count;
	while (first < end && time[first] <= begin)
		first++;
	while (end > first && time[end - 1] > c->time)
		end--;
	if (end - first < allowed)
		return false;
	int64_t wait = time[end - allowed] - begin;
	HD_ASSERT(wait > 0 && wait <= c->definition->window_ns);
	hd_case_outcome(c, HD_OUTCOME_COOLDOWN, 0);
	c->out->reply.number = true;
	c->out->reply.detail_number = (wait + MS_NS - 1) / MS_NS;
	return true;
}

static bool
rule_duplicate(struct hd_case *c, struct guess *guess)
{
	if (!is_duplicate(guess))
		return false;
	hd_case_outcome(c, HD_OUTCOME_DUPLICATE, 0);
	return true;
}

static bool
rule_partial(struct hd_case *c, struct guess *guess)
{
	const struct hd_partial *partial = partial_of(guess);
	if (partial == NULL)
		return false;
	hd_case_outcome(c, HD_OUTCOME_PARTIAL, 0);
	c->out->reply.detail = partial->say;
	judged(c, guess);
	return true;
}

/* Or gone: of what is shared the hunt's shard says which. */
static bool
rule_correct(struct hd_case *c, struct guess *guess)
{
	int64_t points = guess->challenge->points[0];
	if (!is_answer(c, guess))
		return false;
	if (hd_challenge_is_shared(guess->challenge)) {
		hd_shared_decide(c, guess->challenge);
		return true;
	}
	if (c->entrant != NULL && !hd_entrant_fits(c->core, c->hunt, c->entrant, points, 0)) {
		hd_case_error(c, HD_ERR_OVERFLOW);
		return true;
	}
	hd_case_outcome(c, HD_OUTCOME_CORRECT, points);
	judged(c, guess);
	return true;
}

static bool
rule_wrong(struct hd_case *c, struct guess *guess)
{
	uint32_t limit = c->definition->guess_limit;
	hd_case_outcome(c, HD_OUTCOME_WRONG, 0);
	if (limit != 0) {
		HD_ASSERT(wrong_count(guess) < limit);
		c->out->reply.number = true;
		c->out->reply.detail_number = limit - wrong_count(guess) - 1;
	}
	judged(c, guess);
	if (HD_UNLIKELY(guess->challenge->puzzle != NULL))
		hd_dealt_suspect(c, guess->challenge, guess->normal);
	return true;
}

static bool (*const rules[])(struct hd_case *, struct guess *) = {
	rule_closed,    rule_solved,  rule_locked,  rule_exhausted, rule_cooldown,
	rule_duplicate, rule_partial, rule_correct, rule_wrong,
};

/* Answers of puzzles are letters A-Z, in whatever profile the hunt has its others. */
static enum hd_profile
profile_of(const struct hd_case *c, const struct hd_challenge *challenge)
{
	HD_ASSERT(challenge != NULL && !challenge->gone);
	if (HD_UNLIKELY(challenge->puzzle != NULL))
		return HD_PROFILE_ASCII;
	return (enum hd_profile)c->definition->profile;
}

void
hd_submit_decide(struct hd_case *c)
{
	uint8_t normal[HD_NORMAL_MAX];
	struct guess guess = {.challenge = hd_case_challenge(c)};
	if (guess.challenge == NULL)
		return;
	uint32_t size = hd_normalise(profile_of(c, guess.challenge), c->command->text, normal);
	if (size == 0) {
		hd_case_error(c, HD_ERR_BAD_ANSWER);
		return;
	}
	guess.normal = hd_bytes_of(normal, size);
	hd_hash_128(c->core->secret, guess.normal, guess.hash);
	memcpy(&guess.mark, guess.hash, sizeof(guess.mark));
	if (c->entrant != NULL && c->entrant->play != 0) {
		guess.play = hd_entrant_play(c->core, c->entrant);
		guess.cell = hd_item_find(guess.play, HD_ITEM_CELL, guess.challenge->number);
		if (HD_UNLIKELY(guess.challenge->puzzle != NULL))
			guess.dealt =
				hd_item_find(guess.play, HD_ITEM_DEALT, guess.challenge->number);
	}
	for (uint32_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i](c, &guess))
			return;
	HD_UNREACHABLE();
}

/* Hints. */

static void
hint_answer(struct hd_case *c, struct hd_bytes text, int64_t points)
{
	HD_ASSERT(c->entrant != NULL);
	hd_case_outcome(c, HD_OUTCOME_HINTED, points);
	c->out->reply.kind = HD_REPLY_TEXT;
	c->out->reply.detail = text;
}

void
hd_hint_decide(struct hd_case *c)
{
	const struct hd_challenge *challenge = hd_case_challenge(c);
	if (challenge == NULL)
		return;
	uint32_t n = c->command->count, taken = 0;
	struct hd_play *play = hd_entrant_play(c->core, c->entrant);
	struct hd_item *cell = play ? hd_item_find(play, HD_ITEM_CELL, challenge->number) : NULL;
	if (cell != NULL)
		taken = hd_item_cell(cell)->hints;
	if (n == 0 || n > challenge->hints_count || n > taken + 1) {
		hd_case_error(c, HD_ERR_NOHINT);
		return;
	}
	const struct hd_hint *hint = &challenge->hints[n - 1];
	if (!hd_case_open(c)) {
		hd_case_outcome(c, HD_OUTCOME_CLOSED, 0);
		return;
	}
	if (n <= taken) {
		hint_answer(c, hint->text, 0);
		return;
	}
	HD_ASSERT(hint->cost > INT64_MIN);
	if (!hd_entrant_fits(c->core, c->hunt, c->entrant, -hint->cost, 0)) {
		hd_case_error(c, HD_ERR_OVERFLOW);
		return;
	}
	hint_answer(c, hint->text, -hint->cost);
	struct hd_event *event = hd_case_event(c, HD_EVENT_HINTED);
	event->number = challenge->number;
	event->value = n;
	event->points = -hint->cost;
}

/* What they leave behind. */

/* Keeps the latest times, as many as the document's window may ask about. */
static void
time_keep(struct hd_core *core, struct hd_entrant *entrant, uint32_t per_window, int64_t time)
{
	HD_ASSERT(per_window <= HD_PER_WINDOW_MAX);
	if (per_window == 0)
		return;
	struct hd_item *item = hd_item_make(&core->plays, &entrant->play, HD_ITEM_TIMES, 0, 0);
	if (item->count == item->words && item->count < per_window)
		item = hd_item_grow(&core->plays, &entrant->play, item, item->words + 1u);
	int64_t *times = (int64_t *)item->payload;
	if (item->count == item->words) {
		if (time <= times[0])
			return;
		memmove(times, times + 1, (item->count - 1u) * sizeof(*times));
		item->count--;
	}
	uint32_t at = item->count++;
	for (; at > 0 && times[at - 1] > time; at--)
		times[at] = times[at - 1];
	times[at] = time;
}

static void
mark_keep(struct hd_core *core, struct hd_entrant *entrant, struct hd_item *item,
	  struct hd_bytes mark)
{
	HD_ASSERT(mark.size == sizeof(uint64_t) && item->count <= HD_GUESSES_KEPT);
	if (item->count == HD_GUESSES_KEPT) {
		uint64_t *guesses = hd_item_cell(item)->guesses;
		memmove(guesses, guesses + 1, (HD_GUESSES_KEPT - 1) * sizeof(*guesses));
		item->count--;
	} else {
		item = hd_item_grow(&core->plays, &entrant->play, item, item->words + 1u);
	}
	memcpy(&hd_item_cell(item)->guesses[item->count++], mark.at, sizeof(uint64_t));
}

static struct hd_item *
cell_make(struct hd_core *core, struct hd_entrant *entrant, uint32_t challenge)
{
	HD_ASSERT(challenge < HD_CHALLENGES_MAX);
	hd_entrant_play_make(core, entrant);
	return hd_item_make(&core->plays, &entrant->play, HD_ITEM_CELL, (uint16_t)challenge,
			    HD_CELL_WORDS);
}

void
hd_judged_apply(struct hd_core *core, struct hd_hunt *hunt, struct hd_entrant *entrant,
		const struct hd_event *event)
{
	struct hd_item *item = cell_make(core, entrant, event->number);
	struct hd_cell *cell = hd_item_cell(item);
	HD_ASSERT(!cell->solved);
	if (event->outcome == HD_OUTCOME_CORRECT) {
		cell->solved = 1;
		cell->points += event->points;
		return;
	}
	cell->wrong += event->outcome == HD_OUTCOME_WRONG;
	mark_keep(core, entrant, item, event->extra);
	if (event->outcome == HD_OUTCOME_WRONG)
		time_keep(core, entrant, hunt->definition->per_window, event->time);
}

void
hd_hinted_apply(struct hd_core *core, struct hd_entrant *entrant, const struct hd_event *event)
{
	struct hd_cell *cell = hd_item_cell(cell_make(core, entrant, event->number));
	HD_ASSERT(event->value == cell->hints + 1);
	cell->hints++;
	cell->points += event->points;
}
