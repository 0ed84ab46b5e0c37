/* reply.h - replies as they come back, read only as far as counting needs.
 *
 * A pure function over bytes, RESP2 and RESP3: it walks over one whole reply, however nested, and
 * keeps its first mark and its first scalars. That is enough to tell an outcome, an error, a nil, a
 * score, a message. */
#ifndef HUNTD_PERF_LOAD_REPLY_H
#define HUNTD_PERF_LOAD_REPLY_H

#include "huntd/bytes.h"

struct hd_load_reply {
	uint8_t mark;            /* of the reply: + - : $ * and so on */
	bool nil;                /* the reply itself is nil */
	struct hd_bytes text;    /* its first scalar, borrowed: `correct`, `NOHUNT no such hunt` */
	struct hd_bytes next[2]; /* the two scalars behind it; empty where there are none */
	struct hd_bytes bulk;    /* its longest bulk: a document's text */
};

#define HD_LOAD_REPLY_UNFINISHED 0
#define HD_LOAD_REPLY_INVALID    SIZE_MAX

/* Bytes of the first whole reply in [at, end), or one of the two above. */
size_t hd_load_reply_read(const uint8_t *at, const uint8_t *end, struct hd_load_reply *reply);

#endif
