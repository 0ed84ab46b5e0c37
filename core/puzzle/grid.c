#include "core/puzzle/grid.h"

#include "core/puzzle/text.h"
#include "huntd/assert.h"

bool
hd_grid_take(struct hd_reader *in, struct hd_grid_sides sides, const char *mark,
	     struct hd_puzzle_params *params)
{
	uint32_t width, height;
	HD_ASSERT(sides.least > 0 && sides.least <= sides.most && mark != NULL);
	if (!hd_text_take_size(in, sides.least, sides.most, &width) || !hd_text_take(in, 'x') ||
	    !hd_text_take_size(in, sides.least, sides.most, &height))
		return false;
	for (; *mark != '\0'; mark++)
		if (!hd_text_take(in, *mark))
			return false;
	*params = (struct hd_puzzle_params){.width = (uint16_t)width, .height = (uint16_t)height};
	return true;
}

bool
hd_grid_read(struct hd_bytes text, struct hd_grid_sides sides, const char *mark,
	     struct hd_puzzle_params *params)
{
	struct hd_reader in = hd_reader_of(text);
	struct hd_puzzle_params read;
	HD_ASSERT(params != NULL);
	if (!hd_grid_take(&in, sides, mark, &read) || in.at != in.end)
		return false;
	*params = read;
	return true;
}

void
hd_grid_write(const struct hd_puzzle_params *params, const char *mark, struct hd_writer *out)
{
	HD_ASSERT(params->width > 0 && params->height > 0 && params->variant == 0);
	hd_text_put_number(out, params->width);
	hd_text_put(out, "x");
	hd_text_put_number(out, params->height);
	hd_text_put(out, mark);
}
