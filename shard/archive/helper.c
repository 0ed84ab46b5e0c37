#include "shard/archive/helper.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "huntd/assert.h"

#define NAME_DIGITS 8

static uint32_t
shard_of(const struct hd_helper *helper, const struct hd_archive *archive)
{
	return (uint32_t)(archive - helper->of);
}

static int
sync_directory(struct hd_helper *helper, const struct hd_archive *archive)
{
	char path[HD_PACK_PATH];
	hd_pack_directory(archive->directory, path);
	return helper->io->ops->dir_sync(helper->io, path);
}

/* Looking. */

static uint64_t
plain_size(struct hd_helper *helper, const struct hd_archive *archive, uint32_t number)
{
	char path[HD_PACK_PATH];
	struct hd_io *io = helper->io;
	hd_pack_path(archive->directory, number, HD_PACK_PLAIN, path);
	int file = io->ops->file_open(io, path, 0);
	if (file < 0)
		return 0;
	int64_t size = io->ops->file_size(io, file);
	io->ops->file_close(io, file);
	return size < 0 ? 0 : (uint64_t)size;
}

struct looking {
	struct hd_helper *helper;
	struct hd_archive *archive;
};

static void
take_name(void *context, const char *name)
{
	const struct looking *looking = context;
	struct hd_archive *archive = looking->archive;
	unsigned number = 0;
	int digits = 0;
	if (sscanf(name, "%8u%n", &number, &digits) != 1 || digits != NAME_DIGITS || number == 0)
		return;
	bool plain = strcmp(name + digits, ".log") == 0;
	uint32_t *first = plain ? &archive->plain : &archive->packed;
	if (!plain && strcmp(name + digits, ".log.zst") != 0)
		return;
	if (plain)
		archive->plain_bytes += plain_size(looking->helper, archive, number);
	if (*first == 0)
		*first = number;
	if (archive->oldest == 0)
		archive->oldest = number;
	archive->newest = number;
}

/* What one packed segment is; false: it is not there, or not good. */
static bool
look_at(struct hd_helper *helper, const struct hd_archive *archive, uint32_t number,
	struct hd_pack_header *header)
{
	char path[HD_PACK_PATH];
	hd_pack_path(archive->directory, number, HD_PACK_PACKED, path);
	return hd_pack_look(helper->io, path, number, header) == 0;
}

static void
measure(struct hd_helper *helper, struct hd_archive *archive)
{
	struct hd_pack_header header;
	archive->measured = true;
	archive->bytes = 0;
	for (uint32_t i = archive->oldest; i != 0 && i <= archive->newest; i++) {
		if (look_at(helper, archive, i, &header))
			archive->bytes += sizeof header + header.packed;
	}
}

/* Removes the oldest segments while there are too many bytes, one after the other, so that what is
 * left has no gap. */
static void
trim(struct hd_helper *helper, struct hd_archive *archive)
{
	char path[HD_PACK_PATH];
	struct hd_pack_header header;
	while (helper->archive_max != 0 &&
	       archive->bytes + archive->plain_bytes > helper->archive_max &&
	       archive->oldest < archive->newest) {
		uint32_t number = archive->oldest;
		bool packed = look_at(helper, archive, number, &header);
		uint64_t size = packed ? sizeof header + header.packed
				       : plain_size(helper, archive, number);
		uint64_t *bytes = packed ? &archive->bytes : &archive->plain_bytes;
		for (int i = 0; i < 2; i++) {
			hd_pack_path(archive->directory, number, i ? HD_PACK_PLAIN : HD_PACK_PACKED,
				     path);
			int error = helper->io->ops->file_remove(helper->io, path);
			if (error < 0 && error != -ENOENT)
				return;
		}
		if (sync_directory(helper, archive) < 0)
			return;
		*bytes -= size < *bytes ? size : *bytes;
		archive->oldest++;
	}
}

static void
list(struct hd_helper *helper, struct hd_archive *archive)
{
	char path[HD_PACK_PATH];
	struct looking looking = {helper, archive};
	archive->oldest = archive->newest = archive->packed = archive->plain = 0;
	archive->plain_bytes = 0;
	hd_pack_directory(archive->directory, path);
	/* A directory that is not there or cannot be read holds nothing to do. */
	(void)helper->io->ops->dir_list(helper->io, path, take_name, &looking);
}

