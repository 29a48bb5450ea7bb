/* SPDX-License-Identifier: Apache-2.0 */
#include "share_group.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../../../base/hash.h"
#include "../group_machine.h"
#include "share_group_records.h"
#include "share_heartbeat.h"

/* ---- slots ---- */

static size_t size_of_slot(kw_string id)
{
    return sizeof(struct share_slot) + (id.len > 0 ? (size_t)id.len : 0);
}

static struct share_slot *slot_of(struct hash_link *link)
{
    return (struct share_slot *)(void *)((char *)link - offsetof(struct share_slot, link));
}

static uint32_t hash_of(kw_string id)
{
    return hash_text(HASH_START, id);
}

struct share_slot *share_find_slot(const struct share_group *group, kw_string id)
{
    struct hash_link *link = hash_chains_first(&group->slots, hash_of(id));
    while (link != NULL && !kw_string_equal(slot_of(link)->id, id))
        link = hash_chains_next(link);
    return link != NULL ? slot_of(link) : NULL;
}

struct share_slot *share_find(const struct share_group *group, kw_string member_id)
{
    struct share_slot *slot = share_find_slot(group, member_id);
    return slot != NULL && slot->member != NULL ? slot : NULL;
}

struct share_slot *share_demand_slot(struct group_machine *m, struct share_group *group, kw_string id)
{
    struct share_slot *slot = share_find_slot(group, id);
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
    slot->session.tick = share_session_ended;
    slot->previous = group->last;
    *(group->last != NULL ? &group->last->next : &group->first) = slot;
    group->last = slot;
    hash_chains_add(&group->slots, &slot->link, hash_of(id));
    return slot;
}

void share_tidy_slot(struct group_machine *m, struct share_slot *slot)
{
    struct share_group *g = slot->group;
    if (slot->member != NULL || slot->assignment != NULL || slot->target != NULL || slot->references != 0)
        return;
    coordinator_timer_stop(&slot->session);
    *(slot->previous != NULL ? &slot->previous->next : &g->first) = slot->next;
    *(slot->next != NULL ? &slot->next->previous : &g->last) = slot->previous;
    hash_chains_remove(&g->slots, &slot->link);
    coordinator_budget_give(m->budget, size_of_slot(slot->id));
    free(slot);
}

static struct share_slot *skip_others(struct share_slot *slot)
{
    while (slot != NULL && slot->member == NULL)
        slot = slot->next;
    return slot;
}

struct share_slot *share_first(const struct share_group *group)
{
    return skip_others(group->first);
}

struct share_slot *share_next(const struct share_slot *slot)
{
    return skip_others(slot->next);
}

struct partition_set share_target_of(const struct share_slot *slot)
{
    return slot->target != NULL ? slot->target->set : (struct partition_set){NULL, 0};
}

int32_t share_epoch_of(const struct share_slot *slot)
{
    return slot->assignment != NULL ? slot->assignment->epoch : 0;
}

/* A member that is put back has kept its timer, unless that has just fired: then it is tried again. */
void share_move_timer(struct group_machine *m, struct share_slot *slot)
{
    bool is_timed = coordinator_timer_is_running(&slot->session) || slot->session.waiting != NULL;
    if (m->shard == NULL || slot->member == NULL || is_timed)
        return;
    slot->deadline = m->shard->options.clock() + share_session_timeout(m, slot->group->id);
    coordinator_timer_start(m->shard, &slot->session, slot->deadline);
}

/* ---- life ---- */

void share_block_free(struct group_machine *m, struct share_block *block)
{
    if (block != NULL)
        coordinator_budget_give(m->budget, block->size);
    free(block);
}

struct share_group *share_group_create(struct group_machine *m, struct group *group)
{
    struct share_group *g = calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    coordinator_budget_force(m->budget, sizeof *g);
    g->group = group;
    g->id = group->id;
    g->references = 1;
    g->must_look = g->may_initialize = true;
    g->epochs.epoch = g->epochs.target_epoch = SHARE_FIRST_EPOCH;
    return g;
}

static void free_slots(struct group_machine *m, struct share_group *g)
{
    for (struct share_slot *slot = g->first, *next; slot != NULL; slot = next) {
        next = slot->next;
        coordinator_timer_stop(&slot->session);
        share_block_free(m, (struct share_block *)slot->member);
        share_block_free(m, (struct share_block *)slot->assignment);
        share_block_free(m, (struct share_block *)slot->target);
        coordinator_budget_give(m->budget, size_of_slot(slot->id));
        free(slot);
    }
}

void share_group_release(struct group_machine *m, struct share_group *g)
{
    if (--g->references != 0)
        return;
    free_slots(m, g);
    hash_chains_finish(&g->slots);
    share_block_free(m, (struct share_block *)g->topics);
    coordinator_budget_give(m->budget, sizeof *g);
    free(g);
}

