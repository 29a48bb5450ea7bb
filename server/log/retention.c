/* SPDX-License-Identifier: Apache-2.0 */
#include "retention.h"

#include <stdlib.h>

#include <kwire/error.h>

#include "../base/file.h"
#include "../observe/console.h"
#include "log_time.h"
#include "log_writer.h"

static const kw_segment_file FILES[] = {KW_SEGMENT_FILE_LOG, KW_SEGMENT_FILE_INDEX, KW_SEGMENT_FILE_TIME_INDEX,
                                        KW_SEGMENT_FILE_TXN_INDEX, KW_SEGMENT_FILE_PRODUCERS};

enum { FILE_COUNT = sizeof FILES / sizeof FILES[0] };

/* ---- which segments ---- */

struct looking {
    struct partition_log *log;
    const struct log_contents *contents;
    struct log_config config;
    struct log_snapshot now;
    int64_t now_ms;
    size_t old; /* so many segments are to be removed */
};

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
    char path[KW_PATH_SIZE];
    int64_t modified = -1;
    if (path_of_segment(path, l->contents->folder, KW_SEGMENT_FILE_LOG, l->contents->segments[index]->base_offset) ==
        KW_OK)
        modified = file_modified_ms(path);
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

/* ---- files ---- */

static void rename_file(const struct partition_log *log, kw_segment_file file, int64_t base_offset)
{
    char from[KW_PATH_SIZE], to[KW_PATH_SIZE];
    kw_segment_name name = kw_segment_name_of(file, base_offset);
    kw_status status = path_of_segment(from, log->folder, file, base_offset);
    name.state = KW_FILE_STATE_DELETED;
    if (status == KW_OK)
        status = kw_segment_path(to, sizeof to, log->folder, name);
    if (status == KW_OK)
        status = file_rename(from, to);
    if (status != KW_OK && status != KW_ERR_NO_FILE)
        console_line("%s: renaming a file that is to be removed: %s", from, kw_status_text(status));
}

static void remove_files(const struct partition_log *log, int64_t base_offset)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        char path[KW_PATH_SIZE];
        kw_segment_name name = kw_segment_name_of(FILES[i], base_offset);
        name.state = KW_FILE_STATE_DELETED;
        if (kw_segment_path(path, sizeof path, log->folder, name) == KW_OK)
            (void)file_remove(path); /* the next start tries again */
    }
}

static void remove_due(struct partition_log *log, int64_t now_ms, int64_t delay_ms)
{
    struct log_writer *w = log->writer;
    size_t kept = 0;
    for (size_t i = 0; i < w->deleted_count; i++) {
        const struct deleted_segment *deleted = &w->deleted[i];
        if (now_ms - deleted->renamed_ms >= delay_ms)
            remove_files(log, deleted->base_offset);
        else
            w->deleted[kept++] = *deleted;
    }
    w->deleted_count = kept;
}

static bool reserve_deleted(struct log_writer *w, size_t more)
{
    struct deleted_segment *items = realloc(w->deleted, (w->deleted_count + more) * sizeof *items);
    if (items == NULL)
        return false;
    w->deleted = items;
    return true;
}

/* ---- removing ---- */

static int16_t change_contents(struct partition_log *log, size_t old)
{
    struct log_writer *w = log->writer;
    struct log_contents *changed = log_writer_change(w);
    if (changed == NULL || !reserve_deleted(w, old))
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
    for (size_t i = 0; i < old; i++) {
        int64_t base_offset = before->segments[i]->base_offset;
        for (size_t k = 0; k < FILE_COUNT; k++)
            rename_file(log, FILES[k], base_offset);
        w->deleted[w->deleted_count++] = (struct deleted_segment){base_offset, now_ms};
    }
    return KW_ERROR_NONE;
}

/* With the turn. */
static int16_t retain(struct looking *l, size_t *removed)
{
    look(l);
    if (l->old == 0)
        return KW_ERROR_NONE;
    int16_t error = log_writer_start(l->log);
    if (error == KW_ERROR_NONE && l->old == l->contents->segment_count)
        error = log_writer_roll(l->log, l->now.log_end_offset);
    if (error == KW_ERROR_NONE)
        error = remove_segments(l->log, l->contents, l->old, l->now_ms);
    if (error == KW_ERROR_NONE)
        *removed = l->old;
    return error;
}

int16_t log_retain(struct partition_log *log, int64_t now, size_t *removed)
{
    struct looking l = {.log = log, .now_ms = now};
    *removed = 0;
    if (!partition_log_config(log, &l.config))
        return KW_ERROR_NONE;
    partition_log_take_turn(log);
    int16_t error = partition_log_acquire(log, false, &l.now);
    if (error == KW_ERROR_NONE && partition_log_open_to_write(log)) {
        log_snapshot_release(&l.now);
        error = partition_log_acquire(log, false, &l.now);
    }
    if (error == KW_ERROR_NONE) {
        l.contents = l.now.contents;
        if (log->writer != NULL) {
            error = retain(&l, removed);
            remove_due(log, now, l.config.file_delete_delay_ms);
        }
        log_snapshot_release(&l.now);
    }
    partition_log_end_turn(log);
    return error;
}
