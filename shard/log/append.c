#include "huntd/assert.h"
#include "shard/log/state.h"

static struct hd_frame_buffer *
take_buffer(struct hd_log *log)
{
	struct hd_frame_buffer *frame = log->spare;
	if (frame) {
		HD_ASSERT(log->spare_count > 0);
		log->spare = frame->next;
		log->spare_count--;
	} else {
		frame = hd_memory_take(log->memory, sizeof *frame,
				       _Alignof(struct hd_frame_buffer));
		frame->bytes = hd_memory_take(log->memory, HD_FRAME_MAX, HD_BLOCK);
	}
	*frame = (struct hd_frame_buffer){.bytes = frame->bytes, .used = HD_FRAME_HEADER};
	return frame;
}

void
hd_log_release(struct hd_log *log)
{
	struct hd_frame_buffer *frame = log->first;
	HD_ASSERT(frame != NULL);
	HD_ASSERT(log->unflushed >= frame->counted);
	log->unflushed -= frame->counted;
	log->first = frame->next;
	if (log->first == NULL)
		log->last = NULL;
	if (log->spare_count < HD_LOG_BUFFERS_KEPT) {
		frame->next = log->spare;
		log->spare = frame;
		log->spare_count++;
		return;
	}
	hd_memory_give(log->memory, frame->bytes, HD_FRAME_MAX);
	hd_memory_give(log->memory, frame, sizeof *frame);
}

/* A new frame to gather in, behind the others. */
static struct hd_frame_buffer *
begin_frame(struct hd_log *log, int64_t stamp)
{
	struct hd_frame_buffer *frame = take_buffer(log);
	if (log->gathering) {
		/* What a full frame leaves unused is memory held all the same. */
		log->unflushed += HD_FRAME_MAX - log->last->counted;
		log->last->counted = HD_FRAME_MAX;
	}
	frame->first_lsn = log->tail + 1;
	frame->first_stamp = stamp;
	if (log->last)
		log->last->next = frame;
	else
		log->first = frame;
	log->last = frame;
	log->gathering = true;
	return frame;
}

/* The length's width is fixed before the length is known: by the most that it can be. */
static inline uint32_t
length_width(uint32_t size_max)
{
	return size_max < 1u << 7 ? 1 : size_max < 1u << 14 ? 2 : 3;
}

/* A varint of exactly `width` bytes. */
static inline void
put_length(uint8_t *at, uint32_t width, uint32_t length)
{
	for (uint32_t i = 0; i + 1 < width; i++, length >>= 7)
		at[i] = (uint8_t)(length | 0x80);
	at[width - 1] = (uint8_t)length;
	HD_ASSERT(length < 0x80);
}

static inline void
append_one(struct hd_log *log, struct hd_frame_buffer *frame, const struct hd_event *event,
	   uint32_t size_max)
{
	HD_ASSERT(event->stamp > log->stamp);
	uint8_t *at = frame->bytes + frame->used;
	uint32_t width = length_width(size_max);
	int64_t before = frame->events ? log->stamp : frame->first_stamp;
	at[width] = event->type;
	struct hd_writer out = hd_writer_of(at + width + 1, HD_FRAME_MAX - frame->used - width - 1);
	hd_write_varint(&out, (uint64_t)(event->stamp - before));
	uint8_t *body = out.at;
	hd_event_encode(event, &out);
	uint32_t length = (uint32_t)(out.at - body);
	HD_ASSERT(!out.full && length <= size_max && length <= HD_EVENT_MAX);
	put_length(at, width, length);
	frame->used = (uint32_t)(out.at - frame->bytes);
	frame->events++;
	log->stamp = event->stamp;
	log->tail++;
}

uint64_t
hd_log_append(struct hd_log *log, const struct hd_event *events, uint32_t count)
{
	HD_ASSERT(count >= 1 && count <= HD_DECISION_EVENTS_MAX);
	HD_ASSERT(!log->read_only && !log->closing);
	uint32_t sizes[HD_DECISION_EVENTS_MAX];
	uint32_t need = 0;
	for (uint32_t i = 0; i < count; i++) {
		sizes[i] = hd_event_size_max(&events[i]);
		need += sizes[i] + HD_FRAME_EVENT_HEAD;
	}
	HD_ASSERT(need <= HD_FRAME_MAX - HD_FRAME_HEADER);
	struct hd_frame_buffer *frame = log->last;
	if (!log->gathering || frame->used + need > HD_FRAME_MAX)
		frame = begin_frame(log, events[0].stamp);
	for (uint32_t i = 0; i < count; i++)
		append_one(log, frame, &events[i], sizes[i]);
	log->unflushed += frame->used - frame->counted;
	frame->counted = frame->used;
	return log->tail;
}

enum hd_error
hd_log_room(const struct hd_log *log)
{
	if (HD_UNLIKELY(log->no_space))
		return HD_ERR_MISCONF;
	return log->unflushed > HD_UNFLUSHED_MAX ? HD_ERR_BUSY : HD_ERR_NONE;
}

uint64_t
hd_log_tail(const struct hd_log *log)
{
	return log->tail;
}

uint64_t
hd_log_durable(const struct hd_log *log)
{
	HD_ASSERT(log->durability <= HD_DURABLE_OFF);
	if (log->durability == HD_DURABLE_BATCH)
		return log->flushed;
	return log->durability == HD_DURABLE_WINDOW ? log->written : log->tail;
}

uint64_t
hd_log_flushed(const struct hd_log *log)
{
	return log->flushed;
}

uint64_t
hd_log_submitted(const struct hd_log *log)
{
	return log->flight.busy ? log->flight.last_lsn : log->written;
}

uint64_t
hd_log_unflushed_bytes(const struct hd_log *log)
{
	return log->unflushed;
}

struct hd_log_stats
hd_log_stats(const struct hd_log *log)
{
	struct hd_log_stats stats = log->stats;
	stats.segments = log->segments.count;
	return stats;
}
