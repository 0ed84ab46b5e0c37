/* The audit of logs: a tale of two shards that holds together, and one wrong event at a time. Shard
 * 0 has the hunt and bob, shard 1 has ann. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "huntd/assert.h"
#include "huntd/audit.h"
#include "huntd/document.h"
#include "huntd/order.h"
#include "net/doc/doc.h"
#include "tests/lib/lib.h"

#define SECOND INT64_C(1000000000)
#define BEGIN  (20000 * 86400 * SECOND) /* a midnight in 2024 */

static const char *const document =
	"hunt: bay\n"
	"title: The Bay\n"
	"opens: 2024-10-04T00:00:10Z\n"
	"closes: 2024-10-04T01:00:00Z\n"
	"boards: [{id: main}, {id: minute, window: 60s}]\n"
	"challenges:\n"
	"  - {id: map, points: 100, answers: [GOLD], hints: [{cost: 5, text: Look.}]}\n"
	"  - {id: chest, kind: treasure, points: [30, 20, 10], stock: 2, answers: [X7]}\n"
	"  - {id: grid, kind: puzzle, points: 5, puzzle: {kind: lightsout, tier: easy}}\n";
enum { MAP, CHEST, GRID };

static int64_t
at(int64_t seconds)
{
	return BEGIN + seconds * SECOND;
}

struct tale {
	struct hd_memory memory;
	struct hd_audit *audit;
	uint64_t lsn[2];
	uint8_t body[2][8192], encoding[4096];
	struct hd_order order;
};

static void
feed(struct tale *tale, uint32_t shard, struct hd_event event)
{
	hd_audit_feed(tale->audit, shard, ++tale->lsn[shard], &event);
}

