/* SPDX-License-Identifier: Apache-2.0 */
#include "classic_group.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../../../base/hash.h"
#include "classic_static.h"
#include "classic_sync.h"
#include "consumer_protocol.h"

#define OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static const kw_string null_text = {NULL, -1};

static uint32_t hash_of(kw_string key)
{
    return hash_text(HASH_START, key);
}

static bool is_text(const char *text, int32_t len, kw_string other)
{
    return other.len == len && (len == 0 || memcmp(text, other.data, (size_t)len) == 0);
}

/* ---- the group ---- */

const char *classic_state_text(enum classic_state state)
{
    static const char *const texts[] = {"Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead"};
    return texts[state];
}

struct classic_group *classic_group_create(kw_string id, struct coordinator_budget *budget)
{
    struct classic_group *group = calloc(1, sizeof *group);
    if (group == NULL)
        return NULL;
    group->id = id;
    group->budget = budget;
    group->state_since = -1;
    coordinator_budget_force(budget, sizeof *group);
    return group;
}

void classic_group_free(struct classic_group *group, int16_t error)
{
    classic_forget_assignments(group);
    while (group->first != NULL)
        classic_remove(group, group->first, error);
    while (group->first_pending != NULL)
        classic_remove_pending(group, group->first_pending);
    classic_set_protocol(group, NULL);
    coordinator_timer_stop(&group->rebalance_timer);
    coordinator_timer_stop(&group->sync_timer);
    coordinator_budget_give(group->budget, sizeof *group + classic_topics_size(group->topics));
    classic_topics_free(group->topics);
    classic_generation_release(group->announced);
    hash_chains_finish(&group->members);
    hash_chains_finish(&group->instances);
    hash_chains_finish(&group->protocol_names);
    hash_chains_finish(&group->pending);
    free(group->protocol_type);
    free(group);
}

void classic_set_state(struct classic_group *group, enum classic_state state, int64_t now)
{
    group->previous = group->state;
    group->state = state;
    group->state_since = now;
}

kw_string classic_protocol_type(const struct classic_group *group)
{
    return group->protocol_type != NULL ? (kw_string){group->protocol_type, group->protocol_type_len} : null_text;
}

static kw_string name_of(const struct classic_protocol_name *name)
{
    return (kw_string){name->text, name->len};
}

kw_string classic_protocol(const struct classic_group *group)
{
    return group->protocol != NULL ? name_of(group->protocol) : null_text;
}

kw_string classic_leader(const struct classic_group *group)
{
    return group->leader != NULL ? classic_member_id(group->leader) : null_text;
}

bool classic_is_consumer(const struct classic_group *group)
{
    return kw_string_equal(classic_protocol_type(group), kw_string_of(CONSUMER_PROTOCOL_TYPE));
}

bool classic_is_subscribed(const struct classic_group *group, kw_string topic)
{
    return group->topics != NULL ? classic_topics_have(group->topics, topic) : classic_is_consumer(group);
}

int64_t classic_longest_rebalance_timeout(const struct classic_group *group)
{
    int32_t longest = 0;
    for (const struct classic_member *m = group->first; m != NULL; m = m->next)
        longest = m->rebalance_timeout_ms > longest ? m->rebalance_timeout_ms : longest;
    return longest;
}

/* ---- finding ---- */

struct classic_member *classic_find(const struct classic_group *group, kw_string id)
{
    for (struct hash_link *at = hash_chains_first(&group->members, hash_of(id)); at != NULL;
         at = hash_chains_next(at)) {
        struct classic_member *member = OF(at, struct classic_member, by_id);
        if (is_text(member->id, member->id_len, id))
            return member;
    }
    return NULL;
}

struct classic_member *classic_find_static(const struct classic_group *group, kw_string instance_id)
{
    for (struct hash_link *at = hash_chains_first(&group->instances, hash_of(instance_id)); at != NULL;
         at = hash_chains_next(at)) {
        struct classic_member *member = OF(at, struct classic_member, by_instance);
        if (kw_string_equal(member->instance_id, instance_id))
            return member;
    }
    return NULL;
}

