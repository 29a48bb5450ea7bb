/* SPDX-License-Identifier: Apache-2.0 */
#include "segment_writer.h"

#include <errno.h>
#include <string.h>

#include <kwire/batches.h>

#include "../base/clock.h"
#include "small_file.h"

/* Offsets are relative in the indexes, as a signed 32-bit number. */
static bool is_in_range(int64_t base_offset, int64_t offset)
{
    return offset >= base_offset && offset - base_offset <= INT32_MAX;
}

/* ---- opening ---- */

/* Differs from log to log, so that segments of the same age do not all end at the same moment. */
static int64_t choose_jitter(const struct log_config *config, int64_t base_offset, const void *seed, int64_t now)
{
    int64_t limit = config->segment_jitter_ms < config->segment_ms ? config->segment_jitter_ms : config->segment_ms;
    uint64_t x = (uint64_t)base_offset ^ (uint64_t)(uintptr_t)seed ^ ((uint64_t)now << 20);
    if (limit <= 0)
        return 0;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)((x ^ x >> 31) % (uint64_t)limit);
}

static void init(struct segment_writer *w, struct log_segment *segment, const struct log_config *config, int64_t now)
{
    memset(w, 0, sizeof *w);
    w->segment = segment;
    w->capacity = (size_t)config->segment_bytes;
    w->index_bytes = (size_t)config->segment_index_bytes;
    w->index_interval = (size_t)config->index_interval_bytes;
    w->newest = (kw_time_entry){KW_NO_TIMESTAMP, segment->base_offset};
    w->first_timestamp = KW_NO_TIMESTAMP;
    w->created_ms = now;
    w->jitter_ms = choose_jitter(config, segment->base_offset, segment, now);
}

static kw_status path_of(char path[KW_PATH_SIZE], const struct segment_writer *w, const char *folder,
                         kw_segment_file file)
{
    return path_of_segment_file(path, folder, file, w->segment->base_offset, w->state);
}

static kw_status use_file(struct segment_writer *w, const char *folder, unsigned how, struct file **file)
{
    char path[KW_PATH_SIZE];
    *file = write_file_begin(&w->file);
    if (*file != NULL)
        return KW_OK;
    kw_status status = path_of(path, w, folder, KW_SEGMENT_FILE_LOG);
    return status == KW_OK ? write_file_open(&w->file, path, how, file) : status;
}

/* Files of an earlier segment of that name, which retention or a truncation may have left. */
static kw_status remove_indexes(const struct segment_writer *w, const char *folder)
{
    static const kw_segment_file files[] = {KW_SEGMENT_FILE_INDEX, KW_SEGMENT_FILE_TIME_INDEX,
                                            KW_SEGMENT_FILE_TXN_INDEX};
    char path[KW_PATH_SIZE];
    kw_status status = KW_OK;
    for (size_t i = 0; status == KW_OK && i < sizeof files / sizeof files[0]; i++) {
        status = path_of(path, w, folder, files[i]);
        if (status == KW_OK)
            status = file_remove(path);
        if (status == KW_ERR_NO_FILE)
            status = KW_OK;
    }
    return status;
}

kw_status segment_writer_preallocate(struct segment_writer *w, const char *folder)
{
    struct file *file;
    kw_status status = use_file(w, folder, 0, &file);
    if (status != KW_OK)
        return status;
    status = file_preallocate(file, w->capacity);
    w->is_longer = w->is_longer || status == KW_OK;
    write_file_end(&w->file);
    return status;
}

static kw_status create(struct segment_writer *w, const char *folder, int64_t base_offset, kw_file_state state,
                        const struct log_config *config, int64_t now)
{
    memset(w, 0, sizeof *w);
    struct log_segment *segment = log_segment_create(base_offset);
    if (segment == NULL)
        return KW_ERR_NO_MEMORY;
    init(w, segment, config, now);
    w->state = state;
    segment->has_index = true;
    atomic_store(&segment->appended_from, 0);
    kw_status status = remove_indexes(w, folder);
    struct file *file;
    if (status == KW_OK)
        status = use_file(w, folder, FILE_CREATE | FILE_TRUNCATE, &file);
    if (status == KW_OK)
        write_file_end(&w->file);
    else
        segment_writer_close(w);
    return status;
}

