/* top: samples the server and draws frames until it is told to end. */
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "net/ctl/picture.h"
#include "net/ctl/rates.h"
#include "net/ctl/terminal.h"

#define INTERVAL_MS    1000
#define FIRST_MS       250  /* the first frame's rates are of a shorter time */
#define MOVES_MS       5000 /* movements are shown against the board of so long ago */
#define ROWS_ASKED_MAX 200

/* What is kept from frame to frame. */
struct top {
	struct hd_ctl *ctl;
	struct hd_terminal terminal;
	struct hd_picture picture;
	json_t *before;              /* the last INFO */
	json_t *boards[HD_PAST_MAX]; /* past boards, oldest first */
	uint32_t boards_count;
	uint32_t interval_ms;
};

/* The connection; made anew after the server went away. False: it is not there now. */
static bool
reach(struct top *top)
{
	struct hd_ctl *ctl = top->ctl;
	const char *host = ctl->text[HD_CTL_OPT_host];
	int64_t port = ctl->number[HD_CTL_OPT_port];
	struct hd_client_options options = {
		.host = host ? host : "127.0.0.1",
		.port = (uint16_t)(port ? port : HD_CTL_PORT),
		.interrupt = top->terminal.signals,
	};
	if (ctl->client && hd_client_alive(ctl->client))
		return true;
	hd_client_close(ctl->client);
	json_decref(top->before);
	top->before = NULL;
	ctl->client = hd_client_open(&options, top->picture.trouble, sizeof top->picture.trouble);
	return ctl->client != NULL;
}

/* An -error is shown where the picture says what is wrong. */
static json_t *
ask(struct top *top, const char *const *words)
{
	json_t *reply = hd_client_ask(top->ctl->client, words);
	if (!reply)
		snprintf(top->picture.trouble, sizeof top->picture.trouble, "%.200s",
			 hd_client_error(top->ctl->client));
	return reply;
}
#define ASK(top, ...) ask(top, (const char *const[]){__VA_ARGS__, NULL})

/* The hunt that is shown: the one asked for, else the first there is. */
static bool
choose_hunt(struct top *top)
{
	struct hd_picture *picture = &top->picture;
	const char *asked = top->ctl->text[HD_CTL_OPT_hunt];
	if (asked) {
		snprintf(picture->hunt, sizeof picture->hunt, "%s", asked);
		return true;
	}
	json_t *ids = ASK(top, "HUNT.LIST");
	const char *first = json_string_value(json_array_get(ids, 0));
	snprintf(picture->hunt, sizeof picture->hunt, "%s", first ? first : "");
	if (ids && !first)
		snprintf(picture->trouble, sizeof picture->trouble,
			 "no hunt yet: huntctl put FILE");
	json_decref(ids);
	return first != NULL;
}

static void
remember_board(struct top *top, json_t *rows)
{
	uint32_t kept = MOVES_MS / top->interval_ms;
	kept = kept < 1 ? 1 : kept > HD_PAST_MAX ? HD_PAST_MAX : kept;
	while (top->boards_count >= kept) {
		json_decref(top->boards[0]);
		memmove(top->boards, top->boards + 1, --top->boards_count * sizeof top->boards[0]);
	}
	top->boards[top->boards_count++] = json_incref(rows);
}

static void
sample_hunt(struct top *top)
{
	struct hd_picture *picture = &top->picture;
	const char *board = top->ctl->text[HD_CTL_OPT_board];
	char count[16];
	if (!choose_hunt(top))
		return;
	snprintf(count, sizeof count, "%u",
		 top->terminal.rows < ROWS_ASKED_MAX ? top->terminal.rows : ROWS_ASKED_MAX);
	picture->about = ASK(top, "HUNT.INFO", picture->hunt);
	if (!picture->about)
		return;
	if (!board)
		board = json_string_value(
			json_array_get(json_object_get(picture->about, "boards"), 0));
	snprintf(picture->board, sizeof picture->board, "%s", board ? board : "main");
	json_t *rows = ASK(top, "BOARD.TOP", picture->hunt, "BOARD", picture->board, "COUNT", count,
			   "VIEW", "tick");
	if (!rows)
		return;
	picture->rows = hd_ctl_board_rows(rows);
	picture->past = top->boards_count ? top->boards[0] : NULL;
	picture->past_ms = top->boards_count * top->interval_ms;
}

