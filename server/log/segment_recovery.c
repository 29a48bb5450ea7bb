/* SPDX-License-Identifier: Apache-2.0 */
#include "segment_recovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "../observe/console.h"
#include "segment_writer.h"
#include "small_file.h"

enum { TXN_INDEX_MAX = 1024 * 1024 * 1024 };

struct scan {
    struct segment_recovery *r;
    struct segment_writer indexes; /* without a file */
    kw_writer aborted;
};

/* ---- epochs ---- */

static bool reserve_epoch(struct epoch_list *list)
{
    if (list->count < list->capacity)
        return true;
    size_t capacity = list->capacity * 2 + 8;
    kw_leader_epoch *items = realloc(list->items, capacity * sizeof *items);
    if (items == NULL)
        return false;
    list->items = items;
    list->capacity = capacity;
    return true;
}

bool epoch_list_assign(struct epoch_list *list, int32_t epoch, int64_t start_offset)
{
    if (!reserve_epoch(list))
        return false;
    while (list->count != 0 &&
           (list->items[list->count - 1].epoch >= epoch || list->items[list->count - 1].start_offset >= start_offset))
        list->count--;
    list->items[list->count++] = (kw_leader_epoch){epoch, start_offset};
    list->has_changed = true;
    return true;
}

/* ---- batches ---- */

/* Before those of the file that start later: they may be all that it has, where a crash has brought back records that
 * were deleted. Those that contradict it go. */
static bool insert_epoch(struct epoch_list *list, size_t at, int32_t epoch, int64_t start_offset)
{
    size_t next = at;
    if (!reserve_epoch(list))
        return false;
    while (next < list->count && list->items[next].epoch <= epoch)
        next++;
    memmove(list->items + at + 1, list->items + next, (list->count - next) * sizeof *list->items);
    list->items[at] = (kw_leader_epoch){epoch, start_offset};
    list->count = at + 1 + (list->count - next);
    list->has_changed = true;
    return true;
}

static kw_status add_epoch(struct epoch_list *epochs, const kw_batch *batch)
{
    if (batch->magic != KW_MAGIC_V2 || batch->leader_epoch < 0)
        return KW_OK;
    size_t at = epochs->count;
    while (at != 0 && epochs->items[at - 1].start_offset > batch->base_offset)
        at--;
    if (at != 0 && batch->leader_epoch <= epochs->items[at - 1].epoch)
        return KW_OK;
    if (at != 0 && epochs->items[at - 1].start_offset == batch->base_offset)
        at--; /* an epoch without a batch */
    return insert_epoch(epochs, at, batch->leader_epoch, batch->base_offset) ? KW_OK : KW_ERR_NO_MEMORY;
}

static kw_status add_producer(struct scan *s, const kw_batch *batch)
{
    struct producer_append append;
    if (!producer_append_read(&append, batch))
        return KW_OK;
    if (!producer_state_reserve(s->r->producers, 1))
        return KW_ERR_NO_MEMORY;
    struct completed_txn txn = producer_state_update(s->r->producers, &append);
    if (txn.first_offset < 0 || !txn.is_aborted)
        return KW_OK;
    const kw_aborted_txn aborted = {txn.producer_id, txn.first_offset, txn.last_offset, txn.last_stable_offset};
    return kw_aborted_txn_write(&s->aborted, &aborted);
}

static kw_status add_batch(struct scan *s, const kw_batch *batch)
{
    const struct batch_facts facts = {batch->size, batch->base_offset, batch->last_offset, batch->max_timestamp};
    kw_status status = segment_writer_reserve(&s->indexes, 1);
    if (status == KW_OK)
        status = add_epoch(s->r->epochs, batch);
    if (status == KW_OK)
        status = add_producer(s, batch);
    if (status == KW_OK)
        segment_writer_add(&s->indexes, &facts);
    return status;
}

/* The offset is outside of the checksum. Where the sector with its first bytes was not written and the one behind it
 * was, it may be any number; but no offset of the last segment is too far from its start for an index. */
static bool is_near(const struct segment_recovery *r, const kw_batch *batch)
{
    return r->limit_offset < INT64_MAX || batch->last_offset - r->base_offset <= INT32_MAX;
}

/* Whether a valid batch follows that is in order only without this one: one of the two has a wrong offset. Unless this
 * one continues where the batch before it ends, nobody knows which. */
static bool is_contradicted(const struct scan *s, const kw_batches *after, const kw_batch *batch)
{
    kw_batches rest = *after;
    kw_batch next;
    rest.flags = 0;
    return kw_batches_next(&rest, &next) && next.base_offset >= s->r->end_offset &&
           next.base_offset <= batch->last_offset && kw_batch_check_crc(&next) == KW_OK;
}

