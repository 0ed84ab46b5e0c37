#include "shard/archive/scrub.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "huntd/assert.h"

#define NS_PER_S    1000000000
#define NAME_DIGITS 8

/* What there is. */

static void
widen(uint32_t *first, uint32_t *last, uint32_t number)
{
	if (*first == 0 || number < *first)
		*first = number;
	if (number > *last)
		*last = number;
}

static void
take_name(void *context, const char *name)
{
	struct hd_scrub_list *list = context;
	unsigned number = 0;
	int digits = 0;
	if (sscanf(name, "%8u%n", &number, &digits) != 1 || digits != NAME_DIGITS || number == 0)
		return;
	if (strcmp(name + digits, ".log") == 0)
		widen(&list->first, &list->last, number);
	else if (strcmp(name + digits, ".log.zst") == 0)
		widen(&list->packed_first, &list->packed_last, number);
}

/* A directory that is not there holds nothing. */
static void
list_shard(struct hd_scrub *scrub, uint32_t shard, struct hd_scrub_list *list)
{
	struct hd_io *io = scrub->io;
	char archive[HD_PACK_PATH];
	HD_ASSERT(scrub->directory[shard] != NULL);
	(void)hd_snapshots_list(io, scrub->directory[shard], &list->snapshots);
	list->packed_first = list->packed_last = list->first = list->last = 0;
	hd_pack_directory(scrub->directory[shard], archive);
	(void)io->ops->dir_list(io, scrub->directory[shard], take_name, list);
	(void)io->ops->dir_list(io, archive, take_name, list);
}

static uint32_t
span(uint32_t first, uint32_t last)
{
	return first == 0 ? 0 : last - first + 1;
}

static uint32_t
count_list(const struct hd_scrub_list *list)
{
	return list->snapshots.count + span(list->packed_first, list->packed_last) +
	       span(list->first, list->last);
}

/* The n-th file of the list. */
static void
pick(const struct hd_scrub_list *list, uint32_t n, struct hd_check *check)
{
	uint32_t packed = span(list->packed_first, list->packed_last);
	HD_ASSERT(n < count_list(list));
	if (n < list->snapshots.count) {
		check->kind = HD_CHECK_SNAPSHOT;
		check->id = list->snapshots.lsn[n];
	} else if (n - list->snapshots.count < packed) {
		check->kind = HD_CHECK_PACKED;
		check->id = list->packed_first + n - list->snapshots.count;
	} else {
		check->kind = HD_CHECK_SEGMENT;
		check->id = list->first + n - list->snapshots.count - packed;
	}
}

/* Opening. */

/* Where segment `number` lies: in the log, or as it was in the archive. Below 0: -errno. */
static int
open_segment(struct hd_scrub *scrub, uint32_t number, char path[static HD_SNAPSHOT_PATH])
{
	char moved[HD_PACK_PATH];
	const char *directory = scrub->directory[scrub->shard];
	int length = snprintf(path, HD_SNAPSHOT_PATH, "%.600s/%08u.log", directory, number);
	HD_ASSERT(length > 0 && length < (int)HD_SNAPSHOT_PATH);
	int file = hd_snapshot_open_file(scrub->io, path, 0);
	if (file != -ENOENT)
		return file;
	hd_pack_path(directory, number, HD_PACK_PLAIN, moved);
	HD_ASSERT(strlen(moved) < HD_SNAPSHOT_PATH);
	memcpy(path, moved, strlen(moved) + 1);
	return hd_snapshot_open_file(scrub->io, path, 0);
}

static int
open_file(struct hd_scrub *scrub, const struct hd_check *check)
{
	char packed[HD_PACK_PATH];
	const char *directory = scrub->directory[scrub->shard];
	if (check->kind == HD_CHECK_SEGMENT)
		return open_segment(scrub, (uint32_t)check->id, scrub->path);
	if (check->kind == HD_CHECK_SNAPSHOT) {
		hd_snapshot_path(directory, check->id, true, scrub->path);
	} else {
		hd_pack_path(directory, (uint32_t)check->id, HD_PACK_PACKED, packed);
		HD_ASSERT(strlen(packed) < HD_SNAPSHOT_PATH);
		memcpy(scrub->path, packed, strlen(packed) + 1);
	}
	return hd_snapshot_open_file(scrub->io, scrub->path, 0);
}

