#include "net/http/accept.h"

#include <strings.h>

#define WEIGHT_ONE 1000u

/* One media range with its parameters. */
struct range {
	struct hd_bytes type;
	struct hd_bytes version; /* empty: none */
	uint32_t weight;         /* thousandths */
	bool bad;
};

static bool
is(struct hd_bytes text, const char *word)
{
	return text.size == strlen(word) &&
	       strncasecmp((const char *)text.at, word, text.size) == 0;
}

static struct hd_bytes
trim(struct hd_bytes text)
{
	while (text.size && (text.at[0] == ' ' || text.at[0] == '\t')) {
		text.at++;
		text.size--;
	}
	while (text.size && (text.at[text.size - 1] == ' ' || text.at[text.size - 1] == '\t'))
		text.size--;
	return text;
}

/* Takes what stands before `mark` off the front; quoted marks do not count. */
static struct hd_bytes
take_part(struct hd_bytes *from, uint8_t mark)
{
	bool quoted = false;
	uint32_t i = 0;
	for (; i < from->size && (quoted || from->at[i] != mark); i++) {
		if (from->at[i] == '"')
			quoted = !quoted;
		else if (quoted && from->at[i] == '\\')
			i++;
	}
	uint32_t size = i < from->size ? i : from->size;
	struct hd_bytes part = hd_bytes_of(from->at, size);
	uint32_t used = size < from->size ? size + 1 : size;
	*from = hd_bytes_of(from->at + used, from->size - used);
	return trim(part);
}

/* qvalue: 0, 1, with up to three decimals. False: it is none. */
static bool
read_weight(struct hd_bytes text, uint32_t *weight)
{
	uint32_t place = WEIGHT_ONE;
	if (text.size == 0 || text.size > 5 || text.at[0] < '0' || text.at[0] > '1' ||
	    (text.size > 1 && text.at[1] != '.'))
		return false;
	*weight = (uint32_t)(text.at[0] - '0') * WEIGHT_ONE;
	for (uint32_t i = 2; i < text.size; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		place /= 10;
		*weight += (uint32_t)(text.at[i] - '0') * place;
	}
	return *weight <= WEIGHT_ONE;
}

static struct hd_bytes
unquoted(struct hd_bytes text)
{
	if (text.size >= 2 && text.at[0] == '"' && text.at[text.size - 1] == '"')
		return hd_bytes_of(text.at + 1, text.size - 2);
	return text;
}

static struct range
read_range(struct hd_bytes text)
{
	struct range range = {.type = take_part(&text, ';'), .weight = WEIGHT_ONE};
	while (text.size) {
		struct hd_bytes value = take_part(&text, ';'), name = take_part(&value, '=');
		value = unquoted(trim(value));
		if (is(name, "q"))
			range.bad = !read_weight(value, &range.weight) || range.bad;
		else if (is(name, "version"))
			range.version = value;
	}
	return range;
}

/* How well a range names text/plain; version=0.0.4. 0: not at all. */
static uint32_t
names_plain(const struct range *range)
{
	bool version = range->version.size > 0;
	if (is(range->type, "text/plain") && (!version || is(range->version, "0.0.4")))
		return 3;
	if (is(range->type, "text/*"))
		return 2;
	return is(range->type, "*/*");
}

static bool
names_open(const struct range *range)
{
	return is(range->type, "application/openmetrics-text") &&
	       (range->version.size == 0 || is(range->version, "1.0.0"));
}

enum hd_text_format
hd_accept_read(struct hd_bytes accept)
{
	uint32_t open = 0, plain = 0, named = 0;
	while (accept.size) {
		struct range range = read_range(take_part(&accept, ','));
		uint32_t fit = names_plain(&range);
		if (range.bad)
			continue;
		if (names_open(&range) && range.weight > open)
			open = range.weight;
		if (fit > named) {
			named = fit;
			plain = range.weight;
		}
	}
	return open > 0 && open >= plain ? HD_TEXT_OPEN : HD_TEXT_PLAIN;
}
