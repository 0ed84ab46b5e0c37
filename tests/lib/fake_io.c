#include "tests/lib/fake_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "huntd/assert.h"
#include "huntd/limits.h"
#include "tests/lib/fake_inside.h"
#include "tests/lib/lib.h"

static struct fake_io *
fake_of(struct hd_io *io)
{
	return (struct fake_io *)io;
}

/* Does the rule strike this call? */
static bool
strikes(struct fake_io *fake, enum fake_call call, const char *path)
{
	struct fake_rule *rule = &fake->rule;
	if (rule->call != call || (rule->path && strstr(path, rule->path) == NULL))
		return false;
	if (rule->skip > 0) {
		rule->skip--;
		return false;
	}
	if (rule->times == 1)
		rule->call = 0;
	else if (rule->times > 0)
		rule->times--;
	fake->ruled++;
	return true;
}

/* Counts an operation; the error it is to fail with, or 0. What a rule leaves of a read or a write
 * goes into `size`. */
static int
judge(struct fake_io *fake, enum fake_call call, const char *path, uint32_t *size)
{
	fake->operations++;
	if (fake->fail_at && fake->operations == fake->fail_at)
		return -fake->fail_error;
	int result = fake->rule.result;
	if (fake->rule.call == 0 || !strikes(fake, call, path))
		return 0;
	if (result >= 0 && size != NULL && *size > (uint32_t)result)
		*size = (uint32_t)result;
	return result < 0 ? result : 0;
}

static int
count(struct fake_io *fake, enum fake_call call, const char *path)
{
	return judge(fake, call, path, NULL);
}

void
fake_reserve(struct fake_file *file, uint64_t size)
{
	if (size <= file->room)
		return;
	file->cache = realloc(file->cache, size);
	file->disk = realloc(file->disk, size);
	HD_ASSERT(file->cache != NULL && file->disk != NULL);
	memset(file->cache + file->room, 0, size - file->room);
	memset(file->disk + file->room, 0, size - file->room);
	file->room = size;
}

struct fake_file *
fake_io_find(struct fake_io *fake, const char *path)
{
	for (int i = 0; i < FAKE_FILES; i++)
		if (fake->files[i].named && strcmp(fake->files[i].path, path) == 0)
			return &fake->files[i];
	return NULL;
}

static struct fake_file *
make_file(struct fake_io *fake, const char *path)
{
	for (int i = 0; i < FAKE_FILES; i++) {
		struct fake_file *file = &fake->files[i];
		if (file->named || file->disk_named)
			continue;
		free(file->cache);
		free(file->disk);
		*file = (struct fake_file){.named = true};
		HD_ASSERT(strlen(path) < sizeof file->path);
		memcpy(file->path, path, strlen(path) + 1);
		memcpy(file->disk_path, path, strlen(path) + 1);
		return file;
	}
	HD_UNREACHABLE();
}

static void
check_direct(struct fake_io *fake, const struct fake_file *file, const void *at, uint64_t size,
	     uint64_t offset)
{
	if (file->direct && ((uintptr_t)at % HD_BLOCK || size % HD_BLOCK || offset % HD_BLOCK))
		fake->direct_faults++;
}

static uint8_t *
copy(const uint8_t *from, uint64_t size)
{
	uint8_t *to = malloc(size);
	HD_ASSERT(to != NULL);
	return memcpy(to, from, size);
}

static int64_t
fake_now(struct hd_io *io)
{
	return fake_of(io)->now += fake_of(io)->look_ns;
}

static int
do_sync(struct fake_io *fake, struct fake_file *file, const uint8_t *from, uint64_t size)
{
	fake->syncs++;
	if (fake->sync_failed)
		fake->syncs_after_failure++;
	int error = count(fake, FAKE_CALL_SYNC, file->path);
	if (error) {
		fake->sync_failed = true;
		return error;
	}
	if (size > 0)
		memcpy(file->disk, from, size);
	file->disk_size = file->size;
	return 0;
}

static int32_t
do_write(struct fake_io *fake, const struct fake_request *request)
{
	struct fake_file *file = &fake->files[request->file];
	uint32_t size = request->size;
	fake->writes++;
	int error = judge(fake, FAKE_CALL_WRITE, file->path, &size);
	if (error)
		return error;
	if (fake->short_writes && size > FAKE_SECTOR && hd_test_random(&fake->seed) % 2) {
		uint32_t sectors = size / FAKE_SECTOR;
		size = (uint32_t)(1 + hd_test_random(&fake->seed) % sectors) * FAKE_SECTOR;
		/* A write that gets nowhere ends a block at least: it would be an error else. */
		if (size < HD_BLOCK)
			size = request->size < HD_BLOCK ? request->size : HD_BLOCK;
	}
	if (fake->operations == fake->short_at && size > HD_BLOCK)
		size = HD_BLOCK;
	fake_reserve(file, request->offset + size);
	if (size > 0)
		memcpy(file->cache + request->offset, request->at, size);
	if (request->offset + size > file->size)
		file->size = request->offset + size;
	if (request->flags & HD_IO_SYNC) {
		fake->sync_writes++;
		memcpy(file->disk + request->offset, request->at, size);
		file->disk_size = file->size;
	}
	return (int32_t)size;
}

