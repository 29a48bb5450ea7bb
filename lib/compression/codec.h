/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_LIB_COMPRESSION_CODEC_H
#define KWIRE_LIB_COMPRESSION_CODEC_H

/* The interface of a codec's file, and the functions through which it writes its output. */

#include <kwire/compression.h>

/* ---- decompression ---- */

enum { KWI_SCRATCH = 16384 };

struct kw_decompressor {
    const kw_allocator *allocator;
    kw_decompression details;
    uint64_t count_limit;
    uint64_t count_left; /* bytes that may still be decompressed only to be counted */
    kw_writer *out;
    size_t start;     /* where the content starts in the writer */
    uint64_t counted; /* bytes of the content that did not fit; if there are any, nothing more is written */
    void *gzip;
    void *zstd;
    uint8_t scratch[KWI_SCRATCH];
};

/* Gets space for the content's continuation: at least `want` bytes, if the writer's size or limit allows. *capacity
 * is the number of bytes that fit. False without memory. */
bool kwi_content_capacity(kw_decompressor *d, uint64_t want, size_t *capacity);
uint8_t *kwi_content_end(const kw_decompressor *d);

/* `size` bytes were written to that space. */
void kwi_content_written(kw_decompressor *d, size_t size);

/* Counts `size` bytes that were not decompressed. */
void kwi_content_counted(kw_decompressor *d, uint64_t size);

/* Counts bytes that were decompressed. False if the limit of counting is reached; the size is then not exact. */
bool kwi_content_counted_hard(kw_decompressor *d, size_t size);

/* Returns KW_ERR_COMPRESSED_DATA. */
kw_status kwi_content_damaged(kw_decompressor *d, size_t at, const char *detail);

typedef kw_status kwi_decompress(kw_decompressor *d, uint8_t magic, const uint8_t *in, size_t size);
kwi_decompress kwi_gzip_decompress, kwi_snappy_decompress, kwi_lz4_decompress, kwi_zstd_decompress;

/* Free a context, which is not NULL. */
void kwi_gzip_end_decompression(kw_decompressor *d, void *context);
void kwi_zstd_end_decompression(void *context);

/* ---- compression ---- */

enum { KWI_BLOCK_SCRATCH = 66 * 1024 }; /* the largest size of 64 KiB in lz4, or of 32 KiB in snappy */

struct kw_compressor {
    const kw_allocator *allocator;
    void *gzip;
    void *zstd;
    void *lz4_fast;
    void *lz4_high;
    uint8_t scratch[KWI_BLOCK_SCRATCH];
};

/* Appends to the writer, which may fail. Other errors are returned. */
typedef kw_status kwi_compress(kw_compressor *c, int32_t level, uint8_t magic, const uint8_t *in, size_t size,
                               kw_writer *out);
kwi_compress kwi_gzip_compress, kwi_snappy_compress, kwi_lz4_compress, kwi_zstd_compress;

void kwi_gzip_end_compression(kw_compressor *c, void *context);
void kwi_lz4_end_compression(kw_compressor *c);
void kwi_zstd_end_compression(void *context);

/* The checksum of lz4 frames: XXH32 with seed 0. */
uint32_t kwi_xxh32(const uint8_t *p, size_t size);

#endif
