#include "core/puzzle/stream.h"

#include "huntd/assert.h"

#include <sodium/crypto_generichash.h>
#include <sodium/crypto_stream_chacha20.h>

#define BLOCK 64u

static_assert(HD_STREAM_BYTES % BLOCK == 0, "a refill is whole blocks");

void
hd_stream_init(struct hd_stream *stream, const uint8_t seed[HD_PUZZLE_SEED],
	       enum hd_stream_purpose purpose)
{
	uint8_t what = (uint8_t)purpose;
	HD_ASSERT(stream != NULL && purpose > 0);
	crypto_generichash(stream->key, sizeof(stream->key), &what, 1, seed, HD_PUZZLE_SEED);
	stream->block = 0;
	stream->at = HD_STREAM_BYTES;
}

void
hd_stream_refill(struct hd_stream *stream)
{
	static const uint8_t nonce[crypto_stream_chacha20_IETF_NONCEBYTES];
	HD_ASSERT(stream->block <= UINT32_MAX - HD_STREAM_BYTES / BLOCK);
	memset(stream->bytes, 0, HD_STREAM_BYTES);
	crypto_stream_chacha20_ietf_xor_ic(stream->bytes, stream->bytes, HD_STREAM_BYTES, nonce,
					   stream->block, stream->key);
	stream->block += HD_STREAM_BYTES / BLOCK;
	stream->at = 0;
}
