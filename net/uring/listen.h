/* listen.h - TCP listeners.
 *
 * Options are set on the listener; sockets that come out of it inherit them: no Nagle, a peer that
 * is gone is noticed (TCP_USER_TIMEOUT 20 s; keepalive after 15 s, every 5 s, 3 times). */
#ifndef HUNTD_NET_URING_LISTEN_H
#define HUNTD_NET_URING_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `where` is ADDR:PORT, [ADDR6]:PORT or :PORT. shared: SO_REUSEPORT, one listener a shard; start
 * first opens the port without it, so that a port in use is an error. port 0: the kernel chooses;
 * `*port` gets it. Below 0: -errno,
 * and `message` says why. */
int hd_listen(const char *where, bool shared, uint16_t *port, char *message, size_t room);

/* ADDR:PORT of the other end, for CLIENT LIST; empty where it is gone. */
void hd_socket_peer(int socket, char *text, size_t room);

#endif
