#include "perf/trace/build_id.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define NOTES_MAX 4096u

static size_t
padded(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

/* Looks through one segment of notes. */
static bool
find_note(const uint8_t *notes, size_t size, uint8_t *id, size_t room)
{
	for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= size;) {
		Elf64_Nhdr head;
		memcpy(&head, notes + at, sizeof head);
		size_t name = at + sizeof head, body = name + padded(head.n_namesz);
		if (head.n_namesz > size || head.n_descsz > size || body + head.n_descsz > size)
			return false;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
		    memcmp(notes + name, "GNU", 4) == 0) {
			memcpy(id, notes + body, head.n_descsz < room ? head.n_descsz : room);
			return true;
		}
		at = body + padded(head.n_descsz);
	}
	return false;
}

static bool
find_id(int file, uint8_t *id, size_t room)
{
	Elf64_Ehdr head;
	uint8_t notes[NOTES_MAX];
	if (pread(file, &head, sizeof head, 0) != (ssize_t)sizeof head ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	for (uint32_t i = 0; i < head.e_phnum; i++) {
		Elf64_Phdr part;
		off_t at = (off_t)(head.e_phoff + i * sizeof part);
		if (pread(file, &part, sizeof part, at) != (ssize_t)sizeof part)
			return false;
		if (part.p_type != PT_NOTE)
			continue;
		size_t size = part.p_filesz < sizeof notes ? part.p_filesz : sizeof notes;
		if (pread(file, notes, size, (off_t)part.p_offset) == (ssize_t)size &&
		    find_note(notes, size, id, room))
			return true;
	}
	return false;
}

bool
hd_trace_build_id(const char *path, uint8_t *id, size_t room)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	bool found = find_id(file, id, room);
	close(file);
	if (!found)
		errno = ENOENT;
	return found;
}
