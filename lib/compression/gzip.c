/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#ifdef KWI_HAVE_ZLIB

#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8, UNKNOWN_SYSTEM = 255 };
enum { FIRST_OUTPUT = 512, LARGEST_OUTPUT = 1 << 30, SMALLEST_MEMBER = 18 };

/* ---- zlib's memory: each block starts with its size ---- */

typedef union block_size {
    size_t size;
    uint64_t align[2];
} block_size;

static voidpf acquire(voidpf opaque, uInt items, uInt size)
{
    const kw_allocator *allocator = opaque;
    uint64_t total = (uint64_t)items * size + sizeof(block_size);
    if (total > SIZE_MAX)
        return NULL;
    block_size *block = allocator->acquire(allocator->context, (size_t)total);
    if (block == NULL)
        return NULL;
    block->size = (size_t)total;
    return block + 1;
}

static void release(voidpf opaque, voidpf memory)
{
    const kw_allocator *allocator = opaque;
    block_size *block = (block_size *)memory - 1;
    allocator->release(allocator->context, block, block->size);
}

static void init_stream(z_stream *z, const kw_allocator *allocator)
{
    memset(z, 0, sizeof *z);
    z->zalloc = acquire;
    z->zfree = release;
    z->opaque = (voidpf)(uintptr_t)allocator;
}

/* ---- decompression ---- */

static z_stream *inflater_of(kw_decompressor *d)
{
    z_stream *z = d->gzip;
    if (z != NULL)
        return z;
    z = d->allocator->acquire(d->allocator->context, sizeof *z);
    if (z == NULL)
        return NULL;
    init_stream(z, d->allocator);
    if (inflateInit2(z, GZIP_WINDOW) != Z_OK) {
        d->allocator->release(d->allocator->context, z, sizeof *z);
        return NULL;
    }
    d->gzip = z;
    return z;
}

void kwi_gzip_end_decompression(kw_decompressor *d, void *context)
{
    z_stream *z = context;
    (void)inflateEnd(z);
    d->allocator->release(d->allocator->context, z, sizeof *z);
}

/* One call of inflate(), into free space or only to count. *count_more: counting may continue. */
static int inflate_some(kw_decompressor *d, z_stream *z, bool *count_more)
{
    size_t capacity;
    if (!kwi_content_capacity(d, 1, &capacity))
        return Z_MEM_ERROR;
    bool only_counted = capacity == 0;
    if (only_counted)
        capacity = sizeof d->scratch;
    else if (capacity > LARGEST_OUTPUT)
        capacity = LARGEST_OUTPUT;
    z->next_out = only_counted ? d->scratch : kwi_content_end(d);
    z->avail_out = (uInt)capacity;
    int code = inflate(z, Z_NO_FLUSH);
    size_t made = capacity - z->avail_out;
    *count_more = true;
    if (only_counted)
        *count_more = kwi_content_counted_hard(d, made);
    else
        kwi_content_written(d, made);
    return code;
}

/* Java's reader treats bytes that do not start a member, or that end inside a member's header, as padding. */
static kw_status damaged(kw_decompressor *d, const z_stream *z, const gz_header *header, size_t member, size_t at)
{
    if (member != 0 && header->done != 1) {
        d->details.warnings |= KW_DECOMPRESS_TRAILING;
        return KW_OK;
    }
    if (z->avail_in == 0 && z->msg == NULL)
        return kwi_content_damaged(d, at, "gzip: the data ends inside a member");
    if (header->done != 1)
        return kwi_content_damaged(d, at, "gzip: not the header of a member");
    return kwi_content_damaged(d, at, "gzip: damaged data, or a checksum or size that does not match");
}

kw_status kwi_gzip_decompress(kw_decompressor *d, uint8_t magic, const uint8_t *in, size_t size)
{
    (void)magic;
    z_stream *z = inflater_of(d);
    size_t capacity;
    if (z == NULL || !kwi_content_capacity(d, size < FIRST_OUTPUT / 2 ? FIRST_OUTPUT : 2 * (uint64_t)size, &capacity))
        return KW_ERR_NO_MEMORY;
    z->next_in = (z_const Bytef *)(uintptr_t)in;
    z->avail_in = (uInt)size;
    size_t member = 0;
    do {
        gz_header header;
        memset(&header, 0, sizeof header);
        if (inflateReset(z) != Z_OK || inflateGetHeader(z, &header) != Z_OK)
            return KW_ERR_NO_MEMORY;
        int code = Z_OK;
        for (bool count_more = true; code == Z_OK;) {
            code = inflate_some(d, z, &count_more);
            if (!count_more)
                return KW_OK;
        }
        if (code == Z_MEM_ERROR)
            return KW_ERR_NO_MEMORY;
        if (code != Z_STREAM_END)
            return damaged(d, z, &header, member, size - z->avail_in);
        member = size - z->avail_in;
    } while (z->avail_in >= SMALLEST_MEMBER);
    if (z->avail_in != 0)
        d->details.warnings |= KW_DECOMPRESS_TRAILING;
    return KW_OK;
}

/* ---- compression ---- */

typedef struct deflater {
    z_stream z;
    int level; /* another level needs another stream: zlib's releases differ in how a change affects the output */
} deflater;

void kwi_gzip_end_compression(kw_compressor *c, void *context)
{
    deflater *f = context;
    (void)deflateEnd(&f->z);
    c->allocator->release(c->allocator->context, f, sizeof *f);
    c->gzip = NULL;
}

static deflater *deflater_of(kw_compressor *c, int level)
{
    deflater *f = c->gzip;
    if (f != NULL && f->level == level)
        return deflateReset(&f->z) == Z_OK ? f : NULL;
    if (f != NULL)
        kwi_gzip_end_compression(c, f);
    f = c->allocator->acquire(c->allocator->context, sizeof *f);
    if (f == NULL)
        return NULL;
    init_stream(&f->z, c->allocator);
    f->level = level;
    if (deflateInit2(&f->z, level, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        c->allocator->release(c->allocator->context, f, sizeof *f);
        return NULL;
    }
    c->gzip = f;
    return f;
}

kw_status kwi_gzip_compress(kw_compressor *c, int32_t level, uint8_t magic, const uint8_t *in, size_t size,
                            kw_writer *out)
{
    (void)magic;
    if (level == KW_LEVEL_DEFAULT)
        level = Z_DEFAULT_COMPRESSION;
    if (level != Z_DEFAULT_COMPRESSION && (level < Z_BEST_SPEED || level > Z_BEST_COMPRESSION))
        return KW_ERR_ARGUMENT;
    deflater *f = deflater_of(c, level);
    if (f == NULL)
        return KW_ERR_NO_MEMORY;
    z_stream *z = &f->z;
    gz_header header;
    memset(&header, 0, sizeof header);
    header.os = UNKNOWN_SYSTEM;
    (void)deflateSetHeader(z, &header);
    z->next_in = (z_const Bytef *)(uintptr_t)in;
    z->avail_in = (uInt)size;
    int code;
    do {
        z->next_out = c->scratch;
        z->avail_out = sizeof c->scratch;
        code = deflate(z, Z_FINISH);
        kw_write_raw(out, c->scratch, sizeof c->scratch - z->avail_out);
    } while (code == Z_OK);
    return code == Z_STREAM_END ? KW_OK : KW_ERR_NO_MEMORY;
}

#endif