/* The first header of segment `number`. False: there is none. */
static bool
look_at(struct hd_scrub *scrub, uint32_t number, struct hd_frame_header *header)
{
	struct hd_io *io = scrub->io;
	struct hd_frame frame;
	char path[HD_SNAPSHOT_PATH];
	int file = open_segment(scrub, number, path);
	if (file < 0)
		return false;
	int64_t got = io->ops->file_read(io, file, scrub->buffer, HD_BLOCK, 0);
	io->ops->file_close(io, file);
	if (got < HD_BLOCK)
		return false;
	enum hd_frame_state state = hd_frame_read(hd_bytes_of(scrub->buffer, HD_BLOCK), &frame);
	*header = frame.header;
	return state != HD_FRAME_NONE && state != HD_FRAME_NEWER && header->log == scrub->shard;
}

/* Has the log left this segment? The next one may be prepared only: then its first block is zeros,
 * or an old frame of the file that it was. One after that is there where the next is damaged. */
static bool
is_left(struct hd_scrub *scrub, struct hd_check *check)
{
	struct hd_frame_header own, next, later;
	uint32_t number = (uint32_t)check->id;
	if (look_at(scrub, number, &own) && own.first_lsn > scrub->floor)
		scrub->floor = own.first_lsn;
	bool there = look_at(scrub, number + 1, &next);
	bool left = (there && next.first_lsn > scrub->floor) ||
		    (look_at(scrub, number + 2, &later) && later.first_lsn > scrub->floor);
	if (!left || !there)
		return left;
	check->link = (struct hd_check_link){.known = true, .first_lsn = next.first_lsn};
	memcpy(check->link.previous, next.previous, HD_FRAME_HASH);
	return true;
}

/* Pace. */

static void
wait_until(struct hd_scrub *scrub, int64_t now, int64_t due)
{
	int64_t soonest = now + HD_SCRUB_PAUSE_NS;
	scrub->due = due > soonest ? due : soonest;
}

static int64_t
start_of(const struct hd_scrub *scrub, uint32_t file)
{
	return scrub->began + scrub->share * file;
}

static void
close_file(struct hd_scrub *scrub)
{
	HD_ASSERT(scrub->reading);
	if (scrub->file >= 0)
		scrub->io->ops->file_close(scrub->io, scrub->file);
	hd_check_fini(&scrub->check);
	scrub->reading = false;
}

/* On to the next one. */
static void
leave_file(struct hd_scrub *scrub, int64_t now)
{
	HD_ASSERT(!scrub->reading);
	scrub->again = false;
	scrub->next++;
	scrub->files++;
	wait_until(scrub, now, start_of(scrub, scrub->files));
}

/* Damage. */

struct named {
	const char *name;
	bool found;
};

static void
compare_name(void *context, const char *name)
{
	struct named *named = context;
	named->found |= strcmp(named->name, name) == 0;
}

/* Does the file still have its name? */
static bool
is_listed(struct hd_scrub *scrub)
{
	char directory[HD_SNAPSHOT_PATH];
	char *slash = strrchr(scrub->path, '/');
	HD_ASSERT(slash != NULL);
	struct named named = {.name = slash + 1};
	snprintf(directory, sizeof directory, "%.*s", (int)(slash - scrub->path), scrub->path);
	int error = scrub->io->ops->dir_list(scrub->io, directory, compare_name, &named);
	return error == 0 && named.found;
}

/* The row of the file in `told`; -1: it is not there. */
static int
find_told(const struct hd_scrub *scrub)
{
	for (uint32_t i = 0; i < HD_SCRUB_TOLD && i < scrub->told_count; i++) {
		const struct hd_scrub_damage *told = &scrub->told[i];
		if (told->shard == scrub->shard && told->kind == scrub->check.kind &&
		    told->id == scrub->check.id)
			return (int)i;
	}
	return -1;
}

