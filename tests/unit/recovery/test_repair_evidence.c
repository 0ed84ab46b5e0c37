/* What the logs prove of one another, where there is much of it: each proof is looked at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "huntd/assert.h"
#include "huntd/document.h"
#include "huntd/order.h"
#include "net/ctl/log/repair/evidence.h"
#include "net/doc/doc.h"

#define GRANTS 200000u
#define SECONDS                                                                                    \
	10.0 /* of processor time, also under ASan; looking at all for each takes minutes          \
	      */

/* One shard, whose log is being given back. */
struct lost {
	struct hd_ctl_logs logs;
	struct hd_ctl_past past;
	struct hd_ctl_evidence evidence;
	uint64_t lsn, given[HD_EVENT_TYPE_END];
	uint64_t ordinals; /* of GRANTs that came back in order */
	char last[HD_ID_MAX + 1];
	clock_t begun;
};

static void
take(struct lost *lost, struct hd_event *event, bool audited)
{
	event->stamp = (int64_t)++lost->lsn;
	event->time = event->stamp;
	if (audited)
		hd_audit_feed(lost->past.audit, 0, lost->lsn, event);
	hd_ctl_evidence_take(&lost->evidence, 0, lost->lsn, event);
}

static struct hd_bytes
compile(uint8_t *encoding, size_t room)
{
	static const char *const text =
		"hunt: bay\ntitle: The Bay\nboards: [{id: main}]\nchallenges:\n"
		"  - {id: chest, kind: treasure, points: [5], stock: 1000000, answers: [X]}\n"
		"  - {id: cave, kind: treasure, points: [5], stock: 1000000, answers: [X]}\n"
		"  - {id: grid, kind: puzzle, points: 5, puzzle: {kind: lightsout, tier: easy}}\n";
	struct hd_doc doc = {0};
	struct hd_faults *faults = calloc(1, sizeof *faults);
	struct hd_writer out = hd_writer_of(encoding, room);
	assert_true(hd_doc_read(hd_bytes_str(text), &doc, faults));
	if (!hd_veltrix_compile(&doc.document, HD_BYTES("bay"), (struct hd_bytes){0}, 1, &out,
				faults))
		fail_msg("%s: %s", faults->row[0].path, faults->row[0].what);
	hd_doc_free(&doc);
	free(faults);
	return hd_bytes_of(encoding, (size_t)(out.at - encoding));
}

static struct lost *
begin(void)
{
	static uint8_t body[8192], encoding[4096];
	struct lost *lost = calloc(1, sizeof *lost);
	struct hd_order order = {.kind = HD_ORDER_DOCUMENT,
				 .version = 1,
				 .name = HD_BYTES("bay"),
				 .definition = compile(encoding, sizeof encoding)};
	struct hd_writer out = hd_writer_of(body, sizeof body);
	HD_ASSERT(lost != NULL);
	lost->logs.shards = 1;
	lost->past.logs = &lost->logs;
	lost->evidence.past = &lost->past;
	hd_ctl_past_begin(&lost->past);
	hd_order_encode(&order, &out);
	assert_false(out.full);
	struct hd_event event = {
		.type = HD_EVENT_ORDER, .order = 1, .text = {body, (uint32_t)(out.at - body)}};
	take(lost, &event, true);
	lost->begun = clock();
	return lost;
}

static void
end(struct lost *lost)
{
	double seconds = (double)(clock() - lost->begun) / CLOCKS_PER_SEC;
	if (seconds > SECONDS)
		fail_msg("%u proofs took %.1f s", GRANTS, seconds);
	hd_ctl_evidence_free(&lost->evidence);
	hd_ctl_past_end(&lost->past);
	free(lost);
}

static void
count(void *context, const struct hd_event *event)
{
	struct lost *lost = context;
	lost->given[event->type]++;
	if (event->type == HD_EVENT_ALLOTTED)
		lost->ordinals += (uint64_t)event->value + 1 == lost->given[HD_EVENT_ALLOTTED];
	if (event->type == HD_EVENT_GRANT)
		lost->ordinals += (uint64_t)event->value == lost->given[HD_EVENT_GRANT];
	snprintf(lost->last, sizeof lost->last, "%.*s", (int)event->entrant.size,
		 (const char *)event->entrant.at);
}

/* The k-th of them, by no order that is a sorted one. */
static uint64_t
shuffled(uint64_t k)
{
	return k * 7919 % GRANTS;
}

