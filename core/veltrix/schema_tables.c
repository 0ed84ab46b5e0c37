/* The keys of a hunt's document. Nothing but data: INTERFACE's "Hunt document", row by row. */
#include "core/veltrix/schema.h"

#define ID_FORM      "an id: a-z, 0-9 and -, at most 64 bytes"
#define LINE_FORM    "one line of at most 1024 bytes"
#define TEXT_FORM    "a text of at most 1024 bytes"
#define TIME_FORM    "a time such as 2026-12-01T10:00:00Z or 2026-12-01T11:00:00+01:00"
#define WINDOW_FORM  "a duration from 100ms to 36525d such as 60s, 5m, 1h, 1d, 1w"
#define SCORE_FORM   "an integer from 0 to 9223372036854775807"
#define POINTS_FORM  SCORE_FORM ", or a list of 1 to 1000 of them, by order"
#define WINDOW_LEAST INT64_C(100000000)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SCHEMA(text, rows)                                                                         \
	{                                                                                          \
		.what = (text), .keys = (rows), .count = COUNT(rows)                               \
	}
#define LATER(text)                                                                                \
	{                                                                                          \
		.name = (text), .type = HD_SCHEMA_LATER                                            \
	}

static const char *const modes[] = {"solo", NULL};
static const char *const modes_later[] = {"team", NULL};
static const char *const profiles[] = {
	[HD_PROFILE_LETTERS_DIGITS] = "letters-digits",
	[HD_PROFILE_LETTERS] = "letters",
	[HD_PROFILE_ASCII] = "ascii",
	[HD_PROFILE_EXACT] = "exact",
	[HD_PROFILE_FOLD] = "fold",
	NULL,
};
static const char *const policies[] = {"fixed", NULL};
static const char *const policies_later[] = {"quadratic", "window", NULL};
static const char *const kinds[] = {
	/* [HD_CHALLENGE_ANSWER] is left out: kinds[kind - 1] */
	[HD_CHALLENGE_TREASURE - 1] = "treasure",
	[HD_CHALLENGE_DEALT - 1] = "puzzle",
	NULL,
};
static const char *const kinds_later[] = {"place", NULL};

static const struct hd_schema_key hunt_keys[] = {
	[HD_HUNT_HUNT] = {.name = "hunt", .type = HD_SCHEMA_ID, .needed = true, .allowed = ID_FORM},
	[HD_HUNT_TITLE] = {.name = "title", .type = HD_SCHEMA_LINE, .allowed = LINE_FORM},
	[HD_HUNT_MODE] = {.name = "mode",
			  .type = HD_SCHEMA_CHOICE,
			  .allowed = "solo",
			  .choices = modes,
			  .later = modes_later},
	[HD_HUNT_AUTO_JOIN] = {.name = "auto_join",
			       .type = HD_SCHEMA_BOOL,
			       .allowed = "true or false"},
	[HD_HUNT_OPENS] = {.name = "opens", .type = HD_SCHEMA_TIME, .allowed = TIME_FORM},
	[HD_HUNT_FREEZES] = {.name = "freezes", .type = HD_SCHEMA_TIME, .allowed = TIME_FORM},
	[HD_HUNT_CLOSES] = {.name = "closes", .type = HD_SCHEMA_TIME, .allowed = TIME_FORM},
	[HD_HUNT_NORMALISE] = {.name = "normalise",
			       .type = HD_SCHEMA_CHOICE,
			       .allowed = "letters-digits, letters, ascii, exact or fold",
			       .choices = profiles},
	[HD_HUNT_GUESSES] = {.name = "guesses",
			     .type = HD_SCHEMA_MAP,
			     .allowed = "a map such as {limit: 20, window: 60s, per_window: 10}"},
	[HD_HUNT_BOARDS] = {.name = "boards",
			    .type = HD_SCHEMA_LIST,
			    .least = 1,
			    .most = HD_BOARDS_MAX,
			    .allowed = "a list of 1 to 16 boards such as [{id: main}]"},
	[HD_HUNT_CHALLENGES] = {.name = "challenges",
				.type = HD_SCHEMA_LIST,
				.most = HD_CHALLENGES_MAX,
				.allowed = "a list of at most 1024 challenges"},
};
const struct hd_schema hd_schema_hunt = SCHEMA("a hunt", hunt_keys);

static const struct hd_schema_key guesses_keys[] = {
	[HD_GUESSES_LIMIT] = {.name = "limit",
			      .type = HD_SCHEMA_INTEGER,
			      .least = 1,
			      .most = HD_GUESS_LIMIT_MAX,
			      .allowed = "an integer from 1 to 65535"},
	[HD_GUESSES_WINDOW] = {.name = "window",
			       .type = HD_SCHEMA_DURATION,
			       .least = 1,
			       .most = INT64_MAX,
			       .allowed = "a duration above 0 such as 10ms, 60s, 5m, 1h, 1d"},
	[HD_GUESSES_PER_WINDOW] = {.name = "per_window",
				   .type = HD_SCHEMA_INTEGER,
				   .least = 1,
				   .most = HD_PER_WINDOW_MAX,
				   .allowed = "an integer from 1 to 64"},
	[HD_GUESSES_POLICY] = {.name = "policy",
			       .type = HD_SCHEMA_CHOICE,
			       .allowed = "fixed",
			       .choices = policies,
			       .later = policies_later},
};
const struct hd_schema hd_schema_guesses = SCHEMA("guesses", guesses_keys);