static void
look(struct hd_helper *helper, struct hd_archive *archive)
{
	struct hd_pack_header header;
	HD_ASSERT(!archive->looked);
	archive->looked = true;
	list(helper, archive);
	if (helper->archive_max != 0 && !archive->measured)
		measure(helper, archive);
	uint32_t oldest = archive->oldest;
	trim(helper, archive);
	if (archive->oldest != oldest)
		list(helper, archive);
	archive->oldest_lsn = 0;
	if (archive->packed != 0 && look_at(helper, archive, archive->packed, &header))
		archive->oldest_lsn = header.first_lsn;
}

/* Packing. */

static void
tell(struct hd_helper *helper, const struct hd_archive *archive, uint32_t number, int error)
{
	struct hd_cell cell = {.type = HD_CELL_ARCHIVED,
			       .a = number,
			       .b = error,
			       .c = (int64_t)archive->oldest_lsn};
	hd_post_send(helper->post, shard_of(helper, archive), &cell);
}

static void
drop_job(struct hd_helper *helper)
{
	struct hd_archive_job *job = &helper->job;
	if (job->of == NULL)
		return;
	char path[HD_PACK_PATH];
	hd_pack_path(job->of->directory, job->number, HD_PACK_NEW, path);
	hd_packer_fini(&job->packer);
	if (job->file >= 0)
		helper->io->ops->file_close(helper->io, job->file);
	/* After the rename there is none. */
	(void)helper->io->ops->file_remove(helper->io, path);
	*job = (struct hd_archive_job){0};
}

static void
end_job(struct hd_helper *helper, int error)
{
	struct hd_archive *archive = helper->job.of;
	uint32_t number = helper->job.number;
	HD_ASSERT(archive != NULL && number != 0);
	drop_job(helper);
	archive->looked = error < 0;
	if (error < 0 && number == archive->plain)
		archive->plain = 0; /* until the next look */
	if (number == archive->asked) {
		archive->asked = 0;
		/* Where packing fails the log moves segments here as they are: those count too. */
		archive->looked = false;
		look(helper, archive);
		tell(helper, archive, number, error);
	}
}

/* The segment in the log, or where the log moved it. */
static int
open_source(struct hd_helper *helper, const struct hd_archive *archive, uint32_t number)
{
	struct hd_io *io = helper->io;
	char path[HD_PACK_PATH];
	int length = snprintf(path, sizeof path, "%s/%08u.log", archive->directory, number);
	HD_ASSERT(length > 0 && length < (int)sizeof path);
	for (int i = 0; i < 2; i++) {
		int file = io->ops->file_open(io, path, HD_IO_DIRECT);
		if (file == -EINVAL)
			file = io->ops->file_open(io, path, 0);
		if (file != -ENOENT)
			return file;
		hd_pack_path(archive->directory, number, HD_PACK_PLAIN, path);
	}
	return -ENOENT;
}

static void
begin_job(struct hd_helper *helper, struct hd_archive *archive, uint32_t number)
{
	struct hd_archive_job *job = &helper->job;
	struct hd_io *io = helper->io;
	char path[HD_PACK_PATH];
	HD_ASSERT(job->of == NULL && number != 0);
	*job = (struct hd_archive_job){.of = archive, .number = number};
	job->file = open_source(helper, archive, number);
	int64_t size = job->file < 0 ? job->file : io->ops->file_size(io, job->file);
	int error = 0;
	if (size < 0) {
		error = (int)size;
	} else {
		job->size = (uint64_t)size / HD_BLOCK * HD_BLOCK;
		hd_pack_directory(archive->directory, path);
		error = io->ops->dir_make(io, path);
	}
	if (error == 0)
		error = io->ops->dir_sync(io, archive->directory);
	if (error == 0) {
		hd_pack_path(archive->directory, number, HD_PACK_NEW, path);
		error = hd_packer_begin(&job->packer, io, &helper->plain, path, number);
	}
	if (error < 0)
		end_job(helper, error);
}

