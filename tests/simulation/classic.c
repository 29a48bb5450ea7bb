/* SPDX-License-Identifier: Apache-2.0 */
/* Members that use JoinGroup, SyncGroup and Heartbeat. */
#include <stdlib.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/heartbeat_request.h>
#include <kwire/messages/heartbeat_response.h>
#include <kwire/messages/join_group_request.h>
#include <kwire/messages/join_group_response.h>
#include <kwire/messages/leave_group_request.h>
#include <kwire/messages/leave_group_response.h>
#include <kwire/messages/sync_group_request.h>
#include <kwire/messages/sync_group_response.h>

#include "member.h"
#include "subscription.h"
#include "topics.h"

enum { TIMEOUT_MS = 30000, HEARTBEAT_MS = 2000, MOST_MEMBERS = 64, JOIN_EXTRA_MS = 5000 };

static const char *const assignor_names[] = {"range", "roundrobin", "cooperative-sticky"};

static bool is_cooperative(const struct member *m)
{
    return m->group->assignor == COOPERATIVE;
}

static bool is_static(const struct member *m)
{
    return m->instance[0] != '\0';
}

static void copy_id(char to[MEMBER_ID], kw_string id)
{
    CHECK(id.len >= 0 && id.len < MEMBER_ID, "a member id of %d bytes", id.len);
    memcpy(to, id.data, (size_t)id.len);
    to[id.len] = '\0';
}

/* What it had belongs to others. */
static void be_lost(struct member *m, bool keeps_id)
{
    note("%s/%zu has lost its partitions", m->group->name, m->number);
    member_own(m, 0, false);
    m->state = OUT;
    if (!keeps_id)
        m->id[0] = '\0';
}

/* ---- join ---- */

static void ask_join(struct member *m)
{
    static uint8_t bytes[SUBSCRIPTION_SIZE];
    kw_join_group_request request;
    kw_join_group_request_protocol protocol;
    if (!is_cooperative(m))
        member_own(m, 0, false);
    else if (m->dropped != 0)
        member_own(m, m->owned & ~m->dropped, true);
    const struct candidate self = {.topics = m->group->topics, .owned = m->owned, .generation = m->owned_generation};
    kw_join_group_request_init(&request);
    kw_join_group_request_protocol_init(&protocol);
    protocol.name = kw_string_of(assignor_names[m->group->assignor]);
    protocol.metadata = subscription_write(bytes, is_cooperative(m) ? 3 : (int16_t)pick(4), &self);
    request.group_id = kw_string_of(m->group->name);
    request.session_timeout_ms = m->group->session_ms;
    request.rebalance_timeout_ms = m->group->rebalance_ms;
    request.member_id = kw_string_of(m->id);
    request.group_instance_id = member_instance(m);
    request.protocol_type = kw_string_of("consumer");
    request.protocols.items = &protocol;
    request.protocols.len = 1;
    request.reason = kw_string_of("simulated");
    m->state = OUT;
    m->must_rejoin = false;
    /* A static leader that returns does not lead any more before 9: nobody would notice new partitions. */
    int16_t version = (int16_t)(is_static(m) ? 9 : one_in(20) ? pick_from(1, 3) : pick_from(4, 9));
    asker_ask(&m->coordinator, KW_KEY_JOIN_GROUP, version, &request, m->group->rebalance_ms + JOIN_EXTRA_MS);
}

static int compare_members(const void *a, const void *b)
{
    return strcmp(((const struct planned *)a)->id, ((const struct planned *)b)->id);
}

/* The leader decides for all. */
static void plan(struct member *m, const kw_join_group_response *r)
{
    struct candidate candidates[MOST_MEMBERS];
    size_t count = (size_t)r->members.len;
    CHECK(count > 0 && count <= MOST_MEMBERS, "a leader of %zu members", count);
    free(m->plan);
    m->plan = calloc(count, sizeof *m->plan);
    if (m->plan == NULL)
        abort();
    m->plan_size = count;
    for (size_t i = 0; i < count; i++)
        copy_id(m->plan[i].id, r->members.items[i].member_id);
    qsort(m->plan, count, sizeof *m->plan, compare_members);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (kw_string_equal(r->members.items[i].member_id, kw_string_of(m->plan[j].id)))
                subscription_read(r->members.items[i].metadata, &candidates[j]);
    assign(m->group->assignor, candidates, count);
    for (size_t i = 0; i < count; i++)
        m->plan[i].partitions = candidates[i].assigned;
    m->group->planned_for = partitions_of_topics(m->group->topics);
}

