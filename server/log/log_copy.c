/* SPDX-License-Identifier: Apache-2.0 */
#include "log_copy.h"

#include <errno.h>

#include <kwire/storage/checkpoint.h>
#include <kwire/storage/partition_metadata.h>

#include "../base/file.h"

enum { NAMES_LIMIT = 256 * 1024 * 1024 };

typedef kw_status file_function(const char *path, const char *to, kw_string name);

static bool is_of_log(kw_string name)
{
    kw_segment_name segment;
    return kw_string_equal(name, kw_string_of(KW_LEADER_EPOCHS_NAME)) ||
           (kw_segment_name_parse(name, &segment) && segment.state == KW_FILE_STATE_LIVE);
}

static kw_status write_copy(const struct file_map *content, const char *path)
{
    struct file file;
    const kw_span part = {content->data, content->size};
    kw_status status = file_open(&file, path, FILE_CREATE | FILE_EXCLUSIVE);
    if (status != KW_OK)
        return status;
    status = file_write(&file, 0, &part, 1);
    if (status == KW_OK)
        status = file_sync(&file);
    int error = errno;
    kw_status closed = file_close(&file);
    if (status == KW_OK)
        return closed;
    errno = error;
    return status;
}

static kw_status copy_file(const char *path, const char *to, kw_string name)
{
    char copy[KW_PATH_SIZE];
    struct file_map content;
    if (!is_of_log(name))
        return KW_OK;
    kw_status status = path_join(copy, to, name);
    if (status == KW_OK)
        status = file_map_open(&content, path);
    if (status != KW_OK)
        return status;
    status = write_copy(&content, copy);
    int error = errno;
    file_map_close(&content);
    errno = error;
    return status;
}

static kw_status remove_file(const char *path, const char *to, kw_string name)
{
    (void)to;
    return kw_string_equal(name, kw_string_of(KW_PARTITION_METADATA_NAME)) ? KW_OK : file_remove(path);
}

static kw_status for_each(const char *folder, file_function *what, const char *to)
{
    char path[KW_PATH_SIZE];
    struct folder_names names;
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), NAMES_LIMIT);
    kw_status status = folder_list(folder, &arena, &names);
    for (size_t i = 0; status == KW_OK && i < names.len; i++) {
        status = path_join(path, folder, names.items[i]);
        if (status == KW_OK)
            status = what(path, to, names.items[i]);
    }
    int error = errno;
    kw_arena_finish(&arena);
    errno = error;
    return status;
}

kw_status log_copy(const char *from, const char *to)
{
    kw_status status = for_each(to, remove_file, NULL);
    if (status == KW_OK)
        status = for_each(from, copy_file, to);
    if (status == KW_OK)
        status = folder_sync(to);
    if (status == KW_OK)
        return KW_OK;
    int error = errno;
    (void)for_each(to, remove_file, NULL);
    errno = error;
    return status;
}
