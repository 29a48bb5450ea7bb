/* SPDX-License-Identifier: Apache-2.0 */
#include "share_offsets.h"

#include <string.h>

#include <kwire/error.h>

#include "share_group_records.h"

static void no_memory(struct coordinator_decision *d, const kw_arena *arena)
{
    record_out_fail(&d->records, arena->status != KW_OK ? arena->status : KW_ERR_NO_MEMORY);
}

static const struct share_topics no_topics;

static const struct share_topics *topics_of(const struct share_group *g)
{
    return g != NULL && g->topics != NULL ? g->topics : &no_topics;
}

/* Of both. False: the arena is full. */
static bool unite(struct partition_set a, struct partition_set b, kw_arena *arena, struct partition_set *out)
{
    struct set_partition *items = kw_arena_array(arena, a.count + b.count + 1, sizeof *items);
    if (items == NULL)
        return false;
    if (a.count != 0)
        memcpy(items, a.items, a.count * sizeof *items);
    if (b.count != 0)
        memcpy(items + a.count, b.items, b.count * sizeof *items);
    *out = partition_set_of(items, a.count + b.count);
    return true;
}

void share_offsets_list(struct coordinator_decision *d, kw_string group, bool all, kw_arena *arena,
                        struct partition_set *out)
{
    const struct share_topics *topics = topics_of(share_group_of(group_find(d->state, group)));
    static const struct partition_set nothing = {NULL, 0};
    if (!unite(topics->initialized, all ? topics->initializing : nothing, arena, out))
        no_memory(d, arena);
}

/* *out may be NULL: there is none, which may be an error. */
static struct refusal find(struct coordinator_decision *d, kw_string id, kw_arena *arena, struct share_group **out)
{
    struct refusal refusal = {KW_ERROR_NONE, {NULL, -1}};
    struct group *group = group_find(d->state, id);
    *out = share_group_of(group);
    if (group != NULL && *out == NULL)
        (void)refuse_with(&refusal, arena, KW_ERROR_GROUP_ID_NOT_FOUND, "Group %.*s is not a share group.", KW_FMT(id));
    else if (*out != NULL && (*out)->member_count != 0)
        refusal.error = KW_ERROR_NON_EMPTY_GROUP;
    return refusal;
}

static bool has_topic(struct partition_set set, kw_uuid topic)
{
    for (size_t i = 0; i < set.count; i = partition_set_topic_end(set, i))
        if (kw_uuid_equal(set.items[i].topic, topic))
            return true;
    return false;
}

struct refusal share_offsets_alter(struct coordinator_decision *d, kw_string group, struct partition_set set,
                                   int32_t *epoch, kw_arena *texts)
{
    struct share_group *g;
    kw_arena *arena = d->records.arena;
    struct refusal refusal = find(d, group, texts, &g);
    if (refusal.error != KW_ERROR_NONE || set.count == 0)
        return refusal;
    struct share_topics next = *topics_of(g);
    kw_uuid *deleting = kw_arena_array(arena, next.deleting_count + 1, sizeof *deleting);
    *epoch = g != NULL ? g->epochs.epoch : SHARE_FIRST_EPOCH;
    if (deleting == NULL || !unite(next.initializing, set, arena, &next.initializing)) {
        no_memory(d, arena);
        return refusal;
    }
    size_t count = 0;
    for (size_t i = 0; i < next.deleting_count; i++)
        if (!has_topic(next.initializing, next.deleting[i]))
            deleting[count++] = next.deleting[i];
    next.deleting = deleting;
    next.deleting_count = count;
    share_records_add_topics(&d->records, group, d->image, &next);
    return refusal;
}

/* ---- deleting ---- */

static bool is_deleting(const struct share_topics *topics, kw_uuid topic)
{
    for (size_t i = 0; i < topics->deleting_count; i++)
        if (kw_uuid_equal(topics->deleting[i], topic))
            return true;
    return false;
}

/* What is initialized of it; or all of it, where an earlier request has not come to its end. */
static bool list_states(const struct share_topics *topics, struct share_deletion *deletion, kw_arena *arena)
{
    size_t most = topics->initialized.count + (size_t)deletion->partitions, count = 0;
    struct set_partition *items = kw_arena_array(arena, most + 1, sizeof *items);
    if (items == NULL)
        return false;
    for (size_t i = 0; i < topics->initialized.count; i++)
        if (kw_uuid_equal(topics->initialized.items[i].topic, deletion->topic))
            items[count++] = topics->initialized.items[i];
    for (int32_t i = 0; i < deletion->partitions && count == 0 && is_deleting(topics, deletion->topic);) {
        for (; i < deletion->partitions; i++)
            items[count++] = (struct set_partition){deletion->topic, i, 0};
    }
    deletion->set = (struct partition_set){items, count};
    if (count == 0)
        deletion->error = KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
    return true;
}

