/* What the commands share: complaining, the connection, files. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "net/ctl/ctl.h"

int
hd_ctl_fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("huntctl: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return HD_EXIT_FAILED;
}

struct hd_client *
hd_ctl_connect(struct hd_ctl *ctl)
{
	char message[512];
	const char *host = ctl->text[HD_CTL_OPT_host];
	int64_t port = ctl->number[HD_CTL_OPT_port];
	struct hd_client_options options = {
		.host = host ? host : "127.0.0.1",
		.port = (uint16_t)(port ? port : HD_CTL_PORT),
		.interrupt = -1,
	};
	if (ctl->client && hd_client_alive(ctl->client))
		return ctl->client;
	hd_client_close(ctl->client);
	ctl->client = hd_client_open(&options, message, sizeof message);
	if (!ctl->client)
		hd_ctl_fail("%s", message);
	return ctl->client;
}

json_t *
hd_ctl_ask(struct hd_ctl *ctl, const char *const *words)
{
	struct hd_client *client = hd_ctl_connect(ctl);
	json_t *reply = client ? hd_client_ask(client, words) : NULL;
	if (client && !reply)
		hd_ctl_fail("%s %s: %s", words[0], words[1] ? words[1] : "",
			    hd_client_error(client));
	return reply;
}

char *
hd_ctl_file(const char *path, size_t *size)
{
	size_t room = 64 * 1024;
	char *text = malloc(room);
	FILE *file = fopen(path, "rb");
	HD_ASSERT(text);
	*size = 0;
	while (file && !ferror(file) && !feof(file)) {
		if (room - *size < 2) {
			text = realloc(text, room *= 2);
			HD_ASSERT(text);
		}
		*size += fread(text + *size, 1, room - *size - 1, file);
	}
	bool good = file && !ferror(file);
	if (!good)
		hd_ctl_fail("cannot read %s: %s", path, strerror(errno));
	if (file)
		fclose(file);
	if (!good) {
		free(text);
		return NULL;
	}
	text[*size] = 0;
	return text;
}