#define EVENT(kind, seconds, ...)                                                                  \
	((struct hd_event){                                                                        \
		.type = HD_EVENT_##kind, .stamp = at(seconds), .time = at(seconds), __VA_ARGS__})
#define ANN .entrant = HD_BYTES("ann")
#define BOB .entrant = HD_BYTES("bob")
#define CAT .entrant = HD_BYTES("cat")

static struct hd_event
order_event(struct tale *tale, uint64_t n, const struct hd_order *order, int64_t seconds)
{
	struct hd_writer out = hd_writer_of(tale->body[n - 1], sizeof tale->body[0]);
	hd_order_encode(order, &out);
	assert_false(out.full);
	struct hd_bytes body = hd_bytes_of(tale->body[n - 1], (size_t)(out.at - tale->body[n - 1]));
	return EVENT(ORDER, seconds, .order = n, .text = body);
}

static struct hd_bytes
compile(struct tale *tale)
{
	struct hd_doc doc = {0};
	struct hd_faults *faults = calloc(1, sizeof *faults);
	struct hd_writer out = hd_writer_of(tale->encoding, sizeof tale->encoding);
	assert_true(hd_doc_read(hd_bytes_str(document), &doc, faults));
	if (!hd_veltrix_compile(&doc.document, HD_BYTES("bay"), (struct hd_bytes){0}, 1, &out,
				faults))
		fail_msg("%s: %s", faults->row[0].path, faults->row[0].what);
	hd_doc_free(&doc);
	free(faults);
	return hd_bytes_of(tale->encoding, (size_t)(out.at - tale->encoding));
}

/* Both shards have the secret (second 1) and the document (second 2); the hunt opens at 10. */
static void
begin(struct tale *tale)
{
	memset(tale, 0, sizeof *tale);
	tale->memory = hd_test_memory();
	tale->audit = hd_audit_begin(&tale->memory, 2);
	struct hd_order secret = {.kind = HD_ORDER_SECRET,
				  .text = HD_BYTES("0123456789abcdef0123456789ABCDEF")};
	tale->order = (struct hd_order){.kind = HD_ORDER_DOCUMENT,
					.version = 1,
					.name = HD_BYTES("bay"),
					.text = hd_bytes_str(document),
					.definition = compile(tale)};
	for (uint32_t shard = 0; shard < 2; shard++) {
		feed(tale, shard, order_event(tale, 1, &secret, 1));
		feed(tale, shard, order_event(tale, 2, &tale->order, 2));
	}
	feed(tale, 0, EVENT(DONE, 3, .order = 1));
	feed(tale, 0, EVENT(DONE, 4, .order = 2));
	for (uint32_t shard = 0; shard < 2; shard++)
		feed(tale, shard, EVENT(PHASE, 10, .value = HD_PHASE_OPEN));
	feed(tale, 0, EVENT(JOINED, 11, BOB));
	feed(tale, 1, EVENT(JOINED, 11, ANN));
}

static uint64_t
end(struct tale *tale)
{
	uint64_t count = hd_audit_end(tale->audit);
	hd_audit_destroy(tale->audit);
	assert_int_equal(tale->memory.used, 0);
	return count;
}

/* Just one thing is wrong, and it is this. */
static void
ends_with(struct tale *tale, uint32_t shard, uint64_t lsn, const char *invariant, const char *words)
{
	uint64_t count = hd_audit_end(tale->audit);
	if (count == 0)
		fail_msg("nothing was found where %s should have been: %s", invariant, words);
	const struct hd_audit_finding *finding = hd_audit_finding(tale->audit, 0);
	if (count != 1 || strcmp(finding->invariant, invariant) != 0 ||
	    strstr(finding->text, words) == NULL)
		fail_msg("%d findings, the first: %s %s; wanted %s: %s", (int)count,
			 finding->invariant, finding->text, invariant, words);
	assert_int_equal(finding->shard, shard);
	assert_int_equal(finding->lsn, lsn);
	hd_audit_destroy(tale->audit);
	assert_int_equal(tale->memory.used, 0);
}

/* ann wants the chest and gets it as the `ordinal`-th; stamps `seconds` to `seconds` + 2. */
static void
grant_ann(struct tale *tale, int64_t seconds, int64_t ordinal, int64_t points)
{
	feed(tale, 1, EVENT(WANT, seconds, ANN, .number = CHEST, .text = HD_BYTES("x7")));
	feed(tale, 0,
	     EVENT(GRANT, seconds + 1, ANN, .number = CHEST, .value = ordinal, .points = points));
	struct hd_event granted =
		EVENT(GRANTED, seconds + 2, ANN, .number = CHEST, .outcome = HD_OUTCOME_CORRECT,
		      .points = points, .value = at(seconds), .order = (uint64_t)ordinal);
	granted.time = at(seconds + 1);
	feed(tale, 1, granted);
}

/* bob, whose shard has the hunt too, gets it in one frame. */
static void
grant_own(struct tale *tale, int64_t seconds, struct hd_bytes entrant, int64_t ordinal,
	  int64_t points)
{
	feed(tale, 0,
	     EVENT(GRANT, seconds, .entrant = entrant, .number = CHEST, .value = ordinal,
		   .points = points));
	struct hd_event granted =
		EVENT(GRANTED, seconds + 1, .entrant = entrant, .number = CHEST,
		      .outcome = HD_OUTCOME_CORRECT, .points = points, .order = (uint64_t)ordinal);
	granted.time = at(seconds);
	feed(tale, 0, granted);
}

static void
a_whole_tale_has_no_findings(void **state)
{
	(void)state;
	struct tale tale;
	struct hd_audit_standing ann;
	struct hd_audit_grant grant;
	begin(&tale);
	feed(&tale, 0,
	     EVENT(JUDGED, 20, BOB, .number = MAP, .outcome = HD_OUTCOME_WRONG,
		   .has = HD_EVENT_HAS_ID, .id = HD_BYTES("b1")));
	feed(&tale, 0,
	     EVENT(JUDGED, 21, BOB, .number = MAP, .outcome = HD_OUTCOME_CORRECT, .points = 100));
	feed(&tale, 0, EVENT(AWARDED, 22, BOB, .points = -7, .sub = 3));
	feed(&tale, 0,
	     EVENT(ANSWERED, 23, BOB, .outcome = HD_OUTCOME_SOLVED, .value = 93,
		   .has = HD_EVENT_HAS_ID, .id = HD_BYTES("b2")));
	feed(&tale, 1, EVENT(HINTED, 24, ANN, .number = MAP, .value = 1, .points = -5));
	grant_ann(&tale, 30, 1, 30);
	grant_own(&tale, 40, HD_BYTES("bob"), 2, 20);
	feed(&tale, 0, EVENT(JOINED, 45, CAT));
	feed(&tale, 0,
	     EVENT(GRANTED, 46, CAT, .number = CHEST, .outcome = HD_OUTCOME_GONE, .order = 1));
	feed(&tale, 1, EVENT(WINDOW, 60, .number = 1, .value = at(60) / (60 * SECOND)));
	assert_true(hd_audit_standing(tale.audit, 0, HD_BYTES("ann"), &ann));
	assert_int_equal(ann.score, 25);
	assert_int_equal(ann.time, at(31));
	assert_true(hd_audit_grant(tale.audit, 0, CHEST, HD_BYTES("bob"), &grant));
	assert_int_equal(grant.ordinal, 2);
	assert_int_equal(end(&tale), 0);
}

/* One wrong event at the end of the tale. */
struct wrong {
	uint32_t shard;
	struct hd_event event;
	const char *invariant, *words;
};

static void
each_wrong_event_is_found(void **state)
{
	(void)state;
	const struct wrong wrong[] = {
		{1, EVENT(AWARDED, 5, ANN, .points = 1), "I1", "not above the stamp"},
		{1, EVENT(AWARDED, 50, CAT, .points = 1), "I5", "before it joined"},
		{0, EVENT(AWARDED, 50, ANN, .points = 1), "I5", "joined in the log of shard 1"},
		{1, EVENT(JOINED, 50, ANN), "I5", "a second time"},
		{0,
		 EVENT(JUDGED, 50, BOB, .number = MAP, .outcome = HD_OUTCOME_CORRECT, .points = 99),
		 "I5", "99 points for map, which gives 100"},
		{0, EVENT(JUDGED, 50, BOB, .number = MAP, .outcome = HD_OUTCOME_WRONG, .points = 1),
		 "I5", "1 points for map"},
		{0, EVENT(JUDGED, 50, BOB, .number = 7, .outcome = HD_OUTCOME_WRONG), "I5",
		 "challenge 7 is not in version 1"},
		{0,
		 EVENT(JUDGED, 50, BOB, .number = CHEST, .outcome = HD_OUTCOME_CORRECT,
		       .points = 30),
		 "I4", "without a grant"},
		{0,
		 EVENT(JUDGED, 3600, BOB, .number = MAP, .outcome = HD_OUTCOME_WRONG,
		       .has = HD_EVENT_HAS_AT),
		 "I12", "judged in phase 3"},
		{0, EVENT(HINTED, 50, BOB, .number = MAP, .value = 2, .points = -5), "I5",
		 "hint 2 after hint 0"},
		{0, EVENT(HINTED, 50, BOB, .number = MAP, .value = 1, .points = -4), "I5",
		 "that costs 5"},
		{0,
		 EVENT(ANSWERED, 50, BOB, .outcome = HD_OUTCOME_LOCKED, .value = 5,
		       .has = HD_EVENT_HAS_ID, .id = HD_BYTES("b2")),
		 "I5", "told score 5"},
		{1, EVENT(WANT, 50, ANN, .number = MAP), "I4", "needs no grant"},
		{1, EVENT(VOIDED, 50, ANN, .number = CHEST, .value = at(49)), "I4", "open is 0"},
		{0, EVENT(GRANT, 50, CAT, .number = CHEST, .value = 1, .points = 30), "I4",
		 "answers no want"},
		{0,
		 EVENT(GRANT, 50, .entrant = HD_BYTES("lost 2"), .number = CHEST, .value = 2,
		       .points = 30),
		 "I4", "grant 2 of challenge 1 comes where 1 is next"},
		{0,
		 EVENT(GRANT, 50, .entrant = HD_BYTES("lost 1"), .number = CHEST, .value = 1,
		       .points = 31),
		 "I5", "worth 31, the document says 30"},
		{0,
		 EVENT(GRANTED, 50, BOB, .number = CHEST, .outcome = HD_OUTCOME_CORRECT,
		       .points = 30, .order = 1),
		 "I4", "no log has the grant 1"},
		{0,
		 EVENT(GRANTED, 50, BOB, .number = CHEST, .outcome = HD_OUTCOME_GONE, .order = 1),
		 "I4", "gone before all 2"},
		{0,
		 EVENT(GRANTED, 50, BOB, .number = CHEST, .outcome = HD_OUTCOME_GONE, .order = 2),
		 "I4", "version 2, which gives it no stock"},
		{0, EVENT(PHASE, 50, .value = HD_PHASE_CLOSED), "I12", "the hours say 1"},
		{0, EVENT(PHASE, 50, .value = HD_PHASE_OPEN), "I12", "comes in phase 1"},
		{0, EVENT(WINDOW, 90, .number = 1, .value = at(150) / (60 * SECOND)), "I12",
		 "window"},
		{0, EVENT(WINDOW, 90, .number = 0, .value = 3), "I12", "which has none"},
		{0, EVENT(PHASE, 50, .hunt = 3, .value = HD_PHASE_OPEN), "ORDER", "hunt 3"},
		{1, EVENT(DONE, 50, .order = 3), "ORDER", "not shard 0's"},
		{0, EVENT(DONE, 50, .order = 3), "ORDER", "orders go to 2"},
		{0, EVENT(DONE, 50, .order = 2), "ORDER", "follows DONE of 2"},
		{1, EVENT(ORDER, 50, .order = 4), "ORDER", "order 4 follows order 2"},
	};
	for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct tale tale;
		begin(&tale);
		feed(&tale, wrong[i].shard, wrong[i].event);
		ends_with(&tale, wrong[i].shard, tale.lsn[wrong[i].shard], wrong[i].invariant,
			  wrong[i].words);
	}
}

/* ann has deal 0 and bob, whose log is the hunt's, deal 1, both with bases; ann sent bob's answer.
 */
static void
deal_both(struct tale *tale)
{
	feed(tale, 1, EVENT(WANT_DEAL, 20, ANN, .number = GRID));
	feed(tale, 0, EVENT(ALLOTTED, 21, ANN, .number = GRID, .value = 0));
	feed(tale, 1, EVENT(DEALT, 22, ANN, .number = GRID, .order = 0, .value = at(20)));
	feed(tale, 1, EVENT(BASE, 23, ANN, .number = GRID, .order = UINT64_C(1) << 40 | 2));
	feed(tale, 0, EVENT(ALLOTTED, 24, BOB, .number = GRID, .value = 1));
	feed(tale, 0, EVENT(DEALT, 25, BOB, .number = GRID, .order = 1));
	feed(tale, 0, EVENT(BASE, 26, BOB, .number = GRID, .order = 1, .value = 3));
	feed(tale, 1, EVENT(JUDGED, 27, ANN, .number = GRID, .outcome = HD_OUTCOME_WRONG));
	feed(tale, 1, EVENT(SUSPECTED, 28, ANN, .number = GRID, .order = 1));
	feed(tale, 0,
	     EVENT(SHARED_ANSWER, 29, ANN, .number = GRID, .order = 1, .extra = HD_BYTES("bob")));
	feed(tale, 1, EVENT(CLEARED, 30, ANN, .number = GRID, .value = at(28)));
	feed(tale, 0,
	     EVENT(JUDGED, 31, BOB, .number = GRID, .outcome = HD_OUTCOME_CORRECT, .points = 5));
}

static void
each_wrong_event_of_a_puzzle_is_found(void **state)
{
	(void)state;
	const struct wrong wrong[] = {
		{1, EVENT(WANT_DEAL, 50, ANN, .number = GRID), "I4", "which it has"},
		{1, EVENT(WANT_DEAL, 50, .entrant = HD_BYTES("eve"), .number = MAP), "I4",
		 "which is no puzzle"},
		{0, EVENT(ALLOTTED, 50, ANN, .number = GRID, .value = 2), "I4", "a second time"},
		{0, EVENT(ALLOTTED, 50, .entrant = HD_BYTES("lost 1"), .number = GRID, .value = 1),
		 "I4", "deal 1 of challenge 2 comes where 2 is next"},
		{0, EVENT(ALLOTTED, 50, CAT, .number = GRID, .value = 2), "I4", "answers no want"},
		{1, EVENT(ALLOTTED, 50, .entrant = HD_BYTES("lost 2"), .number = GRID, .value = 2),
		 "I4", "here and by shard 0"},
		{0, EVENT(DEALT, 50, .entrant = HD_BYTES("cat"), .number = GRID, .order = 2), "I4",
		 "no log allotted it"},
		{1, EVENT(DEALT, 50, ANN, .number = GRID, .order = 0), "I4", "a second time"},
		{0, EVENT(BASE, 50, BOB, .number = GRID, .order = 2), "I4", "which has one"},
		{1, EVENT(SUSPECTED, 50, ANN, .number = GRID, .order = 0), "I4",
		 "which is its own"},
		{0, EVENT(SUSPECTED, 50, CAT, .number = GRID, .order = 0), "I4",
		 "which it was not dealt"},
		{1, EVENT(CLEARED, 50, ANN, .number = GRID, .value = at(28)), "I4", "not open"},
		{0,
		 EVENT(SHARED_ANSWER, 50, CAT, .number = GRID, .order = 0,
		       .extra = HD_BYTES("bob")),
		 "I4", "said to be of bob"},
		{0,
		 EVENT(SHARED_ANSWER, 50, ANN, .number = GRID, .order = 1,
		       .extra = HD_BYTES("bob")),
		 "I4", "told of a second time"},
		{0,
		 EVENT(SHARED_ANSWER, 50, BOB, .number = GRID, .order = 1,
		       .extra = HD_BYTES("bob")),
		 "I4", "an answer of its own"},
		{0, EVENT(JUDGED, 50, CAT, .number = GRID, .outcome = HD_OUTCOME_WRONG), "I4",
		 "answers grid, which it was not dealt"},
	};
	for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct tale tale;
		begin(&tale);
		feed(&tale, 0, EVENT(JOINED, 12, CAT));
		deal_both(&tale);
		feed(&tale, wrong[i].shard, wrong[i].event);
		ends_with(&tale, wrong[i].shard, tale.lsn[wrong[i].shard], wrong[i].invariant,
			  wrong[i].words);
	}
}

