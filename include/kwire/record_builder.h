/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_RECORD_BUILDER_H
#define KWIRE_RECORD_BUILDER_H

/* Making record batches of every magic, byte for byte as Kafka's own clients and brokers make them, and changing the
 * few things in a batch that a broker changes.
 *
 *     kw_batch_options o;
 *     kw_batch_options_init(&o);
 *     kw_batch_builder b;
 *     if (kw_batch_builder_init(&b, &out, &o) != KW_OK)
 *         ...
 *     kw_new_record r = {.timestamp = now, .key = key, .value = value};
 *     if (kw_batch_builder_append(&b, &r) == KW_ERR_SPACE)
 *         ...                    (this record belongs in the next batch; the one here is as it was)
 *     if (kw_batch_builder_end(&b) != KW_OK)
 *         ...                    (the writer is as it was before the batch)
 *
 * Several batches may follow each other in one writer, before and after other things; while one is being built nothing
 * else may be written there. Uncompressed records go straight to their place. In magic 0 and 1 a "batch" is a message
 * set: an uncompressed one is a message a record, a compressed one a single message around them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/compression.h>
#include <kwire/control_record.h>
#include <kwire/export.h>
#include <kwire/record_batch.h>
#include <kwire/records.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* What a batch is to be. */
typedef struct kw_batch_options {
    int64_t base_offset;
    int64_t append_time;    /* ms: LogAppendTime, of all records; KW_NO_TIMESTAMP: each has its own. Not magic 0 */
    int64_t delete_horizon; /* ms; KW_NO_TIMESTAMP: none. This and what follows up to `control`: magic 2 */
    int64_t producer_id;    /* KW_NO_PRODUCER_ID: none; else epoch and sequence are needed */
    int32_t base_sequence;  /* KW_NO_SEQUENCE only without producer id and in control batches */
    int32_t leader_epoch;
    int16_t producer_epoch;
    bool transactional; /* needs a producer id */
    bool control;       /* takes control records and no others */
    uint8_t magic;
    kw_codec codec;            /* zstd: magic 2 */
    int level;                 /* of compression, as kw_compress() takes it */
    kw_compressor *compressor; /* with a codec: what compresses, and what holds the records until they are; else NULL */
    kw_writer *scratch;        /* The scratch writer, not a counting one, is reset at begin and end */
} kw_batch_options;

/* One record to append. Null keys and values are those with len -1. The views need not outlive the call. */
typedef struct kw_new_record {
    int64_t timestamp; /* ms, or KW_NO_TIMESTAMP; ignored in magic 0 */
    kw_bytes key;
    kw_bytes value;
    const kw_record_header *headers; /* magic 2 only; their keys must not be null */
    int32_t header_count;
} kw_new_record;

/* The batch that is being built. The first fields are for reading, also after the end. */
typedef struct kw_batch_builder {
    int64_t last_offset;          /* of the last record; before the first, the base offset - 1 */
    int64_t max_timestamp;        /* of all records, KW_NO_TIMESTAMP if there is none */
    int64_t max_timestamp_offset; /* of the first record that has it, -1 if there is none */
    int32_t count;                /* records */
    size_t size;                  /* after the end: bytes that the batch takes, 0 if it has no records */
    kw_batch_options options;     /* from here on private */
    kw_writer *out;
    kw_writer *records;
    int64_t base_timestamp;
    int64_t reach;
    size_t start;
    size_t start_extra;
    size_t room; /* bytes that the format still allows */
    bool open;
    bool plain; /* magic 2, create time, no control batch: the quick path is open */
} kw_batch_builder;

KW_BEGIN_DECLS

/* Kafka's defaults: magic 2 at offset 0, not compressed, create time, no producer, leader epoch -1. */
KW_API void kw_batch_options_init(kw_batch_options *options);

/* ---- building ---- */

/* Begins a batch at the end of `out`, which must be sound. KW_ERR_ARGUMENT for options that contradict each other, the
 * writer's own error for one that failed before, KW_ERR_SPACE, KW_ERR_MEMORY_LIMIT or KW_ERR_NO_MEMORY if not even the
 * header has room. On an error nothing was written, and append and end return KW_ERR_ARGUMENT. */
KW_API KW_NODISCARD kw_status kw_batch_builder_init(kw_batch_builder *b, kw_writer *out,
                                                    const kw_batch_options *options);

/* Appends a record at the offset that follows the last one. On an error the batch is as it was, and can go on or end:
 *
 *   KW_ERR_SPACE, KW_ERR_MEMORY_LIMIT, KW_ERR_NO_MEMORY
 *                       the writer's, or the scratch writer's if the batch is compressed, which does not keep the error
 *                       nor count the record in kw_writer_needed()
 *   KW_ERR_BATCH_FULL   no batch could hold it: more than 2^31 - 1 bytes, records or offsets
 *   KW_ERR_NULL         a header whose key is null
 *   KW_ERR_ARGUMENT     a negative timestamp other than KW_NO_TIMESTAMP, headers in magic 0 or 1, a control batch, a
 *                       batch that has ended */
