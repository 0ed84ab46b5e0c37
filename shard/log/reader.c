#include "shard/log/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "huntd/assert.h"
#include "huntd/definition.h"
#include "huntd/order.h"

bool
hd_log_refuse(struct hd_log_report *report, enum hd_exit code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(report->message, sizeof report->message, format, arguments);
	va_end(arguments);
	report->exit = (uint8_t)code;
	return false;
}

static bool
refuse_at(struct hd_log_reader *reader, uint32_t segment, uint64_t offset, enum hd_exit code,
	  const char *what)
{
	char path[HD_SEGMENT_PATH];
	hd_segments_path(reader->segments, segment, path);
	return hd_log_refuse(reader->report, code, "%.300s, offset %llu, LSN %llu: %s", path,
			     (unsigned long long)offset, (unsigned long long)reader->chain.next_lsn,
			     what);
}

bool
hd_log_lacks(const struct hd_log_event *event, char *what)
{
	struct hd_event read;
	struct hd_order order;
	return event->type == HD_EVENT_ORDER &&
	       hd_event_decode(HD_EVENT_ORDER, event->stamp, event->body, &read) &&
	       hd_order_decode(read.text, &order) && order.kind == HD_ORDER_DOCUMENT &&
	       hd_definition_lacks(order.definition, what);
}

/* What this release knows and cannot apply is its own fault. */
static bool
refuse_event(struct hd_log_report *report, const char *path, const struct hd_log_event *event)
{
	unsigned long long lsn = event->lsn, offset = event->offset;
	if (event->type >= HD_EVENT_TYPE_END)
		return hd_log_refuse(report, HD_EXIT_DAMAGED,
				     "%.300s, offset %llu: LSN %llu is an event of type %u, this "
				     "release of huntd knows types up to %u: a newer release wrote "
				     "it, start that one",
				     path, offset, lsn, event->type, HD_EVENT_TYPE_END - 1);
	char what[HD_LACKS_MAX];
	if (hd_log_lacks(event, what))
		return hd_log_refuse(report, HD_EXIT_DAMAGED,
				     "%.300s, offset %llu: LSN %llu is a document with %s, which "
				     "this release of huntd lacks: a newer release wrote it, start "
				     "that one",
				     path, offset, lsn, what);
	const char *name = event->type ? hd_event_name((enum hd_event_type)event->type) : "none";
	return hd_log_refuse(report, HD_EXIT_INVARIANT,
			     "%.300s, offset %llu: LSN %llu of type %u (%s) cannot be applied; "
			     "`huntctl repair DATA --shard N --skip %llu` takes it out",
			     path, offset, lsn, event->type, name, lsn);
}

void
hd_log_refuse_event(struct hd_log_report *report, const char *directory,
		    const struct hd_log_event *event)
{
	char path[HD_SEGMENT_PATH];
	HD_ASSERT(report->message[0] == 0);
	snprintf(path, sizeof path, "%.300s/%08u.log", directory, event->number);
	refuse_event(report, path, event);
}

/* True: it is of this format and this log. */
static bool
belongs(struct hd_log_reader *reader, uint32_t segment, uint64_t offset,
	const struct hd_frame_header *header)
{
	char what[120];
	if (header->format != HD_FRAME_FORMAT)
		snprintf(what, sizeof what,
			 "a frame of format %u, this release of huntd reads %u: a newer release of "
			 "huntd wrote it, start that one",
			 header->format, HD_FRAME_FORMAT);
	else if (header->log != reader->chain.log)
		snprintf(what, sizeof what, "a frame of another shard's log");
	else
		return true;
	return refuse_at(reader, segment, offset, HD_EXIT_DAMAGED, what);
}

static bool
refuse_io(struct hd_log_reader *reader, uint32_t segment, int error)
{
	char path[HD_SEGMENT_PATH];
	hd_segments_path(reader->segments, segment, path);
	if (error == -EBADMSG)
		return hd_log_refuse(reader->report, HD_EXIT_DAMAGED,
				     "%.300s is damaged: it is not what was archived; restore the "
				     "file from a copy",
				     path);
	return hd_log_refuse(reader->report, HD_EXIT_STORAGE, "%.300s cannot be read: %s", path,
			     strerror(-error));
}

