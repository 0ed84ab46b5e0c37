/* HUNT.EVENTS: pages of the hunt's durable events, read back from every shard's log.
 *
 * A cursor is the next LSN of each shard, decimal, joined by dots. The asker asks every shard for
 * events from its LSN on; a shard reads one stretch of its log, shows the events of the hunt, and
 * says where it came to. The asker merges by stamp until the page is full; what did not fit is read
 * again with the next page. */
#include <errno.h>
#include <stdio.h>

#include "huntd/value.h"
#include "shard/archive/check.h"
#include "shard/inside.h"
#include "shard/snapshot/heal.h"

#define EVENTS_DEFAULT  100u
#define EVENT_SHOWN_MAX (6u * HD_KIB)
#define PART_ROOM       (512u * HD_KIB)
#define PAGE_ROOM       (1u * HD_MIB) /* of a page's events: what a block holds with ease */
#define CURSOR_ROOM     (21u * HD_SHARDS_MAX)

struct hd_page_run {
	uint64_t token;
	uint32_t index, wanted, waiting;
	enum hd_error error;
	uint64_t asked[HD_SHARDS_MAX]; /* the cursor it came with; its too old ones mended */
	uint64_t next[HD_SHARDS_MAX];
	struct hd_block *part[HD_SHARDS_MAX];
};

/* The asker. */

static bool
cursor_read(struct hd_bytes text, uint32_t shards, uint64_t *next)
{
	uint32_t at = 0;
	for (uint32_t i = 0; i < shards; i++) {
		uint64_t value = 0;
		uint32_t digits = 0;
		for (; at < text.size && text.at[at] >= '0' && text.at[at] <= '9' && digits < 19;
		     at++, digits++)
			value = value * 10 + (uint64_t)(text.at[at] - '0');
		bool last = i == shards - 1;
		if (digits == 0 || value == 0 || value > INT64_MAX)
			return false;
		if (!last && (at == text.size || text.at[at++] != '.'))
			return false;
		next[i] = value;
	}
	return at == text.size;
}

static uint32_t
cursor_write(const uint64_t *next, uint32_t shards, char *out)
{
	uint32_t length = 0;
	for (uint32_t i = 0; i < shards; i++) {
		int n = snprintf(out + length, CURSOR_ROOM - length, i ? ".%llu" : "%llu",
				 (unsigned long long)next[i]);
		HD_ASSERT(n > 0 && length + (uint32_t)n < CURSOR_ROOM);
		length += (uint32_t)n;
	}
	return length;
}

static void
refuse(struct hd_shard *shard, uint64_t token, enum hd_error error)
{
	struct hd_reply reply = {.kind = HD_REPLY_ERROR, .error = (uint8_t)error};
	HD_COUNT(hd_shard_mine(shard)->errors_total, 1);
	shard->ops->reply(shard->edge, token, &reply, 0);
}

static struct hd_page_run *
run_create(struct hd_shard *shard, const struct hd_command *command, uint64_t token)
{
	struct hd_pages *pages = &shard->pages;
	struct hd_page_run *run = hd_memory_take(&shard->cycled, sizeof *run, 8);
	uint32_t wanted = command->count ? command->count : EVENTS_DEFAULT;
	run->token = token;
	run->wanted = wanted < HD_ROWS_MAX ? wanted : HD_ROWS_MAX;
	while (pages->run[run->index] != NULL)
		run->index++;
	HD_ASSERT(run->index < HD_GATHERS_MAX);
	pages->run[run->index] = run;
	pages->running++;
	for (uint32_t i = 0; i < shard->count; i++) {
		run->next[i] = 1;
		hd_remote_take(shard, i);
	}
	return run;
}

static void
run_destroy(struct hd_shard *shard, struct hd_page_run *run)
{
	struct hd_pages *pages = &shard->pages;
	HD_ASSERT(pages->run[run->index] == run);
	pages->run[run->index] = NULL;
	pages->running--;
	for (uint32_t i = 0; i < shard->count; i++) {
		shard->remote.open[i]--;
		if (run->part[i] != NULL)
			hd_post_give(shard->post, run->part[i]);
	}
	hd_memory_give(&shard->cycled, run, sizeof *run);
}

