/* rules.h - how a published competition was scored: what stands beside its hunt document.
 *
 *   document: hunt.yaml              put into the server first
 *   start: 2025-11-22T01:00:00Z      t_ms of events.csv counts from here
 *   end_ms: 86400000                 events at or after it give nothing
 *   points: final_value              column of problems.csv
 *   bonus: {column: bonus, percent: [3, 2, 1]}   for the first solvers, where the column says 1
 *   bracket: division                column of entrants.csv
 *   hidden: hidden                   column of entrants.csv: 1 stands on no board
 *   needs: [penalties]               what huntd lacks: such a set is skipped, and said so */
#ifndef HUNTD_NET_CTL_RULES_H
#define HUNTD_NET_CTL_RULES_H

#include "net/ctl/ctl.h"

#define HD_RULES_TEXT  128u
#define HD_RULES_BONUS 8u

struct hd_rules {
	char document[512]; /* path; beside the rules' file */
	int64_t start_ms;   /* since 1970 */
	int64_t end_ms;     /* since the start */
	char points[HD_RULES_TEXT], bonus[HD_RULES_TEXT];
	char bracket[HD_RULES_TEXT], hidden[HD_RULES_TEXT];
	int64_t percent[HD_RULES_BONUS];
	uint32_t percent_count;
	char needs[512]; /* joined by "; "; empty: nothing */
};

/* False: said why. */
bool hd_rules_read(const char *path, struct hd_rules *rules);

/* Points of a solve: `value` with the bonus of the place (from 0), halves to the even one. */
int64_t hd_rules_points(const struct hd_rules *rules, int64_t value, uint32_t place);

#endif
