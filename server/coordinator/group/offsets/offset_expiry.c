/* SPDX-License-Identifier: Apache-2.0 */
#include "offset_expiry.h"

#include <string.h>

#include "../group_machine.h"

/* One part: what is looked at, what is removed, and the pause after it. */
enum { PART_OFFSETS = 20000, PART_RECORDS = 5000, PART_PAUSE_MS = 100 };

#define OF(timer, name) ((struct group_machine *)(void *)((char *)(timer)-offsetof(struct group_machine, expiry.name)))

static bool is_part(const struct coordinator_decision *d)
{
    return d->records.count >= PART_RECORDS;
}

static void remove_offset(struct coordinator_decision *d, const struct topic_offsets *table,
                          const struct offset_slot *slot)
{
    group_records_remove_offset(&d->records, table->group->id, table->topic->name, slot->partition);
}

void offsets_remove_all(struct coordinator_decision *d, const struct group *group)
{
    for (const struct topic_offsets *table = group->offsets.first; table != NULL; table = table->next_of_group)
        for (const struct offset_slot *slot = offset_slots_next(&table->slots, NULL); slot != NULL;
             slot = offset_slots_next(&table->slots, slot))
            remove_offset(d, table, slot);
}

/* ---- expiry ---- */

static bool has_expired(const struct group_machine *m, const struct offset_age *age, const struct offset_slot *slot,
                        int64_t now)
{
    if (slot->note != NULL && slot->note->expire_ms != -1)
        return now >= slot->note->expire_ms;
    return now - (age->since != -1 ? age->since : slot->commit_ms) >= m->settings.offsets_retention_ms;
}

/* Whether none of the table's committed offsets is left. */
static bool expire_table(const struct group_machine *m, struct coordinator_decision *d,
                         const struct topic_offsets *table, const struct offset_age *age)
{
    bool all = true;
    for (const struct offset_slot *slot = offset_slots_next(&table->slots, NULL); slot != NULL;
         slot = offset_slots_next(&table->slots, slot)) {
        if (!offset_is_set(slot))
            continue;
        if (!is_part(d) && !offset_is_pending(slot) && has_expired(m, age, slot, d->now))
            remove_offset(d, table, slot);
        else
            all = false;
    }
    return all;
}

static bool expire_offsets(struct group_machine *m, struct coordinator_decision *d, const struct group *group)
{
    const struct group_kind *kind = group_kind_of(group->type);
    const struct offset_age age = kind->offset_age(m, group);
    bool all = true;
    if (age.never)
        return false;
    for (const struct topic_offsets *table = group->offsets.first; table != NULL; table = table->next_of_group)
        if (kind->is_subscribed(m, group, table->topic->name) || !expire_table(m, d, table, &age))
            all = false;
    return all;
}

static void expire_group(struct group_machine *m, struct coordinator_decision *d, struct group *group)
{
    if (group->type == GROUP_NONE || group->type == GROUP_SHARE)
        return;
    const struct group_kind *kind = group_kind_of(group->type);
    bool has_none = group->offsets.committed == 0 || expire_offsets(m, d, group);
    if (has_none && group->offsets.pending == 0 && kind->is_empty(m, group))
        kind->remove(m, d, group);
}

/* A bucket that has filled a part is looked at again, as some of it may be left. What cannot be written is made up for
 * with the next check. */
static void check(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct group_machine *m = OF(timer, check);
    struct offset_expiry *expiry = &m->expiry;
    size_t looked_at = 0;
    d->may_be_split = true;
    while (expiry->bucket < group_bucket_count(m) && looked_at < PART_OFFSETS && !is_part(d)) {
        for (struct group *group = group_first_in(m, expiry->bucket); group != NULL; group = group_next_in(group)) {
            looked_at += group->offsets.committed + 1;
            expire_group(m, d, group);
        }
        expiry->bucket += !is_part(d);
    }
    bool is_end = expiry->bucket >= group_bucket_count(m);
    if (is_end)
        expiry->bucket = 0;
    coordinator_timer_start(d->shard, timer,
                            d->clock + (is_end ? m->settings.offsets_retention_check_ms : PART_PAUSE_MS));
}

