/* SPDX-License-Identifier: Apache-2.0 */
#include "inspector.h"

#include <inttypes.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/consumer_group_describe_request.h>
#include <kwire/messages/consumer_group_describe_response.h>
#include <kwire/messages/describe_groups_request.h>
#include <kwire/messages/describe_groups_response.h>
#include <kwire/messages/share_group_describe_request.h>
#include <kwire/messages/share_group_describe_response.h>

#include "control.h"
#include "subscription.h"
#include "topics.h"

enum { QUIET_MS = 1000, MOST_DESCRIBED = 64 };

struct inspection {
    const struct group *group;
    const struct member *members;
    size_t count;
    int64_t asked_at;
    uint64_t owned[MOST_DESCRIBED]; /* by the members, when it was asked */
    struct described is;
};

/* ---- consumer groups ---- */

static uint64_t partitions_of(const kw_consumer_group_describe_response_assignment *assignment)
{
    uint64_t set = 0;
    for (int32_t i = 0; i < assignment->topic_partitions.len; i++) {
        const kw_consumer_group_describe_response_topic_partitions *topic = &assignment->topic_partitions.items[i];
        for (int32_t j = 0; j < topic->partitions.len; j++)
            set |= bit(partition_of(topic_by_id(topic->topic_id), topic->partitions.items[j]));
    }
    return set;
}

/* Nothing that it has asked can have changed what the coordinator knows since the description was asked for. */
static bool is_quiet(const struct inspection *in, const struct member *m)
{
    return m->is_present && !m->coordinator.is_busy && m->coordinator.quiet_since + QUIET_MS < in->asked_at;
}

/* A partition is given away only when its owner has said that it has it no more. Returns what the member believes to
 * own. */
static uint64_t compare_member(const struct inspection *in, const kw_consumer_group_describe_response_member *described)
{
    uint64_t given = partitions_of(&described->assignment), owned = 0;
    for (size_t i = 0; i < in->count; i++) {
        const struct member *m = &in->members[i];
        if (!m->is_present || !kw_string_equal(described->member_id, kw_string_of(m->id)))
            continue;
        owned |= in->owned[i] & m->owned;
        if (is_quiet(in, m) && described->member_epoch == m->epoch)
            CHECK((m->owned & ~given) == 0, "%s/%zu has partitions %llx in epoch %d, of which only %llx were given",
                  in->group->name, m->number, (unsigned long long)m->owned, m->epoch, (unsigned long long)given);
    }
    return owned;
}

static void use_consumer(void *context, const void *response)
{
    struct inspection *in = context;
    const kw_consumer_group_describe_response *r = response;
    CHECK(r->groups.len == 1, "one group is described as %d", r->groups.len);
    const kw_consumer_group_describe_response_described_group *g = &r->groups.items[0];
    uint64_t taken = 0, owned = 0;
    CHECK(g->error_code == KW_ERROR_NONE || g->error_code == KW_ERROR_GROUP_ID_NOT_FOUND ||
              is_about_coordinator(g->error_code),
          "%s is described with error %d", in->group->name, g->error_code);
    in->is.is_answered = !is_about_coordinator(g->error_code);
    in->is.is_missing = g->error_code == KW_ERROR_GROUP_ID_NOT_FOUND;
    in->is.is_empty = in->is.is_missing || kw_string_equal(g->group_state, kw_string_of("Empty"));
    in->is.is_stable = kw_string_equal(g->group_state, kw_string_of("Stable"));
    in->is.members = (size_t)(g->members.len > 0 ? g->members.len : 0);
    in->is.epoch = g->group_epoch;
    for (int32_t i = 0; i < g->members.len; i++) {
        uint64_t given = partitions_of(&g->members.items[i].assignment);
        if (given != 0 || g->members.items[i].member_epoch != g->group_epoch)
            note("%s: %.*s of epoch %d has %llx", in->group->name, g->members.items[i].member_id.len,
                 g->members.items[i].member_id.data, g->members.items[i].member_epoch, (unsigned long long)given);
        CHECK((taken & given) == 0, "%s: partitions %llx have two owners in epoch %d", in->group->name,
              (unsigned long long)(taken & given), g->group_epoch);
        taken |= given;
        uint64_t more = compare_member(in, &g->members.items[i]);
        CHECK((owned & more) == 0,
              "%s: two members believe to own partitions %llx, of which one was given away too early", in->group->name,
              (unsigned long long)(owned & more));
        owned |= more;
    }
}

static void ask_consumer(struct inspection *in, kw_string name)
{
    kw_consumer_group_describe_request request;
    kw_consumer_group_describe_request_init(&request);
    request.group_ids = (kw_string_array){&name, 1};
    (void)control_ask(KW_KEY_CONSUMER_GROUP_DESCRIBE, 1, &request, use_consumer, in);
}

/* ---- share groups ---- */