/* The first time it is read again; the second time, where it is still there, it counts. */
static bool
suspect(struct hd_scrub *scrub, int64_t now, struct hd_scrub_damage *damage)
{
	const struct hd_check *check = &scrub->check;
	close_file(scrub);
	if (!scrub->again) {
		scrub->again = true;
		wait_until(scrub, now, now);
		return false;
	}
	bool news = is_listed(scrub) && find_told(scrub) < 0;
	*damage = (struct hd_scrub_damage){.shard = scrub->shard,
					   .kind = check->kind,
					   .fault = check->fault,
					   .id = check->id,
					   .offset = check->at};
	if (news)
		scrub->told[scrub->told_count++ % HD_SCRUB_TOLD] = *damage;
	leave_file(scrub, now);
	return news;
}

/* Steps. */

static void
begin_pass(struct hd_scrub *scrub, int64_t now)
{
	uint32_t files = 0;
	HD_ASSERT(!scrub->running && !scrub->reading);
	if (scrub->buffer == NULL)
		scrub->buffer = hd_memory_take(scrub->memory, HD_SCRUB_BUFFER, HD_BLOCK);
	for (uint32_t i = scrub->shards; i > 0; i--) {
		list_shard(scrub, i - 1, &scrub->list);
		files += count_list(&scrub->list);
	}
	scrub->running = true;
	scrub->began = now;
	scrub->share = scrub->period / 4 * 3 / (files > 0 ? files : 1);
	scrub->files = scrub->shard = scrub->next = 0;
	scrub->floor = 0;
	wait_until(scrub, now, now);
}

static void
end_pass(struct hd_scrub *scrub, int64_t now)
{
	const struct hd_runtime_hooks *hooks = scrub->hooks;
	int64_t wall = hooks->wall_clock(hooks->context) / NS_PER_S;
	for (uint32_t i = 0; i < scrub->shards; i++)
		HD_GAUGE(scrub->stats[i].metrics.scrub_last_pass, wall);
	scrub->running = false;
	wait_until(scrub, now, scrub->began + scrub->period);
}

/* The next shard's files, as they are now. */
static void
next_shard(struct hd_scrub *scrub, int64_t now)
{
	scrub->shard++;
	scrub->next = 0;
	scrub->floor = 0;
	if (scrub->shard == scrub->shards) {
		end_pass(scrub, now);
		return;
	}
	list_shard(scrub, scrub->shard, &scrub->list);
	wait_until(scrub, now, start_of(scrub, scrub->files));
}

/* Opens the next file. True: damage. */
static bool
begin_file(struct hd_scrub *scrub, int64_t now, struct hd_scrub_damage *damage)
{
	struct hd_check *check = &scrub->check;
	struct hd_io *io = scrub->io;
	HD_ASSERT(!scrub->reading);
	*check = (struct hd_check){.log = scrub->shard, .memory = scrub->memory};
	pick(&scrub->list, scrub->next, check);
	if (check->kind == HD_CHECK_SEGMENT && !is_left(scrub, check)) {
		leave_file(scrub, now);
		return false;
	}
	scrub->file = open_file(scrub, check);
	if (scrub->file == -ENOENT) {
		leave_file(scrub, now);
		return false;
	}
	scrub->reading = true;
	scrub->from = 0;
	scrub->used = 0;
	int64_t size = scrub->file < 0 ? scrub->file : io->ops->file_size(io, scrub->file);
	if (size < 0) {
		check->fault = HD_CHECK_UNREADABLE;
		return suspect(scrub, now, damage);
	}
	check->size = (uint64_t)size;
	wait_until(scrub, now, now);
	return false;
}

/* Reads up to a piece behind what is there; whole blocks, but at the file's end. False: it cannot.
 */
