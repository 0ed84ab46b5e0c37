#include "perf/trace/table.h"

#include <stdio.h>

const char *
hd_trace_duration(uint64_t ns, char *text)
{
	static const struct {
		double ns;
		const char *unit;
	} units[] = {{1e3, "us"}, {1e6, "ms"}, {1e9, " s"}};
	size_t i = ns < 999500 ? 0 : ns < 999500000 ? 1 : 2;
	double value = (double)ns / units[i].ns;
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
	snprintf(text, HD_TEXT, "%4.*f %s", decimals, value, units[i].unit);
	return text;
}

const char *
hd_trace_number(uint64_t number, char *text)
{
	if (number >= 10000000000u)
		snprintf(text, HD_TEXT, "%.1f G", (double)number / 1e9);
	else if (number >= 10000000)
		snprintf(text, HD_TEXT, "%.1f M", (double)number / 1e6);
	else if (number >= 1000000)
		snprintf(text, HD_TEXT, "%u,%03u,%03u", (unsigned)(number / 1000000),
			 (unsigned)(number / 1000 % 1000), (unsigned)(number % 1000));
	else if (number >= 1000)
		snprintf(text, HD_TEXT, "%u,%03u", (unsigned)(number / 1000),
			 (unsigned)(number % 1000));
	else
		snprintf(text, HD_TEXT, "%u", (unsigned)number);
	return text;
}

const char *
hd_trace_short(uint64_t number, char *text)
{
	static const char units[] = " kMGTPE";
	double value = (double)number;
	size_t i = 0;
	if (number <= 99999)
		return hd_trace_number(number, text);
	for (; value >= 999.5; i++)
		value /= 1000;
	snprintf(text, HD_TEXT, "%.*f%c", value < 99.95 ? 1 : 0, value, units[i]);
	return text;
}

const char *
hd_trace_bytes(uint64_t bytes, char *text)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	double value = (double)bytes;
	size_t i = 0;
	while (value >= 1023.5 && i + 1 < sizeof units / sizeof units[0]) {
		value /= 1024;
		i++;
	}
	snprintf(text, HD_TEXT, "%.*f %s", i && value < 9.95 ? 1 : 0, value, units[i]);
	return text;
}

uint64_t
hd_trace_rate(uint64_t count, uint64_t elapsed_ns)
{
	return elapsed_ns ? (uint64_t)((double)count * 1e9 / (double)elapsed_ns + 0.5) : 0;
}

const char *
hd_trace_on(const struct hd_trace_frame *frame, enum hd_trace_ink ink)
{
	static const char *const escapes[] = {
		[HD_INK_PLAIN] = "\033[0m", [HD_INK_TITLE] = "\033[1;36m", [HD_INK_DIM] = "\033[2m",
		[HD_INK_BOLD] = "\033[1m",  [HD_INK_BAD] = "\033[1;31m",
	};
	return frame->colour ? escapes[ink] : "";
}

void
hd_trace_row_heading(struct hd_trace_frame *frame, const char *what)
{
	fprintf(frame->out, "%s%-14s %9s %8s %8s %8s %8s%s", hd_trace_on(frame, HD_INK_DIM), what,
		"/s", "p50", "p99", "p99.9", "max", hd_trace_on(frame, HD_INK_PLAIN));
}

void
hd_trace_row(struct hd_trace_frame *frame, const char *name, const struct hd_histogram *histogram)
{
	static const uint32_t shares[] = {500, 990, 999, 1000};
	char text[HD_TEXT];
	uint64_t per_s = hd_trace_rate(histogram->count, frame->elapsed_ns);
	fprintf(frame->out, "%-14.14s %9s", name, hd_trace_number(per_s, text));
	for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
		fprintf(frame->out, " %8s",
			histogram->count
				? hd_trace_duration(hd_histogram_quantile(histogram, shares[i]),
						    text)
				: "-   ");
}

static json_t *
facts_of(const struct hd_histogram *histogram, uint64_t elapsed_ns, const char *unit)
{
	static const struct {
		const char *name;
		uint32_t per_mille;
	} shares[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p999", 999}, {"max", 1000}};
	char name[HD_TEXT];
	json_t *object = json_object();
	uint64_t count = histogram->count;
	json_object_set_new(object, "count", json_integer((json_int_t)count));
	json_object_set_new(object, "per_s",
			    json_integer((json_int_t)hd_trace_rate(count, elapsed_ns)));
	snprintf(name, sizeof name, "mean%s", unit);
	json_object_set_new(object, name,
			    json_integer((json_int_t)(count ? histogram->sum / count : 0)));
	for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
		uint64_t value = hd_histogram_quantile(histogram, shares[i].per_mille);
		snprintf(name, sizeof name, "%s%s", shares[i].name, unit);
		json_object_set_new(object, name, json_integer((json_int_t)value));
	}
	return object;
}

json_t *
hd_trace_json(const struct hd_histogram *histogram, uint64_t elapsed_ns)
{
	return facts_of(histogram, elapsed_ns, "_ns");
}

json_t *
hd_trace_json_plain(const struct hd_histogram *histogram, uint64_t elapsed_ns)
{
	return facts_of(histogram, elapsed_ns, "");
}

void
hd_trace_between(struct hd_histogram *out, const struct hd_histogram *before,
		 const struct hd_histogram *after)
{
	*out = (struct hd_histogram){.sum = after->sum - before->sum};
	for (uint32_t i = 0; i < HD_HISTOGRAM_BUCKETS; i++) {
		uint64_t times = after->buckets[i] - before->buckets[i];
		out->buckets[i] = times;
		out->count += times;
		if (times)
			out->max = hd_histogram_highest(i);
	}
	if (out->max > after->max || (out->count && after->max > before->max))
		out->max = after->max;
}
