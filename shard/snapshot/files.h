/* files.h - the snapshots in a shard's folder: their names, which there are, which may go.
 *
 *   snapshot-<LSN, 20 digits>.hds       whole, as far as its writer knew
 *   snapshot-<LSN>.tmp                  being written; of a process that ended: rubbish */
#ifndef HUNTD_SHARD_SNAPSHOT_FILES_H
#define HUNTD_SHARD_SNAPSHOT_FILES_H

#include "huntd/io.h"
#include "huntd/limits.h"

#define HD_SNAPSHOT_PATH 640u
#define HD_SNAPSHOTS_MAX 16u /* that are looked at; older ones are not needed */

/* Newest first. */
struct hd_snapshot_list {
	uint32_t count;
	uint64_t lsn[HD_SNAPSHOTS_MAX];
};

void hd_snapshot_path(const char *directory, uint64_t lsn, bool whole,
		      char path[static HD_SNAPSHOT_PATH]);

/* Lists the snapshots. A folder that is not there has none. 0, or -errno. */
int hd_snapshots_list(struct hd_io *io, const char *directory, struct hd_snapshot_list *list);

/* The list with `lsn` in it; the oldest gives way where it is full. */
void hd_snapshots_note(struct hd_snapshot_list *list, uint64_t lsn);

/* Removes all but those of `keep` (NULL: none of them), and whatever was being written. What cannot
 * be removed stays: it is tried again the next time. */
void hd_snapshots_prune(struct hd_io *io, const char *directory,
			const struct hd_snapshot_list *keep);

/* What is to be done where an open with O_DIRECT and these flags was refused for it: a file system
 * that refuses it keeps nobody waiting. */
int hd_snapshot_open_plain(struct hd_io *io, const char *path, uint32_t flags);

/* Opens with O_DIRECT where the file system takes it. Below 0: -errno. */
int hd_snapshot_open_file(struct hd_io *io, const char *path, uint32_t flags);

#endif
