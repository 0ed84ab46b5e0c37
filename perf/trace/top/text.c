/* One frame of `top`. It must say within seconds which leg is slow, on which shard: all that is not
 * needed for that gives way where the screen is small. */
#include "perf/trace/table.h"
#include "perf/trace/top/top.h"

#define LEG_ROWS         (2u + HD_LEG_COUNT) /* with the rates and the heading */
#define FOOT_ROWS        3u                  /* slots, memory, boards */
#define COMMANDS_LEAST   2u
#define SLOT_WIDTH       17u /* the line's heading shared out, too */
#define SHARD_ROWS_LEAST 4u  /* two headings, two lines */

/* What happens. */

static void
draw_rates(const struct hd_top *top, struct hd_trace_frame *frame)
{
	static const struct {
		size_t at;
		const char *name;
	} rows[] = {{HD_TOP_AT(metrics.commands_total), "cmds/s"},
		    {HD_TOP_AT(metrics.events_total), "events/s"},
		    {HD_TOP_AT(metrics.errors_total), "errors/s"},
		    {HD_TOP_AT(metrics.busy_total), "refused/s"},
		    {HD_TOP_AT(metrics.slow_total), "slow/s"}};
	char text[HD_TEXT];
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t growth = hd_top_growth(top, HD_TOP_ALL, rows[i].at);
		fprintf(frame->out, "%s%s%s %s  ", hd_trace_on(frame, HD_INK_BOLD),
			hd_trace_short(hd_trace_rate(growth, top->elapsed_ns), text),
			hd_trace_on(frame, HD_INK_PLAIN), rows[i].name);
	}
	fprintf(frame->out, "%s clients\n",
		hd_trace_short(HD_TOP_GAUGE(top, HD_TOP_ALL, connections), text));
}

static bool
draw_trouble(const struct hd_top *top, struct hd_trace_frame *frame, uint32_t shard)
{
	bool stalled = HD_TOP_GAUGE(top, shard, stalled), slow = HD_TOP_GAUGE(top, shard, degraded);
	bool full = top->now->shard[shard].pulse.full;
	uint64_t held = HD_TOP_GAUGE(top, shard, connections_held);
	char text[HD_TEXT];
	if (!stalled && !slow && !full && !held)
		return false;
	fprintf(frame->out, "%sshard %u:%s%s%s%s", hd_trace_on(frame, HD_INK_BAD), shard,
		stalled ? " stands still, stage " : "", stalled ? hd_top_stage(top, shard) : "",
		slow ? " its disk is slow (p99 of flushes over 250 ms)" : "",
		full ? " its log has no space" : "");
	if (held)
		fprintf(frame->out, " %s connections are not read", hd_trace_short(held, text));
	fprintf(frame->out, "%s\n", hd_trace_on(frame, HD_INK_PLAIN));
	return true;
}

/* A line for each shard that says itself that it is in trouble; how many lines. */
static uint32_t
draw_troubles(const struct hd_top *top, struct hd_trace_frame *frame, enum hd_leg slowest,
	      uint32_t room)
{
	uint32_t lines = 0;
	if (slowest == HD_LEG_COUNT &&
	    hd_top_growth(top, HD_TOP_ALL, HD_TOP_AT(metrics.commands_total))) {
		fputs("nothing is timed: CONFIG SET latency-tracking yes\n", frame->out);
		lines++;
	}
	for (uint32_t i = 0; i < top->shards && lines < room; i++)
		lines += draw_trouble(top, frame, i);
	return lines;
}

/* Where the time goes. */

static uint64_t
time_in_legs(const struct hd_top *top)
{
	uint64_t all = 0;
	for (uint32_t leg = 0; leg < HD_LEG_COUNT; leg++)
		all += hd_top_growth(top, HD_TOP_ALL, HD_TOP_AT(leg[leg].sum));
	return all;
}

