/* Lines of a file of any length, and what each work does with them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "net/ctl/puzzle/tool.h"

bool
hd_tool_lines_open(struct hd_tool_lines *lines, const char *path)
{
	struct stat is;
	lines->file = STDIN_FILENO;
	if (path && strcmp(path, "-") != 0)
		lines->file = open(path, O_RDONLY | O_CLOEXEC);
	if (lines->file < 0) {
		hd_ctl_fail("cannot read %s: %s", path, strerror(errno));
		return false;
	}
	if (fstat(lines->file, &is) == 0 && S_ISREG(is.st_mode))
		lines->whole = (uint64_t)is.st_size;
	return true;
}

void
hd_tool_lines_close(struct hd_tool_lines *lines)
{
	if (lines->file > STDIN_FILENO)
		close(lines->file);
}

/* More bytes behind those that are there; whoever waits for an answer gets it before. */
static void
fill(struct hd_tool_lines *lines)
{
	fflush(stdout);
	memmove(lines->bytes, lines->bytes + lines->from, lines->to - lines->from);
	lines->to -= lines->from;
	lines->from = 0;
	HD_ASSERT(lines->to < sizeof lines->bytes);
	ssize_t got = read(lines->file, lines->bytes + lines->to, sizeof lines->bytes - lines->to);
	if (got > 0)
		lines->to += (size_t)got;
	else if (got == 0 || errno != EINTR)
		lines->ended = true;
	if (got < 0 && errno != EINTR) {
		hd_ctl_fail("cannot read on: %s", strerror(errno));
		lines->failed = true;
	}
}

/* What is left of a line that was cut. */
static void
pass_over(struct hd_tool_lines *lines)
{
	for (;;) {
		char *end = memchr(lines->bytes + lines->from, '\n', lines->to - lines->from);
		lines->read += end ? (size_t)(end + 1 - lines->bytes) - lines->from
				   : lines->to - lines->from;
		lines->from = end ? (size_t)(end + 1 - lines->bytes) : lines->to;
		if (end || lines->ended || hd_tool_stopped())
			return;
		fill(lines);
	}
}

static void
give(struct hd_tool_lines *lines, size_t size, size_t with_end, struct hd_bytes *line)
{
	const char *at = lines->bytes + lines->from;
	lines->from += with_end;
	lines->read += with_end;
	lines->put_back = with_end;
	if (size > 0 && at[size - 1] == '\r')
		size--;
	*line = hd_bytes_of(at, size);
}

bool
hd_tool_lines_next(struct hd_tool_lines *lines, struct hd_bytes *line, bool *too_long)
{
	*too_long = false;
	while (!hd_tool_stopped()) {
		size_t there = lines->to - lines->from;
		char *from = lines->bytes + lines->from, *end = memchr(from, '\n', there);
		if (end) {
			give(lines, (size_t)(end - from), (size_t)(end + 1 - from), line);
			return true;
		}
		if (lines->ended && there > 0)
			give(lines, there, there, line);
		if (lines->ended)
			return there > 0;
		if (there == sizeof lines->bytes) {
			*too_long = true;
			*line = (struct hd_bytes){0};
			pass_over(lines);
			return true;
		}
		fill(lines);
	}
	return false;
}

void
hd_tool_lines_back(struct hd_tool_lines *lines)
{
	HD_ASSERT(lines->put_back > 0 && lines->from >= lines->put_back);
	lines->from -= lines->put_back;
	lines->read -= lines->put_back;
	lines->put_back = 0;
}

void
hd_tool_line(json_t *fact)
{
	HD_ASSERT(fact != NULL);
	json_dumpf(fact, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(fact);
}

static void
say_error(struct hd_tool_reading *reading)
{
	reading->errors++;
	if (reading->ctl->json)
		hd_tool_line(json_pack("{s:I, s:o}", "line", (json_int_t)reading->line, "error",
				       hd_tool_string(hd_bytes_str(reading->item.why))));
	else
		printf("error: %s\n", reading->item.why);
}

static void
one(struct hd_tool_reading *reading, const struct hd_tool_work *work, struct hd_bytes line,
    hd_tool_each each)
{
	bool good = hd_tool_item_read(reading, line) && each(reading, work);
	if (!good && !hd_tool_stopped())
		say_error(reading);
	json_decref(reading->item.json);
	reading->item.json = NULL;
	hd_tool_progress_one(&reading->progress, reading->lines.read, reading->lines.whole);
}

/* False: nobody reads what is written. */
static bool
is_read(void)
{
	return !ferror(stdout);
}

int
hd_tool_read(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file,
	     hd_tool_each each)
{
	struct hd_tool_reading *reading = calloc(1, sizeof *reading);
	struct hd_bytes line;
	bool too_long;
	HD_ASSERT(reading);
	reading->ctl = ctl;
	reading->kind = ctl->text[HD_CTL_OPT_kind] ? hd_tool_kind(ctl) : NULL;
	if ((ctl->text[HD_CTL_OPT_kind] && !reading->kind) ||
	    !hd_tool_lines_open(&reading->lines, file)) {
		int code = ctl->text[HD_CTL_OPT_kind] && !reading->kind ? HD_EXIT_USAGE
									: HD_EXIT_FAILED;
		free(reading);
		return code;
	}
	hd_tool_progress_begin(&reading->progress);
	while (is_read() && hd_tool_lines_next(&reading->lines, &line, &too_long)) {
		reading->line++;
		if (too_long) {
			hd_tool_wrong(&reading->item, "the line is longer than %u bytes",
				      HD_TOOL_LINE);
			say_error(reading);
			continue;
		}
		one(reading, work, line, each);
	}
	hd_tool_progress_end(&reading->progress);
	bool failed = reading->errors > 0 || reading->lines.failed || !is_read();
	int code = hd_tool_stopped() ? HD_TOOL_INTERRUPTED : failed ? HD_EXIT_FAILED : HD_EXIT_OK;
	hd_tool_lines_close(&reading->lines);
	hd_tool_job_free(&reading->job);
	free(reading);
	return code;
}
