/* Which form of the metrics an Accept header asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/http/accept.h"

static void
gives(enum hd_text_format wanted, const char *accept)
{
	size_t size = strlen(accept);
	char *block = malloc(size ? size : 1);
	memcpy(block, accept, size);
	enum hd_text_format got = hd_accept_read(hd_bytes_of(block, size));
	free(block);
	if (got != wanted)
		fail_msg("`%s` gives %s", accept, got == HD_TEXT_OPEN ? "OpenMetrics" : "text");
}

#define OPEN  "application/openmetrics-text"
#define PLAIN "text/plain"

static void
text_where_nothing_else_is_named(void **state)
{
	(void)state;
	gives(HD_TEXT_PLAIN, "");
	gives(HD_TEXT_PLAIN, "*/*");
	gives(HD_TEXT_PLAIN, "application/*");
	gives(HD_TEXT_PLAIN, "text/html, application/json");
	gives(HD_TEXT_PLAIN, PLAIN ";version=0.0.4");
	gives(HD_TEXT_PLAIN, OPEN "s");
	gives(HD_TEXT_PLAIN, "x" OPEN);
}

static void
openmetrics_where_it_is_named(void **state)
{
	(void)state;
	gives(HD_TEXT_OPEN, OPEN);
	gives(HD_TEXT_OPEN, "  Application/OpenMetrics-Text ; charset=utf-8 ");
	gives(HD_TEXT_OPEN, OPEN ";version=1.0.0");
	gives(HD_TEXT_OPEN, OPEN ";version=\"1.0.0\"");
	gives(HD_TEXT_OPEN, OPEN "; version=1.0.0; q=0.5, */*;q=0.1");
	gives(HD_TEXT_PLAIN, OPEN ";version=0.0.1");
	gives(HD_TEXT_PLAIN, OPEN ";version=2.0.0");
	/* What Prometheus 2.42 sends. */
	gives(HD_TEXT_OPEN, OPEN ";version=1.0.0," OPEN ";version=0.0.1;q=0.75," PLAIN
				 ";version=0.0.4;q=0.5,*/*;q=0.1");
}

static void
weights_decide(void **state)
{
	(void)state;
	gives(HD_TEXT_OPEN, OPEN ";q=0.6, " PLAIN ";q=0.5");
	gives(HD_TEXT_PLAIN, OPEN ";q=0.5, " PLAIN ";q=0.6");
	gives(HD_TEXT_PLAIN, OPEN ";q=0.5, " PLAIN);
	gives(HD_TEXT_OPEN, OPEN ";q=0.501, " PLAIN ";q=0.50");
	gives(HD_TEXT_PLAIN, OPEN ";q=0");
	gives(HD_TEXT_PLAIN, OPEN ";q=0.000, */*");
	gives(HD_TEXT_OPEN, OPEN ";q=0.001");
	/* The range that names text best has its weight: a wildcard does not raise it. */
	gives(HD_TEXT_OPEN, OPEN ";q=0.5, */*, " PLAIN ";q=0.2");
	gives(HD_TEXT_OPEN, OPEN ";q=0.5, text/*;q=0.4, */*");
	gives(HD_TEXT_PLAIN, OPEN ";q=0.5, */*");
}

static void
what_cannot_be_read_is_passed_over(void **state)
{
	(void)state;
	gives(HD_TEXT_PLAIN, OPEN ";q=2");
	gives(HD_TEXT_PLAIN, OPEN ";q=1.001");
	gives(HD_TEXT_PLAIN, OPEN ";q=-1");
	gives(HD_TEXT_PLAIN, OPEN ";q=");
	gives(HD_TEXT_PLAIN, OPEN ";q=0.1234");
	gives(HD_TEXT_OPEN, OPEN ";q=0.4, " PLAIN ";q=x");
	gives(HD_TEXT_OPEN, ",,;;=," OPEN ",");
	gives(HD_TEXT_PLAIN, "a/b;x=\"," OPEN ",\"");
	gives(HD_TEXT_PLAIN, "a/b;x=\"\\\"," OPEN);
	gives(HD_TEXT_PLAIN, "\"\\");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_where_nothing_else_is_named),
		cmocka_unit_test(openmetrics_where_it_is_named),
		cmocka_unit_test(weights_decide),
		cmocka_unit_test(what_cannot_be_read_is_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
