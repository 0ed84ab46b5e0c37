#include "perf/load/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "huntd/limits.h"

#define ROOM          (2u * HD_MIB)
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

static bool
receive_reply(int fd, struct hd_load_reply *reply, uint8_t *memory, char *fault)
{
	size_t size = 0, state = HD_LOAD_REPLY_UNFINISHED;
	while (state == HD_LOAD_REPLY_UNFINISHED && size < ROOM) {
		ssize_t got = recv(fd, memory + size, ROOM - size, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			snprintf(fault, HD_LOAD_FAULT_MAX, "the server %s before it answered",
				 got ? "was silent for 10 s" : "closed the connection");
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

static bool
send_command(int fd, const char *command, const char *argument, char *fault)
{
	char text[512];
	int size = argument ? snprintf(text, sizeof text, "*2\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n",
				       strlen(command), command, strlen(argument), argument)
			    : snprintf(text, sizeof text, "*1\r\n$%zu\r\n%s\r\n", strlen(command),
				       command);
	if (send(fd, text, (size_t)size, MSG_NOSIGNAL) == size)
		return true;
	snprintf(fault, HD_LOAD_FAULT_MAX, "cannot send to the server: %s", strerror(errno));
	return false;
}

static bool
is_loading(const struct hd_load_reply *reply)
{
	return reply->mark == '-' && reply->text.size >= 7 &&
	       memcmp(reply->text.at, "LOADING", 7) == 0;
}

bool
hd_load_ask(int fd, const char *command, const char *argument, struct hd_load_reply *reply,
	    uint8_t **memory, char *fault)
{
	if (!*memory && !(*memory = malloc(ROOM))) {
		snprintf(fault, HD_LOAD_FAULT_MAX, "out of memory");
		return false;
	}
	for (int i = 0; i < LOADING_TRIES; i++) {
		if (!send_command(fd, command, argument, fault) ||
		    !receive_reply(fd, reply, *memory, fault))
			return false;
		if (!is_loading(reply))
			return true;
		usleep(LOADING_US);
	}
	snprintf(fault, HD_LOAD_FAULT_MAX, "the server still says LOADING after a minute");
	return false;
}