static int64_t
do_read(struct fake_io *fake, struct fake_file *file, void *to, uint32_t size, uint64_t offset)
{
	int error = judge(fake, FAKE_CALL_READ, file->path, &size);
	if (error)
		return error;
	uint64_t left = offset < file->size ? file->size - offset : 0;
	if (left < size)
		size = (uint32_t)left;
	if (size)
		memcpy(to, file->cache + offset, size);
	return size;
}

static bool
is_held(const struct fake_io *fake, const struct fake_request *request)
{
	if (fake->hold_syncs && request->kind == FAKE_FSYNC)
		return true;
	const char *path = request->file < 0 ? request->path : fake->files[request->file].path;
	return fake->held && strstr(path, fake->held) != NULL;
}

static void
enqueue(struct hd_io *io, struct fake_request request)
{
	struct fake_io *fake = fake_of(io);
	HD_ASSERT(fake->queued < FAKE_QUEUE);
	if (request.kind == FAKE_WRITE || request.kind == FAKE_READ)
		check_direct(fake, &fake->files[request.file], request.at, request.size,
			     request.offset);
	fake->queue[fake->queued++] = request;
}

static void
fake_write(struct hd_io *io, int file, const void *from, uint32_t size, uint64_t offset,
	   uint32_t flags, uint64_t tag)
{
	enqueue(io, (struct fake_request){.kind = FAKE_WRITE,
					  .file = file,
					  .at = (uint8_t *)(uintptr_t)from,
					  .size = size,
					  .offset = offset,
					  .flags = flags,
					  .tag = tag});
}

static void
fake_read(struct hd_io *io, int file, void *to, uint32_t size, uint64_t offset, uint64_t tag)
{
	enqueue(io, (struct fake_request){.kind = FAKE_READ,
					  .file = file,
					  .at = to,
					  .size = size,
					  .offset = offset,
					  .tag = tag});
}

static void
fake_fsync(struct hd_io *io, int file, uint64_t tag)
{
	const struct fake_file *at = &fake_of(io)->files[file];
	enqueue(io, (struct fake_request){.kind = FAKE_FSYNC,
					  .file = file,
					  .tag = tag,
					  .snapshot = copy(at->cache, at->room),
					  .snapshot_size = at->room});
}

static void
fake_queue_allocate(struct hd_io *io, int file, uint64_t size, uint64_t tag)
{
	enqueue(io, (struct fake_request){
			    .kind = FAKE_ALLOCATE, .file = file, .offset = size, .tag = tag});
}

static void
fake_queue_open(struct hd_io *io, const char *path, uint32_t flags, uint64_t tag)
{
	enqueue(io,
		(struct fake_request){
			.kind = FAKE_OPEN, .file = -1, .path = path, .flags = flags, .tag = tag});
}

static void
fake_queue_rename(struct hd_io *io, const char *from, const char *to, uint64_t tag)
{
	enqueue(io, (struct fake_request){
			    .kind = FAKE_RENAME, .file = -1, .path = from, .to = to, .tag = tag});
}

static void
fake_queue_remove(struct hd_io *io, const char *path, uint64_t tag)
{
	enqueue(io,
		(struct fake_request){.kind = FAKE_REMOVE, .file = -1, .path = path, .tag = tag});
}

static void
fake_sync_names(struct hd_io *io, const char *path, uint64_t tag)
{
	enqueue(io, (struct fake_request){
			    .kind = FAKE_SYNC_NAMES, .file = -1, .path = path, .tag = tag});
}

static int
fake_open(struct hd_io *io, const char *path, uint32_t flags)
{
	struct fake_io *fake = fake_of(io);
	int error = count(fake, FAKE_CALL_OPEN, path);
	if (error)
		return error;
	struct fake_file *file = fake_io_find(fake, path);
	if (!file && !(flags & HD_IO_CREATE))
		return -ENOENT;
	if (file && (flags & HD_IO_CREATE))
		return -EEXIST;
	if (!file)
		file = make_file(fake, path);
	if ((flags & HD_IO_DIRECT) && fake->refuse_direct)
		return -EINVAL;
	file->direct = (flags & HD_IO_DIRECT) != 0;
	file->opens++;
	return (int)(file - fake->files);
}

