/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_COMPRESSION_H
#define KWIRE_COMPRESSION_H

/* Compression of the records of a batch. Each codec is only available if the library was built with it.
 *
 * Compressed bytes are untrusted: nothing is written beyond the writer's size or limit, and decompression only to
 * compute the needed size stops at a limit of the caller.
 *
 * A compressor or decompressor keeps its contexts for the next call. It belongs to one thread at a time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/record_batch.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

KW_BEGIN_DECLS

/* True if the library was built with the codec. True for KW_CODEC_NONE, false for a number that is not a codec. */
KW_API bool kw_codec_available(kw_codec codec);

/* The name in Kafka's configuration, e.g. "lz4"; "?" for a number that is not a codec. Static storage. */
KW_API const char *kw_codec_name(kw_codec codec);

/* ---- decompression ---- */

/* Contexts and buffers of all codecs for decompression. */
typedef struct kw_decompressor kw_decompressor;

/* Irregularities that Kafka accepts, and so does this library. */
enum {
    KW_DECOMPRESS_TRAILING = 1,         /* bytes after the end were ignored: gzip and lz4 any, snappy 1 to 3 */
    KW_DECOMPRESS_CONTENT_CHECKSUM = 2, /* lz4: the content checksum does not match the content */
    KW_DECOMPRESS_CONTENT_SIZE = 4,     /* lz4: the frame states another size than its content has */
    KW_DECOMPRESS_HEADER_CHECKSUM = 8   /* lz4 in magic 0: neither correct nor as old clients write it */
};

/* Details of a decompression. */
typedef struct kw_decompression {
    uint64_t size;      /* bytes of the content; after KW_ERR_SPACE and KW_ERR_MEMORY_LIMIT the size needed */
    bool exact;         /* false: the content has at least this size, as counting was stopped */
    uint32_t warnings;  /* KW_DECOMPRESS_... */
    size_t error_at;    /* KW_ERR_COMPRESSED_DATA: the offset in the input of the damaged frame, block or field */
    const char *detail; /* KW_ERR_COMPRESSED_DATA: the reason; else NULL. Static storage */
} kw_decompression;

/* A decompressor, or NULL without memory; freed by kw_decompressor_destroy(). The library's own memory and that of
 * zlib come from `allocator`, which must outlive it; libzstd and libsnappy offer no stable way to choose, and use
 * malloc and operator new. */
KW_API KW_NODISCARD kw_decompressor *kw_decompressor_create(const kw_allocator *allocator);

/* Accepts NULL. */
KW_API void kw_decompressor_destroy(kw_decompressor *d);

/* The number of bytes that may be decompressed only to be counted, after the writer is full or for a counting
 * writer; the default is 16 MiB. It bounds the time that gzip and zstd without a content size can take; the size of
 * snappy, lz4 and other zstd data is known without decompression. */
KW_API void kw_decompressor_set_count_limit(kw_decompressor *d, uint64_t bytes);

/* Appends the content of `in`, which must not be in the writer's buffer, to a writer that has not failed. `magic` is
 * that of the batch. KW_CODEC_NONE copies.
 *
 *   KW_ERR_SPACE             a fixed writer is too small: the writer has failed with that status, kw_writer_needed() is
 *                            the size needed, exact or a minimum as in the details
 *   KW_ERR_MEMORY_LIMIT      the same for a growing writer and its limit; also for a counting writer, if the limit of
 *                            counting is reached
 *   KW_ERR_NO_MEMORY         the allocator, or that of a codec library, returned NULL
 *   KW_ERR_CODEC             the codec is not built in
 *   KW_ERR_CODEC_UNKNOWN     Kafka has no such codec in this magic
 *   KW_ERR_COMPRESSED_DATA   damaged or truncated; see the details
 *
 * A writer of exactly the size needed is sufficient. After an error the writer has its previous content. These
 * formats are read:
 *
 *   gzip     one or more members
 *   snappy   raw, or in the chunks of snappy-java with any version numbers; also several such streams
 *   lz4      one frame, of independent or linked blocks; in magic 0 with any header checksum
 *   zstd     frames and skippable frames, or none; windows of up to 128 MiB */
KW_API kw_status kw_decompress(kw_decompressor *d, kw_codec codec, uint8_t magic, kw_bytes in, kw_writer *out);

/* Details of the last call. Valid until the next call, or until the decompressor is destroyed. */
KW_API const kw_decompression *kw_decompressor_details(const kw_decompressor *d);

/* ---- compression ---- */

/* Contexts and buffers of all codecs for compression. */
typedef struct kw_compressor kw_compressor;

/* Kafka's default level: gzip 6, lz4 9 (which is the fast one in Kafka), zstd 3. */
#define KW_LEVEL_DEFAULT INT32_MIN

/* A compressor, or NULL without memory; freed by kw_compressor_destroy(). Memory as for a decompressor; that of
 * liblz4 comes from `allocator` too. */
KW_API KW_NODISCARD kw_compressor *kw_compressor_create(const kw_allocator *allocator);

/* Accepts NULL. */
KW_API void kw_compressor_destroy(kw_compressor *c);

/* Appends `in`, which must not be in the writer's buffer, compressed as Kafka's clients do: a gzip member, the
 * chunks of snappy-java, an lz4 frame (in magic 0 with the wrong header checksum that old clients expect), a zstd
 * frame. Levels are Kafka's: gzip 1 to 9 and -1, lz4 1 to 17, zstd -131072 to 22, none for snappy.
 *
 *   KW_ERR_ARGUMENT                     no such level
 *   KW_ERR_SPACE, KW_ERR_MEMORY_LIMIT   the writer is too small and has failed; kw_writer_needed() is the size needed
 *   KW_ERR_NO_MEMORY, KW_ERR_CODEC, KW_ERR_CODEC_UNKNOWN   as for kw_decompress()
 *
 * After an error a writer that has not failed has its previous content. */
KW_API kw_status kw_compress(kw_compressor *c, kw_codec codec, int32_t level, uint8_t magic, kw_bytes in,
                             kw_writer *out);

KW_END_DECLS
#endif
