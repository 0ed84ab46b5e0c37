#include <errno.h>
#include <string.h>

#include "huntd/assert.h"
#include "shard/archive/pack.h"
#include "shard/log/state.h"

static const char *const failures[] = {
	[HD_MOVE_REUSE] = "cannot use again",
	[HD_MOVE_REMOVE] = "cannot remove",
	[HD_MOVE_RETIRE] = "cannot move into the archive",
};

static void
ask(struct hd_log *log, enum hd_log_move_step step)
{
	struct hd_log_move *move = &log->move;
	struct hd_io *io = log->io;
	const uint64_t tag = HD_IO_TAG(HD_IO_LOG, HD_LOG_TAG_MOVE);
	uint32_t create = move->kind == HD_MOVE_CREATE ? HD_IO_CREATE : 0;
	HD_ASSERT(move->kind != HD_MOVE_NONE);
	move->step = (uint8_t)step;
	switch (step) {
	case HD_STEP_OPEN:
		io->ops->open(io, move->from,
			      hd_segments_flags(&log->segments, create | HD_IO_WRITE), tag);
		break;
	case HD_STEP_ALLOCATE:
		io->ops->allocate(io, move->file, move->size, tag);
		break;
	case HD_STEP_RENAME:
		io->ops->rename(io, move->from, move->to, tag);
		break;
	case HD_STEP_REMOVE:
		io->ops->remove(io, move->from, tag);
		break;
	case HD_STEP_SYNC_ARCHIVE:
		io->ops->sync_names(io, move->archive, tag);
		break;
	case HD_STEP_SYNC:
		io->ops->sync_names(io, log->directory, tag);
		break;
	}
}

static _Noreturn void
give_in(const struct hd_log *log, int error)
{
	const struct hd_log_move *move = &log->move;
	if (move->kind == HD_MOVE_CREATE)
		hd_log_fail(log, log->current, "no next segment after", error);
	hd_log_fail_at(move->from, failures[move->kind], error);
}

static void
close_file(struct hd_log *log)
{
	struct hd_log_move *move = &log->move;
	if (move->file >= 0)
		log->io->ops->file_close(log->io, move->file);
	move->file = -1;
}

void
hd_log_move_create(struct hd_log *log, uint64_t size)
{
	struct hd_log_move *move = &log->move;
	HD_ASSERT(move->kind == HD_MOVE_NONE);
	HD_ASSERT(size > 0 && size % HD_FRAME_MAX == 0);
	move->kind = HD_MOVE_CREATE;
	move->file = -1;
	move->size = size;
	hd_segments_log_path(&log->segments, hd_segments_next(&log->segments), move->from);
	ask(log, HD_STEP_OPEN);
}

static void
has_no_space(struct hd_log *log)
{
	log->no_space = true;
	log->retry_at = log->space_at;
}

static bool
is_full(int error)
{
	return error == -ENOSPC || error == -EDQUOT;
}

static void
allocated(struct hd_log *log, int error)
{
	struct hd_log_move *move = &log->move;
	if (error == -EOPNOTSUPP)
		error = log->io->ops->file_allocate(log->io, move->file, move->size);
	if (is_full(error)) {
		has_no_space(log);
		close_file(log);
		move->kind = HD_MOVE_UNDO;
		ask(log, HD_STEP_REMOVE);
		return;
	}
	if (error < 0)
		give_in(log, error);
	hd_segments_push(&log->segments, move->file, move->size);
	move->kind = HD_MOVE_NONE;
	log->retry_at = 0;
	log->prepare = HD_PREPARE_FILL;
	log->filled = 0;
}

/* Its file is closed first: what is freed with its last name is freed by whoever removes it, and
 * with its last handle by whoever closes that. */
static void
remove_it(struct hd_log *log)
{
	log->move.kind = HD_MOVE_REMOVE;
	close_file(log);
	ask(log, HD_STEP_REMOVE);
}

/* What the file holds stays: all its blocks were written once, so no frame over them changes the
 * file system's metadata, and no old frame can be taken for one of the new use (segments.h). */
static void
reuse(struct hd_log *log)
{
	struct hd_log_move *move = &log->move;
	int64_t size = log->io->ops->file_size(log->io, move->file);
	if (size < 0)
		give_in(log, (int)size);
	uint64_t whole = (uint64_t)size / HD_BLOCK * HD_BLOCK;
	if (whole < move->size || whole > log->segment_bytes) {
		remove_it(log);
		return;
	}
	move->size = whole;
	hd_segments_log_path(&log->segments, hd_segments_next(&log->segments), move->to);
	ask(log, HD_STEP_RENAME);
}

