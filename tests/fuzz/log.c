/* A log's segments: any bytes are a log, a log with a torn tail, or damage, said so.
 *
 * Random bytes would never get past a checksum, so an input is a recipe: {flags, length (2 bytes),
 * bytes} for each frame, blocks of zeros between. By its flags a frame's header gets what a good
 * one would have: the magic, the place in the chain, the checksums. */
#include "huntd/error.h"
#include "huntd/event.h"
#include "shard/log/reader.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/fake_io.h"

#include <stdlib.h>

#define SEGMENT (32u * HD_KIB)
#define ROWS    3

static struct fake_io fake;

enum mend {
	MEND_HEAD = 1 << 0,  /* magic, format, log, events as they are, length */
	MEND_CHAIN = 1 << 1, /* LSN, stamp, segment, hash of the frame before */
	MEND_SUMS = 1 << 2,  /* both checksums */
	MEND_NEXT = 1 << 3,  /* begins the next segment */
	MEND_LONG = 1 << 4,  /* its events fill a block more */
};

struct kitchen {
	uint8_t *segments[ROWS];
	uint32_t at, row; /* where the next frame goes */
	uint64_t lsn;
	uint8_t previous[HD_FRAME_HASH];
};

static void
mend(struct kitchen *kitchen, uint8_t flags, uint8_t *frame, uint32_t length)
{
	struct hd_frame_header header;
	memcpy(&header, frame, sizeof header);
	if (flags & MEND_HEAD) {
		header.magic = HD_FRAME_MAGIC;
		header.format = HD_FRAME_FORMAT;
		header.log = 3;
		header.length = length;
	}
	if (flags & MEND_CHAIN) {
		header.first_lsn = kitchen->lsn + 1;
		header.first_stamp = (int64_t)(kitchen->lsn + 1) << 20;
		memset(header.segment, (int)kitchen->row + 1, HD_FRAME_HASH);
		memcpy(header.previous, kitchen->previous, HD_FRAME_HASH);
		header.events &= 3;
	}
	if (flags & MEND_SUMS) {
		header.length = length;
		header.body_crc = hd_frame_crc(frame + HD_FRAME_HEADER,
					       hd_frame_size(length) - HD_FRAME_HEADER);
		header.header_crc = hd_frame_crc((const uint8_t *)&header, sizeof header - 4);
		hd_frame_hash(&header, kitchen->previous);
		kitchen->lsn += header.events;
	}
	memcpy(frame, &header, sizeof header);
}

/* Cooks one frame. False: the recipe or the segments end. */
static bool
cook(struct kitchen *kitchen, struct hd_reader *recipe)
{
	uint8_t flags = hd_read_u8(recipe);
	uint32_t size = hd_read_u8(recipe);
	size |= (uint32_t)hd_read_u8(recipe) << 8;
	if (size > hd_reader_left(recipe))
		size = hd_reader_left(recipe);
	struct hd_bytes bytes = hd_read_fixed(recipe, size);
	uint32_t length = size > HD_FRAME_HEADER ? size - HD_FRAME_HEADER : 0;
	length += flags & MEND_LONG ? HD_BLOCK : 0;
	if ((flags & MEND_NEXT) && kitchen->row < ROWS - 1) {
		kitchen->row++;
		kitchen->at = 0;
	}
	uint32_t whole = hd_frame_size(length);
	if (recipe->bad || whole > SEGMENT - kitchen->at)
		return false;
	uint8_t *frame = kitchen->segments[kitchen->row] + kitchen->at;
	memcpy(frame, bytes.at, bytes.size);
	mend(kitchen, flags, frame, length);
	kitchen->at += whole;
	return hd_reader_left(recipe) > 0;
}

/* Every event is one that core would take, or of an unknown type. */
static bool
each(void *context, const struct hd_log_event *event)
{
	struct hd_event decoded;
	uint64_t *replayed = context;
	HD_ASSERT(event->lsn == *replayed + 1);
	*replayed = event->lsn;
	return event->type >= HD_EVENT_TYPE_END ||
	       hd_event_decode((enum hd_event_type)event->type, event->stamp, event->body,
			       &decoded);
}

static void
serve(struct kitchen *kitchen)
{
	struct hd_io *io = &fake.io;
	for (uint32_t row = 0; row < ROWS; row++) {
		char path[] = "data/shard-3/0000000?.log";
		path[20] = (char)('1' + row);
		struct fake_file *file = fake_io_find(&fake, path);
		if (!file) {
			int at = io->ops->file_open(io, path, HD_IO_CREATE | HD_IO_WRITE);
			HD_ASSERT(at >= 0);
			io->ops->file_write(io, at, kitchen->segments[row], SEGMENT, 0);
			file = &fake.files[at];
		}
		memcpy(file->cache, kitchen->segments[row], SEGMENT);
	}
}

/* What a log's reader says of the segments: hd_log_verify, but for its memory. */
static void
judge(void)
{
	struct hd_memory memory = fuzz_memory();
	struct hd_segments segments = {0};
	struct hd_log_report report = {0};
	uint64_t replayed = 0;
	int error = hd_segments_init(&segments, &fake.io, &memory, "data/shard-3", true);
	struct hd_log_reader reader = {
		.segments = &segments, .report = &report, .each = each, .context = &replayed};
	bool good = hd_log_reader_run(&reader, HD_LOG_ANY);
	hd_segments_fini(&segments);
	HD_ASSERT(error == 0 && memory.used == 0);
	HD_ASSERT(good == (report.message[0] == 0));
	HD_ASSERT(good || report.exit == HD_EXIT_DAMAGED || report.exit == HD_EXIT_INVARIANT);
	HD_ASSERT(!good || report.last_lsn == replayed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static uint8_t memory[ROWS][SEGMENT];
	struct kitchen kitchen = {.segments = {memory[0], memory[1], memory[2]}};
	struct hd_reader recipe = hd_reader_of(hd_bytes_of(at, size));
	if (!fake.io.ops)
		fake_io_init(&fake);
	for (int row = 0; row < ROWS; row++)
		memset(memory[row], 0, SEGMENT);
	while (cook(&kitchen, &recipe))
		;
	serve(&kitchen);
	judge();
	return 0;
}
