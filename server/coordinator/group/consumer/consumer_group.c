/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_group.h"

#include <string.h>

#include "../../../base/hash.h"

struct consumer_group *consumer_group_of(const struct group *group)
{
    return group != NULL && group->type == GROUP_CONSUMER ? group->state.consumer : NULL;
}

struct consumer_epochs consumer_epochs_new(void)
{
    return (struct consumer_epochs){.epoch = 1, .target_epoch = 1};
}

/* ---- members ---- */

uint32_t consumer_hash(const struct consumer_group *group, kw_string text)
{
    return hash_text(HASH_START ^ group->seed, text);
}

static struct consumer_slot *by_id(const struct hash_link *link)
{
    return (struct consumer_slot *)(void *)((char *)(uintptr_t)link - offsetof(struct consumer_slot, by_id));
}

static struct consumer_slot *by_instance(const struct hash_link *link)
{
    return (struct consumer_slot *)(void *)((char *)(uintptr_t)link - offsetof(struct consumer_slot, by_instance));
}

struct consumer_slot *consumer_find_slot(const struct consumer_group *group, kw_string id)
{
    struct hash_link *link = hash_chains_first(&group->slots, consumer_hash(group, id));
    while (link != NULL && !kw_string_equal(by_id(link)->id, id))
        link = hash_chains_next(link);
    return link != NULL ? by_id(link) : NULL;
}

struct consumer_slot *consumer_find(const struct consumer_group *group, kw_string member_id)
{
    struct consumer_slot *slot = consumer_find_slot(group, member_id);
    return slot != NULL && slot->member != NULL ? slot : NULL;
}

struct consumer_slot *consumer_find_static(const struct consumer_group *group, kw_string instance_id)
{
    struct hash_link *link = hash_chains_first(&group->statics, consumer_hash(group, instance_id));
    while (link != NULL && !kw_string_equal(by_instance(link)->member->instance_id, instance_id))
        link = hash_chains_next(link);
    return link != NULL ? by_instance(link) : NULL;
}

static struct consumer_slot *member_from(struct consumer_slot *slot)
{
    while (slot != NULL && slot->member == NULL)
        slot = slot->next;
    return slot;
}

struct consumer_slot *consumer_first(const struct consumer_group *group)
{
    return member_from(group->first);
}

struct consumer_slot *consumer_next(const struct consumer_slot *slot)
{
    return member_from(slot->next);
}

struct partition_set consumer_target_of(const struct consumer_slot *slot)
{
    return slot->target != NULL ? slot->target->set : (struct partition_set){NULL, 0};
}

/* ---- patterns ---- */

struct consumer_pattern *consumer_pattern_at(const struct hash_link *link)
{
    return (struct consumer_pattern *)(void *)((char *)(uintptr_t)link - offsetof(struct consumer_pattern, link));
}

struct consumer_pattern *consumer_find_pattern(const struct consumer_group *group, kw_string text)
{
    struct hash_link *link = hash_chains_first(&group->patterns, consumer_hash(group, text));
    while (link != NULL && !kw_string_equal(consumer_pattern_at(link)->text, text))
        link = hash_chains_next(link);
    return link != NULL ? consumer_pattern_at(link) : NULL;
}

kw_string_array consumer_pattern_topics(const struct consumer_group *group, const struct consumer_member *member)
{
    const struct consumer_pattern *pattern =
        consumer_member_has_pattern(member) ? consumer_find_pattern(group, member->pattern) : NULL;
    return pattern != NULL && pattern->resolved != NULL ? pattern->resolved->names : (kw_string_array){NULL, 0};
}

/* ---- what follows from it ---- */

const char *consumer_state_name(const struct consumer_group *group)
{
    if (group->member_count == 0)
        return "Empty";
    if (group->epochs.epoch > group->epochs.target_epoch)
        return "Assigning";
    for (const struct consumer_slot *slot = consumer_first(group); slot != NULL; slot = consumer_next(slot))
        if (slot->member->state != MEMBER_STABLE || slot->member->epoch != group->epochs.target_epoch)
            return "Reconciling";
    return "Stable";
}

static uint32_t votes_for(const struct consumer_group *group, const struct consumer_member *without,
                          const struct consumer_member *with, kw_string name)
{
    const struct name_count *count = name_counts_find(&group->assignors, name);
    uint32_t votes = count != NULL ? count->members : 0;
    votes -= without != NULL && kw_string_equal(without->assignor, name);
    return votes + (with != NULL && kw_string_equal(with->assignor, name));
}

size_t consumer_preferred_assignor(const struct consumer_group *group, const struct consumer_member *without,
                                   const struct consumer_member *with, const kw_string *assignors, size_t count)
{
    size_t preferred = 0;
    uint32_t most = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t votes = votes_for(group, without, with, assignors[i]);
        if (votes > most) {
            most = votes;
            preferred = i;
        }
    }
    return preferred;
}
