#include "net/server/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024

static int
bind_one(uint32_t host, uint16_t port, bool shared)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address.sin_addr.s_addr = htonl(host);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (shared)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	/* Accepted sockets inherit it. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof address;
	return getsockname(fd, (struct sockaddr *)&address, &size) == 0 ? ntohs(address.sin_port) : 0;
}

static bool
refuse(uint32_t host, uint16_t port, char *message, size_t room)
{
	struct in_addr address = {htonl(host)};
	char text[INET_ADDRSTRLEN];
	int error = errno;
	inet_ntop(AF_INET, &address, text, sizeof text);
	snprintf(message, room, "cannot listen on %s:%u: %s%s", text, port, strerror(error),
	         error == EADDRINUSE ? "; is another huntd running? --resp takes another port" : "");
	return false;
}

bool
hd_listen(uint32_t host, uint16_t *port, int *listeners, uint32_t count, char *message, size_t room)
{
	int probe = bind_one(host, *port, false);
	/* The probe's listen finds a port that others share: bind alone may succeed beside them. */
	if (probe < 0 || listen(probe, 1) != 0) {
		refuse(host, *port, message, room);
		if (probe >= 0)
			close(probe);
		return false;
	}
	*port = port_of(probe);
	close(probe);
	for (uint32_t i = 0; i < count; i++) {
		listeners[i] = bind_one(host, *port, true);
		if (listeners[i] < 0 || listen(listeners[i], BACKLOG) != 0) {
			refuse(host, *port, message, room);
			for (uint32_t k = 0; k <= i; k++) {
				if (listeners[k] >= 0)
					close(listeners[k]);
			}
			return false;
		}
	}
	return true;
}