static void
draw_leg(const struct hd_top *top, struct hd_trace_frame *frame, enum hd_leg leg, bool slowest)
{
	static const char *const names[] = {
#define X(symbol, name, help) name,
		HD_LEGS(X)
#undef X
	};
	struct hd_histogram of, ever;
	char name[HD_TEXT], text[HD_TEXT];
	uint64_t all = time_in_legs(top);
	hd_top_histogram(top, HD_TOP_ALL, HD_TOP_AT(leg[leg]), &of);
	hd_top_ever(top, HD_TOP_AT(leg[leg]), &ever);
	snprintf(name, sizeof name, "%c %s", slowest ? '>' : ' ', names[leg]);
	fputs(hd_trace_on(frame, slowest ? HD_INK_BAD : HD_INK_PLAIN), frame->out);
	hd_trace_row(frame, name, &of);
	fprintf(frame->out, " %8s",
		ever.count ? hd_trace_duration(hd_histogram_quantile(&ever, 990), text) : "-   ");
	fprintf(frame->out, " %3.0f%%", all ? 100.0 * (double)of.sum / (double)all : 0.0);
	if (top->shards > 1 && of.count)
		fprintf(frame->out, " %3u", hd_top_worst_shard(top, leg));
	fprintf(frame->out, "%s\n", hd_trace_on(frame, HD_INK_PLAIN));
}

static void
draw_legs(const struct hd_top *top, struct hd_trace_frame *frame, enum hd_leg slowest)
{
	hd_trace_row_heading(frame, "leg");
	fprintf(frame->out, "%s %8s %4s%s%s\n", hd_trace_on(frame, HD_INK_DIM), "ever p99", "time",
		top->shards > 1 ? "  on" : "", hd_trace_on(frame, HD_INK_PLAIN));
	for (uint32_t leg = 0; leg < HD_LEG_COUNT; leg++)
		draw_leg(top, frame, (enum hd_leg)leg, leg == slowest);
}

static void
draw_commands(const struct hd_top *top, struct hd_trace_frame *frame, uint32_t room)
{
	enum hd_verb verbs[HD_TOP_COMMANDS];
	uint32_t most = room < HD_TOP_COMMANDS ? room : HD_TOP_COMMANDS;
	uint32_t found = hd_top_commands(top, HD_TOP_ALL, verbs, most);
	for (uint32_t i = 0; i < found; i++) {
		struct hd_histogram of;
		hd_top_histogram(top, HD_TOP_ALL, HD_TOP_AT(command[verbs[i]]), &of);
		hd_trace_row(frame, hd_command_rows[verbs[i]].name, &of);
		fputc('\n', frame->out);
	}
}

/* The shards, the slowest first where not all can be shown. */

static uint32_t
choose_shards(const struct hd_top *top, enum hd_leg slowest, uint32_t *shown, uint32_t room)
{
	uint64_t p99[HD_SHARDS_MAX];
	uint32_t found = 0;
	for (uint32_t i = 0; i < top->shards; i++) {
		struct hd_histogram of = {0};
		if (slowest != HD_LEG_COUNT && room < top->shards)
			hd_top_histogram(top, i, HD_TOP_AT(leg[slowest]), &of);
		p99[i] = hd_histogram_quantile(&of, 990);
		uint32_t at = found < room ? found++ : room;
		for (; at > 0 && p99[shown[at - 1]] < p99[i]; at--) {
			if (at < room)
				shown[at] = shown[at - 1];
		}
		if (at < room)
			shown[at] = i;
	}
	return found;
}