/* Each base is dealt once, and by the log whose number it has; both logs of a deal say the same. */
static void
deals_are_whole(void **state)
{
	(void)state;
	struct tale tale;
	begin(&tale);
	deal_both(&tale);
	assert_int_equal(end(&tale), 0);
	for (int other = 0; other < 2; other++) {
		begin(&tale);
		feed(&tale, 0, EVENT(JOINED, 12, CAT));
		deal_both(&tale);
		feed(&tale, 0, EVENT(ALLOTTED, 40, CAT, .number = GRID, .value = 2));
		feed(&tale, 0, EVENT(DEALT, 41, CAT, .number = GRID, .order = 2));
		feed(&tale, 0,
		     EVENT(BASE, 42, CAT, .number = GRID,
			   .order = other ? UINT64_C(1) << 40 | 1 : 1));
		ends_with(&tale, 0, tale.lsn[0], "I4",
			  other ? "is not of this log" : "base 1 is dealt a second time");
	}
	begin(&tale);
	feed(&tale, 1, EVENT(WANT_DEAL, 20, ANN, .number = GRID));
	feed(&tale, 0, EVENT(ALLOTTED, 21, ANN, .number = GRID, .value = 0));
	feed(&tale, 1, EVENT(DEALT, 22, ANN, .number = GRID, .order = 1, .value = at(20)));
	ends_with(&tale, 1, tale.lsn[1], "I4", "the hunt's log says otherwise");
	begin(&tale);
	feed(&tale, 1, EVENT(WANT_DEAL, 20, ANN, .number = GRID));
	feed(&tale, 1, EVENT(VOIDED, 21, ANN, .number = GRID, .value = at(20)));
	assert_int_equal(end(&tale), 0);
}

