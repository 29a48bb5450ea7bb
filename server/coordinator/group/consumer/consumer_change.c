/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_change.h"

#include <stdlib.h>
#include <string.h>

#include "consumer_timers.h"

/* ---- slots ---- */

static size_t size_of_slot(kw_string id)
{
    return sizeof(struct consumer_slot) + (id.len > 0 ? (size_t)id.len : 0);
}

static size_t size_of_target(const struct consumer_target *target)
{
    return target != NULL ? sizeof *target + target->set.count * sizeof *target->items : 0;
}

struct consumer_slot *consumer_demand_slot(struct group_machine *m, struct consumer_group *group, kw_string id)
{
    struct consumer_slot *slot = consumer_find_slot(group, id);
    if (slot != NULL)
        return slot;
    slot = hash_chains_prepare(&group->slots) ? calloc(1, size_of_slot(id)) : NULL;
    if (slot == NULL)
        return NULL;
    coordinator_budget_force(m->budget, size_of_slot(id));
    if (id.len > 0)
        memcpy(slot->text, id.data, (size_t)id.len);
    slot->id = (kw_string){slot->text, id.len > 0 ? id.len : 0};
    slot->group = group;
    consumer_timers_init(slot);
    slot->previous = group->last;
    *(group->last != NULL ? &group->last->next : &group->first) = slot;
    group->last = slot;
    hash_chains_add(&group->slots, &slot->by_id, consumer_hash(group, id));
    return slot;
}

void consumer_tidy_slot(struct group_machine *m, struct consumer_slot *slot)
{
    struct consumer_group *group = slot->group;
    if (slot->member != NULL || slot->target != NULL || slot->references != 0)
        return;
    consumer_timers_stop(slot);
    *(slot->previous != NULL ? &slot->previous->next : &group->first) = slot->next;
    *(slot->next != NULL ? &slot->next->previous : &group->last) = slot->previous;
    hash_chains_remove(&group->slots, &slot->by_id);
    coordinator_budget_give(m->budget, size_of_slot(slot->id));
    free(slot);
}

/* ---- patterns ---- */

struct consumer_pattern *consumer_demand_pattern(struct consumer_group *group, kw_string text)
{
    struct consumer_pattern *pattern = consumer_find_pattern(group, text);
    size_t size = text.len > 0 ? (size_t)text.len : 0;
    if (pattern != NULL)
        return pattern;
    pattern = hash_chains_prepare(&group->patterns) ? calloc(1, sizeof *pattern + size) : NULL;
    if (pattern == NULL)
        return NULL;
    memcpy(pattern->bytes, size != 0 ? text.data : "", size);
    pattern->text = (kw_string){pattern->bytes, (int32_t)size};
    hash_chains_add(&group->patterns, &pattern->link, consumer_hash(group, text));
    return pattern;
}

static void tidy_pattern(struct consumer_group *group, struct consumer_pattern *pattern)
{
    if (pattern == NULL || pattern->members != 0 || pattern->resolved != NULL || pattern->held != 0)
        return;
    hash_chains_remove(&group->patterns, &pattern->link);
    free(pattern);
}

/* ---- life ---- */

struct consumer_group *consumer_create(struct group_machine *m, struct group *group)
{
    struct consumer_group *g = calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    coordinator_budget_force(m->budget, sizeof *g);
    g->group = group;
    g->id = group->id;
    g->references = 1;
    g->seed = g->topics.seed = g->assignors.seed = g->protocols.seed = m->groups.seed;
    g->epochs = consumer_epochs_new();
    g->must_look = true;
    return g;
}

static void free_pattern(struct hash_link *link, void *context)
{
    struct consumer_pattern *pattern =
        (struct consumer_pattern *)(void *)((char *)link - offsetof(struct consumer_pattern, link));
    (void)context;
    free(pattern->resolved);
    free(pattern);
}

