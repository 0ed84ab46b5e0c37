#include "net/server/stats_page.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "net/config/version.h"

#define PREFIX "huntd-"

/* What others left. */

static bool
is_our_name(const char *name)
{
	size_t prefix = sizeof PREFIX - 1,
	       digits = strspn(name + strnlen(name, prefix), "0123456789");
	return strncmp(name, PREFIX, prefix) == 0 && digits > 0 && name[prefix + digits] == '\0';
}

/* Of this user, one of ours, and its process is gone. */
static bool
is_left(int fd)
{
	struct stat status;
	uint64_t magic = 0;
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
	       pread(fd, &magic, sizeof magic, 0) == sizeof magic && magic == HD_STATS_MAGIC &&
	       fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

uint32_t
hd_stats_file_sweep(const char *folder)
{
	uint32_t removed = 0;
	DIR *directory = opendir(folder);
	if (directory == NULL)
		return 0;
	for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (!is_our_name(entry->d_name))
			continue;
		int fd = openat(dirfd(directory), entry->d_name,
				O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (is_left(fd) && unlinkat(dirfd(directory), entry->d_name, 0) == 0)
			removed++;
		close(fd);
	}
	closedir(directory);
	return removed;
}

/* The own one. */

struct found {
	uint8_t *id;
	size_t room;
};

static void
read_notes(const uint8_t *at, size_t size, const struct found *found)
{
	while (size >= sizeof(ElfW(Nhdr))) {
		ElfW(Nhdr) note;
		memcpy(&note, at, sizeof note);
		size_t name = (note.n_namesz + 3u) & ~3u, whole = (note.n_descsz + 3u) & ~3u;
		const uint8_t *text = at + sizeof note;
		if (sizeof note + name + whole > size)
			return;
		if (note.n_type == NT_GNU_BUILD_ID && name == 4 && memcmp(text, "GNU", 4) == 0) {
			memcpy(found->id, text + name,
			       note.n_descsz < found->room ? note.n_descsz : found->room);
			return;
		}
		at += sizeof note + name + whole;
		size -= sizeof note + name + whole;
	}
}

/* The first object is the program itself. */
static int
read_program(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		if (part->p_type == PT_NOTE)
			/* NOLINTNEXTLINE: the loader tells addresses as numbers */
			read_notes((const uint8_t *)(info->dlpi_addr + part->p_vaddr),
				   part->p_memsz, context);
	}
	return 1;
}

/* Made, reserved to the last byte (a full /dev/shm must not end us later), locked; below 0: -errno.
 */
static int
make(const char *path, size_t bytes)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	int error = posix_fallocate(fd, 0, (off_t)bytes);
	if (error == 0 && (fcntl(fd, F_OFD_SETLK, &lock) < 0 || fchmod(fd, 0644) < 0))
		error = errno;
	if (error == 0)
		return fd;
	unlink(path);
	close(fd);
	return -error;
}

static void
fill(struct hd_stats_page *page, uint64_t started_ms)
{
	const struct found found = {page->build_id, sizeof page->build_id};
	page->pid = (uint32_t)getpid();
	page->started_ms = started_ms;
	snprintf(page->version, sizeof page->version, "%s", hd_version());
	snprintf(page->build, sizeof page->build, "%s", hd_commit());
	dl_iterate_phdr(read_program, (void *)&found);
	__atomic_store_n(&page->magic, HD_STATS_MAGIC, __ATOMIC_RELEASE);
}

bool
hd_stats_file_open(struct hd_stats_file *file, const char *folder, size_t bytes,
		   uint64_t started_ms, char *message, size_t room)
{
	HD_ASSERT(file->page == NULL && bytes >= sizeof *file->page);
	int size =
		snprintf(file->path, sizeof file->path, "%s/" PREFIX "%d", folder, (int)getpid());
	HD_ASSERT(size > 0 && (size_t)size < sizeof file->path);
	hd_stats_file_sweep(folder);
	file->fd = make(file->path, bytes);
	void *at = MAP_FAILED;
	if (file->fd >= 0)
		at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file->fd,
			  0);
	if (at == MAP_FAILED) {
		snprintf(message, room,
			 "no page of numbers at %s: %s; hunt-trace will not see this process",
			 file->path, strerror(file->fd < 0 ? -file->fd : errno));
		hd_stats_file_close(file);
		file->fd = -1;
		at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	}
	HD_ASSERT(at != MAP_FAILED);
	file->page = at;
	fill(file->page, started_ms);
	return file->fd >= 0;
}

void
hd_stats_file_close(struct hd_stats_file *file)
{
	if (file->path[0] == '\0' || file->fd < 0)
		return;
	unlink(file->path);
	close(file->fd);
	file->fd = -1;
}
