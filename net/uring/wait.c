/* The one call into the kernel a pass.
 *
 * Nothing queued and completions there already: no call. Else exactly one io_uring_enter submits,
 * runs what the kernel holds back for this thread (DEFER_TASKRUN) and, where asked, waits. A kernel
 * since 6.13 runs at most max(20, least) of those a call and raises SQ_TASKRUN for the rest: they
 * come with the next pass, which then does not sleep, because pending work counts as an event. */
#include <errno.h>
#include <time.h>

#include "huntd/assert.h"
#include "net/uring/ring.h"

#define LINGER_LIMIT_NS 3600000000000

static unsigned
queued_publish(struct hd_uring *u)
{
	struct io_uring_sq *sq = &u->ring.sq;
	unsigned count = sq->sqe_tail - sq->sqe_head;
	if (count) {
		sq->sqe_head = sq->sqe_tail;
		io_uring_smp_store_release(sq->ktail, sq->sqe_tail);
	}
	return *sq->ktail - io_uring_smp_load_acquire(sq->khead);
}

static void
buffers_publish(struct hd_uring *u)
{
	if (u->buffers_returned) {
		io_uring_buf_ring_advance(u->buffer_ring, (int)u->buffers_returned);
		u->buffers_returned = 0;
	}
}

void
hd_ring_enter(struct hd_uring *u, uint32_t least, int64_t timeout)
{
	/* Without a limit the kernel would take the end of a linger for the end of the wait. */
	if (least > 1 && timeout < 0)
		timeout = LINGER_LIMIT_NS;
	struct __kernel_timespec limit = {.tv_sec = timeout / 1000000000,
					  .tv_nsec = timeout % 1000000000};
	struct io_uring_getevents_arg arg = {.sigmask_sz = _NSIG / 8};
	if (least && timeout >= 0)
		arg.ts = (uint64_t)(uintptr_t)&limit;
	if (least > 1)
		arg.pad = u->linger_us; /* min_wait_usec: from then on one completion is enough */
	unsigned queued = queued_publish(u);
	buffers_publish(u);
	u->io.enters++;
	int got = io_uring_enter2((unsigned)u->ring.enter_ring_fd, queued, least, u->enter_flags,
				  (sigset_t *)(void *)&arg, sizeof arg);
	/* EBUSY, EAGAIN: the kernel wants its completions taken first; what is queued stays queued.
	 */
	u->io.submissions += got > 0 ? (uint64_t)got : 0;
	HD_ASSERT(got >= 0 || got == -ETIME || got == -EINTR || got == -EBUSY || got == -EAGAIN);
}

struct io_uring_sqe *
hd_ring_entry(struct hd_uring *u)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(&u->ring);
	while (!entry) {
		hd_ring_enter(u, 0, 0);
		entry = io_uring_get_sqe(&u->ring);
	}
	return entry;
}

/* One completion into io.h's form; false: the ring's own. */
static bool
completion_take(struct hd_uring *u, const struct io_uring_cqe *from, struct hd_completion *to)
{
	if (from->user_data == HD_RING_TAG_EVENT)
		u->event_armed = false;
	uint64_t folder = from->user_data - HD_RING_TAG_FOLDER;
	if (folder < HD_RING_FOLDERS)
		return hd_ring_folder_step(u, (uint32_t)folder, from->res, to);
	if (HD_IO_OWNER(from->user_data) == 0)
		return false;
	*to = (struct hd_completion){
		.tag = from->user_data,
		.result = from->res,
		.flags = from->flags & IORING_CQE_F_MORE ? HD_IO_MORE : 0,
	};
	u->io.starved += from->res == -ENOBUFS;
	if (from->flags & IORING_CQE_F_BUFFER)
		to->buffer = u->buffers +
			     (size_t)(from->flags >> IORING_CQE_BUFFER_SHIFT) * u->buffer_bytes;
	return true;
}

uint32_t
hd_ring_reap(struct hd_uring *u, struct hd_completion *out, uint32_t room)
{
	struct io_uring_cqe *cqe;
	uint32_t filled = 0;
	unsigned head, seen = 0;
	io_uring_for_each_cqe(&u->ring, head, cqe)
	{
		if (filled == room)
			break;
		filled += completion_take(u, cqe, &out[filled]);
		seen++;
	}
	io_uring_cq_advance(&u->ring, seen);
	u->io.completions += seen;
	return filled;
}

uint32_t
hd_ring_wait(struct hd_io *io, int64_t timeout, struct hd_completion *out, uint32_t room)
{
	struct hd_uring *u = hd_uring_of(io);
	unsigned queued = u->ring.sq.sqe_tail - *u->ring.sq.ktail;
	if (queued == 0 && io_uring_cq_ready(&u->ring) > 0) {
		uint32_t filled = hd_ring_reap(u, out, room);
		if (filled)
			return filled;
	}
	if (timeout != 0)
		hd_ring_event_arm(u);
	bool sleeps = timeout != 0 && io_uring_cq_ready(&u->ring) == 0;
	hd_ring_enter(u, !sleeps ? 0 : u->linger_events > 1 ? u->linger_events : 1, timeout);
	u->linger_events = 0;
	return hd_ring_reap(u, out, room);
}

void
hd_ring_linger(struct hd_io *io, uint32_t events, int64_t ns)
{
	struct hd_uring *u = hd_uring_of(io);
	HD_ASSERT(events > 0 && ns >= 0);
	if (!(u->abilities & HD_URING_LINGER))
		return;
	u->linger_events = events;
	u->linger_us = (uint32_t)(ns / 1000);
}
