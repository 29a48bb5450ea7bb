/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/crc.h>
#include <kwire/error.h>

#include "../simulation/world.h"
#include "log/log_read.h"
#include "metadata/delta.h"
#include "node.h"
#include "tape.h"

struct ledger ledger;

static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity * 2 + 16;
    void *larger = realloc(items, *capacity * size);
    if (larger == NULL)
        broken("there is no memory");
    return larger;
}

#define ADD(items, count, capacity) (items = grow(items, count, &(capacity), sizeof *(items)), &(items)[(count)++])

/* ---- marks ---- */

static void mark(struct marks *marks, int64_t offset)
{
    if (marks->count != 0 && marks->items[marks->count - 1].offset == offset)
        return;
    *ADD(marks->items, marks->count, marks->capacity) = (struct mark){tape.count, offset};
}

int64_t marks_at(const struct marks *marks, size_t point)
{
    int64_t offset = -1;
    for (size_t i = 0; i < marks->count && marks->items[i].point <= point; i++)
        offset = marks->items[i].offset;
    return offset;
}

int64_t marks_after(const struct marks *marks, size_t point)
{
    for (size_t i = 0; i < marks->count; i++)
        if (marks->items[i].point >= point)
            return marks->items[i].offset;
    return marks->count != 0 ? marks->items[marks->count - 1].offset : -1;
}

/* ---- metadata ---- */

static uint32_t add_text(uint32_t digest, kw_string text)
{
    digest = kw_crc32c(digest, &text.len, sizeof text.len);
    return text.len > 0 ? kw_crc32c(digest, text.data, (size_t)text.len) : digest;
}

uint32_t image_digest(const struct metadata_image *image)
{
    const struct metadata_parts *parts = &image->parts;
    uint32_t digest = 0;
    for (size_t i = 0; i < parts->topic_count; i++) {
        const struct metadata_topic *topic = parts->topics[i];
        digest = add_text(digest, topic->name);
        digest = kw_crc32c(digest, &topic->id, sizeof topic->id);
        digest = kw_crc32c(digest, &topic->partition_count, sizeof topic->partition_count);
    }
    for (size_t i = 0; i < parts->resource_count; i++) {
        const struct metadata_resource *resource = parts->resources[i];
        for (size_t j = 0; j < resource->config_count; j++) {
            digest = add_text(add_text(digest, resource->name), resource->configs[j].name);
            digest = add_text(digest, resource->configs[j].value);
        }
    }
    return digest;
}

static void add_image(uint32_t digest)
{
    if (ledger.image_count == 0 || ledger.images[ledger.image_count - 1].digest != digest)
        *ADD(ledger.images, ledger.image_count, ledger.image_capacity) = (struct kept_image){
            ledger.image_count != 1 ? tape.count : 0, SIZE_MAX, digest}; /* the first one was there */
}

struct metadata_image *__real_metadata_delta_apply(struct metadata_delta *delta, int64_t offset, int32_t epoch);
struct metadata_image *__wrap_metadata_delta_apply(struct metadata_delta *delta, int64_t offset, int32_t epoch);

/* Of several decisions that are published together a crash may leave the first ones. */
struct metadata_image *__wrap_metadata_delta_apply(struct metadata_delta *delta, int64_t offset, int32_t epoch)
{
    struct metadata_image *image = __real_metadata_delta_apply(delta, offset, epoch);
    if (image != NULL && process_is_serving() && tape_is_recording())
        add_image(image_digest(image));
    return image;
}

static void look_at_image(void)
{
    const struct metadata_image *image = metadata_image_acquire(&process_broker()->metadata);
    if (image == ledger.seen) {
        metadata_image_release(image);
        return;
    }
    if (ledger.seen != NULL)
        metadata_image_release(ledger.seen);
    ledger.seen = image;
    add_image(image_digest(image));
    struct kept_image *kept = &ledger.images[ledger.image_count - 1];
    if (kept->published_at == SIZE_MAX)
        kept->published_at = tape.count;
}

/* ---- logs ---- */

struct kept_log *ledger_log(kw_string topic, kw_uuid id, int32_t partition)
{
    for (size_t i = 0; i < ledger.log_count; i++) {
        struct kept_log *log = &ledger.logs[i];
        if (log->partition == partition && kw_uuid_equal(log->id, id) &&
            kw_string_equal(kw_string_of(log->topic), topic))
            return log;
    }
    return NULL;
}

static struct kept_log *log_for(const struct partition_log *log)
{
    struct kept_log *kept = ledger_log(log->topic, log->topic_id, log->partition);
    if (kept != NULL)
        return kept;
    kept = ADD(ledger.logs, ledger.log_count, ledger.log_capacity);
    memset(kept, 0, sizeof *kept);
    (void)snprintf(kept->topic, sizeof kept->topic, "%.*s", KW_FMT(log->topic));
    kept->id = log->topic_id;
    kept->partition = log->partition;
    return kept;
}

