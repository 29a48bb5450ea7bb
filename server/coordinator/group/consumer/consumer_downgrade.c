/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_downgrade.h"

#include <stdlib.h>

#include <kwire/error.h>

#include "../classic/classic_rebalance.h"
#include "../classic/client_partitions.h"
#include "consumer_records.h"

/* ---- whether ---- */

bool consumer_may_downgrade(const struct group_machine *m, const struct consumer_downgrade *change)
{
    size_t members = change->g->member_count - change->left_count, classic = change->g->classic_count;
    for (size_t i = 0; i < change->left_count; i++)
        classic -= change->left[i]->member->is_classic;
    if (change->replaced != NULL && change->replaced->member->is_classic)
        return false;
    return members != 0 && classic + (change->replaced != NULL) == members && m->settings.consumer.allows_downgrade &&
           members <= (size_t)m->settings.classic_max_size;
}

/* ---- members ---- */

struct converting {
    struct coordinator_decision *d;
    const struct consumer_downgrade *change;
    struct classic_group *classic;
    const struct consumer_slot **left; /* sorted by address */
};

static int compare_slots(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t) * (const struct consumer_slot *const *)a;
    uintptr_t y = (uintptr_t) * (const struct consumer_slot *const *)b;
    return (x > y) - (x < y);
}

static bool sort_left(struct converting *c)
{
    size_t count = c->change->left_count;
    c->left = kw_arena_array(c->d->records.arena, count + 1, sizeof(const struct consumer_slot *));
    if (c->left == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        c->left[i] = c->change->left[i];
    if (count > 1)
        qsort(c->left, count, sizeof(const struct consumer_slot *), compare_slots);
    return true;
}

static bool has_left(const struct converting *c, const struct consumer_slot *slot)
{
    return bsearch(&slot, c->left, c->change->left_count, sizeof slot, compare_slots) != NULL;
}

static struct classic_protocols *list_protocols(struct converting *c, const struct consumer_member *from)
{
    size_t count = from->classic_protocol_count;
    kw_join_group_request_protocol *items = kw_arena_array(c->d->records.arena, count + 1, sizeof *items);
    if (items == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        items[i] = (kw_join_group_request_protocol){.name = from->classic_protocols[i].name,
                                                    .metadata = from->classic_protocols[i].metadata};
    const kw_join_group_request_protocol_array list = {items, (int32_t)count};
    return classic_protocols_create(c->classic, &list);
}

static bool add_member(struct converting *c, const struct consumer_member *from)
{
    const struct classic_member_texts texts = {from->id, from->instance_id, from->client_id, from->client_host};
    struct classic_member *member = classic_member_create(&texts);
    if (member == NULL || !classic_prepare(c->classic, kw_string_of(CONSUMER_PROTOCOL_TYPE)) ||
        (member->protocols = list_protocols(c, from)) == NULL) {
        classic_member_free(member);
        return false;
    }
    member->rebalance_timeout_ms = from->rebalance_timeout_ms;
    member->session_timeout_ms = from->classic_session_timeout_ms;
    classic_add(c->classic, member);
    return true;
}

static bool add_members(struct converting *c)
{
    const struct consumer_downgrade *change = c->change;
    for (const struct consumer_slot *slot = consumer_first(change->g); slot != NULL; slot = consumer_next(slot))
        if (slot != change->replaced && !has_left(c, slot) && !add_member(c, slot->member))
            return false;
    return change->joining == NULL || add_member(c, change->joining);
}

/* ---- assignments ---- */

/* What each is to have. Who takes a place is to have what was to be had there. */
static bool assign(struct converting *c, struct classic_member *member)
{
    const struct consumer_downgrade *change = c->change;
    bool is_joining = change->joining != NULL && kw_string_equal(classic_member_id(member), change->joining->id);
    const struct consumer_slot *slot =
        is_joining ? change->replaced : consumer_find_slot(change->g, classic_member_id(member));
    struct shared_bytes *assignment;
    kw_bytes bytes;
    if (client_partitions_encode(c->d->image, consumer_target_of(slot), classic_metadata(member, c->classic->protocol),
                                 c->d->records.arena, &bytes) != KW_OK ||
        !shared_bytes_copy(bytes, &assignment))
        return false;
    classic_set_assignment(member, assignment);
    return true;
}

static bool fill(struct converting *c)
{
    struct classic_group *classic = c->classic;
    if (!sort_left(c) || !add_members(c))
        return false;
    classic_set_protocol(classic, classic_select_protocol(classic));
    classic_compute_topics(classic);
    for (struct classic_member *member = classic->first; member != NULL; member = member->next)
        if (!assign(c, member))
            return false;
    classic->generation = c->change->g->epochs.epoch;
    classic->state = CLASSIC_STABLE;
    classic->state_since = c->d->now;
    return true;
}

/* ---- all of it ---- */

static void start(struct converting *c)
{
    struct classic_moment at = classic_moment_of(c->d);
    for (struct classic_member *member = c->classic->first; member != NULL; member = member->next)
        classic_touch(&at, member, member->session_timeout_ms);
    if (c->change->rebalance)
        classic_prepare_rebalance(&at, c->classic);
}

static bool fail(struct converting *c)
{
    if (c->classic != NULL)
        classic_group_free(c->classic, KW_ERROR_NOT_COORDINATOR);
    record_out_fail(&c->d->records, KW_ERR_NO_MEMORY);
    return false;
}

bool consumer_downgrade(struct coordinator_decision *d, const struct consumer_downgrade *change)
{
    struct group_machine *m = d->state;
    struct group *group = change->g->group;
    struct converting c = {.d = d, .change = change, .classic = classic_group_create(group->id, m->budget)};
    if (c.classic == NULL || !fill(&c))
        return fail(&c);
    consumer_records_remove_group(&d->records, change->g, change->replaced,
                                  change->joining != NULL ? change->joining->id : (kw_string){NULL, -1});
    classic_write(d, c.classic, NULL);
    if (d->records.status != KW_OK || group_become(m, group, GROUP_CLASSIC, c.classic, &d->undo) != KW_OK)
        return fail(&c);
    start(&c);
    return true;
}
