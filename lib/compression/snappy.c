/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#ifdef KWI_HAVE_SNAPPY

#include <kwire/endian.h>

#include <snappy-c.h>

/* The stream of snappy-java: magic, two version numbers, and chunks of INT32 size and that many bytes of raw snappy. */
static const uint8_t stream_magic[8] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
enum { STREAM_HEADER = 16, CHUNK_HEADER = 4, CHUNK = 32 * 1024, STREAM_VERSION = 1 };

/* Each 3 bytes of snappy give at most 64 bytes. */
static bool is_possible(size_t content, size_t size)
{
    return content / 64 <= size / 3 + 1;
}

static kw_status decompress_raw(kw_decompressor *d, const uint8_t *in, size_t size, size_t at)
{
    size_t content;
    const char *data = (const char *)in;
    if (snappy_uncompressed_length(data, size, &content) != SNAPPY_OK || !is_possible(content, size))
        return kwi_content_damaged(d, at, "snappy: not a size that this much data can have");
    size_t capacity;
    if (!kwi_content_capacity(d, content, &capacity))
        return KW_ERR_NO_MEMORY;
    if (capacity < content || content == 0) {
        if (snappy_validate_compressed_buffer(data, size) != SNAPPY_OK)
            return kwi_content_damaged(d, at, "snappy: damaged data");
        kwi_content_counted(d, content);
        return KW_OK;
    }
    size_t made = content;
    if (snappy_uncompress(data, size, (char *)kwi_content_end(d), &made) != SNAPPY_OK || made != content)
        return kwi_content_damaged(d, at, "snappy: damaged data");
    kwi_content_written(d, content);
    return KW_OK;
}

static bool is_stream(const uint8_t *in, size_t size)
{
    return size >= sizeof stream_magic && memcmp(in, stream_magic, sizeof stream_magic) == 0;
}

kw_status kwi_snappy_decompress(kw_decompressor *d, uint8_t magic, const uint8_t *in, size_t size)
{
    (void)magic;
    if (!is_stream(in, size))
        return decompress_raw(d, in, size, 0);
    size_t at = 0;
    while (size - at >= CHUNK_HEADER) {
        if (is_stream(in + at, size - at)) {
            if (size - at < STREAM_HEADER)
                return kwi_content_damaged(d, at, "snappy: the data ends inside a stream's header");
            at += STREAM_HEADER;
            continue;
        }
        uint32_t chunk = kw_load_be32(in + at);
        if (chunk > size - at - CHUNK_HEADER)
            return kwi_content_damaged(d, at, "snappy: a chunk that is longer than the data left");
        kw_status status = decompress_raw(d, in + at + CHUNK_HEADER, chunk, at);
        if (status != KW_OK)
            return status;
        at += CHUNK_HEADER + (size_t)chunk;
    }
    if (at != size)
        d->details.warnings |= KW_DECOMPRESS_TRAILING;
    return KW_OK;
}

kw_status kwi_snappy_compress(kw_compressor *c, int32_t level, uint8_t magic, const uint8_t *in, size_t size,
                              kw_writer *out)
{
    (void)level;
    (void)magic;
    kw_write_raw(out, stream_magic, sizeof stream_magic);
    kw_write_int32(out, STREAM_VERSION);
    kw_write_int32(out, STREAM_VERSION);
    while (size != 0) {
        size_t part = size < CHUNK ? size : CHUNK;
        size_t made = sizeof c->scratch;
        if (snappy_compress((const char *)in, part, (char *)c->scratch, &made) != SNAPPY_OK)
            return KW_ERR_NO_MEMORY;
        kw_write_int32(out, (int32_t)made);
        kw_write_raw(out, c->scratch, made);
        in += part;
        size -= part;
    }
    return KW_OK;
}

#endif
