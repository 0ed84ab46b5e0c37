/* wire.h - commands and replies as bytes, for their way between shards.
 *
 * One encoding, without pointers or shard-local numbers: inside a process a ring cell carries it or
 * points to a block of it, between machines (later) it is the message. An encoding is a function of
 * the meaning alone: fields that are empty or 0, and fields that a reply's kind does not use, take
 * no bytes. A command of ordinary ids takes about 40 bytes, a reply about 10.
 *
 * Decoders take any bytes: they never read past the end, and refuse what no encoder writes. */
#ifndef HUNTD_WIRE_H
#define HUNTD_WIRE_H

#include "huntd/command.h"
#include "huntd/core.h"
#include "huntd/reply.h"

/* The most bytes that encode can need. Encoders want that much room, also where they write less;
 * else they set `full`. */
uint32_t hd_command_size_max(const struct hd_command *command);
uint32_t hd_reply_size_max(const struct hd_reply *reply);

/* All of a command but `hint`. */
void hd_command_encode(const struct hd_command *command, struct hd_writer *out);

/* Byte fields borrow from `bytes`. False: not a command of a route that core or control serves. */
bool hd_command_decode(struct hd_bytes bytes, struct hd_command *command);

/* 128 bits of what the command asks, keyed: what a retry with the same ID must equal. All arguments
 * count (AT, BY, OP, SUB, REASON ... included), the ID does not. What means the same hashes the
 * same: SUB 0 and no SUB, OP INCR and no OP, an empty NAME or REASON and none. key: 16 bytes. */
void hd_command_args_hash(const uint8_t *key, const struct hd_command *command, uint8_t hash[16]);

void hd_reply_encode(const struct hd_reply *reply, struct hd_writer *out);

/* `detail` borrows from `bytes`. */
bool hd_reply_decode(struct hd_bytes bytes, struct hd_reply *reply);

/* A question of the entrant's shard to the hunt's, and its answer (core.h, two-step commands). */
#define HD_WANT_SIZE_MAX  (HD_ID_MAX + 40u)
#define HD_GRANT_SIZE_MAX (HD_ID_MAX + 80u)

void hd_want_encode(const struct hd_want *want, struct hd_writer *out);
bool hd_want_decode(struct hd_bytes bytes, struct hd_want *want);
/* The answer names what it answers: the whole want stands in it. */
void hd_grant_encode(const struct hd_want *want, const struct hd_grant *grant,
		     struct hd_writer *out);
bool hd_grant_decode(struct hd_bytes bytes, struct hd_want *want, struct hd_grant *grant);

#endif
