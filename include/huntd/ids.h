/* ids.h - names of things, and where they live.
 *
 * A slot is one of 16384 buckets of keys, entrants' and hunts' alike: CRC16 (XMODEM) of the key, or
 * of what stands between the first `{` and the next `}` where that is not empty, exactly as Redis
 * Cluster counts it (redis.io/docs/reference/cluster-spec, "Hash tags"). */
#ifndef HUNTD_IDS_H
#define HUNTD_IDS_H

#include "huntd/bytes.h"
#include "huntd/limits.h"

uint16_t hd_slot(struct hd_bytes key);

/* The shard of a slot while slots do not move: contiguous equal ranges. shards: 1..HD_SHARDS_MAX.
 */
static inline uint32_t
hd_slot_shard(uint16_t slot, uint32_t shards)
{
	return (uint32_t)slot * shards / HD_SLOTS;
}

/* 1 to HD_ID_MAX bytes, valid UTF-8, nothing below 0x21, no DEL, no C1 controls, no U+00A0. */
bool hd_id_valid(struct hd_bytes id);

/* A document's own ids (hunt, challenge, board, bracket): a-z 0-9 - only. */
bool hd_id_valid_strict(struct hd_bytes id);

#endif