static void free_slots(struct group_machine *m, struct consumer_group *g)
{
    for (struct consumer_slot *slot = g->first, *next; slot != NULL; slot = next) {
        next = slot->next;
        consumer_timers_stop(slot);
        coordinator_budget_give(m->budget, size_of_slot(slot->id) + size_of_target(slot->target) +
                                               (slot->member != NULL ? slot->member->size : 0));
        consumer_member_release(slot->member);
        free(slot->target);
        free(slot);
    }
}

static void release_group(struct group_machine *m, struct consumer_group *g)
{
    if (--g->references != 0)
        return;
    free_slots(m, g);
    hash_chains_finish(&g->slots);
    hash_chains_finish(&g->statics);
    hash_chains_clear(&g->patterns, free_pattern, NULL);
    name_counts_finish(&g->topics);
    name_counts_finish(&g->assignors);
    name_counts_finish(&g->protocols);
    partition_owners_finish(&g->owners);
    coordinator_budget_give(m->budget, sizeof *g);
    free(g);
}

void consumer_destroy(struct group_machine *m, void *state)
{
    struct consumer_group *g = state;
    for (struct consumer_slot *slot = g->first; slot != NULL; slot = slot->next)
        consumer_timers_stop(slot);
    release_group(m, g);
}

/* ---- members: memory ---- */

/* What replacing a member needs. What was made and is not used is tidied by `unprepare`. */
static bool prepare_names(struct consumer_group *g, const struct consumer_member *member)
{
    for (int32_t i = 0; i < member->names.len; i++)
        if (name_counts_demand(&g->topics, member->names.items[i]) == NULL)
            return false;
    for (size_t i = 0; i < member->classic_protocol_count; i++)
        if (name_counts_demand(&g->protocols, member->classic_protocols[i].name) == NULL)
            return false;
    return member->assignor.len < 0 || name_counts_demand(&g->assignors, member->assignor) != NULL;
}

static bool prepare_member(struct consumer_group *g, const struct consumer_member *member)
{
    return partition_owners_reserve(&g->owners, member->assigned.count + member->revoking.count) &&
           (member->instance_id.len < 0 || hash_chains_prepare(&g->statics)) && prepare_names(g, member) &&
           (!consumer_member_has_pattern(member) || consumer_demand_pattern(g, member->pattern) != NULL);
}

/* Frees what only this member has counted. */
static void tidy_names(struct consumer_group *g, const struct consumer_member *member)
{
    for (int32_t i = 0; i < member->names.len; i++)
        name_counts_tidy(&g->topics, name_counts_find(&g->topics, member->names.items[i]));
    for (size_t i = 0; i < member->classic_protocol_count; i++)
        name_counts_tidy(&g->protocols, name_counts_find(&g->protocols, member->classic_protocols[i].name));
    if (member->assignor.len >= 0)
        name_counts_tidy(&g->assignors, name_counts_find(&g->assignors, member->assignor));
    if (consumer_member_has_pattern(member))
        tidy_pattern(g, consumer_find_pattern(g, member->pattern));
}

/* By +1 or -1: that they may be counted again. */
static void hold_names(struct consumer_group *g, const struct consumer_member *member, uint32_t change)
{
    for (int32_t i = 0; i < member->names.len; i++)
        name_counts_find(&g->topics, member->names.items[i])->held += change;
    for (size_t i = 0; i < member->classic_protocol_count; i++)
        name_counts_find(&g->protocols, member->classic_protocols[i].name)->held += change;
    if (member->assignor.len >= 0)
        name_counts_find(&g->assignors, member->assignor)->held += change;
    if (consumer_member_has_pattern(member))
        consumer_find_pattern(g, member->pattern)->held += change;
}

/* ---- members: counting ---- */

static void count_pattern(struct consumer_group *g, struct consumer_pattern *pattern, uint32_t change)
{
    g->pattern_count -= pattern->members != 0;
    pattern->members += change;
    g->pattern_count += pattern->members != 0;
}

