/* render: puzzles for people, as lines of text or as SVG to be printed and played on. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "core/puzzle/draw.h"
#include "huntd/assert.h"
#include "net/ctl/puzzle/tool.h"

/* The item's solution into `*solution`. False: why, or Ctrl-C. */
static bool
find_solution(struct hd_tool_reading *reading, struct hd_bytes *solution)
{
	struct hd_tool_item *item = &reading->item;
	struct hd_puzzle_solved solved;
	if (item->solution.at != NULL && item->kind->verify(item->text, item->solution)) {
		*solution = item->solution;
		return true;
	}
	if (item->solution.at != NULL)
		return hd_tool_wrong(item, "its solution is wrong");
	if (!hd_tool_solved(&reading->job, item->kind, &item->params, item->text, HD_PUZZLE_COUNT,
			    &solved))
		return false;
	*solution = solved.solution;
	return solved.verdict == HD_PUZZLE_UNIQUE ||
	       hd_tool_wrong(item, "there is no one solution to draw: %s",
			     hd_tool_verdict(solved.verdict));
}

bool
hd_tool_draw(struct hd_tool_reading *reading, bool svg, bool with_solution, struct hd_bytes *out)
{
	struct hd_tool_item *item = &reading->item;
	const struct hd_puzzle_overlay *overlay = item->laid ? &item->overlay : NULL;
	struct hd_writer w = hd_writer_of(reading->draw, sizeof reading->draw);
	struct hd_bytes solution = {0};
	if (with_solution && !find_solution(reading, &solution))
		return false;
	if (svg)
		item->kind->draw_svg(item->text, solution, overlay, &w);
	else
		item->kind->draw_text(item->text, solution, &w);
	if (!svg && overlay)
		hd_text_key(&w, item->kind, overlay);
	HD_ASSERT(!w.full);
	*out = hd_bytes_of(reading->draw, (size_t)(w.at - reading->draw));
	return true;
}

/* DIR/000001.svg and so on. */
static bool
write_file(struct hd_tool_reading *reading, const char *form, struct hd_bytes bytes)
{
	char path[4096], shown[200];
	const char *directory = reading->ctl->text[HD_CTL_OPT_out];
	const char *extension = strcmp(form, "text") == 0 ? "txt" : form;
	snprintf(path, sizeof path, "%s/%06llu.%s", directory, (unsigned long long)reading->line,
		 extension);
	if (mkdir(directory, 0777) != 0 && errno != EEXIST)
		return hd_tool_wrong(&reading->item, "cannot make %s: %s",
				     hd_tool_shown(hd_bytes_str(directory), shown, sizeof shown),
				     strerror(errno));
	FILE *file = fopen(path, "wb");
	bool good = file && fwrite(bytes.at, 1, bytes.size, file) == bytes.size;
	good = (!file || fclose(file) == 0) && good;
	if (!good) {
		int error = errno;
		remove(path);
		return hd_tool_wrong(&reading->item, "cannot write %s: %s",
				     hd_tool_shown(hd_bytes_str(path), shown, sizeof shown),
				     strerror(error));
	}
	if (reading->ctl->json)
		hd_tool_line(json_pack("{s:I, s:o}", "line", (json_int_t)reading->line, "file",
				       hd_tool_string(hd_bytes_str(path))));
	else
		puts(path);
	return true;
}

bool
hd_tool_give(struct hd_tool_reading *reading, const char *form, struct hd_bytes bytes)
{
	if (reading->ctl->text[HD_CTL_OPT_out])
		return write_file(reading, form, bytes);
	if (reading->ctl->json) {
		hd_tool_line(json_pack("{s:I, s:s, s:o}", "line", (json_int_t)reading->line, "kind",
				       reading->item.kind->name, form, hd_tool_string(bytes)));
		return true;
	}
	fwrite(bytes.at, 1, bytes.size, stdout);
	if (bytes.size == 0 || bytes.at[bytes.size - 1] != '\n')
		putchar('\n');
	return true;
}

static bool
render_one(struct hd_tool_reading *reading, const struct hd_tool_work *work)
{
	const char *to = reading->ctl->text[HD_CTL_OPT_to];
	bool svg = to && strcmp(to, "svg") == 0;
	bool solution = reading->ctl->given & HD_CTL_TAKES(solution);
	struct hd_bytes out;
	(void)work;
	if (!hd_tool_draw(reading, svg, solution, &out))
		return false;
	if (!svg && !reading->ctl->json && !reading->ctl->text[HD_CTL_OPT_out] &&
	    reading->progress.done > 0)
		putchar('\n');
	return hd_tool_give(reading, svg ? "svg" : "text", out);
}

int
hd_tool_render(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file)
{
	const char *to = ctl->text[HD_CTL_OPT_to];
	if (to && strcmp(to, "text") != 0 && strcmp(to, "svg") != 0) {
		hd_ctl_fail("render --to takes text or svg; got `%s`; `puzzle convert` has more",
			    to);
		return HD_EXIT_USAGE;
	}
	return hd_tool_read(ctl, work, file, render_one);
}