static void take_generation(struct member *m, const kw_join_group_response *r)
{
    copy_id(m->id, r->member_id);
    m->epoch = r->generation_id;
    m->state = JOINED;
    m->is_leader = kw_string_equal(r->leader, r->member_id);
    m->plan_size = 0;
    CHECK(r->protocol_name.len < 0 ||
              kw_string_equal(r->protocol_name, kw_string_of(assignor_names[m->group->assignor])),
          "%s has a protocol that nobody has offered", m->group->name);
    if (m->is_leader && !r->skip_assignment)
        plan(m, r);
}

static void take_join(struct member *m, const kw_join_group_response *r)
{
    switch (r->error_code) {
    case KW_ERROR_NONE:
        take_generation(m, r);
        break;
    case KW_ERROR_MEMBER_ID_REQUIRED:
        copy_id(m->id, r->member_id);
        break;
    case KW_ERROR_UNKNOWN_MEMBER_ID:
    case KW_ERROR_FENCED_INSTANCE_ID:
        be_lost(m, false);
        member_wait(m, pick_from(0, 200));
        break;
    default:
        CHECK(is_about_coordinator(r->error_code) || r->error_code == KW_ERROR_REBALANCE_IN_PROGRESS,
              "a JoinGroup of %s/%zu is answered with error %d", m->group->name, m->number, r->error_code);
        member_wait(m, pick_from(50, 300));
    }
}

/* ---- sync ---- */

static void ask_sync(struct member *m)
{
    static uint8_t bytes[MOST_MEMBERS][SUBSCRIPTION_SIZE];
    kw_sync_group_request request;
    kw_sync_group_request_assignment assignments[MOST_MEMBERS];
    kw_sync_group_request_init(&request);
    request.group_id = kw_string_of(m->group->name);
    request.generation_id = m->epoch;
    request.member_id = kw_string_of(m->id);
    request.group_instance_id = member_instance(m);
    request.protocol_type = kw_string_of("consumer");
    request.protocol_name = kw_string_of(assignor_names[m->group->assignor]);
    request.assignments.items = assignments;
    request.assignments.len = (int32_t)m->plan_size;
    for (size_t i = 0; i < m->plan_size; i++) {
        kw_sync_group_request_assignment_init(&assignments[i]);
        assignments[i].member_id = kw_string_of(m->plan[i].id);
        assignments[i].assignment = assignment_write(bytes[i], m->plan[i].partitions);
    }
    asker_ask(&m->coordinator, KW_KEY_SYNC_GROUP, (int16_t)pick_from(is_static(m) ? 3 : 0, 5), &request,
              m->group->rebalance_ms + JOIN_EXTRA_MS);
}

/* A position is right only if nobody had the partition in between. */
static void take_assignment(struct member *m, kw_bytes bytes)
{
    uint64_t set = assignment_read(bytes);
    CHECK((set & ~possible_partitions_of_topics(m->group->topics)) == 0,
          "%s/%zu gets partitions that it has not asked for", m->group->name, m->number);
    judge_assigned(m->group->number, m->epoch, set, is_static(m) ? m->instance : m->id);
    bool keeps = m->epoch == m->owned_generation || m->epoch == m->owned_generation + 1;
    uint64_t lost = m->owned & ~set;
    member_own(m, keeps ? set | lost : set, keeps);
    m->dropped = keeps ? lost : 0;
    m->must_rejoin = lost != 0; /* so that others can have it */
    m->owned_generation = m->epoch;
    m->state = STABLE;
    m->next_heartbeat = world.now + HEARTBEAT_MS;
    note("%s/%zu has %016llx in generation %d", m->group->name, m->number, (unsigned long long)set, m->epoch);
}

static void take_error(struct member *m, const char *what, int16_t error)
{
    switch (error) {
    case KW_ERROR_REBALANCE_IN_PROGRESS:
        if (m->state == JOINED)
            m->state = OUT;
        m->must_rejoin = true;
        break;
    case KW_ERROR_UNKNOWN_MEMBER_ID:
    case KW_ERROR_FENCED_INSTANCE_ID:
    case KW_ERROR_GROUP_ID_NOT_FOUND:
        be_lost(m, false);
        break;
    case KW_ERROR_ILLEGAL_GENERATION:
        be_lost(m, true);
        break;
    default:
        CHECK(is_about_coordinator(error), "%s of %s/%zu is answered with error %d", what, m->group->name, m->number,
              error);
        member_wait(m, pick_from(50, 300));
    }
}

