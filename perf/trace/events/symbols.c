#include "perf/trace/events/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 64u /* of code: huntd itself and a dozen libraries */
#define FILE_NAME 64u /* of a file, for what has no better name */

struct function {
	uint64_t from, to; /* as the file was linked */
	const char *name;  /* in `elf` */
};

/* One mapping of code. */
struct code {
	uint64_t from, to; /* addresses of the process */
	uint64_t linked;   /* what the first of them is in the file's own terms */
	int file;
	Elf *elf;
	struct function *functions; /* by `from` */
	size_t count;
	char name[FILE_NAME];
};

struct hd_symbols {
	struct code code[FILES_MAX];
	uint32_t count;
};

/* One line of /proc/PID/maps. */
struct line {
	uint64_t from, to, offset;
	bool runs;
	char path[512];
};

static bool
read_line(FILE *maps, struct line *line)
{
	char text[1024], rights[8] = "";
	unsigned long long from, to, offset;
	int path = 0;
	if (!fgets(text, sizeof text, maps))
		return false;
	*line = (struct line){0};
	text[strcspn(text, "\n")] = 0;
	if (sscanf(text, "%llx-%llx %7s %llx %*s %*s %n", &from, &to, rights, &offset, &path) < 4)
		return true;
	line->from = from;
	line->to = to;
	line->offset = offset;
	line->runs = rights[2] == 'x';
	snprintf(line->path, sizeof line->path, "%s", path ? text + path : "");
	return true;
}

static FILE *
open_maps(int pid)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/%d/maps", pid);
	return fopen(path, "re");
}

uint64_t
hd_symbols_mapped(int pid, const char *path)
{
	struct line line;
	uint64_t found = 0;
	FILE *maps = open_maps(pid);
	while (maps && !found && read_line(maps, &line)) {
		if (line.offset == 0 && strcmp(line.path, path) == 0)
			found = line.from;
	}
	if (maps)
		fclose(maps);
	return found;
}

/* Where the byte at `offset` of the file was linked to be. */
static uint64_t
linked_at(Elf *elf, uint64_t offset)
{
	size_t count = 0;
	elf_getphdrnum(elf, &count);
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr head;
		if (gelf_getphdr(elf, (int)i, &head) && head.p_type == PT_LOAD &&
		    offset >= head.p_offset && offset < head.p_offset + head.p_filesz)
			return offset - head.p_offset + head.p_vaddr;
	}
	return offset;
}

static int
by_start(const void *a, const void *b)
{
	const struct function *one = a, *other = b;
	return (one->from > other->from) - (one->from < other->from);
}

/* Adds the functions of one table of symbols. */
static void
take_table(struct code *code, Elf_Scn *section, const GElf_Shdr *head)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = head->sh_entsize ? head->sh_size / head->sh_entsize : 0;
	struct function *more = realloc(code->functions, (code->count + count + 1) * sizeof *more);
	if (!data || !more)
		return;
	code->functions = more;
	for (size_t i = 0; i < count; i++) {
		GElf_Sym symbol;
		if (!gelf_getsym(data, (int)i, &symbol) ||
		    GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF)
			continue;
		const char *name = elf_strptr(code->elf, head->sh_link, symbol.st_name);
		if (name && *name)
			code->functions[code->count++] =
				(struct function){.from = symbol.st_value,
						  .to = symbol.st_value + symbol.st_size,
						  .name = name};
	}
}

static void
read_functions(struct code *code)
{
	for (Elf_Scn *section = NULL; (section = elf_nextscn(code->elf, section)) != NULL;) {
		GElf_Shdr head;
		if (gelf_getshdr(section, &head) &&
		    (head.sh_type == SHT_SYMTAB || head.sh_type == SHT_DYNSYM))
			take_table(code, section, &head);
	}
	if (code->count)
		qsort(code->functions, code->count, sizeof *code->functions, by_start);
}

/* Through map_files: that is the file that runs, whatever its name leads to by now. */
static void
open_code(struct code *code, int pid, const struct line *line)
{
	char path[64];
	const char *name = strrchr(line->path, '/');
	name = name ? name + 1 : line->path;
	*code = (struct code){.from = line->from, .to = line->to, .file = -1};
	snprintf(code->name, sizeof code->name, *name == '[' ? "%.60s" : "[%.60s]", name);
	if (line->path[0] != '/')
		return;
	snprintf(path, sizeof path, "/proc/%d/map_files/%llx-%llx", pid,
		 (unsigned long long)line->from, (unsigned long long)line->to);
	code->file = open(path, O_RDONLY | O_CLOEXEC);
	code->elf = code->file < 0 ? NULL : elf_begin(code->file, ELF_C_READ, NULL);
	if (!code->elf)
		return;
	code->linked = linked_at(code->elf, line->offset);
	read_functions(code);
}

struct hd_symbols *
hd_symbols_open(int pid)
{
	struct line line;
	FILE *maps = open_maps(pid);
	struct hd_symbols *symbols = maps ? calloc(1, sizeof *symbols) : NULL;
	elf_version(EV_CURRENT);
	while (symbols && symbols->count < FILES_MAX && read_line(maps, &line)) {
		if (line.runs && line.path[0])
			open_code(&symbols->code[symbols->count++], pid, &line);
	}
	if (maps)
		fclose(maps);
	return symbols;
}

void
hd_symbols_close(struct hd_symbols *symbols)
{
	for (uint32_t i = 0; symbols && i < symbols->count; i++) {
		struct code *code = &symbols->code[i];
		free(code->functions);
		elf_end(code->elf);
		if (code->file >= 0)
			close(code->file);
	}
	free(symbols);
}

/* The last function that begins at or before `at`. */
static const char *
name_in(const struct code *code, uint64_t at)
{
	size_t from = 0, to = code->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (code->functions[middle].from <= at)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == 0)
		return code->name;
	const struct function *found = &code->functions[from - 1];
	/* Hand-written assembly says no size. */
	return at < found->to || found->to == found->from ? found->name : code->name;
}

const char *
hd_symbols_name(const struct hd_symbols *symbols, uint64_t address)
{
	for (uint32_t i = 0; i < symbols->count; i++) {
		const struct code *code = &symbols->code[i];
		if (address >= code->from && address < code->to)
			return name_in(code, address - code->from + code->linked);
	}
	return "[unknown]";
}
