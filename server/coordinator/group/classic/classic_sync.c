/* SPDX-License-Identifier: Apache-2.0 */
#include "classic_sync.h"

#include <stdlib.h>

#include <kwire/error.h>

#include "../../../base/growth.h"
#include "../consumer/consumer_classic.h"
#include "../group_errors.h"
#include "classic_rebalance.h"

/* Assignments on their way to the log, as an event of its own: it is completed whatever becomes of the leader's
 * connection. While they are a group's, neither its members nor its state have changed. */
struct classic_assignments {
    struct coordinator_event event; /* the first member */
    struct group_machine *machine;
    struct classic_group *group; /* NULL: they do not matter any more */
    size_t count;
    struct shared_bytes *items[]; /* of the members in their order */
};

static struct classic_assignments *of_event(struct coordinator_event *event)
{
    return (struct classic_assignments *)(void *)event;
}

static void free_assignments(struct classic_assignments *a)
{
    for (size_t i = 0; i < a->count; i++)
        shared_bytes_release(a->items[i]);
    free(a);
}

void classic_forget_assignments(struct classic_group *group)
{
    if (group->assignments != NULL)
        group->assignments->group = NULL;
    group->assignments = NULL;
}

/* ---- while they are written ---- */

static void write_assignments(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct classic_assignments *a = of_event(event);
    if (a->group != NULL)
        classic_write(d, a->group, a->items);
}

static void fail_assignments(struct coordinator_event *event, void *state, int16_t error)
{
    struct classic_assignments *a = of_event(event);
    struct classic_group *group = a->group;
    if (group == NULL)
        return;
    struct classic_moment at = classic_moment_after(state);
    classic_fail_syncs(&at, group, group_error_of(error));
    classic_prepare_rebalance(&at, group);
}

static void set_assignments(struct classic_assignments *a)
{
    struct classic_moment at = classic_moment_after(a->machine);
    struct classic_group *group = a->group;
    size_t i = 0;
    classic_forget_assignments(group);
    for (struct classic_member *member = group->first; member != NULL; member = member->next, i++) {
        classic_set_assignment(member, shared_bytes_share(a->items[i]));
        if (member->sync.waiter == NULL)
            continue;
        classic_end_sync(member);
        classic_touch(&at, member, member->session_timeout_ms);
    }
    classic_set_state(group, CLASSIC_STABLE, at.now);
}

static void end_assignments(struct coordinator_event *event, int16_t error)
{
    struct classic_assignments *a = of_event(event);
    if (a->group != NULL && error == KW_ERROR_NONE)
        set_assignments(a);
    else if (a->group != NULL) /* it was not even decided */
        classic_forget_assignments(a->group);
    free_assignments(a);
}

/* ---- what the leader says ---- */

/* Members are found by their index. */
static void number_members(struct classic_group *group)
{
    size_t i = 0;
    for (struct classic_member *member = group->first; member != NULL; member = member->next)
        member->index = i++;
}

/* Of several for the same member the last one counts. False: there is no memory. */
static bool take_assignments(struct classic_assignments *a, struct classic_group *group,
                             const kw_sync_group_request *message)
{
    number_members(group);
    for (int32_t i = 0; i < message->assignments.len; i++) {
        const kw_sync_group_request_assignment *from = &message->assignments.items[i];
        const struct classic_member *member = classic_find(group, from->member_id);
        if (member == NULL)
            continue;
        shared_bytes_release(a->items[member->index]);
        if (!shared_bytes_copy(from->assignment, &a->items[member->index]))
            return false;
    }
    return true;
}

static struct classic_assignments *create_assignments(struct classic_group *group, const kw_sync_group_request *message)
{
    size_t count = classic_member_count(group);
    struct classic_assignments *a = calloc(1, sizeof *a + count * sizeof *a->items);
    if (a == NULL)
        return NULL;
    a->count = count;
    a->event.decide = write_assignments;
    a->event.failed = fail_assignments;
    a->event.complete = end_assignments;
    if (take_assignments(a, group, message))
        return a;
    free_assignments(a);
    return NULL;
}

