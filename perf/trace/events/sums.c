#include "perf/trace/events/sums.h"

#include <stdlib.h>
#include <string.h>

#include "perf/trace/table.h"

_Static_assert(HD_TRACE_LEGS == HD_LEG_COUNT, "a column each leg");

#define SMALL_SCREEN       40u /* rows: less than that holds no table a shard, no long picture */
#define TABLE_ROWS         (HD_TRACE_TOTAL + 3u) /* how many were seen, and the legs of all */
#define PICTURE_ROWS       16u                   /* powers of two */
#define PICTURE_ROWS_SMALL 6u
#define PICTURE_WIDTH      40u

static const char *const leg_names[HD_LEG_COUNT] = {
#define X(symbol, name, help) name,
	HD_LEGS(X)
#undef X
};

bool
hd_sums_init(struct hd_sums *sums, uint32_t shards)
{
	sums->shards = shards;
	sums->at = calloc((size_t)shards * HD_SUMS_ROW, sizeof *sums->at);
	return sums->at != NULL;
}

void
hd_sums_fini(struct hd_sums *sums)
{
	free(sums->at);
	*sums = (struct hd_sums){0};
}

struct hd_histogram *
hd_sums_column(const struct hd_sums *sums, uint32_t shard, uint32_t column)
{
	return &sums->at[(size_t)shard * HD_SUMS_ROW + column];
}

void
hd_sums_read(struct hd_sums *into, const struct hd_sums *live)
{
	memset(into->at, 0, (size_t)into->shards * HD_SUMS_ROW * sizeof *into->at);
	for (uint32_t i = 0; i < into->shards * HD_SUMS_ROW; i++)
		hd_histogram_read(&into->at[i], &live->at[i]);
}

void
hd_sums_copy(struct hd_sums *into, const struct hd_sums *from)
{
	memcpy(into->at, from->at, (size_t)into->shards * HD_SUMS_ROW * sizeof *into->at);
}

void
hd_sums_between(struct hd_sums *out, const struct hd_sums *before, const struct hd_sums *after)
{
	for (uint32_t i = 0; i < out->shards * HD_SUMS_ROW; i++)
		hd_trace_between(&out->at[i], &before->at[i], &after->at[i]);
}

/* One column over all shards. */
static struct hd_histogram
together(const struct hd_sums *sums, uint32_t column)
{
	struct hd_histogram all = {0};
	for (uint32_t shard = 0; shard < sums->shards; shard++)
		hd_histogram_merge(&all, hd_sums_column(sums, shard, column));
	return all;
}

uint64_t
hd_sums_count(const struct hd_sums *sums)
{
	return together(sums, HD_TRACE_TOTAL).count;
}

static const char *
column_name(uint32_t column)
{
	if (column < HD_TRACE_LEGS)
		return leg_names[column];
	return column == HD_TRACE_TOTAL ? "total"
					: hd_command_rows[column - HD_TRACE_COMMANDS].name;
}

/* As text. */

static void
draw_heading(struct hd_trace_frame *frame, const char *what)
{
	fprintf(frame->out, "%s%-16s %9s %8s %8s %8s %8s %8s%s\n", hd_trace_on(frame, HD_INK_DIM),
		what, "/s", "p50", "p90", "p99", "p99.9", "max", hd_trace_on(frame, HD_INK_PLAIN));
}

static void
draw_row(struct hd_trace_frame *frame, const char *name, const struct hd_histogram *histogram)
{
	static const uint32_t shares[] = {500, 900, 990, 999, 1000};
	char text[HD_TEXT];
	uint64_t per_s = hd_trace_rate(histogram->count, frame->elapsed_ns);
	if (histogram->count == 0)
		return;
	fprintf(frame->out, "%-16.16s %9s", name, hd_trace_number(per_s, text));
	for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
		fprintf(frame->out, " %8s",
			hd_trace_duration(hd_histogram_quantile(histogram, shares[i]), text));
	fputc('\n', frame->out);
}

static void
draw_all(const struct hd_sums *sums, struct hd_trace_frame *frame)
{
	draw_heading(frame, sums->shards > 1 ? "all shards" : "stage");
	for (uint32_t column = 0; column <= HD_TRACE_TOTAL; column++) {
		struct hd_histogram all = together(sums, column);
		draw_row(frame, column_name(column), &all);
	}
}

static void
draw_shard(const struct hd_sums *sums, uint32_t shard, struct hd_trace_frame *frame)
{
	char name[32];
	snprintf(name, sizeof name, "shard %u", shard);
	draw_heading(frame, name);
	for (uint32_t column = 0; column <= HD_TRACE_TOTAL; column++)
		draw_row(frame, column_name(column), hd_sums_column(sums, shard, column));
}

static void
draw_commands(const struct hd_sums *sums, struct hd_trace_frame *frame)
{
	draw_heading(frame, "command");
	for (uint32_t column = HD_TRACE_COMMANDS; column < HD_SUMS_ROW; column++) {
		struct hd_histogram all = together(sums, column);
		draw_row(frame, column_name(column), &all);
	}
}

/* A line a shard: p50 or p99 of every leg, where whole tables have no room. */
static void
draw_matrix(const struct hd_sums *sums, uint32_t per_mille, struct hd_trace_frame *frame)
{
	char text[HD_TEXT], head[16];
	snprintf(head, sizeof head, "p%u", per_mille / 10);
	fprintf(frame->out, "%s%-9s", hd_trace_on(frame, HD_INK_TITLE), head);
	for (uint32_t column = 0; column <= HD_TRACE_TOTAL; column++)
		fprintf(frame->out, " %7.7s", column_name(column));
	fprintf(frame->out, "%s\n", hd_trace_on(frame, HD_INK_PLAIN));
	for (uint32_t shard = 0; shard < sums->shards; shard++) {
		fprintf(frame->out, "shard %-3u", shard);
		for (uint32_t column = 0; column <= HD_TRACE_TOTAL; column++) {
			const struct hd_histogram *of = hd_sums_column(sums, shard, column);
			uint64_t ns = hd_histogram_quantile(of, per_mille);
			fprintf(frame->out, " %7s", of->count ? hd_trace_duration(ns, text) : "-");
		}
		fputc('\n', frame->out);
	}
}

