#include "shard/log/segments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "huntd/assert.h"

#define NAME_DIGITS 8u

/* The number that a file's name states; 0: not a segment. */
static uint32_t
number_of(const char *name)
{
	uint32_t number = 0;
	for (uint32_t i = 0; i < NAME_DIGITS; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		number = number * 10 + (uint32_t)(name[i] - '0');
	}
	return strcmp(name + NAME_DIGITS, ".log") == 0 ? number : 0;
}

static struct hd_segment *
add_row(struct hd_segments *all, uint32_t number)
{
	HD_ASSERT(number > 0);
	HD_ASSERT(all->count == 0 || all->rows[all->count - 1].number < number);
	if (all->count == all->room) {
		uint32_t room = all->room ? all->room * 2 : 16;
		struct hd_segment *rows = hd_memory_take(all->memory, room * sizeof *rows,
							 _Alignof(struct hd_segment));
		if (all->rows) {
			memcpy(rows, all->rows, all->count * sizeof *rows);
			hd_memory_give(all->memory, all->rows, all->room * sizeof *rows);
		}
		all->rows = rows;
		all->room = room;
	}
	struct hd_segment *row = &all->rows[all->count++];
	*row = (struct hd_segment){.number = number, .file = -1};
	return row;
}

static void
take_name(void *context, const char *name)
{
	uint32_t number = number_of(name);
	if (number)
		add_row(context, number);
}

int
hd_segments_init(struct hd_segments *all, struct hd_io *io, struct hd_memory *memory,
		 const char *directory, bool read_only)
{
	HD_ASSERT(io != NULL && memory != NULL);
	*all = (struct hd_segments){.io = io,
				    .memory = memory,
				    .directory = directory,
				    .read_only = read_only,
				    .direct = true};
	if (strlen(directory) + NAME_DIGITS + sizeof "/.log" > HD_SEGMENT_PATH)
		return -ENAMETOOLONG;
	return io->ops->dir_list(io, directory, take_name, all);
}

static void
close_row(struct hd_segments *all, struct hd_segment *row)
{
	HD_ASSERT(row->file >= 0);
	HD_ASSERT(all->open > 0);
	all->io->ops->file_close(all->io, row->file);
	row->file = -1;
	all->open--;
}

void
hd_segments_fini(struct hd_segments *all)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->rows[i].file >= 0)
			close_row(all, &all->rows[i]);
	HD_ASSERT(all->open == 0);
	if (all->rows)
		hd_memory_give(all->memory, all->rows, all->room * sizeof *all->rows);
	*all = (struct hd_segments){0};
}

void
hd_segments_rest(struct hd_segments *all)
{
	for (uint32_t i = 0; i + 1 < all->count; i++)
		if (all->rows[i].file >= 0)
			close_row(all, &all->rows[i]);
	HD_ASSERT(all->open <= 1);
}

void
hd_segments_path(const struct hd_segments *all, uint32_t number, char path[static HD_SEGMENT_PATH])
{
	HD_ASSERT(number > 0);
	snprintf(path, HD_SEGMENT_PATH, "%s/%08u.log", all->directory, number);
}

/* The last two rows are being written or filled: they are never the ones to close. */
static void
close_oldest(struct hd_segments *all)
{
	struct hd_segment *oldest = NULL;
	for (uint32_t i = 0; i + 2 < all->count; i++) {
		struct hd_segment *row = &all->rows[i];
		if (row->file >= 0 && (oldest == NULL || row->used_at < oldest->used_at))
			oldest = row;
	}
	HD_ASSERT(oldest != NULL);
	close_row(all, oldest);
}

static int
open_file(struct hd_segments *all, uint32_t number, uint32_t flags)
{
	char path[HD_SEGMENT_PATH];
	hd_segments_path(all, number, path);
	struct hd_io *io = all->io;
	int file = io->ops->file_open(io, path, flags | (all->direct ? HD_IO_DIRECT : 0));
	if (file != -EINVAL || !all->direct)
		return file;
	/* tmpfs and some others refuse O_DIRECT, some only after they made the file. */
	all->direct = false;
	if (flags & HD_IO_CREATE)
		io->ops->file_remove(io, path);
	return io->ops->file_open(io, path, flags);
}

int
hd_segments_file(struct hd_segments *all, uint32_t index)
{
	HD_ASSERT(index < all->count);
	struct hd_segment *row = &all->rows[index];
	row->used_at = ++all->uses;
	if (row->file >= 0)
		return row->file;
	if (all->open >= HD_SEGMENTS_OPEN)
		close_oldest(all);
	int file = open_file(all, row->number, all->read_only ? 0 : HD_IO_WRITE);
	if (file < 0)
		return file;
	int64_t size = all->io->ops->file_size(all->io, file);
	if (size < 0) {
		all->io->ops->file_close(all->io, file);
		return (int)size;
	}
	row->size = (uint64_t)size / HD_BLOCK * HD_BLOCK;
	row->file = file;
	all->open++;
	return file;
}

int
hd_segments_create(struct hd_segments *all, uint64_t size)
{
	HD_ASSERT(!all->read_only);
	HD_ASSERT(size > 0 && size % HD_FRAME_MAX == 0);
	uint32_t number = all->count ? all->rows[all->count - 1].number + 1 : 1;
	int file = open_file(all, number, HD_IO_CREATE | HD_IO_WRITE);
	if (file < 0)
		return file;
	int error = all->io->ops->file_allocate(all->io, file, size);
	if (error < 0) {
		char path[HD_SEGMENT_PATH];
		hd_segments_path(all, number, path);
		all->io->ops->file_close(all->io, file);
		all->io->ops->file_remove(all->io, path);
		return error;
	}
	if (all->open >= HD_SEGMENTS_OPEN)
		close_oldest(all);
	struct hd_segment *row = add_row(all, number);
	row->file = file;
	row->size = size;
	row->used_at = ++all->uses;
	all->open++;
	return 0;
}

int
hd_segments_drop(struct hd_segments *all)
{
	HD_ASSERT(!all->read_only);
	HD_ASSERT(all->count > 0);
	struct hd_segment *row = &all->rows[all->count - 1];
	char path[HD_SEGMENT_PATH];
	hd_segments_path(all, row->number, path);
	int error = all->io->ops->file_remove(all->io, path);
	if (error < 0)
		return error;
	if (row->file >= 0)
		close_row(all, row);
	all->count--;
	return 0;
}
