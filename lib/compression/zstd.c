/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#ifdef KWI_HAVE_ZSTD

#include <zstd.h>
#include <zstd_errors.h>

/* Each frame is first walked block by block, which gives the largest size of its content; then it is decompressed in
 * one call to its destination, without the memory for a window that a stream would take. */

#define FRAME_MAGIC 0xfd2fb528u
#define SKIPPABLE_MAGIC 0x184d2a50u
#define SKIPPABLE_MASK 0xfffffff0u

enum { LARGEST_BLOCK = 128 * 1024, LARGEST_WINDOW_LOG = 27, BLOCK_HEADER = 3, CHECKSUM = 4 };

typedef enum block_type { BLOCK_RAW, BLOCK_REPEATED, BLOCK_COMPRESSED, BLOCK_RESERVED } block_type;

typedef struct frame {
    size_t size;   /* compressed */
    uint64_t most; /* of the content, at most */
    uint64_t window;
    uint64_t content;
    bool has_content;
} frame;

static uint64_t load_le(const uint8_t *p, size_t size)
{
    uint64_t v = 0;
    for (size_t i = size; i > 0; i--)
        v = v << 8 | p[i - 1];
    return v;
}

static kw_status cut(kw_decompressor *d, size_t at)
{
    return kwi_content_damaged(d, at, "zstd: the data ends inside a frame");
}

/* ---- decompression ---- */

/* The header, RFC 8878 section 3.1.1.1, at `at`. */
static kw_status read_header(kw_decompressor *d, const uint8_t *in, size_t size, size_t at, frame *f)
{
    static const uint8_t dictionary_sizes[] = {0, 1, 2, 4};
    static const uint8_t content_sizes[] = {0, 2, 4, 8};
    if (size - at < 5)
        return cut(d, at);
    uint8_t descriptor = in[at + 4];
    bool single = (descriptor & 0x20) != 0;
    size_t dictionary = dictionary_sizes[descriptor & 3];
    size_t content = content_sizes[descriptor >> 6];
    if (content == 0 && single)
        content = 1;
    size_t p = at + 5;
    if ((single ? 0 : 1) + dictionary + content > size - p)
        return cut(d, at);
    if ((descriptor & 0x08) != 0)
        return kwi_content_damaged(d, at + 4, "zstd: a reserved bit is set");
    f->window = 0;
    if (!single) {
        unsigned log = 10 + (in[p] >> 3);
        f->window = ((uint64_t)1 << log) + (((uint64_t)1 << log) >> 3) * (in[p] & 7);
        if (f->window > (uint64_t)1 << LARGEST_WINDOW_LOG)
            return kwi_content_damaged(d, p, "zstd: a window above 128 MiB");
        p++;
    }
    if (load_le(in + p, dictionary) != 0)
        return kwi_content_damaged(d, p, "zstd: the frame needs a dictionary");
    p += dictionary;
    f->has_content = content != 0;
    f->content = load_le(in + p, content) + (content == 2 ? 256 : 0);
    if (single)
        f->window = f->content;
    f->size = p + content - at;
    return KW_OK;
}

/* The blocks after the header, and the checksum. */
static kw_status walk_blocks(kw_decompressor *d, const uint8_t *in, size_t size, size_t at, frame *f)
{
    uint32_t block_max = f->window < LARGEST_BLOCK ? (uint32_t)f->window : LARGEST_BLOCK;
    bool has_checksum = (in[at + 4] & 0x04) != 0;
    size_t p = at + f->size;
    f->most = 0;
    for (bool last = false; !last;) {
        if (size - p < BLOCK_HEADER)
            return cut(d, at);
        uint32_t header = (uint32_t)load_le(in + p, BLOCK_HEADER);
        block_type type = (block_type)(header >> 1 & 3);
        uint32_t length = header >> 3;
        last = (header & 1) != 0;
        if (type == BLOCK_RESERVED || length > (type == BLOCK_COMPRESSED ? LARGEST_BLOCK : block_max))
            return kwi_content_damaged(d, p, "zstd: not the header of a block");
        size_t stored = type == BLOCK_REPEATED ? 1 : length;
        p += BLOCK_HEADER;
        if (stored > size - p)
            return cut(d, at);
        p += stored;
        f->most += type == BLOCK_COMPRESSED ? block_max : length;
    }
    if (has_checksum) {
        if (size - p < CHECKSUM)
            return cut(d, at);
        p += CHECKSUM;
    }
    f->size = p - at;
    if (f->has_content && f->content > f->most)
        return kwi_content_damaged(d, at, "zstd: a content size that the blocks do not have");
    return KW_OK;
}

static ZSTD_DCtx *decompression_context(kw_decompressor *d)
{
    if (d->zstd == NULL)
        d->zstd = ZSTD_createDCtx();
    return d->zstd;
}

