/* Seeds, and which phrase a deal has. */
#include "core/puzzle/seed.h"

#include "huntd/assert.h"

#include <sodium/crypto_generichash.h>
#include <sodium/crypto_shorthash_siphash24.h>

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

/* A Feistel network over the bits of the least power of two that holds `count`, cut into two halves
 * that differ by one bit at most; rounds change them in turn, each by a hash of the other, which is
 * undone by doing it again: a permutation, whatever the hash. Luby and Rackoff, 1988. Walked until
 * inside (Black and Rogaway, 2002): two walks on average at most, as half of the values are. */
struct feistel {
	uint8_t key[32];         /* SipHash takes the first 16 bytes */
	uint32_t low_bits, bits; /* low_bits <= bits - low_bits */
};

static struct feistel
feistel_of(const uint8_t *hunt, uint32_t challenge, uint32_t count)
{
	struct feistel f = {.bits = 0};
	uint32_t fields[2] = {challenge, count};
	HD_ASSERT(count > 0 && count <= UINT32_MAX / 2);
	hash(hunt, PURPOSE_PHRASES, hd_bytes_of(fields, sizeof(fields)), f.key);
	while ((uint64_t)1 << f.bits < count)
		f.bits++;
	f.low_bits = f.bits / 2;
	return f;
}

/* Even rounds change the high half, odd ones the low half. */
static uint32_t
feistel_round(const struct feistel *f, uint32_t round, uint32_t value)
{
	uint32_t low_mask = (1u << f->low_bits) - 1, high_mask = ((1u << f->bits) - 1) - low_mask;
	uint32_t changed = round % 2 == 0 ? high_mask : low_mask;
	uint32_t in[2] = {round, value & ~changed};
	uint8_t out[crypto_shorthash_siphashx24_BYTES];
	uint32_t turn;
	HD_ASSERT(round < ROUNDS && value >> f->bits == 0);
	crypto_shorthash_siphashx24(out, (const uint8_t *)in, sizeof(in), f->key);
	memcpy(&turn, out, sizeof(turn));
	return value ^ (turn & changed);
}

static uint32_t
feistel_forth(const struct feistel *f, uint32_t value)
{
	for (uint32_t round = 0; round < ROUNDS; round++)
		value = feistel_round(f, round, value);
	return value;
}

static uint32_t
feistel_back(const struct feistel *f, uint32_t value)
{
	for (uint32_t round = ROUNDS; round-- > 0;)
		value = feistel_round(f, round, value);
	return value;
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
