/* SPDX-License-Identifier: Apache-2.0 */
#include "list_offsets_v0.h"

#include "../base/clock.h"
#include "../base/file.h"

enum { LATEST = -1, EARLIEST = -2 };

/* When a segment was written to last, in ms; the end of time, if that is not known. */
static int64_t written_at(const struct log_snapshot *log, size_t index)
{
    char path[KW_PATH_SIZE];
    const struct log_contents *contents = log->contents;
    if (path_of_segment(path, contents->folder, KW_SEGMENT_FILE_LOG, contents->segments[index]->base_offset) != KW_OK)
        return INT64_MAX;
    int64_t modified = file_modified_ms(path);
    return modified >= 0 ? modified : INT64_MAX;
}

static int64_t offset_at(const struct log_snapshot *log, size_t index)
{
    if (index == log->contents->segment_count)
        return log->high_watermark;
    int64_t base = log->contents->segments[index]->base_offset;
    return base > log->log_start_offset ? base : log->log_start_offset;
}

/* How many of the offsets, ascending, are not too late. The end of an empty log is where its segment begins. */
static size_t count_until(const struct log_snapshot *log, int64_t timestamp)
{
    bool has_end = log->contents->segment_count == 0 || log->active_size != 0;
    size_t count = log->contents->segment_count + (has_end ? 1 : 0);
    if (timestamp == LATEST)
        return count;
    if (timestamp == EARLIEST)
        return 1;
    if (timestamp < clock_wall_ms()) /* the end is of now */
        count = log->contents->segment_count;
    while (count > 0 && count <= log->contents->segment_count && written_at(log, count - 1) > timestamp)
        count--;
    return count;
}

kw_status list_offsets_v0(const struct log_snapshot *log, int64_t timestamp, int32_t max, kw_arena *arena,
                          kw_int64_array *out)
{
    size_t count = count_until(log, timestamp);
    size_t kept = max < 0 ? 0 : (size_t)max < count ? (size_t)max : count;
    out->items = kw_arena_array(arena, kept, sizeof *out->items);
    if (out->items == NULL)
        return kw_arena_status(arena);
    for (size_t i = 0; i < kept; i++)
        out->items[i] = offset_at(log, count - 1 - i);
    out->len = (int32_t)kept;
    return KW_OK;
}