/* Opens a segment. A start makes what it read durable before it builds on it: the last process may
 * have ended between a write and its flush. */
static bool
open_segment(struct hd_log_reader *reader, uint32_t segment)
{
	struct hd_segments *all = reader->segments;
	int opened = hd_segments_open(all, segment);
	if (opened == 0 && all->rows[segment].file >= 0 && !all->read_only)
		opened = all->io->ops->file_sync(all->io, all->rows[segment].file);
	if (opened < 0)
		return refuse_io(reader, segment, opened);
	return true;
}

/* Fills the buffer from `offset` on, keeping what it already holds of that. */
static bool
fill(struct hd_log_reader *reader, uint32_t segment, uint64_t offset)
{
	struct hd_segments *all = reader->segments;
	uint32_t kept = 0;
	uint64_t end = reader->buffer_offset + reader->buffer_used;
	if (reader->buffer_segment == segment && offset < end) {
		kept = (uint32_t)(end - offset);
		memmove(reader->buffer, reader->buffer + (offset - reader->buffer_offset), kept);
	}
	reader->buffer_segment = segment;
	reader->buffer_offset = offset;
	reader->buffer_used = kept;
	uint64_t left = all->rows[segment].size - offset - kept;
	while (left > 0 && reader->buffer_used < HD_READER_BYTES) {
		uint32_t room = HD_READER_BYTES - reader->buffer_used;
		uint32_t size = left < room ? (uint32_t)left : room;
		int64_t got = hd_segments_read(all, segment, reader->buffer + reader->buffer_used,
					       size, offset + reader->buffer_used);
		if (got <= 0)
			return refuse_io(reader, segment, got < 0 ? (int)got : -EIO);
		/* A short read may end inside a block: read that block again. */
		uint32_t whole = (uint32_t)got / HD_BLOCK * HD_BLOCK;
		if (whole == 0)
			return refuse_io(reader, segment, -EIO);
		reader->buffer_used += whole;
		left -= whole;
	}
	return true;
}

/* Up to HD_FRAME_MAX bytes at a place; fewer where the segment ends, none behind its end. */
static bool
bytes_at(struct hd_log_reader *reader, uint32_t segment, uint64_t offset, struct hd_bytes *bytes)
{
	HD_ASSERT(offset % HD_BLOCK == 0);
	if (!open_segment(reader, segment))
		return false;
	uint64_t size = reader->segments->rows[segment].size;
	uint64_t want = offset < size ? size - offset : 0;
	if (want > HD_FRAME_MAX)
		want = HD_FRAME_MAX;
	bool same = reader->buffer_segment == segment;
	HD_ASSERT(!same || offset >= reader->buffer_offset); /* it is read forwards */
	bool held = same && offset + want <= reader->buffer_offset + reader->buffer_used;
	if (want > 0 && !held && !fill(reader, segment, offset))
		return false;
	*bytes = hd_bytes_of(reader->buffer + (want ? offset - reader->buffer_offset : 0), want);
	return true;
}

/* Hands a frame's events on, but those that the anchor's snapshot holds. */
static bool
deliver(struct hd_log_reader *reader, const struct hd_frame *frame, uint32_t segment,
	uint64_t offset)
{
	const struct hd_frame_header *header = &frame->header;
	char path[HD_SEGMENT_PATH];
	if (header->first_lsn + header->events <= reader->from.lsn + 1)
		return true;
	struct hd_reader events = hd_reader_of(frame->events);
	struct hd_log_event event = {.lsn = header->first_lsn - 1,
				     .stamp = header->first_stamp,
				     .number = reader->segments->rows[segment].number,
				     .offset = offset};
	for (uint32_t i = 0; i < header->events; i++) {
		bool parsed = hd_frame_event(&events, &event);
		if (parsed && event.lsn <= reader->from.lsn)
			continue;
		if (!parsed || event.stamp <= reader->chain.stamp)
			return refuse_at(reader, segment, offset, HD_EXIT_DAMAGED,
					 "a frame whose events do not parse");
		reader->report->events++;
		reader->chain.stamp = event.stamp;
		if (reader->each == NULL || reader->each(reader->context, &event))
			continue;
		if (reader->report->exit != 0)
			return false;
		hd_segments_path(reader->segments, segment, path);
		return refuse_event(reader->report, path, &event);
	}
	if (hd_reader_left(&events) != 0)
		return refuse_at(reader, segment, offset, HD_EXIT_DAMAGED,
				 "a frame with bytes behind its events");
	return true;
}

