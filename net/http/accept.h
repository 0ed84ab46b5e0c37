/* accept.h - which of the two forms of /metrics a request's Accept asks for.
 *
 * Text 0.0.4 wherever nothing else is asked for by name: OpenMetrics 1.0 is given where a media
 * range application/openmetrics-text (without a version, or with version=1.0.0) stands there with a
 * weight that is not 0 and no less than that of text/plain (or of the range that holds it). Ranges
 * that cannot be read are passed over. Pure. */
#ifndef HUNTD_NET_HTTP_ACCEPT_H
#define HUNTD_NET_HTTP_ACCEPT_H

#include "net/http/text.h"

/* `accept`: the header's value; empty: there was none. Further headers are joined by commas. */
enum hd_text_format hd_accept_read(struct hd_bytes accept);

#endif