static void count_names(struct consumer_group *g, const struct consumer_member *member, uint32_t change)
{
    for (int32_t i = 0; i < member->names.len; i++)
        name_counts_find(&g->topics, member->names.items[i])->members += change;
    for (size_t i = 0; i < member->classic_protocol_count; i++)
        name_counts_find(&g->protocols, member->classic_protocols[i].name)->members += change;
    if (member->assignor.len >= 0)
        name_counts_find(&g->assignors, member->assignor)->members += change;
    if (consumer_member_has_pattern(member))
        count_pattern(g, consumer_find_pattern(g, member->pattern), change);
}

static void remove_member(struct group_machine *m, struct consumer_slot *slot)
{
    struct consumer_group *g = slot->group;
    struct consumer_member *member = slot->member;
    if (member->instance_id.len >= 0)
        hash_chains_remove(&g->statics, &slot->by_instance);
    partition_owners_take(&g->owners, member->assigned);
    partition_owners_take(&g->owners, member->revoking);
    count_names(g, member, UINT32_MAX);
    g->member_count--;
    g->classic_count -= member->is_classic;
    coordinator_budget_give(m->budget, member->size);
    slot->member = NULL;
}

static void add_member(struct group_machine *m, struct consumer_slot *slot, struct consumer_member *member)
{
    struct consumer_group *g = slot->group;
    slot->member = member;
    if (member->instance_id.len >= 0)
        hash_chains_add(&g->statics, &slot->by_instance, consumer_hash(g, member->instance_id));
    partition_owners_put(&g->owners, member->assigned);
    partition_owners_put(&g->owners, member->revoking);
    count_names(g, member, 1);
    g->member_count++;
    g->classic_count += member->is_classic;
    coordinator_budget_force(m->budget, member->size);
}

/* The slot's reference to its member goes to the caller, who gives his to the slot. Each may be NULL. */
static struct consumer_member *exchange_member(struct group_machine *m, struct consumer_slot *slot,
                                               struct consumer_member *member)
{
    struct consumer_member *before = slot->member;
    if (before != NULL)
        remove_member(m, slot);
    if (member != NULL)
        add_member(m, slot, member);
    return before;
}

/* ---- undo ---- */

struct consumer_undo {
    struct coordinator_undo undo; /* the first member */
    struct consumer_group *group;
    struct consumer_slot *slot;       /* of a member or target; NULL: of neither */
    struct consumer_pattern *pattern; /* likewise */
    struct consumer_member *member;
    struct consumer_target *target;
    struct resolved_topics *resolved;
    struct consumer_epochs epochs;
};

static struct consumer_undo *create_undo(struct consumer_group *g, struct consumer_slot *slot)
{
    struct consumer_undo *u = calloc(1, sizeof *u);
    if (u == NULL)
        return NULL;
    u->group = g;
    u->slot = slot;
    return u;
}

/* From now on it may be called. */
static void keep_undo(struct coordinator_undo_list *list, struct consumer_undo *u,
                      void (*put_back)(struct coordinator_undo *undo, void *state),
                      void (*drop)(struct coordinator_undo *undo, void *state))
{
    u->undo.put_back = put_back;
    u->undo.drop = drop;
    u->group->references++;
    if (u->slot != NULL)
        u->slot->references++;
    coordinator_undo_add(list, &u->undo);
}

static void free_undo(struct group_machine *m, struct consumer_undo *u)
{
    if (u->slot != NULL) {
        u->slot->references--;
        consumer_tidy_slot(m, u->slot);
    }
    release_group(m, u->group);
    free(u);
}

static void put_member_back(struct coordinator_undo *undo, void *state)
{
    struct consumer_undo *u = (struct consumer_undo *)(void *)undo;
    struct consumer_member *after = exchange_member(state, u->slot, u->member);
    consumer_move_timers_back(state, u->slot, after);
    if (u->member != NULL)
        hold_names(u->group, u->member, UINT32_MAX);
    if (after != NULL)
        tidy_names(u->group, after);
    consumer_member_release(after);
    free_undo(state, u);
}

