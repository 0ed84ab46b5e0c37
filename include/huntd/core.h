/* core.h - the game of one shard: two functions.
 *
 *   decide(state, now, command) -> reply + events      reads the state, changes nothing
 *   apply(state, event)                                changes the state, cannot fail
 *
 * The core is deterministic: it has no clock, no I/O, no threads, no randomness, no floats and no
 * globals. Whoever runs it supplies `now` (the stamp that the command's events will carry), logs
 * the events and applies them; replay applies the same events and reaches the same state byte for
 * byte. Old events stay true under new rules, because rules are read only by decide.
 *
 * A command's events are applied right after it was decided, before the next command is. All of
 * them stand in one frame of the log.
 *
 * Errors are found in INTERFACE's order: IDMISMATCH, NOHUNT, NOENTRANT, NOCHALLENGE, board, answer
 * without normal form, overflow; syntax and arity were the codec's. */
#ifndef HUNTD_CORE_H
#define HUNTD_CORE_H

#include "huntd/board.h"
#include "huntd/command.h"
#include "huntd/definition.h"
#include "huntd/event.h"
#include "huntd/memory.h"
#include "huntd/order.h"
#include "huntd/reply.h"

struct hd_core;

/* What an entrant was dealt of a puzzle (DESIGN 7). An instance is no state: it is made again from
 * this. A kind that is built around its answer never has a base. */
struct hd_deal {
	uint16_t hunt;
	uint32_t challenge;
	uint64_t d;
	bool based; /* j and try are known */
	uint64_t j;
	uint32_t try;
};

/* What a command comes to. `reply.detail` and the events' bytes borrow from the command, from the
 * state or from `scratch`, and live until the next call on this core. */
struct hd_decision {
	struct hd_reply reply;
	struct hd_deal deal; /* HD_REPLY_PUZZLE: whose instance is the answer */
	uint32_t events_count;
	struct hd_event events[HD_DECISION_EVENTS_MAX];
	uint8_t scratch[8 * HD_KIB];
	uint32_t scratch_used;
};

struct hd_core *hd_core_create(struct hd_memory *memory);
void hd_core_destroy(struct hd_core *core);

/* Which of how many shards this core is; 0 of 1 until said. Only decide asks: which hunts' single
 * truth lies here. */
void hd_core_place(struct hd_core *core, uint32_t shard, uint32_t shards);

/* Makes a batch's lines arrive together: hashes the keys, finds index buckets, then entrants, then
 * the board paths, each pass over the whole batch. Sets each command's `hint`. Commands of other
 * routes than ENTRANT, READ and BOARD (RANK, AROUND) are passed over. count at most HD_BATCH_MAX.
 */
void hd_core_warm(struct hd_core *core, struct hd_command *const *commands, uint32_t count);

/* Decides a command of HD_ROUTE_ENTRANT, HD_ROUTE_READ or HD_ROUTE_LOCAL. now: ns since 1970, above
 * the last event's stamp. The k-th event of a decision has stamp now + k. The caller applies them
 * in order. */
void hd_core_decide(struct hd_core *core, int64_t now, const struct hd_command *command,
		    struct hd_decision *decision);

/* Whether hd_core_apply would find all that this event needs: the next order, a hunt, entrant and
 * challenge that are there, a solve that is the first, an id that is new ... True of every event
 * that was decided in this state. Of any other that decodes it may be false, and asserts nothing:
 * whoever reads a log asks before each apply. */
bool hd_core_can_apply(const struct hd_core *core, const struct hd_event *event);

/* Applies one event, new or from the log. Events must come in log order. */
void hd_core_apply(struct hd_core *core, const struct hd_event *event);

/* Two-step commands (DESIGN 4): what needs the hunt's single truth (stock, points by order) goes
 * from the entrant's shard E to the hunt's shard H and back. Where E is H both steps are one
 * decision: GRANT and GRANTED in one frame. Else
 *
 *   E  decide: a WANT, and HD_REPLY_LATER. Applied, it stands open in the state.
 *   E  the WANT flushed: asks H, again at every start, until answered. Never twice in a life: what
 *      was asked after the first answer may be given what nobody waits for any more
 *   H  hd_core_grant: GRANT once per (hunt, challenge, entrant), the same answer ever after; or
 *      gone, or void. The answer leaves when H's log is flushed up to its tail.
 *   E  hd_core_settle: GRANTED or VOIDED, which ends the WANT, and the reply
 *
 * While it is open every other command with the same argument 1 (entrant; in any hunt, for so far
 * reach its ids) is decided as HD_REPLY_LATER without events: the caller keeps it, in order, and
 * decides it when the WANT has ended. So a retry with its id joins it. */

enum hd_want_what {
	HD_WANT_SOLVE,   /* WANT: a right answer to what is shared */
	HD_WANT_DEAL,    /* WANT_DEAL: the challenge's next d */
	HD_WANT_SUSPECT, /* SUSPECTED: whether d was dealt to somebody else. Holds nothing */
};

