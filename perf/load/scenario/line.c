#include "perf/load/scenario/line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "perf/load/crew.h"

#define ROOM   (128u * 1024u)
#define NAP_NS 50000000u /* how soon a stop is seen */

bool
hd_load_line_open(struct hd_load_line *line, const struct hd_load_target *target, char *fault)
{
	*line = (struct hd_load_line){.socket = hd_load_dial(target, fault)};
	if (line->socket < 0)
		return false;
	fcntl(line->socket, F_SETFL, O_NONBLOCK);
	line->in = malloc(ROOM);
	line->out = malloc(ROOM);
	HD_ASSERT(line->in && line->out);
	return true;
}

void
hd_load_line_close(struct hd_load_line *line)
{
	if (line->in)
		close(line->socket);
	free(line->in);
	free(line->out);
	*line = (struct hd_load_line){0};
}

bool
hd_load_line_write(struct hd_load_line *line, const struct hd_bytes *words, uint32_t count)
{
	size_t need = 16;
	for (uint32_t i = 0; i < count; i++)
		need += words[i].size + 16u;
	if (line->out_end + need > ROOM)
		return false;
	char *at = (char *)line->out + line->out_end;
	at += snprintf(at, 16, "*%u\r\n", count);
	for (uint32_t i = 0; i < count; i++) {
		at += snprintf(at, 16, "$%u\r\n", words[i].size);
		memcpy(at, words[i].at, words[i].size);
		memcpy(at + words[i].size, "\r\n", 2);
		at += words[i].size + 2;
	}
	line->out_end = (uint32_t)((uint8_t *)at - line->out);
	return true;
}

void
hd_load_line_flush(struct hd_load_line *line)
{
	while (line->out_end && !line->lost) {
		ssize_t sent = send(line->socket, line->out, line->out_end, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return;
		line->lost = sent < 0;
		if (sent > 0) {
			line->out_end -= (uint32_t)sent;
			memmove(line->out, line->out + sent, line->out_end);
		}
	}
}

/* Waits for more bytes. False: none until then, or the connection is lost. */
static bool
receive(struct hd_load_line *line, uint64_t until)
{
	uint64_t now = hd_load_clock();
	uint64_t nap = now < until ? until - now : 0;
	struct timespec timeout = {(time_t)(nap / 1000000000u), (long)(nap % 1000000000u)};
	struct pollfd event = {line->socket, (short)(POLLIN | (line->out_end ? POLLOUT : 0)), 0};
	if (ppoll(&event, 1, &timeout, NULL) <= 0)
		return false;
	if (event.revents & POLLOUT)
		hd_load_line_flush(line);
	if (!(event.revents & (POLLIN | POLLHUP | POLLERR)))
		return true;
	ssize_t got = recv(line->socket, line->in + line->end, ROOM - line->end, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	line->received = hd_load_clock();
	line->lost |= got <= 0;
	line->end += got > 0 ? (uint32_t)got : 0;
	return !line->lost;
}

enum hd_load_got
hd_load_line_read(struct hd_load_line *line, struct hd_load_reply *reply, uint64_t until)
{
	hd_load_line_flush(line);
	for (;;) {
		size_t used =
			hd_load_reply_read(line->in + line->from, line->in + line->end, reply);
		if (used == HD_LOAD_REPLY_INVALID || line->lost)
			break;
		if (used != HD_LOAD_REPLY_UNFINISHED) {
			line->from += (uint32_t)used;
			return HD_LOAD_GOT_REPLY;
		}
		line->end -= line->from;
		memmove(line->in, line->in + line->from, line->end);
		line->from = 0;
		if (line->end == ROOM)
			break;
		if (!receive(line, until) && !line->lost)
			return HD_LOAD_GOT_NONE;
	}
	line->lost = true;
	return HD_LOAD_GOT_LOST;
}

enum hd_load_got
hd_load_line_wait(struct hd_load_line *line, struct hd_load_reply *reply,
		  const struct hd_load_crew *crew)
{
	enum hd_load_got got = HD_LOAD_GOT_NONE;
	while (got == HD_LOAD_GOT_NONE && !atomic_load(&crew->shared.stop))
		got = hd_load_line_read(line, reply, hd_load_clock() + NAP_NS);
	return got;
}
