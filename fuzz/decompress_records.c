/* SPDX-License-Identifier: Apache-2.0 */
/* Decompression of every codec under a limit, and a round trip. The input: codec (8 bits, modulo 5), magic (8 bits,
 * modulo 3), the limit in units of 64 bytes (16 bits), then the compressed data. */
#include <kwire/compression.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { LIMIT_UNIT = 64, COUNT_LIMIT = 1 << 20 };

/* The bytes that the writer had before the call stay, and no more than the limit are added. */
static kw_status decompress(kw_decompressor *d, kw_codec codec, uint8_t magic, kw_bytes in, kw_writer *out,
                            size_t limit)
{
    kw_status status = kw_decompress(d, codec, magic, in, out);
    FUZZ_REQUIRE(kw_writer_data(out).size <= limit);
    FUZZ_REQUIRE(status == KW_OK || kw_writer_data(out).size == 0);
    return status;
}

/* Data that exceeded a limit can be read with a higher one. */
static void raise_limit(kw_decompressor *d, kw_codec codec, uint8_t magic, kw_bytes in, uint64_t needed)
{
    kw_writer out;
    if (needed > FUZZ_MEMORY)
        return;
    kw_writer_init_growing(&out, kw_allocator_libc(), (size_t)needed);
    kw_status status = decompress(d, codec, magic, in, &out, (size_t)needed);
    FUZZ_REQUIRE(status != KW_ERR_MEMORY_LIMIT);
    FUZZ_REQUIRE(status != KW_OK || kw_writer_data(&out).size == needed);
    kw_writer_finish(&out);
}

static void check_way_back(kw_decompressor *d, kw_codec codec, uint8_t magic, kw_span content)
{
    kw_compressor *c = kw_compressor_create(kw_allocator_libc());
    FUZZ_REQUIRE(c != NULL);
    kw_writer packed, again;
    kw_bytes in = kw_bytes_of(content.data, content.size);
    kw_writer_init_growing(&packed, kw_allocator_libc(), 2 * FUZZ_MEMORY);
    kw_writer_init_growing(&again, kw_allocator_libc(), FUZZ_MEMORY);
    FUZZ_REQUIRE(kw_compress(c, codec, KW_LEVEL_DEFAULT, magic, in, &packed) == KW_OK);
    kw_span bytes = kw_writer_data(&packed);
    kw_bytes back = kw_bytes_of(bytes.data, bytes.size);
    FUZZ_REQUIRE(kw_decompress(d, codec, magic, back, &again) == KW_OK);
    FUZZ_REQUIRE(kw_writer_data(&again).size == content.size);
    FUZZ_REQUIRE(content.size == 0 || memcmp(kw_writer_data(&again).data, content.data, content.size) == 0);
    kw_writer_finish(&again);
    kw_writer_finish(&packed);
    kw_compressor_destroy(c);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    kw_codec codec = (kw_codec)(fuzz_take8(&in) % 5);
    uint8_t magic = fuzz_take8(&in) % 3;
    size_t limit = (size_t)fuzz_take16(&in) * LIMIT_UNIT;
    kw_bytes packed = {in.pos, (int32_t)fuzz_left(&in)};
    if (!kw_codec_available(codec) || (codec == KW_CODEC_ZSTD && magic != KW_MAGIC_V2))
        return;
    kw_decompressor *d = kw_decompressor_create(kw_allocator_libc());
    FUZZ_REQUIRE(d != NULL);
    kw_decompressor_set_count_limit(d, COUNT_LIMIT);
    kw_writer out;
    kw_writer_init_growing(&out, kw_allocator_libc(), limit);
    kw_status status = decompress(d, codec, magic, packed, &out, limit);
    if (status == KW_OK)
        check_way_back(d, codec, magic, kw_writer_data(&out));
    kw_decompression details = *kw_decompressor_details(d);
    if (status == KW_ERR_MEMORY_LIMIT && details.exact)
        raise_limit(d, codec, magic, packed, details.size);
    kw_writer_finish(&out);
    kw_decompressor_destroy(d);
}
