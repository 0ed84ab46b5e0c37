/* Where a scenario lies: a path, or the name of a shipped one. */
#include "perf/load/scenario/find.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "huntd/assert.h"

#define SUFFIX ".yaml"

char *
hd_load_scenario_path(const char *name)
{
	size_t room = strlen(name) + sizeof HUNTD_SCENARIOS SUFFIX + 1;
	char *path = malloc(room);
	HD_ASSERT(path);
	if (strchr(name, '/') || strchr(name, '.'))
		snprintf(path, room, "%s", name);
	else
		snprintf(path, room, "%s/%s" SUFFIX, HUNTD_SCENARIOS, name);
	return path;
}

static int
is_scenario(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);
	return size >= sizeof SUFFIX &&
	       strcmp(entry->d_name + size - (sizeof SUFFIX - 1), SUFFIX) == 0;
}

void
hd_load_scenario_list(char *text, size_t room)
{
	struct dirent **entries;
	int count = scandir(HUNTD_SCENARIOS, &entries, is_scenario, alphasort);
	size_t at = 0;
	snprintf(text, room, "none in %s", HUNTD_SCENARIOS);
	for (int i = 0; i < count; i++) {
		int size = (int)(strlen(entries[i]->d_name) - (sizeof SUFFIX - 1));
		if (at < room)
			at += (size_t)snprintf(text + at, room - at, "%s%.*s", i ? ", " : "", size,
					       entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}