static int
fake_close(struct hd_io *io, int file)
{
	struct fake_io *fake = fake_of(io);
	uint32_t *opens = &fake->files[file].opens; /* 0: a crash has closed it */
	*opens -= *opens > 0;
	if (*opens > 0) /* log and scrubber may hold the same one */
		return 0;
	for (uint32_t i = 0; i < fake->queued; i++)
		HD_ASSERT(fake->queue[i].file != file);
	return 0;
}

static int64_t
fake_size(struct hd_io *io, int file)
{
	const struct fake_file *at = &fake_of(io)->files[file];
	int error = count(fake_of(io), FAKE_CALL_SIZE, at->path);
	return error ? error : (int64_t)at->size;
}

static int
fake_allocate(struct hd_io *io, int number, uint64_t size)
{
	struct fake_io *fake = fake_of(io);
	struct fake_file *file = &fake->files[number];
	int error = count(fake, FAKE_CALL_ALLOCATE, file->path);
	if (error)
		return error;
	if ((int64_t)size > fake->space)
		return -ENOSPC;
	fake->space -= (int64_t)size;
	fake_reserve(file, size);
	file->size = size;
	return 0;
}

static int64_t
fake_file_read(struct hd_io *io, int number, void *to, uint32_t size, uint64_t offset)
{
	struct fake_file *file = &fake_of(io)->files[number];
	check_direct(fake_of(io), file, to, size, offset);
	return do_read(fake_of(io), file, to, size, offset);
}

static int64_t
fake_file_write(struct hd_io *io, int number, const void *from, uint32_t size, uint64_t offset)
{
	struct fake_io *fake = fake_of(io);
	check_direct(fake, &fake->files[number], from, size, offset);
	return do_write(fake, &(struct fake_request){.kind = FAKE_WRITE,
						     .file = number,
						     .at = (uint8_t *)(uintptr_t)from,
						     .size = size,
						     .offset = offset});
}

static int
fake_file_sync(struct hd_io *io, int file)
{
	struct fake_file *at = &fake_of(io)->files[file];
	return do_sync(fake_of(io), at, at->cache, at->room);
}

static int
fake_rename(struct hd_io *io, const char *from, const char *to)
{
	struct fake_file *file = fake_io_find(fake_of(io), from);
	int error = count(fake_of(io), FAKE_CALL_RENAME, from);
	if (error || !file)
		return error ? error : -ENOENT;
	struct fake_file *replaced = fake_io_find(fake_of(io), to);
	if (replaced == file)
		return 0;
	if (replaced) {
		replaced->named = false;
		replaced->replaced_by = (int)(file - fake_of(io)->files) + 1;
	}
	HD_ASSERT(strlen(to) < sizeof file->path);
	memcpy(file->path, to, strlen(to) + 1);
	return 0;
}

static int
fake_remove(struct hd_io *io, const char *path)
{
	struct fake_file *file = fake_io_find(fake_of(io), path);
	int error = count(fake_of(io), FAKE_CALL_REMOVE, path);
	if (error || !file)
		return error ? error : -ENOENT;
	fake_of(io)->space += (int64_t)file->size;
	file->named = false;
	return 0;
}

static int
fake_dir_make(struct hd_io *io, const char *path)
{
	return count(fake_of(io), FAKE_CALL_MAKE, path);
}

static bool
is_in(const char *directory, const char *path)
{
	size_t length = strlen(directory);
	return strncmp(path, directory, length) == 0 && path[length] == '/' &&
	       strchr(path + length + 1, '/') == NULL;
}

void
fake_keep_name(struct fake_file *file)
{
	file->disk_named = file->named;
	file->replaced_by = 0;
	memcpy(file->disk_path, file->path, sizeof file->path);
}

