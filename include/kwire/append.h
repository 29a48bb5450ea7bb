/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_APPEND_H
#define KWIRE_APPEND_H

/* The checks of a broker on produced records before it appends them: refuses what Apache Kafka refuses, with Kafka's
 * error code, and assigns offsets to the others. Source: LogValidator and UnifiedLog in Kafka.
 *
 *     kw_append_rules rules;
 *     kw_append_rules_init(&rules);           (then set the values of the request and the topic's configuration)
 *     kw_append a;
 *     if (kw_append_check(&a, records, &rules, &tools, NULL) != KW_ERROR_NONE)
 *         answer(a.error, kw_append_reason_text(a.reason));
 *     else if (!a.rewrite)
 *         status = kw_append_assign(&a, records, next_offset, leader_epoch, &out);
 *     else
 *         status = kw_append_rewrite(&a, records, &rules, &tools, next_offset, leader_epoch, &out);
 *
 * Checks that need more than the records are left to the caller: sequences after earlier ones, fenced epochs,
 * ongoing transactions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/compression.h>
#include <kwire/error.h>
#include <kwire/export.h>
#include <kwire/record_batch.h>
#include <kwire/records.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* The conditions of request and topic. The names in brackets are Kafka's topic configuration. */
typedef struct kw_append_rules {
    int64_t now;                  /* ms; the default of 0 is for tests only */
    int64_t timestamp_before_max; /* ms; [message.timestamp.before.max.ms] */
    int64_t timestamp_after_max;  /* ms; [message.timestamp.after.max.ms] */
    int32_t max_message_bytes;    /* of a batch, as it arrives and as it is rewritten; [max.message.bytes] */
    int32_t segment_bytes;        /* [segment.bytes] */
    int16_t produce_version;      /* of the Produce request; -1: from another source */
    bool from_client;             /* else from the broker itself, which may write control batches */
    bool compacted;               /* [cleanup.policy] has compact: records need keys */
    bool append_time;             /* [message.timestamp.type] is LogAppendTime */
    bool keep_codec;              /* [compression.type] is producer; else records are stored in `codec` */
    bool any_offsets;             /* offsets inside a batch need not be 0, 1, 2...: see KW_APPEND_OFFSETS */
    kw_codec codec;
    int level; /* of compression where needed, as for kw_compress() */
} kw_append_rules;

/* Tools for compressed batches; each may be NULL if there are none. `scratch` is where they are decompressed: its
 * size or limit is the largest size of the records. `compressor` and `scratch2` are only for kw_append_rewrite(). */
typedef struct kw_append_tools {
    kw_decompressor *decompressor;
    kw_compressor *compressor;
    kw_writer *scratch;
    kw_writer *scratch2;
} kw_append_tools;

/* The reasons for refusing records, each with Kafka's error. */
#define KW_APPEND_REASON_MAP(X)                                                                     \
    X(NONE, NONE, "")                                                                               \
    X(NO_BATCH, INVALID_RECORD, "no record batch")                                                  \
    X(DAMAGED, CORRUPT_MESSAGE, "a record batch has an impossible size or magic byte")              \
    X(MAGIC, INVALID_RECORD, "only record batches of magic 2 are allowed")                          \
    X(MIXED_MAGIC, INVALID_RECORD, "record batches of different magic")                             \
    X(ZSTD, UNSUPPORTED_COMPRESSION_TYPE, "zstd needs a newer version of the request")              \
    X(MANY_BATCHES, INVALID_RECORD, "more than one record batch")                                   \
    X(BASE_OFFSET, INVALID_RECORD, "the base offset of the record batch is not 0")                  \
    X(TOO_LARGE, MESSAGE_TOO_LARGE, "the record batch is larger than max.message.bytes")            \
    X(SEGMENT, RECORD_LIST_TOO_LARGE, "the record batch is larger than a log segment")              \
    X(CRC, CORRUPT_MESSAGE, "the checksum does not match")                                          \
    X(CODEC_UNKNOWN, UNKNOWN_SERVER_ERROR, "the compression codec is not known")                    \
    X(CODEC, UNSUPPORTED_COMPRESSION_TYPE, "this server does not have the compression codec")       \
    X(DECOMPRESSION, UNKNOWN_SERVER_ERROR, "the records cannot be decompressed")                    \
    X(EXPANSION, INVALID_RECORD, "the records are too large when decompressed")                     \
    X(MEMORY, UNKNOWN_SERVER_ERROR, "out of memory")                                                \
    X(COUNT, INVALID_RECORD, "the count of records, offsets or headers does not match the records") \
    X(CONTROL, INVALID_RECORD, "clients may not write control records")                             \
    X(SEQUENCE, INVALID_RECORD, "a producer id without a sequence number")                          \
    X(EPOCH, INVALID_PRODUCER_EPOCH, "a producer id with a negative epoch")                         \
    X(RECORD, INVALID_RECORD, "a record is malformed")                                              \
    X(OFFSETS, INVALID_RECORD, "the offsets inside the record batch are not consecutive")           \
    X(KEYS, INVALID_RECORD, "a compacted topic needs keys")                                         \
    X(TIMESTAMPS, INVALID_TIMESTAMP, "timestamps that the topic does not accept")

