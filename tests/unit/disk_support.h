/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_DISK_SUPPORT_H
#define TESTS_UNIT_DISK_SUPPORT_H

/* Shared by the tests of data directories: batches made by hand, and files. */

#include "support.h"

#include <sys/stat.h>

#include <kwire/crc.h>
#include <kwire/endian.h>
#include <kwire/record_batch.h>

/* ---- batches of magic 2 ---- */

typedef struct made_batch {
    int64_t base_offset;
    int32_t count;
    int64_t timestamp; /* of the first record; each next has one more */
    int64_t producer_id;
    uint16_t attributes;
    int marker; /* with KW_ATTRIBUTE_CONTROL: 0 abort, 1 commit */
} made_batch;

/* 61 bytes, and 10 for each record, or 17 for a marker. */
static inline size_t put_batch(uint8_t *to, made_batch b)
{
    size_t size = KW_BATCH_V2_RECORDS;
    memset(to, 0, size);
    if ((b.attributes & KW_ATTRIBUTE_CONTROL) != 0) {
        const uint8_t record[] = {32, 0, 0, 0, 8, 0, 0, 0, (uint8_t)b.marker, 12, 0, 0, 0, 0, 0, 0, 0};
        memcpy(to + size, record, sizeof record);
        size += sizeof record;
        b.count = 1;
    } else {
        for (int32_t i = 0; i < b.count; i++) {
            const uint8_t record[] = {18, 0, (uint8_t)(2 * i), (uint8_t)(2 * i), 1, 6, 'o', 'n', 'e', 0};
            memcpy(to + size, record, sizeof record);
            size += sizeof record;
        }
    }
    kw_store_be64(to + KW_BATCH_OFFSET, (uint64_t)b.base_offset);
    kw_store_be32(to + KW_BATCH_LENGTH, (uint32_t)(size - KW_BATCH_OVERHEAD));
    to[KW_BATCH_MAGIC] = KW_MAGIC_V2;
    kw_store_be16(to + KW_BATCH_V2_ATTRIBUTES, b.attributes);
    kw_store_be32(to + KW_BATCH_V2_LAST_OFFSET_DELTA, (uint32_t)(b.count - 1));
    kw_store_be64(to + KW_BATCH_V2_BASE_TIMESTAMP, (uint64_t)b.timestamp);
    kw_store_be64(to + KW_BATCH_V2_MAX_TIMESTAMP, (uint64_t)(b.timestamp + b.count - 1));
    kw_store_be64(to + KW_BATCH_V2_PRODUCER_ID, (uint64_t)b.producer_id);
    kw_store_be32(to + KW_BATCH_V2_COUNT, (uint32_t)b.count);
    kw_store_be32(to + KW_BATCH_V2_CRC, kw_crc32c(0, to + KW_BATCH_V2_ATTRIBUTES, size - KW_BATCH_V2_ATTRIBUTES));
    return size;
}

/* ---- files, in the folder that the test got as argument ---- */

typedef struct path_text {
    char text[1024];
} path_text;

static inline path_text join(const char *folder, const char *name)
{
    path_text p;
    int length = snprintf(p.text, sizeof p.text, "%s/%s", folder, name);
    assert_true(length > 0 && (size_t)length < sizeof p.text);
    return p;
}

/* A whole file, in a heap block of exactly its size. */
static inline kw_bytes read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        fail_msg("%s cannot be opened", path);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    assert_true(size >= 0);
    rewind(f);
    kw_bytes b = {given_size((size_t)size), (int32_t)size};
    assert_int_equal(fread((void *)(uintptr_t)b.data, 1, (size_t)size, f), (size_t)size);
    (void)fclose(f);
    return b;
}

/* The file is removed first and not overwritten, as file systems flush what is truncated and written again. */
static inline void write_file(const char *path, const void *data, size_t size)
{
    (void)remove(path);
    FILE *f = fopen(path, "wb");
    if (f == NULL)
        fail_msg("%s cannot be created", path);
    if (size != 0)
        assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static inline void make_folder(const char *path)
{
    (void)mkdir(path, 0777);
}

/* A copy that may be modified. */
static inline uint8_t *copy_of(kw_bytes b)
{
    return memcpy(given_size((size_t)b.len), b.data, (size_t)b.len);
}

#endif