/* The archive has no space: the file stays where it is for a while. What was forgotten of it are
 * the places of its frames; whoever asks for them is told of a newer oldest event. */
static void
stay(struct hd_log *log)
{
	hd_segments_unshift(&log->segments, &log->move.front);
	log->current++;
	log->no_space = true;
	log->move.kind = HD_MOVE_NONE;
}

static void
retire(struct hd_log *log, uint32_t number)
{
	struct hd_log_move *move = &log->move;
	close_file(log);
	hd_pack_directory(log->directory, move->archive);
	hd_pack_path(log->directory, number, HD_PACK_PLAIN, move->to);
	int error = log->archive_made ? 0 : log->io->ops->dir_make(log->io, move->archive);
	if (is_full(error)) {
		stay(log);
		return;
	}
	if (error < 0)
		give_in(log, error);
	log->archive_made = true;
	ask(log, HD_STEP_RENAME);
}

void
hd_log_move_front(struct hd_log *log, enum hd_log_move_kind kind, uint64_t size)
{
	struct hd_log_move *move = &log->move;
	HD_ASSERT(move->kind == HD_MOVE_NONE);
	HD_ASSERT(log->has_current && log->current > 0);
	const struct hd_segment front = hd_segments_shift(&log->segments);
	log->current--;
	hd_index_forget(&log->index, front.number);
	move->kind = (uint8_t)kind;
	move->front = front;
	move->file = front.file;
	move->size = size;
	move->began = log->io->ops->now(log->io);
	hd_segments_log_path(&log->segments, front.number, move->from);
	if (kind == HD_MOVE_REMOVE)
		remove_it(log);
	else if (kind == HD_MOVE_RETIRE)
		retire(log, front.number);
	else if (move->file < 0)
		ask(log, HD_STEP_OPEN);
	else
		reuse(log);
}

static void
opened(struct hd_log *log, int file)
{
	struct hd_log_move *move = &log->move;
	bool creates = move->kind == HD_MOVE_CREATE;
	if (file == -EINVAL && log->segments.direct)
		file = hd_segments_open_plain(&log->segments, move->from,
					      HD_IO_WRITE | (creates ? HD_IO_CREATE : 0));
	if (creates && is_full(file)) {
		has_no_space(log);
		move->kind = HD_MOVE_NONE;
		return;
	}
	if (file < 0)
		give_in(log, file);
	move->file = file;
	if (creates)
		ask(log, HD_STEP_ALLOCATE);
	else
		reuse(log);
}

/* The folder is synced: it is done. */
static void
ended(struct hd_log *log)
{
	struct hd_log_move *move = &log->move;
	bool reused = move->kind == HD_MOVE_REUSE;
	move->kind = HD_MOVE_NONE;
	if (!reused)
		return;
	uint64_t took = (uint64_t)(log->io->ops->now(log->io) - move->began);
	hd_segments_push(&log->segments, move->file, move->size);
	log->prepare = HD_PREPARE_READY;
	log->stats.recycled++;
	log->stats.recycle_ns_sum += took;
	if (took > log->stats.recycle_ns_max)
		log->stats.recycle_ns_max = took;
}

void
hd_log_move_complete(struct hd_log *log, int32_t result)
{
	struct hd_log_move *move = &log->move;
	HD_ASSERT(move->kind != HD_MOVE_NONE);
	if (move->step == HD_STEP_OPEN) {
		opened(log, result);
		return;
	}
	if (move->step == HD_STEP_ALLOCATE) {
		allocated(log, result);
		return;
	}
	if (move->kind == HD_MOVE_UNDO) {
		move->kind = HD_MOVE_NONE;
		return;
	}
	/* Once it was moved it is not tried again, whatever is lacking. */
	if (move->step == HD_STEP_RENAME && move->kind == HD_MOVE_RETIRE && is_full(result)) {
		stay(log);
		return;
	}
	if (result < 0)
		give_in(log, result);
	if (move->step == HD_STEP_SYNC)
		ended(log);
	else if (move->step == HD_STEP_RENAME && move->kind == HD_MOVE_RETIRE)
		ask(log, HD_STEP_SYNC_ARCHIVE);
	else
		ask(log, HD_STEP_SYNC);
}
