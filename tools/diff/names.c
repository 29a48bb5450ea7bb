/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include <stdio.h>
#include <string.h>

#include "../command/output.h"
#include "string_map.h"
#include "value_text.h"

enum { LABEL_SIZE = 300, PATH_CAPACITY = 4096 };

/* Elements are identified by their original path up to the bracket: topics[3].partitions[0]. */
typedef struct naming {
    kw_arena *arena;
    string_map labels; /* of elements: name="a" */
    string_map named;  /* of elements: their new path */
    string_map taken;  /* paths in use */
} naming;

static char *keep(naming *n, const char *text, size_t size)
{
    char *to = kw_arena_array(n->arena, size + 1, 1);
    if (to == NULL)
        die("out of memory; see --max-memory");
    memcpy(to, text, size);
    to[size] = '\0';
    return to;
}

typedef struct label {
    size_t len;
    char text[LABEL_SIZE]; /* cut if it is too long */
} label;

/* Adds a key to the label of its element. A topic with a name needs no id. */
static void add_key(naming *n, const diff_row *row)
{
    const char *dot = strrchr(row->path, '.');
    size_t element = (size_t)(dot - row->path);
    label *l = string_map_find(&n->labels, row->path, element);
    if (l != NULL && row->value.kind == VALUE_UUID)
        return;
    if (l == NULL) {
        l = kw_arena_array(n->arena, 1, sizeof *l);
        if (l == NULL)
            die("out of memory; see --max-memory");
        l->len = 0;
        string_map_add(&n->labels, row->path, element, l);
    }
    char value[LABEL_SIZE];
    value_text_short(row, value, sizeof value);
    int size = snprintf(l->text + l->len, sizeof l->text - l->len, "%s%s=%s", l->len != 0 ? ", " : "", dot + 1, value);
    l->len += (size_t)size;
    if (l->len >= sizeof l->text)
        l->len = sizeof l->text - 1;
}

/* The new path of an element: the path of its parent, its own name, its label, and a number if it is not unique. */
static const char *name_element(naming *n, const char *path, size_t size, const char *around, size_t around_size)
{
    const char *done = string_map_find(&n->named, path, size);
    if (done != NULL)
        return done;
    char to[PATH_CAPACITY];
    const char *own = path + around_size;
    const label *l = string_map_find(&n->labels, path, size);
    size_t bracket = size - around_size;
    while (bracket > 0 && own[bracket - 1] != '[')
        bracket--;
    int len = l != NULL ? snprintf(to, sizeof to, "%s%.*s%s]", around, (int)bracket, own, l->text)
                        : snprintf(to, sizeof to, "%s%.*s", around, (int)(size - around_size), own);
    size_t used = (size_t)len < sizeof to ? (size_t)len : sizeof to - 1;
    for (int copy = 2; string_map_find(&n->taken, to, used) != NULL && used + 16 < sizeof to; copy++)
        used = (size_t)snprintf(to + len, sizeof to - (size_t)len, "#%d", copy) + (size_t)len;
    char *name = keep(n, to, used);
    string_map_add(&n->taken, name, used, name);
    string_map_add(&n->named, path, size, name);
    return name;
}

static const char *name_row(naming *n, const char *path)
{
    const char *around = "";
    size_t around_size = 0;
    for (size_t i = 0; path[i] != '\0'; i++)
        if (path[i] == ']') {
            around = name_element(n, path, i + 1, around, around_size);
            around_size = i + 1;
        }
    if (around_size == 0)
        return path;
    char to[PATH_CAPACITY];
    int len = snprintf(to, sizeof to, "%s%s", around, path + around_size);
    return keep(n, to, (size_t)len < sizeof to ? (size_t)len : sizeof to - 1);
}

void names_by_keys(diff_rows *rows)
{
    naming n = {.arena = rows->arena};
    string_map_init(&n.labels, rows->arena);
    string_map_init(&n.named, rows->arena);
    string_map_init(&n.taken, rows->arena);
    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i].key)
            add_key(&n, &rows->items[i]);
    for (size_t i = 0; i < rows->count; i++)
        rows->items[i].path = name_row(&n, rows->items[i].path);
}