static void
a_missing_lsn_is_found(void **state)
{
	(void)state;
	struct tale tale;
	begin(&tale);
	tale.lsn[1]++;
	feed(&tale, 1, EVENT(AWARDED, 50, ANN, .points = 1));
	ends_with(&tale, 1, tale.lsn[1], "I1", "follows LSN");
}

static void
an_id_has_one_effect_as_long_as_it_is_kept(void **state)
{
	(void)state;
	struct tale tale;
	const struct hd_bytes id = HD_BYTES("once");
	for (int kept = 0; kept < 2; kept++) {
		begin(&tale);
		struct hd_order setting = {
			.kind = HD_ORDER_SETTING, .name = HD_BYTES("ids_max"), .value = 1};
		for (uint32_t shard = 0; shard < 2; shard++) {
			struct hd_writer out = hd_writer_of(tale.body[1], sizeof tale.body[1]);
			hd_order_encode(&setting, &out);
			feed(&tale, shard,
			     EVENT(ORDER, 20, .order = 3,
				   .text = hd_bytes_of(tale.body[1],
						       (size_t)(out.at - tale.body[1]))));
		}
		feed(&tale, 1,
		     EVENT(AWARDED, 21, ANN, .points = 1, .has = HD_EVENT_HAS_ID, .id = id));
		feed(&tale, 1,
		     EVENT(AWARDED, kept ? 80 : 82, ANN, .points = 1, .has = HD_EVENT_HAS_ID,
			   .id = HD_BYTES("other")));
		/* Another's id of the same name is another id. */
		feed(&tale, 0,
		     EVENT(AWARDED, 81, BOB, .points = 1, .has = HD_EVENT_HAS_ID, .id = id));
		feed(&tale, 1,
		     EVENT(AWARDED, 83, ANN, .points = 1, .has = HD_EVENT_HAS_ID, .id = id));
		if (kept)
			ends_with(&tale, 1, tale.lsn[1], "I2", "id once of ann");
		else
			assert_int_equal(end(&tale), 0);
	}
}

