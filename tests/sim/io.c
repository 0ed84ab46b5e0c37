/* The io.h of one simulated thread. */
#include <errno.h>
#include <stdlib.h>

#include "tests/sim/machine.h"

static struct sim_io *
io_of(struct hd_io *io)
{
	return (struct sim_io *)io;
}

/* Every call into the outside is a moment at which the process can die. */
static struct machine *
enter(struct hd_io *io)
{
	struct machine *machine = io_of(io)->machine;
	machine->calls++;
	if (machine->die_in > 0 && --machine->die_in == 0)
		machine_die(machine, -1, "killed inside of a step");
	return machine;
}

/* The error that this operation of the disk is to have, or 0. */
static int
error_of(struct machine *machine, bool flush)
{
	if (machine->fail_next == SIM_FAIL_NONE || (machine->fail_next == SIM_FAIL_FLUSH && !flush))
		return 0;
	machine->fail_next = SIM_FAIL_NONE;
	machine_note(machine, "an operation of the disk fails");
	return -EIO;
}

static int64_t
io_now(struct hd_io *io)
{
	struct machine *machine = io_of(io)->machine;
	machine->now += machine->options.tick * SIM_US;
	return machine->now - machine->booted;
}

/* Requests. */

static int64_t
latency(struct machine *machine, const struct sim_op *op)
{
	const struct sim_options *options = &machine->options;
	int64_t ns = 10 * SIM_US + (int64_t)machine_draw(machine, 100) * SIM_US;
	bool flush = op->kind == SIM_FSYNC || op->kind == SIM_SYNC_NAMES ||
		     (op->flags & HD_IO_SYNC) != 0;
	if (flush && options->sync_us > 0)
		ns += (int64_t)machine_draw(machine, (uint64_t)options->sync_us) * SIM_US;
	if (flush && options->lag > 0 && op->thread == (uint64_t)(options->lag % options->shards))
		ns += options->lag * SIM_MS;
	if (flush && options->slow > 0 && machine_draw(machine, 200) == 0)
		ns += (int64_t)machine_draw(machine, (uint64_t)options->slow) * SIM_MS;
	return ns;
}

static void
enqueue(struct hd_io *io, struct sim_op op)
{
	struct machine *machine = enter(io);
	struct sim_op *free = machine->ops;
	while (free < machine->ops + SIM_OPS && free->live)
		free++;
	HD_ASSERT(free < machine->ops + SIM_OPS);
	op.live = true;
	op.thread = io_of(io)->number;
	*free = op;
	machine->ops_live++;
}

static void
send(struct machine *machine, uint32_t thread)
{
	for (uint32_t i = 0, seen = 0; i < SIM_OPS && seen < machine->ops_live; i++) {
		struct sim_op *op = &machine->ops[i];
		seen += op->live;
		if (!op->live || op->sent || op->thread != thread)
			continue;
		op->sent = true;
		op->asked = machine->disk.clock;
		op->due = machine->now + latency(machine, op);
	}
}

static uint32_t
drain(struct sim_io *io, struct hd_completion *out, uint32_t room)
{
	uint32_t count = 0;
	while (io->done_count > 0 && count < room) {
		out[count++] = io->done[io->done_first];
		io->done_first = (io->done_first + 1) % SIM_DONE;
		io->done_count--;
	}
	return count;
}

static uint32_t
io_wait(struct hd_io *base, int64_t timeout, struct hd_completion *out, uint32_t room)
{
	struct sim_io *io = io_of(base);
	struct machine *machine = enter(base);
	struct sim_thread *thread = &machine->threads[io->number];
	send(machine, io->number);
	/* What the step took. */
	int64_t took = (int64_t)(1 + machine_draw(machine, 30)) * SIM_US;
	if (timeout == 0 || thread->woken || io->done_count > 0) {
		thread->state = SIM_READY;
		thread->due = machine->now + took;
	} else {
		thread->state = SIM_ASLEEP;
		thread->due = timeout < 0 ? SIM_NEVER : machine->now + took + timeout;
	}
	fiber_yield(&thread->fiber);
	thread->woken = false;
	io->linger_events = 0;
	return drain(io, out, room);
}

