/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_BATCHES_H
#define KWIRE_BATCHES_H

/* The batches of a records field, or of a log segment that is mapped in memory: their headers. Nothing is copied,
 * allocated or decompressed. <kwire/records.h> reads the records inside.
 *
 *     kw_batches bs;
 *     kw_batch b;
 *     for (kw_batches_init(&bs, partition->records); kw_batches_next(&bs, &b);)
 *         use(&b);
 *     if (bs.status != KW_OK)
 *         ...                    (damaged at byte bs.error_at)
 *     else if (bs.partial != 0)
 *         ...                    (ends in the first bs.partial bytes of a batch that takes bs.needed)
 *
 * All three magics may occur in one field. In magic 0 and 1 each message counts as a batch: an uncompressed one as a
 * batch of one record, a compressed one as a batch of the messages inside. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/record_batch.h>
#include <kwire/status.h>
#include <kwire/view.h>

/* How to iterate; or'ed into kw_batches.flags after kw_batches_init(). */
enum {
    /* A batch with a wrong checksum ends the iteration with KW_ERR_CRC. See also kw_batch_check_crc(). */
    KW_BATCHES_CHECK_CRC = 1
};

/* No offset, no leader epoch, unknown number of records. */
enum { KW_NO_OFFSET = -1, KW_NO_LEADER_EPOCH = -1, KW_COUNT_UNKNOWN = -1 };

/* One batch, decoded. Valid as long as the input. */
typedef struct kw_batch {
    const uint8_t *data; /* the whole batch, offset and length included: to forward or to append to a log */
    size_t size;
    size_t position;        /* where it starts in the input */
    int64_t base_offset;    /* a compressed message: of the last record inside, as its header does not have the first */
    int64_t last_offset;    /* survives compaction: that record may no longer exist */
    int64_t base_timestamp; /* the base of the records' timestamps; magic 1: the message's; magic 0: -1 */
    int64_t max_timestamp;  /* magic 1: the message's; magic 0: -1 */
    int64_t producer_id;    /* this and the following: magic 2, else -1 */
    int32_t base_sequence;
    int32_t leader_epoch;
    int32_t count; /* number of records; 0 is valid in magic 2; KW_COUNT_UNKNOWN: a compressed message */
    uint32_t crc;  /* from the header; not checked; all magics */
    int16_t producer_epoch;
    uint16_t attributes; /* KW_ATTRIBUTE_...; bits without a meaning in magic 0 and 1 are cleared there; all magics */
    uint8_t magic;       /* all magics */
} kw_batch;

/* An iterator. The caller may set `flags`, and read the other fields. */
typedef struct kw_batches {
    const uint8_t *pos; /* private */
    const uint8_t *end; /* private; == pos after an error */
    const uint8_t *start;
    size_t error_at;      /* byte of the input that is wrong; 0 while the status is KW_OK */
    int64_t error_offset; /* with an error: the Kafka offset of that batch, or -1 if too few bytes are left */
    size_t partial;       /* at the end: bytes after the last complete batch. Not an error: Fetch truncates anywhere. */
    size_t needed;        /* with `partial`: size of that batch, at least; exact if `partial` >= 12 */
    kw_status status;
    uint32_t flags;
} kw_batches;

KW_BEGIN_DECLS

/* The batches of a records field; null has none. The field's bytes must outlive the iteration. */
KW_API void kw_batches_init(kw_batches *bs, kw_bytes records);

/* The batches in `size` bytes at `data`, which may be more than a records field can have. */
KW_API void kw_batches_init_memory(kw_batches *bs, const void *data, size_t size);

/* The next batch. False at the end and after an error, which is kept:
 *
 *   KW_ERR_BATCH_SIZE  a length that no batch of this format has, so the next one cannot be found
 *   KW_ERR_MAGIC       an unknown format
 *   KW_ERR_CRC         with KW_BATCHES_CHECK_CRC; *out is filled in
 *
 * The first two are reported as soon as the bytes in question are available, also in a partial batch. */
KW_API bool kw_batches_next(kw_batches *bs, kw_batch *out);

/* KW_OK or KW_ERR_CRC. */
KW_API KW_NODISCARD kw_status kw_batch_check_crc(const kw_batch *batch);

/* The codec of its records; 5 to 7 are not in kw_codec. */
KW_INLINE kw_codec kw_batch_codec(const kw_batch *batch)
{
    return (kw_codec)(batch->attributes & KW_ATTRIBUTE_CODEC);
}

/* True if its records are control records, not data: see <kwire/control_record.h>. */
KW_INLINE bool kw_batch_is_control(const kw_batch *batch)
{
    return (batch->attributes & KW_ATTRIBUTE_CONTROL) != 0;
}

/* True if its records belong to a transaction of its producer id. */
KW_INLINE bool kw_batch_is_transactional(const kw_batch *batch)
{
    return (batch->attributes & KW_ATTRIBUTE_TRANSACTIONAL) != 0;
}

/* True if all its records have max_timestamp, the time at which the broker appended them. */
KW_INLINE bool kw_batch_has_append_time(const kw_batch *batch)
{
    return (batch->attributes & KW_ATTRIBUTE_LOG_APPEND_TIME) != 0;
}

/* The time at which its tombstones and markers may be removed, in ms; -1: not set. It is stored as the base
 * timestamp. Source: KIP-534. */
KW_INLINE int64_t kw_batch_delete_horizon(const kw_batch *batch)
{
    return (batch->attributes & KW_ATTRIBUTE_DELETE_HORIZON) != 0 ? batch->base_timestamp : KW_NO_TIMESTAMP;
}

/* The offset after the batch, even if compaction removed its last records or all of them. Wraps after INT64_MAX. */
KW_INLINE int64_t kw_batch_next_offset(const kw_batch *batch)
{
    return (int64_t)((uint64_t)batch->last_offset + 1);
}

/* The offset to fetch next after fetching these records: the one after the last complete batch, or `fetch_offset`,
 * at which they were fetched, if there is no batch or the result would not be greater. */
KW_API int64_t kw_next_fetch_offset(kw_bytes records, int64_t fetch_offset);

/* `sequence` + `increment`; INT32_MAX is followed by 0. The increment must not be negative. */
KW_INLINE int32_t kw_sequence_add(int32_t sequence, int32_t increment)
{
    return (int32_t)(((uint32_t)sequence + (uint32_t)increment) & INT32_MAX);
}

KW_END_DECLS
#endif
