#include "shard/inside.h"

void
hd_latency_slow(struct hd_shard *shard, struct hd_slow *slow, uint32_t client, uint32_t count,
		int64_t now)
{
	struct hd_latency *latency = &shard->latency;
	HD_ASSERT(count > 0 && slow->verb < HD_CMD_COUNT_);
	HD_COUNT(hd_shard_mine(shard)->slow_total, count);
	/* Overload makes all of them slow: the log of them must not make it worse. */
	if (latency->slow_left == 0 || shard->slowlogs == NULL)
		return;
	latency->slow_left--;
	slow->unix_us = (shard->clock + (now - shard->boot)) / 1000;
	if (shard->ops->client != NULL)
		shard->ops->client(shard->edge, client, slow->client, slow->name);
	hd_slowlog_add(shard->slowlogs[shard->number], slow);
}
