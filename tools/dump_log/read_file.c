/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "read_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <kwire/storage/file.h>
#include <kwire/storage/log_reader.h>

uint64_t file_size(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

bool read_whole(const char *path, size_t limit, kw_arena *arena, kw_bytes *out, problem *why)
{
    kw_status status = kw_file_load(path, limit, arena, out);
    if (status == KW_OK)
        return true;
    int error = errno;
    problem_set(why, -1, -1, status, "the file is skipped");
    why->system_error = status == KW_ERR_FILE ? error : 0;
    return false;
}

char *path_beside(const dump_file *file, const char *suffix)
{
    const char *slash = strrchr(file->path, '/');
    const char *name = slash != NULL ? slash + 1 : file->path;
    const char *dot = strchr(name, '.');
    if (file->offset < 0 || dot == NULL)
        return NULL;
    size_t size = (size_t)(dot - file->path);
    char *path = malloc(size + strlen(suffix) + 1);
    if (path == NULL)
        die("out of memory");
    memcpy(path, file->path, size);
    memcpy(path + size, suffix, strlen(suffix) + 1);
    return path;
}

bool read_beside(const dump_file *file, const char *suffix, size_t limit, kw_arena *arena, kw_bytes *out)
{
    problem why;
    char *path = path_beside(file, suffix);
    bool done = path != NULL && read_whole(path, limit, arena, out, &why);
    free(path);
    return done;
}

bool batch_is_at(const char *path, uint64_t position, int64_t last_offset)
{
    kw_log_reader r;
    kw_batch batch;
    if (kw_log_reader_open(&r, path, KW_NO_OFFSET, kw_allocator_libc(), KW_LOG_READER_WINDOW) != KW_OK)
        return false;
    kw_log_reader_seek(&r, position);
    bool is = kw_log_reader_next(&r, &batch) && batch.last_offset == last_offset;
    kw_log_reader_close(&r);
    return is;
}
