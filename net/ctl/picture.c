#include "net/ctl/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "huntd/assert.h"
#include "net/ctl/rates.h"

#define BOLD  "\033[1m"
#define DIM   "\033[2m"
#define RED   "\033[31m"
#define GREEN "\033[32m"
#define GOLD  "\033[1;33m"
#define BLUE  "\033[36m"
#define TITLE "\033[1;36m"

#define SCORE_WIDTH 13
#define GAIN_WIDTH  10

struct drawing {
	const struct hd_picture *picture;
	FILE *out;
	uint32_t lines; /* used */
};

static const char *
on(const struct drawing *d, const char *colour)
{
	return d->picture->colour ? colour : "";
}

static const char *
off(const struct drawing *d)
{
	return d->picture->colour ? "\033[0m" : "";
}

static void
end_line(struct drawing *d)
{
	fputc('\n', d->out);
	d->lines++;
}

static void
repeat(const struct drawing *d, const char *what, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		fputs(what, d->out);
}

/* `text` in `width` columns. */
static void
put(const struct drawing *d, const char *text, uint32_t width, bool right)
{
	uint32_t wide = hd_ctl_width(text);
	uint32_t space = width > wide ? width - wide : 0;
	repeat(d, " ", right ? space : 0);
	fputs(text, d->out);
	repeat(d, " ", right ? 0 : space);
}

static void
put_value(const struct drawing *d, const json_t *facts, const char *name, uint32_t width)
{
	char text[256];
	hd_ctl_value(name, json_object_get(facts, name), text, sizeof text);
	put(d, text, width, true);
}

/* The server. */

static void
draw_banner(struct drawing *d)
{
	const char *at = d->picture->banner;
	while (at && *at) {
		size_t size = strcspn(at, "\n");
		fprintf(d->out, "%.*s", (int)size, at);
		end_line(d);
		at += size + (at[size] == '\n');
	}
	if (d->lines)
		end_line(d);
}

static void
draw_title(struct drawing *d)
{
	const json_t *facts = d->picture->facts;
	char uptime[64], durability[64], left[256], clock[16];
	time_t now = time(NULL);
	struct tm parts;
	hd_ctl_value("uptime_s", json_object_get(facts, "uptime_s"), uptime, sizeof uptime);
	hd_ctl_value("", json_object_get(facts, "durability"), durability, sizeof durability);
	strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&now, &parts));
	const char *version = json_string_value(json_object_get(facts, "version"));
	int64_t shards = hd_ctl_number(facts, "shards");
	snprintf(left, sizeof left, "%s · up %s · durability %s · %lld shard%s",
		 version ? version : "", uptime, durability, (long long)shards,
		 shards == 1 ? "" : "s");
	fprintf(d->out, "%shuntd%s ", on(d, TITLE), off(d));
	put(d, left, d->picture->columns > 16 ? d->picture->columns - 14 : 0, false);
	fputs(clock, d->out);
	end_line(d);
}

static void
draw_rates(struct drawing *d)
{
	static const struct {
		const char *name, *shown;
	} rows[] = {{"commands_per_s", "commands/s"},
		    {"connections", "connections"},
		    {"flush_us", "us/flush"},
		    {"memory_bytes", "state"}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[64];
		hd_ctl_value(rows[i].name, json_object_get(d->picture->facts, rows[i].name), text,
			     sizeof text);
		fprintf(d->out, "%s%s%s%s %s", i ? "   " : "", on(d, BOLD), text, off(d),
			rows[i].shown);
	}
	end_line(d);
}

