/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_RECORD_BYTES_H
#define TESTS_UNIT_RECORD_BYTES_H

/* Record batches written by hand, each in a heap block of its own size. */

#include <kwire/crc.h>
#include <kwire/endian.h>
#include <kwire/record_batch.h>

#include "support.h"

/* ---- pieces ---- */

static inline kw_bytes joined(const kw_bytes *parts, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += (size_t)parts[i].len;
    uint8_t *data = given_size(size);
    kw_bytes whole = kw_bytes_of(data, size);
    for (size_t i = 0; i < count; i++) {
        memcpy(data, parts[i].data, (size_t)parts[i].len);
        data += parts[i].len;
    }
    return whole;
}

static inline kw_bytes joined_2(kw_bytes a, kw_bytes b)
{
    kw_bytes parts[] = {a, b};
    return joined(parts, 2);
}

static inline uint8_t *writable(kw_bytes bytes)
{
    return (uint8_t *)(uintptr_t)bytes.data;
}

/* ---- magic 2 ---- */

typedef struct batch_fields {
    int64_t base_offset;
    int64_t base_timestamp;
    int64_t max_timestamp;
    int64_t producer_id;
    int32_t leader_epoch;
    int32_t last_offset_delta;
    int32_t base_sequence;
    int32_t count;
    int16_t producer_epoch;
    uint16_t attributes;
} batch_fields;

/* A batch of `count` records without sequence numbers. */
static inline batch_fields fields_for(int32_t count)
{
    batch_fields f = {.base_offset = 100,
                      .base_timestamp = 1000,
                      .max_timestamp = 1009,
                      .producer_id = -1,
                      .leader_epoch = 5,
                      .last_offset_delta = count > 0 ? count - 1 : 0,
                      .base_sequence = -1,
                      .count = count,
                      .producer_epoch = -1};
    return f;
}

static inline void seal_v2(kw_bytes batch)
{
    uint8_t *p = writable(batch);
    size_t covered = (size_t)batch.len - KW_BATCH_V2_ATTRIBUTES;
    kw_store_be32(p + KW_BATCH_LENGTH, (uint32_t)batch.len - KW_BATCH_OVERHEAD);
    kw_store_be32(p + KW_BATCH_V2_CRC, kw_crc32c(0, p + KW_BATCH_V2_ATTRIBUTES, covered));
}

static inline kw_bytes batch_of(const batch_fields *f, kw_bytes records)
{
    uint8_t header[KW_BATCH_V2_RECORDS] = {0};
    kw_store_be64(header + KW_BATCH_OFFSET, (uint64_t)f->base_offset);
    kw_store_be32(header + KW_BATCH_V2_LEADER_EPOCH, (uint32_t)f->leader_epoch);
    header[KW_BATCH_MAGIC] = KW_MAGIC_V2;
    kw_store_be16(header + KW_BATCH_V2_ATTRIBUTES, f->attributes);
    kw_store_be32(header + KW_BATCH_V2_LAST_OFFSET_DELTA, (uint32_t)f->last_offset_delta);
    kw_store_be64(header + KW_BATCH_V2_BASE_TIMESTAMP, (uint64_t)f->base_timestamp);
    kw_store_be64(header + KW_BATCH_V2_MAX_TIMESTAMP, (uint64_t)f->max_timestamp);
    kw_store_be64(header + KW_BATCH_V2_PRODUCER_ID, (uint64_t)f->producer_id);
    kw_store_be16(header + KW_BATCH_V2_PRODUCER_EPOCH, (uint16_t)f->producer_epoch);
    kw_store_be32(header + KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)f->base_sequence);
    kw_store_be32(header + KW_BATCH_V2_COUNT, (uint32_t)f->count);
    kw_bytes front = {header, sizeof header};
    kw_bytes batch = joined_2(front, records);
    seal_v2(batch);
    return batch;
}

/* Records with null keys, one-letter values and offset deltas 0, 1, 2... */
static inline kw_bytes plain_records(int32_t count)
{
    uint8_t *data = given_size((size_t)count * 9);
    kw_bytes records = {data, count * 9};
    for (int32_t i = 0; i < count; i++) {
        const uint8_t record[] = {0x10, 0, 0, (uint8_t)(2 * i), 0x01, 0x04, 'a', (uint8_t)('a' + i), 0};
        memcpy(data + i * 9, record, sizeof record);
    }
    return records;
}

static inline kw_bytes plain_batch(int64_t base_offset, int32_t count)
{
    batch_fields f = fields_for(count);
    f.base_offset = base_offset;
    return batch_of(&f, plain_records(count));
}

/* ---- magic 0 and 1 ---- */

static inline kw_bytes message_of(uint8_t magic, int64_t offset, uint8_t attributes, int64_t timestamp, kw_bytes key,
                                  kw_bytes value)
{
    size_t key_at = magic == KW_MAGIC_V0 ? KW_LEGACY_V0_KEY : KW_LEGACY_V1_KEY;
    size_t key_size = key.len > 0 ? (size_t)key.len : 0, value_size = value.len > 0 ? (size_t)value.len : 0;
    size_t size = key_at + 4 + key_size + 4 + value_size;
    uint8_t *p = given_size(size);
    kw_bytes message = kw_bytes_of(p, size);
    kw_store_be64(p, (uint64_t)offset);
    kw_store_be32(p + KW_BATCH_LENGTH, (uint32_t)(size - KW_BATCH_OVERHEAD));
    p[KW_BATCH_MAGIC] = magic;
    p[KW_LEGACY_ATTRIBUTES] = attributes;
    if (magic == KW_MAGIC_V1)
        kw_store_be64(p + KW_LEGACY_V1_TIMESTAMP, (uint64_t)timestamp);
    kw_store_be32(p + key_at, (uint32_t)key.len);
    if (key_size != 0)
        memcpy(p + key_at + 4, key.data, key_size);
    kw_store_be32(p + key_at + 4 + key_size, (uint32_t)value.len);
    if (value_size != 0)
        memcpy(p + key_at + 8 + key_size, value.data, value_size);
    kw_store_be32(p + KW_LEGACY_CRC, kw_crc32(0, p + KW_BATCH_MAGIC, size - KW_BATCH_MAGIC));
    return message;
}

/* A null key and this text for a value. */
static inline kw_bytes message(uint8_t magic, int64_t offset, int64_t timestamp, const char *value)
{
    kw_bytes none = {NULL, -1}, text = {(const uint8_t *)value, (int32_t)strlen(value)};
    return message_of(magic, offset, 0, timestamp, none, text);
}

/* ---- gzip, stored rather than compressed ---- */

static inline kw_bytes gzip_of(kw_bytes content)
{
    const uint8_t front[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1};
    size_t size = (size_t)content.len;
    uint8_t *p = given_size(sizeof front + 4 + size + 8);
    kw_bytes gzip = kw_bytes_of(p, sizeof front + 4 + size + 8);
    uint32_t words[2] = {kw_crc32(0, content.data, size), (uint32_t)size};
    memcpy(p, front, sizeof front);
    p += sizeof front;
    for (unsigned i = 0; i < 2; i++) {
        p[i] = (uint8_t)(size >> 8 * i);
        p[2 + i] = (uint8_t)(~size >> 8 * i);
    }
    if (size != 0)
        memcpy(p + 4, content.data, size);
    p += 4 + size;
    for (unsigned i = 0; i < 8; i++)
        p[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
    return gzip;
}

#endif
