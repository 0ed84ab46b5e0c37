/* state.h - the state of the game, and what its files may ask of one another.
 *
 * core/game only. The public face is huntd/core.h.
 *
 *   hd_core -- hunts[number] -- definition in force, versions with their text
 *      |            '-- boards[number] -- a tree of entrant handles
 *      |-- entrants (48 bytes each) -- plays (what only some have)
 *      |-- by_id: (hunt, id) -> entrant
 *      |-- ids: (key, event id) -> what was answered
 *      |-- wants: entrant -> what it waits for from the hunt's shard
 *      |-- grants: (hunt, challenge, entrant) -> what this shard gave; hunt->shares counts them
 *      |-- deals: (hunt, challenge, entrant) <-> the number that this shard allotted
 *      '-- suspects: what this shard asks about wrong guesses
 */
#ifndef HUNTD_CORE_GAME_STATE_H
#define HUNTD_CORE_GAME_STATE_H

#include "core/base/index.h"
#include "core/base/pool.h"
#include "core/game/play.h"
#include "core/game/puzzle/puzzle.h"
#include "core/game/shared/shared.h"
#include "huntd/assert.h"
#include "huntd/core.h"

#define HD_ENTRANT_ID_INLINE 22u

struct hd_entrant {
	int64_t score;
	int64_t time;  /* of the own last change of score or sub; first the JOIN's */
	uint32_t play; /* 0: none */
	uint16_t hunt;
	uint16_t bracket; /* number in the hunt; 0: none */
	uint8_t id_size;
	uint8_t has_sub;                  /* play->sub is not 0 */
	uint8_t id[HD_ENTRANT_ID_INLINE]; /* a longer id: its handle in long_ids */
};

static_assert(sizeof(struct hd_entrant) == 48, "an entrant is 48 bytes");

/* A board of a hunt, by its number. Its address is the context of the tree's source. */
struct hd_live_board {
	const struct hd_core *core;
	struct hd_board *tree;        /* NULL: gone */
	struct hd_board_root *frozen; /* NULL: not frozen */
	/* Being built (build.c): of the `left` handles from `next` on nobody stands there yet. */
	uint32_t next, left; /* left 0: it is ready */
	int64_t window_ns;   /* 0: all time */
	uint16_t number;
	uint16_t bracket; /* 0: everybody */
	uint16_t hunt;    /* where it is being built */
	uint64_t changes;
	uint64_t top_changes; /* of them: of a row at or above the watched (score, sub) */
	int64_t watch_score, watch_sub;
	int64_t window;  /* number of the current one */
	uint64_t serial; /* of the tree; a number is never used again in its hunt */
	uint64_t frozen_serial;
	struct hd_live_board *later; /* which is built after it */
};

struct hd_version {
	struct hd_version *older;
	size_t footprint;
	int64_t stamp; /* of its ORDER in this log; not of the state: 0 where a snapshot had it */
	struct hd_document_version document;
	uint8_t bytes[];
};

struct hd_bracket {
	uint8_t id[HD_ID_MAX];
	uint32_t size;
};

struct hd_hunt {
	struct hd_definition *definition;
	struct hd_version *version; /* newest */
	struct hd_bytes name;       /* in `id` */
	uint16_t number;
	uint16_t window_boards; /* how many of `boards` are of windows */
	uint8_t phase;          /* enum hd_phase */
	bool override;          /* the phase is an operator's */
	bool here;              /* its single truth lies in this core (hd_core_place); no state */
	uint8_t secret[32];     /* of its puzzles; follows from the core's */
	uint32_t boards_count;
	uint64_t entrants;
	uint64_t serial;             /* the last one given to a tree or a freeze */
	struct hd_bracket *brackets; /* bracket n is at n - 1 */
	uint32_t brackets_count, brackets_room;
	struct hd_share *shares; /* by challenge; zeros where nothing was shared yet */
	uint32_t shares_room;
	uint8_t id[HD_ID_MAX];
	struct hd_live_board boards[HD_BOARDS_MAX];
};

