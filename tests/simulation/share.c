/* SPDX-License-Identifier: Apache-2.0 */
/* Members of share groups (KIP-932). */
#include <stdio.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/share_group_heartbeat_request.h>
#include <kwire/messages/share_group_heartbeat_response.h>

#include "member.h"
#include "topics.h"

enum { TIMEOUT_MS = 30000, LEAVES = -1 };

static void be_lost(struct member *m)
{
    note("%s/%zu is no member any more", m->group->name, m->number);
    member_own(m, 0, false);
    m->epoch = 0;
    m->says_all = true;
}

static void ask_heartbeat(struct member *m, int32_t epoch)
{
    kw_share_group_heartbeat_request request;
    kw_string names[TOPICS];
    kw_share_group_heartbeat_request_init(&request);
    request.group_id = kw_string_of(m->group->name);
    request.member_id = kw_string_of(m->id);
    request.member_epoch = epoch;
    if (epoch == 0 || (epoch > 0 && m->says_all)) {
        request.subscribed_topic_names = (kw_string_array){names, 0};
        for (size_t t = 0; t < topics.count; t++)
            if ((m->group->topics >> t & 1) != 0)
                names[request.subscribed_topic_names.len++] = kw_string_of(topics.all[t].name);
    }
    m->says_all = false;
    m->next_heartbeat = world.now + m->interval_ms;
    asker_ask(&m->coordinator, KW_KEY_SHARE_GROUP_HEARTBEAT, 1, &request, TIMEOUT_MS);
}

static void take_assignment(struct member *m, const kw_share_group_heartbeat_response_assignment *assignment)
{
    uint64_t set = 0;
    for (int32_t i = 0; i < assignment->topic_partitions.len; i++) {
        const kw_share_group_heartbeat_response_topic_partitions *topic = &assignment->topic_partitions.items[i];
        for (int32_t j = 0; j < topic->partitions.len; j++)
            set |= bit(partition_of(topic_by_id(topic->topic_id), topic->partitions.items[j]));
    }
    CHECK((set & ~possible_partitions_of_topics(m->group->topics)) == 0,
          "%s/%zu gets partitions that it has not asked for", m->group->name, m->number);
    member_own(m, set, false);
    world.counts.rebalances++;
    note("%s/%zu has %016llx in epoch %d", m->group->name, m->number, (unsigned long long)set, m->epoch);
}

static void take_error(struct member *m, int16_t error)
{
    if (error == KW_ERROR_UNKNOWN_MEMBER_ID || error == KW_ERROR_FENCED_MEMBER_EPOCH ||
        (error == KW_ERROR_GROUP_ID_NOT_FOUND && m->epoch != 0)) {
        be_lost(m);
        return;
    }
    CHECK(is_about_coordinator(error), "a ShareGroupHeartbeat of %s/%zu is answered with error %d", m->group->name,
          m->number, error);
    m->says_all = true;
    member_wait(m, pick_from(50, 300));
}

static void answered(struct member *m, const void *response)
{
    const kw_share_group_heartbeat_response *r = response;
    bool is_gone = r->error_code == KW_ERROR_UNKNOWN_MEMBER_ID || r->error_code == KW_ERROR_GROUP_ID_NOT_FOUND;
    if (m->is_leaving && (is_gone || (r->error_code == KW_ERROR_NONE && r->member_epoch < 0))) {
        member_has_left(m);
        return;
    }
    if (r->error_code != KW_ERROR_NONE) {
        take_error(m, r->error_code);
        return;
    }
    CHECK(r->member_epoch >= m->epoch, "%s/%zu falls from epoch %d to %d", m->group->name, m->number, m->epoch,
          r->member_epoch);
    m->epoch = r->member_epoch;
    m->interval_ms = r->heartbeat_interval_ms;
    m->next_heartbeat = world.now + m->interval_ms;
    if (r->assignment != NULL)
        take_assignment(m, r->assignment);
}

static bool ask(struct member *m, int64_t *at)
{
    if (m->id[0] == '\0')
        (void)snprintf(m->id, sizeof m->id, "%zu-%08x", m->number, (unsigned)pick(UINT32_MAX));
    if (m->is_leaving) {
        ask_heartbeat(m, LEAVES);
        return true;
    }
    if (m->epoch == 0 || world.now >= m->next_heartbeat) {
        ask_heartbeat(m, m->epoch);
        return true;
    }
    *at = m->next_heartbeat;
    return false;
}

static void failed(struct member *m)
{
    m->says_all = true;
    m->next_heartbeat = 0;
}

static void refused(struct member *m, int16_t error)
{
    broken("%s/%zu has no offsets, but is answered with error %d", m->group->name, m->number, error);
}

static bool may_read(const struct member *m)
{
    (void)m;
    return false;
}

const struct protocol share_members = {ask, answered, failed, refused, may_read};
