#include <string.h>

#include "huntd/assert.h"
#include "shard/log/state.h"

/* Is row `i` behind the snapshots, and has it been left for good? */
static bool
is_behind(const struct hd_log *log, uint32_t i)
{
	return log->has_current && i < log->current && log->segments.rows[i].number < log->keep;
}

static bool
is_spare(const struct hd_log *log, uint32_t i)
{
	return is_behind(log, i) && (log->segments.rows[i].packed || !log->archive);
}

uint32_t
hd_log_spares(const struct hd_log *log)
{
	uint32_t count = 0;
	while (is_spare(log, count))
		count++;
	return count;
}

/* A read that was queued may be on its way for one more pass: then its file must stay open. */
static bool
is_read(const struct hd_log *log)
{
	const struct hd_segment *row = &log->segments.rows[0];
	return row->read_at != 0 && row->read_at + 2 > log->passes;
}

/* One file a time, so that the disk has time for others. */
void
hd_log_recycle_step(struct hd_log *log)
{
	HD_ASSERT(!log->read_only);
	log->passes++;
	if (HD_LIKELY(!is_behind(log, 0)) || log->now < log->recycle_at || is_read(log))
		return;
	if (log->closing || log->move.kind != HD_MOVE_NONE)
		return;
	uint32_t spares = hd_log_spares(log), behind = spares;
	while (is_behind(log, behind))
		behind++;
	bool many = behind - spares > HD_ARCHIVE_WAITING;
	if (spares > HD_LOG_SPARES || (spares > 0 && many))
		hd_log_move_front(log, HD_MOVE_REMOVE, 0);
	else if (many)
		hd_log_move_front(log, HD_MOVE_RETIRE, 0);
	else
		return;
	log->recycle_at = log->now + HD_LOG_RECYCLE_NS;
}

/* What the file holds stays: all its blocks were written once, so no frame over them changes the
 * file system's metadata, and no old frame can be taken for one of the new use (segments.h). */
bool
hd_log_recycle_next(struct hd_log *log, uint64_t size)
{
	HD_ASSERT(size > 0 && size <= log->segment_bytes);
	if (!is_spare(log, 0) || is_read(log))
		return false;
	hd_log_move_front(log, HD_MOVE_REUSE, size);
	return true;
}

/* The segment must hold an event that the snapshot holds too: then it is known to be there once the
 * snapshot counts. */
struct hd_log_anchor
hd_log_anchor(const struct hd_log *log)
{
	struct hd_log_anchor anchor = {0};
	if (!log->has_current || log->tail == 0)
		return anchor;
	for (uint32_t i = log->current + 1; i > 0; i--) {
		const struct hd_segment *row = &log->segments.rows[i - 1];
		if (row->first_lsn == 0 || row->first_lsn > log->tail)
			continue;
		anchor = (struct hd_log_anchor){.lsn = log->tail,
						.stamp = log->stamp,
						.first_lsn = row->first_lsn,
						.number = row->number};
		memcpy(anchor.previous, row->previous, HD_FRAME_HASH);
		return anchor;
	}
	return anchor;
}

void
hd_log_keep(struct hd_log *log, uint32_t number, bool archive)
{
	HD_ASSERT(!log->read_only);
	HD_ASSERT(number >= log->keep);
	log->keep = number;
	log->archive = archive;
}

const char *
hd_log_directory(const struct hd_log *log)
{
	return log->directory;
}

uint32_t
hd_log_archive_next(struct hd_log *log)
{
	if (HD_LIKELY(!is_behind(log, 0)) || !log->archive || log->asked != 0)
		return 0;
	uint32_t next = hd_log_spares(log);
	if (!is_behind(log, next) || log->now < log->archive_at)
		return 0;
	log->asked = log->segments.rows[next].number;
	HD_ASSERT(log->asked > 0);
	return log->asked;
}

void
hd_log_archived(struct hd_log *log, uint32_t number, int error)
{
	HD_ASSERT(number > 0);
	HD_ASSERT(error <= 0);
	if (log->asked == number)
		log->asked = 0;
	if (error < 0)
		log->archive_at = log->now + HD_LOG_ARCHIVE_NS;
	uint32_t row = hd_segments_find(&log->segments, number);
	if (error == 0 && row < log->segments.count)
		log->segments.rows[row].packed = true;
}
