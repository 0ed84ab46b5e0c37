/* Whether a picture has the runs that a text says: reads both side by side, and knows nothing of
 * how either was made or solved. */
#include "core/puzzle/nonogram/nonogram.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

/* One line's runs: `cells` of them from `at`, `stride` bytes apart. */
static bool
line_holds(struct hd_reader *in, const uint8_t *at, uint32_t cells, uint32_t stride)
{
	uint32_t length = 0, said;
	bool first = true;
	HD_ASSERT(cells > 0 && stride > 0);
	for (uint32_t i = 0; i <= cells; i++) {
		if (i < cells && at[i * stride] == '1') {
			length++;
			continue;
		}
		if (length == 0)
			continue;
		if (!first && !hd_text_take(in, '.'))
			return false;
		if (!hd_text_take_number(in, cells, &said) || said != length)
			return false;
		first = false;
		length = 0;
	}
	return true;
}

static bool
picture_is(struct hd_bytes solution, uint32_t width, uint32_t height)
{
	if (solution.size != height * (width + 1) - 1)
		return false;
	for (uint32_t i = 0; i < solution.size; i++) {
		uint8_t byte = solution.at[i];
		if (i % (width + 1) == width ? byte != '/' : byte != '0' && byte != '1')
			return false;
	}
	return true;
}

bool
hd_nonogram_verify(struct hd_bytes text, struct hd_bytes solution)
{
	struct hd_reader in = hd_reader_of(text);
	uint32_t width, height;
	bool sized = hd_text_take_number(&in, HD_NONOGRAM_SIDE, &width) && hd_text_take(&in, 'x') &&
		     hd_text_take_number(&in, HD_NONOGRAM_SIDE, &height) && hd_text_take(&in, ':');
	HD_ASSERT(sized && width > 0 && height > 0);
	if (!picture_is(solution, width, height))
		return false;
	for (uint32_t column = 0; column < width; column++)
		if (!line_holds(&in, solution.at + column, height, width + 1) ||
		    !hd_text_take(&in, '/'))
			return false;
	for (uint32_t row = 0; row < height; row++)
		if (!line_holds(&in, solution.at + row * (width + 1), width, 1) ||
		    (row + 1 < height && !hd_text_take(&in, '/')))
			return false;
	return in.at == in.end;
}
