/* AWARD: a trusted game server moves a score. */
#include "core/game/state.h"

struct pair {
	int64_t score, sub;
};

/* `old` less `by`, but not below 0; what stands below 0 already only rises. */
static bool
decrease(int64_t old, int64_t by, int64_t *result)
{
	__int128 difference = (__int128)old - by;
	int64_t floor = old < 0 ? old : 0;
	if (difference > INT64_MAX)
		return false;
	*result = difference < floor ? floor : (int64_t)difference;
	return true;
}

/* False: a result out of range. */
static bool
result_of(enum hd_award_op op, struct pair old, struct pair given, struct pair *result)
{
	*result = given;
	switch (op) {
	case HD_OP_INCR:
		return !__builtin_add_overflow(old.score, given.score, &result->score) &&
		       !__builtin_add_overflow(old.sub, given.sub, &result->sub);
	case HD_OP_DECR:
		return decrease(old.score, given.score, &result->score) &&
		       decrease(old.sub, given.sub, &result->sub);
	case HD_OP_BEST:
		if (given.score < old.score || (given.score == old.score && given.sub < old.sub))
			*result = old;
		return true;
	case HD_OP_SET:
		return true;
	}
	HD_UNREACHABLE();
}

void
hd_award_decide(struct hd_case *c)
{
	const struct hd_command *command = c->command;
	const struct hd_entrant *entrant = c->entrant;
	HD_ASSERT(command->op <= HD_OP_DECR);
	struct pair old = {0, 0}, result, given = {command->points, 0};
	if (entrant != NULL)
		old = (struct pair){entrant->score, hd_entrant_sub(c->core, entrant)};
	if (command->given & HD_GIVEN_SUB)
		given.sub = command->sub;
	int64_t points, sub;
	if (!result_of(command->op, old, given, &result) ||
	    __builtin_sub_overflow(result.score, old.score, &points) ||
	    __builtin_sub_overflow(result.sub, old.sub, &sub) ||
	    (entrant != NULL && !hd_entrant_fits(c->core, c->hunt, entrant, points, sub))) {
		hd_case_error(c, HD_ERR_OVERFLOW);
		return;
	}
	if (points == 0 && sub == 0) {
		hd_case_outcome(c, HD_OUTCOME_UNCHANGED, 0);
		hd_case_enrol(c);
		return;
	}
	hd_case_outcome(c, HD_OUTCOME_APPLIED, points);
	struct hd_event *event = hd_case_event(c, HD_EVENT_AWARDED);
	event->op = command->op;
	event->points = points;
	event->sub = sub;
	event->has |= sub ? HD_EVENT_HAS_SUB : 0;
	event->text = command->text;
}
