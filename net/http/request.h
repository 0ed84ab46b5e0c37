/* request.h - a whole head that hd_head_check has passed, read by llhttp (no lenience allowed). */
#ifndef HUNTD_NET_HTTP_REQUEST_H
#define HUNTD_NET_HTTP_REQUEST_H

#include "huntd/bytes.h"

#define HD_HTTP_ACCEPT_MAX 1024u

enum hd_http_method { HD_HTTP_GET, HD_HTTP_HEAD, HD_HTTP_OTHER };

struct hd_http_request {
	uint8_t method;       /* enum hd_http_method */
	bool old;             /* HTTP/1.0 */
	bool keeps;           /* the connection stays for the next request */
	bool has_body;        /* bytes of one follow, or would */
	bool expects;         /* Expect */
	struct hd_bytes path; /* borrowed: of the target, without host and query */
	uint32_t accept_size;
	char accept[HD_HTTP_ACCEPT_MAX]; /* all Accept headers, joined; what is over it is not seen
					  */
};

/* False: llhttp refuses it; `*reason` is its word for that. */
bool hd_http_request_read(struct hd_bytes head, struct hd_http_request *request,
			  const char **reason);

#endif