/* Those without an error, as partitions 0. False: the arena is full. */
static bool list_deleted(const struct share_deletion *deletions, size_t count, kw_arena *arena,
                         struct partition_set *out)
{
    struct set_partition *items = kw_arena_array(arena, count + 1, sizeof *items);
    size_t found = 0;
    if (items == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (deletions[i].error == KW_ERROR_NONE)
            items[found++] = (struct set_partition){deletions[i].topic, 0, 0};
    *out = partition_set_of(items, found);
    return true;
}

struct refusal share_offsets_delete(struct coordinator_decision *d, kw_string group, struct share_deletion *deletions,
                                    size_t count, kw_arena *arena)
{
    struct share_group *g;
    struct refusal refusal = find(d, group, arena, &g);
    if (g == NULL && refusal.error == KW_ERROR_NONE)
        (void)refuse_with(&refusal, arena, KW_ERROR_GROUP_ID_NOT_FOUND, "Group %.*s not found.", KW_FMT(group));
    if (refusal.error != KW_ERROR_NONE)
        return refusal;
    const struct share_topics *topics = topics_of(g);
    struct share_topics next = *topics;
    struct set_partition *left = kw_arena_array(d->records.arena, topics->initialized.count + 1, sizeof *left);
    kw_uuid *deleting = kw_arena_array(d->records.arena, topics->deleting_count + count + 1, sizeof *deleting);
    if (left == NULL || deleting == NULL) {
        no_memory(d, d->records.arena);
        return refusal;
    }
    next.deleting = deleting;
    if (topics->deleting_count != 0)
        memcpy(deleting, topics->deleting, topics->deleting_count * sizeof *deleting);
    for (size_t i = 0; i < count; i++) {
        if (deletions[i].error == KW_ERROR_NONE && !list_states(topics, &deletions[i], arena))
            no_memory(d, arena);
        if (deletions[i].error == KW_ERROR_NONE && !is_deleting(&next, deletions[i].topic))
            deleting[next.deleting_count++] = deletions[i].topic;
    }
    struct partition_set deleted;
    if (!list_deleted(deletions, count, d->records.arena, &deleted)) {
        no_memory(d, d->records.arena);
        return refusal;
    }
    size_t kept = 0;
    for (size_t i = 0; i < topics->initialized.count; i++)
        if (partition_set_find(deleted, topics->initialized.items[i].topic, 0) == NULL)
            left[kept++] = topics->initialized.items[i];
    next.initialized = (struct partition_set){left, kept};
    if (g->topics != NULL)
        share_records_add_topics(&d->records, group, d->image, &next);
    return refusal;
}

void share_offsets_deleted(struct coordinator_decision *d, kw_string group, const struct share_deletion *deletions,
                           size_t count)
{
    const struct share_group *g = share_group_of(group_find(d->state, group));
    if (g == NULL || g->topics == NULL)
        return;
    struct share_topics next = *g->topics;
    kw_uuid *left = kw_arena_array(d->records.arena, next.deleting_count + 1, sizeof *left);
    struct partition_set deleted;
    size_t kept = 0;
    if (left == NULL || !list_deleted(deletions, count, d->records.arena, &deleted)) {
        no_memory(d, d->records.arena);
        return;
    }
    for (size_t i = 0; i < next.deleting_count; i++)
        if (partition_set_find(deleted, next.deleting[i], 0) == NULL)
            left[kept++] = next.deleting[i];
    next.deleting = left;
    next.deleting_count = kept;
    share_records_add_topics(&d->records, group, d->image, &next);
}

/* ---- deleting all ---- */

/* Adds all partitions of topics that an earlier request was deleting. False: the arena is full. */
static bool add_deleting(const struct share_topics *topics, const struct metadata_image *image, kw_arena *arena,
                         struct partition_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < topics->deleting_count; i++) {
        const struct metadata_topic *topic = metadata_topic_by_id(image, topics->deleting[i]);
        count += topic != NULL ? (size_t)topic->partition_count : 0;
    }
    struct set_partition *items = kw_arena_array(arena, count + 1, sizeof *items);
    if (items == NULL)
        return false;
    count = 0;
    for (size_t i = 0; i < topics->deleting_count; i++) {
        const struct metadata_topic *topic = metadata_topic_by_id(image, topics->deleting[i]);
        for (int32_t p = 0; topic != NULL && p < topic->partition_count; p++)
            items[count++] = (struct set_partition){topic->id, p, 0};
    }
    return unite(*set, (struct partition_set){items, count}, arena, set);
}

/* False: the arena is full. */
static bool mark_all(struct coordinator_decision *d, kw_string group, const struct share_topics *topics,
                     struct partition_set set)
{
    kw_uuid *deleting =
        kw_arena_array(d->records.arena, topics->deleting_count + partition_set_topics(set) + 1, sizeof *deleting);
    size_t count = topics->deleting_count;
    if (deleting == NULL)
        return false;
    if (count != 0)
        memcpy(deleting, topics->deleting, count * sizeof *deleting);
    for (size_t i = 0; i < set.count; i = partition_set_topic_end(set, i))
        if (!is_deleting(topics, set.items[i].topic))
            deleting[count++] = set.items[i].topic;
    const struct share_topics next = {.deleting = deleting, .deleting_count = count};
    share_records_add_topics(&d->records, group, d->image, &next);
    return true;
}

void share_offsets_delete_all(struct coordinator_decision *d, kw_string group, kw_arena *arena,
                              struct partition_set *out)
{
    struct share_group *g;
    struct refusal refusal = find(d, group, arena, &g);
    *out = (struct partition_set){NULL, 0};
    if (refusal.error != KW_ERROR_NONE || g == NULL || g->topics == NULL)
        return;
    const struct share_topics *topics = topics_of(g);
    if (!unite(topics->initialized, topics->initializing, arena, out) || !add_deleting(topics, d->image, arena, out) ||
        !mark_all(d, group, topics, *out))
        no_memory(d, d->records.arena->status != KW_OK ? d->records.arena : arena);
}
