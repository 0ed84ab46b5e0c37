/* limits.h - every limit of huntd, in one place.
 *
 * A limit is a promise: what is over it is refused with a clear error before anything changes, and
 * what is within it is never refused for size. Sizes are bytes unless the name says otherwise.
 * The static assertions at the end state how limits depend on one another. */
#ifndef HUNTD_LIMITS_H
#define HUNTD_LIMITS_H

#include <assert.h>
#include <stdint.h>

#define HD_KIB 1024u
#define HD_MIB (1024u * 1024u)

/* Names and texts. */
#define HD_ID_MAX       64u  /* entrant, hunt, challenge, board, bracket, player */
#define HD_EVENT_ID_MAX 64u  /* the key of `ID <key>` */
#define HD_NAME_MAX     128u /* an entrant's display name */
#define HD_REASON_MAX   256u /* AWARD's REASON */
#define HD_ANSWER_MAX   256u /* an answer as sent */
#define HD_NORMAL_MAX                                                                              \
	1024u /* the same after NFKD, which may lengthen it up to 18 times: cut as -ERR */
#define HD_TEXT_MAX 1024u /* a title, a partial's `say`, a hint */

/* Documents. */
#define HD_DOCUMENT_MAX       (500u * HD_KIB) /* text and compiled encoding together */
#define HD_HUNTS_MAX          4096u
#define HD_CHALLENGES_MAX     1024u /* of one hunt, over all its versions */
#define HD_BOARDS_MAX         16u   /* of one hunt, over all its versions */
#define HD_ANSWERS_MAX        256u  /* of one challenge, exact, regex and partial together */
#define HD_HINTS_MAX          32u   /* of one challenge */
#define HD_POINTS_MAX         1000u /* of one challenge: points by order */
#define HD_STOCK_MAX          1000000000u
#define HD_FAULTS_MAX         200u /* listed for one document; then "and N more" */
#define HD_DOCUMENT_DEPTH_MAX 32u
#define HD_REGEX_MAX          512u /* instructions of one compiled regex */
#define HD_PER_WINDOW_MAX     64u  /* guesses.per_window: one time is kept for each */
#define HD_GUESS_LIMIT_MAX    65535u

/* Puzzles (PUZZLES.md). */
#define HD_PHRASE_MIN          4u /* letters A-Z of an answer, as `ascii` normalises it */
#define HD_PHRASE_MAX          24u
#define HD_PHRASES_OWN_MAX     20000u /* of one challenge */
#define HD_BASE_COUNT_BITS     40u    /* a base's number, j, is shard << 40 | count, from 1 */
#define HD_PUZZLE_TIERS_MAX    6u
#define HD_PUZZLE_DIGITS_MAX   5u             /* cells that turn one letter of an answer */
#define HD_PUZZLE_CELLS_MAX    3844u          /* 62x62 */
#define HD_PUZZLE_TEXT_MAX     (12u * HD_KIB) /* an instance as text */
#define HD_PUZZLE_SOLUTION_MAX (24u * HD_KIB) /* and its solution */
#define HD_PUZZLE_JSON_MAX     (20u * HD_KIB) /* text and overlay */
#define HD_PUZZLE_WORK_MAX     (4u * HD_MIB)  /* one job's memory */
#define HD_PUZZLE_WAITING      64u            /* commands of a shard that wait for the forge */
#define HD_PUZZLE_WAIT_MS      1000u          /* the longest that one does; then -BUSY */
#define HD_PUZZLE_SLICE_NS     50000          /* of a shard's pass, for puzzles */
#define HD_PUZZLE_CACHE        (64u * HD_MIB) /* instances of one shard (`puzzle_cache`) */
#define HD_PUZZLE_POOL         256u /* made ahead, of each sort at least (`puzzle_pool`) */

/* Judging. */
#define HD_GUESSES_KEPT 32u /* newest wrong or partial guesses kept for `duplicate` */

/* Commands and replies. */
#define HD_ARGS_MAX            1024u           /* of one RESP array */
#define HD_BULK_MAX            (512u * HD_KIB) /* one RESP bulk */
#define HD_INLINE_MAX          (64u * HD_KIB)
#define HD_REQUEST_MAX         HD_MIB /* all bulks of one RESP array together */
#define HD_BATCH_MAX           64u    /* commands decided together in one loop pass slice */
#define HD_DECISION_EVENTS_MAX 4u     /* events that one command can cause in its own shard */
#define HD_ROWS_MAX            1000u  /* BOARD.TOP COUNT */
#define HD_ROWS_DEFAULT        10u
#define HD_EVENTS_DEFAULT      100u /* HUNT.EVENTS COUNT */
#define HD_REPLY_SMALL_MAX                                                                         \
	(2u * HD_KIB)           /* the most an entrant's command answers, HINT and PROGRESS apart */
#define HD_INFLIGHT_MAX   1024u /* commands in flight on one connection */
#define HD_UNSENT_MAX     HD_MIB /* unsent replies of one connection: then it is not read */
#define HD_UNSENT_SECONDS 10u    /* without progress at HD_UNSENT_MAX: closed */

/* The same of one that follows boards: for HD_UNSENT_SECONDS, and at once. */
#define HD_FEED_UNSENT_MAX (8u * HD_MIB)
#define HD_FEED_CLOSE_MAX  (32u * HD_MIB)

