#include "net/ctl/csv.h"

#include <stdlib.h>

#include "net/ctl/ctl.h"

/* Reads one field, unquoted in place; `end` is what stopped it: ',', '\n' or 0. */
static char *
take_field(char **at, char *end)
{
	char *field = *at, *to = field;
	bool quoted = *field == '"';
	char *from = field + quoted;
	for (; *from && (quoted || (*from != ',' && *from != '\n')); from++) {
		if (quoted && *from == '"') {
			if (from[1] != '"') {
				quoted = false;
				continue;
			}
			from++;
		}
		if (*from != '\r' || from[1] != '\n')
			*to++ = *from;
	}
	*end = *from;
	*at = from + (*from != 0);
	*to = 0;
	return field;
}

static json_t *
take_line(char **at)
{
	json_t *fields = json_array();
	char end;
	do
		json_array_append_new(fields, hd_client_text(hd_bytes_str(take_field(at, &end))));
	while (end == ',');
	return fields;
}

json_t *
hd_csv_read(const char *path)
{
	size_t size;
	char *text = hd_ctl_file(path, &size), *at = text;
	if (!text)
		return NULL;
	json_t *rows = json_array(), *header = take_line(&at);
	while (*at) {
		json_t *fields = take_line(&at), *row = json_object();
		for (size_t i = 0; i < json_array_size(header); i++)
			if (json_array_get(fields, i))
				json_object_set(row, json_string_value(json_array_get(header, i)),
						json_array_get(fields, i));
		json_decref(fields);
		json_array_append_new(rows, row);
	}
	json_decref(header);
	free(text);
	return rows;
}

const char *
hd_csv_text(const json_t *row, const char *column)
{
	const char *text = json_string_value(json_object_get(row, column));
	return text ? text : "";
}

int64_t
hd_csv_number(const json_t *row, const char *column)
{
	return strtoll(hd_csv_text(row, column), NULL, 10);
}
