#include "shard/archive/pack.h"

#include <errno.h>
#include <isa-l/crc.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "huntd/assert.h"

#define LEVEL 3

static const uint8_t zero_block[HD_BLOCK];

uint32_t
hd_pack_crc(uint32_t before, const void *at, uint32_t size)
{
	HD_ASSERT(size <= HD_PACK_PIECE);
	return ~crc32_iscsi((unsigned char *)(uintptr_t)at, (int)size, ~before);
}

void
hd_pack_directory(const char *directory, char path[static HD_PACK_PATH])
{
	int length = snprintf(path, HD_PACK_PATH, "%s/archive", directory);
	HD_ASSERT(length > 0 && length < (int)HD_PACK_PATH);
}

void
hd_pack_path(const char *directory, uint32_t number, enum hd_pack_name name,
	     char path[static HD_PACK_PATH])
{
	static const char *const ends[] = {".log.zst.new", ".log.zst", ".log"};
	HD_ASSERT(name <= HD_PACK_PLAIN);
	int length =
		snprintf(path, HD_PACK_PATH, "%s/archive/%08u%s", directory, number, ends[name]);
	HD_ASSERT(length > 0 && length < (int)HD_PACK_PATH);
}

/* Writing. */

int
hd_packer_begin(struct hd_packer *packer, struct hd_io *io, struct hd_memory *memory,
		const char *path, uint32_t number)
{
	HD_ASSERT(number > 0);
	*packer = (struct hd_packer){.io = io, .memory = memory};
	int error = io->ops->file_remove(io, path);
	if (error < 0 && error != -ENOENT)
		return error;
	int file = io->ops->file_open(io, path, HD_IO_CREATE | HD_IO_WRITE);
	if (file < 0)
		return file;
	packer->file = file;
	packer->zstd = ZSTD_createCCtx();
	HD_ASSERT(packer->zstd != NULL);
	ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_compressionLevel, LEVEL);
	packer->out = hd_memory_take(memory, HD_PACK_PIECE, HD_BLOCK);
	crypto_generichash_init(&packer->hash, NULL, 0, HD_PACK_HASH);
	packer->header = (struct hd_pack_header){
		.magic = HD_PACK_MAGIC, .format = HD_PACK_FORMAT, .number = number};
	return 0;
}

static int
write_whole(struct hd_packer *packer, const void *from, uint32_t size, uint64_t offset)
{
	const uint8_t *at = from;
	for (uint32_t done = 0; done < size;) {
		int64_t put = packer->io->ops->file_write(packer->io, packer->file, at + done,
							  size - done, offset + done);
		if (put <= 0)
			return put < 0 ? (int)put : -EIO;
		done += (uint32_t)put;
	}
	return 0;
}

static int
empty_out(struct hd_packer *packer)
{
	struct hd_pack_header *header = &packer->header;
	HD_ASSERT(packer->out_used <= HD_PACK_PIECE);
	int error =
		write_whole(packer, packer->out, packer->out_used, sizeof *header + header->packed);
	header->packed_crc = hd_pack_crc(header->packed_crc, packer->out, packer->out_used);
	header->packed += packer->out_used;
	packer->out_used = 0;
	return error;
}

/* Compresses; with ZSTD_e_end to the stream's end. */
static int
compress(struct hd_packer *packer, const uint8_t *at, uint32_t size, ZSTD_EndDirective how)
{
	ZSTD_inBuffer in = {at, size, 0};
	size_t left = 1;
	while (in.pos < in.size || (how == ZSTD_e_end && left > 0)) {
		ZSTD_outBuffer out = {packer->out, HD_PACK_PIECE, packer->out_used};
		left = ZSTD_compressStream2(packer->zstd, &out, &in, how);
		HD_ASSERT(!ZSTD_isError(left));
		packer->out_used = (uint32_t)out.pos;
		int error = packer->out_used == HD_PACK_PIECE ? empty_out(packer) : 0;
		if (error < 0)
			return error;
	}
	return 0;
}

static int
take_block(struct hd_packer *packer, const uint8_t *block)
{
	packer->header.size += HD_BLOCK;
	crypto_generichash_update(&packer->hash, block, HD_BLOCK);
	return compress(packer, block, HD_BLOCK, ZSTD_e_continue);
}

int
hd_packer_take(struct hd_packer *packer, const uint8_t *at, uint32_t size)
{
	HD_ASSERT(size % HD_BLOCK == 0);
	HD_ASSERT(packer->zstd != NULL);
	int error = 0;
	for (uint32_t i = 0; i < size && error == 0; i += HD_BLOCK) {
		if (memcmp(at + i, zero_block, HD_BLOCK) == 0) {
			packer->zeros++;
			continue;
		}
		for (; packer->zeros > 0 && error == 0; packer->zeros--)
			error = take_block(packer, zero_block);
		if (error == 0)
			error = take_block(packer, at + i);
	}
	return error;
}

