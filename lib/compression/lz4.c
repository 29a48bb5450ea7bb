/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#ifdef KWI_HAVE_LZ4

#include <lz4.h>
#include <lz4hc.h>

/* Frames are read and written here and only blocks by liblz4: Kafka has its own rules for checksums, content is
 * written directly to its destination, and its size is known without decompression. */

#define FRAME_MAGIC 0x184d2204u
#define BLOCK_STORED 0x80000000u

/* Byte offsets in a frame. */
enum { FLAGS = 4, BLOCK_DESCRIPTOR = 5, HEADER_END = 6 /* the content size if any, the header checksum */ };

enum {
    FLAG_DICTIONARY = 0x01,
    FLAG_RESERVED = 0x02,
    FLAG_CONTENT_CHECKSUM = 0x04,
    FLAG_CONTENT_SIZE = 0x08,
    FLAG_BLOCK_CHECKSUM = 0x10,
    FLAG_INDEPENDENT = 0x20,
    FLAG_VERSION_1 = 0x40,
    FLAG_VERSION = 0xc0
};

enum { HISTORY = 64 * 1024, BLOCK = 64 * 1024, BLOCK_64K = 4, BLOCK_4M = 7, LARGEST_RATIO = 255 };

static uint32_t load_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void store_le32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static uint8_t header_checksum(const uint8_t *p, size_t size)
{
    return (uint8_t)(kwi_xxh32(p, size) >> 8);
}

/* ---- decompression ---- */

typedef struct frame {
    const uint8_t *in;
    size_t size;
    size_t at;
    uint8_t flags;
    uint32_t block_max;
    bool has_content_size;
    uint64_t content_size;
} frame;

static kw_status cut(kw_decompressor *d, const frame *f)
{
    return kwi_content_damaged(d, f->at, "lz4: the data ends inside the frame");
}

static kw_status read_header(kw_decompressor *d, frame *f, uint8_t magic)
{
    const uint8_t *in = f->in;
    if (f->size >= 4 && load_le32(in) != FRAME_MAGIC)
        return kwi_content_damaged(d, 0, "lz4: not the magic number of a frame");
    if (f->size <= HEADER_END)
        return cut(d, f);
    uint8_t flags = in[FLAGS];
    uint8_t block = in[BLOCK_DESCRIPTOR] >> 4;
    if ((flags & FLAG_VERSION) != FLAG_VERSION_1)
        return kwi_content_damaged(d, FLAGS, "lz4: not version 1 of the frame format");
    if ((flags & FLAG_DICTIONARY) != 0)
        return kwi_content_damaged(d, FLAGS, "lz4: the frame needs a dictionary");
    if ((flags & FLAG_RESERVED) != 0)
        return kwi_content_damaged(d, FLAGS, "lz4: a reserved bit is set");
    if ((in[BLOCK_DESCRIPTOR] & 0x0f) != 0 || block < BLOCK_64K || block > BLOCK_4M)
        return kwi_content_damaged(d, BLOCK_DESCRIPTOR, "lz4: not a block size");
    size_t end = HEADER_END;
    f->has_content_size = (flags & FLAG_CONTENT_SIZE) != 0;
    if (f->has_content_size) {
        end += 8;
        if (f->size <= end)
            return cut(d, f);
        f->content_size = (uint64_t)load_le32(in + HEADER_END + 4) << 32 | load_le32(in + HEADER_END);
    }
    if (in[end] != header_checksum(in + FLAGS, end - FLAGS)) {
        if (magic != KW_MAGIC_V0)
            return kwi_content_damaged(d, end, "lz4: the header's checksum does not match");
        if (in[end] != header_checksum(in, end))
            d->details.warnings |= KW_DECOMPRESS_HEADER_CHECKSUM;
    }
    f->flags = flags;
    f->block_max = (uint32_t)1 << (8 + 2 * block);
    f->at = end + 1;
    return KW_OK;
}

/* A length continues in bytes that are added up, as long as they are 255. */
static bool long_length(const uint8_t **p, const uint8_t *end, uint64_t *length)
{
    if (*length != 15)
        return true;
    uint8_t byte;
    do {
        if (*p == end)
            return false;
        byte = *(*p)++;
        *length += byte;
    } while (byte == 255);
    return true;
}

