/* check: documents offline, with the compiler that the server uses. */
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "huntd/document.h"
#include "net/ctl/ctl.h"
#include "net/doc/doc.h"

static bool
compile(struct hd_bytes text, struct hd_faults *faults)
{
	struct hd_doc doc = {0};
	uint8_t *encoding = malloc(HD_DOCUMENT_MAX);
	HD_ASSERT(encoding);
	struct hd_writer out = hd_writer_of(encoding, HD_DOCUMENT_MAX);
	bool good = hd_doc_read(text, &doc, faults);
	good = good && hd_veltrix_compile(&doc.document, hd_veltrix_name(&doc.document),
					  (struct hd_bytes){0}, 1, &out, faults);
	hd_doc_free(&doc);
	free(encoding);
	return good;
}

static json_t *
fault_fact(const char *path, const struct hd_fault *fault)
{
	return json_pack("{s:s, s:i, s:i, s:s, s:s}", "file", path, "line", (int)fault->line,
			 "column", (int)fault->column, "path", fault->path, "what", fault->what);
}

static void
print_faults(const char *path, const struct hd_faults *faults)
{
	char line[HD_DOC_LINE_MAX];
	for (uint32_t i = 0; i < faults->count; i++) {
		hd_doc_fault_line(path, &faults->row[i], line, sizeof line);
		puts(line);
	}
	if (faults->skipped)
		printf("%s: and %u more\n", path, faults->skipped);
}

/* Faults go to `facts` for --json, else at once to stdout. Returns an exit code. */
static int
check_one(const struct hd_ctl *ctl, const char *path, struct hd_faults *faults, json_t *facts)
{
	size_t size;
	char *text = hd_ctl_file(path, &size);
	if (!text)
		return HD_EXIT_FAILED;
	memset(faults, 0, sizeof *faults);
	bool good = compile(hd_bytes_of(text, size), faults);
	for (uint32_t i = 0; i < faults->count; i++)
		json_array_append_new(facts, fault_fact(path, &faults->row[i]));
	if (!ctl->json)
		print_faults(path, faults);
	if (!ctl->json && good)
		printf("%s: good\n", path);
	free(text);
	return good ? HD_EXIT_OK : HD_EXIT_FAILED;
}

int
hd_ctl_check(struct hd_ctl *ctl, int argc, char **argv)
{
	struct hd_faults *faults = calloc(1, sizeof *faults);
	json_t *facts = json_array();
	int code = HD_EXIT_OK;
	HD_ASSERT(faults);
	for (int i = 0; i < argc; i++)
		if (check_one(ctl, argv[i], faults, facts) != HD_EXIT_OK)
			code = HD_EXIT_FAILED;
	if (ctl->json)
		hd_ctl_print(ctl, facts);
	else
		json_decref(facts);
	free(faults);
	return code;
}
