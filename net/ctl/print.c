/* Facts for people: columns that line up, numbers with their thousands, sizes and times in units.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <utf8proc.h>

#include "huntd/assert.h"
#include "net/ctl/ctl.h"

#define CELL_MAX   256u
#define NAME_WIDTH 22

uint32_t
hd_ctl_width(const char *text)
{
	uint32_t width = 0;
	utf8proc_int32_t point;
	for (utf8proc_ssize_t n; *text; text += n) {
		n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &point);
		if (n <= 0)
			n = 1;
		else
			width += (uint32_t)utf8proc_charwidth(point);
	}
	return width;
}

/* One value. */

static bool
ends(const char *name, const char *end)
{
	size_t size = strlen(name), tail = strlen(end);
	return size >= tail && strcmp(name + size - tail, end) == 0;
}

/* Names whose integers are ms since 1970. */
static bool
is_time(const char *name)
{
	return ends(name, "time") || strcmp(name, "opens") == 0 || strcmp(name, "freezes") == 0 ||
	       strcmp(name, "closes") == 0;
}

static void
with_thousands(int64_t value, char *out, size_t room)
{
	char digits[24];
	size_t used = 0;
	int count =
		snprintf(digits, sizeof digits, "%llu",
			 value < 0 ? 0ULL - (unsigned long long)value : (unsigned long long)value);
	if (value < 0)
		out[used++] = '-';
	for (int i = 0; i < count && used + 2 < room; i++) {
		if (i && (count - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = 0;
}

static void
as_bytes(int64_t value, char *out, size_t room)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double shown = (double)value;
	int unit = 0;
	while (shown >= 1024 && unit < 4) {
		shown /= 1024;
		unit++;
	}
	snprintf(out, room, unit && shown < 100 ? "%.1f %s" : "%.0f %s", shown, units[unit]);
}

static void
as_seconds(int64_t value, char *out, size_t room)
{
	long long s = value;
	if (s < 60)
		snprintf(out, room, "%llds", s);
	else if (s < 3600)
		snprintf(out, room, "%lldm %02llds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(out, room, "%lldh %02lldm", s / 3600, s / 60 % 60);
	else
		snprintf(out, room, "%lldd %02lldh", s / 86400, s / 3600 % 24);
}

/* A time in ms since 1970. */
static void
as_time(int64_t value, char *out, size_t room)
{
	struct tm parts;
	time_t seconds = value / 1000 - (value % 1000 < 0);
	size_t n = 0;
	if (gmtime_r(&seconds, &parts))
		n = strftime(out, room, "%Y-%m-%d %H:%M:%S", &parts);
	snprintf(out + n, room - n, ".%03dZ", (int)(((value % 1000) + 1000) % 1000));
}

static void
as_text(const char *text, char *out, size_t room)
{
	size_t used = 0;
	for (; *text && used + 5 < room; text++)
		if ((uint8_t)*text >= ' ' && *text != 0x7f)
			out[used++] = *text;
		else
			used += (size_t)snprintf(out + used, 5, "\\x%02x", (uint8_t)*text);
	out[used] = 0;
}

static void
as_integer(const char *name, int64_t value, char *out, size_t room)
{
	if (ends(name, "bytes"))
		as_bytes(value, out, room);
	else if (is_time(name))
		as_time(value, out, room);
	else if (ends(name, "_per_s") || !ends(name, "_s"))
		with_thousands(value, out, room);
	else
		as_seconds(value, out, room);
}

/* Texts with spaces between them. */
static void
as_list(const json_t *list, char *out, size_t room)
{
	size_t used = 0;
	for (size_t i = 0; i < json_array_size(list) && used + 2 < room; i++) {
		if (i)
			out[used++] = ' ';
		as_text(json_string_value(json_array_get(list, i)), out + used, room - used);
		used += strlen(out + used);
	}
	out[used] = 0;
}

void
hd_ctl_value(const char *name, const json_t *value, char *out, size_t room)
{
	HD_ASSERT(room >= 64);
	if (json_is_integer(value)) {
		as_integer(name, json_integer_value(value), out, room);
	} else if (json_is_string(value)) {
		as_text(json_string_value(value), out, room);
	} else if (json_is_real(value)) {
		snprintf(out, room, "%.3g", json_real_value(value));
	} else if (json_is_boolean(value)) {
		snprintf(out, room, "%s", json_is_true(value) ? "yes" : "no");
	} else if (!value || json_is_null(value)) {
		snprintf(out, room, "-");
	} else if (json_is_array(value) && json_is_string(json_array_get(value, 0))) {
		as_list(value, out, room);
	} else {
		char *text = json_dumps(value, JSON_COMPACT);
		as_text(text ? text : "?", out, room);
		free(text);
	}
}

/* Tables. */

static void
pad(uint32_t count)
{
	printf("%*s", (int)count, "");
}

static uint32_t
column_width(const json_t *rows, const char *name)
{
	uint32_t width = hd_ctl_width(name);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		char cell[CELL_MAX];
		hd_ctl_value(name, json_object_get(json_array_get(rows, i), name), cell,
			     sizeof cell);
		uint32_t wide = hd_ctl_width(cell);
		width = wide > width ? wide : width;
	}
	return width;
}

static void
print_cell(const char *text, uint32_t width, bool right, bool last)
{
	uint32_t wide = hd_ctl_width(text);
	uint32_t space = width > wide ? width - wide : 0;
	if (right)
		pad(space);
	fputs(text, stdout);
	if (!last) {
		pad(right ? 0 : space);
		pad(2);
	}
}

static void
print_row(const json_t *first, const uint32_t *widths, const json_t *row)
{
	const char *name;
	json_t *sample;
	size_t column = 0, columns = json_object_size(first);
	json_object_foreach((json_t *)first, name, sample)
	{
		char cell[CELL_MAX];
		if (row)
			hd_ctl_value(name, json_object_get(row, name), cell, sizeof cell);
		else
			snprintf(cell, sizeof cell, "%s", name);
		bool right = json_is_number(sample) && !is_time(name);
		print_cell(cell, widths[column], right, column + 1 == columns);
		column++;
	}
	putchar('\n');
}

static void
print_table(const struct hd_ctl *ctl, const json_t *rows)
{
	const json_t *first = json_array_get(rows, 0);
	const char *name;
	json_t *sample;
	uint32_t widths[64], column = 0;
	if (!first)
		return;
	HD_ASSERT(json_object_size(first) <= 64);
	json_object_foreach((json_t *)first, name, sample) widths[column++] =
		column_width(rows, name);
	fputs(ctl->colour ? "\033[1m" : "", stdout);
	print_row(first, widths, NULL);
	fputs(ctl->colour ? "\033[0m" : "", stdout);
	for (size_t i = 0; i < json_array_size(rows); i++)
		print_row(first, widths, json_array_get(rows, i));
}

static bool
is_table(const json_t *value)
{
	return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

static void
print_names(const struct hd_ctl *ctl, const json_t *facts)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)facts, name, value)
	{
		char text[CELL_MAX * 16];
		if (is_table(value))
			continue;
		hd_ctl_value(name, value, text, sizeof text);
		printf("%-*s %s\n", NAME_WIDTH, name, text);
	}
	json_object_foreach((json_t *)facts, name, value)
	{
		if (is_table(value)) {
			putchar('\n');
			print_table(ctl, value);
		}
	}
}

int
hd_ctl_print(const struct hd_ctl *ctl, json_t *facts)
{
	if (ctl->json) {
		json_dumpf(facts, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
		putchar('\n');
	} else if (json_is_array(facts)) {
		print_table(ctl, facts);
	} else {
		print_names(ctl, facts);
	}
	json_decref(facts);
	return HD_EXIT_OK;
}