kw_status segment_writer_create(struct segment_writer *w, const char *folder, int64_t base_offset,
                                const struct log_config *config, int64_t now)
{
    kw_status status = create(w, folder, base_offset, KW_FILE_STATE_LIVE, config, now);
    if (status != KW_OK)
        return status;
    w->segment->map_capacity = w->capacity; /* nobody else knows it yet */
    if (config->preallocate)
        status = segment_writer_preallocate(w, folder);
    if (status != KW_OK)
        segment_writer_close(w);
    return status;
}

kw_status segment_writer_create_cleaned(struct segment_writer *w, const char *folder, int64_t base_offset,
                                        const struct log_config *config)
{
    return create(w, folder, base_offset, KW_FILE_STATE_CLEANED, config, 0);
}

kw_status segment_writer_start(struct segment_writer *w, int64_t base_offset, const struct log_config *config)
{
    struct log_segment *segment = log_segment_create(base_offset);
    if (segment == NULL)
        return KW_ERR_NO_MEMORY;
    init(w, segment, config, 0);
    return KW_OK;
}

/* Copies the entries of an index file. One that is missing or not valid is replaced when the segment is finished. */
static kw_status load_index(struct growing_index *index, const char *folder, int64_t base_offset, kw_segment_file file,
                            struct file_map *map)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_of_segment(path, folder, file, base_offset);
    if (status == KW_OK)
        status = file_map_open(map, path);
    if (status == KW_ERR_NO_FILE)
        return KW_OK;
    return status == KW_OK ? growing_index_reserve(index, map->size) : status;
}

static kw_status end_of_index(struct file_map *map, struct file_reading *reading, kw_status status)
{
    kw_status readable = file_reading_end(reading);
    int error = errno;
    file_map_close(map);
    errno = error;
    return status == KW_OK ? readable : status;
}

static kw_status load_offsets(struct segment_writer *w, const char *folder)
{
    struct file_map map = FILE_MAP_NONE;
    struct file_reading reading;
    kw_offset_index index;
    int64_t base_offset = w->segment->base_offset;
    kw_status status = load_index(&w->offsets, folder, base_offset, KW_SEGMENT_FILE_INDEX, &map);
    file_map_reading_start(&reading, &map);
    kw_offset_index_init(&index, map.data, map.size, base_offset);
    int64_t last = base_offset - 1;
    for (size_t i = 0; status == KW_OK && i < index.count; i++) {
        kw_offset_entry entry = kw_offset_index_at(&index, i);
        if (entry.offset <= last || entry.position >= w->size)
            break;
        growing_index_add_offset(&w->offsets, base_offset, entry);
        last = entry.offset;
    }
    return end_of_index(&map, &reading, status);
}

static kw_status load_times(struct segment_writer *w, const char *folder)
{
    struct file_map map = FILE_MAP_NONE;
    struct file_reading reading;
    kw_time_index index;
    int64_t base_offset = w->segment->base_offset;
    kw_status status = load_index(&w->times, folder, base_offset, KW_SEGMENT_FILE_TIME_INDEX, &map);
    file_map_reading_start(&reading, &map);
    kw_time_index_init(&index, map.data, map.size, base_offset);
    kw_time_entry last = w->newest;
    for (size_t i = 0; status == KW_OK && i < index.count; i++) {
        kw_time_entry entry = kw_time_index_at(&index, i);
        if (entry.timestamp <= last.timestamp || entry.offset < last.offset)
            break;
        growing_index_add_time(&w->times, base_offset, entry);
        last = entry;
    }
    return end_of_index(&map, &reading, status);
}

/* The largest timestamp is that of the last entry of the time index, or of a batch behind it: only before 4.4 does
 * Kafka add an entry for it when a log is closed. */
static kw_status load_timestamps(struct segment_writer *w, const char *folder)
{
    struct segment segment;
    struct file_reading reading;
    kw_batch batch;
    kw_batches batches;
    kw_status status = segment_open_growing(&segment, folder, w->segment->base_offset, w->size);
    if (status != KW_OK)
        return status;
    segment.log.size = w->size;
    segment_reading_start(&segment, &reading);
    segment_batches(&segment, 0, &batches);
    if (kw_batches_next(&batches, &batch))
        w->first_timestamp = batch.max_timestamp;
    segment.offsets.data = w->offsets.block != NULL ? w->offsets.block->bytes : NULL;
    segment.offsets.count = w->offsets.size / KW_OFFSET_ENTRY_SIZE;
    segment.times.data = w->times.block != NULL ? w->times.block->bytes : NULL;
    segment.times.count = w->times.size / KW_TIME_ENTRY_SIZE;
    if (segment_find_newest(&segment, &batch))
        w->newest = (kw_time_entry){batch.max_timestamp, batch.last_offset};
    return segment_close_read(&segment, &reading);
}

