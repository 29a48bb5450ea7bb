/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_target.h"

#include <stdlib.h>
#include <string.h>

#include "consumer_records.h"
#include "consumer_topics.h"

/* A member and what concerns it. */
struct candidate {
    const struct consumer_member *member;
    const struct consumer_slot *slot;   /* of records 7 so far; NULL: a new one */
    const struct consumer_slot *before; /* whose target it has so far; NULL: nobody's */
    struct topic_list topics;
    size_t count; /* partitions that it gets */
    struct set_partition *items;
};

struct computing {
    const struct target_request *request;
    kw_arena *arena;
    struct candidate *candidates;
    struct assignor_topic *topics;
    struct assignor_member *members;
    int32_t *owners; /* before and after */
    int32_t *result;
    struct assignor_input in;
    size_t updated; /* index of the updated member */
};

/* ---- who ---- */

static void add_candidate(struct computing *c, const struct consumer_member *member, const struct consumer_slot *slot,
                          const struct consumer_slot *before)
{
    c->candidates[c->in.member_count++] =
        (struct candidate){.member = member, .slot = slot, .before = before, .topics = {NULL, 0, NULL}};
}

static void add_updated(struct computing *c, const struct consumer_slot *slot, const struct consumer_slot *before)
{
    c->updated = c->in.member_count;
    add_candidate(c, c->request->updated, slot, before);
}

static bool list_candidates(struct computing *c)
{
    const struct target_request *r = c->request;
    const struct consumer_slot *own = consumer_find(r->group, r->updated->id);
    bool has_updated = false;
    c->candidates = kw_arena_array(c->arena, r->group->member_count + 1, sizeof *c->candidates);
    if (c->candidates == NULL)
        return false;
    for (const struct consumer_slot *slot = consumer_first(r->group); slot != NULL; slot = consumer_next(slot)) {
        if (slot == r->replaced || (slot == own && r->replaced == NULL)) {
            add_updated(c, slot == own ? slot : NULL, slot);
            has_updated = true;
        } else if (slot != own) {
            add_candidate(c, slot->member, slot, slot);
        }
    }
    if (!has_updated)
        add_updated(c, NULL, NULL);
    return true;
}

/* ---- topics ---- */

static int compare_topics(const void *a, const void *b)
{
    const struct metadata_topic *const *x = a, *const *y = b;
    return kw_uuid_compare((*x)->id, (*y)->id);
}

/* The lists of all candidates; equal ones that follow each other are the same. */
static bool list_subscriptions(struct computing *c, size_t *total)
{
    struct topic_list list = {NULL, 0, NULL};
    *total = 0;
    for (size_t i = 0; i < c->in.member_count; i++) {
        const struct metadata_topic **before = list.items;
        if (!consumer_topics_of(c->request->image, c->request->group, c->candidates[i].member, c->arena, &list))
            return false;
        c->candidates[i].topics = list;
        *total += list.items != before ? list.count : 0;
    }
    return true;
}

/* Each topic once, sorted by id; a partition has the number of its index, whether there are gaps or not. */
static bool number_topics(struct computing *c, size_t total)
{
    const struct metadata_topic **all = kw_arena_array(c->arena, total + 1, sizeof *all);
    c->topics = kw_arena_array(c->arena, total + 1, sizeof *c->topics);
    if (all == NULL || c->topics == NULL)
        return false;
    size_t count = 0;
    for (size_t i = 0; i < c->in.member_count; i++) {
        const struct topic_list *list = &c->candidates[i].topics;
        if (i != 0 && list->items == c->candidates[i - 1].topics.items)
            continue;
        memcpy(all + count, list->items, list->count * sizeof(const struct metadata_topic *));
        count += list->count;
    }
    if (count > 1)
        qsort(all, count, sizeof *all, compare_topics);
    for (size_t i = 0; i < count; i++) {
        if (i != 0 && all[i] == all[i - 1])
            continue;
        uint32_t partitions = (uint32_t)all[i]->partition_count;
        c->topics[c->in.topic_count++] =
            (struct assignor_topic){all[i]->id, (uint32_t)c->in.partition_count, partitions};
        c->in.partition_count += partitions;
    }
    return true;
}