/* An open WANT. Named by its stamp, which no other event of its log has. */
struct hd_want {
	uint8_t what; /* enum hd_want_what */
	uint64_t d;   /* SUSPECT */
	int64_t stamp;
	uint16_t hunt;
	uint32_t challenge;
	bool has_at;
	int64_t at; /* the command's AT */
	struct hd_bytes entrant;
};

enum hd_verdict { HD_VERDICT_GRANTED, HD_VERDICT_GONE, HD_VERDICT_VOID };

/* What H says to it. Of a SUSPECT always void: E learns nothing. */
struct hd_grant {
	uint8_t verdict;  /* enum hd_verdict */
	uint32_t version; /* of the document it was judged by */
	uint64_t ordinal; /* GRANTED: from 1; of a DEAL: d + 1 */
	int64_t points, time; /* of a DEAL 0 */
};

/* The open WANT of argument 1 `entrant`: a handle, 0: none. Handles are small and used again. */
uint32_t hd_core_want_of(const struct hd_core *core, struct hd_bytes entrant);
void hd_core_want(const struct hd_core *core, uint32_t handle, struct hd_want *want);
uint32_t hd_core_wants(const struct hd_core *core); /* how many are open */
/* The next open one after `handle`; 0 begins, 0 ends. */
uint32_t hd_core_want_next(const struct hd_core *core, uint32_t handle);

/* H: at most one event, a GRANT. `decision->reply` is not used. */
void hd_core_grant(struct hd_core *core, int64_t now, const struct hd_want *want,
		   struct hd_decision *decision, struct hd_grant *grant);

/* E: up to three events, and the reply of the command that wanted. False: no such WANT is open
 * (an answer that came twice). */
bool hd_core_settle(struct hd_core *core, int64_t now, const struct hd_want *want,
		    const struct hd_grant *grant, struct hd_decision *decision);

/* Suspicions that are open: a list of their own, asked like WANTs (hd_core_grant takes them,
 * hd_core_settle ends them, both by `what`), but nobody waits for one and an entrant may have many.
 */
uint32_t hd_core_suspects(const struct hd_core *core);
/* The next open one after `handle`, which is open, in the order that they were opened, or loaded
 * from a snapshot; 0 begins, 0 ends. */
uint32_t hd_core_suspect_next(const struct hd_core *core, uint32_t handle);
void hd_core_suspect(const struct hd_core *core, uint32_t handle, struct hd_want *want);

/* Puzzles (DESIGN 7). HUNT.PUZZLE is decided as HD_REPLY_PUZZLE where the entrant has a deal, or is
 * dealt one by this decision (ALLOTTED and DEALT: E is H); else as a WANT_DEAL. A deal of a kind
 * with bases gets one when the shard's forge has one: hd_core_base, at any later time. */

/* Of an entrant. False: not dealt. */
bool hd_core_deal(const struct hd_core *core, uint16_t hunt, uint32_t challenge,
		  struct hd_bytes entrant, struct hd_deal *deal);
/* E: a BASE, for a deal that has none; j: of this log, and given to nobody. It may be below
 * hd_core_bases, for pools of several kinds are dealt from at once; whoever counts j begins above
 * hd_core_bases at the start and gives each once. No reply. */
void hd_core_base(struct hd_core *core, int64_t now, const struct hd_deal *deal,
		  struct hd_bytes entrant, uint64_t j, uint32_t try, struct hd_decision *decision);
/* The greatest j that this core has given, 0: none. A j is shard << HD_BASE_COUNT_BITS | count. */
uint64_t hd_core_bases(const struct hd_core *core);
/* H: how many deals of a challenge were allotted: the next d. */
uint64_t hd_core_allotted(const struct hd_core *core, uint16_t hunt, uint32_t challenge);
/* The secret of a hunt (hd_puzzle_hunt_secret), 32 bytes; the answer of a deal, HD_PHRASE_MAX
 * bytes, its size. */
void hd_core_hunt_secret(const struct hd_core *core, uint16_t hunt, uint8_t secret[32]);
uint32_t hd_core_deal_answer(const struct hd_core *core, const struct hd_deal *deal,
			     uint8_t *answer);

/* How many grants of a challenge this core has given. */
uint64_t hd_core_grants(const struct hd_core *core, uint16_t hunt, uint32_t challenge);

/* Scheduled hours (opens, freezes, closes) and windows that begin. */

/* The time at which hd_core_due has something next; HD_NEVER where nothing is scheduled. */
int64_t hd_core_deadline(const struct hd_core *core);

/* Fills `event` with the next PHASE or WINDOW that is due at `now`; false: none. The caller logs
 * and applies it with stamp `now`, and asks again. */
bool hd_core_due(const struct hd_core *core, int64_t now, struct hd_event *event);

/* Frees what was replaced (old windows' trees), at most `objects` of them. True: more is left. */
bool hd_core_sweep(struct hd_core *core, uint32_t objects);