static kw_status find_txn_index(struct segment_writer *w, const char *folder)
{
    char path[KW_PATH_SIZE];
    struct file_facts facts = {0};
    kw_status status = path_of_segment(path, folder, KW_SEGMENT_FILE_TXN_INDEX, w->segment->base_offset);
    if (status == KW_OK)
        status = file_look(path, &facts);
    w->txn_index_size = facts.size / KW_ABORTED_TXN_SIZE * KW_ABORTED_TXN_SIZE;
    return status == KW_ERR_NO_FILE ? KW_OK : status;
}

static kw_status cut_off(struct segment_writer *w, const char *folder)
{
    struct file *file;
    size_t size = 0;
    kw_status status = use_file(w, folder, 0, &file);
    if (status != KW_OK)
        return status;
    status = file_size(file, &size);
    if (status == KW_OK && size != w->size)
        status = file_truncate(file, w->size);
    if (status == KW_OK)
        w->is_longer = false;
    write_file_end(&w->file);
    return status;
}

kw_status segment_writer_open(struct segment_writer *w, const char *folder, struct log_segment *segment, size_t size,
                              const struct log_config *config, int64_t now)
{
    log_segment_share(segment);
    init(w, segment, config, now);
    w->size = size;
    if (w->capacity < size)
        w->capacity = size;
    kw_status status = cut_off(w, folder);
    if (status == KW_OK)
        status = load_offsets(w, folder);
    if (status == KW_OK)
        status = load_times(w, folder);
    if (status == KW_OK)
        status = find_txn_index(w, folder);
    if (status == KW_OK && size != 0)
        status = load_timestamps(w, folder);
    if (status != KW_OK)
        segment_writer_close(w);
    return status;
}

void segment_writer_close(struct segment_writer *w)
{
    int error = errno;
    if (w->segment == NULL)
        return;
    write_file_close(&w->file);
    growing_index_finish(&w->offsets);
    growing_index_finish(&w->times);
    log_segment_release(w->segment);
    w->segment = NULL;
    errno = error; /* which a status may refer to */
}

/* ---- appending ---- */

/* The time index keeps one entry free for the last one. */
static bool indexes_are_full(const struct segment_writer *w)
{
    return w->offsets.size / KW_OFFSET_ENTRY_SIZE >= w->index_bytes / KW_OFFSET_ENTRY_SIZE ||
           w->times.size / KW_TIME_ENTRY_SIZE + 1 >= w->index_bytes / KW_TIME_ENTRY_SIZE;
}

/* By the time of the records if they have one, otherwise by that of the segment. */
static bool is_old(const struct segment_writer *w, const struct log_config *config, int64_t max_timestamp, int64_t now)
{
    int64_t from = w->first_timestamp >= 0 ? w->first_timestamp : w->created_ms;
    int64_t to = w->first_timestamp >= 0 ? max_timestamp : now;
    int64_t limit = log_config_max_segment_ms(config) - w->jitter_ms;
    return to > from && (uint64_t)to - (uint64_t)from > (uint64_t)(limit > 0 ? limit : 0);
}

bool segment_writer_is_full(const struct segment_writer *w, const struct log_config *config, size_t bytes,
                            int64_t last_offset, int64_t max_timestamp, int64_t now)
{
    if (w->size == 0)
        return !is_in_range(w->segment->base_offset, last_offset);
    size_t limit = (size_t)config->segment_bytes < w->capacity ? (size_t)config->segment_bytes : w->capacity;
    return bytes > limit || w->size > limit - bytes || is_old(w, config, max_timestamp, now) || indexes_are_full(w) ||
           !is_in_range(w->segment->base_offset, last_offset);
}

kw_status segment_writer_reserve(struct segment_writer *w, size_t count)
{
    kw_status status = growing_index_reserve(&w->offsets, count * KW_OFFSET_ENTRY_SIZE);
    return status == KW_OK ? growing_index_reserve(&w->times, (count + 1) * KW_TIME_ENTRY_SIZE) : status;
}

/* What was written within one or two periods is still in the system's cache: readers need not ask. */
static void note_write(struct segment_writer *w)
{
    static const int64_t period_ms = 1000;
    int64_t now = clock_coarse_ms();
    if (now - w->recent_ms < period_ms)
        return;
    bool is_continued = now - w->recent_ms < 2 * period_ms;
    atomic_store_explicit(&w->segment->recent_from, is_continued ? w->recent_next : w->size, memory_order_relaxed);
    atomic_store_explicit(&w->segment->recent_until, now + 2 * period_ms, memory_order_relaxed);
    w->recent_next = w->size;
    w->recent_ms = now;
}

