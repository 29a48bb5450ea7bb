/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_upgrade.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../classic/classic_static.h"
#include "../classic/classic_sync.h"
#include "../classic/client_partitions.h"
#include "consumer_change.h"
#include "consumer_records.h"
#include "consumer_topics.h"

/* A group on its way. */
struct upgrade {
    struct consumer_step *step;
    const struct classic_group *classic;
    kw_arena *arena;
};

/* ---- what speaks against it ---- */

static bool refuse(struct upgrade *u, const char *why)
{
    return consumer_step_refuse(u->step, KW_ERROR_GROUP_ID_NOT_FOUND,
                                "Cannot upgrade classic group %.*s to consumer group because %s.",
                                KW_FMT(u->step->group_id), why);
}

/* Kafka fails with an exception. */
static bool refuse_unexpected(struct upgrade *u)
{
    u->step->refusal.error = KW_ERROR_UNKNOWN_SERVER_ERROR;
    u->step->refusal.message = (kw_string){NULL, -1};
    u->step->d->records.count = 0;
    return false;
}

static bool check(struct upgrade *u)
{
    const struct consumer_settings *known = &u->step->m->settings.consumer;
    if (!known->allows_upgrade)
        return refuse(u, "online upgrade is disabled");
    if (!classic_is_consumer(u->classic))
        return refuse(u, "the group does not use the consumer embedded protocol");
    if (classic_member_count(u->classic) > (size_t)known->max_size)
        return refuse(u, "the group size exceeds the consumer group maximum size");
    return u->classic->protocol != NULL || refuse_unexpected(u);
}

/* Of bytes that cannot be read, unless it is for lack of memory. */
static bool refuse_malformed(struct upgrade *u, kw_status status)
{
    if (status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT)
        return consumer_step_fail(u->step);
    return refuse(u, "the embedded consumer protocol is malformed");
}

/* ---- members ---- */

/* Who has joined and never got an assignment has none. */
static bool read_assignment(struct upgrade *u, const struct classic_member *from, struct consumer_member *to)
{
    kw_bytes bytes = shared_bytes_view(from->assignment);
    kw_consumer_protocol_assignment assignment;
    struct partition_set set;
    if (bytes.len == 0)
        return true;
    kw_status status = consumer_protocol_read_assignment(bytes, u->arena, &assignment);
    if (status != KW_OK)
        return refuse_malformed(u, status);
    if (assignment.user_data.len > 0)
        return refuse(u, "an unsupported custom assignor is in use. Please refer to the documentation or switch to a "
                         "default assignor before re-attempting the upgrade");
    if (!client_partitions_assigned(u->step->d->image, &assignment, u->arena, &set))
        return consumer_step_fail(u->step);
    struct set_partition *items = kw_arena_array(u->arena, set.count + 1, sizeof *items);
    if (items == NULL)
        return consumer_step_fail(u->step);
    for (size_t i = 0; i < set.count; i++) {
        items[i] = set.items[i];
        items[i].epoch = u->classic->generation;
        if (partition_owners_has(&u->step->g->owners, items[i].topic, items[i].index))
            return refuse_unexpected(u);
    }
    to->assigned = (struct partition_set){items, set.count};
    return true;
}

static bool read_subscription(struct upgrade *u, const struct classic_member *from, struct consumer_member *to)
{
    kw_consumer_protocol_subscription subscription;
    bool is_supported = false;
    for (size_t i = 0; i < from->protocols->count; i++)
        is_supported = is_supported || from->protocols->items[i].name == u->classic->protocol;
    if (!is_supported)
        return refuse_unexpected(u);
    kw_status status =
        consumer_protocol_read_subscription(classic_metadata(from, u->classic->protocol), u->arena, &subscription);
    if (status != KW_OK)
        return refuse_malformed(u, status);
    to->names = subscription.topics;
    to->names.len = sort_names(to->names.items, to->names.len);
    to->rack = subscription.rack_id;
    return true;
}

static bool list_protocols(struct upgrade *u, const struct classic_member *from, struct consumer_member *to)
{
    size_t count = from->protocols->count;
    struct member_protocol *items = kw_arena_array(u->arena, count + 1, sizeof *items);
    if (items == NULL)
        return consumer_step_fail(u->step);
    for (size_t i = 0; i < count; i++) {
        const struct classic_protocol *p = &from->protocols->items[i];
        items[i] = (struct member_protocol){{p->name->text, p->name->len}, p->metadata};
    }
    to->classic_protocols = items;
    to->classic_protocol_count = count;
    return true;
}

