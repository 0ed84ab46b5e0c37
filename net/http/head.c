#include "net/http/head.h"

#include <strings.h>

/* What is known of a head while its lines go by. */
struct seen {
	uint32_t headers, hosts, lengths, encodings;
	bool old; /* HTTP/1.0 */
};

struct verdict {
	uint16_t status; /* 0: good so far */
	const char *reason;
};

static const struct verdict good = {0, NULL};

static bool
is_token(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= 'a' && byte <= 'z') || (byte && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool
is(struct hd_bytes text, const char *word)
{
	return text.size == strlen(word) &&
	       strncasecmp((const char *)text.at, word, text.size) == 0;
}

/* The bytes before the first `mark`, or all; `*from` goes behind the mark. */
static struct hd_bytes
until(struct hd_bytes *from, uint8_t mark)
{
	const uint8_t *at = from->size ? memchr(from->at, mark, from->size) : NULL;
	struct hd_bytes part = *from;
	if (at == NULL) {
		*from = hd_bytes_of(from->at + from->size, 0);
		return part;
	}
	part.size = (uint32_t)(at - from->at);
	*from = hd_bytes_of(at + 1, from->size - part.size - 1);
	return part;
}

static bool
all_tokens(struct hd_bytes text)
{
	for (uint32_t i = 0; i < text.size; i++)
		if (!is_token(text.at[i]))
			return false;
	return text.size > 0;
}

static struct verdict
check_version(struct hd_bytes version, struct seen *seen)
{
	if (version.size != 8 || memcmp(version.at, "HTTP/", 5) != 0 || !is_digit(version.at[5]) ||
	    version.at[6] != '.' || !is_digit(version.at[7]))
		return (struct verdict){400, "the request line is not METHOD TARGET HTTP/1.1"};
	if (version.at[5] != '1' || version.at[7] > '1')
		return (struct verdict){505, "HTTP/1.1 and HTTP/1.0 are spoken here"};
	seen->old = version.at[7] == '0';
	return good;
}

static struct verdict
check_request_line(struct hd_bytes line, struct seen *seen)
{
	struct hd_bytes method = until(&line, ' '), target = until(&line, ' ');
	if (!all_tokens(method) || target.size == 0)
		return (struct verdict){400, "the request line is not METHOD TARGET HTTP/1.1"};
	for (uint32_t i = 0; i < target.size; i++)
		if (target.at[i] <= ' ' || target.at[i] >= 0x7f)
			return (struct verdict){400, "a byte of the target is not printable"};
	if (target.size > HD_HTTP_TARGET_MAX)
		return (struct verdict){414, "the target is over 4 KiB"};
	return check_version(line, seen);
}

static struct hd_bytes
trim(struct hd_bytes text)
{
	while (text.size && (text.at[0] == ' ' || text.at[0] == '\t'))
		text = hd_bytes_of(text.at + 1, text.size - 1);
	while (text.size && (text.at[text.size - 1] == ' ' || text.at[text.size - 1] == '\t'))
		text.size--;
	return text;
}

static bool
is_length(struct hd_bytes value)
{
	for (uint32_t i = 0; i < value.size; i++)
		if (!is_digit(value.at[i]))
			return false;
	return value.size > 0 && value.size <= 18; /* fits 63 bits */
}

/* The headers that say where a message ends, and whom it is for. */
static struct verdict
note_header(struct hd_bytes name, struct hd_bytes value, struct seen *seen)
{
	if (is(name, "Host") && ++seen->hosts > 1)
		return (struct verdict){400, "there are two Host headers"};
	if (is(name, "Content-Length")) {
		if (++seen->lengths > 1)
			return (struct verdict){400, "there are two Content-Length headers"};
		if (!is_length(value))
			return (struct verdict){400, "Content-Length is not a number"};
	}
	if (is(name, "Transfer-Encoding")) {
		if (++seen->encodings > 1 || !is(value, "chunked"))
			return (struct verdict){400, "Transfer-Encoding is not chunked alone"};
	}
	if (seen->lengths && seen->encodings)
		return (struct verdict){400, "Content-Length and Transfer-Encoding exclude each "
					     "other"};
	return good;
}

static struct verdict
check_header(struct hd_bytes line, struct seen *seen)
{
	if (line.at[0] == ' ' || line.at[0] == '\t')
		return (struct verdict){400, "a header goes on over two lines"};
	if (++seen->headers > HD_HTTP_HEADERS_MAX)
		return (struct verdict){431, "there are over 100 headers"};
	struct hd_bytes value = line, name = until(&value, ':');
	if (!all_tokens(name) || name.size == line.size)
		return (struct verdict){400, "a header is not NAME: VALUE"};
	for (uint32_t i = 0; i < value.size; i++)
		if ((value.at[i] < ' ' && value.at[i] != '\t') || value.at[i] == 0x7f)
			return (struct verdict){400, "a header's value has a control byte"};
	return note_header(name, trim(value), seen);
}

/* One line without its end; an empty one ends the head. */
static struct verdict
check_line(struct hd_bytes line, bool first, struct seen *seen)
{
	if (first)
		return check_request_line(line, seen);
	if (line.size > 0)
		return check_header(line, seen);
	if (seen->hosts == 0 && !seen->old)
		return (struct verdict){400, "there is no Host header"};
	if (seen->encodings && seen->old)
		return (struct verdict){400, "HTTP/1.0 has no Transfer-Encoding"};
	return good;
}

/* Looks for the line's end. False: it has not come. */
static bool
take_line(struct hd_bytes bytes, uint32_t from, struct hd_bytes *line, struct verdict *verdict)
{
	for (uint32_t i = from; i < bytes.size; i++) {
		uint8_t byte = bytes.at[i];
		if (byte == '\n')
			*verdict = (struct verdict){400, "a line ends without CR"};
		else if (byte == 0)
			*verdict = (struct verdict){400, "there is a NUL byte"};
		else if (byte != '\r')
			continue;
		else if (i + 1 == bytes.size)
			return false;
		else if (bytes.at[i + 1] != '\n')
			*verdict = (struct verdict){400, "there is a CR within a line"};
		*line = hd_bytes_of(bytes.at + from, i - from);
		return true;
	}
	return false;
}

static struct hd_head
refuse(uint16_t status, const char *reason)
{
	return (struct hd_head){HD_HEAD_REFUSED, status, reason, 0};
}

/* The head has no end among as many bytes as it may have. */
static struct hd_head
unfinished(struct hd_bytes bytes, bool first)
{
	if (bytes.size < HD_HTTP_HEAD_MAX)
		return (struct hd_head){.state = HD_HEAD_UNFINISHED};
	return first ? refuse(414, "the target is over 4 KiB")
		     : refuse(431, "the head is over 16 KiB");
}

struct hd_head
hd_head_check(struct hd_bytes bytes)
{
	struct seen seen = {0};
	struct hd_bytes line;
	if (bytes.size > HD_HTTP_HEAD_MAX)
		bytes.size = HD_HTTP_HEAD_MAX;
	for (uint32_t at = 0;; at += line.size + 2) {
		struct verdict verdict = good;
		if (!take_line(bytes, at, &line, &verdict))
			return unfinished(bytes, at == 0);
		if (verdict.status == 0)
			verdict = check_line(line, at == 0, &seen);
		if (verdict.status != 0)
			return refuse(verdict.status, verdict.reason);
		if (line.size == 0)
			return (struct hd_head){.state = HD_HEAD_WHOLE, .size = at + 2};
	}
}
