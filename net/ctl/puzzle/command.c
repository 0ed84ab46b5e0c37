/* puzzle: which work, whether its options are its own, and help. */
#include <stdio.h>

#include "net/ctl/puzzle/tool.h"

#define KINDS_MAX 64u
#define T(field)  HD_CTL_TAKES(field)
#define GLOBALS   (T(host) | T(port) | T(json) | T(help) | T(version))

const struct hd_tool_work hd_tool_works[] = {
	{"deal", "[--params P] [--tier T] [--count N] [--seed S] [--phrase TEXT]",
	 "puzzles, one a line (--json: with solution and answer)",
	 T(params) | T(tier) | T(count) | T(seed) | T(phrase), false, hd_tool_deal},
	{"solve", "[FILE]", "each one's solution, or none, many, budget", 0, true, hd_tool_solve},
	{"count", "[FILE]", "none, unique, many, or budget: it was given up", 0, true,
	 hd_tool_solve},
	{"grade", "[FILE]", "the tier of each", 0, true, hd_tool_solve},
	{"hint", "[FILE]", "the next step that a person would find", 0, true, hd_tool_solve},
	{"verify", "[FILE]", "of lines TEXT, tab, SOLUTION: ok or wrong", 0, true, hd_tool_solve},
	{"render", "[--to text|svg] [--solution] [--out DIR] [FILE]", "draw them",
	 T(to) | T(solution) | T(out), true, hd_tool_render},
	{"convert", "--to text|sgt|81|non|json|svg [--out DIR] [FILE]", "in another form",
	 T(to) | T(out), true, hd_tool_convert},
	{"bench", "[--params P] [--tier T] [--seconds SEC]", "how fast each is made and solved",
	 T(params) | T(tier) | T(seconds), false, hd_tool_bench},
	{"kinds", "", "kinds with their params, tiers and forms", 0, false, hd_tool_kinds},
	{0},
};

static int
help(void)
{
	puts("huntctl puzzle: deal, solve, grade and draw puzzles. Try:\n\n"
	     "  huntctl puzzle deal --kind sudoku --tier hard --json >one.json\n"
	     "  huntctl puzzle render one.json\n");
	for (const struct hd_tool_work *work = hd_tool_works; work->name; work++) {
		printf("  %-8s %-28s", work->name, strlen(work->usage) > 28 ? "" : work->usage);
		printf(" %s\n", work->about);
		if (strlen(work->usage) > 28)
			printf("           %s\n", work->usage);
	}
	puts("\nAll but kinds take --kind KIND; a line of JSON names its own. FILE: one puzzle a\n"
	     "line (none or -: stdin), or .non. One line comes out for each; one that is no\n"
	     "puzzle gives `error: ...`, and the exit code is then 1. --json everywhere.\n"
	     "hint: sudoku (81 characters), cryptogram and lightsout as they stand, others "
	     "untouched.");
	return HD_EXIT_OK;
}

static const struct hd_tool_work *
find(const char *name)
{
	const char *names[16] = {NULL};
	uint32_t count = 0;
	for (const struct hd_tool_work *work = hd_tool_works; work->name; work++) {
		if (strcmp(work->name, name) == 0)
			return work;
		names[count++] = work->name;
	}
	const char *best = hd_ctl_nearest(name, names);
	hd_ctl_fail("`puzzle %s` is not known%s%s%s; huntctl puzzle --help lists them", name,
		    best ? "; did you mean `" : "", best ? best : "", best ? "`" : "");
	return NULL;
}

static const char *const option_names[HD_CTL_OPT_COUNT] = {
#define X(field, name, letter, kind, argument, help) name,
	HD_CTL_OPTIONS(X)
#undef X
};

static bool
options_fit(const struct hd_ctl *ctl, const struct hd_tool_work *work)
{
	uint64_t own = work->options | GLOBALS | (work->run == hd_tool_kinds ? 0 : T(kind));
	for (int i = 0; i < HD_CTL_OPT_COUNT; i++)
		if (ctl->given & ~own & UINT64_C(1) << i) {
			hd_ctl_fail("`puzzle %s` takes no --%s; huntctl puzzle --help", work->name,
				    option_names[i]);
			return false;
		}
	return true;
}

