/* SPDX-License-Identifier: Apache-2.0 */
#include "segment.h"

#include <errno.h>

#define WITHOUT_INDEX "index of a segment; the segment is searched without it"

static void open_beside(struct file_map *file, const char *folder, int64_t base_offset, kw_segment_file kind,
                        const struct problem_listener *listener)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_of_segment(path, folder, kind, base_offset);
    if (status == KW_OK)
        status = file_map_open(file, path);
    if (status != KW_OK && status != KW_ERR_NO_FILE)
        problem_with_file(listener, path, status, WITHOUT_INDEX);
}

/* KW_ERR_FILE: an end of one cannot be read. */
static kw_status view_indexes(struct segment *segment)
{
    struct file_reading reading;
    segment_reading_start(segment, &reading);
    kw_offset_index_init(&segment->offsets, segment->index.data, segment->index.size, segment->base_offset);
    kw_time_index_init(&segment->times, segment->time_index.data, segment->time_index.size, segment->base_offset);
    kw_txn_index_init(&segment->aborted, segment->txn_index.data, segment->txn_index.size);
    return file_reading_end(&reading);
}

static void leave_out(struct file_map *file, const char *folder, int64_t base_offset, kw_segment_file kind,
                      const struct problem_listener *listener)
{
    char path[KW_PATH_SIZE];
    if (!file_map_has_failed(file))
        return;
    file_map_close(file);
    errno = EIO;
    if (path_of_segment(path, folder, kind, base_offset) == KW_OK)
        problem_with_file(listener, path, KW_ERR_FILE, WITHOUT_INDEX);
}

kw_status segment_open(struct segment *segment, const char *folder, int64_t base_offset,
                       const struct problem_listener *listener)
{
    char path[KW_PATH_SIZE];
    segment_wrap(segment, NULL, 0, base_offset);
    kw_status status = path_of_segment(path, folder, KW_SEGMENT_FILE_LOG, base_offset);
    if (status == KW_OK)
        status = file_map_open(&segment->log, path);
    if (status != KW_OK)
        return status;
    open_beside(&segment->index, folder, base_offset, KW_SEGMENT_FILE_INDEX, listener);
    open_beside(&segment->time_index, folder, base_offset, KW_SEGMENT_FILE_TIME_INDEX, listener);
    open_beside(&segment->txn_index, folder, base_offset, KW_SEGMENT_FILE_TXN_INDEX, listener);
    if (view_indexes(segment) != KW_OK) {
        leave_out(&segment->index, folder, base_offset, KW_SEGMENT_FILE_INDEX, listener);
        leave_out(&segment->time_index, folder, base_offset, KW_SEGMENT_FILE_TIME_INDEX, listener);
        leave_out(&segment->txn_index, folder, base_offset, KW_SEGMENT_FILE_TXN_INDEX, listener);
        (void)view_indexes(segment);
    }
    return KW_OK;
}

kw_status segment_open_growing(struct segment *segment, const char *folder, int64_t base_offset, size_t capacity)
{
    char path[KW_PATH_SIZE];
    segment_wrap(segment, NULL, 0, base_offset);
    kw_status status = path_of_segment(path, folder, KW_SEGMENT_FILE_LOG, base_offset);
    return status == KW_OK ? file_map_open_growing(&segment->log, path, capacity) : status;
}

kw_status segment_open_deleted(struct segment *segment, const char *folder, int64_t base_offset)
{
    char path[KW_PATH_SIZE];
    kw_segment_name name = kw_segment_name_of(KW_SEGMENT_FILE_LOG, base_offset);
    name.state = KW_FILE_STATE_DELETED;
    segment_wrap(segment, NULL, 0, base_offset);
    kw_status status = kw_segment_path(path, sizeof path, folder, name);
    return status == KW_OK ? file_map_open(&segment->log, path) : status;
}

void segment_reading_start(const struct segment *segment, struct file_reading *reading)
{
    const struct file_map *const maps[] = {&segment->log, &segment->index, &segment->time_index, &segment->txn_index};
    file_reading_start(reading, maps, sizeof maps / sizeof maps[0]);
}

kw_status segment_close_read(struct segment *segment, struct file_reading *reading)
{
    kw_status status = file_reading_end(reading);
    int error = errno;
    segment_close(segment);
    errno = error;
    return status;
}

