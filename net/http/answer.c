/* Answers: a page, or a refusal of one line. Head and body are one block, sent whole. */
#include <stdio.h>
#include <time.h>

#include "huntd/assert.h"
#include "net/http/accept.h"
#include "net/http/inside.h"

struct answer {
	uint16_t status;
	const char *type;
	bool bodiless; /* to HEAD: its length is told all the same */
	bool old;      /* HTTP/1.0 */
};

static const char *
phrase(uint16_t status)
{
	switch (status) {
	case 200:
		return "OK";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 413:
		return "Content Too Large";
	case 414:
		return "URI Too Long";
	case 417:
		return "Expectation Failed";
	case 431:
		return "Request Header Fields Too Large";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	default:
		HD_ASSERT(status == 400);
		return "Bad Request";
	}
}

static uint32_t
write_head(char *out, const struct conn *conn, const struct answer *answer, size_t body)
{
	char date[64];
	struct tm at;
	time_t now = time(NULL);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &at));
	const char *connection = conn->closing ? "Connection: close\r\n"
				 : answer->old ? "Connection: keep-alive\r\n"
					       : "";
	int size = snprintf(out, DESK_HEAD_ROOM,
			    "HTTP/1.1 %u %s\r\nDate: %s\r\nContent-Type: %s\r\n"
			    "Content-Length: %zu\r\nCache-Control: no-store\r\n"
			    "Vary: Accept\r\nX-Content-Type-Options: nosniff\r\n%s%s%s\r\n",
			    answer->status, phrase(answer->status), date, answer->type, body,
			    connection, answer->status == 405 ? "Allow: GET, HEAD\r\n" : "",
			    answer->status == 503 ? "Retry-After: 1\r\n" : "");
	HD_ASSERT(size > 0 && (uint32_t)size < DESK_HEAD_ROOM);
	return (uint32_t)size;
}

/* The body's bytes stand in the desk's scratch, or anywhere. */
static void
put(struct hd_desk *desk, struct conn *conn, const struct answer *answer, struct hd_bytes body)
{
	char head[DESK_HEAD_ROOM];
	uint32_t size = write_head(head, conn, answer, body.size);
	HD_ASSERT(conn->output == NULL && !conn->sending);
	if (answer->bodiless)
		body.size = 0;
	conn->output_room = size + body.size;
	conn->output = hd_memory_take(desk->memory, conn->output_room, 8);
	conn->output_at = 0;
	memcpy(conn->output, head, size);
	if (body.size)
		memcpy(conn->output + size, body.at, body.size);
	desk->unsent += conn->output_room;
}

static void
put_line(struct hd_desk *desk, struct conn *conn, struct answer *answer, const char *line)
{
	char text[256];
	int size = snprintf(text, sizeof text, "%s\n", line);
	answer->type = "text/plain; charset=utf-8";
	put(desk, conn, answer, hd_bytes_of(text, (size_t)size));
}

/* Closes the connection, and no byte of it is a request any more. */
static void
refuse(struct hd_desk *desk, struct conn *conn, struct answer answer, const char *reason)
{
	conn->closing = conn->lingers = true;
	put_line(desk, conn, &answer, reason);
}

void
hd_desk_refuse(struct hd_desk *desk, struct conn *conn, uint16_t status, const char *reason)
{
	refuse(desk, conn, (struct answer){.status = status}, reason);
}

static void
put_page(struct hd_desk *desk, struct conn *conn, struct answer *answer, enum hd_page page)
{
	struct hd_bytes accept = hd_bytes_of(desk->request.accept, desk->request.accept_size);
	struct hd_writer out = hd_writer_of(desk->scratch, desk->scratch_room);
	if (desk->unsent > HD_HTTP_UNSENT_MAX) {
		answer->status = 503;
		put_line(desk, conn, answer, "too many answers wait to be read");
		return;
	}
	struct hd_page_made made = hd_page_write(page, desk->page, hd_accept_read(accept), &out);
	answer->status = made.status;
	answer->type = made.type;
	put(desk, conn, answer, hd_bytes_of(desk->scratch, (size_t)(out.at - desk->scratch)));
}

/* What a request may not bring along. True: answered. */
static bool
refused(struct hd_desk *desk, struct conn *conn)
{
	const struct hd_http_request *request = &desk->request;
	struct answer answer = {.bodiless = request->method == HD_HTTP_HEAD};
	const char *reason = NULL;
	if (request->method == HD_HTTP_OTHER) {
		answer.status = 405;
		reason = "pages are read with GET or HEAD";
	} else if (request->expects) {
		answer.status = 417;
		reason = "no expectation is met here";
	} else if (request->has_body) {
		answer.status = 413;
		reason = "a request for a page has no body";
	}
	if (reason != NULL)
		refuse(desk, conn, answer, reason);
	return reason != NULL;
}

void
hd_desk_answer(struct hd_desk *desk, struct conn *conn, struct hd_bytes head)
{
	struct hd_http_request *request = &desk->request;
	const char *reason = NULL;
	if (!hd_http_request_read(head, request, &reason)) {
		hd_desk_refuse(desk, conn, 400, reason);
		return;
	}
	if (refused(desk, conn))
		return;
	struct answer answer = {
		.bodiless = request->method == HD_HTTP_HEAD,
		.old = request->old,
	};
	enum hd_page page = hd_page_find(request->path);
	conn->closing = !request->keeps || desk->draining;
	if (page != HD_PAGE_NONE) {
		put_page(desk, conn, &answer, page);
		return;
	}
	answer.status = 404;
	put_line(desk, conn, &answer, "there is no such page; / lists them");
}
