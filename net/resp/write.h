/* write.h - replies into RESP2 or RESP3.
 *
 * Twin of request.h: pure, over caller's bytes. A map is a map in RESP3 and a flat array in RESP2;
 * nil is `_` in RESP3, and in RESP2 the nil that its reader expects of this place (`*-1` or `$-1`).
 * Line ends and other control characters never stand in a simple string or an error: they become
 * spaces. */
#ifndef HUNTD_NET_RESP_WRITE_H
#define HUNTD_NET_RESP_WRITE_H

#include "huntd/reply.h"
#include "huntd/value.h"

/* Room that is enough for every reply but VALUE, beyond its detail's size. */
#define HD_RESP_ROOM 160u

/* Appends the reply. False: `room` bytes at `to` do not hold it; nothing is promised about them.
 * Returns the bytes written in `*size`. protocol: 2 or 3. */
bool hd_resp_reply(uint8_t *to, size_t room, uint32_t protocol, const struct hd_reply *reply,
		   uint32_t *size);

/* Parts, for pub/sub messages. All append to `w`. */
void hd_resp_bulk(struct hd_writer *w, struct hd_bytes bytes);
void hd_resp_integer(struct hd_writer *w, int64_t value);
/* An array of `count` that no request asked for: a push in RESP3. */
void hd_resp_push(struct hd_writer *w, uint32_t protocol, uint32_t count);

/* Decimal digits of `value`, at most 20 bytes; returns the end. */
uint8_t *hd_resp_decimal(uint8_t *to, int64_t value);

#endif
