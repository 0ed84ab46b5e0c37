/* Requests that are queued: sockets, writes, wakes. */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "net/uring/ring.h"

static int64_t
ring_now(struct hd_io *io)
{
	(void)io;
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void
hd_ring_event_arm(struct hd_uring *u)
{
	if (u->event_armed)
		return;
	struct io_uring_sqe *entry = hd_ring_entry(u);
	io_uring_prep_read(entry, u->event, &u->event_word, sizeof u->event_word, 0);
	entry->user_data = HD_RING_TAG_EVENT;
	u->event_armed = true;
}

static void
ring_wake(struct hd_io *io, struct hd_io *target)
{
	struct hd_uring *u = io ? hd_uring_of(io) : NULL, *to = hd_uring_of(target);
	if (u && (u->abilities & to->abilities & HD_URING_MSG_RING)) {
		struct io_uring_sqe *entry = hd_ring_entry(u);
		io_uring_prep_msg_ring(entry, to->ring.ring_fd, 0, HD_RING_TAG_WAKE, 0);
		entry->user_data = HD_RING_TAG_NONE;
		entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
		return;
	}
	uint64_t one = 1;
	ssize_t wrote = write(to->event, &one, sizeof one);
	HD_ASSERT(wrote == sizeof one || errno == EAGAIN);
}

static void
ring_accept(struct hd_io *io, int listener, uint64_t tag)
{
	struct io_uring_sqe *entry = hd_ring_entry(hd_uring_of(io));
	io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
	entry->user_data = tag;
}

static void
ring_recv(struct hd_io *io, int socket, uint64_t tag)
{
	struct hd_uring *u = hd_uring_of(io);
	struct io_uring_sqe *entry = hd_ring_entry(u);
	if (u->abilities & HD_URING_MULTISHOT_RECV) {
		io_uring_prep_recv_multishot(entry, socket, NULL, 0, 0);
	} else {
		io_uring_prep_recv(entry, socket, NULL, u->buffer_bytes, 0);
	}
	entry->flags |= IOSQE_BUFFER_SELECT;
	entry->buf_group = HD_RING_BUFFERS_GROUP;
	entry->user_data = tag;
}

static void
ring_give(struct hd_io *io, uint8_t *buffer)
{
	struct hd_uring *u = hd_uring_of(io);
	size_t number = (size_t)(buffer - u->buffers) / u->buffer_bytes;
	HD_ASSERT(number < u->buffers_count);
	io_uring_buf_ring_add(u->buffer_ring, u->buffers + number * u->buffer_bytes,
			      u->buffer_bytes, (unsigned short)number,
			      io_uring_buf_ring_mask(u->buffers_count), (int)u->buffers_returned);
	u->buffers_returned++;
}

static void
ring_send(struct hd_io *io, int socket, const void *from, uint32_t size, uint64_t tag)
{
	struct io_uring_sqe *entry = hd_ring_entry(hd_uring_of(io));
	io_uring_prep_send(entry, socket, from, size, MSG_NOSIGNAL | MSG_WAITALL);
	entry->user_data = tag;
}

static void
ring_cancel(struct hd_io *io, uint64_t tag)
{
	struct io_uring_sqe *entry = hd_ring_entry(hd_uring_of(io));
	io_uring_prep_cancel64(entry, tag, 0);
	entry->user_data = HD_RING_TAG_NONE;
}

static void
ring_close(struct hd_io *io, int socket)
{
	(void)io;
	close(socket);
}

static void
ring_shutdown(struct hd_io *io, int socket)
{
	(void)io;
	shutdown(socket, SHUT_RDWR);
}

static void
ring_finish(struct hd_io *io, int socket)
{
	(void)io;
	shutdown(socket, SHUT_WR);
}

static void
ring_write(struct hd_io *io, int file, const void *from, uint32_t size, uint64_t offset,
	   uint32_t flags, uint64_t tag)
{
	struct io_uring_sqe *entry = hd_ring_entry(hd_uring_of(io));
	io_uring_prep_write(entry, file, from, size, offset);
	entry->rw_flags = flags & HD_IO_SYNC ? RWF_DSYNC : 0;
	entry->user_data = tag;
}

static void
ring_read(struct hd_io *io, int file, void *to, uint32_t size, uint64_t offset, uint64_t tag)
{
	struct io_uring_sqe *entry = hd_ring_entry(hd_uring_of(io));
	io_uring_prep_read(entry, file, to, size, offset);
	entry->user_data = tag;
}

static void
ring_fsync(struct hd_io *io, int file, uint64_t tag)
{
	struct io_uring_sqe *entry = hd_ring_entry(hd_uring_of(io));
	io_uring_prep_fsync(entry, file, IORING_FSYNC_DATASYNC);
	entry->user_data = tag;
}

void
hd_ring_requests_fill(struct hd_io_ops *ops)
{
	ops->now = ring_now;
	ops->wait = hd_ring_wait;
	ops->linger = hd_ring_linger;
	ops->wake = ring_wake;
	ops->accept = ring_accept;
	ops->recv = ring_recv;
	ops->give = ring_give;
	ops->send = ring_send;
	ops->cancel = ring_cancel;
	ops->close = ring_close;
	ops->shutdown = ring_shutdown;
	ops->finish = ring_finish;
	ops->write = ring_write;
	ops->read = ring_read;
	ops->fsync = ring_fsync;
}
