#include "net/http/request.h"

#include <llhttp/llhttp.h>
#include <strings.h>

struct reading {
	struct hd_http_request *request;
	struct hd_bytes target;
	bool accept; /* the header at hand */
};

static int
on_target(llhttp_t *parser, const char *at, size_t size)
{
	struct reading *reading = parser->data;
	reading->target = hd_bytes_of(at, size);
	return 0;
}

static int
on_name(llhttp_t *parser, const char *at, size_t size)
{
	struct reading *reading = parser->data;
	reading->accept = size == 6 && strncasecmp(at, "Accept", 6) == 0;
	if (size == 6 && strncasecmp(at, "Expect", 6) == 0)
		reading->request->expects = true;
	return 0;
}

static int
on_value(llhttp_t *parser, const char *at, size_t size)
{
	struct reading *reading = parser->data;
	struct hd_http_request *request = reading->request;
	bool more = request->accept_size > 0;
	if (!reading->accept || request->accept_size + more + size > sizeof request->accept)
		return 0;
	if (more)
		request->accept[request->accept_size++] = ',';
	memcpy(request->accept + request->accept_size, at, size);
	request->accept_size += (uint32_t)size;
	return 0;
}

/* All is known; the body, if there is one, is not for the parser. */
static int
on_head(llhttp_t *parser)
{
	(void)parser;
	return HPE_PAUSED;
}

/* The target's path: `http://host/path?query` and `/path?query` are one. */
static struct hd_bytes
path_of(struct hd_bytes target)
{
	static const char scheme[] = "http://";
	uint32_t from = 0, size = (uint32_t)strlen(scheme);
	if (target.size > size && strncasecmp((const char *)target.at, scheme, size) == 0) {
		const uint8_t *slash = memchr(target.at + size, '/', target.size - size);
		from = slash ? (uint32_t)(slash - target.at) : target.size;
	}
	struct hd_bytes path = hd_bytes_of(target.at + from, target.size - from);
	const uint8_t *query = path.size ? memchr(path.at, '?', path.size) : NULL;
	if (query)
		path.size = (uint32_t)(query - path.at);
	return path.size ? path : HD_BYTES("/");
}

bool
hd_http_request_read(struct hd_bytes head, struct hd_http_request *request, const char **reason)
{
	struct reading reading = {.request = request};
	llhttp_settings_t settings;
	llhttp_t parser;
	memset(request, 0, sizeof *request);
	llhttp_settings_init(&settings);
	settings.on_url = on_target;
	settings.on_header_field = on_name;
	settings.on_header_value = on_value;
	settings.on_headers_complete = on_head;
	llhttp_init(&parser, HTTP_REQUEST, &settings);
	parser.data = &reading;
	llhttp_errno_t error = llhttp_execute(&parser, (const char *)head.at, head.size);
	request->method = HD_HTTP_OTHER;
	if (error == HPE_INVALID_METHOD)
		return true;
	if (error != HPE_PAUSED) {
		*reason = llhttp_get_error_reason(&parser);
		return false;
	}
	if (parser.method == HTTP_GET || parser.method == HTTP_HEAD)
		request->method = parser.method == HTTP_GET ? HD_HTTP_GET : HD_HTTP_HEAD;
	request->old = parser.http_minor == 0;
	request->keeps = llhttp_should_keep_alive(&parser) != 0;
	request->has_body = (parser.flags & F_CHUNKED) || parser.content_length > 0;
	request->path = path_of(reading.target);
	return true;
}