static void use_share(void *context, const void *response)
{
    struct inspection *in = context;
    const kw_share_group_describe_response *r = response;
    CHECK(r->groups.len == 1, "one group is described as %d", r->groups.len);
    const kw_share_group_describe_response_described_group *g = &r->groups.items[0];
    CHECK(g->error_code == KW_ERROR_NONE || g->error_code == KW_ERROR_GROUP_ID_NOT_FOUND ||
              is_about_coordinator(g->error_code),
          "%s is described with error %d", in->group->name, g->error_code);
    in->is.is_answered = !is_about_coordinator(g->error_code);
    in->is.is_missing = g->error_code == KW_ERROR_GROUP_ID_NOT_FOUND;
    in->is.is_empty = in->is.is_missing || kw_string_equal(g->group_state, kw_string_of("Empty"));
    in->is.is_stable = kw_string_equal(g->group_state, kw_string_of("Stable"));
    in->is.members = (size_t)(g->members.len > 0 ? g->members.len : 0);
}

static void ask_share(struct inspection *in, kw_string name)
{
    kw_share_group_describe_request request;
    kw_share_group_describe_request_init(&request);
    request.group_ids = (kw_string_array){&name, 1};
    (void)control_ask(KW_KEY_SHARE_GROUP_DESCRIBE, 1, &request, use_share, in);
}

/* ---- classic groups ---- */

static void use_classic(void *context, const void *response)
{
    struct inspection *in = context;
    const kw_describe_groups_response *r = response;
    CHECK(r->groups.len == 1, "one group is described as %d", r->groups.len);
    const kw_describe_groups_response_described_group *g = &r->groups.items[0];
    uint64_t taken = 0;
    CHECK(g->error_code == KW_ERROR_NONE || g->error_code == KW_ERROR_GROUP_ID_NOT_FOUND ||
              is_about_coordinator(g->error_code),
          "%s is described with error %d", in->group->name, g->error_code);
    in->is.is_answered = !is_about_coordinator(g->error_code);
    in->is.is_missing = g->error_code == KW_ERROR_GROUP_ID_NOT_FOUND;
    in->is.is_empty = in->is.is_missing || kw_string_equal(g->group_state, kw_string_of("Empty"));
    in->is.is_stable = kw_string_equal(g->group_state, kw_string_of("Stable"));
    in->is.members = (size_t)(g->members.len > 0 ? g->members.len : 0);
    for (int32_t i = 0; in->is.is_stable && i < g->members.len; i++) {
        uint64_t given = assignment_read(g->members.items[i].member_assignment);
        CHECK((taken & given) == 0, "%s: partitions %llx have two owners", in->group->name,
              (unsigned long long)(taken & given));
        taken |= given;
    }
}

static void ask_classic(struct inspection *in, kw_string name)
{
    kw_describe_groups_request request;
    kw_describe_groups_request_init(&request);
    request.groups = (kw_string_array){&name, 1};
    (void)control_ask(KW_KEY_DESCRIBE_GROUPS, 6, &request, use_classic, in);
}

struct described inspect(const struct group *group, const struct member *members, size_t count)
{
    struct inspection in = {.group = group, .members = members, .count = count, .asked_at = world.now};
    kw_string name = kw_string_of(group->name);
    for (size_t i = 0; i < count && i < MOST_DESCRIBED; i++)
        in.owned[i] = members[i].is_present ? members[i].owned : 0;
    if (group->protocol == &consumer_members)
        ask_consumer(&in, name);
    else if (group->protocol == &share_members)
        ask_share(&in, name);
    else
        ask_classic(&in, name);
    return in.is;
}

/* ---- convergence ---- */

static bool is_settled(const struct member *m)
{
    bool knows_all = m->known == m->owned && m->dropped == 0;
    if (m->group->protocol == &share_members)
        return m->epoch > 0;
    if (m->group->protocol == &simple_members)
        return knows_all;
    return knows_all &&
           (m->group->protocol == &consumer_members ? m->epoch > 0 : m->state == STABLE && !m->must_rejoin);
}

static bool has_all_read(const struct group *group, uint64_t partitions)
{
    for (int p = 0; p < ALL_PARTITIONS; p++) {
        int64_t committed = judge_committed(group->number, p), end = judge_end(p);
        bool is_committed = end == 0 || committed == end || group->protocol == &share_members;
        if ((partitions & bit(p)) == 0 || (judge_has_read_all(group->number, p) && is_committed))
            continue;
        note("%s has committed %" PRId64 " of %" PRId64 " of partition %d", group->name, committed, end, p);
        return false;
    }
    return true;
}

bool has_converged(const struct group *group, const struct member *members, size_t count, const struct described *is,
                   bool has_all, const char **why)
{
    uint64_t all = partitions_of_topics(group->topics), owned = 0;
    size_t present = 0;
    *why = "the coordinator does not call it stable";
    bool is_simple = group->protocol == &simple_members;
    if (!is->is_answered || !(is_simple ? is->is_empty : is->is_stable))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct member *m = &members[i];
        present += m->is_present;
        *why = "a member is not settled";
        if (m->is_present && !is_settled(m))
            return false;
        *why = "a partition has two owners, or one that is not subscribed to it";
        uint64_t others = group->protocol == &share_members ? 0 : owned;
        if (m->is_present && ((others & m->owned) != 0 || (m->owned & ~all) != 0))
            return false;
        owned |= m->is_present ? m->owned : 0;
    }
    *why = "the coordinator has other members";
    if (!is_simple && present != is->members)
        return false;
    *why = "a partition has no owner";
    if (owned != all)
        return false;
    *why = "not all is read and committed";
    return !has_all || has_all_read(group, all);
}
