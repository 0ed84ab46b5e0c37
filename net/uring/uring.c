/* Making a ring: the flags it cannot do without, then each ability that this kernel may lack,
 * probed and noted; last, what may be submitted is fenced in, and the ring is enabled on this
 * thread. */
#include "net/uring/uring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "net/uring/ring.h"

struct instance {
	struct hd_uring uring;
	struct hd_io_ops ops;
};

#define FLAGS_NEEDED                                                                               \
	(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN |     \
	 IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE |               \
	 IORING_SETUP_CLAMP | IORING_SETUP_R_DISABLED)

/* Debian's liburing 2.3 declares its functions for restrictions and enabling, but does not export
 * them. 0, or -errno. */
static int
ring_register(struct hd_uring *u, unsigned what, const void *arg, unsigned count)
{
	return syscall(SYS_io_uring_register, u->ring.ring_fd, what, arg, count) < 0 ? -errno : 0;
}

/* Why there is no ring, in words that help. */
static void
refusal_explain(int error, char *message, size_t room)
{
	const char *text = strerror(error);
	if (error == ENOSYS)
		text = "this kernel has no io_uring; huntd needs Linux 6.1 or newer";
	else if (error == EINVAL)
		text = "this kernel is too old (io_uring without DEFER_TASKRUN); huntd needs Linux "
		       "6.1 or newer";
	else if (error == EPERM || error == EACCES)
		text = "io_uring is forbidden: set sysctl kernel.io_uring_disabled=0 (or 1 with "
		       "this user in "
		       "kernel.io_uring_group), and let the container's seccomp profile allow "
		       "io_uring_*";
	else if (error == ENOMEM)
		text = "not enough lockable memory for io_uring: raise LimitMEMLOCK (ulimit -l)";
	else if (error == EMFILE)
		text = "too many open files: raise LimitNOFILE (ulimit -n)";
	snprintf(message, room, "no io_uring: %s", text);
}

/* Bytes of all buffers, up to whole pages: the ring of their addresses stands behind. */
static size_t
buffers_bytes(const struct hd_uring *u)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return ((size_t)u->buffers_count * u->buffer_bytes + page - 1) / page * page;
}

