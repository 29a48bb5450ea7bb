/* SPDX-License-Identifier: Apache-2.0 */
#include "share_cleanup.h"

#include <string.h>

#include "../group_machine.h"
#include "share_group_records.h"

/* Of one part, and the pause after it. */
enum { PART_RECORDS = 1000, PART_PAUSE_MS = 100 };

static bool is_part(const struct coordinator_decision *d)
{
    return d->records.count >= PART_RECORDS;
}

/* Those whose topics exist. False: the arena is full. */
static bool keep_partitions(const struct coordinator_decision *d, struct partition_set *set)
{
    struct set_partition *items = kw_arena_array(d->records.arena, set->count + 1, sizeof *items);
    size_t count = 0;
    for (size_t i = 0, end; i < set->count && items != NULL; i = end) {
        end = partition_set_topic_end(*set, i);
        if (metadata_topic_by_id(d->image, set->items[i].topic) == NULL)
            continue;
        memcpy(items + count, set->items + i, (end - i) * sizeof *items);
        count += end - i;
    }
    *set = (struct partition_set){items, count};
    return items != NULL;
}

static bool keep_deleting(const struct coordinator_decision *d, struct share_topics *topics)
{
    kw_uuid *left = kw_arena_array(d->records.arena, topics->deleting_count + 1, sizeof *left);
    size_t count = 0;
    for (size_t i = 0; i < topics->deleting_count && left != NULL; i++)
        if (metadata_topic_by_id(d->image, topics->deleting[i]) != NULL)
            left[count++] = topics->deleting[i];
    topics->deleting = left;
    topics->deleting_count = count;
    return left != NULL;
}

static bool has_deleted(const struct share_topics *topics, const struct metadata_image *image)
{
    const struct partition_set sets[] = {topics->initializing, topics->initialized};
    for (size_t s = 0; s < sizeof sets / sizeof sets[0]; s++)
        for (size_t i = 0; i < sets[s].count; i = partition_set_topic_end(sets[s], i))
            if (metadata_topic_by_id(image, sets[s].items[i].topic) == NULL)
                return true;
    for (size_t i = 0; i < topics->deleting_count; i++)
        if (metadata_topic_by_id(image, topics->deleting[i]) == NULL)
            return true;
    return false;
}

static void clean(struct coordinator_decision *d, const struct share_group *g)
{
    if (g == NULL || g->topics == NULL || !has_deleted(g->topics, d->image))
        return;
    struct share_topics left = *g->topics;
    if (keep_partitions(d, &left.initializing) && keep_partitions(d, &left.initialized) && keep_deleting(d, &left))
        share_records_add_topics(&d->records, g->id, d->image, &left);
    else
        record_out_fail(&d->records, kw_arena_status(d->records.arena));
}

/* It looks again until there is nothing left, as records may fail. */
static void clean_all(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct group_machine *m =
        (struct group_machine *)(void *)((char *)timer - offsetof(struct group_machine, share_cleanup.timer));
    d->may_be_split = true;
    for (size_t i = 0; i < group_bucket_count(m) && !is_part(d); i++)
        for (struct group *group = group_first_in(m, i); group != NULL && !is_part(d); group = group_next_in(group))
            clean(d, share_group_of(group));
    if (d->records.count != 0)
        coordinator_timer_start(d->shard, timer, d->clock + PART_PAUSE_MS);
}

void share_cleanup_soon(struct group_machine *m)
{
    if (m->shard != NULL)
        coordinator_timer_start(m->shard, &m->share_cleanup.timer, m->shard->options.clock());
}

void share_cleanup_start(struct group_machine *m)
{
    m->share_cleanup.timer.tick = clean_all;
    share_cleanup_soon(m);
}
