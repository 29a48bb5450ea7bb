/* SPDX-License-Identifier: Apache-2.0 */
/* Members that use ConsumerGroupHeartbeat (KIP-848). */
#include <stdio.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/consumer_group_heartbeat_request.h>
#include <kwire/messages/consumer_group_heartbeat_response.h>

#include "member.h"
#include "topics.h"

enum { TIMEOUT_MS = 30000, LEAVES = -1, LEAVES_FOR_A_WHILE = -2 };

static bool is_static(const struct member *m)
{
    return m->instance[0] != '\0';
}

static void be_lost(struct member *m)
{
    note("%s/%zu has lost its partitions", m->group->name, m->number);
    member_own(m, 0, false);
    m->epoch = 0;
    m->says_all = true;
}

/* ---- the heartbeat ---- */

static void say_all(struct member *m, kw_consumer_group_heartbeat_request *request, kw_string names[TOPICS])
{
    request->rebalance_timeout_ms = m->group->rebalance_ms;
    request->server_assignor = kw_string_of(m->group->server_assignor);
    request->instance_id = member_instance(m);
    if (m->group->has_pattern) {
        request->subscribed_topic_regex = kw_string_of("sim[a-z]*-[0-9]+");
        return;
    }
    request->subscribed_topic_names = (kw_string_array){names, 0};
    for (size_t t = 0; t < topics.count; t++)
        if ((m->group->topics >> t & 1) != 0)
            names[request->subscribed_topic_names.len++] = kw_string_of(topics.all[t].name);
}

static void ask_heartbeat(struct member *m, int32_t epoch)
{
    kw_consumer_group_heartbeat_request request;
    static kw_consumer_group_heartbeat_request_topic_partitions owned[TOPICS];
    static int32_t indexes[TOPICS][PARTITIONS];
    kw_string names[TOPICS];
    kw_consumer_group_heartbeat_request_init(&request);
    request.group_id = kw_string_of(m->group->name);
    request.member_id = kw_string_of(m->id);
    request.member_epoch = epoch;
    if (epoch < 0)
        request.instance_id = member_instance(m);
    if (epoch >= 0 && m->says_all)
        say_all(m, &request, names);
    if (epoch >= 0 && (m->says_all || m->says_owned)) {
        request.topic_partitions.items = owned;
        request.topic_partitions.len = 0;
    }
    for (size_t next = 0; request.topic_partitions.len >= 0 && next < TOPICS;) {
        int32_t *numbers = indexes[request.topic_partitions.len];
        int32_t count = next_topic(m->owned, &next, numbers);
        if (count == 0)
            break;
        kw_consumer_group_heartbeat_request_topic_partitions *topic = &owned[request.topic_partitions.len++];
        kw_consumer_group_heartbeat_request_topic_partitions_init(topic);
        topic->topic_id = topics.all[next - 1].id;
        topic->partitions = (kw_int32_array){numbers, count};
    }
    m->says_all = m->says_owned = false;
    m->next_heartbeat = world.now + m->interval_ms;
    asker_ask(&m->coordinator, KW_KEY_CONSUMER_GROUP_HEARTBEAT, 1, &request, TIMEOUT_MS);
}

/* ---- its answer ---- */

static void take_assignment(struct member *m, const kw_consumer_group_heartbeat_response_assignment *assignment)
{
    uint64_t set = 0;
    for (int32_t i = 0; i < assignment->topic_partitions.len; i++) {
        const kw_consumer_group_heartbeat_response_topic_partitions *topic = &assignment->topic_partitions.items[i];
        for (int32_t j = 0; j < topic->partitions.len; j++)
            set |= bit(partition_of(topic_by_id(topic->topic_id), topic->partitions.items[j]));
    }
    CHECK((set & ~possible_partitions_of_topics(m->group->topics)) == 0,
          "%s/%zu gets partitions that it has not asked for", m->group->name, m->number);
    uint64_t lost = m->owned & ~set;
    member_own(m, set | lost, true);
    m->dropped = lost;
    m->says_owned = true;
    world.counts.rebalances++;
    note("%s/%zu has %016llx in epoch %d", m->group->name, m->number, (unsigned long long)set, m->epoch);
}