void
hd_pages_give(struct hd_shard *shard, const struct hd_command *command, uint64_t token)
{
	uint16_t hunt;
	HD_ASSERT(command->verb == HD_CMD_EVENTS);
	if (!hd_core_hunt_find(shard->core, command->hunt, &hunt)) {
		refuse(shard, token, HD_ERR_NOHUNT);
		return;
	}
	struct hd_page_run *run = run_create(shard, command, token);
	if ((command->given & HD_GIVEN_FROM) &&
	    !cursor_read(command->text, shard->count, run->next)) {
		run_destroy(shard, run);
		refuse(shard, token, HD_ERR_BAD_CURSOR);
		return;
	}
	memcpy(run->asked, run->next, sizeof run->asked);
	run->waiting = shard->count;
	uint32_t index = run->index, wanted = run->wanted;
	for (uint32_t to = 0; to < shard->count; to++) {
		struct hd_cell cell = {.type = HD_CELL_PAGE_ASK,
				       .token = index,
				       .a = (int64_t)run->next[to],
				       .b = wanted,
				       .c = hunt};
		hd_shard_send(shard, to, &cell);
	}
}

/* One shard's part while it is merged. */
struct head {
	struct hd_reader reader;
	bool some;
	uint64_t stamp, lsn;
	struct hd_bytes shown;
};

static void
head_next(struct head *head)
{
	struct hd_bytes bytes;
	head->some = hd_entry_next(&head->reader, &head->stamp, &bytes);
	if (!head->some)
		return;
	struct hd_reader reader = hd_reader_of(bytes);
	head->lsn = hd_read_u64(&reader);
	head->shown = hd_read_fixed(&reader, hd_reader_left(&reader));
	HD_ASSERT(!reader.bad);
}

/* The bytes that all parts' events take. */
static uint64_t
heads_open(struct hd_shard *shard, const struct hd_page_run *run, struct head *heads)
{
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < shard->count; i++) {
		heads[i] = (struct head){0};
		if (run->part[i] == NULL)
			continue;
		heads[i].reader = hd_reader_of(hd_block_used(run->part[i]));
		bytes += run->part[i]->used;
		head_next(&heads[i]);
	}
	return bytes;
}

static struct head *
oldest_head(struct head *heads, uint32_t count)
{
	struct head *oldest = NULL;
	for (uint32_t i = 0; i < count; i++) {
		if (heads[i].some && (oldest == NULL || heads[i].stamp < oldest->stamp))
			oldest = &heads[i];
	}
	return oldest;
}

/* Writes events, the oldest first, until the page has all it may; returns how many. */
static uint32_t
merge(struct head *heads, uint32_t count, uint32_t wanted, struct hd_writer *rows)
{
	uint32_t shown = 0;
	struct head *head;
	while (shown < wanted && (head = oldest_head(heads, count)) != NULL &&
	       head->shown.size <= (size_t)(rows->end - rows->at)) {
		hd_write_fixed(rows, head->shown.at, head->shown.size);
		head_next(head);
		shown++;
	}
	HD_ASSERT(!rows->full);
	return shown;
}

static void
run_reply(struct hd_shard *shard, struct hd_page_run *run)
{
	struct head heads[HD_SHARDS_MAX];
	uint64_t bytes = heads_open(shard, run, heads);
	uint32_t room = bytes < PAGE_ROOM ? (uint32_t)bytes : PAGE_ROOM;
	struct hd_block *merged = hd_blocks_take(&shard->blocks, room);
	struct hd_writer rows = hd_writer_of(hd_block_bytes(merged), room);
	uint32_t shown = merge(heads, shard->count, run->wanted, &rows);
	hd_block_written(merged, &rows);
	/* What was not taken is the next page's first. */
	for (uint32_t i = 0; i < shard->count; i++) {
		if (heads[i].some)
			run->next[i] = heads[i].lsn;
	}
	char cursor[CURSOR_ROOM];
	uint32_t length = cursor_write(run->next, shard->count, cursor);
	struct hd_block *block = hd_blocks_take(&shard->blocks, merged->used + length + 64);
	struct hd_writer out = hd_block_writer(block);
	hd_value_array(&out, 2);
	hd_value_bulk(&out, hd_bytes_of(cursor, length));
	hd_value_array(&out, shown);
	hd_write_fixed(&out, hd_block_bytes(merged), merged->used);
	HD_ASSERT(!out.full);
	hd_block_written(block, &out);
	struct hd_reply reply = {.kind = HD_REPLY_VALUE, .detail = hd_block_used(block)};
	shard->ops->reply(shard->edge, run->token, &reply, 0);
	hd_blocks_put(&shard->blocks, merged);
	hd_blocks_put(&shard->blocks, block);
}

