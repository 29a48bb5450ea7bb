/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_LOG_APPEND_SUPPORT_H
#define TESTS_SERVER_LOG_APPEND_SUPPORT_H

/* Batches that are appended to a log of log_folder.h. */

#include "log_folder.h"

#include "log/log_append.h"
#include "log/log_read.h"

/* An append of one batch, and its memory. */
struct one_append {
    struct log_append append;
    struct append_batch batch;
    uint8_t bytes[16 * 1024];
    bool was_called;
};

static inline void note_done(struct log_append *append)
{
    ((struct one_append *)append->context)->was_called = true;
}

/* The batch as put_batch() makes it, and `padding` bytes of zeros behind its records. */
static inline void prepare_append(struct one_append *one, made_batch made, size_t padding)
{
    size_t size = put_batch(one->bytes, made) + padding;
    assert_true(size <= sizeof one->bytes);
    memset(one->bytes + size - padding, 0, padding);
    kw_store_be32(one->bytes + KW_BATCH_LENGTH, (uint32_t)(size - KW_BATCH_OVERHEAD));
    kw_store_be32(one->bytes + KW_BATCH_V2_CRC,
                  kw_crc32c(0, one->bytes + KW_BATCH_V2_ATTRIBUTES, size - KW_BATCH_V2_ATTRIBUTES));
    memcpy(one->batch.header, one->bytes, sizeof one->batch.header);
    one->batch.records = (kw_bytes){one->bytes + KW_BATCH_V2_RECORDS, (int32_t)(size - KW_BATCH_V2_RECORDS)};
    one->append = (struct log_append){.batches = &one->batch, .count = 1, .done = note_done, .context = one};
    one->was_called = false;
}

/* Another header field of the batch, and its checksum. */
static inline void change_append(struct one_append *one, size_t at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        one->bytes[at + i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    size_t size = KW_BATCH_V2_RECORDS + (size_t)one->batch.records.len;
    kw_store_be32(one->bytes + KW_BATCH_V2_CRC,
                  kw_crc32c(0, one->bytes + KW_BATCH_V2_ATTRIBUTES, size - KW_BATCH_V2_ATTRIBUTES));
    memcpy(one->batch.header, one->bytes, sizeof one->batch.header);
}

/* Appends one batch; its result. */
static inline struct log_append append_sequence(struct log_folder *f, made_batch made, int32_t sequence)
{
    static struct one_append one;
    prepare_append(&one, made, 0);
    change_append(&one, KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
    change_append(&one, KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)sequence, 4);
    one.append.origin = (made.attributes & KW_ATTRIBUTE_CONTROL) != 0 ? APPEND_COORDINATOR : APPEND_CLIENT;
    if (one.append.origin == APPEND_CLIENT && (made.attributes & KW_ATTRIBUTE_TRANSACTIONAL) != 0)
        one.append.verification = verifications_enter(&f->log.verifications, made.producer_id, 0, sequence, false);
    assert_true(log_append(&f->log, &one.append));
    one.append.verification = 0;
    return one.append;
}

static inline struct log_append append_made(struct log_folder *f, made_batch made, size_t padding)
{
    static struct one_append one;
    prepare_append(&one, made, padding);
    assert_true(log_append(&f->log, &one.append));
    assert_false(one.was_called);
    return one.append;
}

/* All that a reader gets from the offset on, in a heap block; whole segments. */
static inline kw_bytes read_from(struct log_folder *f, int64_t offset)
{
    struct log_snapshot log = log_folder_open(f);
    struct log_slice slice;
    const struct log_read_request request = {.offset = offset, .end = log.high_watermark, .max_bytes = INT32_MAX};
    kw_bytes copy = {NULL, 0};
    assert_int_equal(log_read(&f->log, &log, &request, &slice), KW_ERROR_NONE);
    if (slice.segment != NULL) {
        copy = (kw_bytes){given_size((size_t)slice.records.len), slice.records.len};
        memcpy((void *)(uintptr_t)copy.data, slice.records.data, (size_t)slice.records.len);
        segment_release(slice.segment);
    }
    log_snapshot_release(&log);
    return copy;
}

#endif
