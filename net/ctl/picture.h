/* picture.h - one frame of `huntctl top`: the server in three lines, its shards, a leaderboard. */
#ifndef HUNTD_NET_CTL_PICTURE_H
#define HUNTD_NET_CTL_PICTURE_H

#include "net/ctl/ctl.h"

#define HD_RATES_MAX 400u
#define HD_PAST_MAX  16u

struct hd_picture {
	uint32_t columns, lines;
	bool colour;
	const char *banner; /* or NULL */
	char hunt[HD_ID_MAX + 1], board[HD_ID_MAX + 1];
	char trouble[256];           /* what is wrong; empty: nothing */
	json_t *facts;               /* hd_ctl_facts; NULL: the server is not there */
	json_t *about;               /* HUNT.INFO or NULL */
	json_t *rows;                /* hd_ctl_board_rows or NULL */
	uint32_t past_ms;            /* how long ago `past` was */
	json_t *past;                /* the same of some seconds ago, or NULL */
	int64_t rates[HD_RATES_MAX]; /* events/s, newest last */
	uint32_t rates_count;
};

/* The frame as text (free): at most `lines` lines. */
char *hd_picture_draw(const struct hd_picture *picture);

#endif