static void
draw_shard(const struct hd_top *top, struct hd_trace_frame *frame, uint32_t shard)
{
	char text[HD_TEXT], credits[2 * HD_TEXT];
	struct hd_histogram pass, batch;
	hd_top_histogram(top, shard, HD_TOP_AT(size[HD_SIZE_PASS]), &pass);
	hd_top_histogram(top, shard, HD_TOP_AT(size[HD_SIZE_BATCH]), &batch);
	fprintf(frame->out, "%5u %-8s", shard, hd_top_stage(top, shard));
	fprintf(frame->out, " %6s", hd_trace_short(HD_TOP_RATE(top, shard, commands_total), text));
	fprintf(frame->out, " %6s", hd_trace_short(HD_TOP_RATE(top, shard, events_total), text));
	fprintf(frame->out, " %6s", hd_trace_short(HD_TOP_RATE(top, shard, passes_total), text));
	fprintf(frame->out, " %8s", hd_trace_duration(hd_histogram_quantile(&pass, 990), text));
	fprintf(frame->out, " %5.1f", batch.count ? (double)batch.sum / (double)batch.count : 0.0);
	fprintf(frame->out, " %6s", hd_trace_short(HD_TOP_RATE(top, shard, messages_total), text));
	snprintf(credits, sizeof credits, "%llu/%s",
		 (unsigned long long)HD_TOP_GAUGE(top, shard, credits),
		 hd_trace_short(HD_TOP_GAUGE(top, shard, credits_max), text));
	fprintf(frame->out, " %9s", credits);
	fprintf(frame->out, " %5s", hd_trace_short(HD_TOP_GAUGE(top, shard, undecided), text));
	fprintf(frame->out, " %6s\n", hd_trace_short(HD_TOP_GAUGE(top, shard, wants), text));
}

static void
draw_shard_legs(const struct hd_top *top, struct hd_trace_frame *frame, uint32_t shard)
{
	char text[HD_TEXT];
	struct hd_histogram of;
	enum hd_leg slowest = hd_top_slowest(top, shard);
	fprintf(frame->out, "%5u", shard);
	for (uint32_t leg = 0; leg < HD_LEG_COUNT; leg++) {
		hd_top_histogram(top, shard, HD_TOP_AT(leg[leg]), &of);
		fprintf(frame->out, " %s%7s%s",
			hd_trace_on(frame, leg == slowest ? HD_INK_BAD : HD_INK_PLAIN),
			of.count ? hd_trace_duration(hd_histogram_quantile(&of, 990), text)
				 : "-   ",
			hd_trace_on(frame, HD_INK_PLAIN));
	}
	hd_top_histogram(top, shard, HD_TOP_AT(size[HD_SIZE_FLUSH]), &of);
	fprintf(frame->out, " %8s", hd_trace_duration(hd_histogram_quantile(&of, 500), text));
	fprintf(frame->out, " %8s\n", hd_trace_duration(hd_histogram_quantile(&of, 990), text));
}

static void
draw_shards(const struct hd_top *top, struct hd_trace_frame *frame, enum hd_leg slowest,
	    uint32_t room)
{
	uint32_t shown[HD_SHARDS_MAX], all = top->shards;
	uint32_t fit = 2 + 2 * all <= room ? all : (room - 3) / 2;
	uint32_t count = choose_shards(top, slowest, shown, fit ? fit : 1);
	fprintf(frame->out, "%s%5s %-8s %6s %6s %6s %8s %5s %6s %9s %5s %6s%s\n",
		hd_trace_on(frame, HD_INK_DIM), "shard", "stage", "cmds/s", "evts/s", "pass/s",
		"pass p99", "batch", "ring/s", "credits", "undec", "outbox",
		hd_trace_on(frame, HD_INK_PLAIN));
	for (uint32_t i = 0; i < count; i++)
		draw_shard(top, frame, shown[i]);
	fprintf(frame->out, "%s%5s %7s %7s %7s %7s %7s %7s %7s %8s %8s%s\n",
		hd_trace_on(frame, HD_INK_DIM), "p99", "recv", "parse", "route", "apply", "queued",
		"durable", "reply", "flush50", "flush99", hd_trace_on(frame, HD_INK_PLAIN));
	for (uint32_t i = 0; i < count; i++)
		draw_shard_legs(top, frame, shown[i]);
	if (count < all && room > 2 + 2 * count)
		fprintf(frame->out, "      and %u less slow\n", all - count);
}

/* The foot. */

