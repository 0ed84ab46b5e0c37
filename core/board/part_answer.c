/* part_answer.c - one shard answers one question of a gather.
 *
 * Status first, then what part_question.h says. Work is bounded: rows by the question, runs by
 * HD_DENSE_RUN, pivots by HD_PIVOTS, whatever the board's size. */
#include "core/board/part.h"

static void
answer_count(const struct hd_part_board *at, const struct hd_question *question,
	     struct hd_writer *out)
{
	uint64_t count = 0;
	if (question->low <= question->high)
		count = hd_board_between(at->board, at->root, question->low, question->high);
	hd_write_varint(out, count);
}

/* True: the run is at its end. */
static bool
answer_run(const struct hd_part_board *at, const struct hd_question *question,
	   const struct hd_board_key *limit, struct hd_writer *out)
{
	struct hd_board_key pairs[HD_DENSE_RUN];
	struct hd_board_key below = {.score = question->low, .sub = question->high};
	struct hd_part_run run;
	uint32_t count = 0;
	hd_part_run_start(&run, at, limit, question->flags & HD_ASK_BELOW ? &below : NULL);
	while (count < HD_DENSE_RUN && hd_part_run_next(&run, &pairs[count]))
		count++;
	bool done = run.position >= run.end;
	hd_write_u8(out, done);
	hd_write_varint(out, count);
	for (uint32_t i = 0; i < count; i++) {
		hd_write_signed(out, pairs[i].score);
		hd_write_signed(out, pairs[i].sub);
	}
	return done;
}

static bool
answer_tell(const struct hd_part_board *at, const struct hd_question *question,
	    const struct hd_board_key *key, struct hd_writer *out)
{
	HD_ASSERT(key->id.size > 0);
	if (question->flags & HD_ASK_ENTRANT)
		hd_key_write(out, key);
	hd_write_varint(out, question->mode == HD_MODE_ORDINAL
				     ? hd_board_before(at->board, at->root, key)
				     : hd_board_above(at->board, at->root, key));
	hd_write_varint(out, hd_board_count(at->board, at->root));
	if (question->flags & HD_ASK_WITH_RUN)
		return answer_run(at, question, key, out);
	return false;
}

static uint32_t
answer_page_rows(struct hd_board_walk *walk, uint64_t rows, struct hd_writer *out)
{
	uint32_t written = 0;
	for (; written < rows; written++) {
		bool there = hd_board_next(walk);
		HD_ASSERT(there);
		hd_key_write(out, &walk->row);
	}
	return written;
}

/* Rows from position `start`, of which `place` is the question's key's. `group`: the key whose
 * group the page starts in; NULL: that of its first row. */
static void
answer_page(const struct hd_part_board *at, uint64_t start, uint64_t place, uint64_t rows,
	    const struct hd_board_key *group, struct hd_writer *out)
{
	uint64_t count = hd_board_count(at->board, at->root);
	HD_ASSERT(start <= place && place <= count);
	if (rows > count - start)
		rows = count - start;
	struct hd_board_walk walk;
	struct hd_board_key first = {0};
	if (!group && rows) {
		hd_board_seek(&walk, at->board, at->root, start);
		bool there = hd_board_next(&walk);
		HD_ASSERT(there);
		first = walk.row;
		group = &first;
	}
	hd_write_varint(out, start);
	hd_write_varint(out, place);
	hd_write_varint(out, count);
	hd_write_signed(out, group ? group->score : 0);
	hd_write_signed(out, group ? group->sub : 0);
	hd_write_varint(out, group ? hd_board_above(at->board, at->root, group) : 0);
	hd_write_varint(out, rows);
	if (!rows)
		return;
	hd_board_seek(&walk, at->board, at->root, start);
	uint32_t written = answer_page_rows(&walk, rows, out);
	HD_ASSERT(written == rows);
}

static void
answer_rows(const struct hd_part_board *at, const struct hd_question *question,
	    struct hd_writer *out)
{
	if (!(question->flags & HD_ASK_KEY)) {
		answer_page(at, 0, 0, question->rows, NULL, out);
		return;
	}
	uint64_t start = hd_board_before(at->board, at->root, &question->key);
	answer_page(at, start, start, question->rows, &question->key, out);
}

/* Also for one row a row above it: where the key's group goes on above the page of a shard that
 * holds none of it, the page's own first row would not tell. */
