/* Documents: any text is read, checked and compiled, or refused with faults. What compiles is a
 * definition, and may follow itself as the next version. */
#include "huntd/definition.h"
#include "net/doc/doc.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/lib.h"

#include <stdlib.h>

static uint8_t encodings[2][HD_DOCUMENT_MAX];
static struct hd_faults faults;

/* The size of the encoding; 0: refused. */
static uint32_t
compile(const struct hd_doc *doc, struct hd_bytes previous, uint32_t version, uint8_t *to)
{
	struct hd_writer out = hd_writer_of(to, HD_DOCUMENT_MAX);
	bool good = hd_veltrix_compile(&doc->document, hd_veltrix_name(&doc->document), previous,
				       version, &out, &faults);
	HD_ASSERT(good == (faults.count == 0));
	HD_ASSERT(!good || !out.full);
	return good ? (uint32_t)(out.at - to) : 0;
}

static void
decode(struct hd_bytes encoding, uint32_t version)
{
	struct hd_memory memory = hd_test_memory();
	struct hd_definition *definition =
		hd_definition_decode(&memory, encoding, (const uint8_t *)"0123456789abcdef");
	HD_ASSERT(definition != NULL && definition->version == version);
	hd_definition_destroy(&memory, definition);
	HD_ASSERT(memory.used == 0);
}

static void
follow(const struct hd_doc *doc)
{
	uint32_t first = compile(doc, (struct hd_bytes){0}, 1, encodings[0]);
	if (first == 0)
		return;
	struct hd_bytes encoding = hd_bytes_of(encodings[0], first);
	decode(encoding, 1);
	uint32_t second = compile(doc, encoding, 2, encodings[1]);
	HD_ASSERT(second > 0);
	decode(hd_bytes_of(encodings[1], second), 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	char line[HD_DOC_LINE_MAX];
	struct hd_doc doc = {0};
	faults.count = faults.skipped = 0;
	bool whole = hd_doc_read(hd_bytes_of(at, size), &doc, &faults);
	HD_ASSERT(whole || faults.count > 0);
	if (whole)
		follow(&doc);
	hd_doc_free(&doc);
	for (uint32_t i = 0; i < faults.count; i++) {
		HD_ASSERT(faults.row[i].line > 0 && faults.row[i].column > 0);
		HD_ASSERT(hd_doc_fault_line("x.yaml", &faults.row[i], line, sizeof line) > 0);
	}
	return 0;
}
