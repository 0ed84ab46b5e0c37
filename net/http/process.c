#include "net/http/process.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void
read_memory(struct hd_process *process)
{
	unsigned long long pages, resident;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	FILE *file = fopen("/proc/self/statm", "re");
	if (!file)
		return;
	if (fscanf(file, "%llu %llu", &pages, &resident) == 2) {
		process->virtual_bytes = pages * page;
		process->resident_bytes = resident * page;
	}
	fclose(file);
}

static uint64_t
count_files(void)
{
	uint64_t count = 0;
	DIR *folder = opendir("/proc/self/fd");
	if (!folder)
		return 0;
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count - 1; /* the folder itself */
}

void
hd_process_read(struct hd_process *process)
{
	struct timespec cpu;
	struct rlimit files;
	memset(process, 0, sizeof *process);
	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
		process->cpu_ns = (uint64_t)cpu.tv_sec * 1000000000 + (uint64_t)cpu.tv_nsec;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		process->fds_max = files.rlim_cur;
	process->fds = count_files();
	read_memory(process);
}
