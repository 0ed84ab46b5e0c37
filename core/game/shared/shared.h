/* shared.h - what the hunt's single truth leaves behind: wants at E, grants at H.
 *
 * E is the entrant's shard, H the hunt's (huntd/core.h, "Two-step commands"); one core is both, for
 * different entrants and hunts. All of it is state: it comes from events and stands in the digest.
 *
 * core/game only. */
#ifndef HUNTD_CORE_GAME_SHARED_H
#define HUNTD_CORE_GAME_SHARED_H

#include "core/base/index.h"
#include "core/base/pool.h"
#include "huntd/core.h"

/* A WANT that waits for its answer, with all that its outcome will be logged with. */
struct hd_open_want {
	uint32_t link; /* the pool's, while it is free */
	uint32_t challenge;
	int64_t stamp; /* 0: free */
	int64_t time;
	uint16_t hunt, text_size;
	uint8_t what; /* enum hd_want_what: SOLVE or DEAL */
	uint8_t has;  /* enum hd_event_has */
	uint8_t entrant_size, by_size, id_size;
	uint8_t args_hash[16];
	uint8_t entrant[HD_ID_MAX], by[HD_ID_MAX], id[HD_EVENT_ID_MAX], text[HD_ANSWER_MAX];
};

struct hd_wants {
	struct hd_pool pool;
	struct hd_index *index; /* by entrant: one of each is open at most */
};

#define HD_KEPT_ID_INLINE 23u

/* An entrant's id, kept for ever. */
struct hd_kept_id {
	uint32_t aside; /* 0, or where a longer id is in core->long_ids */
	uint8_t size;
	uint8_t inside[HD_KEPT_ID_INLINE];
};

/* What H gave to an entrant, once for each challenge and for ever. */
struct hd_given_grant {
	uint64_t ordinal;
	int64_t points, time;
	uint16_t hunt, challenge;
	struct hd_kept_id entrant;
};

static_assert(sizeof(struct hd_given_grant) == 56, "a grant is 56 bytes");

struct hd_grants {
	struct hd_pool pool;
	struct hd_index *index; /* by hunt, challenge and entrant */
};

/* What is shared of a challenge: hunt->shares[number]. */
struct hd_share {
	uint64_t grants; /* given here */
	uint64_t deals;  /* allotted here */
	uint32_t gone;   /* E: the greatest version by which H judged it gone; 0: none */
};

struct hd_core;
struct hd_hunt;
struct hd_case;

/* wants.c */

void hd_wants_init(struct hd_core *core);
void hd_wants_fini(struct hd_core *core);

/* Opens what a WANT or WANT_DEAL says; ends it; gives the WANT back, its bytes borrowed from the
 * state. */
void hd_want_open(struct hd_core *core, const struct hd_event *event);
void hd_want_end(struct hd_core *core, struct hd_bytes entrant, int64_t stamp);
void hd_want_event(const struct hd_core *core, uint32_t handle, struct hd_event *event);

/* grants.c */

void hd_grants_init(struct hd_core *core);
void hd_grants_fini(struct hd_core *core);

void hd_id_keep(struct hd_core *core, struct hd_kept_id *kept, struct hd_bytes id);
struct hd_bytes hd_id_kept(const struct hd_core *core, const struct hd_kept_id *kept);

struct hd_bytes hd_grant_entrant(const struct hd_core *core, const struct hd_given_grant *grant);

/* NULL: none. */
const struct hd_given_grant *hd_grant_find(const struct hd_core *core, uint16_t hunt,
					   uint32_t challenge, struct hd_bytes entrant);
/* Keeps and counts what a GRANT says. */
void hd_grant_keep(struct hd_core *core, const struct hd_event *event);

/* NULL: nothing of the challenge was shared yet. */
const struct hd_share *hd_share_find(const struct hd_hunt *hunt, uint32_t challenge);
struct hd_share *hd_share_make(struct hd_core *core, struct hd_hunt *hunt, uint32_t challenge);
void hd_share_gone(struct hd_core *core, uint16_t hunt, uint32_t challenge, uint32_t version);
void hd_shares_fini(struct hd_core *core, struct hd_hunt *hunt);

/* decide.c: a right answer to what is shared. */
void hd_shared_decide(struct hd_case *c, const struct hd_challenge *challenge);

#endif