KW_API KW_NODISCARD kw_status kw_batch_builder_append(kw_batch_builder *b, const kw_new_record *record);

/* Appends records one after the other, which is quicker than one by one. Ends at the first that cannot be appended,
 * with its status; *appended, unless NULL, is how many were. */
KW_API KW_NODISCARD kw_status kw_batch_builder_append_all(kw_batch_builder *b, const kw_new_record *records,
                                                          size_t count, size_t *appended);

/* Appends a record at an offset of the caller's choice, which must be greater than the last: KW_ERR_ARGUMENT if it is
 * not. */
KW_API KW_NODISCARD kw_status kw_batch_builder_append_at(kw_batch_builder *b, int64_t offset,
                                                         const kw_new_record *record);

/* The same with a record that was read from another batch. Its offset is not used, its headers go over as they are. */
KW_API KW_NODISCARD kw_status kw_batch_builder_append_copy(kw_batch_builder *b, int64_t offset,
                                                           const kw_record *record);

/* Appends a control record to a control batch: `type`, `version` and `value` of *record are used. Abort and commit need
 * a transactional batch, else KW_ERR_ARGUMENT, as for a type that is not known. Errors of the encoder may come too. */
KW_API KW_NODISCARD kw_status kw_batch_builder_append_control(kw_batch_builder *b, int64_t timestamp,
                                                              const kw_control_record *record);

/* Makes the batch reach up to `last_offset`, which has no record (any more), as compaction leaves it: magic 2, else
 * KW_ERR_ARGUMENT, as for an offset that is below the last record's. */
KW_API KW_NODISCARD kw_status kw_batch_builder_reach(kw_batch_builder *b, int64_t last_offset);

/* Completes the batch: compresses it where that is asked for, fills in the header and the checksum. A batch without
 * records leaves nothing and is no error. On an error it is cancelled: kw_compress()'s, and KW_ERR_BATCH_FULL. */
KW_API KW_NODISCARD kw_status kw_batch_builder_end(kw_batch_builder *b);

/* Takes the batch back: the writer is as it was before. Harmless after the end. */
KW_API void kw_batch_builder_cancel(kw_batch_builder *b);

/* Writes a batch of magic 2 without records, as compaction leaves it of a producer's last: from options->base_offset to
 * `last_offset`, with `timestamp` as its greatest. Attributes and errors as in kw_batch_builder_init(). */
KW_API KW_NODISCARD kw_status kw_write_empty_batch(kw_writer *out, const kw_batch_options *options, int64_t last_offset,
                                                   int64_t timestamp);

/* Writes a batch with one control record, an end-of-transaction marker for example. options->control may be false. */
KW_API KW_NODISCARD kw_status kw_write_control_batch(kw_writer *out, const kw_batch_options *options, int64_t timestamp,
                                                     const kw_control_record *record);

/* ---- changing in place ----
 *
 * What a broker changes in a batch that it appends, at `data`, whose first batch takes all the `size` bytes: else
 * KW_ERR_TRUNCATED or KW_ERR_TRAILING, or what kw_batches_next() gives. Nothing has changed then. The records are not
 * looked at, and none of this depends on the checksum being right: it stays as right or wrong as it was, or becomes
 * right where it is computed anew. */

/* Moves the batch so that its last record gets `last_offset`. In magic 2 all others move along, and so do in magic 1
 * those of a compressed message; in magic 0 they do not. The checksum does not cover it. */
KW_API KW_NODISCARD kw_status kw_batch_set_last_offset(uint8_t *data, size_t size, int64_t last_offset);

/* The epoch of the partition's leader. The checksum does not cover it. KW_ERR_ARGUMENT in magic 0 and 1. */
KW_API KW_NODISCARD kw_status kw_batch_set_leader_epoch(uint8_t *data, size_t size, int32_t leader_epoch);

/* Says what kind of timestamps these are, and the greatest: with `append_time` the one that all have. In magic 1 it is
 * the message's timestamp. Writes and checksums anew only if something changes; attributes without a meaning are
 * cleared then, as Kafka does. KW_ERR_ARGUMENT in magic 0. */
KW_API KW_NODISCARD kw_status kw_batch_set_max_timestamp(uint8_t *data, size_t size, bool append_time,
                                                         int64_t max_timestamp);

/* Whose batch it is, and the sequence of its first record: for a producer that learns that after building. With a new
 * checksum. KW_ERR_ARGUMENT in magic 0 and 1. */
KW_API KW_NODISCARD kw_status kw_batch_set_producer(uint8_t *data, size_t size, int64_t producer_id,
                                                    int16_t producer_epoch, int32_t base_sequence);

KW_END_DECLS
#endif
