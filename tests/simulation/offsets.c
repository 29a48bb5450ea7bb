/* SPDX-License-Identifier: Apache-2.0 */
#include "offsets.h"

#include <inttypes.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/offset_commit_request.h>
#include <kwire/messages/offset_fetch_request.h>

#include "topics.h"

enum { TIMEOUT_MS = 10000, NEWEST = 10, FIRST_OF_CONSUMERS = 9, FIRST_WITH_INSTANCES = 7 };

static bool is_consumer(const struct member *m)
{
    return m->group->protocol == &consumer_members;
}

static int16_t version_for(const struct member *m, int64_t least)
{
    return (int16_t)pick_from(is_consumer(m) ? FIRST_OF_CONSUMERS : least, NEWEST);
}

/* One that says that the group does not know the member as it is. */
static bool is_about_member(int16_t error)
{
    return error == KW_ERROR_UNKNOWN_MEMBER_ID || error == KW_ERROR_ILLEGAL_GENERATION ||
           error == KW_ERROR_REBALANCE_IN_PROGRESS || error == KW_ERROR_FENCED_INSTANCE_ID ||
           error == KW_ERROR_STALE_MEMBER_EPOCH || error == KW_ERROR_FENCED_MEMBER_EPOCH ||
           error == KW_ERROR_GROUP_ID_NOT_FOUND;
}

static void be_refused(struct member *m, const char *what, int16_t error)
{
    CHECK(is_about_member(error) || is_about_coordinator(error), "%s of %s/%zu is answered with error %d", what,
          m->group->name, m->number, error);
    note("%s of %s/%zu is answered with error %d", what, m->group->name, m->number, error);
    if (is_about_member(error))
        m->group->protocol->refused(m, error);
    else
        member_wait(m, pick_from(50, 300));
}

/* ---- commit ---- */

void offsets_commit(struct member *m, uint64_t set)
{
    static kw_offset_commit_request_topic asked[TOPICS];
    static kw_offset_commit_request_partition partitions[ALL_PARTITIONS];
    kw_offset_commit_request request;
    int32_t indexes[PARTITIONS];
    size_t used = 0;
    kw_offset_commit_request_init(&request);
    request.group_id = kw_string_of(m->group->name);
    request.member_id = kw_string_of(m->id);
    request.generation_id_or_member_epoch = m->epoch;
    request.group_instance_id = member_instance(m);
    request.topics.items = asked;
    request.topics.len = 0;
    for (size_t next = 0; next < TOPICS;) {
        int32_t count = next_topic(set, &next, indexes);
        if (count == 0)
            break;
        kw_offset_commit_request_topic *topic = &asked[request.topics.len++];
        kw_offset_commit_request_topic_init(topic);
        topic->name = kw_string_of(topics.all[next - 1].name);
        topic->topic_id = topics.all[next - 1].id;
        topic->partitions.items = &partitions[used];
        topic->partitions.len = count;
        for (int32_t i = 0; i < count; i++) {
            kw_offset_commit_request_partition *one = &partitions[used++];
            int p = partition_of(next - 1, indexes[i]);
            kw_offset_commit_request_partition_init(one);
            one->partition_index = indexes[i];
            one->committed_offset = m->sent[p] = m->positions[p];
            m->least[p] = judge_committed(m->group->number, p);
            one->committed_metadata = kw_string_of("simulated");
            judge_commit_sent(m->group->number, p, m->sent[p]);
        }
    }
    m->committing = set;
    m->is_outdated = false;
    asker_ask(&m->coordinator, KW_KEY_OFFSET_COMMIT, version_for(m, m->instance[0] != '\0' ? FIRST_WITH_INSTANCES : 2),
              &request, TIMEOUT_MS);
}

void offsets_forget(struct member *m)
{
    m->is_outdated = true;
    for (int p = 0; p < ALL_PARTITIONS; p++)
        m->committed[p] = -1;
}

void offsets_committed(struct member *m, const kw_offset_commit_response *response)
{
    int16_t error = KW_ERROR_NONE;
    uint64_t answered = 0;
    for (int32_t i = 0; i < response->topics.len; i++) {
        const kw_offset_commit_response_topic *topic = &response->topics.items[i];
        size_t t = m->coordinator.version < NEWEST ? topic_by_name(topic->name) : topic_by_id(topic->topic_id);
        for (int32_t j = 0; j < topic->partitions.len; j++) {
            int p = partition_of(t, topic->partitions.items[j].partition_index);
            answered |= bit(p);
            if (topic->partitions.items[j].error_code != KW_ERROR_NONE) {
                error = topic->partitions.items[j].error_code;
                continue;
            }
            if (!m->is_outdated)
                judge_commit_acknowledged(m->group->number, p, m->sent[p], m->least[p]);
            m->committed[p] = m->is_outdated ? -1 : m->sent[p];
        }
    }
    CHECK(answered == m->committing, "a commit for %" PRIx64 " is answered for %" PRIx64, m->committing, answered);
    if (error != KW_ERROR_NONE)
        be_refused(m, "a commit", error);
}

/* ---- fetch ---- */

