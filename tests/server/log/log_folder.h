/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_LOG_LOG_FOLDER_H
#define TESTS_SERVER_LOG_LOG_FOLDER_H

/* A folder with a partition's log that a test makes from batches, and the log opened. */

#include "../../unit/disk_support.h"
#include "../support/garbage.h"

#include <kwire/error.h>

#include "base/file.h"
#include "log/partition_log.h"
#include "mappings.h"

struct log_folder {
    char path[KW_PATH_SIZE];
    struct segment_cache cache;
    struct partition_log log;
};

/* An empty folder below `root`. */
static inline void log_folder_init(struct log_folder *f, const char *root, const char *name)
{
    kw_arena arena;
    struct folder_names names;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1024 * 1024);
    assert_status(path_join(f->path, root, kw_string_of(name)), KW_OK);
    assert_true(folder_create(f->path));
    assert_status(folder_list(f->path, &arena, &names), KW_OK);
    for (size_t i = 0; i < names.len; i++)
        assert_int_equal(remove(join(f->path, names.items[i].data).text), 0);
    kw_arena_finish(&arena);
    const struct partition_log what = {.folder = f->path, .start_offset = -1};
    fill_with_garbage(&f->cache, sizeof f->cache);
    assert_true(segment_cache_init(&f->cache));
    fill_with_garbage(&f->log, sizeof f->log);
    assert_true(partition_log_init(&f->log, &what, &f->cache));
}

/* As another process would find it: what is not in files is lost. Nothing of the log may be open any more. */
static inline void log_folder_reopen(struct log_folder *f)
{
    const struct partition_log what = {
        .folder = f->path, .config = f->log.config, .start_offset = -1, .check = CHECK_CRC};
    segment_cache_finish(&f->cache);
    partition_log_finish(&f->log);
    fill_with_garbage(&f->cache, sizeof f->cache);
    assert_true(segment_cache_init(&f->cache));
    fill_with_garbage(&f->log, sizeof f->log);
    assert_true(partition_log_init(&f->log, &what, &f->cache));
}

static inline void log_folder_finish(struct log_folder *f)
{
    segment_cache_finish(&f->cache);
    partition_log_finish(&f->log);
    assert_nothing_mapped(f->path);
}

/* Writes a segment of these batches; returns its size. */
static inline size_t log_folder_segment(const struct log_folder *f, int64_t base_offset, const made_batch *made,
                                        size_t count)
{
    static uint8_t whole[64 * 1024];
    char path[KW_PATH_SIZE];
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += put_batch(whole + size, made[i]);
    assert_status(path_of_segment(path, f->path, KW_SEGMENT_FILE_LOG, base_offset), KW_OK);
    write_file(path, whole, size);
    return size;
}

static inline void log_folder_file(const struct log_folder *f, const char *name, kw_bytes bytes)
{
    write_file(join(f->path, name).text, bytes.data, (size_t)bytes.len);
}

static inline struct log_snapshot log_folder_open(struct log_folder *f)
{
    struct log_snapshot snapshot;
    assert_int_equal(partition_log_acquire(&f->log, false, &snapshot), KW_ERROR_NONE);
    return snapshot;
}

/* As when records have been appended to an open log: it ends there, and so much of it may be read. */
static inline void advance_log(struct partition_log *log, int64_t end, int64_t high_watermark,
                               int64_t last_stable_offset)
{
    struct log_snapshot now;
    assert_int_equal(partition_log_acquire(log, true, &now), KW_ERROR_NONE);
    struct log_snapshot later = now;
    later.log_end_offset = end;
    later.high_watermark = high_watermark;
    later.last_stable_offset = last_stable_offset;
    partition_log_publish(log, &later, NULL);
    log_snapshot_release(&now);
}

#endif