/* What was answered to a command with an id. */
struct hd_answered {
	uint8_t key[16];  /* of (argument 1, id) */
	uint8_t args[16]; /* of all arguments */
	int64_t stamp, points, score;
	uint32_t newer; /* handle; 0: the newest */
	uint16_t detail_size;
	uint8_t outcome;
	uint8_t detail_inline[21];
	uint8_t *detail; /* where it is longer */
};

struct hd_event_ids {
	struct hd_pool pool;
	struct hd_index *index;
	uint32_t oldest, newest;
	int64_t kept_max, age_ns; /* settings */
};

struct hd_core {
	struct hd_memory *memory;
	int64_t stamp;
	uint64_t order;
	bool has_secret;
	uint8_t secret[32]; /* 0-15: answers, ids, arguments; 16-31: tables */

	struct hd_pool entrants, long_ids;
	struct hd_plays plays;
	struct hd_index *by_id;
	struct hd_event_ids ids;
	struct hd_wants wants;
	struct hd_grants grants;
	struct hd_deals deals;
	struct hd_suspects suspects;
	uint64_t bases;         /* the greatest j that a BASE took; 0: none */
	uint32_t shard, shards; /* its place; no state */

	struct hd_hunt **hunts; /* HD_HUNTS_MAX */
	int64_t *due;           /* by hunt: its next hour or window; HD_NEVER where there is none */
	uint16_t *soonest;      /* a tournament of hunts by `due`: node n is of 2n and 2n + 1 */
	uint16_t *hunt_table;   /* HD_HUNT_TABLE: number + 1 by hash of the name */
	uint32_t hunts_count;

	uint64_t *done; /* a bit for each order */
	uint32_t done_words;
	struct hd_live_board *building; /* the first of those that are being built; no state */
	struct hd_board **old;          /* trees to be freed */
	uint32_t old_count, old_room;
	uint8_t *answer; /* room for long answers */
	uint32_t answer_room;

	struct hd_sweep *sweep; /* NULL: none runs */
	struct hd_load *load;   /* NULL: no snapshot is being read */
};

#define HD_HUNT_TABLE (2u * HD_HUNTS_MAX)

/* What one command may take beside its boards. */
#define HD_CORE_STEP_MEMORY (2u * HD_MIB)

/* What the end of an open WANT or suspicion may take, one step's rare growth apart: it is not asked
 * again. */
#define HD_WANT_MEMORY (4u * HD_KIB)

/* entrants.c */

static inline struct hd_entrant *
hd_entrant_at(const struct hd_core *core, uint32_t handle)
{
	return hd_pool_at(&core->entrants, handle);
}

/* A record may lie on two cache lines. */
static inline void
hd_entrant_fetch(const struct hd_core *core, uint32_t handle)
{
	const uint8_t *record = (const uint8_t *)hd_entrant_at(core, handle);
	__builtin_prefetch(record);
	__builtin_prefetch(record + sizeof(struct hd_entrant) - 1);
}

static inline struct hd_bytes
hd_entrant_id(const struct hd_core *core, const struct hd_entrant *entrant)
{
	if (HD_LIKELY(entrant->id_size <= HD_ENTRANT_ID_INLINE))
		return (struct hd_bytes){entrant->id, entrant->id_size};
	uint32_t handle;
	memcpy(&handle, entrant->id, sizeof(handle));
	return (struct hd_bytes){hd_pool_at(&core->long_ids, handle), entrant->id_size};
}

static inline struct hd_play *
hd_entrant_play(const struct hd_core *core, const struct hd_entrant *entrant)
{
	return entrant->play ? hd_play_at(&core->plays, entrant->play) : NULL;
}

static inline int64_t
hd_entrant_sub(const struct hd_core *core, const struct hd_entrant *entrant)
{
	return entrant->has_sub ? hd_play_at(&core->plays, entrant->play)->sub : 0;
}

uint64_t hd_entrant_hash(const struct hd_core *core, uint16_t hunt, struct hd_bytes id);

