/* What an algorithm's version makes, it makes for ever: a log names (j, try) and nothing else, and
 * replay must find the same instance. instances.txt has, of every kind and tier, 32 of them:
 *
 *   kind version params tier j try hash
 *
 * Where a line no longer comes out, an old version's output has changed: give the new algorithm a
 * new number, and keep the old one's code. `test_instances --write` writes the file anew: for a
 * kind or a version that is new. */
#include "tests/unit/puzzle/kinds_world.h"

#include <sodium/crypto_generichash.h>

#define FILE_NAME (HD_TEST_FILES "/puzzle/instances.txt")
#define EACH      32u
#define HASH      8u /* bytes */

/* Of text, solution and what a player is sent. */
static void
hash_of(const struct instance *in, char hex[2 * HASH + 1])
{
	static uint8_t digits[HD_PUZZLE_CELLS_MAX], json[HD_PUZZLE_JSON_MAX];
	const struct hd_puzzle_kind *kind = in->spec.kind;
	struct hd_puzzle_overlay overlay;
	struct hd_writer out = hd_writer_of(json, sizeof(json));
	crypto_generichash_state state;
	uint8_t hash[crypto_generichash_BYTES];
	if (!kind->around_answer) {
		kind->digits_of(text_of(in), solution_of(in), digits);
		hd_puzzle_overlay_make(&in->spec, in->seed,
				       hd_bytes_of(in->answer, in->answer_size), digits, &overlay);
	}
	hd_puzzle_json(&in->spec, text_of(in), kind->around_answer ? NULL : &overlay, &out);
	assert_false(out.full);
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, in->text, in->text_size);
	crypto_generichash_update(&state, (const uint8_t *)"\n", 1);
	crypto_generichash_update(&state, in->solution, in->solution_size);
	crypto_generichash_update(&state, (const uint8_t *)"\n", 1);
	crypto_generichash_update(&state, json, (size_t)(out.at - json));
	crypto_generichash_final(&state, hash, sizeof(hash));
	for (uint32_t i = 0; i < HASH; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
}

struct line {
	char kind[32], params[32], tier[32], hash[2 * HASH + 1];
	unsigned version;
	uint32_t j, try;
};

static bool
read_line(FILE *file, struct line *line)
{
	return fscanf(file, "%31s %u %31s %31s %u %u %16s", line->kind, &line->version,
		      line->params, line->tier, &line->j, &line->try, line->hash) == 7;
}

static void
line_comes_out(const struct line *line, struct instance *in)
{
	const struct hd_puzzle_kind *kind =
		hd_puzzle_kind_of(hd_bytes_str(line->kind), (uint16_t)line->version);
	char hash[2 * HASH + 1];
	uint8_t tier;
	if (kind == NULL)
		fail_msg("no code makes version %u of %s", line->version, line->kind);
	assert_true(hd_puzzle_tier(kind, hd_bytes_str(line->tier), &tier));
	assert_true(instance_begin(in, kind, line->params, tier, line->j));
	if (instance_make(in, line->try, 1, ALL_FUEL, 0) != HD_PUZZLE_READY)
		fail_msg("%s %u %s %s %u: try %u makes none now", line->kind, line->version,
			 line->params, line->tier, line->j, line->try);
	hash_of(in, hash);
	if (strcmp(hash, line->hash) != 0)
		fail_msg("%s %u %s %s %u: the output changed under an old version", line->kind,
			 line->version, line->params, line->tier, line->j);
}

static void
old_instances_come_out_as_ever(void **state)
{
	FILE *file = fopen(FILE_NAME, "r");
	struct instance *in = malloc(sizeof(*in));
	struct line line;
	uint32_t lines = 0, want = 0;
	(void)state;
	assert_non_null(file);
	for (; read_line(file, &line); lines++)
		line_comes_out(&line, in);
	assert_true(feof(file));
	for (uint32_t k = 0; hd_puzzle_kinds[k] != NULL; k++)
		want += EACH * hd_puzzle_kinds[k]->tiers_count;
	assert_int_equal(lines, want); /* no kind, no tier is missing */
	fclose(file);
	free(in);
}

/* Spread over the samples of the kind that have the tier; a tier that none has: the defaults. */
static const char *
params_for(const struct hd_puzzle_kind *kind, uint32_t tier, uint32_t j)
{
	const char *with[4];
	uint32_t count = 0;
	for (uint32_t n = 0; n < 4 && sample_of(kind, n).params != NULL; n++)
		if (tier < sample_of(kind, n).tiers)
			with[count++] = sample_of(kind, n).params;
	return count > 0 ? with[j % count] : kind->defaults;
}

static int
write_file(void)
{
	FILE *file = fopen(FILE_NAME, "w");
	struct instance *in = malloc(sizeof(*in));
	assert_non_null(file);
	for (uint32_t k = 0; hd_puzzle_kinds[k] != NULL; k++) {
		const struct hd_puzzle_kind *kind = hd_puzzle_kinds[k];
		for (uint8_t tier = 0; tier < kind->tiers_count; tier++)
			for (uint32_t j = 0; j < EACH; j++) {
				const char *params = params_for(kind, tier, j);
				char hash[2 * HASH + 1];
				assert_true(instance_begin(in, kind, params, tier, j));
				assert_int_equal(instance_make(in, 0, TRIES, ALL_FUEL, 0),
						 HD_PUZZLE_READY);
				hash_of(in, hash);
				fprintf(file, "%s %u %s %s %u %u %s\n", kind->name, kind->algorithm,
					params, kind->tiers[tier], j, in->try, hash);
			}
	}
	free(in);
	return fclose(file);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(old_instances_come_out_as_ever)};
	if (argc == 2 && strcmp(argv[1], "--write") == 0)
		return write_file();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
