/* SPDX-License-Identifier: Apache-2.0 */
#include "properties.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/storage/properties.h>

#include "../base/file.h"
#include "../observe/console.h"

/* A property is in memory as it is in the file, without escapes, and with zero bytes. */
enum { FILE_LIMIT = 1024 * 1024, MEMORY_LIMIT = 4 * FILE_LIMIT };

/* With a zero byte behind it; NULL without memory. */
static char *copy(kw_string s, kw_arena *arena)
{
    char *text = kw_arena_alloc(arena, (size_t)s.len + 1);
    if (text == NULL)
        return NULL;
    if (s.len > 0)
        memcpy(text, s.data, (size_t)s.len);
    text[s.len] = '\0';
    return text;
}

static bool has_zero(kw_string s)
{
    return s.len > 0 && memchr(s.data, '\0', (size_t)s.len) != NULL;
}

static bool pass_on(const char *path, const kw_properties *p, kw_string key, kw_string value, property_visitor visitor,
                    void *context)
{
    if (has_zero(key) || has_zero(value)) {
        complain("%s:%ld: \\u0000 in a property", path, (long)p->line);
        return false;
    }
    char *key_text = copy(key, p->arena);
    char *value_text = copy(value, p->arena);
    if (key_text != NULL && value_text != NULL)
        return visitor(context, key_text, value_text, (int)p->line);
    complain("out of memory");
    return false;
}

static bool read_all(const char *path, kw_string text, kw_arena *arena, property_visitor visitor, void *context)
{
    kw_properties p;
    kw_string key, value;
    for (kw_properties_init(&p, text, arena); kw_properties_next(&p, &key, &value); kw_arena_reset(arena))
        if (!pass_on(path, &p, key, value, visitor, context))
            return false;
    if (p.status == KW_ERR_FILE_FORMAT)
        complain("%s:%ld: \\u without four hexadecimal digits", path, (long)p.line);
    else if (p.status != KW_OK)
        complain("%s:%ld: %s", path, (long)p.line, kw_status_text(p.status));
    return p.status == KW_OK;
}

static char *read_file(const char *path, size_t *size)
{
    char *text = file_read(path, FILE_LIMIT + 1, size);
    if (text == NULL)
        complain("%s: %s", path, strerror(errno));
    else if (*size <= FILE_LIMIT && memchr(text, '\0', *size) == NULL)
        return text;
    else
        complain("%s: not a properties file", path);
    free(text);
    return NULL;
}

bool properties_read(const char *path, property_visitor visitor, void *context)
{
    size_t size;
    kw_arena arena;
    char *data = read_file(path, &size);
    if (data == NULL)
        return false;
    const kw_string text = {data, (int32_t)size};
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    bool read = read_all(path, text, &arena, visitor, context);
    kw_arena_finish(&arena);
    free(data);
    return read;
}
