#include "perf/trace/page.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	int64_t up = (int64_t)time(NULL) - (int64_t)(page.started_ms / 1000);
	int size = snprintf(text, room, "\n  -p %-8d huntd %s, %u shard%s, up %lld s", pid,
			    page.version, page.shards, page.shards == 1 ? "" : "s", (long long)up);
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
open_file(struct hd_trace_page *page, const char *path, char *fault)
{
	page->file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (page->file >= 0)
		return true;
	if (errno == ENOENT)
		return fail(fault,
			    "process %d has no page %s: it is no huntd, or of another "
			    "container",
			    page->pid, path);
	return fail(fault, "%s cannot be read: %s", path, strerror(errno));
}

/* The user as whom the process makes files. */
static bool
user_of(int pid, uid_t *user)
{
	char path[32], line[256];
	bool found = false;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *status = fopen(path, "re");
	while (status && !found && fgets(line, sizeof line, status))
		found = sscanf(line, "Uid: %*u %*u %*u %u", user) == 1;
	if (status)
		fclose(status);
	return found;
}

static bool
is_its_own(const struct hd_trace_page *page, const char *path, char *fault)
{
	struct stat about;
	uid_t user;
	if (fstat(page->file, &about) < 0 || !S_ISREG(about.st_mode))
		return fail(fault, "%s is not a stats page: no plain file", path);
	if (!user_of(page->pid, &user))
		return fail(fault, "no process %d", page->pid);
	if (about.st_uid != user)
		return fail(fault,
			    "%s belongs to user %u, process %d to user %u: somebody else made it, "
			    "remove it",
			    path, about.st_uid, page->pid, user);
	return true;
}

/* What the page says of itself. */
struct head {
	uint64_t magic, bytes;
	uint32_t abi, pid, shards, commands, layout;
};

#define TAKE(into, field)                                                                          \
	memcpy(&(into), from + offsetof(struct hd_stats_page, field), sizeof(into))

/* The magic is written last: a page without one may be just about to get it. */
static bool
read_head(struct hd_trace_page *page, struct head *head)
{
	char from[offsetof(struct hd_stats_page, state)];
	ssize_t size = 0;
	for (int waited = 0; waited < START_MS; waited += 10) {
		size = pread(page->file, from, sizeof from, 0);
		if (size != (ssize_t)sizeof from)
			return false;
		TAKE(head->magic, magic);
		if (head->magic)
			break;
		nap();
	}
	/* Once more: what stands before the magic may have been read before it was written. */
	if (pread(page->file, from, sizeof from, 0) != size)
		return false;
	TAKE(head->magic, magic);
	TAKE(head->bytes, bytes);
	TAKE(head->abi, abi);
	TAKE(head->pid, pid);
	TAKE(head->shards, shards);
	TAKE(head->commands, commands);
	TAKE(head->layout, layout);
	TAKE(page->started_ms, started_ms);
	TAKE(page->build_id, build_id);
	memcpy(page->version, from + offsetof(struct hd_stats_page, version),
	       sizeof page->version - 1);
	memcpy(page->build, from + offsetof(struct hd_stats_page, build), sizeof page->build - 1);
	return true;
}

static size_t
size_of(const struct hd_trace_page *page)
{
	struct stat about;
	return fstat(page->file, &about) == 0 ? (size_t)about.st_size : 0;
}

static bool
believe(struct hd_trace_page *page, const char *path, char *fault)
{
	struct head head;
	size_t size = size_of(page);
	if (!read_head(page, &head) || size < sizeof(struct hd_stats_page))
		return fail(fault, "%s is not a stats page: too small", path);
	if (head.magic != HD_STATS_MAGIC)
		return fail(fault, "%s is not a stats page of huntd", path);
	if (head.abi != HD_STATS_ABI || head.layout != hd_stats_layout())
		return fail(fault,
			    "huntd %d is another build (%s, %s; stats ABI %u.%08x) than this "
			    "hunt-trace (%s, %s; stats ABI %u.%08x): use the hunt-trace that came "
			    "with it",
			    page->pid, page->version, page->build, head.abi, head.layout,
			    hd_version(), hd_commit(), HD_STATS_ABI, hd_stats_layout());
	if (head.pid != (uint32_t)page->pid || !head.shards || head.shards > HD_SHARDS_MAX ||
	    head.commands != HD_CMD_COUNT_ || head.bytes > size ||
	    head.bytes < HD_STATS_BYTES(head.shards))
		return fail(fault,
			    "%s does not hold what its head says: pid %u, %u shards, %llu "
			    "bytes",
			    path, head.pid, head.shards, (unsigned long long)head.bytes);
	page->shards = head.shards;
	page->bytes = HD_STATS_BYTES(head.shards);
	return true;
}

