/* client.h - a small blocking RESP3 client.
 *
 * Requests are queued and sent together; replies come back in order, each as a JSON value:
 * integers, texts, arrays, maps (as objects, in the server's order), null. Bytes that are not UTF-8
 * come as \xNN. An -error is no value: receive returns NULL and `hd_client_error` has its text.
 * Pushed messages are passed over.
 *
 * One client belongs to one thread. A call waits at most `timeout_ms`, and ends early when
 * `interrupt`, a descriptor, becomes readable. */
#ifndef HUNTD_NET_CTL_CLIENT_H
#define HUNTD_NET_CTL_CLIENT_H

#include <jansson.h>

#include "huntd/bytes.h"

#define HD_CLIENT_TIMEOUT_MS 10000

struct hd_client_options {
	const char *host; /* a name or an address */
	uint16_t port;
	int timeout_ms; /* 0: HD_CLIENT_TIMEOUT_MS */
	int interrupt;  /* below 0: none */
};

struct hd_client;

/* Connects and says HELLO 3. NULL: `message` has one line that says what to do. */
struct hd_client *hd_client_open(const struct hd_client_options *options, char *message,
				 size_t room);

/* Accepts NULL. */
void hd_client_close(struct hd_client *client);

/* Queues a request. Its bytes are copied. */
void hd_client_send(struct hd_client *client, uint32_t count, const struct hd_bytes *words);

/* Sends what is queued and takes the next reply; the caller owns it (json_decref). NULL: an -error,
 * or the connection is lost; see the two below. */
json_t *hd_client_receive(struct hd_client *client);

/* The last error, "NOHUNT no such hunt"; "" after a good reply. */
const char *hd_client_error(const struct hd_client *client);

/* False once the connection is lost, timed out or was interrupted: only closing it is left. */
bool hd_client_alive(const struct hd_client *client);

/* Bytes as a JSON text; what is not UTF-8 as \xNN. */
json_t *hd_client_text(struct hd_bytes bytes);

/* One request of texts, ended by NULL, and its reply. */
json_t *hd_client_ask(struct hd_client *client, const char *const *words);

#endif
