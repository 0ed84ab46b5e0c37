/* What CONFIG RESETSTAT is taken off by: each number goes on counting where it is counted, and has
 * no second writer. */
#include "net/conn/calls/calls.h"

/* Since the server began. */
static void
read_all(struct hd_edge *edge, uint32_t verb, struct hd_command_numbers *out)
{
	*out = (struct hd_command_numbers){
		.calls = EDGE_SUM(edge, command_calls[verb]),
		.failed = EDGE_SUM(edge, command_errors[verb]),
		.rejected = EDGE_SUM(edge, command_rejected[verb]),
	};
	for (uint32_t i = 0; i < hd_shard_count(edge->shard); i++)
		hd_histogram_read(&out->time, &hd_shard_stats(edge->shard, i)->command[verb]);
}

static void
take_off(uint64_t *from, uint64_t what)
{
	*from -= what < *from ? what : *from;
}

/* The greatest value since then is known to its bucket. */
static void
histogram_take_off(struct hd_histogram *from, const struct hd_histogram *what)
{
	uint64_t most = 0;
	for (uint32_t i = 0; i < HD_HISTOGRAM_BUCKETS; i++) {
		take_off(&from->buckets[i], what->buckets[i]);
		if (from->buckets[i])
			most = hd_histogram_highest(i);
	}
	take_off(&from->count, what->count);
	take_off(&from->sum, what->sum);
	from->max = most < from->max ? most : from->max;
}

void
hd_baseline_read(struct hd_edge *edge, uint32_t verb, struct hd_command_numbers *out)
{
	struct hd_baseline *baseline = edge->info->baseline;
	if (baseline)
		pthread_mutex_lock(&baseline->lock);
	read_all(edge, verb, out);
	if (baseline && baseline->set) {
		const struct hd_command_numbers *before = &baseline->commands[verb];
		take_off(&out->calls, before->calls);
		take_off(&out->failed, before->failed);
		take_off(&out->rejected, before->rejected);
		histogram_take_off(&out->time, &before->time);
	}
	if (baseline)
		pthread_mutex_unlock(&baseline->lock);
}

void
hd_baseline_set(struct hd_edge *edge)
{
	struct hd_baseline *baseline = edge->info->baseline;
	HD_ASSERT(baseline);
	pthread_mutex_lock(&baseline->lock);
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++)
		read_all(edge, i, &baseline->commands[i]);
	baseline->set = true;
	pthread_mutex_unlock(&baseline->lock);
}