void share_group_destroy(struct group_machine *m, void *state)
{
    struct share_group *g = state;
    for (struct share_slot *slot = g->first; slot != NULL; slot = slot->next)
        coordinator_timer_stop(&slot->session);
    share_group_release(m, g);
}

struct share_group *share_group_of(const struct group *group)
{
    return group != NULL && group->type == GROUP_SHARE ? group->state.share : NULL;
}

const char *share_state_name(const struct share_group *group)
{
    return group->member_count == 0 ? "Empty" : "Stable";
}

/* ---- topics that change ---- */

static bool names(const struct share_group *g, kw_string topic)
{
    for (const struct share_slot *slot = share_first(g); slot != NULL; slot = share_next(slot))
        for (int32_t i = 0; i < slot->member->names.len; i++)
            if (kw_string_equal(slot->member->names.items[i], topic))
                return true;
    return false;
}

static void look_again(struct group_machine *m, kw_string topic)
{
    for (size_t i = 0; i < group_bucket_count(m); i++)
        for (struct group *group = group_first_in(m, i); group != NULL; group = group_next_in(group)) {
            struct share_group *g = share_group_of(group);
            if (g != NULL && !(g->must_look && g->may_initialize) && names(g, topic))
                g->must_look = g->may_initialize = true;
        }
}

static const struct metadata_topic *topic_at(const struct metadata_image *image, size_t index)
{
    return index < metadata_topic_count(image) ? metadata_topic_at(image, index) : NULL;
}

static int compare_names(const struct metadata_topic *a, const struct metadata_topic *b)
{
    if (a == NULL || b == NULL)
        return (a == NULL) - (b == NULL);
    return kw_string_compare(a->name, b->name);
}

/* Topics that did not change are the same in both images. */
void share_image_changed(struct group_machine *m, const struct metadata_image *before,
                         const struct metadata_image *after)
{
    size_t b = 0, a = 0;
    bool any_deleted = false;
    const struct metadata_topic *old, *new;
    while (old = topic_at(before, b), new = topic_at(after, a), old != NULL || new != NULL) {
        int order = compare_names(old, new);
        bool has_changed = order != 0 || old != new;
        if (has_changed)
            look_again(m, order <= 0 ? old->name : new->name);
        if (has_changed && order <= 0 && metadata_topic_by_id(after, old->id) == NULL)
            any_deleted = true;
        b += order <= 0;
        a += order >= 0;
    }
    if (any_deleted)
        share_cleanup_soon(m);
}

/* ---- what it has in common with other groups ---- */

static void loaded(struct group_machine *m, struct group *group)
{
    for (struct share_slot *slot = share_first(group->state.share); slot != NULL; slot = share_next(slot))
        share_move_timer(m, slot);
}

/* It has no offsets of this kind. */
static int16_t check_commit(struct group_machine *m, struct coordinator_decision *d, struct group *group,
                            const struct offset_commit_check *check)
{
    (void)m;
    (void)d;
    (void)group;
    (void)check;
    return KW_ERROR_GROUP_ID_NOT_FOUND;
}

static int16_t check_fetch(struct group_machine *m, const struct group *group, kw_string member_id, int32_t epoch)
{
    (void)m;
    (void)group;
    (void)member_id;
    (void)epoch;
    return KW_ERROR_GROUP_ID_NOT_FOUND;
}

static int16_t check_offset_delete(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return KW_ERROR_GROUP_ID_NOT_FOUND;
}

static bool has_no_members(struct group_machine *m, const struct group *group)
{
    (void)m;
    return group->state.share->member_count == 0;
}

static int16_t check_delete(struct group_machine *m, const struct group *group)
{
    return has_no_members(m, group) ? KW_ERROR_NONE : KW_ERROR_NON_EMPTY_GROUP;
}

static bool is_subscribed(struct group_machine *m, const struct group *group, kw_string topic)
{
    (void)m;
    return names(group->state.share, topic);
}

static struct offset_age offset_age(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return (struct offset_age){.never = true, .since = -1};
}

/* Share groups do not expire. */
static bool never(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return false;
}

static void remove_group(struct group_machine *m, struct coordinator_decision *d, struct group *group)
{
    (void)m;
    share_records_remove_group(&d->records, group->state.share);
}

static kw_string state_name(struct group_machine *m, const struct group *group)
{
    (void)m;
    return kw_string_of(share_state_name(group->state.share));
}

static kw_string protocol_type(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return kw_string_of("share");
}

const struct group_kind share_kind = {
    .name = "share",
    .destroy = share_group_destroy,
    .loaded = loaded,
    .check_commit = check_commit,
    .check_fetch = check_fetch,
    .check_offset_delete = check_offset_delete,
    .check_delete = check_delete,
    .is_subscribed = is_subscribed,
    .offset_age = offset_age,
    .is_empty = never,
    .remove = remove_group,
    .state_name = state_name,
    .protocol_type = protocol_type,
};