int16_t classic_validate(const struct classic_group *group, kw_string id, kw_string instance_id)
{
    const struct classic_member *of_instance = instance_id.len >= 0 ? classic_find_static(group, instance_id) : NULL;
    if (of_instance != NULL && !is_text(of_instance->id, of_instance->id_len, id))
        return KW_ERROR_FENCED_INSTANCE_ID;
    if (instance_id.len >= 0)
        return of_instance != NULL ? KW_ERROR_NONE : KW_ERROR_UNKNOWN_MEMBER_ID;
    return classic_find(group, id) != NULL ? KW_ERROR_NONE : KW_ERROR_UNKNOWN_MEMBER_ID;
}

/* ---- members ---- */

static kw_string put(char **at, kw_string s)
{
    kw_string copy = {*at, s.len};
    if (s.len <= 0)
        return copy;
    memcpy(*at, s.data, (size_t)s.len);
    *at += s.len;
    return copy;
}

static size_t size_of(kw_string s)
{
    return s.len > 0 ? (size_t)s.len : 0;
}

char *classic_copy_id(kw_string id)
{
    char *copy = malloc(size_of(id) + 1);
    if (copy != NULL && id.len > 0)
        memcpy(copy, id.data, (size_t)id.len);
    return copy;
}

struct classic_member *classic_member_create(const struct classic_member_texts *texts)
{
    size_t size = sizeof(struct classic_member) + size_of(texts->instance_id) + size_of(texts->client_id) +
                  size_of(texts->client_host);
    struct classic_member *member = calloc(1, size);
    char *id = classic_copy_id(texts->id);
    if (member == NULL || id == NULL) {
        free(member);
        free(id);
        return NULL;
    }
    char *at = member->texts;
    member->size = size;
    member->id = id;
    member->id_len = texts->id.len;
    member->instance_id = put(&at, texts->instance_id);
    member->client_id = put(&at, texts->client_id);
    member->client_host = put(&at, texts->client_host);
    return member;
}

void classic_member_free(struct classic_member *member)
{
    if (member == NULL)
        return;
    free(member->id);
    free(member);
}

static size_t cost_of(const struct classic_member *member)
{
    return member->size + (size_t)member->id_len + (size_t)shared_bytes_view(member->assignment).len;
}

bool classic_prepare(struct classic_group *group, kw_string protocol_type)
{
    if (!hash_chains_prepare(&group->members) || !hash_chains_prepare(&group->instances))
        return false;
    if (group->first != NULL || kw_string_equal(classic_protocol_type(group), protocol_type))
        return true;
    char *type = classic_copy_id(protocol_type);
    if (type == NULL)
        return false;
    free(group->protocol_type);
    group->protocol_type = type;
    group->protocol_type_len = protocol_type.len;
    return true;
}

void classic_add(struct classic_group *group, struct classic_member *member)
{
    member->group = group;
    member->previous = group->last;
    *(group->last != NULL ? &group->last->next : &group->first) = member;
    group->last = member;
    hash_chains_add(&group->members, &member->by_id, hash_of(classic_member_id(member)));
    if (classic_is_static(member))
        hash_chains_add(&group->instances, &member->by_instance, hash_of(member->instance_id));
    if (group->leader == NULL)
        group->leader = member;
    classic_support(member->protocols);
    coordinator_budget_force(group->budget, cost_of(member));
}

static void unlink_member(struct classic_group *group, struct classic_member *member)
{
    *(member->previous != NULL ? &member->previous->next : &group->first) = member->next;
    *(member->next != NULL ? &member->next->previous : &group->last) = member->previous;
    hash_chains_remove(&group->members, &member->by_id);
    if (classic_is_static(member))
        hash_chains_remove(&group->instances, &member->by_instance);
}

void classic_remove(struct classic_group *group, struct classic_member *member, int16_t error)
{
    classic_fail_join(member, error, error != KW_ERROR_UNKNOWN_MEMBER_ID);
    classic_fail_sync(member, error);
    classic_await(member, false);
    classic_forget_replacements(member);
    coordinator_timer_stop(&member->timer);
    unlink_member(group, member);
    if (group->leader == member)
        group->leader = group->first;
    classic_support_no_more(member->protocols);
    classic_protocols_free(group, member->protocols);
    coordinator_budget_give(group->budget, cost_of(member));
    shared_bytes_release(member->assignment);
    classic_member_free(member);
}

