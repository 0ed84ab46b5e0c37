#include "net/http/text.h"

#include "huntd/assert.h"

#define NS_DECIMALS  9u
#define PPM_DECIMALS 6u

/* Powers of two that bound buckets: ns, and everything else. */
#define TIME_FIRST 13u
#define TIME_LAST  32u
#define SIZE_FIRST 0u
#define SIZE_LAST  20u

static void
put(struct hd_text *text, const char *words)
{
	hd_write_fixed(&text->out, words, (uint32_t)strlen(words));
}

/* Numbers. */

static void
put_digits(struct hd_text *text, uint64_t value, uint32_t at_least)
{
	char digits[20];
	uint32_t from = sizeof digits;
	for (; value != 0 || sizeof digits - from < at_least; value /= 10)
		digits[--from] = (char)('0' + value % 10);
	hd_write_fixed(&text->out, digits + from, (uint32_t)sizeof digits - from);
}

/* value / 10^decimals in as few digits as say it; one far below 1 as others write it, so that a
 * bucket's bound is the same text in every program: 8.192e-06. */
static void
put_decimal(struct hd_text *text, uint64_t value, uint32_t decimals)
{
	uint64_t one = 1, top = 1;
	for (uint32_t i = 0; i < decimals; i++)
		one *= 10;
	bool tiny = decimals == NS_DECIMALS && value > 0 && value < 100000;
	uint32_t exponent = NS_DECIMALS;
	for (; tiny && top * 10 <= value; exponent--)
		top *= 10;
	if (tiny)
		one = top;
	put_digits(text, value / one, 1);
	uint64_t rest = value % one;
	if (rest != 0) {
		uint32_t digits = 0;
		for (uint64_t left = one; left > 1; left /= 10)
			digits++;
		for (; rest % 10 == 0; rest /= 10)
			digits--;
		hd_write_u8(&text->out, '.');
		put_digits(text, rest, digits);
	}
	if (tiny) {
		put(text, "e-0");
		put_digits(text, exponent, 1);
	}
}

static void
put_value(struct hd_text *text, uint8_t unit, uint64_t value)
{
	if (unit == HD_UNIT_NS_SIGNED && (int64_t)value < 0) {
		hd_write_u8(&text->out, '-');
		value = ~value + 1;
	}
	if (unit == HD_UNIT_NS || unit == HD_UNIT_NS_SIGNED)
		put_decimal(text, value, NS_DECIMALS);
	else if (unit == HD_UNIT_PPM)
		put_decimal(text, value, PPM_DECIMALS);
	else
		put_digits(text, value, 1);
}

/* Names and words. */

static void
put_escaped(struct hd_text *text, const char *words, bool quotes)
{
	for (; *words; words++) {
		if (*words == '\n') {
			put(text, "\\n");
			continue;
		}
		if (*words == '\\' || (*words == '"' && quotes))
			hd_write_u8(&text->out, '\\');
		hd_write_u8(&text->out, (uint8_t)*words);
	}
}

/* The family's name in its HELP and TYPE. */
static void
put_family_name(struct hd_text *text, const struct hd_text_family *family)
{
	static const char total[] = "_total";
	size_t size = strlen(family->name);
	put(text, family->prefix);
	if (family->kind == HD_TEXT_COUNTER) {
		HD_ASSERT(size > strlen(total) &&
			  strcmp(family->name + size - strlen(total), total) == 0);
		if (text->format == HD_TEXT_OPEN)
			size -= strlen(total);
	}
	hd_write_fixed(&text->out, family->name, (uint32_t)size);
}

void
hd_text_family(struct hd_text *text, const struct hd_text_family *family)
{
	static const char *const kinds[] = {" counter\n", " gauge\n", " histogram\n"};
	put(text, "# HELP ");
	put_family_name(text, family);
	hd_write_u8(&text->out, ' ');
	put_escaped(text, family->help, text->format == HD_TEXT_OPEN);
	put(text, "\n# TYPE ");
	put_family_name(text, family);
	put(text, kinds[family->kind]);
}

/* Opens the braces where `*any` does not say that they are open. */
static void
put_label(struct hd_text *text, const char *name, const char *value, bool *any)
{
	hd_write_u8(&text->out, *any ? ',' : '{');
	*any = true;
	put(text, name);
	put(text, "=\"");
	put_escaped(text, value, true);
	hd_write_u8(&text->out, '"');
}

static void
put_labels(struct hd_text *text, const struct hd_text_label *labels, bool *any)
{
	for (uint32_t i = 0; i < HD_TEXT_LABELS && labels[i].name != NULL; i++)
		put_label(text, labels[i].name, labels[i].value, any);
}

/* A line up to its value. */
static void
put_name(struct hd_text *text, const struct hd_text_family *family, const char *suffix,
	 const struct hd_text_label *labels)
{
	bool any = false;
	put(text, family->prefix);
	put(text, family->name);
	put(text, suffix);
	put_labels(text, labels, &any);
	put(text, any ? "} " : " ");
}

void
hd_text_sample(struct hd_text *text, const struct hd_text_family *family,
	       const struct hd_text_label *labels, uint64_t value)
{
	HD_ASSERT(family->kind != HD_TEXT_HISTOGRAM);
	put_name(text, family, "", labels);
	put_value(text, family->unit, value);
	hd_write_u8(&text->out, '\n');
}

/* Histograms. */

/* `bound` 0: +Inf. */
static void
put_bucket(struct hd_text *text, const struct hd_text_family *family,
	   const struct hd_text_label *labels, uint64_t bound, uint64_t times)
{
	bool any = false;
	put(text, family->prefix);
	put(text, family->name);
	put(text, "_bucket");
	put_labels(text, labels, &any);
	put(text, any ? ",le=\"" : "{le=\"");
	if (bound == 0)
		put(text, "+Inf");
	else
		put_value(text, family->unit, family->unit == HD_UNIT_NS ? bound : bound - 1);
	/* OpenMetrics wants to see that a bound is a float. */
	if (bound != 0 && family->unit != HD_UNIT_NS && text->format == HD_TEXT_OPEN)
		put(text, ".0");
	put(text, "\"} ");
	put_digits(text, times, 1);
	hd_write_u8(&text->out, '\n');
}

void
hd_text_histogram(struct hd_text *text, const struct hd_text_family *family,
		  const struct hd_text_label *labels, const struct hd_histogram *histogram)
{
	bool time = family->unit == HD_UNIT_NS;
	uint32_t last = time ? TIME_LAST : SIZE_LAST, bucket = 0;
	uint64_t seen = 0;
	HD_ASSERT(family->kind == HD_TEXT_HISTOGRAM);
	for (uint32_t power = time ? TIME_FIRST : SIZE_FIRST; power <= last; power++) {
		uint64_t bound = UINT64_C(1) << power;
		for (; hd_histogram_highest(bucket) < bound; bucket++)
			seen += histogram->buckets[bucket];
		put_bucket(text, family, labels, bound, seen);
	}
	for (; bucket < HD_HISTOGRAM_BUCKETS; bucket++)
		seen += histogram->buckets[bucket];
	put_bucket(text, family, labels, 0, seen);
	put_name(text, family, "_sum", labels);
	put_value(text, family->unit, histogram->sum);
	hd_write_u8(&text->out, '\n');
	put_name(text, family, "_count", labels);
	put_digits(text, seen, 1);
	hd_write_u8(&text->out, '\n');
}

void
hd_text_end(struct hd_text *text)
{
	if (text->format == HD_TEXT_OPEN)
		put(text, "# EOF\n");
}
