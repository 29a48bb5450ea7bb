/* SPDX-License-Identifier: Apache-2.0 */
#include "log_read.h"

#include <string.h>

#include <kwire/error.h>

/* A segment in which records are looked for. */
struct place {
    const kw_partition_log *log;
    size_t index;
    struct open_segment *open;
    kw_batch first;
    size_t end; /* of what may be read */
};

static int64_t end_of_segment(const kw_partition_log *log, size_t index)
{
    return index + 1 < log->segment_count ? log->segments[index + 1].base_offset : log->end_offset;
}

/* Where records at `end` begin in the segment. */
static size_t position_of(const struct place *p, int64_t end)
{
    const kw_segment *segment = &p->open->segment;
    bool last = p->index + 1 == p->log->segment_count;
    size_t size = segment->log.size;
    kw_batch batch;
    if (last && p->log->tail.position < size)
        size = p->log->tail.position;
    if (end < end_of_segment(p->log, p->index) && kw_segment_find_offset(segment, end, &batch) && batch.position < size)
        return batch.position;
    return size;
}

/* The segment with the first records at the offset or after it. One may be without: compaction leaves gaps. */
static int16_t find(struct stored_log *stored, const struct slice_request *request, struct place *p)
{
    if (!kw_partition_log_segment(p->log, request->offset, &p->index))
        return KW_ERROR_NONE;
    for (; p->index < p->log->segment_count && p->log->segments[p->index].base_offset < request->end; p->index++) {
        p->open = stored_log_segment(stored, p->index);
        if (p->open == NULL)
            return KW_ERROR_KAFKA_STORAGE_ERROR;
        p->end = position_of(p, request->end);
        if (kw_segment_find_offset(&p->open->segment, request->offset, &p->first) && p->first.position < p->end)
            return KW_ERROR_NONE;
        bool damaged = segment_sound_part(p->open, 0, p->end) < p->end;
        segment_release(p->open);
        p->open = NULL;
        if (damaged)
            return KW_ERROR_CORRUPT_MESSAGE;
    }
    return KW_ERROR_NONE;
}

static size_t choose_size(const struct place *p, const struct slice_request *request)
{
    size_t size = p->end - p->first.position;
    size_t max = (size_t)request->max_bytes;
    if (max < p->first.size && !request->may_cut)
        max = request->at_least_one ? p->first.size : 0;
    if (max > INT32_MAX)
        max = INT32_MAX;
    return max < size ? max : size;
}

/* How much of the slice is of batches that the reader knows. */
static size_t known_part(const struct place *p, size_t size, uint8_t max_magic)
{
    kw_batches batches;
    kw_batch batch;
    size_t from = p->first.position;
    if (max_magic >= KW_MAGIC_V2)
        return size;
    kw_segment_batches(&p->open->segment, from, &batches);
    while (kw_batches_next(&batches, &batch) && batch.position - from < size)
        if (batch.magic > max_magic)
            return batch.position - from;
    return size;
}

/* By the index, so that the batches need not be looked at: the first entry behind the slice. */
static int64_t upper_bound(const struct place *p, size_t end)
{
    const kw_offset_index *index = &p->open->segment.offsets;
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (kw_offset_index_at(index, middle).position < end)
            low = middle + 1;
        else
            high = middle;
    }
    int64_t bound = end_of_segment(p->log, p->index);
    if (low < index->count && kw_offset_index_at(index, low).offset < bound)
        bound = kw_offset_index_at(index, low).offset;
    return bound;
}

static int16_t cut(const struct place *p, const struct slice_request *request, struct log_slice *out)
{
    size_t from = p->first.position;
    size_t size = choose_size(p, request);
    out->there = p->end - from;
    out->goes_on = request->end > end_of_segment(p->log, p->index);
    if (size == 0)
        return KW_ERROR_NONE;
    size_t sound = segment_sound_part(p->open, from, from + size) - from;
    if (sound == 0)
        return KW_ERROR_CORRUPT_MESSAGE;
    size_t known = known_part(p, sound, request->max_magic);
    if (known == 0)
        return KW_ERROR_UNSUPPORTED_VERSION;
    out->records.data = p->first.data;
    out->records.len = (int32_t)known;
    out->upper_bound = upper_bound(p, from + known);
    return KW_ERROR_NONE;
}

int16_t log_slice_read(struct stored_log *stored, const struct slice_request *request, struct log_slice *out)
{
    memset(out, 0, sizeof *out);
    out->upper_bound = request->offset;
    struct place p = {.log = stored_log_open(stored)};
    if (p.log == NULL)
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    int16_t error = request->offset < request->end ? find(stored, request, &p) : KW_ERROR_NONE;
    if (p.open == NULL)
        return error;
    error = cut(&p, request, out);
    if (error == KW_ERROR_NONE && out->records.len > 0)
        out->segment = p.open;
    else
        segment_release(p.open);
    return error;
}