/* What the other shards sent is thrown away: the cursor told goes on where they were asked. */
static void
run_too_old(struct hd_shard *shard, const struct hd_page_run *run)
{
	char text[CURSOR_ROOM + 64], cursor[CURSOR_ROOM];
	uint32_t length = cursor_write(run->asked, shard->count, cursor);
	int n = snprintf(text, sizeof text,
			 "older than the log that is kept; the oldest cursor is %.*s", (int)length,
			 cursor);
	HD_ASSERT(n > 0);
	struct hd_reply reply = {.kind = HD_REPLY_ERROR,
				 .error = HD_ERR_TOO_OLD,
				 .detail = hd_bytes_of(text, (size_t)n)};
	shard->ops->reply(shard->edge, run->token, &reply, 0);
}

void
hd_pages_part(struct hd_shard *shard, const struct hd_cell *cell)
{
	HD_ASSERT(cell->token < HD_GATHERS_MAX);
	struct hd_page_run *run = shard->pages.run[cell->token];
	HD_ASSERT(run != NULL && run->waiting > 0);
	run->part[cell->from] = cell->block;
	run->next[cell->from] = (uint64_t)cell->a;
	if (cell->c == HD_ERR_TOO_OLD)
		run->asked[cell->from] = (uint64_t)cell->a;
	if (cell->c != HD_ERR_NONE && run->error != HD_ERR_BAD_CURSOR)
		run->error = (enum hd_error)cell->c;
	if (--run->waiting > 0)
		return;
	if (run->error == HD_ERR_NONE)
		run_reply(shard, run);
	else if (run->error == HD_ERR_TOO_OLD)
		run_too_old(shard, run);
	else
		refuse(shard, run->token, run->error);
	run_destroy(shard, run);
}

/* The answerer: one read of the log at a time. */

static void
answer_page(struct hd_shard *shard, const struct hd_page_ask *ask, uint64_t next,
	    struct hd_block *block, enum hd_error error)
{
	struct hd_cell cell = {.type = HD_CELL_PAGE,
			       .token = ask->run,
			       .a = (int64_t)next,
			       .c = error,
			       .block = block};
	hd_shard_send(shard, ask->from, &cell);
}

static struct hd_page_ask *
first_ask(struct hd_pages *pages)
{
	HD_ASSERT(pages->count > 0);
	return &pages->asks[pages->first];
}

static void
drop_ask(struct hd_pages *pages)
{
	pages->first = (pages->first + 1) & (pages->room - 1);
	pages->count--;
}

/* What may be shown and stands in a written frame. */
static uint64_t
last_shown(struct hd_shard *shard)
{
	uint64_t durable = hd_log_durable(shard->log), flushed = hd_log_flushed(shard->log);
	if (durable <= flushed)
		return durable;
	hd_log_want_flush(shard->log);
	return flushed;
}

static void
read_next(struct hd_shard *shard)
{
	struct hd_pages *pages = &shard->pages;
	if (pages->buffer == NULL)
		pages->buffer = hd_memory_take(&shard->plain, HD_FRAME_MAX, HD_BLOCK);
	while (pages->count > 0 && !pages->reading) {
		struct hd_page_ask ask = *first_ask(pages);
		if (ask.lsn > hd_log_tail(shard->log) + 1) {
			drop_ask(pages); /* no page ever led there */
			answer_page(shard, &ask, ask.lsn, NULL, HD_ERR_BAD_CURSOR);
		} else if (ask.lsn > last_shown(shard)) {
			drop_ask(pages);
			answer_page(shard, &ask, ask.lsn, NULL, HD_ERR_NONE);
		} else if (hd_log_read(shard->log, ask.lsn, pages->buffer, HD_FRAME_MAX,
				       HD_IO_TAG(HD_IO_SHARD, 0))) {
			pages->reading = true;
		} else {
			drop_ask(pages);
			answer_page(shard, &ask, hd_log_oldest(shard->log), NULL, HD_ERR_TOO_OLD);
		}
	}
}

