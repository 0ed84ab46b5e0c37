#include "perf/trace/page.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "net/config/version.h"
#include "perf/trace/build_id.h"

#define FOLDER      "/dev/shm"
#define START_MS    2000 /* for a huntd that is about to write its page's magic */
#define SERVERS_MAX 16u  /* listed at most */

static bool fail(char *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool
fail(char *fault, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(fault, HD_TRACE_FAULT, format, args);
	va_end(args);
	return false;
}

static void
nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* Finding it. */

/* The pids of FOLDER's pages whose process lives, ascending is not promised. */
static uint32_t
find_all(int *pids)
{
	DIR *folder = opendir(FOLDER);
	uint32_t count = 0;
	for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
		int pid = 0, end = 0;
		if (sscanf(entry->d_name, "huntd-%d%n", &pid, &end) != 1 || entry->d_name[end])
			continue;
		if (pid > 0 && (kill(pid, 0) == 0 || errno == EPERM) && count < SERVERS_MAX)
			pids[count++] = pid;
	}
	if (folder)
		closedir(folder);
	return count;
}

/* Version and age of a listed one; what cannot be read is left out. */
static int
describe(int pid, char *text, size_t room)
{
	struct hd_trace_page page;
	char fault[HD_TRACE_FAULT];
	if (!hd_trace_page_open(&page, pid, fault))
		return snprintf(text, room, "\n  -p %-8d", pid);
	int64_t up = (int64_t)time(NULL) - (int64_t)(page.stats->started_ms / 1000);
	int size = snprintf(text, room, "\n  -p %-8d huntd %.32s, %u shard%s, up %lld s", pid,
			    page.stats->version, page.stats->shards,
			    page.stats->shards == 1 ? "" : "s", (long long)up);
	hd_trace_page_close(&page);
	return size;
}

static bool
find_one(int *pid, char *fault)
{
	int pids[SERVERS_MAX];
	uint32_t count = find_all(pids);
	if (count == 0)
		return fail(fault,
			    "no huntd runs here (no %s/huntd-PID): start one, or try "
			    "./dev trace",
			    FOLDER);
	*pid = pids[0];
	if (count == 1)
		return true;
	int at = snprintf(fault, HD_TRACE_FAULT, "several huntd run: say which one");
	for (uint32_t i = 0; i < count && at < (int)HD_TRACE_FAULT - 100; i++)
		at += describe(pids[i], fault + at, HD_TRACE_FAULT - (size_t)at);
	return false;
}

/* Believing it. */

static bool
map(struct hd_trace_page *page, const char *path, char *fault)
{
	struct stat about;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0 && errno == ENOENT)
		return fail(fault,
			    "process %d has no page %s: it is no huntd, or of another "
			    "container",
			    page->pid, path);
	if (file < 0)
		return fail(fault, "%s cannot be read: %s", path, strerror(errno));
	bool sized =
		fstat(file, &about) == 0 && about.st_size >= (off_t)sizeof(struct hd_stats_page);
	page->bytes = sized ? (size_t)about.st_size : 0;
	void *at = sized ? mmap(NULL, page->bytes, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
	close(file);
	if (at == MAP_FAILED)
		return fail(fault, "%s is not a stats page: too small", path);
	page->stats = at;
	return true;
}

/* The magic is written last: a page without one may be just about to get it. */
static bool
has_magic(const struct hd_trace_page *page)
{
	const uint64_t *magic = &page->stats->magic;
	for (int waited = 0; waited < START_MS; waited += 10) {
		if (__atomic_load_n(magic, __ATOMIC_ACQUIRE))
			break;
		nap();
	}
	return *magic == HD_STATS_MAGIC;
}

static bool
believe(const struct hd_trace_page *page, const char *path, char *fault)
{
	const struct hd_stats_page *stats = page->stats;
	if (!has_magic(page))
		return fail(fault, "%s is not a stats page of huntd", path);
	if (stats->abi != HD_STATS_ABI || stats->layout != hd_stats_layout())
		return fail(fault,
			    "huntd %d is another build (%.32s, %.64s; stats ABI %u.%08x) than this "
			    "hunt-trace (%s, %s; stats ABI %u.%08x): use the hunt-trace that came "
			    "with it",
			    page->pid, stats->version, stats->build, stats->abi, stats->layout,
			    hd_version(), hd_commit(), HD_STATS_ABI, hd_stats_layout());
	if (stats->pid != (uint32_t)page->pid || !stats->shards || stats->shards > HD_SHARDS_MAX ||
	    stats->commands != HD_CMD_COUNT_ || stats->bytes > page->bytes ||
	    stats->bytes < HD_STATS_BYTES(stats->shards))
		return fail(fault,
			    "%s does not hold what its head says: pid %u, %u shards, %llu "
			    "bytes",
			    path, stats->pid, stats->shards, (unsigned long long)stats->bytes);
	return true;
}

bool
hd_trace_page_open(struct hd_trace_page *page, int pid, char *fault)
{
	char path[64];
	*page = (struct hd_trace_page){.pid = pid, .pidfd = -1};
	if (pid == 0 && !find_one(&page->pid, fault))
		return false;
	page->pidfd = pidfd_open(page->pid, 0);
	if (page->pidfd < 0)
		return fail(fault, "no process %d: %s", page->pid, strerror(errno));
	snprintf(path, sizeof path, FOLDER "/huntd-%d", page->pid);
	if (map(page, path, fault) && believe(page, path, fault))
		return true;
	hd_trace_page_close(page);
	return false;
}

void
hd_trace_page_close(struct hd_trace_page *page)
{
	if (page->stats)
		munmap((void *)(uintptr_t)page->stats, page->bytes);
	if (page->pidfd >= 0)
		close(page->pidfd);
	*page = (struct hd_trace_page){.pidfd = -1};
}

bool
hd_trace_page_alive(const struct hd_trace_page *page)
{
	struct pollfd ended = {.fd = page->pidfd, .events = POLLIN};
	return poll(&ended, 1, 0) == 0;
}

bool
hd_trace_page_fits_program(const struct hd_trace_page *page, char *fault)
{
	static const uint8_t none[sizeof page->stats->build_id];
	uint8_t id[sizeof none] = {0};
	char path[32];
	if (memcmp(page->stats->build_id, none, sizeof none) == 0)
		return true; /* linked without one */
	snprintf(path, sizeof path, "/proc/%d/exe", page->pid);
	if (!hd_trace_build_id(path, id, sizeof id))
		return fail(fault, "the program of huntd %d cannot be read: %s", page->pid,
			    strerror(errno));
	if (memcmp(id, page->stats->build_id, sizeof id) != 0)
		return fail(fault,
			    "the file of huntd %d is not the program that runs (another "
			    "build id): it was replaced; restart huntd",
			    page->pid);
	return true;
}
