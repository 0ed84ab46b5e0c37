/* rates.h - INFO as facts, and what two of them tell: rates. */
#ifndef HUNTD_NET_CTL_RATES_H
#define HUNTD_NET_CTL_RATES_H

#include "net/ctl/ctl.h"

/* INFO as an object: whole numbers as integers, `a=1,b=2` as an object, the rest as text;
 * `sampled_ms` is when (CLOCK_MONOTONIC). NULL: said why, or, where `quiet`, see the client's
 * error. */
json_t *hd_ctl_info(struct hd_ctl *ctl, bool quiet);

/* The server's facts, rates between the two samples among them; its shards as rows of "shard". */
json_t *hd_ctl_facts(const json_t *before, const json_t *after);

/* A number of an object, 0 where it has none of that name. */
int64_t hd_ctl_number(const json_t *object, const char *name);

#endif
