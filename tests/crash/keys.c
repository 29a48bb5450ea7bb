/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

#include <inttypes.h>
#include <stdlib.h>

#include <kwire/batches.h>
#include <kwire/control_record.h>
#include <kwire/crc.h>
#include <kwire/error.h>
#include <kwire/records.h>

#include "../simulation/world.h"
#include "log/log_read.h"

enum { MOST_KEYS = 4096 };

struct last_record {
    uint32_t key;
    int64_t offset;
    bool is_tombstone;
    bool is_of_txn; /* so it may be aborted */
};

struct last_records {
    struct last_record items[MOST_KEYS];
    size_t count;
};

bool marker_commits(const kw_batch *batch)
{
    kw_records records;
    kw_record record;
    kw_control_record control;
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 16);
    if (kw_records_init(&records, batch, NULL, NULL) != KW_OK || !kw_records_next(&records, &record) ||
        kw_control_record_decode(&control, &record, &arena) != KW_OK)
        broken("a marker cannot be read");
    kw_arena_finish(&arena);
    return control.type == KW_CONTROL_COMMIT;
}

static void note_key(struct last_records *all, const kw_record *record, bool is_of_txn)
{
    uint32_t key = kw_crc32c(0, record->key.data, (size_t)record->key.len);
    struct last_record *last = NULL;
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].key == key)
            last = &all->items[i];
    if (last == NULL) {
        if (all->count == MOST_KEYS)
            broken("too many keys");
        last = &all->items[all->count++];
        last->offset = -1;
    }
    if (record->offset >= last->offset)
        *last = (struct last_record){key, record->offset, record->value.len < 0, is_of_txn};
}

static void note_batch(struct last_records *all, const kw_batch *batch, int64_t below)
{
    kw_records records;
    kw_record record;
    bool is_of_txn = (batch->attributes & KW_ATTRIBUTE_TRANSACTIONAL) != 0;
    if ((batch->attributes & KW_ATTRIBUTE_CONTROL) != 0 || batch->count == 0)
        return;
    if (kw_records_init(&records, batch, NULL, NULL) != KW_OK)
        broken("a batch of a compacted topic cannot be read");
    while (kw_records_next(&records, &record))
        if (record.key.len >= 0 && record.offset < below)
            note_key(all, &record, is_of_txn);
}

static void note_log(struct last_records *all, struct partition_log *log, const struct log_snapshot *now)
{
    int64_t offset = now->log_start_offset;
    while (offset < now->log_end_offset) {
        struct log_slice slice;
        kw_batches batches;
        kw_batch batch;
        const struct log_read_request request = {
            .offset = offset, .end = now->log_end_offset, .max_bytes = 1 << 20, .at_least_one = true};
        if (log_read(log, now, &request, &slice) != KW_ERROR_NONE)
            broken("a compacted log cannot be read");
        if (slice.segment == NULL)
            break;
        kw_batches_init(&batches, slice.records);
        while (kw_batches_next(&batches, &batch)) {
            note_batch(all, &batch, INT64_MAX);
            offset = batch.last_offset + 1;
        }
        segment_release(slice.segment);
    }
}

static int64_t last_of(const struct last_records *all, uint32_t key)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].key == key)
            return all->items[i].offset;
    return -1;
}

void check_keys(const struct kept_log *kept, struct partition_log *log, const struct log_snapshot *now, int64_t safe)
{
    static struct last_records written, found;
    written.count = found.count = 0;
    for (size_t i = 0; i < kept->count; i++) {
        kw_batches batches;
        kw_batch batch;
        kw_batches_init(&batches, kept->batches[i].bytes);
        if (!kept->batches[i].is_lost && kw_batches_next(&batches, &batch))
            note_batch(&written, &batch, safe);
    }
    note_log(&found, log, now);
    for (size_t i = 0; i < written.count; i++) {
        const struct last_record *w = &written.items[i];
        int64_t offset = last_of(&found, w->key);
        if (offset < w->offset && !w->is_of_txn && !(w->is_tombstone && offset < 0))
            broken("%s-%d has offset %" PRId64 " of a key whose record at %" PRId64 " was safe", kept->topic,
                   kept->partition, offset, w->offset);
    }
}
