#include "core/base/hash.h"

#include "huntd/assert.h"

#include <sodium/crypto_shorthash_siphash24.h>

struct sip {
	uint64_t a, b, c, d;
};

static inline uint64_t
rotate(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static inline void
sip_round(struct sip *s)
{
	s->a += s->b;
	s->c += s->d;
	s->b = rotate(s->b, 13) ^ s->a;
	s->d = rotate(s->d, 16) ^ s->c;
	s->a = rotate(s->a, 32) + s->d;
	s->c += s->b;
	s->b = rotate(s->b, 17) ^ s->c;
	s->d = rotate(s->d, 21) ^ s->a;
	s->c = rotate(s->c, 32);
}

static inline void
sip_word(struct sip *s, uint64_t word)
{
	s->d ^= word;
	sip_round(s);
	s->a ^= word;
}

static inline uint64_t
load(const uint8_t *at, uint32_t size)
{
	uint64_t word = 0;
	if (size & 4) {
		uint32_t half;
		memcpy(&half, at, 4);
		word = half;
	}
	if (size & 2) {
		uint16_t pair;
		memcpy(&pair, at + (size & 4), 2);
		word |= (uint64_t)pair << (size & 4) * 8;
	}
	if (size & 1)
		word |= (uint64_t)at[size & 6] << (size & 6) * 8;
	return word;
}

uint64_t
hd_hash_table(const uint8_t *key, uint32_t seed, struct hd_bytes bytes)
{
	HD_ASSERT(key != NULL);
	HD_ASSERT(bytes.at != NULL || bytes.size == 0);
	uint64_t k[2];
	memcpy(k, key, sizeof(k));
	struct sip s = {k[0] ^ 0x736f6d6570736575u, k[1] ^ 0x646f72616e646f6du,
			k[0] ^ 0x6c7967656e657261u, k[1] ^ 0x7465646279746573u};

	/* `word` holds the four bytes that the words of the message lag behind those of `bytes`. */
	uint64_t word = seed;
	const uint8_t *at = bytes.at;
	uint32_t left = bytes.size;
	for (; left >= 8; at += 8, left -= 8) {
		uint64_t next;
		memcpy(&next, at, 8);
		sip_word(&s, word | next << 32);
		word = next >> 32;
	}
	uint64_t tail = left ? load(at, left) : 0;
	word |= tail << 32;
	if (left >= 4) {
		sip_word(&s, word);
		word = tail >> 32;
	}
	sip_word(&s, word | (uint64_t)(bytes.size + 4) << 56);
	s.c ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

void
hd_hash_128(const uint8_t *key, struct hd_bytes bytes, uint8_t hash[16])
{
	HD_ASSERT(key != NULL && hash != NULL);
	int failed = crypto_shorthash_siphashx24(hash, bytes.at, bytes.size, key);
	HD_ASSERT(failed == 0);
}

void
hd_hash_digest(struct hd_bytes bytes, uint8_t hash[16])
{
	static const uint8_t key[16] = "state of a hunt";
	hd_hash_128(key, bytes, hash);
}
