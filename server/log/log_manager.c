/* SPDX-License-Identifier: Apache-2.0 */
#include "log_manager.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/storage/partition_metadata.h>
#include <kwire/topic_name.h>

#include "../base/file.h"
#include "../base/growth.h"

/* Of all small files together; and of one, which may have a line for each of millions of partitions. */
enum { ARENA_LIMIT = 1024 * 1024 * 1024, LARGEST_TEXT = 256 * 1024 * 1024 };

struct opening {
    struct log_manager *logs;
    const struct problem_listener *listener;
    size_t dir_capacity;
};

/* ---- small files ---- */

struct text_file {
    char path[KW_PATH_SIZE];
    kw_string text;
};

/* False if the file does not exist, or cannot be read, which is reported. *status is of a shortage. */
static bool load(const struct opening *o, const char *folder, const char *name, struct text_file *out,
                 kw_status *status)
{
    kw_bytes bytes = {NULL, 0};
    kw_status found = path_join(out->path, folder, kw_string_of(name));
    if (found == KW_OK)
        found = file_load(out->path, LARGEST_TEXT, &o->logs->arena, &bytes);
    out->text.data = (const char *)bytes.data;
    out->text.len = bytes.len;
    if (is_shortage(found))
        *status = found;
    else if (found == KW_ERR_FILE)
        problem_with_file(o->listener, out->path, found, "file of a log directory; it is not used");
    return found == KW_OK;
}

static kw_status load_checkpoint(const struct opening *o, const char *name, kw_offset_checkpoint *out)
{
    struct text_file file;
    kw_status status = KW_OK;
    if (!load(o, o->logs->path, name, &file, &status))
        return status;
    size_t at;
    status = kw_offset_checkpoint_parse(out, file.text, &o->logs->arena, &at);
    if (status == KW_OK || status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT)
        return status;
    problem_at(o->listener, file.path, at, -1, status, "checkpoint; the lines before this are used");
    return KW_OK;
}

static kw_status load_texts(const struct opening *o)
{
    struct log_manager *logs = o->logs;
    char path[KW_PATH_SIZE];
    kw_status status = load_checkpoint(o, KW_REPLICATION_CHECKPOINT_NAME, &logs->high_watermarks);
    if (status == KW_OK)
        status = load_checkpoint(o, KW_RECOVERY_POINT_CHECKPOINT_NAME, &logs->recovery_points);
    if (status == KW_OK)
        status = load_checkpoint(o, KW_LOG_START_CHECKPOINT_NAME, &logs->start_offsets);
    if (status == KW_OK)
        status = load_checkpoint(o, KW_CLEANER_CHECKPOINT_NAME, &logs->cleaned);
    logs->clean_shutdown =
        path_join(path, logs->path, kw_string_of(KW_CLEAN_SHUTDOWN_NAME)) == KW_OK && file_exists(path);
    return status;
}

/* ---- folders ---- */

static kw_status load_topic_id(const struct opening *o, struct partition_dir *dir)
{
    struct text_file file;
    kw_status status = KW_OK;
    if (!load(o, dir->folder, KW_PARTITION_METADATA_NAME, &file, &status))
        return status;
    size_t at;
    kw_status parsed = kw_partition_metadata_parse(&dir->topic_id, file.text, &at);
    if (parsed != KW_OK)
        problem_at(o->listener, file.path, at, -1, parsed, "id of the topic; the folder is known by its name");
    return KW_OK;
}

static kw_status add_folder(struct opening *o, kw_string name)
{
    struct log_manager *logs = o->logs;
    kw_partition_dir_name parsed;
    char path[KW_PATH_SIZE];
    if (!kw_partition_dir_name_parse(name, &parsed) ||
        kw_string_equal(parsed.topic, kw_string_of("__cluster_metadata")))
        return KW_OK;
    if (path_join(path, logs->path, name) != KW_OK) {
        problem_with_file(o->listener, logs->path, KW_ERR_FILE, "folder of a partition; it is left out");
        return KW_OK;
    }
    if (!folder_exists(path))
        return KW_OK;
    void *items = arena_grow(&logs->arena, logs->dirs, logs->dir_count, &o->dir_capacity, sizeof *logs->dirs);
    if (items == NULL)
        return kw_arena_status(&logs->arena);
    logs->dirs = items;
    struct partition_dir *dir = &logs->dirs[logs->dir_count];
    *dir = (struct partition_dir){.topic = parsed.topic, .partition = parsed.partition, .kind = parsed.kind};
    dir->folder = arena_copy_string(&logs->arena, kw_string_of(path)).data;
    if (dir->folder == NULL)
        return kw_arena_status(&logs->arena);
    logs->dir_count++;
    return load_topic_id(o, dir);
}