static void
io_linger(struct hd_io *io, uint32_t events, int64_t ns)
{
	io_of(io)->linger_events = events;
	io_of(io)->linger_ns = ns;
}

static void
io_wake(struct hd_io *io, struct hd_io *target)
{
	struct machine *machine = io_of(target)->machine;
	if (io != NULL)
		enter(io);
	machine_wake(machine, io_of(target)->number);
}

static void
io_write(struct hd_io *io, int file, const void *from, uint32_t size, uint64_t offset,
	 uint32_t flags, uint64_t tag)
{
	enqueue(io, (struct sim_op){.kind = SIM_WRITE,
				    .file = file,
				    .at = (uint8_t *)(uintptr_t)from,
				    .size = size,
				    .offset = offset,
				    .flags = flags,
				    .tag = tag});
}

static void
io_read(struct hd_io *io, int file, void *to, uint32_t size, uint64_t offset, uint64_t tag)
{
	enqueue(io, (struct sim_op){.kind = SIM_READ,
				    .file = file,
				    .at = to,
				    .size = size,
				    .offset = offset,
				    .tag = tag});
}

static void
io_fsync(struct hd_io *io, int file, uint64_t tag)
{
	enqueue(io, (struct sim_op){.kind = SIM_FSYNC, .file = file, .tag = tag});
}

static void
io_queue_allocate(struct hd_io *io, int file, uint64_t size, uint64_t tag)
{
	enqueue(io,
		(struct sim_op){.kind = SIM_ALLOCATE, .file = file, .offset = size, .tag = tag});
}

static void
io_queue_open(struct hd_io *io, const char *path, uint32_t flags, uint64_t tag)
{
	enqueue(io,
		(struct sim_op){
			.kind = SIM_OPEN, .file = -1, .path = path, .flags = flags, .tag = tag});
}

static void
io_queue_rename(struct hd_io *io, const char *from, const char *to, uint64_t tag)
{
	enqueue(io, (struct sim_op){
			    .kind = SIM_RENAME, .file = -1, .path = from, .to = to, .tag = tag});
}

static void
io_queue_remove(struct hd_io *io, const char *path, uint64_t tag)
{
	enqueue(io, (struct sim_op){.kind = SIM_REMOVE, .file = -1, .path = path, .tag = tag});
}

static void
io_sync_names(struct hd_io *io, const char *path, uint64_t tag)
{
	enqueue(io, (struct sim_op){.kind = SIM_SYNC_NAMES, .file = -1, .path = path, .tag = tag});
}

static uint32_t
shortened(struct machine *machine, uint32_t size)
{
	if (size <= DISK_BLOCK || machine_draw(machine, 100) >= (uint64_t)machine->options.shorts)
		return size;
	uint32_t sectors = (size - DISK_BLOCK) / DISK_SECTOR;
	return DISK_BLOCK + (uint32_t)machine_draw(machine, sectors) * DISK_SECTOR;
}

static int32_t
finish_write(struct machine *machine, const struct sim_op *op)
{
	uint64_t offset = op->offset;
	int error = error_of(machine, (op->flags & HD_IO_SYNC) != 0);
	if (error != 0)
		return error;
	uint32_t size = shortened(machine, op->size);
	if (machine->misdirect_next && offset >= 2 * DISK_BLOCK) {
		machine->misdirect_next = false;
		machine->misdirected = true;
		offset -= DISK_BLOCK;
		machine_note(machine, "a write goes elsewhere");
	}
	disk_write(&machine->disk, op->file, op->at, size, offset);
	if (op->flags & HD_IO_SYNC)
		disk_sync_range(&machine->disk, op->file, size, offset);
	machine->hooks.written(machine->hooks.context, op->file, offset, size);
	return (int32_t)size;
}