/* The event is decided after this one, so it is never completed here. */
static void submit(struct coordinator_decision *d, struct classic_group *group, struct classic_assignments *a)
{
    a->machine = d->state;
    a->group = group;
    a->event.executor = d->shard->options.home;
    group->assignments = a;
    (void)coordinator_submit(d->shard, &a->event);
}

/* ---- the request ---- */

static bool differs(kw_string said, kw_string is)
{
    return said.len >= 0 && is.len >= 0 && !kw_string_equal(said, is);
}

static int16_t check(const struct classic_group *group, const kw_sync_group_request *message)
{
    int16_t error = classic_validate(group, message->member_id, message->group_instance_id);
    if (error != KW_ERROR_NONE)
        return error;
    if (message->generation_id != group->generation)
        return KW_ERROR_ILLEGAL_GENERATION;
    if (differs(message->protocol_type, classic_protocol_type(group)) ||
        differs(message->protocol_name, classic_protocol(group)))
        return KW_ERROR_INCONSISTENT_GROUP_PROTOCOL;
    return group->state == CLASSIC_PREPARING_REBALANCE ? KW_ERROR_REBALANCE_IN_PROGRESS : KW_ERROR_NONE;
}

static void stop_awaiting(struct classic_member *member)
{
    classic_await(member, false);
    if (member->group->awaited == 0)
        coordinator_timer_stop(&member->group->sync_timer);
}

static bool respond(kw_string protocol_type, kw_string protocol, kw_bytes assignment, kw_arena *arena,
                    kw_sync_group_response *response)
{
    kw_string copy;
    if (!arena_put_string(arena, protocol_type, &response->protocol_type) ||
        !arena_put_string(arena, protocol, &response->protocol_name) ||
        !arena_put_string(arena, kw_string_of_bytes(assignment), &copy))
        return false;
    response->assignment = kw_bytes_of_string(copy);
    return true;
}

bool classic_sync_respond(const struct classic_answer *answer, kw_arena *arena, kw_sync_group_response *response)
{
    response->error_code = answer->error;
    return answer->error != KW_ERROR_NONE || respond(answer->generation->protocol_type, answer->generation->protocol,
                                                     shared_bytes_view(answer->assignment), arena, response);
}

static void answer(struct coordinator_decision *d, struct classic_member *member, const struct sync_request *in,
                   struct sync_result *out)
{
    const struct classic_group *group = member->group;
    if (respond(classic_protocol_type(group), classic_protocol(group), shared_bytes_view(member->assignment), in->arena,
                out->response))
        stop_awaiting(member);
    else
        record_out_fail(&d->records, KW_ERR_NO_MEMORY);
}

static void wait(struct coordinator_decision *d, struct classic_member *member, const struct sync_request *in,
                 struct sync_result *out)
{
    struct classic_group *group = member->group;
    struct classic_wait wait = {NULL, NULL};
    struct classic_assignments *a = NULL;
    bool decides = member == group->leader && group->assignments == NULL; /* the first ones count */
    if ((decides && (a = create_assignments(group, in->message)) == NULL) ||
        !classic_wait_create(&wait, (kw_string){NULL, 0})) {
        if (a != NULL)
            free_assignments(a);
        record_out_fail(&d->records, KW_ERR_NO_MEMORY);
        return;
    }
    out->waiter = wait.waiter;
    classic_set_sync(member, wait);
    stop_awaiting(member);
    if (a != NULL)
        submit(d, group, a);
}

void group_sync(struct coordinator_decision *d, const struct sync_request *in, struct sync_result *out)
{
    const struct group *group = group_find(d->state, in->message->group_id);
    if (group != NULL && group->type == GROUP_CONSUMER) {
        consumer_sync(d, group->state.consumer, in, out);
        return;
    }
    struct classic_group *classic = group != NULL && group->type == GROUP_CLASSIC ? group->state.classic : NULL;
    if (classic == NULL || classic->state == CLASSIC_EMPTY) {
        out->response->error_code = KW_ERROR_UNKNOWN_MEMBER_ID;
        return;
    }
    out->response->error_code = check(classic, in->message);
    if (out->response->error_code != KW_ERROR_NONE)
        return;
    struct classic_member *member = classic_find(classic, in->message->member_id);
    if (classic->state == CLASSIC_STABLE)
        answer(d, member, in, out);
    else
        wait(d, member, in, out);
}
