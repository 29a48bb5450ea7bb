/* SPDX-License-Identifier: Apache-2.0 */
#include "classic_static.h"

#include <stdlib.h>

#include <kwire/error.h>

#include "../group_errors.h"

enum { FIRST_VERSION_THAT_SKIPS = 9 };

/* A new id on its way to the log, in a group that need not be rebalanced. Like classic_assignments it is an event of
 * its own. */
struct classic_replacement {
    struct coordinator_event event;    /* the first member */
    struct classic_member *member;     /* NULL: it has been removed */
    struct classic_replacement *older; /* of the same member, not written either */
    char *old_id;
    int32_t old_id_len;
    struct classic_wait wait;
};

static struct classic_replacement *of_event(struct coordinator_event *event)
{
    return (struct classic_replacement *)(void *)event;
}

void classic_forget_replacements(struct classic_member *member)
{
    for (struct classic_replacement *r = member->replacement; r != NULL; r = r->older)
        r->member = NULL;
    member->replacement = NULL;
}

static struct classic_replacement **link_of(struct classic_replacement *r)
{
    struct classic_replacement **link = &r->member->replacement;
    while (*link != r)
        link = &(*link)->older;
    return link;
}

/* ---- while it is written ---- */

static void write_replacement(struct coordinator_event *event, struct coordinator_decision *d)
{
    const struct classic_replacement *r = of_event(event);
    if (r->member != NULL && r->member->group->state == CLASSIC_STABLE)
        classic_write(d, r->member->group, NULL);
}

static void swap_ids(struct classic_replacement *a, struct classic_replacement *b)
{
    char *id = a->old_id;
    int32_t len = a->old_id_len;
    a->old_id = b->old_id;
    a->old_id_len = b->old_id_len;
    b->old_id = id;
    b->old_id_len = len;
}

/* One that came later on top of this fails as well, and is to go back to where this one started. */
static void fail_replacement(struct coordinator_event *event, void *state, int16_t error)
{
    struct classic_replacement *r = of_event(event);
    if (r->member == NULL || error == KW_ERROR_REQUEST_TIMED_OUT) /* it may still be written */
        return;
    struct classic_member *member = r->member;
    struct classic_moment at = classic_moment_after(state);
    if (member->replacement != r) {
        struct classic_replacement *later = member->replacement;
        while (later->older != r)
            later = later->older;
        swap_ids(r, later);
        return;
    }
    int32_t len = member->id_len;
    r->old_id = classic_rename(member, r->old_id, r->old_id_len);
    r->old_id_len = len;
    classic_touch(&at, member, member->session_timeout_ms);
}

static int16_t error_of(const struct classic_replacement *r, int16_t error)
{
    if (error != KW_ERROR_NONE)
        return group_error_of(error);
    return r->member != NULL ? KW_ERROR_NONE : KW_ERROR_UNKNOWN_MEMBER_ID;
}

static void end_replacement(struct coordinator_event *event, int16_t error)
{
    struct classic_replacement *r = of_event(event);
    r->wait.answer->error = error_of(r, error);
    if (r->wait.answer->error != KW_ERROR_NONE)
        r->wait.answer->member_id.len = 0;
    classic_wait_end(&r->wait);
    if (r->member != NULL)
        *link_of(r) = r->older;
    free(r->old_id);
    free(r);
}

/* ---- the request ---- */

/* Who is named as leader and who gets the members. Before version 9 the client would lead if it were named; what is
 * named instead is the id that it had. */
static bool fill_answer(struct classic_answer *answer, const struct classic_member *member, int16_t version,
                        kw_string old_id)
{
    const struct classic_group *group = member->group;
    bool is_leader = member == group->leader;
    bool skips = is_leader && version >= FIRST_VERSION_THAT_SKIPS;
    answer->generation =
        classic_generation_create(group->generation, classic_protocol_type(group), classic_protocol(group),
                                  is_leader && !skips ? old_id : classic_leader(group));
    answer->roster = skips ? classic_roster_create() : NULL;
    answer->skips_assignment = skips;
    return answer->generation != NULL &&
           (!skips ||
            (answer->roster != NULL && classic_list_members(group, &answer->roster->arena, &answer->roster->members)));
}

static void submit(const struct classic_moment *at, struct classic_member *member, struct classic_replacement *r)
{
    r->event.decide = write_replacement;
    r->event.failed = fail_replacement;
    r->event.complete = end_replacement;
    r->event.executor = at->shard->options.home;
    r->member = member;
    r->older = member->replacement;
    member->replacement = r;
    (void)coordinator_submit(at->shard, &r->event);
}

static bool allocate(struct classic_replacement **r, char **id, struct classic_protocols **protocols,
                     struct classic_group *group, kw_string new_id, const struct join_request *in)
{
    *r = calloc(1, sizeof **r);
    *id = classic_copy_id(new_id);
    *protocols = classic_protocols_create(group, &in->message->protocols);
    if (*r != NULL && *id != NULL && *protocols != NULL && classic_wait_create(&(*r)->wait, new_id))
        return true;
    free(*r);
    free(*id);
    classic_protocols_free(group, *protocols);
    return false;
}

static void take_place(struct classic_member *member, const struct join_request *in)
{
    member->rebalance_timeout_ms = in->message->rebalance_timeout_ms;
    member->session_timeout_ms = in->message->session_timeout_ms;
}

void classic_replace_static(const struct classic_moment *at, struct classic_member *member, kw_string new_id,
                            const struct join_request *in, struct join_result *out)
{
    struct classic_group *group = member->group;
    struct classic_replacement *r;
    struct classic_protocols *protocols;
    char *id;
    int32_t old_len = member->id_len;
    if (!allocate(&r, &id, &protocols, group, new_id, in)) {
        record_out_fail(&at->decision->records, KW_ERR_NO_MEMORY);
        return;
    }
    struct classic_protocols *old_protocols = classic_set_protocols(member, protocols);
    char *old_id = classic_rename(member, id, new_id.len);
    bool is_kept = group->state == CLASSIC_STABLE && classic_select_protocol(group) == group->protocol;
    if (is_kept && !fill_answer(r->wait.answer, member, in->version, (kw_string){old_id, old_len})) {
        free(classic_rename(member, old_id, old_len));
        classic_protocols_free(group, classic_set_protocols(member, old_protocols));
        classic_wait_cancel(&r->wait);
        free(r);
        record_out_fail(&at->decision->records, KW_ERR_NO_MEMORY);
        return;
    }
    classic_protocols_free(group, old_protocols);
    out->waiter = r->wait.waiter;
    take_place(member, in);
    classic_fail_join(member, KW_ERROR_FENCED_INSTANCE_ID, true);
    classic_fail_sync(member, KW_ERROR_FENCED_INSTANCE_ID);
    classic_touch(at, member, member->session_timeout_ms);
    if (is_kept) {
        r->old_id = old_id;
        r->old_id_len = old_len;
        submit(at, member, r);
        return;
    }
    classic_set_join(member, r->wait);
    free(old_id);
    free(r);
    classic_rebalance(at, group);
}