int64_t segment_modified_ms(const char *folder, int64_t base_offset)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_of_segment(path, folder, KW_SEGMENT_FILE_LOG, base_offset);
    return status == KW_OK ? file_modified_ms(path) : -1;
}

void segment_wrap(struct segment *segment, const void *log, size_t size, int64_t base_offset)
{
    const struct file_map none = FILE_MAP_NONE;
    segment->log = none;
    segment->log.data = log;
    segment->log.size = segment->log.capacity = size;
    segment->index = none;
    segment->time_index = none;
    segment->txn_index = none;
    kw_offset_index_init(&segment->offsets, NULL, 0, base_offset);
    kw_time_index_init(&segment->times, NULL, 0, base_offset);
    kw_txn_index_init(&segment->aborted, NULL, 0);
    segment->base_offset = base_offset;
}

void segment_close(struct segment *segment)
{
    file_map_close(&segment->log);
    file_map_close(&segment->index);
    file_map_close(&segment->time_index);
    file_map_close(&segment->txn_index);
    segment_wrap(segment, NULL, 0, segment->base_offset);
}

void segment_batches(const struct segment *segment, size_t position, kw_batches *out)
{
    kw_batches_init_memory(out, segment->log.data, segment->log.size);
    out->pos += position < segment->log.size ? position : segment->log.size;
}

bool offset_entry_is_true(const struct segment *segment, kw_offset_entry entry, kw_batch *batch)
{
    kw_batches bs;
    segment_batches(segment, entry.position, &bs);
    return kw_batches_next(&bs, batch) && batch->last_offset == entry.offset;
}

size_t segment_position_before(const struct segment *segment, int64_t offset)
{
    kw_offset_entry entry;
    kw_batch batch;
    if (!kw_offset_index_find(&segment->offsets, offset, &entry) || !offset_entry_is_true(segment, entry, &batch))
        return 0;
    return entry.position;
}

bool segment_find_offset(const struct segment *segment, int64_t offset, kw_batch *out)
{
    kw_batches bs;
    segment_batches(segment, segment_position_before(segment, offset), &bs);
    while (kw_batches_next(&bs, out))
        if (out->last_offset >= offset)
            return true;
    return false;
}

bool time_entry_is_true(const struct segment *segment, kw_time_entry entry, kw_batch *batch)
{
    return segment_find_offset(segment, entry.offset, batch) && batch->max_timestamp == entry.timestamp;
}

bool segment_find_time(const struct segment *segment, int64_t timestamp, int64_t offset, kw_batch *out)
{
    size_t position = segment_position_before(segment, offset);
    kw_time_entry entry;
    if (kw_time_index_find(&segment->times, timestamp, &entry) && time_entry_is_true(segment, entry, out) &&
        out->position > position)
        position = out->position;

    kw_batches bs;
    segment_batches(segment, position, &bs);
    while (kw_batches_next(&bs, out))
        if (out->max_timestamp >= timestamp && out->last_offset >= offset)
            return true;
    return false;
}

bool segment_find_newest(const struct segment *segment, kw_batch *out)
{
    size_t position = 0;
    kw_batch batch;
    if (segment->times.count != 0) {
        kw_time_entry last = kw_time_index_at(&segment->times, segment->times.count - 1);
        if (time_entry_is_true(segment, last, &batch) &&
            segment_find_time(segment, last.timestamp, segment->base_offset, &batch))
            position = batch.position;
    }
    kw_batches bs;
    bool found = false;
    for (segment_batches(segment, position, &bs); kw_batches_next(&bs, &batch);) {
        if (batch.max_timestamp > (found ? out->max_timestamp : KW_NO_TIMESTAMP)) {
            *out = batch;
            found = true;
        }
    }
    return found;
}

bool batch_find_time(const kw_batch *batch, int64_t timestamp, int64_t offset, kw_decompressor *decompressor,
                     kw_writer *scratch, kw_record *out, kw_status *status)
{
    kw_records rs;
    (void)kw_records_init(&rs, batch, decompressor, scratch);
    bool found = false;
    while (!found && kw_records_next(&rs, out))
        found = out->timestamp >= timestamp && out->offset >= offset;
    *status = rs.status;
    return found;
}
