/* bench_echo PORT REQUEST REPLY: the floor under every server here. A bare io_uring loop that
 * answers each command with a canned bulk of REPLY bytes and understands nothing: a command is a
 * `*`. What huntd costs above this is huntd's own. (REQUEST is only there so that a row says both
 * sizes.) */
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM        (64 * 1024)
#define CONNECTIONS 1024

struct connection {
	int socket;
	char in[ROOM];
	char out[ROOM * 8];
};

enum what { ACCEPTED, RECEIVED, SENT };

static struct connection *connections[CONNECTIONS];

static void
ask(struct io_uring *ring, enum what what, int socket, const void *from, size_t size)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	if (what == ACCEPTED)
		io_uring_prep_accept(sqe, socket, NULL, NULL, 0);
	else if (what == RECEIVED)
		io_uring_prep_recv(sqe, socket, connections[socket]->in, ROOM, 0);
	else
		io_uring_prep_send(sqe, socket, from, size, MSG_NOSIGNAL | MSG_WAITALL);
	io_uring_sqe_set_data64(sqe, (uint64_t)what << 32 | (uint32_t)socket);
}

static size_t
answer(struct connection *c, size_t got, const char *reply, size_t size)
{
	size_t used = 0;
	const char *at = c->in, *end = c->in + got;
	while ((at = memchr(at, '*', (size_t)(end - at))) != NULL && used + size <= sizeof c->out) {
		memcpy(c->out + used, reply, size);
		used += size;
		at++;
	}
	return used;
}

static int
listen_on(uint16_t port)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 512)) {
		perror("bench_echo");
		exit(1);
	}
	return listener;
}

static void
complete(struct io_uring *ring, const struct io_uring_cqe *cqe, const char *reply, size_t size)
{
	int socket = (int)(uint32_t)cqe->user_data;
	enum what what = (enum what)(cqe->user_data >> 32);
	if (what == ACCEPTED) {
		ask(ring, ACCEPTED, socket, NULL, 0);
		if (cqe->res < 0 || cqe->res >= CONNECTIONS)
			return;
		if (!connections[cqe->res])
			connections[cqe->res] = malloc(sizeof **connections);
		ask(ring, RECEIVED, cqe->res, NULL, 0);
	} else if (cqe->res <= 0) {
		close(socket);
	} else if (what == SENT) {
		ask(ring, RECEIVED, socket, NULL, 0);
	} else {
		size_t used = answer(connections[socket], (size_t)cqe->res, reply, size);
		ask(ring, used ? SENT : RECEIVED, socket, connections[socket]->out, used);
	}
}

int
main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "bench_echo PORT REQUEST REPLY\n");
		return 2;
	}
	size_t body = (size_t)atoi(argv[3]);
	char reply[8192];
	if (body > 4096)
		return 2;
	size_t head = (size_t)snprintf(reply, sizeof reply, "$%zu\r\n", body);
	memset(reply + head, 'x', body);
	memcpy(reply + head + body, "\r\n", 2);

	struct io_uring ring;
	struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER |
						  IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
					 .cq_entries = 8192};
	if (io_uring_queue_init_params(1024, &ring, &params)) {
		fprintf(stderr, "bench_echo: no io_uring with DEFER_TASKRUN (Linux 6.1)\n");
		return 1;
	}
	ask(&ring, ACCEPTED, listen_on((uint16_t)atoi(argv[1])), NULL, 0);
	for (;;) {
		struct io_uring_cqe *cqe;
		unsigned head_at, seen = 0;
		if (io_uring_submit_and_wait(&ring, 1) < 0)
			return 1;
		io_uring_for_each_cqe(&ring, head_at, cqe)
		{
			complete(&ring, cqe, reply, head + body + 2);
			seen++;
		}
		io_uring_cq_advance(&ring, seen);
	}
}
