/* SPDX-License-Identifier: Apache-2.0 */
#include "share_initialize.h"

#include <string.h>

#include "../../share/share_batches.h"
#include "../consumer/consumer_topics.h"
#include "../group_machine.h"
#include "share_group_records.h"

static const struct share_topics no_topics;

static const struct share_topics *topics_of(const struct share_group *group)
{
    return group != NULL && group->topics != NULL ? group->topics : &no_topics;
}

/* ---- sets ---- */

static bool has(struct partition_set set, const struct set_partition *partition)
{
    return partition_set_find(set, partition->topic, partition->index) != NULL;
}

static bool has_topic(struct partition_set set, kw_uuid topic)
{
    for (size_t i = 0; i < set.count; i = partition_set_topic_end(set, i))
        if (kw_uuid_equal(set.items[i].topic, topic))
            return true;
    return false;
}

/* Of both, or of the first one without the second. */
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

static bool subtract(struct partition_set a, struct partition_set b, kw_arena *arena, struct partition_set *out)
{
    struct set_partition *items = kw_arena_array(arena, a.count + 1, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < a.count && items != NULL; i++)
        if (!has(b, &a.items[i]))
            items[count++] = a.items[i];
    *out = (struct partition_set){items, count};
    return items != NULL;
}

/* ---- what is to be initialized ---- */

struct finding {
    const struct share_topics *topics;
    bool is_time; /* for those that are being initialized, once more */
    struct set_partition *items;
    int64_t *starts;
    size_t count;
};

static void find_in_topic(struct finding *f, const struct metadata_topic *topic)
{
    bool is_known = has_topic(f->topics->initialized, topic->id) || has_topic(f->topics->initializing, topic->id);
    for (int32_t i = 0; i < topic->partition_count; i++) {
        const struct set_partition partition = {topic->id, i, 0};
        bool is_running = has(f->topics->initializing, &partition);
        if (has(f->topics->initialized, &partition) || (is_running && !f->is_time))
            continue;
        f->starts[f->count] = is_known && !is_running ? 0 : SHARE_NO_START;
        f->items[f->count++] = partition;
    }
}

/* Topics in the order of their ids, so that partitions and starts are sorted. */
static size_t list_topics(const struct metadata_image *image, kw_string_array names, const struct metadata_topic **out)
{
    size_t count = 0;
    for (int32_t i = 0; i < names.len; i++) {
        const struct metadata_topic *topic = metadata_topic_by_name(image, names.items[i]);
        size_t at = count;
        if (topic == NULL)
            continue;
        for (; at > 0 && kw_uuid_compare(out[at - 1]->id, topic->id) > 0; at--)
            out[at] = out[at - 1];
        out[at] = topic;
        count++;
    }
    return count;
}

/* A topic that is being initialized again is not deleted any more. */
static bool drop_deleting(struct share_topics *topics, kw_arena *arena)
{
    kw_uuid *left = kw_arena_array(arena, topics->deleting_count + 1, sizeof *left);
    size_t count = 0;
    for (size_t i = 0; i < topics->deleting_count && left != NULL; i++)
        if (!has_topic(topics->initializing, topics->deleting[i]))
            left[count++] = topics->deleting[i];
    topics->deleting = left;
    topics->deleting_count = count;
    return left != NULL;
}

bool share_topics_initialize(struct group_machine *m, struct coordinator_decision *d, const struct share_group *group,
                             kw_string group_id, kw_string_array names, kw_arena *arena, struct share_wanted *out)
{
    struct finding f = {.topics = topics_of(group)};
    f.is_time = d->clock >= f.topics->since + m->settings.share.initialize_retry_ms;
    const struct metadata_topic **topics = kw_arena_array(d->records.arena, (size_t)names.len + 1, sizeof *topics);
    if (topics == NULL)
        return false;
    size_t topic_count = list_topics(d->image, names, topics), total = 0;
    for (size_t i = 0; i < topic_count; i++)
        total += (size_t)topics[i]->partition_count;
    f.items = kw_arena_array(arena, total + 1, sizeof *f.items);
    f.starts = kw_arena_array(arena, total + 1, sizeof *f.starts);
    if (f.items == NULL || f.starts == NULL)
        return false;
    for (size_t i = 0; i < topic_count; i++)
        find_in_topic(&f, topics[i]);
    out->set = (struct partition_set){f.items, f.count};
    out->starts = f.starts;
    if (f.count == 0)
        return true;
    struct share_topics next = *f.topics;
    if (!unite(f.topics->initializing, out->set, d->records.arena, &next.initializing) ||
        !drop_deleting(&next, d->records.arena))
        return false;
    share_records_add_topics(&d->records, group_id, d->image, &next);
    return true;
}

/* ---- the end of it ---- */

void share_topics_initialized(struct group_machine *m, struct coordinator_decision *d, kw_string group_id,
                              struct partition_set done, struct partition_set failed)
{
    const struct share_group *g = share_group_of(group_find(m, group_id));
    kw_arena *arena = d->records.arena;
    if (g == NULL || g->topics == NULL)
        return; /* it has been deleted meanwhile */
    struct share_topics next = *g->topics;
    struct partition_set rest;
    if (!unite(g->topics->initialized, done, arena, &next.initialized) ||
        !subtract(g->topics->initializing, done, arena, &rest) || !subtract(rest, failed, arena, &next.initializing)) {
        record_out_fail(&d->records, kw_arena_status(arena));
        return;
    }
    if (next.initialized.count != g->topics->initialized.count ||
        next.initializing.count != g->topics->initializing.count)
        share_records_add_topics(&d->records, group_id, d->image, &next);
}

bool share_topics_assignable(const struct metadata_image *image, const struct share_group *group, kw_string_array names,
                             kw_arena *arena, struct partition_set *out)
{
    struct partition_set all = topics_of(group)->initialized;
    struct set_partition *items = kw_arena_array(arena, all.count + 1, sizeof *items);
    size_t count = 0;
    if (items == NULL)
        return false;
    for (size_t i = 0, end; i < all.count; i = end) {
        const struct metadata_topic *topic = metadata_topic_by_id(image, all.items[i].topic);
        end = partition_set_topic_end(all, i);
        if (topic == NULL || !names_have(names, topic->name))
            continue;
        for (size_t p = i; p < end; p++)
            if (all.items[p].index < topic->partition_count)
                items[count++] = all.items[p];
    }
    *out = (struct partition_set){items, count};
    return true;
}