static void drop_member(struct coordinator_undo *undo, void *state)
{
    struct consumer_undo *u = (struct consumer_undo *)(void *)undo;
    if (u->member != NULL) {
        hold_names(u->group, u->member, UINT32_MAX);
        tidy_names(u->group, u->member);
    }
    consumer_member_release(u->member);
    free_undo(state, u);
}

/* Takes over the reference to the member, which may be NULL. */
kw_status consumer_set_member(struct group_machine *m, struct consumer_slot *slot, struct consumer_member *member,
                              struct coordinator_undo_list *list)
{
    struct consumer_group *g = slot->group;
    struct consumer_undo *u = list != NULL ? create_undo(g, slot) : NULL;
    if ((list != NULL && u == NULL) || (member != NULL && !prepare_member(g, member))) {
        if (member != NULL)
            tidy_names(g, member);
        consumer_member_release(member);
        free(u);
        consumer_tidy_slot(m, slot);
        return KW_ERR_NO_MEMORY;
    }
    struct consumer_member *before = exchange_member(m, slot, member);
    consumer_move_timers(m, slot, before);
    if (u != NULL) {
        u->member = before;
        if (before != NULL)
            hold_names(g, before, 1);
        keep_undo(list, u, put_member_back, drop_member);
        return KW_OK;
    }
    if (before != NULL)
        tidy_names(g, before);
    consumer_member_release(before);
    consumer_tidy_slot(m, slot);
    return KW_OK;
}

/* ---- targets ---- */

static struct consumer_target *exchange_target(struct group_machine *m, struct consumer_slot *slot,
                                               struct consumer_target *target)
{
    struct consumer_target *before = slot->target;
    coordinator_budget_give(m->budget, size_of_target(before));
    coordinator_budget_force(m->budget, size_of_target(target));
    slot->target = target;
    return before;
}

static void put_target_back(struct coordinator_undo *undo, void *state)
{
    struct consumer_undo *u = (struct consumer_undo *)(void *)undo;
    free(exchange_target(state, u->slot, u->target));
    free_undo(state, u);
}

static void drop_target(struct coordinator_undo *undo, void *state)
{
    struct consumer_undo *u = (struct consumer_undo *)(void *)undo;
    free(u->target);
    free_undo(state, u);
}

kw_status consumer_set_target(struct group_machine *m, struct consumer_slot *slot, struct consumer_target *target,
                              struct coordinator_undo_list *list)
{
    struct consumer_undo *u = list != NULL ? create_undo(slot->group, slot) : NULL;
    if (list != NULL && u == NULL) {
        free(target);
        consumer_tidy_slot(m, slot);
        return KW_ERR_NO_MEMORY;
    }
    struct consumer_target *before = exchange_target(m, slot, target);
    if (u != NULL) {
        u->target = before;
        keep_undo(list, u, put_target_back, drop_target);
        return KW_OK;
    }
    free(before);
    consumer_tidy_slot(m, slot);
    return KW_OK;
}

/* ---- epochs ---- */

static void put_epochs_back(struct coordinator_undo *undo, void *state)
{
    struct consumer_undo *u = (struct consumer_undo *)(void *)undo;
    u->group->epochs = u->epochs;
    u->group->must_look = true;
    free_undo(state, u);
}

static void drop_epochs(struct coordinator_undo *undo, void *state)
{
    free_undo(state, (struct consumer_undo *)(void *)undo);
}

