/* listen.h - the ports of the server.
 *
 * Every shard listens on the same address with SO_REUSEPORT, so the kernel spreads connections. That
 * would also let a second huntd take half of them: so the port is first bound without it, and one in
 * use is an error. */
#ifndef HUNTD_NET_SERVER_LISTEN_H
#define HUNTD_NET_SERVER_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fills `listeners` with `count` listening sockets. `*port` 0: a free one is taken and told. False:
 * `message` has one line. host: IPv4, host order. */
bool hd_listen(uint32_t host, uint16_t *port, int *listeners, uint32_t count, char *message, size_t room);

#endif
