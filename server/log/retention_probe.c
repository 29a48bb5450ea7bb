/* SPDX-License-Identifier: Apache-2.0 */
#include "retention_probe.h"

#include <string.h>

#include <kwire/batches.h>
#include <kwire/error.h>
#include <kwire/storage/index.h>
#include <kwire/storage/names.h>

#include "../base/file.h"
#include "partition_log.h"

enum { NAMES_LIMIT = 64 * 1024 * 1024 };

/* ---- what the folder says ---- */

/* The time index of a finished segment ends with its largest timestamp, that of the last one with a large one. */
static int64_t newest_of_index(const char *folder, int64_t base_offset)
{
    char path[KW_PATH_SIZE];
    struct file_map map = FILE_MAP_NONE;
    kw_time_index index;
    struct file_reading reading;
    if (path_of_segment(path, folder, KW_SEGMENT_FILE_TIME_INDEX, base_offset) != KW_OK ||
        file_map_open(&map, path) != KW_OK)
        return INT64_MIN;
    file_map_reading_start(&reading, &map);
    kw_time_index_init(&index, map.data, map.size, base_offset);
    int64_t newest = index.count != 0 ? kw_time_index_at(&index, index.count - 1).timestamp : INT64_MIN;
    kw_status status = file_reading_end(&reading);
    file_map_close(&map);
    return status == KW_OK && newest >= 0 ? newest : INT64_MIN;
}

static int64_t newest_of_first_batch(const char *folder, int64_t base_offset)
{
    char path[KW_PATH_SIZE];
    struct file_map map = FILE_MAP_NONE;
    kw_batches batches;
    kw_batch batch;
    struct file_reading reading;
    if (path_of_segment(path, folder, KW_SEGMENT_FILE_LOG, base_offset) != KW_OK || file_map_open(&map, path) != KW_OK)
        return INT64_MIN;
    file_map_reading_start(&reading, &map);
    kw_batches_init_memory(&batches, map.data, map.size);
    int64_t newest = kw_batches_next(&batches, &batch) ? batch.max_timestamp : INT64_MIN;
    kw_status status = file_reading_end(&reading);
    file_map_close(&map);
    return status == KW_OK && newest >= 0 ? newest : INT64_MIN;
}

struct reading {
    struct retention_probe *probe;
    const char *folder;
    int64_t first_offset;
    size_t count; /* of segments */
};

static bool add_segment(struct reading *r, int64_t offset)
{
    char path[KW_PATH_SIZE];
    struct file_facts facts;
    if (path_of_segment(path, r->folder, KW_SEGMENT_FILE_LOG, offset) != KW_OK || file_look(path, &facts) != KW_OK)
        return false;
    if (r->count == 0) {
        r->first_offset = offset;
        r->probe->first_size = facts.size;
    } else if (r->count == 1) {
        r->probe->second_offset = offset;
    }
    r->probe->total_size += facts.size;
    r->count++;
    return true;
}

/* Names are sorted. */
static bool read_names(struct reading *r, const struct folder_names *names)
{
    bool fine = true;
    for (size_t i = 0; fine && i < names->len; i++) {
        kw_segment_name name;
        if (!kw_segment_name_parse(names->items[i], &name))
            continue;
        if (name.state != KW_FILE_STATE_LIVE)
            r->probe->is_unfinished = true;
        else if (name.file == KW_SEGMENT_FILE_LOG)
            fine = add_segment(r, name.offset);
    }
    return fine;
}

static bool read_folder(struct retention_probe *probe, const char *folder)
{
    struct reading r = {.probe = probe, .folder = folder};
    struct folder_names names;
    kw_arena arena;
    memset(probe, 0, sizeof *probe);
    probe->second_offset = INT64_MAX;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), NAMES_LIMIT);
    bool read = folder_list(folder, &arena, &names) == KW_OK && read_names(&r, &names);
    kw_arena_finish(&arena);
    probe->is_empty = r.count == 0 || (r.count == 1 && probe->first_size == 0);
    probe->newest = r.count != 0 ? newest_of_index(folder, r.first_offset) : INT64_MIN;
    if (probe->newest == INT64_MIN && probe->first_size != 0)
        probe->newest = newest_of_first_batch(folder, r.first_offset);
    return read;
}

/* ---- what follows from it ---- */

/* As retention.c decides; segments go from the first one on. */
static bool may_go(const struct retention_probe *probe, const struct partition_log *log,
                   const struct log_config *config, int64_t now)
{
    if (probe->second_offset <= log->start_offset)
        return true;
    if (!config->delete)
        return false;
    if (config->retention_bytes >= 0 && probe->total_size >= (uint64_t)config->retention_bytes &&
        probe->total_size - (uint64_t)config->retention_bytes >= probe->first_size)
        return true;
    if (config->retention_ms < 0)
        return false;
    return probe->newest == INT64_MIN || (probe->newest < now && now - probe->newest > config->retention_ms);
}

static bool is_open(struct partition_log *log)
{
    struct log_snapshot now;
    if (partition_log_acquire(log, true, &now) != KW_ERROR_NONE)
        return false;
    log_snapshot_release(&now);
    return true;
}

bool retention_probe_finds(struct retention_probe *probe, struct partition_log *log, int64_t now)
{
    struct log_config config;
    if (is_open(log))
        return true;
    if (log->folder == NULL || !partition_log_config(log, &config))
        return false;
    if (!probe->is_known)
        probe->is_known = read_folder(probe, log->folder);
    if (!probe->is_known || probe->is_unfinished)
        return true;
    return !probe->is_empty && may_go(probe, log, &config, now);
}