static bool
read_piece(struct hd_scrub *scrub)
{
	struct hd_io *io = scrub->io;
	uint64_t at = scrub->from + scrub->used, left = scrub->check.size - at;
	uint64_t blocks = (left + HD_BLOCK - 1) / HD_BLOCK * HD_BLOCK;
	uint32_t room = HD_SCRUB_BUFFER - scrub->used;
	uint32_t size = room < HD_PACK_PIECE ? room : HD_PACK_PIECE;
	HD_ASSERT(at <= scrub->check.size && at % HD_BLOCK == 0 && room > 0);
	if (blocks < size)
		size = (uint32_t)blocks;
	if (size == 0)
		return true;
	int64_t got = io->ops->file_read(io, scrub->file, scrub->buffer + scrub->used, size, at);
	uint32_t whole = got < 0 ? 0 : (uint32_t)got / HD_BLOCK * HD_BLOCK;
	if (got >= 0 && (uint64_t)got >= left)
		whole = (uint32_t)left;
	scrub->used += whole;
	HD_COUNT(scrub->stats[scrub->shard].metrics.scrub_bytes, whole);
	return whole > 0;
}

/* Forgets the blocks that the check is through with. */
static void
slide(struct hd_scrub *scrub)
{
	uint64_t gone = scrub->check.at / HD_BLOCK * HD_BLOCK - scrub->from;
	HD_ASSERT(gone <= scrub->used);
	memmove(scrub->buffer, scrub->buffer + gone, scrub->used - gone);
	scrub->from += gone;
	scrub->used -= (uint32_t)gone;
}

static bool
check_piece(struct hd_scrub *scrub, int64_t now, struct hd_scrub_damage *damage)
{
	struct hd_check *check = &scrub->check;
	HD_ASSERT(scrub->reading && !check->done);
	if (!read_piece(scrub)) {
		check->fault = HD_CHECK_UNREADABLE;
		return suspect(scrub, now, damage);
	}
	uint32_t skip = (uint32_t)(check->at - scrub->from);
	if (!hd_check_take(check, hd_bytes_of(scrub->buffer + skip, scrub->used - skip)))
		return suspect(scrub, now, damage);
	if (check->done) {
		int told = find_told(scrub);
		if (told >= 0)
			scrub->told[told].id = 0; /* it is another now */
		close_file(scrub);
		leave_file(scrub, now);
		return false;
	}
	slide(scrub);
	uint64_t part = check->at * HD_KIB / check->size;
	int64_t due = start_of(scrub, scrub->files) + scrub->share / HD_KIB * (int64_t)part;
	wait_until(scrub, now, scrub->again ? now : due);
	return false;
}

void
hd_scrub_know(struct hd_scrub *scrub, uint32_t shard, const char *directory)
{
	HD_ASSERT(shard < scrub->shards && scrub->directory[shard] == NULL);
	HD_ASSERT(directory[0] != '\0');
	scrub->directory[shard] = directory;
	scrub->known++;
}

int64_t
hd_scrub_due(const struct hd_scrub *scrub)
{
	return scrub->period > 0 && scrub->known == scrub->shards ? scrub->due : INT64_MAX;
}

bool
hd_scrub_step(struct hd_scrub *scrub, int64_t now, struct hd_scrub_damage *damage)
{
	HD_ASSERT(scrub->io != NULL && scrub->stats != NULL && scrub->hooks != NULL);
	HD_ASSERT(now >= hd_scrub_due(scrub));
	if (!scrub->running)
		begin_pass(scrub, now);
	else if (scrub->reading)
		return check_piece(scrub, now, damage);
	else if (scrub->next < count_list(&scrub->list))
		return begin_file(scrub, now, damage);
	else
		next_shard(scrub, now);
	return false;
}

void
hd_scrub_rest(struct hd_scrub *scrub)
{
	if (scrub->reading)
		close_file(scrub);
	HD_ASSERT(!scrub->reading);
}

void
hd_scrub_close(struct hd_scrub *scrub)
{
	hd_scrub_rest(scrub);
	if (scrub->buffer != NULL)
		hd_memory_give(scrub->memory, scrub->buffer, HD_SCRUB_BUFFER);
	scrub->buffer = NULL;
}
