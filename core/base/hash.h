/* hash.h - keyed hashes. Keys come from the server secret (ORDER 1), so players cannot choose what
 * collides. SipHash: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012. */
#ifndef HUNTD_CORE_BASE_HASH_H
#define HUNTD_CORE_BASE_HASH_H

#include "huntd/bytes.h"

/* SipHash-1-3, 64 bits, of the four bytes of `seed` (low first) and then `bytes`: for tables.
 * key: 16 bytes. */
uint64_t hd_hash_table(const uint8_t *key, uint32_t seed, struct hd_bytes bytes);

/* SipHash-2-4, 128 bits (libsodium's siphashx24): for answers and the arguments of a command.
 * key: 16 bytes. */
void hd_hash_128(const uint8_t *key, struct hd_bytes bytes, uint8_t hash[16]);

/* SipHash-2-4-128 under a key that everybody knows: for the digest of the state, which finds damage
 * and differences, not forgers. A third of BLAKE2b's time, and there are millions of objects. */
void hd_hash_digest(struct hd_bytes bytes, uint8_t hash[16]);

#endif