static void
an_open_want_takes_no_answered_id_and_no_second_want(void **state)
{
	(void)state;
	struct tale tale;
	begin(&tale);
	feed(&tale, 1,
	     EVENT(AWARDED, 20, ANN, .points = 1, .has = HD_EVENT_HAS_ID, .id = HD_BYTES("a")));
	feed(&tale, 1,
	     EVENT(WANT, 21, ANN, .number = CHEST, .has = HD_EVENT_HAS_ID, .id = HD_BYTES("a")));
	ends_with(&tale, 1, tale.lsn[1], "I2", "which was answered");
	begin(&tale);
	feed(&tale, 1, EVENT(WANT, 20, ANN, .number = CHEST));
	feed(&tale, 1, EVENT(WANT, 21, ANN, .number = CHEST));
	ends_with(&tale, 1, tale.lsn[1], "I4", "wants already");
}

static void
a_solve_comes_once(void **state)
{
	(void)state;
	struct tale tale;
	struct hd_event solve =
		EVENT(JUDGED, 20, BOB, .number = MAP, .outcome = HD_OUTCOME_CORRECT, .points = 100);
	begin(&tale);
	feed(&tale, 0, solve);
	solve.stamp = solve.time = at(21);
	feed(&tale, 0, solve);
	ends_with(&tale, 0, tale.lsn[0], "I5", "a second time");
}