static void take_error(struct member *m, int16_t error)
{
    switch (error) {
    case KW_ERROR_UNKNOWN_MEMBER_ID:
    case KW_ERROR_FENCED_MEMBER_EPOCH:
        be_lost(m);
        break;
    case KW_ERROR_FENCED_INSTANCE_ID:
        be_lost(m);
        m->id[0] = '\0';
        member_wait(m, pick_from(100, 1000));
        break;
    case KW_ERROR_GROUP_ID_NOT_FOUND:
        CHECK(m->epoch != 0, "%s cannot be joined, as it is not there", m->group->name);
        be_lost(m);
        break;
    case KW_ERROR_UNRELEASED_INSTANCE_ID:
        CHECK(is_static(m) && m->epoch == 0, "%s/%zu has an instance id that is not released", m->group->name,
              m->number);
        m->says_all = true;
        member_wait(m, pick_from(500, 3000));
        break;
    case KW_ERROR_STALE_MEMBER_EPOCH:
        m->next_heartbeat = 0;
        break;
    default:
        CHECK(is_about_coordinator(error), "a heartbeat of %s/%zu is answered with error %d", m->group->name, m->number,
              error);
        m->says_all = true;
        member_wait(m, pick_from(50, 300));
    }
}

static void take(struct member *m, const kw_consumer_group_heartbeat_response *r)
{
    bool has_left =
        m->is_leaving && (r->error_code == KW_ERROR_NONE || r->error_code == KW_ERROR_UNKNOWN_MEMBER_ID ||
                          r->error_code == KW_ERROR_GROUP_ID_NOT_FOUND || r->error_code == KW_ERROR_FENCED_INSTANCE_ID);
    if (has_left && (r->member_epoch < 0 || r->error_code != KW_ERROR_NONE)) {
        member_has_left(m);
        return;
    }
    if (r->error_code != KW_ERROR_NONE) {
        take_error(m, r->error_code);
        return;
    }
    CHECK(kw_string_equal(r->member_id, kw_string_of(m->id)), "%s/%zu has another member id", m->group->name,
          m->number);
    CHECK(r->member_epoch >= m->epoch, "%s/%zu falls from epoch %d to %d", m->group->name, m->number, m->epoch,
          r->member_epoch);
    m->epoch = r->member_epoch;
    m->interval_ms = r->heartbeat_interval_ms;
    m->next_heartbeat = world.now + m->interval_ms;
    if (r->assignment != NULL)
        take_assignment(m, r->assignment);
}

/* ---- what is due ---- */

static bool commits_first(struct member *m)
{
    if (m->epoch <= 0 || member_dirty(m) == 0 || world.now < m->next_commit)
        return false;
    member_commit(m, member_dirty(m));
    return true;
}

static bool leave(struct member *m)
{
    if (commits_first(m))
        return true;
    if (m->id[0] == '\0')
        member_die(m);
    else
        ask_heartbeat(m, is_static(m) && !m->leaves_for_good ? LEAVES_FOR_A_WHILE : LEAVES);
    return true;
}

/* As clients make theirs. */
static void make_id(struct member *m)
{
    (void)snprintf(m->id, sizeof m->id, "%s-%zu-%08x", m->group->name, m->number, (unsigned)pick(UINT32_MAX));
}

static bool ask(struct member *m, int64_t *at)
{
    if (m->is_leaving)
        return leave(m);
    if (m->id[0] == '\0')
        make_id(m);
    if (m->dropped != 0) {
        if (commits_first(m))
            return true;
        member_own(m, m->owned & ~m->dropped, true);
        m->says_owned = true;
    }
    if (m->epoch == 0 || m->says_owned || world.now >= m->next_heartbeat) {
        ask_heartbeat(m, m->epoch);
        return true;
    }
    *at = m->next_heartbeat;
    return false;
}

static void answered(struct member *m, const void *response)
{
    take(m, response);
}

static void failed(struct member *m)
{
    m->says_all = true;
    m->next_heartbeat = 0;
}

static void refused(struct member *m, int16_t error)
{
    take_error(m, error);
}

static bool may_read(const struct member *m)
{
    return m->epoch > 0 && m->dropped == 0;
}

const struct protocol consumer_members = {ask, answered, failed, refused, may_read};
