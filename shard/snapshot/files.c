#include "shard/snapshot/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "huntd/assert.h"

#define DIGITS 20u

static const char prefix[] = "snapshot-";
static const char whole_end[] = ".hds";
static const char partial_end[] = ".tmp";

void
hd_snapshot_path(const char *directory, uint64_t lsn, bool whole,
		 char path[static HD_SNAPSHOT_PATH])
{
	HD_ASSERT(lsn > 0);
	int length =
		snprintf(path, HD_SNAPSHOT_PATH, "%s/%s%0*llu%s", directory, prefix, (int)DIGITS,
			 (unsigned long long)lsn, whole ? whole_end : partial_end);
	HD_ASSERT(length > 0 && (unsigned)length < HD_SNAPSHOT_PATH);
}

/* The LSN that a name states; 0: not a snapshot's. */
static uint64_t
lsn_of(const char *name, const char *end)
{
	uint64_t lsn = 0;
	if (strncmp(name, prefix, sizeof prefix - 1) != 0)
		return 0;
	const char *digits = name + sizeof prefix - 1;
	for (uint32_t i = 0; i < DIGITS; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return 0;
		lsn = lsn * 10 + (uint64_t)(digits[i] - '0');
	}
	return strcmp(digits + DIGITS, end) == 0 ? lsn : 0;
}

/* Names come in rising order, and so do LSNs: the list keeps the last, and is turned round at its
 * end. */
static void
take_name(void *context, const char *name)
{
	struct hd_snapshot_list *list = context;
	uint64_t lsn = lsn_of(name, whole_end);
	if (lsn == 0)
		return;
	if (list->count == HD_SNAPSHOTS_MAX)
		memmove(list->lsn, list->lsn + 1, --list->count * sizeof list->lsn[0]);
	HD_ASSERT(list->count == 0 || list->lsn[list->count - 1] < lsn);
	list->lsn[list->count++] = lsn;
}

int
hd_snapshots_list(struct hd_io *io, const char *directory, struct hd_snapshot_list *list)
{
	*list = (struct hd_snapshot_list){0};
	int error = io->ops->dir_list(io, directory, take_name, list);
	for (uint32_t i = 0; i < list->count / 2; i++) {
		uint64_t lsn = list->lsn[i];
		list->lsn[i] = list->lsn[list->count - 1 - i];
		list->lsn[list->count - 1 - i] = lsn;
	}
	return error == -ENOENT ? 0 : error;
}

void
hd_snapshots_note(struct hd_snapshot_list *list, uint64_t lsn)
{
	uint32_t at = 0;
	HD_ASSERT(lsn > 0);
	while (at < list->count && list->lsn[at] > lsn)
		at++;
	if (at == HD_SNAPSHOTS_MAX || (at < list->count && list->lsn[at] == lsn))
		return;
	list->count += list->count < HD_SNAPSHOTS_MAX;
	for (uint32_t i = list->count - 1; i > at; i--)
		list->lsn[i] = list->lsn[i - 1];
	list->lsn[at] = lsn;
}

struct pruning {
	struct hd_io *io;
	const char *directory;
	const struct hd_snapshot_list *keep;
};

static void
prune_name(void *context, const char *name)
{
	const struct pruning *pruning = context;
	char path[HD_SNAPSHOT_PATH];
	uint64_t whole = lsn_of(name, whole_end), partial = lsn_of(name, partial_end);
	if ((whole == 0 && partial == 0) || (whole != 0 && pruning->keep == NULL))
		return;
	for (uint32_t i = 0; whole != 0 && i < pruning->keep->count; i++)
		if (whole == pruning->keep->lsn[i])
			return;
	hd_snapshot_path(pruning->directory, whole ? whole : partial, whole != 0, path);
	(void)pruning->io->ops->file_remove(pruning->io, path);
}

void
hd_snapshots_prune(struct hd_io *io, const char *directory, const struct hd_snapshot_list *keep)
{
	struct pruning pruning = {io, directory, keep};
	(void)io->ops->dir_list(io, directory, prune_name, &pruning);
}

int
hd_snapshot_open_plain(struct hd_io *io, const char *path, uint32_t flags)
{
	/* It may have been made before it was refused. */
	if (flags & HD_IO_CREATE)
		(void)io->ops->file_remove(io, path);
	return io->ops->file_open(io, path, flags);
}

int
hd_snapshot_open_file(struct hd_io *io, const char *path, uint32_t flags)
{
	int file = io->ops->file_open(io, path, flags | HD_IO_DIRECT);
	return file == -EINVAL ? hd_snapshot_open_plain(io, path, flags) : file;
}
