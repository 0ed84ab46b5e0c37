/* inside.h - a shard from the inside: what its rooms (loop, step, remote, orders, events, board/)
 * share. Nobody outside of shard/ includes this.
 *
 * Every room has its own struct in here, its functions below, and its file of the same name. The
 * loop calls them in the order of a pass; all of them run on the shard's thread and touch nothing
 * but the shard. What other threads may see of a shard is struct hd_status and its metrics. */
#ifndef HUNTD_SHARD_INSIDE_H
#define HUNTD_SHARD_INSIDE_H

#include "huntd/assert.h"
#include "huntd/gather.h"
#include "huntd/ids.h"
#include "huntd/runtime.h"
#include "huntd/stats.h"
#include "huntd/view.h"
#include "shard/clock.h"
#include "shard/forge/forge.h"
#include "shard/latency/latency.h"
#include "shard/mesh.h"
#include "shard/snapshot/taker.h"

#define HD_PASS_ANSWERS  16u   /* of this shard to its own gathers, but for a last round */
#define HD_PASS_OWN      256u  /* of them always left to the own readers */
#define HD_PASS_DUE      64u   /* hours and windows that begin in one pass */
#define HD_PASS_BUILT    128u  /* entrants put on a board that is being built: about 100 us */
#define HD_PASS_KEPT     64u   /* questions answered that waited for such a board */
#define HD_PASS_COMMANDS 1024u /* commands that start in one pass: about half a millisecond */
#define HD_PASS_NS                                                                                 \
	2000000 /* those of others, and as long again its own: the rest goes next pass             \
		 */
#define HD_DENSE_AT_ONCE 4096u /* entrants: more are walked in slices */
#define HD_COMPLETIONS   512u

/* What the other shards' admission looks at; written once a pass by the shard itself. */
struct hd_status {
	_Alignas(64) _Atomic uint8_t room; /* hd_log_room */
	_Atomic bool stands;               /* its queue stands (DESIGN 9) */
};

/* hd_core_board_top_changes of each board of a shard, for the others to compare with their views.
 * One writer, the shard: stored in the pass that changes, before anything leaves that pass. */
struct hd_tops {
	_Atomic(_Atomic uint64_t *) of_hunt[HD_HUNTS_MAX]; /* [hunt][board]; NULL: nothing yet */
};

/* A message that waits until its shard's log is durable up to `lsn`. */
struct hd_held {
	uint64_t lsn;
	uint32_t to;
	struct hd_cell cell;
};

/* A growing first-in-first-out list of held messages; lsn never falls from first to last. */
struct hd_held_list {
	struct hd_held *at;
	uint32_t first, count, room;
};

struct hd_work {
	struct hd_command *command;
	uint64_t token;
	/* BOOTTIME ns: of the pass that took its bytes; another shard's: when it was sent; 0: it
	 * waited in the outbox. */
	int64_t arrived;
};

/* The delay of commands that other shards sent: the least of two windows of 50 ms and the running.
 */
struct hd_delay {
	int64_t window_end, least[3];
	uint32_t undecided;
};

/* remote.c: commands for other shards, and those of other shards. */
struct hd_remote {
	struct hd_block *ask[HD_SHARDS_MAX];   /* being filled in this pass */
	struct hd_block *reply[HD_SHARDS_MAX]; /* being filled while a block is decided */
	uint32_t open[HD_SHARDS_MAX];          /* commands let in towards a shard, not answered */
	int64_t starved[HD_SHARDS_MAX];    /* BOOTTIME since when it gave no credit; 0: it does */
	uint32_t share;                    /* credits of any shard that this one may use */
	struct hd_block *todo, *todo_last; /* blocks of commands to decide, as they came */
	uint32_t todo_at;                  /* bytes of the first that are decided */
	struct hd_command command[HD_BATCH_MAX];
	struct hd_delay delay;
};