static void
remember_rate(struct hd_picture *picture)
{
	if (picture->rates_count == HD_RATES_MAX)
		memmove(picture->rates, picture->rates + 1,
			--picture->rates_count * sizeof picture->rates[0]);
	picture->rates[picture->rates_count++] = hd_ctl_number(picture->facts, "events_per_s");
}

/* Fills the picture; what could not be had is NULL, and `trouble` says why. */
static void
sample(struct top *top)
{
	struct hd_picture *picture = &top->picture;
	picture->trouble[0] = 0;
	picture->facts = picture->about = picture->rows = NULL;
	if (!reach(top))
		return;
	json_t *info = hd_ctl_info(top->ctl, true);
	if (info && !top->before) {
		top->before = info;
		hd_terminal_wait(&top->terminal, FIRST_MS);
		info = hd_ctl_info(top->ctl, true);
	}
	if (!info) {
		snprintf(picture->trouble, sizeof picture->trouble, "%.200s",
			 hd_client_error(top->ctl->client));
		return;
	}
	picture->facts = hd_ctl_facts(top->before, info);
	json_decref(top->before);
	top->before = info;
	remember_rate(picture);
	sample_hunt(top);
}

static void
show(struct top *top)
{
	struct hd_picture *picture = &top->picture;
	picture->columns = top->terminal.columns;
	picture->lines = top->terminal.rows;
	if (top->ctl->json) {
		json_t *frame = picture->facts ? json_incref(picture->facts) : json_object();
		json_object_set_new(frame, "hunt", json_string(picture->hunt));
		json_object_set(frame, "rows", picture->rows);
		if (picture->trouble[0])
			json_object_set_new(frame, "trouble", json_string(picture->trouble));
		json_dumpf(frame, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
		json_decref(frame);
	} else {
		hd_terminal_show(&top->terminal, hd_picture_draw(picture));
	}
	if (picture->rows)
		remember_board(top, picture->rows);
	json_decref(picture->facts);
	json_decref(picture->about);
	json_decref(picture->rows);
}

static int
run(struct top *top)
{
	int64_t frames = top->ctl->number[HD_CTL_OPT_count];
	bool endless = !top->ctl->text[HD_CTL_OPT_count];
	do {
		sample(top);
		if (!hd_terminal_wait(&top->terminal, 0))
			break; /* the sample may be cut short: the last frame stays */
		if (top->picture.trouble[0] && !top->terminal.screen && !top->picture.facts)
			return hd_ctl_fail("%s", top->picture.trouble);
		show(top);
		if (!endless && --frames <= 0)
			break;
	} while (hd_terminal_wait(&top->terminal, (int)top->interval_ms));
	return HD_EXIT_OK;
}

int
hd_ctl_top(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	struct top *top = calloc(1, sizeof *top);
	HD_ASSERT(top);
	top->ctl = ctl;
	int64_t interval = ctl->number[HD_CTL_OPT_interval];
	top->interval_ms = interval ? (uint32_t)interval : INTERVAL_MS;
	top->picture.banner = ctl->text[HD_CTL_OPT_banner];
	top->picture.colour = ctl->colour;
	hd_client_close(ctl->client);
	ctl->client = NULL;
	hd_terminal_open(&top->terminal, !ctl->json);
	int code = run(top);
	hd_terminal_close(&top->terminal);
	hd_client_close(ctl->client);
	ctl->client = NULL;
	for (uint32_t i = 0; i < top->boards_count; i++)
		json_decref(top->boards[i]);
	json_decref(top->before);
	free(top);
	return code;
}
