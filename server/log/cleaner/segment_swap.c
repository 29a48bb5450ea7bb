/* SPDX-License-Identifier: Apache-2.0 */
#include "segment_swap.h"

#include <kwire/error.h>

#include "../../base/file.h"
#include "../deleted_segments.h"

/* The log is the last one to be renamed, and the first one that is looked for: what is found with it is complete. */
static const kw_segment_file FILES[] = {KW_SEGMENT_FILE_TXN_INDEX, KW_SEGMENT_FILE_TIME_INDEX, KW_SEGMENT_FILE_INDEX,
                                        KW_SEGMENT_FILE_LOG};

enum { FILE_COUNT = sizeof FILES / sizeof FILES[0] };

struct swap {
    struct partition_log *log;
    const struct log_contents *from;
    size_t first; /* in `from` */
    size_t count;
    size_t at; /* in the contents of the moment */
    const struct cleaned_segment *by;
    int64_t now_ms;
};

/* ---- files ---- */

static void remove_files(const char *folder, int64_t base_offset, kw_file_state state)
{
    char path[KW_PATH_SIZE];
    for (size_t i = 0; i < FILE_COUNT; i++)
        if (path_of_segment_file(path, folder, FILES[i], base_offset, state) == KW_OK)
            (void)file_remove(path); /* the next start tries again */
}

void cleaned_segment_remove(const char *folder, int64_t base_offset)
{
    remove_files(folder, base_offset, KW_FILE_STATE_SWAP);
    remove_files(folder, base_offset, KW_FILE_STATE_CLEANED);
}

static kw_status rename_files(const struct swap *s, kw_file_state old_state, kw_file_state new_state)
{
    kw_status status = KW_OK;
    for (size_t i = 0; status == KW_OK && i < FILE_COUNT; i++) {
        char from[KW_PATH_SIZE], to[KW_PATH_SIZE];
        int64_t base_offset = s->by->segment->base_offset;
        if (FILES[i] == KW_SEGMENT_FILE_TXN_INDEX && !s->by->has_txn_index)
            continue;
        status = path_of_segment_file(from, s->log->folder, FILES[i], base_offset, old_state);
        if (status == KW_OK)
            status = path_of_segment_file(to, s->log->folder, FILES[i], base_offset, new_state);
        if (status == KW_OK)
            status = file_rename(from, to);
    }
    return status;
}

/* ---- the log ---- */

/* Whether the log still has what was cleaned. */
static bool find(struct swap *s)
{
    const struct log_contents *now = s->log->writer->now.contents;
    for (s->at = 0; s->at < now->segment_count; s->at++)
        if (now->segments[s->at] == s->from->segments[s->first])
            break;
    if (now->segment_count - s->at <= s->count) /* the active one is behind them */
        return false;
    for (size_t i = 0; i < s->count; i++)
        if (now->segments[s->at + i] != s->from->segments[s->first + i])
            return false;
    return true;
}

static int16_t prepare(struct swap *s)
{
    struct log_writer *w = s->log->writer;
    struct log_contents *changed = log_writer_change(w);
    if (changed == NULL || !deleted_segments_reserve(w, s->count) ||
        !log_contents_replace(changed, s->at, s->count, s->by->segment, s->by->aborted, s->by->aborted_count))
        return log_writer_failed(s->log, KW_ERR_NO_MEMORY, "replacing cleaned segments");
    kw_status status = rename_files(s, KW_FILE_STATE_CLEANED, KW_FILE_STATE_SWAP);
    if (status == KW_OK)
        status = folder_sync(s->log->folder);
    return status == KW_OK ? KW_ERROR_NONE : log_writer_failed(s->log, status, "naming a cleaned segment");
}

static void mark_removed(const struct swap *s)
{
    for (size_t i = 0; i < s->count; i++)
        atomic_store(&s->from->segments[s->first + i]->is_removed, true);
}

/* From here on there is no way back: a start would complete it. Names reach the disk in this order on any file system:
 * the new files before the old ones go. */
static int16_t replace(struct swap *s)
{
    kw_status status = KW_OK;
    mark_removed(s);
    for (size_t i = 0; status == KW_OK && i < s->count; i++)
        status = deleted_segments_add(s->log, s->from->segments[s->first + i]->base_offset, i != 0, s->now_ms);
    if (status == KW_OK && s->count > 1) /* an old segment must not come back behind the one that replaces it */
        status = folder_sync(s->log->folder);
    if (status == KW_OK)
        status = rename_files(s, KW_FILE_STATE_SWAP, KW_FILE_STATE_LIVE);
    if (status == KW_OK)
        status = folder_sync(s->log->folder);
    if (status != KW_OK)
        return log_writer_go_offline(s->log, status, "replacing cleaned segments");
    log_writer_publish(s->log);
    return KW_ERROR_NONE;
}

static int16_t swap(struct swap *s)
{
    int16_t error = log_writer_start(s->log);
    if (error == KW_ERROR_NONE && !find(s))
        error = KW_ERROR_NOT_LEADER_OR_FOLLOWER; /* it has been deleted */
    if (error == KW_ERROR_NONE)
        error = prepare(s);
    if (error == KW_ERROR_NONE)
        return replace(s);
    cleaned_segment_remove(s->log->folder, s->by->segment->base_offset);
    if (s->log->writer != NULL)
        log_writer_forget(s->log->writer);
    return error;
}

int16_t segment_swap(struct partition_log *log, const struct log_contents *from, size_t first, size_t count,
                     const struct cleaned_segment *by, int64_t now_ms)
{
    struct swap s = {log, from, first, count, 0, by, now_ms};
    partition_log_take_turn(log);
    int16_t error = swap(&s);
    partition_log_end_turn(log);
    return error;
}
