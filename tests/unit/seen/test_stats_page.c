/* The stats page as a file: what it says, who may take it away, and that huntd has one where there
 * can be no file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/config/version.h"
#include "net/server/stats_page.h"

#define BYTES HD_STATS_BYTES(2)

static char folder[64];
static char message[512];

static int
begin(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/hunt-page-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	return rmdir(folder);
}

static char *
in_folder(const char *name)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void
write_file(const char *name, const void *bytes, size_t size)
{
	FILE *file = fopen(in_folder(name), "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static bool
there_is(const char *name)
{
	struct stat status;
	return lstat(in_folder(name), &status) == 0;
}

static void
says_who_it_is_and_is_gone_when_closed(void **state)
{
	struct hd_stats_file file = {0};
	struct stat status;
	uint8_t none[sizeof file.page->build_id] = {0};
	(void)state;
	mode_t before = umask(077);
	assert_true(hd_stats_file_open(&file, folder, BYTES, 1234, message, sizeof message));
	umask(before);
	assert_int_equal(stat(file.path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0644);
	assert_int_equal(status.st_size, BYTES);
	assert_true(file.page->magic == HD_STATS_MAGIC);
	assert_int_equal(file.page->pid, getpid());
	assert_int_equal(file.page->started_ms, 1234);
	assert_string_equal(file.page->version, hd_version());
	assert_string_equal(file.page->build, hd_commit());
	assert_memory_not_equal(file.page->build_id, none, 20);
	assert_memory_equal(file.page->build_id + 20, none, 12);

	file.page->shard[1].metrics.commands_total = 42;
	FILE *other = fopen(file.path, "rb");
	uint64_t seen = 0;
	long at = (char *)&file.page->shard[1].metrics.commands_total - (char *)file.page;
	assert_int_equal(fseek(other, at, SEEK_SET), 0);
	assert_int_equal(fread(&seen, sizeof seen, 1, other), 1);
	assert_int_equal(seen, 42);
	fclose(other);

	hd_stats_file_close(&file);
	assert_int_equal(stat(file.path, &status), -1);
	file.page->shard[0].metrics.commands_total = 1; /* a thread may still count */
	hd_stats_file_close(&file);
}

/* Makes a page in a child that dies as by kill -9. */
static void
die_with_a_page(char *name, size_t room)
{
	pid_t child = fork();
	if (child == 0) {
		struct hd_stats_file file = {0};
		bool made = hd_stats_file_open(&file, folder, BYTES, 1, message, sizeof message);
		_exit(made ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	snprintf(name, room, "huntd-%d", (int)child);
}

static void
a_dead_ones_is_removed_by_the_next(void **state)
{
	struct hd_stats_file file = {0};
	char name[32];
	(void)state;
	die_with_a_page(name, sizeof name);
	assert_true(there_is(name));
	assert_true(hd_stats_file_open(&file, folder, BYTES, 1, message, sizeof message));
	assert_false(there_is(name));
	/* A live one's stays, whatever its pid says. */
	assert_int_equal(hd_stats_file_sweep(folder), 0);
	assert_int_equal(rename(file.path, in_folder("huntd-1")), 0);
	assert_int_equal(hd_stats_file_sweep(folder), 0);
	assert_true(there_is("huntd-1"));
	/* And a pid that lives says nothing for a page that nobody holds. */
	close(file.fd);
	assert_int_equal(munmap(file.page, BYTES), 0);
	assert_int_equal(rename(in_folder("huntd-1"), file.path), 0);
	assert_int_equal(hd_stats_file_sweep(folder), 1);
}

static void
what_is_not_ours_stays(void **state)
{
	static const char *const names[] = {"huntd-77", "huntd-77x",  "huntd-",
					    "huntd-78", "hunt-77",    "huntd-79",
					    "huntd-80", "huntd-081a", "huntd--1"};
	const uint64_t magic = HD_STATS_MAGIC, other = 1;
	(void)state;
	write_file("huntd-77", &other, sizeof other);
	write_file("huntd-77x", &magic, sizeof magic);
	write_file("huntd-", &magic, sizeof magic);
	write_file("huntd-78", "HNT", 3);
	write_file("hunt-77", &magic, sizeof magic);
	assert_int_equal(symlink("hunt-77", in_folder("huntd-79")), 0);
	assert_int_equal(mkfifo(in_folder("huntd-80"), 0600), 0);
	write_file("huntd-081a", &magic, sizeof magic);
	write_file("huntd--1", &magic, sizeof magic);
	assert_int_equal(hd_stats_file_sweep(folder), 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_true(there_is(names[i]));
		unlink(in_folder(names[i]));
	}
}

/* Nobody's file is written into or followed; there is a page all the same. */
static void
without_a_file_there_is_memory(void **state)
{
	struct hd_stats_file file = {0};
	char name[32];
	(void)state;
	write_file("precious", "gold", 4);
	snprintf(name, sizeof name, "huntd-%d", (int)getpid());
	assert_int_equal(symlink("precious", in_folder(name)), 0);
	assert_false(hd_stats_file_open(&file, folder, BYTES, 1, message, sizeof message));
	assert_non_null(strstr(message, strerror(EEXIST)));
	assert_true(file.page->magic == HD_STATS_MAGIC && file.page->pid == (uint32_t)getpid());
	file.page->shard[1].slot_ns[HD_SLOTS - 1] = 1;
	hd_stats_file_close(&file);
	assert_true(there_is(name));
	unlink(in_folder(name));
	unlink(in_folder("precious"));

	/* No room: nothing is left of the attempt. */
	struct hd_stats_file full = {0};
	struct rlimit before, small;
	getrlimit(RLIMIT_FSIZE, &before);
	small = (struct rlimit){4096, before.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	assert_false(hd_stats_file_open(&full, folder, BYTES, 1, message, sizeof message));
	setrlimit(RLIMIT_FSIZE, &before);
	assert_non_null(strstr(message, strerror(EFBIG)));
	assert_false(there_is(name));

	struct hd_stats_file absent = {0};
	assert_false(hd_stats_file_open(&absent, "/nowhere", BYTES, 1, message, sizeof message));
	assert_non_null(strstr(message, "/nowhere/huntd-"));
	hd_stats_file_close(&absent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_who_it_is_and_is_gone_when_closed),
		cmocka_unit_test(a_dead_ones_is_removed_by_the_next),
		cmocka_unit_test(what_is_not_ours_stays),
		cmocka_unit_test(without_a_file_there_is_memory),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