char *classic_rename(struct classic_member *member, char *id, int32_t len)
{
    struct classic_group *group = member->group;
    char *old = member->id;
    coordinator_budget_give(group->budget, cost_of(member));
    hash_chains_remove(&group->members, &member->by_id);
    member->id = id;
    member->id_len = len;
    hash_chains_add(&group->members, &member->by_id, hash_of(classic_member_id(member)));
    coordinator_budget_force(group->budget, cost_of(member));
    return old;
}

void classic_set_assignment(struct classic_member *member, struct shared_bytes *assignment)
{
    coordinator_budget_give(member->group->budget, cost_of(member));
    shared_bytes_release(member->assignment);
    member->assignment = assignment;
    coordinator_budget_force(member->group->budget, cost_of(member));
}

/* ---- ids that are to come back ---- */

struct classic_pending *classic_find_pending(const struct classic_group *group, kw_string id)
{
    for (struct hash_link *at = hash_chains_first(&group->pending, hash_of(id)); at != NULL;
         at = hash_chains_next(at)) {
        struct classic_pending *pending = OF(at, struct classic_pending, link);
        if (is_text(pending->id, pending->len, id))
            return pending;
    }
    return NULL;
}

static size_t cost_of_pending(const struct classic_pending *pending)
{
    return sizeof *pending + (size_t)pending->len;
}

struct classic_pending *classic_add_pending(struct classic_group *group, kw_string id)
{
    struct classic_pending *pending = calloc(1, sizeof *pending + size_of(id));
    if (pending == NULL || !hash_chains_prepare(&group->pending)) {
        free(pending);
        return NULL;
    }
    pending->group = group;
    pending->len = id.len;
    memcpy(pending->id, id.data, size_of(id));
    pending->next = group->first_pending;
    if (pending->next != NULL)
        pending->next->link_to = &pending->next;
    pending->link_to = &group->first_pending;
    group->first_pending = pending;
    hash_chains_add(&group->pending, &pending->link, hash_of(id));
    coordinator_budget_force(group->budget, cost_of_pending(pending));
    return pending;
}

void classic_remove_pending(struct classic_group *group, struct classic_pending *pending)
{
    coordinator_timer_stop(&pending->timer);
    hash_chains_remove(&group->pending, &pending->link);
    *pending->link_to = pending->next;
    if (pending->next != NULL)
        pending->next->link_to = pending->link_to;
    coordinator_budget_give(group->budget, cost_of_pending(pending));
    free(pending);
}

/* ---- waiting ---- */

static void end_join(struct classic_member *member)
{
    member->group->joining--;
    classic_wait_end(&member->join);
}

void classic_fail_join(struct classic_member *member, int16_t error, bool with_id)
{
    if (!classic_is_joining(member))
        return;
    member->join.answer->error = error;
    if (!with_id)
        member->join.answer->member_id.len = 0;
    end_join(member);
}

void classic_end_join(struct classic_member *member, struct classic_roster *roster)
{
    struct classic_answer *answer = member->join.answer;
    answer->generation = classic_generation_share(member->group->announced);
    answer->roster = roster;
    end_join(member);
}

void classic_fail_sync(struct classic_member *member, int16_t error)
{
    if (member->sync.waiter == NULL)
        return;
    member->sync.answer->error = error;
    classic_wait_end(&member->sync);
}

void classic_end_sync(struct classic_member *member)
{
    struct classic_answer *answer = member->sync.answer;
    answer->generation = classic_generation_share(member->group->announced);
    answer->assignment = shared_bytes_share(member->assignment);
    classic_wait_end(&member->sync);
}

void classic_set_join(struct classic_member *member, struct classic_wait wait)
{
    classic_fail_join(member, KW_ERROR_UNKNOWN_MEMBER_ID, false);
    member->join = wait;
    member->group->joining++;
}

void classic_set_sync(struct classic_member *member, struct classic_wait wait)
{
    classic_fail_sync(member, KW_ERROR_UNKNOWN_MEMBER_ID);
    member->sync = wait;
}

void classic_await(struct classic_member *member, bool is_awaited)
{
    if (member->is_awaited == is_awaited)
        return;
    member->is_awaited = is_awaited;
    member->group->awaited += is_awaited ? 1 : SIZE_MAX;
}
