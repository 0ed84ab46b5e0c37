/* put, get, history: documents in the server; and a hunt's phases by hand. */
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "huntd/document.h"
#include "net/ctl/ctl.h"
#include "net/doc/doc.h"

/* The document's own name; false: it has none that can be read. */
static bool
own_name(struct hd_bytes text, char *name, size_t room)
{
	struct hd_doc doc = {0};
	struct hd_faults *faults = calloc(1, sizeof *faults);
	HD_ASSERT(faults);
	name[0] = 0;
	if (hd_doc_read(text, &doc, faults)) {
		struct hd_bytes found = hd_veltrix_name(&doc.document);
		if (found.size < room)
			snprintf(name, room, "%.*s", (int)found.size, (const char *)found.at);
	}
	hd_doc_free(&doc);
	free(faults);
	return name[0] != 0;
}

/* A refusal has one line, its faults joined by " | "; people get one a line. */
static void
print_refusal(const char *path, const char *error)
{
	const char *line = strncmp(error, "ERR ", 4) == 0 ? error + 4 : error;
	while (*line) {
		const char *end = strstr(line, " | ");
		size_t size = end ? (size_t)(end - line) : strlen(line);
		bool placed = *line >= '0' && *line <= '9';
		printf("%s%s%.*s\n", path, placed ? ":" : ": ", (int)size, line);
		line += size + (end ? 3 : 0);
	}
}

static json_t *
send_document(struct hd_ctl *ctl, struct hd_client *client, const char *name, struct hd_bytes text)
{
	const char *version = ctl->text[HD_CTL_OPT_if];
	struct hd_bytes words[] = {HD_BYTES("VELTRIX.PUT"), hd_bytes_str(name), text,
				   HD_BYTES("IF"), hd_bytes_str(version ? version : "")};
	hd_client_send(client, version ? 5 : 3, words);
	return hd_client_receive(client);
}

json_t *
hd_ctl_put_text(struct hd_ctl *ctl, const char *path, const char *name, struct hd_bytes text)
{
	struct hd_client *client = hd_ctl_connect(ctl);
	json_t *version = client ? send_document(ctl, client, name, text) : NULL;
	if (client && !version && hd_client_alive(client))
		print_refusal(path, hd_client_error(client));
	else if (client && !version)
		hd_ctl_fail("%s", hd_client_error(client));
	return version;
}

static int
put_named(struct hd_ctl *ctl, const char *path, const char *name, struct hd_bytes text)
{
	json_t *version = hd_ctl_put_text(ctl, path, name, text);
	if (!version)
		return HD_EXIT_FAILED;
	if (ctl->json)
		return hd_ctl_print(ctl, json_pack("{s:s, s:o}", "name", name, "version", version));
	printf("%s: version %lld\n", name, (long long)json_integer_value(version));
	json_decref(version);
	return HD_EXIT_OK;
}

int
hd_ctl_put(struct hd_ctl *ctl, int argc, char **argv)
{
	char own[HD_ID_MAX + 1];
	size_t size;
	char *text = hd_ctl_file(argv[0], &size);
	if (!text)
		return HD_EXIT_FAILED;
	const char *name = ctl->text[HD_CTL_OPT_name];
	int code;
	if (name || own_name(hd_bytes_of(text, size), own, sizeof own))
		code = put_named(ctl, argv[0], name ? name : own, hd_bytes_of(text, size));
	else
		code = hd_ctl_check(ctl, argc, argv); /* says what is wrong with it, and where */
	free(text);
	return code;
}

int
hd_ctl_get(struct hd_ctl *ctl, int argc, char **argv)
{
	json_t *text = argc == 2 ? HD_CTL_ASK(ctl, "VELTRIX.GET", argv[0], "VERSION", argv[1])
				 : HD_CTL_ASK(ctl, "VELTRIX.GET", argv[0]);
	if (!text)
		return HD_EXIT_FAILED;
	if (!json_is_string(text)) {
		json_decref(text);
		return hd_ctl_fail("no document `%s`%s%s; huntctl hunts lists them", argv[0],
				   argc == 2 ? " of version " : "", argc == 2 ? argv[1] : "");
	}
	if (ctl->json)
		return hd_ctl_print(ctl, json_pack("{s:s, s:o}", "name", argv[0], "text", text));
	fwrite(json_string_value(text), 1, json_string_length(text), stdout);
	json_decref(text);
	return HD_EXIT_OK;
}

int
hd_ctl_history(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	json_t *rows = HD_CTL_ASK(ctl, "VELTRIX.HISTORY", argv[0]), *facts = json_array(), *row;
	size_t i;
	if (!rows)
		return HD_EXIT_FAILED;
	json_array_foreach(rows, i, row) json_array_append_new(
		facts, json_pack("{s:O, s:O, s:O, s:O}", "version", json_array_get(row, 0), "time",
				 json_array_get(row, 1), "bytes", json_array_get(row, 2), "source",
				 json_array_get(row, 3)));
	json_decref(rows);
	if (json_array_size(facts) == 0) {
		json_decref(facts);
		return hd_ctl_fail("no document `%s`; huntctl hunts lists them", argv[0]);
	}
	return hd_ctl_print(ctl, facts);
}

static int
set_phase(struct hd_ctl *ctl, const char *command, const char *hunt, const char *phase)
{
	json_t *reply = HD_CTL_ASK(ctl, command, hunt);
	if (!reply)
		return HD_EXIT_FAILED;
	json_decref(reply);
	if (ctl->json)
		return hd_ctl_print(ctl, json_pack("{s:s, s:s}", "hunt", hunt, "phase", phase));
	printf("%s: %s\n", hunt, phase);
	return HD_EXIT_OK;
}

int
hd_ctl_open(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return set_phase(ctl, "HUNT.OPEN", argv[0], "open");
}

int
hd_ctl_freeze(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return set_phase(ctl, "HUNT.FREEZE", argv[0], "frozen");
}

int
hd_ctl_close(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return set_phase(ctl, "HUNT.CLOSE", argv[0], "closed");
}
