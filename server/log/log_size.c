/* SPDX-License-Identifier: Apache-2.0 */
#include "log_size.h"

#include "../base/file.h"

enum { NAMES_LIMIT = 256 * 1024 * 1024 };

static uint64_t segment_size(const char *folder, const struct log_segment *segment)
{
    char path[KW_PATH_SIZE];
    struct file_facts facts;
    kw_status status = path_of_segment(path, folder, KW_SEGMENT_FILE_LOG, segment->base_offset);
    return status == KW_OK && file_look(path, &facts) == KW_OK ? facts.size : 0;
}

uint64_t log_folder_size(const char *folder)
{
    char path[KW_PATH_SIZE];
    kw_arena arena;
    kw_segment_name name;
    struct folder_names names;
    struct file_facts facts;
    uint64_t size = 0;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), NAMES_LIMIT);
    if (folder_list(folder, &arena, &names) != KW_OK)
        names.len = 0;
    for (size_t i = 0; i < names.len; i++)
        if (kw_segment_name_parse(names.items[i], &name) && name.file == KW_SEGMENT_FILE_LOG &&
            name.state == KW_FILE_STATE_LIVE && path_join(path, folder, names.items[i]) == KW_OK &&
            file_look(path, &facts) == KW_OK)
            size += facts.size;
    kw_arena_finish(&arena);
    return size;
}

uint64_t log_size(const struct log_snapshot *log)
{
    const struct log_contents *contents = log->contents;
    uint64_t size = log->active_size;
    for (size_t i = 0; i + 1 < contents->segment_count; i++)
        size += segment_size(contents->folder, contents->segments[i]);
    return size;
}