static const struct hd_schema_key board_keys[] = {
	[HD_BOARD_RULE_ID] = {.name = "id",
			      .type = HD_SCHEMA_ID,
			      .needed = true,
			      .allowed = ID_FORM},
	[HD_BOARD_RULE_WINDOW] = {.name = "window",
				  .type = HD_SCHEMA_DURATION,
				  .least = WINDOW_LEAST,
				  .most = INT64_MAX,
				  .allowed = WINDOW_FORM},
	[HD_BOARD_RULE_BRACKET] = {.name = "bracket", .type = HD_SCHEMA_ID, .allowed = ID_FORM},
};
const struct hd_schema hd_schema_board = SCHEMA("a board", board_keys);

static const struct hd_schema_key points_item = {.name = "points",
						 .type = HD_SCHEMA_INTEGER,
						 .least = 0,
						 .most = INT64_MAX,
						 .allowed = SCORE_FORM};
static const struct hd_schema_key challenge_keys[] = {
	[HD_CHALLENGE_ID] = {.name = "id",
			     .type = HD_SCHEMA_ID,
			     .needed = true,
			     .allowed = ID_FORM},
	[HD_CHALLENGE_TITLE] = {.name = "title", .type = HD_SCHEMA_LINE, .allowed = LINE_FORM},
	[HD_CHALLENGE_KIND] = {.name = "kind",
			       .type = HD_SCHEMA_CHOICE,
			       .allowed = "treasure, puzzle, or left out for fixed answers",
			       .choices = kinds,
			       .later = kinds_later},
	[HD_CHALLENGE_POINTS] = {.name = "points",
				 .type = HD_SCHEMA_INTEGER,
				 .needed = true,
				 .least = 0,
				 .most = INT64_MAX,
				 .allowed = POINTS_FORM,
				 .later_map = "a map (points that decay)",
				 .item = &points_item,
				 .items_most = HD_POINTS_MAX},
	[HD_CHALLENGE_ANSWERS] =
		{.name = "answers",
		 .type = HD_SCHEMA_LIST,
		 .least = 1,
		 .most = HD_ANSWERS_MAX,
		 .allowed = "a list of 1 to 256 answers such as [GOLD, {regex: \"doubloons?\"}]"},
	[HD_CHALLENGE_PARTIAL] = {.name = "partial",
				  .type = HD_SCHEMA_LIST,
				  .most = HD_ANSWERS_MAX,
				  .allowed =
					  "a list such as [{answer: SILVER, say: \"Shinier.\"}]"},
	[HD_CHALLENGE_HINTS] =
		{.name = "hints",
		 .type = HD_SCHEMA_LIST,
		 .most = HD_HINTS_MAX,
		 .allowed = "a list of at most 32 hints such as [{cost: 10, text: \"Look up.\"}]"},
	[HD_CHALLENGE_REQUIRES] = LATER("requires"),
	[HD_CHALLENGE_STOCK] = {.name = "stock",
				.type = HD_SCHEMA_INTEGER,
				.least = 1,
				.most = HD_STOCK_MAX,
				.allowed = "an integer from 1 to 1000000000"},
	[HD_CHALLENGE_PUZZLE] =
		{.name = "puzzle",
		 .type = HD_SCHEMA_MAP,
		 .allowed = "a map such as {kind: sudoku, tier: intermediate, params: 3x3}"},
	[HD_CHALLENGE_AT] = LATER("at"),
	[HD_CHALLENGE_RADIUS] = LATER("radius"),
	[HD_CHALLENGE_MAX_SPEED] = LATER("max_speed"),
};
const struct hd_schema hd_schema_challenge = SCHEMA("a challenge", challenge_keys);

static const struct hd_schema_key answer_keys[] = {
	[HD_ANSWER_REGEX] = {.name = "regex",
			     .type = HD_SCHEMA_RAW,
			     .needed = true,
			     .allowed = "a regular expression"},
};
const struct hd_schema hd_schema_answer = SCHEMA("an answer", answer_keys);

static const struct hd_schema_key partial_keys[] = {
	[HD_PARTIAL_ANSWER] = {.name = "answer",
			       .type = HD_SCHEMA_RAW,
			       .needed = true,
			       .allowed = "one answer, not a regex"},
	[HD_PARTIAL_SAY] = {.name = "say", .type = HD_SCHEMA_TEXT, .allowed = TEXT_FORM},
};
const struct hd_schema hd_schema_partial = SCHEMA("a partial answer", partial_keys);

static const struct hd_schema_key hint_keys[] = {
	[HD_HINT_COST] = {.name = "cost",
			  .type = HD_SCHEMA_INTEGER,
			  .least = 0,
			  .most = INT64_MAX,
			  .allowed = SCORE_FORM},
	[HD_HINT_TEXT] = {.name = "text",
			  .type = HD_SCHEMA_TEXT,
			  .needed = true,
			  .allowed = TEXT_FORM},
};
const struct hd_schema hd_schema_hint = SCHEMA("a hint", hint_keys);

static const struct hd_schema_key puzzle_keys[] = {
	[HD_PUZZLE_KEY_KIND] = {.name = "kind",
				.type = HD_SCHEMA_RAW,
				.needed = true,
				.allowed = "a kind of puzzles; `huntctl puzzle kinds` lists them"},
	[HD_PUZZLE_KEY_TIER] = {.name = "tier",
				.type = HD_SCHEMA_RAW,
				.allowed = "easy, medium, hard or one of the kind's own tiers"},
	[HD_PUZZLE_KEY_PARAMS] = {.name = "params",
				  .type = HD_SCHEMA_RAW,
				  .allowed = "a text; `huntctl puzzle kinds` says which"},
	[HD_PUZZLE_KEY_PHRASES] =
		{.name = "phrases",
		 .type = HD_SCHEMA_LIST,
		 .least = 1,
		 .most = HD_PHRASES_OWN_MAX,
		 .allowed = "a list of 1 to 20000 phrases such as [pieces of eight]"},
};
const struct hd_schema hd_schema_puzzle = SCHEMA("a puzzle", puzzle_keys);
