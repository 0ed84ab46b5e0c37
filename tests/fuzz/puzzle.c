/* A puzzle's text from anybody: it is refused with a message, or it can be solved, graded, hinted
 * at, drawn and written in every form, within memory and steps that are known beforehand.
 *
 * The first byte says the kind and what is asked; the rest is the text, up to a TAB; behind that a
 * solution for the verifier. */
#include "huntd/puzzle.h"
#include "tests/fuzz/fuzz.h"

#define FUEL 20000 /* a hostile text may take its whole budget: it is not waited for */

static uint8_t out[64 * HD_PUZZLE_TEXT_MAX]; /* an SVG of 62x62 cells, and more */

static uint32_t
kinds(void)
{
	uint32_t count = 0;
	while (hd_puzzle_kinds[count] != NULL)
		count++;
	return count;
}

/* In memory of its exact size, for ASan to watch. */
static void
solve(const struct hd_puzzle_kind *kind, const struct hd_puzzle_params *params,
      struct hd_bytes from, enum hd_puzzle_mode mode)
{
	size_t size = hd_puzzle_solve_size(kind, params);
	uint8_t *memory = aligned_alloc(64, size);
	struct hd_puzzle_solved solved;
	struct hd_puzzle_job *job = hd_puzzle_solve(memory, kind, from, mode);
	bool ready = hd_puzzle_step(job, 1) == HD_PUZZLE_READY ||
		     hd_puzzle_step(job, FUEL) == HD_PUZZLE_READY;
	if (ready) {
		hd_puzzle_solved(job, &solved);
		bool has = solved.verdict == HD_PUZZLE_UNIQUE || solved.solution.size > 0;
		HD_ASSERT(!has || kind->verify(from, solved.solution));
		HD_ASSERT(solved.verdict != HD_PUZZLE_UNIQUE || solved.solution.size > 0);
	}
	free(memory);
}

static void
show(const struct hd_puzzle_kind *kind, struct hd_bytes from)
{
	struct hd_writer writer = hd_writer_of(out, sizeof(out));
	kind->draw_text(from, (struct hd_bytes){0}, &writer);
	kind->draw_svg(from, (struct hd_bytes){0}, NULL, &writer);
	for (unsigned form = 0; form < HD_PUZZLE_FORM_COUNT; form++)
		if (kind->forms >> form & 1)
			kind->form_write((enum hd_puzzle_form)form, from, &writer);
	HD_ASSERT(!writer.full);
}

/* What a form's reader makes of the bytes is checked like any other text. */
static void
read_forms(const struct hd_puzzle_kind *kind, struct hd_bytes from)
{
	struct hd_puzzle_params params;
	for (unsigned form = 0; form < HD_PUZZLE_FORM_COUNT; form++) {
		struct hd_writer writer = hd_writer_of(out, HD_PUZZLE_TEXT_MAX);
		if (!(kind->forms >> form & 1) ||
		    kind->form_read((enum hd_puzzle_form)form, from, &writer) != NULL ||
		    writer.full)
			continue;
		kind->check(hd_bytes_of(out, (size_t)(writer.at - out)), &params);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct hd_puzzle_params params;
	if (size < 2 || size > HD_PUZZLE_TEXT_MAX)
		return 0;
	const struct hd_puzzle_kind *kind = hd_puzzle_kinds[(at[0] & 0x3f) % kinds()];
	const uint8_t *tab = memchr(at + 1, '\t', size - 1);
	size_t length = tab != NULL ? (size_t)(tab - at - 1) : size - 1;
	uint8_t *exact = malloc(length + 1);
	memcpy(exact, at + 1, length);
	struct hd_bytes from = hd_bytes_of(exact, length);
	if (kind->check(from, &params) == NULL) {
		kind->verify(from, tab ? hd_bytes_of(tab + 1, size - length - 2) : from);
		solve(kind, &params, from, (enum hd_puzzle_mode)((at[0] >> 6) % 3));
		show(kind, from);
	}
	read_forms(kind, from);
	free(exact);
	return 0;
}
