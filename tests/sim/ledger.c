#include "tests/sim/ledger.h"

#include <stdlib.h>

#include "huntd/audit.h"
#include "tests/sim/model.h"

#define MAGIC      0x31474f4c544e5548u
#define HEADER     104u
#define BLOCK      4096u
#define FRAME_ROOM (512u * 1024u)

/* Where the fields of a frame's header stand. */
enum {
	AT_LOG = 12,
	AT_LSN = 40,
	AT_STAMP = 48,
	AT_EVENTS = 56,
	AT_LENGTH = 60,
	AT_SEAL = 64,
	AT_CRC = 96
};

void
ledger_init(struct ledger *ledger, struct machine *machine)
{
	memset(ledger, 0, sizeof *ledger);
	ledger->machine = machine;
}

void
ledger_fini(struct ledger *ledger)
{
	for (uint32_t i = 0; i < HD_SHARDS_MAX; i++) {
		free(ledger->logs[i].events);
		free(ledger->logs[i].bytes);
	}
}

/* CRC32C by the processor's own instruction; `size` is a multiple of 8. */
static uint32_t
crc(const uint8_t *at, uint32_t size)
{
	uint64_t sum = 0xffffffff;
	for (uint32_t i = 0; i < size; i += 8) {
		uint64_t word;
		memcpy(&word, at + i, 8);
		sum = __builtin_ia32_crc32di(sum, word);
	}
	return ~(uint32_t)sum;
}

static uint32_t
u32(const uint8_t *at)
{
	uint32_t value;
	memcpy(&value, at, 4);
	return value;
}

static uint64_t
u64(const uint8_t *at)
{
	uint64_t value;
	memcpy(&value, at, 8);
	return value;
}

static void
note(struct ledger_log *log, const struct ledger_event *event, struct hd_bytes body)
{
	if (log->count == log->room) {
		log->room = log->room * 2 + 256;
		log->events = realloc(log->events, log->room * sizeof *log->events);
	}
	if (log->used + body.size > log->bytes_room) {
		log->bytes_room = (log->bytes_room + body.size) * 2 + 4096;
		log->bytes = realloc(log->bytes, log->bytes_room);
	}
	HD_ASSERT(log->events != NULL && log->bytes != NULL);
	struct ledger_event *to = &log->events[log->count++];
	*to = *event;
	to->at = log->used;
	to->size = body.size;
	if (body.size > 0)
		memcpy(log->bytes + log->used, body.at, body.size);
	log->used += body.size;
}

/* Of what goes from log to log. */
static bool
is_step(uint8_t type)
{
	return type == HD_EVENT_WANT || type == HD_EVENT_GRANT || type == HD_EVENT_ORDER ||
	       type == HD_EVENT_DONE || type == HD_EVENT_WANT_DEAL || type == HD_EVENT_ALLOTTED ||
	       type == HD_EVENT_BASE || type == HD_EVENT_SUSPECTED;
}

/* A whole frame, events and all. */
static void
take(struct ledger *ledger, uint32_t shard, const uint8_t *frame, int file, uint64_t offset)
{
	struct ledger_log *log = &ledger->logs[shard];
	uint32_t events = u32(frame + AT_EVENTS), length = u32(frame + AT_LENGTH);
	uint64_t first = u64(frame + AT_LSN);
	int64_t stamp = (int64_t)u64(frame + AT_STAMP);
	if (events == 0 || first + events <= log->count + 1)
		return; /* a seal; or both parts of a write that was short */
	if (u32(frame + AT_LOG) != shard || first != log->count + 1)
		sim_fail(ledger->machine, "log %u: a frame of log %u begins at LSN %llu, not %llu",
			 shard, u32(frame + AT_LOG), (unsigned long long)first,
			 (unsigned long long)log->count + 1);
	struct hd_reader reader = hd_reader_of(hd_bytes_of(frame + HEADER, length));
	for (uint32_t i = 0; i < events; i++) {
		uint32_t size = (uint32_t)hd_read_varint(&reader);
		struct ledger_event event = {.type = hd_read_u8(&reader),
					     .file = file,
					     .offset = offset,
					     .frame = length + HEADER};
		stamp += (int64_t)hd_read_varint(&reader);
		event.stamp = stamp;
		struct hd_bytes body = hd_read_fixed(&reader, size);
		int64_t before = log->count > 0 ? log->events[log->count - 1].stamp : 0;
		if (reader.bad || stamp <= before)
			sim_fail(ledger->machine, "log %u: LSN %llu has stamp %lld after %lld",
				 shard, (unsigned long long)log->count + 1, (long long)stamp,
				 (long long)before);
		note(log, &event, body);
		ledger->steps += is_step(event.type);
	}
}