/* NULL: there is no memory. */
static struct consumer_target *create_target(struct partition_set set)
{
    struct consumer_target *target = calloc(1, sizeof *target + set.count * sizeof *target->items);
    if (target == NULL)
        return NULL;
    if (set.count != 0)
        memcpy(target->items, set.items, set.count * sizeof *target->items);
    target->set = (struct partition_set){target->items, set.count};
    return target;
}

/* It becomes part of the draft. */
static bool put_member(struct upgrade *u, const struct consumer_member *member)
{
    struct consumer_step *s = u->step;
    struct consumer_member *copy = consumer_member_create(member);
    struct consumer_target *target = create_target(member->assigned);
    struct consumer_slot *slot = copy != NULL && target != NULL ? consumer_demand_slot(s->m, s->g, member->id) : NULL;
    if (slot == NULL) {
        consumer_member_release(copy);
        free(target);
        return consumer_step_fail(s);
    }
    if (consumer_set_target(s->m, slot, target, NULL) != KW_OK) {
        consumer_member_release(copy);
        return consumer_step_fail(s);
    }
    return consumer_set_member(s->m, slot, copy, NULL) == KW_OK || consumer_step_fail(s);
}

static bool convert_member(struct upgrade *u, const struct classic_member *from)
{
    struct consumer_member member = consumer_member_new(classic_member_id(from));
    member.epoch = member.previous_epoch = u->classic->generation;
    member.instance_id = from->instance_id;
    member.client_id = from->client_id;
    member.client_host = from->client_host;
    member.rebalance_timeout_ms = from->rebalance_timeout_ms;
    member.is_classic = true;
    member.classic_session_timeout_ms = from->session_timeout_ms;
    return read_assignment(u, from, &member) && read_subscription(u, from, &member) &&
           list_protocols(u, from, &member) && put_member(u, &member);
}

/* ---- the group ---- */

static bool set_epochs(struct upgrade *u)
{
    struct consumer_group *g = u->step->g;
    const struct subscription_change nothing = {.without = NULL};
    g->epochs.epoch = g->epochs.target_epoch = u->classic->generation;
    return consumer_topics_hash(u->step->d, g, &nothing, u->arena, &g->epochs.metadata_hash) ||
           consumer_step_fail(u->step);
}

static void write_group(struct upgrade *u, struct group *group)
{
    const struct consumer_group *g = u->step->g;
    struct record_out *out = &u->step->d->records;
    group_kind_of(GROUP_CLASSIC)->remove(u->step->m, u->step->d, group);
    for (const struct consumer_slot *slot = consumer_first(g); slot != NULL; slot = consumer_next(slot))
        consumer_records_add_member(out, g->id, slot->member);
    consumer_records_add_epoch(out, g->id, g->epochs.epoch, g->epochs.metadata_hash);
    for (const struct consumer_slot *slot = consumer_first(g); slot != NULL; slot = consumer_next(slot))
        consumer_records_add_target(out, g->id, slot->id, consumer_target_of(slot));
    consumer_records_add_target_epoch(out, g->id, g->epochs.target_epoch, g->epochs.target_time);
    for (const struct consumer_slot *slot = consumer_first(g); slot != NULL; slot = consumer_next(slot))
        consumer_records_add_assignment(out, g->id, slot->member);
}

bool consumer_upgrade(struct consumer_step *step, struct group *group)
{
    struct upgrade u = {step, group->state.classic, step->d->records.arena};
    if (!check(&u))
        return false;
    step->g = consumer_create(step->m, group);
    if (step->g == NULL)
        return consumer_step_fail(step);
    step->g->is_draft = true;
    for (const struct classic_member *member = u.classic->first; member != NULL; member = member->next)
        if (!convert_member(&u, member))
            return false;
    if (!set_epochs(&u))
        return false;
    write_group(&u, group);
    return true;
}

/* ---- the end ---- */

static void let_go(struct classic_group *classic)
{
    classic_forget_assignments(classic);
    for (struct classic_member *member = classic->first; member != NULL; member = member->next) {
        classic_forget_replacements(member);
        classic_fail_join(member, KW_ERROR_REBALANCE_IN_PROGRESS, true);
        classic_fail_sync(member, KW_ERROR_REBALANCE_IN_PROGRESS);
    }
}

void consumer_upgrade_end(struct consumer_step *step, struct classic_group *classic, bool is_done)
{
    if (step->g != NULL)
        consumer_destroy(step->m, step->g);
    step->g = NULL;
    if (is_done && step->d->records.status == KW_OK)
        let_go(classic);
}
