/* SPDX-License-Identifier: Apache-2.0 */
#include "log_read.h"

#include <string.h>

#include <kwire/error.h>

/* Beside an entry of the index a search looks at no more than the bytes that Kafka leaves between two of them, by
 * default, and at one batch. */
enum { SEARCH_BYTES = 64 * 1024 };

/* A segment in which records are looked for. */
struct place {
    const struct log_snapshot *snapshot;
    const struct log_read_request *request;
    size_t index;
    struct open_segment *open;
    struct file_reading reading; /* of the open one */
    struct segment view;
    kw_batch first;
    size_t end; /* of what may be read */
};

static const struct log_contents *contents_of(const struct place *p)
{
    return p->snapshot->contents;
}

static int64_t end_of_segment(const struct place *p, size_t index)
{
    return index + 1 < contents_of(p)->segment_count ? contents_of(p)->segments[index + 1]->base_offset
                                                     : p->snapshot->log_end_offset;
}

static size_t valid_size(const struct place *p)
{
    return p->view.log.size;
}

/* Where records at `end` begin in the segment. */
static size_t position_of(const struct place *p, int64_t end)
{
    size_t size = valid_size(p);
    kw_batch batch;
    if (end < end_of_segment(p, p->index) && segment_find_offset(&p->view, end, &batch) && batch.position < size)
        return batch.position;
    return size;
}

/* Whether a search for the offset, and `more` bytes from it on, touch memory only. */
static bool is_ready(const struct place *p, int64_t offset, size_t more)
{
    kw_offset_entry entry = {0, 0};
    if (!segment_indexes_are_resident(p->open))
        return false;
    if (!kw_offset_index_find(&p->view.offsets, offset, &entry))
        entry.position = 0;
    size_t from = entry.position, size = valid_size(p);
    size_t to = from < size && size - from > SEARCH_BYTES + more ? from + SEARCH_BYTES + more : size;
    return from >= to || segment_is_resident(p->open, from, to);
}

static bool may_look(const struct place *p)
{
    size_t bytes = p->request->max_bytes > 0 ? (size_t)p->request->max_bytes : 0;
    if (!p->request->dont_block)
        return true;
    return is_ready(p, p->request->offset, bytes) &&
           (p->request->end >= end_of_segment(p, p->index) || is_ready(p, p->request->end, 0));
}

/* Looks in the segment at p->index. */
static int16_t look(struct partition_log *log, struct place *p, bool *found)
{
    int16_t error = segment_hold(log->cache, contents_of(p)->segments[p->index], contents_of(p)->folder,
                                 p->request->dont_block, &p->open);
    if (error != KW_ERROR_NONE)
        return error;
    segment_reading_start(&p->open->segment, &p->reading);
    p->view = segment_view(p->open, p->snapshot, p->index);
    if (!may_look(p))
        return LOG_WOULD_BLOCK;
    p->end = position_of(p, p->request->end);
    *found = segment_find_offset(&p->view, p->request->offset, &p->first) && p->first.position < p->end;
    if (*found)
        return KW_ERROR_NONE;
    if (p->request->dont_block && !segment_is_verified(p->open, 0, p->end))
        return LOG_WOULD_BLOCK;
    return segment_verified_part(p->open, contents_of(p)->folder, 0, p->end) < p->end ? KW_ERROR_CORRUPT_MESSAGE
                                                                                      : KW_ERROR_NONE;
}

static int16_t end_reading(struct place *p)
{
    return segment_reading_end(p->open->cache, p->open->owner, contents_of(p)->folder, &p->reading);
}

static int16_t release(struct place *p)
{
    if (p->open == NULL)
        return KW_ERROR_NONE;
    int16_t error = end_reading(p);
    segment_release(p->open);
    p->open = NULL;
    return error;
}

