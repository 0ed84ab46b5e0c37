/* The reader never looks past `end`, and a length is checked before anything is made of it. */
#include "net/resp/request.h"

struct cursor {
	const uint8_t *at, *end;
};

/* Reads decimal digits up to CR LF: 1 read, 0 unfinished, -1 not a number or over `max`. Lengths
 * are never signed but `*-1`, an empty request of old clients. */
static inline int
length_read(struct cursor *c, uint32_t max, uint32_t *out)
{
	const uint8_t *at = c->at;
	uint32_t value = 0;
	while (at < c->end && (uint8_t)(*at - '0') <= 9) {
		value = value * 10 + (uint32_t)(*at - '0');
		if (value > max)
			return -1;
		at++;
	}
	if (c->end - at < 2)
		return at < c->end && *at != '\r' ? -1 : 0;
	if (at == c->at || at[0] != '\r' || at[1] != '\n')
		return -1;
	c->at = at + 2;
	*out = value;
	return 1;
}

/* `*-1`: 1 read, 0 unfinished, -1 another thing. */
static int
minus_one_read(struct cursor *c)
{
	static const char text[] = "-1\r\n";
	for (uint32_t i = 0; i < 4; i++) {
		if (c->at + i == c->end)
			return 0;
		if (c->at[i] != (uint8_t)text[i])
			return -1;
	}
	c->at += 4;
	return 1;
}

static enum hd_request_state
invalid(struct hd_request *request, const char *message)
{
	request->message = message;
	return HD_REQUEST_INVALID;
}

static enum hd_request_state
array_read(struct hd_bytes bytes, struct hd_request *request)
{
	struct cursor c = {bytes.at + 1, bytes.at + bytes.size};
	uint32_t count = 0, total = 0;
	int got = c.at < c.end && *c.at == '-' ? minus_one_read(&c)
					       : length_read(&c, HD_ARGS_MAX, &count);
	if (got <= 0)
		return got ? invalid(request, "invalid multibulk length") : HD_REQUEST_UNFINISHED;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t size;
		if (c.at == c.end)
			return HD_REQUEST_UNFINISHED;
		if (*c.at++ != '$')
			return invalid(request, "expected '$'");
		got = length_read(&c, HD_BULK_MAX, &size);
		if (got <= 0)
			return got ? invalid(request, "invalid bulk length")
				   : HD_REQUEST_UNFINISHED;
		total += size;
		if (total > HD_REQUEST_MAX)
			return invalid(request, "too big request");
		if ((size_t)(c.end - c.at) < (size_t)size + 2)
			return HD_REQUEST_UNFINISHED;
		if (c.at[size] != '\r' || c.at[size + 1] != '\n')
			return invalid(request, "expected CRLF after a bulk");
		request->words[i] = (struct hd_bytes){c.at, size};
		c.at += size + 2;
	}
	request->count = count;
	request->used = (uint32_t)(c.at - bytes.at);
	return HD_REQUEST_WHOLE;
}

static bool
is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\v' || byte == '\f' || byte == '\r';
}

static int
hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The byte that an escape in double quotes stands for; moves past it. */
static uint8_t
escape_read(const uint8_t **at, const uint8_t *end)
{
	const uint8_t *p = *at; /* behind the backslash */
	if (end - p >= 3 && p[0] == 'x' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
		*at = p + 3;
		return (uint8_t)(hex_digit(p[1]) * 16 + hex_digit(p[2]));
	}
	*at = p + 1;
	switch (*p) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'a':
		return '\a';
	case 'b':
		return '\b';
	default:
		return *p;
	}
}

/* Undoes the quotes of the word at `*from` into `to`. False: quotes that do not end, or end inside.
 */
static bool
quoted_read(const uint8_t **from, const uint8_t *end, uint8_t *to, struct hd_bytes *word)
{
	const uint8_t *at = *from;
	word->at = to;
	while (at < end && !is_space(*at)) {
		uint8_t quote = *at;
		if (quote != '"' && quote != '\'') {
			*to++ = *at++;
			continue;
		}
		at++;
		while (at < end && *at != quote) {
			bool escaped = *at == '\\' && end - at >= 2;
			if (escaped && quote == '"') {
				at++;
				*to++ = escape_read(&at, end);
			} else {
				at += escaped && at[1] == '\'';
				*to++ = *at++;
			}
		}
		if (at == end || (at + 1 < end && !is_space(at[1])))
			return false;
		at++;
	}
	word->size = (uint32_t)(to - word->at);
	*from = at;
	return true;
}

/* The word at `*from`: where it stands, or in request->line where it has quotes. */
static bool
word_read(const uint8_t **from, const uint8_t *line, const uint8_t *end, struct hd_request *request)
{
	const uint8_t *at = *from;
	struct hd_bytes *word = &request->words[request->count++];
	while (at < end && !is_space(*at) && *at != '"' && *at != '\'')
		at++;
	if (at == end || is_space(*at)) {
		*word = hd_bytes_of(*from, (size_t)(at - *from));
		*from = at;
		return true;
	}
	request->unquoted = true;
	return quoted_read(from, end, request->line + (*from - line), word);
}

static bool
starts_with(struct hd_bytes line, const char *text, uint32_t size)
{
	return line.size >= size && memcmp(line.at, text, size) == 0;
}

static enum hd_request_state
inline_read(struct hd_bytes bytes, struct hd_request *request)
{
	uint32_t window = bytes.size < HD_INLINE_MAX + 1 ? bytes.size : HD_INLINE_MAX + 1;
	const uint8_t *newline = memchr(bytes.at, '\n', window);
	if (!newline)
		return window > HD_INLINE_MAX ? invalid(request, "too big inline request")
					      : HD_REQUEST_UNFINISHED;
	struct hd_bytes line = hd_bytes_of(bytes.at, (size_t)(newline - bytes.at));
	if (starts_with(line, "POST", 4) || starts_with(line, "Host:", 5) ||
	    starts_with(line, "GET /", 5))
		return HD_REQUEST_FOREIGN;
	const uint8_t *at = line.at, *end = line.at + line.size;
	while (at < end) {
		if (is_space(*at)) {
			at++;
			continue;
		}
		if (request->count == HD_ARGS_MAX)
			return invalid(request, "too many words in an inline request");
		if (!word_read(&at, line.at, end, request))
			return invalid(request, "unbalanced quotes in request");
	}
	request->used = line.size + 1;
	return HD_REQUEST_WHOLE;
}

enum hd_request_state
hd_request_read(struct hd_bytes bytes, struct hd_request *request)
{
	request->count = 0;
	request->used = 0;
	request->unquoted = false;
	if (bytes.size == 0)
		return HD_REQUEST_UNFINISHED;
	return bytes.at[0] == '*' ? array_read(bytes, request) : inline_read(bytes, request);
}