/* The decompressed size of a block, from its lengths only. False if they do not fill the block exactly. */
static bool measure(const uint8_t *p, size_t size, uint64_t *content)
{
    enum { SHORTEST_MATCH = 4, OFFSET = 2 };
    const uint8_t *end = p + size;
    *content = 0;
    while (p != end) {
        uint8_t token = *p++;
        uint64_t literals = token >> 4;
        if (!long_length(&p, end, &literals) || literals > (size_t)(end - p))
            return false;
        p += literals;
        *content += literals;
        if (p == end)
            return true;
        if (end - p < OFFSET)
            return false;
        p += OFFSET;
        uint64_t match = token & 15;
        if (!long_length(&p, end, &match))
            return false;
        *content += match + SHORTEST_MATCH;
    }
    return false;
}

static const char damaged_block[] = "lz4: a damaged block";

static kw_status count_block(kw_decompressor *d, const frame *f, size_t size, size_t at_least)
{
    uint64_t content;
    if (!measure(f->in + f->at, size, &content) || content > f->block_max || content < at_least)
        return kwi_content_damaged(d, f->at, damaged_block);
    kwi_content_counted(d, content);
    return KW_OK;
}

static kw_status decompress_block(kw_decompressor *d, const frame *f, size_t size)
{
    uint64_t most = (uint64_t)size * LARGEST_RATIO;
    if (most > f->block_max)
        most = f->block_max;
    size_t capacity;
    if (!kwi_content_capacity(d, most, &capacity))
        return KW_ERR_NO_MEMORY;
    if (capacity == 0)
        return count_block(d, f, size, 0);
    if (capacity > most)
        capacity = (size_t)most;
    size_t history = 0;
    if ((f->flags & FLAG_INDEPENDENT) == 0) {
        history = kwi_writer_size(d->out) - d->start;
        if (history > HISTORY)
            history = HISTORY;
    }
    char *to = (char *)kwi_content_end(d);
    int made = LZ4_decompress_safe_usingDict((const char *)f->in + f->at, to, (int)size, (int)capacity, to - history,
                                             (int)history);
    if (made >= 0) {
        kwi_content_written(d, (size_t)made);
        return KW_OK;
    }
    if (capacity == most)
        return kwi_content_damaged(d, f->at, damaged_block);
    return count_block(d, f, size, capacity + 1);
}

static kw_status store_block(kw_decompressor *d, const frame *f, size_t size)
{
    size_t capacity;
    if (!kwi_content_capacity(d, size, &capacity))
        return KW_ERR_NO_MEMORY;
    if (capacity < size) {
        kwi_content_counted(d, size);
        return KW_OK;
    }
    memcpy(kwi_content_end(d), f->in + f->at, size);
    kwi_content_written(d, size);
    return KW_OK;
}

/* f->at is after the block's size, and finally after the block. */
static kw_status read_block(kw_decompressor *d, frame *f, uint32_t word)
{
    size_t size = word & ~BLOCK_STORED;
    bool has_checksum = (f->flags & FLAG_BLOCK_CHECKSUM) != 0;
    if (size > f->block_max)
        return kwi_content_damaged(d, f->at - 4, "lz4: a block that is larger than the frame allows");
    if (size + (has_checksum ? 4 : 0) > f->size - f->at)
        return cut(d, f);
    if (has_checksum && load_le32(f->in + f->at + size) != kwi_xxh32(f->in + f->at, size))
        return kwi_content_damaged(d, f->at + size, "lz4: a block's checksum does not match");
    kw_status status = (word & BLOCK_STORED) != 0 ? store_block(d, f, size) : decompress_block(d, f, size);
    f->at += size + (has_checksum ? 4 : 0);
    return status;
}