/* Takes the frame at a place where it continues the chain. False: a refusal. */
static bool
take(struct hd_log_reader *reader, uint32_t segment, uint64_t offset, bool *taken)
{
	struct hd_bytes bytes;
	struct hd_frame frame;
	*taken = false;
	if (!bytes_at(reader, segment, offset, &bytes))
		return false;
	if (hd_frame_read(bytes, &frame) != HD_FRAME_WHOLE)
		return true;
	if (!hd_frame_continues(&reader->chain, &frame, offset == 0))
		return true;
	if (!deliver(reader, &frame, segment, offset))
		return false;
	struct hd_segment *row = &reader->segments->rows[segment];
	if (reader->index)
		hd_index_add(reader->index, frame.header.first_lsn, row->number, offset,
			     frame.size);
	if (offset == 0) {
		row->first_lsn = frame.header.first_lsn;
		memcpy(row->previous, frame.header.previous, HD_FRAME_HASH);
	}
	hd_frame_chain_take(&reader->chain, &frame);
	reader->any = true;
	reader->segment = segment;
	reader->offset = offset + frame.size;
	reader->flags = frame.header.flags;
	reader->report->bytes += frame.size;
	row->used = reader->offset;
	*taken = true;
	return true;
}

/* Does the first frame of `segment` name the last frame taken as the one before it? */
static bool
is_linked(struct hd_log_reader *reader, uint32_t segment, bool *linked)
{
	HD_ASSERT(segment > 0);
	*linked = false;
	if (segment >= reader->segments->count)
		return true;
	if (reader->head_segment != segment) {
		if (!open_segment(reader, segment))
			return false;
		const struct hd_segment *row = &reader->segments->rows[segment];
		int64_t got = row->size < HD_BLOCK ? 0
						   : hd_segments_read(reader->segments, segment,
								      reader->head, HD_BLOCK, 0);
		if (got < 0)
			return refuse_io(reader, segment, (int)got);
		if (got < HD_BLOCK)
			memset(reader->head, 0, HD_BLOCK);
		reader->head_segment = segment;
	}
	struct hd_frame_header header;
	memcpy(&header, reader->head, sizeof header);
	*linked = header.magic == HD_FRAME_MAGIC &&
		  memcmp(header.previous, reader->chain.previous, HD_FRAME_HASH) == 0;
	return true;
}

/* From the start to where nothing continues the chain. */
static bool
follow(struct hd_log_reader *reader)
{
	uint32_t segment = reader->start;
	uint64_t offset = 0;
	while (segment < reader->segments->count) {
		bool linked, taken = false;
		if (!is_linked(reader, segment + 1, &linked))
			return false;
		if (linked && !take(reader, segment + 1, 0, &taken))
			return false;
		if (!taken && !take(reader, segment, offset, &taken))
			return false;
		if (!taken)
			return true;
		segment = reader->segment;
		offset = reader->offset;
	}
	return true;
}

/* What stands behind the chain's end in one segment. */
struct remains {
	uint64_t seal;               /* the greatest found */
	uint64_t used_until;         /* behind the last block that this use of the file wrote */
	uint8_t uuid[HD_FRAME_HASH]; /* of this use */
	bool blind;                  /* it is not known: every header counts */
};

/* A header of this use that is not whole: whatever bit is flipped, its uuid lacks one at most. */
static bool
is_torn_header(const struct remains *remains, struct hd_bytes block)
{
	struct hd_frame_header header;
	HD_ASSERT(block.size >= sizeof header);
	memcpy(&header, block.at, sizeof header);
	int bits = 0;
	for (uint32_t i = 0; i < HD_FRAME_HASH; i++)
		bits += __builtin_popcount((unsigned)header.segment[i] ^ remains->uuid[i]);
	return bits <= 1;
}

