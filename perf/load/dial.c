#include "perf/load/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "huntd/limits.h"

#define ROOM          (2u * HD_MIB)
#define SILENT_MS     10000
#define LOOK_MS       100 /* how soon a stop is seen */
#define LOADING_TRIES 600
#define LOADING_US    100000

bool
hd_load_resolve(struct hd_load_target *target, const char *host, const char *port, char *fault)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	int code = getaddrinfo(host, port, &hints, &found);
	if (code) {
		snprintf(fault, HD_LOAD_FAULT_MAX, "--host `%s`: %s", host, gai_strerror(code));
		return false;
	}
	memcpy(&target->address, found->ai_addr, found->ai_addrlen);
	target->size = found->ai_addrlen;
	target->host = host;
	target->port = port;
	freeaddrinfo(found);
	return true;
}

int
hd_load_dial(const struct hd_load_target *target, char *fault)
{
	struct timeval patience = {.tv_sec = 10};
	int on = 1, fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		snprintf(fault, HD_LOAD_FAULT_MAX, "cannot open a socket: %s%s", strerror(errno),
			 errno == EMFILE ? "; fewer --connections, or a higher ulimit -n" : "");
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(fd, (const struct sockaddr *)&target->address, target->size)) {
		snprintf(fault, HD_LOAD_FAULT_MAX,
			 "cannot reach huntd on %s:%s: %s; --host and --port say where it is",
			 target->host, target->port, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/* Has somebody asked for the end, where such signals are blocked? */
static bool
is_stopped(void)
{
	sigset_t pending;
	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM));
}

/* Waits for bytes, SILENT_MS at most. */
static bool
wait_readable(int fd, char *fault)
{
	struct pollfd event = {.fd = fd, .events = POLLIN};
	for (int waited = 0; waited < SILENT_MS; waited += LOOK_MS) {
		if (poll(&event, 1, LOOK_MS) > 0)
			return true;
		if (is_stopped()) {
			snprintf(fault, HD_LOAD_FAULT_MAX, "stopped by a signal");
			return false;
		}
	}
	snprintf(fault, HD_LOAD_FAULT_MAX, "the server was silent for 10 s before it answered");
	return false;
}

static bool
receive_reply(int fd, struct hd_load_reply *reply, uint8_t *memory, char *fault)
{
	size_t size = 0, state = HD_LOAD_REPLY_UNFINISHED;
	while (state == HD_LOAD_REPLY_UNFINISHED && size < ROOM) {
		if (!wait_readable(fd, fault))
			return false;
		ssize_t got = recv(fd, memory + size, ROOM - size, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			snprintf(fault, HD_LOAD_FAULT_MAX,
				 "the server closed the connection before it answered");
			return false;
		}
		size += (size_t)got;
		state = hd_load_reply_read(memory, memory + size, reply);
	}
	if (state == HD_LOAD_REPLY_UNFINISHED || state == HD_LOAD_REPLY_INVALID) {
		snprintf(fault, HD_LOAD_FAULT_MAX,
			 "the server does not answer as Redis does; is it huntd's --resp port?");
		return false;
	}
	return true;
}

/* The command as bytes, own. */
static uint8_t *
command_of(const struct hd_bytes *words, uint32_t count, size_t *size)
{
	size_t room = 32;
	for (uint32_t i = 0; i < count; i++)
		room += words[i].size + 32u;
	uint8_t *text = malloc(room);
	HD_ASSERT(text);
	*size = (size_t)snprintf((char *)text, room, "*%u\r\n", count);
	for (uint32_t i = 0; i < count; i++) {
		*size += (size_t)snprintf((char *)text + *size, 32, "$%u\r\n", words[i].size);
		memcpy(text + *size, words[i].at, words[i].size);
		memcpy(text + *size + words[i].size, "\r\n", 2);
		*size += words[i].size + 2u;
	}
	return text;
}

static bool
send_command(int fd, const struct hd_bytes *words, uint32_t count, char *fault)
{
	size_t size, done = 0;
	uint8_t *text = command_of(words, count, &size);
	ssize_t sent = 0;
	for (; done < size && sent >= 0; done += sent > 0 ? (size_t)sent : 0)
		sent = send(fd, text + done, size - done, MSG_NOSIGNAL);
	free(text);
	if (sent < 0)
		snprintf(fault, HD_LOAD_FAULT_MAX, "cannot send to the server: %s",
			 strerror(errno));
	return sent >= 0;
}

static bool
is_loading(const struct hd_load_reply *reply)
{
	return reply->mark == '-' && reply->text.size >= 7 &&
	       memcmp(reply->text.at, "LOADING", 7) == 0;
}

bool
hd_load_ask_words(int fd, const struct hd_bytes *words, uint32_t count, struct hd_load_reply *reply,
		  uint8_t **memory, char *fault)
{
	if (!*memory && !(*memory = malloc(ROOM))) {
		snprintf(fault, HD_LOAD_FAULT_MAX, "out of memory");
		return false;
	}
	for (int i = 0; i < LOADING_TRIES; i++) {
		if (!send_command(fd, words, count, fault) ||
		    !receive_reply(fd, reply, *memory, fault))
			return false;
		if (!is_loading(reply))
			return true;
		usleep(LOADING_US);
	}
	snprintf(fault, HD_LOAD_FAULT_MAX, "the server still says LOADING after a minute");
	return false;
}

bool
hd_load_ask(int fd, const char *command, const char *argument, struct hd_load_reply *reply,
	    uint8_t **memory, char *fault)
{
	struct hd_bytes words[] = {hd_bytes_str(command),
				   argument ? hd_bytes_str(argument) : (struct hd_bytes){0}};
	return hd_load_ask_words(fd, words, argument ? 2 : 1, reply, memory, fault);
}
