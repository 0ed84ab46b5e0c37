/* metrics.h - the pages /metrics and /public_metrics: every number of the stats page, as text.
 *
 * /metrics shows each shard by itself: huntd_shard_NAME{shard="0",...}. /public_metrics adds the
 * shards up as each row of the table says (metrics.h, `merge`): huntd_NAME{...}; its names stand
 * for as long as the release's first number does. Both tell of the reducer, the process and the
 * build. Names and helps are the tables' of metrics.h and stats.h; labels are shard, stage and
 * command, so the number of series is bounded whatever users do. */
#ifndef HUNTD_NET_HTTP_METRICS_H
#define HUNTD_NET_HTTP_METRICS_H

#include "net/http/process.h"
#include "net/http/text.h"

enum hd_metrics_view { HD_METRICS_EACH, HD_METRICS_MERGED };

/* What a page takes at most: every command was called, every number is long. A page of a server in
 * use takes a fifth of it. */
#define HD_METRICS_SHARD_BYTES 262144u
#define HD_METRICS_REST_BYTES  32768u

static inline size_t
hd_metrics_bytes(enum hd_metrics_view view, uint32_t shards)
{
	return HD_METRICS_REST_BYTES +
	       (view == HD_METRICS_EACH ? shards : 1) * (size_t)HD_METRICS_SHARD_BYTES;
}

void hd_metrics_write(struct hd_text *text, enum hd_metrics_view view,
		      const struct hd_stats_page *page, const struct hd_process *process);

#endif
