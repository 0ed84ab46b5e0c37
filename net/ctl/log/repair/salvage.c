#include "net/ctl/log/repair/salvage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "shard/log/frame.h"
#include "shard/snapshot/reader.h"
#include "shard/snapshot/writer.h"

static bool
failed(struct hd_ctl_salvage *salvage, const char *what, const char *path, int error)
{
	snprintf(salvage->message, sizeof salvage->message, "cannot %s %.500s: %s", what, path,
		 strerror(error));
	return false;
}

/* Finding. */

static void *
grown(void *at, uint64_t *room, uint64_t need, size_t size)
{
	if (need <= *room)
		return at;
	*room = need > *room * 2 ? need + 1024 : *room * 2;
	at = realloc(at, *room * size);
	HD_ASSERT(at);
	return at;
}

/* Where bytes of a body stand now. */
static uint64_t
put_body(struct hd_ctl_salvage *salvage, struct hd_bytes body)
{
	uint64_t at = salvage->bodies_used;
	salvage->bodies = grown(salvage->bodies, &salvage->bodies_room, at + body.size, 1);
	memcpy(salvage->bodies + at, body.at, body.size);
	salvage->bodies_used += body.size;
	return at;
}

bool
hd_ctl_salvage_take(void *context, const struct hd_log_event *event)
{
	struct hd_ctl_salvage *salvage = context;
	if (event->lsn <= salvage->after)
		return true;
	HD_ASSERT(event->lsn == salvage->after + salvage->count + 1);
	salvage->rows =
		grown(salvage->rows, &salvage->room, salvage->count + 1, sizeof *salvage->rows);
	salvage->rows[salvage->count++] =
		(struct hd_ctl_saved){.stamp = event->stamp,
				      .at = put_body(salvage, event->body),
				      .size = event->body.size,
				      .type = event->type};
	salvage->last = event->lsn;
	return true;
}

/* The event as it will stand in the log, its body in `salvage`. */
static struct hd_ctl_saved
encoded(struct hd_ctl_salvage *salvage, const struct hd_event *event)
{
	uint32_t room = hd_event_size_max(event);
	uint8_t *body = malloc(room);
	HD_ASSERT(body);
	struct hd_writer out = hd_writer_of(body, room);
	hd_event_encode(event, &out);
	HD_ASSERT(!out.full);
	struct hd_bytes bytes = {body, (uint32_t)(out.at - body)};
	struct hd_ctl_saved row = {.stamp = event->stamp,
				   .at = put_body(salvage, bytes),
				   .size = bytes.size,
				   .type = event->type};
	free(body);
	return row;
}

void
hd_ctl_salvage_add(struct hd_ctl_salvage *salvage, const struct hd_event *event)
{
	salvage->rows =
		grown(salvage->rows, &salvage->room, salvage->count + 1, sizeof *salvage->rows);
	salvage->rows[salvage->count++] = encoded(salvage, event);
	salvage->last = salvage->after + salvage->count;
}

bool
hd_ctl_salvage_skip(struct hd_ctl_salvage *salvage, uint64_t lsn)
{
	HD_ASSERT(lsn > salvage->after && lsn <= salvage->last);
	struct hd_ctl_saved *row = &salvage->rows[lsn - salvage->after - 1];
	struct hd_event event = {
		.type = HD_EVENT_SKIPPED, .number = row->type, .stamp = row->stamp};
	bool fresh = row->type != HD_EVENT_SKIPPED;
	if (fresh)
		*row = encoded(salvage, &event);
	return fresh;
}

static void
keep_frame(struct hd_ctl_salvage *salvage, const struct hd_frame *frame)
{
	struct hd_reader events = hd_reader_of(frame->events);
	struct hd_log_event event = {.lsn = frame->header.first_lsn - 1,
				     .stamp = frame->header.first_stamp};
	for (uint32_t i = 0; i < frame->header.events && hd_frame_event(&events, &event); i++)
		hd_ctl_salvage_take(salvage, &event);
}

/* The frame goes on where the chain is, or it begins one: at an event that the snapshot has, or the
 * one behind it. */
static bool
fits(const struct hd_ctl_salvage *salvage, const struct hd_frame_chain *chain,
     const struct hd_frame *frame, bool fresh)
{
	const struct hd_frame_header *header = &frame->header;
	if (header->log != salvage->shard)
		return false;
	if (chain->next_lsn > 0)
		return hd_frame_continues(chain, frame, fresh);
	return header->first_lsn <= salvage->after + 1 &&
	       header->first_lsn + header->events > salvage->after;
}

