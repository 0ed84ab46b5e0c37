/* Frames that no log of ours would have written, every checksum right: they are refused as what
 * they are, and a page is read no further than its chain goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shard/log/frame.h"
#include "tests/unit/recovery/log_faults_world.h"

struct forge {
	struct hd_frame_header header; /* of the next frame; what a test wants is set first */
	uint8_t events[256];
	uint32_t used;
};

static void
put_event(struct forge *forge, uint64_t size, uint8_t type, uint64_t delta)
{
	struct hd_writer out =
		hd_writer_of(forge->events + forge->used, sizeof forge->events - forge->used);
	hd_write_varint(&out, size);
	*out.at++ = type;
	hd_write_varint(&out, delta);
	for (uint64_t i = 0; i < size && i < 8; i++)
		*out.at++ = 'x';
	forge->used = (uint32_t)(out.at - forge->events);
	forge->header.events++;
}

static hd_log_each each; /* NULL: every event will do */

static bool
refuse_event(void *context, const struct hd_log_event *event)
{
	(void)context, (void)event;
	return false;
}

/* Makes it segment 1's only frame, and reads that. */
static void
it_reads(struct forge *forge, const char *says)
{
	struct log_world *world = begin();
	struct hd_io *io = &world->fake.io;
	static uint8_t bytes[2 * HD_BLOCK];
	struct hd_frame_header *header = &forge->header;
	header->log = 3;
	header->first_lsn = 1;
	header->first_stamp = header->first_stamp ? header->first_stamp : 10;
	header->length = forge->used;
	hd_frame_name_segment(header->previous, 3, 1, header->segment);
	memcpy(bytes + HD_FRAME_HEADER, forge->events, forge->used);
	uint32_t size = hd_frame_seal(bytes, header);
	int file = io->ops->file_open(io, FIRST, HD_IO_CREATE | HD_IO_WRITE);
	assert_true(file >= 0);
	assert_int_equal(io->ops->file_write(io, file, bytes, size, 0), size);
	bool good = hd_log_verify(io, FOLDER, each, NULL, &world->report);
	assert_int_equal(good, says == NULL);
	if (says && strstr(world->report.message, says) == NULL)
		fail_msg("%s", world->report.message);
	end(world);
}

static void
events_that_no_writer_made(void **state)
{
	(void)state;
	struct forge forge = {0};
	put_event(&forge, 3, HD_EVENT_AWARDED, 0);
	put_event(&forge, 3, HD_EVENT_AWARDED, 5);
	it_reads(&forge, NULL);
	/* A type that there is not, for whoever must apply it. */
	each = refuse_event;
	forge = (struct forge){0};
	put_event(&forge, 3, 0, 0);
	it_reads(&forge, "none");
	each = NULL;
	forge = (struct forge){0};
	put_event(&forge, 3, HD_EVENT_AWARDED, 0);
	put_event(&forge, 3, HD_EVENT_AWARDED, 5);
	/* Bytes behind them; one fewer than the header says; stamps that stand still. */
	forge.header.events = 1;
	it_reads(&forge, "bytes behind its events");
	forge.header.events = 3;
	it_reads(&forge, "events do not parse");
	put_event(&forge, 3, HD_EVENT_AWARDED, 0);
	forge.header.events = 3;
	it_reads(&forge, "events do not parse");
	/* Cut in the length, behind it, behind the type; longer than any; over the end of time. */
	forge = (struct forge){.used = 1, .events = {0x80}, .header.events = 1};
	it_reads(&forge, "events do not parse");
	forge = (struct forge){.used = 1, .events = {0x01}, .header.events = 1};
	it_reads(&forge, "events do not parse");
	forge = (struct forge){.used = 2, .events = {0x01, 1}, .header.events = 1};
	it_reads(&forge, "events do not parse");
	forge = (struct forge){0};
	put_event(&forge, HD_EVENT_MAX + 1, HD_EVENT_AWARDED, 0);
	it_reads(&forge, "events do not parse");
	forge = (struct forge){.header.first_stamp = INT64_MAX - 5};
	put_event(&forge, 1, HD_EVENT_AWARDED, 6);
	it_reads(&forge, "events do not parse");
}

/* Numbers in a header that cannot be: it is none. */
static void
headers_that_no_writer_made(void **state)
{
	(void)state;
	static _Alignas(8) uint8_t bytes[HD_BLOCK];
	for (uint32_t i = 0; i < 5; i++) {
		struct hd_frame_header header = {.log = 3, .first_lsn = 7, .seal = 6};
		struct hd_frame frame;
		hd_frame_seal(bytes, &header);
		header.length = i == 1 ? HD_FRAME_MAX - HD_FRAME_HEADER + 1 : 0;
		header.seal = i == 2 ? 7 : 6;
		header.first_lsn = i == 3 ? UINT64_MAX : 7;
		header.events = i == 3 ? 1 : 0;
		header.format += i == 4;
		header.header_crc = hd_frame_crc((const uint8_t *)&header, sizeof header - 4);
		memcpy(bytes, &header, sizeof header);
		static const enum hd_frame_state states[] = {HD_FRAME_WHOLE, HD_FRAME_NONE,
							     HD_FRAME_NONE, HD_FRAME_NONE,
							     HD_FRAME_NEWER};
		assert_int_equal(hd_frame_read(hd_bytes_of(bytes, sizeof bytes), &frame),
				 states[i]);
		assert_int_equal(hd_frame_read(hd_bytes_of(bytes, 50), &frame), HD_FRAME_NONE);
	}
	struct hd_frame_chain chain = {.log = 3, .next_lsn = 8};
	struct hd_frame frame = {.header = {.log = 3, .first_lsn = 8}};
	assert_false(hd_frame_continues(&chain, &frame, false)); /* nothing to go on from */
}

/* A page that begins behind what is wanted, or where something else stands. */
static void
a_scan_believes_one_chain_only(void **state)
{
	(void)state;
	struct log_world *world = begin();
	open_well(world);
	write_well(world, 20);
	struct fake_file *file = fake_io_find(&world->fake, FIRST);
	struct hd_frame first;
	struct hd_bytes all = hd_bytes_of(file->cache, file->size);
	assert_int_equal(hd_frame_read(all, &first), HD_FRAME_WHOLE);
	uint64_t next = first.header.first_lsn + first.header.events;
	struct hd_bytes rest = hd_bytes_of(all.at + first.size, all.size - first.size);
	assert_int_equal(hd_log_scan(rest, 1, 99, log_world_each, world), 1);
	uint8_t *second = file->cache + first.size;
	struct hd_frame_header header;
	memcpy(&header, second, sizeof header);
	header.previous[0] ^= 1;
	header.header_crc = hd_frame_crc((const uint8_t *)&header, sizeof header - 4);
	memcpy(second, &header, sizeof header);
	world->replayed = 0;
	assert_int_equal(hd_log_scan(all, 1, 99, log_world_each, world), next);
	end(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_that_no_writer_made),
		cmocka_unit_test(headers_that_no_writer_made),
		cmocka_unit_test(a_scan_believes_one_chain_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
