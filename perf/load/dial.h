/* dial.h - reaching the server: its address, a connection, one question before the load. */
#ifndef HUNTD_PERF_LOAD_DIAL_H
#define HUNTD_PERF_LOAD_DIAL_H

#include <sys/socket.h>

#include "perf/load/reply.h"

#define HD_LOAD_FAULT_MAX 512

struct hd_load_target {
	struct sockaddr_storage address;
	socklen_t size;
	const char *host, *port; /* as given, for messages */
};

/* False: `fault` says why, and what to do. */
bool hd_load_resolve(struct hd_load_target *target, const char *host, const char *port,
		     char *fault);

/* A connected, blocking socket without delay; -1: see `fault`. */
int hd_load_dial(const struct hd_load_target *target, char *fault);

/* A command with at most one argument (NULL: none), and its whole reply; `-LOADING` is asked again
 * for up to a minute. The reply borrows from `*memory`, to be freed by the caller. */
bool hd_load_ask(int socket, const char *command, const char *argument, struct hd_load_reply *reply,
		 uint8_t **memory, char *fault);

/* The same with any words. */
bool hd_load_ask_words(int socket, const struct hd_bytes *words, uint32_t count,
		       struct hd_load_reply *reply, uint8_t **memory, char *fault);

#endif
