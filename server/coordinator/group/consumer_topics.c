/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_topics.h"

#include <stdlib.h>

#include "../java_text.h"
#include "metadata_hash.h"

bool names_have(kw_string_array names, kw_string name)
{
    int32_t low = 0, high = names.len;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        int order = java_compare(name, names.items[middle]);
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static bool is_used(const struct name_count *count, const struct subscription_change *change)
{
    uint32_t used = count->members + count->patterns;
    used -= change->without != NULL && names_have(change->without->names, count->name);
    used += change->with != NULL && names_have(change->with->names, count->name);
    if (change->pattern != NULL && change->pattern->resolved != NULL)
        used -= names_have(change->pattern->resolved->names, count->name);
    used += change->resolved != NULL && names_have(change->resolved->names, count->name);
    return used != 0;
}

/* Those that the group does not count yet. */
static size_t add_new(const struct consumer_group *group, kw_string_array names, kw_string_array others, kw_string *out)
{
    size_t count = 0;
    for (int32_t i = 0; i < names.len; i++)
        if (name_counts_find(&group->topics, names.items[i]) == NULL && !names_have(others, names.items[i]))
            out[count++] = names.items[i];
    return count;
}

bool consumer_topics_hash(const struct metadata_image *image, const struct consumer_group *group,
                          const struct subscription_change *change, kw_arena *arena, int64_t *hash)
{
    static const kw_string_array none = {NULL, 0};
    kw_string_array with = change->with != NULL ? change->with->names : none;
    kw_string_array resolved = change->resolved != NULL ? change->resolved->names : none;
    size_t most = group->topics.table.count + (size_t)with.len + (size_t)resolved.len, count = 0;
    kw_string *names = kw_arena_array(arena, most + 1, sizeof *names);
    if (names == NULL)
        return false;
    for (const struct name_count *c = name_counts_next(&group->topics, NULL); c != NULL;
         c = name_counts_next(&group->topics, c))
        if (is_used(c, change))
            names[count++] = c->name;
    count += add_new(group, with, none, names + count);
    count += add_new(group, resolved, with, names + count);
    return metadata_hash_group(image, names, count, arena, hash);
}

/* ---- of a member ---- */

static int compare_topics(const void *a, const void *b)
{
    const struct metadata_topic *const *x = a, *const *y = b;
    return kw_uuid_compare((*x)->id, (*y)->id);
}

static size_t add_topics(const struct metadata_image *image, kw_string_array names, const struct metadata_topic **out)
{
    size_t count = 0;
    for (int32_t i = 0; i < names.len; i++) {
        out[count] = metadata_topic_by_name(image, names.items[i]);
        if (out[count] != NULL && !kw_uuid_is_zero(out[count]->id))
            count++;
    }
    return count;
}

static bool has_same_subscription(const struct topic_list *list, const struct consumer_member *member)
{
    return list->member != NULL && same_names(list->member->names, member->names) &&
           kw_string_equal(list->member->pattern, member->pattern);
}

bool consumer_topics_of(const struct metadata_image *image, const struct consumer_group *group,
                        const struct consumer_member *member, kw_arena *arena, struct topic_list *list)
{
    if (has_same_subscription(list, member))
        return true;
    kw_string_array resolved = consumer_pattern_topics(group, member);
    list->items = kw_arena_array(arena, (size_t)member->names.len + (size_t)resolved.len + 1, sizeof *list->items);
    if (list->items == NULL)
        return false;
    list->member = member;
    list->count = add_topics(image, member->names, list->items);
    list->count += add_topics(image, resolved, list->items + list->count);
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare_topics);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || list->items[kept - 1] != list->items[i])
            list->items[kept++] = list->items[i];
    list->count = kept;
    return true;
}