static kw_status read_end(kw_decompressor *d, frame *f)
{
    size_t written = kwi_writer_size(d->out) - d->start;
    if ((f->flags & FLAG_CONTENT_CHECKSUM) != 0) {
        if (f->size - f->at < 4)
            return cut(d, f);
        const uint8_t *content = written != 0 ? kwi_content_end(d) - written : d->scratch;
        if (d->counted == 0 && load_le32(f->in + f->at) != kwi_xxh32(content, written))
            d->details.warnings |= KW_DECOMPRESS_CONTENT_CHECKSUM;
        f->at += 4;
    }
    if (f->has_content_size && f->content_size != written + d->counted)
        d->details.warnings |= KW_DECOMPRESS_CONTENT_SIZE;
    if (f->at != f->size)
        d->details.warnings |= KW_DECOMPRESS_TRAILING;
    return KW_OK;
}

kw_status kwi_lz4_decompress(kw_decompressor *d, uint8_t magic, const uint8_t *in, size_t size)
{
    frame f = {in, size, 0, 0, 0, false, 0};
    kw_status status = read_header(d, &f, magic);
    while (status == KW_OK) {
        if (size - f.at < 4)
            return cut(d, &f);
        uint32_t word = load_le32(in + f.at);
        f.at += 4;
        if ((word & ~BLOCK_STORED) == 0)
            return read_end(d, &f);
        status = read_block(d, &f, word);
    }
    return status;
}

/* ---- compression ---- */

enum { LEVEL_FAST = 9, LOWEST_LEVEL = 1, HIGHEST_LEVEL = 17 };

void kwi_lz4_end_compression(kw_compressor *c)
{
    if (c->lz4_fast != NULL)
        c->allocator->release(c->allocator->context, c->lz4_fast, (size_t)LZ4_sizeofState());
    if (c->lz4_high != NULL)
        c->allocator->release(c->allocator->context, c->lz4_high, (size_t)LZ4_sizeofStateHC());
}

static void *state_of(kw_compressor *c, void **state, int size)
{
    if (*state == NULL)
        *state = c->allocator->acquire(c->allocator->context, (size_t)size);
    return *state;
}

/* 0 without memory. */
static size_t compress_block(kw_compressor *c, int32_t level, const uint8_t *in, size_t size)
{
    const char *from = (const char *)in;
    char *to = (char *)c->scratch;
    int capacity = (int)sizeof c->scratch;
    if (level == LEVEL_FAST) {
        void *fast = state_of(c, &c->lz4_fast, LZ4_sizeofState());
        return fast == NULL ? 0 : (size_t)LZ4_compress_fast_extState(fast, from, to, (int)size, capacity, 1);
    }
    void *high = state_of(c, &c->lz4_high, LZ4_sizeofStateHC());
    return high == NULL ? 0 : (size_t)LZ4_compress_HC_extStateHC(high, from, to, (int)size, capacity, level);
}

static void write_le32(kw_writer *out, uint32_t v)
{
    uint8_t bytes[4];
    store_le32(bytes, v);
    kw_write_raw(out, bytes, sizeof bytes);
}

kw_status kwi_lz4_compress(kw_compressor *c, int32_t level, uint8_t magic, const uint8_t *in, size_t size,
                           kw_writer *out)
{
    if (level == KW_LEVEL_DEFAULT)
        level = LEVEL_FAST;
    if (level < LOWEST_LEVEL || level > HIGHEST_LEVEL)
        return KW_ERR_ARGUMENT;
    uint8_t header[HEADER_END + 1];
    store_le32(header, FRAME_MAGIC);
    header[FLAGS] = FLAG_VERSION_1 | FLAG_INDEPENDENT;
    header[BLOCK_DESCRIPTOR] = BLOCK_64K << 4;
    size_t from = magic == KW_MAGIC_V0 ? 0 : FLAGS; /* old clients include the magic number */
    header[HEADER_END] = header_checksum(header + from, HEADER_END - from);
    kw_write_raw(out, header, sizeof header);
    while (size != 0) {
        size_t part = size < BLOCK ? size : BLOCK;
        size_t made = compress_block(c, level, in, part);
        if (made == 0)
            return KW_ERR_NO_MEMORY;
        bool stored = made >= part;
        write_le32(out, stored ? (uint32_t)part | BLOCK_STORED : (uint32_t)made);
        kw_write_raw(out, stored ? in : c->scratch, stored ? part : made);
        in += part;
        size -= part;
    }
    write_le32(out, 0);
    return KW_OK;
}

#endif
