/* Requests about names and space that are queued. The kernel runs them on the ring's worker, where
 * they may wait for the disk without anybody else. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "net/uring/ring.h"

static void
ring_allocate(struct hd_io *io, int file, uint64_t size, uint64_t tag)
{
	struct io_uring_sqe *entry = hd_ring_entry(hd_uring_of(io));
	io_uring_prep_fallocate(entry, file, 0, 0, (off_t)size);
	entry->user_data = tag;
}

static void
ring_open(struct hd_io *io, const char *path, uint32_t flags, uint64_t tag)
{
	struct io_uring_sqe *entry = hd_ring_entry(hd_uring_of(io));
	io_uring_prep_openat(entry, AT_FDCWD, path, hd_files_flags(flags), 0600);
	entry->user_data = tag;
}

static void
ring_rename(struct hd_io *io, const char *from, const char *to, uint64_t tag)
{
	struct io_uring_sqe *entry = hd_ring_entry(hd_uring_of(io));
	io_uring_prep_renameat(entry, AT_FDCWD, from, AT_FDCWD, to, 0);
	entry->user_data = tag;
}

static void
ring_remove(struct hd_io *io, const char *path, uint64_t tag)
{
	struct io_uring_sqe *entry = hd_ring_entry(hd_uring_of(io));
	io_uring_prep_unlinkat(entry, AT_FDCWD, path, 0);
	entry->user_data = tag;
}

/* A folder's fsync needs it open, and to open it may wait as well. */
static void
ring_sync_names(struct hd_io *io, const char *path, uint64_t tag)
{
	struct hd_uring *u = hd_uring_of(io);
	uint32_t number = 0;
	HD_ASSERT(tag != 0);
	while (number < HD_RING_FOLDERS && u->folders[number].tag != 0)
		number++;
	HD_ASSERT(number < HD_RING_FOLDERS);
	u->folders[number] = (struct hd_ring_folder){.tag = tag, .file = -1};
	struct io_uring_sqe *entry = hd_ring_entry(u);
	io_uring_prep_openat(entry, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	entry->user_data = HD_RING_TAG_FOLDER + number;
}

bool
hd_ring_folder_step(struct hd_uring *u, uint32_t number, int32_t result, struct hd_completion *to)
{
	HD_ASSERT(number < HD_RING_FOLDERS);
	struct hd_ring_folder *folder = &u->folders[number];
	HD_ASSERT(folder->tag != 0);
	if (folder->file < 0 && result >= 0) {
		folder->file = result;
		struct io_uring_sqe *entry = hd_ring_entry(u);
		io_uring_prep_fsync(entry, folder->file, 0);
		entry->user_data = HD_RING_TAG_FOLDER + number;
		return false;
	}
	if (folder->file >= 0)
		close(folder->file);
	*to = (struct hd_completion){.tag = folder->tag, .result = result};
	folder->tag = 0;
	return true;
}

void
hd_ring_names_fill(struct hd_io_ops *ops)
{
	ops->allocate = ring_allocate;
	ops->open = ring_open;
	ops->rename = ring_rename;
	ops->remove = ring_remove;
	ops->sync_names = ring_sync_names;
}