static int
fake_dir_sync(struct hd_io *io, const char *path)
{
	struct fake_io *fake = fake_of(io);
	int error = count(fake, FAKE_CALL_DIR_SYNC, path);
	for (int i = 0; i < FAKE_FILES && !error; i++) {
		struct fake_file *file = &fake->files[i];
		if (is_in(path, file->path) || is_in(path, file->disk_path))
			fake_keep_name(file);
	}
	return error;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
fake_dir_list(struct hd_io *io, const char *path, void (*each)(void *context, const char *name),
	      void *context)
{
	struct fake_io *fake = fake_of(io);
	const char *names[FAKE_FILES];
	size_t found = 0, length = strlen(path);
	int error = count(fake, FAKE_CALL_LIST, path);
	if (error)
		return error;
	for (int i = 0; i < FAKE_FILES; i++) {
		const struct fake_file *file = &fake->files[i];
		if (file->named && is_in(path, file->path))
			names[found++] = file->path + length + 1;
	}
	qsort(names, found, sizeof *names, by_name);
	for (size_t i = 0; i < found; i++)
		each(context, names[i]);
	return 0;
}

static int64_t
fake_space(struct hd_io *io, const char *path)
{
	int error = count(fake_of(io), FAKE_CALL_SPACE, path);
	return error ? error : fake_of(io)->space;
}

int32_t
fake_perform(struct fake_io *fake, const struct fake_request *request)
{
	struct fake_file *file = request->file < 0 ? NULL : &fake->files[request->file];
	struct hd_io *io = &fake->io;
	switch (request->kind) {
	case FAKE_WRITE:
		return do_write(fake, request);
	case FAKE_READ:
		return (int32_t)do_read(fake, file, request->at, request->size, request->offset);
	case FAKE_FSYNC:
		return do_sync(fake, file, request->snapshot, request->snapshot_size);
	case FAKE_ALLOCATE:
		return fake_allocate(io, request->file, request->offset);
	case FAKE_OPEN:
		return fake_open(io, request->path, request->flags);
	case FAKE_RENAME:
		return fake_rename(io, request->path, request->to);
	case FAKE_REMOVE:
		return fake_remove(io, request->path);
	case FAKE_SYNC_NAMES:
		return fake_dir_sync(io, request->path);
	}
	HD_UNREACHABLE();
}

static uint32_t
fake_wait(struct hd_io *io, int64_t timeout, struct hd_completion *out, uint32_t room)
{
	struct fake_io *fake = fake_of(io);
	uint32_t done = 0, kept = 0;
	for (uint32_t i = 0; i < fake->queued; i++) {
		struct fake_request request = fake->queue[i];
		if (done == room || is_held(fake, &request)) {
			fake->queue[kept++] = request;
			continue;
		}
		out[done++] = (struct hd_completion){.tag = request.tag,
						     .result = fake_perform(fake, &request)};
		free(request.snapshot);
	}
	fake->queued = kept;
	if (done == 0 && timeout > 0)
		fake->now += timeout;
	return done;
}

static const struct hd_io_ops fake_ops = {
	.now = fake_now,
	.wait = fake_wait,
	.write = fake_write,
	.read = fake_read,
	.fsync = fake_fsync,
	.allocate = fake_queue_allocate,
	.open = fake_queue_open,
	.rename = fake_queue_rename,
	.remove = fake_queue_remove,
	.sync_names = fake_sync_names,
	.file_open = fake_open,
	.file_close = fake_close,
	.file_size = fake_size,
	.file_allocate = fake_allocate,
	.file_read = fake_file_read,
	.file_write = fake_file_write,
	.file_sync = fake_file_sync,
	.file_rename = fake_rename,
	.file_remove = fake_remove,
	.dir_make = fake_dir_make,
	.dir_sync = fake_dir_sync,
	.dir_list = fake_dir_list,
	.space = fake_space,
};

void
fake_io_init(struct fake_io *fake)
{
	*fake = (struct fake_io){
		.io.ops = &fake_ops, .now = 1, .space = 1LL << 40, .fail_error = EIO, .seed = 1};
}

void
fake_drop_queue(struct fake_io *fake)
{
	for (uint32_t i = 0; i < fake->queued; i++)
		free(fake->queue[i].snapshot);
	fake->queued = 0;
	for (uint32_t i = 0; i < FAKE_FILES; i++)
		fake->files[i].opens = 0;
}

void
fake_io_fini(struct fake_io *fake)
{
	fake_drop_queue(fake);
	for (int i = 0; i < FAKE_FILES; i++) {
		free(fake->files[i].cache);
		free(fake->files[i].disk);
	}
	*fake = (struct fake_io){0};
}

void
fake_io_clone(struct fake_io *to, const struct fake_io *from)
{
	*to = *from;
	for (uint32_t i = 0; i < to->queued; i++)
		if (to->queue[i].snapshot)
			to->queue[i].snapshot =
				copy(to->queue[i].snapshot, to->queue[i].snapshot_size);
	for (int i = 0; i < FAKE_FILES; i++) {
		struct fake_file *file = &to->files[i];
		if (file->room == 0)
			continue;
		file->cache = copy(file->cache, file->room);
		file->disk = copy(file->disk, file->room);
	}
}
