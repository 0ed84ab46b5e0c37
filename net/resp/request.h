/* request.h - bytes of a connection into the words of one request.
 *
 * A pure function over bytes, in one of four ways: whole, unfinished (ask again with more bytes,
 * from the same start), invalid (answer `message` and close), foreign (somebody speaks HTTP to us:
 * close without a word). The words borrow from the bytes; nothing is copied, nothing is kept in
 * between.
 *
 * Two forms, as Redis reads them: an array of bulk strings, and an inline line of words with
 * quotes. What is too long is refused from its length field, before a byte of it has come: a bulk
 * over HD_BULK_MAX, an array over HD_ARGS_MAX, bulks of one request that sum to over
 * HD_REQUEST_MAX, a line over HD_INLINE_MAX. An empty request (`*0`, an empty line) is whole and
 * has no words. */
#ifndef HUNTD_NET_RESP_REQUEST_H
#define HUNTD_NET_RESP_REQUEST_H

#include "huntd/bytes.h"
#include "huntd/limits.h"

enum hd_request_state {
	HD_REQUEST_WHOLE,
	HD_REQUEST_UNFINISHED,
	HD_REQUEST_INVALID,
	HD_REQUEST_FOREIGN,
};

struct hd_request {
	uint32_t count;      /* of words */
	uint32_t used;       /* WHOLE: bytes that it took */
	bool unquoted;       /* words lie in `line`: they live until the next reading only */
	const char *message; /* INVALID: what stands behind `Protocol error: ` */
	struct hd_bytes words[HD_ARGS_MAX];
	uint8_t line[HD_INLINE_MAX]; /* where quotes of an inline line are undone */
};

enum hd_request_state hd_request_read(struct hd_bytes bytes, struct hd_request *request);

#endif