/* The segment with the first records at the offset or after it. One may be without: compaction leaves gaps. */
static int16_t find(struct partition_log *log, struct place *p)
{
    bool found = false;
    if (!log_find_segment(p->snapshot, p->request->offset, &p->index))
        return KW_ERROR_NONE;
    while (p->index < contents_of(p)->segment_count &&
           contents_of(p)->segments[p->index]->base_offset < p->request->end) {
        int16_t error = look(log, p, &found);
        if (found)
            return KW_ERROR_NONE;
        int16_t readable = release(p);
        if (readable != KW_ERROR_NONE || error != KW_ERROR_NONE)
            return readable != KW_ERROR_NONE ? readable : error;
        p->index++;
    }
    return KW_ERROR_NONE;
}

static size_t choose_size(const struct place *p)
{
    size_t size = p->end - p->first.position;
    size_t max = p->request->max_bytes > 0 ? (size_t)p->request->max_bytes : 0;
    if (max < p->first.size && !p->request->may_cut)
        max = p->request->at_least_one ? p->first.size : 0;
    return max < size ? max : size;
}

/* By the index, so that the batches need not be looked at: the first entry behind the slice. */
static int64_t upper_bound(const struct place *p, size_t end)
{
    const kw_offset_index *index = &p->view.offsets;
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (kw_offset_index_at(index, middle).position < end)
            low = middle + 1;
        else
            high = middle;
    }
    int64_t bound = end_of_segment(p, p->index);
    if (low < index->count && kw_offset_index_at(index, low).offset < bound)
        bound = kw_offset_index_at(index, low).offset;
    return bound;
}

/* Where what must be valid starts. Where no batch has the offset, as after compaction, the search has passed one that
 * may only look as if it ended before. */
static size_t checked_from(const struct place *p)
{
    bool is_gap = p->first.base_offset > p->request->offset;
    return is_gap ? segment_position_before(&p->view, p->request->offset) : p->first.position;
}

static int16_t cut(const struct place *p, struct log_slice *out)
{
    size_t from = p->first.position, checked = checked_from(p);
    size_t size = choose_size(p);
    out->available = p->end - from;
    out->continues = p->request->end > end_of_segment(p, p->index);
    if (size == 0) {
        out->upper_bound = upper_bound(p, from);
        return KW_ERROR_NONE;
    }
    size_t end = from + size;
    if (!p->request->dont_block)
        end = segment_verified_part(p->open, contents_of(p)->folder, checked, end);
    else if (!segment_is_ready(p->open, checked, end)) /* the first batch may be larger than what was asked for */
        return LOG_WOULD_BLOCK;
    if (end <= from)
        return KW_ERROR_CORRUPT_MESSAGE;
    size_t valid = end - from;
    if (!p->request->dont_block && !segment_is_resident(p->open, from, from + valid))
        file_map_load(&p->view.log, from, from + valid); /* whoever sends them does not wait for the disk */
    out->records.data = p->first.data;
    out->records.len = (int32_t)valid;
    out->upper_bound = upper_bound(p, from + valid);
    return KW_ERROR_NONE;
}

int16_t log_read(struct partition_log *log, const struct log_snapshot *snapshot, const struct log_read_request *request,
                 struct log_slice *out)
{
    memset(out, 0, sizeof *out);
    out->upper_bound = request->offset;
    struct place p = {.snapshot = snapshot, .request = request};
    int16_t error = request->offset < request->end ? find(log, &p) : (int16_t)KW_ERROR_NONE;
    if (p.open == NULL)
        return error;
    error = cut(&p, out);
    int16_t readable = end_reading(&p);
    if (readable != KW_ERROR_NONE)
        error = readable;
    if (error == KW_ERROR_NONE && out->records.len > 0) {
        out->segment = p.open;
        return KW_ERROR_NONE;
    }
    segment_release(p.open);
    if (error != KW_ERROR_NONE)
        out->records = (kw_bytes){NULL, 0};
    return error;
}

void log_slice_reading_start(const struct log_slice *slice, struct file_reading *reading)
{
    segment_reading_start(&slice->segment->segment, reading);
}

int16_t log_slice_reading_end(const struct log_slice *slice, const struct log_snapshot *snapshot,
                              struct file_reading *reading)
{
    struct open_segment *open = slice->segment;
    return segment_reading_end(open->cache, open->owner, snapshot->contents->folder, reading);
}