/* board/gathers.c */
struct hd_run {
	struct hd_gather *gather;
	uint32_t waiting, index;
	uint64_t lsn; /* the own log's tail when this shard last answered */
	bool is_long; /* hd_gathers_is_long */
	uint32_t tokens_count, tokens_room;
	uint64_t *tokens;
	struct hd_block *key; /* the encoded command, while others may join; NULL: nobody may */
};

struct hd_gathers {
	struct hd_run **runs;
	uint32_t runs_room, running, long_running;
	uint32_t free_hint;
	uint64_t next_pin;
	struct hd_block *ask[HD_SHARDS_MAX];
	struct hd_block *own, *own_last; /* of questions to this shard itself: full ones */
	struct hd_block *answer[HD_SHARDS_MAX];
	struct hd_run *fresh[HD_GATHERS_MAX];
	uint32_t fresh_count;
	uint8_t question[HD_QUESTION_MAX];
};

/* board/builds.c: boards that are being built, and who waits for them. */
struct hd_kept;

struct hd_builds {
	bool running; /* some board is being built, or may be */
	bool look;    /* a board became ready, or may have, for one of those that wait */
	struct hd_kept *first, *last; /* questions of gathers, as they came */
};

/* events/pages.c: pages of HUNT.EVENTS. */
struct hd_page_ask {
	uint64_t run, lsn;
	uint32_t from, wanted;
	uint16_t hunt;
};

struct hd_page_run;

struct hd_pages {
	uint8_t *buffer; /* of one read, HD_FRAME_MAX, aligned to HD_BLOCK; taken when first used */
	struct hd_page_ask *asks;
	uint32_t first, count, room;
	bool reading;
	uint64_t damaged; /* the LSN of the last one that could not be read; told once */
	struct hd_page_run *run[HD_GATHERS_MAX];
	uint32_t running;
};

/* orders/orders.c */
struct hd_open_order {
	uint64_t n, lsn;
	int64_t time;
	uint32_t answers;
	bool sent, proposed; /* proposed: control waits for it */
	struct hd_block *body;
};

#define HD_OPEN_ORDERS_MAX 64u

struct hd_orders {
	struct hd_open_order open[HD_OPEN_ORDERS_MAX]; /* shard 0: without DONE, oldest first */
	uint32_t open_count;
	struct {
		uint64_t n, lsn;
	} owed[HD_OPEN_ORDERS_MAX]; /* other shards: answers that wait for a flush */
	uint32_t owed_count;
	bool resuming;               /* shard 0: control waits for RESUMED */
	uint32_t asked;              /* ORDER commands given to control, not answered */
	int64_t ids_max, ids_age_ns; /* shard 0: settings in force as it replayed them */
};

/* outbox.c: two-step commands. */
struct hd_parked;

struct hd_outbox_row {
	uint64_t token, lsn; /* lsn: of the WANT */
	struct hd_parked *parked, *parked_last;
	uint32_t asker; /* shard */
	uint32_t next;  /* handle of the next unasked */
	uint8_t verb;
};

struct hd_outbox {
	struct hd_outbox_row *rows; /* [handle of the WANT] */
	uint32_t rows_room;
	uint32_t unasked, unasked_last; /* handles of WANTs to be asked once flushed; 0: none */
	uint32_t waiting;               /* commands that have no answer yet */
	struct hd_held_list todo;       /* WANTS and GRANTS to decide, as they came */
	struct hd_held_list answers; /* GRANTS that wait for a flush, and instances before them */
	/* Suspicions of stamps up to `to` are asked once the log is flushed up to the LSN: a round.
	 */
	int64_t suspects_to;
	uint64_t suspects_lsn;
	uint32_t suspects_asked; /* and not answered: the first of those that are open */
	bool suspects_round;     /* there is one, and not all of it are asked */
	bool suspected;          /* others came since */
};