static bool find_topic(const struct computing *c, kw_uuid id, uint32_t *index)
{
    size_t low = 0, high = c->in.topic_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = kw_uuid_compare(id, c->topics[middle].id);
        if (order == 0) {
            *index = (uint32_t)middle;
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* ---- members ---- */

static bool describe_members(struct computing *c)
{
    c->members = kw_arena_array(c->arena, c->in.member_count, sizeof *c->members);
    if (c->members == NULL)
        return false;
    c->in.is_homogeneous = true;
    for (size_t i = 0; i < c->in.member_count; i++) {
        const struct candidate *candidate = &c->candidates[i];
        struct assignor_member *member = &c->members[i];
        *member = (struct assignor_member){candidate->member->id, candidate->member->instance_id, NULL,
                                           candidate->topics.count};
        c->in.is_homogeneous = c->in.is_homogeneous && candidate->topics.count == c->in.topic_count;
        if (i != 0 && candidate->topics.items == c->candidates[i - 1].topics.items) {
            member->topics = member[-1].topics;
            continue;
        }
        uint32_t *topics = kw_arena_array(c->arena, candidate->topics.count + 1, sizeof *topics);
        if (topics == NULL)
            return false;
        for (size_t t = 0; t < candidate->topics.count; t++)
            (void)find_topic(c, candidate->topics.items[t]->id, &topics[t]);
        member->topics = topics;
    }
    return true;
}

static bool is_subscribed(const struct assignor_member *member, uint32_t topic)
{
    size_t low = 0, high = member->topic_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (member->topics[middle] == topic)
            return true;
        if (topic < member->topics[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* Who has what so far, as far as the topics are there and the member is still subscribed to them. */
static bool list_owners(struct computing *c)
{
    c->owners = kw_arena_array(c->arena, c->in.partition_count + 1, sizeof *c->owners);
    c->result = kw_arena_array(c->arena, c->in.partition_count + 1, sizeof *c->result);
    if (c->owners == NULL || c->result == NULL)
        return false;
    for (size_t p = 0; p < c->in.partition_count; p++)
        c->owners[p] = NO_MEMBER;
    for (size_t i = 0; i < c->in.member_count; i++) {
        const struct consumer_slot *before = c->candidates[i].before;
        struct partition_set has = before != NULL ? consumer_target_of(before) : (struct partition_set){NULL, 0};
        for (size_t at = 0, end; at < has.count; at = end) {
            uint32_t topic;
            end = partition_set_topic_end(has, at);
            if (!find_topic(c, has.items[at].topic, &topic) || !is_subscribed(&c->members[i], topic))
                continue;
            for (size_t p = at; p < end; p++)
                if (has.items[p].index >= 0 && (uint32_t)has.items[p].index < c->topics[topic].partitions)
                    c->owners[c->topics[topic].first + (uint32_t)has.items[p].index] = (int32_t)i;
        }
    }
    return true;
}

/* ---- results ---- */

/* Sets come in order, as topics are sorted by id. Each partition has an owner, as each topic has a subscriber. */
static bool collect(struct computing *c)
{
    struct set_partition *items = kw_arena_array(c->arena, c->in.partition_count + 1, sizeof *items);
    if (items == NULL)
        return false;
    for (size_t p = 0; p < c->in.partition_count; p++)
        c->candidates[c->result[p]].count++;
    for (size_t i = 0; i < c->in.member_count; i++) {
        c->candidates[i].items = items;
        items += c->candidates[i].count;
        c->candidates[i].count = 0;
    }
    for (size_t t = 0; t < c->in.topic_count; t++)
        for (uint32_t p = 0; p < c->topics[t].partitions; p++) {
            struct candidate *candidate = &c->candidates[c->result[c->topics[t].first + p]];
            candidate->items[candidate->count++] = (struct set_partition){c->topics[t].id, (int32_t)p, 0};
        }
    return true;
}

/* Who takes a place has got a record with the target of that already. */
static bool has_written(const struct computing *c, const struct candidate *candidate, struct partition_set set)
{
    if (c->request->replaced != NULL && candidate->member == c->request->updated)
        return partition_set_equal(consumer_target_of(c->request->replaced), set);
    return candidate->slot != NULL && candidate->slot->target != NULL &&
           partition_set_equal(candidate->slot->target->set, set);
}

static void add_records(struct computing *c, struct record_out *out)
{
    kw_string group = c->request->group->id;
    for (size_t i = 0; i < c->in.member_count; i++) {
        const struct candidate *candidate = &c->candidates[i];
        struct partition_set set = {candidate->items, candidate->count};
        if (!has_written(c, candidate, set))
            consumer_records_add_target(out, group, candidate->member->id, set);
    }
    consumer_records_add_target_epoch(out, group, c->request->epoch, c->request->now);
}

bool consumer_target_compute(const struct target_request *request, struct record_out *out, struct partition_set *own)
{
    struct computing c = {.request = request, .arena = out->arena};
    size_t total;
    if (!list_candidates(&c) || !list_subscriptions(&c, &total) || !number_topics(&c, total) || !describe_members(&c) ||
        !list_owners(&c))
        return false;
    c.in.topics = c.topics;
    c.in.members = c.members;
    c.in.owners = c.owners;
    if (!request->assign(&c.in, c.arena, c.result) || !collect(&c))
        return false;
    *own = (struct partition_set){c.candidates[c.updated].items, c.candidates[c.updated].count};
    add_records(&c, out);
    return true;
}