static void
draw_sparkline(struct drawing *d)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	const struct hd_picture *p = d->picture;
	char now[64], peak[64];
	json_t *most = json_integer(1);
	uint32_t width = p->columns > 46 ? p->columns - 40 : 6;
	uint32_t count = p->rates_count < width ? p->rates_count : width;
	const int64_t *from = p->rates + p->rates_count - count;
	for (uint32_t i = 0; i < count; i++)
		if (from[i] > json_integer_value(most))
			json_integer_set(most, from[i]);
	hd_ctl_value("", json_object_get(p->facts, "events_per_s"), now, sizeof now);
	hd_ctl_value("", most, peak, sizeof peak);
	fprintf(d->out, "%s%s%s events/s ", on(d, BOLD), now, off(d));
	fputs(on(d, GREEN), d->out);
	repeat(d, " ", width - count);
	for (uint32_t i = 0; i < count; i++)
		fputs(blocks[from[i] * 7 / json_integer_value(most)], d->out);
	fprintf(d->out, "%s peak %s", off(d), peak);
	json_decref(most);
	end_line(d);
}

/* Shards. */

static const struct {
	const char *name, *shown;
	uint32_t width;
} shard_columns[] = {{"shard", "shard", 5},
		     {"commands_per_s", "commands/s", 13},
		     {"events_per_s", "events/s", 11},
		     {"connections", "clients", 9},
		     {"entrants", "entrants", 11},
		     {"log_position", "log position", 14},
		     {"flush_us", "flush us", 10}};
#define SHARD_COLUMNS (sizeof shard_columns / sizeof shard_columns[0])

static void
draw_shards(struct drawing *d, uint32_t room)
{
	const json_t *shards = json_object_get(d->picture->facts, "shard");
	size_t count = json_array_size(shards), shown = count < room ? count : room;
	if (count == 0 || room == 0)
		return;
	fputs(on(d, DIM), d->out);
	for (size_t i = 0; i < SHARD_COLUMNS; i++)
		put(d, shard_columns[i].shown, shard_columns[i].width, true);
	fputs(off(d), d->out);
	end_line(d);
	for (size_t row = 0; row < shown; row++) {
		if (row + 1 == shown && shown < count) {
			fprintf(d->out, "      and %zu more shards: huntctl status", count - row);
		} else {
			const json_t *shard = json_array_get(shards, row);
			for (size_t i = 0; i < SHARD_COLUMNS; i++)
				put_value(d, shard, shard_columns[i].name, shard_columns[i].width);
		}
		end_line(d);
	}
}

/* The leaderboard. */

static const json_t *
find_entrant(const json_t *rows, const json_t *entrant)
{
	size_t i;
	json_t *row;
	json_array_foreach((json_t *)rows, i, row) if (json_equal(json_object_get(row, "entrant"),
								  entrant)) return row;
	return NULL;
}

/* Places won or lost since `past`, and points. */
static void
draw_move(const struct drawing *d, const json_t *row)
{
	const json_t *past = d->picture->past;
	const json_t *before = find_entrant(past, json_object_get(row, "entrant"));
	char text[32] = "";
	const char *colour = GREEN;
	int64_t up = hd_ctl_number(before, "rank") - hd_ctl_number(row, "rank");
	if (past && !before) {
		snprintf(text, sizeof text, "new");
	} else if (before && up) {
		snprintf(text, sizeof text, "%s%lld", up > 0 ? "▲" : "▼",
			 (long long)(up > 0 ? up : -up));
		colour = up > 0 ? GREEN : RED;
	}
	fputs(on(d, colour), d->out);
	put(d, text, 4, false);
	fputs(off(d), d->out);
}

static void
draw_gain(const struct drawing *d, const json_t *row)
{
	const json_t *before = find_entrant(d->picture->past, json_object_get(row, "entrant"));
	int64_t gain = hd_ctl_number(row, "score") - hd_ctl_number(before, "score");
	json_t *value = json_integer(gain);
	char text[80] = "+";
	hd_ctl_value("", value, text + (gain > 0), sizeof text - 1);
	if (!before || !gain)
		text[0] = 0;
	json_decref(value);
	fputs(on(d, gain > 0 ? GREEN : RED), d->out);
	put(d, text, GAIN_WIDTH, true);
	fputs(off(d), d->out);
}