/* Building. A board that a new version of a document adds or rules otherwise is filled in slices:
 * applying the ORDER makes it empty, and until it is ready it holds a part of its entrants only, so
 * nobody may read it. A freeze finishes it at once. How far it is built is no state: neither the
 * digest nor a snapshot knows of it, and a core made of a snapshot has all boards ready. */

/* Inserts at most `objects` entrants into the first board that is being built (one board a call),
 * and looks at some times as many. True: that made a board of `hunt` ready. */
bool hd_core_build(struct hd_core *core, uint32_t objects, uint16_t *hunt);

/* Finishes all of them: who has nobody to keep waiting (replay, offline tools). */
void hd_core_build_all(struct hd_core *core);

bool hd_core_building(const struct hd_core *core);
bool hd_core_board_ready(const struct hd_core *core, uint16_t hunt, uint16_t board);

/* What the runtime reads. */

uint32_t hd_core_hunts(const struct hd_core *core); /* numbers are 0 .. hunts-1 */
bool hd_core_hunt_find(const struct hd_core *core, struct hd_bytes id, uint16_t *number);
const struct hd_definition *hd_core_definition(const struct hd_core *core, uint16_t hunt);
enum hd_phase hd_core_phase(const struct hd_core *core, uint16_t hunt);
uint64_t hd_core_entrants(const struct hd_core *core); /* over all hunts */
uint64_t hd_core_hunt_entrants(const struct hd_core *core, uint16_t hunt);
int64_t hd_core_stamp(const struct hd_core *core);  /* of the last event applied; 0: none */
uint64_t hd_core_order(const struct hd_core *core); /* n of the last ORDER applied; 0: none */
bool hd_core_order_done(const struct hd_core *core, uint64_t n); /* shard 0: its DONE was applied */
const uint8_t *hd_core_secret(const struct hd_core *core);       /* 32 bytes; NULL before ORDER 1 */
int64_t hd_core_ids_oldest(const struct hd_core *core); /* stamp of the oldest kept id; 0: none */
uint64_t hd_core_ids(const struct hd_core *core);

/* A board by hunt and board number (NULL: gone), and the same as it was frozen (NULL: not frozen).
 * It is to be read only while hd_core_board_ready. */
struct hd_board *hd_core_board(const struct hd_core *core, uint16_t hunt, uint16_t board);
const struct hd_board_root *hd_core_board_frozen(const struct hd_core *core, uint16_t hunt,
						 uint16_t board);

/* Counts changes of the board (insert, move, remove); a reader that kept the number knows whether
 * anything happened since. */
uint64_t hd_core_board_changes(const struct hd_core *core, uint16_t hunt, uint16_t board);

/* Counts, of these, the changes of rows that stood or came to stand at or above the watched (score,
 * sub), and each new tree; a new tree watches all, and so does a board that a watched row fell out
 * of, until it is told again. Whoever watches the place of row k knows by an equal count that the
 * first k rows stand as they did. Not part of the state: replay and digest know nothing of it. */
uint64_t hd_core_board_top_changes(const struct hd_core *core, uint16_t hunt, uint16_t board);
void hd_core_board_watch(struct hd_core *core, uint16_t hunt, uint16_t board, int64_t score,
			 int64_t sub);

/* An entrant's standing on a board of its hunt: now, or as it was when the board was frozen (the
 * key of its first change after a freeze is kept with the entrant). False: it does not stand there.
 * `hint` as in hd_command, or 0. `handle` may be NULL. `key->id` borrows from the entrant. */
bool hd_core_standing(const struct hd_core *core, uint16_t hunt, uint16_t board, bool frozen,
		      struct hd_bytes entrant, uint32_t hint, struct hd_board_key *key,
		      uint32_t *handle);

/* Documents: the version in force (version 0) or an old one. False: none. Bytes borrow from the
 * state. */
struct hd_document_version {
	uint32_t version;
	int64_t time; /* ns: when shard 0 ordered it */
	struct hd_bytes source, text, definition;
};
bool hd_core_document(const struct hd_core *core, struct hd_bytes name, uint32_t version,
		      struct hd_document_version *out);
/* The newest version of a document that came from `source`. */
bool hd_core_document_from(const struct hd_core *core, struct hd_bytes name, struct hd_bytes source,
			   struct hd_document_version *out);

/* 16 bytes: sum mod 2^128 of the hash of every object's canonical encoding; no pointers, handles or
 * table order in it. Equal states have equal digests on every machine and after every replay. */
void hd_core_digest(const struct hd_core *core, uint8_t digest[16]);

/* Answer profiles (PUZZLES.md, "Answer profiles"). Writes the normal form of `answer` into `out`
 * (HD_NORMAL_MAX bytes) and returns its size; 0 where it has none: empty, over HD_ANSWER_MAX bytes,
 * not UTF-8 (but in `exact`), or nothing left. */
uint32_t hd_normalise(enum hd_profile profile, struct hd_bytes answer, uint8_t *out);

#endif
