/* desk.h - the operators' HTTP/1.1: struct hd_desk_ops of runtime.h.
 *
 * It lives on control's thread and io: a listener, at most HD_HTTP_CONNECTIONS_MAX connections, and
 * the pages of pages.h. It reads the stats page and waits for nobody, so it speaks while shards
 * load, when one of them stalls and while the server ends. Requests of a connection are answered in
 * order, one at a time; what is sent ahead waits, up to a bound. Every wait has a deadline. */
#ifndef HUNTD_NET_HTTP_DESK_H
#define HUNTD_NET_HTTP_DESK_H

#include "huntd/runtime.h"

/* Takes the listener over: hd_desk_destroy closes it. */
void *hd_desk_create(int listener, struct hd_io *io, struct hd_memory *memory,
		     const struct hd_stats_page *page);

/* The members of struct hd_desk_ops. */
void hd_desk_destroy(void *desk);
void hd_desk_complete(void *desk, const struct hd_completion *completion);
void hd_desk_pass(void *desk, int64_t now);
int64_t hd_desk_deadline(void *desk);
bool hd_desk_drain(void *desk);

#endif
