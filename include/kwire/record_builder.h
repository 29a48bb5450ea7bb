/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_RECORD_BUILDER_H
#define KWIRE_RECORD_BUILDER_H

/* Builds record batches of every magic, byte for byte as Kafka's own clients and brokers do, and changes the fields
 * of a batch that a broker changes.
 *
 *     kw_batch_options o;
 *     kw_batch_options_init(&o);
 *     kw_batch_builder b;
 *     if (kw_batch_builder_init(&b, &out, &o) != KW_OK)
 *         ...
 *     kw_new_record r = {.timestamp = now, .key = key, .value = value};
 *     if (kw_batch_builder_append(&b, &r) == KW_ERR_SPACE)
 *         ...                    (this record belongs in the next batch; the current one is unchanged)
 *     if (kw_batch_builder_end(&b) != KW_OK)
 *         ...                    (the writer is as it was before the batch)
 *
 * A writer may have several batches in sequence, before and after other output; while a batch is being built nothing
 * else may be written to it. Uncompressed records are written directly to the writer. In magic 0 and 1 a "batch" is
 * a message set: an uncompressed one has a message for each record, a compressed one is a single message around
 * them. */

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

/* The properties of a batch. */
typedef struct kw_batch_options {
    int64_t base_offset;
    int64_t append_time;    /* ms: LogAppendTime, of all records; KW_NO_TIMESTAMP: each has its own. Not magic 0 */
    int64_t delete_horizon; /* ms; KW_NO_TIMESTAMP: none. This and the following up to `control`: magic 2 */
    int64_t producer_id;    /* KW_NO_PRODUCER_ID: none; else epoch and sequence are needed */
    int32_t base_sequence;  /* KW_NO_SEQUENCE only without producer id and in control batches */
    int32_t leader_epoch;
    int16_t producer_epoch;
    bool transactional; /* needs a producer id */
    bool control;       /* accepts only control records */
    uint8_t magic;
    kw_codec codec;            /* zstd: magic 2 */
    int level;                 /* of compression, as for kw_compress() */
    kw_compressor *compressor; /* with a codec: it compresses, and the scratch writer holds the records until then;
                                * else NULL */
    kw_writer *scratch;        /* The scratch writer, not a counting one, is reset at start and end */
} kw_batch_options;

/* One record to append. Null keys and values have len -1. The views are only used during the call. */
typedef struct kw_new_record {
    int64_t timestamp; /* ms, or KW_NO_TIMESTAMP; ignored in magic 0 */
    kw_bytes key;
    kw_bytes value;
    const kw_record_header *headers; /* magic 2 only; their keys must not be null */
    int32_t header_count;
} kw_new_record;

/* The batch under construction. The first fields may be read, also after the end. */
typedef struct kw_batch_builder {
    int64_t last_offset;          /* of the last record; before the first, the base offset - 1 */
    int64_t max_timestamp;        /* of all records, KW_NO_TIMESTAMP if there are none */
    int64_t max_timestamp_offset; /* of the first record with that timestamp, -1 if there is none */
    int32_t count;                /* records */
    size_t size;                  /* after the end: size of the batch in bytes, 0 if it has no records */
    kw_batch_options options;     /* from here on private */
    kw_writer *out;
    kw_writer *records;
    int64_t base_timestamp;
    int64_t reach;
    size_t start;
    size_t start_extra;
    size_t allowed; /* bytes that the format still allows */
    bool open;
    bool plain; /* magic 2, create time, no control batch: the fast path can be used */
} kw_batch_builder;

KW_BEGIN_DECLS

/* Sets Kafka's defaults: magic 2 at offset 0, not compressed, create time, no producer, leader epoch -1. */
KW_API void kw_batch_options_init(kw_batch_options *options);

/* ---- building ---- */

/* Starts a batch at the end of `out`, which must not have failed. KW_ERR_ARGUMENT for options that contradict each
 * other, the writer's own error if it has failed before, KW_ERR_SPACE, KW_ERR_MEMORY_LIMIT or KW_ERR_NO_MEMORY if
 * the header does not fit. After an error nothing has been written, and append and end return KW_ERR_ARGUMENT. */
KW_API KW_NODISCARD kw_status kw_batch_builder_init(kw_batch_builder *b, kw_writer *out,
                                                    const kw_batch_options *options);

/* Appends a record at the offset after the last one. After an error the batch is unchanged, and can be continued or
 * ended:
 *
 *   KW_ERR_SPACE, KW_ERR_MEMORY_LIMIT, KW_ERR_NO_MEMORY
 *                       the writer's, or the scratch writer's if the batch is compressed; it does not keep the error,
 *                       nor count the record in kw_writer_needed()
 *   KW_ERR_BATCH_FULL   no batch could have it: more than 2^31 - 1 bytes, records or offsets
 *   KW_ERR_NULL         a header whose key is null
 *   KW_ERR_ARGUMENT     a negative timestamp other than KW_NO_TIMESTAMP, headers in magic 0 or 1, a control batch, a
 *                       batch that has ended */
