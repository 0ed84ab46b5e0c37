/* The ring against the real kernel: with every ability it has, and again with none of the optional
 * ones. Skipped where the kernel allows no io_uring at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/uring/listen.h"
#include "net/uring/uring.h"

#define SECOND 1000000000
#define TAG(n) HD_IO_TAG(HD_IO_EDGE, n)

static struct hd_io *io;

static int
begin(bool plain)
{
	char message[256];
	struct hd_uring_options options = {.buffers = 4, .buffer_bytes = 512, .plain = plain};
	io = hd_uring_create(&options, message, sizeof message);
	if (!io)
		print_message("skipped: %s\n", message);
	else if (plain)
		assert_int_equal(hd_uring_abilities(io), 0);
	return 0;
}

static int
begin_able(void **state)
{
	(void)state;
	return begin(false);
}

static int
begin_plain(void **state)
{
	(void)state;
	return begin(true);
}

static int
end(void **state)
{
	(void)state;
	if (io)
		assert_int_equal(hd_uring_overflows(io), 0);
	hd_uring_destroy(io);
	return 0;
}

static struct hd_completion
next(void)
{
	struct hd_completion c;
	for (int i = 0; i < 100; i++)
		if (io->ops->wait(io, SECOND, &c, 1) == 1)
			return c;
	fail_msg("nothing completes");
	return c;
}

static void
bytes_come_in_order_and_the_end_is_told(void **state)
{
	(void)state;
	if (!io)
		skip();
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	io->ops->recv(io, pair[0], TAG(7));
	/* More than all buffers hold: the ring runs dry, and goes on when buffers come back. */
	uint8_t sent[5000];
	for (size_t i = 0; i < sizeof sent; i++)
		sent[i] = (uint8_t)(i * 31);
	assert_int_equal(write(pair[1], sent, sizeof sent), sizeof sent);
	shutdown(pair[1], SHUT_WR);
	size_t got = 0;
	for (;;) {
		struct hd_completion c = next();
		assert_true(c.tag == TAG(7));
		if (c.result > 0) {
			assert_memory_equal(c.buffer, sent + got, (size_t)c.result);
			got += (size_t)c.result;
			io->ops->give(io, c.buffer);
		} else if (c.result == 0) {
			break;
		} else {
			assert_int_equal(c.result, -ENOBUFS);
		}
		if (!(c.flags & HD_IO_MORE))
			io->ops->recv(io, pair[0], TAG(7));
	}
	assert_int_equal(got, sizeof sent);
	io->ops->close(io, pair[0]);
	io->ops->close(io, pair[1]);
}

static void
dry_buffers_are_told(void **state)
{
	(void)state;
	if (!io)
		skip();
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	uint8_t bytes[4096] = {0}, *held[8];
	uint32_t held_count = 0;
	uint64_t starved = io->starved;
	bool dry = false;
	assert_int_equal(write(pair[1], bytes, sizeof bytes), sizeof bytes);
	io->ops->recv(io, pair[0], TAG(1));
	while (!dry) {
		struct hd_completion c = next();
		dry = c.result == -ENOBUFS;
		assert_true(dry || c.result > 0);
		if (c.buffer)
			held[held_count++] = c.buffer;
		if (!dry && !(c.flags & HD_IO_MORE))
			io->ops->recv(io, pair[0], TAG(1));
	}
	assert_int_equal(held_count, 4);
	assert_int_equal(io->starved, starved + 1);
	for (uint32_t i = 0; i < held_count; i++)
		io->ops->give(io, held[i]);
	io->ops->recv(io, pair[0], TAG(1));
	struct hd_completion c = next();
	assert_int_equal(c.result, 512);
	io->ops->give(io, c.buffer);
	io->ops->shutdown(io, pair[0]);
	close(pair[1]);
}

static void
who_has_finished_still_hears(void **state)
{
	(void)state;
	if (!io)
		skip();
	int pair[2];
	char bytes[16];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	io->ops->recv(io, pair[0], TAG(4));
	io->ops->send(io, pair[0], "last", 4, TAG(5));
	assert_int_equal(next().result, 4);
	io->ops->finish(io, pair[0]);
	assert_int_equal(read(pair[1], bytes, sizeof bytes), 4);
	assert_int_equal(read(pair[1], bytes, sizeof bytes), 0);
	assert_int_equal(write(pair[1], "more", 4), 4);
	struct hd_completion c = next();
	assert_true(c.tag == TAG(4) && c.result == 4);
	io->ops->give(io, c.buffer);
	bool more = c.flags & HD_IO_MORE;
	close(pair[1]);
	if (more)
		assert_int_equal(next().result, 0);
	io->ops->close(io, pair[0]);
}

