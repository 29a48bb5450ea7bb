/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot.h"

#include <errno.h>
#include <stdio.h>

#include <kwire/storage/names.h>
#include <kwire/storage/snapshot_writer.h>

#include "../base/file.h"
#include "image_records.h"

/* Of one batch, and of the records in it. */
enum { MEMORY_LIMIT = 64 * 1024 * 1024 };

struct snapshot_file {
    char path[KW_PATH_SIZE];
    char unfinished[KW_PATH_SIZE];
    struct file file;
    size_t size;
    kw_writer bytes;
    kw_snapshot_writer writer;
};

static bool name_files(struct snapshot_file *s, const char *folder, int64_t offset, int32_t epoch)
{
    int a = snprintf(s->path, sizeof s->path, "%s/%020lld-%010ld.checkpoint", folder, (long long)offset, (long)epoch);
    int b = snprintf(s->unfinished, sizeof s->unfinished, "%s/%020lld-%010ld-0.checkpoint.part", folder,
                     (long long)offset, (long)epoch);
    errno = ENAMETOOLONG;
    return a > 0 && b > 0 && (size_t)b < sizeof s->unfinished;
}

/* Writes what has been encoded, if that succeeded. */
static kw_status write_out(struct snapshot_file *s, kw_status status)
{
    const kw_span bytes = kw_writer_data(&s->bytes);
    if (status == KW_OK)
        status = file_write(&s->file, s->size, &bytes, 1);
    s->size += bytes.size;
    kw_writer_reset(&s->bytes);
    return status;
}

static kw_status start(struct snapshot_file *s, int32_t epoch, const struct snapshot_options *options)
{
    const kw_snapshot_options header = {.timestamp = options->now,
                                        .last_contained_log_timestamp = options->last_timestamp,
                                        .epoch = epoch,
                                        .kraft_version = options->kraft_version,
                                        .voters = options->kraft_version > 0 ? options->voters : NULL};
    s->size = 0;
    kw_status status = file_open(&s->file, s->unfinished, FILE_CREATE | FILE_TRUNCATE);
    return status == KW_OK ? write_out(s, kw_snapshot_writer_init(&s->writer, &s->bytes, &header)) : status;
}

static kw_status add_records(void *context, const struct record_list *records)
{
    struct snapshot_file *s = context;
    return write_out(s, kw_snapshot_writer_append(&s->writer, records->values, records->count));
}

static kw_status end(struct snapshot_file *s, const char *folder)
{
    kw_status status = write_out(s, kw_snapshot_writer_end(&s->writer));
    if (status == KW_OK)
        status = file_sync(&s->file);
    if (status == KW_OK)
        status = file_rename(s->unfinished, s->path);
    return status == KW_OK ? folder_sync(folder) : status;
}

static void init(struct snapshot_file *s)
{
    s->file = (struct file)FILE_NONE;
    kw_writer_init_growing(&s->bytes, kw_allocator_libc(), MEMORY_LIMIT);
}

static kw_status finish(struct snapshot_file *s, kw_status status)
{
    int error = errno;
    kw_writer_finish(&s->bytes);
    (void)file_close(&s->file);
    if (status != KW_OK)
        (void)file_remove(s->unfinished);
    errno = error;
    return status;
}

kw_status snapshot_write(const char *folder, const struct metadata_image *image, const struct snapshot_options *options)
{
    struct snapshot_file s;
    kw_arena arena;
    if (!name_files(&s, folder, image->parts.offset, image->parts.epoch))
        return KW_ERR_FILE;
    init(&s);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    kw_status status = start(&s, image->parts.epoch, options);
    if (status == KW_OK)
        status = image_records(image, &arena, add_records, &s);
    if (status == KW_OK)
        status = end(&s, folder);
    kw_arena_finish(&arena);
    return finish(&s, status);
}

kw_status snapshot_write_bootstrap(const char *folder, const struct record_list *records,
                                   const struct snapshot_options *options)
{
    struct snapshot_file s;
    if (!name_files(&s, folder, 0, 0))
        return KW_ERR_FILE;
    init(&s);
    kw_status status = start(&s, 0, options);
    if (status == KW_OK)
        status = add_records(&s, records);
    if (status == KW_OK)
        status = end(&s, folder);
    return finish(&s, status);
}