static bool is_in_order(const struct scan *s, const kw_batches *after, const kw_batch *batch)
{
    return batch->base_offset >= s->r->end_offset && batch->last_offset >= batch->base_offset &&
           batch->last_offset < s->r->limit_offset && is_near(s->r, batch) &&
           (batch->base_offset == s->r->end_offset || !is_contradicted(s, after, batch));
}

/* *why it ends before the end of the file; KW_OK: it does not. */
static kw_status scan(struct scan *s, const struct file_map *log, kw_status *why)
{
    kw_batches batches;
    kw_batch batch;
    kw_status status = KW_OK;
    kw_batches_init_memory(&batches, log->data, log->size);
    batches.flags = KW_BATCHES_CHECK_CRC;
    *why = KW_OK;
    while (status == KW_OK && kw_batches_next(&batches, &batch)) {
        if (!is_in_order(s, &batches, &batch)) {
            *why = KW_ERR_OFFSET_ORDER;
            return KW_OK;
        }
        status = add_batch(s, &batch);
        s->r->end_offset = kw_batch_next_offset(&batch);
    }
    if (batches.status != KW_OK)
        *why = batches.status;
    else if (batches.partial != 0)
        *why = KW_ERR_TORN;
    return status;
}

/* What cannot be read is no end of the log: nothing may be cut off for it. */
static kw_status read_log(struct scan *s, const struct file_map *log, kw_status *why)
{
    struct file_reading reading;
    file_map_reading_start(&reading, log);
    kw_status status = scan(s, log, why);
    kw_status readable = file_reading_end(&reading);
    return readable == KW_OK ? status : readable;
}

/* ---- files ---- */

/* Synced, as what is below the recovery point is not synced again when the segment ends: its old end would be back. */
static kw_status cut_off(struct segment_recovery *r, const char *path, size_t from, size_t size, kw_status why)
{
    struct file file;
    kw_status status = r->before_cut != NULL ? r->before_cut(r) : KW_OK;
    if (status == KW_OK)
        status = file_open(&file, path, 0);
    if (status != KW_OK)
        return status;
    status = file_truncate(&file, from);
    if (status == KW_OK)
        status = file_sync(&file);
    int error = errno;
    (void)file_close(&file);
    errno = error;
    if (status == KW_OK)
        console_line("%s: %zu bytes are cut off at byte %zu (offset %lld): %s", path, size - from, from,
                     (long long)r->end_offset, kw_status_text(why));
    return status;
}

static kw_status write_aborted(struct scan *s)
{
    char path[KW_PATH_SIZE];
    kw_span bytes = kw_writer_data(&s->aborted);
    kw_status status = path_of_segment(path, s->r->folder, KW_SEGMENT_FILE_TXN_INDEX, s->r->base_offset);
    if (status != KW_OK || bytes.size != 0)
        return status == KW_OK ? small_file_write(path, bytes) : status;
    status = file_remove(path);
    return status == KW_ERR_NO_FILE ? KW_OK : status;
}

/* Indexes first: a segment with an index that is too short is searched, but one that has been cut off must not have
 * entries behind its end. */
static kw_status write_files(struct scan *s, const char *path, size_t size, kw_status why)
{
    kw_status status = write_aborted(s);
    if (status == KW_OK)
        status = segment_writer_finish(&s->indexes, s->r->folder);
    if (status == KW_OK && s->indexes.size != size)
        status = cut_off(s->r, path, s->indexes.size, size, why);
    return status;
}

static kw_status recover(struct scan *s)
{
    char path[KW_PATH_SIZE];
    struct file_map log = FILE_MAP_NONE;
    kw_status why = KW_OK;
    kw_status status = path_of_segment(path, s->r->folder, KW_SEGMENT_FILE_LOG, s->r->base_offset);
    if (status == KW_OK)
        status = file_map_open(&log, path);
    size_t size = log.size;
    if (status == KW_OK)
        status = read_log(s, &log, &why);
    file_map_close(&log);
    return status == KW_OK ? write_files(s, path, size, why) : status;
}

kw_status segment_recover(struct segment_recovery *r)
{
    struct scan s = {.r = r};
    r->end_offset = r->base_offset;
    kw_status status = segment_writer_start(&s.indexes, r->base_offset, r->config);
    if (status != KW_OK)
        return status;
    kw_writer_init_growing(&s.aborted, kw_allocator_libc(), TXN_INDEX_MAX);
    status = recover(&s);
    int error = errno;
    kw_writer_finish(&s.aborted);
    segment_writer_close(&s.indexes);
    errno = error;
    return status;
}