/* As hd_bytes_equal, without a call: ids are short, and this is asked at every command. */
static inline bool
hd_id_equal(struct hd_bytes a, struct hd_bytes b)
{
	uint64_t x, y;
	if (a.size != b.size)
		return false;
	if (a.size < sizeof(x)) {
		for (uint32_t i = 0; i < a.size; i++)
			if (a.at[i] != b.at[i])
				return false;
		return true;
	}
	for (uint32_t i = 0;; i += 8) {
		uint32_t at = i + 8 < a.size ? i : a.size - 8; /* the last word may overlap */
		memcpy(&x, a.at + at, sizeof(x));
		memcpy(&y, b.at + at, sizeof(y));
		if (x != y || at + 8 == a.size)
			return x == y;
	}
}

static inline bool
hd_entrant_is(const struct hd_core *core, const struct hd_entrant *entrant, uint16_t hunt,
	      struct hd_bytes id)
{
	return entrant->hunt == hunt && hd_id_equal(hd_entrant_id(core, entrant), id);
}

/* 0: no such entrant. `hint`: where it probably is, 0 for no idea. */
uint32_t hd_entrant_find(const struct hd_core *core, uint16_t hunt, struct hd_bytes id,
			 uint32_t hint);

/* A new one, on no board and not to be found yet. bracket: its id. */
uint32_t hd_entrant_add(struct hd_core *core, struct hd_hunt *hunt, struct hd_bytes id,
			struct hd_bytes bracket);

/* Makes all to be found who were added since the core was made. False: two are the same. */
bool hd_entrants_index(struct hd_core *core);

/* Enrols, at 0, on the boards where it belongs. */
uint32_t hd_entrant_enrol(struct hd_core *core, struct hd_hunt *hunt, const struct hd_event *event);

/* Its play block, made where there is none. */
struct hd_play *hd_entrant_play_make(struct hd_core *core, struct hd_entrant *entrant);

/* Counts a change from `old` (NULL: it did not stand there) to `key`. */
static inline void
hd_live_board_changed(struct hd_live_board *board, const struct hd_board_key *old,
		      const struct hd_board_key *key)
{
	int64_t score = board->watch_score, sub = board->watch_sub;
	bool above = key->score > score || (key->score == score && key->sub >= sub);
	bool was = old != NULL && (old->score > score || (old->score == score && old->sub >= sub));
	board->changes++;
	board->top_changes += above || was;
	if (was &&
	    !above) /* one row fewer stands there: whoever comes next to the last one counts */
		board->watch_score = board->watch_sub = INT64_MIN;
}

/* Nothing that was read of it before stands. */
static inline void
hd_live_board_renewed(struct hd_live_board *board)
{
	board->changes++;
	board->top_changes++;
	board->watch_score = board->watch_sub = INT64_MIN;
}

/* Moves score and sub by these changes, on every board; a change of nothing changes nothing. */
void hd_entrant_change(struct hd_core *core, struct hd_hunt *hunt, uint32_t handle,
		       const struct hd_event *event, int64_t points, int64_t sub);

/* False: the change would leave the range of a number, on some board. */
bool hd_entrant_fits(const struct hd_core *core, const struct hd_hunt *hunt,
		     const struct hd_entrant *entrant, int64_t points, int64_t sub);

/* The most of these points that fits; points: above 0. */
int64_t hd_entrant_room(const struct hd_core *core, const struct hd_hunt *hunt,
			const struct hd_entrant *entrant, int64_t points);

/* Whether it stands there or may come to. */
static inline bool
hd_entrant_belongs(const struct hd_entrant *entrant, const struct hd_live_board *board)
{
	return board->bracket == 0 || board->bracket == entrant->bracket;
}

/* Whether it belongs there but was not reached yet by who builds the board. */
static inline bool
hd_entrant_unbuilt(uint32_t handle, const struct hd_live_board *board)
{
	return HD_UNLIKELY(handle - board->next < board->left);
}

/* Its key on a board; false: it does not stand there. */
bool hd_entrant_key(const struct hd_live_board *board, const struct hd_entrant *entrant,
		    struct hd_board_key *key);

