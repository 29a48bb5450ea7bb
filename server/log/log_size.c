/* SPDX-License-Identifier: Apache-2.0 */
#include "log_size.h"

#include "../base/file.h"

static uint64_t segment_size(const char *folder, const struct log_segment *segment)
{
    char path[KW_PATH_SIZE];
    struct file_facts facts;
    kw_status status = path_of_segment(path, folder, KW_SEGMENT_FILE_LOG, segment->base_offset);
    return status == KW_OK && file_look(path, &facts) == KW_OK ? facts.size : 0;
}

uint64_t log_size(const struct log_snapshot *log)
{
    const struct log_contents *contents = log->contents;
    uint64_t size = log->active_size;
    for (size_t i = 0; i + 1 < contents->segment_count; i++)
        size += segment_size(contents->folder, contents->segments[i]);
    return size;
}