static int compare_dirs(const void *a, const void *b)
{
    const struct partition_dir *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int order = kw_partition_compare(x->topic, x->partition, y->topic, y->partition);
    return order != 0 ? order : strcmp(x->folder, y->folder);
}

/* ---- logs ---- */

static size_t count_live(const struct log_manager *logs)
{
    size_t live = 0;
    while (live < logs->dir_count && logs->dirs[live].kind == KW_PARTITION_DIR_LIVE)
        live++;
    return live;
}

/* After a crash the last segment is read whole, as Kafka does, for its end may be anything. */
static bool make_log(struct log_manager *logs, const struct partition_dir *dir, struct partition_log *out)
{
    struct partition_log what = {.topic = dir->topic,
                                 .partition = dir->partition,
                                 .topic_id = dir->topic_id,
                                 .folder = dir->folder,
                                 .check = logs->clean_shutdown ? 0 : CHECK_CRC};
    if (!kw_offset_checkpoint_find(&logs->start_offsets, dir->topic, dir->partition, &what.start_offset))
        what.start_offset = -1;
    return partition_log_init(out, &what, &logs->cache);
}

static kw_status make_logs(struct log_manager *logs)
{
    const struct partition_log nothing = {.start_offset = -1};
    size_t count = count_live(logs);
    logs->has_no_log = partition_log_init(&logs->no_log, &nothing, &logs->cache);
    logs->logs = kw_arena_array(&logs->arena, count, sizeof *logs->logs);
    if (!logs->has_no_log || logs->logs == NULL)
        return KW_ERR_NO_MEMORY;
    for (; logs->log_count < count; logs->log_count++)
        if (!make_log(logs, &logs->dirs[logs->log_count], &logs->logs[logs->log_count]))
            return KW_ERR_NO_MEMORY;
    return KW_OK;
}

kw_status log_manager_open(struct log_manager *logs, const char *path, const struct problem_listener *listener)
{
    memset(logs, 0, sizeof *logs);
    struct opening o = {.logs = logs, .listener = listener};
    struct folder_names names;
    logs->is_open = segment_cache_init(&logs->cache);
    if (!logs->is_open)
        return KW_ERR_NO_MEMORY;
    kw_arena_init_growing(&logs->arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    logs->path = arena_copy_string(&logs->arena, kw_string_of(path)).data;
    if (logs->path == NULL)
        return kw_arena_status(&logs->arena);
    kw_status status = folder_list(path, &logs->arena, &names);
    if (status == KW_OK)
        status = load_texts(&o);
    for (size_t i = 0; status == KW_OK && i < names.len; i++)
        status = add_folder(&o, names.items[i]);
    if (status != KW_OK)
        return status;
    if (logs->dir_count > 1)
        qsort(logs->dirs, logs->dir_count, sizeof *logs->dirs, compare_dirs);
    return make_logs(logs);
}

void log_manager_close(struct log_manager *logs)
{
    if (!logs->is_open)
        return;
    segment_cache_finish(&logs->cache);
    for (size_t i = 0; i < logs->log_count; i++)
        partition_log_finish(&logs->logs[i]);
    if (logs->has_no_log)
        partition_log_finish(&logs->no_log);
    kw_arena_finish(&logs->arena);
    memset(logs, 0, sizeof *logs);
}

size_t log_manager_count(const struct log_manager *logs)
{
    return logs->log_count;
}

struct partition_log *log_manager_at(const struct log_manager *logs, size_t index)
{
    return &logs->logs[index];
}

static struct partition_log *find_log(struct log_manager *logs, kw_string topic, int32_t partition)
{
    size_t low = 0, high = logs->log_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct partition_log *log = &logs->logs[middle];
        int order = kw_partition_compare(log->topic, log->partition, topic, partition);
        if (order == 0)
            return log;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Without a folder a partition of this node is empty: Kafka would create the folder now. */
struct partition_log *log_manager_find(struct log_manager *logs, kw_string topic, kw_uuid topic_id, int32_t partition)
{
    struct partition_log *log = find_log(logs, topic, partition);
    if (!logs->is_open)
        return NULL;
    bool other = log != NULL && !kw_uuid_is_zero(topic_id) && !kw_uuid_is_zero(log->topic_id) &&
                 !kw_uuid_equal(topic_id, log->topic_id);
    return log == NULL || other ? &logs->no_log : log;
}
