/* text.h - metrics as Prometheus reads them: text 0.0.4 and OpenMetrics 1.0, by one writer.
 *
 * The two differ in little: OpenMetrics names a counter's family without `_total`, and ends with
 * `# EOF`. Numbers are written from integers, exactly: no digit goes through a float. Nothing is
 * kept between two calls, so samples of one family must follow its hd_text_family.
 *
 * Where a page does not fit, `out.full` is set and the rest goes nowhere: make it again with more
 * room.
 *
 * Histograms become classic ones. Times have bounds at every power of two from 2^13 to 2^32 ns, in
 * seconds; other sizes at 2^n - 1, because the engine's buckets tell what is below a power of two
 * from what is not, and a batch of just 64 is not below 64. Each bound is an edge of the engine's
 * buckets: folding loses nothing. */
#ifndef HUNTD_NET_HTTP_TEXT_H
#define HUNTD_NET_HTTP_TEXT_H

#include "huntd/bytes.h"
#include "huntd/stats.h"

enum hd_text_format { HD_TEXT_PLAIN, HD_TEXT_OPEN };

enum hd_text_kind { HD_TEXT_COUNTER, HD_TEXT_GAUGE, HD_TEXT_HISTOGRAM };

struct hd_text {
	struct hd_writer out;
	uint8_t format; /* enum hd_text_format */
};

struct hd_text_family {
	const char *prefix, *name; /* together the name; a counter's ends with _total */
	uint8_t kind;              /* enum hd_text_kind */
	uint8_t unit;              /* enum hd_metric_unit: of the numbers given */
	const char *help;
};

/* Labels are given as HD_TEXT_LABELS of these; `name` NULL: there is none, nor a further one. */
struct hd_text_label {
	const char *name, *value;
};

#define HD_TEXT_LABELS 2u

/* HELP and TYPE. */
void hd_text_family(struct hd_text *text, const struct hd_text_family *family);

/* One number; NS_SIGNED is an int64_t in it. */
void hd_text_sample(struct hd_text *text, const struct hd_text_family *family,
		    const struct hd_text_label *labels, uint64_t value);

/* All buckets, the sum and the count, which is what the buckets say. */
void hd_text_histogram(struct hd_text *text, const struct hd_text_family *family,
		       const struct hd_text_label *labels, const struct hd_histogram *histogram);

void hd_text_end(struct hd_text *text);

#endif