static void
a_cancel_ends_the_request(void **state)
{
	(void)state;
	if (!io)
		skip();
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	io->ops->recv(io, pair[0], TAG(3));
	io->ops->cancel(io, TAG(3));
	struct hd_completion c = next();
	assert_true(c.tag == TAG(3) && c.result == -ECANCELED && !(c.flags & HD_IO_MORE));
	close(pair[0]);
	close(pair[1]);
}

static void
a_listener_accepts_and_a_send_is_whole(void **state)
{
	(void)state;
	if (!io)
		skip();
	char message[256];
	uint16_t port = 0, other;
	int listener = hd_listen("127.0.0.1:0", false, &port, message, sizeof message);
	assert_true(listener >= 0 && port != 0);
	char where[32];
	snprintf(where, sizeof where, "127.0.0.1:%u", port);
	assert_int_equal(hd_listen(where, true, &other, message, sizeof message), -EADDRINUSE);
	assert_non_null(strstr(message, where));
	io->ops->accept(io, listener, TAG(9));
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
	struct hd_completion c = next();
	assert_true(c.tag == TAG(9) && c.result >= 0);
	io->ops->send(io, c.result, "hello", 5, TAG(10));
	int accepted = c.result;
	c = next();
	assert_true(c.tag == TAG(10) && c.result == 5);
	char got[8], peer[64];
	assert_int_equal(read(client, got, sizeof got), 5);
	hd_socket_peer(accepted, peer, sizeof peer);
	assert_int_equal(strncmp(peer, "127.0.0.1:", 10), 0);
	close(client);
	io->ops->close(io, accepted);
	io->ops->close(io, listener);
}

static void
one_call_a_pass(void **state)
{
	(void)state;
	if (!io)
		skip();
	int pair[2];
	struct hd_completion c[4];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	uint64_t enters = io->enters, asked = io->submissions, came = io->completions;
	assert_int_equal(io->ops->wait(io, 0, c, 4), 0);
	assert_int_equal(io->submissions, asked);
	assert_int_equal(io->enters, enters + 1);
	for (uint64_t i = 0; i < 3; i++)
		io->ops->send(io, pair[0], "x", 1, TAG(i));
	assert_int_equal(io->enters, enters + 1);
	assert_int_equal(io->ops->wait(io, SECOND, c, 1), 1);
	assert_int_equal(io->enters, enters + 2);
	assert_int_equal(io->ops->wait(io, SECOND, c, 4), 2); /* they are there already */
	assert_int_equal(io->enters, enters + 2);
	/* A sleep asks for the eventfd too. */
	assert_in_range(io->submissions, asked + 3, asked + 4);
	assert_int_equal(io->completions, came + 3);
	int64_t before = io->ops->now(io);
	assert_int_equal(io->ops->wait(io, 20000000, c, 4), 0);
	int64_t passed = io->ops->now(io) - before;
	assert_true(passed >= 20000000 && passed < SECOND);
	close(pair[0]);
	close(pair[1]);
}

struct waker {
	struct hd_io *target;
	bool with_ring;
};

static void *
wake_main(void *context)
{
	struct waker *waker = context;
	char message[256];
	struct hd_uring_options options = {.buffers = 4, .buffer_bytes = 512};
	usleep(50000);
	if (!waker->with_ring) {
		waker->target->ops->wake(NULL, waker->target);
		return NULL;
	}
	struct hd_io *own = hd_uring_create(&options, message, sizeof message);
	struct hd_completion c;
	own->ops->wake(own, waker->target);
	own->ops->wait(own, 0, &c, 1);
	hd_uring_destroy(own);
	return NULL;
}

static void
a_neighbour_wakes_who_sleeps(void **state)
{
	(void)state;
	if (!io)
		skip();
	for (int with_ring = 0; with_ring < 2; with_ring++) {
		struct waker waker = {io, with_ring};
		struct hd_completion c;
		pthread_t thread;
		pthread_create(&thread, NULL, wake_main, &waker);
		int64_t before = io->ops->now(io);
		assert_int_equal(io->ops->wait(io, 20 * (int64_t)SECOND, &c, 1), 0);
		assert_true(io->ops->now(io) - before < 10 * (int64_t)SECOND);
		pthread_join(thread, NULL);
	}
}

