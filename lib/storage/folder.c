/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "order.h"

void *kwi_room(kw_arena *arena, void *items, size_t len, size_t *capacity, size_t item_size)
{
    if (len < *capacity)
        return items;
    size_t wanted = *capacity < 4 ? 8 : *capacity * 2;
    void *copy = kw_arena_array(arena, wanted, item_size);
    if (copy == NULL)
        return NULL;
    if (len != 0)
        memcpy(copy, items, len * item_size);
    *capacity = wanted;
    return copy;
}

kw_string kwi_copy_string(kw_arena *arena, kw_string s)
{
    if (s.len < 0)
        return s;
    char *copy = kw_arena_alloc(arena, (size_t)s.len + 1);
    if (copy != NULL) {
        if (s.len > 0)
            memcpy(copy, s.data, (size_t)s.len);
        copy[s.len] = '\0';
    }
    s.data = copy;
    return s;
}

static int compare_names(const void *a, const void *b)
{
    return kwi_string_order(*(const kw_string *)a, *(const kw_string *)b);
}

static kw_status add(kwi_names *names, size_t *capacity, const char *name, kw_arena *arena)
{
    void *items = kwi_room(arena, names->items, names->len, capacity, sizeof *names->items);
    if (items == NULL)
        return kw_arena_status(arena);
    names->items = items;
    kw_string copy = kwi_copy_string(arena, kw_string_of(name));
    if (copy.data == NULL)
        return kw_arena_status(arena);
    names->items[names->len++] = copy;
    return KW_OK;
}

bool kwi_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

kw_status kwi_list_folder(const char *path, kw_arena *arena, kwi_names *out)
{
    out->items = NULL;
    out->len = 0;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno == ENOENT ? KW_ERR_NO_FILE : KW_ERR_FILE;
    size_t capacity = 0;
    kw_status status = KW_OK;
    const struct dirent *entry;
    errno = 0;
    while (status == KW_OK && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = add(out, &capacity, entry->d_name, arena);
        errno = 0;
    }
    int error = errno;
    (void)closedir(folder);
    if (status == KW_OK && error != 0) {
        errno = error;
        return KW_ERR_FILE;
    }
    if (out->len > 1)
        qsort(out->items, out->len, sizeof *out->items, compare_names);
    return status;
}
