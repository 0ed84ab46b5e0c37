#include "net/server/hunts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "net/doc/doc.h"

static void
join_faults(const struct hd_faults *faults, char *message, uint32_t room)
{
	uint32_t used = 0;
	message[0] = 0;
	for (uint32_t i = 0; i < faults->count && used + 8 < room; i++) {
		if (i)
			used += (uint32_t)snprintf(message + used, room - used, " | ");
		if (used + 1 < room)
			used += hd_doc_fault_line(NULL, &faults->row[i], message + used,
						  room - used);
	}
	if (faults->skipped && used + 32 < room)
		snprintf(message + used, room - used, " | and %u more", faults->skipped);
}

bool
hd_hunts_compile(struct hd_bytes name, struct hd_bytes text, struct hd_bytes previous,
		 uint32_t version, struct hd_writer *out, char *message, uint32_t room)
{
	struct hd_doc doc = {0};
	struct hd_faults *faults = calloc(1, sizeof *faults);
	HD_ASSERT(faults);
	bool good = hd_doc_read(text, &doc, faults);
	if (good && name.size == 0)
		name = hd_veltrix_name(&doc.document);
	good = good && hd_veltrix_compile(&doc.document, name, previous, version, out, faults);
	if (!good)
		join_faults(faults, message, room);
	hd_doc_free(&doc);
	free(faults);
	return good;
}

static bool
is_document(const char *name)
{
	const char *dot = strrchr(name, '.');
	return name[0] != '.' && dot &&
	       (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 || strcmp(dot, ".json") == 0);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool
hd_hunts_open(struct hd_hunts *hunts, const char *folder)
{
	*hunts = (struct hd_hunts){0};
	snprintf(hunts->folder, sizeof hunts->folder, "%s", folder);
	DIR *directory = opendir(folder);
	hunts->absent = !directory && errno == ENOENT;
	if (!directory)
		return hunts->absent;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (!is_document(entry->d_name))
			continue;
		hunts->names = realloc(hunts->names, (hunts->count + 1) * sizeof *hunts->names);
		HD_ASSERT(hunts->names);
		hunts->names[hunts->count] = strdup(entry->d_name);
		HD_ASSERT(hunts->names[hunts->count]);
		hunts->count++;
	}
	closedir(directory);
	if (hunts->count)
		qsort(hunts->names, hunts->count, sizeof *hunts->names, by_name);
	return true;
}

void
hd_hunts_close(struct hd_hunts *hunts)
{
	for (uint32_t i = 0; i < hunts->count; i++)
		free(hunts->names[i]);
	free(hunts->names);
	free(hunts->text);
	*hunts = (struct hd_hunts){0};
}

/* The whole file into `text`; 0, or an errno. EFBIG: it is over HD_DOCUMENT_MAX. */
static int
read_document(const char *path, uint8_t *text, size_t *size)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return errno;
	errno = 0;
	*size = fread(text, 1, HD_DOCUMENT_MAX + 1, file);
	int error = ferror(file) ? errno ? errno : EIO : 0;
	fclose(file);
	return error == 0 && *size > HD_DOCUMENT_MAX ? EFBIG : error;
}

bool
hd_hunts_file(struct hd_hunts *hunts, uint32_t n, struct hd_bytes *source, struct hd_bytes *text,
	      char *message, uint32_t room)
{
	char path[sizeof hunts->folder + 300];
	size_t size = 0;
	HD_ASSERT(n < hunts->count);
	*text = (struct hd_bytes){0};
	*source = hd_bytes_str(hunts->names[n]);
	snprintf(path, sizeof path, "%s/%s", hunts->folder, hunts->names[n]);
	if (!hunts->text)
		hunts->text = malloc(HD_DOCUMENT_MAX + 1);
	HD_ASSERT(hunts->text);
	int error = read_document(path, hunts->text, &size);
	if (error == 0)
		*text = hd_bytes_of(hunts->text, size);
	else if (error == EFBIG)
		snprintf(message, room, "1:1: it is over %u KiB", HD_DOCUMENT_MAX / HD_KIB);
	else
		snprintf(message, room, "1:1: it cannot be read: %s", strerror(error));
	return error == 0;
}