/* KW_APPEND_OFFSETS is stricter than Kafka, which appends offsets with gaps and repetitions unchanged if the batch
 * is not compressed, and fails with UNKNOWN_SERVER_ERROR if it is. Consumers would lose records or read them twice. */
typedef enum kw_append_reason {
#define KW_APPEND_REASON_ENUM(name, error, text) KW_APPEND_##name,
    KW_APPEND_REASON_MAP(KW_APPEND_REASON_ENUM)
#undef KW_APPEND_REASON_ENUM
} kw_append_reason;

/* Why a topic does not accept a single record. */
typedef enum kw_refusal {
    KW_REFUSED_KEY,           /* it has none, and the topic is compacted */
    KW_REFUSED_TIMESTAMP,     /* too old or too far in the future */
    KW_REFUSED_TIMESTAMP_TYPE /* LogAppendTime, which producers must not set */
} kw_refusal;

/* A record that the topic does not accept, for the record errors of a Produce response. */
typedef struct kw_refused_record {
    int32_t index; /* in its batch, from 0: Kafka's BatchIndex */
    kw_refusal why;
    int64_t timestamp;
} kw_refused_record;

/* All of them, up to the capacity. */
typedef struct kw_refused_records {
    kw_refused_record *items; /* the caller's */
    size_t capacity;
    size_t count; /* of all that were refused, also above the capacity */
} kw_refused_records;

/* The result of a check. If records are refused only the first four are set. */
typedef struct kw_append {
    int16_t error; /* kw_error, for the Produce response */
    kw_append_reason reason;
    kw_status status;            /* the error in the bytes; KW_OK if there is none */
    size_t error_at;             /* byte of the records or, of a compressed batch, of its decompressed records */
    size_t size;                 /* of the batches; bytes after them are an incomplete batch, to be dropped */
    int32_t count;               /* number of records, and of the offsets that they take */
    int64_t max_timestamp;       /* after appending, or KW_NO_TIMESTAMP */
    int32_t max_timestamp_index; /* of the first record that has it, from 0; -1: none */
    kw_codec codec;              /* of the records as they arrived */
    uint8_t magic;
    bool append_time;
    bool rewrite;        /* cannot be appended unchanged: another codec, an old magic, offsets to correct */
    int64_t producer_id; /* this and the following: of the first batch */
    int32_t base_sequence;
    int16_t producer_epoch;
    bool transactional;
    bool control;
} kw_append;

KW_BEGIN_DECLS

/* Rules for a client's Produce request of the newest version and Kafka's defaults of a topic. */
KW_API void kw_append_rules_init(kw_append_rules *rules);

/* Checks the records of one partition; null and empty are NO_BATCH. Returns out->error. With `refused`, every record
 * that the topic does not accept is stored there, of the first batch that has any. `tools` may be NULL if no batch
 * is compressed; a compressed one is then CODEC. */
KW_API KW_NODISCARD int16_t kw_append_check(kw_append *out, kw_bytes records, const kw_append_rules *rules,
                                            const kw_append_tools *tools, kw_refused_records *refused);

/* A description for the error message of a Produce response. Static storage. */
KW_API const char *kw_append_reason_text(kw_append_reason reason);

/* Writes the batch for the log to `out`, with `first_offset` for the first record: a new header, and after it the
 * checked records, which a gathering writer does not copy. The checksum is only computed if the timestamps change.
 * KW_ERR_ARGUMENT if the records must be rewritten, or are not those that were checked; then nothing is written.
 * Otherwise the writer's status. */
KW_API KW_NODISCARD kw_status kw_append_assign(const kw_append *a, kw_bytes records, int64_t first_offset,
                                               int32_t leader_epoch, kw_writer *out);

/* The same for any records, rewritten as one batch of magic 2 in the topic's codec, even if they need no rewriting.
 * KW_ERR_SPACE and similar errors are those of `out` or the scratch writers; KW_ERR_BATCH_FULL: the batch became
 * larger than max.message.bytes or a segment allow, which Kafka answers with MESSAGE_TOO_LARGE. */
KW_API KW_NODISCARD kw_status kw_append_rewrite(const kw_append *a, kw_bytes records, const kw_append_rules *rules,
                                                const kw_append_tools *tools, int64_t first_offset,
                                                int32_t leader_epoch, kw_writer *out);

KW_END_DECLS
#endif
