/* head.h - the strict look at a request's head, before the parser sees it.
 *
 * What two readers of HTTP could read differently is refused, so that nothing can be smuggled
 * behind huntd's back or through it: a bare CR or LF, NUL and other control bytes, white space
 * before the colon, folded lines, Content-Length twice, or not digits, or together with
 * Transfer-Encoding, a Transfer-Encoding other than `chunked`, no Host or two. llhttp takes some of
 * these. Behind a refusal no byte of the connection is read as a request again.
 *
 * Pure, and the same for bytes that come in any pieces: what a prefix is refused for is refused
 * with more behind it, and a whole head stays whole. */
#ifndef HUNTD_NET_HTTP_HEAD_H
#define HUNTD_NET_HTTP_HEAD_H

#include "huntd/bytes.h"
#include "huntd/limits.h"

enum hd_head_state { HD_HEAD_UNFINISHED, HD_HEAD_WHOLE, HD_HEAD_REFUSED };

struct hd_head {
	uint8_t state;      /* enum hd_head_state */
	uint16_t status;    /* REFUSED: what to answer */
	const char *reason; /* REFUSED: one line */
	uint32_t size;      /* WHOLE: bytes of the head, the empty line too */
};

struct hd_head hd_head_check(struct hd_bytes bytes);

#endif
