/* puzzle.h - what dealing leaves behind: deals at H, what was dealt and suspected at E.
 *
 * E is the entrant's shard, H the hunt's (huntd/core.h, "Two-step commands"); one core is both, for
 * different entrants and hunts. All of it is state: it comes from events and stands in the digest.
 * An instance is no state.
 *
 * core/game only. */
#ifndef HUNTD_CORE_GAME_PUZZLE_H
#define HUNTD_CORE_GAME_PUZZLE_H

#include "core/base/index.h"
#include "core/base/pool.h"
#include "core/game/play.h"
#include "core/game/shared/shared.h"
#include "huntd/core.h"

/* An entrant and a deal of a challenge. Of `deals`: whose it is. Of `told`: who sent its answer. */
struct hd_deal_row {
	uint64_t d;
	uint16_t hunt, challenge;
	struct hd_kept_id entrant;
};

static_assert(sizeof(struct hd_deal_row) == 40, "a deal is 40 bytes");

/* H. Rows are for ever; those of `deals` stand by d for each challenge. */
struct hd_deals {
	struct hd_pool deals, told;
	struct hd_index *by_entrant; /* deals by hunt, challenge and entrant */
	struct hd_index *by_d;       /* deals by hunt, challenge and d */
	struct hd_index *by_told;    /* told by hunt, challenge, d and entrant */
};

/* E: a SUSPECTED that waits for H. */
struct hd_open_suspect {
	uint32_t link; /* the pool's, while it is free */
	uint32_t challenge;
	uint32_t older, newer; /* open ones in the order of opening, 0: none */
	int64_t stamp;         /* 0: free */
	int64_t time;
	uint64_t d;
	uint16_t hunt;
	uint8_t has; /* enum hd_event_has */
	uint8_t entrant_size;
	uint8_t entrant[HD_ID_MAX];
};

struct hd_suspects {
	struct hd_pool pool;
	struct hd_index *index; /* by stamp */
	uint32_t oldest, newest;
};

struct hd_hunt;
struct hd_case;
struct hd_entrant;

static inline struct hd_deal
hd_item_deal(const struct hd_item *item, uint16_t hunt)
{
	const struct hd_deal_item *dealt = (const struct hd_deal_item *)item->payload;
	return (struct hd_deal){
		.hunt = hunt,
		.challenge = item->number,
		.d = dealt->d,
		.based = item->flag != 0,
		.j = dealt->j,
		.try = (uint32_t)dealt->try,
	};
}

/* deals.c */

void hd_deals_init(struct hd_core *core);
void hd_deals_fini(struct hd_core *core);

struct hd_bytes hd_deal_entrant(const struct hd_core *core, const struct hd_deal_row *row);

/* NULL: none. */
const struct hd_deal_row *hd_deal_of(const struct hd_core *core, uint16_t hunt, uint32_t challenge,
				     struct hd_bytes entrant);
const struct hd_deal_row *hd_deal_at(const struct hd_core *core, uint16_t hunt, uint32_t challenge,
				     uint64_t d);
bool hd_deal_told(const struct hd_core *core, uint16_t hunt, uint32_t challenge, uint64_t d,
		  struct hd_bytes sender);
/* Keeps what an ALLOTTED says, and a SHARED_ANSWER. */
void hd_deal_keep(struct hd_core *core, const struct hd_event *event);
void hd_told_keep(struct hd_core *core, const struct hd_event *event);

/* dealt.c */

/* NULL: the entrant was dealt nothing there. */
struct hd_item *hd_dealt_find(const struct hd_core *core, const struct hd_entrant *entrant,
			      uint32_t challenge);
/* What DEALT and BASE do to the entrant. */
void hd_dealt_apply(struct hd_core *core, struct hd_entrant *entrant, const struct hd_event *event);
void hd_base_apply(struct hd_core *core, struct hd_entrant *entrant, const struct hd_event *event);

/* Whether `j` is a number, and of the log that earlier ones were of: all that a core knows of its
 * log's number. */
bool hd_base_is_own(const struct hd_core *core, uint64_t j);

/* suspects.c */

void hd_suspects_init(struct hd_core *core);
void hd_suspects_fini(struct hd_core *core);

void hd_suspect_open(struct hd_core *core, const struct hd_event *event);
void hd_suspect_end(struct hd_core *core, int64_t stamp);
uint32_t hd_suspect_find(const struct hd_core *core, int64_t stamp); /* 0: none */
/* The open one of the least handle above `handle`; 0: none. `handle` may have ended since. */
uint32_t hd_suspect_above(const struct hd_core *core, uint32_t handle);
void hd_suspect_event(const struct hd_core *core, uint32_t handle, struct hd_event *event);

/* answer.c: judging. `normal` is the guess as `ascii` normalises it. */

/* In time that tells nothing of the answer: the guess decides it by its size alone. */
bool hd_dealt_is_answer(const struct hd_case *c, const struct hd_challenge *challenge,
			const struct hd_item *dealt, struct hd_bytes normal);
/* After a wrong guess was logged: whether it is somebody else's answer. */
void hd_dealt_suspect(struct hd_case *c, const struct hd_challenge *challenge,
		      struct hd_bytes normal);

/* decide.c */

/* H: a SHARED_ANSWER, where d is somebody else's and this sender was not told of for it. */
void hd_shared_answer_push(struct hd_case *c, uint32_t number, uint64_t d);

void hd_puzzle_decide(struct hd_case *c);
/* What H says of a WANT_DEAL and of a SUSPECTED. */
void hd_deal_grant(struct hd_case *c, const struct hd_want *want, struct hd_grant *grant);
void hd_suspect_grant(struct hd_case *c, const struct hd_want *want, struct hd_grant *grant);
/* The event and reply that a grant of a WANT_DEAL comes to. */
void hd_deal_settle(struct hd_case *c, const struct hd_event *want, const struct hd_grant *grant);
/* False: no such suspicion is open. */
bool hd_suspect_settle(struct hd_core *core, int64_t now, const struct hd_want *want,
		       struct hd_decision *decision);

#endif
