/* SPDX-License-Identifier: Apache-2.0 */
#include "compare.h"

#include <string.h>

#include "string_map.h"

typedef struct comparison {
    string_map in_first; /* rows by path */
    string_map in_second;
    bool same_layout;
    void (*show)(void *context, const difference *d);
    void *context;
    size_t count;
} comparison;

static void index_rows(string_map *m, const diff_rows *rows)
{
    string_map_init(m, rows->arena);
    for (size_t i = 0; i < rows->count; i++)
        string_map_add(m, rows->items[i].path, strlen(rows->items[i].path), &rows->items[i]);
}

/* The row with the same path in the other input. A path of a second row of the same name has none. */
static const diff_row *partner(const string_map *own, const string_map *other, const diff_row *row)
{
    size_t size = strlen(row->path);
    return string_map_find(own, row->path, size) == row ? string_map_find(other, row->path, size) : NULL;
}

static bool same_value(const diff_row *a, const diff_row *b)
{
    const explain_value *v = &a->value, *w = &b->value;
    if (v->kind != w->kind)
        return false;
    switch (v->kind) {
    case VALUE_NONE:
        return kw_bytes_equal(a->bytes, b->bytes);
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return v->truth == w->truth;
    case VALUE_INTEGER:
    case VALUE_COUNT:
    case VALUE_SIZE:
        return v->integer == w->integer;
    case VALUE_FLOAT:
        return memcmp(&v->real, &w->real, sizeof v->real) == 0;
    case VALUE_STRING:
    case VALUE_BYTES:
        return kw_bytes_equal(v->bytes, w->bytes);
    case VALUE_UUID:
        return kw_uuid_equal(v->uuid, w->uuid);
    }
    return false;
}

static void show(comparison *c, difference_kind kind, const diff_row *first, const diff_row *second)
{
    const difference d = {kind, first, second};
    c->count++;
    c->show(c->context, &d);
}

static void compare(comparison *c, const diff_row *a, const diff_row *b)
{
    if (!same_value(a, b))
        show(c, OTHER_VALUE, a, b);
    else if (c->same_layout && !kw_bytes_equal(a->bytes, b->bytes))
        show(c, OTHER_BYTES, a, b);
}

/* Shows what only the second has, up to `end`. */
static const diff_row *show_second(comparison *c, const diff_row *from, const diff_row *end)
{
    for (; from < end; from++)
        if (partner(&c->in_second, &c->in_first, from) == NULL)
            show(c, ONLY_SECOND, NULL, from);
    return from;
}

size_t compare_rows(const diff_rows *first, const diff_rows *second, bool same_layout,
                    void (*show_difference)(void *context, const difference *d), void *context)
{
    comparison c = {.same_layout = same_layout, .show = show_difference, .context = context};
    index_rows(&c.in_first, first);
    index_rows(&c.in_second, second);
    const diff_row *next = second->items;
    for (size_t i = 0; i < first->count; i++) {
        const diff_row *a = &first->items[i];
        const diff_row *b = partner(&c.in_first, &c.in_second, a);
        if (b == NULL) {
            show(&c, ONLY_FIRST, a, NULL);
            continue;
        }
        next = show_second(&c, next, b);
        compare(&c, a, b);
    }
    if (second->count != 0)
        (void)show_second(&c, next, second->items + second->count);
    return c.count;
}