static bool
buffers_make(struct hd_uring *u)
{
	size_t bytes = buffers_bytes(u);
	void *at = mmap(NULL, bytes + u->buffers_count * sizeof(struct io_uring_buf),
			PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return false;
	u->buffers = at;
	u->buffer_ring = (void *)(u->buffers + bytes);
	struct io_uring_buf_reg reg = {
		.ring_addr = (uint64_t)(uintptr_t)u->buffer_ring,
		.ring_entries = u->buffers_count,
		.bgid = HD_RING_BUFFERS_GROUP,
	};
	int error = io_uring_register_buf_ring(&u->ring, &reg, 0);
	if (error < 0) {
		errno = -error;
		return false;
	}
	io_uring_buf_ring_init(u->buffer_ring);
	for (uint32_t i = 0; i < u->buffers_count; i++)
		io_uring_buf_ring_add(u->buffer_ring, u->buffers + (size_t)i * u->buffer_bytes,
				      u->buffer_bytes, (unsigned short)i,
				      io_uring_buf_ring_mask(u->buffers_count), (int)i);
	io_uring_buf_ring_advance(u->buffer_ring, (int)u->buffers_count);
	return true;
}

/* An fsync, and what is asked about names, runs on a worker of the kernel: one is enough, and it
 * stays on the given cpus. */
static void
worker_bound(struct hd_uring *u, const cpu_set_t *cpus)
{
	unsigned most[2] = {1, 1};
	if (io_uring_register_iowq_max_workers(&u->ring, most) == 0)
		u->abilities |= HD_URING_ONE_WORKER;
	if (cpus)
		io_uring_register_iowq_aff(&u->ring, sizeof *cpus, cpus);
}

/* The kernel refuses any other operation from now on, whoever writes to the ring's memory. */
static void
fence(struct hd_uring *u)
{
	static const uint8_t allowed[] = {
		IORING_OP_ACCEPT, IORING_OP_RECV,     IORING_OP_SEND,         IORING_OP_READ,
		IORING_OP_WRITE,  IORING_OP_FSYNC,    IORING_OP_ASYNC_CANCEL, IORING_OP_MSG_RING,
		IORING_OP_OPENAT, IORING_OP_RENAMEAT, IORING_OP_UNLINKAT,     IORING_OP_FALLOCATE,
	};
	struct io_uring_restriction rules[sizeof allowed + 4] = {0};
	unsigned count = 0;
	for (; count < sizeof allowed; count++) {
		rules[count].opcode = IORING_RESTRICTION_SQE_OP;
		rules[count].sqe_op = allowed[count];
	}
	rules[count].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
	rules[count++].sqe_flags = IOSQE_BUFFER_SELECT | IOSQE_CQE_SKIP_SUCCESS;
	static const uint8_t registers[] = {IORING_REGISTER_RING_FDS, IORING_UNREGISTER_RING_FDS,
					    IORING_REGISTER_ENABLE_RINGS};
	for (size_t i = 0; i < sizeof registers; i++) {
		rules[count].opcode = IORING_RESTRICTION_REGISTER_OP;
		rules[count++].register_op = registers[i];
	}
	if (ring_register(u, IORING_REGISTER_RESTRICTIONS, rules, count) == 0)
		u->abilities |= HD_URING_RESTRICTED;
}

/* Receives two messages over a pair of sockets by one request: what multishot must do. */
static bool
multishot_works(struct hd_uring *u)
{
	const uint64_t tag = HD_IO_TAG(HD_IO_CONTROL, 1);
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return false;
	u->abilities |= HD_URING_MULTISHOT_RECV;
	u->io.ops->recv(&u->io, pair[0], tag);
	uint32_t messages = 0;
	bool more = true;
	for (int tries = 0; tries < 8 && more; tries++) {
		struct hd_completion got;
		if (messages < 2 && write(pair[1], "x", 1) != 1)
			break;
		if (u->io.ops->wait(&u->io, 100000000, &got, 1) == 0)
			continue;
		more = got.flags & HD_IO_MORE;
		if (got.buffer)
			u->io.ops->give(&u->io, got.buffer);
		if (got.result == 1 && more && ++messages == 2)
			shutdown(pair[1], SHUT_RDWR);
	}
	close(pair[0]);
	close(pair[1]);
	u->abilities &= ~(uint32_t)HD_URING_MULTISHOT_RECV;
	return messages == 2 && !more;
}

static void
abilities_probe(struct hd_uring *u)
{
	struct io_uring_probe *probe = io_uring_get_probe_ring(&u->ring);
	if (probe && io_uring_opcode_supported(probe, IORING_OP_MSG_RING))
		u->abilities |= HD_URING_MSG_RING;
	io_uring_free_probe(probe);
	if (u->ring.features & IORING_FEAT_MIN_TIMEOUT)
		u->abilities |= HD_URING_LINGER;
	if (u->ring.features & IORING_FEAT_NO_IOWAIT) {
		u->abilities |= HD_URING_NO_IOWAIT;
		u->enter_flags |= IORING_ENTER_NO_IOWAIT;
	}
}

static bool
ring_make(struct hd_uring *u, const struct hd_uring_options *options)
{
	uint32_t entries = options->entries ? options->entries : 1024;
	struct io_uring_params params = {.flags = FLAGS_NEEDED, .cq_entries = entries * 8};
	int error = io_uring_queue_init_params(entries, &u->ring, &params);
	u->ring.ring_fd = error < 0 ? -1 : u->ring.ring_fd;
	if (error == 0 && !buffers_make(u))
		error = -errno;
	if (error == 0 && !options->plain) {
		abilities_probe(u);
		worker_bound(u, options->cpus);
		if (io_uring_register_ring_fd(&u->ring) == 1) {
			u->abilities |= HD_URING_RING_FD;
			u->enter_flags |= IORING_ENTER_REGISTERED_RING;
		}
		fence(u);
	}
	if (error == 0)
		error = ring_register(u, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
	u->event = error < 0 ? -1 : eventfd(0, EFD_CLOEXEC);
	if (error == 0 && u->event < 0)
		error = -errno;
	errno = -error;
	return error == 0;
}

struct hd_io *
hd_uring_create(const struct hd_uring_options *options, char *message, size_t room)
{
	struct instance *instance = calloc(1, sizeof *instance);
	if (!instance) {
		refusal_explain(ENOMEM, message, room);
		return NULL;
	}
	struct hd_uring *u = &instance->uring;
	hd_ring_requests_fill(&instance->ops);
	hd_ring_names_fill(&instance->ops);
	hd_files_fill(&instance->ops);
	u->io.ops = &instance->ops;
	u->enter_flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
	u->buffers_count = options->buffers ? options->buffers : 128;
	u->buffer_bytes = options->buffer_bytes ? options->buffer_bytes : 16384;
	if (!ring_make(u, options)) {
		refusal_explain(errno, message, room);
		hd_uring_destroy(&u->io);
		return NULL;
	}
	if (!options->plain && multishot_works(u))
		u->abilities |= HD_URING_MULTISHOT_RECV;
	return &u->io;
}

void
hd_uring_destroy(struct hd_io *io)
{
	if (!io)
		return;
	struct hd_uring *u = hd_uring_of(io);
	if (u->ring.ring_fd >= 0 && u->ring.sq.ring_ptr)
		io_uring_queue_exit(&u->ring);
	if (u->buffers)
		munmap(u->buffers,
		       buffers_bytes(u) + u->buffers_count * sizeof(struct io_uring_buf));
	if (u->event >= 0)
		close(u->event);
	free(u);
}

uint32_t
hd_uring_abilities(const struct hd_io *io)
{
	return ((const struct hd_uring *)(const void *)io)->abilities;
}

uint64_t
hd_uring_overflows(const struct hd_io *io)
{
	return *((const struct hd_uring *)(const void *)io)->ring.cq.koverflow;
}

struct hd_io *
hd_files_create(void)
{
	struct instance *instance = calloc(1, sizeof *instance);
	if (!instance)
		return NULL;
	hd_files_fill(&instance->ops);
	instance->uring.io.ops = &instance->ops;
	return &instance->uring.io;
}

void
hd_files_destroy(struct hd_io *io)
{
	free(io);
}
