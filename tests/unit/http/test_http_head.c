/* Heads: what is refused before a parser sees it, what llhttp then makes of the rest, and that
 * neither depends on the pieces that bytes come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/http/head.h"
#include "net/http/request.h"

#define HOST "Host: h\r\n"

static struct hd_head
look(struct hd_bytes bytes)
{
	/* In a block of its own size, for ASan to watch. */
	uint8_t *block = malloc(bytes.size ? bytes.size : 1);
	memcpy(block, bytes.at, bytes.size);
	struct hd_head head = hd_head_check(hd_bytes_of(block, bytes.size));
	free(block);
	return head;
}

/* As it comes byte by byte: unfinished until the verdict, which then stays. */
static void
verdict_is(struct hd_bytes bytes, enum hd_head_state state, uint16_t status, uint32_t size)
{
	bool decided = false;
	for (uint32_t come = 0; come <= bytes.size; come++) {
		struct hd_head head = look(hd_bytes_of(bytes.at, come));
		if (head.state == HD_HEAD_UNFINISHED && !decided)
			continue;
		decided = true;
		if (head.state != state || head.status != status || head.size != size)
			fail_msg("after %u bytes of `%.*s`: state %u, status %u (%s), size %u",
				 come, (int)bytes.size, (const char *)bytes.at, head.state,
				 head.status, head.reason ? head.reason : "", head.size);
	}
	if (!decided)
		fail_msg("no verdict on `%.*s`", (int)bytes.size, (const char *)bytes.at);
}

static void
refused(uint16_t status, struct hd_bytes bytes)
{
	verdict_is(bytes, HD_HEAD_REFUSED, status, 0);
}

static void
whole(const char *text)
{
	verdict_is(hd_bytes_str(text), HD_HEAD_WHOLE, 0, (uint32_t)strlen(text));
}

#define REFUSED(status, literal) refused(status, HD_BYTES(literal))