static int
open_file(struct disk *disk, const char *path, uint32_t flags)
{
	int file = disk_find(disk, path);
	if (flags & HD_IO_CREATE)
		file = disk_create(disk, path);
	if (file < 0)
		return flags & HD_IO_CREATE ? file : -ENOENT;
	disk->files[file].opens++;
	return file;
}

static int
sync_names(struct machine *machine, const char *path)
{
	int error = error_of(machine, true);
	if (error == 0)
		disk_sync_names(&machine->disk, path);
	return error;
}

static int32_t
finish(struct machine *machine, const struct sim_op *op)
{
	struct disk *disk = &machine->disk;
	int error;
	switch (op->kind) {
	case SIM_WRITE:
		return finish_write(machine, op);
	case SIM_READ:
		return (int32_t)disk_read(&machine->disk, op->file, op->at, op->size, op->offset);
	case SIM_FSYNC:
		error = error_of(machine, true);
		if (error != 0)
			disk_fail_sync(&machine->disk, op->file);
		else
			disk_sync(&machine->disk, op->file, op->asked);
		return error;
	case SIM_ALLOCATE:
		return disk_allocate(disk, op->file, op->offset);
	case SIM_OPEN:
		return open_file(disk, op->path, op->flags);
	case SIM_RENAME:
		return disk_rename(disk, op->path, op->to);
	case SIM_REMOVE:
		return disk_remove(disk, op->path);
	case SIM_SYNC_NAMES:
		return sync_names(machine, op->path);
	}
	HD_UNREACHABLE();
}

void
sim_io_finish(struct machine *machine, struct sim_op *op)
{
	struct sim_io *io = &machine->threads[op->thread].io;
	int32_t result = finish(machine, op);
	op->live = false;
	machine->ops_live--;
	HD_ASSERT(io->done_count < SIM_DONE);
	io->done[(io->done_first + io->done_count++) % SIM_DONE] =
		(struct hd_completion){.tag = op->tag, .result = result};
	struct sim_thread *thread = &machine->threads[op->thread];
	bool linger = io->linger_events > io->done_count && thread->state == SIM_ASLEEP;
	if (!linger) {
		machine_wake(machine, op->thread);
	} else if (thread->due > machine->now + io->linger_ns) {
		thread->due = machine->now + io->linger_ns;
	}
}

void
sim_io_abandon(struct machine *machine)
{
	static const uint32_t coins[] = {0, 50, 90, 100};
	uint32_t coin = coins[machine_draw(machine, 4)];
	for (uint32_t i = 0; i < SIM_OPS; i++) {
		struct sim_op *op = &machine->ops[i];
		bool sent = op->live && op->sent, write = sent && op->kind == SIM_WRITE;
		bool names = sent && (op->kind == SIM_RENAME || op->kind == SIM_REMOVE);
		op->live = false;
		if (names && machine_draw(machine, 100) < coin)
			(void)finish(machine, op);
		for (uint32_t at = 0; write && at < op->size; at += DISK_SECTOR) {
			uint32_t part = op->size - at < DISK_SECTOR ? op->size - at : DISK_SECTOR;
			if (machine_draw(machine, 100) < coin)
				disk_write(&machine->disk, op->file, op->at + at, part,
					   op->offset + at);
		}
		if (write)
			machine->hooks.written(machine->hooks.context, op->file, op->offset,
					       op->size);
	}
	machine->ops_live = 0;
}

/* Files, at once. */

static int
io_open(struct hd_io *io, const char *path, uint32_t flags)
{
	return open_file(&enter(io)->disk, path, flags);
}

