/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_RECORDS_H
#define KWIRE_RECORDS_H

/* The records of one batch, whatever its magic and compression. Uncompressed ones are read where they lie; compressed
 * ones are decompressed into a writer of the caller's, whose size is the limit.
 *
 *     kw_records rs;
 *     kw_record r;
 *     for (kw_records_init(&rs, &batch, decompressor, &scratch); kw_records_next(&rs, &r);)
 *         use(&r);
 *     if (rs.status != KW_OK)
 *         ...
 *
 * A consumer skips what is not for it: records below the offset that it asked for, as batches are fetched whole, and
 * control batches (kw_batch_is_control()). */

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
    /* A message inside a compressed one, which in magic 0 and 1 has a checksum of its own, must match it. That of the
     * batch is checked before: kw_batch_check_crc(). */
    KW_RECORDS_CHECK_CRC = 1
};

/* One record. Its views are into the batch or, if that is compressed, into the scratch writer's buffer, and valid as
 * long as those are; the latter until the writer is used for something else, the next batch for example. */
typedef struct kw_record {
    int64_t offset;
    int64_t timestamp; /* ms; KW_NO_TIMESTAMP in magic 0 */
    kw_bytes key;
    kw_bytes value;
    kw_bytes headers; /* as they lie in the record, without their count; kw_record_headers reads them */
    int32_t header_count;
    int32_t sequence; /* KW_NO_SEQUENCE if the batch has none */
} kw_record;

typedef struct kw_record_header {
    kw_string key;
    kw_bytes value;
} kw_record_header;

/* An iterator. `flags` is the caller's to set; status and errors are for reading, the rest is private. */
typedef struct kw_records {
    const uint8_t *pos;
    const uint8_t *end;
    const uint8_t *start; /* what error_at counts from, less `origin` */
    size_t origin;
    int64_t base_offset;
    int64_t base_timestamp;
    int64_t append_time;
    int32_t base_sequence;
    int32_t left; /* records to come */
    uint8_t magic;
    bool has_append_time;
    bool decompressed; /* with an error: error_at is a byte of the decompressed records, not of the input */
    kw_status status;
    size_t error_at;      /* byte of the kw_batches' input that is wrong */
    int64_t error_offset; /* with an error: Kafka's offset of the record or, where that cannot be told, of the batch */
    uint32_t flags;
} kw_records;

/* An iterator over a record's headers. Private fields. */
typedef struct kw_record_headers {
    kw_reader reader;
    int32_t left;
} kw_record_headers;

KW_BEGIN_DECLS

/* Begins with the first record of a batch. A compressed batch is decompressed here: what `scratch` held is forgotten,
 * and its size or limit is how large the records may be. Both `decompressor` and `scratch` may be NULL where no batch
 * is compressed; one that is gives KW_ERR_ARGUMENT then.
 *
 * Returns rs->status; kw_records_next() returns false if it is an error, so that a loop need not look at it:
 *
 *   KW_ERR_SPACE, KW_ERR_MEMORY_LIMIT   the limit is reached; see kw_decompress() on how to learn what it takes
 *   KW_ERR_CODEC, ...                   what kw_decompress() returns; the batch can still be passed on as it is
 *   KW_ERR_COUNT, KW_ERR_NEGATIVE       the batch has a count or a lastOffsetDelta that cannot be
 *   KW_ERR_NULL, KW_ERR_NO_RECORDS, KW_ERR_WRAPPER_OFFSET, ...   a compressed message is malformed */
KW_API kw_status kw_records_init(kw_records *rs, const kw_batch *batch, kw_decompressor *decompressor,
                                 kw_writer *scratch);

/* The next record. False at the end and at an error, which sticks: a record that is malformed or not as long as it says
 * (KW_ERR_RECORD_SIZE and those of kw_reader), fewer records than the batch counts (KW_ERR_COUNT), bytes left over
 * after the last (KW_ERR_TRAILING), a compressed message inside a compressed one (KW_ERR_NESTED). A record that is
 * returned has been read to its end, headers included. */
KW_API bool kw_records_next(kw_records *rs, kw_record *out);

/* The headers of a record that kw_records_next() returned. The order is the producer's, and keys may repeat. */
KW_INLINE void kw_record_headers_init(kw_record_headers *hs, const kw_record *record)
{
    kw_reader_init(&hs->reader, record->headers.data, record->headers.len > 0 ? (size_t)record->headers.len : 0);
    hs->left = record->header_count;
}

/* The next header; false after the last. */
KW_API bool kw_record_headers_next(kw_record_headers *hs, kw_record_header *out);

KW_END_DECLS
#endif
