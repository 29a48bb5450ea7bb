/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoints.h"

#include <string.h>

#include "../base/file.h"

/* It may have a line for each of millions of partitions. */
enum { LARGEST_CHECKPOINT = 256 * 1024 * 1024 };

static kw_status load(kw_offset_checkpoint *out, const char *folder, const char *name, kw_arena *arena,
                      const struct problem_listener *listener)
{
    char path[KW_PATH_SIZE];
    kw_bytes bytes = {NULL, 0};
    size_t at;
    kw_status status = path_join(path, folder, kw_string_of(name));
    if (status == KW_OK)
        status = file_load(path, LARGEST_CHECKPOINT, arena, &bytes);
    if (status == KW_ERR_NO_FILE || is_shortage(status))
        return status == KW_ERR_NO_FILE ? KW_OK : status;
    if (status == KW_ERR_FILE) {
        problem_with_file(listener, path, status, "file of a log directory; it is not used");
        return KW_OK;
    }
    status = kw_offset_checkpoint_parse(out, kw_string_of_bytes(bytes), arena, &at);
    if (status == KW_OK || is_shortage(status))
        return status;
    problem_at(listener, path, at, -1, status, "checkpoint; the lines before this are used");
    return KW_OK;
}

kw_status checkpoints_load(struct log_checkpoints *out, const char *folder, kw_arena *arena,
                           const struct problem_listener *listener)
{
    memset(out, 0, sizeof *out);
    kw_status status = load(&out->high_watermarks, folder, KW_REPLICATION_CHECKPOINT_NAME, arena, listener);
    if (status == KW_OK)
        status = load(&out->recovery_points, folder, KW_RECOVERY_POINT_CHECKPOINT_NAME, arena, listener);
    if (status == KW_OK)
        status = load(&out->start_offsets, folder, KW_LOG_START_CHECKPOINT_NAME, arena, listener);
    return status;
}