static void
draw_slots(const struct hd_top *top, struct hd_trace_frame *frame)
{
	struct hd_top_slot slots[HD_TOP_SLOTS];
	uint32_t found = hd_top_slots(top, HD_TOP_ALL, slots), fit = frame->columns / SLOT_WIDTH;
	fputs("slot@shard", frame->out);
	for (uint32_t i = 0; i < found && i < fit; i++)
		fprintf(frame->out, "  %u@%u %.1f%%", slots[i].slot, slots[i].shard,
			100.0 * slots[i].share);
	fputs(found ? "\n" : "  none took any time\n", frame->out);
}

static void
draw_memory(const struct hd_top *top, struct hd_trace_frame *frame)
{
	char state[HD_TEXT], budget[HD_TEXT], edge[HD_TEXT], log[HD_TEXT], mail[HD_TEXT];
	fprintf(frame->out, "%-8sstate %s of %s  clients %s  log %s  mail %s\n", "memory",
		hd_trace_bytes(HD_TOP_GAUGE(top, HD_TOP_ALL, memory_bytes), state),
		hd_trace_bytes(HD_TOP_GAUGE(top, HD_TOP_ALL, memory_budget_bytes), budget),
		hd_trace_bytes(HD_TOP_GAUGE(top, HD_TOP_ALL, memory_edge_bytes), edge),
		hd_trace_bytes(HD_TOP_GAUGE(top, HD_TOP_ALL, memory_log_bytes), log),
		hd_trace_bytes(HD_TOP_GAUGE(top, HD_TOP_ALL, memory_mail_bytes), mail));
}

static void
draw_boards(const struct hd_top *top, struct hd_trace_frame *frame)
{
	const struct hd_reducer_stats *now = &top->now->reducer, *before = &top->before->reducer;
	struct hd_histogram ticks;
	char dirty[HD_TEXT], stale[HD_TEXT], p99[HD_TEXT];
	uint64_t rate = hd_trace_rate(now->ticks_total - before->ticks_total, top->elapsed_ns);
	hd_trace_between(&ticks, &before->tick, &now->tick);
	fprintf(frame->out, "%-8s%llu ticks/s of %s p99   %s dirty   stale %s\n", "boards",
		(unsigned long long)rate,
		hd_trace_duration(hd_histogram_quantile(&ticks, 990), p99),
		hd_trace_number(now->dirty, dirty), hd_trace_duration(now->staleness_ns, stale));
}

/* How many lines each section gets: the legs always all, then two commands, then shards, then the
 * foot, then more shards; what is left goes to more commands. */
struct share {
	uint32_t commands, shards, foot;
};

static struct share
share_out(uint32_t rows, uint32_t shards)
{
	struct share share = {0};
	uint32_t room = rows > LEG_ROWS ? rows - LEG_ROWS : 0, wanted = 2 + 2 * shards;
	share.commands = room < COMMANDS_LEAST ? room : COMMANDS_LEAST;
	room -= share.commands;
	share.foot = room >= SHARD_ROWS_LEAST + FOOT_ROWS ? FOOT_ROWS : 0;
	room -= share.foot;
	share.shards = room < SHARD_ROWS_LEAST ? 0 : room < wanted ? room : wanted;
	share.commands += room - share.shards;
	return share;
}

void
hd_top_draw(const struct hd_top *top, struct hd_trace_frame *frame)
{
	enum hd_leg slowest = hd_top_slowest(top, HD_TOP_ALL);
	draw_rates(top, frame);
	uint32_t troubles = draw_troubles(top, frame, slowest, frame->rows / 4);
	struct share share = share_out(frame->rows - troubles, top->shards);
	draw_legs(top, frame, slowest);
	draw_commands(top, frame, share.commands);
	if (share.shards)
		draw_shards(top, frame, slowest, share.shards);
	if (!share.foot)
		return;
	draw_slots(top, frame);
	draw_memory(top, frame);
	draw_boards(top, frame);
}