/* board/views.c: a shard's side of the reducer. */
struct hd_views {
	struct hd_block **view[HD_HUNTS_MAX]; /* [hunt][board], the newest */
	uint64_t *reported[HD_HUNTS_MAX];     /* [hunt][board]: changes + 1 when last handed over */
	uint64_t dirty[HD_HUNTS_MAX / 64];
	bool told; /* the reducer knows that something is dirty */
	bool any;
	int64_t since;                     /* any: of the pass that touched the first of them */
	uint64_t fresh[HD_HUNTS_MAX / 64]; /* touched in this pass */
	bool any_fresh;
};

/* The page of a board that was answered last. */
struct hd_page {
	uint64_t same; /* hd_reply.same; 0: none */
	uint64_t changes;
	uint32_t count, size;
	uint16_t hunt, board;
	uint8_t mode;
	uint8_t bytes[16 * HD_KIB];
};

struct hd_shard {
	uint32_t number, count;            /* of `count` shards */
	uint32_t reducer, control, helper; /* thread numbers; the forge has its own */
	bool archive_told;                 /* the helper knows the log's directory */
	uint8_t durability;
	struct hd_io *io;
	struct hd_memory state;  /* budgeted: all that the core keeps */
	struct hd_memory plain;  /* the same arena without a budget */
	struct hd_memory mailed; /* the same for blocks */
	struct hd_memory logged; /* and for the log */
	struct hd_memory timed;  /* and for shard/latency/ */
	struct hd_memory cycled; /* blocks as a hd_memory */
	struct hd_memory edges;  /* the same for the edge */
	struct hd_blocks blocks;
	struct hd_core *core;
	struct hd_log *log;
	struct hd_log_report *report;
	struct hd_pins *pins;
	struct hd_page page;
	uint64_t pages_made;
	struct hd_mesh *mesh;
	struct hd_post *post;
	const struct hd_runtime_hooks *hooks;
	const struct hd_edge_ops *ops;
	void *edge;
	struct hd_shard_stats *stats; /* of all shards */
	struct hd_status *status;     /* of all shards */
	struct hd_tops *tops;         /* of all shards */
	struct hd_pulse *pulse;       /* its own */
	uint64_t flush_ns;            /* in all flushes so far */
	const struct hd_clock_page *time;
	struct hd_tuning *tuning;
	struct hd_tuning standard;    /* what stands there where nobody sets anything */
	struct hd_slowlog **slowlogs; /* of all shards; NULL: nobody keeps any */
	int64_t busy_ns;

	int64_t boot;  /* this pass: BOOTTIME ns */
	int64_t clock; /* this pass: ns since 1970 */
	int64_t stamp; /* the last given out; rises */
	/* What came of late: over a rate, the loop lingers for more completions a wake. */
	int64_t pace_end;
	uint32_t pace_completions;
	bool crowded;
	bool slept, again, serving, started, draining, drained, finished;
	bool save;                 /* told to finish: with a last snapshot */
	const _Atomic bool *hurry; /* set: without one after all; may be NULL */
	bool sweep;                /* old objects are left to free */
	uint32_t pass_commands;
	int64_t part_from; /* since when this part of the pass decides commands */
	bool late;         /* for longer than HD_PASS_NS: dear ones, the others wait a pass */
	_Atomic uint32_t percent;

	struct hd_work batch[HD_BATCH_MAX];
	uint32_t batch_count;
	struct hd_held_list held;
	struct hd_held_list own;     /* answers to itself: wait for nothing but their turn */
	struct hd_held_list *behind; /* [thread]: messages of senders that know newer orders */
	uint32_t behind_count;

	struct hd_remote remote;
	struct hd_gathers gathers;
	struct hd_builds builds;
	struct hd_pages pages;
	struct hd_orders orders;
	struct hd_outbox outbox;
	struct hd_forge forge;
	struct hd_views views;
	struct hd_taker taker;
	struct hd_latency latency;
	struct hd_decision decision;
	struct hd_completion completions[HD_COMPLETIONS];
	uint8_t scratch[HD_PART_MAX];
};

