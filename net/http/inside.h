/* inside.h - what the files of net/http share: the desk and its connections.
 *
 * A connection is a slot and a generation; tags carry both, so that what completes late finds
 * nobody. Completions only note what has come; hd_desk_pass moves every connection on. One that is
 * `gone` has its socket shut down and is freed when nothing of it is in flight. */
#ifndef HUNTD_NET_HTTP_INSIDE_H
#define HUNTD_NET_HTTP_INSIDE_H

#include "net/http/desk.h"
#include "net/http/pages.h"
#include "net/http/request.h"

/* A few more than may be served at a time, to say so. */
#define DESK_SLOTS (HD_HTTP_CONNECTIONS_MAX + 8u)

#define DESK_HEAD_ROOM 512u /* of an answer */

struct conn {
	int socket; /* below 0: free */
	uint32_t generation;
	bool receiving, cancelling, sending;
	bool eof;     /* the peer sends no more */
	bool kept;    /* a request was answered, no byte of the next is there */
	bool closing; /* no request is read any more: closed behind the answer */
	bool lingers; /* and not at once: bytes may be under way that nobody wants */
	bool gone;
	int64_t due; /* BOOTTIME ns; something must have happened by then */
	uint8_t *input;
	uint32_t input_room, input_size;
	uint8_t *output; /* the answer that is sent: head and body */
	uint32_t output_room, output_at;
};

struct hd_desk {
	struct hd_io *io;
	struct hd_memory *memory;
	const struct hd_stats_page *page;
	int listener;
	bool accepting, draining;
	int64_t now, accept_at;
	uint32_t live;
	uint32_t generation;
	uint64_t unsent;  /* bytes of all answers */
	uint8_t *scratch; /* where bodies are made */
	size_t scratch_room;
	struct hd_http_request request;
	struct conn conns[DESK_SLOTS];
};

enum desk_what { DESK_ACCEPT = 1, DESK_RECV, DESK_SEND };

/* What, generation (32 bits), slot (16). */
static inline uint64_t
desk_tag(enum desk_what what, uint32_t generation, uint32_t slot)
{
	return HD_IO_TAG(HD_IO_CONTROL, (uint64_t)what << 48 | (uint64_t)generation << 16 | slot);
}

/* conn.c: life. */
void hd_desk_open(struct hd_desk *desk, int socket);
void hd_desk_taken(struct hd_desk *desk, struct conn *conn, const struct hd_completion *completion);
void hd_desk_sent(struct hd_desk *desk, struct conn *conn, int32_t result);
void hd_desk_shut(struct hd_desk *desk, struct conn *conn);
void hd_desk_move(struct hd_desk *desk, struct conn *conn); /* once a pass */

/* answer.c: one request, or a refusal, into `output`. */
void hd_desk_answer(struct hd_desk *desk, struct conn *conn, struct hd_bytes head);
void hd_desk_refuse(struct hd_desk *desk, struct conn *conn, uint16_t status, const char *reason);

#endif
