/* calls.h - what the files of net/conn/calls share: INFO's page, and the numbers of commands. */
#ifndef HUNTD_NET_CONN_CALLS_H
#define HUNTD_NET_CONN_CALLS_H

#include "net/conn/inside.h"

/* info.c: lines of INFO. */
struct page {
	struct hd_edge *edge;
	char *text;
	size_t used, room;
};

__attribute__((format(printf, 2, 3))) void hd_page_line(struct page *page, const char *format, ...);

static inline unsigned long long
wide(uint64_t value)
{
	return value;
}

/* baseline.c: a command's numbers over all shards, since the server began or CONFIG RESETSTAT. */
void hd_baseline_read(struct hd_edge *edge, uint32_t verb, struct hd_command_numbers *out);
void hd_baseline_set(struct hd_edge *edge);

extern const char *const hd_leg_names[HD_LEG_COUNT]; /* latency.c, as is what follows */

/* Sections of INFO. */
void hd_latency_commandstats(struct page *page);
void hd_latency_latencystats(struct page *page);
void hd_latency_legs(struct page *page);
void hd_latency_sizes(struct page *page);

#endif