/* Gives the packed file its name; what it was made of in the archive goes. */
static int
name_packed(struct hd_helper *helper)
{
	const struct hd_archive_job *job = &helper->job;
	struct hd_io *io = helper->io;
	char from[HD_PACK_PATH], to[HD_PACK_PATH], plain[HD_PACK_PATH];
	hd_pack_path(job->of->directory, job->number, HD_PACK_NEW, from);
	hd_pack_path(job->of->directory, job->number, HD_PACK_PACKED, to);
	hd_pack_path(job->of->directory, job->number, HD_PACK_PLAIN, plain);
	int error = io->ops->file_rename(io, from, to);
	if (error == 0)
		error = sync_directory(helper, job->of);
	if (error < 0)
		return error;
	error = io->ops->file_remove(io, plain);
	return error == -ENOENT ? 0 : error;
}

static void
finish_job(struct hd_helper *helper)
{
	struct hd_archive_job *job = &helper->job;
	HD_ASSERT(job->at == job->size);
	int error = hd_packer_end(&job->packer);
	if (error == 0)
		error = name_packed(helper);
	if (error == 0)
		job->of->bytes += sizeof job->packer.header + job->packer.header.packed;
	end_job(helper, error);
}

/* Follows the frames of the segment's own uuid through a piece. False: one stands behind their end,
 * so something before it was damaged. */
static bool
follow_frames(struct hd_archive_job *job, struct hd_bytes piece)
{
	for (uint32_t i = 0; i < piece.size; i += HD_BLOCK) {
		struct hd_frame frame;
		uint64_t at = job->at + i;
		enum hd_frame_state state = HD_FRAME_NONE;
		if (at >= job->end)
			state = hd_frame_read(hd_bytes_of(piece.at + i, piece.size - i), &frame);
		if (state == HD_FRAME_NONE)
			continue;
		if (at == 0) {
			job->packer.header.first_lsn = frame.header.first_lsn;
			memcpy(job->uuid, frame.header.segment, sizeof job->uuid);
			if (!hd_frame_begins(&frame.header, job->number))
				return false;
		}
		if (memcmp(frame.header.segment, job->uuid, sizeof job->uuid) != 0)
			continue;
		if (at > job->end || state == HD_FRAME_NEWER)
			return false;
		job->end += frame.size;
	}
	return job->end > 0;
}

/* From the start, everything up to the last block that is not zero. */
static int
pack_all(struct hd_helper *helper)
{
	struct hd_archive_job *job = &helper->job;
	HD_ASSERT(!job->all);
	char path[HD_PACK_PATH];
	uint64_t first_lsn = job->packer.header.first_lsn;
	hd_packer_fini(&job->packer);
	job->all = true;
	job->at = 0;
	hd_pack_path(job->of->directory, job->number, HD_PACK_NEW, path);
	int error = hd_packer_begin(&job->packer, helper->io, &helper->plain, path, job->number);
	job->packer.header.first_lsn = first_lsn;
	return error;
}

/* Packs of a piece what this use of the file wrote: behind that stand zeros, or earlier uses. Where
 * it is damaged all of the file is packed, for somebody may still make something of it. */
static int
pack_frames(struct hd_helper *helper, struct hd_bytes piece)
{
	struct hd_archive_job *job = &helper->job;
	HD_ASSERT(piece.size % HD_BLOCK == 0);
	if (!job->all && !follow_frames(job, piece))
		return pack_all(helper);
	uint64_t size = piece.size;
	if (!job->all && job->end < job->at + size)
		size = job->end > job->at ? job->end - job->at : 0;
	job->at += piece.size;
	return hd_packer_take(&job->packer, piece.at, (uint32_t)size);
}

static void
pack_piece(struct hd_helper *helper)
{
	struct hd_archive_job *job = &helper->job;
	uint64_t left = job->size - job->at;
	uint32_t size = left < HD_PACK_PIECE ? (uint32_t)left : HD_PACK_PIECE;
	HD_ASSERT(size > 0 && size % HD_BLOCK == 0);
	int64_t got =
		helper->io->ops->file_read(helper->io, job->file, helper->piece, size, job->at);
	if (got < HD_BLOCK) {
		end_job(helper, got < 0 ? (int)got : -EIO);
		return;
	}
	uint32_t whole = (uint32_t)got / HD_BLOCK * HD_BLOCK;
	int error = pack_frames(helper, hd_bytes_of(helper->piece, whole));
	if (error < 0)
		end_job(helper, error);
}