kw_status consumer_set_epochs(struct consumer_group *g, const struct consumer_epochs *epochs,
                              struct coordinator_undo_list *list)
{
    struct consumer_undo *u = list != NULL ? create_undo(g, NULL) : NULL;
    if (list != NULL && u == NULL)
        return KW_ERR_NO_MEMORY;
    if (u != NULL) {
        u->epochs = g->epochs;
        keep_undo(list, u, put_epochs_back, drop_epochs);
    }
    g->epochs = *epochs;
    return KW_OK;
}

/* ---- resolved patterns ---- */

static void count_resolved(struct consumer_group *g, const struct resolved_topics *resolved, uint32_t change)
{
    for (int32_t i = 0; resolved != NULL && i < resolved->names.len; i++)
        name_counts_find(&g->topics, resolved->names.items[i])->patterns += change;
}

static void hold_resolved(struct consumer_group *g, const struct resolved_topics *resolved, uint32_t change)
{
    for (int32_t i = 0; resolved != NULL && i < resolved->names.len; i++)
        name_counts_find(&g->topics, resolved->names.items[i])->held += change;
}

static void tidy_resolved(struct consumer_group *g, const struct resolved_topics *resolved)
{
    for (int32_t i = 0; resolved != NULL && i < resolved->names.len; i++)
        name_counts_tidy(&g->topics, name_counts_find(&g->topics, resolved->names.items[i]));
}

static bool prepare_resolved(struct consumer_group *g, const struct resolved_topics *resolved)
{
    for (int32_t i = 0; resolved != NULL && i < resolved->names.len; i++)
        if (name_counts_demand(&g->topics, resolved->names.items[i]) == NULL)
            return false;
    return true;
}

static struct resolved_topics *exchange_resolved(struct consumer_group *g, struct consumer_pattern *pattern,
                                                 struct resolved_topics *resolved)
{
    struct resolved_topics *before = pattern->resolved;
    count_resolved(g, before, UINT32_MAX);
    count_resolved(g, resolved, 1);
    g->resolved_count -= before != NULL;
    g->resolved_count += resolved != NULL;
    pattern->resolved = resolved;
    if (resolved != NULL) {
        g->resolved_time = resolved->time;
        g->resolved_version = resolved->version;
    }
    return before;
}

static void put_resolved_back(struct coordinator_undo *undo, void *state)
{
    struct consumer_undo *u = (struct consumer_undo *)(void *)undo;
    struct resolved_topics *after = exchange_resolved(u->group, u->pattern, u->resolved);
    hold_resolved(u->group, u->resolved, UINT32_MAX);
    tidy_resolved(u->group, after);
    free(after);
    u->pattern->held--;
    tidy_pattern(u->group, u->pattern);
    free_undo(state, u);
}

static void drop_resolved(struct coordinator_undo *undo, void *state)
{
    struct consumer_undo *u = (struct consumer_undo *)(void *)undo;
    hold_resolved(u->group, u->resolved, UINT32_MAX);
    tidy_resolved(u->group, u->resolved);
    free(u->resolved);
    u->pattern->held--;
    tidy_pattern(u->group, u->pattern);
    free_undo(state, u);
}

kw_status consumer_set_resolved(struct consumer_group *g, struct consumer_pattern *pattern,
                                struct resolved_topics *resolved, struct coordinator_undo_list *list)
{
    struct consumer_undo *u = list != NULL ? create_undo(g, NULL) : NULL;
    if ((list != NULL && u == NULL) || !prepare_resolved(g, resolved)) {
        tidy_resolved(g, resolved);
        free(resolved);
        free(u);
        tidy_pattern(g, pattern);
        return KW_ERR_NO_MEMORY;
    }
    struct resolved_topics *before = exchange_resolved(g, pattern, resolved);
    if (u != NULL) {
        u->pattern = pattern;
        u->resolved = before;
        pattern->held++;
        hold_resolved(g, before, 1);
        keep_undo(list, u, put_resolved_back, drop_resolved);
        return KW_OK;
    }
    tidy_resolved(g, before);
    free(before);
    tidy_pattern(g, pattern);
    return KW_OK;
}