static inline struct hd_metrics *
hd_shard_mine(const struct hd_shard *shard)
{
	return &shard->stats[shard->number].metrics;
}

/* open.c */

/* Makes a shard on its own thread from what the runtime set in it, and replays its log; the edge is
 * made before, with hd_shard_prepare done. False: see its report. */
void hd_shard_prepare(struct hd_shard *shard);
bool hd_shard_open(struct hd_shard *shard, const struct hd_log_options *options,
		   const _Atomic bool *stop);
/* A fresh core in the place of one that was half loaded. */
void hd_shard_renew_core(struct hd_shard *shard);
/* Takes the last snapshot where it was told to, flushes and closes the log; false: it could not be
 * flushed. */
bool hd_shard_end(struct hd_shard *shard);
/* When all threads have ended. */
void hd_shard_free(struct hd_shard *shard);

/* loop.c */

/* One pass; false once it was told to finish. */
bool hd_shard_pass(struct hd_shard *shard);
/* Before the log is open: lets the edge take and answer what needs no state. */
void hd_shard_loading_pass(struct hd_shard *shard);
/* Behind the last pass, until what is in flight has ended. */
void hd_shard_last_pass(struct hd_shard *shard);
/* A line for whoever runs the process. */
__attribute__((format(printf, 2, 3))) void hd_shard_tell(struct hd_shard *shard, const char *format,
							 ...);

void hd_held_push(struct hd_shard *shard, struct hd_held_list *list, const struct hd_held *held);
struct hd_held hd_held_pop(struct hd_held_list *list);
void hd_held_fini(struct hd_shard *shard, struct hd_held_list *list);
/* Sends `cell` to shard or thread `to` (this one too) once the log is durable up to its tail. */
void hd_shard_hold(struct hd_shard *shard, uint32_t to, const struct hd_cell *cell);
/* Sends `cell` now, with this shard's order number in it. */
void hd_shard_send(struct hd_shard *shard, uint32_t to, const struct hd_cell *cell);
/* Deals with a message, of another thread or of this shard itself. */
void hd_shard_take(struct hd_shard *shard, const struct hd_cell *cell);

/* step.c */

typedef void (*hd_step_answer)(struct hd_shard *shard, uint32_t asker, uint64_t token,
			       const struct hd_reply *reply, uint64_t lsn);
/* Decides, logs, answers and applies commands that are all this shard's own. Returns how many of
 * them wait in the outbox: they are answered later, and have their credits until then. */
uint32_t hd_step_run(struct hd_shard *shard, const struct hd_work *given, uint32_t count,
		     uint32_t asker, hd_step_answer answer);
/* Logs a decision's events, and applies them: in between its reply still borrows from the state. */
void hd_step_log(struct hd_shard *shard, const struct hd_decision *decision);
void hd_step_apply(struct hd_shard *shard, const struct hd_decision *decision);
/* Counts a command that was answered. */
void hd_step_count(struct hd_shard *shard, uint8_t verb, const struct hd_reply *reply);
/* Logs and applies one event that no command caused, with the next stamp; returns its LSN. */
uint64_t hd_step_event(struct hd_shard *shard, struct hd_event *event);
/* Logs and applies PHASEs and WINDOWs that are due, as many as a pass may; true: more are left. */
bool hd_step_due(struct hd_shard *shard);
/* The next stamp. */
int64_t hd_step_stamp(const struct hd_shard *shard);

/* remote.c */

void hd_remote_init(struct hd_shard *shard);
void hd_remote_give(struct hd_shard *shard, uint32_t target, const struct hd_command *command,
		    uint64_t token);
void hd_remote_commands(struct hd_shard *shard, const struct hd_cell *cell);
void hd_remote_replies(struct hd_shard *shard, const struct hd_cell *cell);
/* Decides what others sent, as far as the pass has room. */
void hd_remote_decide(struct hd_shard *shard);
/* Sends what this pass collected for others. */
void hd_remote_flush(struct hd_shard *shard);
/* True where a credit of `target` (this shard's own too) is left; whoever is told so may take it.
 */
