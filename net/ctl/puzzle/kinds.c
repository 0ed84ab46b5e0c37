/* kinds: what there is, from the kinds' own rows. */
#include <stdio.h>

#include "net/ctl/puzzle/tool.h"

static const char *
level_of(const struct hd_puzzle_kind *kind, uint8_t tier)
{
	static const char *const names[] = {"easy", "medium", "hard"};
	for (uint8_t i = 0; i < 3; i++)
		if (kind->levels[i] == tier && strcmp(kind->tiers[tier], names[i]) != 0)
			return names[i];
	return NULL;
}

static json_t *
fact_of(const struct hd_puzzle_kind *kind)
{
	json_t *tiers = json_array(), *forms = json_array();
	for (uint8_t i = 0; i < kind->tiers_count; i++)
		json_array_append_new(tiers, json_string(kind->tiers[i]));
	for (enum hd_puzzle_form form = 0; form < HD_PUZZLE_FORM_COUNT; form++)
		if (hd_tool_has_form(kind, form))
			json_array_append_new(forms, json_string(hd_tool_form(form)));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:o, s:i, s:s}", "kind",
			 kind->name, "about", kind->about, "params", kind->params_form, "default",
			 kind->defaults, "tiers", tiers, "easy", kind->tiers[kind->levels[0]],
			 "medium", kind->tiers[kind->levels[1]], "hard",
			 kind->tiers[kind->levels[2]], "forms", forms, "algorithm",
			 (int)kind->algorithm, "answer",
			 kind->around_answer ? "inside" : "overlay");
}

static void
print(const struct hd_puzzle_kind *kind)
{
	printf("%-13s %s\n", kind->name, kind->about);
	printf("  params      %s; %s if absent\n", kind->params_form, kind->defaults);
	printf("  tiers       ");
	for (uint8_t i = 0; i < kind->tiers_count; i++) {
		const char *level = level_of(kind, i);
		printf("%s%s%s%s%s", i ? ", " : "", kind->tiers[i], level ? " (" : "",
		       level ? level : "", level ? ")" : "");
	}
	printf("\n  forms       text");
	for (enum hd_puzzle_form form = 0; form < HD_PUZZLE_FORM_COUNT; form++)
		if (hd_tool_has_form(kind, form))
			printf(", %s", hd_tool_form(form));
	printf(", json, svg\n  answer      %s\n  algorithm   %u\n",
	       kind->around_answer ? "in the solution"
				   : "by letters that cells of the solution turn",
	       kind->algorithm);
}

int
hd_tool_kinds(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file)
{
	(void)work;
	(void)file;
	json_t *facts = json_array();
	for (uint32_t i = 0; hd_puzzle_kinds[i]; i++) {
		if (!ctl->json)
			print(hd_puzzle_kinds[i]);
		json_array_append_new(facts, fact_of(hd_puzzle_kinds[i]));
	}
	if (ctl->json)
		return hd_ctl_print(ctl, facts);
	json_decref(facts);
	return HD_EXIT_OK;
}
