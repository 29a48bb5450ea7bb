/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_APPEND_H
#define KWIRE_APPEND_H

/* What a broker does with produced records before it appends them: refuses what Apache Kafka refuses, with the error
 * code that Kafka answers, and gives the others their place in the log.
 *
 *     kw_append_rules rules;
 *     kw_append_rules_init(&rules);           (then what the request and the topic's configuration say)
 *     kw_append a;
 *     if (kw_append_check(&a, records, &rules, &tools, NULL) != KW_ERROR_NONE)
 *         answer(a.error, kw_append_reason_text(a.reason));
 *     else if (!a.rewrite)
 *         status = kw_append_assign(&a, records, next_offset, leader_epoch, &out);
 *     else
 *         status = kw_append_rewrite(&a, records, &rules, &tools, next_offset, leader_epoch, &out);
 *
 * What needs to know more than the records is the caller's: sequences against what the producer sent before, fenced
 * epochs, ongoing transactions. */

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

/* What request and topic demand. The names in brackets are Kafka's topic configuration. */
typedef struct kw_append_rules {
    int64_t now;                  /* ms; the default of 0 is good for tests only */
    int64_t timestamp_before_max; /* ms; [message.timestamp.before.max.ms] */
    int64_t timestamp_after_max;  /* ms; [message.timestamp.after.max.ms] */
    int32_t max_message_bytes;    /* of a batch, as it arrives and as it is rewritten; [max.message.bytes] */
    int32_t segment_bytes;        /* [segment.bytes] */
    int16_t produce_version;      /* of the Produce request; -1: the records come from elsewhere */
    bool from_client;             /* else from the broker itself, which may also write control batches */
    bool compacted;               /* [cleanup.policy] has compact: records need keys */
    bool append_time;             /* [message.timestamp.type] is LogAppendTime */
    bool keep_codec;              /* [compression.type] is producer; else records are kept in `codec` */
    bool any_offsets;             /* offsets inside a batch need not be 0, 1, 2...: see KW_APPEND_OFFSETS */
    kw_codec codec;
    int level; /* of compression where that is needed, as kw_compress() takes it */
} kw_append_rules;

/* What compressed batches need: NULL where there are none. `scratch` is where they are decompressed: its size or limit
 * is how large they may be. `compressor` and `scratch2` are for kw_append_rewrite() alone. */
typedef struct kw_append_tools {
    kw_decompressor *decompressor;
    kw_compressor *compressor;
    kw_writer *scratch;
    kw_writer *scratch2;
} kw_append_tools;

/* Why records are refused, and with which of Kafka's errors. */
#define KW_APPEND_REASON_MAP(X)                                                               \
    X(NONE, NONE, "")                                                                         \
    X(NO_BATCH, INVALID_RECORD, "no record batch")                                            \
    X(DAMAGED, CORRUPT_MESSAGE, "a record batch has an impossible size or magic byte")        \
    X(MAGIC, INVALID_RECORD, "only record batches of magic 2 are allowed")                    \
    X(MIXED_MAGIC, INVALID_RECORD, "record batches of different magic")                       \
    X(ZSTD, UNSUPPORTED_COMPRESSION_TYPE, "zstd needs a newer version of the request")        \
    X(MANY_BATCHES, INVALID_RECORD, "more than one record batch")                             \
    X(BASE_OFFSET, INVALID_RECORD, "the base offset of the record batch is not 0")            \
    X(TOO_LARGE, MESSAGE_TOO_LARGE, "the record batch is larger than max.message.bytes")      \
    X(SEGMENT, RECORD_LIST_TOO_LARGE, "the record batch is larger than a log segment")        \
    X(CRC, CORRUPT_MESSAGE, "the checksum does not match")                                    \
    X(CODEC_UNKNOWN, UNKNOWN_SERVER_ERROR, "the compression codec is not known")              \
    X(CODEC, UNSUPPORTED_COMPRESSION_TYPE, "this server does not have the compression codec") \
    X(DECOMPRESSION, UNKNOWN_SERVER_ERROR, "the records cannot be decompressed")              \
    X(EXPANSION, MESSAGE_TOO_LARGE, "the records are too large when decompressed")            \
    X(MEMORY, UNKNOWN_SERVER_ERROR, "out of memory")                                          \
    X(COUNT, INVALID_RECORD, "the count of records, offsets or headers is not what is there") \
    X(CONTROL, INVALID_RECORD, "clients may not write control records")                       \
    X(SEQUENCE, INVALID_RECORD, "a producer id without a sequence number")                    \
    X(EPOCH, INVALID_PRODUCER_EPOCH, "a producer id with a negative epoch")                   \
    X(RECORD, INVALID_RECORD, "a record is malformed")                                        \
    X(OFFSETS, INVALID_RECORD, "the offsets inside the record batch are not consecutive")     \
    X(KEYS, INVALID_RECORD, "a compacted topic needs keys")                                   \
    X(TIMESTAMPS, INVALID_TIMESTAMP, "timestamps that the topic does not accept")

