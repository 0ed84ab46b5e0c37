/* aside.h - taking damaged bytes out of a data directory without losing one: into
 * DATA/damaged-TIME/. */
#ifndef HUNTD_NET_CTL_LOG_ASIDE_H
#define HUNTD_NET_CTL_LOG_ASIDE_H

#include "net/ctl/log/logs.h"

struct hd_ctl_aside {
	const char *data;
	char folder[HD_CTL_PATH]; /* DATA/damaged-TIME, made when it is first needed */
	bool made;
	char message[2 * HD_CTL_PATH]; /* what failed; empty: nothing */
};

/* Moves DATA/shard-NN/name there. False: see the message. */
bool hd_ctl_aside_move(struct hd_ctl_aside *aside, unsigned shard, const char *name);

/* Gives DATA/shard-NN/name a second name there. */
bool hd_ctl_aside_link(struct hd_ctl_aside *aside, unsigned shard, const char *name);

/* A new folder in there, to build in. */
bool hd_ctl_aside_folder(struct hd_ctl_aside *aside, unsigned shard, char folder[HD_CTL_PATH]);

/* Copies DATA/shard-NN/name there; then what stands in the file from `offset` on is zeros. */
bool hd_ctl_aside_cut(struct hd_ctl_aside *aside, unsigned shard, const char *name,
		      uint64_t offset);

/* Makes the directory's new state durable. */
bool hd_ctl_aside_sync(struct hd_ctl_aside *aside, unsigned shard);

#endif
