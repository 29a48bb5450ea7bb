/* SPDX-License-Identifier: Apache-2.0 */
#include "log_files.h"

#include "../base/file.h"

kw_status log_files_sync_one(const char *folder, kw_segment_file kind, int64_t offset)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_of_segment(path, folder, kind, offset);
    if (status == KW_OK)
        status = file_sync_path(path);
    return status == KW_ERR_NO_FILE ? KW_OK : status;
}

/* Of a finished segment, with the snapshot that was taken after it. */
static kw_status sync_segment(const char *folder, int64_t base_offset, int64_t end_offset)
{
    static const kw_segment_file files[] = {KW_SEGMENT_FILE_LOG, KW_SEGMENT_FILE_INDEX, KW_SEGMENT_FILE_TIME_INDEX,
                                            KW_SEGMENT_FILE_TXN_INDEX};
    kw_status status = log_files_sync_one(folder, KW_SEGMENT_FILE_PRODUCERS, end_offset);
    for (size_t i = 0; status == KW_OK && i < sizeof files / sizeof files[0]; i++)
        status = log_files_sync_one(folder, files[i], base_offset);
    return status;
}

/* Until all segments before the active one are on the disk the names of new files are not, either. */
kw_status log_files_sync(const struct log_snapshot *log, int64_t from, bool is_end)
{
    const struct log_contents *contents = log->contents;
    size_t count = contents->segment_count, i;
    kw_status status = KW_OK;
    if (count == 0)
        return KW_OK;
    if (!log_find_segment(log, from, &i))
        i = 0;
    if (i > 0 && contents->segments[i]->base_offset == from)
        i--; /* it was synced to its end, and has got its indexes since, or has been recovered */
    for (; status == KW_OK && i + 1 < count; i++)
        status =
            sync_segment(contents->folder, contents->segments[i]->base_offset, contents->segments[i + 1]->base_offset);
    int64_t active = contents->segments[count - 1]->base_offset;
    if (status == KW_OK && is_end)
        status = sync_segment(contents->folder, active, log->log_end_offset);
    if (status == KW_OK && !is_end)
        status = log_files_sync_one(contents->folder, KW_SEGMENT_FILE_LOG, active);
    if (status == KW_OK && !is_end)
        status = log_files_sync_one(contents->folder, KW_SEGMENT_FILE_TXN_INDEX, active);
    if (status == KW_OK && (is_end || from <= active))
        status = folder_sync(contents->folder);
    return status;
}
