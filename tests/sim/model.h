/* model.h - the slow model: what an entrant's commands may have been answered.
 *
 * It knows the rules as INTERFACE states them and shares nothing with the engine but the structs of
 * commands and replies. Per entrant it keeps every command of a stretch in which something was
 * open, with the moments between which it must have taken effect, and looks for one order of them
 * that explains every answer (a checker of linearisability, over a state that is rich instead of a
 * register). What was lost with its connection may have happened or not; what was refused did not.
 */
#ifndef HUNTD_TESTS_SIM_MODEL_H
#define HUNTD_TESTS_SIM_MODEL_H

#include "huntd/command.h"
#include "huntd/reply.h"
#include "tests/sim/edge.h"

#define MODEL_CHALLENGES 5u
#define MODEL_HINTS      2u
#define MODEL_ORDER      4u
#define MODEL_GUESSES    10u /* 0..7 wrong, 8 partial, 9 right */
#define MODEL_PARTIAL    8u
#define MODEL_RIGHT      9u
#define MODEL_DOCUMENTS  256u
#define MODEL_PHASES     256u
#define MODEL_STATES     16u
#define MODEL_WINDOW     96u
#define MODEL_CHEST      3u /* the treasure's number */
#define MODEL_GRID       4u /* the puzzle's: guesses 0..7 are its phrases, the others are not */
#define MODEL_PHRASES    8u

struct model_challenge {
	bool gone;
	int64_t points, cost[MODEL_HINTS];
};

/* A version of the document. */
struct model_document {
	bool late; /* has a board of that name, like main */
	uint32_t limit;
	int64_t stock, by_order[MODEL_ORDER];
	uint32_t by_order_count;
	struct model_challenge challenges[MODEL_CHALLENGES];
	int64_t from, sure; /* it came into force between these */
};

struct model_phase {
	enum hd_phase phase;
	int64_t from, sure;
};

struct model_cell {
	bool solved;
	uint8_t wrong, hints;
	uint16_t seen; /* guesses that were wrong or partial */
};

struct model_state {
	bool joined, rookie;
	bool dealt;     /* the puzzle */
	uint8_t answer; /* its phrase + 1, known by solving it; 0: not yet */
	uint64_t shown; /* the instance, hashed; 0: not known */
	int64_t score, sub;
	int64_t at; /* of the last change where AT told it, else 0: among equals it decides */
	struct model_cell cells[MODEL_CHALLENGES];
};

/* A command of a client, or what it read of an entrant. */
struct model_op {
	uint8_t verb; /* enum hd_verb: JOIN, AWARD, SUBMIT, HINT, PUZZLE, PROGRESS, RANK */
	uint8_t op, challenge, guess, hint;
	bool rookie, has_sub, has_at;
	int64_t points, sub, at;
	int64_t sent, done;     /* done: SIM_NEVER while it is open */
	uint64_t row, place;    /* a connection, and the place on it; row 0: no order is known */
	bool lost;              /* never answered: it happened before `done`, or not at all */
	bool refused;           /* answered by an error that leaves no trace */
	struct sim_reply reply; /* own */
	uint64_t shown;         /* PUZZLE: what came, hashed; 0: nothing */
	char id[24];
};

struct model_entrant {
	char name[32];
	struct model_state states[MODEL_STATES];
	uint32_t states_count;
	struct model_op *window[MODEL_WINDOW];
	uint32_t count, open;
};

struct model {
	struct machine *machine;
	struct model_document documents[MODEL_DOCUMENTS];
	uint32_t documents_count;
	struct model_phase phases[MODEL_PHASES];
	uint32_t phases_count;
	struct model_entrant *entrants;
	uint32_t entrants_count;
	uint32_t holds; /* while somebody reads of who knows whom, no stretch is closed */
	bool treasures;
	int64_t rush; /* stock is drawn up to twice as much; 0: it is small */
	/* What was found of the treasure: the points of each, and when. */
	struct model_find {
		int64_t points, sent, done;
	} * finds;
	uint32_t finds_count, finds_room;
	struct model_gone {
		int64_t sent, done;
	} * gones;
	uint32_t gones_count, gones_room;
	uint64_t checked, orders; /* ops explained; orders tried */
};

void model_init(struct model *model, struct machine *machine, uint32_t entrants);
void model_fini(struct model *model);

/* The next document's text, drawn. Its `from` and `sure` are the caller's to set. */
struct model_document model_document_draw(struct model *model);
uint32_t model_document_print(const struct model *model, const struct model_document *document,
			      char *out, uint32_t room);

const char *model_challenge_id(uint32_t challenge);
const char *model_guess(uint32_t challenge, uint32_t guess);

/* Opens an op (the model owns it); then ends it, answered or lost. Each closes a stretch where
 * nothing else is open, and checks it. */
struct model_op *model_begin(struct model *model, uint32_t entrant);
void model_answer(struct model *model, uint32_t entrant, struct model_op *op,
		  struct sim_reply *reply, int64_t now);
void model_lose(struct model *model, uint32_t entrant, struct model_op *op, int64_t now);
/* It was refused, or never left: as if it had not been. */
void model_forget(struct model *model, uint32_t entrant, struct model_op *op);

/* Whether a PUZZLE stands in its window that may have been dealt or not: one is enough to think of.
 */
bool model_is_dealing(const struct model *model, uint32_t entrant);

/* A read of many entrants begins and ends: what it saw of one is an op of it, done in between. */
void model_hold(struct model *model);
void model_saw(struct model *model, uint32_t entrant, int64_t score, int64_t sent, int64_t now);
void model_release(struct model *model);

/* The one state that an entrant is in, nothing of it being open; NULL: it may be in several. */
const struct model_state *model_state(const struct model *model, uint32_t entrant);

/* All that was found of treasures, once everything is answered. */
void model_check_treasures(const struct model *model);

/* That nobody has another's instance, and no answer comes again before the list is used up. */
void model_check_puzzles(const struct model *model);

/* Fails the run: prints what and the moment, and gives up this seed. */
_Noreturn void sim_fail(struct machine *machine, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
