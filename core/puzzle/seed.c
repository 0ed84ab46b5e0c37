/* Seeds, and which phrase a deal has. */
#include "core/puzzle/seed.h"

#include "huntd/assert.h"

#include <sodium/crypto_generichash.h>

#define FIELDS_MAX 128u
#define ROUNDS     8u

/* What a hash is for stands first, so that no two purposes hash the same bytes. */
enum purpose { PURPOSE_HUNT = 1, PURPOSE_BASE, PURPOSE_DEAL, PURPOSE_TRY, PURPOSE_PHRASES };

static void
hash(const uint8_t *key, enum purpose purpose, struct hd_bytes fields, uint8_t out[32])
{
	uint8_t bytes[1 + FIELDS_MAX];
	HD_ASSERT(fields.size <= FIELDS_MAX);
	bytes[0] = (uint8_t)purpose;
	memcpy(bytes + 1, fields.at, fields.size);
	crypto_generichash(out, 32, bytes, 1 + fields.size, key, 32);
}

void
hd_puzzle_hunt_secret(const uint8_t *server, struct hd_bytes hunt, uint8_t secret[32])
{
	HD_ASSERT(hunt.size > 0 && hunt.size <= HD_ID_MAX);
	hash(server, PURPOSE_HUNT, hunt, secret);
}

static void
spec_write(struct hd_writer *out, const struct hd_puzzle_spec *spec)
{
	HD_ASSERT(spec->kind != NULL && spec->tier < spec->kind->tiers_count);
	hd_write_bytes(out, hd_bytes_str(spec->kind->name));
	hd_write_varint(out, spec->kind->algorithm);
	hd_write_varint(out, spec->params.width);
	hd_write_varint(out, spec->params.height);
	hd_write_varint(out, spec->params.variant);
	hd_write_varint(out, spec->tier);
}

void
hd_puzzle_base_seed(const uint8_t *server, const struct hd_puzzle_spec *spec, uint64_t j,
		    uint8_t seed[HD_PUZZLE_SEED])
{
	uint8_t fields[FIELDS_MAX];
	struct hd_writer out = hd_writer_of(fields, sizeof(fields));
	spec_write(&out, spec);
	hd_write_varint(&out, j);
	HD_ASSERT(!out.full);
	hash(server, PURPOSE_BASE, hd_bytes_of(fields, (size_t)(out.at - fields)), seed);
}

void
hd_puzzle_deal_seed(const uint8_t *hunt, uint32_t challenge, const struct hd_puzzle_spec *spec,
		    uint64_t d, uint8_t seed[HD_PUZZLE_SEED])
{
	uint8_t fields[FIELDS_MAX];
	struct hd_writer out = hd_writer_of(fields, sizeof(fields));
	spec_write(&out, spec);
	hd_write_varint(&out, challenge);
	hd_write_varint(&out, d);
	HD_ASSERT(!out.full);
	hash(hunt, PURPOSE_DEAL, hd_bytes_of(fields, (size_t)(out.at - fields)), seed);
}

void
hd_puzzle_try_seed(const uint8_t seed[HD_PUZZLE_SEED], uint32_t try, uint8_t out[HD_PUZZLE_SEED])
{
	HD_ASSERT(seed != out);
	hash(seed, PURPOSE_TRY, hd_bytes_of(&try, sizeof(try)), out);
}

/* A Feistel network of `ROUNDS` rounds over 2 * half bits: a permutation of them, whatever the
 * round function. Luby and Rackoff, 1988; walked until inside, Black and Rogaway, 2002. */
struct feistel {
	uint8_t key[32];
	uint32_t half; /* bits */
};

static struct feistel
feistel_of(const uint8_t *hunt, uint32_t challenge, uint32_t count)
{
	struct feistel f = {.half = 1};
	uint32_t fields[2] = {challenge, count};
	HD_ASSERT(count > 0 && count <= UINT32_MAX / 2);
	hash(hunt, PURPOSE_PHRASES, hd_bytes_of(fields, sizeof(fields)), f.key);
	while ((uint64_t)1 << 2 * f.half < count)
		f.half++;
	return f;
}

static uint32_t
feistel_round(const struct feistel *f, uint32_t round, uint32_t half)
{
	uint8_t in[5] = {(uint8_t)round};
	uint32_t value;
	uint8_t out[crypto_generichash_BYTES_MIN];
	HD_ASSERT(round < ROUNDS);
	memcpy(in + 1, &half, sizeof(half));
	crypto_generichash(out, sizeof(out), in, sizeof(in), f->key, sizeof(f->key));
	memcpy(&value, out, sizeof(value));
	return value & ((1u << f->half) - 1);
}

static uint32_t
feistel_forth(const struct feistel *f, uint32_t value)
{
	uint32_t left = value >> f->half, right = value & ((1u << f->half) - 1);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t next = left ^ feistel_round(f, round, right);
		left = right;
		right = next;
	}
	return left << f->half | right;
}

static uint32_t
feistel_back(const struct feistel *f, uint32_t value)
{
	uint32_t left = value >> f->half, right = value & ((1u << f->half) - 1);
	for (uint32_t round = ROUNDS; round-- > 0;) {
		uint32_t before = right ^ feistel_round(f, round, left);
		right = left;
		left = before;
	}
	return left << f->half | right;
}

uint32_t
hd_puzzle_phrase_of(const uint8_t *hunt, uint32_t challenge, uint32_t count, uint64_t d)
{
	struct feistel f = feistel_of(hunt, challenge, count);
	uint32_t value = (uint32_t)(d % count);
	do
		value = feistel_forth(&f, value);
	while (value >= count);
	return value;
}

uint32_t
hd_puzzle_phrase_deal(const uint8_t *hunt, uint32_t challenge, uint32_t count, uint32_t index)
{
	struct feistel f = feistel_of(hunt, challenge, count);
	uint32_t value = index;
	HD_ASSERT(index < count);
	do
		value = feistel_back(&f, value);
	while (value >= count);
	return value;
}
