/* import: plays a published competition into a running server, every event at its own time.
 *
 * Entrants are enrolled with their name and bracket; each solve becomes HUNT.AWARD with AT (its
 * time, then its seq, so that equal times keep the organiser's order) and ID, so that importing
 * again changes nothing. Hidden entrants are not enrolled: they stand on no board. */
#include <inttypes.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "net/ctl/csv.h"
#include "net/ctl/rules.h"

#define RULES_FOLDER "perf/demo/competitions"
#define IN_FLIGHT    256u
#define WORDS_MAX    16u
#define WORD_ROOM    160u

struct import {
	struct hd_ctl *ctl;
	struct hd_client *client;
	struct hd_rules rules;
	const char *folder, *set;
	char hunt[HD_ID_MAX + 1];
	json_t *entrants, *problems, *events;
	json_t *hidden; /* entrant: true */
	json_t *places; /* problem: solvers so far */
	uint32_t in_flight;
	int64_t joined, hidden_count, solves, late, of_hidden, points;
	bool good;
};

/* Requests. */

static void
take_reply(struct import *import)
{
	json_t *reply = hd_client_receive(import->client);
	if (!reply && import->good) {
		hd_ctl_fail("%s: %s", import->set, hd_client_error(import->client));
		import->good = false;
	}
	json_decref(reply);
	import->in_flight--;
}

struct request {
	char text[WORDS_MAX][WORD_ROOM];
	uint32_t count;
};

__attribute__((format(printf, 2, 3))) static void
word(struct request *request, const char *format, ...)
{
	va_list args;
	HD_ASSERT(request->count < WORDS_MAX);
	va_start(args, format);
	vsnprintf(request->text[request->count++], WORD_ROOM, format, args);
	va_end(args);
}

static void
send_request(struct import *import, const struct request *request)
{
	struct hd_bytes words[WORDS_MAX];
	for (uint32_t i = 0; i < request->count; i++)
		words[i] = hd_bytes_str(request->text[i]);
	if (import->in_flight == IN_FLIGHT)
		take_reply(import);
	hd_client_send(import->client, request->count, words);
	import->in_flight++;
}

static void
finish(struct import *import)
{
	while (import->in_flight > 0 && import->good)
		take_reply(import);
}

/* The parts of an import. */

/* Puts the document, unless the server has just this text: importing again makes no new version. */
static bool
put_document(struct import *import)
{
	const char *path = import->ctl->text[HD_CTL_OPT_hunt];
	size_t size;
	if (!path)
		path = import->rules.document;
	char *text = hd_ctl_file(path, &size);
	if (!text)
		return false;
	json_t *there = HD_CTL_ASK(import->ctl, "VELTRIX.GET", import->hunt);
	bool same = json_is_string(there) && strcmp(json_string_value(there), text) == 0;
	json_t *version = NULL;
	if (there && !same)
		version = hd_ctl_put_text(import->ctl, path, import->hunt, hd_bytes_of(text, size));
	bool good = same || version;
	json_decref(version);
	json_decref(there);
	free(text);
	return good;
}

static void
enrol(struct import *import)
{
	const struct hd_rules *rules = &import->rules;
	json_t *row;
	size_t i;
	json_array_foreach(import->entrants, i, row)
	{
		const char *entrant = hd_csv_text(row, "entrant");
		struct request request = {0};
		if (hd_csv_number(row, rules->hidden)) {
			json_object_set_new(import->hidden, entrant, json_true());
			import->hidden_count++;
			continue;
		}
		word(&request, "HUNT.JOIN");
		word(&request, "%s", entrant);
		word(&request, "%s", import->hunt);
		word(&request, "NAME");
		word(&request, "%s", hd_csv_text(row, "name"));
		if (hd_csv_text(row, rules->bracket)[0]) {
			word(&request, "BRACKET");
			word(&request, "%s", hd_csv_text(row, rules->bracket));
		}
		word(&request, "AT");
		word(&request, "%" PRId64, rules->start_ms);
		word(&request, "ID");
		word(&request, "%s-join", import->set);
		send_request(import, &request);
		import->joined++;
	}
}

static const json_t *
find_problem(const struct import *import, const char *problem)
{
	size_t i;
	json_t *row;
	json_array_foreach(import->problems, i,
			   row) if (strcmp(hd_csv_text(row, "problem"), problem) == 0) return row;
	return NULL;
}

