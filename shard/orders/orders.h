/* orders.h - what control fetches from shard 0 before it compiles a document. */
#ifndef HUNTD_SHARD_ORDERS_ORDERS_H
#define HUNTD_SHARD_ORDERS_ORDERS_H

#include "huntd/bytes.h"
#include "huntd/limits.h"

struct hd_fetched {
	uint32_t version;           /* in force; 0: there is none of that name */
	bool found;                 /* the old version, or one of that source */
	struct hd_bytes definition; /* of the version in force */
	struct hd_bytes text;       /* of the old version, or the newest of that source */
};

static inline void
hd_fetched_encode(const struct hd_fetched *fetched, struct hd_writer *out)
{
	hd_write_varint(out, fetched->version);
	hd_write_u8(out, fetched->found);
	hd_write_bytes(out, fetched->definition);
	hd_write_bytes(out, fetched->text);
}

/* Byte fields borrow from `bytes`. */
static inline bool
hd_fetched_decode(struct hd_bytes bytes, struct hd_fetched *fetched)
{
	struct hd_reader reader = hd_reader_of(bytes);
	fetched->version = (uint32_t)hd_read_bounded(&reader, UINT32_MAX);
	fetched->found = hd_read_u8(&reader) != 0;
	fetched->definition = hd_read_bytes(&reader, HD_BULK_MAX);
	fetched->text = hd_read_bytes(&reader, HD_BULK_MAX);
	return !reader.bad;
}

#endif