KW_API KW_NODISCARD kw_status kw_batch_builder_append(kw_batch_builder *b, const kw_new_record *record);

/* Appends several records, faster than one by one. Stops at the first that cannot be appended and returns its
 * status; *appended, unless NULL, is the number of those before it. */
KW_API KW_NODISCARD kw_status kw_batch_builder_append_all(kw_batch_builder *b, const kw_new_record *records,
                                                          size_t count, size_t *appended);

/* Appends a record at an offset that the caller chooses and that must be greater than the last one, else
 * KW_ERR_ARGUMENT. */
KW_API KW_NODISCARD kw_status kw_batch_builder_append_at(kw_batch_builder *b, int64_t offset,
                                                         const kw_new_record *record);

/* The same with a record that was read from another batch. Its offset is not used, its headers are copied unchanged. */
KW_API KW_NODISCARD kw_status kw_batch_builder_append_copy(kw_batch_builder *b, int64_t offset,
                                                           const kw_record *record);

/* Appends a control record to a control batch: `type`, `version` and `value` of *record are used. Abort and commit
 * need a transactional batch, else KW_ERR_ARGUMENT, which also an unknown type gives. Errors of the encoder are
 * possible too. */
KW_API KW_NODISCARD kw_status kw_batch_builder_append_control(kw_batch_builder *b, int64_t timestamp,
                                                              const kw_control_record *record);

/* Extends the batch up to `last_offset`, which has no record (any more), as compaction does. KW_ERR_ARGUMENT in
 * magic 0 and 1, and for an offset below that of the last record. */
KW_API KW_NODISCARD kw_status kw_batch_builder_reach(kw_batch_builder *b, int64_t last_offset);

/* Completes the batch: compresses it if that is requested, fills in the header and the checksum. A batch without
 * records writes nothing, which is not an error. After an error it is cancelled: those of kw_compress(), and
 * KW_ERR_BATCH_FULL. */
KW_API KW_NODISCARD kw_status kw_batch_builder_end(kw_batch_builder *b);

/* Removes the batch: the writer is as it was before. No effect after the end. */
KW_API void kw_batch_builder_cancel(kw_batch_builder *b);

/* Writes a batch of magic 2 without records, as compaction keeps for a producer's last batch: from
 * options->base_offset to `last_offset`, with `timestamp` as its greatest. Attributes and errors as in
 * kw_batch_builder_init(). */
KW_API KW_NODISCARD kw_status kw_write_empty_batch(kw_writer *out, const kw_batch_options *options, int64_t last_offset,
                                                   int64_t timestamp);

/* Writes a batch with one control record, for example an end-of-transaction marker. options->control may be false. */
KW_API KW_NODISCARD kw_status kw_write_control_batch(kw_writer *out, const kw_batch_options *options, int64_t timestamp,
                                                     const kw_control_record *record);

/* ---- changing in place ----
 *
 * Changes that a broker makes in a batch that it appends, at `data`, whose first batch takes all of the `size`
 * bytes: else KW_ERR_TRUNCATED or KW_ERR_TRAILING, or the errors of kw_batches_next(). Then nothing has changed. The
 * records are not read, and the checksum is not verified: it remains as correct or wrong as it was, or is correct
 * after it was computed again. */

/* Moves the batch so that its last record gets `last_offset`. In magic 2 all others move with it, and so do those of
 * a compressed message in magic 1; in magic 0 they do not. The checksum does not cover it. */
KW_API KW_NODISCARD kw_status kw_batch_set_last_offset(uint8_t *data, size_t size, int64_t last_offset);

/* Sets the epoch of the partition's leader. The checksum does not cover it. KW_ERR_ARGUMENT in magic 0 and 1. */
KW_API KW_NODISCARD kw_status kw_batch_set_leader_epoch(uint8_t *data, size_t size, int32_t leader_epoch);

/* Sets the kind of timestamps and the greatest one: with `append_time` that of all records. In magic 1 it is the
 * message's timestamp. Writes and computes the checksum only if something changes; attributes without a meaning are
 * then cleared, as in Kafka. KW_ERR_ARGUMENT in magic 0. */
KW_API KW_NODISCARD kw_status kw_batch_set_max_timestamp(uint8_t *data, size_t size, bool append_time,
                                                         int64_t max_timestamp);

/* Sets the producer and the sequence of the first record, for producers that get them after building. Computes the
 * checksum. KW_ERR_ARGUMENT in magic 0 and 1. */
KW_API KW_NODISCARD kw_status kw_batch_set_producer(uint8_t *data, size_t size, int64_t producer_id,
                                                    int16_t producer_epoch, int32_t base_sequence);

KW_END_DECLS
#endif