/* ---- topics that are deleted ---- */

static bool is_deleted(const struct topic_offsets *table, const struct offset_slot *slot)
{
    return table->topic->ids[slot->topic_id].is_deleted;
}

static bool is_pending_deleted(const struct topic_offsets *table, int32_t partition)
{
    for (const struct topic_offsets *pending = table->pending; pending != NULL; pending = pending->next_of_topic) {
        const struct offset_slot *slot = offset_slots_find(&pending->slots, partition);
        if (slot != NULL && is_deleted(pending, slot))
            return true;
    }
    return false;
}

static void remove_deleted(struct coordinator_decision *d, const struct topic_offsets *table)
{
    for (const struct offset_slot *slot = offset_slots_next(&table->slots, NULL); slot != NULL;
         slot = !is_part(d) ? offset_slots_next(&table->slots, slot) : NULL)
        if ((offset_is_set(slot) && is_deleted(table, slot)) || is_pending_deleted(table, slot->partition))
            remove_offset(d, table, slot);
}

static bool has_deleted(const struct offset_topic *topic)
{
    for (uint32_t i = 0; i < topic->id_count; i++)
        if (topic->ids[i].is_deleted)
            return true;
    return false;
}

static void forget_deleted(struct offset_topic *topic)
{
    for (uint32_t i = 0; i < topic->id_count; i++)
        topic->ids[i].is_deleted = false;
}

/* Offsets of a topic that has no more of them are all gone, or it looks again: records may fail. */
static void remove_of_topics(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct group_machine *m = OF(timer, topics);
    const struct hash_chains *topics = &m->offsets.topics;
    d->may_be_split = true;
    for (struct hash_link *link = NULL; (link = hash_chains_after(topics, link)) != NULL;) {
        struct offset_topic *topic = offset_topic_of(link);
        size_t before = d->records.count;
        if (!has_deleted(topic) || is_part(d))
            continue;
        for (const struct topic_offsets *table = topic->first; table != NULL && !is_part(d);
             table = table->next_of_topic)
            remove_deleted(d, table);
        if (d->records.count == before)
            forget_deleted(topic);
    }
    if (d->records.count != 0)
        coordinator_timer_start(d->shard, timer, d->clock + PART_PAUSE_MS);
}

/* Offsets without an id are those of the topic that has the name. */
static bool note_deletion(struct offset_topic *topic, const struct metadata_image *before,
                          const struct metadata_image *after)
{
    const struct metadata_topic *was = metadata_topic_by_name(before, topic->name);
    const struct metadata_topic *is = was != NULL ? metadata_topic_by_name(after, topic->name) : NULL;
    if (was == NULL || (is != NULL && memcmp(&is->id, &was->id, sizeof is->id) == 0))
        return false;
    topic->ids[0].is_deleted = true;
    for (uint32_t i = 1; i < topic->id_count; i++)
        if (memcmp(&topic->ids[i].id, &was->id, sizeof was->id) == 0)
            topic->ids[i].is_deleted = true;
    return true;
}

void offset_expiry_changed(struct group_machine *m, const struct metadata_image *before,
                           const struct metadata_image *after)
{
    const struct hash_chains *topics = &m->offsets.topics;
    bool any = false;
    for (struct hash_link *link = NULL; (link = hash_chains_after(topics, link)) != NULL;)
        any = note_deletion(offset_topic_of(link), before, after) || any;
    if (any)
        coordinator_timer_start(m->shard, &m->expiry.topics, m->shard->options.clock());
}

void offset_expiry_start(struct group_machine *m)
{
    m->expiry.check.tick = check;
    m->expiry.topics.tick = remove_of_topics;
    coordinator_timer_start(m->shard, &m->expiry.check,
                            m->shard->options.clock() + m->settings.offsets_retention_check_ms);
}