void
hd_pages_ask(struct hd_shard *shard, const struct hd_cell *cell)
{
	struct hd_pages *pages = &shard->pages;
	if (pages->count == pages->room) {
		uint32_t room = pages->room ? pages->room * 2 : 16;
		struct hd_page_ask *asks = hd_memory_take(&shard->cycled, room * sizeof *asks, 8);
		for (uint32_t i = 0; i < pages->count; i++)
			asks[i] = pages->asks[(pages->first + i) & (pages->room - 1)];
		if (pages->asks != NULL)
			hd_memory_give(&shard->cycled, pages->asks, pages->room * sizeof *asks);
		pages->asks = asks;
		pages->first = 0;
		pages->room = room;
	}
	HD_ASSERT(cell->c >= 0 && cell->c < HD_HUNTS_MAX);
	pages->asks[(pages->first + pages->count++) & (pages->room - 1)] =
		(struct hd_page_ask){.run = cell->token,
				     .lsn = (uint64_t)cell->a,
				     .from = cell->from,
				     .wanted = (uint32_t)cell->b,
				     .hunt = (uint16_t)cell->c};
	read_next(shard);
}

struct showing {
	struct hd_shard *shard;
	const struct hd_page_ask *ask;
	struct hd_block *block;
	uint64_t stopped; /* LSN that did not fit; 0: all did */
};

static bool
show_one(void *context, const struct hd_log_event *at)
{
	struct showing *showing = context;
	struct hd_block *block = showing->block;
	if (block->count == showing->ask->wanted || block->room - block->used < EVENT_SHOWN_MAX) {
		showing->stopped = at->lsn;
		return false;
	}
	struct hd_writer writer = hd_entry_begin(showing->shard, &showing->block, 0,
						 (uint64_t)at->stamp, EVENT_SHOWN_MAX - 12, NULL);
	hd_write_u64(&writer, at->lsn);
	if (hd_event_show(showing->shard, at, showing->ask->hunt, &writer))
		hd_entry_end(block, &writer);
	return true;
}

/* What is on the disk and does not read is damaged: no page is cut short without saying so. */
static enum hd_error
tell_damage(struct hd_shard *shard, uint64_t lsn)
{
	uint32_t number;
	uint64_t offset;
	if (shard->pages.damaged == lsn)
		return HD_ERR_UNREADABLE;
	shard->pages.damaged = lsn;
	hd_log_where(shard->log, lsn, &number, &offset);
	HD_ASSERT(number > 0);
	hd_heal_damage(shard,
		       &(struct hd_damage){HD_CHECK_SEGMENT, number, offset, HD_CHECK_FRAME});
	return HD_ERR_UNREADABLE;
}

void
hd_pages_read(struct hd_shard *shard, const struct hd_completion *completion)
{
	struct hd_pages *pages = &shard->pages;
	HD_ASSERT(pages->reading);
	struct hd_page_ask ask = *first_ask(pages);
	pages->reading = false;
	if (completion->result == -EINTR || completion->result == -EAGAIN) {
		read_next(shard);
		return;
	}
	drop_ask(pages);
	if (completion->result <= 0)
		hd_log_failed("reading the log back for HUNT.EVENTS failed");
	uint32_t room = ask.wanted * 512u + 2 * EVENT_SHOWN_MAX;
	struct showing showing = {.shard = shard, .ask = &ask};
	showing.block = hd_blocks_take(&shard->blocks, room < PART_ROOM ? room : PART_ROOM);
	uint64_t last = last_shown(shard);
	uint64_t next = hd_log_scan(hd_bytes_of(pages->buffer, (size_t)completion->result), ask.lsn,
				    last, show_one, &showing);
	if (showing.stopped != 0)
		next = showing.stopped;
	HD_ASSERT(next >= ask.lsn);
	enum hd_error error = HD_ERR_NONE;
	if (next == ask.lsn && next <= last && showing.stopped == 0)
		error = tell_damage(shard, ask.lsn);
	answer_page(shard, &ask, next, showing.block, error);
	read_next(shard);
}

void
hd_pages_fini(struct hd_shard *shard)
{
	struct hd_pages *pages = &shard->pages;
	HD_ASSERT(!pages->reading);
	if (pages->buffer != NULL)
		hd_memory_give(&shard->plain, pages->buffer, HD_FRAME_MAX);
	if (pages->asks != NULL)
		hd_memory_give(&shard->cycled, pages->asks, pages->room * sizeof *pages->asks);
	*pages = (struct hd_pages){0};
}
