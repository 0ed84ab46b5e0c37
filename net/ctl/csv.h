/* csv.h - RFC 4180: comma, quotes, one header line. */
#ifndef HUNTD_NET_CTL_CSV_H
#define HUNTD_NET_CTL_CSV_H

#include <jansson.h>

/* The rows of a file as an array of objects {column: text}. NULL: said why. */
json_t *hd_csv_read(const char *path);

/* A row's text, or a whole number, of a column; "" and 0 where it has none. */
const char *hd_csv_text(const json_t *row, const char *column);
int64_t hd_csv_number(const json_t *row, const char *column);

#endif
