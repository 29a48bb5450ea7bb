/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_RECORDS_H
#define KWIRE_RECORDS_H

/* The records of one batch of any magic and compression. Uncompressed ones are read in place; compressed ones are
 * decompressed into a writer of the caller, whose size is the limit.
 *
 *     kw_records rs;
 *     kw_record r;
 *     for (kw_records_init(&rs, &batch, decompressor, &scratch); kw_records_next(&rs, &r);)
 *         use(&r);
 *     if (rs.status != KW_OK)
 *         ...
 *
 * A consumer skips records below the offset that it requested, as batches are fetched whole, and control batches
 * (kw_batch_is_control()). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/batches.h>
#include <kwire/compression.h>
#include <kwire/export.h>
#include <kwire/reader.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* How to iterate; or'ed into kw_records.flags after kw_records_init(). */
enum {
    /* A message inside a compressed one has its own checksum in magic 0 and 1, which must match. The batch's
     * checksum is checked before: kw_batch_check_crc(). */
    KW_RECORDS_CHECK_CRC = 1
};

/* One record. Its views point into the batch or, if that is compressed, into the scratch writer's buffer, and are
 * valid as long as those; the latter until the writer is used again, for example for the next batch. */
typedef struct kw_record {
    int64_t offset;
    int64_t timestamp; /* ms; KW_NO_TIMESTAMP in magic 0 */
    kw_bytes key;
    kw_bytes value;
    kw_bytes headers; /* as in the record, without their count; read by kw_record_headers */
    int32_t header_count;
    int32_t sequence; /* KW_NO_SEQUENCE if the batch has none */
} kw_record;

/* One header of a record. The value may be null, the key is not. */
typedef struct kw_record_header {
    kw_string key;
    kw_bytes value;
} kw_record_header;

/* An iterator. The caller may set `flags`, and read status and errors; the rest is private. */
typedef struct kw_records {
    const uint8_t *pos;
    const uint8_t *end;
    const uint8_t *start; /* the base of error_at, minus `origin` */
    size_t origin;
    int64_t base_offset;
    int64_t base_timestamp;
    int64_t append_time;
    int32_t base_sequence;
    int32_t left; /* remaining records */
    uint8_t magic;
    bool has_append_time;
    bool decompressed; /* with an error: error_at is a byte of the decompressed records, not of the input */
    kw_status status;
    size_t error_at;      /* byte of the kw_batches' input that is wrong */
    int64_t error_offset; /* with an error: Kafka's offset of the record or, if that is unknown, of the batch */
    uint32_t flags;
} kw_records;

/* An iterator over a record's headers. All fields are private. */
typedef struct kw_record_headers {
    kw_reader reader;
    int32_t left;
} kw_record_headers;

KW_BEGIN_DECLS

/* Starts with the first record of a batch. A compressed batch is decompressed here: the content of `scratch` is
 * dropped, and its size or limit is the largest size of the records. Both `decompressor` and `scratch` may be NULL
 * if no batch is compressed; a compressed one is then KW_ERR_ARGUMENT.
 *
 * Returns rs->status; after an error kw_records_next() returns false, so a loop need not check it:
 *
 *   KW_ERR_SPACE, KW_ERR_MEMORY_LIMIT   the limit is reached; kw_decompress() describes how to get the size needed
 *   KW_ERR_CODEC, ...                   those of kw_decompress(); the batch can still be forwarded unchanged
 *   KW_ERR_COUNT, KW_ERR_NEGATIVE       the batch has an impossible count or lastOffsetDelta
 *   KW_ERR_NULL, KW_ERR_NO_RECORDS, KW_ERR_WRAPPER_OFFSET, ...   a compressed message is malformed */
KW_API kw_status kw_records_init(kw_records *rs, const kw_batch *batch, kw_decompressor *decompressor,
                                 kw_writer *scratch);

/* The next record. False at the end and after an error, which is kept: a record that is malformed or does not have
 * its stated length (KW_ERR_RECORD_SIZE and the errors of kw_reader), fewer records than the batch counts
 * (KW_ERR_COUNT), bytes after the last one (KW_ERR_TRAILING), a compressed message inside a compressed one
 * (KW_ERR_NESTED). A record that is returned has been read to its end, headers included. */
KW_API bool kw_records_next(kw_records *rs, kw_record *out);

/* Starts with the first header of a record that kw_records_next() returned. The order is the producer's, and keys
 * may repeat. */
KW_INLINE void kw_record_headers_init(kw_record_headers *hs, const kw_record *record)
{
    kw_reader_init(&hs->reader, record->headers.data, record->headers.len > 0 ? (size_t)record->headers.len : 0);
    hs->left = record->header_count;
}

/* The next header; false after the last one. Valid as long as the record. */
KW_API bool kw_record_headers_next(kw_record_headers *hs, kw_record_header *out);

KW_END_DECLS
#endif