int
hd_packer_end(struct hd_packer *packer)
{
	struct hd_pack_header *header = &packer->header;
	HD_ASSERT(packer->zstd != NULL);
	int error = compress(packer, NULL, 0, ZSTD_e_end);
	if (error == 0)
		error = empty_out(packer);
	if (error < 0)
		return error;
	crypto_generichash_final(&packer->hash, header->hash, HD_PACK_HASH);
	header->header_crc = hd_pack_crc(0, header, offsetof(struct hd_pack_header, header_crc));
	error = write_whole(packer, header, sizeof *header, 0);
	return error < 0 ? error : packer->io->ops->file_sync(packer->io, packer->file);
}

void
hd_packer_fini(struct hd_packer *packer)
{
	if (packer->zstd != NULL) {
		packer->io->ops->file_close(packer->io, packer->file);
		ZSTD_freeCCtx(packer->zstd);
		hd_memory_give(packer->memory, packer->out, HD_PACK_PIECE);
	}
	*packer = (struct hd_packer){0};
}

/* Reading. */

static int
read_whole(struct hd_io *io, int file, void *to, uint32_t size, uint64_t offset)
{
	uint8_t *at = to;
	for (uint32_t done = 0; done < size;) {
		int64_t got = io->ops->file_read(io, file, at + done, size - done, offset + done);
		if (got <= 0)
			return got < 0 ? (int)got : -EBADMSG;
		done += (uint32_t)got;
	}
	return 0;
}

bool
hd_pack_header_good(const struct hd_pack_header *header, uint32_t number, uint64_t size)
{
	uint32_t crc = hd_pack_crc(0, header, offsetof(struct hd_pack_header, header_crc));
	return header->magic == HD_PACK_MAGIC && header->header_crc == crc &&
	       header->format == HD_PACK_FORMAT && header->number == number &&
	       header->size <= HD_PACK_MAX && header->size % HD_BLOCK == 0 &&
	       size == sizeof *header + header->packed;
}

static int
read_header(struct hd_io *io, int file, uint32_t number, struct hd_pack_header *header)
{
	int64_t size = io->ops->file_size(io, file);
	if (size < 0)
		return (int)size;
	int error = read_whole(io, file, header, sizeof *header, 0);
	if (error < 0)
		return error;
	bool good = hd_pack_header_good(header, number, (uint64_t)size);
	return good ? 0 : -EBADMSG;
}

int
hd_pack_look(struct hd_io *io, const char *path, uint32_t number, struct hd_pack_header *header)
{
	int file = io->ops->file_open(io, path, 0);
	if (file < 0)
		return file;
	int error = read_header(io, file, number, header);
	io->ops->file_close(io, file);
	return error;
}

/* Unpacks what follows the header. */
static int
unpack(struct hd_io *io, int file, const struct hd_pack_header *header, uint8_t *piece,
       ZSTD_DCtx *zstd, uint8_t *bytes)
{
	ZSTD_outBuffer out = {bytes, header->size, 0};
	uint32_t crc = 0;
	size_t left = 1;
	for (uint64_t at = 0; at < header->packed;) {
		uint64_t rest = header->packed - at;
		uint32_t size = rest < HD_PACK_PIECE ? (uint32_t)rest : HD_PACK_PIECE;
		int error = read_whole(io, file, piece, size, sizeof *header + at);
		if (error < 0)
			return error;
		crc = hd_pack_crc(crc, piece, size);
		at += size;
		for (ZSTD_inBuffer in = {piece, size, 0}; in.pos < in.size;) {
			size_t before = in.pos + out.pos;
			left = ZSTD_decompressStream(zstd, &out, &in);
			if (ZSTD_isError(left) || in.pos + out.pos == before)
				return -EBADMSG;
		}
	}
	uint8_t hash[HD_PACK_HASH];
	crypto_generichash(hash, sizeof hash, bytes, header->size, NULL, 0);
	bool good = left == 0 && out.pos == header->size && crc == header->packed_crc &&
		    memcmp(hash, header->hash, sizeof hash) == 0;
	return good ? 0 : -EBADMSG;
}

int
hd_pack_read(struct hd_io *io, struct hd_memory *memory, const char *path, uint32_t number,
	     struct hd_pack_header *header, uint8_t **bytes)
{
	HD_ASSERT(number > 0);
	int file = io->ops->file_open(io, path, 0);
	if (file < 0)
		return file;
	int error = read_header(io, file, number, header);
	if (error == 0) {
		uint8_t *piece = hd_memory_take(memory, HD_PACK_PIECE, HD_BLOCK);
		ZSTD_DCtx *zstd = ZSTD_createDCtx();
		HD_ASSERT(zstd != NULL);
		*bytes = hd_memory_take(memory, header->size + HD_BLOCK, HD_BLOCK);
		error = unpack(io, file, header, piece, zstd, *bytes);
		if (error < 0)
			hd_pack_give(memory, *bytes, header->size);
		ZSTD_freeDCtx(zstd);
		hd_memory_give(memory, piece, HD_PACK_PIECE);
	}
	io->ops->file_close(io, file);
	return error;
}

void
hd_pack_give(struct hd_memory *memory, uint8_t *bytes, uint64_t size)
{
	hd_memory_give(memory, bytes, size + HD_BLOCK);
}