/* What the disk took before it failed must not stay: whatever is written next would follow it. */
kw_status segment_writer_write(struct segment_writer *w, const char *folder, const kw_span *parts, size_t part_count)
{
    struct file *file;
    kw_status status = use_file(w, folder, 0, &file);
    if (status != KW_OK)
        return status;
    status = file_write(file, w->size, parts, part_count);
    int error = errno;
    if (status == KW_OK)
        note_write(w);
    else
        w->is_broken = file_truncate(file, w->size) != KW_OK;
    w->is_longer = w->is_longer && status == KW_OK;
    write_file_end(&w->file);
    errno = error;
    return status;
}

void segment_writer_write_back(struct segment_writer *w, const char *folder, size_t from)
{
    struct file *file;
    if (use_file(w, folder, 0, &file) != KW_OK)
        return;
    file_write_back(file, from, w->size - from);
    write_file_end(&w->file);
}

static void add_time(struct segment_writer *w)
{
    int64_t base_offset = w->segment->base_offset;
    if (is_in_range(base_offset, w->newest.offset) &&
        w->newest.timestamp > growing_index_last_time(&w->times, base_offset).timestamp)
        growing_index_add_time(&w->times, base_offset, w->newest);
}

void segment_writer_add(struct segment_writer *w, const struct batch_facts *batch)
{
    if (w->size == 0)
        w->first_timestamp = batch->max_timestamp;
    if (batch->max_timestamp > w->newest.timestamp)
        w->newest = (kw_time_entry){batch->max_timestamp, batch->last_offset};
    if (w->since_entry > w->index_interval && !indexes_are_full(w) &&
        is_in_range(w->segment->base_offset, batch->last_offset)) {
        const kw_offset_entry entry = {batch->last_offset, (uint32_t)w->size};
        growing_index_add_offset(&w->offsets, w->segment->base_offset, entry);
        add_time(w);
        w->since_entry = 0;
    }
    w->size += batch->size;
    w->since_entry += batch->size;
}

/* The file is not kept open: transactions are seldom aborted. */
kw_status segment_writer_add_aborted(struct segment_writer *w, const char *folder, const kw_aborted_txn *txn)
{
    char path[KW_PATH_SIZE];
    uint8_t entry[KW_ABORTED_TXN_SIZE];
    struct file file;
    kw_writer to;
    kw_writer_init(&to, entry, sizeof entry);
    kw_status status = kw_aborted_txn_write(&to, txn);
    if (status == KW_OK)
        status = path_of(path, w, folder, KW_SEGMENT_FILE_TXN_INDEX);
    if (status == KW_OK)
        status = file_open(&file, path, FILE_CREATE);
    if (status != KW_OK)
        return status;
    const kw_span part = {entry, sizeof entry};
    status = file_write(&file, w->txn_index_size, &part, 1);
    int error = errno;
    if (status == KW_OK)
        w->txn_index_size += sizeof entry;
    (void)file_close(&file);
    errno = error;
    return status;
}

kw_status segment_writer_sync_aborted(const struct segment_writer *w, const char *folder)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_of(path, w, folder, KW_SEGMENT_FILE_TXN_INDEX);
    return status == KW_OK ? file_sync_path(path) : status;
}

/* ---- finishing ---- */

static kw_status write_index(const struct segment_writer *w, const struct growing_index *index, const char *folder,
                             kw_segment_file kind)
{
    char path[KW_PATH_SIZE];
    const kw_span all = {index->block != NULL ? index->block->bytes : NULL, index->size};
    kw_status status = path_of(path, w, folder, kind);
    return status == KW_OK ? small_file_write(path, all) : status;
}

kw_status segment_writer_finish(struct segment_writer *w, const char *folder)
{
    kw_status status = segment_writer_reserve(w, 0);
    if (status != KW_OK)
        return status;
    if (w->is_longer)
        status = cut_off(w, folder);
    if (status != KW_OK)
        return status;
    add_time(w);
    status = write_index(w, &w->times, folder, KW_SEGMENT_FILE_TIME_INDEX);
    if (status == KW_OK) /* the last one: recovery makes the others again only if this one is missing */
        status = write_index(w, &w->offsets, folder, KW_SEGMENT_FILE_INDEX);
    if (status == KW_OK)
        atomic_store(&w->segment->max_timestamp, w->newest.timestamp);
    return status;
}
