/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#include "../writer_back.h"

static kwi_compress *compress_of(kw_codec codec)
{
    switch (codec) {
#ifdef KWI_HAVE_ZLIB
    case KW_CODEC_GZIP:
        return kwi_gzip_compress;
#endif
#ifdef KWI_HAVE_SNAPPY
    case KW_CODEC_SNAPPY:
        return kwi_snappy_compress;
#endif
#ifdef KWI_HAVE_LZ4
    case KW_CODEC_LZ4:
        return kwi_lz4_compress;
#endif
#ifdef KWI_HAVE_ZSTD
    case KW_CODEC_ZSTD:
        return kwi_zstd_compress;
#endif
    default:
        return NULL;
    }
}

kw_compressor *kw_compressor_create(const kw_allocator *allocator)
{
    kw_compressor *c = allocator->acquire(allocator->context, sizeof *c);
    if (c == NULL)
        return NULL;
    memset(c, 0, offsetof(kw_compressor, scratch));
    c->allocator = allocator;
    return c;
}

void kw_compressor_destroy(kw_compressor *c)
{
    if (c == NULL)
        return;
#ifdef KWI_HAVE_ZLIB
    if (c->gzip != NULL)
        kwi_gzip_end_compression(c, c->gzip);
#endif
#ifdef KWI_HAVE_LZ4
    kwi_lz4_end_compression(c);
#endif
#ifdef KWI_HAVE_ZSTD
    if (c->zstd != NULL)
        kwi_zstd_end_compression(c->zstd);
#endif
    c->allocator->release(c->allocator->context, c, sizeof *c);
}

kw_status kw_compress(kw_compressor *c, kw_codec codec, int32_t level, uint8_t magic, kw_bytes in, kw_writer *out)
{
    static const uint8_t empty = 0;
    const uint8_t *data = in.len > 0 ? in.data : &empty;
    size_t size = in.len > 0 ? (size_t)in.len : 0;
    if (!kw_writer_ok(out))
        return out->status;
    if ((unsigned)codec > KW_CODEC_ZSTD || (codec == KW_CODEC_ZSTD && magic < KW_MAGIC_V2))
        return KW_ERR_CODEC_UNKNOWN;
    if (codec == KW_CODEC_NONE) {
        kw_write_raw(out, data, size);
        return out->status;
    }
    kwi_compress *compress = compress_of(codec);
    if (compress == NULL)
        return KW_ERR_CODEC;
    size_t before = kwi_writer_size(out), extra = out->extra;
    kw_status status = compress(c, level, magic, data, size, out);
    if (status == KW_OK)
        return out->status;
    if (kw_writer_ok(out))
        kwi_writer_back(out, before, extra);
    return status;
}
