/* SPDX-License-Identifier: Apache-2.0 */
#include "clean_range.h"

static size_t active_of(const struct clean_log *log)
{
    return log->count - 1;
}

size_t clean_segment_of(const struct clean_log *log, int64_t offset)
{
    size_t low = 0, high = log->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (log->segments[middle].base_offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low != 0 ? low - 1 : 0;
}

/* Finished segments that have records from that offset on: from *first to before the active one. False: there are none.
 */
static bool find_finished(const struct clean_log *log, int64_t offset, size_t *first)
{
    *first = clean_segment_of(log, offset);
    return offset < log->segments[active_of(log)].base_offset && *first < active_of(log);
}

/* ---- where the dirty part starts and ends ---- */

static void find_start(struct clean_range *range, const struct clean_log *log)
{
    range->first_dirty = log->checkpoint >= 0 ? log->checkpoint : log->log_start_offset;
    range->is_reset = range->first_dirty < log->log_start_offset || range->first_dirty > log->log_end_offset;
    if (range->is_reset)
        range->first_dirty = log->log_start_offset;
}

static void find_end(struct clean_range *range, const struct clean_log *log, const struct log_config *config)
{
    size_t i;
    range->end = log->segments[active_of(log)].base_offset;
    if (log->last_stable_offset < range->end)
        range->end = log->last_stable_offset;
    if (config->min_compaction_lag_ms > 0 && find_finished(log, range->first_dirty, &i))
        for (; i < active_of(log); i++)
            if (log->segments[i].max_timestamp > log->now - config->min_compaction_lag_ms) {
                if (log->segments[i].base_offset < range->end)
                    range->end = log->segments[i].base_offset;
                break;
            }
    if (range->end < range->first_dirty)
        range->end = range->first_dirty;
}

/* ---- whether it is worth it ---- */

/* Of whole segments, so that none is cleaned in part: what is not cleaned starts with the segment that has its first
 * record. The one in which the dirty part starts counts as clean and as dirty, as in Kafka. */
static void measure(struct clean_range *range, const struct clean_log *log)
{
    uint64_t clean = 0;
    size_t end;
    range->dirty_size = 0;
    range->dirty_ratio = 0;
    for (size_t i = 0; i < log->count && log->segments[i].base_offset < range->first_dirty; i++)
        clean += log->segments[i].size;
    if (!find_finished(log, range->end, &end))
        end = active_of(log);
    range->end = log->segments[end].base_offset;
    if (range->first_dirty < range->end)
        for (size_t i = clean_segment_of(log, range->first_dirty); i < end; i++)
            range->dirty_size += log->segments[i].size;
    if (clean + range->dirty_size != 0)
        range->dirty_ratio = (double)range->dirty_size / (double)(clean + range->dirty_size);
}

static bool must_not_wait(const struct clean_range *range, const struct clean_log *log, const struct log_config *config)
{
    size_t i;
    if (config->max_compaction_lag_ms >= log->now || !find_finished(log, range->first_dirty, &i))
        return false;
    for (; i < active_of(log); i++)
        if (log->segments[i].first_timestamp > 0 &&
            log->segments[i].first_timestamp < log->now - config->max_compaction_lag_ms)
            return true;
    return false;
}

struct clean_range clean_range_of(const struct clean_log *log, const struct log_config *config)
{
    struct clean_range range = {0};
    find_start(&range, log);
    find_end(&range, log, config);
    measure(&range, log);
    range.is_wanted = range.dirty_ratio > config->min_cleanable_dirty_ratio ||
                      (range.dirty_size != 0 && must_not_wait(&range, log, config));
    return range;
}

/* ---- groups ---- */

/* The last offset that a segment can have. */
static int64_t last_offset_of(const struct clean_log *log, size_t i, int64_t end, int64_t range_end)
{
    bool has_next = i + 1 < log->count && log->segments[i + 1].base_offset < end;
    return (has_next ? log->segments[i + 1].base_offset : range_end) - 1;
}

size_t clean_group(const struct clean_log *log, const struct log_config *config, size_t first, int64_t end,
                   int64_t range_end)
{
    const struct clean_source *from = &log->segments[first];
    uint64_t size = from->size, index = from->index_size, times = from->time_index_size;
    size_t next = first + 1;
    for (; next < log->count && log->segments[next].base_offset < end; next++) {
        const struct clean_source *more = &log->segments[next];
        size += more->size;
        index += more->index_size;
        times += more->time_index_size;
        if (size > (uint64_t)config->segment_bytes || index > (uint64_t)config->segment_index_bytes ||
            times > (uint64_t)config->segment_index_bytes ||
            (more->size != 0 && last_offset_of(log, next, end, range_end) - from->base_offset > INT32_MAX))
            break;
    }
    return next - first;
}