static void
reaches(struct remains *remains, uint64_t until)
{
	if (until > remains->used_until)
		remains->used_until = until;
}

/* Looks at one place and returns how far to go on; 0: a refusal. Frames of earlier uses of the file
 * are as good as zeros, and a client's own bytes may look like a header: frames are passed over
 * whole, and a header counts only with its segment's uuid. */
static uint32_t
look(struct hd_log_reader *reader, uint32_t segment, uint64_t offset, struct remains *remains)
{
	struct hd_bytes bytes;
	struct hd_frame frame;
	if (!bytes_at(reader, segment, offset, &bytes))
		return 0;
	enum hd_frame_state state = hd_frame_read(bytes, &frame);
	if (state == HD_FRAME_NONE) {
		if (is_torn_header(remains, bytes))
			reaches(remains, offset + HD_BLOCK);
		return HD_BLOCK;
	}
	if (!remains->blind && memcmp(remains->uuid, frame.header.segment, HD_FRAME_HASH) != 0)
		return HD_BLOCK;
	if (!belongs(reader, segment, offset, &frame.header))
		return 0;
	if (frame.header.seal > remains->seal)
		remains->seal = frame.header.seal;
	reaches(remains, offset + (state == HD_FRAME_SHORT ? HD_BLOCK : frame.size));
	/* The header of a torn one may have gone astray: others may stand behind it. */
	return state == HD_FRAME_WHOLE ? frame.size : HD_BLOCK;
}

/* The uuid of a segment that the chain did not come to. Where the log's first frame is lost, and
 * nobody says what comes before it, only segments whose first frame is there tell theirs. */
static bool
name_remains(struct hd_log_reader *reader, uint32_t segment, struct remains *remains)
{
	const struct hd_segment *row = &reader->segments->rows[segment];
	const struct hd_frame_chain *chain = &reader->chain;
	struct hd_bytes bytes;
	struct hd_frame frame;
	if (!bytes_at(reader, segment, 0, &bytes))
		return false;
	if (hd_frame_read(bytes, &frame) != HD_FRAME_NONE &&
	    hd_frame_begins(&frame.header, row->number)) {
		memcpy(remains->uuid, frame.header.segment, HD_FRAME_HASH);
		return true;
	}
	hd_frame_name_segment(chain->previous, chain->log, row->number, remains->uuid);
	remains->blind = !reader->any && !reader->origin_known;
	return true;
}

/* Looks through one segment from `start` on. False: a refusal. */
static bool
look_through(struct hd_log_reader *reader, uint32_t segment, uint64_t start,
	     struct remains *remains)
{
	remains->used_until = start;
	for (uint64_t offset = start; offset < reader->segments->rows[segment].size;) {
		uint32_t step = look(reader, segment, offset, remains);
		if (step == 0)
			return false;
		offset += step;
	}
	reader->report->cut_bytes += remains->used_until - start;
	return true;
}

/* Looks through everything behind the chain's end. */
static bool
judge_tail(struct hd_log_reader *reader)
{
	uint64_t seal = reader->chain.seal;
	uint32_t first = reader->any ? reader->segment : reader->start;
	for (uint32_t segment = first; segment < reader->segments->count; segment++) {
		struct remains remains = {.seal = seal};
		bool inside = reader->any && segment == first;
		if (inside)
			memcpy(remains.uuid, reader->chain.segment, HD_FRAME_HASH);
		if (!inside && !name_remains(reader, segment, &remains))
			return false;
		if (!look_through(reader, segment, inside ? reader->offset : 0, &remains))
			return false;
		seal = remains.seal;
	}
	reader->report->sealed = seal;
	if (seal < reader->chain.next_lsn)
		return true;
	char what[256];
	snprintf(what, sizeof what,
		 "damaged: this LSN is missing, but all up to %llu were flushed; restore the file "
		 "from a copy (`huntctl log verify DATA` checks one), or see what `huntctl repair "
		 "DATA` would save",
		 (unsigned long long)seal);
	return refuse_at(reader, first, reader->any ? reader->offset : 0, HD_EXIT_DAMAGED, what);
}