/* Shards and the mesh. */
#define HD_SHARDS_MAX         64u
#define HD_THREADS_BESIDE     5u /* reducer, control, helper, two of the forge */
#define HD_SLOTS              16384u
#define HD_SHARD_CREDITS      8192u /* commands let in towards one shard, over all readers */
#define HD_READER_CREDITS_MIN 64u
#define HD_CELL               64u /* one ring message: a cache line */
#define HD_GATHERS_MAX        64u /* gathers of rows running for one core */
#define HD_BUSY_UNDECIDED     1024u
#define HD_UNFLUSHED_MAX      (64u * HD_MIB) /* of one shard */

/* The loop: where so many completions came in a while, a wait that sleeps stays for more of them.
 */
#define HD_PACE_NS          2000000
#define HD_PACE_COMPLETIONS 32u
#define HD_LINGER_NS        50000
#define HD_LINGER_NS_MAX    200000 /* while a flush runs */
#define HD_LINGER_EVENTS    16u

/* The log. */
#define HD_BLOCK           4096u
#define HD_FRAME_MAX       (512u * HD_KIB) /* header, events and padding */
#define HD_SEGMENT_DEFAULT (64u * HD_MIB)
#define HD_SEGMENT_MAX     (1024u * HD_MIB)
#define HD_ARCHIVE_WAITING 4u /* segments that wait for the helper */
#define HD_EVENT_MAX       (HD_FRAME_MAX - 2u * HD_BLOCK)

/* What control watches. */
#define HD_WATCH_TICK_MS 250u   /* between two looks */
#define HD_STALL_MS      1000u  /* a shard that had work did not move: it is named */
#define HD_STALL_END_MS  30000u /* the process ends */
#define HD_FLUSH_SLOW_MS 250u   /* p99 of flushes: degraded */

/* What is seen of it all. */
#define HD_SLOW_KEPT      128u /* slow commands of one shard (slowlog-max-len) */
#define HD_SLOW_MAX       1024u
#define HD_SLOW_NS        10000000 /* slowlog-log-slower-than */
#define HD_CLIENT_ADDRESS 48u
#define HD_CLIENT_NAME    64u
#define HD_TRACE_SAMPLE   64u   /* trace.sample */
#define HD_JOURNEYS_MAX   1024u /* batches of one shard whose replies wait for the disk */

/* Operators' HTTP. */
#define HD_HTTP_HEAD_MAX        (16u * HD_KIB) /* from the method to the empty line */
#define HD_HTTP_TARGET_MAX      (4u * HD_KIB)
#define HD_HTTP_HEADERS_MAX     100u
#define HD_HTTP_CONNECTIONS_MAX 64u
#define HD_HTTP_AHEAD_MAX       (64u * HD_KIB) /* behind a request that is answered: not read */
#define HD_HTTP_INPUT_MAX       HD_MIB         /* and what had come by then: closed */
#define HD_HTTP_UNSENT_MAX      (64u * HD_MIB) /* answers of all connections */
#define HD_HTTP_HEAD_S          10u            /* from a head's first byte to its last */
#define HD_HTTP_IDLE_S          75u            /* between two requests */
#define HD_HTTP_SEND_S          30u            /* without progress of an answer */
#define HD_HTTP_LINGER_S        1u             /* for the other side to close first */

/* Snapshots. The largest object is a version of a document, or what one entrant has done. */
#define HD_OBJECT_MAX        HD_MIB
#define HD_SNAPSHOT_EVENTS   4000000u /* behind the last one: time for the next */
#define HD_SNAPSHOT_SLICE_NS 150000   /* of a sweep; then the shard's work goes first */
#define HD_SNAPSHOT_SHARE    8u       /* a sweep takes one part in so many of a busy core */
#define HD_SNAPSHOTS_KEPT    2u

/* Boards. */
#define HD_VIEW_ROWS 100u /* K: rows of a merged view */
#define HD_TICK_MS   20u
#define HD_DENSE_RUN 500u /* distinct scores in one part of a dense gather */
#define HD_PIVOTS    64u  /* pivot keys a round of a deep OFFSET */

/* Event ids. */
#define HD_IDS_KEPT  1000000u /* newest ids of a shard always remembered (`ids_max`) */
#define HD_IDS_AGE_S 60u      /* and all that are younger (`ids_age`) */

static_assert(HD_EVENT_MAX < HD_FRAME_MAX, "an event fits a frame with its header");
static_assert(HD_DOCUMENT_MAX + 4u * HD_KIB <= HD_EVENT_MAX, "a document's order fits one event");
static_assert(HD_BULK_MAX >= HD_DOCUMENT_MAX, "a document can be sent as one bulk");
static_assert(HD_FRAME_MAX % HD_BLOCK == 0 && HD_SEGMENT_DEFAULT % HD_FRAME_MAX == 0,
	      "frames are whole blocks, segments are whole frames");
static_assert(HD_SHARD_CREDITS / (HD_SHARDS_MAX + HD_THREADS_BESIDE) >= HD_READER_CREDITS_MIN,
	      "credits can be split over all readers");
static_assert(HD_HTTP_HEAD_MAX <= HD_HTTP_AHEAD_MAX && HD_HTTP_AHEAD_MAX <= HD_HTTP_INPUT_MAX,
	      "a head is read whole");
static_assert(HD_PUZZLE_TEXT_MAX + 6u * HD_KIB <= HD_PUZZLE_JSON_MAX,
	      "a text and an overlay of all letters fit its JSON");
static_assert(HD_ANSWER_MAX <= HD_NORMAL_MAX, "an ASCII answer always has a normal form");

#endif