/* A bar in eighths of a column, as long as the score is beside the best one. */
static void
draw_bar(const struct drawing *d, int64_t score, int64_t best, uint32_t width)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	if (best <= 0 || score <= 0)
		return;
	uint32_t length = (uint32_t)((double)score / (double)best * width * 8);
	fputs(on(d, BLUE), d->out);
	repeat(d, "█", length / 8);
	fputs(eighths[length % 8], d->out);
	fputs(off(d), d->out);
}

static void
draw_row(struct drawing *d, const json_t *row, int64_t best, uint32_t name_width)
{
	const struct hd_picture *p = d->picture;
	int64_t rank = hd_ctl_number(row, "rank");
	char entrant[256];
	uint32_t used = 6 + 1 + 4 + name_width + SCORE_WIDTH + GAIN_WIDTH + 2;
	hd_ctl_value("", json_object_get(row, "entrant"), entrant, sizeof entrant);
	fputs(rank <= 3 ? on(d, GOLD) : "", d->out);
	put_value(d, row, "rank", 6);
	fprintf(d->out, "%s ", off(d));
	draw_move(d, row);
	fputs(rank <= 3 ? on(d, BOLD) : "", d->out);
	put(d, entrant, name_width, false);
	put_value(d, row, "score", SCORE_WIDTH);
	fputs(off(d), d->out);
	draw_gain(d, row);
	fputs("  ", d->out);
	if (p->columns > used + 4)
		draw_bar(d, hd_ctl_number(row, "score"), best, p->columns - used);
	end_line(d);
}

static uint32_t
widest_entrant(const json_t *rows)
{
	uint32_t width = 12;
	size_t i;
	json_t *row;
	json_array_foreach((json_t *)rows, i, row)
	{
		char entrant[256];
		hd_ctl_value("", json_object_get(row, "entrant"), entrant, sizeof entrant);
		uint32_t wide = hd_ctl_width(entrant);
		width = wide > width ? wide : width;
	}
	return width < 32 ? width : 32;
}

static void
draw_heading(struct drawing *d)
{
	const struct hd_picture *p = d->picture;
	char entrants[64];
	hd_ctl_value("", json_object_get(p->about, "entrants"), entrants, sizeof entrants);
	const char *title = json_string_value(json_object_get(p->about, "title"));
	const char *phase = json_string_value(json_object_get(p->about, "phase"));
	fprintf(d->out, "%s%s%s · %s · board %s · %s entrants", on(d, TITLE),
		title && *title ? title : p->hunt, off(d), phase ? phase : "?", p->board, entrants);
	end_line(d);
}

static void
draw_board(struct drawing *d)
{
	const struct hd_picture *p = d->picture;
	if (!p->about)
		return;
	draw_heading(d);
	uint32_t width = widest_entrant(p->rows);
	fprintf(d->out, "%s%6s %4s", on(d, DIM), "rank", "");
	put(d, "entrant", width, false);
	char gained[32] = "";
	if (p->past)
		snprintf(gained, sizeof gained, "in %.1f s", (double)p->past_ms / 1000);
	fprintf(d->out, "%*s%*s%s", SCORE_WIDTH, "score", GAIN_WIDTH, gained, off(d));
	end_line(d);
	int64_t best = hd_ctl_number(json_array_get(p->rows, 0), "score");
	for (size_t i = 0; i < json_array_size(p->rows) && d->lines < p->lines; i++)
		draw_row(d, json_array_get(p->rows, i), best, width);
}

char *
hd_picture_draw(const struct hd_picture *picture)
{
	char *text = NULL;
	size_t size;
	struct drawing d = {.picture = picture, .out = open_memstream(&text, &size)};
	HD_ASSERT(d.out);
	draw_banner(&d);
	if (picture->facts) {
		draw_title(&d);
		draw_rates(&d);
		draw_sparkline(&d);
		end_line(&d);
		draw_shards(&d, picture->lines / 4);
		end_line(&d);
	}
	if (picture->trouble[0]) {
		fprintf(d.out, "%s%s%s", on(&d, RED), picture->trouble, off(&d));
		end_line(&d);
	}
	draw_board(&d);
	fclose(d.out);
	return text;
}