static void fetch_old(struct member *m, uint64_t set)
{
    static kw_offset_fetch_request_topic asked[TOPICS];
    static int32_t indexes[TOPICS][PARTITIONS];
    kw_offset_fetch_request request;
    kw_offset_fetch_request_init(&request);
    request.group_id = kw_string_of(m->group->name);
    request.require_stable = one_in(2);
    request.topics.items = asked;
    request.topics.len = 0;
    for (size_t next = 0; next < TOPICS;) {
        kw_offset_fetch_request_topic *topic = &asked[request.topics.len];
        int32_t *numbers = indexes[request.topics.len];
        int32_t count = next_topic(set, &next, numbers);
        if (count == 0)
            break;
        request.topics.len++;
        kw_offset_fetch_request_topic_init(topic);
        topic->name = kw_string_of(topics.all[next - 1].name);
        topic->partition_indexes = (kw_int32_array){numbers, count};
    }
    asker_ask(&m->coordinator, KW_KEY_OFFSET_FETCH, 7, &request, TIMEOUT_MS);
}

static void fetch_new(struct member *m, uint64_t set)
{
    static kw_offset_fetch_request_topics asked[TOPICS];
    static int32_t indexes[TOPICS][PARTITIONS];
    kw_offset_fetch_request request;
    kw_offset_fetch_request_group group;
    kw_offset_fetch_request_init(&request);
    kw_offset_fetch_request_group_init(&group);
    group.group_id = kw_string_of(m->group->name);
    group.member_id = is_consumer(m) ? kw_string_of(m->id) : (kw_string){NULL, -1};
    group.member_epoch = is_consumer(m) ? m->epoch : -1;
    group.topics.items = asked;
    group.topics.len = 0;
    request.require_stable = one_in(2);
    request.groups.items = &group;
    request.groups.len = 1;
    for (size_t next = 0; next < TOPICS;) {
        kw_offset_fetch_request_topics *topic = &asked[group.topics.len];
        int32_t *numbers = indexes[group.topics.len];
        int32_t count = next_topic(set, &next, numbers);
        if (count == 0)
            break;
        group.topics.len++;
        kw_offset_fetch_request_topics_init(topic);
        topic->name = kw_string_of(topics.all[next - 1].name);
        topic->topic_id = topics.all[next - 1].id;
        topic->partition_indexes = (kw_int32_array){numbers, count};
    }
    asker_ask(&m->coordinator, KW_KEY_OFFSET_FETCH, version_for(m, 8), &request, TIMEOUT_MS);
}

void offsets_fetch(struct member *m, uint64_t set)
{
    m->committing = set;
    m->is_outdated = false;
    for (int p = 0; p < ALL_PARTITIONS; p++)
        m->least[p] = judge_committed(m->group->number, p);
    if (is_consumer(m) || one_in(2))
        fetch_new(m, set);
    else
        fetch_old(m, set);
}

static void take(struct member *m, int p, int64_t offset, int16_t error)
{
    CHECK(error == KW_ERROR_NONE, "the offset of partition %d is answered with error %d", p, error);
    if (!m->is_outdated)
        judge_fetched(m->group->number, p, offset, m->least[p]);
    if ((m->owned & ~m->known & m->committing & bit(p)) == 0)
        return;
    m->positions[p] = offset >= 0 ? offset : 0;
    m->committed[p] = m->is_outdated ? -1 : m->positions[p];
    m->known |= bit(p);
}

static int16_t take_old(struct member *m, const kw_offset_fetch_response *response)
{
    for (int32_t i = 0; i < response->topics.len; i++) {
        const kw_offset_fetch_response_topic *topic = &response->topics.items[i];
        for (int32_t j = 0; response->error_code == KW_ERROR_NONE && j < topic->partitions.len; j++) {
            const kw_offset_fetch_response_partition *one = &topic->partitions.items[j];
            take(m, partition_of(topic_by_name(topic->name), one->partition_index), one->committed_offset,
                 one->error_code);
        }
    }
    return response->error_code;
}

static int16_t take_new(struct member *m, const kw_offset_fetch_response_group *group)
{
    for (int32_t i = 0; i < group->topics.len; i++) {
        const kw_offset_fetch_response_topics *topic = &group->topics.items[i];
        size_t t = m->coordinator.version < NEWEST ? topic_by_name(topic->name) : topic_by_id(topic->topic_id);
        for (int32_t j = 0; group->error_code == KW_ERROR_NONE && j < topic->partitions.len; j++) {
            const kw_offset_fetch_response_partitions *one = &topic->partitions.items[j];
            take(m, partition_of(t, one->partition_index), one->committed_offset, one->error_code);
        }
    }
    return group->error_code;
}

void offsets_fetched(struct member *m, const kw_offset_fetch_response *response)
{
    bool is_new = m->coordinator.version >= 8;
    CHECK(!is_new || response->groups.len == 1, "offsets of one group are asked, those of %d are answered",
          response->groups.len);
    int16_t error = is_new ? take_new(m, &response->groups.items[0]) : take_old(m, response);
    if (error != KW_ERROR_NONE)
        be_refused(m, "a fetch of offsets", error);
    happen_in(&m->fetch, 0);
}
