/* part_question.c - a question's bytes. */
#include "core/board/part_question.h"

#include "huntd/gather.h"

static_assert(HD_PART_MAX >= 2 * HD_ROWS_MAX * HD_KEY_MAX + HD_PAGE_HEAD_MAX + HD_KEY_MAX,
	      "AROUND's rows on both sides fit a part");
static_assert(HD_PART_MAX >= (HD_ROWS_MAX + HD_SKIP_MAX) * HD_KEY_MAX + HD_PAGE_HEAD_MAX,
	      "a deep TOP's rows fit a part");
static_assert(HD_PART_MAX >= HD_DENSE_RUN * 20u + HD_PAGE_HEAD_MAX + HD_KEY_MAX,
	      "a run fits a part");
static_assert(HD_QUESTION_MAX >= (HD_PIVOTS + 2) * HD_KEY_MAX + 4 * (HD_ID_MAX + 2) + 256,
	      "pivots and the two bounds around them fit a question");

void
hd_question_encode(const struct hd_question *question, struct hd_writer *out)
{
	HD_ASSERT(question->ask < HD_ASK_END);
	hd_write_u8(out, question->ask);
	hd_write_u8(out, question->mode);
	hd_write_u8(out, question->view);
	hd_write_varint(out, question->flags);
	hd_write_varint(out, question->pin);
	hd_write_bytes(out, question->hunt);
	if (question->flags & HD_ASK_BOARD)
		hd_write_bytes(out, question->board);
	if (question->flags & HD_ASK_ENTRANT)
		hd_write_bytes(out, question->entrant);
	if (question->flags & HD_ASK_KEY)
		hd_key_write(out, &question->key);
	hd_write_signed(out, question->low);
	hd_write_signed(out, question->high);
	hd_write_varint(out, question->rows);
	HD_ASSERT(!out->full);
}

void
hd_question_decode(struct hd_bytes bytes, struct hd_question *question)
{
	struct hd_reader in = hd_reader_of(bytes);
	*question = (struct hd_question){.ask = hd_read_u8(&in)};
	question->mode = hd_read_u8(&in);
	question->view = hd_read_u8(&in);
	question->flags = (uint32_t)hd_read_bounded(&in, UINT32_MAX);
	question->pin = hd_read_varint(&in);
	question->hunt = hd_read_bytes(&in, HD_ID_MAX);
	if (question->flags & HD_ASK_BOARD)
		question->board = hd_read_bytes(&in, HD_ID_MAX);
	if (question->flags & HD_ASK_ENTRANT)
		question->entrant = hd_read_bytes(&in, HD_ID_MAX);
	if (question->flags & HD_ASK_KEY)
		hd_key_read(&in, &question->key);
	question->low = hd_read_signed(&in);
	question->high = hd_read_signed(&in);
	question->rows = (uint32_t)hd_read_bounded(&in, HD_ROWS_MAX + HD_SKIP_MAX);
	question->rest = in;
	HD_ASSERT(question->ask < HD_ASK_END);
	HD_ASSERT(!in.bad);
}