static void
stock_is_never_exceeded(void **state)
{
	(void)state;
	struct tale tale;
	begin(&tale);
	feed(&tale, 0, EVENT(JOINED, 15, CAT));
	grant_own(&tale, 20, HD_BYTES("bob"), 1, 30);
	grant_own(&tale, 30, HD_BYTES("cat"), 2, 20);
	grant_ann(&tale, 40, 3, 10);
	ends_with(&tale, 0, tale.lsn[0], "I4", "grant 3 of chest, whose stock is 2");
}

static void
nobody_is_granted_twice(void **state)
{
	(void)state;
	struct tale tale;
	begin(&tale);
	grant_own(&tale, 20, HD_BYTES("bob"), 1, 30);
	feed(&tale, 0, EVENT(GRANT, 30, BOB, .number = CHEST, .value = 2, .points = 20));
	uint64_t count = hd_audit_end(tale.audit);
	assert_int_equal(count, 2); /* and the GRANTED of the first one no longer fits */
	assert_string_equal(hd_audit_finding(tale.audit, 0)->invariant, "I4");
	assert_non_null(strstr(hd_audit_finding(tale.audit, 0)->text, "a second time"));
	hd_audit_destroy(tale.audit);
}

static void
both_logs_of_a_grant_say_the_same(void **state)
{
	(void)state;
	for (int field = 0; field < 3; field++) {
		struct tale tale;
		begin(&tale);
		feed(&tale, 1, EVENT(WANT, 20, ANN, .number = CHEST));
		feed(&tale, 0, EVENT(GRANT, 21, ANN, .number = CHEST, .value = 1, .points = 30));
		struct hd_event granted =
			EVENT(GRANTED, 22, ANN, .number = CHEST, .outcome = HD_OUTCOME_CORRECT,
			      .points = 30, .value = at(20), .order = 1);
		granted.time = at(21);
		granted.order += field == 0;
		granted.points += field == 1;
		granted.time += field == 2;
		feed(&tale, 1, granted);
		ends_with(&tale, 1, tale.lsn[1], "I4", "granted as");
	}
}