bool hd_remote_credit(struct hd_shard *shard, uint32_t target, bool *late);
static inline void
hd_remote_take(struct hd_shard *shard, uint32_t target)
{
	HD_ASSERT(shard->remote.open[target] < shard->remote.share);
	shard->remote.open[target]++;
}
/* An answer to a command of another shard, outside of hd_remote_decide; then, once, that there are
 * no more of them now. */
void hd_remote_answer(struct hd_shard *shard, uint32_t asker, uint64_t token,
		      const struct hd_reply *reply, uint64_t lsn);
void hd_remote_answered(struct hd_shard *shard);
void hd_remote_measure(struct hd_shard *shard);
/* hd_log_room, and whether a snapshot has too much that is not written. */
static inline enum hd_error
hd_remote_room(const struct hd_shard *shard)
{
	enum hd_error error = hd_log_room(shard->log);
	return HD_UNLIKELY(error == HD_ERR_NONE && shard->taker.swollen) ? HD_ERR_BUSY : error;
}
bool hd_remote_idle(const struct hd_shard *shard);

/* Entries of a block: {token u64, size u32, bytes}. `full` sends a block that has no room for
 * `need` more bytes; then *block is a new one. Write the entry's bytes with the writer, then end
 * it. */
typedef void (*hd_block_full)(struct hd_shard *shard, uint32_t to, struct hd_block *block);
struct hd_writer hd_entry_begin(struct hd_shard *shard, struct hd_block **block, uint32_t to,
				uint64_t token, uint32_t need, hd_block_full full);
void hd_entry_end(struct hd_block *block, const struct hd_writer *writer);
/* False: no more. */
bool hd_entry_next(struct hd_reader *reader, uint64_t *token, struct hd_bytes *bytes);

/* outbox.c */

/* A command that was decided as HD_REPLY_LATER; opened: its events, just applied, are the WANT. */
void hd_outbox_wait(struct hd_shard *shard, const struct hd_work *given, uint32_t asker,
		    bool opened);
/* Tells the own edge that it is answered later. */
void hd_outbox_later(struct hd_shard *shard, const struct hd_work *given, uint32_t asker);
/* The answer to a command that was said to come later, wherever it was asked. Behind the last of
 * them, and before the pass ends: hd_remote_answered. */
void hd_outbox_answer(struct hd_shard *shard, uint32_t asker, uint64_t token,
		      const struct hd_reply *reply, uint64_t lsn);
/* A suspicion was opened. */
void hd_outbox_suspected(struct hd_shard *shard);
/* Asks again for what was open when the shard ended. */
void hd_outbox_resume(struct hd_shard *shard);
void hd_outbox_take(struct hd_shard *shard, const struct hd_cell *cell);
/* Decides what has come in of questions and answers. */
void hd_outbox_decide(struct hd_shard *shard);
/* Once a pass, after the log: what a flush allows. */
void hd_outbox_pass(struct hd_shard *shard);
/* True: nobody waits, neither here nor for an answer of this shard. */
bool hd_outbox_idle(const struct hd_shard *shard);
void hd_outbox_fini(struct hd_shard *shard);

/* orders/orders.c */

void hd_orders_ask(struct hd_shard *shard, const struct hd_command *command, uint64_t token);
void hd_orders_reply(struct hd_shard *shard, const struct hd_cell *cell);
void hd_orders_fetch(struct hd_shard *shard, const struct hd_cell *cell);
void hd_orders_propose(struct hd_shard *shard, const struct hd_cell *cell);
void hd_orders_take(struct hd_shard *shard, const struct hd_cell *cell);
void hd_orders_answered(struct hd_shard *shard, const struct hd_cell *cell);
bool hd_orders_replayed(struct hd_shard *shard, const struct hd_event *event, uint64_t lsn);
/* Once a pass, after the log: what a flush allows. */
void hd_orders_pass(struct hd_shard *shard);
void hd_orders_fini(struct hd_shard *shard);

