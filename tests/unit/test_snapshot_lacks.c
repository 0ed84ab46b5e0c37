/* A snapshot that a newer release wrote: all of it is there, and a document in it asks for what
 * this release lacks. It is told apart from a damaged one, by name. */
#include "huntd/definition.h"
#include "tests/unit/snapshot_world.h"

/* As the newer release would have written it, where lightsout is its `towers`. */
static void
rename_kind(struct hd_snap *snap)
{
	static const char old[] = "lightsout", new[] = "towers-of";
	uint32_t found = 0;
	for (uint8_t *at = snap->bytes;; found++) {
		size_t left = snap->size - (size_t)(at - snap->bytes);
		at = memmem(at, left, old, sizeof old - 1);
		if (at == NULL)
			break;
		memcpy(at, new, sizeof new - 1);
	}
	assert_true(found > 0);
	unsigned __int128 sum = 0;
	struct hd_reader in = {snap->bytes, snap->bytes + snap->size, false};
	while (in.at < in.end)
		sum += hd_object_hash(hd_read_bytes(&in, HD_OBJECT_MAX));
	assert_false(in.bad);
	memcpy(snap->digest, &sum, sizeof sum);
}

/* A core with the objects; the digest may be spoilt. */
static bool
lacks(const struct hd_snap *snap, uint8_t spoilt, char *what)
{
	struct hd_memory memory = hd_test_memory();
	struct hd_core *core = hd_core_create(&memory);
	struct hd_reader in = {snap->bytes, snap->bytes + snap->size, false};
	uint8_t digest[16];
	memcpy(digest, snap->digest, sizeof digest);
	digest[3] ^= spoilt;
	while (in.at < in.end)
		assert_true(hd_core_load(core, hd_read_bytes(&in, HD_OBJECT_MAX)));
	assert_false(hd_core_loaded(core, digest, snap->count));
	bool found = hd_core_lacks(core, what);
	hd_core_destroy(core);
	assert_int_equal(memory.used, 0);
	return found;
}

static void
test_what_it_lacks_is_named(void **state)
{
	(void)state;
	struct hd_world w;
	struct hd_snap snap = {0};
	char what[HD_LACKS_MAX];
	hd_world_init(&w);
	hd_world_document(&w, &bay);
	sweep_all(&w, &snap, 10);
	assert_false(lacks(&snap, 1, what));
	rename_kind(&snap);
	assert_true(lacks(&snap, 0, what));
	assert_string_equal(what, "puzzles of kind `towers-of`");
	assert_false(lacks(&snap, 1, what));
	free(snap.bytes);
	hd_world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_it_lacks_is_named)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