void kwi_zstd_end_decompression(void *context)
{
    (void)ZSTD_freeDCtx(context);
}

static kw_status refused(kw_decompressor *d, size_t at, size_t code)
{
    if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
        return KW_ERR_NO_MEMORY;
    return kwi_content_damaged(d, at, ZSTD_getErrorName(code));
}

/* Decompresses a frame without a content size, to count it. *count_more: more may be counted. */
static kw_status count_frame(kw_decompressor *d, const uint8_t *in, size_t size, size_t at, bool *count_more)
{
    ZSTD_DCtx *context = d->zstd;
    (void)ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
    ZSTD_inBuffer from = {in + at, size, 0};
    for (;;) {
        ZSTD_outBuffer to = {d->scratch, sizeof d->scratch, 0};
        size_t code = ZSTD_decompressStream(context, &to, &from);
        if (ZSTD_isError(code))
            return refused(d, at, code);
        *count_more = kwi_content_counted_hard(d, to.pos);
        if (code == 0 || !*count_more)
            return KW_OK;
        if (to.pos == 0 && from.pos == from.size)
            return cut(d, at);
    }
}

static kw_status decompress_frame(kw_decompressor *d, const uint8_t *in, size_t at, const frame *f, bool *count_more)
{
    uint64_t want = f->has_content ? f->content : f->most;
    ZSTD_DCtx *context = decompression_context(d);
    size_t capacity;
    if (context == NULL || !kwi_content_capacity(d, want, &capacity))
        return KW_ERR_NO_MEMORY;
    if (f->has_content && capacity < want) {
        kwi_content_counted(d, want);
        return KW_OK;
    }
    if (capacity == 0 && want != 0)
        return count_frame(d, in, f->size, at, count_more);
    if (capacity > want)
        capacity = (size_t)want;
    uint8_t nowhere = 0;
    uint8_t *to = want != 0 ? kwi_content_end(d) : &nowhere;
    size_t made = ZSTD_decompressDCtx(context, to, capacity, in + at, f->size);
    if (!ZSTD_isError(made)) {
        kwi_content_written(d, made);
        return KW_OK;
    }
    return capacity < want ? count_frame(d, in, f->size, at, count_more) : refused(d, at, made);
}

kw_status kwi_zstd_decompress(kw_decompressor *d, uint8_t magic, const uint8_t *in, size_t size)
{
    (void)magic;
    bool count_more = true;
    for (size_t at = 0; at != size && count_more;) {
        if (size - at < 4)
            return cut(d, at);
        uint32_t word = (uint32_t)load_le(in + at, 4);
        if ((word & SKIPPABLE_MASK) == SKIPPABLE_MAGIC) {
            if (size - at < 8 || load_le(in + at + 4, 4) > size - at - 8)
                return cut(d, at);
            at += 8 + (size_t)load_le(in + at + 4, 4);
            continue;
        }
        if (word != FRAME_MAGIC)
            return kwi_content_damaged(d, at, "zstd: not the magic number of a frame");
        frame f = {0, 0, 0, 0, false};
        kw_status status = read_header(d, in, size, at, &f);
        if (status == KW_OK)
            status = walk_blocks(d, in, size, at, &f);
        if (status == KW_OK)
            status = decompress_frame(d, in, at, &f, &count_more);
        if (status != KW_OK)
            return status;
        at += f.size;
    }
    return KW_OK;
}

/* ---- compression ---- */

enum { DEFAULT_LEVEL = 3, LOWEST_LEVEL = -131072, HIGHEST_LEVEL = 22 };

void kwi_zstd_end_compression(void *context)
{
    (void)ZSTD_freeCCtx(context);
}

kw_status kwi_zstd_compress(kw_compressor *c, int32_t level, uint8_t magic, const uint8_t *in, size_t size,
                            kw_writer *out)
{
    (void)magic;
    if (level == KW_LEVEL_DEFAULT)
        level = DEFAULT_LEVEL;
    if (level < LOWEST_LEVEL || level > HIGHEST_LEVEL)
        return KW_ERR_ARGUMENT;
    if (c->zstd == NULL)
        c->zstd = ZSTD_createCCtx();
    ZSTD_CCtx *context = c->zstd;
    if (context == NULL)
        return KW_ERR_NO_MEMORY;
    (void)ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
    (void)ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    (void)ZSTD_CCtx_setPledgedSrcSize(context, size);
    ZSTD_inBuffer from = {in, size, 0};
    for (;;) {
        ZSTD_outBuffer to = {c->scratch, sizeof c->scratch, 0};
        size_t left = ZSTD_compressStream2(context, &to, &from, ZSTD_e_end);
        if (ZSTD_isError(left))
            return KW_ERR_NO_MEMORY;
        kw_write_raw(out, c->scratch, to.pos);
        if (left == 0)
            return KW_OK;
    }
}

#endif