static uint32_t
leg_of_most_time(const struct hd_sums *sums)
{
	uint32_t most = 0;
	uint64_t sum = 0;
	for (uint32_t leg = 0; leg < HD_TRACE_LEGS; leg++) {
		uint64_t of = together(sums, leg).sum;
		if (of > sum) {
			sum = of;
			most = leg;
		}
	}
	return most;
}

/* How many of its values lie below 2^bit: every power of two is a bucket's edge. */
static uint64_t
below(const struct hd_histogram *histogram, uint32_t bit)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < hd_histogram_bucket(1ull << bit); i++)
		count += histogram->buckets[i];
	return count;
}

static void
draw_bar(struct hd_trace_frame *frame, uint64_t from, uint64_t to, uint64_t count, uint64_t most,
	 uint64_t all)
{
	char low[HD_TEXT], high[HD_TEXT], bar[PICTURE_WIDTH + 1];
	uint64_t width = most ? (count * PICTURE_WIDTH + most - 1) / most : 0;
	memset(bar, '#', sizeof bar);
	bar[width] = 0;
	fprintf(frame->out, "%s - %s %5.1f %% %s\n", hd_trace_duration(from, low),
		hd_trace_duration(to, high), (double)count * 100 / (double)all, bar);
}

/* Powers of two up to the longest time; where there is no room for all, the first row has all that
 * are shorter. */
static void
draw_bars(const struct hd_histogram *of, uint32_t rows, struct hd_trace_frame *frame)
{
	uint64_t count[64], most = 0, seen = 0;
	uint32_t first = 0, last = 62;
	while (first < last && below(of, first + 1) == 0)
		first++;
	while (last > first && below(of, last) == of->count)
		last--;
	bool cut = last - first >= rows;
	first = cut ? last - rows + 1 : first;
	for (uint32_t bit = first; bit <= last; bit++) {
		count[bit] = below(of, bit + 1) - seen;
		seen += count[bit];
		most = count[bit] > most ? count[bit] : most;
	}
	for (uint32_t bit = first; bit <= last; bit++)
		draw_bar(frame, cut && bit == first ? 0 : 1ull << bit, 2ull << bit, count[bit],
			 most, of->count);
}

static void
draw_picture(const struct hd_sums *sums, struct hd_trace_frame *frame)
{
	uint32_t leg = leg_of_most_time(sums);
	struct hd_histogram all = together(sums, leg);
	if (all.count == 0)
		return;
	fprintf(frame->out, "%s%s, where most time goes%s\n", hd_trace_on(frame, HD_INK_TITLE),
		leg_names[leg], hd_trace_on(frame, HD_INK_PLAIN));
	draw_bars(&all, frame->rows < SMALL_SCREEN ? PICTURE_ROWS_SMALL : PICTURE_ROWS, frame);
}

/* On a few rows: what `top` beside it does not show as well. */
static void
draw_small(const struct hd_sums *sums, struct hd_trace_frame *frame)
{
	if (frame->rows > 2 * (sums->shards + 1))
		draw_matrix(sums, 500, frame);
	draw_matrix(sums, 990, frame);
}

void
hd_sums_draw(const struct hd_sums *sums, struct hd_trace_frame *frame)
{
	if (frame->rows < TABLE_ROWS) {
		draw_small(sums, frame);
		return;
	}
	uint32_t tables = sums->shards * (HD_TRACE_TOTAL + 2);
	draw_all(sums, frame);
	if (sums->shards > 1 && frame->rows > tables + SMALL_SCREEN) {
		for (uint32_t shard = 0; shard < sums->shards; shard++)
			draw_shard(sums, shard, frame);
	} else if (sums->shards > 1) {
		if (frame->rows >= SMALL_SCREEN)
			draw_matrix(sums, 500, frame);
		draw_matrix(sums, 990, frame);
	}
	draw_commands(sums, frame);
	draw_picture(sums, frame);
}

/* As JSON. */

/* `shard`: one behind the last is all of them together. */
static json_t *
about(const struct hd_sums *sums, uint32_t shard, uint64_t elapsed_ns)
{
	json_t *into = json_object(), *legs = json_object(), *commands = json_object();
	for (uint32_t column = 0; column < HD_SUMS_ROW; column++) {
		struct hd_histogram of = shard < sums->shards ? *hd_sums_column(sums, shard, column)
							      : together(sums, column);
		bool named = column < HD_TRACE_COMMANDS;
		if (!named && of.count == 0)
			continue;
		json_t *where = column < HD_TRACE_LEGS ? legs : named ? into : commands;
		json_object_set_new(where, column_name(column), hd_trace_json(&of, elapsed_ns));
	}
	json_object_set_new(into, "legs", legs);
	json_object_set_new(into, "commands", commands);
	return into;
}

void
hd_sums_json(const struct hd_sums *sums, struct hd_trace_frame *frame)
{
	json_t *shards = json_array();
	for (uint32_t shard = 0; shard < sums->shards; shard++) {
		json_t *one = about(sums, shard, frame->elapsed_ns);
		json_object_set_new(one, "shard", json_integer(shard));
		json_array_append_new(shards, one);
	}
	json_object_set_new(frame->json, "all", about(sums, sums->shards, frame->elapsed_ns));
	json_object_set_new(frame->json, "shards", shards);
}
