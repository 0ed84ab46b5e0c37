/* HTTP requests: bytes that come in any pieces are the same requests, and what the strict look lets
 * through the parser reads to its end. Whatever a prefix is judged to be, it is with more bytes
 * behind it too. */
#include "net/http/accept.h"
#include "net/http/head.h"
#include "net/http/request.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/lib.h"

#include <stdlib.h>

/* All that a reader made of a stream. */
struct reading {
	uint64_t sum, requests;
	size_t used;
	uint16_t status; /* refused: nothing more is read */
};

static void
add(struct reading *reading, const void *at, size_t size)
{
	reading->sum = (reading->sum ^ fuzz_seed(at, size)) * 0x9e3779b97f4a7c15u;
}

static void
add_request(struct reading *reading, struct hd_bytes head)
{
	static struct hd_http_request request;
	const char *reason = NULL;
	reading->requests++;
	if (!hd_http_request_read(head, &request, &reason)) {
		HD_ASSERT(reason != NULL && strchr(reason, '\n') == NULL);
		add(reading, reason, strlen(reason));
		return;
	}
	HD_ASSERT(request.method == HD_HTTP_OTHER || request.path.size > 0);
	enum hd_text_format format =
		hd_accept_read(hd_bytes_of(request.accept, request.accept_size));
	add(reading, &format, sizeof format);
	add(reading, request.path.at, request.path.size);
	add(reading, request.accept, request.accept_size);
}

/* Reads on while `size` bytes have come. False: nothing more is read. */
static bool
read_on(void *context, const uint8_t *at, size_t size)
{
	struct reading *reading = context;
	while (reading->used < size) {
		struct hd_bytes bytes = hd_bytes_of(at + reading->used, size - reading->used);
		struct hd_head head = hd_head_check(bytes);
		if (head.state == HD_HEAD_UNFINISHED)
			return true;
		if (head.state == HD_HEAD_REFUSED) {
			HD_ASSERT(head.status >= 400 && head.reason != NULL);
			reading->status = head.status;
			return false;
		}
		HD_ASSERT(head.size > 0 && head.size <= bytes.size);
		add_request(reading, hd_bytes_of(bytes.at, head.size));
		reading->used += head.size;
	}
	return true;
}

static void
same(const struct reading *a, const struct reading *b)
{
	HD_ASSERT(a->sum == b->sum && a->requests == b->requests);
	HD_ASSERT(a->used == b->used && a->status == b->status);
}

int
LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct reading whole = {0}, chunks = {0}, bytes = {0};
	read_on(&whole, at, size);
	uint64_t seed = fuzz_seed(at, size);
	fuzz_pieces(read_on, &chunks, at, size, seed, 1 + size / 2);
	same(&whole, &chunks);
	if (size <= 256) {
		fuzz_pieces(read_on, &bytes, at, size, seed, 1);
		same(&whole, &bytes);
	}
	return 0;
}