static struct hd_bytes
name(char text[32], uint64_t k)
{
	int size = snprintf(text, 32, "e%07llu", (unsigned long long)k);
	return hd_bytes_of(text, (uint32_t)size);
}

static void
a_hunts_log_comes_back_from_its_entrants(void **state)
{
	(void)state;
	char text[32];
	struct lost *lost = begin();
	for (uint64_t k = 0; k < GRANTS; k++) {
		struct hd_event event = {.type = HD_EVENT_GRANTED,
					 .outcome = HD_OUTCOME_CORRECT,
					 .order = shuffled(k) + 2,
					 .points = 5,
					 .entrant = name(text, k)};
		take(lost, &event, false);
	}
	hd_ctl_evidence_missing(&lost->evidence, 0, true, count, lost);
	assert_int_equal(lost->given[HD_EVENT_GRANT], GRANTS + 1); /* nobody knows of ordinal 1 */
	assert_int_equal(lost->ordinals, GRANTS + 1);
	end(lost);
}

static void
entrants_logs_come_back_from_the_hunts(void **state)
{
	(void)state;
	char text[32];
	struct lost *lost = begin();
	for (uint64_t k = 0; k < GRANTS; k++) {
		struct hd_event event = {.type = HD_EVENT_GRANT,
					 .value = (int64_t)k + 1,
					 .points = 5,
					 .entrant = name(text, shuffled(k) / 2)};
		event.number = shuffled(k) % 2;
		take(lost, &event, true);
	}
	hd_ctl_evidence_missing(&lost->evidence, 0, true, count, lost);
	assert_int_equal(lost->given[HD_EVENT_GRANTED], GRANTS);
	assert_int_equal(lost->given[HD_EVENT_JOINED], GRANTS / 2); /* each once */
	end(lost);
}

static void
allotted_numbers_come_back_from_who_was_dealt(void **state)
{
	(void)state;
	char text[32];
	struct lost *lost = begin();
	struct hd_event kept = {
		.type = HD_EVENT_ALLOTTED, .number = 2, .value = 0, .entrant = HD_BYTES("first")};
	take(lost, &kept, true);
	for (uint64_t k = 0; k < GRANTS; k++) {
		struct hd_event event = {.type = HD_EVENT_DEALT,
					 .number = 2,
					 .order = shuffled(k) + 2,
					 .entrant = name(text, k)};
		take(lost, &event, false);
	}
	lost->ordinals++;
	lost->given[HD_EVENT_ALLOTTED]++;
	hd_ctl_evidence_missing(&lost->evidence, 0, true, count, lost);
	assert_int_equal(lost->given[HD_EVENT_ALLOTTED], GRANTS + 2); /* nobody knows of 1 */
	assert_int_equal(lost->ordinals, GRANTS + 2);
	assert_int_equal(lost->given[HD_EVENT_DEALT], 1); /* the first's */
	end(lost);
}

static void
deals_come_back_from_the_hunts(void **state)
{
	(void)state;
	char text[32];
	struct lost *lost = begin();
	for (uint64_t k = 0; k < GRANTS; k++) {
		struct hd_event event = {.type = HD_EVENT_ALLOTTED,
					 .number = 2,
					 .value = (int64_t)k,
					 .entrant = name(text, shuffled(k))};
		take(lost, &event, true);
		if (k % 2 == 0)
			continue;
		/* Half of them solved something as well: enrolled all the same once. */
		event = (struct hd_event){.type = HD_EVENT_GRANT,
					  .value = (int64_t)k / 2 + 1,
					  .points = 5,
					  .entrant = name(text, shuffled(k))};
		take(lost, &event, true);
	}
	hd_ctl_evidence_missing(&lost->evidence, 0, true, count, lost);
	assert_int_equal(lost->given[HD_EVENT_DEALT], GRANTS);
	assert_int_equal(lost->given[HD_EVENT_GRANTED], GRANTS / 2);
	assert_int_equal(lost->given[HD_EVENT_JOINED], GRANTS);
	end(lost);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hunts_log_comes_back_from_its_entrants),
		cmocka_unit_test(entrants_logs_come_back_from_the_hunts),
		cmocka_unit_test(allotted_numbers_come_back_from_who_was_dealt),
		cmocka_unit_test(deals_come_back_from_the_hunts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
