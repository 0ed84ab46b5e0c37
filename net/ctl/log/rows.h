/* rows.h - a board's rows over all shards, in the order of boards (DESIGN 6), and their hash.
 *
 * The hash is BLAKE2b-256 over one line of text a row, best first:
 *
 *   rank TAB entrant TAB score TAB subscore TAB time LF
 *
 * rank as competition counts (1224), time in ns since 1970 of the entrant's own last change. With
 * coreutils: `b2sum -l 256`. */
#ifndef HUNTD_NET_CTL_LOG_ROWS_H
#define HUNTD_NET_CTL_LOG_ROWS_H

#include "huntd/core.h"
#include "net/ctl/ctl.h"

struct hd_ctl_row_at {
	uint64_t rank;
	int64_t score, sub, time;
	struct hd_bytes entrant; /* borrows from the core */
};

struct hd_ctl_rows {
	struct hd_ctl_row_at *rows; /* own */
	uint64_t count;
	char hash[65]; /* in hex */
};

/* Rows of a board: `hunt` and `board` are numbers, the same in every core. frozen: as it was
 * frozen; false where some core has no such board, or it is not frozen. Destroy either way. */
bool hd_ctl_rows_make(struct hd_ctl_rows *rows, struct hd_core *const *cores, unsigned count,
		      uint16_t hunt, uint16_t board, bool frozen);
void hd_ctl_rows_free(struct hd_ctl_rows *rows);

/* One row as facts. */
json_t *hd_ctl_rows_fact(const struct hd_ctl_row_at *row);

#endif