/* KW_APPEND_OFFSETS is stricter than Kafka, which appends offsets with gaps and repetitions as they are if the batch is
 * not compressed, and fails with UNKNOWN_SERVER_ERROR if it is. Consumers would lose records or read them twice. */
typedef enum kw_append_reason {
#define KW_APPEND_REASON_ENUM(name, error, text) KW_APPEND_##name,
    KW_APPEND_REASON_MAP(KW_APPEND_REASON_ENUM)
#undef KW_APPEND_REASON_ENUM
} kw_append_reason;

typedef enum kw_refusal {
    KW_REFUSED_KEY,           /* it has none, and the topic is compacted */
    KW_REFUSED_TIMESTAMP,     /* too old or too far in the future */
    KW_REFUSED_TIMESTAMP_TYPE /* LogAppendTime, which is not the producer's to say */
} kw_refusal;

/* A record that the topic does not accept, for the record errors of a Produce response. */
typedef struct kw_refused_record {
    int32_t index; /* in its batch, from 0: Kafka's BatchIndex */
    kw_refusal why;
    int64_t timestamp;
} kw_refused_record;

/* All of them, as far as the capacity allows. */
typedef struct kw_refused_records {
    kw_refused_record *items; /* the caller's */
    size_t capacity;
    size_t count; /* of all that were refused, also beyond the capacity */
} kw_refused_records;

/* The result of a check. If records are refused only the first four are set. */
typedef struct kw_append {
    int16_t error; /* kw_error, for the Produce response */
    kw_append_reason reason;
    kw_status status;      /* what exactly is wrong with the bytes; KW_OK if nothing is */
    size_t error_at;       /* byte of the records or, of a compressed batch's, of what they decompress to */
    size_t size;           /* of the batches; what follows in the records is the begin of another, to be dropped */
    int32_t count;         /* records, which is how many offsets they take */
    int64_t max_timestamp; /* what it will be, or KW_NO_TIMESTAMP */
    int32_t max_timestamp_index; /* of the first record that has it, from 0; -1: none */
    kw_codec codec;              /* as the records came */
    uint8_t magic;
    bool append_time;
    bool rewrite;        /* cannot be appended as it is: another codec, an old magic, offsets to be set right */
    int64_t producer_id; /* this and what follows: of the first batch */
    int32_t base_sequence;
    int16_t producer_epoch;
    bool transactional;
    bool control;
} kw_append;

KW_BEGIN_DECLS

/* A client's Produce request of the newest version and Kafka's defaults for a topic. */
KW_API void kw_append_rules_init(kw_append_rules *rules);

/* Checks the records of one partition; null and empty are NO_BATCH. Returns out->error. With `refused` every record
 * that the topic does not accept is noted there, of the first batch that has one. `tools` may be NULL where no batch is
 * compressed: one that is gets CODEC then. */
KW_API KW_NODISCARD int16_t kw_append_check(kw_append *out, kw_bytes records, const kw_append_rules *rules,
                                            const kw_append_tools *tools, kw_refused_records *refused);

/* A sentence for the error message of a Produce response. Static storage. */
KW_API const char *kw_append_reason_text(kw_append_reason reason);

/* Writes what the log gets to `out`, so that the first record has `first_offset`: a new header, and behind it the
 * records as they were checked, which a writer that gathers does not copy. The checksum is computed anew only if the
 * timestamps change. KW_ERR_ARGUMENT if the records must be rewritten, or cannot be those that were checked; then
 * nothing is written. Else the writer's status. */
KW_API KW_NODISCARD kw_status kw_append_assign(const kw_append *a, kw_bytes records, int64_t first_offset,
                                               int32_t leader_epoch, kw_writer *out);

/* The same for any records, written anew, as one batch of magic 2 in the topic's codec. Also for records that need
 * no rewriting. KW_ERR_SPACE and the like come from `out` or the scratch writers, KW_ERR_BATCH_FULL says that the batch
 * became larger than max.message.bytes or a segment allow, which Kafka answers with MESSAGE_TOO_LARGE. */
KW_API KW_NODISCARD kw_status kw_append_rewrite(const kw_append *a, kw_bytes records, const kw_append_rules *rules,
                                                const kw_append_tools *tools, int64_t first_offset,
                                                int32_t leader_epoch, kw_writer *out);

KW_END_DECLS
#endif