static void
answer_around(const struct hd_part_board *at, const struct hd_question *question,
	      const struct hd_board_key *key, struct hd_writer *out)
{
	HD_ASSERT(question->rows >= 1 && question->rows <= HD_ROWS_MAX);
	if (question->flags & HD_ASK_ENTRANT)
		hd_key_write(out, key);
	uint64_t place = hd_board_before(at->board, at->root, key);
	uint64_t context = question->rows > 1 ? question->rows - 1 : 1;
	uint64_t above = context < place ? context : place;
	answer_page(at, place - above, place, above + question->rows, NULL, out);
}

/* The asker's key range as this shard sees it; see gather_pivot.c for the asker's side. */
struct pivots {
	uint64_t bounds[HD_PIVOTS + 2];
	uint32_t bounds_count;
	uint64_t offset, first, end; /* wanted; positions of the outer bounds over all shards */
	uint64_t samples, shard, shards;
};

static void
pivots_read(const struct hd_part_board *at, const struct hd_question *question,
	    struct pivots *pivots)
{
	struct hd_reader in = question->rest;
	pivots->offset = hd_read_varint(&in);
	pivots->first = hd_read_varint(&in);
	pivots->end = hd_read_varint(&in);
	pivots->samples = hd_read_bounded(&in, HD_PIVOTS);
	pivots->shard = hd_read_bounded(&in, HD_SHARDS_MAX - 1);
	pivots->shards = hd_read_bounded(&in, HD_SHARDS_MAX);
	bool from_top = hd_read_u8(&in), to_end = hd_read_u8(&in);
	uint32_t keys = (uint32_t)hd_read_bounded(&in, HD_PIVOTS + 2);
	HD_ASSERT(keys + from_top + to_end <= HD_PIVOTS + 2 && keys + from_top + to_end >= 2);
	uint32_t count = 0;
	if (from_top)
		pivots->bounds[count++] = 0;
	for (uint32_t i = 0; i < keys; i++) {
		struct hd_board_key key;
		hd_key_read(&in, &key);
		pivots->bounds[count++] = hd_board_before(at->board, at->root, &key);
	}
	if (to_end)
		pivots->bounds[count++] = hd_board_count(at->board, at->root);
	pivots->bounds_count = count;
	HD_ASSERT(!in.bad && hd_reader_left(&in) == 0);
}

/* Where the wanted position would be if this shard's entrants were spread as all are. */
static uint32_t
pivots_guess(const struct pivots *pivots)
{
	uint32_t last = pivots->bounds_count - 1, i = 0;
	uint64_t own = pivots->bounds[last] - pivots->bounds[0];
	unsigned __int128 wanted = (unsigned __int128)(pivots->offset - pivots->first) * own;
	uint64_t all = pivots->end - pivots->first;
	while (i + 1 < last &&
	       (unsigned __int128)(pivots->bounds[i + 1] - pivots->bounds[0]) * all <= wanted)
		i++;
	return i;
}

/* Keys evenly through [a, b), never its first; each shard a little later than the one before it, so
 * that shards that are spread alike do not all send the same quantile. */
static void
pivots_sample(const struct hd_part_board *at, const struct pivots *pivots, uint64_t a, uint64_t b,
	      struct hd_writer *out)
{
	uint64_t room = b - a > 1 ? b - a - 1 : 0;
	uint64_t samples = room < pivots->samples ? room : pivots->samples;
	HD_ASSERT(b >= a && room <= UINT32_MAX);
	hd_write_varint(out, samples);
	for (uint64_t j = 0; j < samples; j++) {
		uint64_t step = 2 * j * pivots->shards + 2 * pivots->shard + 1;
		uint64_t to = a + 1 + room * step / (2 * samples * pivots->shards);
		struct hd_board_walk walk;
		hd_board_seek(&walk, at->board, at->root, to);
		bool there = hd_board_next(&walk);
		HD_ASSERT(there);
		hd_key_write(out, &walk.row);
	}
}

static void
answer_pivots(const struct hd_part_board *at, const struct hd_question *question,
	      struct hd_writer *out)
{
	struct pivots pivots;
	pivots_read(at, question, &pivots);
	uint32_t last = pivots.bounds_count - 1, guess = pivots_guess(&pivots);
	for (uint32_t i = 0; i <= last; i++)
		hd_write_varint(out, pivots.bounds[i]);
	uint32_t from = guess > 0 ? guess - 1 : 0, to = guess + 2 < last ? guess + 2 : last;
	HD_ASSERT(from < to);
	hd_write_varint(out, to - from);
	for (uint32_t i = from; i < to; i++)
		pivots_sample(at, &pivots, pivots.bounds[i], pivots.bounds[i + 1], out);
}