/* What a solve is worth, and its place among those that get more (1..; 0: none). */
static int64_t
value_solve(struct import *import, const char *problem, uint32_t *place)
{
	const struct hd_rules *rules = &import->rules;
	const json_t *row = find_problem(import, problem);
	int64_t before = json_integer_value(json_object_get(import->places, problem));
	int64_t value = hd_csv_number(row, rules->points);
	bool bonus = !rules->bonus[0] || hd_csv_number(row, rules->bonus);
	json_object_set_new(import->places, problem, json_integer(before + 1));
	*place = bonus && before < rules->percent_count ? (uint32_t)before + 1 : 0;
	return *place ? hd_rules_points(rules, value, *place - 1) : value;
}

static void
award(struct import *import, const json_t *event)
{
	uint32_t place;
	const char *problem = hd_csv_text(event, "problem");
	int64_t points = value_solve(import, problem, &place);
	int64_t seq = hd_csv_number(event, "seq");
	struct request request = {0};
	word(&request, "HUNT.AWARD");
	word(&request, "%s", hd_csv_text(event, "entrant"));
	word(&request, "%s", import->hunt);
	word(&request, "%" PRId64, points);
	word(&request, "REASON");
	if (place)
		word(&request, "problem %s, place %u", problem, place);
	else
		word(&request, "problem %s", problem);
	word(&request, "AT");
	word(&request, "%" PRId64 ".%06" PRId64,
	     import->rules.start_ms + hd_csv_number(event, "t_ms"), seq);
	word(&request, "ID");
	word(&request, "%s-%" PRId64, import->set, seq);
	send_request(import, &request);
	import->solves++;
	import->points += points;
}

static void
play(struct import *import)
{
	json_t *event;
	size_t i;
	json_array_foreach(import->events, i, event)
	{
		if (json_object_get(import->hidden, hd_csv_text(event, "entrant")))
			import->of_hidden++;
		else if (hd_csv_number(event, "t_ms") >= import->rules.end_ms)
			import->late++;
		else
			award(import, event);
		if (!import->good)
			return;
	}
}

static json_t *
read_csv(const struct import *import, const char *name)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%s", import->folder, name);
	return hd_csv_read(path);
}

static int
run(struct import *import)
{
	import->client = hd_ctl_connect(import->ctl);
	import->entrants = import->client ? read_csv(import, "entrants.csv") : NULL;
	import->problems = import->entrants ? read_csv(import, "problems.csv") : NULL;
	import->events = import->problems ? read_csv(import, "events.csv") : NULL;
	if (!import->events || !put_document(import))
		return HD_EXIT_FAILED;
	import->hidden = json_object();
	import->places = json_object();
	import->good = true;
	enrol(import);
	finish(import);
	if (import->good)
		play(import);
	finish(import);
	if (!import->good)
		return HD_EXIT_FAILED;
	return hd_ctl_print(
		import->ctl,
		json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "set", import->set, "hunt",
			  import->hunt, "entrants", (json_int_t)import->joined, "hidden_entrants",
			  (json_int_t)import->hidden_count, "solves", (json_int_t)import->solves,
			  "points", (json_int_t)import->points, "solves_after_the_end",
			  (json_int_t)import->late, "solves_of_hidden",
			  (json_int_t)import->of_hidden));
}

static void
forget(struct import *import)
{
	json_decref(import->entrants);
	json_decref(import->problems);
	json_decref(import->events);
	json_decref(import->hidden);
	json_decref(import->places);
}

int
hd_ctl_import(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	char folder[512], usual[1024];
	snprintf(folder, sizeof folder, "%s", argv[0]);
	struct import import = {.ctl = ctl, .folder = argv[0], .set = basename(folder)};
	snprintf(usual, sizeof usual, RULES_FOLDER "/%s/rules.yaml", import.set);
	const char *path = ctl->text[HD_CTL_OPT_rules] ? ctl->text[HD_CTL_OPT_rules] : usual;
	snprintf(import.hunt, sizeof import.hunt, "%s", import.set);
	if (access(path, R_OK) != 0)
		return hd_ctl_fail("no rules for %s: cannot read %s; give --rules FILE", import.set,
				   path);
	if (!hd_rules_read(path, &import.rules))
		return HD_EXIT_FAILED;
	if (import.rules.needs[0]) {
		if (ctl->json)
			return hd_ctl_print(ctl, json_pack("{s:s, s:s}", "set", import.set,
							   "skipped", import.rules.needs));
		printf("%s: skipped: needs %s\n", import.set, import.rules.needs);
		return HD_EXIT_OK;
	}
	int code = run(&import);
	forget(&import);
	return code;
}
