/* aside.h - a shard's folder built anew beside the old one, and put in its place in one step.
 *
 *   DATA/damaged-TIME/shard-NN.built   being built: files that stay as they are have a second name
 *                                      here, the others are written
 *   DATA/shard-NN  <- exchanged ->     one renameat2: before it the old log stands, then the new
 * one DATA/damaged-TIME/shard-NN         the old folder, without what stayed: that is the log's now
 *
 * A folder of that name is never used twice. Nothing in a .built counts until it was exchanged; one
 * that a kill left behind is rubbish while DATA/shard-NN is still damaged, else the old folder. */
#ifndef HUNTD_NET_CTL_LOG_REPAIR_ASIDE_H
#define HUNTD_NET_CTL_LOG_REPAIR_ASIDE_H

#include "net/ctl/log/logs.h"

struct hd_ctl_aside {
	const char *data;
	char folder[HD_CTL_PATH]; /* DATA/damaged-TIME, made when it is first needed */
	bool made;
	char message[2 * HD_CTL_PATH]; /* what failed; empty: nothing */
};

/* All return false where something failed: see the message. */

/* Makes the folder to build in. */
bool hd_ctl_aside_begin(struct hd_ctl_aside *aside, unsigned shard, char built[HD_CTL_PATH]);

/* DATA/shard-NN/name stays as it is; name may be `archive/...`. */
bool hd_ctl_aside_keep(struct hd_ctl_aside *aside, unsigned shard, const char *name);

/* Of DATA/shard-NN/name its first `size` bytes stay: a copy. */
bool hd_ctl_aside_copy(struct hd_ctl_aside *aside, unsigned shard, const char *name, uint64_t size);

/* What was built takes the log's place, durably. */
bool hd_ctl_aside_swap(struct hd_ctl_aside *aside, unsigned shard);

/* Removes what was built and not swapped. */
void hd_ctl_aside_abandon(struct hd_ctl_aside *aside, unsigned shard);

#endif