/* The source of every board. context: struct hd_live_board. */
void hd_entrant_source(const void *context, uint32_t handle, struct hd_board_key *key);
void hd_entrant_prefetch(const void *context, uint32_t handle);

/* hunts.c */

/* NULL: none of that name. */
struct hd_hunt *hd_hunt_find(const struct hd_core *core, struct hd_bytes name);
struct hd_hunt *hd_hunt_create(struct hd_core *core, uint32_t number, struct hd_bytes name);
/* Puts a version in its place, the newest first; false: it is there. */
bool hd_hunt_version(struct hd_core *core, struct hd_hunt *hunt, const struct hd_order *order,
		     int64_t stamp, int64_t time);
/* stamp: this log's own; time: shard 0's, the same in every log. */
void hd_hunt_document(struct hd_core *core, const struct hd_order *order, int64_t stamp,
		      int64_t time);
void hd_hunt_destroy(struct hd_core *core, struct hd_hunt *hunt);

/* The bracket's number in the hunt, given where it has none; 0 for an empty id. */
uint16_t hd_hunt_bracket(struct hd_core *core, struct hd_hunt *hunt, struct hd_bytes id);

/* An empty tree for a board that has none, with the serial that the board has. */
void hd_hunt_tree(struct hd_core *core, struct hd_live_board *board);

/* Replaces the tree of a window board by an empty one. */
void hd_hunt_window(struct hd_core *core, struct hd_hunt *hunt, uint16_t board, int64_t window);

/* build.c */

/* Begins to build a board whose tree is empty: all of its hunt who are there now. */
void hd_build_begin(struct hd_core *core, struct hd_hunt *hunt, struct hd_live_board *board);
/* Nothing where it is not being built. */
void hd_build_finish(struct hd_core *core, struct hd_live_board *board);
void hd_build_abandon(struct hd_core *core, struct hd_live_board *board);

/* phases.c */

enum hd_phase hd_phase_scheduled(const struct hd_definition *definition, int64_t time);
void hd_phase_enter(struct hd_core *core, struct hd_hunt *hunt, enum hd_phase phase);

/* Reckons anew when the hunt needs the clock next. */
void hd_phase_init(struct hd_core *core);
void hd_phase_plan(struct hd_core *core, struct hd_hunt *hunt);

/* The number of the window that holds `time`. */
static inline int64_t
hd_window_of(int64_t time, int64_t window_ns)
{
	return time / window_ns - (time % window_ns < 0);
}

/* event_ids.c */

void hd_event_ids_init(struct hd_event_ids *ids, struct hd_memory *memory);
void hd_event_ids_fini(struct hd_event_ids *ids);
const struct hd_answered *hd_event_ids_find(const struct hd_core *core, struct hd_bytes key,
					    struct hd_bytes id);
void hd_event_ids_keep(struct hd_core *core, const struct hd_event *event, int64_t score);
/* Puts one of a snapshot behind the newest, not to be found yet; false: it is older. Then makes all
 * to be found; false: two are the same. */
bool hd_event_ids_load(struct hd_event_ids *ids, const struct hd_answered *from,
		       struct hd_bytes detail);
bool hd_event_ids_index(struct hd_event_ids *ids);
struct hd_bytes hd_answered_detail(const struct hd_answered *answered);

/* snapshot/sweep.c: called before something changes or goes, so that a sweep that runs and has not
 * come to it writes it as it was. */

void hd_sweep_keep_hunt(struct hd_core *core, const struct hd_hunt *hunt);
void hd_sweep_keep_entrant(struct hd_core *core, uint32_t handle);
void hd_sweep_keep_answered(struct hd_core *core, uint32_t handle);
void hd_sweep_keep_want(struct hd_core *core, uint32_t handle);
void hd_sweep_keep_suspect(struct hd_core *core, uint32_t handle);

static inline void
hd_sweep_hunt(struct hd_core *core, const struct hd_hunt *hunt)
{
	if (HD_UNLIKELY(core->sweep != NULL))
		hd_sweep_keep_hunt(core, hunt);
}