/* events/pages.c */

void hd_pages_give(struct hd_shard *shard, const struct hd_command *command, uint64_t token);
void hd_pages_ask(struct hd_shard *shard, const struct hd_cell *cell);
void hd_pages_part(struct hd_shard *shard, const struct hd_cell *cell);
void hd_pages_read(struct hd_shard *shard, const struct hd_completion *completion);
void hd_pages_fini(struct hd_shard *shard);

/* events/text.c: one event as INTERFACE shows it; false: it is not one of `hunt`. */
bool hd_event_show(const struct hd_shard *shard, const struct hd_log_event *at, uint16_t hunt,
		   struct hd_writer *out);

/* board/gathers.c */

void hd_gathers_init(struct hd_shard *shard);
void hd_gathers_fini(struct hd_shard *shard);
void hd_gathers_give(struct hd_shard *shard, const struct hd_command *command, uint64_t token);
/* Whether it carries rows or goes over several rounds, with pins on the boards: few run at once. */
static inline bool
hd_gathers_is_long(const struct hd_command *command)
{
	return command->verb == HD_CMD_TOP || command->verb == HD_CMD_AROUND ||
	       (command->verb == HD_CMD_RANK && command->mode == HD_MODE_DENSE);
}
void hd_gathers_questions(struct hd_shard *shard, const struct hd_cell *cell);
void hd_gathers_answers(struct hd_shard *shard, const struct hd_cell *cell);
/* Sends the questions that were collected, and answers this shard's own; true where there were any.
 */
bool hd_gathers_flush(struct hd_shard *shard);

/* Answers a question, and sends the answers to a shard when these were all for now. */
void hd_gathers_answer(struct hd_shard *shard, uint32_t asker, uint64_t run,
		       struct hd_bytes question);
void hd_gathers_answered(struct hd_shard *shard, uint32_t asker);

/* board/builds.c */

/* Whether a BOARD command reads a board that is being built here: elsewhere it then is as well,
 * most likely, and the command waits where it was read. */
bool hd_builds_wait(const struct hd_shard *shard, const struct hd_command *command);
/* Keeps a question until its board is ready. */
void hd_builds_keep(struct hd_shard *shard, uint32_t asker, uint64_t run, struct hd_bytes question);
/* Answers what was kept and is ready. */
void hd_builds_answer(struct hd_shard *shard);
/* Once a pass: a slice of a board. */
void hd_builds_pass(struct hd_shard *shard);
void hd_builds_fini(struct hd_shard *shard);

/* board/views.c */

/* The board that a command names, or its hunt's first. False: there is none. */
bool hd_views_board(const struct hd_shard *shard, const struct hd_command *command, uint16_t *hunt,
		    uint16_t *board);

void hd_views_fini(struct hd_shard *shard);
void hd_views_touch(struct hd_shard *shard, uint16_t hunt);
void hd_views_touch_all(struct hd_shard *shard);
void hd_views_parts(struct hd_shard *shard);
void hd_views_take(struct hd_shard *shard, const struct hd_cell *cell);
/* Tells the reducer, once, that something is dirty. */
void hd_views_pass(struct hd_shard *shard);
/* Shows the other shards what this pass changed, before anything of it leaves. */
void hd_views_show(struct hd_shard *shard);
/* Answers a TOP of VIEW tick, or one whose view is what every shard still has; false: no view does,
 * or none holds its rows. */
bool hd_views_top(struct hd_shard *shard, const struct hd_command *command, struct hd_reply *reply);
/* TOP where there is one shard. */
void hd_views_page(struct hd_shard *shard, const struct hd_command *command,
		   struct hd_reply *reply);

/* Bytes of a view or part with that many rows. */
static inline uint32_t
hd_view_size(uint32_t rows)
{
	return (uint32_t)(offsetof(struct hd_view, rows) + rows * sizeof(struct hd_view_row));
}

#endif
