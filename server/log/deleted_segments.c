/* SPDX-License-Identifier: Apache-2.0 */
#include "deleted_segments.h"

#include <stdlib.h>

#include "../base/file.h"
#include "../observe/console.h"

static const kw_segment_file FILES[] = {KW_SEGMENT_FILE_LOG, KW_SEGMENT_FILE_INDEX, KW_SEGMENT_FILE_TIME_INDEX,
                                        KW_SEGMENT_FILE_TXN_INDEX, KW_SEGMENT_FILE_PRODUCERS};

enum { FILE_COUNT = sizeof FILES / sizeof FILES[0], NOT_RENAMED = -1 };

bool deleted_segments_reserve(struct log_writer *w, size_t more)
{
    struct deleted_segment *items = realloc(w->deleted, (w->deleted_count + more) * sizeof *items);
    if (items == NULL)
        return false;
    w->deleted = items;
    return true;
}

static kw_status rename_file(const struct partition_log *log, kw_segment_file file, int64_t base_offset)
{
    char from[KW_PATH_SIZE], to[KW_PATH_SIZE];
    kw_status status = path_of_segment(from, log->folder, file, base_offset);
    if (status == KW_OK)
        status = path_of_segment_file(to, log->folder, file, base_offset, KW_FILE_STATE_DELETED);
    if (status == KW_OK)
        status = file_rename(from, to);
    if (status == KW_ERR_NO_FILE)
        return KW_OK;
    if (status != KW_OK)
        console_line("%s: renaming a file that is to be removed: %s", from, kw_status_text(status));
    return status;
}

/* All that can be. */
static kw_status rename_files(const struct partition_log *log, int64_t base_offset, bool with_producers)
{
    kw_status first = KW_OK;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        if (FILES[i] == KW_SEGMENT_FILE_PRODUCERS && !with_producers)
            continue;
        kw_status status = rename_file(log, FILES[i], base_offset);
        if (first == KW_OK)
            first = status;
    }
    return first;
}

kw_status deleted_segments_add(struct partition_log *log, int64_t base_offset, bool with_producers, int64_t now_ms)
{
    struct log_writer *w = log->writer;
    kw_status status = rename_files(log, base_offset, with_producers);
    w->deleted[w->deleted_count++] = (struct deleted_segment){base_offset, now_ms};
    return status;
}

void deleted_segments_queue(struct log_writer *w, int64_t base_offset)
{
    w->deleted[w->deleted_count++] = (struct deleted_segment){base_offset, NOT_RENAMED};
}

kw_status deleted_segments_rename(struct partition_log *log, bool is_synced, int64_t now_ms)
{
    struct log_writer *w = log->writer;
    for (size_t i = 0; i < w->deleted_count; i++) {
        struct deleted_segment *deleted = &w->deleted[i];
        if (deleted->renamed_ms != NOT_RENAMED)
            continue;
        kw_status status = is_synced ? KW_OK : folder_sync(log->folder);
        if (status != KW_OK)
            return status;
        if (rename_files(log, deleted->base_offset, true) != KW_OK)
            return KW_OK;
        deleted->renamed_ms = now_ms;
        is_synced = false;
    }
    return KW_OK;
}

bool deleted_segments_are_renamed(const struct log_writer *w)
{
    for (size_t i = 0; i < w->deleted_count; i++)
        if (w->deleted[i].renamed_ms == NOT_RENAMED)
            return false;
    return true;
}

static void remove_files(const struct partition_log *log, int64_t base_offset)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        char path[KW_PATH_SIZE];
        if (path_of_segment_file(path, log->folder, FILES[i], base_offset, KW_FILE_STATE_DELETED) == KW_OK)
            (void)file_remove(path); /* the next start tries again */
    }
}

void deleted_segments_remove(struct partition_log *log, int64_t now_ms, int64_t delay_ms)
{
    struct log_writer *w = log->writer;
    size_t kept = 0;
    for (size_t i = 0; i < w->deleted_count; i++) {
        const struct deleted_segment *deleted = &w->deleted[i];
        if (deleted->renamed_ms != NOT_RENAMED && now_ms - deleted->renamed_ms >= delay_ms)
            remove_files(log, deleted->base_offset);
        else
            w->deleted[kept++] = *deleted;
    }
    w->deleted_count = kept;
}
