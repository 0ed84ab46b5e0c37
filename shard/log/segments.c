#include "shard/log/segments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "huntd/assert.h"
#include "shard/archive/pack.h"

#define NAME_DIGITS  8u
#define UNPACKED_MAX 2u /* a reader stands in one and looks at the next */

/* The number that a file's name states, with this end; 0: it is no such name. */
static uint32_t
number_of(const char *name, const char *end)
{
	uint32_t number = 0;
	for (uint32_t i = 0; i < NAME_DIGITS; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		number = number * 10 + (uint32_t)(name[i] - '0');
	}
	return strcmp(name + NAME_DIGITS, end) == 0 ? number : 0;
}

static void
make_room(struct hd_segments *all)
{
	if (all->count < all->room)
		return;
	uint32_t room = all->room ? all->room * 2 : 16;
	struct hd_segment *rows =
		hd_memory_take(all->memory, room * sizeof *rows, _Alignof(struct hd_segment));
	if (all->rows) {
		memcpy(rows, all->rows, all->count * sizeof *rows);
		hd_memory_give(all->memory, all->rows, all->room * sizeof *rows);
	}
	all->rows = rows;
	all->room = room;
}

/* The first row whose number is not below `number`. */
static uint32_t
place_of(const struct hd_segments *all, uint32_t number)
{
	uint32_t low = 0, high = all->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (all->rows[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t
hd_segments_find(const struct hd_segments *all, uint32_t number)
{
	HD_ASSERT(number > 0);
	uint32_t at = place_of(all, number);
	return at < all->count && all->rows[at].number == number ? at : all->count;
}

/* The row of `number`, made where there is none. */
static struct hd_segment *
row_of(struct hd_segments *all, uint32_t number)
{
	HD_ASSERT(number > 0);
	uint32_t at = place_of(all, number);
	if (at < all->count && all->rows[at].number == number)
		return &all->rows[at];
	make_room(all);
	memmove(all->rows + at + 1, all->rows + at, (all->count - at) * sizeof *all->rows);
	all->rows[at] = (struct hd_segment){.number = number, .file = -1};
	all->count++;
	return &all->rows[at];
}

static void
take_name(void *context, const char *name)
{
	uint32_t number = number_of(name, ".log");
	if (number)
		row_of(context, number)->in_log = true;
}

static void
take_archived(void *context, const char *name)
{
	uint32_t plain = number_of(name, ".log"), packed = number_of(name, ".log.zst");
	if (plain)
		row_of(context, plain)->plain = true;
	if (packed)
		row_of(context, packed)->packed = true;
}

int
hd_segments_init(struct hd_segments *all, struct hd_io *io, struct hd_memory *memory,
		 const char *directory, bool read_only)
{
	HD_ASSERT(io != NULL && memory != NULL);
	char archive[HD_PACK_PATH];
	*all = (struct hd_segments){.io = io,
				    .memory = memory,
				    .directory = directory,
				    .read_only = read_only,
				    .direct = true};
	if (strlen(directory) + NAME_DIGITS + sizeof "/archive/.log.zst.new" > HD_SEGMENT_PATH)
		return -ENAMETOOLONG;
	hd_pack_directory(directory, archive);
	int error = io->ops->dir_list(io, archive, take_archived, all);
	if (error < 0 && error != -ENOENT)
		return error;
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

static void
give_bytes(struct hd_segments *all, struct hd_segment *row)
{
	if (row->bytes == NULL)
		return;
	HD_ASSERT(all->unpacked > 0);
	hd_pack_give(all->memory, row->bytes, row->size);
	row->bytes = NULL;
	all->unpacked--;
}

static void
shut(struct hd_segments *all, struct hd_segment *row)
{
	give_bytes(all, row);
	if (row->file >= 0)
		close_row(all, row);
}

void
hd_segments_fini(struct hd_segments *all)
{
	for (uint32_t i = 0; i < all->count; i++)
		shut(all, &all->rows[i]);
	HD_ASSERT(all->open == 0 && all->unpacked == 0);
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

/* Takes the first `gone` rows out of the table. */
static void
forget_rows(struct hd_segments *all, uint32_t gone)
{
	HD_ASSERT(gone <= all->count);
	if (gone == 0)
		return;
	for (uint32_t i = 0; i < gone; i++)
		shut(all, &all->rows[i]);
	all->base = all->rows[gone - 1].number;
	all->count -= gone;
	memmove(all->rows, all->rows + gone, all->count * sizeof *all->rows);
}

uint32_t
hd_segments_forget_archive(struct hd_segments *all)
{
	uint32_t gone = 0;
	for (uint32_t i = 0; i < all->count; i++) {
		give_bytes(all, &all->rows[i]);
		if (!all->rows[i].in_log)
			gone = i + 1;
	}
	forget_rows(all, gone);
	return gone;
}

void
hd_segments_log_path(const struct hd_segments *all, uint32_t number,
		     char path[static HD_SEGMENT_PATH])
{
	HD_ASSERT(number > 0);
	snprintf(path, HD_SEGMENT_PATH, "%s/%08u.log", all->directory, number);
}

void
hd_segments_path(const struct hd_segments *all, uint32_t index, char path[static HD_SEGMENT_PATH])
{
	HD_ASSERT(index < all->count);
	const struct hd_segment *row = &all->rows[index];
	if (row->packed)
		hd_pack_path(all->directory, row->number, HD_PACK_PACKED, path);
	else if (row->in_log)
		hd_segments_log_path(all, row->number, path);
	else
		hd_pack_path(all->directory, row->number, HD_PACK_PLAIN, path);
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

uint32_t
hd_segments_flags(const struct hd_segments *all, uint32_t flags)
{
	return flags | (all->direct ? HD_IO_DIRECT : 0);
}

int
hd_segments_open_plain(struct hd_segments *all, const char *path, uint32_t flags)
{
	HD_ASSERT(all->direct);
	all->direct = false;
	if (flags & HD_IO_CREATE)
		all->io->ops->file_remove(all->io, path);
	return all->io->ops->file_open(all->io, path, flags);
}

static int
open_file(struct hd_segments *all, const char *path, uint32_t flags)
{
	int file = all->io->ops->file_open(all->io, path, hd_segments_flags(all, flags));
	if (file != -EINVAL || !all->direct)
		return file;
	return hd_segments_open_plain(all, path, flags);
}

static void
hold_file(struct hd_segments *all, struct hd_segment *row, int file, uint64_t size)
{
	HD_ASSERT(row->file < 0 && file >= 0);
	row->file = file;
	row->size = size;
	row->used_at = ++all->uses;
	all->open++;
}

static int
open_row(struct hd_segments *all, uint32_t index, const char *path)
{
	struct hd_segment *row = &all->rows[index];
	row->used_at = ++all->uses;
	if (row->file >= 0)
		return row->file;
	if (all->open >= HD_SEGMENTS_OPEN)
		close_oldest(all);
	int file = open_file(all, path, all->read_only ? 0 : HD_IO_WRITE);
	if (file < 0)
		return file;
	int64_t size = all->io->ops->file_size(all->io, file);
	if (size < 0) {
		all->io->ops->file_close(all->io, file);
		return (int)size;
	}
	hold_file(all, row, file, (uint64_t)size / HD_BLOCK * HD_BLOCK);
	return file;
}

int
hd_segments_file(struct hd_segments *all, uint32_t index)
{
	HD_ASSERT(index < all->count);
	HD_ASSERT(all->rows[index].in_log && all->rows[index].bytes == NULL);
	char path[HD_SEGMENT_PATH];
	hd_segments_log_path(all, all->rows[index].number, path);
	return open_row(all, index, path);
}

/* Gives back what was unpacked longest ago. */
static void
give_oldest(struct hd_segments *all)
{
	struct hd_segment *oldest = NULL;
	for (uint32_t i = 0; i < all->count; i++) {
		struct hd_segment *row = &all->rows[i];
		if (row->bytes && (oldest == NULL || row->used_at < oldest->used_at))
			oldest = row;
	}
	HD_ASSERT(oldest != NULL);
	give_bytes(all, oldest);
}

static int
unpack_row(struct hd_segments *all, struct hd_segment *row, const char *path)
{
	struct hd_pack_header header;
	HD_ASSERT(row->packed && row->bytes == NULL && row->file < 0);
	if (all->unpacked == UNPACKED_MAX)
		give_oldest(all);
	int error = hd_pack_read(all->io, all->memory, path, row->number, &header, &row->bytes);
	if (error < 0) {
		row->bytes = NULL;
		return error;
	}
	row->size = header.size;
	all->unpacked++;
	return 0;
}

int
hd_segments_open(struct hd_segments *all, uint32_t index)
{
	HD_ASSERT(index < all->count);
	struct hd_segment *row = &all->rows[index];
	char path[HD_SEGMENT_PATH];
	row->used_at = ++all->uses;
	if (row->file >= 0 || row->bytes != NULL)
		return 1;
	hd_segments_path(all, index, path);
	if (row->packed)
		return unpack_row(all, row, path);
	int file = open_row(all, index, path);
	return file < 0 ? file : 0;
}

int64_t
hd_segments_read(struct hd_segments *all, uint32_t index, void *to, uint32_t size, uint64_t offset)
{
	HD_ASSERT(index < all->count);
	const struct hd_segment *row = &all->rows[index];
	HD_ASSERT(offset + size <= row->size);
	if (row->bytes == NULL)
		return all->io->ops->file_read(all->io, row->file, to, size, offset);
	memcpy(to, row->bytes + offset, size);
	return size;
}

uint32_t
hd_segments_next(const struct hd_segments *all)
{
	return (all->count ? all->rows[all->count - 1].number : all->base) + 1;
}

void
hd_segments_push(struct hd_segments *all, int file, uint64_t size)
{
	HD_ASSERT(!all->read_only && file >= 0);
	if (all->open >= HD_SEGMENTS_OPEN)
		close_oldest(all);
	struct hd_segment *row = row_of(all, hd_segments_next(all));
	row->in_log = true;
	hold_file(all, row, file, size);
}

int
hd_segments_create(struct hd_segments *all, uint64_t size)
{
	HD_ASSERT(!all->read_only);
	HD_ASSERT(size > 0 && size % HD_FRAME_MAX == 0);
	char path[HD_SEGMENT_PATH];
	hd_segments_log_path(all, hd_segments_next(all), path);
	int file = open_file(all, path, HD_IO_CREATE | HD_IO_WRITE);
	if (file < 0)
		return file;
	int error = all->io->ops->file_allocate(all->io, file, size);
	if (error < 0) {
		all->io->ops->file_close(all->io, file);
		all->io->ops->file_remove(all->io, path);
		return error;
	}
	hd_segments_push(all, file, size);
	return 0;
}

int
hd_segments_drop(struct hd_segments *all)
{
	HD_ASSERT(!all->read_only);
	HD_ASSERT(all->count > 0);
	struct hd_segment *row = &all->rows[all->count - 1];
	char path[HD_SEGMENT_PATH];
	hd_segments_log_path(all, row->number, path);
	int error = all->io->ops->file_remove(all->io, path);
	if (error < 0)
		return error;
	shut(all, row);
	all->count--;
	if (all->count == 0)
		all->base = row->number - 1;
	return 0;
}

struct hd_segment
hd_segments_shift(struct hd_segments *all)
{
	HD_ASSERT(!all->read_only);
	HD_ASSERT(all->count > 1);
	struct hd_segment front = all->rows[0];
	HD_ASSERT(front.bytes == NULL);
	all->open -= front.file >= 0;
	all->rows[0].file = -1;
	forget_rows(all, 1);
	return front;
}

void
hd_segments_unshift(struct hd_segments *all, const struct hd_segment *front)
{
	HD_ASSERT(!all->read_only);
	HD_ASSERT(all->base == front->number);
	struct hd_segment *row = row_of(all, front->number);
	HD_ASSERT(row == all->rows);
	*row = *front;
	row->file = -1;
	all->base = front->number - 1;
}