static bool
read_frame(struct ledger *ledger, uint32_t shard, int file, uint64_t offset)
{
	static uint8_t frame[FRAME_ROOM];
	struct disk *disk = &ledger->machine->disk;
	if (disk_read(disk, file, frame, BLOCK, offset) < BLOCK || u64(frame) != MAGIC)
		return false;
	uint32_t whole = (u32(frame + AT_LENGTH) + HEADER + BLOCK - 1) / BLOCK * BLOCK;
	if (whole > FRAME_ROOM || disk_read(disk, file, frame, whole, offset) < whole ||
	    crc(frame + HEADER, whole - HEADER) != u32(frame + AT_CRC))
		return false;
	take(ledger, shard, frame, file, offset);
	return true;
}

void
ledger_written(struct ledger *ledger, int file, uint64_t offset, uint32_t size)
{
	const char *name = ledger->machine->disk.files[file].name;
	uint8_t head[8];
	unsigned shard, number;
	(void)size;
	if (sscanf(name, "data/shard-%u/%u.log", &shard, &number) != 2 || strlen(name) != 26)
		return;
	struct ledger_log *log = &ledger->logs[shard];
	disk_read(&ledger->machine->disk, file, head, 8, offset);
	if (u64(head) == MAGIC) {
		log->pending = !read_frame(ledger, shard, file, offset);
		log->file = file;
		log->offset = offset;
	} else if (log->pending && log->file == file && offset > log->offset) {
		log->pending = !read_frame(ledger, shard, file, log->offset);
	}
}

static void *
plain_take(void *source, size_t size, size_t align)
{
	void *at = NULL;
	(void)source;
	if (posix_memalign(&at, align < sizeof(void *) ? sizeof(void *) : align, size) != 0)
		return NULL;
	return memset(at, 0, size);
}

static void
plain_give(void *source, void *at, size_t size)
{
	(void)source;
	(void)size;
	free(at);
}

/* All events from the first one on, applied to an empty core, and told to the audit. */
static void
replay(struct ledger *ledger, uint32_t shard, struct hd_audit *audit, uint8_t digest[16])
{
	struct ledger_log *log = &ledger->logs[shard];
	struct hd_memory memory = {.take = plain_take, .give = plain_give};
	struct hd_core *core = hd_core_create(&memory);
	for (uint64_t i = 0; i < log->count; i++) {
		const struct ledger_event *at = &log->events[i];
		struct hd_event event;
		bool good = hd_event_decode((enum hd_event_type)at->type, at->stamp,
					    hd_bytes_of(log->bytes + at->at, at->size), &event);
		HD_ASSERT(good);
		hd_core_apply(core, &event);
		hd_audit_feed(audit, shard, i + 1, &event);
	}
	hd_core_digest(core, digest);
	hd_core_destroy(core);
}