/* Is segment 1 kept? */
static bool
reads_first(const struct hd_log_reader *reader)
{
	const struct hd_segments *all = reader->segments;
	return all->count == 0 || all->rows[0].number == 1;
}

/* Begins with what the first frame says: its log, and where segment 1 is not kept, its place. */
static bool
trust_first(struct hd_log_reader *reader)
{
	struct hd_bytes bytes;
	struct hd_frame frame;
	struct hd_frame_chain *chain = &reader->chain;
	chain->log = 0;
	if (reader->segments->count == 0)
		return true;
	if (!bytes_at(reader, 0, 0, &bytes))
		return false;
	enum hd_frame_state state = hd_frame_read(bytes, &frame);
	if (state != HD_FRAME_NONE)
		chain->log = frame.header.log;
	if (state == HD_FRAME_WHOLE && !reads_first(reader)) {
		chain->next_lsn = frame.header.first_lsn;
		memcpy(chain->previous, frame.header.previous, HD_FRAME_HASH);
	}
	return true;
}

/* Begins where the anchor says. */
static bool
begin_at_anchor(struct hd_log_reader *reader)
{
	const struct hd_log_anchor *from = &reader->from;
	HD_ASSERT(from->first_lsn >= 1 && from->first_lsn <= from->lsn + 1);
	struct hd_frame_chain *chain = &reader->chain;
	reader->start = hd_segments_find(reader->segments, from->number);
	chain->next_lsn = from->first_lsn;
	chain->stamp = from->stamp;
	chain->seal = from->lsn;
	memcpy(chain->previous, from->previous, HD_FRAME_HASH);
	if (reader->start < reader->segments->count)
		return true;
	return hd_log_refuse(reader->report, HD_EXIT_DAMAGED,
			     "%.300s/%08u.log is missing: the snapshot goes on there at LSN %llu; "
			     "restore the file from a copy",
			     reader->segments->directory, from->number,
			     (unsigned long long)from->lsn + 1);
}

static bool
begin(struct hd_log_reader *reader, uint32_t log)
{
	reader->chain = (struct hd_frame_chain){.log = log, .next_lsn = 1};
	bool good = true;
	reader->origin_known = reader->from.lsn > 0 || (log != HD_LOG_ANY && reads_first(reader));
	if (log == HD_LOG_ANY)
		good = trust_first(reader);
	else if (reader->from.lsn > 0)
		good = begin_at_anchor(reader);
	reader->report->first_lsn = reader->chain.next_lsn;
	return good;
}

static void
tell_end(struct hd_log_reader *reader)
{
	struct hd_log_report *report = reader->report;
	report->segments = reader->segments->count;
	report->end_number = reader->any ? reader->segments->rows[reader->segment].number : 0;
	report->end_offset = reader->offset;
	if (reader->chain.seal > report->sealed)
		report->sealed = reader->chain.seal;
	memcpy(report->head, reader->chain.previous, sizeof report->head);
}

bool
hd_log_reader_run(struct hd_log_reader *reader, uint32_t log)
{
	HD_ASSERT(reader->segments != NULL && reader->report != NULL);
	HD_ASSERT(!reader->any && reader->buffer == NULL);
	reader->buffer = hd_memory_take(reader->segments->memory, HD_READER_BYTES, HD_BLOCK);
	reader->head = hd_memory_take(reader->segments->memory, HD_BLOCK, HD_BLOCK);
	bool good = begin(reader, log) && follow(reader) && judge_tail(reader);
	tell_end(reader);
	hd_memory_give(reader->segments->memory, reader->buffer, HD_READER_BYTES);
	hd_memory_give(reader->segments->memory, reader->head, HD_BLOCK);
	reader->buffer = reader->head = NULL;
	reader->report->last_lsn = reader->chain.next_lsn - 1;
	reader->report->last_stamp = reader->chain.stamp;
	reader->report->direct = reader->segments->direct;
	return good;
}
