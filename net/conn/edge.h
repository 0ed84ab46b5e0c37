/* edge.h - the connections of one shard: what main makes, and what the shard's loop calls.
 *
 * Bytes come in by hd_io, become commands (net/resp) and go to the shard; its answers come back in
 * any order and leave in the order of the requests, none before its log position is durable. All of
 * an edge runs on its shard's thread. See README.md for the way of a command. */
#ifndef HUNTD_NET_CONN_EDGE_H
#define HUNTD_NET_CONN_EDGE_H

#include <pthread.h>

#include "huntd/shard.h"
#include "huntd/stats.h"

/* Settings by name, for CONFIG. Called on shards' threads. */
struct hd_settings_ops {
	/* Calls `each` for every setting. */
	void (*get)(void *context, void (*each)(void *to, const char *name, const char *value),
		    void *to);
	/* Names and values in turn, all or none of them. False: `message` says why not. */
	bool (*set)(void *context, const struct hd_bytes *words, uint32_t count, char *message,
		    size_t room);
};

/* What is told of a command: INFO commandstats and latencystats, LATENCY HISTOGRAM. */
struct hd_command_numbers {
	uint64_t calls, failed, rejected;
	struct hd_histogram time; /* ns */
};

/* What these numbers were when CONFIG RESETSTAT was said; one a server. */
struct hd_baseline {
	pthread_mutex_t lock; /* of these commands alone; PTHREAD_MUTEX_INITIALIZER */
	bool set;
	struct hd_command_numbers commands[HD_CMD_COUNT_];
};

/* What the server says of itself. Shared by all edges; not changed while they live. Zeroed fields
 * are left out of answers. */
struct hd_server_info {
	void *context; /* of `stop`, `settings` */
	const char *version;
	const char *durability; /* as in --durability */
	const char *data;       /* the data directory */
	uint16_t port;
	int64_t started_ms; /* unix */
	/* SHUTDOWN; `save`: with a last snapshot. NULL: refused. */
	void (*stop)(void *context, bool save);
	const struct hd_settings_ops
		*settings;            /* NULL: CONFIG knows only what Redis tools ask for */
	struct hd_baseline *baseline; /* NULL: no RESETSTAT */
	/* ADDR:PORT of a socket's other end; NULL: not told. */
	void (*peer)(int socket, char *text, size_t room);
};

struct hd_edge_options {
	int listener; /* below 0: none, sockets come by hd_edge_adopt. Closed by hd_edge_destroy */
	uint32_t clients_max; /* of this shard; 0: 10,000 */
	const struct hd_server_info *info;
};

struct hd_edge *hd_edge_create(const struct hd_edge_options *options, struct hd_shard *shard);

/* After the shard's loop has ended: what is still open is closed as it is. */
void hd_edge_destroy(struct hd_edge *edge);

/* Takes a connected socket as if the listener had given it. */
void hd_edge_adopt(struct hd_edge *edge, int socket);

extern const struct hd_edge_ops hd_edge_table;

#endif