static void
files_queued_and_at_once(void **state)
{
	(void)state;
	if (!io)
		skip();
	char directory[] = "/tmp/test_uring_XXXXXX", path[64], moved[64];
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/a", directory);
	snprintf(moved, sizeof moved, "%s/b", directory);
	int file = io->ops->file_open(io, path, HD_IO_CREATE | HD_IO_WRITE);
	assert_true(file >= 0);
	assert_int_equal(io->ops->file_open(io, path, HD_IO_CREATE), -EEXIST);
	assert_int_equal(io->ops->file_allocate(io, file, 3 * 4096), 0);
	assert_int_equal(io->ops->file_size(io, file), 3 * 4096);
	io->ops->write(io, file, "durable", 7, 4096, HD_IO_SYNC, TAG(1));
	struct hd_completion c = next();
	assert_true(c.tag == TAG(1) && c.result == 7);
	io->ops->fsync(io, file, TAG(2));
	c = next();
	assert_true(c.tag == TAG(2) && c.result == 0);
	char got[8] = {0};
	io->ops->read(io, file, got, 7, 4096, TAG(3));
	assert_int_equal(next().result, 7);
	assert_string_equal(got, "durable");
	assert_int_equal(io->ops->file_read(io, file, got, 8, 3 * 4096 - 4), 4);
	assert_int_equal(io->ops->file_close(io, file), 0);
	assert_int_equal(io->ops->file_rename(io, path, moved), 0);
	assert_int_equal(io->ops->dir_sync(io, directory), 0);
	assert_int_equal(io->ops->dir_make(io, directory), 0);
	assert_int_equal(io->ops->file_remove(io, path), -ENOENT);
	assert_int_equal(io->ops->file_remove(io, moved), 0);
	assert_true(io->ops->space(io, directory) > 0);
	rmdir(directory);
}

static int32_t
result_of(uint64_t tag)
{
	struct hd_completion c = next();
	assert_true(c.tag == tag);
	return c.result;
}

static void
names_are_asked_about_through_the_queue(void **state)
{
	(void)state;
	char directory[] = "/tmp/test_uring_XXXXXX", path[64], moved[64];
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/a", directory);
	snprintf(moved, sizeof moved, "%s/b", directory);
	io->ops->open(io, path, HD_IO_CREATE | HD_IO_WRITE, TAG(1));
	int file = result_of(TAG(1));
	assert_true(file >= 0);
	io->ops->open(io, path, HD_IO_CREATE, TAG(2));
	assert_int_equal(result_of(TAG(2)), -EEXIST);
	io->ops->allocate(io, file, 3 * 4096, TAG(3));
	assert_int_equal(result_of(TAG(3)), 0);
	assert_int_equal(io->ops->file_size(io, file), 3 * 4096);
	assert_int_equal(io->ops->file_close(io, file), 0);
	io->ops->rename(io, path, moved, TAG(4));
	assert_int_equal(result_of(TAG(4)), 0);
	for (int i = 0; i < 100; i++) { /* no folder stays open, no place for one is lost */
		io->ops->sync_names(io, directory, TAG(5));
		assert_int_equal(result_of(TAG(5)), 0);
		io->ops->sync_names(io, path, TAG(6));
		assert_int_equal(result_of(TAG(6)), -ENOENT);
	}
	file = io->ops->file_open(io, moved, 0);
	assert_true(file >= 0 && file < 64);
	assert_int_equal(io->ops->file_close(io, file), 0);
	io->ops->remove(io, path, TAG(7));
	assert_int_equal(result_of(TAG(7)), -ENOENT);
	io->ops->remove(io, moved, TAG(8));
	assert_int_equal(result_of(TAG(8)), 0);
	rmdir(directory);
}

int
main(void)
{
#define BOTH(f)                                                                                    \
	cmocka_unit_test_setup_teardown(f, begin_able, end),                                       \
		cmocka_unit_test_setup_teardown(f, begin_plain, end)
	const struct CMUnitTest tests[] = {
		BOTH(bytes_come_in_order_and_the_end_is_told),
		BOTH(dry_buffers_are_told),
		BOTH(who_has_finished_still_hears),
		BOTH(a_cancel_ends_the_request),
		BOTH(a_listener_accepts_and_a_send_is_whole),
		BOTH(one_call_a_pass),
		BOTH(a_neighbour_wakes_who_sleeps),
		BOTH(files_queued_and_at_once),
		BOTH(names_are_asked_about_through_the_queue),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