/* The program as far as it may be read: another user's only root may. */
static bool
is_its_program(const struct hd_trace_page *page, char *fault)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/%d/exe", page->pid);
	return access(path, R_OK) != 0 || hd_trace_page_fits_program(page, fault);
}

bool
hd_trace_page_open(struct hd_trace_page *page, int pid, char *fault)
{
	char path[64];
	*page = (struct hd_trace_page){.pid = pid, .pidfd = -1, .file = -1};
	if (pid == 0 && !find_one(&page->pid, fault))
		return false;
	page->pidfd = pidfd_open(page->pid, 0);
	if (page->pidfd < 0)
		return fail(fault, "no process %d: %s", page->pid, strerror(errno));
	snprintf(path, sizeof path, FOLDER "/huntd-%d", page->pid);
	if (open_file(page, path, fault) && is_its_own(page, path, fault) &&
	    believe(page, path, fault) && is_its_program(page, fault) &&
	    hd_trace_page_lives(page, fault)) /* else its pid may be another's by now */
		return true;
	hd_trace_page_close(page);
	return false;
}

void
hd_trace_page_close(struct hd_trace_page *page)
{
	if (page->file >= 0)
		close(page->file);
	if (page->pidfd >= 0)
		close(page->pidfd);
	*page = (struct hd_trace_page){.pidfd = -1, .file = -1};
}

/* Copied by the kernel, who moves whole words: no number is half old. */
bool
hd_trace_page_copy(const struct hd_trace_page *page, struct hd_stats_page *into)
{
	char *to = (char *)into;
	for (size_t at = 0; at < page->bytes;) {
		ssize_t size = pread(page->file, to + at, page->bytes - at, (off_t)at);
		if (size <= 0)
			return false;
		at += (size_t)size;
	}
	return true;
}

uint32_t
hd_trace_page_state(const struct hd_trace_page *page)
{
	uint32_t state = UINT32_MAX;
	ssize_t size =
		pread(page->file, &state, sizeof state, offsetof(struct hd_stats_page, state));
	return size == (ssize_t)sizeof state ? state : UINT32_MAX;
}

bool
hd_trace_page_lives(const struct hd_trace_page *page, char *fault)
{
	struct pollfd ended = {.fd = page->pidfd, .events = POLLIN};
	if (poll(&ended, 1, 0) != 0)
		return fail(fault, "huntd %d has ended", page->pid);
	if (size_of(page) < page->bytes)
		return fail(fault,
			    "the page of huntd %d was cut short by somebody: restart huntd to get "
			    "another",
			    page->pid);
	return true;
}

bool
hd_trace_page_fits_program(const struct hd_trace_page *page, char *fault)
{
	static const uint8_t none[sizeof page->build_id];
	uint8_t id[sizeof none] = {0};
	char path[32];
	if (memcmp(page->build_id, none, sizeof none) == 0)
		return true; /* linked without one */
	snprintf(path, sizeof path, "/proc/%d/exe", page->pid);
	if (!hd_trace_build_id(path, id, sizeof id))
		return fail(fault, "the program of huntd %d cannot be read: %s", page->pid,
			    strerror(errno));
	if (memcmp(id, page->build_id, sizeof id) != 0)
		return fail(fault,
			    "the file of huntd %d is not the program that runs (another "
			    "build id): it was replaced, restart huntd; or it is no huntd",
			    page->pid);
	return true;
}
