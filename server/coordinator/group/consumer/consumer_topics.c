/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_topics.h"

#include <stdlib.h>

#include "../../java_text.h"
#include "../group_machine.h"

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

/* The names of a group that are going to be used. */
struct name_list {
    const struct consumer_group *group;
    kw_string *items;
    size_t count;
};

/* Names that the group does not count yet are new. */
static void shift(struct name_list *list, kw_string_array names, int32_t by)
{
    for (int32_t i = 0; i < names.len; i++) {
        struct name_count *count = name_counts_find(&list->group->topics, names.items[i]);
        if (count != NULL)
            count->change += by;
        else if (by > 0)
            list->items[list->count++] = names.items[i];
    }
}

static const struct resolved_topics *before(const struct pattern_result *result)
{
    return result->pattern != NULL ? result->pattern->resolved : NULL;
}

static void shift_all(struct name_list *list, const struct subscription_change *change)
{
    if (change->without != NULL)
        shift(list, change->without->names, -1);
    for (size_t i = 0; i < change->left_count; i++)
        shift(list, change->left[i]->member->names, -1);
    if (change->with != NULL)
        shift(list, change->with->names, 1);
    for (size_t i = 0; i < change->result_count; i++) {
        if (before(&change->results[i]) != NULL)
            shift(list, before(&change->results[i])->names, -1);
        if (change->results[i].resolved != NULL)
            shift(list, change->results[i].resolved->names, 1);
    }
}

static size_t most_names(const struct consumer_group *group, const struct subscription_change *change)
{
    size_t most = group->topics.table.count + 1;
    most += change->with != NULL ? (size_t)change->with->names.len : 0;
    for (size_t i = 0; i < change->result_count; i++)
        most += change->results[i].resolved != NULL ? (size_t)change->results[i].resolved->names.len : 0;
    return most;
}

bool consumer_topics_hash(const struct coordinator_decision *d, const struct consumer_group *group,
                          const struct subscription_change *change, kw_arena *arena, int64_t *hash)
{
    struct name_list list = {group, kw_arena_array(arena, most_names(group, change), sizeof *list.items), 0};
    if (list.items == NULL)
        return false;
    shift_all(&list, change);
    list.count = (size_t)sort_names(list.items, (int32_t)list.count);
    for (struct name_count *c = name_counts_next(&group->topics, NULL); c != NULL;
         c = name_counts_next(&group->topics, c)) {
        if ((int64_t)c->members + c->patterns + c->change > 0)
            list.items[list.count++] = c->name;
        c->change = 0;
    }
    struct group_machine *m = d->state;
    return metadata_hash_group(d->image, list.items, list.count, &m->hashes, arena, hash);
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