static size_t first_at(const struct kept_log *log, int64_t base)
{
    size_t low = 0, high = log->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (log->batches[middle].base < base)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct kept_batch *find_batch(const struct kept_log *log, const kw_batch *batch)
{
    for (size_t i = first_at(log, batch->base_offset); i < log->count && log->batches[i].base == batch->base_offset;
         i++)
        if (log->batches[i].last == batch->last_offset && log->batches[i].crc == batch->crc)
            return &log->batches[i];
    return NULL;
}

const struct kept_batch *ledger_find(const struct kept_log *log, const kw_batch *batch)
{
    return find_batch(log, batch);
}

static void keep_batch(struct kept_log *log, const kw_batch *batch)
{
    struct kept_batch *known = find_batch(log, batch);
    if (known != NULL) {
        known->is_lost = false;
        return;
    }
    size_t at = first_at(log, batch->base_offset);
    uint8_t *bytes = malloc(batch->size);
    if (bytes == NULL)
        broken("there is no memory");
    memcpy(bytes, batch->data, batch->size);
    (void)ADD(log->batches, log->count, log->capacity);
    memmove(log->batches + at + 1, log->batches + at, (log->count - 1 - at) * sizeof *log->batches);
    log->batches[at] = (struct kept_batch){.base = batch->base_offset,
                                           .last = batch->last_offset,
                                           .crc = batch->crc,
                                           .producer_id = batch->producer_id,
                                           .sequence = batch->base_sequence,
                                           .producer_epoch = batch->producer_epoch,
                                           .attributes = batch->attributes,
                                           .bytes = kw_bytes_of(bytes, batch->size)};
}

static void read_log(struct kept_log *kept, struct partition_log *log, const struct log_snapshot *now)
{
    int64_t offset = kept->read_until > now->log_start_offset ? kept->read_until : now->log_start_offset;
    while (offset < now->log_end_offset) {
        struct log_slice slice;
        kw_batches batches;
        kw_batch batch;
        const struct log_read_request request = {
            .offset = offset, .end = now->log_end_offset, .max_bytes = 1 << 20, .at_least_one = true};
        if (log_read(log, now, &request, &slice) != KW_ERROR_NONE)
            broken("%s-%d cannot be read", kept->topic, kept->partition);
        if (slice.segment == NULL)
            break;
        kw_batches_init(&batches, slice.records);
        while (kw_batches_next(&batches, &batch)) {
            keep_batch(kept, &batch);
            kept->has_gaps = kept->has_gaps || batch.base_offset > offset;
            offset = batch.last_offset + 1;
        }
        segment_release(slice.segment);
    }
    kept->has_gaps = kept->has_gaps || offset < now->log_end_offset;
    kept->read_until = now->log_end_offset;
}

/* What is safe stays so, whatever a checkpoint says that is older. */
static void mark_synced(struct kept_log *kept, int64_t offset)
{
    if (offset > marks_at(&kept->synced, SIZE_MAX))
        mark(&kept->synced, offset);
}

static void look_at_log(struct partition_log *log, bool is_cleaned)
{
    struct log_snapshot now;
    struct log_config config;
    if (log->is_future || partition_log_acquire(log, true, &now) != KW_ERROR_NONE)
        return;
    struct kept_log *kept = log_for(log);
    if (is_cleaned && partition_log_config(log, &config) && config.compact) {
        kept->is_compacted = true;
        kept->read_until = 0;
    }
    mark_synced(kept, atomic_load(&managed_log_of(log)->synced_until));
    mark(&kept->ends, now.log_end_offset);
    mark(&kept->starts, now.log_start_offset);
    if (kept->read_until < now.log_end_offset)
        read_log(kept, log, &now);
    log_snapshot_release(&now);
}

static void look(bool is_cleaned)
{
    struct log_list list;
    if (!log_manager_list(&process_broker()->logs, &list))
        broken("there is no memory");
    look_at_image();
    for (size_t i = 0; i < list.len; i++)
        look_at_log(list.items[i], is_cleaned);
    log_list_release(&list);
}

void ledger_look(void)
{
    look(false);
}

void ledger_look_again(void)
{
    look(true);
}

void ledger_note_stop(void)
{
    for (size_t i = 0; i < ledger.log_count; i++) {
        struct kept_log *log = &ledger.logs[i];
        mark_synced(log, marks_at(&log->ends, SIZE_MAX));
    }
}

/* ---- coordinators ---- */

static const struct kept_log *log_of_offsets(int32_t partition)
{
    for (size_t i = ledger.log_count; i > 0; i--) {
        const struct kept_log *log = &ledger.logs[i - 1];
        if (strcmp(log->topic, "__consumer_offsets") == 0 && log->partition == partition)
            return log;
    }
    return NULL;
}

int64_t ledger_end_of_offsets(int32_t log_partition)
{
    const struct kept_log *log = log_of_offsets(log_partition);
    return log != NULL ? marks_at(&log->ends, SIZE_MAX) : 0;
}

const struct kept_commit *ledger_note_commit(const struct kept_commit *given)
{
    struct kept_commit *commit = ADD(ledger.commits, ledger.commit_count, ledger.commit_capacity);
    *commit = *given;
    commit->point = tape.count;
    commit->log_end = ledger_end_of_offsets(commit->log_partition);
    return commit;
}

/* ---- what a crash leaves ---- */

static void forget_image(void)
{
    if (ledger.seen != NULL)
        metadata_image_release(ledger.seen);
    ledger.seen = NULL;
    ledger.image_count = 0;
}

static void set_mark(struct marks *marks, int64_t offset)
{
    marks->count = 0;
    *ADD(marks->items, marks->count, marks->capacity) = (struct mark){0, offset};
}

static void rebase_txns(size_t point)
{
    size_t kept = 0;
    for (size_t i = 0; i < ledger.txn_count; i++) {
        struct kept_txn txn = ledger.txns[i];
        if (txn.begun_at > point)
            continue;
        if (txn.asked != TXN_OPEN && txn.asked_at > point)
            txn.asked = TXN_OPEN;
        txn.answered_at = txn.asked != TXN_OPEN && txn.answered_at <= point ? 0 : SIZE_MAX;
        txn.begun_at = txn.asked_at = 0;
        ledger.txns[kept++] = txn;
    }
    ledger.txn_count = kept;
}

void ledger_rebase(const struct crash *crash, bool keep_txns)
{
    for (size_t i = 0; i < ledger.log_count; i++) {
        struct kept_log *log = &ledger.logs[i];
        bool is_all = crash_kind_of(crash) == CRASH_OF_PROCESS;
        int64_t safe = marks_at(is_all ? &log->ends : &log->synced, crash->point);
        set_mark(&log->starts, marks_after(&log->starts, crash->point));
        set_mark(&log->ends, safe);
        set_mark(&log->synced, safe);
        log->read_until = 0;
        for (size_t j = 0; j < log->count; j++)
            log->batches[j].is_lost = true; /* until it is seen */
    }
    forget_image();
    if (keep_txns)
        rebase_txns(crash->point);
    else
        ledger.txn_count = 0;
}

static void trim_txn(struct kept_txn *txn)
{
    size_t kept = 0;
    for (size_t i = 0; i < txn->part_count; i++)
        if (txn->parts[i].last < marks_at(&ledger.logs[txn->parts[i].log].ends, SIZE_MAX))
            txn->parts[kept++] = txn->parts[i];
    txn->part_count = kept;
}

/* Whether a record of that commit may be missing in the middle of its log. */
static bool is_in_gap(const struct kept_commit *commit)
{
    const struct kept_log *log = log_of_offsets(commit->log_partition);
    if (log == NULL || !log->has_gaps)
        return false;
    for (size_t i = first_at(log, commit->log_start); i < log->count && log->batches[i].base < commit->log_end; i++)
        if (log->batches[i].is_lost)
            return true;
    return false;
}

void ledger_trim(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < ledger.commit_count; i++) {
        struct kept_commit commit = ledger.commits[i];
        int64_t end = ledger_end_of_offsets(commit.log_partition);
        commit.point = 0;
        commit.is_uncertain = commit.is_uncertain || commit.log_end > end || is_in_gap(&commit);
        if (commit.log_start < end)
            ledger.commits[kept++] = commit;
    }
    ledger.commit_count = kept;
    for (size_t i = 0; i < ledger.txn_count; i++)
        trim_txn(&ledger.txns[i]);
}

/* ---- life ---- */

static void clear_marks(struct marks *marks)
{
    free(marks->items);
    memset(marks, 0, sizeof *marks);
}

void ledger_start(void)
{
    memset(&ledger, 0, sizeof ledger);
}

void ledger_finish(void)
{
    for (size_t i = 0; i < ledger.log_count; i++) {
        struct kept_log *log = &ledger.logs[i];
        for (size_t j = 0; j < log->count; j++)
            free((void *)(uintptr_t)log->batches[j].bytes.data);
        free(log->batches);
        clear_marks(&log->ends);
        clear_marks(&log->synced);
        clear_marks(&log->starts);
    }
    forget_image();
    free(ledger.logs);
    free(ledger.images);
    free(ledger.commits);
    free(ledger.txns);
    memset(&ledger, 0, sizeof ledger);
}
