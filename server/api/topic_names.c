/* SPDX-License-Identifier: Apache-2.0 */
#include "topic_names.h"

#include <stdio.h>

#include <kwire/topic_name.h>

#include <stdlib.h>

struct placed {
    kw_string name;
    size_t at;
};

static int by_name(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int order = kw_string_compare(x->name, y->name);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static int by_place(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

bool name_list_init(struct name_list *list, size_t count, kw_arena *arena)
{
    list->items = kw_arena_array(arena, count, sizeof *list->items);
    list->count = count;
    return list->items != NULL;
}

bool name_list_make_distinct(struct name_list *list, bool sorted, kw_arena *arena)
{
    if (list->count < 2)
        return true;
    struct placed *placed = kw_arena_array(arena, list->count, sizeof *placed);
    if (placed == NULL)
        return false;
    for (size_t i = 0; i < list->count; i++) {
        placed[i].name = list->items[i];
        placed[i].at = i;
    }
    qsort(placed, list->count, sizeof *placed, by_name);

    size_t distinct = 1;
    for (size_t i = 1; i < list->count; i++)
        if (kw_string_compare(placed[distinct - 1].name, placed[i].name) != 0)
            placed[distinct++] = placed[i];
    if (!sorted)
        qsort(placed, distinct, sizeof *placed, by_place);
    for (size_t i = 0; i < distinct; i++)
        list->items[i] = placed[i].name;
    list->count = distinct;
    return true;
}

enum { PROBLEM_SIZE = 128 };

kw_string topic_name_problem(kw_string name, kw_arena *arena)
{
    static const char prefix[] = "Topic name is invalid: ";
    if (kw_topic_name_is_valid(name))
        return kw_string_of(NULL);
    if (name.len <= 0)
        return kw_string_of("Topic name is invalid: the empty string is not allowed");
    size_t size = PROBLEM_SIZE + (size_t)name.len;
    char *text = kw_arena_alloc(arena, size);
    if (text == NULL)
        return kw_string_of("Topic name is invalid");
    bool is_path = (name.len == 1 || name.len == 2) && name.data[0] == '.' && name.data[name.len - 1] == '.';
    if (is_path)
        (void)snprintf(text, size, "%s'%.*s' is not allowed", prefix, KW_FMT(name));
    else if (name.len > KW_TOPIC_NAME_MAX)
        (void)snprintf(text, size, "%sthe length of '%.*s' is longer than the max allowed length %d", prefix,
                       KW_FMT(name), KW_TOPIC_NAME_MAX);
    else
        (void)snprintf(text, size,
                       "%s'%.*s' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
                       prefix, KW_FMT(name));
    return kw_string_of(text);
}
