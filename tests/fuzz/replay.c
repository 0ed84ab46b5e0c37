/* Runs a target over files, or over all files of folders, as libFuzzer would: an ordinary program
 * for the ordinary tests. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static unsigned inputs;

size_t
LLVMFuzzerMutate(uint8_t *at, size_t size, size_t room)
{
	(void)at;
	(void)room;
	return size;
}

static void
run_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(size ? size : 1);
	HD_ASSERT(file != NULL && bytes != NULL);
	HD_ASSERT(fread(bytes, 1, size, file) == size);
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	inputs++;
}

static void
run(const char *path)
{
	struct stat stat_of;
	char below[1024];
	if (stat(path, &stat_of) != 0) {
		fprintf(stderr, "%s: there is no such input\n", path);
		exit(2);
	}
	if (!S_ISDIR(stat_of.st_mode)) {
		run_file(path, (size_t)stat_of.st_size);
		return;
	}
	DIR *folder = opendir(path);
	HD_ASSERT(folder != NULL);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
		run(below);
	}
	closedir(folder);
}

int
main(int count, char **arguments)
{
	for (int i = 1; i < count; i++)
		run(arguments[i]);
	printf("%u inputs\n", inputs);
	return inputs == 0;
}