static void
gone_comes_after_the_last_grant(void **state)
{
	(void)state;
	struct tale tale;
	begin(&tale);
	feed(&tale, 1, EVENT(WANT, 20, ANN, .number = CHEST));
	feed(&tale, 1,
	     EVENT(GRANTED, 25, ANN, .number = CHEST, .outcome = HD_OUTCOME_GONE, .value = at(20),
		   .order = 1));
	uint64_t lsn = tale.lsn[1];
	feed(&tale, 0, EVENT(JOINED, 19, CAT));
	grant_own(&tale, 21, HD_BYTES("bob"), 1, 30);
	grant_own(&tale, 26, HD_BYTES("cat"), 2, 20);
	ends_with(&tale, 1, lsn, "I4", "gone before all 2 of it were granted");
}

static void
orders_are_alike_and_done_after_all(void **state)
{
	(void)state;
	struct tale tale;
	begin(&tale);
	struct hd_order phase = {
		.kind = HD_ORDER_PHASE, .phase = HD_PHASE_FROZEN, .name = HD_BYTES("bay")};
	struct hd_event event = order_event(&tale, 1, &phase, 50);
	event.order = 3;
	feed(&tale, 0, event);
	feed(&tale, 0, EVENT(DONE, 51, .order = 3));
	ends_with(&tale, 1, 0, "ORDER", "order 3 is done, but this log ends at order 2");
	for (int field = 0; field < 2; field++) {
		begin(&tale);
		event = order_event(&tale, 1, &phase, 50);
		event.order = 3;
		feed(&tale, 0, event);
		phase.phase = field == 0 ? HD_PHASE_CLOSED : HD_PHASE_FROZEN;
		event = order_event(&tale, 1, &phase, 50);
		event.order = 3;
		event.time += field;
		feed(&tale, 1, event);
		ends_with(&tale, 1, tale.lsn[1], "ORDER", "in another log");
		phase.phase = HD_PHASE_FROZEN;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_tale_has_no_findings),
		cmocka_unit_test(each_wrong_event_is_found),
		cmocka_unit_test(each_wrong_event_of_a_puzzle_is_found),
		cmocka_unit_test(deals_are_whole),
		cmocka_unit_test(a_missing_lsn_is_found),
		cmocka_unit_test(an_id_has_one_effect_as_long_as_it_is_kept),
		cmocka_unit_test(an_open_want_takes_no_answered_id_and_no_second_want),
		cmocka_unit_test(a_solve_comes_once),
		cmocka_unit_test(stock_is_never_exceeded),
		cmocka_unit_test(nobody_is_granted_twice),
		cmocka_unit_test(both_logs_of_a_grant_say_the_same),
		cmocka_unit_test(gone_comes_after_the_last_grant),
		cmocka_unit_test(orders_are_alike_and_done_after_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
