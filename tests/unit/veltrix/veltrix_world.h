/* veltrix_world.h - what the tests of the compiler share: a document put, and what became of it. */
#ifndef HUNTD_TESTS_VELTRIX_WORLD_H
#define HUNTD_TESTS_VELTRIX_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/hash.h"
#include "huntd/core.h"
#include "net/doc/doc.h"
#include "tests/lib/lib.h"

static const uint8_t secret[16] = "sixteen bytes !!";

/* One document on its way: text, tree, encoding, definition. */
struct put {
	struct hd_faults faults;
	uint8_t encoding[HD_DOCUMENT_MAX];
	struct hd_bytes encoded;
	bool good;
};

static inline struct put *
put(struct hd_bytes text, struct hd_bytes previous, uint32_t version)
{
	struct put *put = calloc(1, sizeof *put);
	assert_non_null(put);
	struct hd_doc doc;
	struct hd_writer out = hd_writer_of(put->encoding, sizeof put->encoding);
	bool whole = hd_doc_read(text, &doc, &put->faults);
	if (whole)
		put->good = hd_veltrix_compile(&doc.document, HD_BYTES("bay"), previous, version,
					       &out, &put->faults);
	assert_int_equal(put->good, put->faults.count == 0);
	if (!put->good)
		assert_ptr_equal(out.at, put->encoding);
	put->encoded = hd_bytes_of(put->encoding, (size_t)(out.at - put->encoding));
	hd_doc_free(&doc);
	return put;
}

static inline struct put *
put_good(const char *text, struct hd_bytes previous, uint32_t version)
{
	struct put *one = put(hd_bytes_str(text), previous, version);
	if (!one->good)
		fail_msg("%u: %s: %s", one->faults.row[0].line, one->faults.row[0].path,
			 one->faults.row[0].what);
	return one;
}

static inline bool
is_hash_of(const struct hd_answer_hash *answer, const char *normal)
{
	uint8_t hash[16];
	hd_hash_128(secret, hd_bytes_str(normal), hash);
	return memcmp(hash, answer->hash, sizeof hash) == 0;
}

static inline void
assert_text(struct hd_bytes bytes, const char *text)
{
	if (!hd_bytes_equal(bytes, hd_bytes_str(text)))
		fail_msg("%.*s, not %s", (int)bytes.size, (const char *)bytes.at, text);
}

/* `next` after the encoding of a first version: the lines that refuse it. */
static inline void
check_next(struct hd_bytes previous, const char *next, const char *lines)
{
	char said[4096];
	uint32_t used = 0;
	struct put *one = put(hd_bytes_str(next), previous, 2);
	for (uint32_t i = 0; i < one->faults.count; i++)
		used += (uint32_t)snprintf(said + used, sizeof said - used, "%s: %s\n",
					   one->faults.row[i].path, one->faults.row[i].what);
	said[used] = 0;
	assert_string_equal(said, lines);
	free(one);
}

#endif
