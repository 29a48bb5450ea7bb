/* SPDX-License-Identifier: Apache-2.0 */
#include "record_contents.h"

#include <stdlib.h>

#include <kwire/records.h>

#include "fuzz.h"

enum { SCRATCH_LIMIT = 256 << 20 };

static uint64_t hash_bytes_of(uint64_t hash, kw_bytes bytes)
{
    hash = (hash ^ (uint64_t)(int64_t)bytes.len) * UINT64_C(0x100000001b3);
    for (int32_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_record(const kw_record *record)
{
    kw_record_headers hs;
    kw_record_header h;
    uint64_t hash = hash_bytes_of(hash_bytes_of(UINT64_C(0xcbf29ce484222325), record->key), record->value);
    for (kw_record_headers_init(&hs, record); kw_record_headers_next(&hs, &h);)
        hash = hash_bytes_of(hash_bytes_of(hash, (kw_bytes){(const uint8_t *)h.key.data, h.key.len}), h.value);
    return hash;
}

static void add(struct record_contents *contents, const kw_record *record)
{
    if (contents->count == contents->capacity) {
        contents->capacity = contents->capacity * 2 + 64;
        contents->items = realloc(contents->items, contents->capacity * sizeof contents->items[0]);
        FUZZ_REQUIRE(contents->items != NULL);
    }
    contents->items[contents->count++] =
        (struct record_content){hash_record(record), record->offset, record->timestamp};
}

static void check_stored(const kw_batch *batch, const struct record_content *items, size_t count)
{
    int64_t max = -1;
    FUZZ_REQUIRE(batch->magic == KW_MAGIC_V2 && kw_batch_check_crc(batch) == KW_OK);
    FUZZ_REQUIRE(count != 0 && batch->count == (int32_t)count);
    FUZZ_REQUIRE(batch->base_offset == items[0].offset && batch->last_offset == items[count - 1].offset);
    for (size_t i = 0; i < count; i++)
        max = items[i].timestamp > max ? items[i].timestamp : max;
    FUZZ_REQUIRE(batch->max_timestamp == max);
}

bool record_contents_add(struct record_contents *contents, kw_bytes records, bool stored)
{
    kw_batches bs;
    kw_batch batch;
    kw_writer scratch;
    kw_decompressor *decompressor = kw_decompressor_create(kw_allocator_libc());
    bool readable = true;
    FUZZ_REQUIRE(decompressor != NULL);
    kw_writer_init_growing(&scratch, kw_allocator_libc(), SCRATCH_LIMIT);
    for (kw_batches_init(&bs, records); readable && kw_batches_next(&bs, &batch);) {
        kw_records rs;
        kw_record record;
        size_t first = contents->count;
        if (kw_records_init(&rs, &batch, decompressor, &scratch) == KW_OK)
            while (kw_records_next(&rs, &record))
                add(contents, &record);
        readable = rs.status == KW_OK;
        if (stored && readable)
            check_stored(&batch, contents->items + first, contents->count - first);
    }
    kw_writer_finish(&scratch);
    kw_decompressor_destroy(decompressor);
    return readable && bs.status == KW_OK;
}

void record_contents_free(struct record_contents *contents)
{
    free(contents->items);
    *contents = (struct record_contents){NULL, 0, 0};
}