/* The next thing to do for a shard; false: nothing. */
static bool
serve(struct hd_helper *helper, struct hd_archive *archive)
{
	if (archive->directory[0] == '\0')
		return false;
	if (!archive->looked) {
		look(helper, archive);
		tell(helper, archive, 0, 0);
		return true;
	}
	uint32_t number = archive->asked != 0 ? archive->asked : archive->plain;
	if (number == 0)
		return false;
	begin_job(helper, archive, number);
	return true;
}

/* One bounded piece of work; false: there is none. */
static bool
step(struct hd_helper *helper)
{
	struct hd_archive_job *job = &helper->job;
	if (job->of != NULL) {
		if (job->at < job->size)
			pack_piece(helper);
		else
			finish_job(helper);
		return true;
	}
	for (uint32_t i = 0; i < helper->shards; i++) {
		struct hd_archive *archive = &helper->of[helper->turn++ % helper->shards];
		if (serve(helper, archive))
			return true;
	}
	return false;
}

/* The thread. */

static void
take_cell(void *context, const struct hd_cell *cell)
{
	struct hd_helper *helper = context;
	if (cell->type == HD_CELL_FINISH) {
		helper->finished = true;
		return;
	}
	HD_ASSERT(cell->type == HD_CELL_ARCHIVE);
	HD_ASSERT(cell->from < helper->shards);
	struct hd_archive *archive = &helper->of[cell->from];
	if (cell->block != NULL) {
		struct hd_bytes path = hd_block_used(cell->block);
		HD_ASSERT(path.size < sizeof archive->directory);
		memcpy(archive->directory, path.at, path.size);
		archive->directory[path.size] = '\0';
		hd_post_give(helper->post, cell->block);
		hd_scrub_know(&helper->scrub, cell->from, archive->directory);
	}
	if (cell->a != 0)
		archive->asked = (uint32_t)cell->a;
}

void
hd_helper_open(struct hd_helper *helper, struct hd_mesh *mesh)
{
	HD_ASSERT(helper->shards > 0 && helper->io != NULL);
	hd_blocks_init(&helper->blocks, &helper->plain, (uint16_t)helper->number);
	helper->post =
		hd_post_create(mesh, helper->number, helper->io, &helper->plain, &helper->blocks);
	helper->piece = hd_memory_take(&helper->plain, HD_PACK_PIECE, HD_BLOCK);
	helper->scrub.io = helper->io;
	helper->scrub.memory = &helper->plain;
	helper->scrub.shards = helper->shards;
}

/* A piece of scrubbing where its time has come. Returns ns until the next, below 0: there is none.
 */
static int64_t
scrub(struct hd_helper *helper)
{
	struct hd_scrub *scrub = &helper->scrub;
	struct hd_scrub_damage damage;
	if (helper->finished || hd_scrub_due(scrub) == INT64_MAX)
		return -1;
	int64_t now = helper->io->ops->now(helper->io);
	if (now >= hd_scrub_due(scrub) && hd_scrub_step(scrub, now, &damage)) {
		struct hd_cell cell = {.type = HD_CELL_DAMAGED,
				       .a = damage.kind,
				       .b = (int64_t)damage.id,
				       .c = (int64_t)damage.offset,
				       .d = damage.fault};
		hd_post_send(helper->post, damage.shard, &cell);
	}
	int64_t left = hd_scrub_due(scrub) - now;
	HD_ASSERT(left > 0);
	return left;
}

bool
hd_helper_pass(struct hd_helper *helper)
{
	struct hd_completion completions[8];
	bool worked = !helper->finished && step(helper);
	int64_t timeout = scrub(helper);
	hd_post_publish(helper->post);
	if (worked || !hd_post_sleep(helper->post))
		timeout = 0;
	helper->io->ops->wait(helper->io, timeout, completions, 8);
	hd_post_awake(helper->post);
	hd_post_receive(helper->post, take_cell, helper);
	hd_post_publish(helper->post);
	if (helper->finished) { /* its io ends before it is closed */
		drop_job(helper);
		hd_scrub_rest(&helper->scrub);
	}
	return !helper->finished;
}

void
hd_helper_close(struct hd_helper *helper)
{
	HD_ASSERT(helper->post != NULL);
	drop_job(helper);
	hd_scrub_close(&helper->scrub);
	hd_memory_give(&helper->plain, helper->piece, HD_PACK_PIECE);
	hd_post_destroy(helper->post);
	hd_blocks_fini(&helper->blocks);
}