static inline void
hd_sweep_entrant(struct hd_core *core, uint32_t handle)
{
	if (HD_UNLIKELY(core->sweep != NULL))
		hd_sweep_keep_entrant(core, handle);
}

static inline void
hd_sweep_answered(struct hd_core *core, uint32_t handle)
{
	if (HD_UNLIKELY(core->sweep != NULL))
		hd_sweep_keep_answered(core, handle);
}

static inline void
hd_sweep_want(struct hd_core *core, uint32_t handle)
{
	if (HD_UNLIKELY(core->sweep != NULL))
		hd_sweep_keep_want(core, handle);
}

static inline void
hd_sweep_suspect(struct hd_core *core, uint32_t handle)
{
	if (HD_UNLIKELY(core->sweep != NULL))
		hd_sweep_keep_suspect(core, handle);
}

/* snapshot/load.c: gives up what is being read. */
void hd_load_drop(struct hd_core *core);

/* snapshot/boards.c: builds every board of a hunt whose entrants have all been read. False: they do
 * not fit one another. */
bool hd_load_boards(struct hd_core *core);

/* Fills the empty tree of one board with all who stand there. */
void hd_load_board(struct hd_core *core, const struct hd_hunt *hunt, struct hd_live_board *board);

/* A command in the middle of being decided. */
struct hd_case {
	struct hd_core *core;
	const struct hd_command *command;
	struct hd_decision *out;
	struct hd_hunt *hunt;
	const struct hd_definition *definition;
	struct hd_entrant *entrant; /* NULL: not enrolled, but may be by this command */
	uint32_t handle;
	int64_t now;
	int64_t time; /* AT, else now: what rules go by */
	uint8_t args[16];
};

/* decide.c */

void hd_case_error(struct hd_case *c, enum hd_error error);
void hd_case_outcome(struct hd_case *c, enum hd_outcome outcome, int64_t points);

/* Enrols the entrant, where it is not, by the decision's first event. */
void hd_case_enrol(struct hd_case *c);

/* The next event of the decision, with entrant and outcome; before it, hd_case_enrol unless the
 * event is ANSWERED. */
struct hd_event *hd_case_event(struct hd_case *c, enum hd_event_type type);

/* The same without outcome, and enrolling nobody. */
struct hd_event *hd_case_push(struct hd_case *c, enum hd_event_type type);

/* Puts the command's id, and the outcome, on the decision's last event. */
void hd_case_keep_id(struct hd_case *c);

/* The phase that the command is judged by. */
enum hd_phase hd_case_phase(const struct hd_case *c);

/* Whether the hunt is open in that phase. */
bool hd_case_open(const struct hd_case *c);

/* The command's challenge; NULL: there is none, and the reply says so. */
const struct hd_challenge *hd_case_challenge(struct hd_case *c);

/* `size` bytes of the decision's scratch; and a copy there. */
uint8_t *hd_case_scratch(struct hd_case *c, uint32_t size);
struct hd_bytes hd_case_copy(struct hd_case *c, struct hd_bytes bytes);

/* award.c, judge.c, progress.c, documents.c: one verb each. */
void hd_award_decide(struct hd_case *c);
void hd_submit_decide(struct hd_case *c);
void hd_hint_decide(struct hd_case *c);
void hd_progress_decide(struct hd_case *c);
void hd_documents_decide(struct hd_case *c);
void hd_diff_decide(struct hd_case *c);

/* judge.c: what JUDGED and HINTED do to the entrant's cell. */
void hd_judged_apply(struct hd_core *core, struct hd_hunt *hunt, struct hd_entrant *entrant,
		     const struct hd_event *event);
void hd_hinted_apply(struct hd_core *core, struct hd_entrant *entrant,
		     const struct hd_event *event);

/* apply.c: ORDER n is done. */
void hd_done_set(struct hd_core *core, uint64_t n);

/* core.c: at least `size` bytes that live until the next long answer. */
struct hd_writer hd_core_answer(struct hd_core *core, uint32_t size);

#endif