static void take_sync(struct member *m, const kw_sync_group_response *r)
{
    if (r->error_code == KW_ERROR_NONE)
        take_assignment(m, r->assignment);
    else
        take_error(m, "a SyncGroup", r->error_code);
}

/* ---- heartbeat, leave ---- */

static void ask_heartbeat(struct member *m)
{
    kw_heartbeat_request request;
    kw_heartbeat_request_init(&request);
    request.group_id = kw_string_of(m->group->name);
    request.generation_id = m->epoch;
    request.member_id = kw_string_of(m->id);
    request.group_instance_id = member_instance(m);
    m->next_heartbeat = world.now + HEARTBEAT_MS;
    asker_ask(&m->coordinator, KW_KEY_HEARTBEAT, (int16_t)pick_from(is_static(m) ? 3 : 0, 4), &request, TIMEOUT_MS);
}

static void take_heartbeat(struct member *m, const kw_heartbeat_response *r)
{
    if (r->error_code != KW_ERROR_NONE)
        take_error(m, "a Heartbeat", r->error_code);
}

static void ask_leave(struct member *m)
{
    kw_leave_group_request request;
    kw_leave_group_request_member_identity self;
    kw_leave_group_request_init(&request);
    kw_leave_group_request_member_identity_init(&self);
    request.group_id = kw_string_of(m->group->name);
    request.member_id = self.member_id = kw_string_of(m->id);
    self.group_instance_id = member_instance(m);
    request.members.items = &self;
    request.members.len = 1;
    int16_t version = (int16_t)pick_from(is_static(m) ? 3 : 0, 5);
    if (version < 3)
        request.members.len = 0;
    else
        request.member_id = kw_string_of("");
    asker_ask(&m->coordinator, KW_KEY_LEAVE_GROUP, version, &request, TIMEOUT_MS);
}

static void take_leave(struct member *m, const kw_leave_group_response *r)
{
    int16_t error = r->error_code;
    if (error == KW_ERROR_NONE && m->coordinator.version >= 3) {
        CHECK(r->members.len == 1, "one member leaves, %d are answered", r->members.len);
        error = r->members.items[0].error_code;
    }
    if (is_about_coordinator(error)) {
        member_wait(m, pick_from(50, 300));
        return;
    }
    CHECK(error == KW_ERROR_NONE || error == KW_ERROR_UNKNOWN_MEMBER_ID || error == KW_ERROR_FENCED_INSTANCE_ID,
          "a LeaveGroup of %s/%zu is answered with error %d", m->group->name, m->number, error);
    member_has_left(m);
}

/* ---- what is due ---- */

static bool commits_first(struct member *m)
{
    if (m->state != STABLE || member_dirty(m) == 0 || world.now < m->next_commit)
        return false;
    member_commit(m, member_dirty(m));
    return true;
}

static bool leave(struct member *m)
{
    if (commits_first(m))
        return true;
    if (m->id[0] == '\0' || (is_static(m) && !m->leaves_for_good))
        member_die(m);
    else
        ask_leave(m);
    return true;
}

static bool ask(struct member *m, int64_t *at)
{
    if (m->is_leaving)
        return leave(m);
    if (m->state == OUT) {
        ask_join(m);
    } else if (m->state == JOINED) {
        ask_sync(m);
    } else if (m->must_rejoin || (m->is_leader && m->group->planned_for != partitions_of_topics(m->group->topics))) {
        if (!commits_first(m))
            ask_join(m);
    } else if (world.now >= m->next_heartbeat) {
        ask_heartbeat(m);
    } else {
        *at = m->next_heartbeat;
        return false;
    }
    return true;
}

static void answered(struct member *m, const void *response)
{
    switch (m->coordinator.key) {
    case KW_KEY_JOIN_GROUP:
        take_join(m, response);
        break;
    case KW_KEY_SYNC_GROUP:
        take_sync(m, response);
        break;
    case KW_KEY_HEARTBEAT:
        take_heartbeat(m, response);
        break;
    default:
        take_leave(m, response);
    }
}

/* Nothing is known of what was asked; it is asked again. */
static void failed(struct member *m)
{
    m->next_heartbeat = 0;
}

static void refused(struct member *m, int16_t error)
{
    take_error(m, "an offset request", error);
}

static bool may_read(const struct member *m)
{
    return m->state == STABLE;
}

const struct protocol classic_members = {ask, answered, failed, refused, may_read};