static int
io_close(struct hd_io *io, int file)
{
	struct machine *machine = enter(io);
	for (uint32_t i = 0; i < SIM_OPS; i++)
		HD_ASSERT(!machine->ops[i].live || machine->ops[i].file != file ||
			  machine->ops[i].thread != io_of(io)->number);
	HD_ASSERT(machine->disk.files[file].opens > 0);
	machine->disk.files[file].opens--;
	return 0;
}

static int64_t
io_size(struct hd_io *io, int file)
{
	return (int64_t)enter(io)->disk.files[file].size;
}

static int
io_allocate(struct hd_io *io, int file, uint64_t size)
{
	return disk_allocate(&enter(io)->disk, file, size);
}

static int64_t
io_file_read(struct hd_io *io, int file, void *to, uint32_t size, uint64_t offset)
{
	return disk_read(&enter(io)->disk, file, to, size, offset);
}

static int64_t
io_file_write(struct hd_io *io, int file, const void *from, uint32_t size, uint64_t offset)
{
	struct machine *machine = enter(io);
	int error = error_of(machine, false);
	if (error != 0)
		return error;
	disk_write(&machine->disk, file, from, size, offset);
	return size;
}

static int
io_file_sync(struct hd_io *io, int file)
{
	struct machine *machine = enter(io);
	int error = error_of(machine, true);
	if (error != 0)
		disk_fail_sync(&machine->disk, file);
	else
		disk_sync(&machine->disk, file, machine->disk.clock);
	return error;
}

static int
io_rename(struct hd_io *io, const char *from, const char *to)
{
	return disk_rename(&enter(io)->disk, from, to);
}

static int
io_remove(struct hd_io *io, const char *path)
{
	return disk_remove(&enter(io)->disk, path);
}

static int
io_dir_make(struct hd_io *io, const char *path)
{
	(void)path;
	enter(io);
	return 0;
}

static int
io_dir_sync(struct hd_io *io, const char *path)
{
	return sync_names(enter(io), path);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
io_dir_list(struct hd_io *io, const char *path, void (*each)(void *context, const char *name),
	    void *context)
{
	const struct disk *disk = &enter(io)->disk;
	static char names[DISK_FILES][DISK_NAME];
	size_t length = strlen(path), count = 0;
	for (int i = 0; i < DISK_FILES; i++) {
		const struct disk_file *file = &disk->files[i];
		if (file->used && strncmp(file->name, path, length) == 0 &&
		    file->name[length] == '/' && strchr(file->name + length + 1, '/') == NULL)
			memcpy(names[count++], file->name + length + 1, DISK_NAME - length - 1);
	}
	qsort(names, count, DISK_NAME, by_name);
	for (size_t i = 0; i < count; i++)
		each(context, names[i]);
	return 0;
}

static int64_t
io_space(struct hd_io *io, const char *path)
{
	(void)path;
	return enter(io)->disk.space;
}

static const struct hd_io_ops io_ops = {
	.now = io_now,
	.wait = io_wait,
	.linger = io_linger,
	.wake = io_wake,
	.write = io_write,
	.read = io_read,
	.fsync = io_fsync,
	.allocate = io_queue_allocate,
	.open = io_queue_open,
	.rename = io_queue_rename,
	.remove = io_queue_remove,
	.sync_names = io_sync_names,
	.file_open = io_open,
	.file_close = io_close,
	.file_size = io_size,
	.file_allocate = io_allocate,
	.file_read = io_file_read,
	.file_write = io_file_write,
	.file_sync = io_file_sync,
	.file_rename = io_rename,
	.file_remove = io_remove,
	.dir_make = io_dir_make,
	.dir_sync = io_dir_sync,
	.dir_list = io_dir_list,
	.space = io_space,
};

void
sim_io_init(struct sim_io *io, struct machine *machine, uint32_t number)
{
	HD_ASSERT(number < SIM_THREADS);
	memset(io, 0, sizeof *io);
	io->io.ops = &io_ops;
	io->machine = machine;
	io->number = number;
}