static void
compare(struct ledger *ledger, uint32_t shard, struct hd_audit *audit)
{
	struct machine *machine = ledger->machine;
	struct ledger_log *log = &ledger->logs[shard];
	uint64_t last = machine->parts->reports[shard].last_lsn;
	uint8_t mine[16], theirs[16];
	if (last < log->promised && machine->misdirected) {
		/* The honest limit: of the last frame no later one tells. */
		machine->gave_up = true;
		return;
	}
	if (last < log->promised)
		sim_fail(machine, "log %u ends at LSN %llu, but %llu was durable", shard,
			 (unsigned long long)last, (unsigned long long)log->promised);
	if (last > log->count)
		sim_fail(machine, "log %u ends at LSN %llu, but only %llu were written", shard,
			 (unsigned long long)last, (unsigned long long)log->count);
	if (last < log->count)
		machine_note(machine, "log %u lost LSN %llu to %llu", shard,
			     (unsigned long long)last + 1, (unsigned long long)log->count);
	log->count = last;
	log->used = last > 0 ? log->events[last - 1].at + log->events[last - 1].size : 0;
	log->pending = false;
	replay(ledger, shard, audit, mine);
	hd_core_digest(machine->parts->shards[shard]->core, theirs);
	if (memcmp(mine, theirs, 16) != 0)
		sim_fail(machine, "log %u: its state is not what its %llu events make", shard,
			 (unsigned long long)last);
	ledger->replays++;
}

void
ledger_opened(struct ledger *ledger)
{
	struct machine *machine = ledger->machine;
	uint32_t shards = (uint32_t)machine->options.shards;
	struct hd_memory memory = {.take = plain_take, .give = plain_give};
	struct hd_audit *audit = hd_audit_begin(&memory, shards);
	HD_ASSERT(audit != NULL);
	for (uint32_t i = 0; i < shards; i++)
		compare(ledger, i, audit);
	if (!machine->gave_up && hd_audit_end(audit) > 0) {
		const struct hd_audit_finding *first = hd_audit_finding(audit, 0);
		sim_fail(machine, "log %u, LSN %llu, %s: %s", first->shard,
			 (unsigned long long)first->lsn, first->invariant, first->text);
	}
	hd_audit_destroy(audit);
}

bool
ledger_lose(struct ledger *ledger)
{
	static const uint8_t nothing[FRAME_ROOM];
	struct disk *disk = &ledger->machine->disk;
	for (uint32_t shard = 0; shard < ledger->machine->options.shards; shard++) {
		struct ledger_log *log = &ledger->logs[shard];
		uint64_t at = log->count;
		while (at > 0 && log->events[at - 1].type != HD_EVENT_AWARDED)
			at--;
		if (at == 0)
			continue;
		/* It and all that followed: what is left is a log that ends before it. */
		for (uint64_t i = at; i <= log->count; i++) {
			const struct ledger_event *event = &log->events[i - 1];
			disk_write(disk, event->file, nothing, event->frame, event->offset);
		}
		for (int file = 0; file < DISK_FILES; file++)
			if (disk->files[file].used)
				disk_sync(disk, file, disk->clock);
		log->promised = 0; /* the ledger looks away: the model must see it */
		return true;
	}
	return false;
}

/* The first LSN of the frame that holds the i-th event. */
static uint64_t
frame_of(const struct ledger_log *log, uint64_t i)
{
	const struct ledger_event *event = &log->events[i - 1];
	while (i > 1 && log->events[i - 2].file == event->file &&
	       log->events[i - 2].offset == event->offset)
		i--;
	return i;
}

bool
ledger_decay(struct ledger *ledger, uint32_t shard, uint64_t snapshot)
{
	struct ledger_log *log = &ledger->logs[shard];
	struct disk *disk = &ledger->machine->disk;
	uint8_t head[HEADER];
	if (log->count == 0)
		return false;
	const struct ledger_event *last = &log->events[log->count - 1];
	disk_read(disk, last->file, head, HEADER, last->offset);
	uint64_t seal = u64(head + AT_SEAL);
	if (seal <= snapshot || seal >= frame_of(log, log->count))
		return false;
	uint64_t at = snapshot + 1 + machine_draw(ledger->machine, seal - snapshot);
	if (frame_of(log, at) <= snapshot)
		return false;
	const struct ledger_event *event = &log->events[at - 1];
	uint64_t offset = event->offset + machine_draw(ledger->machine, event->frame);
	disk_turn(disk, event->file, offset);
	machine_note(ledger->machine, "log %u: a bit of LSN %llu's frame has turned", shard,
		     (unsigned long long)at);
	return true;
}
