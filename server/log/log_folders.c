/* SPDX-License-Identifier: Apache-2.0 */
#include "log_folders.h"

#include <errno.h>

#include <kwire/storage/partition_metadata.h>

enum { LARGEST_DIR = 1024 * 1024 * 1024 }; /* of all names in it */

static kw_status path_of(char path[KW_PATH_SIZE], const char *dir, const kw_partition_dir_name *name)
{
    char text[256];
    kw_writer w;
    kw_writer_init(&w, text, sizeof text);
    if (kw_partition_dir_name_write(&w, name) != KW_OK) {
        errno = EINVAL;
        return KW_ERR_FILE;
    }
    return path_join(path, dir, (kw_string){text, (int32_t)kw_writer_data(&w).size});
}

kw_status log_folder_path(char path[KW_PATH_SIZE], const char *dir, kw_string topic, int32_t partition)
{
    const kw_partition_dir_name name = {.topic = topic, .partition = partition, .kind = KW_PARTITION_DIR_LIVE};
    return path_of(path, dir, &name);
}

/* Keeps errno. */
static kw_status close_after(struct file *file, kw_status status)
{
    int error = errno;
    kw_status closed = file_close(file);
    if (status == KW_OK)
        return closed;
    errno = error;
    return status;
}

static kw_status write_id(const char *folder, kw_uuid topic_id)
{
    char path[KW_PATH_SIZE], text[128];
    struct file file;
    kw_writer w;
    kw_writer_init(&w, text, sizeof text);
    if (kw_partition_metadata_write(&w, topic_id) != KW_OK) {
        errno = EINVAL;
        return KW_ERR_FILE;
    }
    const kw_span part = {text, kw_writer_data(&w).size};
    kw_status status = path_join(path, folder, kw_string_of(KW_PARTITION_METADATA_NAME));
    if (status == KW_OK)
        status = file_open(&file, path, FILE_CREATE | FILE_TRUNCATE);
    return status == KW_OK ? close_after(&file, file_write(&file, 0, &part, 1)) : status;
}

static kw_status sync_id(const char *folder)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_join(path, folder, kw_string_of(KW_PARTITION_METADATA_NAME));
    return status == KW_OK ? file_sync_path(path) : status;
}

kw_status log_folder_sync_id(const char *folder)
{
    kw_status status = sync_id(folder);
    return status == KW_OK ? folder_sync(folder) : status;
}

kw_status log_folder_sync_first(const char *folder, const char *dir)
{
    kw_status status = sync_id(folder);
    return status == KW_OK || status == KW_ERR_NO_FILE ? folder_sync(dir) : status;
}

kw_status log_folder_replace_id(const char *folder, kw_uuid topic_id)
{
    kw_status status = write_id(folder, topic_id);
    return status == KW_OK ? log_folder_sync_id(folder) : status;
}

static kw_status create_segment(const char *folder)
{
    char path[KW_PATH_SIZE];
    struct file file;
    kw_status status = path_of_segment(path, folder, KW_SEGMENT_FILE_LOG, 0);
    if (status == KW_OK)
        status = file_open(&file, path, FILE_CREATE);
    return status == KW_OK ? file_close(&file) : status;
}

kw_status log_folder_check_empty(const char *folder)
{
    kw_arena arena;
    struct folder_names names;
    bool is_empty = true;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LARGEST_DIR);
    kw_status status = folder_list(folder, &arena, &names);
    for (size_t i = 0; status == KW_OK && is_empty && i < names.len; i++) {
        char path[KW_PATH_SIZE];
        kw_segment_name name;
        struct file_facts facts = {.size = 1};
        if (kw_string_equal(names.items[i], kw_string_of(KW_PARTITION_METADATA_NAME)))
            continue;
        bool is_log = kw_segment_name_parse(names.items[i], &name) && name.file == KW_SEGMENT_FILE_LOG;
        if (is_log && path_join(path, folder, names.items[i]) == KW_OK)
            status = file_look(path, &facts);
        is_empty = facts.size == 0;
    }
    int error = errno;
    kw_arena_finish(&arena);
    errno = status == KW_OK ? EEXIST : error;
    return status == KW_OK && !is_empty ? KW_ERR_FILE : status;
}

kw_status log_folder_create(const char *dir, kw_string topic, int32_t partition, kw_uuid topic_id,
                            char path[KW_PATH_SIZE])
{
    kw_status status = log_folder_path(path, dir, topic, partition);
    if (status == KW_OK)
        status = folder_make(path);
    if (status == KW_ERR_FILE && errno == EEXIST && folder_exists(path))
        status = log_folder_check_empty(path);
    if (status != KW_OK)
        return status;
    if (!kw_uuid_is_zero(topic_id))
        status = write_id(path, topic_id);
    if (status == KW_OK)
        status = create_segment(path);
    if (status == KW_OK)
        return KW_OK;
    int error = errno;
    (void)folder_remove(path);
    errno = error;
    return status;
}

kw_status log_folder_set_aside(const char *dir, const char *folder, kw_string topic, int32_t partition,
                               kw_partition_dir_kind kind, struct random_source *random, char path[KW_PATH_SIZE])
{
    kw_partition_dir_name name = {.topic = topic, .partition = partition, .kind = kind};
    if (!random_uuid(random, &name.unique_id))
        return KW_ERR_FILE;
    kw_status status = path_of(path, dir, &name);
    return status == KW_OK ? file_rename(folder, path) : status;
}

static bool is_to_be_deleted(kw_string name)
{
    kw_partition_dir_name parsed;
    return kw_partition_dir_name_parse(name, &parsed) && parsed.kind == KW_PARTITION_DIR_DELETE;
}

kw_status log_folders_purge(const char *dir)
{
    struct folder_names names;
    char path[KW_PATH_SIZE];
    kw_arena arena;
    int error = 0;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LARGEST_DIR);
    kw_status first = folder_list(dir, &arena, &names);
    if (first != KW_OK)
        error = errno;
    for (size_t i = 0; i < names.len; i++) {
        if (!is_to_be_deleted(names.items[i]))
            continue;
        kw_status status = path_join(path, dir, names.items[i]);
        if (status == KW_OK)
            status = folder_remove(path);
        if (status != KW_OK && first == KW_OK) {
            first = status;
            error = errno;
        }
    }
    kw_arena_finish(&arena);
    errno = error;
    return first;
}
