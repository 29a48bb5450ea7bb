/* SPDX-License-Identifier: Apache-2.0 */
#include "retention.h"

#include <kwire/error.h>

#include "../base/file.h"
#include "deleted_segments.h"
#include "log_change.h"
#include "log_files.h"
#include "log_time.h"
#include "log_writer.h"

/* ---- which segments ---- */

struct looking {
    struct partition_log *log;
    const struct log_contents *contents;
    struct log_config config;
    struct log_snapshot now;
    int64_t now_ms;
    size_t old;           /* so many segments are to be removed, from the first one on */
    int64_t synced_until; /* what is below it is on the disk, or need not be */
};

/* Each is a sync while appends wait, so not all at once. */
enum { MOST_IN_A_TURN = 8 };

static bool is_last(const struct looking *l, size_t index)
{
    return index + 1 == l->contents->segment_count;
}

/* Of a file that cannot be looked at nothing is known: it is not removed. */
static size_t size_of(const struct looking *l, size_t index)
{
    struct log_segment *segment = l->contents->segments[index];
    char path[KW_PATH_SIZE];
    struct file_facts facts;
    if (is_last(l, index))
        return l->now.active_size;
    if (segment->file_size == 0 &&
        path_of_segment(path, l->contents->folder, KW_SEGMENT_FILE_LOG, segment->base_offset) == KW_OK &&
        file_look(path, &facts) == KW_OK)
        segment->file_size = facts.size;
    return segment->file_size;
}

static int64_t modified_ms(const struct looking *l, size_t index)
{
    int64_t modified = segment_modified_ms(l->contents->folder, l->contents->segments[index]->base_offset);
    return modified >= 0 ? modified : INT64_MAX;
}

static int64_t largest_timestamp(const struct looking *l, size_t index)
{
    struct log_segment *segment = l->contents->segments[index];
    int64_t largest = l->now.active_max_timestamp;
    if ((!is_last(l, index) || !l->contents->is_growing) &&
        segment_max_timestamp(l->log->cache, segment, l->contents->folder, &largest) != KW_ERROR_NONE)
        return INT64_MAX;
    return largest >= 0 ? largest : modified_ms(l, index);
}

/* Nothing above the high watermark goes, and no segment without records that would have to be created anew. */
static bool may_go(const struct looking *l, size_t index)
{
    if (index >= l->contents->segment_count)
        return false;
    if (is_last(l, index))
        return l->now.active_size != 0 && l->now.high_watermark >= l->now.log_end_offset;
    return l->now.high_watermark >= l->contents->segments[index + 1]->base_offset;
}

static void look_for_deleted(struct looking *l)
{
    while (may_go(l, l->old) && !is_last(l, l->old) &&
           l->contents->segments[l->old + 1]->base_offset <= l->now.log_start_offset)
        l->old++;
}

static void look_for_size(struct looking *l)
{
    uint64_t total = 0;
    if (l->config.retention_bytes < 0)
        return;
    for (size_t i = l->old; i < l->contents->segment_count; i++)
        total += size_of(l, i);
    while (may_go(l, l->old) && total >= (uint64_t)l->config.retention_bytes &&
           total - (uint64_t)l->config.retention_bytes >= size_of(l, l->old))
        total -= size_of(l, l->old++);
}

static void look_for_age(struct looking *l)
{
    if (l->config.retention_ms < 0)
        return;
    while (may_go(l, l->old)) {
        int64_t largest = largest_timestamp(l, l->old);
        if (largest >= l->now_ms || l->now_ms - largest <= l->config.retention_ms)
            return;
        l->old++;
    }
}

static void look(struct looking *l)
{
    look_for_deleted(l);
    if (l->config.delete) {
        look_for_size(l);
        look_for_age(l);
    }
}

/* ---- removing ---- */

static int16_t change_contents(struct partition_log *log, size_t old)
{
    struct log_writer *w = log->writer;
    struct log_contents *changed = log_writer_change(w);
    if (changed == NULL || !deleted_segments_reserve(w, old))
        return log_writer_failed(log, KW_ERR_NO_MEMORY, "removing segments");
    int64_t start = changed->segments[old]->base_offset;
    if (!log_contents_set_segments(changed, old, changed->segment_count, NULL) ||
        !log_contents_drop_aborted(changed, start))
        return log_writer_failed(log, KW_ERR_NO_MEMORY, "removing segments");
    if (start > w->now.log_start_offset)
        return log_writer_set_start(log, start);
    log_writer_publish(log);
    return KW_ERROR_NONE;
}

static void mark_removed(const struct log_contents *contents, size_t count, bool removed)
{
    for (size_t i = 0; i < count; i++)
        atomic_store(&contents->segments[i]->is_removed, removed);
}

