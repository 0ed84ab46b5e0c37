/* pages.h - what the operators' HTTP shows: one row a page; each is made from the stats page alone.
 *
 *   X(symbol, path, help) */
#ifndef HUNTD_NET_HTTP_PAGES_H
#define HUNTD_NET_HTTP_PAGES_H

#include "net/http/text.h"

/* clang-format off */
#define HD_PAGES(X)                                                                                \
	X(METRICS, "/metrics", "every number, each shard by itself; for Prometheus")               \
	X(PUBLIC, "/public_metrics", "the same of all shards together, under names that stay")     \
	X(HEALTH, "/healthz", "200 while every shard moves; 503 names the one that stands still")  \
	X(READY, "/readyz", "200 while commands are served; 503 while it loads or ends")           \
	X(VERSION, "/version", "release, commit, build id and start, as JSON")                     \
	X(INDEX, "/", "this page")
/* clang-format on */

enum hd_page {
#define X(symbol, path, help) HD_PAGE_##symbol,
	HD_PAGES(X)
#undef X
		HD_PAGE_NONE
};

struct hd_page_made {
	uint16_t status;
	const char *type; /* media type */
};

/* HD_PAGE_NONE: there is none. */
enum hd_page hd_page_find(struct hd_bytes path);

/* What any page of a server with so many shards takes at most. */
size_t hd_page_bytes(uint32_t shards);

/* `out` has that room. `format`: of the two pages of metrics. */
struct hd_page_made hd_page_write(enum hd_page page, const struct hd_stats_page *stats,
				  enum hd_text_format format, struct hd_writer *out);

#endif
