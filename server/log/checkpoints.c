/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoints.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/file.h"
#include "../observe/console.h"

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
    if (status == KW_OK || is_shortage(status) || bytes.len == 0) /* as the log cleaner's is at first */
        return bytes.len == 0 ? KW_OK : status;
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
    if (status == KW_OK)
        status = load(&out->cleaned, folder, KW_CLEANER_CHECKPOINT_NAME, arena, listener);
    return status;
}

/* ---- writing ---- */

static const char *const names[LOG_CHECKPOINTS] = {
    [CHECKPOINT_RECOVERY_POINTS] = KW_RECOVERY_POINT_CHECKPOINT_NAME,
    [CHECKPOINT_LOG_STARTS] = KW_LOG_START_CHECKPOINT_NAME,
    [CHECKPOINT_HIGH_WATERMARKS] = KW_REPLICATION_CHECKPOINT_NAME,
    [CHECKPOINT_CLEANED] = KW_CLEANER_CHECKPOINT_NAME,
};

static int64_t start_of(const struct log_snapshot *now)
{
    const struct log_contents *contents = now->contents;
    bool is_inside = contents->segment_count != 0 && now->log_start_offset > contents->segments[0]->base_offset;
    return is_inside ? now->log_start_offset : -1;
}

/* What is to be written of a log; -1: nothing. Of one that was not opened it is what was read. */
static int64_t offset_of(struct managed_log *log, enum log_checkpoint which)
{
    struct log_snapshot now;
    if (which == CHECKPOINT_RECOVERY_POINTS)
        return atomic_load(&log->synced_until);
    if (which == CHECKPOINT_CLEANED)
        return atomic_load(&log->clean_until);
    bool is_start = which == CHECKPOINT_LOG_STARTS;
    if (partition_log_acquire(&log->log, true, &now) != KW_ERROR_NONE)
        return is_start ? log->log.start_offset : log->checked_watermark;
    int64_t offset = is_start ? start_of(&now) : now.high_watermark;
    log_snapshot_release(&now);
    return offset;
}

void checkpoint_note(struct managed_log *log, enum log_checkpoint which, int64_t offset)
{
    if (offset > 0)
        (void)atomic_fetch_or(&log->in_checkpoints, 1u << which);
}

static kw_status encode(const struct log_dir *dir, enum log_checkpoint which, const struct log_list *logs,
                        kw_arena *arena, kw_string *text)
{
    kw_offset_checkpoint checkpoint = {kw_arena_array(arena, logs->len, sizeof *checkpoint.items), 0};
    kw_writer w;
    size_t size = 64; /* of the first lines */
    if (checkpoint.items == NULL)
        return kw_arena_status(arena);
    for (size_t i = 0; i < logs->len; i++) {
        struct managed_log *log = managed_log_of(logs->items[i]);
        int64_t offset = log->log.dir == dir ? offset_of(log, which) : -1;
        if (offset < 0)
            continue;
        checkpoint_note(log, which, offset);
        checkpoint.items[checkpoint.len++] = (kw_partition_offset){log->log.topic, log->log.partition, offset};
        size += (size_t)log->log.topic.len + 40; /* two numbers and what separates them */
    }
    char *block = kw_arena_alloc(arena, size);
    if (block == NULL)
        return kw_arena_status(arena);
    kw_writer_init(&w, block, size);
    kw_status status = kw_offset_checkpoint_write(&w, &checkpoint);
    *text = (kw_string){block, (int32_t)kw_writer_data(&w).size};
    return status;
}

static uint64_t hash_of(kw_string text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (int32_t i = 0; i < text.len; i++)
        hash = (hash ^ (uint8_t)text.data[i]) * UINT64_C(1099511628211);
    return hash;
}

static bool report_failure(const struct log_dir *dir, enum log_checkpoint which, const char *reason)
{
    console_line("%s/%s: %s; it is tried again", dir->path, names[which], reason);
    return false;
}

/* Keeps errno up to the end: what it says may take the directory offline. */
static void report_write(struct log_dir *dir, enum log_checkpoint which)
{
    int error = errno;
    (void)report_failure(dir, which, strerror(error));
    errno = error;
    (void)log_dir_fail_with(dir, KW_ERR_FILE);
}

static bool write_text(struct log_dir *dir, enum log_checkpoint which, kw_string text)
{
    struct written_checkpoint *written = &dir->written[which];
    uint64_t hash = hash_of(text);
    if (written->is_written && written->hash == hash && which != CHECKPOINT_RECOVERY_POINTS)
        return true;
    bool replaced = file_replace(dir->path, names[which], text);
    if (!replaced && !written->is_failing)
        report_write(dir, which);
    written->is_failing = !replaced;
    written->is_written = replaced;
    written->hash = hash;
    return replaced;
}

void checkpoint_create_of_cleaner(struct log_dir *dir)
{
    char path[KW_PATH_SIZE];
    struct file file = FILE_NONE;
    if (atomic_load(&dir->is_offline))
        return;
    kw_status status = path_join(path, dir->path, kw_string_of(KW_CLEANER_CHECKPOINT_NAME));
    if (status == KW_OK)
        status = file_open(&file, path, FILE_CREATE);
    if (status == KW_OK)
        status = file_close(&file);
    if (status == KW_OK)
        return;
    int error = errno;
    console_line("%s/%s: %s", dir->path, KW_CLEANER_CHECKPOINT_NAME,
                 status == KW_ERR_FILE ? strerror(error) : kw_status_text(status));
    errno = error;
    (void)log_dir_fail_with(dir, status);
}

bool checkpoint_write(struct log_dir *dir, enum log_checkpoint which, const struct log_list *logs)
{
    kw_arena arena;
    kw_string text = {0};
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), (size_t)2 * LARGEST_CHECKPOINT);
    kw_status status = encode(dir, which, logs, &arena, &text);
    bool written = status == KW_OK ? write_text(dir, which, text) : report_failure(dir, which, kw_status_text(status));
    kw_arena_finish(&arena);
    return written;
}
