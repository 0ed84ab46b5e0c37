/* repair.h - what is to be done with each shard's log, and what that takes. net/ctl/log/repair
 * only.
 *
 *   plan.c, skip.c ──► struct hd_ctl_plan ──► tell.c     says it
 *                                        └──► mend.c     does it: builds beside, then swaps */
#ifndef HUNTD_NET_CTL_LOG_REPAIR_REPAIR_H
#define HUNTD_NET_CTL_LOG_REPAIR_REPAIR_H

#include "net/ctl/log/repair/aside.h"
#include "net/ctl/log/repair/evidence.h"
#include "net/ctl/log/repair/salvage.h"

enum hd_ctl_repair_action {
	HD_REPAIR_NOTHING,
	HD_REPAIR_CUT,     /* behind its last good frame */
	HD_REPAIR_HISTORY, /* the newest snapshot and what follows are whole: what is before goes */
	HD_REPAIR_RESTART, /* the newest snapshot is whole; what follows is read around the damage
			      before it */
};

struct hd_ctl_plan {
	enum hd_ctl_repair_action action;
	struct hd_log_anchor anchor;   /* HISTORY: of the snapshot that is kept */
	struct hd_ctl_salvage salvage; /* events that are appended: behind RESTART's snapshot,
					  behind a skipped one, or given back */
	uint64_t back_count;           /* of them: given back */
	uint64_t skipped;              /* CUT: as many events are taken out */
};

struct hd_ctl_repair {
	struct hd_ctl *ctl;
	struct hd_ctl_logs logs;
	struct hd_ctl_past past;
	struct hd_ctl_evidence evidence;
	struct hd_ctl_aside aside;
	struct hd_ctl_plan plan[HD_SHARDS_MAX];
	struct hd_io *io; /* writes */
	bool proving;     /* every log was read from its first event to its end or its damage */
	unsigned giving;  /* the shard that is given events */
	json_t *given;    /* facts of events that are given back */
};

/* Nothing is touched. False: said why. */
bool hd_ctl_repair_plan(struct hd_ctl_repair *repair);
bool hd_ctl_repair_plan_skip(struct hd_ctl_repair *repair, unsigned shard);

/* Does the shard's log have segment `number`, not only its archive? */
bool hd_ctl_repair_in_log(const struct hd_ctl_repair *repair, unsigned shard, uint32_t number);

json_t *hd_ctl_repair_fact(const struct hd_ctl_repair *repair, unsigned shard);
void hd_ctl_repair_say(const struct hd_ctl_repair *repair, unsigned shard, const char *tense);

/* What the command was given besides the directory, to be given again: " --skip 7 --shard 1". */
#define HD_CTL_REPAIR_WORDS (28u * HD_CTL_SKIPS_MAX + 32u)
void hd_ctl_repair_words(const struct hd_ctl *ctl, char words[static HD_CTL_REPAIR_WORDS]);

/* Every log that is changed is first built anew beside the old one, all of them; then each takes
 * its place in one step. False: said why. */
bool hd_ctl_repair_mend(struct hd_ctl_repair *repair);

#endif
