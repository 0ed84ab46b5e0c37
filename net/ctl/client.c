#include "net/ctl/client.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "huntd/assert.h"

#define WORDS_MAX      32u
#define LINE_MAX_BYTES 64u
#define DEPTH_MAX      16u
#define ERROR_ROOM     (64u * 1024u) /* a refused document's faults come in one line */

struct buffer {
	char *at;
	size_t used, room;
};

struct hd_client {
	struct hd_client_options options;
	int socket;
	bool alive;
	struct buffer out, in;
	size_t taken; /* of `in` */
	char error[ERROR_ROOM];
};

static void
buffer_fit(struct buffer *buffer, size_t more)
{
	if (buffer->room - buffer->used >= more)
		return;
	buffer->room = (buffer->used + more) * 2;
	buffer->at = realloc(buffer->at, buffer->room);
	HD_ASSERT(buffer->at);
}

static void
buffer_add(struct buffer *buffer, const void *from, size_t size)
{
	buffer_fit(buffer, size);
	if (size)
		memcpy(buffer->at + buffer->used, from, size);
	buffer->used += size;
}

/* Connecting. */

static int
connect_one(const struct addrinfo *address, int timeout_ms)
{
	int one = 1, error = 0;
	socklen_t size = sizeof error;
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0)
		error = errno;
	if (error == EINPROGRESS) {
		struct pollfd writable = {.fd = fd, .events = POLLOUT};
		error = ETIMEDOUT;
		if (poll(&writable, 1, timeout_ms) == 1)
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	}
	if (error) {
		close(fd);
		return -error;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static int
connect_any(const struct hd_client_options *options, char *message, size_t room)
{
	char port[8];
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found;
	snprintf(port, sizeof port, "%u", options->port);
	int failed = getaddrinfo(options->host, port, &hints, &found);
	if (failed) {
		snprintf(message, room, "cannot find the host %s: %s", options->host,
			 gai_strerror(failed));
		return -1;
	}
	int fd = -ECONNREFUSED;
	for (struct addrinfo *one = found; one && fd < 0; one = one->ai_next)
		fd = connect_one(one, options->timeout_ms);
	freeaddrinfo(found);
	if (fd < 0)
		snprintf(message, room, "cannot reach %s:%s: %s; is huntd running? ./dev run",
			 options->host, port, strerror(-fd));
	return fd;
}

struct hd_client *
hd_client_open(const struct hd_client_options *options, char *message, size_t room)
{
	static const char *const hello[] = {"HELLO", "3", NULL};
	struct hd_client *client = calloc(1, sizeof *client);
	HD_ASSERT(client);
	client->options = *options;
	if (client->options.timeout_ms == 0)
		client->options.timeout_ms = HD_CLIENT_TIMEOUT_MS;
	client->socket = connect_any(&client->options, message, room);
	client->alive = client->socket >= 0;
	json_t *greeting = client->alive ? hd_client_ask(client, hello) : NULL;
	if (!greeting) {
		if (client->socket >= 0)
			snprintf(message, room, "%s:%u does not speak RESP3: %.200s", options->host,
				 options->port, client->error);
		hd_client_close(client);
		return NULL;
	}
	json_decref(greeting);
	return client;
}

void
hd_client_close(struct hd_client *client)
{
	if (!client)
		return;
	if (client->socket >= 0)
		close(client->socket);
	free(client->out.at);
	free(client->in.at);
	free(client);
}

/* Bytes out and in. */

__attribute__((format(printf, 2, 3))) static void *
lose(struct hd_client *client, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(client->error, sizeof client->error, format, args);
	va_end(args);
	client->alive = false;
	return NULL;
}

/* Waits until the socket can be read or written. */
static bool
await(struct hd_client *client, short events)
{
	struct pollfd fds[2] = {{.fd = client->socket, .events = events},
				{.fd = client->options.interrupt, .events = POLLIN}};
	int ready;
	do
		ready = poll(fds, client->options.interrupt < 0 ? 1 : 2,
			     client->options.timeout_ms);
	while (ready < 0 && errno == EINTR);
	if (ready == 0)
		lose(client, "no answer from %s:%u in %d s", client->options.host,
		     client->options.port, client->options.timeout_ms / 1000);
	else if (ready < 0 || fds[1].revents)
		lose(client, "interrupted");
	return client->alive;
}

static void
flush(struct hd_client *client)
{
	size_t sent = 0;
	while (client->alive && sent < client->out.used) {
		ssize_t n = send(client->socket, client->out.at + sent, client->out.used - sent,
				 MSG_NOSIGNAL);
		if (n > 0)
			sent += (size_t)n;
		else if (errno == EAGAIN)
			await(client, POLLOUT);
		else if (errno != EINTR)
			lose(client, "the connection to %s:%u was lost: %s", client->options.host,
			     client->options.port, strerror(errno));
	}
	client->out.used = 0;
}

static bool
fill(struct hd_client *client)
{
	if (client->taken == client->in.used)
		client->taken = client->in.used = 0;
	buffer_fit(&client->in, 64 * 1024);
	while (client->alive) {
		ssize_t n = recv(client->socket, client->in.at + client->in.used,
				 client->in.room - client->in.used, 0);
		if (n > 0) {
			client->in.used += (size_t)n;
			return true;
		}
		if (n == 0)
			lose(client, "%s:%u closed the connection", client->options.host,
			     client->options.port);
		else if (errno == EAGAIN)
			await(client, POLLIN);
		else if (errno != EINTR)
			lose(client, "the connection to %s:%u was lost: %s", client->options.host,
			     client->options.port, strerror(errno));
	}
	return false;
}

/* Exactly `size` bytes and CRLF; until the next call. NULL: lost. */
static const char *
take_bulk(struct hd_client *client, size_t size)
{
	while (client->in.used - client->taken < size + 2)
		if (!fill(client))
			return NULL;
	const char *at = client->in.at + client->taken;
	client->taken += size + 2;
	return at;
}

/* A line without CRLF; until the next call. NULL: lost. */
static const char *
take_line(struct hd_client *client, size_t *size)
{
	size_t looked = 0;
	for (;;) {
		const char *from = client->in.at + client->taken;
		size_t have = client->in.used - client->taken;
		const char *end = have > looked ? memchr(from + looked, '\n', have - looked) : NULL;
		if (end && end > from && end[-1] == '\r') {
			*size = (size_t)(end - from) - 1;
			client->taken += *size + 2;
			return from;
		}
		looked = have;
		if (!fill(client))
			return NULL;
	}
}

/* Replies. */

json_t *
hd_client_text(struct hd_bytes bytes)
{
	const char *at = (const char *)bytes.at;
	size_t size = bytes.size;
	json_t *value = json_stringn(at, size);
	if (value)
		return value;
	char *escaped = malloc(size * 4 + 1);
	HD_ASSERT(escaped);
	size_t used = 0;
	for (size_t i = 0; i < size; i++)
		if (at[i] >= ' ' && at[i] < 0x7f)
			escaped[used++] = at[i];
		else
			used += (size_t)snprintf(escaped + used, 5, "\\x%02x", (uint8_t)at[i]);
	value = json_stringn(escaped, used);
	free(escaped);
	return value;
}

static json_t *take_value(struct hd_client *client, unsigned depth);

static json_t *
take_array(struct hd_client *client, long long count, unsigned depth)
{
	json_t *array = json_array();
	for (long long i = 0; i < count; i++) {
		json_t *value = take_value(client, depth + 1);
		if (!value) {
			json_decref(array);
			return NULL;
		}
		json_array_append_new(array, value);
	}
	return array;
}

static json_t *
take_map(struct hd_client *client, long long count, unsigned depth)
{
	json_t *map = json_object();
	for (long long i = 0; i < count; i++) {
		json_t *key = take_value(client, depth + 1);
		json_t *value = key ? take_value(client, depth + 1) : NULL;
		const char *name = json_is_string(key) ? json_string_value(key) : "?";
		if (value)
			json_object_set_new(map, name, value);
		json_decref(key);
		if (!value) {
			json_decref(map);
			return NULL;
		}
	}
	return map;
}

static json_t *
take_text(struct hd_client *client, long long size)
{
	if (size < 0)
		return json_null();
	const char *at = take_bulk(client, (size_t)size);
	return at ? hd_client_text(hd_bytes_of(at, (size_t)size)) : NULL;
}

static json_t *
take_error(struct hd_client *client, const char *at, size_t size)
{
	snprintf(client->error, sizeof client->error, "%.*s", (int)size, at);
	return NULL;
}

static json_t *
take_value(struct hd_client *client, unsigned depth)
{
	size_t size;
	const char *line = take_line(client, &size);
	if (!line)
		return NULL;
	if (size == 0 || depth > DEPTH_MAX)
		return lose(client, "a reply that is no RESP");
	const char *rest = line + 1;
	long long number = strtoll(rest, NULL, 10); /* ends at the CR */
	switch (line[0]) {
	case '+':
		return hd_client_text(hd_bytes_of(rest, size - 1));
	case '-':
		return take_error(client, rest, size - 1);
	case ':':
		return json_integer(number);
	case '_':
		return json_null();
	case '#':
		return json_boolean(rest[0] == 't');
	case ',':
		return json_real(strtod(rest, NULL));
	case '$':
	case '=':
		return take_text(client, number);
	case '*':
	case '~':
	case '>':
		return number < 0 ? json_null() : take_array(client, number, depth);
	case '%':
		return take_map(client, number, depth);
	default:
		return lose(client, "a reply that is no RESP");
	}
}

json_t *
hd_client_receive(struct hd_client *client)
{
	flush(client);
	for (;;) {
		if (!client->alive || (client->taken == client->in.used && !fill(client)))
			return NULL;
		bool pushed = client->in.at[client->taken] == '>';
		client->error[0] = 0;
		json_t *value = take_value(client, 0);
		if (!pushed || !client->alive)
			return value;
		json_decref(value);
	}
}

/* Requests. */

void
hd_client_send(struct hd_client *client, uint32_t count, const struct hd_bytes *words)
{
	char line[LINE_MAX_BYTES];
	int n = snprintf(line, sizeof line, "*%u\r\n", count);
	buffer_add(&client->out, line, (size_t)n);
	for (uint32_t i = 0; i < count; i++) {
		n = snprintf(line, sizeof line, "$%u\r\n", words[i].size);
		buffer_add(&client->out, line, (size_t)n);
		buffer_add(&client->out, words[i].at, words[i].size);
		buffer_add(&client->out, "\r\n", 2);
	}
}

json_t *
hd_client_ask(struct hd_client *client, const char *const *words)
{
	struct hd_bytes bytes[WORDS_MAX];
	uint32_t count = 0;
	for (; words[count]; count++) {
		HD_ASSERT(count < WORDS_MAX);
		bytes[count] = hd_bytes_str(words[count]);
	}
	hd_client_send(client, count, bytes);
	return hd_client_receive(client);
}

const char *
hd_client_error(const struct hd_client *client)
{
	return client->error;
}

bool
hd_client_alive(const struct hd_client *client)
{
	return client->alive;
}