static int16_t rename_removed(struct partition_log *log, bool is_synced, int64_t now_ms)
{
    kw_status status = deleted_segments_rename(log, is_synced, now_ms);
    return status == KW_OK ? KW_ERROR_NONE : log_writer_failed(log, status, "removing segments");
}

/* Readers that have the segments find them by either name. */
static int16_t remove_segments(struct partition_log *log, const struct log_contents *before, size_t old, int64_t now_ms)
{
    struct log_writer *w = log->writer;
    mark_removed(before, old, true);
    int16_t error = change_contents(log, old);
    if (error != KW_ERROR_NONE) {
        mark_removed(before, old, false);
        log_writer_forget(w);
        return error;
    }
    for (size_t i = 0; i < old; i++)
        deleted_segments_queue(w, before->segments[i]->base_offset);
    return rename_removed(log, true, now_ms);
}

/* A loss of power may bring back what goes, and recovery does not read again what is before records that were synced
 * later: so it must be whole on the disk. Mostly it has been for long. */
static int16_t sync_old(struct looking *l)
{
    for (size_t i = 0; i < l->old; i++) {
        int64_t end = is_last(l, i) ? l->now.log_end_offset : l->contents->segments[i + 1]->base_offset;
        if (end <= l->synced_until)
            continue;
        kw_status status =
            log_files_sync_one(l->contents->folder, KW_SEGMENT_FILE_LOG, l->contents->segments[i]->base_offset);
        if (status != KW_OK)
            return log_sync_failed(l->log, status);
        l->synced_until = end;
    }
    return KW_ERROR_NONE;
}

/* The segments that stay have names on the disk before others lose theirs: else a loss of power could leave none, and
 * offsets would be given twice. */
static int16_t sync_names(struct partition_log *log)
{
    kw_status status = folder_sync(log->folder);
    return status == KW_OK ? KW_ERROR_NONE : log_writer_failed(log, status, "removing segments");
}

/* Without the turn, so that appends do not wait for what takes long. */
static int16_t sync_before_turn(struct looking *l)
{
    int16_t error = partition_log_acquire(l->log, false, &l->now);
    if (error != KW_ERROR_NONE)
        return error;
    l->contents = l->now.contents;
    l->synced_until = atomic_load(&l->log->flushed_until);
    look(l);
    error = sync_old(l);
    log_snapshot_release(&l->now);
    return error;
}

/* With the turn. What could not be renamed before is first. */
static int16_t retain(struct looking *l, size_t *removed)
{
    struct partition_log *log = l->log;
    int16_t error = rename_removed(log, false, l->now_ms);
    if (error != KW_ERROR_NONE || !deleted_segments_are_renamed(log->writer))
        return error;
    look(l);
    if (l->old > MOST_IN_A_TURN)
        l->old = MOST_IN_A_TURN;
    if (l->old == 0)
        return KW_ERROR_NONE;
    error = log_writer_start(log);
    if (error == KW_ERROR_NONE && l->old == l->contents->segment_count)
        error = log_writer_roll(log, l->now.log_end_offset);
    if (error == KW_ERROR_NONE)
        error = sync_old(l);
    if (error == KW_ERROR_NONE)
        error = sync_names(log);
    if (error == KW_ERROR_NONE)
        error = remove_segments(log, l->contents, l->old, l->now_ms);
    if (error == KW_ERROR_NONE)
        *removed = l->old;
    return error;
}

static int16_t take_turn(struct looking *l, size_t *removed)
{
    struct partition_log *log = l->log;
    l->old = *removed = 0;
    partition_log_take_turn(log);
    int16_t error = partition_log_acquire(log, false, &l->now);
    if (error == KW_ERROR_NONE && partition_log_open_to_write(log)) {
        log_snapshot_release(&l->now);
        error = partition_log_acquire(log, false, &l->now);
    }
    if (error == KW_ERROR_NONE) {
        l->contents = l->now.contents;
        if (log->writer != NULL) {
            error = retain(l, removed);
            deleted_segments_remove(log, l->now_ms, l->config.file_delete_delay_ms);
        }
        log_snapshot_release(&l->now);
    }
    partition_log_end_turn(log);
    return error;
}

int16_t log_retain(struct partition_log *log, int64_t now, size_t *removed)
{
    struct looking l = {.log = log, .now_ms = now};
    size_t more = MOST_IN_A_TURN;
    *removed = 0;
    if (!partition_log_config(log, &l.config))
        return KW_ERROR_NONE;
    int16_t error = sync_before_turn(&l);
    while (error == KW_ERROR_NONE && more == MOST_IN_A_TURN) {
        error = take_turn(&l, &more);
        *removed += more;
    }
    return error;
}
