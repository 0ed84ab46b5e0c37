/* world.h - a tiny world for stories about the game: one core, its clock, its log.
 *
 * A line of text is a command, its answer is a line of text, and everything that happened can be
 * replayed into a second core. Times are seconds after the world's begin (HD_WORLD_BEGIN). */
#ifndef HUNTD_TESTS_WORLD_H
#define HUNTD_TESTS_WORLD_H

#include "huntd/core.h"

#define HD_WORLD_SECOND INT64_C(1000000000)
#define HD_WORLD_DAY    (86400 * HD_WORLD_SECOND)
#define HD_WORLD_BEGIN  (20000 * HD_WORLD_DAY) /* a midnight in 2024 */

struct hd_world {
	struct hd_memory memory;
	struct hd_core *core;
	int64_t now; /* ns */
	uint64_t orders;
	uint32_t shard, shards; /* its place */
	bool slices;            /* the story builds boards itself; else they are ready at once */
	struct hd_decision decision;
	struct hd_command command;
	char line[512], answer[8192];
	char dealt[4][HD_PHRASE_MAX + 1]; /* hd_world_dealt's, in turn */
	uint32_t dealt_next;
	uint8_t *log;
	size_t log_size, log_room;
	uint32_t events;
};

struct hd_world_hint {
	int64_t cost;
	const char *text;
};

struct hd_world_challenge {
	const char *id; /* NULL: the list ends */
	bool gone;
	int64_t points;
	int64_t by_order[4];    /* instead of `points`; ends with 0 */
	uint64_t stock;         /* not 0: a treasure */
	const char *puzzle;     /* a kind, dealt in its easiest tier and default params */
	const char *phrases[6]; /* of a puzzle; none: the built-in list */
	const char *answers[4], *regex;
	const char *partial, *say;
	struct hd_world_hint hints[4];
};

struct hd_world_board {
	const char *id; /* NULL: the list ends */
	bool gone;
	const char *bracket;
	int64_t window; /* seconds */
};

/* Hours in seconds after the begin; 0: absent. No boards: one, main. */
struct hd_world_hunt {
	const char *id;
	bool auto_join;
	int64_t opens, freezes, closes;
	uint32_t limit, per_window;
	int64_t window;
	uint16_t board_first;
	struct hd_world_board boards[6];
	struct hd_world_challenge challenges[6];
	const char *text, *source;
};

/* With the secret ordered and the clock at the begin. */
void hd_world_init(struct hd_world *world);
void hd_world_fini(struct hd_world *world);

/* The next version of the hunt's document. */
void hd_world_document(struct hd_world *world, const struct hd_world_hunt *hunt);
void hd_world_phase(struct hd_world *world, const char *hunt, enum hd_phase phase);
void hd_world_setting(struct hd_world *world, const char *name, int64_t value);

/* Sets the clock to so many seconds after the begin, and logs what is then due. */
void hd_world_clock(struct hd_world *world, int64_t seconds);

/* Fills world->command from `VERB entrant hunt ...`; AT takes seconds after the begin. */
void hd_world_parse(struct hd_world *world, const char *line);

/* Decides and applies a command. Answers: `+joined`, `-NOHUNT`, `'text'`, `nil`, values as [..] and
 * {..}, outcomes as `wrong 0 10 '3'`, `later` where it waits for a grant, `deal 3` or
 * `deal 3 base 7.0` for a puzzle. */
const char *hd_world_say(struct hd_world *world, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Logs and applies an event, stamped at or after `now`. */
void hd_world_happen(struct hd_world *world, const struct hd_event *event);

/* Logs what is due, then decides a command and applies its events; see world->decision. */
void hd_world_decide(struct hd_world *world, const struct hd_command *command);

/* Logs and applies the next order. */
void hd_world_order(struct hd_world *world, const struct hd_order *body);

/* The answer that a decision comes to, without applying anything. */
const char *hd_world_answer(struct hd_world *world, const struct hd_reply *reply);

/* Logs and applies what world->decision says. */
void hd_world_take(struct hd_world *world);

/* A world of several: what hd_core_place is told, also after a cut. */
void hd_world_place(struct hd_world *world, uint32_t shard, uint32_t shards);

/* A crash: of the log its first `size` bytes are left, an end of some decision's events; the state
 * is made again from them. */
void hd_world_cut(struct hd_world *world, size_t size);

/* The answer of what an entrant was dealt in the first hunt; good for some calls more. */
const char *hd_world_dealt(struct hd_world *world, uint32_t challenge, const char *entrant);
/* Logs and applies the base of it. */
void hd_world_base(struct hd_world *world, uint32_t challenge, const char *entrant, uint64_t j,
		   uint32_t try);

/* The rows of a board, `ann=10 bob=5`; with sub 10/2. */
const char *hd_world_board(struct hd_world *world, const char *hunt, uint16_t board, bool frozen);

/* A second world from the first one's log; asserts that digests and boards are the same. */
void hd_world_replay(struct hd_world *world);

/* Applies to another core what the log says from byte `from` on. */
void hd_world_follow(struct hd_world *world, struct hd_core *core, size_t from);

/* Asserts that two worlds' digests, and all rows of all boards, are the same. */
void hd_world_same(const struct hd_world *a, const struct hd_world *b);

/* A second world from a snapshot of the first one; asserts that they are the same. */
void hd_world_snapshot(struct hd_world *world);

/* Around a story, as cmocka calls them: a fresh world in *state; and at the end a replay and a
 * snapshot, for each alone must say the same. */
int hd_world_setup(void **state);
int hd_world_teardown(void **state);

#endif
