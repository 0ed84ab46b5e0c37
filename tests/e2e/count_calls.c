/* count_calls.c - preloaded into huntd by test_hot_path: counts, per thread, calls of the memory
 * functions, of the clock and of io_uring_enter, and writes them to the file HUNT_COUNTS when it is
 * told by SIGUSR2. jemalloc's own names are wrapped as well as libc's; rdtsc is not seen. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 256

static struct {
	atomic_int thread;
	atomic_ulong memory, clock, enter;
} rows[THREADS_MAX];

static __thread int row = -1;
static atomic_int used;

static int
mine(void)
{
	if (row < 0) {
		row = atomic_fetch_add(&used, 1) % THREADS_MAX;
		atomic_store(&rows[row].thread, gettid());
	}
	return row;
}

/* The next library's function. dlsym itself may ask for a little memory before it knows. */
#define NEXT(name) \
	static __typeof__(name) *next; \
	if (!next) \
		next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define COUNT(what) atomic_fetch_add_explicit(&rows[mine()].what, 1, memory_order_relaxed)

void *mallocx(size_t size, int flags);
void sdallocx(void *at, size_t size, int flags);
void dallocx(void *at, int flags);
void *rallocx(void *at, size_t size, int flags);

#define WRAP(counter, result, name, parameters, arguments) \
	result name parameters; \
	result name parameters \
	{ \
		NEXT(name); \
		COUNT(counter); \
		return next arguments; \
	}

WRAP(memory, void *, malloc, (size_t size), (size))
WRAP(memory, void *, realloc, (void *at, size_t size), (at, size))
WRAP(memory, void *, aligned_alloc, (size_t align, size_t size), (align, size))
WRAP(memory, int, posix_memalign, (void **at, size_t align, size_t size), (at, align, size))
WRAP(memory, void *, mallocx, (size_t size, int flags), (size, flags))
WRAP(memory, void *, rallocx, (void *at, size_t size, int flags), (at, size, flags))
WRAP(clock, int, clock_gettime, (clockid_t clock, struct timespec *at), (clock, at))
WRAP(clock, time_t, time, (time_t *at), (at))
WRAP(clock, int, gettimeofday, (struct timeval *restrict at, void *restrict zone), (at, zone))

WRAP(enter, int, io_uring_enter2,
     (unsigned ring, unsigned submit, unsigned least, unsigned flags, void *set, size_t size),
     (ring, submit, least, flags, set, size))

void
free(void *at)
{
	NEXT(free);
	if (at)
		COUNT(memory);
	next(at);
}

void
sdallocx(void *at, size_t size, int flags)
{
	NEXT(sdallocx);
	COUNT(memory);
	next(at, size, flags);
}

void
dallocx(void *at, int flags)
{
	NEXT(dallocx);
	COUNT(memory);
	next(at, flags);
}

/* dlsym calls calloc: until the real one is known it is served from here. */
void *
calloc(size_t count, size_t size)
{
	static char little[4096];
	static size_t taken;
	static void *(*next)(size_t, size_t);
	static int finding;
	if (!next && !finding) {
		finding = 1;
		next = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
	}
	if (!next) {
		void *at = little + taken;
		taken += (count * size + 15) & ~(size_t)15;
		return taken <= sizeof little ? at : NULL;
	}
	COUNT(memory);
	return next(count, size);
}

/* One line a thread: thread id, calls of memory, clock, io_uring_enter. Plain integers: snprintf
 * takes no memory and no lock for them, so a signal handler may. */
static void
tell(int number)
{
	char text[128];
	int file = open(getenv("HUNT_COUNTS"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	(void)number;
	for (int i = 0; i < atomic_load(&used) && i < THREADS_MAX; i++) {
		int size = snprintf(text, sizeof text, "%d %lu %lu %lu\n",
				    atomic_load(&rows[i].thread), atomic_load(&rows[i].memory),
				    atomic_load(&rows[i].clock), atomic_load(&rows[i].enter));
		if (write(file, text, (size_t)size) != size)
			break;
	}
	if (write(file, "end\n", 4) == 4)
		close(file);
}

__attribute__((constructor)) static void
begin(void)
{
	struct sigaction action = {.sa_handler = tell, .sa_flags = SA_RESTART};
	sigaction(SIGUSR2, &action, NULL);
}