static void
find_in(struct hd_ctl_salvage *salvage, struct hd_frame_chain *chain, struct hd_bytes segment)
{
	uint32_t step = HD_BLOCK;
	for (uint32_t at = 0; at < segment.size; at += step) {
		struct hd_frame frame;
		struct hd_bytes rest = {segment.at + at, segment.size - at};
		step = HD_BLOCK;
		if (hd_frame_read(rest, &frame) != HD_FRAME_WHOLE ||
		    !fits(salvage, chain, &frame, at == 0))
			continue;
		if (chain->next_lsn == 0)
			*chain = (struct hd_frame_chain){.log = salvage->shard,
							 .next_lsn = frame.header.first_lsn};
		keep_frame(salvage, &frame);
		hd_frame_chain_take(chain, &frame);
		step = frame.size;
	}
}

static int
is_segment(const struct dirent *entry)
{
	return strlen(entry->d_name) == 12 && strcmp(entry->d_name + 8, ".log") == 0;
}

void
hd_ctl_salvage_find(struct hd_ctl_salvage *salvage)
{
	char folder[HD_CTL_PATH], path[HD_CTL_PATH + 300];
	struct hd_frame_chain chain = {0};
	struct dirent **names;
	hd_ctl_logs_shard(salvage->logs, salvage->shard, folder);
	int count = scandir(folder, &names, is_segment, alphasort);
	salvage->last = salvage->after;
	for (int i = 0; i < count; i++) {
		size_t size;
		snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
		salvage->number_last = (uint32_t)strtoul(names[i]->d_name, NULL, 10);
		char *bytes = hd_ctl_file(path, &size);
		if (bytes)
			find_in(salvage, &chain, hd_bytes_of(bytes, size / HD_BLOCK * HD_BLOCK));
		free(bytes);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

void
hd_ctl_salvage_free(struct hd_ctl_salvage *salvage)
{
	free(salvage->rows);
	free(salvage->bodies);
}

/* Building: the segments. */

/* The file where the anchor leads, as it is before its first frame; where it is not there. */
static bool
make_first(struct hd_ctl_salvage *salvage, const char *folder)
{
	static const uint8_t zeros[HD_BLOCK];
	char path[HD_CTL_PATH + 32];
	snprintf(path, sizeof path, "%s/%08u.log", folder, salvage->anchor.number);
	if (salvage->anchor.lsn == 0 || access(path, F_OK) == 0)
		return true;
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = file >= 0 && write(file, zeros, sizeof zeros) == sizeof zeros;
	if (!good)
		failed(salvage, "write", path, errno);
	if (file >= 0)
		close(file);
	return good;
}

/* False: an event that this release does not know. */
static bool
append(struct hd_ctl_salvage *salvage, struct hd_log *log)
{
	for (uint64_t i = 0; i < salvage->count; i++) {
		struct hd_log_event at;
		struct hd_event event;
		hd_ctl_salvage_at(salvage, i, &at);
		if (!hd_ctl_event(&at, &event)) {
			snprintf(salvage->message, sizeof salvage->message,
				 "LSN %llu is no event that this release knows",
				 (unsigned long long)at.lsn);
			return false;
		}
		uint64_t lsn = hd_log_append(log, &event, 1);
		HD_ASSERT(lsn == at.lsn);
	}
	return true;
}

void
hd_ctl_salvage_at(const struct hd_ctl_salvage *salvage, uint64_t i, struct hd_log_event *at)
{
	HD_ASSERT(i < salvage->count);
	const struct hd_ctl_saved *row = &salvage->rows[i];
	*at = (struct hd_log_event){.lsn = salvage->after + i + 1,
				    .stamp = row->stamp,
				    .type = row->type,
				    .body = {salvage->bodies + row->at, row->size}};
}

bool
hd_ctl_salvage_write(struct hd_ctl_salvage *salvage, const char *folder)
{
	struct hd_memory memory = hd_ctl_memory();
	struct hd_log_report report;
	struct hd_log_options options = {.io = salvage->io,
					 .memory = &memory,
					 .directory = folder,
					 .shard = salvage->shard,
					 .segment_bytes = HD_SEGMENT_DEFAULT,
					 .from = salvage->anchor};
	if (!make_first(salvage, folder))
		return false;
	struct hd_log *log = hd_log_open(&options, NULL, NULL, &report);
	if (!log) {
		snprintf(salvage->message, sizeof salvage->message, "%s", report.message);
		return false;
	}
	bool good = append(salvage, log);
	bool flushed = hd_log_close(log);
	return good && (flushed || failed(salvage, "flush", folder, ENOSPC));
}

/* Building: the snapshot, object by object, under its new anchor. */

static void
pump(struct hd_ctl_salvage *salvage, struct hd_snapshot_writer *writer)
{
	struct hd_completion done[8];
	uint32_t count = salvage->io->ops->wait(salvage->io, -1, done, 8);
	for (uint32_t i = 0; i < count; i++)
		if (HD_IO_OWNER(done[i].tag) == HD_IO_SNAPSHOT)
			hd_snapshot_complete(writer, &done[i]);
}

struct copying {
	struct hd_ctl_salvage *salvage;
	struct hd_snapshot_writer writer;
};

/* Packs until there is room for an object, or with `rest` until nothing is left. */
static void
pack(struct copying *copying, bool rest)
{
	struct hd_snapshot_writer *writer = &copying->writer;
	while (!writer->error &&
	       (!hd_snapshot_hungry(writer) || (rest && writer->raw_to > writer->raw_from)))
		if (!hd_snapshot_pack(writer, rest))
			pump(copying->salvage, writer);
}

static bool
copy_object(void *context, struct hd_bytes object)
{
	struct copying *copying = context;
	pack(copying, false);
	if (copying->writer.error)
		return false;
	struct hd_writer out = hd_snapshot_room(&copying->writer);
	hd_write_bytes(&out, object);
	hd_snapshot_took(&copying->writer, &out);
	return true;
}

static bool
finish(struct copying *copying, const struct hd_snapshot_reader *reader)
{
	struct hd_snapshot_writer *writer = &copying->writer;
	pack(copying, true);
	while (!writer->error &&
	       !hd_snapshot_finish(writer, reader->end.digest, reader->end.objects))
		pump(copying->salvage, writer);
	while (!hd_snapshot_still(writer) || (!writer->error && !writer->synced))
		pump(copying->salvage, writer);
	return writer->error == 0;
}

static bool
build_snapshot(struct hd_ctl_salvage *salvage, const char *folder, const char *path)
{
	struct hd_memory memory = hd_ctl_memory();
	struct copying *copying = calloc(1, sizeof *copying);
	struct hd_snapshot_reader reader = {.io = salvage->io,
					    .memory = &memory,
					    .path = path,
					    .context = copying,
					    .each = copy_object};
	HD_ASSERT(copying);
	copying->salvage = salvage;
	bool good = hd_snapshot_read_head(&reader);
	struct hd_snapshot_head head = reader.head;
	head.anchor = salvage->anchor;
	int error = good ? hd_snapshot_write_begin(&copying->writer, salvage->io, &memory, folder,
						   &head)
			 : -EIO;
	if (error == 0) {
		good = hd_snapshot_read(&reader) && finish(copying, &reader);
		error = good ? 0 : copying->writer.error ? copying->writer.error : -EIO;
		while (!hd_snapshot_still(&copying->writer))
			pump(salvage, &copying->writer);
		hd_snapshot_write_end(&copying->writer, !good);
	}
	free(copying);
	return error == 0 || failed(salvage, "write again", path, -error);
}

static bool
name_snapshot(struct hd_ctl_salvage *salvage, const char *folder)
{
	char from[HD_SNAPSHOT_PATH], to[HD_SNAPSHOT_PATH];
	hd_snapshot_path(folder, salvage->after, false, from);
	hd_snapshot_path(folder, salvage->after, true, to);
	return rename(from, to) == 0 || failed(salvage, "rename", from, errno);
}

bool
hd_ctl_salvage_build(struct hd_ctl_salvage *salvage, const char *folder)
{
	char directory[HD_CTL_PATH], path[HD_SNAPSHOT_PATH];
	struct hd_memory memory = hd_ctl_memory();
	struct hd_snapshot_reader reader = {.io = salvage->io, .memory = &memory, .path = path};
	hd_ctl_logs_shard(salvage->logs, salvage->shard, directory);
	hd_snapshot_path(directory, salvage->after, true, path);
	if (!hd_snapshot_read_head(&reader))
		return failed(salvage, "read", path, EIO);
	salvage->anchor = reader.head.anchor;
	salvage->anchor.first_lsn = salvage->after + 1;
	salvage->anchor.number = salvage->number_last + 1;
	return hd_ctl_salvage_write(salvage, folder) && build_snapshot(salvage, folder, path) &&
	       name_snapshot(salvage, folder);
}
