/* Requests: bytes that come in any pieces are the same requests. Whatever a prefix is judged to be,
 * whole, invalid or foreign, it is with more bytes behind it too. */
#include "net/resp/args.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/lib.h"

#include <stdlib.h>

static struct hd_request request;
static struct hd_verbs verbs;

/* A sum over all that a reader made of a stream. */
struct reading {
	uint64_t sum, requests;
	size_t used;
	enum hd_request_state end;
	bool guessed; /* what an unknown command might have been: once, it takes long */
};

static void
add(struct reading *reading, const void *at, size_t size)
{
	reading->sum = (reading->sum ^ fuzz_seed(at, size)) * 0x9e3779b97f4a7c15u;
}

static void
add_command(struct reading *reading)
{
	static struct hd_args_fault fault;
	struct hd_command command;
	if (request.count == 0)
		return;
	enum hd_verb verb = hd_verbs_find(&verbs, request.words[0]);
	if (verb == HD_CMD_COUNT_) {
		if (!reading->guessed)
			hd_verbs_unknown(request.words[0], fault.text, sizeof fault.text);
		reading->guessed = true;
	} else if (hd_command_rows[verb].route != HD_ROUTE_EDGE) {
		fault = (struct hd_args_fault){0};
		bool good = hd_args_read(verb, &request, &command, &fault);
		HD_ASSERT(good == (fault.error == HD_ERR_NONE));
		add(reading, &fault.error, sizeof fault.error);
	}
}

static void
add_request(struct reading *reading)
{
	reading->requests++;
	for (uint32_t i = 0; i < request.count; i++)
		add(reading, request.words[i].at, request.words[i].size);
	add_command(reading);
}

/* Reads on from `used` while `size` bytes have come. False: nothing more is read. */
static bool
read_on(void *context, const uint8_t *at, size_t size)
{
	struct reading *reading = context;
	while (reading->used < size) {
		struct hd_bytes bytes = hd_bytes_of(at + reading->used, size - reading->used);
		reading->end = hd_request_read(bytes, &request);
		if (reading->end == HD_REQUEST_UNFINISHED)
			return true;
		if (reading->end != HD_REQUEST_WHOLE) {
			if (reading->end == HD_REQUEST_INVALID)
				add(reading, request.message, strlen(request.message));
			return false;
		}
		HD_ASSERT(request.used > 0 && request.used <= bytes.size);
		add_request(reading);
		reading->used += request.used;
		reading->end = HD_REQUEST_UNFINISHED;
	}
	return true;
}

static void
same(const struct reading *a, const struct reading *b)
{
	HD_ASSERT(a->sum == b->sum && a->requests == b->requests);
	HD_ASSERT(a->used == b->used && a->end == b->end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static bool ready;
	if (!ready)
		hd_verbs_init(&verbs);
	ready = true;
	struct reading whole = {.end = HD_REQUEST_UNFINISHED}, chunks = whole, bytes;
	chunks.guessed = true;
	bytes = chunks;
	read_on(&whole, at, size);
	uint64_t seed = fuzz_seed(at, size);
	fuzz_pieces(read_on, &chunks, at, size, seed, 1 + size / 2);
	same(&whole, &chunks);
	if (size <= 128) {
		fuzz_pieces(read_on, &bytes, at, size, seed, 1);
		same(&whole, &bytes);
	}
	return 0;
}