static void
sound_heads_pass(void **state)
{
	(void)state;
	whole("GET / HTTP/1.1\r\n" HOST "\r\n");
	whole("GET /metrics?x=1&y=%20 HTTP/1.0\r\n\r\n");
	whole("HEAD http://h:4880/metrics HTTP/1.1\r\nhOsT:h\r\nAccept: */*;q=0.1, a/b\r\n\r\n");
	whole("POST /x HTTP/1.1\r\n" HOST "Content-Length: 12\r\n\r\n");
	whole("POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	whole("BREW /pot HTTP/1.1\r\n" HOST "Empty:\r\nTab:\t a\tb \r\nHigh: \xc3\xa9\r\n\r\n");
	verdict_is(HD_BYTES("GET / HTTP/1.0\r\n\r\nGET /next"), HD_HEAD_WHOLE, 0, 18);
}

static void
two_readings_are_refused(void **state)
{
	(void)state;
	REFUSED(400, "GET / HTTP/1.1\n" HOST "\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\nHost: h\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\n" HOST "\n");
	REFUSED(400, "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\rHost: h\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\nHost : h\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\nHost\t: h\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\nHo\0st: h\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\n" HOST "A: \0\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\n" HOST "A: \x01\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\n" HOST "A: \x7f\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\n" HOST ": no name\r\n\r\n");
	REFUSED(400, "\r\nGET / HTTP/1.1\r\n" HOST "\r\n");
}

static void
a_message_has_one_length_and_one_host(void **state)
{
	(void)state;
#define POST(headers) "POST / HTTP/1.1\r\n" HOST headers "\r\n"
	REFUSED(400, POST("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"));
	REFUSED(400, POST("transfer-encoding: chunked\r\ncontent-length: 0\r\n"));
	REFUSED(400, POST("Content-Length: 5\r\nContent-Length: 5\r\n"));
	REFUSED(400, POST("Content-Length: 5, 5\r\n"));
	REFUSED(400, POST("Content-Length: +5\r\n"));
	REFUSED(400, POST("Content-Length: -1\r\n"));
	REFUSED(400, POST("Content-Length: 0x5\r\n"));
	REFUSED(400, POST("Content-Length:\r\n"));
	REFUSED(400, POST("Content-Length: 18446744073709551616\r\n"));
	REFUSED(400, POST("Transfer-Encoding: gzip, chunked\r\n"));
	REFUSED(400, POST("Transfer-Encoding: chunked, identity\r\n"));
	REFUSED(400, POST("Transfer-Encoding: xchunked\r\n"));
	REFUSED(400, POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
	REFUSED(400, POST("Transfer-Encoding: \x0b"
			  "chunked\r\n"));
	REFUSED(400, POST(HOST));
	REFUSED(400, "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n");
	REFUSED(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
#undef POST
}

static void
request_lines_have_three_words(void **state)
{
	(void)state;
	REFUSED(400, "*1\r\n$4\r\nPING\r\n");
	REFUSED(400, "PING\r\n");
	REFUSED(400, "GET /\r\n");
	REFUSED(400, "GET  / HTTP/1.1\r\n" HOST "\r\n");
	REFUSED(400, "GET / a HTTP/1.1\r\n" HOST "\r\n");
	REFUSED(400, "GET / HTTP/1.1 \r\n" HOST "\r\n");
	REFUSED(400, " GET / HTTP/1.1\r\n" HOST "\r\n");
	REFUSED(400, "G(T / HTTP/1.1\r\n" HOST "\r\n");
	REFUSED(400, "GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n");
	REFUSED(400, "GET / HTTP/11\r\n" HOST "\r\n");
	REFUSED(400, "GET / http/1.1\r\n" HOST "\r\n");
	REFUSED(505, "GET / HTTP/1.2\r\n" HOST "\r\n");
	REFUSED(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	REFUSED(505, "GET / HTTP/0.9\r\n\r\n");
}

/* A head of exactly `size` bytes: `front`, as many letters as fit, `back`. */
static uint32_t
long_head(char *out, uint32_t size, const char *front, const char *back)
{
	size_t begins = strlen(front), ends = strlen(back);
	memcpy(out, front, begins);
	memset(out + begins, 'a', size - begins - ends);
	memcpy(out + size - ends, back, ends);
	return size;
}

static uint32_t
long_header(char *out, uint32_t size)
{
	return long_head(out, size, "GET / HTTP/1.0\r\nA: ", "\r\n\r\n");
}

static uint32_t
long_target(char *out, uint32_t size)
{
	return long_head(out, size, "GET /", " HTTP/1.0\r\n\r\n");
}

static void
long_heads_are_refused(void **state)
{
	(void)state;
	static char text[40000];
	uint32_t size = long_header(text, HD_HTTP_HEAD_MAX);
	assert_int_equal(look(hd_bytes_of(text, size)).state, HD_HEAD_WHOLE);
	assert_int_equal(look(hd_bytes_of(text, size)).size, HD_HTTP_HEAD_MAX);
	size = long_header(text, HD_HTTP_HEAD_MAX + 1);
	assert_int_equal(look(hd_bytes_of(text, size)).status, 431);
	assert_int_equal(look(hd_bytes_of(text, HD_HTTP_HEAD_MAX)).status, 431);
	assert_int_equal(look(hd_bytes_of(text, HD_HTTP_HEAD_MAX - 1)).state, HD_HEAD_UNFINISHED);
	size = long_target(text, HD_HTTP_TARGET_MAX + 17);
	assert_int_equal(look(hd_bytes_of(text, size)).state, HD_HEAD_WHOLE);
	size = long_target(text, HD_HTTP_TARGET_MAX + 18);
	assert_int_equal(look(hd_bytes_of(text, size)).status, 414);
	long_target(text, 39000);
	assert_int_equal(look(hd_bytes_of(text, HD_HTTP_HEAD_MAX)).status, 414);
}

static void
many_headers_are_refused(void **state)
{
	(void)state;
	static char text[2000];
	uint32_t used = long_head(text, 16, "GET / HTTP/1.0\r\n", "");
	for (uint32_t i = 0; i < HD_HTTP_HEADERS_MAX; i++, used += 6)
		memcpy(text + used, "a: b\r\n", 6);
	assert_int_equal(look(hd_bytes_of(text, used)).state, HD_HEAD_UNFINISHED);
	memcpy(text + used, "a: b\r\n", 6);
	assert_int_equal(look(hd_bytes_of(text, used + 6)).status, 431);
}

/* What llhttp makes of a head. */
static struct hd_http_request
request_of(const char *text)
{
	static struct hd_http_request request;
	const char *reason = "";
	assert_int_equal(hd_head_check(hd_bytes_str(text)).state, HD_HEAD_WHOLE);
	if (!hd_http_request_read(hd_bytes_str(text), &request, &reason))
		fail_msg("`%s`: %s", text, reason);
	return request;
}

static void
path_is(const char *target, const char *path)
{
	char text[256];
	snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" HOST "\r\n", target);
	struct hd_http_request request = request_of(text);
	assert_int_equal(request.path.size, strlen(path));
	assert_memory_equal(request.path.at, path, strlen(path));
}

static void
targets_become_paths(void **state)
{
	(void)state;
	path_is("/", "/");
	path_is("/metrics", "/metrics");
	path_is("/metrics?a=/b", "/metrics");
	path_is("http://h:4880/metrics?x", "/metrics");
	path_is("HTTP://h", "/");
	path_is("http://h?x", "/");
}

static void
connections_stay_or_close(void **state)
{
	(void)state;
	assert_true(request_of("GET / HTTP/1.1\r\n" HOST "\r\n").keeps);
	assert_false(request_of("GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n").keeps);
	assert_false(request_of("GET / HTTP/1.0\r\n\r\n").keeps);
	assert_true(request_of("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keeps);
	assert_true(request_of("GET / HTTP/1.0\r\n\r\n").old);
	/* An offer to change the protocol is passed over. */
	assert_true(
		request_of("GET / HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n")
			.keeps);
}

static void
methods_and_bodies_are_told(void **state)
{
	(void)state;
	assert_int_equal(request_of("GET / HTTP/1.0\r\n\r\n").method, HD_HTTP_GET);
	assert_int_equal(request_of("HEAD / HTTP/1.0\r\n\r\n").method, HD_HTTP_HEAD);
	assert_int_equal(request_of("POST / HTTP/1.0\r\n\r\n").method, HD_HTTP_OTHER);
	assert_int_equal(request_of("TRACE / HTTP/1.0\r\n\r\n").method, HD_HTTP_OTHER);
	assert_int_equal(request_of("CONNECT h:1 HTTP/1.0\r\n\r\n").method, HD_HTTP_OTHER);
	assert_int_equal(request_of("BREW / HTTP/1.0\r\n\r\n").method, HD_HTTP_OTHER);
	assert_false(request_of("GET / HTTP/1.0\r\nContent-Length: 0\r\n\r\n").has_body);
	assert_true(request_of("GET / HTTP/1.0\r\nContent-Length: 1\r\n\r\n").has_body);
	assert_true(request_of("GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n")
			    .has_body);
	assert_true(request_of("GET / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n").expects);
}

static void
accepts_are_joined(void **state)
{
	(void)state;
	struct hd_http_request request =
		request_of("GET / HTTP/1.0\r\nAccept: a/b\r\nX: y\r\naccept:c/d;q=0.5\r\n\r\n");
	assert_int_equal(request.accept_size, 13);
	assert_memory_equal(request.accept, "a/b,c/d;q=0.5", 13);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_heads_pass),
		cmocka_unit_test(two_readings_are_refused),
		cmocka_unit_test(a_message_has_one_length_and_one_host),
		cmocka_unit_test(request_lines_have_three_words),
		cmocka_unit_test(long_heads_are_refused),
		cmocka_unit_test(many_headers_are_refused),
		cmocka_unit_test(targets_become_paths),
		cmocka_unit_test(connections_stay_or_close),
		cmocka_unit_test(methods_and_bodies_are_told),
		cmocka_unit_test(accepts_are_joined),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
