#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#define LARGE (32u * 1024)
#define KEPT  64
#define BLOCK 64u

static struct {
	void *at;
	size_t size;
	bool taken;
} kept[KEPT];

static void *
take_large(size_t size, size_t align)
{
	for (int i = 0; i < KEPT; i++) {
		if (kept[i].at && (kept[i].taken || kept[i].size != size))
			continue;
		if (!kept[i].at && posix_memalign(&kept[i].at, align, size) != 0)
			return NULL;
		kept[i].size = size;
		kept[i].taken = true;
		return kept[i].at;
	}
	HD_UNREACHABLE();
}

static void *
take(void *source, size_t size, size_t align)
{
	(void)source;
	void *at = NULL;
	if (align < BLOCK)
		align = BLOCK;
	if (size >= LARGE)
		at = take_large(size, align);
	else if (posix_memalign(&at, align, size) != 0)
		return NULL;
	return memset(at, 0, size);
}

static void
give(void *source, void *at, size_t size)
{
	(void)source;
	for (int i = 0; i < KEPT && size >= LARGE; i++)
		if (kept[i].at == at)
			kept[i].taken = false;
	if (size < LARGE)
		free(at);
}

struct hd_memory
fuzz_memory(void)
{
	return (struct hd_memory){.take = take, .give = give};
}
