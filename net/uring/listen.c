#include "net/uring/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096

static bool
split(const char *where, char *host, size_t host_room, const char **port)
{
	const char *colon = strrchr(where, ':');
	if (!colon || (size_t)(colon - where) >= host_room)
		return false;
	size_t size = (size_t)(colon - where);
	if (size >= 2 && where[0] == '[' && where[size - 1] == ']') {
		where++;
		size -= 2;
	}
	memcpy(host, where, size);
	host[size] = 0;
	*port = colon + 1;
	return **port != 0;
}

static struct addrinfo *
resolve(const char *where, char *message, size_t room)
{
	char host[256];
	const char *port;
	if (!split(where, host, sizeof host, &port)) {
		snprintf(message, room, "%s: not of the form ADDR:PORT", where);
		return NULL;
	}
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
			*found;
	int error = getaddrinfo(host[0] ? host : NULL, port, &hints, &found);
	if (error == 0)
		return found;
	snprintf(message, room, "%s: %s", where, gai_strerror(error));
	return NULL;
}

static bool
number_set(int socket, int level, int name, int value)
{
	return setsockopt(socket, level, name, &value, sizeof value) == 0;
}

static bool
options_set(int listener, bool shared)
{
	return number_set(listener, SOL_SOCKET, SO_REUSEADDR, 1) &&
	       (!shared || number_set(listener, SOL_SOCKET, SO_REUSEPORT, 1)) &&
	       number_set(listener, IPPROTO_TCP, TCP_NODELAY, 1) &&
	       number_set(listener, IPPROTO_TCP, TCP_USER_TIMEOUT, 20000) &&
	       number_set(listener, SOL_SOCKET, SO_KEEPALIVE, 1) &&
	       number_set(listener, IPPROTO_TCP, TCP_KEEPIDLE, 15) &&
	       number_set(listener, IPPROTO_TCP, TCP_KEEPINTVL, 5) &&
	       number_set(listener, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

static uint16_t
port_of(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

int
hd_listen(const char *where, bool shared, uint16_t *port, char *message, size_t room)
{
	struct addrinfo *found = resolve(where, message, room);
	if (!found)
		return -EINVAL;
	struct sockaddr_storage bound;
	socklen_t size = sizeof bound;
	int listener = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = listener >= 0 && options_set(listener, shared) &&
		  bind(listener, found->ai_addr, found->ai_addrlen) == 0 &&
		  listen(listener, BACKLOG) == 0 &&
		  getsockname(listener, (struct sockaddr *)&bound, &size) == 0;
	int error = errno;
	freeaddrinfo(found);
	if (ok) {
		*port = port_of(&bound);
		return listener;
	}
	snprintf(message, room, "cannot listen on %s: %s", where, strerror(error));
	if (listener >= 0)
		close(listener);
	return -error;
}

void
hd_socket_peer(int socket, char *text, size_t room)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof address;
	char host[INET6_ADDRSTRLEN];
	text[0] = 0;
	if (getpeername(socket, (struct sockaddr *)&address, &size) != 0)
		return;
	bool six = address.ss_family == AF_INET6;
	const void *at = six ? (const void *)&((struct sockaddr_in6 *)&address)->sin6_addr
			     : (const void *)&((struct sockaddr_in *)&address)->sin_addr;
	if (inet_ntop(address.ss_family, at, host, sizeof host))
		snprintf(text, room, "%s%s%s:%u", six ? "[" : "", host, six ? "]" : "",
			 port_of(&address));
}
