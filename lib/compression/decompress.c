/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

enum { DEFAULT_COUNT_LIMIT = 16 * 1024 * 1024 };

const char *kw_codec_name(kw_codec codec)
{
    static const char *const names[] = {"none", "gzip", "snappy", "lz4", "zstd"};
    return (unsigned)codec < sizeof names / sizeof names[0] ? names[codec] : "?";
}

static kwi_decompress *decompress_of(kw_codec codec)
{
    switch (codec) {
#ifdef KWI_HAVE_ZLIB
    case KW_CODEC_GZIP:
        return kwi_gzip_decompress;
#endif
#ifdef KWI_HAVE_SNAPPY
    case KW_CODEC_SNAPPY:
        return kwi_snappy_decompress;
#endif
#ifdef KWI_HAVE_LZ4
    case KW_CODEC_LZ4:
        return kwi_lz4_decompress;
#endif
#ifdef KWI_HAVE_ZSTD
    case KW_CODEC_ZSTD:
        return kwi_zstd_decompress;
#endif
    default:
        return NULL;
    }
}

bool kw_codec_available(kw_codec codec)
{
    return codec == KW_CODEC_NONE || decompress_of(codec) != NULL;
}

kw_decompressor *kw_decompressor_create(const kw_allocator *allocator)
{
    kw_decompressor *d = allocator->acquire(allocator->context, sizeof *d);
    if (d == NULL)
        return NULL;
    memset(d, 0, offsetof(kw_decompressor, scratch));
    d->allocator = allocator;
    d->count_limit = DEFAULT_COUNT_LIMIT;
    d->details.exact = true;
    return d;
}

void kw_decompressor_destroy(kw_decompressor *d)
{
    if (d == NULL)
        return;
#ifdef KWI_HAVE_ZLIB
    if (d->gzip != NULL)
        kwi_gzip_end_decompression(d, d->gzip);
#endif
#ifdef KWI_HAVE_ZSTD
    if (d->zstd != NULL)
        kwi_zstd_end_decompression(d->zstd);
#endif
    d->allocator->release(d->allocator->context, d, sizeof *d);
}

void kw_decompressor_set_count_limit(kw_decompressor *d, uint64_t bytes)
{
    d->count_limit = bytes;
}

const kw_decompression *kw_decompressor_details(const kw_decompressor *d)
{
    return &d->details;
}

/* ---- the content ---- */

bool kwi_content_capacity(kw_decompressor *d, uint64_t want, size_t *capacity)
{
    kw_writer *out = d->out;
    *capacity = 0;
    if (d->counted != 0)
        return true;
    size_t left = kwi_writer_left(out);
    if (left < want && out->allocator != NULL) {
        size_t most = out->limit - kwi_writer_size(out);
        size_t more = want < most ? (size_t)want : most;
        if (more > left) {
            (void)kwi_writer_more(out, more);
            if (!kw_writer_ok(out)) {
                out->extra -= more;
                return false;
            }
            out->pos -= more;
            left = kwi_writer_left(out);
        }
    }
    *capacity = left;
    return true;
}

uint8_t *kwi_content_end(const kw_decompressor *d)
{
    return d->out->pos;
}

void kwi_content_written(kw_decompressor *d, size_t size)
{
    d->out->pos += size;
}

void kwi_content_counted(kw_decompressor *d, uint64_t size)
{
    d->counted = size > UINT64_MAX - d->counted ? UINT64_MAX : d->counted + size;
}

bool kwi_content_counted_hard(kw_decompressor *d, size_t size)
{
    kwi_content_counted(d, size);
    if (size < d->count_left) {
        d->count_left -= size;
        return true;
    }
    d->count_left = 0;
    if (size != 0)
        d->details.exact = false;
    return size == 0;
}

kw_status kwi_content_damaged(kw_decompressor *d, size_t at, const char *detail)
{
    d->details.error_at = at;
    d->details.detail = detail;
    return KW_ERR_COMPRESSED_DATA;
}

static kw_status copy(kw_decompressor *d, const uint8_t *in, size_t size)
{
    size_t capacity;
    if (!kwi_content_capacity(d, size, &capacity))
        return KW_ERR_NO_MEMORY;
    if (capacity < size) {
        kwi_content_counted(d, size);
    } else if (size != 0) {
        memcpy(kwi_content_end(d), in, size);
        kwi_content_written(d, size);
    }
    return KW_OK;
}

/* Passes the size that did not fit to the writer, in one piece. If counting was stopped that can be less than what
 * fits, so no space is taken: nothing would fill it. */
static kw_status conclude(kw_decompressor *d)
{
    kw_writer *out = d->out;
    uint64_t size = d->counted + (kwi_writer_size(out) - d->start);
    d->details.size = size < d->counted ? UINT64_MAX : size;
    if (d->counted == 0)
        return KW_OK;
    out->pos = out->buf + d->start;
    size_t most = SIZE_MAX - kw_writer_needed(out);
    size_t counted = size < most ? (size_t)size : most;
    if (d->details.exact) {
        (void)kwi_writer_more(out, counted);
        return out->status;
    }
    out->extra += counted;
    bool is_fixed = out->allocator == NULL && out->limit != SIZE_MAX;
    return kw_writer_fail(out, is_fixed ? KW_ERR_SPACE : KW_ERR_MEMORY_LIMIT);
}

static kw_status run(kw_decompressor *d, kw_codec codec, uint8_t magic, const uint8_t *in, size_t size)
{
    if (codec == KW_CODEC_NONE)
        return copy(d, in, size);
    kwi_decompress *decompress = decompress_of(codec);
    return decompress != NULL ? decompress(d, magic, in, size) : KW_ERR_CODEC;
}

kw_status kw_decompress(kw_decompressor *d, kw_codec codec, uint8_t magic, kw_bytes in, kw_writer *out)
{
    static const kw_decompression nothing = {0, true, 0, 0, NULL};
    static const uint8_t empty = 0;
    d->details = nothing;
    if (!kw_writer_ok(out))
        return out->status;
    if ((unsigned)codec > KW_CODEC_ZSTD || (codec == KW_CODEC_ZSTD && magic < KW_MAGIC_V2))
        return KW_ERR_CODEC_UNKNOWN;
    d->out = out;
    d->start = kwi_writer_size(out);
    d->counted = 0;
    d->count_left = d->count_limit;
    bool has = in.len > 0;
    kw_status status = run(d, codec, magic, has ? in.data : &empty, has ? (size_t)in.len : 0);
    if (status == KW_OK)
        return conclude(d);
    out->pos = out->buf + d->start;
    if (!kw_writer_ok(out))
        out->end = out->pos;
    return status;
}
