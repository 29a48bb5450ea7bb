/* SPDX-License-Identifier: Apache-2.0 */
#include "list_offsets_v0.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include <kwire/storage/file.h>

enum { LATEST = -1, EARLIEST = -2 };

/* When a segment was written to last, in ms; now, if that cannot be told. */
static int64_t written_at(const kw_partition_log *log, size_t index)
{
    char path[KW_PATH_SIZE];
    struct stat info;
    int n = snprintf(path, sizeof path, "%s/%020" PRId64 ".log", log->folder, log->segments[index].base_offset);
    if (n < 0 || (size_t)n >= sizeof path || stat(path, &info) != 0)
        return INT64_MAX;
    return (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000;
}

static int64_t offset_at(const kw_partition_log *log, size_t index)
{
    if (index == log->segment_count)
        return log->end_offset;
    int64_t base = log->segments[index].base_offset;
    return base > log->start_offset ? base : log->start_offset;
}

/* How many of the offsets, ascending, are not too late. The end of an empty log is where its segment begins. */
static size_t count_until(const kw_partition_log *log, int64_t timestamp)
{
    bool has_end = log->segment_count == 0 || log->tail.position != 0;
    size_t count = log->segment_count + (has_end ? 1 : 0);
    if (timestamp == LATEST)
        return count;
    if (timestamp == EARLIEST)
        return 1;
    count = log->segment_count;
    while (count > 0 && written_at(log, count - 1) > timestamp)
        count--;
    return count;
}

kw_status list_offsets_v0(const kw_partition_log *log, int64_t timestamp, int32_t max, kw_arena *arena,
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
