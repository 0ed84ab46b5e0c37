/* convert: puzzles in another form. */
#include <stdio.h>

#include "huntd/assert.h"
#include "net/ctl/puzzle/tool.h"

static const char *const forms[] = {[HD_PUZZLE_FORM_SGT] = "sgt",
				    [HD_PUZZLE_FORM_81] = "81",
				    [HD_PUZZLE_FORM_NON] = "non",
				    NULL};

const char *
hd_tool_form(enum hd_puzzle_form form)
{
	HD_ASSERT(form < HD_PUZZLE_FORM_COUNT);
	return forms[form];
}

/* Its tier is not in a text: it is found out. */
static bool
to_json(struct hd_tool_reading *reading)
{
	struct hd_tool_item *item = &reading->item;
	struct hd_puzzle_spec spec = {.kind = item->kind, .params = item->params};
	struct hd_writer out = hd_writer_of(reading->draw, sizeof reading->draw);
	struct hd_puzzle_solved solved;
	if (!hd_tool_solved(&reading->job, item->kind, &item->params, item->text, HD_PUZZLE_GRADE,
			    &solved))
		return false;
	if (solved.verdict != HD_PUZZLE_UNIQUE)
		return hd_tool_wrong(item, "it has no tier: %s", hd_tool_verdict(solved.verdict));
	if (solved.rating.tier >= item->kind->tiers_count)
		return hd_tool_wrong(item, "it is beyond all tiers of %s", item->kind->name);
	spec.tier = solved.rating.tier;
	hd_puzzle_json(&spec, item->text, item->laid ? &item->overlay : NULL, &out);
	HD_ASSERT(!out.full);
	fwrite(reading->draw, 1, (size_t)(out.at - reading->draw), stdout);
	putchar('\n');
	return true;
}

static bool
to_form(struct hd_tool_reading *reading, enum hd_puzzle_form form)
{
	struct hd_tool_item *item = &reading->item;
	struct hd_writer out = hd_writer_of(reading->draw, sizeof reading->draw);
	if (!hd_tool_has_form(item->kind, form))
		return hd_tool_wrong(item, "%s has no form `%s`; huntctl puzzle kinds",
				     item->kind->name, forms[form]);
	if (form == HD_PUZZLE_FORM_81 && item->params.variant != 0)
		return hd_tool_wrong(item, "81 characters cannot say which variant it is");
	item->kind->form_write(form, item->text, &out);
	HD_ASSERT(!out.full);
	return hd_tool_give(reading, forms[form],
			    hd_bytes_of(reading->draw, (size_t)(out.at - reading->draw)));
}

static bool
convert_one(struct hd_tool_reading *reading, const struct hd_tool_work *work)
{
	const char *to = reading->ctl->text[HD_CTL_OPT_to];
	struct hd_bytes out;
	(void)work;
	if (strcmp(to, "json") == 0)
		return to_json(reading);
	if (strcmp(to, "text") == 0)
		return hd_tool_give(reading, to, reading->item.text);
	if (strcmp(to, "svg") == 0)
		return hd_tool_draw(reading, true, false, &out) && hd_tool_give(reading, to, out);
	for (enum hd_puzzle_form form = 0; form < HD_PUZZLE_FORM_COUNT; form++)
		if (strcmp(to, forms[form]) == 0)
			return to_form(reading, form);
	HD_UNREACHABLE();
}

int
hd_tool_convert(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file)
{
	static const char *const all[] = {"text", "sgt", "81", "non", "json", "svg", NULL};
	const char *to = ctl->text[HD_CTL_OPT_to];
	bool known = false;
	for (int i = 0; to && all[i]; i++)
		known |= strcmp(all[i], to) == 0;
	if (!known) {
		hd_ctl_fail("convert needs --to text, sgt, 81, non, json or svg%s%s%s",
			    to ? "; got `" : "", to ? to : "", to ? "`" : "");
		return HD_EXIT_USAGE;
	}
	return hd_tool_read(ctl, work, file, convert_one);
}
