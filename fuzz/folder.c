/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_memory.h"
#include "fuzz.h"

enum { LIMIT = 64 << 20 };

static const char path[] = "/fuzz";
static struct file_layer frozen_layer;

static kw_status fail(void)
{
    errno = EIO;
    return KW_ERR_FILE;
}

static kw_status frozen_open(struct file *file, const char *name, unsigned how)
{
    return (how & (FILE_CREATE | FILE_TRUNCATE)) != 0 ? fail() : file_layer_memory.open(file, name, how);
}

static kw_status frozen_write(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    (void)file, (void)position, (void)parts, (void)count;
    return fail();
}

static kw_status frozen_truncate(struct file *file, size_t size)
{
    (void)file, (void)size;
    return fail();
}

static kw_status frozen_rename(const char *from, const char *to)
{
    (void)from, (void)to;
    return fail();
}

static kw_status frozen_remove(const char *name)
{
    (void)name;
    return fail();
}

static void start(void)
{
    FUZZ_REQUIRE(file_memory_start(LIMIT));
    file_layer_use(&file_layer_memory);
    FUZZ_REQUIRE(folder_create(path));
}

const char *folder_path(void)
{
    if (frozen_layer.open == NULL) {
        frozen_layer = file_layer_memory;
        frozen_layer.open = frozen_open;
        frozen_layer.write = frozen_write;
        frozen_layer.truncate = frozen_truncate;
        frozen_layer.rename = frozen_rename;
        frozen_layer.remove = frozen_remove;
        frozen_layer.create_folder = frozen_layer.remove_folder = frozen_remove;
        start();
        (void)atexit(file_memory_stop);
    }
    return path;
}

void folder_clear(void)
{
    file_memory_stop();
    start();
}

void folder_freeze(bool frozen)
{
    file_layer_use(frozen ? &frozen_layer : &file_layer_memory);
}

static void full_path(char full[KW_PATH_SIZE], const char *name)
{
    FUZZ_REQUIRE(path_join(full, folder_path(), kw_string_of(name)) == KW_OK);
}

void folder_write(const char *name, const void *data, size_t size)
{
    char full[KW_PATH_SIZE];
    struct file file;
    const kw_span part = {data, size};
    full_path(full, name);
    char *slash = strrchr(full, '/');
    *slash = '\0';
    FUZZ_REQUIRE(folder_create(full));
    *slash = '/';
    FUZZ_REQUIRE(file_open(&file, full, FILE_CREATE | FILE_TRUNCATE) == KW_OK);
    FUZZ_REQUIRE(size == 0 || file_write(&file, 0, &part, 1) == KW_OK);
    FUZZ_REQUIRE(file_close(&file) == KW_OK);
}

kw_bytes folder_read(const char *name, kw_arena *arena)
{
    char full[KW_PATH_SIZE];
    kw_bytes content;
    full_path(full, name);
    kw_status status = file_load(full, LIMIT, arena, &content);
    FUZZ_REQUIRE(status == KW_OK || status == KW_ERR_NO_FILE);
    return status == KW_OK ? content : (kw_bytes){NULL, -1};
}
