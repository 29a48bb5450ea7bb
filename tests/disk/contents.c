/* SPDX-License-Identifier: Apache-2.0 */
#include "contents.h"

#include <stdlib.h>
#include <string.h>

#include "base/file_memory.h"

enum { LIMIT = 1 << 30 };

static int compare_names(const void *a, const void *b)
{
    return kw_string_compare(*(const kw_string *)a, *(const kw_string *)b);
}

void contents_list(const char *folder, void (*found)(void *context, const char *path), void *context)
{
    kw_arena arena;
    struct folder_names names = {NULL, 0};
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    (void)file_layer_memory.list(folder, &arena, &names);
    if (names.len != 0)
        qsort(names.items, names.len, sizeof *names.items, compare_names);
    for (size_t i = 0; i < names.len; i++) {
        char path[KW_PATH_SIZE];
        struct file_facts facts;
        if (path_join(path, folder, names.items[i]) != KW_OK || file_layer_memory.look(path, &facts) != KW_OK)
            abort();
        if (facts.is_folder)
            contents_list(path, found, context);
        else
            found(context, path);
    }
    kw_arena_finish(&arena);
}

uint8_t *contents_of(const char *path, size_t *size)
{
    kw_arena arena;
    kw_bytes bytes = {NULL, 0};
    uint8_t *copy = NULL;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    if (file_layer_memory.load(path, LIMIT / 2, &arena, &bytes) == KW_OK) {
        copy = malloc((size_t)bytes.len + 1);
        if (copy == NULL)
            abort();
        if (bytes.len != 0)
            memcpy(copy, bytes.data, (size_t)bytes.len);
        *size = (size_t)bytes.len;
    }
    kw_arena_finish(&arena);
    return copy;
}

bool contents_set(const char *path, const uint8_t *bytes, size_t size)
{
    struct file file = FILE_NONE;
    const kw_span part = {bytes, size};
    kw_status status = file_layer_memory.open(&file, path, FILE_CREATE | FILE_TRUNCATE);
    if (status == KW_ERR_NO_FILE)
        return false;
    if (status != KW_OK || (size != 0 && file_layer_memory.write(&file, 0, &part, 1) != KW_OK))
        abort();
    (void)file_layer_memory.close(&file);
    return true;
}
