#include "perf/trace/table.h"
#include "perf/trace/top/top.h"

#define RARE 100u /* a leg that fewer than one command in so many took is not called slow */

static const void *
field(const struct hd_stats_page *page, uint32_t shard, size_t at)
{
	return (const char *)&page->shard[shard] + at;
}

void
hd_top_histogram(const struct hd_top *top, uint32_t shard, size_t at, struct hd_histogram *out)
{
	if (shard != HD_TOP_ALL) {
		hd_trace_between(out, field(top->before, shard, at), field(top->now, shard, at));
		return;
	}
	*out = (struct hd_histogram){0};
	for (uint32_t i = 0; i < top->shards; i++) {
		struct hd_histogram one;
		hd_trace_between(&one, field(top->before, i, at), field(top->now, i, at));
		hd_histogram_merge(out, &one);
	}
}

void
hd_top_ever(const struct hd_top *top, size_t at, struct hd_histogram *out)
{
	*out = (struct hd_histogram){0};
	for (uint32_t i = 0; i < top->shards; i++)
		hd_histogram_read(out, field(top->now, i, at));
}

uint64_t
hd_top_gauge(const struct hd_top *top, uint32_t shard, size_t at)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < top->shards; i++) {
		if (shard == i || shard == HD_TOP_ALL)
			sum += *(const uint64_t *)field(top->now, i, at);
	}
	return sum;
}

static uint64_t
growth_of(const struct hd_top *top, uint32_t shard, size_t at)
{
	return *(const uint64_t *)field(top->now, shard, at) -
	       *(const uint64_t *)field(top->before, shard, at);
}

uint64_t
hd_top_growth(const struct hd_top *top, uint32_t shard, size_t at)
{
	uint64_t sum = 0;
	if (shard != HD_TOP_ALL)
		return growth_of(top, shard, at);
	for (uint32_t i = 0; i < top->shards; i++)
		sum += growth_of(top, i, at);
	return sum;
}

/* Of two legs: p99 first; where those fall into one bucket, the time that all commands spent. */
static bool
is_slower(const struct hd_histogram *leg, const struct hd_histogram *than)
{
	uint32_t ours = hd_histogram_bucket(hd_histogram_quantile(leg, 990));
	uint32_t theirs = hd_histogram_bucket(hd_histogram_quantile(than, 990));
	return ours != theirs ? ours > theirs : leg->sum > than->sum;
}

enum hd_leg
hd_top_slowest(const struct hd_top *top, uint32_t shard)
{
	struct hd_histogram of[HD_LEG_COUNT];
	uint64_t most = 0;
	enum hd_leg slowest = HD_LEG_COUNT;
	for (uint32_t leg = 0; leg < HD_LEG_COUNT; leg++) {
		hd_top_histogram(top, shard, HD_TOP_AT(leg[leg]), &of[leg]);
		most = of[leg].count > most ? of[leg].count : most;
	}
	for (uint32_t leg = 0; leg < HD_LEG_COUNT; leg++) {
		if (of[leg].count && of[leg].count >= most / RARE &&
		    (slowest == HD_LEG_COUNT || is_slower(&of[leg], &of[slowest])))
			slowest = (enum hd_leg)leg;
	}
	return slowest;
}

uint32_t
hd_top_worst_shard(const struct hd_top *top, enum hd_leg leg)
{
	uint32_t worst = 0;
	uint64_t most = 0;
	for (uint32_t i = 0; i < top->shards; i++) {
		struct hd_histogram of;
		hd_top_histogram(top, i, HD_TOP_AT(leg[leg]), &of);
		uint64_t p99 = hd_histogram_quantile(&of, 990);
		if (p99 > most) {
			most = p99;
			worst = i;
		}
	}
	return worst;
}

uint32_t
hd_top_commands(const struct hd_top *top, uint32_t shard, enum hd_verb *verbs, uint32_t room)
{
	uint64_t counts[HD_CMD_COUNT_];
	uint32_t found = 0;
	for (uint32_t verb = 0; verb < HD_CMD_COUNT_; verb++) {
		counts[verb] = hd_top_growth(top, shard, HD_TOP_AT(command[verb].count));
		if (!counts[verb])
			continue;
		uint32_t at = found < room ? found++ : room;
		for (; at > 0 && counts[verbs[at - 1]] < counts[verb]; at--) {
			if (at < room)
				verbs[at] = verbs[at - 1];
		}
		if (at < room)
			verbs[at] = (enum hd_verb)verb;
	}
	return found;
}

/* Keeps the greatest first. */
static uint32_t
put_slot(struct hd_top_slot *slots, uint32_t found, struct hd_top_slot slot)
{
	uint32_t at = found < HD_TOP_SLOTS ? found++ : HD_TOP_SLOTS;
	for (; at > 0 && slots[at - 1].share < slot.share; at--) {
		if (at < HD_TOP_SLOTS)
			slots[at] = slots[at - 1];
	}
	if (at < HD_TOP_SLOTS)
		slots[at] = slot;
	return found;
}

uint32_t
hd_top_slots(const struct hd_top *top, uint32_t shard, struct hd_top_slot *slots)
{
	uint32_t found = 0;
	uint64_t all = 0;
	for (uint32_t i = 0; i < top->shards; i++) {
		if (shard != i && shard != HD_TOP_ALL)
			continue;
		for (uint32_t slot = 0; slot < HD_SLOTS; slot++) {
			uint64_t ns = growth_of(top, i, HD_TOP_AT(slot_ns[slot]));
			struct hd_top_slot one = {i, slot, (double)ns};
			all += ns;
			found = ns ? put_slot(slots, found, one) : found;
		}
	}
	for (uint32_t i = 0; i < found; i++)
		slots[i].share /= (double)all;
	return found;
}

const char *
hd_top_stage(const struct hd_top *top, uint32_t shard)
{
	static const char *const names[] = {
#define X(symbol, name) name,
		HD_STAGES(X)
#undef X
	};
	uint8_t stage = top->now->shard[shard].pulse.stage;
	return stage < HD_STAGE_COUNT ? names[stage] : "?";
}