int
hd_ctl_puzzle(struct hd_ctl *ctl, int argc, char **argv)
{
	if (argc == 0 || ctl->given & T(help))
		return help();
	const struct hd_tool_work *work = find(argv[0]);
	if (!work || !options_fit(ctl, work))
		return HD_EXIT_USAGE;
	if (argc > (work->reads ? 2 : 1)) {
		hd_ctl_fail("usage: huntctl puzzle %s%s%s", work->name, *work->usage ? " " : "",
			    work->usage);
		return HD_EXIT_USAGE;
	}
	hd_tool_listen();
	int code = work->run(ctl, work, argc > 1 ? argv[1] : NULL);
	hd_tool_calm();
	return code;
}

/* What several works read of the options. */

const struct hd_puzzle_kind *
hd_tool_kind(const struct hd_ctl *ctl)
{
	const char *name = ctl->text[HD_CTL_OPT_kind], *names[KINDS_MAX] = {NULL};
	char list[512] = "";
	size_t used = 0;
	uint32_t count = 0;
	if (name && hd_puzzle_kind(hd_bytes_str(name)))
		return hd_puzzle_kind(hd_bytes_str(name));
	for (uint32_t i = 0; hd_puzzle_kinds[i] && count + 1 < KINDS_MAX; i++) {
		const char *each = hd_puzzle_kinds[i]->name;
		if (hd_puzzle_kind(hd_bytes_str(each)) != hd_puzzle_kinds[i])
			continue; /* an older version */
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", count ? ", " : "",
					 each);
		names[count++] = each;
	}
	const char *best = name ? hd_ctl_nearest(name, names) : NULL;
	if (!name)
		hd_ctl_fail("which kind of puzzles? --kind KIND; there are: %s", list);
	else if (best)
		hd_ctl_fail("`%s` is no kind of puzzles; did you mean `%s`? there are: %s", name,
			    best, list);
	else
		hd_ctl_fail("`%s` is no kind of puzzles; there are: %s", name, list);
	return NULL;
}

static bool
is_level(const char *tier)
{
	return strcmp(tier, "easy") == 0 || strcmp(tier, "medium") == 0 ||
	       strcmp(tier, "hard") == 0;
}

static bool
read_tier(const struct hd_puzzle_kind *kind, const char *name, uint8_t *tier)
{
	const char *words[HD_PUZZLE_TIERS_MAX + 4] = {"easy", "medium", "hard"};
	char list[256] = "";
	size_t used = 0;
	if (hd_puzzle_tier(kind, hd_bytes_str(name), tier))
		return true;
	for (uint8_t i = 0; i < kind->tiers_count; i++) {
		words[3 + i] = kind->tiers[i];
		if (!is_level(kind->tiers[i]))
			used += (size_t)snprintf(list + used, sizeof list - used, ", %s",
						 kind->tiers[i]);
	}
	const char *best = hd_ctl_nearest(name, words);
	hd_ctl_fail("`%s` is no tier of %s%s%s%s; there are: easy, medium, hard%s", name,
		    kind->name, best ? "; did you mean `" : "", best ? best : "", best ? "`" : "",
		    list);
	return false;
}

bool
hd_tool_spec(const struct hd_ctl *ctl, struct hd_puzzle_spec *spec)
{
	const struct hd_puzzle_kind *kind = spec->kind;
	const char *params = ctl->text[HD_CTL_OPT_params], *tier = ctl->text[HD_CTL_OPT_tier];
	const char *text = params ? params : kind->defaults;
	if (kind->params_read(hd_bytes_str(text), &spec->params)) {
		hd_ctl_fail("--params of %s must be %s; got `%s`", kind->name, kind->params_form,
			    text);
		return false;
	}
	if (!read_tier(kind, tier ? tier : "medium", &spec->tier))
		return false;
	const char *why = kind->params_deny(&spec->params, spec->tier);
	if (why)
		hd_ctl_fail("%s %s of tier %s: %s", kind->name, text, kind->tiers[spec->tier], why);
	return why == NULL;
}