/* Answers from a board that was found; true: nothing more will be asked of its pin. */
static bool
answer_board(const struct hd_part_board *at, const struct hd_question *question,
	     const struct hd_board_key *key, struct hd_writer *out)
{
	bool done = false;
	switch ((enum hd_ask)question->ask) {
	case HD_ASK_COUNT:
		answer_count(at, question, out);
		break;
	case HD_ASK_TELL:
		done = answer_tell(at, question, key, out);
		break;
	case HD_ASK_RUN:
		done = answer_run(at, question, key, out);
		break;
	case HD_ASK_ROWS:
		answer_rows(at, question, out);
		break;
	case HD_ASK_AROUND:
		answer_around(at, question, key, out);
		break;
	case HD_ASK_PIVOTS:
		answer_pivots(at, question, out);
		break;
	case HD_ASK_INFO:
	case HD_ASK_DROP:
	case HD_ASK_END:
		HD_UNREACHABLE();
	}
	return (question->flags & HD_ASK_LAST) || (done && (question->flags & HD_ASK_LAST_IF_DONE));
}

static void
answer_info(const struct hd_core *core, const struct hd_question *question, struct hd_writer *out)
{
	uint16_t hunt;
	if (!hd_core_hunt_find(core, question->hunt, &hunt)) {
		hd_write_u8(out, HD_ERR_NOHUNT);
		return;
	}
	uint8_t pairs[HD_INFO_MAX];
	struct hd_writer info = hd_writer_of(pairs, sizeof(pairs));
	hd_part_info_write(core, hunt, &info);
	hd_write_u8(out, HD_ERR_NONE);
	hd_write_varint(out, hd_core_hunt_entrants(core, hunt));
	hd_write_bytes(out, hd_bytes_of(pairs, (size_t)(info.at - pairs)));
}

/* What the question reads: its pin where it has one, else the board as it is now. */
static uint8_t
answer_find(struct hd_core *core, const struct hd_pin *pin, const struct hd_question *question,
	    struct hd_part_board *at, struct hd_board_key *key)
{
	*key = question->key;
	if (pin) {
		*at = pin->at;
		return hd_pin_valid(pin, core) ? HD_ERR_NONE : HD_PART_LOST;
	}
	bool named = question->flags & HD_ASK_BOARD;
	enum hd_error error = hd_part_board_find(
		core, question->hunt, named ? &question->board : NULL, question->view, at);
	if (error)
		return (uint8_t)error;
	if ((question->flags & HD_ASK_ENTRANT) &&
	    !hd_part_standing(core, at, question->entrant, 0, key))
		return HD_PART_ABSENT;
	return HD_ERR_NONE;
}

bool
hd_part_ready(const struct hd_core *core, struct hd_bytes bytes)
{
	struct hd_question question;
	struct hd_part_board at;
	hd_question_decode(bytes, &question);
	HD_ASSERT(core != NULL);
	if (question.ask == HD_ASK_INFO || question.ask == HD_ASK_DROP)
		return true;
	bool named = question.flags & HD_ASK_BOARD;
	return hd_part_board_find(core, question.hunt, named ? &question.board : NULL,
				  question.view, &at) != HD_ERR_NONE ||
	       hd_core_board_ready(core, at.hunt, at.number);
}

void
hd_part_answer(struct hd_core *core, struct hd_pins *pins, uint32_t asker, struct hd_bytes bytes,
	       struct hd_writer *out)
{
	struct hd_question question;
	hd_question_decode(bytes, &question);
	HD_ASSERT(core && pins);
	if (question.ask == HD_ASK_INFO) {
		answer_info(core, &question, out);
		HD_ASSERT(!out->full);
		return;
	}
	if (question.flags & HD_ASK_FRESH)
		hd_pins_let_go(pins, asker, question.pin);
	struct hd_pin *pin = NULL;
	if (question.flags & HD_ASK_HOLD)
		pin = hd_pins_find(pins, asker, question.pin);
	HD_ASSERT(!(question.flags & HD_ASK_HOLD) || !pin == !!(question.flags & HD_ASK_FRESH));
	uint8_t status = HD_ERR_NONE;
	bool finished = true;
	if (question.ask != HD_ASK_DROP) {
		struct hd_part_board at;
		struct hd_board_key key;
		status = answer_find(core, pin, &question, &at, &key);
		hd_write_u8(out, status);
		if (!status)
			finished = answer_board(&at, &question, &key, out);
		if (!finished && !pin && (question.flags & HD_ASK_HOLD))
			hd_pins_hold(pins, core, asker, question.pin, &at);
	} else {
		hd_write_u8(out, HD_ERR_NONE);
	}
	if (finished && (question.flags & HD_ASK_HOLD))
		hd_pins_let_go(pins, asker, question.pin);
	HD_ASSERT(!out->full);
}
